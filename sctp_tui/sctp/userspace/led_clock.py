"""The clock of usrsctp, led by ours where the link's time is not the world's.

The library's timers run by what `handle_timers` is told, but it asks the system what time it is wherever a
packet, a cookie, a message with a lifetime or a HEARTBEAT has an age: with that time standing still, it would
measure wrong round trips, and count HEARTBEATs as missed that it never sent, as the last one is too young for
another. It has no option for a clock. But as any shared object it calls `gettimeofday` through a slot of its
own, into which the loader has put the system's function; ours is put there instead. Where the object is of
another form (macOS), the library's ages are those of the world's time.
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
    """What a loaded library takes for the time of day: the system's, until it follows another.

    `now` is in seconds from wherever it likes; from `follow` on the library's time goes as that does.
    """

    def __init__(self, library: ctypes.CDLL, now: Callable[[], float]) -> None:
        self._library = library
        self._now = now
        self._offset = 0.0
        self._slots: list[tuple[int, int]] = []  # where they are, and what was in them
        self._function = _GetTimeOfDay(self._tell)

    def follow(self) -> bool:
        """Lead the library's clock from now on, which doesn't jump; False where it can't be led."""
        if not self._slots:
            self._offset = time.time() - self._now()
            ours = ctypes.cast(self._function, ctypes.c_void_p).value or 0
            self._slots = [(slot, _put(slot, ours)) for slot in _slots(self._library)]
        return bool(self._slots)

    def let_go(self) -> None:
        """The library asks the system again."""
        for slot, before in self._slots:
            _put(slot, before)
        self._slots = []

    def _tell(self, timeval: int, timezone: int) -> int:
        microseconds = int((self._now() + self._offset) * 1_000_000)
        ctypes.memmove(timeval, _TIMEVAL.pack(*divmod(microseconds, 1_000_000)), _TIMEVAL.size)
        return 0


def _slots(library: ctypes.CDLL) -> Iterator[int]:
    """Where a library keeps the address of `gettimeofday`."""
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
    """Write an address into a slot, which the loader may have protected since; what was there before."""
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
    """What a page of this process allows."""
    with open("/proc/self/maps") as maps:
        for line in maps:
            where, allowed, *_ = line.split()
            begin, end = (int(number, 16) for number in where.split("-"))
            if begin <= address < end:
                return mmap.PROT_READ | (mmap.PROT_WRITE if "w" in allowed else 0)
    return mmap.PROT_READ | mmap.PROT_WRITE
