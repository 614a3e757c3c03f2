"""How soon a thread runs once something has come for it.

Linux lets a thread that wakes up wait until the one that runs has had its slice, about 3 ms, unless its own
slice is the shorter one. A thread that takes what came and waits again can do with a short one.
"""

import ctypes
import os
import platform
import struct
import sys

SHORT = 100_000
"""ns, the shortest that Linux gives."""
_SETATTR = {
    "x86_64": 314,
    "aarch64": 274,
    "riscv64": 274,
}  # sched_setattr(2): older C libraries have no name for it
_ATTR = struct.Struct("=IIQiIQQQII")  # struct sched_attr, with utilization clamping
_KEEP_POLICY = 0x08


def shorten() -> bool:
    """Give this thread a short slice; False where there is no such thing. Linux before 6.12 ignores it."""
    number = _SETATTR.get(platform.machine())
    if number is None or sys.platform != "linux" or sys.maxsize < 2**32:
        return False
    nice = os.getpriority(os.PRIO_PROCESS, 0)  # of this thread: it is given anew with the slice
    attr = _ATTR.pack(_ATTR.size, 0, _KEEP_POLICY, nice, 0, SHORT, 0, 0, 0, 0)
    return bool(ctypes.CDLL(None).syscall(number, 0, attr, 0) == 0)
