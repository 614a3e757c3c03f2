"""Real messages from another process: what the screen and the engine cost, on one stack in one run.

All receivers run side by side, idle but for the one whose turn it is, and take turns: A B C A B C.
"""

import statistics
import time
from collections.abc import Iterator

from .figures import Row, at_least, below, figures, median_ratio, percentile
from .subject import Subject

ROUNDS, SECONDS = (
    12,
    0.8,
)  # turns of each receiver, and how long one is: short, as the machine's mood changes
_STAMPED = 500  # messages/s whose delay is taken
_REDRAWS = 20


class Receiver:
    """A subject, and its number at the sender."""

    def __init__(self, subject: Subject, sender: Subject) -> None:
        self.subject = subject
        self._sender = sender
        self._number = sender.ask("connect", *subject.ask("where"))

    def flooded(self) -> float:
        """Messages/s that it receives when it is sent all that it takes."""
        return self._receives("flood", SECONDS)[0]

    @property
    def cost(self) -> float:
        """µs of CPU for each message so far, of all threads of it."""
        numbers = self.subject.ask("numbers")
        cost: float = numbers["cpu"] / numbers["messages"] * 1e6
        return cost

    def paced(self, rate: float) -> tuple[float, float]:
        """Messages/s that it receives of so many sent, and how many of them its screen dropped."""
        return self._receives("pace", rate, SECONDS)

    def delays(self) -> list[float]:
        """Milliseconds from the sender to the engine, at a rate that nobody is busy with."""
        self.subject.ask("delays")
        self._sender.ask("pace", self._number, _STAMPED, SECONDS)
        self._settle()
        delays: list[float] = self.subject.ask("delays")
        return delays

    def _receives(self, how: str, *arguments: float) -> tuple[float, float]:
        before = self.subject.ask("numbers")
        began = time.monotonic()
        self._sender.ask(how, self._number, *arguments)
        after = self.subject.ask("numbers")
        dropped = self._settle()["dropped"] - before["dropped"]
        return (after["messages"] - before["messages"]) / (after["last"] - began), dropped

    def _settle(self) -> dict[str, float]:
        """What the sender's buffer still held is received, too."""
        numbers: dict[str, float] = self.subject.ask("numbers")
        while True:
            time.sleep(0.15)
            seen, numbers = numbers["messages"], self.subject.ask("numbers")
            if numbers["messages"] == seen:
                return numbers


@figures("traffic")
def traffic() -> Iterator[Row]:
    """Bare loop, engine and screen under 64-byte messages."""
    with (
        Subject("sender") as sender,
        Subject("alone", "bare") as first,
        Subject("alone", "engine") as second,
        Subject("screen", "10", terminal=True) as third,
    ):
        bare, engine, screen = (Receiver(each, sender) for each in (first, second, third))
        engine.flooded()
        flooded = [(bare.flooded(), engine.flooded(), screen.flooded()) for _ in range(ROUNDS)]
        most = statistics.median(alone for _, alone, _ in flooded)
        spent = bare.cost, engine.cost
        half = [(engine.paced(most / 2), screen.paced(most / 2)) for _ in range(ROUNDS)]
    medians = (statistics.median(each) for each in zip(*flooded, strict=True))
    rates = "{:,.0f}, {:,.0f}, {:,.0f} messages/s".format(*medians)
    ratio = median_ratio((shown[0], alone[0]) for alone, shown in half)
    dropped = sum(shown[1] for _, shown in half)
    yield Row(
        "screen on against engine alone, 64 B, at half the engine's maximum",
        "≥ 0.9, none dropped",
        f"{ratio:.2f}, {dropped:.0f} dropped",
        ratio >= 0.9 and not dropped,
        f"{most / 2:,.0f} messages/s sent",
    )
    yield at_least(
        "screen on against engine alone, 64 B, at saturation",
        median_ratio((shown, alone) for _, alone, shown in flooded),
        0.8,
        f"bare, engine, screen: {rates}",
    )
    yield at_least(
        "engine against a bare receive loop, userspace, 64 B",
        median_ratio((alone, loop) for loop, alone, _ in flooded),
        0.8,
        "CPU for each message {:.1f} against {:.1f} µs".format(*reversed(spent)),
    )


@figures("delay")
def delay() -> Iterator[Row]:
    """What drawing adds to the time until the engine has a message."""
    with (
        Subject("sender") as sender,
        Subject("alone", "engine") as first,
        Subject("screen", str(_REDRAWS), terminal=True) as second,
    ):
        engine, screen = Receiver(first, sender), Receiver(second, sender)
        pairs = [(engine.delays(), screen.delays()) for _ in range(ROUNDS)]
    added, alone, shown = (
        statistics.median(each)
        for each in zip(
            *((_p99(shown) - _p99(alone), _p99(alone), _p99(shown)) for alone, shown in pairs), strict=True
        )
    )
    yield below(
        f"delay that the screen adds to the engine at {_REDRAWS} redraws/s, p99",
        added,
        3,
        "ms",
        f"p99 {shown:.1f} against {alone:.1f} ms",
    )


def _p99(delays: list[float]) -> float:
    return percentile(delays, 99)
