"""Opens a source by the names that a user gives."""

from collections.abc import Sequence

from .capture import Capture
from .source import Source


def open_source(names: Sequence[str], stdin: int = 0) -> Source:
    """The source of these names: files, "-" for standard input, which is the descriptor `stdin`.

    Raises `UnreadableSource` where one is not there.
    """
    return Capture(names, stdin)
