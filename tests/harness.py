"""A running engine for tests: takes commands, and waits for events.

Nothing sleeps: `until` waits on the event queue, and fails after `PATIENCE` with all events seen.
"""

import itertools
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Self, TypeVar

from sctp_tui.engine.engine import Engine
from sctp_tui.engine.event_queue import Consumer, EventQueue
from sctp_tui.sctp.commands import (
    AbortAssociation,
    CloseAssociation,
    CloseEndpoint,
    Command,
    Listen,
    OpenClient,
    Send,
    Stop,
)
from sctp_tui.sctp.endpoint import UDP_PORT
from sctp_tui.sctp.events import (
    AssocChange,
    Counts,
    Detail,
    Event,
    Generating,
    LinkState,
    Listening,
    Message,
    Packet,
    Peer,
    StackName,
    Status,
    Streams,
    Totals,
)

from . import explained
from .patience import PATIENCE
from .rawpeer import RawPeer

E = TypeVar("E", bound=Event)


def unused_udp_port() -> int:
    """A UDP port of 127.0.0.1 that is free."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@contextmanager
def silent_peer() -> Iterator[Peer]:
    """A peer over UDP that never answers."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        yield Peer(("127.0.0.1",), 9, silent.getsockname()[1])


class Running:
    """An engine in its thread, with all its events and the newest of its numbers.

    At the end of a test that passes, `explained` checks what the program says of its packets and events.
    """

    def __init__(
        self,
        stack: StackName,
        event_queue: EventQueue | None = None,
        *others: Consumer,
        **options: Any,
    ) -> None:
        self.stack = stack
        self.event_queue = event_queue or EventQueue()
        self.engine = Engine(self.event_queue, *others, **options)
        self.events: list[Event] = []
        self.packets: list[Packet] = []
        self.counts: dict[int, Counts] = {}
        self._drained = 0  # events; a test that drains or clears them itself has other counts
        self.status: dict[int, Status] = {}
        self.statuses: list[Status] = []
        self.all_details: list[Detail] = []
        self.streams: dict[int, Streams] = {}
        self.details: dict[int, Detail] = {}
        self.generators: dict[int, Generating] = {}
        self.link: LinkState | None = None
        self.totals: Totals | None = None
        self.packets_missed = self.dropped = 0
        self.server: Listening | None = None
        self._seen = 0
        self._ids = itertools.count(1)
        self._clients = itertools.count(1)

    def __enter__(self) -> Self:
        self.engine.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.engine.submit(Stop(now=True))
        deadline = time.monotonic() + PATIENCE
        while not self.engine.join(0.01):
            self.drain()
            assert time.monotonic() < deadline, "the engine does not end"
        self.drain()
        if error is None:
            counted = (
                ()
                if self.dropped or len(self.events) != self._drained
                else (*self.counts.values(), *self.streams.values())
            )
            explained.check(self.packets, self.events, self.statuses, [*counted, *self.all_details])

    def submit(self, *commands: Command) -> None:
        self.engine.submit(*commands)

    def drain(self, timeout: float = 0.0) -> None:
        batch = self.event_queue.drain(timeout)
        self.events += batch.events
        self._drained += len(batch.events)
        self.packets += batch.packets
        self.counts |= batch.counts
        self.status |= batch.status
        self.statuses += batch.status.values()
        self.all_details += batch.details.values()
        self.dropped = batch.dropped
        self.streams |= batch.streams
        self.details |= batch.details
        self.generators |= batch.generators
        self.link = batch.links.get(0) or self.link
        self.totals = batch.totals or self.totals
        self.packets_missed = batch.packets_missed

    def until(self, kind: type[E], test: Callable[[E], bool] = lambda event: True, **fields: object) -> E:
        """Wait for the next event of this kind with these fields, after the one last waited for."""

        def wanted(event: Event) -> bool:
            return (
                isinstance(event, kind)
                and all(getattr(event, name) == value for name, value in fields.items())
                and test(event)
            )

        deadline = time.monotonic() + PATIENCE
        while True:
            for at in range(self._seen, len(self.events)):
                if wanted(event := self.events[at]):
                    self._seen = at + 1
                    assert isinstance(event, kind)
                    return event
            left = deadline - time.monotonic()
            if left <= 0:
                seen = "\n".join(repr(event)[:300] for event in self.events[self._seen :])
                raise AssertionError(f"no {kind.__name__} {fields} in {PATIENCE} s, but:\n{seen}")
            self.drain(left)

    def again(self) -> None:
        """Search from the first event again, for events whose order doesn't matter."""
        self._seen = 0

    def until_true(self, test: Callable[[], bool]) -> None:
        """Take in events until a condition holds."""
        deadline = time.monotonic() + PATIENCE
        while not test():
            left = deadline - time.monotonic()
            assert left > 0, "it did not come to hold"
            self.drain(min(left, 0.05))

    @property
    def refused(self) -> int:
        """The number of associations refused so far."""
        return self.totals.refused if self.totals else 0

    def listen(self, *hosts: str, name: str = "server", **options: Any) -> Listening:
        udp_port = 0 if self.stack == "userspace" else None
        options = {"port": 0, "udp_port": udp_port} | options
        self.submit(Listen(name, self.stack, hosts or ("127.0.0.1",), **options))
        self.server = self.until(Listening, endpoint=name)
        return self.server

    def to_server(self, *, over_udp: bool = False) -> Peer:
        assert self.server is not None
        udp_port = (self.server.udp_port or UDP_PORT) if over_udp else None
        return Peer(self.server.addresses[:1], self.server.port, udp_port)

    def nobody(self, *, over_udp: bool = False) -> Peer:
        """A peer that does not exist; not on the usual UDP port, which any program may have."""
        here = self.to_server(over_udp=over_udp)
        udp_port = unused_udp_port() if self.stack == "userspace" and not over_udp else here.udp_port
        return Peer(here.addresses, here.port ^ 1, udp_port)

    def raw_peer(self, **options: Any) -> RawPeer:
        """A raw peer of the server over UDP; on the kernel stack the fixture `udp_here` makes that work."""
        assert self.server is not None
        return RawPeer(self.server.udp_port or UDP_PORT, self.server.port, **options)

    def send(self, endpoint: str = "", data: bytes = b"hello", **options: Any) -> int:
        """Send a message; returns its id."""
        message_id = next(self._ids)
        self.submit(Send(message_id, data, endpoint, **({"stream": 1} | options)))
        return message_id

    def client(
        self,
        data: bytes = b"hello",
        *,
        to: Peer | None = None,
        stream: int = 1,
        outbound: int = 5,
        inbound: int = 5,
        **options: Any,
    ) -> str:
        """Open a client and send its first message; returns the client's name."""
        name = f"client {next(self._clients)}"
        self.submit(OpenClient(name, self.stack, to or self.to_server(), outbound, inbound, **options))
        self.send(name, data, stream=stream)
        return name

    def greet(self, data: bytes = b"hello", **options: Any) -> tuple[str, AssocChange, AssocChange]:
        """Open a client and wait until its first message is received.

        Returns the client's name, and COMM_UP at the server and at the client.
        """
        self._seen = before = self.now()
        name = self.client(data, **options)
        up = self.until(AssocChange, endpoint="server", state="COMM_UP")
        self.until(Message, endpoint="server", direction="in", key=up.key)
        self._seen = before
        ours = self.until(AssocChange, endpoint=name, state="COMM_UP")
        self.again_from(before)
        return name, up, ours

    def again_from(self, at: int) -> None:
        self._seen = at

    def now(self) -> int:
        """The number of events so far, to search from there with `again_from`."""
        self.drain()
        return len(self.events)

    def close(self, endpoint: str) -> None:
        self.submit(CloseEndpoint(endpoint))

    def shut_down(self, key: int) -> None:
        self.submit(CloseAssociation(key))

    def abort(self, key: int, reason: str = "") -> None:
        self.submit(AbortAssociation(key, reason))
