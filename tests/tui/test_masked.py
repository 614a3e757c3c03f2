"""With --mask-addresses no address of a peer is on the screen, in its pictures, or in a file made of it."""

import re
from html import unescape
from math import inf
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from sctp_tui.sctp.events import AssocChange, Event, Packet, Status
from sctp_tui.tui.app import SctpApp, Settings
from sctp_tui.tui.dialogs.export_screen import sources
from sctp_tui.tui.message_log import MessageLog
from sctp_tui.tui.wire.wire_export import wire_sources
from sctp_tui.tui.wire.wire_pane import WirePane

from ..cli.program import Server
from ..monitor.test_masking import KINDS, PACKETS, REAL, WRITTEN, leaks, made, packet
from .driving import messages, outcome, rows, running, type_line, until

pytestmark = pytest.mark.userspace
MASKED = Settings(port=0, udp_port=0, mask_addresses=True)
SIZE = 150, 44


# Numbers, which are drained otherwise, and what is about our own server's address.
NOT_TOLD = (
    "AssocChange",
    "Packet",
    "Counts",
    "Status",
    "Streams",
    "Detail",
    "Generating",
    "Totals",
    "LinkState",
    "Listening",
    "EndpointFailed",
    "EndpointClosed",
)


def picture(app: SctpApp) -> str:
    """What the screen's picture has in it, as a text."""
    return unescape(re.sub("<[^>]*>", "\n", app.export_screenshot())).replace("\xa0", " ")


def everything() -> list[Event]:
    """Each event of the log, of an association of the server's that is up and stays so; another ended."""
    own = {"endpoint": "server", "key": 77_001, "assoc_id": 3}
    other = {"endpoint": "server", "key": 77_002, "assoc_id": 4}
    first = [made(AssocChange, **own, state="COMM_UP"), made(Status, **own)]
    told = [made(kind, **own) for kind in KINDS if kind.__name__ not in NOT_TOLD]
    return [*first, *told, *(made(AssocChange, **other, state=state) for state in ("COMM_UP", "COMM_LOST"))]


async def test_no_address_is_on_any_screen_nor_in_what_is_exported() -> None:
    async with running(SIZE, MASKED, checked=False) as (app, pilot):
        app.event_queue.put(everything())
        app.event_queue.put(
            (), [made(Packet, endpoint="server", key=77_001, data=packet(each)) for each in PACKETS]
        )
        log = app.screen.query_one(MessageLog)
        await until(pilot, lambda: len(rows(app)) >= 2 and len(log.records) > 20, "the events")
        assert not leaks(picture(app))
        seen = ""
        for keys in (
            ["escape"],
            ["d"],
            ["escape", "tab", "home"],
            *[["down"] * 5] * 4,
            ["w"],
            *[["down", "enter"]] * 3,
            ["escape"],
            ["v"],
            ["2"],
            ["3"],
            ["4"],
            ["1"],
            ["w"],
            ["L"],
            ["escape"],
            ["space"],
            ["N"],
            ["escape"],
        ):
            await pilot.press(*keys)
            await pilot.pause(0.05)
            seen = picture(app)
            assert not leaks(seen), keys
        for note in app._notifications:
            assert not leaks(note.message)
        (first, *_) = rows(app)
        associations = app.monitor.associations.snapshot()
        names, columns = associations.names, ["id", "peer", "state"]
        choices = sources(list(app.monitor.log), list(associations), columns, 0.0, "", names)
        shown = app._main.query_one(WirePane).shown
        for source in (*choices, *wire_sources(first, app.monitor, shown, inf)):
            for line in source.lines():
                assert not leaks(line), source


async def typed(pilot: Pilot[None], to: str, udp: str = "") -> Input:
    """Type where the client goes to, key by key."""
    field = pilot.app.screen.query_one("#to", Input)
    field.focus()
    await pilot.pause()
    await pilot.press("end", "ctrl+u", *to)
    assert field.value == to
    pilot.app.screen.query_one("#udp", Input).value = udp
    return field


async def test_an_address_that_was_typed_is_hidden_once_it_is_entered() -> None:
    with Server("userspace", "--host", "127.77.1.9") as other:
        port, udp_port = other.listening["port"], other.listening["udp_port"]
        async with running(SIZE, MASKED) as (app, pilot):
            field = await typed(pilot, f"127.77.1.9:{port}", str(udp_port))
            await pilot.press("tab")
            await pilot.pause()
            assert re.fullmatch(rf"198\.18\.0\.\d+:{port}", field.value)
            await type_line(pilot, "hello")
            await until(pilot, lambda: "sent" in outcome(pilot))
            assert other.event("message")["text"] == "hello"
            assert "127.77" not in picture(app)
            # Nobody elsewhere has a time that this program could stop.
            await pilot.press("escape", "space")
            await until(pilot, lambda: "packets go over UDP to 198.18.0." in picture(app), "the refusal")
            assert "127.77" not in picture(app)


@pytest.mark.parametrize(
    "to", ["10.77.1.9:99999", "[2a02:abcd::77", "nobody.example:5", "no:thing", "nobody.example"]
)
async def test_what_is_said_of_a_wrong_one_has_no_address_either(to: str) -> None:
    async with running(SIZE, MASKED) as (app, pilot):
        await typed(pilot, to)
        await type_line(pilot, "hello")
        await until(pilot, lambda: outcome(pilot), "what is wrong")
        for part in ("10.77", "2a02", "nobody"):
            assert part not in picture(app)


async def test_a_screen_over_it_hides_what_is_being_typed() -> None:
    async with running(SIZE, MASKED) as (app, pilot):
        await typed(pilot, "10.1.2.3:5")
        await pilot.press("ctrl+p")
        await pilot.pause()
        assert not leaks(picture(app))


async def test_a_filter_by_a_real_address_finds_and_shows_none() -> None:
    async with running(SIZE, MASKED, checked=False) as (app, pilot):
        await type_line(pilot, "hello")
        await until(pilot, lambda: messages(app, "server"))
        app.event_queue.put(everything())
        await until(pilot, lambda: len(rows(app)) == 3)
        await pilot.press("escape", "slash", *f"peer={REAL[0]}", "enter")
        await pilot.pause()
        main = app._main
        assert main.view.filter is not None
        assert re.fullmatch(r"peer=198\.18\.0\.\d+", main.view.filter.text)
        assert len(main.view.rows) == 2
        assert not leaks(picture(app))
        await pilot.press("slash", "up")
        assert not leaks(picture(app))
        await pilot.press("ctrl+u", *"peer=10.0.0.0/8", "enter")
        await pilot.pause()
        assert "give an address" in picture(app)


async def test_lines_of_an_earlier_run_are_shown_masked_and_stay_as_they_were(tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    state.write_text(f'{{"filters": ["peer={REAL[0]}"], "searches": ["{REAL[0]}"]}}')
    before = state.read_bytes()
    settings = Settings(port=0, udp_port=0, mask_addresses=True, state=state)
    async with running(SIZE, settings) as (app, pilot):
        for key in ("slash", "l"):
            await pilot.press("escape", key)
            await pilot.pause()
            assert not leaks(picture(app))
            await pilot.press("enter")
        assert not leaks(picture(app))
    assert state.read_bytes() == before


def test_the_text_has_what_it_is_looked_for() -> None:
    assert len(leaks(WRITTEN)) > 5
