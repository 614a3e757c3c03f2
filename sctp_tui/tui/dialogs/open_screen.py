"""The form in which the user names a capture to open beside what is live, with completion of paths."""

import os
from collections.abc import Iterator
from contextlib import closing
from typing import ClassVar

from textual.binding import BindingType
from textual.widget import Widget
from textual.widgets import Input

from sctp_tui.sctp.endpoint import SctpError
from sctp_tui.sources.octets import Octets, UnreadableSource
from sctp_tui.sources.records import records
from sctp_tui.sources.source import HOST
from sctp_tui.tui.actions import bindings
from sctp_tui.tui.widgets.form import Form

_SHOWN = 8  # names shown where several go on like this


class OpenScreen(Form[str], inherit_bindings=False):
    """Answers with the path of a capture that can be read, None to open none. Its one field needs no Tab."""

    HEADING = "Open a capture beside this: the server goes on"
    AUTO_FOCUS = "#path"
    BINDINGS: ClassVar[list[BindingType]] = bindings("open")

    def fields(self) -> Iterator[Widget]:
        """The path."""
        label, path = self.labelled("File", "path", "", "pcap or pcapng", "Tab completes it")
        path.add_class("-whole")
        yield from (label, path)

    def on_mount(self) -> None:
        self.say("pcap or pcapng, compressed or not; q there comes back here")

    def submit(self) -> None:
        """Answer with the path. Raises `SctpError` where it is no capture."""
        path = os.path.expanduser(self.typed("path"))
        if path == HOST:
            raise SctpError(f"{path} is no capture: in another terminal, sctp-tui open {path} shows it")
        if not os.path.isfile(path):
            raise SctpError(
                f"{path or 'nothing'}: there is no such file: type another path, Tab completes it"
            )
        try:
            with closing(Octets(path)) as octets:
                next(records(octets), None)
        except UnreadableSource as error:
            raise SctpError(f"{error}; type another path") from None
        self.dismiss(path)

    def action_complete(self) -> None:
        """Complete the path as far as all that begin like it go on alike."""
        field = self.query_one("#path", Input)
        typed = os.path.expanduser(field.value)
        found = paths(typed)
        if not found:
            self.say(f"nothing begins with {typed}: type another path", "-failed")
            return
        field.value = os.path.commonprefix(found)  # noqa: RUF071  # of characters, as a shell does
        field.cursor_position = len(field.value)
        names = [os.path.basename(one.rstrip("/")) + "/" * one.endswith("/") for one in found]
        more = f" and {len(names) - _SHOWN:,} more" if len(names) > _SHOWN else ""
        self.say("" if len(found) == 1 else "  ".join(names[:_SHOWN]) + more)


def paths(typed: str) -> list[str]:
    """The files and folders, these with a / at their end, that begin with what was typed."""
    folder, begin = os.path.split(typed)
    try:
        with os.scandir(folder or ".") as entries:
            names = [
                one.name + "/" * one.is_dir()
                for one in entries
                if one.name.startswith(begin) and (begin or not one.name.startswith("."))
            ]
    except OSError:
        return []
    return sorted(os.path.join(folder, name) for name in names)
