"""A short time slice for a thread, so that Linux runs it soon after it wakes up.

A thread that wakes up waits until the running one has used its slice, about 3 ms, unless its own slice is
shorter. A thread that only reads what has come and waits again needs no long one.
"""

import ctypes
import os
import platform
import struct
import sys

SHORT = 100_000
"""ns; Linux gives no shorter one."""
_SETATTR = {
    "x86_64": 314,
    "aarch64": 274,
    "riscv64": 274,
}  # sched_setattr(2): older C libraries have no name for it
_ATTR = struct.Struct("=IIQiIQQQII")  # struct sched_attr, with utilization clamping
_KEEP_POLICY = 0x08


def shorten() -> bool:
    """Give this thread a short slice; False where the system can't. Linux before 6.12 ignores it."""
    number = _SETATTR.get(platform.machine())
    if number is None or sys.platform != "linux" or sys.maxsize < 2**32:
        return False
    nice = os.getpriority(os.PRIO_PROCESS, 0)  # of this thread: the call sets it together with the slice
    attr = _ATTR.pack(_ATTR.size, 0, _KEEP_POLICY, nice, 0, SHORT, 0, 0, 0, 0)
    return bool(ctypes.CDLL(None).syscall(number, 0, attr, 0) == 0)
