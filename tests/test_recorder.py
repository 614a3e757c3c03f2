"""A recording has all that was told, each line whole; what can't be written ends it, and nothing else."""

import os
import stat
import threading
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sctp_tui.engine.event_queue import EventQueue
from sctp_tui.engine.recorder import Recorder, RecordingRefused
from sctp_tui.monitor.filter.columns import COLUMNS
from sctp_tui.monitor.masking import Mask
from sctp_tui.monitor.monitor import Monitor
from sctp_tui.monitor.text.chunks import chunk_text
from sctp_tui.monitor.text.lines import as_json
from sctp_tui.monitor.trace.ladder import Ladder
from sctp_tui.sctp.commands import AddBookmark, Watch
from sctp_tui.sctp.endpoint import Clock
from sctp_tui.sctp.events import (
    AssocChange,
    Bookmark,
    Event,
    Message,
    Packet,
    PacketsMissed,
    RecordingBegun,
    StackName,
    from_json,
)
from sctp_tui.sctp.wire.decode import decode
from sctp_tui.sources.octets import Octets
from sctp_tui.sources.recording import Recording

from .harness import Running
from .patience import PATIENCE
from .test_event_queue import message


def lines(path: Path) -> list[Event]:
    """The events of a recording, without its first line, which is looked at."""
    first, *rest = map(from_json, path.read_bytes().splitlines())
    assert isinstance(first, RecordingBegun)
    return list(rest)


def told(path: Path) -> list[Event]:
    """The same as the source tells them."""
    source = Recording(str(path), Octets(str(path)))
    events = [event for some in source.portions() for event in some.told]
    source.close()
    assert not source.errors
    return events


def knowing(events: list[Event], portion: int) -> Monitor:
    """A monitor that has taken in events, so many at a time."""
    monitor, queue = Monitor(), EventQueue()
    for start in range(0, len(events), portion):
        some = events[start : start + portion]
        packets = [one for one in some if isinstance(one, Packet)]
        queue.put([one for one in some if not isinstance(one, Packet)], packets)
        monitor.fold(queue.drain())
    return monitor


def table(monitor: Monitor, now: float) -> list[dict[str, object]]:
    """All columns of all rows."""
    return [
        {"key": one.key}
        | {name: value for column in COLUMNS for name, value in column.exported(one, now).items()}
        for one in sorted(monitor.associations, key=lambda one: one.key)
    ]


def ladders(monitor: Monitor) -> list[list[object]]:
    """The rows of the ladder of each association, and the text of each packet."""
    made: list[list[object]] = []
    for one in sorted(monitor.associations, key=lambda one: one.key):
        conversation = monitor.ends_of(one).conversation
        if conversation is None:
            continue
        ladder = Ladder(conversation)
        while ladder.update():
            pass
        made.append([(row, chunk_text(decode(row.packet.data).chunks)) for row in ladder])
    return made


def test_each_line_is_what_was_told(tmp_path: Path, stack: StackName) -> None:
    path = tmp_path / "run.jsonl"
    recorder = Recorder(path, Clock())
    with Running(stack, None, recorder, packets=(stack,)) as running:
        running.listen()
        client, up, ours = running.greet()
        running.submit(Watch((up.key, ours.key), up.key))
        running.until_true(lambda: bool(running.details) and len(running.status) == 2)
        running.submit(AddBookmark("here", up.key))
        mark = running.until(Bookmark)
        assert (mark.text, mark.key, mark.endpoint, mark.assoc_id) == ("here", up.key, "server", up.assoc_id)
        running.close(client)
        running.until(AssocChange, key=up.key, state="SHUTDOWN_COMP")
    recorder.close()
    assert recorder.error == ""
    written = lines(path)
    assert told(path) == written
    assert [one for one in written if isinstance(one, Packet)] == running.packets
    queue = EventQueue(lossless=True)
    queue.put(written)
    batch = queue.drain()
    assert [one for one in batch.events if not isinstance(one, Packet)] == running.events
    assert (batch.counts, batch.status, batch.details, batch.streams) == (
        running.counts,
        running.status,
        running.details,
        running.streams,
    )
    assert (batch.totals, batch.links.get(0)) == (running.totals, running.link)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["send", "reply", "client", "close", "abort", "bookmark", "fold"]),
        st.integers(0, 4),
        st.binary(min_size=1, max_size=60),
    ),
    max_size=12,
)


@pytest.mark.userspace
@settings(max_examples=8, deadline=None)
@given(STEPS, st.integers(1, 400))
def test_what_is_known_at_the_end_is_what_was_known_live(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, int, bytes]], portion: int
) -> None:
    path = tmp_path_factory.mktemp("runs") / "run.jsonl"
    recorder = Recorder(path, Clock())
    live, queue = Monitor(), EventQueue()
    with Running("userspace", None, queue, recorder, packets=("userspace",)) as running:
        running.listen()
        client, up, _ = running.greet()
        clients, keys, ended = [client], [up.key], set[int]()
        for what, number, data in steps:
            name, key = clients[number % len(clients)], keys[number % len(keys)]
            if what in ("close", "abort"):
                if key in ended:
                    continue
                ended.add(key)
            match what:
                case "send":
                    running.send(name, data, stream=number)
                case "reply":
                    running.send("server", data, key=key, stream=number)
                case "client":
                    name, up, _ = running.greet(data)
                    clients.append(name)
                    keys.append(up.key)
                case "close":
                    running.shut_down(key)
                case "abort":
                    running.abort(key, "enough")
                case "bookmark":
                    running.submit(AddBookmark(data.hex(), key))
                case _:
                    live.fold(queue.drain())
        running.submit(AddBookmark("end"))
        running.until(Bookmark, text="end")
    live.fold(queue.drain())
    recorder.close()
    again = knowing(told(path), portion)
    assert list(again.log) == list(live.log)
    assert list(again.wire) == list(live.wire)
    later = max(event.mono for event in live.log) + 100
    assert table(again, later) == table(live, later)
    assert ladders(again) == ladders(live)
    assert (again.totals, again.links) == (live.totals, live.links)


def test_packets_that_were_missed_are_told(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "run", Clock())
    recorder.put((), (), 3)
    recorder.close()
    (missed,) = lines(tmp_path / "run")
    assert isinstance(missed, PacketsMissed)
    assert missed.count == 3


def test_no_address_of_a_peer_is_in_a_masked_recording(tmp_path: Path) -> None:
    path = tmp_path / "run"
    recorder = Recorder(path, Clock(), Mask().event)
    with Running("userspace", None, recorder, packets=("userspace",)) as running:
        running.listen("127.0.0.1")
        running.greet(b"I am at 127.0.0.1")
    recorder.close()
    first = from_json(path.read_bytes().splitlines()[0])
    assert isinstance(first, RecordingBegun)
    assert first.masked
    messages = [one for one in lines(path) if isinstance(one, Message)]
    assert messages
    for one in messages:
        assert one.peer is not None
        assert one.peer.addresses != ("127.0.0.1",)
        assert b"127.0.0.1" not in one.data


def test_a_file_that_is_there_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "there"
    path.write_text("mine")
    with pytest.raises(RecordingRefused, match=r"there: it is there already: give another name$"):
        Recorder(path, Clock())
    assert path.read_text() == "mine"
    with pytest.raises(RecordingRefused, match=r"no such file or directory: give"):
        Recorder(tmp_path / "no" / "where", Clock())
    (tmp_path / "link").symlink_to(tmp_path / "nothing")
    with pytest.raises(RecordingRefused, match="file exists"):
        Recorder(tmp_path / "link", Clock())


def test_a_full_disk_ends_the_recording_and_nothing_else() -> None:
    recorder = Recorder(Path("/dev/full"), Clock())
    with Running("userspace", None, recorder) as running:
        running.listen()
        running.greet()
    recorder.close()
    assert recorder.error.startswith("the recording has ended: no space left on device; ")
    recorder.put([message(1)])  # which nobody takes any more


def test_a_disk_that_is_full_in_the_middle_leaves_whole_lines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "run"
    room = 30_000
    write = os.write

    def until_full(file: int, data: bytes) -> int:
        nonlocal room
        if not room:
            raise OSError(28, "No space left on device")
        written = write(file, data[: min(room, 1000)])
        room -= written
        return written

    monkeypatch.setattr("sctp_tui.engine.recorder.os.write", until_full)
    recorder = Recorder(path, Clock())
    for number in range(1000):
        recorder.put([message(number)])
    recorder.close()
    assert "no space left on device; all before that is in " in recorder.error
    octets = path.read_bytes()
    assert 29_000 < len(octets) < 30_000
    assert octets.endswith(b"}\n")
    written = lines(path)
    assert [one.mono for one in written] == [*range(len(written))]


def test_a_disk_that_can_not_follow_ends_the_recording_and_holds_nobody_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "run"
    goes_on, write = threading.Event(), os.write

    def slow(file: int, data: bytes) -> int:
        assert goes_on.wait(PATIENCE)
        return write(file, data)

    monkeypatch.setattr("sctp_tui.engine.recorder.os.write", slow)
    recorder = Recorder(path, Clock(), limit=1 << 20)
    number = 0
    while not recorder.error:
        recorder.put([message(number, 1000)])
        number += 1
        assert number < 2000
    assert not recorder.full
    assert "octets wait to be written; all before that is in " in recorder.error
    goes_on.set()
    recorder.close()
    written = lines(path)
    assert len(written) == number - 1  # all but the one that there was no room for
    assert [one.mono for one in written] == [*range(number - 1)]


def test_a_pipe_is_written_as_it_comes(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    with pytest.raises(RecordingRefused, match="give another name"):
        Recorder(path, Clock())  # nobody reads it
    with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb") as reader:
        recorder = Recorder(path, Clock())
        os.set_blocking(reader.fileno(), True)
        assert isinstance(from_json(reader.readline()), RecordingBegun)
        recorder.put([message(7)])
        assert from_json(reader.readline()) == message(7)
    recorder.put([message(8)])
    recorder.close()
    assert recorder.error.startswith("the recording has ended: broken pipe; ")


def test_the_lines_are_those_of_serve() -> None:
    assert from_json(as_json(message(1))) == message(1)
