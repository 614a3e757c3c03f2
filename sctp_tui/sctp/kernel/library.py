"""Imports pysctp, or says what is wrong with it and which package is at fault.

Its module is named `sctp`, as are those of other packages (py3-sctp), or even a file of the user's.
"""

import importlib.metadata
from importlib.machinery import PathFinder
from pathlib import Path
from types import ModuleType

from sctp_tui.sctp.endpoint import StackUnavailable
from sctp_tui.sctp.printable import printable

_PACKAGE = "pysctp"
_MODULES = ("sctp", "_sctp")  # what pysctp installs; another package's of either name breaks it
_INSTALL = "pip install 'sctp-tui[kernel]'"
_AGAIN = f"pip install --force-reinstall {_PACKAGE}"
_TOLD = 200  # characters of an error


def load() -> ModuleType:
    """The module. Raises `StackUnavailable` where it can't be imported."""
    try:
        import sctp
    except ModuleNotFoundError as error:
        if error.name == "sctp":
            raise StackUnavailable(f"pysctp can't be imported ({error})", _INSTALL) from None
        raise broken(error) from None
    except Exception as error:  # noqa: BLE001 - an import can raise anything, and it is told
        raise broken(error) from None
    module: ModuleType = sctp
    return module


def name() -> str:
    """`pysctp 0.7.3`, without the version where that is not known."""
    try:
        return f"{_PACKAGE} {importlib.metadata.version(_PACKAGE)}"
    except importlib.metadata.PackageNotFoundError:
        return _PACKAGE


def broken(error: Exception) -> StackUnavailable:
    """The error for a module that doesn't work as pysctp's: which package is at fault, and what helps."""
    what = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    why = printable(what, _TOLD)
    by_module = importlib.metadata.packages_distributions()
    owners = {owner for module in _MODULES for owner in by_module.get(module, ())}
    if others := sorted(owners - {_PACKAGE}):
        return StackUnavailable(
            f"{' and '.join(others)} installs a module of the same name as {_PACKAGE} ({why})",
            f"pip uninstall {' '.join(others)} && {_AGAIN}",
        )
    found = PathFinder.find_spec("sctp")
    if found is not None and found.origin and not (owners and _is_of_the_package(Path(found.origin))):
        return StackUnavailable(
            f"{printable(found.origin)} is imported in the place of {_PACKAGE} ({why})",
            f"rename it, then {_INSTALL}",
        )
    return StackUnavailable(f"{name()} is broken ({why})", _AGAIN)


def _is_of_the_package(file: Path) -> bool:
    try:
        root = Path(str(importlib.metadata.distribution(_PACKAGE).locate_file("")))
    except importlib.metadata.PackageNotFoundError:
        return False
    return file.resolve().is_relative_to(root.resolve())
