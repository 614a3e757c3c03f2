"""Writes all events, packets and numbers of a run to a file, as JSON lines (`sctp_tui.sctp.events`).

A recording drops nothing, and holds nobody up. Lines are made in the engine's thread, and written by a thread
that does nothing else: what waits for a slow disk is octets, and bounded. Where that bound is reached, or
nothing can be written, the recording ends with its last whole line, and says so; the program goes on.
"""

import contextlib
import os
import stat
import threading
from collections.abc import Callable, Sequence
from heapq import merge
from operator import attrgetter
from pathlib import Path

from sctp_tui import __version__
from sctp_tui.process.new_file import new_file
from sctp_tui.sctp.endpoint import Clock
from sctp_tui.sctp.events import SCHEMA, Event, Packet, PacketsMissed, RecordingBegun, to_json_lines

WAITING = 64 * 1024 * 1024
"""Bytes of lines that wait to be written, at most."""
_PATIENCE = 5.0  # s that the end of the program waits for a disk


class RecordingRefused(Exception):
    """The file of a recording can't be made; the text names it, and says why."""


class Recorder:
    """A consumer of the engine's events that writes them to `path`, which is to be a new file, or a pipe.

    `mask` replaces addresses of peers in an event. Raises `RecordingRefused`.
    """

    full = False
    """It never makes the engine stop reading."""

    def __init__(
        self,
        path: Path,
        clock: Clock,
        mask: Callable[[Event], Event] | None = None,
        limit: int = WAITING,
    ) -> None:
        self.path = path
        self.error = ""
        """Why it has ended, and what is in the file; "" while it goes on."""
        self.on_room: Callable[[], None] = lambda: None
        self._clock = clock
        self._mask = mask
        self._limit = limit
        try:
            self._file = new_file(path)
        except OSError as error:
            raise RecordingRefused(
                f"{path}: {(error.strerror or str(error)).lower()}: give another name"
            ) from None
        self._regular = stat.S_ISREG(os.fstat(self._file).st_mode)
        self._ready = threading.Condition()
        self._lines: list[bytes] = []
        self._waiting = 0  # bytes of these, and of those that are being written
        self._ends = False
        self._thread = threading.Thread(target=self._run, name="recorder", daemon=True)
        self._add([self._event(RecordingBegun, schema=SCHEMA, version=__version__, masked=mask is not None)])
        self._thread.start()

    def put(self, events: Sequence[Event], packets: Sequence[Packet] = (), missed: int = 0) -> None:
        """Add events in order, and the packets of the same turn, in the order of time; never blocks."""
        if self._ends:
            return
        told = list(merge(packets, events, key=attrgetter("at"))) if packets else list(events)
        if missed:
            told.append(self._event(PacketsMissed, count=missed))
        if told:
            self._add(told if self._mask is None else list(map(self._mask, told)))

    def close(self) -> None:
        """Write what waits, and end; a disk that takes nothing is waited for some seconds."""
        with self._ready:
            self._ends = True
            self._ready.notify()
        self._thread.join(_PATIENCE)
        if self._thread.is_alive():
            self.error = self.error or self._ended("nothing was written for long", "not all of it")

    def _event(self, kind: Callable[..., Event], **fields: object) -> Event:
        return kind(**self._clock.stamp(), endpoint="", key=0, assoc_id=0, peer=None, **fields)

    def _add(self, events: Sequence[Event]) -> None:
        lines = to_json_lines(events) + b"\n"
        with self._ready:
            if self._waiting + len(lines) > self._limit:
                # What waits is still written, if it can be: so what is in the file has no gaps.
                self.error = self._ended(f"{self._waiting:,} octets wait to be written", "all before that")
                self._ends = True
            else:
                self._lines.append(lines)
                self._waiting += len(lines)
            self._ready.notify()

    def _run(self) -> None:
        whole = 0
        try:
            while True:
                with self._ready:
                    while not (self._lines or self._ends):
                        self._ready.wait()
                    lines, self._lines = b"".join(self._lines), []
                if not lines:
                    break
                self._write(lines)
                whole += len(lines)
                with self._ready:
                    self._waiting -= len(lines)
        except OSError as error:
            with self._ready:
                self.error = self.error or self._ended(
                    (error.strerror or str(error)).lower(), "all before that"
                )
                self._ends = True
                self._lines.clear()
            if self._regular:
                # What was written of the last lines may end within one.
                with contextlib.suppress(OSError):
                    self._cut(whole)
        finally:
            with contextlib.suppress(OSError):
                os.close(self._file)

    def _write(self, lines: bytes) -> None:
        rest = memoryview(lines)
        while rest:
            rest = rest[os.write(self._file, rest) :]

    def _cut(self, whole: int) -> None:
        """Cut the file after its last whole line; the first `whole` octets are known to be so."""
        end = os.fstat(self._file).st_size
        while end > whole:
            start = max(whole, end - 65536)
            newline = os.pread(self._file, end - start, start).rfind(b"\n")
            if newline >= 0:
                end = start + newline + 1
                break
            end = start
        os.ftruncate(self._file, end)

    def _ended(self, why: str, what: str) -> str:
        return f"the recording has ended: {why}; {what} is in {self.path}: start another elsewhere"
