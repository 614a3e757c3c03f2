"""A one-to-many socket of usrsctp (RFC 6458, section 3), whose packets the pump carries."""

import ctypes
import errno
import ipaddress
import random
import socket
import struct
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple, Protocol

import msgspec

from sctp_tui.sctp import icmp, sockaddr, unicast
from sctp_tui.sctp.association_registry import AssociationEntry
from sctp_tui.sctp.base_endpoint import BaseEndpoint
from sctp_tui.sctp.endpoint import ANY, UDP_PORT, EndpointOptions, Flaw, Outgoing, SctpError
from sctp_tui.sctp.events import (
    AssocChange,
    Detail,
    Event,
    How,
    Listening,
    Message,
    MessageTooLarge,
    Origin,
    PartialDelivery,
    Path,
    PathLimits,
    PathRequest,
    Peer,
    PeerAddrChange,
    RemoteError,
    RequestDenied,
    SendFailed,
    Status,
    StreamsRequest,
    UdpPortChanged,
)
from sctp_tui.sctp.forgery import ForgedPacket
from sctp_tui.sctp.notifications import decode_notification
from sctp_tui.sctp.protocol_parameters import ProtocolParameters
from sctp_tui.sctp.rtt import measured
from sctp_tui.sctp.system import kernel_udp_port, refusal, refused
from sctp_tui.sctp.unreachable import no_answer, no_route, refused_by
from sctp_tui.sctp.wire.causes import CauseCode
from sctp_tui.sctp.wire.chunk_types import ChunkType

from . import layout, setting
from .initial_cwnd import InitialCwnds
from .links import Link
from .pump import Pump
from .sockets import SEND_BUFFER, ReceiveBuffer, ReceiveInfo, Socket, open_socket

CUT = 1000
"""Messages kept by number of an endpoint which were cut before they were read."""
_EPHEMERAL = range(49152, 65536)  # RFC 6335, section 6


class _AssociationLink(NamedTuple):
    """An association's link, the peer's SCTP port, and what `Pump.association_up` returned for it."""

    link: Link
    port: int
    head: bytes


class Home(Protocol):
    """What an endpoint needs of its stack."""

    @property
    def call(self) -> ctypes.CDLL:
        """The library's functions."""

    @property
    def intake(self) -> ReceiveBuffer:
        """The buffers for receiving."""

    @property
    def pump(self) -> Pump:
        """The packet pump."""

    @property
    def initial_cwnds(self) -> InitialCwnds:
        """The initial cwnd of each endpoint."""

    @property
    def library(self) -> str:
        """See `Stack.library`."""

    @property
    def flaw(self) -> Flaw | None:
        """See `Stack.flaw`."""

    def serving(self, to: Peer) -> bool:
        """Whether `to` is a listening endpoint of this process."""

    def way_to(self, client: Peer) -> Link | None:
        """The link to a client of this process with its server here, None where there is none."""

    def leave(self, endpoint: "UserspaceEndpoint") -> None:
        """Remove an endpoint that was closed."""


class UserspaceEndpoint(BaseEndpoint):
    """See `sctp_tui.sctp.endpoint.Endpoint`."""

    stack = "userspace"
    called = "usrsctp"
    gone = frozenset((errno.ENOENT, errno.EPIPE, errno.ECONNRESET, errno.ENOTCONN))

    def __init__(self, home: Home, options: EndpointOptions) -> None:
        super().__init__(options, home.library)
        self._home = home
        self._pump = home.pump
        self._registry.ages = home.pump.ages
        self._port = 0
        self._initial_cwnd = options.parameters.initial_cwnd
        self._listening: Listening | None = None
        self._link: Link | None = None  # a client's
        self._met: tuple[Peer, Link] | None = None  # the client whose INIT a server's crosses
        self._links: dict[int, _AssociationLink] = {}  # by assoc ID
        self._by_head: dict[bytes, int] = {}  # the reverse
        self._stale = False  # the peer has reported a client's cookie as stale
        self._sent: set[int] = set()  # assoc IDs that may have data outstanding
        self._sockets: list[socket.socket] = []
        self._socket = open_socket(home.call, home.intake, options)
        try:
            setting.set_parameters(self._socket, 0, options.parameters)
        except SctpError:
            self._socket.close()
            raise
        self._branches: dict[int, Socket] = {}  # of associations that were branched off, by assoc ID
        self._held: set[int] = set()
        # Assoc IDs whose RTO was doubled before a round trip was measured; and none is known since.
        self._backed_off: set[int] = set()
        # What is cut before it is read, by assoc ID, stream and SSN
        self._cut: dict[tuple[int, int, int], PartialDelivery] = {}
        self._moved: dict[int, int | None] = {}  # by assoc ID, the peer's UDP port before, not yet told

    # --- setting up

    def listen(self, hosts: Sequence[str], port: int, udp_port: int | None) -> Listening:
        """See `Endpoint.listen`. A UDP socket is opened for each host, all on one UDP port."""
        hosts = unicast.needed(hosts)
        number = UDP_PORT if udp_port is None else udp_port
        for host in hosts:
            number = self._open_udp(host, number)
        self._bind(port)
        self._socket.listen()
        for sock in self._sockets:
            icmp.listen(sock, True)
            self._pump.attach(sock)
        self._listening = self._listens(hosts, self._port, number, self._warning(hosts))
        return self._listening

    def _warning(self, hosts: Sequence[str]) -> str:
        """The library's flaw as text, where other machines can reach the endpoint; else ""."""
        flaw = self._home.flaw
        if flaw is None or all(ipaddress.ip_address(host).is_loopback for host in hosts):
            return ""
        return f"{flaw.cause}: {flaw.remedy}, or leave out --host"

    def _open_udp(self, host: str, udp_port: int) -> int:
        sock = socket.socket(_family(host), socket.SOCK_DGRAM)
        self._sockets.append(sock)
        _enlarge(sock)
        if sock.family == socket.AF_INET6:  # set, as the system's default varies
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, host != "::")
        return self._bind_udp(sock, host, udp_port)

    def _open_udp_to(self, host: str, udp_port: int, own: str) -> socket.socket:
        """A UDP socket connected to a server, at the address `own`; "" for any."""
        sock = socket.socket(_family(host), socket.SOCK_DGRAM)
        try:
            _enlarge(sock)
            if own:
                self._bind_udp(sock, own, 0)
            try:
                sock.connect(sockaddr.numeric(host, udp_port))
            except OSError as error:
                raise no_route(host, error) from None
            icmp.listen(sock, True)
        except (SctpError, OSError):
            sock.close()
            raise
        self._sockets.append(sock)
        return sock

    def _bind_udp(self, sock: socket.socket, host: str, udp_port: int) -> int:
        try:
            sock.bind(sockaddr.numeric(host, udp_port))
        except OSError as error:
            what = f"can't bind UDP port {udp_port} on {host}"
            if error.errno == errno.EADDRINUSE:
                raise SctpError(
                    f"{what}; {_who_has(udp_port)}: choose another with --udp-port (0 = any)"
                ) from None
            if error.errno == errno.EACCES:
                raise SctpError(
                    f"{what}; ports below 1024 need root: choose another with --udp-port"
                ) from None
            raise refusal(error, what) from None
        return int(sock.getsockname()[1])

    def _bind(self, port: int) -> None:
        number = 0
        for candidate in [port] if port else random.sample(_EPHEMERAL, min(100, len(_EPHEMERAL))):
            number = self._socket.bind(candidate)
            if number == 0:
                self._port = candidate
                self._pump.ports[candidate] = self.name
                self._home.initial_cwnds.give(candidate, self._initial_cwnd)
                return
        if number == errno.EADDRINUSE:
            raise SctpError(f"SCTP port {port} is taken in this process; choose another (0 = any)")
        raise refused(number, f"can't bind SCTP port {port}")

    def serves(self, to: Peer) -> bool:
        """Whether `to` is this listening endpoint; not if it has a UDP port: then the user wants UDP."""
        listening = self._listening
        if listening is None or to.port != listening.port or to.udp_port is not None:
            return False
        wanted = ipaddress.ip_address(to.addresses[0])
        bound = [ipaddress.ip_address(host) for host in listening.addresses]
        if wanted in bound:
            return True
        anywhere = any(host.is_unspecified and host.version >= wanted.version for host in bound)
        return anywhere and (wanted.is_loopback or _is_local(to.addresses[0]))

    def aim(self, to: Peer, own: Peer = ANY) -> None:
        """See `Endpoint.aim`. Within the process if `to` is an endpoint of it, else over UDP."""
        host = to.addresses[0]
        if len(own.addresses) > 1:
            raise SctpError(
                f"{', '.join(own.addresses)}: an end of the userspace stack has one address: give one, or "
                "use --stack kernel"
            )
        unicast.check_families(to, own)
        self._bind(own.port)
        if self._home.serving(to):
            for one in own.addresses:
                if not _is_local(one):  # checked here, as no UDP socket is bound that would refuse it
                    raise refused(errno.EADDRNOTAVAIL, f"can't be at {one}")
            there, back = self._pump.links.pair(host, "".join(own.addresses))
            self._pump.register(back)
            to = Peer((host,), to.port)
        else:
            udp_port = UDP_PORT if to.udp_port is None else to.udp_port
            sock = self._open_udp_to(host, udp_port, "".join(own.addresses))
            there = self._pump.links.add(host, udp_port, sock)
            self._pump.attach(sock, there)
            to = Peer(addresses=(host,), port=to.port, udp_port=udp_port)
        self._pump.register(there)
        self._to, self._link = to, there

    def stop_listening(self) -> None:
        """See `Endpoint.stop_listening`."""
        self._socket.stop_listening()

    # --- sending

    def connect(self, message: Outgoing | None) -> Sequence[Event]:
        """See `Endpoint.connect`."""
        if self._link is not None and self._link.udp and self._pump.transit.speed != 1:
            raise SctpError(
                f"{self._to} is elsewhere, where time goes on, and the link's does not: let it go on first"
            )
        return super().connect(message)

    def _local_port(self) -> int:
        return self._port

    @property
    def _aim(self) -> tuple[Peer | None, Link | None]:
        """Whom an association is set up with, and the link there."""
        return self._met or (self._to, self._link)

    @property
    def _destination(self) -> bytes | None:
        """That as the library's address, None where there is nobody."""
        to, link = self._aim
        if link is None or to is None:
            return None
        return layout.sockaddr(to.port, link.handle)

    def way_from_server(self) -> Link | None:
        """The link by which its server in this process reaches a client; None for others."""
        return self._link.other if self._link is not None else None

    def _aim_back(self, client: Peer) -> None:
        link = self._home.way_to(client)
        if link is None:
            raise SctpError(
                f"{client} is not within this program: give it a server here, so that INITs can cross"
            )
        self._met = client, link

    def _begin(self) -> None:
        self._pump.enter()
        self._home.initial_cwnds.use(self._port)
        number = self._socket.connect(self._destination or b"")
        if number:
            raise refused(number, "usrsctp can't begin the association")

    def _put(self, entry: AssociationEntry, message: Outgoing) -> int:
        limit = self._socket_of(entry.assoc_id).send_buffer
        if len(message.data) > limit:
            among = f", with {len(self._links)} associations that share it" if limit < SEND_BUFFER else ""
            raise SctpError(
                f"a message of {len(message.data)} bytes is larger than the send buffer: "
                f"at most {limit} bytes in one message{among}"
            )
        flags = layout.UNORDERED if message.unordered else 0
        number = self._hand_over(entry, message.data, flags, message)
        if not number:
            self._sent.add(entry.assoc_id)
        return number

    def _hand_over(self, entry: AssociationEntry, data: bytes, flags: int, message: Outgoing) -> int:
        """Give data or a flag to the library; returns 0 or the errno."""
        address = None
        if entry.assoc_id == 0:  # a first message sets the association up
            address = self._destination
            self._home.initial_cwnds.use(self._port)
        ppid = socket.htonl(message.ppid)
        pump = self._pump
        if pump.waited or pump.transit.held:
            pump.enter()
        number = self._socket_of(entry.assoc_id).send(entry.assoc_id, address, data, flags, ppid, message)
        pump.ready.add(self._port)
        return number

    def _put_end(self, entry: AssociationEntry, how: How, reason: bytes) -> int:
        flag = layout.EOF if how == "close" else layout.ABORT
        number = self._hand_over(entry, reason, flag, Outgoing(b""))
        if number == errno.EAGAIN:  # usrsctp 0.9.5.0 can't even abort while the buffer is full
            sock = self._socket_of(entry.assoc_id)
            size = sock.send_buffer
            sock.set_send_buffer(2 * SEND_BUFFER)
            number = self._hand_over(entry, reason, flag, Outgoing(b""))
            sock.set_send_buffer(size)
        (_, link), set_up = self._aim, entry is self._registry.opening
        if number == errno.EINVAL and set_up and how != "close" and link is not None and link.init:
            self._pump.abort_set_up(link)  # usrsctp 0.9.5.0 aborts only associations that are up
            return 0
        return number

    def _ended_already(self, entry: AssociationEntry, number: int) -> bool:
        return number in (errno.ENOENT, errno.EPIPE)

    def sockets(self) -> Sequence[Socket]:
        """The open sockets of the library: the endpoint's own, and one for each association branched off."""
        return (self._socket, *self._branches.values()) if self._socket.open else ()

    def _socket_of(self, assoc_id: int) -> Socket:
        return self._branches.get(assoc_id, self._socket)

    # --- asking

    def status(self, assoc_id: int) -> Status:
        """See `Endpoint.status`."""
        entry = self._registry.known(assoc_id)
        raw = self._socket_of(assoc_id).get(layout.STATUS, struct.pack("=I", assoc_id), layout.STATUS_SIZE)
        _, state, rwnd, unacked, pending, inbound, outbound, fragmentation = layout.STATUS_STRUCT.unpack_from(
            raw
        )
        _, _, path_state, cwnd, srtt, rto, mtu = layout.PADDRINFO.unpack_from(raw, layout.STATUS_PATH_AT)
        known = bool(srtt)
        if known:
            self._backed_off.discard(assoc_id)
        else:
            _, initial, longest, _ = self._rto_info(assoc_id)
            # Before the round trip is measured the library gives 0 as RTO, and after a timeout twice
            # RTO.Initial: its timers start with RTO.Initial (RFC 9260, section 6.3.1, rule C1). As something
            # is acknowledged after that, measured or not, RTO is RTO.Min.
            known = measured(srtt, rto, 2 * initial, longest)
            if rto and not known:
                self._backed_off.add(assoc_id)
            known = known and assoc_id not in self._backed_off
            rto = rto or initial
        host = entry.peer.addresses[0] if entry.peer.addresses else ""
        word = layout.PATH_STATES.get(path_state, str(path_state))
        path = Path(
            address=host, state=word, primary=True, cwnd=cwnd, srtt=srtt if known else None, rto=rto, mtu=mtu
        )
        gone = self._links[assoc_id].link.gone if assoc_id in self._links else 0
        return Status(
            **self._registry.about(entry),
            state=layout.ASSOCIATION_STATES.get(state, str(state)),
            rwnd=None if layout.ASSOCIATION_STATES.get(state) == "COOKIE-WAIT" else rwnd,
            unacked=unacked,
            pending=pending,
            inbound_streams=inbound,
            outbound_streams=outbound,
            fragmentation_point=fragmentation,
            paths=(path,),
            unreachable=gone > 0,
            unreachable_told=gone,
            link_time=self._pump.transit.now(),
        )

    def detail(self, assoc_id: int) -> Detail:
        """See `Endpoint.detail`. usrsctp has no statistics of an association."""
        entry = self._registry.known(assoc_id)
        if assoc_id not in self._links:
            raise SctpError("the association is not up yet: wait for it")
        link, port, _ = self._links[assoc_id]
        path = layout.sockaddr(port, link.handle)
        value = layout.PADDRPARAMS.pack(path, assoc_id, 0, 0, 0, 0, 0, 0)
        sock = self._socket_of(assoc_id)
        raw = sock.get(layout.PEER_ADDR_PARAMS, value, len(value))
        _, _, heartbeat, _, flags, _, path_retrans, _ = layout.PADDRPARAMS.unpack(raw)
        value = layout.ASSOCPARAMS.pack(assoc_id, 0, 0, 0, 0, 0)
        retrans = layout.ASSOCPARAMS.unpack(sock.get(layout.ASSOCINFO, value, len(value)))[4]
        _, initial, longest, least = self._rto_info(assoc_id)
        ours, theirs = self._tags(assoc_id)
        host = entry.peer.addresses[0] if entry.peer.addresses else ""
        limits = PathLimits(
            address=host,
            heartbeat_interval=heartbeat if flags & layout.SPP_HB_ENABLE else 0,
            max_retrans=path_retrans,
        )
        return Detail(
            **self._registry.about(entry),
            local=self.local(),
            local_tag=ours,
            peer_tag=theirs,
            rto_initial=initial,
            rto_min=least,
            rto_max=longest,
            association_max_retrans=retrans,
            paths=(limits,),
            statistics=None,
            initial_cwnd=self._home.initial_cwnds.of(self._port),
            own_socket=assoc_id in self._branches,
            **setting.more(sock, assoc_id),
        )

    def _set(self, assoc_id: int, parameters: ProtocolParameters, address: str) -> None:
        setting.set_parameters(self._socket_of(assoc_id), assoc_id, parameters)

    def _ask_path(self, entry: AssociationEntry, what: PathRequest, address: str) -> None:
        if what != "heartbeat":
            raise SctpError(
                "an association of the userspace stack has one path: for several use `sctp-tui lab --paths 2`"
            )
        link, port, _ = self._links[entry.assoc_id]
        self._pump.enter()
        path = layout.sockaddr(port, link.handle)
        setting.send_heartbeat(self._socket_of(entry.assoc_id), entry.assoc_id, path)
        self._pump.ready.add(self._port)

    def _ask_streams(
        self, entry: AssociationEntry, what: StreamsRequest, streams: Sequence[int], count: int
    ) -> None:
        self._pump.enter()
        setting.ask_streams(self._socket_of(entry.assoc_id), entry.assoc_id, what, streams, count)
        self._pump.ready.add(self._port)

    def _silence(self, silent: bool) -> None:
        if self._link is not None:
            (self._pump.crash if silent else self._pump.back)(self._link, self._port)

    def _change_udp_port(self) -> tuple[int, int]:
        link = self._link
        if link is None or link.udp is None or link.udp_port is None:
            raise SctpError(
                f"{self.name} has no UDP port, as its packets stay within this program: give it the "
                "server's UDP port"
            )
        old, address = link.udp, link.udp.getsockname()
        sock = self._open_udp_to(link.host, link.udp_port, sockaddr.host(address))
        self._pump.change_socket(link, sock)
        self._sockets.remove(old)
        return int(address[1]), int(sock.getsockname()[1])

    def _arrives(self, entry: AssociationEntry, forged: ForgedPacket) -> None:
        up = self._links.get(entry.assoc_id)
        if up is None or up.link.other is None:
            raise SctpError(
                "its packets come over UDP, and none is forged there: open a client to a server of this "
                "program, without a UDP port"
            )
        self._pump.enter()
        self._pump.forge(up.link, forged)

    def _rto_info(self, assoc_id: int) -> tuple[int, int, int, int]:
        """SCTP_RTOINFO: the assoc ID, and RTO.Initial, RTO.Max and RTO.Min in ms."""
        value = layout.RTO_STRUCT.pack(assoc_id, 0, 0, 0)
        return layout.RTO_STRUCT.unpack(self._socket_of(assoc_id).get(layout.RTOINFO, value, len(value)))

    def _tags(self, assoc_id: int) -> tuple[int | None, int | None]:
        """The verification tags of an association, ours and the peer's."""
        value = layout.TAGS_STRUCT.pack(assoc_id, 0, 0)
        try:
            raw = self._socket_of(assoc_id).get(layout.TAGS, value, len(value))
        except SctpError:
            return None, None  # it has ended, and its notification is not yet read
        _, theirs, ours = layout.TAGS_STRUCT.unpack(raw)
        return ours, theirs

    def local(self) -> Peer:
        """See `Endpoint.local`; of a server, too."""
        if self._listening is not None:
            return Peer(
                addresses=self._listening.addresses, port=self._port, udp_port=self._listening.udp_port
            )
        if self._sockets:
            address = self._sockets[0].getsockname()
            return Peer(addresses=(sockaddr.host(address),), port=self._port, udp_port=address[1])
        back = self._link.other if self._link is not None else None
        return Peer((back.host,) if back is not None else (), self._port)

    def elsewhere(self) -> Iterator[Link]:
        """The links over UDP that have associations, a client's from its first INIT on."""
        if self._link is not None and self._link.udp and self._registry.ids():
            yield self._link
        yield from (up.link for up in self._links.values() if up.link.udp)

    def descriptors(self) -> Sequence[int]:
        """See `Endpoint.descriptors`: none, as the pump's is ready when a datagram has come."""
        return ()

    def busy(self) -> bool:
        """Whether timers other than for HEARTBEATs may run: in set-up, shutdown, with data outstanding."""
        if self._registry.opening is not None:
            return True
        while self._sent:
            assoc_id = next(iter(self._sent))
            entry = self._registry.get(assoc_id)
            if entry is not None and (entry.user_ends or self._outstanding(assoc_id)):
                return True
            self._sent.discard(assoc_id)
        return False

    def _outstanding(self, assoc_id: int) -> bool:
        try:
            status = self.status(assoc_id)
        except SctpError:
            return False  # it has ended, and its notification is not yet read
        return bool(status.unacked or status.pending)

    def moved(self, link: Link) -> None:
        """The peer on this link has another UDP port now."""
        for assoc_id, (of, port, _) in self._links.items():
            if of is link and (entry := self._registry.get(assoc_id)) is not None:
                self._moved.setdefault(assoc_id, entry.peer.udp_port)
                self._registry.moved(
                    assoc_id, Peer(addresses=(link.host,), port=port, udp_port=link.udp_port)
                )

    # --- receiving

    def hold(self, assoc_id: int, held: bool) -> None:
        """See `Endpoint.hold`."""
        if not held:
            self._held.discard(assoc_id)
            self._pump.ready.add(self._port)
            return
        self._branch_off(assoc_id)
        self._held.add(assoc_id)

    def _branch_off(self, assoc_id: int) -> bool:
        if assoc_id in self._branches:
            return False
        self._branches[assoc_id] = self._socket.branch_off(assoc_id)
        self._pump.ready.add(self._port)
        return True

    def receive(self, limit: int) -> Sequence[Event]:
        """See `Endpoint.receive`."""
        if self._port not in self._pump.ready or not self._socket.open:
            return ()
        events = [*self._other_udp_ports(), *self._denied()]
        if not self._branches:
            emptied = self._take(self._socket, limit, events)
        else:
            branches = {number: sock for number, sock in self._branches.items() if number not in self._held}
            share = max(1, limit // (1 + len(branches)))  # so that no association delays the others
            emptied = self._take(self._socket, share, events)
            for assoc_id, branch in branches.items():
                if not self._take(branch, share, events):
                    emptied = False
                elif self._registry.get(assoc_id) is None:  # everything was read, including its end
                    self._branches.pop(assoc_id).close()
        if emptied:
            held = [self._links[number].link.handle for number in self._held if number in self._links]
            self._pump.read(self._port, held)
        return events

    def _other_udp_ports(self) -> Iterator[Event]:
        """The peers that have another UDP port than at the last call."""
        moved, self._moved = self._moved, {}
        for assoc_id, before in moved.items():
            entry = self._registry.get(assoc_id)
            now = entry.peer.udp_port if entry is not None else None
            if entry is not None and before is not None and now is not None and now != before:
                about = self._registry.about(entry)
                yield UdpPortChanged(**about, whose="peer", before=before, now=now)

    def _denied(self) -> Iterator[Event]:
        """The requests that our stack has denied since the last call."""
        now = self._clock.now()
        for head, asked in self._pump.denials.pop(self._port, ()):
            entry = self._registry.get(self._by_head.get(head, 0))
            if entry is not None:
                yield RequestDenied(**self._registry.about(entry, now), asked=asked)

    def _take(self, sock: Socket, limit: int, events: list[Event]) -> bool:
        """Add at most `limit` events of a socket to `events`; whether nothing is left to read."""
        receive, failing, now = sock.receive, sock.failing, self._clock.now()
        pieces = failing.pieces
        if sock.unsure is not None:
            events.append(sock.unsure)
            sock.unsure = None
        for _ in range(limit):
            got = receive()
            if got is None:
                break
            data, told = got
            if told[-1] & layout.MSG_NOTIFICATION:
                self._take_notifications(failing.add(data), now, events)
                continue
            if pieces:
                self._take_notifications(failing.end(), now, events)
            if event := self._received(data, told, now):
                events.append(event)
        else:
            last = events[-1] if events else None
            if isinstance(last, Message | MessageTooLarge) and last.size >= sock.partial_from:
                sock.unsure = events.pop()
            return False
        # The library gives back all pieces of a message at once.
        self._take_notifications(failing.end(), now, events)
        return True

    def _take_notifications(
        self, notifications: Iterable[bytes], now: tuple[float, float], events: list[Event]
    ) -> None:
        """Add the events of notifications to `events`.

        At an association's end, and at a FORWARD TSN, usrsctp sets MSG_EOR on what it has of a message, and
        tells right behind it that the rest won't come: what was taken for a whole message is none then.
        """
        for data in notifications:
            event = decode_notification(data, layout.DIALECT)
            if isinstance(event, PartialDelivery):
                if self._in_pieces(event.assoc_id, event.stream):
                    self._reassembly.forget(event.assoc_id)
                elif events and _is_of(event, events[-1]):
                    events.pop()
                else:  # it has not been read, or this is told once more
                    self._cut[event.assoc_id, event.stream, event.sequence] = event
                    if len(self._cut) > CUT:
                        del self._cut[next(iter(self._cut))]
                    continue
            events.append(self._notified(event, now))

    def _peer(self) -> tuple[Peer | None, Link | None]:
        """The peer, and its link, of the last receive; None where the link is unknown."""
        port, handle = layout.port_and_handle(self._socket.sender)
        link = self._pump.links.link_of(handle)
        return (
            (Peer(addresses=(link.host,), port=port, udp_port=link.udp_port), link)
            if link is not None
            else (None, None)
        )

    def _received(self, data: bytes, told: ReceiveInfo, now: tuple[float, float]) -> Event | None:
        stream, ssn, flags, ppid, tsn, assoc_id, of_call = told
        entry = self._registry.get(assoc_id)
        last = bool(of_call & layout.MSG_EOR)
        if entry is None:
            # While another association's message is unfinished, usrsctp tells an end before what is unread.
            entry = self._registry.ended(assoc_id) or self._registry.find(assoc_id, self._peer()[0])
            if last and (cut := self._cut.pop((assoc_id, stream, ssn), None)) is not None:
                self._reassembly.forget(assoc_id)
                return self._registry.stamp(cut, None, now)
        unordered = bool(flags & layout.RECV_UNORDERED)
        if not last or assoc_id in self._reassembly.unfinished:
            whole = self._whole(entry, stream, unordered, tsn, data, last, now)
            if not isinstance(whole, bytes):
                return whole
            data = whole
        return self._registry.message(entry, stream, ssn, tsn, socket.ntohl(ppid), unordered, data, now)

    def _notified(self, event: Event, now: tuple[float, float]) -> Event:
        peer, link = self._peer()
        if isinstance(event, PeerAddrChange) and peer is not None:
            event = msgspec.structs.replace(event, address=peer.addresses[0])
        elif isinstance(event, AssocChange):
            return self._changed(event, peer, link, now)
        if isinstance(event, RemoteError) and event.error == CauseCode.STALE_COOKIE:
            self._stale = True
        if isinstance(event, SendFailed) and not event.sent and not event.error_text:
            event = msgspec.structs.replace(event, error_text=self._not_negotiated(event))
        return self._registry.stamp(event, peer, now)

    def _not_negotiated(self, failed: SendFailed) -> str:
        """That a message's stream was not negotiated, which the library does not say; "" where it was.

        It gives such messages back before it tells COMM_UP, which has the number of streams.
        """
        asked = struct.pack("=I", failed.assoc_id)
        try:
            raw = self._socket_of(failed.assoc_id).get(layout.STATUS, asked, layout.STATUS_SIZE)
        except SctpError:
            return ""  # it came back as its association ended
        outbound = layout.STATUS_STRUCT.unpack_from(raw)[6]
        if failed.stream < outbound:
            return ""
        return f"the stream was not negotiated, outbound streams are 0 to {outbound - 1:,}"

    def _changed(
        self, event: AssocChange, peer: Peer | None, link: Link | None, now: tuple[float, float]
    ) -> Event:
        """An association is up or has ended: update its link, and this endpoint's tables."""
        if event.state in ("COMM_UP", "RESTART"):
            if link is not None and peer is not None:
                if (known := self._links.get(event.assoc_id)) is not None:
                    self._pump.links.untag(link, known.head)
                    self._by_head.pop(known.head, None)
                else:
                    link.associations += 1
                head = self._pump.association_up(link, self._port, peer.port, self._tags(event.assoc_id)[0])
                self._links[event.assoc_id] = _AssociationLink(link, peer.port, head)
                self._by_head[head] = event.assoc_id
                self._socket.share_out(len(self._links))
            self._sent.add(event.assoc_id)  # a client's first message is outstanding
        else:
            if event.state == "CANT_STR_ASSOC" and not event.error_text:
                text, by = self._why_not(event)
                event = msgspec.structs.replace(event, error_text=text, by=by)
            if (known := self._links.pop(event.assoc_id, None)) is not None:
                self._by_head.pop(known.head, None)
                known.link.associations -= 1
                self._pump.association_down(known.link, self._port, known.port, known.head)
                self._socket.share_out(len(self._links))
            self._reassembly.forget(event.assoc_id)
            self._sent.discard(event.assoc_id)
            self._backed_off.discard(event.assoc_id)
        return self._registry.stamp(event, peer, now)

    def _why_not(self, event: AssocChange) -> tuple[str, Origin]:
        """Why a client's association did not come up, as text, and who caused that."""
        to, link = self._aim
        # It has its ID already where an event has told that, as of a message that comes back.
        entry = self._registry.get(event.assoc_id) or self._registry.opening
        if to is None or link is None:
            return "", "unknown"
        if entry is not None and entry.user_ends == "abort":
            return "", "us"
        if link.against:
            text = link.against
            link.against, link.aborted = "", False
            return text, "network"
        if link.aborted:
            link.aborted = False
            return refused_by(f"SCTP port {to.port} of {to.addresses[0]}"), "peer"
        if self._stale:
            self._stale = False
            return "stale cookie, as the peer says: ours came back too late for it each time", "stack"
        return no_answer(to, ChunkType.COOKIE_ECHO.label if link.echoed else ""), "nobody"

    def close(self) -> None:
        """See `Endpoint.close`."""
        if not self._socket.open:
            return
        self._come_back()
        for one in (self._socket, *self._branches.values()):
            one.close()
        for link, port, head in self._links.values():
            link.associations -= 1
            self._pump.association_down(link, self._port, port, head)
        self._links.clear()
        self._by_head.clear()
        for sock in self._sockets:
            self._pump.detach(sock)
        if self._link is not None and self._link.other is not None:
            self._pump.flush()
            self._pump.leave(self._link, self._link.other)
        self._pump.ports.pop(self._port, None)
        self._home.initial_cwnds.give(self._port, None)
        self._pump.read(self._port)
        self._home.leave(self)


def _family(host: str) -> socket.AddressFamily:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        raise SctpError(f"{host!r} is not an IP address; give one, as in 127.0.0.1 or ::1") from None
    return socket.AF_INET6 if address.version == 6 else socket.AF_INET


def _is_of(cut: PartialDelivery, event: Event) -> bool:
    """Whether what was cut is the message of this event."""
    return (
        isinstance(event, Message | MessageTooLarge)
        and event.assoc_id == cut.assoc_id
        and event.stream == cut.stream
        and (isinstance(event, MessageTooLarge) or event.ssn in (None, cut.sequence))
    )


def _who_has(udp_port: int) -> str:
    """A text for who has the UDP port that can't be bound."""
    if udp_port != kernel_udp_port():
        return "another program has it"
    return "the kernel's SCTP has it, which `sudo sysctl net.sctp.udp_port=0` takes from it"


def _is_local(host: str) -> bool:
    """Whether an address is one of this machine, by binding to it."""
    with socket.socket(_family(host), socket.SOCK_DGRAM) as probe:
        try:
            probe.bind(sockaddr.numeric(host, 0))
        except OSError:
            return False
        return True


def _enlarge(sock: socket.socket) -> None:
    """Ask for larger buffers, for a burst of datagrams; the system gives as much as it allows."""
    for option in (socket.SO_RCVBUF, socket.SO_SNDBUF):
        sock.setsockopt(socket.SOL_SOCKET, option, 4 * 1024 * 1024)
