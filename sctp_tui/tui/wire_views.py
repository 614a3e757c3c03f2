"""The views of the wire pane, each with its key, the places where its own keys act, and what they do.

A new view is one entry here and a module in `tui/wire` with a `ConversationView`: the pane and its heading,
the table of actions, and by that the footer, the help, the palette and the config file are made from this
list. Nothing here needs Textual: views are imported when the pane is first opened.
"""

from collections.abc import Mapping

import msgspec

from .action import Action, Place


class WireView(msgspec.Struct, frozen=True):
    """A view of a conversation.

    `name` is its id and that of the action that shows it, `key` its key in the wire pane, `title` its label,
    `help` what it shows. `kind` is the module in `tui/wire` and its class. `stand_in` is, in the same way,
    what is shown in its place where the program sees no packets, "" for nothing.
    """

    name: str
    key: str
    title: str
    help: str
    kind: str
    places: Mapping[str, Place]
    actions: tuple[Action, ...]
    stand_in: str = ""

    @property
    def stand_in_name(self) -> str:
        """The id of its stand-in."""
        return f"{self.name}-stand-in"

    @property
    def chosen(self) -> Action:
        """The action that shows it."""
        return Action(
            self.name, "wire", self.key, f"view({self.name!r})", self.title, self.help, footer=False
        )

    @property
    def heading(self) -> str:
        """`1 Ladder`."""
        return f"{self.key} {self.title}"


# fmt: off
_LADDER = (
    Action("ladder_up", "ladder", "up,k", "move(-1)", "", "One arrow up"),
    Action("ladder_down", "ladder", "down,j", "move(1)", "", "One arrow down"),
    Action("ladder_page_up", "ladder", "pageup", "page(-1)", "", "As many arrows up as fit"),
    Action("ladder_page_down", "ladder", "pagedown", "page(1)", "", "As many arrows down"),
    Action("ladder_first", "ladder", "home", "first", "", "The oldest arrow"),
    Action("ladder_follow", "ladder", "end", "follow", "", "The newest arrow, and follow"),
    Action("of_note", "packets", ">", "of_note(1)", "Next lost", "The next lost or sent again", footer=False),
    Action("of_note_back", "packets", "<", "of_note(-1)", "Lost before", "The one before", footer=False),
    Action("sockets", "packets", "v", "sockets", "App", "Show what the sockets tell"),
    Action("beats", "packets", "h", "fold", "Fold", "HEARTBEATs in a row as one line, or each", footer=False),
    Action("ladder_open", "packets", "enter", "open", "All", "Open the packet"),
)
_LANES = (
    Action("lanes_turn", "lanes", "t", "turn", "Turn", "The other end's messages"),
    Action("lanes_one", "lanes", "O", "one_stream", "One stream", "Deliver as TCP would, or as SCTP"),
    Action("lanes_in", "lanes", "+,=", "zoom(1)", "Zoom in", "Larger blocks", footer=False),
    Action("lanes_out", "lanes", "-", "zoom(-1)", "Zoom out", "Smaller blocks", footer=False),
    Action("lanes_before", "lanes", "left", "move(-1)", "", "Earlier messages"),
    Action("lanes_after", "lanes", "right", "move(1)", "", "Later messages"),
    Action("lanes_up", "lanes", "up,k", "lane(-1)", "", "One stream up"),
    Action("lanes_down", "lanes", "down,j", "lane(1)", "", "One stream down"),
    Action("lanes_first", "lanes", "home", "first", "", "The oldest messages"),
    Action("lanes_follow", "lanes", "end", "follow", "", "The newest, and follow"),
)
_WINDOW = (
    Action("window_turn", "window", "t", "turn", "Turn", "The other end's DATA"),
    Action("window_in", "window", "+,=", "zoom(-1)", "Zoom", "Less time in view"),
    Action("window_out", "window", "-", "zoom(1)", "Zoom out", "More time in view", footer=False),
    Action("window_whole", "window", "0", "whole", "Whole", "All the time again, up to 10 s", footer=False),
    Action("window_before", "window", "left,up,k", "move(-1)", "", "Earlier"),
    Action("window_after", "window", "right,down,j", "move(1)", "", "Later"),
    Action("window_first", "window", "home", "first", "", "The beginning"),
    Action("window_follow", "window", "end", "follow", "", "The newest, and follow"),
)
_STATES = (
    Action("states_up", "states", "up,k", "move(-1)", "", "One line up"),
    Action("states_down", "states", "down,j", "move(1)", "", "One line down"),
    Action("states_page_up", "states", "pageup", "page(-1)", "", "As many lines up as fit"),
    Action("states_page_down", "states", "pagedown", "page(1)", "", "As many lines down"),
    Action("states_first", "states", "home", "first", "", "The states, and the newest transition"),
    Action("states_last", "states", "end", "last", "", "The oldest transition"),
)
_PATHS = (
    Action("paths_turn", "paths", "t", "turn", "Turn", "The other end's paths"),
    Action("paths_in", "paths", "+,=", "zoom(-1)", "Zoom", "Less time in view"),
    Action("paths_out", "paths", "-", "zoom(1)", "Zoom out", "More time in view", footer=False),
    Action("paths_before", "paths", "left", "move(-1)", "", "The packet before"),
    Action("paths_after", "paths", "right", "move(1)", "", "The packet after"),
    Action("paths_earlier", "paths", "up,k,pageup", "leap(-1)", "", "A quarter of the view earlier"),
    Action("paths_later", "paths", "down,j,pagedown", "leap(1)", "", "A quarter of the view later"),
    Action("paths_first", "paths", "home", "first", "", "The first packet"),
    Action("paths_follow", "paths", "end", "follow", "", "The newest, and follow"),
    Action("paths_open", "paths", "enter", "open", "All", "Open the packet"),
)
VIEWS: tuple[WireView, ...] = (
    WireView(
        "ladder", "1", "Ladder", "Packets as arrows", "ladder_view.LadderView",
        {
            "ladder": Place("In the ladder", "ArrowsView", "wire"),
            "packets": Place("On a packet of the ladder", "LadderView", "ladder"),
        },
        _LADDER,
        stand_in="inferred_view.InferredView",
    ),
    WireView(
        "lanes", "2", "Lanes", "Messages and waits, by stream", "lanes_view.LanesView",
        {
            "lanes": Place("In the lanes", "LanesView", "wire"),
        },
        _LANES,
    ),
    WireView(
        "window", "3", "Window", "TSNs and windows over time", "window_view.WindowView",
        {
            "window": Place("In the window view", "WindowView", "wire"),
        },
        _WINDOW,
    ),
    WireView(
        "states", "4", "States", "The states of both ends", "state_view.StateView",
        {
            "states": Place("In the states", "StateView", "wire"),
        },
        _STATES,
    ),
    WireView(
        "paths", "5", "Paths", "What goes on each path, and its state", "paths_view.PathsView",
        {
            "paths": Place("In the paths", "PathsView", "wire"),
        },
        _PATHS,
    ),
)
# fmt: on
"""In the order of their keys."""

VIEW_BY_NAME: Mapping[str, WireView] = {view.name: view for view in VIEWS}
