"""Reads a source in a thread of its own, and feeds what it tells to the event queue, as the engine does."""

import threading

from sctp_tui.engine.event_queue import EventQueue
from sctp_tui.sctp.commands import Command, Stop
from sctp_tui.sctp.events import Event, Packet
from sctp_tui.sources.source import Observation, Source

_WAITING = 10_000  # events that wait to be drawn before reading pauses
_PACKET_BYTES = 4 * 1024 * 1024  # of packets that wait: less than the queue drops
_LOOK = 0.01  # s between two looks whether there is room again


class SourceReader:
    """Has the interface of the engine that the screen uses; of all commands it only knows `Stop`.

    `now` is the time of the newest event or packet that was read, in seconds of the source's clock, `at` the
    same in seconds since the epoch. `ended`: nothing more will be read.
    """

    grace = 0.0
    """Seconds that an end takes at most."""
    turns = 0
    idle = True
    """It is never stuck: a pipe may be silent for ever."""

    def __init__(self, source: Source, queue: EventQueue) -> None:
        self._source = source
        self.now = self.at = 0.0
        self.ended = False
        self.paused = False
        self._queue = queue
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="source", daemon=True)

    def start(self) -> None:
        """Start reading."""
        self._thread.start()

    def submit(self, *commands: Command) -> None:
        """End at once where one of them is `Stop`: there is nobody else to speak to."""
        if any(isinstance(command, Stop) for command in commands):
            self._stop.set()

    def join(self, timeout: float | None = None) -> bool:
        """As `Engine.join`. A thread that waits for a pipe is left behind."""
        return True

    @property
    def running(self) -> bool:
        """Whether it has not been stopped; also once all was read, as what was read is still shown."""
        return not self._stop.is_set()

    def _run(self) -> None:
        for some in self._source.portions():
            self._put(some)
            while not self._stop.wait(_LOOK if self._full else 0):
                if not self._full:
                    break
            if self._stop.is_set():
                break
        self.ended = True

    @property
    def _full(self) -> bool:
        queue = self._queue
        return self.paused or queue.waiting > _WAITING or queue.packet_bytes > _PACKET_BYTES

    def _put(self, some: Observation) -> None:
        events, packets = list[Event](), list[Packet]()
        for event in some.told:
            if isinstance(event, Packet):
                packets.append(event)
            else:
                events.append(event)
            self.now, self.at = max(self.now, event.mono), max(self.at, event.at)
        self._queue.put([*events, *some.numbers], packets)
