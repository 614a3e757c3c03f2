"""Reads a file that a user or an earlier run wrote, if it is a regular file of at most `LARGEST_FILE` octets.

A path may lead to anything: a FIFO would block the program for ever, a device may never end.
"""

import os
import stat
from pathlib import Path

LARGEST_FILE = 1024 * 1024
"""Octets of a config or of a state, at most."""
_KINDS = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a FIFO"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
    (stat.S_ISSOCK, "a socket"),
)


class NoSmallFile(OSError):
    """The path leads to no regular file, or to one that is too large; `strerror` says which."""

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(0, why, str(path))


class TooLarge(NoSmallFile):
    """A file of more than `LARGEST_FILE` octets."""


def read(path: Path) -> bytes:
    """All octets of a file; the null device is an empty one.

    Raises OSError, as NoSmallFile where it is no regular file, or too large.
    """
    if os.path.realpath(path) == os.devnull:
        return b""
    _check(path, os.stat(path))  # before it is opened, which alone may do something to a device
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
    with open(descriptor, "rb") as file:
        _check(path, os.fstat(descriptor))
        data = file.read(LARGEST_FILE + 1)  # it may grow meanwhile, or its file system may not know the size
    if len(data) > LARGEST_FILE:
        raise _too_large(path)
    return data


def _check(path: Path, found: os.stat_result) -> None:
    if not stat.S_ISREG(found.st_mode):
        kind = next((kind for test, kind in _KINDS if test(found.st_mode)), "something else")
        raise NoSmallFile(path, f"this is {kind} and not a file")
    if found.st_size > LARGEST_FILE:
        raise _too_large(path)


def _too_large(path: Path) -> TooLarge:
    return TooLarge(path, f"this is larger than {LARGEST_FILE:,} octets, which is more than is read")
