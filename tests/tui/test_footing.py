"""The footer: what fits is shown, the way out always whole; what it says follows what the keys would do."""

from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.binding import ActiveBinding, Binding
from textual.widgets._footer import FooterKey

from sctp_tui.tui.action import Action
from sctp_tui.tui.actions import ACTIONS
from sctp_tui.tui.app import SctpApp
from sctp_tui.tui.dialogs.packet_screen import PacketScreen
from sctp_tui.tui.footing import fitting, on_the_wire

from .driving import rows, running, type_line, until

OF_THE_LINK = {"Lose", "Lose…", "Link", "Cut"}
OF_ITS_TIME = {"Time", "Step"}
_KEYS = [row for row in ACTIONS if row.place in ("lists", "wire", "packets", "everywhere") and row.label]


def _shown(app: SctpApp) -> dict[str, int]:
    return {key.description: key.region.right for key in app.screen.query(FooterKey)}


def _active(rows: Iterable[Action]) -> dict[str, ActiveBinding]:
    node: Any = object()
    return {
        row.name: ActiveBinding(node, Binding(row.keys, row.name, row.label, id=row.name), True, "")
        for row in rows
    }


@pytest.mark.parametrize(("ours", "timed"), [(True, True), (True, False), (False, True), (False, False)])
def test_what_this_program_does_not_carry_it_does_not_offer_to_lose(ours: bool, timed: bool) -> None:
    found = on_the_wire(_active(_KEYS), "Expert", ours=ours, timed=timed).values()
    shown = {one.binding.description for one in found if one.binding.show}
    assert {"Expert", "Table", "Help", "Quit"} <= shown
    assert "Reply" not in shown
    assert OF_THE_LINK & shown == (OF_THE_LINK if ours else set())
    assert OF_ITS_TIME & shown == (OF_ITS_TIME if ours and timed else set())


@given(st.lists(st.sampled_from(_KEYS), unique=True), st.integers(1, 200), st.booleans())
def test_no_more_is_shown_than_fits_and_help_and_quit_always(
    chosen: list[Action], room: int, stands: bool
) -> None:
    active = _active(chosen)
    found = fitting(active, room, lambda binding: binding.key, ("step",) if stands else ())
    assert list(found) == list(active)
    shown = [one.binding for one in found.values() if one.binding.show]
    assert {"help", "quit"} & set(active) <= {one.id for one in shown}
    over = sum(len(one.key) + len(one.description) + 3 for one in shown) - room
    assert over <= 0 or {one.id for one in shown} <= {"help", "quit", "quit_anywhere"}
    if stands and "step" in active and "step" not in {one.id for one in shown}:
        assert {one.id for one in shown} <= {"help", "quit", "quit_anywhere"}


@pytest.mark.userspace
@pytest.mark.parametrize("width", [80, 120])
async def test_on_the_wire_it_says_what_the_keys_would_do(width: int) -> None:
    async with running((width, 30)) as (app, pilot):
        await type_line(pilot, "hello")
        await until(pilot, lambda: rows(app) and rows(app)[0].messages_in)
        await pilot.press("escape", "w")
        await until(pilot, lambda: "Expert" in _shown(app))
        await pilot.press("i")
        await until(pilot, lambda: "Step" in _shown(app))
        await pilot.press("E")
        await until(pilot, lambda: "Beginner" in _shown(app) and "Expert" not in _shown(app))
        assert {"Step", "Time", "Help", "Quit"} <= set(_shown(app))
        assert max(_shown(app).values()) <= width
        await pilot.press("home", "enter")
        await until(pilot, lambda: isinstance(app.screen, PacketScreen) and "Beginner" in _shown(app))
        await pilot.press("E")
        await until(pilot, lambda: "Expert" in _shown(app))


@pytest.mark.kernel
async def test_on_the_kernels_wire_nothing_is_offered_that_is_refused() -> None:
    async with running((200, 30)) as (app, pilot):
        await type_line(pilot, "hello")
        await until(pilot, lambda: rows(app) and rows(app)[0].messages_in)
        await pilot.press("escape", "w")
        await until(pilot, lambda: "Table" in _shown(app))
        assert not (OF_THE_LINK | OF_ITS_TIME) & set(_shown(app))
