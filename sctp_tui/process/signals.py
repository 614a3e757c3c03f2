"""Signals that ask the program to end, handed to it instead of ending it."""

import contextlib
import signal
from collections.abc import Callable, Iterable, Iterator
from types import FrameType

ASKING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""Signals by which people and other programs ask the program to end."""
_NOT_THE_END = {"KILL", "STOP", "TSTP", "TTIN", "TTOU", "CONT", "CHLD", "URG", "WINCH", "INFO"}
_FAULTS = {"SEGV", "BUS", "FPE", "ILL", "TRAP", "SYS", "EMT"}
"""After these no Python code runs any more in which a handler could be called."""


def ending_signals() -> set[int]:
    """All signals that would end this process by default, and can be handled."""
    others = {getattr(signal, f"SIG{name}", None) for name in _NOT_THE_END | _FAULTS}
    left = {number for number in signal.valid_signals() if signal.getsignal(number) is signal.SIG_DFL}
    return (left - others) | set(ASKING)


@contextlib.contextmanager
def stop_signals(asked: Callable[[int], None], numbers: Iterable[int] = ASKING) -> Iterator[None]:
    """Within it, each of these signals calls `asked` with its number, in the main thread.

    SIGHUP stays ignored under nohup. SIGINT is handled even where a shell ignored it for a command in its
    background: `kill -INT` with this process's number is meant for it.
    """

    def handle(number: int, _frame: FrameType | None) -> None:
        asked(number)

    before = {}
    for number in numbers:
        if number != signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN:
            before[number] = signal.signal(number, handle)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
