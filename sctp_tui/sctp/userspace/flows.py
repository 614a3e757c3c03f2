"""Flows: the pair of ends that a packet shown passed between, each pair with a number of its own.

Packets of strangers have flows too, whether let in or refused; of those only so many are kept. The flow of an
association that is up, or that we are setting up, stays with its link.
"""

import socket
from collections import OrderedDict
from collections.abc import Hashable, Mapping

from sctp_tui.sctp import sockaddr
from sctp_tui.sctp.events import Peer
from sctp_tui.sctp.flow_numbers import new_flow

from .links import Flow, Link, SocketAddress

STRANGERS = 4096
"""Flows kept of strangers; beyond it the one unused longest is dropped, and is new when it comes again."""
FLOW_COST = 1000
"""Bytes of memory that such a flow takes at most, with its place in the table."""


class Flows:
    """All flows; `names` are endpoint names by SCTP port. `ports` are four octets, the local one first."""

    def __init__(self, names: Mapping[int, str], limit: int = STRANGERS) -> None:
        self.limit = limit
        self._names = names
        self._strangers: OrderedDict[Hashable, Flow] = OrderedDict()
        self._bound: dict[socket.socket, tuple[str, int]] = {}

    def __len__(self) -> int:
        """How many flows of strangers are kept."""
        return len(self._strangers)

    def attach(self, sock: socket.socket) -> None:
        """Remember the address of a UDP socket that is read from now on."""
        address = sock.getsockname()
        self._bound[sock] = sockaddr.host(address), address[1]

    def detach(self, sock: socket.socket) -> None:
        """Drop a UDP socket that is read no more, and the flows of its strangers."""
        self._bound.pop(sock, None)
        for key in [key for key in self._strangers if isinstance(key, tuple) and key[0] is sock]:
            del self._strangers[key]

    def of(self, link: Link, ports: bytes, *, begins: bool = False) -> Flow:
        """The flow of a packet on a link; `begins`: it is an INIT of our own."""
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
        """The flow of a packet from an address that has no link."""
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
            bound = self._bound.get(sock)  # None for the last packets of a closed socket
            end = (
                Peer(addresses=bound[:1], port=local, udp_port=bound[1])
                if bound is not None
                else Peer((), local)
            )
        return Flow(
            self._names.get(local, ""), end, Peer(addresses=(host,), port=port, udp_port=udp_port), new_flow()
        )

    def keep(self, link: Link, ports: bytes) -> None:
        """Keep the flow of an association that came up, until `release`."""
        if link.flows.get(ports) is None:
            link.flows[ports] = self._strangers.pop(_key(link, ports), None)

    def release(self, link: Link, ports: bytes) -> None:
        """Treat the flow of an association that ended as a stranger's; only its last packets still come."""
        if not link.ours and (flow := link.flows.pop(ports, None)) is not None:
            self._add(_key(link, ports), flow)

    def move(self, link: Link) -> None:
        """Set the UDP port in a link's flows anew, as its peer now has another."""
        for ports, flow in link.flows.items():
            if flow is not None:
                peer = Peer(addresses=flow.peer.addresses, port=flow.peer.port, udp_port=link.udp_port)
                link.flows[ports] = flow._replace(peer=peer)

    def change_socket(self, link: Link) -> None:
        """Set this end's UDP port in a link's flows anew, as it leads over another socket."""
        bound = self._bound.get(link.udp) if link.udp is not None else None
        for ports, flow in link.flows.items():
            if flow is not None and bound is not None:
                local = Peer(addresses=bound[:1], port=flow.local.port, udp_port=bound[1])
                link.flows[ports] = flow._replace(local=local)


def _key(link: Link, ports: bytes) -> Hashable:
    # By the address where there is one, so that a packet refused before the link was kept has the same flow.
    return (link.udp, link.address, ports) if link.address is not None else (link.udp, link.handle, ports)
