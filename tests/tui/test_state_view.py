"""The state machine on the screen: real associations light their states, and what they took is listed."""

from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace
from textual.app import App, ComposeResult

from sctp_tui.engine.event_queue import Batch
from sctp_tui.monitor.monitor import Monitor
from sctp_tui.monitor.trace.conversations import Conversation
from sctp_tui.sctp.commands import AbortAssociation
from sctp_tui.sctp.events import AssocChange, Opening
from sctp_tui.tui.wire import state_view
from sctp_tui.tui.wire.state_diagram import Run, diagram
from sctp_tui.tui.wire.state_view import StateView
from sctp_tui.tui.wire.window_view import WindowView

from ..harness import Running, silent_peer
from .driving import drawn, rows, running, until

pytestmark = pytest.mark.userspace


@pytest.mark.parametrize(("size", "pictured"), [((120, 50), True), ((80, 24), True), ((75, 24), False)])
async def test_states_of_both_ends(
    size: tuple[int, int], pictured: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    widths = set[int]()

    def drawing(here: Any, taken: Any, width: int, height: int) -> list[list[Run]]:
        widths.add(width)
        return diagram(here, taken, width, height)

    monkeypatch.setattr(state_view, "diagram", drawing)
    async with running(size) as (app, pilot):
        await pilot.press("enter")
        await until(pilot, lambda: rows(app) and rows(app)[0].state == "ESTABLISHED")
        await pilot.press("escape", "w", "4")
        await until(pilot, lambda: app.query(StateView) and app.query_one(StateView).tracker is not None)
        view = app.query_one(StateView)
        await until(pilot, lambda: "receive COOKIE ACK" in drawn(view)[0])
        lines = drawn(view)
        assert lines[0].startswith(
            "client ESTABLISHED · server ESTABLISHED · last: client receive COOKIE ACK"
        )
        boxes = [line for line in lines if "COOKIE-ECHOED │" in line and "┃ ESTABLISHED ┃" in line]
        assert bool(boxes) == pictured
        assert any("▶ ESTABLISHED        client and server" in line for line in lines) == (not pictured)
        view.scroll_end(animate=False)
        first = "client CLOSED → COOKIE-WAIT: [ASSOCIATE], send INIT"
        await until(pilot, lambda: any(first in line for line in drawn(view)))
    assert len(widths - {0}) == 1, "nothing moves as there comes more than fits"


async def test_the_server_is_called_so_where_both_ends_set_up() -> None:
    """It has sent an INIT, too, and here the first one: it is no client for that."""
    async with running((120, 50)) as (app, pilot):
        await pilot.press("ctrl+l")
        await until(pilot, lambda: rows(app) and rows(app)[0].state == "ESTABLISHED")
        app.submit(AbortAssociation(rows(app)[0].key, "enough"))
        await pilot.press("escape", "w", "4")
        await until(pilot, lambda: app.query(StateView) and app.query_one(StateView).tracker is not None)
        view = app.query_one(StateView)
        view.scroll_end(animate=False)
        told = "ESTABLISHED → CLOSED: [ABORT], send ABORT"
        await until(pilot, lambda: any(told in line for line in drawn(view)))
        (line,) = (line for line in drawn(view) if told in line)
        assert f"server {told}" in line
        window = app.query_one(WindowView)
        await pilot.press("3")
        way = "server → client" if window.direction == "out" else "client → server"
        await until(pilot, lambda: way in drawn(window)[0])


@pytest.mark.parametrize("width", [120, 80])
async def test_an_abort_is_told_with_whose_it_is(width: int) -> None:
    """By the end's name, and its stack's where no user wanted it; the diagram has the rule alone."""
    async with running((width, 50)) as (app, pilot):
        await pilot.press("enter")
        await until(pilot, lambda: rows(app) and rows(app)[0].state == "ESTABLISHED")
        await pilot.press("escape", "w", "4")
        app.submit(AbortAssociation(rows(app)[0].key, "enough"))
        await until(pilot, lambda: app.query(StateView) and app.query_one(StateView).tracker is not None)
        view = app.query_one(StateView)
        told = "server ESTABLISHED → CLOSED: [ABORT], send ABORT"
        view.scroll_end(animate=False)
        await until(pilot, lambda: view._by.get("local") and any(told in line for line in drawn(view)))
        (line,) = (line for line in drawn(view) if told in line)
        assert line.partition(told)[2] in ("", "  RFC 9260, section 9.1")
        _the_rule(view)
        view._by["local"] = "stack"
        view._draw()
        assert any(f"{told}, by its stack" in line for line in drawn(view))
        assert any("client ESTABLISHED → CLOSED: receive ABORT  RFC" in line for line in drawn(view))
        _the_rule(view)
        assert not any("by us" in line or "our" in line for line in drawn(view))


def _the_rule(view: StateView) -> None:
    """How an association ends, whoever did it, and which ways were taken."""
    *_, picture = (line for line in drawn(view) if " to CLOSED: " in line)
    assert picture.endswith(" to CLOSED: receive ABORT; [ABORT], send ABORT; no answer")
    lit = {text for line in view._lines for text, look in line if look == "taken"}
    assert {"receive ABORT", "[ABORT], send ABORT"} <= lit
    assert "no answer" not in lit


class Stage(App[None]):
    def compose(self) -> ComposeResult:
        yield StateView()


def _nobody_has_the_port(running: Running) -> AssocChange:
    name = running.client(to=running.nobody())
    return running.until(AssocChange, endpoint=name, state="CANT_STR_ASSOC")


def _we_abort(running: Running) -> AssocChange:
    with silent_peer() as peer:
        name = running.client(to=peer)
        key = running.until(Opening, endpoint=name).key
        running.until_true(lambda: bool(running.packets))
        running.abort(key)
        return running.until(AssocChange, endpoint=name, state="CANT_STR_ASSOC")


@pytest.mark.parametrize(
    ("fail", "told"),
    [(_nobody_has_the_port, "nobody has UDP port"), (_we_abort, "[ABORT]")],
)
async def test_a_set_up_that_failed_has_the_time_and_the_reason_of_its_end(
    fail: Callable[[Running], AssocChange], told: str
) -> None:
    """As table and log have them, however late one looks; what ICMP ended was not without an answer."""
    with Running("userspace", packets=("userspace",)) as seeing:
        seeing.listen()
        end = fail(seeing)
    monitor = Monitor()
    monitor.fold(Batch(seeing.events, seeing.packets))
    row = monitor.associations.get(end.key)
    assert row is not None
    conversation = monitor.wire.of(row, monitor.endpoints)
    assert conversation is not None
    async with Stage().run_test(size=(150, 40)) as pilot:
        view = pilot.app.query_one(StateView)
        view.show(conversation, monitor.link_time(end.mono + 1000.0), [row])
        lines = drawn(view)
        assert lines[0].startswith("client CLOSED · server: none seen · ")  # no packet of one has come
        assert f"last: client could not start: {told}" in lines[0]
        (line,) = (line for line in lines if "COOKIE-WAIT → CLOSED" in line)
        ended = end.mono - conversation.start_mono
        assert line.startswith(f"{ended:9.3f} client COOKIE-WAIT → CLOSED: could not start: {told}")
        assert "RFC" not in line
        assert told == "[ABORT]" or line.endswith(str(row.ended))
        lit = {text for runs in view._lines for text, look in runs if look == "taken"}
        assert "no answer" not in lit


@pytest.mark.parametrize("captured", [False, True])
@pytest.mark.parametrize("width", [80, 120])
async def test_times_of_capture_are_said_to_be_such_where_there_is_room(width: int, captured: bool) -> None:
    with Running("userspace", packets=("userspace",)) as seeing:
        seeing.listen()
        seeing.greet()
    packets = [replace(one, captured=captured) for one in seeing.packets]
    conversation = Conversation(packets[0])
    for packet in packets:
        conversation.add(packet)
    async with Stage().run_test(size=(width, 40)) as pilot:
        view = pilot.app.query_one(StateView)
        view.show(conversation, float("inf"))
        header = drawn(view)[0].rstrip()
        said = header.endswith(" · times of capture, after any netem")
        assert said == (captured and width == 120)
        assert said or header.endswith("client receive ABORT")
