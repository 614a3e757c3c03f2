"""The program on a source: the same screen, fed by a source in place of an engine."""

import os

from sctp_tui.monitor.monitor import Monitor
from sctp_tui.sctp.endpoint import Clock
from sctp_tui.sources.source import Source

from .app import SctpApp
from .capture_screen import NOT_HERE, CaptureScreen
from .settings import Settings
from .source_reader import SourceReader
from .widgets.source_header import SourceHeader, span_text

_PACKETS_KEPT = 256 * 1024 * 1024
"""Bytes of packets kept for the wire: 400,000 of usual size, and more of small ones."""


class CaptureApp(SctpApp):
    """Shows what a source tells, at its times. Nobody can be spoken to."""

    def __init__(self, source: Source, settings: Settings) -> None:
        self._source = source
        super().__init__(settings)

    def make_monitor(self) -> Monitor:
        """One that keeps more packets, as nobody waits for it."""
        return Monitor(_PACKETS_KEPT)

    def make_worker(self) -> SourceReader:
        """The thread that reads."""
        self._reader = SourceReader(self._source, self.event_queue)
        return self._reader

    def make_screen(self) -> CaptureScreen:
        """The screen without clients."""
        return CaptureScreen(self, self.monitor, self.settings, self._mask)

    def make_clock(self) -> Clock:
        """The time that is shown: that of the source, or of what was read last."""
        return self._source.clock or Clock(wall=lambda: self._reader.at, mono=lambda: self._reader.now)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer nothing that needs an end of this program."""
        return action not in NOT_HERE and super().check_action(action, parameters)

    def listen(self) -> None:
        """There is no server."""

    def action_pause_reading(self) -> None:
        """Read no further for now, or go on."""
        self._reader.paused = not self._reader.paused

    def follow(self) -> None:
        """Tell how far the source was read, and what was left out."""
        source, reader, header = self._source, self._reader, self._main.query_one(SourceHeader)
        header.title = ", ".join(source.titles)
        if source.first is not None and source.last is not None:
            header.span = span_text(source.first / 1e9, source.last / 1e9)
        read, progress = source.read, source.progress
        if source.done:
            header.read = read
        elif reader.paused:
            header.read = f"{read}, paused"
        else:
            header.read = f"{read}, {'live' if progress is None else f'{progress:.0%} read'}"
        header.left_out = ", ".join(f"{count:,} {why}" for why, count in sorted(source.left_out.items()))
        folders = tuple(os.path.join(os.path.dirname(name), "") for name in source.names)
        header.errors = tuple(
            text.removeprefix(next(filter(text.startswith, folders), "")) for text in source.errors
        )
