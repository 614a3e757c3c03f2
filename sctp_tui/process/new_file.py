"""A file that is written from its beginning: a new one, as what is there is never written over."""

import os
import stat


def new_file(path: str | os.PathLike[str], *, wait: bool = False) -> int:
    """A descriptor of a new file that its owner alone may read, or of a pipe or device that is there.

    With `wait` a pipe's reader is waited for. Raises OSError, as where a file is there already.
    """
    try:
        there = os.stat(path)
    except FileNotFoundError:
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    if stat.S_ISREG(there.st_mode):
        raise FileExistsError("it is there already")
    file = os.open(path, os.O_WRONLY | os.O_NOCTTY | os.O_CLOEXEC | (0 if wait else os.O_NONBLOCK))
    os.set_blocking(file, True)
    return file
