"""A view of the wire is its own file and one entry: what is made of the views finds a new one by itself."""

import subprocess
import sys

import pytest

from sctp_tui.tui.actions import ACTIONS, PLACES
from sctp_tui.tui.wire.conversation_view import ConversationView, StandInView
from sctp_tui.tui.wire.wire_pane import _made
from sctp_tui.tui.wire_views import VIEWS

# In a process of its own, as what is made of the views is made when the program starts.
_NEW_VIEW = """
import sys
from types import ModuleType

from sctp_tui.tui import wire_views
from sctp_tui.tui.action import Action, Place

wire_views.VIEWS += (
    wire_views.WireView(
        "sizes", "6", "Sizes", "How long packets are", "sizes_view.SizesView",
        {"sizes": Place("In the sizes", "SizesView", "wire")},
        (Action("sizes_unit", "sizes", "t", "unit", "Unit", "In bits, or in octets"),),
    ),
)
wire_views.VIEW_BY_NAME = {view.name: view for view in wire_views.VIEWS}

import asyncio

from textual.widget import Widget
from sctp_tui.tui.actions import bindings
from sctp_tui.tui.wire.conversation_view import ConversationView


class SizesView(ConversationView, Widget, can_focus=True):
    BINDINGS = bindings("sizes")
    drawn = "", 1

    def draw(self, scene):
        sizes = [str(len(traced.packet.data)) for traced in scene.conversation.since(0, 3)]
        self.drawn = " ".join(sizes), self.drawn[1]

    def action_unit(self):
        self.drawn = self.drawn[0], 9 - self.drawn[1]


module = ModuleType("sctp_tui.tui.wire.sizes_view")
module.SizesView = SizesView
sys.modules[module.__name__] = module

from sctp_tui.cli.help import _TABLES
from sctp_tui.tui.actions import clashes
from sctp_tui.tui.dialogs.help import HelpScreen
from sctp_tui.tui.dialogs.help_items import find, items
from sctp_tui.tui.palette import ActionProvider
from sctp_tui.tui.wire.wire_pane import WireHeading
from tests.tui.driving import message_input, rows, running, until

keys = _TABLES["keys"]()
assert "| `6` | How long packets are | `sizes` |" in keys
assert "## In the sizes" in keys
assert "| `t` | In bits, or in octets | `sizes_unit` |" in keys
assert list(clashes({})) == []


async def look():
    async with running((100, 30)) as (app, pilot):
        message_input(pilot).value = "hello"
        await pilot.press("enter")
        await until(pilot, lambda: rows(app) and rows(app)[0].messages_in)
        await pilot.press("escape", "w")
        await until(pilot, lambda: app.query("#sizes"))
        await pilot.press("6")
        view = app.query_one(SizesView)
        await until(pilot, lambda: view.has_focus and len(view.drawn[0].split()) == 3)
        assert "6 Sizes" in app.query_one(WireHeading).render().plain
        await pilot.press("t")
        await until(pilot, lambda: view.drawn[1] == 8)
        entries = {entry.title: entry.keys for entry in ActionProvider(app.screen).entries()}
        assert entries["Unit"] == "t", entries
        await pilot.press("1")
        await until(pilot, lambda: app.query_one("#ladder").has_focus)
        assert {entry.title: entry.keys for entry in ActionProvider(app.screen).entries()}["Sizes"] == "6"
        assert find(items(app.keys.of), "how long packets are")


asyncio.run(look())
"""


@pytest.mark.userspace
def test_one_entry_and_its_file_put_a_new_view_everywhere() -> None:
    done = subprocess.run([sys.executable, "-c", _NEW_VIEW], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_every_view_has_its_class_its_places_and_its_keys() -> None:
    for view in VIEWS:
        assert isinstance(_made(view.kind, view.name), ConversationView)
        assert not view.stand_in or isinstance(_made(view.stand_in, view.stand_in_name), StandInView)
        assert view.chosen in ACTIONS
        assert view.places.items() <= PLACES.items()
        assert set(view.actions) <= set(ACTIONS)
        assert {row.place for row in view.actions} == view.places.keys()
