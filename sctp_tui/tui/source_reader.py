"""Reads a source in a thread of its own, and feeds what it tells to the event queue, as the engine does.

As fast as it can be read and drawn, or at the times at which it happened. Then it can be stopped, slowed,
stepped through, and led to a time or an event.
"""

import math
import threading
import time
from collections.abc import Callable, Sequence
from typing import get_args

from sctp_tui.engine.event_queue import EventQueue
from sctp_tui.monitor.associations import Associations
from sctp_tui.sctp.commands import Command, Stop
from sctp_tui.sctp.events import Event, LinkState, Message, Number, Packet, PacketsMissed
from sctp_tui.sources.source import Observation, Source

SPEEDS = (1 / 16, 1 / 8, 1 / 4, 1 / 2, 1.0, 2.0, 4.0, 8.0, 16.0, 64.0, 256.0, math.inf)
"""Speeds of a replay, times that at which it happened; the last is as fast as can be."""
_WAITING = 10_000  # events that wait to be drawn before reading pauses
_PACKET_BYTES = 4 * 1024 * 1024  # of packets that wait: less than the queue drops
_LOOK = 0.01  # s between two looks whether there is room again
_TICK = 0.05  # s between two looks at the time, while the next event is waited for
_AT_ONCE = 500  # events put into the queue at once
_ENDED = 1000  # associations that have ended and may still have an event or packet to come
_UNCOUNTED = frozenset({*get_args(Number), PacketsMissed})


class SourceReader:
    """Has the interface of the engine that the screen uses; of all commands it only knows `Stop`.

    `now` is the time that has been reached, in seconds of the source's monotonic clock, `at` the same in
    seconds since the epoch. `ended`: nothing more will be read; `in_vain`: what was looked for did not come.
    `told` counts events and packets so far, `read` those that were read of the source, which is ahead.
    `speed`: see `SPEEDS`.
    """

    grace = 0.0
    """Seconds that an end takes at most."""
    turns = 0
    idle = True
    """It is never stuck: a pipe may be silent for ever."""

    def __init__(self, source: Source, queue: EventQueue, speed: float = math.inf) -> None:
        self._speed = speed
        self._paused = False
        self._stopped = False
        self._started = False
        self._changed = threading.Condition()
        self._reset(source, queue)

    def _reset(self, source: Source, queue: EventQueue) -> None:
        self._source, self._queue = source, queue
        self.now = self.at = 0.0
        self.ended = self.in_vain = False
        self.told = self.read = 0
        self.known = Associations(_ENDED)
        """Those that events so far are of; written by the reader's thread."""
        self._offset = 0.0  # of `at` from `now`
        self._halted = False
        self._steps = 0  # events to be told though it is paused
        self._until = 0.0  # time to be reached as fast as can be
        self._wanted: Callable[[Event], bool] | None = None  # tells an event to be reached likewise
        self._anchor: tuple[float, float] | None = None  # real time, and `at` then
        self._thread = threading.Thread(target=self._run, name="source", daemon=True)

    def start(self) -> None:
        """Start reading."""
        self._started = True
        self._thread.start()

    def submit(self, *commands: Command) -> None:
        """End at once where one of them is `Stop`: there is nobody else to speak to."""
        if any(isinstance(command, Stop) for command in commands):
            self._stopped = True
            with self._changed:
                self._changed.notify()

    def join(self, timeout: float | None = None) -> bool:
        """As `Engine.join`. A thread that waits for a pipe is left behind."""
        return True

    @property
    def running(self) -> bool:
        """Whether it has not been stopped; also once all was read, as what was read is still shown."""
        return not self._stopped

    # --- for the screen

    @property
    def paused(self) -> bool:
        """Whether it tells nothing for now, unless it is on its way to somewhere."""
        return self._paused

    @paused.setter
    def paused(self, paused: bool) -> None:
        self._change(paused=paused)

    @property
    def speed(self) -> float:
        """See `SPEEDS`."""
        return self._speed

    @speed.setter
    def speed(self, speed: float) -> None:
        self._change(speed=speed)

    def step(self) -> None:
        """Pause, but for the next event or packet."""
        self._change(paused=True, steps=1)

    def go_to(self, at: float) -> None:
        """Go to a later time, in seconds since the epoch, as fast as can be."""
        self._change(until=at)

    def find(self, wanted: Callable[[Event], bool]) -> None:
        """Go to the next event or packet that is wanted, and pause there."""
        self._change(wanted=wanted)

    def begin_again(self, source: Source, queue: EventQueue, *, until: float = 0.0, steps: int = 0) -> None:
        """Read the source anew, opened again, into another queue; to a time, or so many events, at once."""
        with self._changed:
            self._halted = True
            self._changed.notify()
        if self._started:
            self._thread.join()
        self._source.close()
        self._reset(source, queue)
        self._until, self._steps = until, steps
        self.start()

    def _change(
        self,
        *,
        paused: bool | None = None,
        speed: float | None = None,
        until: float = 0.0,
        steps: int = 0,
        wanted: Callable[[Event], bool] | None = None,
    ) -> None:
        with self._changed:
            self._paused = self._paused if paused is None else paused
            self._speed = self._speed if speed is None else speed
            self._until, self._wanted = until, wanted
            self._steps = self._steps + steps if steps else 0
            self._anchor = None
            self._changed.notify()

    # --- the thread

    def _run(self) -> None:
        for number, some in enumerate(self._source.portions()):
            told = [*some.told, *some.numbers]
            self.read += sum(map(_counts, told))
            if not (self._tell_all(some, told) if self._unpaced else self._tell_paced(told)):
                return
            if number == 0 and not self._source.done:
                self._wait_for_drain()  # so that the screen has the time to draw its first rows
        self.in_vain = self._wanted is not None
        self.ended = True

    def _wait_for_drain(self) -> None:
        """Wait until the screen has what was told so far, or all is to end."""
        with self._changed:
            while (self._queue.waiting or self._queue.packet_bytes) and not self._ends:
                self._changed.wait(_LOOK)

    @property
    def _ends(self) -> bool:
        return self._stopped or self._halted

    @property
    def _unpaced(self) -> bool:
        wanted = self._wanted is not None or self._steps or self._until
        return not wanted and not self._paused and self._speed == math.inf

    def _tell_all(self, some: Observation, told: Sequence[Event]) -> bool:
        for event in told:
            self._note(event)
        return self._put(told) and (not self._paused or self._wait_while_paused())

    def _wait_while_paused(self) -> bool:
        """Wait between two portions, as after the last one, so that the screen can say that it is paused."""
        with self._changed:
            while (
                self._paused
                and not self._steps
                and self._wanted is None
                and not self._until
                and not self._ends
            ):
                self._changed.wait()
        return not self._ends

    def _tell_paced(self, told: Sequence[Event]) -> bool:
        """Tell events one by one, each when it is due; False where that is to end."""
        ready = list[Event]()
        for event in told:
            self.at = self.at or event.at  # it begins there
            if self._left(event) > 0 or len(ready) >= _AT_ONCE:
                if not self._put(ready) or not self._wait_for(event):
                    return False
                ready = []
            ready.append(event)
            self._note(event)
            self._reach(event)
        return self._put(ready)

    def _left(self, event: Event) -> float:
        """Seconds until an event is to be told, infinite while it is paused."""
        if self._until:
            return 0.0 if event.at <= self._until else math.inf
        if self._wanted is not None or self._steps:
            return 0.0
        if self._paused:
            return math.inf
        return 0.0 if self._speed == math.inf else (event.at - self.at) / self._speed

    def _wait_for(self, event: Event) -> bool:
        """Wait until an event is due, while the time goes on; False where all is to end."""
        with self._changed:
            while not self._ends:
                if self._until and event.at > self._until:
                    self._move(self._until)
                    self._until, self._anchor = 0.0, None
                    self._paused = self._paused or self._speed == math.inf  # else the end would be next
                if (left := self._left(event)) <= 0:
                    break
                real = time.monotonic()
                if self._paused:
                    self._anchor = None
                elif self._anchor is None:
                    self._anchor = real, self.at
                self._changed.wait(min(left, _TICK))
                if self._anchor is not None:
                    since, at = self._anchor
                    self._move(min(event.at, at + (time.monotonic() - since) * self._speed))
            return not self._ends

    def _move(self, at: float) -> None:
        """Note that a time has been reached."""
        self.at = max(self.at, at)
        self.now = max(self.now, self.at - self._offset)

    def _note(self, event: Event) -> None:
        """Note the time of an event that is told, and that it was."""
        if isinstance(event, Packet):
            if not event.captured:
                self.at = max(self.at, event.at)
                self.told += 1
                return  # its clock is the link's
        elif isinstance(event, Message):
            if self.known.get(event.key) is None:
                self.known.fold(event)
        elif isinstance(event, LinkState):
            return
        else:
            self.known.fold(event)
        self.told += _counts(event)
        self.now, self.at = max(self.now, event.mono), max(self.at, event.at)
        self._offset = event.at - event.mono

    def _reach(self, event: Event) -> None:
        """Pause where this was the event to go to."""
        if not (self._steps or self._wanted is not None) or not _counts(event):
            return
        with self._changed:
            self._steps -= self._steps > 0
            if self._wanted is not None and self._wanted(event):
                self._wanted, self._paused = None, True
            self._anchor = None

    def _put(self, told: Sequence[Event]) -> bool:
        """Put events into the queue, and wait until it has room for more; False where all is to end."""
        events, packets, missed = list[Event](), list[Packet](), 0
        for event in told:
            if isinstance(event, Packet):
                packets.append(event)
            elif isinstance(event, PacketsMissed):
                missed += event.count
            else:
                events.append(event)
        self._queue.put(events, packets, missed)
        queue = self._queue
        while queue.waiting > _WAITING or queue.packet_bytes > _PACKET_BYTES:
            with self._changed:
                if self._ends:
                    break
                self._changed.wait(_LOOK)
        return not self._ends


def _counts(event: Event) -> bool:
    """Whether an event is one of the log, or a packet: what a step shows."""
    return type(event) not in _UNCOUNTED
