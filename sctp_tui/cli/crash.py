"""Crash reports: one line on standard error, and a file ("note") to send with a bug report.

Neither has a payload or a peer's address: no values of variables, and an exception's text only where its
type makes it safe. Limits of the machine are no fault of the program: they are reported without a note.
"""

import errno
import faulthandler
import os
import sys
import threading
import time
from collections.abc import Iterator
from types import TracebackType
from typing import TYPE_CHECKING

from sctp_tui import __version__

from .stdout import complain

if TYPE_CHECKING:
    from pathlib import Path

REPORTS_KEPT = 10
"""Number of notes that are kept, the newest."""

_LIBRARIES = ("textual", "pysctp", "pylibdatachannel", "aiolibdatachannel")
_HERE = os.path.dirname(os.path.abspath(__file__))
_FRAMES = 50  # frames of a stack that are written from either end
_CAUSES = 5  # exceptions of a chain that are written
_LIMITS = {errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ENOSPC, errno.EDQUOT}


def report_uncaught() -> None:
    """Report uncaught exceptions of all threads of this process from now on."""
    sys.excepthook = _caught
    threading.excepthook = _caught_in_thread
    faulthandler.enable()  # a crash in a C library prints the Python stack at least


def report_end(error: BaseException, thread: str = "") -> str:
    """Write the note, and return the line about what ended the program."""
    if isinstance(error, MemoryError) or (isinstance(error, OSError) and error.errno in _LIMITS):
        which = _text_of(error) or "no memory is left"
        return f"this machine has no more of what is needed: {which}; close other programs, or ask for less"
    kind = type(error).__name__
    where = f"ended by a fault of its own ({kind}{_place(error)})"
    try:
        path = _write(error, thread)
    except (OSError, ImportError) as failed:
        return f"{where}; no note of it could be written: {_text_of(failed) or type(failed).__name__}"
    return (
        f"{where}: please report it to the project's issue tracker with {path}, "
        "which has no payloads and no addresses"
    )


def _caught(_kind: type[BaseException], error: BaseException, _trace: TracebackType | None) -> None:
    complain(report_end(error))


def _caught_in_thread(args: threading.ExceptHookArgs) -> None:
    if args.exc_value is not None and not isinstance(args.exc_value, SystemExit):
        complain(report_end(args.exc_value, args.thread.name if args.thread else ""))


# --- the note


def folder() -> "Path":
    """Where the notes are: `~/.local/state/sctp-tui/crashes` on Linux."""
    from platformdirs import user_state_path

    return user_state_path("sctp-tui") / "crashes"


def _write(error: BaseException, thread: str) -> "Path":
    notes = folder()
    notes.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = notes / f"{time.strftime('%Y%m%d-%H%M%S', time.gmtime())}-{os.getpid()}-{time.monotonic_ns()}.txt"
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
    with open(os.open(path, flags, 0o600), "w", encoding="utf-8", errors="backslashreplace") as file:
        file.write("\n".join([*_versions(thread), "", *_stacks(error), ""]))
    for old in sorted(notes.glob("*.txt"))[:-REPORTS_KEPT]:
        old.unlink(missing_ok=True)
    return path


def _versions(thread: str) -> Iterator[str]:
    import importlib.metadata
    import platform

    yield f"sctp-tui {__version__}"
    yield f"Python {platform.python_version()} ({platform.python_implementation()})"
    for name in _LIBRARIES:
        try:
            yield f"{name} {importlib.metadata.version(name)}"
        except importlib.metadata.PackageNotFoundError:
            yield f"{name} -"
    yield f"{platform.system()} {platform.release()} {platform.machine()}, {_system()}"
    yield f"terminal {os.environ.get('TERM', '-')}"
    yield f"command {next((word for word in sys.argv[1:2] if word.isalpha()), 'screen')}"
    yield f"thread {thread or 'main'}"


def _system() -> str:
    import platform

    try:
        return platform.freedesktop_os_release().get("PRETTY_NAME", "-")
    except OSError:
        return "-"


def _stacks(error: BaseException | None) -> Iterator[str]:
    """The exception and those that led to it, the newest first."""
    import linecache

    for _ in range(_CAUSES):
        if error is None:
            return
        kind = type(error)
        said = _text_of(error)
        yield f"{kind.__module__}.{kind.__qualname__}{said and f': {said}'}"
        frames = list(_frames(error))
        left_out = len(frames) - 2 * _FRAMES
        for number, (file, line, function) in enumerate(frames):
            if left_out > 0 and number == _FRAMES:
                yield f"  … {left_out} more"
            if left_out <= 0 or number < _FRAMES or number >= len(frames) - _FRAMES:
                yield f"  {_short(file)}:{line} in {function}: {linecache.getline(file, line).strip()}"
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _frames(error: BaseException) -> Iterator[tuple[str, int, str]]:
    trace = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        yield code.co_filename, trace.tb_lineno, code.co_qualname
        trace = trace.tb_next


def _place(error: BaseException) -> str:
    """The innermost place in this program that the exception passed through, "" for none."""
    ours = [f" at {_short(file)}:{line}" for file, line, _ in _frames(error) if file.startswith(_HERE)]
    return ours[-1] if ours else ""


def _short(file: str) -> str:
    """A file's path from its package on, as what comes before may hold a user's name."""
    for root in (os.path.dirname(_HERE), *sys.path):
        if root and file.startswith(root + os.sep):
            return file[len(root) + 1 :]
    return os.path.basename(file)


def _text_of(error: BaseException) -> str:
    """The part of an exception's text that can come from this machine alone, "" for none."""
    match error:
        case OSError(errno=int(number)):
            return os.strerror(number)
        case ImportError(name=str(name)):
            return name
        case UnicodeError():
            return str(getattr(error, "reason", ""))
    return ""
