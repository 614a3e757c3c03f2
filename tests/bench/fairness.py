"""One sender at full speed, and five slow peers beside it: what they and the keys have to wait."""

import random
import statistics
import threading
import time
from collections.abc import Iterator

from .figures import Row, below, figures, percentile
from .subject import Subject

SECONDS = 20.0
_LETTERS = [chr(code) for code in range(0x400, 0x482)]  # in no message of the load


@figures("fairness")
def fairness() -> Iterator[Row]:
    """Keys to the screen, and the slow peers' SACKs, while one sender sends all that is taken."""
    with (
        Subject("sender") as sender,
        Subject("slow") as slow,
        Subject("screen", "10", terminal=True) as screen,
    ):
        terminal = screen.terminal
        assert terminal is not None
        where = screen.ask("where")
        slow.ask("connect", *where)
        number = sender.ask("connect", *where)
        time.sleep(2.0)
        idle = slow.ask("took")
        flood = threading.Thread(target=sender.ask, args=("flood", number, SECONDS))
        before = screen.ask("numbers")
        flood.start()
        time.sleep(1.0)
        slow.ask("took")
        chance = random.Random(1)
        answered: list[float] = []
        for letter in _LETTERS:
            if not flood.is_alive():
                break
            time.sleep(chance.uniform(0.02, 0.08))
            answered.append(terminal.answered(letter, letter) * 1000)
        sacks = slow.ask("took")
        after = screen.ask("numbers")
        flood.join()
    rate = (after["messages"] - before["messages"]) / (after["at"] - before["at"])
    yield below(
        "one sender at full speed, five slow peers, screen on: key to screen p99",
        percentile(answered, 99),
        150,
        "ms",
        f"median {statistics.median(answered):.0f} ms, {len(answered)} keys; {rate:,.0f} messages/s",
    )
    yield below(
        "their SACKs, p99",
        percentile(sacks, 99),
        250,
        "ms",
        f"median {statistics.median(sacks):.0f} ms, worst {max(sacks):.0f} ms of {len(sacks)}; "
        f"idle p99 {percentile(idle, 99):.0f} ms",
    )
