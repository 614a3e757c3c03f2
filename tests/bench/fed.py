"""Events fed straight into the queue, on a real terminal: what the drain and the drawing can take."""

import random
import statistics
import time
from collections.abc import Iterator

from .feed import MESSAGES_OF
from .figures import Row, below, figures, percentile
from .subject import Subject

RATE = 50_000
_COLUMNS = 180  # from which on the detail stands beside the table
_WINDOWS = 8  # of a second each; the middle one counts, as others may be at work on the machine too
_KEYS = 120
_LETTERS = [chr(code) for code in range(0x400, 0x482)]  # in no message of the load


@figures("fed")
def fed() -> Iterator[Row]:
    """The rate that is held, the lag of the event loop under it, and how soon a key is answered."""
    with Subject("screen", "10", terminal=True, columns=_COLUMNS) as screen:
        terminal = screen.terminal
        assert terminal is not None
        screen.ask("where")
        screen.ask("associations", MESSAGES_OF, MESSAGES_OF)
        time.sleep(1.0)
        idle = _lag(screen)[1]
        screen.ask("feed", RATE)
        time.sleep(1.0)
        before = screen.ask("numbers")
        lags = [_lag(screen) for _ in range(_WINDOWS)]
        after = screen.ask("numbers")
        chance = random.Random(1)
        answered = []
        for letter in _LETTERS[:_KEYS]:
            time.sleep(chance.uniform(0.02, 0.08))
            answered.append(terminal.answered(letter, letter) * 1000)
    took = after["at"] - before["at"]
    rate, dropped = (after["captured"] - before["captured"]) / took, after["dropped"] - before["dropped"]
    cpu = (after["cpu"] - before["cpu"]) / took * 100
    yield Row(
        "events fed straight in, table, log and detail showing: sustained",
        f"{RATE:,}/s",
        f"{rate:,.0f}/s",
        rate >= 0.99 * RATE and not dropped,
        f"{dropped:.0f} dropped; {cpu:.0f} % of a core, the feeding included",
    )
    yield below(
        "their event-loop lag, p99",
        statistics.median(lag for _, lag, _ in lags),
        30,
        "ms",
        f"median {statistics.median(lag for lag, _, _ in lags):.1f} ms, without load p99 {idle:.1f} ms",
    )
    yield below(
        "key to screen under that load, p99",
        percentile(answered, 99),
        80,
        "ms",
        f"median {statistics.median(answered):.0f} ms",
    )


def _lag(screen: Subject) -> tuple[float, float, float]:
    """Of one second: median, p99, worst, in ms."""
    screen.ask("probe")
    time.sleep(1.0)
    median, p99, worst = screen.ask("probed")
    return median, p99, worst
