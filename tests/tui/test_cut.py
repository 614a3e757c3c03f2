"""The list of links that are cut, or whose interfaces are taken down, by key."""

from collections.abc import Mapping

from textual.app import App

from sctp_tui.sctp.events import LinkState
from sctp_tui.sctp.link.conditions import Conditions
from sctp_tui.tui.dialogs.cut_screen import CutChoice, CutScreen

from ..monitor.story import link_state


class Asking(App[None]):
    """Asks which link, and keeps the answer."""

    def __init__(self, links: Mapping[int, LinkState]) -> None:
        super().__init__()
        self.links = links
        self.chosen: list[CutChoice | None] = []

    def on_mount(self) -> None:
        self.push_screen(CutScreen(self.links), self.chosen.append)


async def chosen(*keys: str) -> CutChoice | None:
    down = Conditions(down=True)
    app = Asking({1: link_state(link=1), 2: link_state(link=2, inward=down, outward=down)})
    async with app.run_test() as pilot:
        await pilot.press(*keys)
        await pilot.pause()
        (choice,) = app.chosen
        return choice


async def test_a_digit_cuts_at_once() -> None:
    assert await chosen("2") == CutChoice(2)


async def test_a_line_is_chosen() -> None:
    assert await chosen("down", "enter") == CutChoice(2)
    assert await chosen("down", "down", "down", "enter") == CutChoice(2, interfaces=True)
    assert await chosen("escape") is None
