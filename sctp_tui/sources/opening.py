"""Opens a source by the names that a user gives."""

from collections.abc import Sequence

from . import host
from .capture import Capture
from .octets import UnreadableSource
from .source import Source


def open_source(names: Sequence[str], stdin: int = 0, *, once: bool = False) -> Source:
    """The source of these names: files, "-" for standard input, which is the descriptor `stdin`, or "host:".

    With `once` one that has no end is looked at once. Raises `UnreadableSource` where one is not there.
    """
    if host.NAME not in names:
        return Capture(names, stdin)
    if len(names) > 1:
        raise UnreadableSource(f"{host.NAME} stands alone: open the others in a second sctp-tui")
    return host.Host(once=once)
