"""A capture on the screen: table, log and all views of the wire; nobody to speak to, and no keys for that."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from math import inf
from pathlib import Path

import pytest
from textual.app import App
from textual.pilot import Pilot
from textual.widgets._footer import FooterKey

from sctp_tui.monitor.trace.ladder import Ladder
from sctp_tui.monitor.trace.timeline import TimelineSnapshot
from sctp_tui.sources.capture import Capture
from sctp_tui.tui.actions import ACTIONS, SPEAKING
from sctp_tui.tui.capture_app import CaptureApp
from sctp_tui.tui.clients.client_pane import ClientPane
from sctp_tui.tui.dialogs.export_screen import ExportScreen
from sctp_tui.tui.dialogs.help import HelpScreen
from sctp_tui.tui.dialogs.message_detail import MessageDetailScreen
from sctp_tui.tui.message_log import MessageLog
from sctp_tui.tui.palette import ActionProvider
from sctp_tui.tui.settings import Settings
from sctp_tui.tui.widgets.source_header import span_text
from sctp_tui.tui.wire.ladder_view import LadderView
from sctp_tui.tui.wire.wire_export import ladder_text, packets_of, snapshot_of
from tests.sources.files import pcap, real
from tests.sources.test_observer import TSN_A, TSN_B, Story, chunk, data, sack

from .driving import until


@asynccontextmanager
async def opened(
    *paths: Path, size: tuple[int, int] = (80, 24), filter: str = "", read: str = "of SCTP"
) -> AsyncIterator[tuple[CaptureApp, Pilot[None]]]:
    """The program on captures, once all is read and drawn."""
    capture = Capture([str(path) for path in paths])
    app = CaptureApp(capture, Settings(filter=filter))
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: capture.done and not app.event_queue.waiting)
        await until(pilot, lambda: read in shown(app) and "%" not in shown(app))
        yield app, pilot


def shown(app: App[None]) -> str:
    """The whole screen as text."""
    return "\n".join(
        "".join(segment.text for segment in strip) for strip in app.screen._compositor.render_strips()
    )


@pytest.fixture
def story(tmp_path: Path) -> Path:
    """A capture in which the server aborts."""
    path = tmp_path / "story.pcap"
    path.write_bytes(pcap([*Story().up().data().b(chunk(6)).frames, b"x" * 60]))
    return path


async def test_the_table_the_log_and_the_wire(story: Path) -> None:
    async with opened(story) as (app, pilot):
        assert not app.screen.query(ClientPane)
        for text in (
            "10.0.0.1:38412",
            "10.0.0.2:5000",
            "aborted by server",
            "COMM_LOST aborted by the server",
            "Wire of ID 1",
            "◀─ ABORT",
            "left out: 1 not IP",
            "8 packets of SCTP",
        ):
            await until(pilot, lambda text=text: text in shown(app), text)  # type: ignore[misc]
        await pilot.press("d")
        await until(pilot, lambda: "began" not in shown(app) and "Number" in shown(app))
        assert "the client sends back the cookie" in shown(app)
        assert " Str" in shown(app) or "Stream" in shown(app)


VIEWS = {
    "1": "SHUTDOWN COMPLETE",
    "2": " seen ",
    "3": "times of passing the capture",
    "4": "client CLOSED · server CLOSED",
    "5": "Paths of the client",
}


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_all_views_of_the_wire_on_a_real_capture(size: tuple[int, int]) -> None:
    async with opened(real("pkts__sctp-addip.cap"), size=size) as (app, pilot):
        await pilot.press("w")
        for key, text in VIEWS.items():
            await pilot.press(key)
            await until(pilot, lambda text=text: text in shown(app), text)  # type: ignore[misc]
            for word in ("lost", "delivered", "netem", "our stack", " us ", "cwnd 0"):
                assert word not in shown(app).replace("Next lost", "").replace("✗ lost", ""), (key, word)
            labels = {one.description for one in app.screen.query(FooterKey)}
            assert not labels & {"Lose", "Link", "Time", "Reply", "App", "New"}, labels
        await pilot.press("5", "t")
        await until(pilot, lambda: "Paths of the server" in shown(app))
        assert "192.168.0.102" in shown(app)


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (160, 50), (200, 60)])
async def test_all_has_room(size: tuple[int, int]) -> None:
    async with opened(real("tcpdump__forces3.pcap"), size=size) as (app, pilot):
        for text in ("Associations", "Client", "Server", "Wire of ID 1", "Log", "shutdown by client", "Help"):
            await until(pilot, lambda text=text: text in shown(app), text)  # type: ignore[misc]
        ids = ("associations", "wire", "log")
        panes = [app.screen.query_one(f"#{one}").region for one in ids]
        assert all(region.height > 3 for region in panes), panes
        assert sum(region.height for region in panes) == size[1] - 2  # header and footer
        await pilot.press("w")
        await until(pilot, lambda: not app.screen.query_one("#associations").display)
        await pilot.press("escape")
        await until(pilot, lambda: bool(app.screen.query_one("#associations").display))


async def test_no_key_does_what_needs_an_end_of_ours(story: Path) -> None:
    keys = {
        key: row.name
        for row in ACTIONS
        if row.name in SPEAKING and row.place == "lists"
        for key in row.keys.split(",")
    }
    async with opened(story) as (app, pilot):
        active = {one.binding.id for one in app.screen.active_bindings.values()}
        assert not active & SPEAKING
        await until(pilot, lambda: "left out: 1 not IP" in shown(app))
        before = ""
        while before != (before := shown(app)):
            await pilot.pause()  # until all has its size
        for key in keys:
            await pilot.press(key)
            await pilot.pause()
            assert len(app.screen_stack) == 1, key
        assert shown(app) == before
        titles = {entry.title for entry in ActionProvider(app.screen).entries()}
        assert {"Wire", "Filter", "Export", "Lanes", "Paths"} <= titles
        assert not titles & {"New", "Reply", "Abort", "Generate", "Link", "App", "Crash", "Send"}
        await pilot.press("question_mark")
        await until(pilot, lambda: isinstance(app.screen, HelpScreen))
        assert isinstance(help := app.screen, HelpScreen)
        assert not {row.name for row in help._rows} & SPEAKING
        assert "wire" in help._places
        assert not {"clients", "fields", "line"} & set(help._places)


async def test_filter_search_and_export(story: Path) -> None:
    async with opened(story, filter="event=message") as (app, pilot):
        await until(pilot, lambda: "/ event=message" in shown(app))
        assert "COMM_LOST" not in shown(app)
        await pilot.press("F")
        await until(pilot, lambda: "COMM_LOST" in shown(app))
        await pilot.press("e")
        await until(pilot, lambda: isinstance(app.screen, ExportScreen))
        assert "8 packets of association 1" in shown(app)


async def test_a_capture_that_can_not_be_read_to_its_end(story: Path) -> None:
    story.write_bytes(story.read_bytes()[:-3])
    async with opened(story) as (app, pilot):
        await until(pilot, lambda: "is cut off after" in shown(app))
        assert "aborted by server" in shown(app)


async def test_a_capture_without_sctp(tmp_path: Path) -> None:
    path = tmp_path / "none.pcap"
    path.write_bytes(pcap([b"x" * 60] * 3))
    async with opened(path) as (app, pilot):
        await until(pilot, lambda: "No association in what was read so far." in shown(app))
        await until(pilot, lambda: "left out: 3 not IP" in shown(app))
        await pilot.press("w", "d", "f", "y")
        assert "m leads to the line" not in shown(app)


async def test_reading_pauses_and_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "long.pcap"
    story = Story().up()
    for number in range(3000):
        story.b(sack(TSN_B + number))
    path.write_bytes(pcap(story.frames))
    capture = Capture([str(path)])
    app = CaptureApp(capture, Settings())
    app.action_pause_reading()
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "paused" in shown(app))
        assert not capture.done
        await pilot.press("p")
        await until(pilot, lambda: capture.done)
        await until(pilot, lambda: "3,004 packets of SCTP" in shown(app))


@pytest.mark.parametrize(
    ("first", "last", "text"),
    [
        (0.0, 0.25, "1970-01-01 00:00:00, 250 ms"),
        (0.0, 90.0, "1970-01-01 00:00:00 – 00:01:30"),
        (0.0, 86400.0, "1970-01-01 00:00:00 – 1970-01-02 00:00:00"),
    ],
)
def test_the_span(first: float, last: float, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    assert span_text(first, last) == text


SETUP = bytes((0x00, 21, 0x00, 3, 0, 0, 0))
"""NGSetup, initiating, without IEs."""


@pytest.fixture
def ngap(tmp_path: Path) -> Path:
    """A capture with a message of NGAP, which is sent again."""
    path = tmp_path / "ngap.pcap"
    told = Story().up().a(data(TSN_A, SETUP)).a(data(TSN_A, SETUP)).b(sack(TSN_A))
    path.write_bytes(pcap(told.frames))
    return path


async def test_a_ladder_that_is_too_long_says_what_it_leaves_out(
    story: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sctp_tui.tui.wire.ladder_view.Ladder", partial(Ladder, most=3000))
    async with opened(story, size=(100, 40)) as (app, pilot):
        await pilot.press("w")
        await until(pilot, lambda: "8 packets, the oldest 5 left out" in shown(app))
        ladder = app.screen.query_one(LadderView)
        assert (ladder.ladder or pytest.fail("no ladder")).first == 6
        assert "ABORT" in shown(app)


async def test_the_detail_has_round_trips(story: Path) -> None:
    """Each from a message to the SACK, which comes a second later."""
    async with opened(story, size=(100, 60)) as (app, pilot):
        await pilot.press("d")
        await until(pilot, lambda: "Round trips" in shown(app))
        lines = shown(app).splitlines()
        assert any(line.split()[:4] == ["server", "10.0.0.1", "1", "s"] for line in lines)
        assert any(line.split()[:4] == ["client", "10.0.0.2", "1", "s"] for line in lines)


async def test_the_paths_have_what_packets_tell_of_them(tmp_path: Path) -> None:
    """View 5: confirmed by the set-up, or by a HEARTBEAT; which one is primary is in no packet."""
    path = tmp_path / "paths.pcap"
    story = Story().up().data().a(chunk(4, b"\0\1\0\5x"), to="10.0.1.1")
    story.b(chunk(5, b"\0\1\0\5x"), source="10.0.1.1").a(sack(TSN_B)).a(sack(TSN_B))
    path.write_bytes(pcap(story.frames))
    async with opened(path, size=(120, 50)) as (app, pilot):
        await pilot.press("w", "5")
        await until(pilot, lambda: "Paths of the client" in shown(app))
        lines = shown(app).splitlines()
        (first,) = (line for line in lines if "- 10.0.0.1 1000 ms" in line)
        (second,) = (line for line in lines if "- 10.0.1.1 1000 ms" in line)
        assert "│- " in first
        assert "│- " in second
        assert first.rstrip().endswith("─")
        assert second.rstrip().endswith("─")
        assert first.count("─") > 2 * second.count("─") > 0
        assert "━" not in first + second
        assert any("- not in the packets  ─ confirmed" in line for line in lines)
        assert any("ms round trip, seen here" in line for line in lines)
        await pilot.press("t")
        await until(pilot, lambda: "Paths of the server" in shown(app))
        assert any("- 10.0.0.2 1000 ms" in line for line in shown(app).splitlines())


async def test_a_message_has_its_name_in_the_log_the_ladder_and_the_details(ngap: Path) -> None:
    async with opened(ngap, size=(120, 40)) as (app, pilot):
        log = app.screen.query_one(MessageLog)
        lines = [log.line(number) for number in range(log.captured)]
        (line,) = (line for line in lines if "NGSetup" in line)
        assert "NGAP" in line
        log.focus()
        log.put_cursor(next(number for number, line in enumerate(lines) if "NGSetup" in line))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, MessageDetailScreen))
        assert "NGAP NGSetup" in shown(app)
        await pilot.press("escape", "w")
        await until(pilot, lambda: "7 B NGSetup" in shown(app))


async def test_the_filter_leaves_packets_out_of_the_ladder_and_counts(ngap: Path) -> None:
    async with opened(ngap, size=(120, 40), filter="retransmitted or chunk=SACK") as (app, pilot):
        await pilot.press("w")
        await until(pilot, lambda: "2 of 7 packets pass the filter" in shown(app))
        assert "tsn 0" in shown(app)
        assert "COOKIE ECHO" not in ladder(app)
        await pilot.press("F")
        await until(pilot, lambda: "pass the filter" not in shown(app))
        await until(pilot, lambda: "COOKIE ECHO" in ladder(app))
        await pilot.press("F")
        await until(pilot, lambda: "2 of 7" in shown(app))
        await pilot.press("e")
        await until(pilot, lambda: isinstance(app.screen, ExportScreen))
        assert "7 packets of association 1, filtered" in shown(app)
        association = next(iter(app.monitor.associations))
        view = app.screen_stack[-2].query_one(LadderView)
        snapshot = snapshot_of(association, app.monitor, view.shown, inf)
        assert snapshot is not None
        assert [len([*packets_of(snapshot)]), ladder_lines(snapshot)] == [2, 3]


def ladder(app: CaptureApp) -> str:
    """The ladder's lines."""
    view = app.screen.query_one(LadderView)
    assert view.timeline is not None
    numbers = range(view.timeline.first, view.timeline.end)
    return "\n".join("".join(text for text, _ in view.parts(number, 120)) for number in numbers)


def ladder_lines(snapshot: TimelineSnapshot) -> int:
    """Lines of the ladder as text, the first with the ends' names."""
    return b"".join(ladder_text(snapshot)).count(b"\n")
