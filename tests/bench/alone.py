"""Receivers without a screen, as subjects: the engine, or the stack with nothing above it.

python -m tests.bench.alone engine|seeing|bare ASK REPORT
"""

import select
import socket
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Collection

from sctp_tui.engine.engine import Engine
from sctp_tui.engine.event_queue import EventQueue
from sctp_tui.monitor.trace.conversations import Wire
from sctp_tui.sctp.commands import Listen, Stop
from sctp_tui.sctp.endpoint import Clock, EndpointOptions
from sctp_tui.sctp.events import Counts, Event, Listening, Message, StackName
from sctp_tui.sctp.userspace import layout
from sctp_tui.sctp.userspace.sockets import open_socket
from sctp_tui.sctp.userspace.stack import UserspaceStack

from .sender import STAMP
from .subject import answer

_RECORDS = 5_000  # what is kept to be looked at


class EngineAlone:
    """The engine with the screen's event queue, drained as often; `packets`: those stacks' are kept."""

    def __init__(self, packets: Collection[StackName] = ()) -> None:
        self._event_queue = EventQueue()
        self._engine = Engine(self._event_queue, grace=0, packets=packets)
        self._wire = Wire()
        self._kept: deque[Event] = deque(maxlen=_RECORDS)
        self._counts: dict[int, Counts] = {}
        self._dropped = 0
        self._where: tuple[int, int | None] | None = None
        self._ended = False
        self.answers: dict[str, Callable[..., object]] = {
            "where": self.where,
            "numbers": self.numbers,
            "delays": self.delays,
        }

    def run(self) -> None:
        """Drain until `stop`."""
        self._engine.start()
        self._engine.submit(Listen("server", "userspace", port=0, udp_port=0))
        while not self._ended:
            batch = self._event_queue.drain()
            self._kept += batch.events
            self._wire.extend(batch.packets)
            self._counts |= batch.counts
            self._dropped = batch.dropped
            for event in batch.events:
                if isinstance(event, Listening):
                    self._where = event.port, event.udp_port
            time.sleep(0.1)
        self._engine.submit(Stop(now=True))
        self._engine.join(5)

    def stop(self) -> None:
        """End `run`."""
        self._ended = True

    def where(self) -> tuple[int, int | None]:
        """The server's port and UDP port, once it listens."""
        while self._where is None:
            time.sleep(0.02)
        return self._where

    def numbers(self) -> dict[str, float]:
        """All that is counted since the start, the CPU that took, and when the last message came."""
        counts = list(self._counts.values())
        return {
            "messages": sum(each.messages_in for each in counts),
            "dropped": self._dropped,
            "cpu": time.process_time(),
            "last": max((each.last for each in counts), default=0.0),
        }

    def delays(self) -> list[float]:
        """See `screen.Measured.delays`."""
        came = list(self._kept)
        self._kept.clear()
        return [
            (event.mono - STAMP.unpack_from(event.data)[0]) * 1000
            for event in came
            if isinstance(event, Message)
        ]


class Bare:
    """usrsctp and what carries its packets, and a loop that takes the bytes of each message."""

    def __init__(self) -> None:
        self._stack = UserspaceStack(Clock())
        self._socket = open_socket(self._stack.call, self._stack.intake, EndpointOptions("bare"))
        self._udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._udp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 * 1024 * 1024)
        self._udp.bind(("127.0.0.1", 0))
        self._port = 9877
        self._messages = 0
        self._last = 0.0
        self._ended = False
        self.answers: dict[str, Callable[..., object]] = {"where": self.where, "numbers": self.numbers}

    def run(self) -> None:
        """Receive until `stop`."""
        pump, receive = self._stack.pump, self._socket.receive
        self._socket.bind(self._port)
        pump.ports[self._port] = "load"
        self._socket.listen()
        pump.attach(self._udp)
        while not self._ended:
            timeout = pump.timeout()
            select.select([pump.descriptor()], [], [], 0.1 if timeout is None else timeout)
            pump.run_once()
            while (got := receive()) is not None:
                if not got[1][-1] & layout.MSG_NOTIFICATION:
                    self._messages += 1
            pump.ready.clear()
            self._last = time.monotonic()
        self._socket.close()
        self._stack.close()

    def stop(self) -> None:
        """End `run`."""
        self._ended = True

    def where(self) -> tuple[int, int]:
        """Its port and UDP port."""
        return self._port, int(self._udp.getsockname()[1])

    def numbers(self) -> dict[str, float]:
        """See `EngineAlone.numbers`."""
        return {"messages": self._messages, "dropped": 0, "cpu": time.process_time(), "last": self._last}


def main(which: str, ask: int, report: int) -> None:
    """Run until nobody asks any more."""
    seen: tuple[StackName, ...] = ("userspace",) if which == "seeing" else ()
    receiver = Bare() if which == "bare" else EngineAlone(seen)

    def answering() -> None:
        answer(ask, report, receiver.answers)
        receiver.stop()

    threading.Thread(target=answering, daemon=True).start()
    receiver.run()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
