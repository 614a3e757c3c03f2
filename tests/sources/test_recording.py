"""Recordings are read back as they were; what is no recording, or only part of one, is said with its line."""

import gzip
import io
import json
import os
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from sctp_tui.cli.main import main
from sctp_tui.engine.event_queue import EventQueue
from sctp_tui.monitor import export
from sctp_tui.monitor.filter.columns import COLUMNS
from sctp_tui.monitor.monitor import Monitor
from sctp_tui.monitor.names import Names
from sctp_tui.monitor.text.event_fields import event_fields
from sctp_tui.monitor.text.events import sentence
from sctp_tui.monitor.text.lines import plain
from sctp_tui.monitor.trace.ladder import Ladder
from sctp_tui.monitor.trace.pcapng import blocks
from sctp_tui.sctp.events import SCHEMA, Counts, Event, Observed, Packet, Peer, RecordingBegun, to_json
from sctp_tui.sources.capture import Capture
from sctp_tui.sources.octets import Octets, UnreadableSource
from sctp_tui.sources.opening import open_source
from sctp_tui.sources.recording import Recording
from sctp_tui.sources.source import Source
from tests.monitor.story import Story, one_of_each

from .files import pcap, real
from .machines import Looks, association, listener
from .test_observer import TSN_A, data, sack
from .test_observer import Story as Captured

HEAD = to_json(RecordingBegun(1.0, 1.0, "", 0, 0, None, SCHEMA, "0.1.0")) + b"\n"


def a_run() -> list[Event]:
    """Events and packets of several associations."""
    frames = Captured().up().a(data(TSN_A, b"hello")).b(sack(TSN_A)).a(data(TSN_A, b"hello")).frames
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "capture.pcap")
        file.write_bytes(pcap(frames))
        told = list(Capture([str(file)]).portions())
    observed = [event for some in told for event in (*some.told, *some.numbers)]
    story = Story()
    return [*one_of_each(), *observed[:6], story.status(1), story.message(1, b"\xff\x00"), *observed[6:]]


RUN = a_run()
LINES = [to_json(event) + b"\n" for event in RUN]


def opened(path: Path) -> tuple[list[Event], Source]:
    source = open_source([str(path)])
    told = [event for some in source.portions() for event in some.told]
    source.close()
    return told, source


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "run.jsonl"


def test_what_is_written_is_read_back(path: Path) -> None:
    path.write_bytes(HEAD + b"".join(LINES))
    told, source = opened(path)
    printable = [event for event in RUN if b"\\" not in to_json(event)]
    assert [event for event in told if b"\\" not in to_json(event)] == printable
    assert len(told) == len(RUN)
    assert (source.errors, source.left_out, source.progress) == ([], {}, 1.0)
    assert source.titles == ("run.jsonl",)
    assert source.first == int(RUN[0].at * 1e9)
    assert source.last == max(int(event.at * 1e9) for event in RUN)
    assert source.tally.startswith(f"{len(RUN) + 1:,} lines read, ")


def test_it_may_be_compressed(path: Path) -> None:
    path.write_bytes(gzip.compress(HEAD + b"".join(LINES)))
    assert len(opened(path)[0]) == len(RUN)


def test_texts_are_printable_whoever_wrote_them(path: Path) -> None:
    line = LINES[0].replace(b'"127.0.0.1"', b'"\\u001b[6n\\u202e"')
    assert line != LINES[0]
    path.write_bytes(line)
    ((event,), _) = opened(path)
    assert "\x1b" not in repr(event)
    assert "␛[6n\\u202e" in repr(event).replace("\\\\", "\\")


def test_messages_are_counted_where_no_line_does_that(path: Path) -> None:
    story = Story()
    said = [story.up(1), story.message(1, b"hello"), story.message(1, b"you", "out")]
    path.write_bytes(b"".join(to_json(event) + b"\n" for event in said))
    told, _ = opened(path)
    assert [event for event in told if not isinstance(event, Counts)] == said
    last = told[-1]
    assert isinstance(last, Counts)
    assert (last.messages_in, last.bytes_in, last.messages_out, last.bytes_out) == (1, 5, 1, 3)
    path.write_bytes(HEAD + path.read_bytes())
    assert opened(path)[0] == said


def test_of_so_many_associations_messages_are_counted(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sctp_tui.sources.recording._COUNTED", 3)
    message = Story().message(1, b"hello")
    said = [replace(message, key=key) for key in (1, 2, 3, 1, 4, 1, 2)]
    path.write_bytes(b"".join(to_json(event) + b"\n" for event in said))
    counts = [event for event in opened(path)[0] if isinstance(event, Counts)]
    assert [(one.key, one.messages_in) for one in counts] == [
        *[(1, 1), (2, 1), (3, 1), (1, 2), (4, 1), (1, 3), (2, 1)],
    ]


def test_a_last_line_that_was_cut_off_is_left_out(path: Path) -> None:
    whole = HEAD + b"".join(LINES)
    path.write_bytes(whole[:-20])
    told, source = opened(path)
    assert len(told) == len(RUN) - 1
    assert (source.errors, source.left_out) == ([], {"last line, cut off": 1})
    path.write_bytes(whole[:-1])  # whole but for its newline
    assert len(opened(path)[0]) == len(RUN)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (b"{}\n", "missing required field `event`"),
        (b'{"event":"nothing"}\n', "Invalid value 'nothing'"),
        (LINES[0][:-9] + b"\n", "is no event"),
        (b'{"event":"sender_dry_event","at":"now"}\n', "Expected `float`, got `str`"),
        (b"\xff\xfe\n", "is no event"),
        (to_json(Story().up(1)).replace(b'"at":', b'"at":-') + b"\n", "at is -"),
        (to_json(Story().up(1)).replace(b'"at":', b'"at":1e300,"was":') + b"\n", "at is 1e+300"),
        (to_json(Story().up(1)).replace(b'"mono":', b'"mono":1e300,"was":') + b"\n", "mono is 1e+300"),
        (to_json(Story().up(1)).replace(b'"key":1', b'"key":1' + b"0" * 30) + b"\n", "key is 1000000000"),
        (to_json(Story().up(1)).replace(b'"key":1', b'"key":1' + b"0" * 400) + b"\n", "key is 1000000000"),
        (to_json(Story().up(1)).replace(b'"key":1', b'"key":1' + b"0" * 9000) + b"\n", "is no event"),
        (to_json(Story().message(1, b"abc")).replace(b'"size":3', b'"size":2') + b"\n", "size is 2, and 3"),
        (to_json(replace(Story().message(1, b""), stream=2**16)) + b"\n", "stream is 65536"),
        (to_json(replace(Story().message(1, b""), ssn=2**16)) + b"\n", "ssn is 65536"),
        (to_json(replace(Story().message(1, b""), tsn=2**32)) + b"\n", "tsn is 4294967296"),
        (b"[" * 5000 + b"\n", "is no event"),
    ],
)
def test_what_is_no_event_is_said_with_its_line(path: Path, line: bytes, why: str) -> None:
    path.write_bytes(HEAD + LINES[1] + b"\n" + line + LINES[2])
    told, source = opened(path)
    assert len(told) == 1  # no more is told, as something may be missing
    (error,) = source.errors
    assert error.startswith(f"{path}: line 4 is no event: ")
    assert why in error
    assert error.isprintable()


def test_a_later_format_is_refused(path: Path) -> None:
    later = RecordingBegun(1.0, 1.0, "", 0, 0, None, SCHEMA + 1, "9.0")
    path.write_bytes(to_json(later) + b"\n" + LINES[0])
    assert opened(path)[1].errors == [
        f"{path}: line 1: version 9.0 wrote it, with schema 2; 0.1.0 reads up to 1: take a newer sctp-tui"
    ]


def test_a_line_has_a_bound(path: Path) -> None:
    path.write_bytes(HEAD + b'{"event":"' + b"x" * (17 << 20))
    (error,) = opened(path)[1].errors
    assert error.endswith("a line of more than 16,777,216 octets")


def begun_and_ended(key: int, how: str) -> list[Event]:
    """An association from its begin to its end, by each way to tell either."""
    one, here = Story(endpoint=f"client {key % 2}"), Peer(("10.0.0.9",), 9)
    at = one.message(key)
    step = partial(Observed, at.at, at.mono, at.endpoint, key, 0, None)
    match how:
        case "left" | "gone":
            return [step("INIT", "client", here), step(how, "unknown", here)]
        case "close":
            return [one.message(key), one.closed()]
        case "lost":
            return [one.up(key), one.change(key, "COMM_LOST")]
        case _:
            return [one.opening(key), one.change(key, "CANT_STR_ASSOC")]


@pytest.mark.parametrize("how", ["left", "gone", "close", "lost", "failed"])
def test_associations_that_have_not_ended_have_a_bound(
    path: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    monkeypatch.setattr("sctp_tui.sources.recording._AT_ONCE", 3)
    ended = [event for key in range(1, 11) for event in begun_and_ended(key, how)]
    live = [begun_and_ended(key, how)[0] for key in range(11, 15)]
    path.write_bytes(HEAD + b"".join(to_json(event) + b"\n" for event in ended + live))
    told, source = opened(path)
    assert len(told) == len(ended) + 3
    assert source.errors == [
        f"{path}: line 25: more than 3 associations that have not ended, which is the limit: what was read "
        "is shown; make a file of some of its lines"
    ]


def test_endpoints_have_a_bound(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sctp_tui.sources.recording._AT_ONCE", 3)
    said = [Story(endpoint=f"server {number}").failed("why") for number in (1, 2, 1, 3, 4)]
    path.write_bytes(b"".join(to_json(event) + b"\n" for event in said))
    told, source = opened(path)
    assert told == said[:4]
    assert "line 5: more than 3 endpoints, which is the limit" in source.errors[0]


def test_it_is_opened_alone(path: Path) -> None:
    path.write_bytes(HEAD)
    with pytest.raises(UnreadableSource, match=r"it is a recording: open it alone$"):
        open_source([str(real("tcpdump__forces3.pcap")), str(path)])


def test_what_open_prints_of_a_capture_is_opened_again(path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    capture = str(real("tcpdump__forces3.pcap"))
    assert main(["open", capture, "--json", "--packets"]) == 0
    path.write_text(capfd.readouterr().out)
    assert main(["open", str(path), "--summary"]) == 0
    again = capfd.readouterr().out.splitlines()
    assert main(["open", capture, "--summary"]) == 0
    before = capfd.readouterr().out.splitlines()

    def without_numbers(lines: list[str]) -> list[str]:
        """But what only numbers tell, which are not in these lines: what was sent again, round trips."""
        first, last = lines[0].index("  Again"), lines[0].index("  End")
        return [line[:first] + line[last:] for line in lines[: lines.index("")]]

    assert without_numbers(again) == without_numbers(before)


def _look_at_all(events: list[Event]) -> None:
    """Fold, draw and export events, as the screen may."""
    monitor, queue = Monitor(), EventQueue()
    packets = [event for event in events if isinstance(event, Packet)]
    queue.put([event for event in events if not isinstance(event, Packet)], packets)
    monitor.fold(queue.drain())
    for event in monitor.log:
        assert sentence(event).isprintable()
        assert all(value.isprintable() for _, value in event_fields(event))
        plain(event)
    for one in monitor.associations:
        for column in COLUMNS:
            column.cell(one, 1e9)
            column.exported(one, 1e9)
        if (conversation := monitor.ends_of(one).conversation) is not None:
            ladder = Ladder(conversation)
            while ladder.update():
                pass
            list(ladder)
    list(export.log_as_csv(list(monitor.log), Names()))
    list(blocks(packets, monitor.captured))


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(0, len(LINES) - 1),
            st.sampled_from(["cut", "octet", "number", "swap", "drop"]),
            st.integers(0, 2000),
            st.sampled_from([b"0", b"-1", b"1e400", b"99999999999", b"null", b'""', b"[]", b'"\\u0007"']),
        ),
        max_size=6,
    )
)
def test_whatever_is_changed_in_a_recording_is_told_of_or_shown(
    tmp_path_factory: pytest.TempPathFactory, changes: list[tuple[int, str, int, bytes]]
) -> None:
    lines = list(LINES)
    for number, what, place, value in changes:
        line = lines[number]
        at = place % max(1, len(line))
        match what:
            case "cut":
                lines[number] = line[:at] + b"\n"
            case "octet":
                lines[number] = (
                    line[:at] + bytes([(line[at] if line else 0) ^ (1 << place % 8)]) + line[at + 1 :]
                )
            case "number":
                lines[number] = _with_value(line, place, value)
            case "swap":
                lines[number], lines[place % len(lines)] = lines[place % len(lines)], line
            case _:
                lines[number] = b""
    path = tmp_path_factory.mktemp("changed") / "run"
    path.write_bytes(HEAD + b"".join(lines))
    told, source = opened(path)
    assert source.done
    assert len(source.errors) <= 1
    for error in source.errors:
        assert error.isprintable()
        assert "line " in error
    _look_at_all(told)


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Each value within an object: what holds it, and under which name or number."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value)
    for name, one in list(pairs):
        if name != "event":
            yield value, name
        if isinstance(one, dict | list):
            yield from _places(one)


def _with_value(line: bytes, place: int, value: bytes) -> bytes:
    """A line with another value for one of its fields."""
    try:
        fields = json.loads(line)
    except ValueError:
        return line
    places = list(_places(fields))
    if not places:
        return line
    holder, name = places[place % len(places)]
    holder[name] = "MARK"
    return json.dumps(fields).encode().replace(b'"MARK"', value) + b"\n"


@given(st.binary(max_size=200), st.integers(1, 40))
@example(b"\n\na\n\nb", 1)
def test_lines_are_lines_wherever_they_are_cut(data: bytes, most: int) -> None:
    assume(not data.startswith((b"\x1f\x8b", b"\x28\xb5\x2f\xfd")))  # which would be compressed
    lines = _lines(data, 10_000)
    assert lines == io.BytesIO(data).readlines()
    try:
        short = _lines(data, most)
    except UnreadableSource:
        assert any(len(line) > most for line in lines)
    else:
        assert short == lines
        assert all(len(line) <= most for line in lines)


def _lines(data: bytes, most: int) -> list[bytes]:
    with tempfile.NamedTemporaryFile() as file:
        file.write(data)
        file.flush()
        octets = Octets(file.name)
        try:
            return [line for line in octets.lines(most) if line is not None]
        finally:
            octets.close()
            assert os.path.exists(file.name)


def test_a_pipe_tells_what_has_come() -> None:
    reading, writing = os.pipe()
    os.write(writing, HEAD + LINES[1] + LINES[2][:20])
    source = Recording("-", Octets("-", reading))
    portions = source.portions()
    assert len(next(portions).told) == 1
    os.write(writing, LINES[2][20:])
    assert len(next(portions).told) == 1
    os.close(writing)
    assert list(portions) == []
    assert source.done
    os.close(reading)


def test_what_open_tells_of_a_machine_is_opened_elsewhere(path: Path) -> None:
    looks = Looks(association(), listener())
    told = looks.look(association(), listener()) + looks.look(listener())
    lines = [to_json(event) + b"\n" for event in told]
    assert lines
    path.write_bytes(b"".join(lines))
    again, source = opened(path)
    assert source.errors == []
    assert again == told
    assert source.clock is None
