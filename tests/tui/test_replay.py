"""A recording on the screen: at its times, stopped, by steps, to a time, to an event, back, to the end."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from msgspec.structs import replace
from textual.pilot import Pilot

from sctp_tui.monitor.text.units import time_of_day
from sctp_tui.monitor.trace.conversations import kind
from sctp_tui.sctp.events import SCHEMA, Event, Packet, RecordingBegun, to_json
from sctp_tui.sctp.wire.chunk_types import ChunkType
from sctp_tui.sources.capture import Capture
from sctp_tui.sources.opening import open_source
from sctp_tui.tui.capture_app import CaptureApp
from sctp_tui.tui.dialogs.help import HelpScreen
from sctp_tui.tui.settings import Settings
from sctp_tui.tui.time_bar import WrongTime, parse_time
from tests.monitor.story import Story
from tests.sources.files import real

from .driving import until
from .test_capture import shown

BEGIN = 1_700_000_000.0
SECONDS = 10  # between two events


def a_run() -> list[Event]:
    """A server, an association, six messages and its end, ten seconds apart."""
    story = Story()
    events = [story.listening(), story.up(1)]
    events += [story.message(1, f"message {n}".encode(), "in" if n % 2 else "out") for n in range(6)]
    events += [story.shutdown_event(1), story.change(1, "SHUTDOWN_COMP")]
    return [
        replace(event, at=BEGIN + SECONDS * number, mono=100.0 + SECONDS * number)
        for number, event in enumerate(events)
    ]


RUN = a_run()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "run.jsonl"
    head = RecordingBegun(BEGIN - 1, 99.0, "", 0, 0, None, SCHEMA, "0.1.0")
    path.write_bytes(b"".join(to_json(event) + b"\n" for event in (head, *RUN)))
    return path


@asynccontextmanager
async def replayed(
    path: Path, speed: float | None = None, size: tuple[int, int] = (80, 24), filter: str = ""
) -> AsyncIterator[tuple[CaptureApp, Pilot[None]]]:
    app = CaptureApp(open_source([str(path)]), Settings(speed=speed, filter=filter))
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: app.reader.told > 0)
        yield app, pilot


def log(app: CaptureApp) -> list[Event]:
    return list(app.monitor.log)


async def test_it_goes_at_its_own_times_until_told_otherwise(path: Path) -> None:
    async with replayed(path) as (app, pilot):
        await until(pilot, lambda: log(app) == RUN[:1])  # the next one comes in ten seconds
        await until(pilot, lambda: "10% 1×" in shown(app))
        assert time_of_day(BEGIN)[:8] in shown(app)
        await pilot.press("left_square_bracket")
        await until(pilot, lambda: "10% 1/2×" in shown(app))
        for _ in range(4):
            await pilot.press("right_square_bracket")
        await until(pilot, lambda: "8×" in shown(app))
        for _ in range(8):
            await pilot.press("right_square_bracket")
        await until(pilot, lambda: log(app) == RUN)
        await until(pilot, lambda: "10 events, 0 packets" in shown(app))
        assert "shutdown by peer" in shown(app)
        assert "Server " not in shown(app).splitlines()[2]  # the columns are those of the live screen
        assert "Peer" in shown(app).splitlines()[2]


async def test_it_stops_and_steps_on_and_back(path: Path) -> None:
    async with replayed(path) as (app, pilot):
        await pilot.press("space")
        await until(pilot, lambda: "paused" in shown(app))
        for number in range(2, 5):
            await pilot.press("i")
            await until(pilot, lambda number=number: log(app) == RUN[:number])  # type: ignore[misc]
            assert app.reader.paused
        await pilot.press("I")
        await until(pilot, lambda: log(app) == RUN[:3])
        assert app.clock.wall() == RUN[2].at
        assert app.clock.mono() == RUN[2].mono
        await pilot.press("I", "I", "I")
        await until(pilot, lambda: log(app) == [])
        await pilot.press("I")
        await until(pilot, lambda: app._notifications and "beginning" in [*app._notifications][-1].message)
        await pilot.press("i", "i")
        await until(pilot, lambda: log(app) == RUN[:2])
        await pilot.press("p")
        await until(pilot, lambda: not app.reader.paused)
        await pilot.press("{")
        await until(pilot, lambda: log(app) == RUN[:1])


async def test_it_goes_to_a_time(path: Path) -> None:
    async with replayed(path) as (app, pilot):
        await pilot.press("space", "{", "i")
        await until(pilot, lambda: log(app) == RUN[:1] and app.clock.wall() == BEGIN)
        for typed, count, at in (
            ("+35", 4, BEGIN + 35),
            ("-10.5", 3, BEGIN + 24.5),
            (time_of_day(BEGIN + 50)[:8], 6, BEGIN + 50),
            ("-1000", 1, BEGIN),
        ):
            await pilot.press("@", *typed)
            await until(pilot, lambda: f"goes to {time_of_day(at)}" in shown(app), typed)  # noqa: B023
            await pilot.press("enter")
            await until(
                pilot,
                lambda: log(app) == RUN[:count] and abs(app.clock.wall() - at) < 1e-3,  # noqa: B023
                typed,
            )
            await until(pilot, lambda: "paused" in shown(app))
        await pilot.press("@", *"25:00")
        await until(pilot, lambda: "is no time of day: give 0:00 to 23:59:59" in shown(app))
        await pilot.press("escape", "@", *"+1000", "enter")
        await until(pilot, lambda: log(app) == RUN)


async def test_it_goes_to_what_the_filter_finds(path: Path) -> None:
    async with replayed(path, filter="dir=in") as (app, pilot):
        for count in (4, 6, 8):
            await pilot.press("}")
            await until(pilot, lambda: log(app) == RUN[:count], str(count))  # noqa: B023
            assert app.reader.paused
        await pilot.press("escape")
        app.screen.query_one("AssociationTable").focus()
        await pilot.press("escape", "}")
        await until(
            pilot, lambda: app._notifications and "type one after /" in [*app._notifications][-1].message
        )


async def test_it_goes_to_packets_that_the_filter_finds(tmp_path: Path) -> None:
    capture, path = Capture([str(real("tcpdump__forces3.pcap"))]), tmp_path / "lines"
    events = [event for some in capture.portions() for event in some.told]
    path.write_bytes(b"".join(to_json(event) + b"\n" for event in events))
    packets = [event for event in events if isinstance(event, Packet)]
    shut = [n for n, one in enumerate(packets, 1) if kind(one) == ChunkType.SHUTDOWN]
    async with replayed(path, filter="chunk=SHUTDOWN") as (app, pilot):
        await pilot.press("space", "{")
        for count in shut[:2]:
            await pilot.press("}")
            await until(pilot, lambda: list(app.monitor.wire) == packets[:count], str(count))  # noqa: B023


async def test_it_begins_again_with_what_the_user_has_set(path: Path) -> None:
    async with replayed(path, speed=float("inf"), filter="dir=in", size=(120, 40)) as (app, pilot):
        await until(pilot, lambda: log(app) == RUN)
        await until(pilot, lambda: "message 5" in shown(app) and "message 4" not in shown(app))
        await pilot.press("space", "{")
        await until(pilot, lambda: not log(app) and "message 5" not in shown(app))
        await pilot.press("space")
        await until(pilot, lambda: log(app) == RUN)
        await until(pilot, lambda: "message 5" in shown(app) and "message 4" not in shown(app))


async def test_what_a_pipe_told_is_told_once(path: Path) -> None:
    reading, writing = os.pipe()
    os.write(writing, path.read_bytes())
    app = CaptureApp(open_source(["-"], reading), Settings())
    async with app.run_test() as pilot:
        await until(pilot, lambda: log(app) == RUN)  # at once: it may be live
        await pilot.press("{")
        await until(pilot, lambda: app._notifications and "as it comes" in [*app._notifications][-1].message)
        assert log(app) == RUN
        os.close(writing)
        await until(pilot, lambda: app.reader.ended)
    os.close(reading)


async def test_lines_of_a_capture_are_shown_as_a_capture(tmp_path: Path) -> None:
    capture, path = Capture([str(real("tcpdump__forces3.pcap"))]), tmp_path / "lines"
    events = [event for some in capture.portions() for event in some.told]
    path.write_bytes(b"".join(to_json(event) + b"\n" for event in events))
    async with replayed(path, float("inf"), (120, 40)) as (app, pilot):
        await until(pilot, lambda: log(app) == [event for event in events if not isinstance(event, Packet)])
        await until(pilot, lambda: "Server" in shown(app).splitlines()[2])
        await until(pilot, lambda: "shutdown by client" in shown(app))
        assert list(app.monitor.wire) == [event for event in events if isinstance(event, Packet)]


async def test_the_help_has_the_keys_of_a_replay(path: Path) -> None:
    async with replayed(path) as (app, pilot):
        await pilot.press("question_mark")
        await until(pilot, lambda: isinstance(app.screen, HelpScreen))
        assert isinstance(help := app.screen, HelpScreen)
        assert "replay" in help._places
        assert {"still", "step", "go_to", "found"} <= {row.name for row in help._rows}


def test_times_as_text() -> None:
    noon = BEGIN + 43_200
    assert parse_time("+1.5", noon, BEGIN) == noon + 1.5
    assert time_of_day(parse_time("12:34:56.25", noon, BEGIN)) == "12:34:56.250"
    assert time_of_day(parse_time("7:05", noon, BEGIN)) == "07:05:00.000"
    assert BEGIN <= parse_time("0:00", noon, BEGIN) <= BEGIN + 86_400
    for wrong in ("", "now", "12", "24:00", "12:60", "12:00:60", "+", "1:2:3"):
        with pytest.raises(WrongTime):
            parse_time(wrong, noon, BEGIN)


async def test_a_time_that_was_before_is_gone_to_in_a_capture_that_was_read(tmp_path: Path) -> None:
    """It is read at once otherwise: so it stops there. What comes after the end is said."""
    path = tmp_path / "run.jsonl"
    story = Story()
    said = [story.up(1), *(story.message(1, bytes([65 + n])) for n in range(9))]
    path.write_bytes(b"".join(to_json(replace(one, at=100.0 + n)) + b"\n" for n, one in enumerate(said)))
    app = CaptureApp(open_source([str(path)]), Settings(speed=float("inf")))
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: app.reader.ended)
        await pilot.press("i")
        await until(pilot, lambda: any("nothing follows" in one.message for one in app._notifications))
        app.go_to(104.5)
        await until(pilot, lambda: app.reader.paused and app.reader.at == 104.5)
        assert not app.reader.ended
        assert app.reader.told == 5


@pytest.mark.parametrize("text", ["+99999999999999999999", "-1000000001"])
def test_a_time_that_is_too_far_is_none(text: str) -> None:
    with pytest.raises(WrongTime, match="give fewer"):
        parse_time(text, 1000.0, 1000.0)
