"""What the form for generators looks like with some of them, from fixed events and a clock that stands."""

from typing import Any

import pytest
from textual.app import App
from textual.containers import Grid
from textual.pilot import Pilot
from textual.widgets import Input, Label

from sctp_tui.sctp.commands import Command
from sctp_tui.sctp.events import Generating
from sctp_tui.tui.clients.clients import Options
from sctp_tui.tui.clients.generator_screen import GeneratorScreen
from sctp_tui.tui.clients.generators import Generators, GeneratorSource, Recipe

NOW = 160.0
RECIPE = Recipe(100.0, b"message {n}", 64, (0, 2), 60, False, None, 1000, 0.0)


def told(number: int, at: float, messages: int, done: bool = False, text: str = "") -> Generating:
    """How far a generator has come at a time."""
    return Generating(
        at=at,
        mono=at,
        endpoint=f"client {number}",
        key=0,
        assoc_id=0,
        peer=None,
        generator=number,
        messages=messages,
        bytes=messages * 64,
        done=done,
        text=text,
    )


class Alone(App[None]):
    """The form over nothing; one generator runs, one is done, and the third fails while it is looked at."""

    def __init__(self, many: bool = True) -> None:
        super().__init__()
        self.many = many
        self.generators = Generators()
        self.generators.start(RECIPE, [GeneratorSource(f"client {n}", 5, f"client {n}") for n in (1, 2, 3)])
        self.fold(*(told(number, NOW - 5, 1) for number in (1, 2, 3)))
        self.fold(told(1, NOW, 501), told(2, NOW, 1000, True))

    def fold(self, *events: Generating) -> None:
        self.generators.fold({event.generator: event for event in events})

    def on_mount(self) -> None:
        async def start(recipe: Recipe, clients: int) -> None:
            pass

        def submit(*commands: Command) -> None:
            pass

        to = "client 1 to 127.0.0.1:9877"
        self.push_screen(
            GeneratorScreen(self.generators, to, self.many, Options(), {}, start, submit, lambda: NOW)
        )


async def fail(pilot: Pilot[Any]) -> None:
    """The third can't go on."""
    app = pilot.app
    assert isinstance(app, Alone)
    app.fold(told(3, NOW, 7, True, "the association ended"))
    for field in app.screen.query(Input):
        field.cursor_blink = False
    await pilot.press("down", "up")
    await pilot.pause(0.6)


@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=["80x24", "120x40"])
def test_generators(snap_compare: Any, size: tuple[int, int]) -> None:
    assert snap_compare(Alone(), terminal_size=size, run_before=fail)


@pytest.mark.parametrize("many", [True, False])
@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_each_label_stands_left_of_its_field(many: bool, size: tuple[int, int]) -> None:
    """As one client, too, where there is no field for how many."""
    app = Alone(many)
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        fields = list(app.screen.query_one(Grid).children)
        labels = [at for at, one in enumerate(fields) if isinstance(one, Label)]
        assert len(labels) >= 8
        for at in labels:
            label, field = fields[at].region, fields[at + 1].region
            assert label.y == field.y, str(fields[at + 1])
            assert label.x < field.x
