"""A one-to-many socket of the Linux kernel (RFC 6458, section 3).

pysctp makes the socket, where it is installed. Nothing is received by it: its `sctp_recv` crashes the process
where the data of an ERROR chunk or of a failed message is not UTF-8.
"""

import contextlib
import errno
import logging
import socket
from collections.abc import Callable, Sequence

import msgspec

from sctp_tui.sctp import sockaddr, unicast
from sctp_tui.sctp.association_registry import AssociationEntry
from sctp_tui.sctp.base_endpoint import BaseEndpoint
from sctp_tui.sctp.endpoint import ANY, UDP_PORT, BufferFull, EndpointOptions, Outgoing, SctpError
from sctp_tui.sctp.events import (
    AssocChange,
    Detail,
    Event,
    How,
    Listening,
    Origin,
    PartialDelivery,
    PathRequest,
    Peer,
    PeerAddrChange,
    Status,
    StreamsRequest,
)
from sctp_tui.sctp.forgery import ForgedPacket
from sctp_tui.sctp.mmsg import MESSAGES_AT_ONCE
from sctp_tui.sctp.notifications import decode_notification
from sctp_tui.sctp.protocol_parameters import ProtocolParameters
from sctp_tui.sctp.system import kernel_udp_port, refusal
from sctp_tui.sctp.unreachable import AGAINST, no_answer, no_route, refused_by, unreachable
from sctp_tui.sctp.wire.causes import CauseCode

from . import asking, layout, setting, timers
from .branches import Branches, ReadableSocket
from .captured_flows import CapturedSocket, CapturedSockets
from .diagnosis import diagnose
from .library import Library
from .network import HostName, Network
from .seen_aborts import SeenAbort
from .sockets import open_socket
from .syscalls import Info, RecvmmsgBuffers

log = logging.getLogger(__name__)

_OUT_OF_THE_BLUE = "it knows no such association, as after a restart"
_ASKED: dict[PathRequest, str] = {
    "heartbeat": "send a HEARTBEAT to",
    "primary": "make primary",
    "peer_primary": "ask the peer (net.sctp.addip_enable has to be 1 at both ends) to make primary",
    "add": "add (net.sctp.addip_enable has to be 1 at both ends)",
    "remove": "remove (net.sctp.addip_enable has to be 1 at both ends)",
}
_NO_SOCKET = "no socket of its own for the association"
_BRANCHED = 64
"""Associations with a lost path that get a socket of their own, which tells how they end; at most."""


class KernelEndpoint(BaseEndpoint):
    """See `sctp_tui.sctp.endpoint.Endpoint`."""

    stack = "kernel"
    called = "the kernel"
    gone = frozenset((errno.EPIPE, errno.ESHUTDOWN, errno.ECONNRESET, errno.ENOTCONN))

    def __init__(
        self,
        library: Library,
        intake: RecvmmsgBuffers,
        ends: CapturedSockets,
        called: str,
        options: EndpointOptions,
        overheard: Callable[[int, Peer], SeenAbort | None],
        network: Network | None,
    ) -> None:
        """`overheard` gives the captured ABORT that just ended the association of our port with a peer.

        With a `network` a server is on its host `server`, and a client on `client`.
        """
        super().__init__(options, called)
        self._registry.tells_added = True
        self._making = library
        self._intake = intake
        self._ends = ends
        self._bound: CapturedSocket | None = None
        self._branches: Branches | None = None  # None until it is open, and once it is closed
        self._destination: list[sockaddr.SocketName] = []
        self._met: Peer | None = None  # the client whose INIT a server's crosses
        self._overheard = overheard
        self._network = network
        self._host: HostName | None = None  # that it is on, where there is a network
        self._opened_at = 0.0
        self._icmp_then: timers.SctpCounters | None = None  # the kernel's counters then
        self._against = 0  # errno of an ICMP message during the set-up of a client's association

    def _of(self, assoc_id: int) -> socket.socket:
        """The socket of an association."""
        if self._branches is None:
            raise SctpError(f"{self.name} is not open")
        return self._branches.of(assoc_id)

    @property
    def _sock(self) -> socket.socket:
        return self._of(0)

    # --- setting up

    def _on(self, host: HostName | None) -> contextlib.AbstractContextManager[None]:
        """Sockets made in the body of the `with` are on this host of the network, if there is one.

        Linux branches an association off on its own host alone.
        """
        if self._network is None or host is None:
            return contextlib.nullcontext()
        self._host = self._network_host = host
        return self._network.on(host)

    def _open(self, family: int) -> None:
        """Make a socket with its options set, neither bound nor connected."""
        try:
            self._branches = Branches(open_socket(self._making, family, self._options))
        except OSError as error:
            raise refusal(error, "no SCTP socket") from None

    def listen(self, hosts: Sequence[str], port: int, udp_port: int | None) -> Listening:
        """See `Endpoint.listen`."""
        if udp_port is not None:
            number = udp_port or UDP_PORT
            already = kernel_udp_port() == number
            raise SctpError(
                "the kernel takes SCTP in UDP for the whole machine, not for one endpoint: leave the UDP "
                + (
                    f"port out, as it has {number} now"
                    if already
                    else f"port out and run `sudo sysctl net.sctp.udp_port={number}`"
                )
                + ", or use --stack userspace"
            )
        with self._on("server"):
            return self._listen(unicast.needed(hosts), port)

    def _listen(self, hosts: Sequence[str], port: int) -> Listening:
        addresses = [sockaddr.numeric(host, port) for host in hosts]
        is_v4 = all(len(address) == 2 for address in addresses)
        if not is_v4 and "0.0.0.0" in hosts:
            raise SctpError(
                f"{', '.join(hosts)}: the kernel can't bind 0.0.0.0 with an IPv6 address; give :: for all"
            )
        self._open(socket.AF_INET if is_v4 else socket.AF_INET6)
        if not is_v4:
            both = "::" in hosts or any(len(address) == 2 for address in addresses)
            self._sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, not both)
        bound = self._bind(addresses, serves=True)
        return self._listens(hosts, bound, None)

    def _bind(self, addresses: Sequence[sockaddr.SocketName], *, serves: bool) -> int:
        """Bind, and listen if it `serves`; returns the port."""
        # Not by pysctp's bindx, which writes an IPv6 address beyond the end of its buffer.
        packed = b"".join(map(sockaddr.pack, addresses))
        hosts = [sockaddr.host(address) for address in addresses]
        try:
            self._sock.setsockopt(layout.IPPROTO_SCTP, layout.BINDX_ADD, packed)
            if serves:
                self._sock.listen(1)
        except OSError as error:
            where = f"port {addresses[0][1]} on {', '.join(hosts)}"
            what = f"can't {'listen on' if serves else 'bind'} SCTP {where}"
            if error.errno == errno.EADDRINUSE:
                raise SctpError(f"{what}; another program has it: choose another port (0 = any)") from None
            if error.errno == errno.EACCES:
                raise SctpError(f"{what}; ports below 1024 need root: choose another port") from None
            raise refusal(error, what) from None
        bound = int(self._sock.getsockname()[1])
        own = {host.partition("%")[0] for host in hosts}
        any_host = own & {"0.0.0.0", "::"}
        self._bound = CapturedSocket(self.name, set() if any_host else own, bound, serves=serves)
        self._ends.add(self._bound)
        return bound

    def aim(self, to: Peer, own: Peer = ANY) -> None:
        """See `Endpoint.aim`."""
        with self._on("client"):
            self._aim(to, own)

    def _aim(self, to: Peer, own: Peer) -> None:
        self._destination = [sockaddr.numeric(host, to.port) for host in to.addresses]
        if len({len(address) for address in self._destination}) != 1:
            raise SctpError(f"{', '.join(to.addresses)}: IPv4 and IPv6 together; give hosts of one family")
        unicast.check_families(to, own)
        is_v4 = len(self._destination[0]) == 2
        self._open(socket.AF_INET if is_v4 else socket.AF_INET6)
        if not is_v4:  # so that no IPv4 address of ours is given to the peer as a second path
            self._sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        network = self._network
        if own != ANY or network is not None:
            # On a host of the network to each address: none can be removed from a socket bound to any.
            usual = ("0.0.0.0" if is_v4 else "::",) if network is None else network.addresses("client")
            hosts = own.addresses or usual
            addresses = [sockaddr.numeric(host, own.port) for host in hosts]
            self._bind(addresses, serves=False)
        self._check_way(own)
        if to.udp_port is not None:
            if kernel_udp_port() == 0:  # the kernel would accept the option, and send SCTP without UDP
                raise SctpError(
                    "the kernel sends SCTP in UDP once it has a UDP port of its own: run `sudo sysctl "
                    f"net.sctp.udp_port={UDP_PORT}` (Linux 5.11 or later) and open its servers anew, or use "
                    "--stack userspace"
                )
            value = layout.UDPENCAPS.pack(0, b"", to.udp_port.to_bytes(2, "big"))
            self._sock.setsockopt(layout.IPPROTO_SCTP, layout.REMOTE_UDP_ENCAPS_PORT, value)
        self._hear_icmp(True)
        self._to = to

    def _check_way(self, own: Peer) -> None:
        """Raises `SctpError` where no address has a route, as SCTP would report only that no answer came."""
        for address in self._destination:
            with socket.socket(self._sock.family, socket.SOCK_DGRAM) as probe:
                try:
                    if own.addresses:
                        probe.bind(sockaddr.numeric(own.addresses[0], 0))
                    probe.connect(address)
                    return
                except OSError as error:
                    why = no_route(sockaddr.host(address), error)
        raise why

    def _hear_icmp(self, on: bool) -> None:
        """Turn on or off that ICMP errors are reported by the socket: on for a set-up, off once it is up."""
        if self._sock.family == socket.AF_INET:
            self._sock.setsockopt(socket.IPPROTO_IP, layout.IP_RECVERR, on)
        else:
            self._sock.setsockopt(socket.IPPROTO_IPV6, layout.IPV6_RECVERR, on)

    def stop_listening(self) -> None:
        """See `Endpoint.stop_listening`."""
        self._sock.listen(0)

    # --- sending

    def _open_with(
        self, peer: Peer | None, message: Outgoing | None, *, collides: bool = False
    ) -> Sequence[Event]:
        if self._registry.opening is None:
            self._icmp_then, self._against = timers.received_icmp(), 0
        events = super()._open_with(peer, message, collides=collides)
        self._opened_at = events[0].mono
        if self._bound is None:
            self._bound = CapturedSocket(self.name, set(), self._local_port(), serves=False)
            self._ends.add(self._bound)
        return events

    def serves(self, to: Peer) -> bool:
        """See `Endpoint.serves`: where the program has the links."""
        bound, network = self._bound, self._network
        if bound is None or network is None or not bound.serves:
            return False
        return to.port == bound.port and bool(bound.hosts & set(to.addresses))

    def local(self) -> Peer:
        """See `Endpoint.local`."""
        addresses = self._network.addresses("client") if self._network is not None else ()
        return Peer(addresses, self._local_port())

    def _aim_back(self, client: Peer) -> None:
        self._destination = [sockaddr.numeric(host, client.port) for host in client.addresses]
        self._met = client

    def _local_port(self) -> int:
        return int(self._sock.getsockname()[1])

    def _begin(self) -> None:
        packed = b"".join(map(sockaddr.pack, self._destination))
        try:
            self._sock.setsockopt(layout.IPPROTO_SCTP, layout.CONNECTX, packed)
        except BlockingIOError:
            pass  # the set-up has begun
        except OSError as error:
            raise refusal(error, "the kernel can't begin the association") from None

    def _put(self, entry: AssociationEntry, message: Outgoing) -> int:
        if message.lifetime is not None and entry.assoc_id == 0:
            # Linux abandons at once messages with a lifetime given before it knows that the peer has PR-SCTP.
            raise BufferFull(
                "a message with a lifetime goes out once the association is up: wait until it is"
            )
        flags = layout.UNORDERED if message.unordered else 0
        number = self._sendmsg(entry, message.data, flags, message)
        if number == errno.EAGAIN and self._branch(entry):
            number = self._sendmsg(entry, message.data, flags, message)
        if number == errno.EMSGSIZE:
            room = self._sock.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF)
            raise SctpError(
                f"a message of {len(message.data)} bytes is larger than the send buffer: at most {room} "
                "bytes in one message; `sudo sysctl net.core.wmem_max=...` or root allow more"
            )
        return number

    def _branch(self, entry: AssociationEntry) -> bool:
        """Give a server's association a socket of its own; False where it has one already, or can't.

        A server's associations share the send buffer of one socket where net.sctp.sndbuf_policy is 0: one may
        find it full that others have filled. A client has only one association.
        """
        if self._branches is None or self._bound is None or not self._bound.serves:
            return False
        try:
            with self._on(self._host):
                return self._branches.branch(entry.assoc_id)
        except OSError as error:
            log.debug("%s: no socket for association %s alone: %s", self.name, entry.assoc_id, error)
            return False

    def _sendmsg(self, entry: AssociationEntry, data: bytes, flags: int, message: Outgoing) -> int:
        """Give data or a flag to the kernel; returns 0 or the errno.

        An association has no ID until its INIT is answered: until then it is named by its destination.
        """
        info = layout.SNDINFO.pack(
            message.stream, flags, socket.htonl(message.ppid), message.message_id & 0xFFFFFFFF, entry.assoc_id
        )
        ancillary = [(layout.IPPROTO_SCTP, layout.SNDINFO_TYPE, info)]
        if message.lifetime is not None:
            # 0 would mean no limit.
            value = layout.PRINFO.pack(layout.PR_TTL, max(1, message.lifetime))
            ancillary.append((layout.IPPROTO_SCTP, layout.PRINFO_TYPE, value))
        destination: tuple[sockaddr.SocketName, ...] = ()
        if entry.assoc_id == 0:
            first, *others = self._destination
            destination = (first,)
            for other in others:
                ancillary.append((layout.IPPROTO_SCTP, *layout.destination(other)))
        try:
            self._of(entry.assoc_id).sendmsg([data], ancillary, socket.MSG_NOSIGNAL, *destination)
        except OSError as error:
            return error.errno or errno.EIO
        return 0

    def shut_down(self, assoc_id: int) -> Sequence[Event]:
        """See `Endpoint.shut_down`."""
        if assoc_id:
            return super().shut_down(assoc_id)
        # For a shutdown during set-up Linux drops the association without a notification: abort it.
        return self._end(self._registry.known(0), "abort", "")

    def _put_end(self, entry: AssociationEntry, how: How, reason: bytes) -> int:
        flag = layout.EOF if how == "close" else layout.ABORT
        return self._sendmsg(entry, reason, flag, Outgoing(b""))

    def _ended_already(self, entry: AssociationEntry, number: int) -> bool:
        return number in (errno.EPIPE, errno.ESHUTDOWN) or (number == errno.EINVAL and not entry.assoc_id)

    # --- asking

    def status(self, assoc_id: int) -> Status:
        """See `Endpoint.status`."""
        entry = self._registry.known(assoc_id)
        fd, options = self._of(assoc_id).fileno(), self._options
        numbers = asking.StatusNumbers("COOKIE-WAIT", None, 0, 0, options.inbound, options.outbound, 0)
        try:
            if assoc_id == 0:
                first = sockaddr.pack(self._destination[0])
                assoc_id, path = asking.path(fd, 0, first, first)
                paths = [path]
            if assoc_id:
                numbers, paths = asking.status(fd, assoc_id)
        except OSError as error:
            raise refusal(error, "the association has no status") from None
        about = self._registry.about(entry)
        about["assoc_id"] = assoc_id  # the kernel has the ID before COMM_UP tells it
        return Status(**about, **numbers._asdict(), paths=tuple(paths))

    def detail(self, assoc_id: int) -> Detail:
        """See `Endpoint.detail`. Not every Linux tells the verification tags, and ssthresh of one path."""
        entry = self._registry.known(assoc_id)
        try:
            fd = self._of(assoc_id).fileno()
            numbers = asking.ask_detail(fd, assoc_id)
            with self._on(self._host):
                told = diagnose(numbers.local, asking.peer(fd, assoc_id))
        except OSError as error:
            raise refusal(error, "the association has no detail") from None
        if told is not None:
            numbers = numbers._replace(paths=tuple(map(told.with_ssthresh, numbers.paths)))
        return Detail(
            **self._registry.about(entry),
            local_tag=told and told.local_tag,
            peer_tag=told and told.peer_tag,
            own_socket=self._branches is not None and self._branches.has(assoc_id),
            **numbers._asdict(),
        )

    def _set(self, assoc_id: int, parameters: ProtocolParameters, address: str) -> None:
        port = self._registry.known(assoc_id).peer.port
        path = sockaddr.pack(sockaddr.numeric(address, port)) if address else b""
        setting.set_parameters(self._of(assoc_id).fileno(), assoc_id, parameters, path)

    def _ask_path(self, entry: AssociationEntry, what: PathRequest, address: str) -> None:
        ours = what not in ("heartbeat", "primary")
        path = sockaddr.pack(sockaddr.numeric(address, self._local_port() if ours else entry.peer.port))
        try:
            setting.ask_path(self._of(entry.assoc_id).fileno(), entry.assoc_id, what, path)
        except OSError as error:
            if error.errno == errno.EBUSY:
                raise SctpError(
                    f"{address} is the only address that this end is bound to: give it another one first"
                ) from None
            raise refusal(error, f"the kernel does not {_ASKED[what]} {address}") from None

    def _ask_streams(
        self, entry: AssociationEntry, what: StreamsRequest, streams: Sequence[int], count: int
    ) -> None:
        setting.ask_streams(self._of(entry.assoc_id).fileno(), entry.assoc_id, what, streams, count)

    def _silence(self, silent: bool) -> None:
        if self._network is None:
            raise SctpError(
                "the kernel sends an ABORT as an association goes, and nothing here keeps that back: use "
                "`sctp-tui lab --paths 1`, or --stack userspace"
            )
        (self._network.crash if silent else self._network.back)("in", self._local_port())

    def _arrives(self, entry: AssociationEntry, forged: ForgedPacket) -> None:
        if self._network is None or self._host is None:
            raise SctpError(
                "the kernel carries the packets itself, and this program forges none there: use "
                "`sctp-tui lab --paths 1`, or --stack userspace"
            )
        self._network.forge(self._host, entry.peer.addresses, forged)

    def _change_udp_port(self) -> tuple[int, int]:
        raise SctpError(
            "the kernel has one UDP port for all of this machine's SCTP, which does not change: use "
            "--stack userspace"
        )

    def _peer(self, assoc_id: int) -> Peer | None:
        """The peer of an association, None where it has ended in the meantime."""
        try:
            return asking.peer(self._of(assoc_id).fileno(), assoc_id)
        except OSError:
            return None

    def descriptors(self) -> Sequence[int]:
        """See `Endpoint.descriptors`."""
        return () if self._branches is None else (self._branches.descriptor(),)

    # --- receiving

    def hold(self, assoc_id: int, held: bool) -> None:
        """See `Endpoint.hold`."""
        if self._branches is None:
            return
        if not held:
            self._branches.let_go(assoc_id)
            return
        try:
            with self._on(self._host):
                self._branches.hold(assoc_id)
        except OSError as error:
            raise refusal(error, _NO_SOCKET) from None

    def _branch_off(self, assoc_id: int) -> bool:
        if self._branches is None:
            return False
        try:
            with self._on(self._host):
                return self._branches.branch(assoc_id)
        except OSError as error:
            raise refusal(error, _NO_SOCKET) from None

    def receive(self, limit: int) -> Sequence[Event]:
        """See `Endpoint.receive`."""
        events: list[Event] = []
        if self._branches is None:
            return events
        sources = self._branches.ready()
        share = max(1, limit // max(1, len(sources)))  # so that no association delays the others
        for source in sources:
            self._take(source, share, events)
            if source.assoc_id and self._registry.get(source.assoc_id) is None:
                self._branches.leave(source)  # its end was read, which is the last
        return events

    def _take(self, source: ReadableSocket, limit: int, events: list[Event]) -> None:
        """Receive at most `limit` messages, or pieces of them, on a socket; their events go to `events`."""
        fd = source.sock.fileno()
        taken = 0
        while taken < limit:
            wanted = min(limit - taken, MESSAGES_AT_ONCE)
            try:
                got = self._intake.take(fd, wanted)
            except OSError as error:  # an error of the socket itself, reported once
                taken += 1
                if source.assoc_id:  # its association has ended: the notification follows
                    source.error = error.errno or 0
                    continue
                if self._not_reached(error.errno or 0):
                    continue
                log.warning("%s: %s", self.name, error)
                break
            now = self._clock.now()
            for data, flags, name, info in got:
                if flags & layout.MSG_NOTIFICATION:
                    for notification in source.failing.add(data):
                        if event := self._notified(source, notification, name, now):
                            events.append(event)
                elif event := self._received(data, bool(flags & layout.MSG_EOR), name, info, now):
                    events.append(event)
            taken += len(got)
            if len(got) < wanted:
                break

    def _not_reached(self, number: int) -> bool:
        """Abort a client's set-up if an errno says that its peer can't be reached; whether it says so."""
        if self._to is None or number not in AGAINST:
            return False
        if (opening := self._registry.opening) is not None and not self._against:
            self._against = number
            self._sendmsg(opening, b"", layout.ABORT, Outgoing(b""))
        return True

    def _received(
        self, data: bytes, last: bool, name: bytes, info: Info, now: tuple[float, float]
    ) -> Event | None:
        stream, ssn, flags, ppid, tsn, _, _, assoc_id = info
        entry = self._registry.get(assoc_id)
        if entry is None:
            host, port = layout.unpack_address(name)
            entry = self._registry.find(assoc_id, Peer((host,), port))
        entry.heard = now[1]
        unordered = bool(flags & layout.UNORDERED)
        if not last or assoc_id in self._reassembly.unfinished:
            whole = self._whole(entry, stream, unordered, ssn, data, last, now)
            if not isinstance(whole, bytes):
                return whole
            data = whole
        return self._registry.message(entry, stream, ssn, tsn, socket.ntohl(ppid), unordered, data, now)

    def _notified(
        self, source: ReadableSocket, data: bytes, name: bytes, now: tuple[float, float]
    ) -> Event | None:
        event = decode_notification(data, layout.DIALECT)
        host, port = layout.unpack_address(name)
        peer = Peer((host,), port)
        if isinstance(event, AssocChange):
            self._reassembly.forget(event.assoc_id)
            if event.state == "CANT_STR_ASSOC" and self._registry.has_ended(event.assoc_id):
                return None  # a message after an end that was not read yet had Linux try anew, in vain
            if event.state in ("COMM_UP", "RESTART"):
                peer = self._peer(event.assoc_id) or peer
                entry = self._registry.find(event.assoc_id, peer)
                entry.heard, entry.silent = now[1], False
                self._registry.moved(event.assoc_id, peer)
                if self._to is not None and not source.assoc_id:
                    self._hear_icmp(False)
            else:
                event = self._why_ended(event, source, now[1])
        elif isinstance(event, PartialDelivery):
            self._reassembly.forget(event.assoc_id)
        elif isinstance(event, PeerAddrChange):
            self._path_changed(event, now[1])
        return self._registry.stamp(event, peer, now)

    def _path_changed(self, event: PeerAddrChange, now: float) -> None:
        """Note when a path comes up or goes down; then give the association its own socket, if possible."""
        entry = self._registry.get(event.assoc_id)
        if event.state == "AVAILABLE" and entry is not None:
            entry.heard, entry.silent = now, False
        elif event.state == "UNREACHABLE" and entry is not None:
            entry.silent = True
            branches = self._branches
            if branches is not None and len(branches) < _BRANCHED:
                # Without it less is known of the association's end.
                with contextlib.suppress(OSError), self._on(self._host):
                    branches.branch(event.assoc_id)

    def _why_ended(self, event: AssocChange, source: ReadableSocket, now: float) -> AssocChange:
        """Add to an end's notification what Linux does not tell, as far as it can be found out."""
        # The association being set up may have an ID that no event has told yet.
        entry = self._registry.get(event.assoc_id) or self._registry.opening
        text, by = event.error_text, event.by
        if entry is None or entry.user_ends == "abort":
            return event
        if event.state == "CANT_STR_ASSOC":
            if self._against or event.error is None:
                text, by = self._why_not(now)
            elif event.error == CauseCode.STALE_COOKIE:
                by = "stack"
            elif event.error in (CauseCode.OUT_OF_RESOURCE, CauseCode.INVALID_PARAMETER):
                by = "unknown"  # the peer's cause, or that of our ABORT of its INIT ACK
            else:
                by = "peer"
        elif event.state == "COMM_LOST" and by == "unknown":
            text, by = self._by_whom(entry, source, now)
        return msgspec.structs.replace(event, error_text=text, by=by)

    def _by_whom(self, entry: AssociationEntry, source: ReadableSocket, now: float) -> tuple[str, Origin]:
        """Who ended an association: the peer by an ABORT without causes, or nobody, as no answer came.

        Linux gives error 0 for both. The association's own socket tells them apart, where it has one; or
        captured packets; or the time since the peer was heard, where that is too short for a timeout.
        """
        port = self._bound.port if self._bound is not None else 0
        if (number := source.ended_by()) in (errno.ETIMEDOUT, errno.ECONNRESET):
            return "", "nobody" if number == errno.ETIMEDOUT else "peer"
        if (abort := self._overheard(port, entry.peer)) is not None:
            if abort.ours:  # Linux sends one when it gives up
                return "", "nobody"
            return _OUT_OF_THE_BLUE if abort.reflected else "", "peer"
        if self._network is not None and self._network.is_down:
            return "", "nobody"
        return "", "peer" if self._answered(entry, now) else "unknown"

    def _answered(self, entry: AssociationEntry, now: float) -> bool:
        """Whether the peer can't have been silent for long enough to be given up."""
        if entry.user_ends or entry.peer_shut_down:
            return False  # a shutdown has timers of its own
        fd, paths = self._sock.fileno(), len(entry.peer.addresses)
        try:
            if paths == 1 and not entry.silent and timers.tells_before(fd):
                return True
            return now - entry.heard < timers.shortest_silence(fd, paths)
        except OSError:
            return False

    def _why_not(self, now: float) -> tuple[str, Origin]:
        """Why a set-up failed, and who caused it: Linux gives one event for ABORT, ICMP and no answer."""
        to = self._met or self._to
        if to is None:
            return "", "unknown"
        if self._against:
            return unreachable(self._against, to.addresses[0], to.udp_port), "network"
        where = f"SCTP port {to.port} of {to.addresses[0]}"
        port = self._bound.port if self._bound is not None else 0
        abort = self._overheard(port, to)
        if abort is not None and not abort.ours:
            return refused_by(where), "peer"
        try:
            silent = now - self._opened_at >= timers.set_up_takes(self._sock.fileno(), len(self._destination))
        except OSError:
            return "", "unknown"
        if silent:
            return no_answer(to, "INIT or COOKIE ECHO"), "nobody"  # the kernel doesn't tell which
        # It ended sooner than a timeout: something came.
        before, after = self._icmp_then, timers.received_icmp()
        if before is not None and after is not None:
            if after.unreachable == before.unreachable:
                return refused_by(where), "peer"
            if after.packets == before.packets:
                return unreachable(errno.ENOPROTOOPT, to.addresses[0], to.udp_port), "network"
        return f"{refused_by(where)}, or it has no SCTP: Linux does not tell which", "unknown"

    def close(self) -> None:
        """See `Endpoint.close`."""
        if self._branches is None:
            return
        self._come_back()
        self._branches.close()
        self._branches = None
        if self._bound is not None:
            self._bound.close(self._clock.mono())
