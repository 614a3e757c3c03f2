"""Memory: what the log keeps, and whether anything else grows."""

import time
from collections.abc import Iterator

from .feed import MESSAGES_OF
from .figures import Row, below, figures
from .subject import Subject

_LINES = 100_000
_FILLING, _EARLY, _LATE, _LATEST = 200_000, 400_000, 1_000_000, 4_000_000
"""The log is full after 100,000 messages of 64 bytes, the packets' 32 MiB after some 350,000."""
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
    with Subject("sender") as sender, Subject("screen", "10", terminal=True) as screen:
        receiver = sender.ask("connect", *screen.ask("where"))
        began = time.monotonic()
        sent = 0
        resident = []
        for count in (_FILLING, _EARLY, _LATE, _LATEST):
            sent += sender.ask("number", receiver, count - sent)
            while screen.ask("numbers")["messages"] < sent:
                time.sleep(0.2)
            time.sleep(_SETTLE)
            resident.append(screen.ask("numbers")["resident"])
        took = time.monotonic() - began
    filling, early, late, latest = resident
    ratio = late / early
    figure = f"memory after {_LATE:,} messages against after {_EARLY:,}, when all that is kept is full"
    note = (
        f"{late:.0f} against {early:.0f} MB; {filling:.0f} after {_FILLING:,}, {latest:.0f} after {_LATEST:,}"
    )
    if sent < _LATEST:
        yield Row(figure, "< 1.03", f"{ratio:.3f}", None, f"only {sent:,} messages went in time; {note}")
    else:
        yield Row(figure, "< 1.03", f"{ratio:.3f}", ratio < 1.03, f"{note}, in {took:.0f} s")
