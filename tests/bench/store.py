"""Ten thousand associations on the screen: from a key to what it asked for, drawn."""

import time
from collections.abc import Iterator

from .feed import peer
from .figures import Row, below, figures, percentile
from .subject import Subject, Terminal

_ALL, _ALIVE = 10_000, 1_000
_TIMES = 9
_BAR = 60


@figures("store")
def store() -> Iterator[Row]:
    """Sort, filter and scroll; the slowest but one of several times each."""
    with Subject("screen", "10", terminal=True) as screen:
        terminal = screen.terminal
        assert terminal is not None
        screen.ask("where")
        screen.ask("associations", _ALL, _ALIVE)
        while screen.ask("numbers")["alive"] < _ALIVE:
            time.sleep(0.1)
        time.sleep(3.0)
        terminal.type("\x1b")  # from the line to the table
        time.sleep(0.5)
        yield _row("scroll from end to end", list(_scrolls(terminal)))
        yield _row("sort by peer", list(_sorts(terminal)))
        yield _row("filter", list(_filters(terminal)))


def _row(what: str, seconds: list[float]) -> Row:
    title = f"{_ALL:,} associations, {_ALIVE:,} alive: {what}"
    middle = percentile(seconds, 50) * 1000
    return below(
        title, sorted(seconds)[-2] * 1000, _BAR, "ms", f"median {middle:.0f} ms, {len(seconds)} times"
    )


def _scrolls(terminal: Terminal) -> Iterator[float]:
    for _ in range(_TIMES):
        yield terminal.answered("\x1b[H", str(peer(0)))
        time.sleep(0.15)
        yield terminal.answered("\x1b[F", str(peer(_ALL - 1)))
        time.sleep(0.15)


def _sorts(terminal: Terminal) -> Iterator[float]:
    """One way, the other way, as it was."""
    terminal.answered("s", "Order by")
    time.sleep(0.3)
    terminal.type("\x1b[B")
    for n in range(_TIMES):
        time.sleep(0.3)
        yield terminal.answered("s", ("Peer▲", "Peer▼", "Peer  ")[n % 3])
        time.sleep(0.3)
        terminal.answered("s", "Order by")
        if n % 3 == 2:
            time.sleep(0.3)
            terminal.type("\x1b[B")
    time.sleep(0.3)
    terminal.type("\x1b")
    time.sleep(0.3)


def _filters(terminal: Terminal) -> Iterator[float]:
    for n in range(_TIMES):
        number = _ALL // 2 + 100 * n
        words = f"assoc={number}"
        terminal.answered("/", "Filter")
        time.sleep(0.2)
        terminal.type("\x15")  # the last one is offered
        time.sleep(0.2)
        terminal.answered(words, words)
        time.sleep(0.3)
        yield terminal.answered("\r", str(peer(number - 1)))
        time.sleep(0.3)
