"""A replay led anywhere has told what had happened by then, and nothing else."""

import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from sctp_tui.engine.event_queue import EventQueue
from sctp_tui.sctp.commands import Stop
from sctp_tui.sctp.endpoint import Clock
from sctp_tui.sctp.events import Event, Message, to_json
from sctp_tui.sources.opening import open_source
from sctp_tui.sources.source import Observation
from sctp_tui.tui.source_reader import SPEEDS, SourceReader
from tests.monitor.story import Story
from tests.patience import PATIENCE

BEGIN = 1_700_000_000.0


class Replay:
    """A reader of some events, and what it has told since it last began."""

    def __init__(self, path: Path, events: Sequence[Event], speed: float) -> None:
        path.write_bytes(b"".join(to_json(event) + b"\n" for event in events))
        self._path = path
        self._queue = EventQueue()
        self.reader = SourceReader(open_source([str(path)]), self._queue, speed)
        self._told: list[Event] = []

    def again(self, *, until: float = 0.0, steps: int = 0) -> None:
        self._queue, self._told = EventQueue(), []
        self.reader.begin_again(open_source([str(self._path)]), self._queue, until=until, steps=steps)

    def told(self, count: int) -> list[Event]:
        """What was told, once it is so many events or more."""
        deadline = time.monotonic() + PATIENCE
        while len(self._told) < count:
            assert time.monotonic() < deadline, f"{len(self._told)} of {count}"
            self._told += self._queue.drain(0.05).events
        return self._told + self._queue.drain().events

    def until(self, at: float) -> None:
        """Wait until it has come to a time."""
        deadline = time.monotonic() + PATIENCE
        while self.reader.at < at:
            assert time.monotonic() < deadline
            self._told += self._queue.drain(0.02).events

    def close(self) -> None:
        self.reader.submit(Stop())


class Portions:
    """A source of portions of one message each; `waited`: what was not drawn yet as each was asked for."""

    names: tuple[str, ...] = ()
    titles: tuple[str, ...] = ()
    clock: Clock | None = None
    file = first = last = progress = None
    waits, read, tally = False, "", ""

    def __init__(self, count: int, queue: EventQueue) -> None:
        self.done = False
        self.errors: list[str] = []
        self.left_out: dict[str, int] = {}
        self.waited: list[int] = []
        self._count, self._queue = count, queue

    def portions(self) -> Iterator[Observation]:
        story = Story()
        for number in range(1, self._count + 1):
            self.waited.append(self._queue.waiting)
            self.done = number == self._count
            yield Observation([story.message(1, b"x", "in")])

    def close(self) -> None:
        """Nothing is open."""


def test_the_first_portion_is_drawn_before_more_is_read() -> None:
    queue = EventQueue()
    source = Portions(3, queue)
    reader = SourceReader(source, queue)
    reader.start()
    deadline, told = time.monotonic() + PATIENCE, 0
    while told < 3 and time.monotonic() < deadline:
        told += len(queue.drain(0.05).events)
    assert told == 3
    assert source.waited[:2] == [0, 0]


def test_what_is_one_portion_is_read_to_its_end_without_a_screen() -> None:
    queue = EventQueue()
    reader = SourceReader(Portions(1, queue), queue)
    reader.start()
    deadline = time.monotonic() + PATIENCE
    while not reader.ended and time.monotonic() < deadline:
        time.sleep(0.005)
    assert reader.ended


def test_what_waits_for_the_screen_can_be_left() -> None:
    queue = EventQueue()
    source = Portions(3, queue)
    reader = SourceReader(source, queue)
    reader.submit(Stop())
    reader.start()
    reader._thread.join(PATIENCE)
    assert not reader._thread.is_alive()


WAYS = st.lists(
    st.one_of(
        st.just("step"),
        st.just("back"),
        st.just("start"),
        st.integers(0, 120),
        st.sampled_from(["in", "out"]),
    ),
    max_size=8,
)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 9), st.booleans()), min_size=1, max_size=20), WAYS)
def test_it_has_told_what_had_happened_by_then(
    tmp_path_factory: pytest.TempPathFactory, run: list[tuple[int, bool]], ways: list[str | int]
) -> None:
    story, events, at = Story(), list[Event](), BEGIN
    for number, (later, came) in enumerate(run):
        at += later
        message = story.message(1, str(number).encode(), "in" if came else "out")
        events.append(replace(message, at=at, mono=at - BEGIN))
    replay = Replay(tmp_path_factory.mktemp("run") / "run", events, 1.0)
    reader = replay.reader
    reader.paused = True
    reader.start()
    count, here = 0, BEGIN
    for way in ways:
        match way:
            case "step":
                if count == len(events):
                    continue
                reader.step()
                count += 1
            case "back":
                if not count:
                    continue
                count -= 1
                replay.again(steps=count)
            case "start":
                count = 0
                replay.again()
            case "in" | "out":
                found = [
                    n for n, one in enumerate(events) if isinstance(one, Message) and one.direction == way
                ]
                count = next((n + 1 for n in found if n >= count), len(events))
                reader.find(lambda event, way=way: getattr(event, "direction", "") == way)  # type: ignore[misc]
            case int():
                goal = BEGIN + way
                if count and goal < here:
                    replay.again(until=goal)
                    count = 0
                else:
                    reader.go_to(goal)
                count = max(count, sum(one.at <= goal for one in events))
        assert replay.told(count) == events[:count]
        here = max(events[count - 1].at if count else 0.0, reader.at)
        assert reader.told == count
    reader.paused = False
    reader.speed = SPEEDS[-1]
    assert replay.told(len(events)) == events
    replay.close()


def test_time_goes_on_between_events_at_the_speed(tmp_path: Path) -> None:
    story = Story()
    events = [
        replace(story.message(1, b"x"), at=BEGIN + late, mono=50.0 + late) for late in (0.0, 1000.0, 1001.0)
    ]
    replay = Replay(tmp_path / "run", events, 256.0)
    reader = replay.reader
    reader.start()
    replay.until(BEGIN + 100)
    assert replay.told(1) == events[:1]
    assert 150 <= reader.now <= 1050
    reader.paused = True
    replay.until(reader.at)
    reader.speed = 1 / 16
    reader.paused = False
    reader.go_to(BEGIN + 1000.5)
    replay.until(BEGIN + 1000.5)
    assert replay.told(2) == events[:2]
    assert reader.at < BEGIN + 1001
    replay.close()
