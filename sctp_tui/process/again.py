"""How this program is started once more, from wherever it is."""

import sys
from collections.abc import Sequence
from pathlib import Path

import sctp_tui

_START = "import runpy, sys; sys.path.append({folder!r}); runpy.run_module({module!r}, run_name='__main__')"


def started_again(words: Sequence[str], module: str = "sctp_tui") -> list[str]:
    """The command that runs this program, or another module of it, with these arguments.

    With -P, so that what is in the working folder is not imported: a stranger may have written it.
    """
    folder = str(Path(sctp_tui.__file__).parents[1])
    return [sys.executable, "-P", "-c", _START.format(folder=folder, module=module), *words]
