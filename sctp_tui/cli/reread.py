"""Reads the config file again while the screen runs: by the parser that has read it at the start."""

import contextlib
import io
from collections.abc import Callable

from sctp_tui.sctp.endpoint import SctpError
from sctp_tui.tui.settings import Reread

from .option_types import IN_CONFIG, OpenOptions, ScreenOptions

_AT_ONCE = ("key", "theme")


def rereading(
    read: Callable[[], ScreenOptions | OpenOptions], start: ScreenOptions | OpenOptions
) -> Callable[[], Reread]:
    """A function that reads the options anew by `read`, and compares them with those of the `start`.

    It raises `SctpError` with what the parser says of a mistake.
    """

    def reread() -> Reread:
        stderr = io.StringIO()
        try:
            with contextlib.redirect_stderr(stderr):
                now = read()
        except SystemExit:
            said = stderr.getvalue().strip()
            raise SctpError(said) from None
        others = (name for name in IN_CONFIG if name not in _AT_ONCE)
        changed = tuple(name for name in others if getattr(now, name, None) != getattr(start, name, None))
        return Reread(dict(now.key), now.theme, changed)

    return reread
