"""Makes usrsctp's clock follow the link's time where that is slow or stopped.

The library's timers run by what `handle_timers` is told, but for the age of a packet, a cookie, a message
with a lifetime or a HEARTBEAT it reads the system's clock. While the link's time is stopped that would give
wrong round-trip times, and HEARTBEATs counted as missed that were never sent, as the last one is too recent
for another. The library has no option for a clock. But like any shared object it calls `gettimeofday` through
a slot of its own, into which the loader has put the address of the system's function; here ours is put there.
Where the object has another format (macOS), the library's ages go by real time.
"""

import ctypes
import mmap
import struct
import sys
import time
from collections.abc import Callable, Iterator

# <elf.h>, of 64 bits
_DYNAMIC = struct.Struct("=qQ")
_RELA = struct.Struct("=QQq")
_STRTAB, _SYMTAB, _RELA_AT, _RELA_SIZE, _JMPREL, _JMPREL_SIZE = 5, 6, 7, 8, 23, 2
_SYMBOL_SIZE = 24
_NAME = b"gettimeofday\0"
_TIMEVAL = struct.Struct("=qq")

_GetTimeOfDay = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)


class LedClock:
    """The clock of a loaded library: the system's, or from `follow` on that of `now`.

    `now` gives seconds since any origin.
    """

    def __init__(self, library: ctypes.CDLL, now: Callable[[], float]) -> None:
        self._library = library
        self._now = now
        self._offset = 0.0
        self._slots: list[tuple[int, int]] = []  # where they are, and what was in them
        self._function = _GetTimeOfDay(self._tell)

    def follow(self) -> bool:
        """Make the library's clock follow `now`, without a jump; False where the platform can't."""
        if not self._slots:
            self._offset = time.time() - self._now()
            ours = ctypes.cast(self._function, ctypes.c_void_p).value or 0
            self._slots = [(slot, _put(slot, ours)) for slot in _slots(self._library)]
        return bool(self._slots)

    @property
    def follows(self) -> bool:
        """Whether the library's clock is that of `now`."""
        return bool(self._slots)

    def let_go(self) -> None:
        """Return the library to the system's clock."""
        for slot, before in self._slots:
            _put(slot, before)
        self._slots = []

    def _tell(self, timeval: int, timezone: int) -> int:
        microseconds = int((self._now() + self._offset) * 1_000_000)
        ctypes.memmove(timeval, _TIMEVAL.pack(*divmod(microseconds, 1_000_000)), _TIMEVAL.size)
        return 0


def _slots(library: ctypes.CDLL) -> Iterator[int]:
    """The addresses at which a library keeps that of `gettimeofday`."""
    if not sys.platform.startswith("linux") or struct.calcsize("P") != 8 or sys.byteorder != "little":
        return
    # What dlopen gives begins with a struct link_map: base, name, dynamic section.
    base, _, dynamic = struct.unpack("=QQQ", ctypes.string_at(library._handle, 24))
    told: dict[int, int] = {}
    while True:
        tag, value = _DYNAMIC.unpack(ctypes.string_at(dynamic, _DYNAMIC.size))
        if tag == 0:
            break
        told[tag] = value
        dynamic += _DYNAMIC.size

    def place(tag: int) -> int:
        # Some loaders add the base to what is in the file, some don't.
        return told[tag] if told[tag] >= base else base + told[tag]

    for table, size in ((_JMPREL, _JMPREL_SIZE), (_RELA_AT, _RELA_SIZE)):
        if table not in told or size not in told:
            continue
        for offset, info, _ in _RELA.iter_unpack(ctypes.string_at(place(table), told[size])):
            if symbol := info >> 32:
                name = ctypes.c_uint32.from_address(place(_SYMTAB) + symbol * _SYMBOL_SIZE).value
                if ctypes.string_at(place(_STRTAB) + name, len(_NAME)) == _NAME:
                    yield base + offset


def _put(slot: int, address: int) -> int:
    """Write an address into a slot, which may be write-protected; returns the one before."""
    system = ctypes.CDLL(None, use_errno=True)
    page = slot & -mmap.PAGESIZE
    at, size = ctypes.c_void_p(page), ctypes.c_size_t(mmap.PAGESIZE)
    before = _protection(slot)
    system.mprotect(at, size, mmap.PROT_READ | mmap.PROT_WRITE)
    place = ctypes.c_uint64.from_address(slot)
    was, place.value = place.value, address
    system.mprotect(at, size, before)
    return was


def _protection(address: int) -> int:
    """The protection of a page of this process, for mprotect(2)."""
    with open("/proc/self/maps") as maps:
        for line in maps:
            where, allowed, *_ = line.split()
            begin, end = (int(number, 16) for number in where.split("-"))
            if begin <= address < end:
                return mmap.PROT_READ | (mmap.PROT_WRITE if "w" in allowed else 0)
    return mmap.PROT_READ | mmap.PROT_WRITE
