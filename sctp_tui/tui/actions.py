"""The one table of what a user can do: keys, footer, help and command palette are made from it.

A new action is one row here and a method `action_…` of the class that its place names; what is done in a view
of the wire stands with the view, in `wire_views`. A row's `name` is its key in `[keys]` of the config file.
Nothing here needs Textual, so that the config can be checked and the keys printed without it.
"""

import unicodedata
from collections.abc import Iterator, Mapping
from itertools import combinations
from typing import TYPE_CHECKING

import msgspec

from .action import Action, Place
from .wire_views import VIEWS

if TYPE_CHECKING:
    from textual.binding import BindingType


PLACES: Mapping[str, Place] = {
    "lists": Place("In the lists", "MainScreen", "replay"),
    "replay": Place("In a replay", "CaptureScreen", "everywhere"),
    "table": Place("In the table", "LineTable", "lists"),
    "log": Place("In the log", "MessageLog", "lists"),
    "wire": Place("In the wire", "WirePane", "lists"),
    **{name: place for view in VIEWS for name, place in view.places.items()},
    "lesson": Place("In a lesson", "LessonPane", "everywhere"),
    "clients": Place("In the client pane", "ClientPane", "lists", typed=True),
    "fields": Place("In the client pane's fields", "Fields", "clients", typed=True),
    "tick": Place("On a box to tick", "Tick"),
    "line": Place("In the line", "MessageInput", "clients", typed=True),
    "everywhere": Place("Everywhere", "SctpApp"),
    "menu": Place(
        "In a list to choose from", "Menu", "clients sort columns export copy drop lesson_list help"
    ),
    "text": Place("In a text that scrolls", "ScrolledText", "explain filter_help packet tree code help"),
    "sort": Place("In the list to sort by", "SortScreen"),
    "columns": Place("In the choice of columns", "ColumnsScreen"),
    "export": Place("In the export", "ExportScreen"),
    "copy": Place("In the list of what to copy", "CopyScreen"),
    "detail": Place("In the detail of an association", "DetailView", "everywhere"),
    "detail_screen": Place("In the detail on a screen of its own", "DetailScreen"),
    "explain": Place("In the list of what numbers mean", "ExplainScreen"),
    "message": Place("In the detail of a line", "MessageDetailScreen"),
    "packet": Place("In the detail of a packet", "PacketScreen"),
    "tree": Place("In a tree by tshark", "TreeScreen"),
    "hex": Place("In octets", "HexView", "message packet"),
    "prompt": Place("In the filter and the search", "PromptInput", "lists", typed=True),
    "filter": Place("In the filter", "FilterBar", "lists", typed=True),
    "filter_help": Place("In the filter's help", "FilterHelpScreen"),
    "drop": Place("In the list of what to lose", "DropScreen"),
    "lesson_list": Place("In the list of lessons", "LessonScreen"),
    "code": Place("In the code of a lesson", "CodeScreen"),
    "cut": Place("In the list of links", "CutScreen"),
    "path": Place("In the list of what to ask of paths", "PathScreen"),
    "form": Place("In a form", "Form", typed=True),
    "generator": Place("In the traffic generator", "GeneratorScreen", "form", typed=True),
    "generators": Place("In the list of generators", "GeneratorTable", "generator"),
    "bookmark": Place("In the words of a bookmark", "BookmarkScreen", "form", typed=True),
    "open": Place("In the path of a capture", "OpenScreen", typed=True),
    "naming": Place("In a name", "NameScreen", "form", typed=True),
    "link": Place("In the link", "LinkScreen", "form", typed=True),
    "server": Place("In the server's settings", "ServerScreen", "form", typed=True),
    "streams": Place("In the request of streams", "StreamsScreen", "form", typed=True),
    "parameters": Place("In the protocol parameters", "ParametersScreen", "form", typed=True),
    "help": Place("In the help", "HelpScreen"),
    "looking": Place("In the search of the help", "HelpInput", typed=True),
    "confirm": Place("In the question before an ABORT", "ConfirmScreen", "form", typed=True),
    "failure": Place("Where no server could be opened", "FailureScreen"),
}
"""The places by their names, in the order of the help."""


# fmt: off
ACTIONS: tuple[Action, ...] = (
    # The footer has them in this order.
    Action("new_client", "lists", "n,ctrl+n", "screen.new_client", "New", "One more client", footer=False),
    Action("message", "lists", "m", "message", "Message", "To the line to type in", footer=False),
    Action("reply", "lists", "r", "reply", "Reply", "Reply as the server"),
    Action("detail", "lists", "d", "detail", "Detail", "Open its detail"),
    Action("close", "lists", "c", "close", "Close", "Shut down gracefully"),
    Action("abort", "lists", "a", "abort", "Abort", "Abort, after asking"),
    Action("crash", "lists", "A", "crash", "Crash", "Crash its client, without a word", footer=False),
    Action("peel_off", "lists", "b", "peel_off", "Peel off", "Give it a socket of its own", footer=False),
    Action(
        "udp_port", "lists", "U", "change_udp_port", "NAT", "Give its client another UDP port, as a NAT does",
        footer=False,
    ),
    Action("clear", "lists", "x", "clear_ended", "Clear", "Clear what has ended"),
    Action("generate", "lists", "g", "generate", "Generate", "Generate traffic", footer=False),
    Action("to_all", "lists", "R", "to_all", "To all", "One message to all, as the server", footer=False),
    Action("generate_stop", "lists", "G", "stop_generating", "Stop", "Stop all generators", footer=False),
    Action("pause_reading", "lists", "p", "app.pause_reading", "Pause", "Pause, or read on", footer=False),
    Action("server", "lists", "S", "app.change_server", "Server", "The server's settings", footer=False),
    Action("wire", "lists", "w", "wire", "Wire", "The association's packets, or the table again"),
    Action("drop_next", "lists", "D", "drop_next", "Lose", "Lose the next DATA on the stream", footer=False),
    Action("drop", "lists", "X", "drop", "Lose…", "Choose packets to lose on purpose", footer=False),
    Action("link", "lists", "L", "link", "Link", "Loss, delay and more on the link", footer=False),
    Action("cut", "lists", "C", "cut", "Cut", "Cut a link, or join it again", footer=False),
    Action("still", "lists", "space", "stand_still", "Time", "Stop time, or go on", footer=False),
    Action("step", "lists", "i", "step", "Step", "Step to the next packet, timer, event", footer=False),
    Action("slower", "lists", "left_square_bracket", "slower(1)", "Slower", "Slow time down", footer=False),
    Action("faster", "lists", "right_square_bracket", "slower(-1)", "Faster", "Speed time up", footer=False),
    Action("parameters", "lists", "P", "parameters", "Timers", "Its protocol parameters", footer=False),
    Action("ask_streams", "lists", "M", "ask_streams", "Streams", "Reset or add streams", footer=False),
    Action("ask_path", "lists", "H", "ask_path", "Paths", "Ask for something of a path", footer=False),
    Action("name", "lists", "N", "name", "Name", "Give the association a name", footer=False),
    Action("bookmark", "lists", "B", "bookmark", "Bookmark", "Mark this moment, or the line", footer=False),
    Action("mark_next", "lists", "'", "to_mark(1)", "Next mark", "Bookmark below", footer=False),
    Action("mark_back", "lists", '"', "to_mark(-1)", "Mark before", "Bookmark above", footer=False),
    Action("undo", "lists", "u", "undo", "Undo", "Bring back what was cleared"),
    Action("freeze", "lists", "z", "freeze", "Freeze", "Freeze the view, or back to now", footer=False),
    Action("copy", "lists", "y", "copy", "Copy", "Copy the row or the line", footer=False),
    Action("export", "lists", "e", "export", "Export", "Write what is shown to a file", footer=False),
    Action("sort", "lists", "s", "sort", "Sort", "Sort the table by a column", footer=False),
    Action("columns", "lists", "o", "columns", "Columns", "Choose the table's columns", footer=False),
    Action("theme", "lists", "T", "app.change_theme", "Theme", "Choose the colours", footer=False),
    Action("filter", "lists", "/", "filter", "Filter", "Filter log, table and packets"),
    Action("filter_by", "lists", "f", "filter_by", "Only this", "This association, or all", footer=False),
    Action("filter_off", "lists", "F", "filter_off", "Filter off", "Filter off, or on again", footer=False),
    Action("search", "lists", "l", "search", "Search", "Search the log for a text", footer=False),
    Action("search_next", "lists", ".", "search_next(1)", "Next found", "Match below", footer=False),
    Action("search_back", "lists", "comma", "search_next(-1)", "Found before", "Match above", footer=False),
    Action("to_lesson", "lists", "f3", "to_lesson", "Lesson", "Choose a lesson, or go to it", footer=False),
    Action(
        "write_lesson", "lists", "f6", "write_lesson", "Write a lesson", "A lesson from what was done",
        footer=False,
    ),
    Action(
        "open", "lists", "f5", "app.open_beside", "Open", "A capture beside this; q there comes back",
        footer=False,
    ),
    Action(
        "config", "lists", "f9", "app.reread_config", "Config", "Read the config file again", footer=False
    ),
    Action("help", "lists", "?,f1", "help", "Help", "Keys, questions and topics"),
    Action("from_start", "replay", "{", "from_start", "Start", "Replay it from the start", footer=False),
    Action("step_back", "replay", "I", "step_back", "Back", "One event or packet back", footer=False),
    Action("go_to", "replay", "@", "go_to", "Go to", "Go to a time", footer=False),
    Action("found", "replay", "}", "found", "Next event", "To the next that passes the filter", footer=False),
    # With priority, so that what is typed right after them goes where they lead.
    Action("next", "lists", "tab", "app.focus_next", "", "Next pane or field", priority=True),
    Action("previous", "lists", "shift+tab", "app.focus_previous", "", "The one before", priority=True),
    Action("table_up", "table", "up,k", "cursor(-1)", "", "One row up"),
    Action("table_down", "table", "down,j", "cursor(1)", "", "One row down"),
    Action("table_page_up", "table", "pageup", "cursor_page(-1)", "", "As many rows up as fit"),
    Action("table_page_down", "table", "pagedown", "cursor_page(1)", "", "As many rows down"),
    Action("table_first", "table", "home", "cursor_to(0)", "", "First row"),
    Action("table_last", "table", "end", "cursor_to(-1)", "", "Last row"),
    Action("table_unfilter", "table", "escape", "screen.unfilter", "", "End the search, then the filter"),
    Action("choose", "table", "enter", "select", "", "Open its detail"),
    Action("log_up", "log", "up,k", "move(-1)", "", "One line up"),
    Action("log_down", "log", "down,j", "move(1)", "", "One line down"),
    Action("log_page_up", "log", "pageup", "page(-1)", "", "As many lines up as fit"),
    Action("log_page_down", "log", "pagedown", "page(1)", "", "As many lines down"),
    Action("log_first", "log", "home", "first", "", "The oldest line"),
    Action("log_unfilter", "log", "escape", "screen.unfilter", "", "End the search, then the filter"),
    Action("log_follow", "log", "end", "follow", "", "The newest line, and follow"),
    Action("log_open", "log", "enter", "open", "", "Open the line"),
    *(view.chosen for view in VIEWS),
    Action("level", "wire", "E", "level", "Expert", "Explain for experts, or beginners"),
    Action("wire_whole", "wire", "W", "screen.whole", "Whole", "Use the whole screen, or not", footer=False),
    Action("wire_back", "wire", "escape", "screen.wire", "Table", "Back to the table"),
    *(row for view in VIEWS for row in view.actions),
    Action("lesson_on", "lesson", "space", "go_on", "Go on", "Show what comes, or the next step"),
    Action("lesson_again", "lesson", "backspace", "again", "Again", "The step anew, or the one before"),
    Action("lesson_itself", "lesson", "p", "by_itself", "By itself", "Let it go on by itself, or not"),
    Action("lesson_hint", "lesson", "h", "hint", "Hint", "A hint, where there is one"),
    Action("lesson_words", "lesson", "w", "words", "Words", "What the words of this step mean"),
    Action("lesson_code", "lesson", "C", "code", "Code", "The calls of this step, in C and Python"),
    Action("lesson_start", "lesson", "home", "from_the_start", "", "The lesson from its start"),
    *(
        Action(f"lesson_{n}", "lesson", str(n), f"answer('{n}')", "", f"Answer {n}", footer=False)
        for n in range(10)
    ),
    Action("client_new", "clients", "ctrl+n", "screen.new_client", "New", "One more client"),
    Action(
        "client_connect", "clients", "ctrl+o", "screen.connect", "Connect", "An association without data",
        footer=False,
    ),
    Action(
        "client_collide", "clients", "ctrl+l", "screen.collide", "Collide", "It and the server begin at once",
        footer=False,
    ),
    Action("client_abort", "clients", "ctrl+g", "screen.abort", "Abort", "Abort, after asking"),
    Action("client_generate", "clients", "ctrl+t", "screen.generate", "Generate", "Generate traffic"),
    Action("client_stop", "clients", "ctrl+s", "screen.stop_generating", "Stop", "Stop all", footer=False),
    Action("leave_line", "clients", "escape", "screen.leave_input", "Lists", "To the lists"),
    Action("field_before", "fields", "up", "app.focus_previous", "", "The field before"),
    Action("field_after", "fields", "down", "app.focus_next", "", "The field after"),
    Action("field_done", "fields", "enter", "done", "Line", "To the line, with what is typed", priority=True),
    Action("tick", "tick", "space", "toggle_button", "Tick", "Put the tick in, or take it out"),
    Action("send", "line", "enter", "submit", "Send", "Send the line"),
    Action("recall", "line", "up", "recall(-1)", "", "Recall what was sent"),
    Action("recall_back", "line", "down", "recall(1)", "", "And back"),
    Action("end_of_input", "line", "ctrl+d", "delete_or_close", "Close", "On an empty line: close"),
    Action("quit", "everywhere", "q", "quit", "Quit", "Shut all down and leave; again: abort"),
    Action("quit_anywhere", "everywhere", "ctrl+q", "quit", "Quit", "The same while typing", priority=True),
    Action("palette", "everywhere", "ctrl+p", "command_palette", "", "Any action by its name", priority=True),
    Action("suspend", "everywhere", "ctrl+z", "suspend_process", "", "To the shell, until fg", priority=True),
    Action("how_to_quit", "everywhere", "ctrl+c", "help_quit", "", "Says how to leave"),
    Action("menu_up", "menu", "up,k", "cursor_up", "", "One up"),
    Action("menu_down", "menu", "down,j", "cursor_down", "", "One down"),
    Action("menu_page_up", "menu", "pageup", "page_up", "", "As many up as fit"),
    Action("menu_page_down", "menu", "pagedown", "page_down", "", "As many down"),
    Action("menu_first", "menu", "home", "first", "", "The first"),
    Action("menu_last", "menu", "end", "last", "", "The last"),
    Action("menu_choose", "menu", "enter", "select", "", "This one"),
    Action("text_up", "text", "up,k", "scroll_up", "", "One line up"),
    Action("text_down", "text", "down,j", "scroll_down", "", "One line down"),
    Action("text_page_up", "text", "pageup", "page_up", "", "As many lines up as fit"),
    Action("text_page_down", "text", "pagedown", "page_down", "", "As many lines down"),
    Action("text_first", "text", "home", "scroll_home", "", "The beginning"),
    Action("text_last", "text", "end", "scroll_end", "", "The end"),
    Action("sort_by", "sort", "s", "choose", "Order", "By this one; again: reversed; then by set-up"),
    Action("sort_back", "sort", "escape,q", "back", "Back", "Back"),
    Action("column_tick", "columns", "space", "tick", "Tick", "Show it, or don't"),
    Action("column_up", "columns", "shift+up,K", "move(-1)", "Up", "One place to the left"),
    Action("column_down", "columns", "shift+down,J", "move(1)", "Down", "One place to the right"),
    Action("column_reset", "columns", "r", "automatic", "Reset", "As many as there is room for"),
    Action("export_back", "export", "escape", "back", "Back", "Cancel what is being written, or leave"),
    Action("copy_line", "copy", "y", "copy('line')", "Line", "The row or the line as it is shown"),
    Action("copy_text", "copy", "t", "copy('text')", "Text", "The payload as text"),
    Action("copy_lines", "copy", "l", "copy('lines')", "Lines", "The payload's lines; a shell runs them"),
    Action("copy_hex", "copy", "h", "copy('hex')", "Hex", "The payload as hex"),
    Action("copy_json", "copy", "J", "copy('json')", "JSON", "All of it as JSON"),
    Action("copy_back", "copy", "escape,q", "back", "Back", "Copy nothing"),
    Action("column_back", "columns", "escape,q", "back", "Back", "Leave it as it is"),
    Action("detail_up", "detail", "up,k", "line(-1)", "", "The number above"),
    Action("detail_down", "detail", "down,j", "line(1)", "", "The number below"),
    Action("detail_left", "detail", "left", "number(-1)", "", "The number before"),
    Action("detail_right", "detail", "right", "number(1)", "", "The number after"),
    Action("detail_page_up", "detail", "pageup", "page(-1)", "", "As many lines up as fit"),
    Action("detail_page_down", "detail", "pagedown", "page(1)", "", "As many lines down"),
    Action("detail_first", "detail", "home", "end(0)", "", "The first number"),
    Action("detail_last", "detail", "end", "end(-1)", "", "The last number"),
    Action("detail_explain", "detail", "?", "explain", "What is this?", "What the numbers mean"),
    Action("detail_back", "detail_screen", "escape,d", "dismiss", "Back", "Back"),
    Action("explain_back", "explain", "escape,q,?", "dismiss", "Back", "Back"),
    Action("message_before", "message", "left,p", "step(-1)", "Previous", "The line before"),
    Action("message_after", "message", "right,n", "step(1)", "Next", "The line after"),
    Action("message_tree", "message", "D", "tree", "tshark", "All fields, by tshark"),
    Action("message_back", "message", "escape,enter,q", "back", "Back", "Back to the log"),
    Action("packet_before", "packet", "left,p", "step(-1)", "Previous", "The packet before"),
    Action("packet_after", "packet", "right,n", "step(1)", "Next", "The packet after"),
    Action("packet_level", "packet", "E", "level", "Expert", "Explain for experts, or beginners"),
    Action("packet_tree", "packet", "D", "tree", "tshark", "All fields, by tshark"),
    Action("packet_back", "packet", "escape,enter,q", "back", "Back", "Back to the ladder"),
    Action("tree_back", "tree", "escape,q,D", "dismiss", "Back", "Back; tshark ends, too"),
    Action("hex_up", "hex", "up,k", "move(-1)", "", "Sixteen octets up"),
    Action("hex_down", "hex", "down,j", "move(1)", "", "Sixteen octets down"),
    Action("hex_page_up", "hex", "pageup", "page(-1)", "", "As many lines up as fit"),
    Action("hex_page_down", "hex", "pagedown", "page(1)", "", "As many lines down"),
    Action("hex_first", "hex", "home", "first", "", "The first octets"),
    Action("hex_last", "hex", "end", "last", "", "The last octets"),
    Action("prompt_enter", "prompt", "enter", "submit", "Apply", "Apply it; an empty line ends it"),
    Action("prompt_back", "prompt", "escape", "back", "Back", "Leave it as it was"),
    Action("prompt_recall", "prompt", "up", "recall(-1)", "", "The one before"),
    Action("prompt_recall_back", "prompt", "down", "recall(1)", "", "And back"),
    Action("filter_fields", "filter", "f2", "fields", "Fields", "List all fields"),
    Action("filter_help_back", "filter_help", "escape,q,f2", "dismiss", "Back", "Back"),
    Action("form_back", "form", "escape", "back", "Back", "Leave it"),
    Action("form_next", "form", "tab", "app.focus_next", "", "The next field", priority=True),
    Action("form_previous", "form", "shift+tab", "app.focus_previous", "", "The one before", priority=True),
    Action("form_before", "form", "up", "app.focus_previous", "", "The field before"),
    Action("form_after", "form", "down", "app.focus_next", "", "The field after"),
    Action("generator_start", "generator", "enter", "submit", "Start", "Start it", priority=True),
    Action("generator_stop_all", "generator", "ctrl+s", "stop_all", "Stop all", "Stop all generators"),
    Action("generator_stop", "generators", "x", "stop", "Stop", "Stop this one"),
    Action("bookmark_submit", "bookmark", "enter", "submit", "Mark", "Set the bookmark", priority=True),
    Action("open_submit", "open", "enter", "submit", "Open", "Open it", priority=True),
    Action("open_complete", "open", "tab", "complete", "Complete", "Complete the path", priority=True),
    Action("open_back", "open", "escape", "back", "Back", "Open none"),
    Action("naming_submit", "naming", "enter", "submit", "Name it", "Give it this name", priority=True),
    Action("code_language", "code", "tab", "language", "Language", "C, or Python", priority=True),
    Action("code_copy", "code", "y", "copy_step", "Copy", "Copy the calls of this step"),
    Action("code_copy_all", "code", "Y", "copy_program", "Copy all", "Copy the lesson as one program"),
    Action("code_back", "code", "escape,q,C", "back", "Back", "Back to the lesson"),
    Action("lesson_list_back", "lesson_list", "escape,q", "back", "Back", "Play none"),
    Action("drop_back", "drop", "escape,q", "back", "Back", "Lose nothing"),
    Action("cut_back", "cut", "escape,q", "back", "Back", "Leave the links as they are"),
    Action("path_back", "path", "escape,q", "back", "Back", "Ask for nothing"),
    Action("link_submit", "link", "enter", "submit", "Apply", "Apply from now on", priority=True),
    Action("link_same", "link", "ctrl+s", "same", "Both ways", "The same in both directions"),
    Action("link_seed", "link", "ctrl+t", "seed", "Seed", "Another random seed"),
    Action("link_off", "link", "ctrl+r", "off", "Off", "Switch everything off"),
    Action("parameters_submit", "parameters", "enter", "submit", "Set", "Set them", priority=True),
    Action("streams_submit", "streams", "enter", "submit", "Ask", "Ask the peer for it", priority=True),
    Action("parameters_fast", "parameters", "ctrl+t", "fast", "Fast", "Fast timers, for a class"),
    Action("server_submit", "server", "enter", "submit", "Restart", "Open it with these", priority=True),
    Action("server_restore", "server", "ctrl+r", "restore", "As before", "The last settings that worked"),
    Action("help_look", "help", "/", "look", "Search", "Search; so does any letter that is no key"),
    Action("help_lessons", "help", "f3", "dismiss('lessons')", "Lessons", "Choose a lesson"),
    Action("help_back", "help", "escape,q,?,f1", "dismiss", "Back", "Back"),
    Action("looking_up", "looking", "up", "scroll('up')", "", "One line up"),
    Action("looking_down", "looking", "down", "scroll('down')", "", "One line down"),
    Action("looking_page_up", "looking", "pageup", "scroll('page_up')", "", "As many lines up as fit"),
    Action("looking_page_down", "looking", "pagedown", "scroll('page_down')", "", "As many lines down"),
    Action("looking_enter", "looking", "enter", "submit", "Text", "Go to what was found"),
    Action("looking_back", "looking", "escape", "back", "All", "All of the help again"),
    Action("confirm_yes", "confirm", "enter", "submit", "Abort", "Abort, for this reason", priority=True),
    Action("change_failed", "failure", "s", "app.change_server", "Other settings", "Other settings"),
    Action("listen_again", "failure", "r", "app.listen_again", "Try again", "Try again to open it"),
    Action("failure_quit", "failure", "q,escape", "app.quit", "Quit", "Leave"),
)
# fmt: on


SPEAKING = frozenset(
    {
        *("new_client", "message", "reply", "close", "abort", "crash", "clear", "undo", "generate", "to_all"),
        *("generate_stop", "server", "drop_next", "drop", "link", "cut", "bookmark", "open"),
        *("parameters", "ask_streams", "ask_path", "sockets", "to_lesson", "write_lesson", "udp_port"),
        "peel_off",
    }
)
"""Names of actions on ends and links of this program: not offered where only a capture is shown."""


class MovedKey(msgspec.Struct, frozen=True):
    """A key that an action had in an earlier version, and what the action is called where that is said."""

    key: str
    name: str
    said: str


MOVED = (
    MovedKey("k", "drop_next", "Losing the next DATA"),
    MovedKey("K", "drop", "Choosing packets to lose"),
    MovedKey("j", "copy_json", "Copying as JSON"),
)


def action_named(name: str) -> Action:
    """The action of this name. Raises `KeyError`."""
    return _BY_NAME[name]


_BY_NAME = {row.name: row for row in ACTIONS}


def bindings(place: str) -> "list[BindingType]":
    """The BINDINGS of the class that holds a place's keys."""
    from textual.binding import Binding

    return [
        Binding(
            row.keys,
            row.action,
            row.label,
            show=row.footer,
            priority=row.priority,
            tooltip=row.help,
            id=row.name,
        )
        for row in ACTIONS
        if row.place == place
    ]


def around(place: str) -> tuple[str, ...]:
    """The places whose keys act in a place: itself, and those around it."""
    outer = [one for name in PLACES[place].inside.split() for one in around(name)]
    return tuple(dict.fromkeys([place, *outer]))


def split(keys: str) -> list[str]:
    """The keys of a row; a key that types a character is given as that."""
    return [_character(key.strip()) for key in keys.split(",")]


def _character(key: str) -> str:
    """`question_mark`, as Textual has it, is the same key as `?`; `tab` and `space` stay names."""
    try:
        character = key if len(key) == 1 else unicodedata.lookup(key.replace("_", " "))
    except KeyError:
        return key
    return character if character.isprintable() and not character.isspace() else key


def is_key(key: str) -> bool:
    """Whether a terminal can send a key of this name, one of `split`. Alt-x is Esc, then x, in most."""
    if len(key) == 1:
        return key.isprintable() and not key.isspace()
    *modifiers, last = key.split("+")
    return set(modifiers) <= _MODIFIERS and (last in _NAMED or (len(last) == 1 and bool(modifiers)))


_MODIFIERS = {"ctrl", "shift", "meta", "super", "hyper"}
_NAMED = {
    *("up", "down", "left", "right", "home", "end", "pageup", "pagedown", "insert", "delete"),
    *("backspace", "tab", "enter", "escape", "space"),
    *(f"f{number}" for number in range(1, 25)),
}


def with_own(own: Mapping[str, str]) -> dict[str, str]:
    """The keys of all actions whose keys are not the table's, where `own` are those of `[keys]`.

    A key of `own` is taken from other actions that have another one left: so a config file written for an
    earlier version still does what it did.
    """
    keymap = dict(own)
    for taker in ACTIONS:
        for key in split(own[taker.name]) if taker.name in own else ():
            for row in ACTIONS:
                keys = split(keymap.get(row.name, row.keys))
                if row.name not in own and key in keys and len(keys) > 1 and _both_act(row, taker):
                    keymap[row.name] = ",".join(one for one in keys if one != key)
    return keymap


def clashes(own: Mapping[str, str]) -> Iterator[tuple[Action, str, Action]]:
    """Pairs of actions that one key would do in one place, with that key; `own` are those of `[keys]`."""
    keymap = with_own(own)
    keys = {row.name: split(keymap.get(row.name, row.keys)) for row in ACTIONS}
    for row, other in combinations(ACTIONS, 2):
        if _both_act(row, other):
            for key in keys[row.name]:
                if key in keys[other.name]:
                    yield row, key, other


def _both_act(row: Action, other: Action) -> bool:
    """Whether there is a place where the keys of both act, and the actions differ."""
    if row.action == other.action:
        return False
    return row.place in around(other.place) or other.place in around(row.place)


_NAMES = {
    "pageup": "PgUp",
    "pagedown": "PgDn",
    "up": "↑",
    "down": "↓",
    "left": "←",
    "right": "→",
    "escape": "Esc",
}


def readable(key: str) -> str:
    """`Ctrl-N` for `ctrl+n`."""
    if len(key) == 1:
        return key
    *modifiers, last = key.split("+")
    name = _NAMES.get(last) or (last.upper() if len(last) == 1 else last.capitalize())
    return "-".join([modifier.capitalize() for modifier in modifiers] + [name])
