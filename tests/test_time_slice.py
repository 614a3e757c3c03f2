"""A thread's slice is shortened, and nothing else of it changes."""

import os
import platform
import re
import sys
import threading
from pathlib import Path

import pytest

from sctp_tui.engine.time_slice import SHORT, shorten

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="threads are scheduled so by Linux")


def test_a_thread_gets_a_short_slice_and_keeps_its_priority() -> None:
    told: list[object] = []
    wanted = os.getpriority(os.PRIO_PROCESS, 0) + 3  # lower, which needs no right

    def ask() -> None:
        thread = threading.get_native_id()
        os.setpriority(os.PRIO_PROCESS, thread, wanted)
        policy = os.sched_getscheduler(0)
        told.append(shorten())
        told.append(os.getpriority(os.PRIO_PROCESS, thread))
        told.append(os.sched_getscheduler(0) == policy)
        told.append(_slice(thread))

    thread = threading.Thread(target=ask)
    thread.start()
    thread.join()
    done, nice, same, slice_ = told
    assert done == (platform.machine() in ("x86_64", "aarch64", "riscv64"))
    assert (nice, same) == (wanted, True)
    if done and slice_ is not None:
        assert slice_ == SHORT


def _slice(thread: int) -> int | None:
    """ns, where the kernel tells, and is new enough to have taken it."""
    sched = Path(f"/proc/self/task/{thread}/sched")
    told = re.search(r"^se\.slice *: *(\d+)", sched.read_text(), re.M) if sched.exists() else None
    release = tuple(int(number) for number in re.findall(r"\d+", platform.release())[:2])
    return int(told[1]) if told and release >= (6, 12) else None
