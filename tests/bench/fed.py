"""Events fed straight into the outbox, on a real terminal: what the drain and the drawing can take."""

import random
import statistics
import time
from collections.abc import Iterator

from .feed import MESSAGES_OF
from .figures import Row, below, figures, percentile
from .subject import Subject

RATE = 50_000
_SECONDS = 8.0
_KEYS = 120
_LETTERS = [chr(code) for code in range(0x400, 0x482)]  # in no message of the load


@figures("fed")
def fed() -> Iterator[Row]:
    """The rate that is held, the lag of the event loop under it, and how soon a key is answered."""
    with Subject("screen", "10", terminal=True) as screen:
        terminal = screen.terminal
        assert terminal is not None
        screen.ask("where")
        screen.ask("associations", MESSAGES_OF, MESSAGES_OF)
        time.sleep(1.0)
        screen.ask("probe")
        time.sleep(2.0)
        idle = screen.ask("probed")[1]
        screen.ask("feed", RATE)
        time.sleep(1.0)
        before = screen.ask("numbers")
        screen.ask("probe")
        time.sleep(_SECONDS)
        after, (_, lag, worst) = screen.ask("numbers"), screen.ask("probed")
        chance = random.Random(1)
        answered = []
        for letter in _LETTERS[:_KEYS]:
            time.sleep(chance.uniform(0.02, 0.08))
            answered.append(terminal.answered(letter, letter) * 1000)
    took = after["at"] - before["at"]
    rate, dropped = (after["captured"] - before["captured"]) / took, after["dropped"] - before["dropped"]
    cpu = (after["cpu"] - before["cpu"]) / took * 100
    yield Row(
        "events fed straight in, table and log showing: sustained",
        f"{RATE:,}/s", f"{rate:,.0f}/s", rate >= 0.99 * RATE and not dropped,
        f"{dropped:.0f} dropped; {cpu:.0f} % of a core, the feeding included",
    )  # fmt: skip
    yield below(
        "their event-loop lag, p99", lag, 30, "ms", f"worst {worst:.0f} ms; without load p99 {idle:.1f} ms"
    )
    yield below(
        "key to screen under that load, p99", percentile(answered, 99), 80, "ms",
        f"median {statistics.median(answered):.0f} ms",
    )  # fmt: skip
