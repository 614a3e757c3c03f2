"""Finds usrsctp and loads it: the shared object, its functions, its tunables.

No Python package binds it, so it is loaded by ctypes: from the path in SCTP_TUI_USRSCTP, else from a wheel
that includes it (extra `embedded`: newer than the last release, with security fixes), else the system's
library. A wheel's package is never imported: only its extension module is loaded, and none of its symbols
become the process's, as OpenSSL's are among them.

SCTP_TUI_USRSCTP is ignored where the process has more privilege than its user, as that library would have it.
"""

import ctypes
import ctypes.util
import os
import sys
from collections.abc import Iterable, Iterator
from importlib.machinery import PathFinder
from pathlib import Path
from typing import ClassVar

import msgspec

from sctp_tui.sctp.endpoint import Flaw, StackUnavailable

LIBRARY_VARIABLE = "SCTP_TUI_USRSCTP"
_AT_SECURE = 23  # of <elf.h>: set where the process has more privilege than its user
_WHEELS = {"aiolibdatachannel": "aiolibdatachannel/_native", "pylibdatachannel": "_pylibdatachannel"}
"""Packages that include it, the one with the newest first, and the extension module of each."""
_DATES = {("aiolibdatachannel", "2026.10.15"): "2025-03", ("pylibdatachannel", "0.2.0"): "2023-11"}
"""The month of the usrsctp in a release, as its sources pin it."""
# A function that only versions after 0.9.5.0 of 2021, the last release, have.
_NEWER_SYMBOL = "usrsctp_sysctl_get_sctp_ootb_with_zero_cksum"
_INSTALL = 'pip install "sctp-tui[embedded]"'
_OLD = Flaw("this usrsctp is of 2021 or before and lacks the fix of CVE-2021-30523", _INSTALL)

_SETTER = "usrsctp_sysctl_set_sctp_"

ConnOutput = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_uint8, ctypes.c_uint8
)

_P, _I, _U32, _SIZE = ctypes.c_void_p, ctypes.c_int, ctypes.c_uint32, ctypes.c_size_t
# Result and argument types; None where the caller passes ctypes values itself.
_SIGNATURES: dict[str, tuple[object, list[object] | None]] = {
    "usrsctp_init_nothreads": (None, [ctypes.c_uint16, ConnOutput, _P]),
    "usrsctp_finish": (_I, []),
    "usrsctp_socket": (_P, [_I, _I, _I, _P, _P, _U32, _P]),
    "usrsctp_setsockopt": (_I, [_P, _I, _I, _P, _U32]),
    "usrsctp_getsockopt": (_I, [_P, _I, _I, _P, _P]),
    "usrsctp_bind": (_I, [_P, _P, _U32]),
    "usrsctp_connect": (_I, [_P, _P, _U32]),
    "usrsctp_listen": (_I, [_P, _I]),
    "usrsctp_peeloff": (_P, [_P, _U32]),
    "usrsctp_close": (None, [_P]),
    "usrsctp_set_non_blocking": (_I, [_P, _I]),
    "usrsctp_sendv": (ctypes.c_ssize_t, [_P, _P, _SIZE, _P, _I, _P, _U32, ctypes.c_uint, _I]),
    "usrsctp_recvv": (ctypes.c_ssize_t, None),
    "usrsctp_conninput": (None, [_P, _P, _SIZE, ctypes.c_uint8]),
    "usrsctp_get_events": (_I, [_P]),
    "usrsctp_handle_timers": (None, [_U32]),
    "usrsctp_register_address": (None, [_P]),
    "usrsctp_deregister_address": (None, [_P]),
    "usrsctp_crc32c": (_U32, [_P, _SIZE]),
}
_WITHOUT_ERRNO = "usrsctp_recvv", "usrsctp_conninput", "usrsctp_crc32c"
"""Functions called for each message or packet whose errno nobody reads; to keep it is a tenth of the call."""


class Library(msgspec.Struct, frozen=True):
    """A loaded usrsctp. `functions` has the `usrsctp_…` calls."""

    functions: ctypes.CDLL
    version: str
    flaw: Flaw | None

    def tune(self, name: str, value: int) -> None:
        """Set one of usrsctp's sysctls, named without its sctp_ prefix."""
        setter = self.functions[_SETTER + name]
        setter.argtypes, setter.restype = [_U32], _I
        setter(value)


def load(tunables: Iterable[str] = ()) -> Library:
    """Load the first usrsctp found that is complete. Raises `StackUnavailable` with what was tried.

    `tunables` are the names that `Library.tune` will be called with; it must have them.
    """
    tried = []
    for path, version in _candidates():
        try:
            # PyDLL keeps the GIL: no call blocks or takes long, and CDLL, which releases it, could wait once
            # a message to get it back from the thread that draws.
            shared = _object_of(ctypes.PyDLL(path))
            functions, without_errno = ctypes.PyDLL(shared, use_errno=True), ctypes.PyDLL(shared)
            for name in _WITHOUT_ERRNO:
                setattr(functions, name, without_errno[name])
            for name, (result, arguments) in _SIGNATURES.items():
                function = getattr(functions, name)
                function.restype, function.argtypes = result, arguments
            for name in tunables:
                functions[_SETTER + name]
        except (OSError, AttributeError) as error:
            tried.append(f"{version}: {error}")
            continue
        if hasattr(functions, _NEWER_SYMBOL):
            return Library(functions, version, None)
        return Library(functions, f"{version}, 0.9.5.0 or older", _OLD)
    if tried:
        raise _unavailable(f"no usable usrsctp ({'; '.join(tried)})", f"reinstall it: {_INSTALL}")
    raise _unavailable("usrsctp is not installed", f"{_INSTALL}, or the system's package ({_package()})")


class _DlInfo(ctypes.Structure):
    """Dl_info of <dlfcn.h>."""

    _fields_: ClassVar = [("file", ctypes.c_char_p), ("base", _P), ("name", ctypes.c_char_p), ("address", _P)]


def _object_of(loaded: ctypes.PyDLL) -> str:
    """The path of the shared object that has usrsctp: the one that was loaded, or one that it needs.

    Raises `AttributeError` where neither has it.
    """
    info = _DlInfo()
    function = ctypes.cast(loaded.usrsctp_init_nothreads, _P)
    found = ctypes.CDLL(None).dladdr(function, ctypes.byref(info))
    return os.fsdecode(info.file) if found and info.file else loaded._name


def ignored() -> str:
    """Why SCTP_TUI_USRSCTP is ignored, as text; "" where it isn't, or is not set."""
    if os.environ.get(LIBRARY_VARIABLE) and more_privileged():
        return f"{LIBRARY_VARIABLE} is ignored, as this process has more privilege than its user"
    return ""


def _unavailable(cause: str, remedy: str) -> StackUnavailable:
    return StackUnavailable("; ".join(filter(None, (cause, ignored()))), remedy)


def more_privileged() -> bool:
    """Whether the process has more privilege than its user: by set-user-ID or file capabilities."""
    if os.getuid() != os.geteuid() or os.getgid() != os.getegid():
        return True
    system = ctypes.CDLL(None)
    if hasattr(system, "getauxval"):
        system.getauxval.argtypes, system.getauxval.restype = [ctypes.c_ulong], ctypes.c_ulong
        return bool(system.getauxval(_AT_SECURE))
    return bool(system.issetugid()) if hasattr(system, "issetugid") else False


def _package() -> str:
    return "brew install libusrsctp" if sys.platform == "darwin" else "apt install libusrsctp2"


def _candidates() -> Iterator[tuple[str, str]]:
    """Paths to try, each with a name for the user."""
    if (named := os.environ.get(LIBRARY_VARIABLE)) and not more_privileged():
        yield named, f"usrsctp from {named}"
        return
    for wheel, extension in _WHEELS.items():
        yield from _in_wheel(wheel, extension)
    if system := ctypes.util.find_library("usrsctp"):
        yield system, f"usrsctp, the system's {system}"


def _in_wheel(wheel: str, extension: str) -> Iterator[tuple[str, str]]:
    """The extension module of a wheel: by its own RPATH it finds what it needs in the wheel."""
    # importlib.metadata could tell the same, but takes longer to import than all of this.
    spec = PathFinder.find_spec(wheel)
    if spec is None or spec.origin is None:
        return
    site = Path(spec.origin).parents[1]
    installed = next((info.name for info in site.glob(f"{wheel}-*.dist-info")), "").removesuffix(".dist-info")
    version = installed.partition("-")[2]
    date = _DATES.get((wheel, version), "")
    for path in sorted(site.glob(f"{extension}.*")):
        if path.suffix == ".so":
            of = f" of {date}" if date else ""
            yield str(path), f"usrsctp{of} in {f'{wheel} {version}'.rstrip()}"
