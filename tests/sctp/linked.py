"""A server and clients within the process, with a link whose time the test advances: nothing waits."""

import itertools
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from types import TracebackType
from typing import Self, TypeVar

from sctp_tui.sctp.endpoint import Clock, EndpointOptions, Outgoing, SctpError
from sctp_tui.sctp.events import AssocChange, Detail, Event, Message, Packet, Peer, Status
from sctp_tui.sctp.link.syntax import parse
from sctp_tui.sctp.userspace.endpoint import UserspaceEndpoint
from sctp_tui.sctp.userspace.stack import UserspaceStack
from sctp_tui.sctp.wire.decode import decode
from sctp_tui.sctp.wire.packet import Chunk, Data, name_of

from .. import explained

C = TypeVar("C", bound=Chunk)
E = TypeVar("E", bound=Event)
TICK = 0.01
_ASKED = 20  # ticks after which ends are asked for their status


class Linked:
    """A server, clients, their events, and the packets between them. `time` is the link's, in seconds.

    `pace` is the real time that a tick takes at least, in seconds: the library retransmits nothing whose age
    in real time is below a round trip in real time.
    """

    def __init__(self, pace: float = 0.0) -> None:
        self.time = 1000.0
        self.pace = pace
        self.clock = Clock(lambda: self.time, lambda: self.time)
        self.stack = UserspaceStack(self.clock)
        self.events: list[Event] = []
        self.packets: list[Packet] = []
        self.statuses: list[Status] = []
        self.details: list[Detail] = []
        self._ticks = 0
        self.stack.pump.lead()
        self.stack.tap(self.packets.append)
        self._keys = itertools.count(1)
        self.server = self.open("server")
        self.listening = self.server.listen(["127.0.0.1"], 0, 0)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stack.close()
        if error is None:
            explained.check(self.packets, [self.listening, *self.events], self.statuses, self.details)

    def open(self, name: str) -> UserspaceEndpoint:
        """Open an endpoint that neither listens nor has an association."""
        options = EndpointOptions(name, 10, 10, 4, keys=self._keys, clock=self.clock)
        return self.stack.open(options)

    def condition(self, out: str = "", into: str = "", seed: int | None = 1) -> None:
        """Set the link's conditions: for packets out of the server, and into it."""
        self.stack.link.set(parse(into), parse(out), seed)

    def begin(self, data: bytes = b"hello", *, over_udp: bool = False, stream: int = 0) -> UserspaceEndpoint:
        """Open a client and start its association."""
        client = self.open(f"client {next(self._keys)}")
        udp_port = self.listening.udp_port if over_udp else None
        client.aim(Peer(("127.0.0.1",), self.listening.port, udp_port))
        self.events += client.connect(Outgoing(data, stream))
        return client

    def up(self, **options: bool) -> UserspaceEndpoint:
        """Open a client, and wait until its association is up and nothing is outstanding."""
        client = self.begin(**options)  # type: ignore[arg-type]
        self.until(lambda: self.states(client)[:1] == ["COMM_UP"] and self.received() == [b"hello"])
        self.run(0.3)  # until a delayed SACK was sent
        return client

    def send(self, end: UserspaceEndpoint, stream: int, data: bytes, **options: int | bool) -> None:
        (assoc_id,) = end.associations()
        self.events += end.send(assoc_id, Outgoing(data, stream, **options))  # type: ignore[arg-type]

    def turn(self) -> None:
        self.stack.poll()
        for endpoint in list(self.stack.endpoints):
            self.events += endpoint.receive(1000)

    def run(self, seconds: float) -> None:
        for _ in range(round(seconds / TICK)):
            self._tick()

    def until(self, test: Callable[[], bool], seconds: float = 200.0) -> None:
        """Let time pass until a condition holds, at most `seconds` of the link's time."""
        end = self.time + seconds
        while not test():
            assert self.time < end, f"not within {seconds} s:\n" + "\n".join(ladder(self.packets)[-20:])
            self._tick()

    def _tick(self) -> None:
        self.time += TICK
        self.turn()
        self._ticks += 1
        if self._ticks % _ASKED == 0:
            self._ask()
        if self.pace:
            time.sleep(self.pace)

    def _ask(self) -> None:
        """Ask all ends for the status of their associations, and for its details."""
        for endpoint in self.stack.endpoints:
            for assoc_id in endpoint.associations():
                with suppress(SctpError):  # it is not up yet, or no more
                    self.statuses.append(endpoint.status(assoc_id))
                    self.details.append(endpoint.detail(assoc_id))

    def of(self, end: UserspaceEndpoint, kind: type[E]) -> list[E]:
        return [event for event in self.events if event.endpoint == end.name and isinstance(event, kind)]

    def states(self, end: UserspaceEndpoint) -> list[str]:
        return [event.state for event in self.of(end, AssocChange)]

    def received(self, stream: int | None = None) -> list[bytes]:
        """The data of the messages that the server has received, in order."""
        return [
            message.data
            for message in self.of(self.server, Message)
            if message.direction == "in" and stream in (None, message.stream)
        ]


def chunks(packets: Iterable[Packet], kind: type[C]) -> list[tuple[Packet, C]]:
    """Every chunk of a kind, with its packet."""
    return [
        (packet, chunk) for packet in packets for chunk in decode(packet.data).chunks if type(chunk) is kind
    ]


def ladder(packets: Iterable[Packet]) -> list[str]:
    """A line for each packet: `> COOKIE ECHO, DATA 0 delivered`; TSNs are counted from the first one seen."""
    first: dict[str, int] = {}
    lines = []
    for packet in packets:
        names = []
        for chunk in decode(packet.data).chunks:
            name = name_of(chunk)
            if isinstance(chunk, Data):
                name += f" {(chunk.tsn - first.setdefault(packet.direction, chunk.tsn)) & 0xFFFFFFFF}"
            names.append(name)
        lines.append(f"{'>' if packet.direction == 'in' else '<'} {', '.join(names)} {packet.verdict}")
    return lines
