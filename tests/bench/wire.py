"""What seeing packets costs: the tap beside the engine, and the ladder that grows on the screen."""

import time
from collections.abc import Iterator

from .figures import Row, at_least, figures, median_ratio
from .subject import Subject
from .traffic import ROUNDS, Receiver

_PACKETS = 1000  # a second, on the ladder
_MESSAGES = 670  # a second, that make so many: a SACK for every second DATA chunk
_WATCHED = 10.0  # s
_FULL = 100_000  # packets kept


@figures("tap")
def tap() -> Iterator[Row]:
    """The engine that keeps every packet, against one that keeps none."""
    with (
        Subject("sender") as sender,
        Subject("alone", "engine") as first,
        Subject("alone", "seeing") as second,
    ):
        engine, seeing = Receiver(first, sender), Receiver(second, sender)
        engine.flooded()
        seeing.flooded()
        flooded = [(engine.flooded(), seeing.flooded()) for _ in range(ROUNDS)]
    rates = [sum(each) / ROUNDS for each in zip(*flooded, strict=True)]
    yield at_least(
        "messages/s with every packet kept, against none, 64 B",
        median_ratio((kept, none) for none, kept in flooded),
        0.8,
        "{1:,.0f} against {0:,.0f} messages/s".format(*rates),
    )


@figures("ladder")
def ladder() -> Iterator[Row]:
    """The lag of the screen while a ladder of 100 000 packets grows."""
    with Subject("sender") as sender, Subject("screen", "10", terminal=True) as screen:
        shown = Receiver(screen, sender)
        shown.paced(_MESSAGES)
        screen.ask("repeat", _FULL)
        screen.ask("wire")
        time.sleep(5)  # it has 100 000 packets to look at first
        before = screen.ask("numbers")
        screen.ask("probe")
        sender.ask("pace", 0, _MESSAGES, _WATCHED)
        median, high, most = screen.ask("probed")
        after = screen.ask("numbers")
    rate = (after["packets"] - before["packets"]) / (after["at"] - before["at"])
    yield Row(
        f"lag of the event loop, a ladder that grows by {_PACKETS:,} packets/s, p99",
        "< 50 ms",
        f"{high:.1f} ms",
        high < 50 and rate >= _PACKETS * 0.95,
        f"{rate:,.0f} packets/s; median {median:.1f} ms, most {most:.1f} ms; {after['kept']:,} packets kept",
    )
