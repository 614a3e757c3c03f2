"""Memory: what the log keeps, and whether anything else grows."""

import time
from collections.abc import Iterator

from .feed import MESSAGES_OF
from .figures import NotMeasured, Row, below, figures
from .subject import Subject

_LINES = 100_000
_EARLY, _LATE = 200_000, 1_000_000
_OCTETS = 128
"""Of messages of 128 bytes some 180,000 fill the packets' 32 MiB, of 64 bytes up to 350,000. The log is full
after 100,000."""
_RUNS = 3
_SETTLE = 1.0


@figures("log")
def log() -> Iterator[Row]:
    """The log full of lines of 64 bytes, against the program before it had any."""
    with Subject("screen", "10", terminal=True) as screen:
        screen.ask("where")
        time.sleep(1.0)
        empty = screen.ask("numbers")["resident"]
        screen.ask("associations", MESSAGES_OF, MESSAGES_OF)
        screen.ask("feed_number", _LINES)
        while screen.ask("numbers")["captured"] < _LINES:
            time.sleep(0.1)
        time.sleep(_SETTLE)
        full = screen.ask("numbers")["resident"]
    yield below(
        f"memory with {_LINES:,} retained log lines of 64 B, above an empty program",
        full - empty,
        60,
        "MB",
        f"{full:.0f} against {empty:.0f} MB",
    )


@figures("growth")
def growth() -> Iterator[Row]:
    """Real messages, received, counted, logged and drawn, from when all that is bounded is full."""
    figure = f"memory after {_LATE:,} messages of {_OCTETS} B against after {_EARLY:,}"
    runs = sorted((_grown() for _ in range(_RUNS)), key=lambda run: run[1] / run[0])
    early, late = runs[_RUNS // 2]
    ratios = [late / early for early, late in runs]
    yield Row(
        figure,
        "< 1.03",
        f"{late / early:.3f}",
        late / early < 1.03,
        f"{late:.0f} against {early:.0f} MB; median of {_RUNS} runs, {ratios[0]:.3f} to {ratios[-1]:.3f}",
    )


def _grown() -> tuple[float, float]:
    """The memory after `_EARLY` and after `_LATE` messages, in MB."""
    with Subject("sender") as sender, Subject("screen", "10", terminal=True) as screen:
        receiver = sender.ask("connect", *screen.ask("where"))
        sent, resident = 0, []
        for count in (_EARLY, _LATE):
            while sent < count:
                if not (went := sender.ask("number", receiver, count - sent, _OCTETS)):
                    raise NotMeasured("nothing is taken any more")
                sent += went
            while screen.ask("numbers")["messages"] < sent:
                time.sleep(0.2)
            time.sleep(_SETTLE)
            numbers = screen.ask("numbers")
            if numbers["packets"] == numbers["kept"]:
                raise NotMeasured(f"there is room for more packets after {count:,} messages")
            resident.append(numbers["resident"])
    return resident[0], resident[1]
