"""The program on its screen, as a subject: the same in all, with a probe in its event loop.

python -m tests.bench.screen REDRAWS_PER_SECOND ASK REPORT
"""

import asyncio
import sys
import threading
import time
from collections.abc import Callable
from typing import ClassVar

from sctp_tui.sctp.commands import Stop
from sctp_tui.sctp.events import Message
from sctp_tui.tui.app import SctpApp, Settings

from .feed import Feed
from .figures import percentile
from .sender import STAMP
from .subject import answer, resident

_PROBE = 0.005


class Measured(SctpApp):
    """The program. Questions are answered in a thread, which costs nothing until one comes."""

    DRAINS: ClassVar[int] = int(sys.argv[1])

    def __init__(self, ask: int, report: int) -> None:
        super().__init__(Settings(port=0, udp_port=0))
        self._feed = Feed(self.event_queue)
        self._pipes = ask, report
        self._lags: list[float] = []
        self._probing = False
        self._seen = 0

    async def on_ready(self) -> None:
        threading.Thread(target=self._answer, daemon=True).start()

    def _answer(self) -> None:
        answers: dict[str, Callable[..., object]] = {
            "where": self.where,
            "numbers": self.numbers,
            "probe": lambda: self.call_from_thread(self.probe),
            "probed": self.probed,
            "delays": self.delays,
            "wire": self.open_wire,
            "repeat": self.repeat,
            "associations": self._feed.associations,
            "feed": self._feed.at,
            "feed_number": self._feed.number,
        }
        answer(*self._pipes, answers)
        self._feed.at(0)
        self.submit(Stop(now=True))
        self.call_from_thread(self.exit)

    def probe(self) -> None:
        """Measure how much later than asked for short sleeps end: the lag of the event loop."""
        self._lags.clear()
        if not self._probing:
            self._probing = True
            self.run_worker(self._probe())

    async def _probe(self) -> None:
        while self._probing:
            asked = time.monotonic()
            await asyncio.sleep(_PROBE)
            self._lags.append((time.monotonic() - asked - _PROBE) * 1000)

    def repeat(self, packets: int) -> None:
        """Have so many packets kept: those that are, as small as they are, again and again."""
        small = [packet for packet in self.monitor.wire if len(packet.data) < 120]
        for start in range(0, packets, len(small)):
            self.monitor.wire.extend(small[: packets - start])

    def open_wire(self) -> None:
        """Show the ladder of the first association."""
        self.call_from_thread(self.call_later, self._main.action_wire)

    def where(self) -> tuple[int, int | None]:
        """The server's port and UDP port, once it listens."""
        while not (servers := self.monitor.endpoints.servers):
            time.sleep(0.02)
        return servers[0].port, servers[0].udp_port

    def numbers(self) -> dict[str, float]:
        """All that is counted, since the start."""
        associations = list(self.monitor.associations)
        return {
            "messages": sum(association.messages_in for association in associations),
            "last": max((association.last for association in associations), default=0.0),
            "alive": self.monitor.associations.live,
            "captured": self.monitor.log.captured,
            "packets": len(self.monitor.wire) + self.monitor.wire.gone,
            "kept": len(self.monitor.wire),
            "dropped": self.monitor.dropped,
            "fed": self._feed.fed,
            "resident": resident(),
            "cpu": time.process_time(),
            "at": time.monotonic(),
        }

    def probed(self) -> tuple[float, float, float]:
        """Lag in ms since `probe`, which it ends: median, 99th percentile, worst."""
        self._probing = False
        lags = list(self._lags)
        return percentile(lags, 50), percentile(lags, 99), max(lags)

    def delays(self) -> list[float]:
        """Delays in ms, from the sender's clock to the engine's, of the messages since the last call."""
        log = self.monitor.log
        first, self._seen = max(self._seen, log.first), log.captured
        events = (log[number] for number in range(first, self._seen))
        return [
            (event.mono - STAMP.unpack_from(event.data)[0]) * 1000
            for event in events
            if isinstance(event, Message)
        ]


if __name__ == "__main__":
    Measured(int(sys.argv[2]), int(sys.argv[3])).run()
