"""Flows: which pair of ends a packet that is told of passed between, each pair with a serial of its own.

What strangers send has flows too, whether it is let in or refused. Only so many of those are kept; those of
what is up, or set up by ourselves, stay with their link.
"""

import socket
from collections import OrderedDict
from collections.abc import Hashable, Mapping

from sctp_tui.sctp import sockaddr
from sctp_tui.sctp.events import Peer

from .links import Flow, Link, SocketAddress

STRANGERS = 4096
"""Flows kept of what is not up, all links together; past it the one unused longest gets a new serial."""
FLOW_COST = 1000
"""Bytes that such a flow takes at most, with its place in the table."""


class Flows:
    """All flows; `names` are the endpoints by their SCTP ports. Ports are bytes, the local one first."""

    def __init__(self, names: Mapping[int, str], limit: int = STRANGERS) -> None:
        self.limit = limit
        self._names = names
        self._strangers: OrderedDict[Hashable, Flow] = OrderedDict()
        self._bound: dict[socket.socket, tuple[str, int]] = {}
        self._last = 0

    def __len__(self) -> int:
        """How many are kept that are not their links'."""
        return len(self._strangers)

    def attach(self, sock: socket.socket) -> None:
        """A UDP socket is read from now on."""
        address = sock.getsockname()
        self._bound[sock] = sockaddr.host(address), address[1]

    def detach(self, sock: socket.socket) -> None:
        """A UDP socket is read no more."""
        self._bound.pop(sock, None)
        for key in [key for key in self._strangers if isinstance(key, tuple) and key[0] is sock]:
            del self._strangers[key]

    def of(self, link: Link, ports: bytes, *, begins: bool = False) -> Flow:
        """The flow of a packet on a link; `begins` where it is an INIT of our own."""
        flow = link.flows.get(ports)
        if flow is not None:
            return flow
        if ports in link.flows or link.other is not None or (begins and link.ours):
            flow = self._strangers.pop(_key(link, ports), None) or self._new(
                link.udp, link.host, link.udp_port, ports, link.other.host if link.other is not None else ""
            )
            link.flows[ports] = flow
            return flow
        return self._stranger(_key(link, ports), link.udp, link.host, link.udp_port, ports)

    def known(self, link: Link, ports: bytes) -> bool:
        """Whether packets between these ports on a link have a flow."""
        return ports in link.flows or _key(link, ports) in self._strangers

    def from_address(self, sock: socket.socket, address: SocketAddress, ports: bytes) -> Flow:
        """The flow of a packet that came from where no link leads."""
        host = sockaddr.host(address)
        return self._stranger((sock, address, ports), sock, host, address[1], ports)

    def _stranger(
        self, key: Hashable, sock: socket.socket | None, host: str, udp_port: int | None, ports: bytes
    ) -> Flow:
        flow = self._strangers.get(key)
        if flow is None:
            flow = self._new(sock, host, udp_port, ports)
            self._add(key, flow)
        else:
            self._strangers.move_to_end(key)
        return flow

    def _add(self, key: Hashable, flow: Flow) -> None:
        self._strangers[key] = flow
        if len(self._strangers) > self.limit:
            self._strangers.popitem(last=False)

    def _new(
        self, sock: socket.socket | None, host: str, udp_port: int | None, ports: bytes, here: str = ""
    ) -> Flow:
        """A flow with a peer at `host`; within the process its local end is at `here`."""
        local, port = int.from_bytes(ports[:2], "big"), int.from_bytes(ports[2:], "big")
        end = Peer((here,), local)
        if sock is not None:
            bound = self._bound.get(sock)  # None: its last packets, and it is closed
            end = (
                Peer(addresses=bound[:1], port=local, udp_port=bound[1])
                if bound is not None
                else Peer((), local)
            )
        self._last += 1
        return Flow(
            self._names.get(local, ""), end, Peer(addresses=(host,), port=port, udp_port=udp_port), self._last
        )

    def keep(self, link: Link, ports: bytes) -> None:
        """An association came up: its flow stays until `release`."""
        if link.flows.get(ports) is None:
            link.flows[ports] = self._strangers.pop(_key(link, ports), None)

    def release(self, link: Link, ports: bytes) -> None:
        """An association ended: only its last packets are still to come."""
        if not link.ours and (flow := link.flows.pop(ports, None)) is not None:
            self._add(_key(link, ports), flow)

    def move(self, link: Link) -> None:
        """The peer on this link has another UDP port."""
        for ports, flow in link.flows.items():
            if flow is not None:
                peer = Peer(addresses=flow.peer.addresses, port=flow.peer.port, udp_port=link.udp_port)
                link.flows[ports] = flow._replace(peer=peer)


def _key(link: Link, ports: bytes) -> Hashable:
    # By where it leads: so a packet refused before there was a link has the same flow.
    return (link.udp, link.address, ports) if link.address is not None else (link.udp, link.handle, ports)
