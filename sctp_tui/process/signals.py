"""Signals that ask the program to end, handed to it instead of ending it."""

import contextlib
import signal
from collections.abc import Callable, Iterable, Iterator
from types import FrameType

ASKING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""Those by which people and other programs ask for the end."""
_NOT_THE_END = {"KILL", "STOP", "TSTP", "TTIN", "TTOU", "CONT", "CHLD", "URG", "WINCH", "INFO"}
_FAULTS = {"SEGV", "BUS", "FPE", "ILL", "TRAP", "SYS", "EMT"}
"""After these there is no next line of Python at which their handler could run."""


def ending() -> set[int]:
    """All signals that would end this process by default, and can be handled."""
    others = {getattr(signal, f"SIG{name}", None) for name in _NOT_THE_END | _FAULTS}
    left = {number for number in signal.valid_signals() if signal.getsignal(number) is signal.SIG_DFL}
    return (left - others) | set(ASKING)


@contextlib.contextmanager
def stop_signals(asked: Callable[[int], None], numbers: Iterable[int] = ASKING) -> Iterator[None]:
    """Within it, each of these signals calls `asked` with its number, in the main thread.

    SIGHUP stays ignored under nohup. SIGINT does not where a shell ignored it for a command in its
    background: who names this process in `kill -INT` means it.
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
