"""Signals that ask the program to end, handed to it instead of ending it."""

import contextlib
import signal
from collections.abc import Callable, Iterator
from types import FrameType


@contextlib.contextmanager
def stop_signals(asked: Callable[[int], None]) -> Iterator[None]:
    """Within it, each SIGINT, SIGTERM and SIGHUP calls `asked` with its number, in the main thread.

    SIGHUP stays ignored under nohup. SIGINT does not where a shell ignored it for a command in its
    background: who names this process in `kill -INT` means it.
    """

    def handle(number: int, _frame: FrameType | None) -> None:
        asked(number)

    before = {}
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if number != signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN:
            before[number] = signal.signal(number, handle)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
