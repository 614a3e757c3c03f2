"""Which paths the packets of other programs confirm: no stack of these tells the states of its paths."""

from collections.abc import Iterator, Sequence
from ipaddress import ip_address
from typing import Literal, NamedTuple

from sctp_tui.sctp.events import Direction
from sctp_tui.sctp.wire.packet import Chunk, CookieEcho, HeartbeatAck, Init, InitAck
from sctp_tui.sctp.wire.parameters import IPV4, IPV6

_OTHER: dict[Direction, Direction] = {"in": "out", "out": "in"}


class SeenPath(NamedTuple):
    """The path of the end that sends in this direction, to an address of the other."""

    direction: Direction
    to: str
    state: Literal["active", "unconfirmed"]


class ConfirmedPaths:
    """Takes the packets that arrive, of one conversation in the order of time.

    Confirmed is, for the end that has sent it, where the INIT went once that is answered; for the other end,
    where its INIT ACK went once the cookie is back; and any address that has answered a HEARTBEAT (RFC 9260,
    section 5.4).
    """

    def __init__(self) -> None:
        self._called: dict[Direction, str] = {}  # where the newest INIT or INIT ACK of each direction went

    def take(self, direction: Direction, source: str, to: str, chunks: Sequence[Chunk]) -> Iterator[SeenPath]:
        """What a packet tells."""
        back = _OTHER[direction]
        for chunk in chunks:
            match chunk:
                case Init():
                    self._called[direction] = to
                    if isinstance(chunk, InitAck) and back in self._called:
                        yield SeenPath(back, self._called[back], "active")
                    for one in chunk.parameters:
                        if (one.type, len(one.data)) in ((IPV4, 4), (IPV6, 16)):
                            yield SeenPath(back, str(ip_address(one.data)), "unconfirmed")
                case CookieEcho() if back in self._called:
                    yield SeenPath(back, self._called[back], "active")
                case HeartbeatAck():
                    yield SeenPath(back, source, "active")
