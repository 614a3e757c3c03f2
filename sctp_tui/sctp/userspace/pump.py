"""The packet pump: what carries usrsctp's packets, and what tells it that time has passed.

usrsctp runs without threads and without a network: it hands every packet to `conn_output`, and gets those
that arrive by `conninput`. In between are the links: within the process, or a UDP socket (RFC 6951). There
is one pump in a process, as the library has one clock and one output.
"""

import errno
import selectors
import socket
import struct
from collections import deque
from collections.abc import Callable, Collection, Sequence
from ctypes import string_at
from itertools import islice

from sctp_tui.sctp import icmp
from sctp_tui.sctp.endpoint import Clock
from sctp_tui.sctp.events import Direction, Packet
from sctp_tui.sctp.icmp import Icmp
from sctp_tui.sctp.link.conditions import KEPT_OUT, NOT_READ, NOT_SENT, WRONG_CHECKSUM, Verdict
from sctp_tui.sctp.unreachable import AGAINST, bounced, unreachable
from sctp_tui.sctp.wire.chunk_types import ChunkType

from .datagrams import datagrams
from .denials import Denial, asks, denials
from .flows import Flows
from .in_flight import InFlight
from .led_clock import LedClock
from .library import ConnOutput, Library
from .links import OTHERS, RECENT, Link, Links, SocketAddress, admit
from .one_address import addressless
from .unread import Unread

BUSY, IDLE = 0.010, 0.100
"""Seconds between two looks at the timers: with data outstanding, and with associations that rest."""
_RECENT = 0.25  # s after a packet in which a delayed SACK (200 ms) may be due
_BIT = tuple(1 << kind if kind < 16 else 0 for kind in range(256))
# Bits of such a set, bound once: every packet is asked for several.
_INIT, _COOKIE_ECHO = 1 << ChunkType.INIT, 1 << ChunkType.COOKIE_ECHO
_COOKIE_ACK, _ABORT = 1 << ChunkType.COOKIE_ACK, 1 << ChunkType.ABORT
_SET_UP = _INIT | _COOKIE_ECHO
_NOTED = _COOKIE_ECHO | _ABORT
_LISTING = _INIT | 1 << ChunkType.INIT_ACK  # what the sender's addresses may be in
DENIALS = 256
"""Requests by RE-CONFIG that were denied, of one port, until its endpoint reads of them."""
_BATCH = 256  # datagrams read, and packets carried, before the others get their turn
_QUIET = sum(
    1 << kind
    for kind in (
        ChunkType.DATA,
        ChunkType.INIT,
        ChunkType.INIT_ACK,
        ChunkType.SACK,
        ChunkType.HEARTBEAT,
        ChunkType.HEARTBEAT_ACK,
    )
)
_TELLING = ~_QUIET  # whatever else may make notifications
_HEAD = 12  # octets of the common header
_STEP = 300.0  # s of the link's time that one step may take; heartbeats come oftener


class Pump:
    """Moves packets between the library and its links; use it from one thread only.

    `busy` tells whether data is outstanding, `resting` whether there are associations at all; `moved`
    hears of a link whose peer has another UDP port. `unheard` are the sockets, by any number, on which
    something waits to be received. `ports` are the SCTP ports of this process with the names
    of their endpoints, `ready` those for which something came, `denials` what our stack denied there. `tap`
    hears of every packet, where it is not None. `transit` is what is between the ends; all times are its
    clock's. `waited` tells that time may have passed since the library last heard of it.
    """

    def __init__(self, clock: Clock) -> None:
        self.links = Links()
        self.ready: set[int] = set()
        self.ports: dict[int, str] = {}
        self.denials: dict[int, deque[Denial]] = {}
        self.unread = Unread()
        self.flows = Flows(self.ports)
        self.tap: Callable[[Packet], None] | None = None
        self.waited = True
        self.refused_packets = 0
        self.busy: Callable[[], bool] = lambda: False
        self.resting: Callable[[], bool] = lambda: False
        self.moved: Callable[[Link], None] = lambda link: None
        self.unheard: Callable[[], set[int]] = set
        self.transit = InFlight(clock.mono)
        self._clock = clock
        self._time = self._swept = self._passed = clock.mono()
        self._last_packet = -_RECENT
        self._out: deque[tuple[Link, bytes]] = deque()
        self._going: dict[socket.socket, list[tuple[Link, bytes]]] = {}
        self._datagrams = datagrams()
        self._stranger: Link | None = None
        self._idle: dict[int, Link] = {}
        self._selector = selectors.DefaultSelector()
        self._leaving: list[tuple[Link, Link]] = []
        # The library keeps the pointer: the callback must live as long as it does.
        self.output = ConnOutput(self._output)

    def start(self, library: Library) -> None:
        """Carry this library's packets from now on; `output` is its conn_output."""
        self._call = library.functions
        self._conninput = self._call.usrsctp_conninput
        self._led = LedClock(library.functions, self._now)

    def _now(self) -> float:
        return self.transit.now()

    def lead(self) -> None:
        """The library's clock goes as the link's time does from now on, where that can be."""
        self._led.follow()

    def stop(self) -> None:
        """Give the descriptors back."""
        self._led.let_go()
        self._selector.close()

    def _output(self, handle: int, data: int, length: int, tos: int, set_df: int) -> int:
        # Within a call of ours into the library, which must not be entered again: only keep it.
        link = self.links.by_handle.get(handle) or self._stranger
        if link is not None and link.handle == handle:  # else to a peer that is long gone
            self._out.append((link, string_at(data, length)))
        return 0

    def descriptor(self) -> int:
        """Ready for reading when one of the UDP sockets is."""
        return self._selector.fileno()

    def attach(self, sock: socket.socket, connected: Link | None = None) -> None:
        """Read a UDP socket from now on; `connected` is the link of a socket that has only one peer."""
        sock.setblocking(False)
        self._selector.register(sock, selectors.EVENT_READ, connected)
        self.flows.attach(sock)
        self.transit.changed = True

    def detach(self, sock: socket.socket) -> None:
        """Send what is due on a UDP socket, read it no more, and close it; also one never attached."""
        self.flush()
        for one in self.transit.take(lambda link: link.udp is sock):
            if one.outward:  # early, rather than never
                self._send(one.link, sock, one.packet)
        self._dispatch()
        for link in self.links.over(sock):
            self.give_up(link)
        if sock in self._selector.get_map():
            self._selector.unregister(sock)
        self.flows.detach(sock)
        self.transit.changed = True
        sock.close()

    def read(self, port: int, held: Collection[int] = ()) -> None:
        """The endpoint on this port has received everything that was there, but from the links `held`."""
        self.ready.discard(port)
        self.unread.read(port, held)
        while self._idle:
            self._give_up_idle()

    def flush(self) -> None:
        """Carry until nothing waits to be carried."""
        while self._out:
            self.carry()

    def register(self, link: Link) -> None:
        """Make the library take packets from this link."""
        self._call.usrsctp_register_address(link.handle)

    def association_up(self, link: Link, port: int, peer_port: int, tag: int | None) -> bytes:
        """An association between two SCTP ports came up on a link, or was restarted, with this tag of ours.

        What its packets begin with from now on; b"" without a tag.
        """
        self._keep(link)
        if not link.init:
            link.echoed = b""  # the peer began anew, and has another tag
        link.init = b""
        self.flows.keep(link, struct.pack("!HH", port, peer_port))
        if tag is None:
            return b""
        head = struct.pack("!HHI", peer_port, port, tag)
        self.links.tag(link, head)
        return head

    def association_down(self, link: Link, port: int, peer_port: int, head: bytes) -> None:
        """An association ended; `head` is what `association_up` said of it."""
        self.flows.release(link, struct.pack("!HH", port, peer_port))
        self.links.untag(link, head)
        if not link.associations and not link.ours:
            # Another one may be up on it by now, of which the endpoint has not read yet.
            self._idle[link.handle] = link
            if len(self._idle) > RECENT:
                self._give_up_idle()

    def _give_up_idle(self) -> None:
        link = self._idle.pop(next(iter(self._idle)))
        if not link.associations and self.links.by_handle.get(link.handle) is link:
            self.give_up(link)
            self.links.remember(link)

    def give_up(self, link: Link) -> None:
        """Forget a link, but for the packets that wait to go out on it, and make the library forget it."""
        self.links.remove(link)
        self._call.usrsctp_deregister_address(link.handle)

    def _keep(self, link: Link) -> None:
        """An association is there: the library, which answers anybody, is to find it by this link."""
        if link.handle not in self.links.by_handle:
            self.links.keep(link)
            self.register(link)

    def leave(self, link: Link, other: Link) -> None:
        """Forget a link within the process, of which one end is closed, once the other has no use for it.

        Until then packets are on their way, and what the other end sends is answered by an ABORT.
        """
        self._leaving.append((link, other))

    def _leave(self) -> None:
        for pair in self._leaving if not self.ready else ():
            if any(end.associations or end.on_the_way for end in pair):
                continue
            self._leaving.remove(pair)
            for end in pair:
                self.give_up(end)
            return  # the others at the next turns

    def timeout(self, receiving: bool = True) -> float | None:
        """Seconds until the next turn is due without a packet; see `Stack.timeout`."""
        self.waited = True
        if self._out or (receiving and self.ready):
            return 0.0
        transit = self.transit
        if not transit.speed:
            return None
        now, waits = transit.now(), list[float]()
        if transit.held:
            waits.append(transit.held[0].due - now)
        if now - self._last_packet < _RECENT or self.busy():
            waits.append(BUSY - (now - self._time))
        elif self.resting():
            waits.append(IDLE - (now - self._time))
        return max(0.0, min(waits)) / transit.speed if waits else None

    def run_once(self) -> None:
        """Carry what waits, in both directions, and let the library's timers catch up."""
        if self._leaving:
            self._leave()
        if self.transit.held and self.transit.speed:  # while time stands still, only `step` lets one arrive
            self._let_arrive(_BATCH)
        self.pass_time()
        self.carry()
        if len(self._out) < _BATCH:  # else what comes waits in its socket until what goes is out
            for key in self._readable():
                self._read(key.fileobj, key.data)  # type: ignore[arg-type]
                self.carry()

    def _readable(self) -> Collection[selectors.SelectorKey]:
        """The UDP sockets to read. To ask whether one alone is ready takes as long as to read it."""
        sockets = self._selector.get_map()
        return sockets.values() if len(sockets) == 1 else [key for key, _ in self._selector.select(0)]

    def pass_time(self) -> None:
        """Let the timers catch up: before anything that starts one, which would run out too soon."""
        self.waited = False
        now = self._passed = self.transit.now()
        elapsed = int((now - self._time) * 1000)
        if elapsed > 0:
            # What is left of a millisecond counts at the next turn.
            self._time += elapsed / 1000
            self._call.usrsctp_handle_timers(elapsed)
            if now - self._swept >= IDLE:
                # Timers end associations too; that shows in no packet to us.
                self._swept = now
                self.ready.update(self.ports)

    def step(self) -> bool:
        """While time stands still: go on to the first thing that happens.

        That is one packet that arrives, or timers that run out and send or tell something. False where
        nothing of that comes, and it is no later than before.
        """
        transit, held = self.transit, self.transit.held
        self.flush()
        if not held and not self.resting():
            return False  # without an association no timer does anything
        start, heard = transit.now(), self.unheard()
        end = start + _STEP
        while transit.now() < end:
            if held and held[0].due <= transit.now():
                self._let_arrive(1)
                return True
            transit.advance(min(BUSY, held[0].due - transit.now()) if held else BUSY)
            self.pass_time()
            if self._out:
                self.flush()
                return True
            if not self.unheard() <= heard:
                self.ready.update(self.ports)
                return True
        back = start - transit.now()
        transit.advance(back)
        self._time += back
        self._swept += back
        self._passed += back
        return False

    def _let_arrive(self, most: int) -> None:
        """Packets arrive that are due, each at its time, with the timers that run out until then."""
        transit, held = self.transit, self.transit.held
        now = transit.clock()
        while most and held and held[0].due <= now:
            most -= 1
            one = transit.next()
            transit.catch_up(max(one.due, self._passed))
            self.pass_time()
            if one.outward:
                if one.link.udp is not None:
                    self._send(one.link, one.link.udp, one.packet)
            elif link := self.links.by_handle.get(one.link.handle):
                self._arrive(link, one.packet, one.types)
            elif one.link.address is not None:  # else its end of the link is closed
                self._arrive(one.link, one.packet, one.types)
            self.carry()
        transit.catch_up(None)

    def carry(self) -> None:
        """Take packets from the library to where their links lead."""
        out, by_handle, transit = self._out, self.links.by_handle, self.transit
        if out:
            self._last_packet = transit.now()
        direct, conninput, ports, ready = transit.direct, self._conninput, self.ports, self.ready
        for _ in range(_BATCH):
            if not out:
                break
            link, packet = out.popleft()
            types = _BIT[packet[12]]
            if types & _SET_UP:
                self._set_up(link, packet, types)
            if (other := link.other) is not None:
                if other.handle in by_handle:
                    if direct:
                        if self.tap is not None:
                            local = link if link.sends == "out" else other
                            self._tell(self.tap, local, link.sends, packet)
                        if types & _NOTED:
                            self._arrive(other, packet, types)
                        else:  # as there, by a call less, which would be a fiftieth of what a message costs
                            if (port := packet[2] << 8 | packet[3]) in ports:
                                ready.add(port)
                            conninput(other.handle, packet, len(packet), 0)
                    else:
                        local = link if link.sends == "out" else other
                        self._condition(local, link.sends, other, packet, types)
            elif link.udp is not None:
                if direct:
                    if self.tap is not None:
                        self._tell(self.tap, link, "out", packet)
                    self._send(link, link.udp, packet)
                else:
                    self._condition(link, "out", link, packet, 0)
        if self._going:
            self._dispatch()

    def _condition(self, local: Link, direction: Direction, to: Link, packet: bytes, types: int) -> None:
        """Send a packet on its way, as far as the link's conditions let it; `local` is the local end."""
        within, transit = to.other is not None, self.transit
        outward = not within and direction == "out"
        for verdict, reason, delay in transit.outcomes(direction, packet, within=within):
            if self.tap is not None:
                self._tell(self.tap, local, direction, packet, verdict, reason, delay)
            if verdict == "dropped":
                pass
            elif delay > 0:
                transit.hold(to, packet, types, delay, direction)
            elif not outward:
                self._arrive(to, packet, types)
            elif to.udp is not None:
                self._send(to, to.udp, packet)

    def _arrive(self, link: Link, packet: bytes, types: int) -> None:
        """A packet came on a link, or from a stranger; `types` are its low chunk types."""
        if (port := packet[2] << 8 | packet[3]) in self.ports:
            self.ready.add(port)
        if types & _ABORT and link.init and self._answers(link, packet):
            link.aborted = True
        if link.handle not in self.links.by_handle:
            self._stranger = link
        if types & _LISTING:
            packet = self._by_one_address(packet)
        waiting = len(self._out)
        self._conninput(link.handle, packet, len(packet), 0)
        if types & _COOKIE_ECHO:
            self._echoed(link, packet, waiting)
        elif types & OTHERS and port in self.ports and asks(packet):
            for to, answer in islice(self._out, waiting, None):
                if to is link:
                    self.denials.setdefault(port, deque(maxlen=DENIALS)).extend(denials(packet, answer))

    def _by_one_address(self, packet: bytes) -> bytes:
        """An INIT or INIT ACK as the library can read it. A wrong checksum stays wrong."""
        made = addressless(packet)
        if made is packet or not self._intact(packet):
            return packet
        return made[:8] + self._checksum(made) + made[12:]

    def _echoed(self, link: Link, packet: bytes, waiting: int) -> None:
        """A COOKIE ECHO came: a COOKIE ACK among what the library sends since says that its cookie was good.

        Only then is anything kept.
        """
        ports = packet[2:4] + packet[:2]
        for to, answer in islice(self._out, waiting, None):
            if to is link and answer[:4] == ports and admit(answer)[1] & _COOKIE_ACK:
                self._keep(link)
                return
        if link.handle not in self.links.by_handle:
            self.links.remember(link)

    def _answers(self, link: Link, packet: bytes) -> bool:
        """Whether a packet that came is meant for the set-up that we began: intact, and by its tag.

        An ABORT bears our tag, or by its T bit the one in our COOKIE ECHO (RFC 9260, section 8.5.1).
        """
        return packet[4:8] in (link.init[16:20], link.echoed) and self._intact(packet)

    def _set_up(self, link: Link, packet: bytes, types: int) -> None:
        """An INIT or a COOKIE ECHO of ours goes out."""
        if types & _INIT:
            link.init, link.echoed, link.aborted, link.against = packet, b"", False, ""
        else:
            link.echoed = packet[4:8]

    def _tell(
        self,
        tap: Callable[[Packet], None],
        link: Link,
        direction: Direction,
        packet: bytes,
        verdict: Verdict = "delivered",
        reason: str = "",
        delay: float = 0.0,
    ) -> None:
        """Tell of a packet on a link of the local end."""
        ports = packet[:4] if direction == "out" else packet[2:4] + packet[:2]
        flow = link.flows.get(ports)
        if flow is None:
            flow = self.flows.of(link, ports, begins=direction == "out" and _BIT[packet[12]] == _INIT)
        tap(
            Packet(
                at=self._clock.wall(),
                mono=self.transit.now(),
                endpoint=flow.endpoint,
                key=0,
                assoc_id=0,
                peer=flow.peer,
                local=flow.local,
                flow=flow.serial,
                direction=direction,
                verdict=verdict,
                reason=reason,
                delay=delay,
                data=packet,
                within=link.other is not None,
            )
        )

    def _send(self, link: Link, sock: socket.socket, packet: bytes) -> None:
        """A packet goes out over UDP, with those that go at the same time; see `_dispatch`."""
        going = self._going.get(sock)
        if going is None:
            going = self._going[sock] = []
        going.append((link, packet))

    def _dispatch(self) -> None:
        """Send what goes out."""
        all_going, self._going = self._going, {}
        for sock, going in all_going.items():
            for i, error in self._datagrams.send(sock, [(packet, link.address) for link, packet in going]):
                link, packet = going[i or 0]
                if i is not None:
                    # A full buffer, no route, no permission: to SCTP a lost packet, which it sends again.
                    self._bounce(link, packet, NOT_SENT + (error.strerror or "no reason told"))
                self._read_icmp(sock, link if link.address is None else None, error.errno or 0)

    def _read(self, sock: socket.socket, connected: Link | None) -> None:
        """Take what came to a UDP socket, as far as the others get their turn."""
        most = self._datagrams.most
        for _ in range(_BATCH // most):
            try:
                came = self._datagrams.receive(sock)
            except BlockingIOError:
                # One whose error nobody had, or a send: as long as it waits the socket seems ready.
                self._read_icmp(sock, connected, 0)
                return
            except OSError as error:  # an ICMP message
                self._read_icmp(sock, connected, error.errno or 0)
                continue
            for packet, address in came:
                self._let_in(sock, connected, packet, address)
            if len(came) < most:
                return

    def _let_in(
        self, sock: socket.socket, connected: Link | None, packet: bytes, address: SocketAddress
    ) -> None:
        """A datagram came, which may not be what it should."""
        why, types = admit(packet)
        if why or self.transit.speed != 1:
            self._keep_out(connected, sock, address, packet, why or KEPT_OUT)
            return
        if self.tap is not None and not self._intact(packet):
            # The library would discard it unseen; without the tap nobody else sees it either.
            self._keep_out(connected, sock, address, packet, WRONG_CHECKSUM)
            return
        self._last_packet = self.transit.now()
        link = connected or self._sort(sock, address, packet)
        if link is None:
            self._keep_out(None, sock, address, packet, WRONG_CHECKSUM)
            return
        link.gone = 0
        port = packet[2] << 8 | packet[3]
        if types & _TELLING and port in self.ports and not self.unread.admits(port, link.handle, packet):
            self._keep_out(link, sock, address, packet, NOT_READ)
            return
        if not self.transit.direct:
            self._condition(link, "in", link, packet, types)
            return
        if self.tap is not None:
            self._tell(self.tap, link, "in", packet)
        self._arrive(link, packet, types)

    def _keep_out(
        self, link: Link | None, sock: socket.socket, address: SocketAddress, packet: bytes, why: str
    ) -> None:
        """Tell of a packet that is not let in; a link that leads to its sender is as it was."""
        self.refused_packets += 1
        if self.tap is None:
            return
        link = link or self.links.at(sock, address)
        head = packet[:4].ljust(4, b"\0")
        ports = head[2:] + head[:2]
        flow = self.flows.of(link, ports) if link else self.flows.from_address(sock, address, ports)
        self.tap(
            Packet(
                at=self._clock.wall(),
                mono=self.transit.now(),
                endpoint=flow.endpoint,
                key=0,
                assoc_id=0,
                peer=flow.peer,
                local=flow.local,
                flow=flow.serial,
                direction="in",
                verdict="refused",
                reason=why,
                delay=0.0,
                data=packet,
            )
        )

    def _sort(self, sock: socket.socket, address: SocketAddress, packet: bytes) -> Link | None:
        """The link of a datagram; None for a corrupt one that would change where its peer is reached."""
        link = self.links.find(sock, address, packet)
        if link is None:
            return self.links.stranger(sock, address)
        if link.address != address:
            if not self._intact(packet):
                return None
            self.links.move(link, sock, address)
            self.flows.move(link)
            self.moved(link)
        return link

    def _intact(self, packet: bytes) -> bool:
        """Whether the checksum is right (RFC 9260, section 6.8). The library looks at it again."""
        return packet[8:12] == self._checksum(packet[:8] + bytes(4) + packet[12:])

    def _checksum(self, packet: bytes) -> bytes:
        """What belongs in the checksum's place, in which there is zero now."""
        return struct.pack("=I", self._call.usrsctp_crc32c(packet, len(packet)))

    def _bounce(self, link: Link, packet: bytes, why: str) -> None:
        """A packet that was told of did not get through; of one that only ICMP quotes, as far as it does."""
        if self.tap is not None and len(packet) > _HEAD:
            self._tell(self.tap, link, "out", packet, "bounced", why)

    def _read_icmp(self, sock: socket.socket, connected: Link | None, number: int) -> None:
        """What the network says of datagrams that went over a UDP socket; `number` is its errno, or 0.

        Where a socket has many peers, each message says which of them it is of.
        """
        said = icmp.told(sock)
        if connected is not None:
            if number or said:
                self._refuse(connected, number or said[-1].number, said)
            return
        for one in said:
            self._refuse(self.links.at(sock, one.to) or self.links.stranger(sock, one.to), one.number, [one])

    def _refuse(self, link: Link, number: int, said: Sequence[Icmp]) -> None:
        """There is no way to the peer: to an association being set up that is what an ABORT says.

        One that is up goes on: ICMP, which may be forged, ends nothing (RFC 6951, section 5.5). What `said`
        quotes of another association than is there now tells nothing of this one.
        """
        for one in said:
            if self.flows.known(link, one.quoted[:4]):  # what it quotes is no packet of ours else
                self._bounce(link, one.quoted, bounced(link.host, one))
        its = [one for one in said if _quotes(link, one.quoted)]
        last = its[-1] if its else None
        if said:
            number = last.number if last is not None else 0
        if len(link.init) < 20:
            told = [(one.number, one.by) for one in its]
            if not icmp.QUEUED:  # else an errno alone is left of a message that was read before it
                told = [(number, "")]
            link.gone += sum(one == errno.ECONNREFUSED and by in ("", link.host) for one, by in told)
        elif number in AGAINST:
            link.against = unreachable(number, link.host, link.udp_port, last)
            self._end_set_up(link)

    def abort_set_up(self, link: Link) -> None:
        """Our user ends what is being set up: a peer that has our cookie is told, as it may be up there."""
        if link.echoed:
            self._out.append((link, self._abort(link.init[:4], link.echoed)))
        self._end_set_up(link)

    def _end_set_up(self, link: Link) -> None:
        """To the library it ends as by an ABORT of the peer, by the tag that we announced."""
        init, link.init = link.init, b""
        packet = self._abort(init[2:4] + init[:2], init[16:20])
        self.ready.add(init[0] << 8 | init[1])
        self._call.usrsctp_conninput(link.handle, packet, len(packet), 0)

    def _abort(self, ports: bytes, tag: bytes) -> bytes:
        """An ABORT without causes (RFC 9260, section 3.3.7)."""
        chunk = struct.pack("!BBH", ChunkType.ABORT, 0, 4)
        return ports + tag + self._checksum(ports + tag + bytes(4) + chunk) + chunk


def _quotes(link: Link, quoted: bytes) -> bool:
    """Whether this is quoted of what is set up or up on a link now, as far as it shows.

    By its verification tag, or the one that an INIT announces; where that is cut off, by its checksum.
    """
    if len(quoted) < 8:
        return True
    if any(quoted[4:8]):
        return quoted[4:8] == link.echoed if link.init or link.echoed else True
    if len(quoted) < 20:
        return link.init.startswith(quoted)
    return quoted[16:20] == link.init[16:20]
