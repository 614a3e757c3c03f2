"""Copying to the terminal's clipboard, which works over SSH too: a list of forms, and what each copies.

The clipboard is reached by OSC 52, in which the text is base64, so that none of it can act on the terminal.
Where it is pasted it might: in a shell an end of line runs what stands before it, and ESC may end a paste. So
a text is copied as it is shown, in one line, and as several lines only where that is chosen. Hex and JSON
have all of it unchanged.
"""

import json
import re
from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Literal

import msgspec
from textual import on
from textual.app import App, ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from sctp_tui.monitor.text import packet_lines, units
from sctp_tui.monitor.text.lines import as_json
from sctp_tui.sctp.events import Event, Packet
from sctp_tui.sctp.printable import printable
from sctp_tui.tui.actions import action_named, bindings
from sctp_tui.tui.keys import Keys
from sctp_tui.tui.widgets.scrolled import Menu

from .list_dialog import ListDialog

CopyForm = Literal["line", "text", "lines", "hex", "json"]

_CONTROL = re.compile(r"[\0-\x08\x0b-\x1f\x7f-\x9f]")
_MUCH = 74_994
"""Bytes above which terminals may refuse to copy (xterm: 100 000 characters of base64)."""


class Choice(msgspec.Struct, frozen=True):
    """Something to copy in one form; `missing` says why it can't be copied so, "" where it can."""

    form: CopyForm
    what: str
    make: Callable[[], str]
    missing: str = ""


def of_event(event: Event, line: str) -> list[Choice]:
    """What can be copied of a record of the log; `line` is how it is shown there."""
    choices = [Choice("line", "the line", lambda: line)]
    data: bytes | None = getattr(event, "data", None)
    if data is not None:
        try:
            text = data.decode()
        except UnicodeDecodeError:
            choices.append(Choice("text", "the payload as text", str, "it is not UTF-8"))
        else:
            choices.append(Choice("text", "the payload as text", lambda: printable(text)))
            choices += _lines(text)
        choices.append(Choice("hex", "the payload as hex", lambda: data.hex(" ")))
    return [*choices, Choice("json", "all of it as JSON", lambda: as_json(event).decode())]


def _lines(text: str) -> list[Choice]:
    """The choice to copy a text as several lines, where it has them; controls in them are made visible."""
    number = len(text.splitlines())
    if number < 2:
        return []
    what = f"its {number:,} lines, which a shell runs"
    return [Choice("lines", what, lambda: "\n".join(map(printable, text.splitlines())))]


def of_selection(text: str) -> list[Choice]:
    """What can be copied of lines that the mouse has selected; no choices where it is a single line."""
    lines = _lines(text)
    one = Choice("line", "it in one line", lambda: " ".join(map(printable, text.split())))
    return [one, *lines] if lines else []


def of_arrow(event: Event | None, line: str) -> list[Choice]:
    """What can be copied of a line of the ladder: a packet, an event of a socket, or neither."""
    if isinstance(event, Packet):
        return _of_packet(event, line)
    return [Choice("line", "the line", lambda: line)] if event is None else of_event(event, line)


def _of_packet(packet: Packet, line: str) -> list[Choice]:
    return [
        Choice("line", "the line", lambda: line),
        Choice("hex", "the packet as hex", lambda: packet.data.hex(" ")),
        Choice("json", "all of it as JSON", lambda: packet_lines.as_json(packet).decode()),
    ]


def of_row(line: str, values: dict[str, object]) -> list[Choice]:
    """What can be copied of a row of the table: its line, and its `values` in plain units."""
    return [
        Choice("line", "the row", lambda: line),
        Choice("json", "the row as JSON", lambda: json.dumps(values)),
    ]


def copy(app: App[Any], what: str, text: str) -> str:
    """Put a text into the clipboard; the outcome for the user, with its size."""
    text = _CONTROL.sub(lambda found: printable(found[0]), text)
    app.copy_to_clipboard(text)
    octets = len(text.encode())
    refused = "; a terminal may refuse so much, e exports it" if octets > _MUCH else ""
    return f"copied {what}, {units.size(octets)}{refused}"


class CopyScreen(ListDialog[Choice]):
    """Answers with what was chosen, by its key, Enter or a click; None for nothing."""

    DEFAULT_CSS = """
    CopyScreen {
        OptionList, OptionList:focus { width: 40; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = bindings("copy")

    def __init__(self, choices: Sequence[Choice], keys: Keys) -> None:
        super().__init__()
        self._keys = keys
        self._choices = {choice.form: choice for choice in choices}

    def compose(self) -> ComposeResult:
        options = Menu(
            *(
                Option(
                    Content.assemble(
                        (f"{self._keys.of(action_named(f'copy_{choice.form}'))}  ", "bold"),
                        choice.what,
                        (f": {choice.missing}" if choice.missing else "", "$text-muted"),
                    ),
                    choice.form,
                    disabled=bool(choice.missing),
                )
                for choice in self._choices.values()
            )
        )
        options.border_title = "Copy"
        yield options

    @on(OptionList.OptionSelected)
    def _selected(self, event: OptionList.OptionSelected) -> None:
        self.action_copy(event.option_id or "")

    def action_copy(self, form: str) -> None:
        """Copy in this form, where it is possible."""
        choice = next((choice for choice in self._choices.values() if choice.form == form), None)
        if choice is not None and not choice.missing:
            self.dismiss(choice)

    def action_back(self) -> None:
        """Copy nothing."""
        self.dismiss(None)
