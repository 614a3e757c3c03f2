"""What makes the kernel stack's sockets: pysctp, or Python's own `socket` where that isn't to be had.

pysctp has wheels for Linux on x86-64 with glibc; elsewhere it takes a compiler. Its module is named `sctp`,
as are those of other packages (py3-sctp), or even a file of the user's. The stack asks it for a new socket
with three options, and no more: Python's sockets can give the same, and the rest of the stack sees no
difference.
"""

import importlib.metadata
import socket
from collections.abc import Callable
from functools import partial
from importlib.machinery import PathFinder
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

from sctp_tui.sctp.endpoint import Flaw
from sctp_tui.sctp.printable import printable

from . import layout

PYTHON = "Python's socket"
"""The name of what is used without pysctp."""
_PACKAGE = "pysctp"
_MODULES = ("sctp", "_sctp")  # what pysctp installs; another package's of either name breaks it
_USED = ("nodelay", "autoclose", "mappedv4", "sock")  # of its one-to-many sockets
_AGAIN = f"pip install --force-reinstall {_PACKAGE}"
_TOLD = 200  # characters of an error


class Library(NamedTuple):
    """What makes sockets: its `name` with a version, and what is wrong with pysctp where that is installed.

    `one_to_many` makes a one-to-many socket of an address family. It sends without Nagle's delay, ends
    associations that are idle for so many seconds (0: none), and has no mapped IPv4 addresses. Raises
    OSError.
    """

    name: str
    one_to_many: Callable[[int, int], socket.socket]
    flaw: Flaw | None = None


def load() -> Library:
    """pysctp where it is installed and works, else Python's own sockets."""
    try:
        import sctp

        lacking = [name for name in _USED if not hasattr(sctp.sctpsocket_udp, name)]
        if lacking:
            raise AttributeError(f"no {lacking[0]}")
    except ModuleNotFoundError as error:
        return Library(PYTHON, _by_python, None if error.name == "sctp" else _broken(error))
    except Exception as error:  # noqa: BLE001 - an import can raise anything, and it is told
        return Library(PYTHON, _by_python, _broken(error))
    return Library(_name(), partial(_by_pysctp, sctp))


def _by_pysctp(pysctp: ModuleType, family: int, autoclose: int) -> socket.socket:
    made = pysctp.sctpsocket_udp(family)
    sock: socket.socket = made.sock()
    try:
        made.nodelay = True
        made.autoclose = autoclose
        made.mappedv4 = False
    except OSError:
        sock.close()
        raise
    return sock


def _by_python(family: int, autoclose: int) -> socket.socket:
    sock = socket.socket(family, socket.SOCK_SEQPACKET, layout.IPPROTO_SCTP)
    try:
        sock.setsockopt(layout.IPPROTO_SCTP, layout.NODELAY, 1)
        sock.setsockopt(layout.IPPROTO_SCTP, layout.AUTOCLOSE, autoclose)
        sock.setsockopt(layout.IPPROTO_SCTP, layout.I_WANT_MAPPED_V4_ADDR, 0)
    except OSError:
        sock.close()
        raise
    return sock


def _name() -> str:
    """`pysctp 0.7.3`, without the version where that is not known."""
    try:
        return f"{_PACKAGE} {importlib.metadata.version(_PACKAGE)}"
    except importlib.metadata.PackageNotFoundError:
        return _PACKAGE


def _broken(error: Exception) -> Flaw:
    """For a module that doesn't work as pysctp's: which package is at fault, and what helps."""
    what = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    why = f"({printable(what, _TOLD)}): {PYTHON} is used in its place"
    by_module = importlib.metadata.packages_distributions()
    owners = {owner for module in _MODULES for owner in by_module.get(module, ())}
    if others := sorted(owners - {_PACKAGE}):
        at_fault = " and ".join(others)
        return Flaw(
            f"{at_fault} installs a module of the same name as {_PACKAGE} {why}",
            f"pip uninstall {' '.join(others)} && {_AGAIN}",
        )
    found = PathFinder.find_spec("sctp")
    if found is not None and found.origin and not (owners and _is_of_the_package(Path(found.origin))):
        where = printable(found.origin)
        return Flaw(f"{where} is imported in the place of {_PACKAGE} {why}", "rename it")
    return Flaw(f"{_name()} is broken {why}", _AGAIN)


def _is_of_the_package(file: Path) -> bool:
    try:
        root = Path(str(importlib.metadata.distribution(_PACKAGE).locate_file("")))
    except importlib.metadata.PackageNotFoundError:
        return False
    return file.resolve().is_relative_to(root.resolve())
