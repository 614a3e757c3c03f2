"""The program on a source: the same screen, fed by a source in place of an engine."""

import math
import os
from collections.abc import Callable

from sctp_tui.engine.event_queue import EventQueue
from sctp_tui.monitor.monitor import Monitor
from sctp_tui.monitor.text.units import time_of_day
from sctp_tui.sctp.endpoint import Clock
from sctp_tui.sctp.events import Event
from sctp_tui.sources.octets import UnreadableSource
from sctp_tui.sources.opening import open_source
from sctp_tui.sources.recording import Recording
from sctp_tui.sources.source import FOR_A_SCREEN, Source

from .app import SctpApp
from .capture_screen import NOT_HERE, CaptureScreen
from .settings import Settings
from .source_reader import SPEEDS, SourceReader
from .widgets.source_header import SourceHeader, span_text

_PACKETS_KEPT = 240 * 1024 * 1024
"""Bytes of memory for packets of the wire: 10 million, whose octets stay in the file."""


class CaptureApp(SctpApp):
    """Shows what a source tells, at its times. Nobody can be spoken to."""

    def __init__(self, source: Source, settings: Settings) -> None:
        self._source = source
        super().__init__(settings)

    def make_monitor(self) -> Monitor:
        """One that keeps more packets, and where their octets are."""
        return Monitor(_PACKETS_KEPT, self._source.file)

    def make_worker(self) -> SourceReader:
        """The thread that reads."""
        self._reader = SourceReader(self._source, self.event_queue, self._first_speed)
        return self._reader

    @property
    def _first_speed(self) -> float:
        """What was asked for; else a recording is replayed as it was, all else is read at once."""
        if self.settings.speed is not None:
            return self.settings.speed
        return 1.0 if isinstance(self._source, Recording) and self._again else math.inf

    @property
    def _again(self) -> bool:
        """Whether the source can be read once more: whether it is of files alone, which have an end."""
        files = all(os.path.isfile(name) for name in self._source.names)
        return files and self._source.progress is not None

    def make_screen(self) -> CaptureScreen:
        """The screen without clients."""
        observed = not isinstance(self._source, Recording) or self._source.observed
        return CaptureScreen(self, self.monitor, self.settings, self._mask, observed=observed)

    def make_clock(self) -> Clock:
        """The time that is shown: that of the source, or the one that has been reached."""
        return self._source.clock or Clock(wall=lambda: self._reader.at, mono=lambda: self._reader.now)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer nothing that needs an end of this program."""
        return action not in NOT_HERE and super().check_action(action, parameters)

    def listen(self) -> None:
        """There is no server."""

    def action_pause_reading(self) -> None:
        """Read no further for now, or go on."""
        self._reader.paused = not self._reader.paused

    # --- the replay

    @property
    def first(self) -> float:
        """When the source begins, in seconds since the epoch."""
        return (self._source.first or 0) / 1e9

    def slower(self, steps: int) -> str:
        """Slow the replay down by so many steps of `SPEEDS`, or speed it up; what to tell the user."""
        nearest = min(range(len(SPEEDS)), key=lambda at: abs(SPEEDS[at] - self._reader.speed))
        at = len(SPEEDS) - 1 if self._reader.speed == math.inf else nearest
        self._reader.speed = SPEEDS[max(0, min(len(SPEEDS) - 1, at - steps))]
        return f"replay at {_speed(self._reader.speed)}"

    def step(self) -> None:
        """Tell the next event or packet, and pause."""
        self._reader.step()

    def step_back(self) -> str:
        """Pause before the event or packet that was told last; what to tell the user."""
        self._reader.paused = True
        before = self._reader.told - 1
        return self._begin_again(steps=before) if before >= 0 else "this is the beginning"

    def begin_again(self) -> str:
        """Replay from the start; what to tell the user."""
        return self._begin_again()

    def go_to(self, at: float) -> str:
        """Go to a time, in seconds since the epoch; what to tell the user."""
        if at >= self._reader.at:
            self._reader.go_to(at)
            return ""
        return self._begin_again(until=at)

    def find(self, wanted: Callable[[Event], bool]) -> None:
        """Go to the next event or packet that is wanted."""
        self._reader.find(wanted)

    @property
    def reader(self) -> SourceReader:
        """What reads the source."""
        return self._reader

    def _begin_again(self, *, until: float = 0.0, steps: int = 0) -> str:
        """Read the source anew up to there: what is known of a time is what was told until then."""
        if not self._again:
            return "this is read as it comes: open it as a file once it has its end, to go back"
        try:
            source = open_source(self._source.names, wanted=FOR_A_SCREEN)
        except UnreadableSource as error:
            return str(error)
        self._source = source
        queue = EventQueue()
        self._reader.begin_again(source, queue, until=until, steps=steps)
        self.event_queue = queue
        names = self.monitor.associations.names
        self.monitor.forget(source.file)
        self.monitor.associations.names = names
        return ""

    def follow(self) -> None:
        """Tell how far the source was read, and what was left out."""
        source, header = self._source, self._main.query_one(SourceHeader)
        header.title = ", ".join(source.titles)
        if source.first is not None and source.last is not None:
            header.span = span_text(source.first / 1e9, source.last / 1e9)
        header.read = ", ".join(filter(None, (self._where(), self._watched_by())))
        header.left_out = ", ".join(f"{count:,} {why}" for why, count in sorted(source.left_out.items()))
        folders = tuple(os.path.join(os.path.dirname(name), "") for name in source.names)
        header.errors = tuple(
            text.removeprefix(next(filter(text.startswith, folders), "")) for text in source.errors
        )

    def _where(self) -> str:
        """How far it was read, or what has been reached of the replay, and at which speed."""
        source, reader = self._source, self._reader
        read, progress = source.read, source.progress
        if reader.ended:
            return read
        if progress is not None and reader.read:
            progress *= reader.told / reader.read
        if reader.speed == math.inf:
            done = "live" if progress is None else f"{progress:.0%} read"
            return f"{read}, {'paused' if reader.paused else done}"
        how = "paused" if reader.paused else _speed(reader.speed)
        done = "" if progress is None else f" {progress:.0%}"
        return f"{time_of_day(reader.at)[:-2]}{done} {how}"


def _speed(speed: float) -> str:
    """`2×`, `1/4×`, or `full speed`."""
    if speed == math.inf:
        return "full speed"
    return f"{speed:g}×" if speed >= 1 else f"1/{1 / speed:g}×"
