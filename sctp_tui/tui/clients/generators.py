"""The traffic generators that the user started: what each is to send, its progress, and its rate."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import count

import msgspec

from sctp_tui.monitor.text import units
from sctp_tui.sctp.commands import Generate
from sctp_tui.sctp.endpoint import SctpError
from sctp_tui.sctp.events import Generating
from sctp_tui.sctp.printable import printable

GENERATORS_KEPT = 200
"""Ended generators that are still shown, at most."""
STOPPED = "stopped"
"""The engine's text for a generator that the user ended."""
_WINDOW = 3.0  # s over which the rate is taken
_FEW = 5  # messages that the window lasts for at least, at the rate asked for


class Recipe(msgspec.Struct, frozen=True):
    """What a generator is to send; `streams` None means all of them in turn. Else as in `Generate`."""

    rate: float
    pattern: bytes
    size: int
    streams: tuple[int, ...] | None
    ppid: int
    unordered: bool
    lifetime: int | None
    count: int
    seconds: float


class GeneratorSource(msgspec.Struct, frozen=True):
    """Who sends: `endpoint`, a client, or association `key` of a server.

    `outbound` is the number of streams that it has, or will ask for.
    """

    who: str
    outbound: int
    endpoint: str
    key: int = 0


class Generation(msgspec.Struct, eq=False):
    """One generator. `who` sends; `text` is why it is `done`, "" where it has reached its own limit."""

    command: Generate
    who: str
    messages: int = 0
    bytes: int = 0
    done: bool = False
    text: str = ""
    _points: list[tuple[float, int]] = msgspec.field(
        default_factory=list
    )  # the first, then those of the window
    _window: float = _WINDOW

    def __post_init__(self) -> None:
        self._window = max(_WINDOW, _FEW / self.command.rate)

    def fold(self, event: Generating) -> None:
        """Take in its progress."""
        self.messages, self.bytes = event.messages, event.bytes
        self.done, self.text = event.done, printable(event.text)
        points = self._points
        points.append((event.mono, event.messages))
        while len(points) > 2 and points[2][0] <= event.mono - self._window:
            del points[1]

    def rate(self, now: float) -> float | None:
        """Messages/s given to the stack lately; once it is done, on average. None before anything is known.

        `now` is in seconds of the monotonic clock.
        """
        if not self._points:
            return None
        begin, last = self._points[0], self._points[-1]
        if not self.done:
            inside = [point for point in self._points if point[0] <= now - self._window]
            # The time after the last message counts only once the next one is due.
            at = max(last[0], now - 1 / self.command.rate)
            begin, last = (inside or [begin])[-1], (at, self.messages)
        seconds = last[0] - begin[0]
        return (last[1] - begin[1]) / seconds if seconds > 0 else None

    @property
    def asked(self) -> str:
        """The rate asked for: `1,000`, `0.5`."""
        return f"{self.command.rate:,.3f}".rstrip("0").rstrip(".")

    @property
    def size(self) -> str:
        """The size of each message, `text's` where it is the text's own."""
        return units.size(self.command.size) if self.command.size else "text's"

    @property
    def failed(self) -> bool:
        """Whether it ended for another reason than its limit or the user."""
        return self.done and self.text not in ("", STOPPED)

    @property
    def progress(self) -> str:
        """`523 of 1,000`, or the number alone where there is no limit."""
        most = self.command.count
        return f"{self.messages:,} of {most:,}" if most else f"{self.messages:,}"

    @property
    def state(self) -> str:
        """The state in words: that it runs, that the stack has taken all, or why it ended.

        What the stack has taken may still wait there, for the peer's answer or for room.
        """
        if not self.done:
            return "running" if self._points else "begins"
        if self.text:
            return self.text
        whole = not self.command.count or self.messages >= self.command.count
        return "all given to SCTP" if whole else "time is up"


class Generators:
    """All of them, the oldest first."""

    def __init__(self) -> None:
        self.all: dict[int, Generation] = {}
        self._numbers = count(1)

    def check(self, recipe: Recipe, sources: Iterable[GeneratorSource]) -> None:
        """Raise `SctpError` where one of the sources lacks a stream that is asked for."""
        for source in sources:
            highest = max(recipe.streams or (0,))
            if highest >= source.outbound:
                raise SctpError(
                    f"stream {highest} is beyond the {source.outbound:,} outbound streams of {source.who}: "
                    f"give 0 to {source.outbound - 1}"
                )

    def start(self, recipe: Recipe, sources: Sequence[GeneratorSource]) -> list[Generate]:
        """The commands that start a generator for each source. Raises `SctpError` as `check` does."""
        self.check(recipe, sources)
        commands = []
        for source in sources:
            streams = tuple(range(source.outbound)) if recipe.streams is None else recipe.streams
            command = Generate(
                generator=next(self._numbers),
                endpoint=source.endpoint,
                key=source.key,
                rate=recipe.rate,
                pattern=recipe.pattern,
                size=recipe.size,
                streams=streams,
                ppid=recipe.ppid,
                unordered=recipe.unordered,
                lifetime=recipe.lifetime,
                count=recipe.count,
                seconds=recipe.seconds,
            )
            self.all[command.generator] = Generation(command, source.who)
            commands.append(command)
        ended = [number for number, generation in self.all.items() if generation.done]
        for number in ended[:-GENERATORS_KEPT]:
            del self.all[number]
        return commands

    def fold(self, told: Mapping[int, Generating]) -> None:
        """Take in the progress of generators, by number."""
        for number, event in told.items():
            if generation := self.all.get(number):
                generation.fold(event)

    @property
    def failed(self) -> dict[int, Generation]:
        """Those that failed, by number."""
        return {number: generation for number, generation in self.all.items() if generation.failed}

    def running(self) -> list[Generation]:
        """Those that have not ended."""
        return [generation for generation in self.all.values() if not generation.done]


def in_all(generations: Iterable[Generation], now: float) -> str:
    """What several send together: `3 generating, 298/s, 1,204 given to SCTP`."""
    several = list(generations)
    rate = sum(generation.rate(now) or 0.0 for generation in several)
    messages = sum(generation.messages for generation in several)
    return f"{len(several)} generating, {units.rate(rate)}/s, {messages:,} given to SCTP"
