"""The ladder of the kernel's stack without a capture: what the notifications prove."""

import pytest

from sctp_tui.sctp.commands import Send
from sctp_tui.sctp.kernel.capture import Capture
from sctp_tui.tui.app import Settings
from sctp_tui.tui.wire.inferred_view import InferredView
from sctp_tui.tui.wire.why_line import WhyLine
from sctp_tui.tui.wire.wire_pane import WireHeading

from .driving import drawn, rows, running, until

pytestmark = pytest.mark.kernel


async def test_what_notifications_prove_is_drawn_as_inferred() -> None:
    async with running((120, 40)) as (app, pilot):
        await pilot.press("enter")
        await until(pilot, lambda: rows(app) and rows(app)[0].state == "ESTABLISHED")
        await pilot.press("escape", "home", "w")  # the server's end, and not that of who typed last
        await until(pilot, lambda: app.query(InferredView) and app.query_one(InferredView).has_focus)
        view = app.query_one(InferredView)

        def said() -> list[str]:
            return [line.split("┈ ", 1)[1].split(" inferred ")[0] for line in drawn(view)[1:] if "┈" in line]

        await until(pilot, lambda: any("hello" in one for one in said()))
        assert said()[0] == "INIT"
        assert said()[1].startswith("INIT ACK")
        assert said()[2:4] == ["COOKIE ECHO", "COOKIE ACK"]
        assert "--capture" in app.query_one(WireHeading).numbers
        await pilot.press("home")
        await until(pilot, lambda: "End follows" in drawn(view)[0])
        await until(pilot, lambda: str(app.query_one(WhyLine).render()).startswith("INIT "))
        app.submit(Send(0, b"more", key=rows(app)[0].key, stream=1))
        await until(pilot, lambda: len(said()) > 5)
        assert view.cursor == 0  # new lines don't move the cursor
        for key in "234":
            await pilot.press(key)
            await until(pilot, lambda: "--capture shows them" in str(app.query_one("#no-packets").render()))
            assert "This end has it as: ESTABLISHED" in str(app.query_one("#no-packets").render())


async def test_where_packets_are_captured_it_does_not_ask_for_that(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Capture, "_receive", lambda self, frame: None)
    async with running((120, 40), Settings(port=0, udp_port=0, capture=True)) as (app, pilot):
        await pilot.press("enter")
        await until(pilot, lambda: rows(app) and rows(app)[0].state == "ESTABLISHED")
        await pilot.press("escape", "home", "w")
        await until(pilot, lambda: app.query(InferredView) and app.query_one(InferredView).has_focus)
        heading = app.query_one(WireHeading)
        await until(pilot, lambda: heading.numbers == "inferred from notifications, nothing captured yet")
        for key in "234":
            await pilot.press(key)
            said = "No packet of this association has been captured yet. This end has it as: ESTABLISHED."
            await until(pilot, lambda said=said: str(app.query_one("#no-packets").render()) == said)  # type: ignore[misc]


async def test_what_the_kernel_s_wire_can_t_do_is_not_offered() -> None:
    async with running((200, 40)) as (app, pilot):

        def offered() -> set[str]:
            bindings = app.screen.active_bindings.values()
            return {one.binding.id or "" for one in bindings if one.binding.show}

        await pilot.press("escape", "w")
        await until(pilot, lambda: "level" in offered() or "wire_back" in offered())
        assert not offered() & {"drop_next", "drop", "link", "still", "step"}
