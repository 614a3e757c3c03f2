"""The packet pump: carries usrsctp's packets, and runs its timers.

usrsctp runs here without threads and without a network: it gives every packet to the callback `conn_output`,
and takes those that arrive by `usrsctp_conninput`. In between are links: to another endpoint of this process,
or over a UDP socket (RFC 6951). There is one pump in a process, as the library has one clock and one output.
"""

import errno
import math
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
from sctp_tui.sctp.forgery import ForgedPacket
from sctp_tui.sctp.icmp import Icmp
from sctp_tui.sctp.link.conditions import CRASHED, KEPT_OUT, NOT_READ, ROUNDED, WRONG_CHECKSUM, Verdict
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
"""Seconds between two runs of the timers: with data outstanding, and with associations that are idle."""
_RECENT = 0.25  # s after a packet, within which a delayed SACK (200 ms) may be due
_BIT = tuple(1 << kind if kind < 16 else 0 for kind in range(256))
# Bits of a set of chunk types, computed once, as every packet is tested for several.
_INIT, _COOKIE_ECHO = 1 << ChunkType.INIT, 1 << ChunkType.COOKIE_ECHO
_COOKIE_ACK, _ABORT = 1 << ChunkType.COOKIE_ACK, 1 << ChunkType.ABORT
_SET_UP = _INIT | _COOKIE_ECHO
_NOTED = _COOKIE_ECHO | _ABORT
_LISTING = _INIT | 1 << ChunkType.INIT_ACK  # these may list the sender's addresses
DENIALS = 256
"""Denied RE-CONFIG requests kept for one port until its endpoint reads them."""
_BATCH = 256  # datagrams read from one socket, or packets carried, in one go
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
_TELLING = ~_QUIET  # all other chunks, which may cause notifications
_HEAD = 12  # octets of the common header
_Made = tuple[float, float]
"""When a packet left its stack: s since the epoch, 0 where nobody looks at packets, and the link's time."""
_SLICE, _BEHIND = 0.010, 1.0
"""Where time goes faster than real time: seconds that a turn takes at most to catch up with it, and that it
may be behind."""
_STEP = 300.0  # s of the link's time that one step may take at most; heartbeats are more frequent


class Pump:
    """Moves packets between the library and its links; use it from one thread only.

    `ports` are the SCTP ports of this process with the names of their endpoints, `ready` those that may have
    something to receive, `denials` the requests that our stack denied there. `transit` has the packets that
    are under way; all times are its clock's. `waited`: time may have passed since the timers last ran.

    Callbacks, set by the stack: `busy` tells whether data is outstanding, `resting` whether there are
    associations at all, `unheard` which sockets (any number for each) have something to receive; `moved` is
    called with a link whose peer now has another UDP port, `beginning` with the port where an association may
    begin. `tap`, unless None, is called with every packet.
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
        self.busy: Callable[[], bool] = lambda: False
        self.resting: Callable[[], bool] = lambda: False
        self.moved: Callable[[Link], None] = lambda link: None
        self.unheard: Callable[[], set[int]] = set
        self.beginning: Callable[[int], None] = lambda port: None
        self.transit = InFlight(clock.mono)
        self._clock = clock
        self._time = self._swept = self._passed = clock.mono()
        self._last_packet = -_RECENT
        self._out: deque[tuple[Link, bytes, _Made | None]] = deque()  # when: None where nothing needs it
        self._going: dict[socket.socket, list[tuple[Link, bytes]]] = {}
        self._datagrams = datagrams()
        self._stranger: Link | None = None
        self._idle: dict[int, Link] = {}
        self._selector = selectors.DefaultSelector()
        self._leaving: list[tuple[Link, Link]] = []
        # The library keeps the pointer: the callback must live as long as it does.
        self.output = ConnOutput(self._output)

    def start(self, library: Library) -> None:
        """Carry this library's packets from now on; it has `output` as its conn_output."""
        self._call = library.functions
        self._conninput = self._call.usrsctp_conninput
        self._led = LedClock(library.functions, self._now)

    def _now(self) -> float:
        return self.transit.now()

    def lead(self) -> None:
        """Make the library's clock follow the link's time from now on, where the platform allows it."""
        self._led.follow()

    def ages(self) -> float:
        """The time (s) by which the library judges how old something is, since any origin."""
        return self._now() if self._led.follows else self._clock.mono()

    def stop(self) -> None:
        """Close the descriptors, and return the library to the system's clock."""
        self._led.let_go()
        self._selector.close()

    def _output(self, handle: int, data: int, length: int, tos: int, set_df: int) -> int:
        # Called from within a call into the library, which must not be entered again: only keep the packet.
        link = self.links.by_handle.get(handle) or self._stranger
        if link is not None and link.handle == handle:  # else for a link that was given up
            # With the time, as it may wait to be carried while its sender hears more.
            timed = self.tap is not None or not self.transit.direct
            self._out.append((link, string_at(data, length), self._made() if timed else None))
        return 0

    def _made(self) -> _Made:
        return self._clock.wall() if self.tap is not None else 0.0, self.transit.set_out()

    def descriptor(self) -> int:
        """A descriptor that is ready for reading when one of the UDP sockets is."""
        return self._selector.fileno()

    def attach(self, sock: socket.socket, connected: Link | None = None) -> None:
        """Read a UDP socket from now on; `connected` is its link where it is connected to one peer."""
        sock.setblocking(False)
        self._selector.register(sock, selectors.EVENT_READ, connected)
        self.flows.attach(sock)
        self.transit.changed = True

    def detach(self, sock: socket.socket) -> None:
        """Send the packets that wait for a UDP socket and close it; it need not have been attached."""
        self.flush()
        for one in self.transit.take(lambda one: one.link.udp is sock):
            if one.outward:  # before its delay is over, rather than never
                self._send(one.link, sock, one.packet)
        self._dispatch()
        for link in self.links.over(sock):
            self.give_up(link)
        if sock in self._selector.get_map():
            self._selector.unregister(sock)
        self.flows.detach(sock)
        self.transit.changed = True
        sock.close()

    def change_socket(self, link: Link, sock: socket.socket) -> None:
        """Let a link of ours lead over another connected UDP socket; what comes to the one before is lost."""
        self.flush()  # what was sent by now goes out by that one
        before, link.udp = link.udp, sock
        self.attach(sock, link)
        self.flows.change_socket(link)
        if before is not None:
            self.detach(before)

    def read(self, port: int, held: Collection[int] = ()) -> None:
        """The endpoint on this port has received all there was, except from the links `held` (handles)."""
        self.ready.discard(port)
        self.unread.read(port, held)
        while self._idle:
            self._give_up_idle()

    def flush(self) -> None:
        """Carry packets until the library has none left to send."""
        while self._out:
            self.carry()

    def register(self, link: Link) -> None:
        """Register a link with the library, so that it accepts packets from there."""
        self._call.usrsctp_register_address(link.handle)

    def association_up(self, link: Link, port: int, peer_port: int, tag: int | None) -> bytes:
        """An association between two SCTP ports came up on a link, or was restarted; `tag` is our tag.

        Returns the first eight octets of the packets that will come of it, ports and tag; b"" without a tag.
        """
        self._keep(link)
        if not link.init:
            link.echoed = b""  # the peer has restarted, and has another tag
        link.init = b""
        self.flows.keep(link, struct.pack("!HH", port, peer_port))
        if tag is None:
            return b""
        head = struct.pack("!HHI", peer_port, port, tag)
        self.links.tag(link, head)
        return head

    def association_down(self, link: Link, port: int, peer_port: int, head: bytes) -> None:
        """An association ended; `head` is what `association_up` returned for it."""
        self.flows.release(link, struct.pack("!HH", port, peer_port))
        self.links.untag(link, head)
        if not link.associations and not link.ours:
            # Another association may be up on it already, with its notification not read yet.
            self._idle[link.handle] = link
            if len(self._idle) > RECENT:
                self._give_up_idle()

    def _give_up_idle(self) -> None:
        link = self._idle.pop(next(iter(self._idle)))
        if not link.associations and self.links.by_handle.get(link.handle) is link:
            self.give_up(link)
            self.links.remember(link)

    def give_up(self, link: Link) -> None:
        """Remove a link, here and in the library; packets that wait to go out on it still do."""
        self.links.remove(link)
        self._call.usrsctp_deregister_address(link.handle)

    def _keep(self, link: Link) -> None:
        """Keep a link, and register it with the library, as an association has come up on it."""
        if link.handle not in self.links.by_handle:
            self.links.keep(link)
            self.register(link)

    def leave(self, link: Link, other: Link) -> None:
        """Remove a link within the process later, as one end is closed: once the other end needs it no more.

        Until then packets under way arrive, and the library answers what the other end sends with an ABORT.
        """
        self._leaving.append((link, other))

    def _leave(self) -> None:
        for pair in self._leaving if not self.ready else ():
            if any(end.associations or end.on_the_way for end in pair):
                continue
            self._leaving.remove(pair)
            for end in pair:
                self.give_up(end)
                end.other = None  # else each keeps the other in memory until garbage is collected
            return  # one pair in each turn

    def timeout(self, receiving: bool = True) -> float | None:
        """Seconds until `run_once` is due without a packet; see `Stack.timeout`."""
        self.waited = True
        if self._out or (receiving and self.ready):
            return 0.0
        transit = self.transit
        if not transit.speed:
            return None
        now = transit.clock()
        wait = self._pace(now) - (now - self._time)
        if transit.held:
            wait = min(wait, transit.held[0].due - now)
        return max(0.0, wait) / transit.speed if wait < math.inf else None

    def _pace(self, now: float) -> float:
        """Seconds from one run of the timers to the next, infinity where none is needed."""
        if now - self._last_packet < _RECENT or self.busy():
            return BUSY
        return IDLE if self.resting() else math.inf

    def run_once(self) -> None:
        """Carry the packets that wait, in both directions, and run the library's timers."""
        if self._leaving:
            self._leave()
        if self.transit.speed > 1:
            self._catch_up()
        elif self.transit.held and self.transit.speed:  # stopped, packets arrive by `step` alone
            self._let_arrive(_BATCH)
        if self.transit.speed <= 1:
            self.pass_time()
        self.carry()
        if len(self._out) < _BATCH:  # else read nothing more until these packets are sent
            for key in self._readable():
                self._read(key.fileobj, key.data)  # type: ignore[arg-type]
                self.carry()

    def _readable(self) -> Collection[selectors.SelectorKey]:
        """The UDP sockets to read. A single one is not polled, as to read it takes no longer."""
        sockets = self._selector.get_map()
        return sockets.values() if len(sockets) == 1 else [key for key, _ in self._selector.select(0)]

    def enter(self) -> None:
        """Bring the library up to date: to be called before an endpoint makes it send anything.

        Else a timer that is started then would expire too soon, and what is sent would not have heard what
        has arrived by then.
        """
        transit, waited = self.transit, self.waited
        if transit.speed > 1:
            if waited:
                self._catch_up()
            return
        if transit.held and transit.speed and transit.held[0].due <= transit.clock():
            self._let_arrive(_BATCH)
        if waited:
            self.pass_time()

    def settle(self) -> None:
        """Bring the timers up to date, before the speed of time changes."""
        if self.transit.speed > 1:
            self._catch_up()
            self.transit.hold_back(self._passed)
        self.pass_time()

    def _catch_up(self) -> None:
        """Go through the time that has passed, at more than real speed, in the paces of real time.

        So each timer and packet has its own time. It stays the link's time after this, until the next turn:
        for an endpoint to read what it was told then, which is why it ends there. A machine that is much too
        slow for this makes time wait.
        """
        transit, held, ready = self.transit, self.transit.held, len(self.ready)
        self.waited = False
        until, stop = transit.clock(), self._clock.mono() + _SLICE
        while self._passed < until and len(self.ready) == ready:
            if self._clock.mono() >= stop:
                if until - self._passed > _BEHIND * transit.speed:
                    transit.hold_back(self._passed)
                return
            at = min(until, self._passed + self._pace(self._passed))
            if held and held[0].due <= at:
                self._next_arrives()
            else:
                transit.catch_up(at)
                self.pass_time()
                self.carry()

    def pass_time(self) -> None:
        """Run the library's timers for the time that has passed."""
        self.waited = False
        now = self._passed = self.transit.now()
        elapsed = int((now - self._time) * 1000)
        if elapsed > 0:
            # The rest of a millisecond counts in the next call.
            self._time += elapsed / 1000
            self._call.usrsctp_handle_timers(elapsed)
            if now - self._swept >= IDLE:
                # Timers may end associations, and no packet shows that: let the endpoints look.
                self._swept = now
                self.ready.update(self.ports)

    def step(self) -> bool:
        """While time is stopped: advance it to the next thing that happens.

        That is one packet that arrives, or a timer that causes a packet or a notification. False where
        nothing does within `_STEP`; time is then as before.
        """
        transit, held = self.transit, self.transit.held
        self.flush()
        if not held and not self.resting():
            return False  # without associations no timer runs
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
        """Deliver the packets that are due, each at its own time, after the timers that expire before it."""
        transit, held = self.transit, self.transit.held
        now = transit.clock()
        while most and held and held[0].due <= now:
            most -= 1
            self._next_arrives()
        transit.catch_up(None)

    def _next_arrives(self) -> None:
        """Deliver the next packet under way at its own time, which stays that of the link."""
        one = self.transit.next()
        self.transit.catch_up(max(one.due, self._passed))
        self.pass_time()
        if one.outward:
            if one.link.udp is not None:
                self._send(one.link, one.link.udp, one.packet)
        elif link := self.links.by_handle.get(one.link.handle):
            self._arrive(link, one.packet, one.types)
        elif one.link.address is not None:  # a stranger's; else this end of the link is closed
            self._arrive(one.link, one.packet, one.types)
        self.carry()

    def carry(self) -> None:
        """Carry packets of the library to the other ends of their links."""
        self._carry()
        if self._going:
            self._dispatch()

    def _carry(self) -> None:
        """As `carry`, but those for UDP wait for `_dispatch`."""
        out, by_handle, transit = self._out, self.links.by_handle, self.transit
        if out:
            self._last_packet = transit.now()
        direct, conninput, ports, ready = transit.direct, self._conninput, self.ports, self.ready
        for _ in range(_BATCH):
            if not out:
                break
            link, packet, made = out.popleft()
            types = _BIT[packet[12]]
            if types & _SET_UP:
                self._set_up(link, packet, types)
            if (other := link.other) is not None:
                if other.handle in by_handle:
                    if direct:
                        if self.tap is not None:
                            local = link if link.sends == "out" else other
                            queued = self._queued(made)
                            self._tell(self.tap, local, link.sends, packet, made=made, queued=queued)
                        if types & _NOTED:
                            self._arrive(other, packet, types)
                        else:  # as `_arrive`, inlined: the call would be a fiftieth of a message's cost
                            if (port := packet[2] << 8 | packet[3]) in ports:
                                ready.add(port)
                            conninput(other.handle, packet, len(packet), 0)
                    else:
                        local = link if link.sends == "out" else other
                        self._condition(local, link.sends, other, packet, types, made)
            elif link.udp is not None:
                if direct:
                    if self.tap is not None:
                        self._tell(self.tap, link, "out", packet, made=made)
                    self._send(link, link.udp, packet)
                else:
                    self._condition(link, "out", link, packet, 0, made)

    def _queued(self, made: _Made | None) -> float:
        """Seconds that a packet within the process has waited to be carried.

        With `ROUNDED` on top, as nothing arrives early here: what its receiver sent just before has not heard
        it.
        """
        waited = self.transit.now() - made[1] if made is not None else 0.0
        return waited + ROUNDED if waited > 0 else 0.0

    def _condition(
        self, local: Link, direction: Direction, to: Link, packet: bytes, types: int, made: _Made | None
    ) -> None:
        """Drop, hold or deliver a packet by the link's conditions; `local` is the local end."""
        made = made or self._made()  # the conditions may have been set since
        within, transit = to.other is not None, self.transit
        outward = not within and direction == "out"
        for verdict, reason, delay in transit.outcomes(direction, packet, made[1], within=within):
            if self.tap is not None:
                queued = self._queued(made) if within and not delay and verdict != "dropped" else 0.0
                self._tell(self.tap, local, direction, packet, verdict, reason, delay, made, queued)
            if verdict == "dropped":
                pass
            elif delay > 0:
                transit.hold(to, packet, types, made[1] + delay, direction)
            elif not outward:
                self._arrive(to, packet, types)
            elif to.udp is not None:
                self._send(to, to.udp, packet)

    def _arrive(self, link: Link, packet: bytes, types: int) -> None:
        """Give the library a packet, of a link or a stranger; `types` is the bit set of `links.admit`."""
        if (port := packet[2] << 8 | packet[3]) in self.ports:
            self.ready.add(port)
        if types & _ABORT and link.init and self._answers(link, packet):
            link.aborted = True
        if link.handle not in self.links.by_handle:
            self._stranger = link
        if types & _LISTING:
            packet = self._by_one_address(packet)
        waiting = len(self._out)
        if types & _COOKIE_ECHO:
            self.beginning(port)
        self._conninput(link.handle, packet, len(packet), 0)
        if types & _COOKIE_ECHO:
            self._echoed(link, packet, waiting)
        elif types & OTHERS and port in self.ports and asks(packet):
            for to, answer, _ in islice(self._out, waiting, None):
                if to is link:
                    self.denials.setdefault(port, deque(maxlen=DENIALS)).extend(denials(packet, answer))

    def _by_one_address(self, packet: bytes) -> bytes:
        """An INIT or INIT ACK without addresses, which the library can read. A wrong checksum stays wrong."""
        made = addressless(packet)
        if made is packet or not self._intact(packet):
            return packet
        return made[:8] + self._checksum(made) + made[12:]

    def _echoed(self, link: Link, packet: bytes, waiting: int) -> None:
        """Keep the link of a COOKIE ECHO if its cookie was good: then the library has sent a COOKIE ACK.

        `waiting` is the number of packets that waited to go out before it.
        """
        ports = packet[2:4] + packet[:2]
        for to, answer, _ in islice(self._out, waiting, None):
            if to is link and answer[:4] == ports and admit(answer)[1] & _COOKIE_ACK:
                self._keep(link)
                return
        if link.handle not in self.links.by_handle:
            self.links.remember(link)

    def _answers(self, link: Link, packet: bytes) -> bool:
        """Whether an ABORT is for the association that we are setting up: intact, and with a right tag.

        It has our tag, or with the T bit the peer's, which our COOKIE ECHO has (RFC 9260, section 8.5.1).
        """
        return packet[4:8] in (link.init[16:20], link.echoed) and self._intact(packet)

    def _set_up(self, link: Link, packet: bytes, types: int) -> None:
        """Note an INIT or a COOKIE ECHO that we send."""
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
        made: _Made | None = None,
        queued: float = 0.0,
    ) -> None:
        """Call `tap` with a packet on a link, which is the local end's; one that was not `made` here came
        now.
        """
        ports = packet[:4] if direction == "out" else packet[2:4] + packet[:2]
        flow = link.flows.get(ports)
        if flow is None:
            flow = self.flows.of(link, ports, begins=direction == "out" and _BIT[packet[12]] == _INIT)
        at, mono = made or (self._clock.wall(), self.transit.now())
        tap(
            Packet(
                at=at,
                mono=mono,
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
                queued=queued,
            )
        )

    def _send(self, link: Link, sock: socket.socket, packet: bytes) -> None:
        """Collect a packet for UDP; `_dispatch` sends all that go out in the same turn."""
        going = self._going.get(sock)
        if going is None:
            going = self._going[sock] = []
        going.append((link, packet))

    def _dispatch(self) -> None:
        """Send the collected packets, and note those that failed."""
        all_going, self._going = self._going, {}
        for sock, going in all_going.items():
            for i, error in self._datagrams.send(sock, [(packet, link.address) for link, packet in going]):
                link, packet = going[i or 0]
                if i is not None:
                    # A full buffer, no route, no permission: for SCTP a lost packet, which it retransmits.
                    why = f"not sent: {error.strerror or 'no reason told'}"
                    self._bounce(link, packet, why, "unsent")
                self._read_icmp(sock, link if link.address is None else None, error.errno or 0)

    def _read(self, sock: socket.socket, connected: Link | None) -> None:
        """Read a UDP socket: at most about `_BATCH` datagrams, so that the others are not delayed."""
        most = self._datagrams.most
        # Then what was sent before a packet came is shown, or held up, before it.
        one_by_one = self.tap is not None or not self.transit.direct
        for _ in range(_BATCH // most):
            try:
                came = self._datagrams.receive(sock)
            except BlockingIOError:
                # An ICMP message may be left whose errno another call has got: it keeps the socket ready.
                self._read_icmp(sock, connected, 0)
                return
            except OSError as error:  # an ICMP message
                self._read_icmp(sock, connected, error.errno or 0)
                continue
            for packet, address in came:
                if one_by_one and self._out:
                    self._carry()
                self._let_in(sock, connected, packet, address)
            if len(came) < most:
                return

    def _let_in(
        self, sock: socket.socket, connected: Link | None, packet: bytes, address: SocketAddress
    ) -> None:
        """Check a datagram from outside, and deliver it or refuse it."""
        why, types = admit(packet)
        if why or self.transit.speed != 1:
            self._keep_out(connected, sock, address, packet, why or KEPT_OUT)
            return
        if self.tap is not None and not self._intact(packet):
            # The library discards it anyway; refused here, it is shown as such.
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
            self._condition(link, "in", link, packet, types, self._made())
            return
        if self.tap is not None:
            self._tell(self.tap, link, "in", packet)
        self._arrive(link, packet, types)

    def _keep_out(
        self, link: Link | None, sock: socket.socket, address: SocketAddress, packet: bytes, why: str
    ) -> None:
        """Show a packet that is refused; its sender's link, if there is one, does not change."""
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
        """The link of a datagram, moved where its peer has a new UDP port; None if it is corrupt then."""
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
        """Whether the checksum is right (RFC 9260, section 6.8). The library checks it again."""
        return packet[8:12] == self._checksum(packet[:8] + bytes(4) + packet[12:])

    def _checksum(self, packet: bytes) -> bytes:
        """The checksum field of a packet that has zero there now, four octets."""
        return struct.pack("=I", self._call.usrsctp_crc32c(packet, len(packet)))

    def _bounce(self, link: Link, packet: bytes, why: str, verdict: Verdict = "bounced") -> None:
        """Show that a packet sent before did not get through; of one quoted by ICMP, the octets quoted."""
        if self.tap is not None and len(packet) > _HEAD:
            self._tell(self.tap, link, "out", packet, verdict, why)

    def _read_icmp(self, sock: socket.socket, connected: Link | None, number: int) -> None:
        """Act on the ICMP messages that a UDP socket has; `number` is the errno of a failed call, or 0.

        Where the socket has many peers, each message tells which of them it is about.
        """
        said = icmp.read_errors(sock)
        if connected is not None:
            if number or said:
                self._refuse(connected, number or said[-1].number, said)
            return
        for one in said:
            self._refuse(self.links.at(sock, one.to) or self.links.stranger(sock, one.to), one.number, [one])

    def _refuse(self, link: Link, number: int, said: Sequence[Icmp]) -> None:
        """The network says that the peer can't be reached: end an association that is being set up.

        One that is up goes on, as ICMP may be forged; RFC 6951, section 5.5, would let Port Unreachable that
        quotes the right tag end it. Messages in `said` that quote a packet of an earlier association don't
        count.
        """
        for one in said:
            if self.flows.known(link, one.quoted[:4]):  # else it quotes no packet of ours
                self._bounce(link, one.quoted, bounced(link.host, one))
        its = [one for one in said if _quotes(link, one.quoted)]
        last = its[-1] if its else None
        if said:
            number = last.number if last is not None else 0
        if len(link.init) < 20:
            told = [(one.number, one.by) for one in its]
            if not icmp.QUEUED:  # with a queue, an errno alone is of a message that was read before
                told = [(number, "")]
            link.gone += sum(one == errno.ECONNREFUSED and by in ("", link.host) for one, by in told)
        elif number in AGAINST:
            link.against = unreachable(number, link.host, link.udp_port, last)
            self._end_set_up(link)

    def forge(self, link: Link, forged: ForgedPacket) -> None:
        """Let a packet arrive on a link of ours which its other end has not sent."""
        self.flush()  # what was sent by now was before it
        other, packet = link.other, forged.data
        if other is not None and self.tap is not None:
            local = link if link.sends == "out" else other
            verdict: Verdict = "refused" if forged.why else "delivered"
            self._tell(self.tap, local, other.sends, packet, verdict, forged.why)
        self._arrive(link, packet, _BIT[packet[12]])

    def crash(self, link: Link, port: int) -> None:
        """The end of a link of ours, with this SCTP port, has crashed: see `Conditioner.crash`.

        What is on its way to it reaches nobody: what comes back later has another association, or none.
        """
        self.flush()  # what it has sent by now is on its way
        conditioner = self.transit.conditioner
        conditioner.crash(link.sends, port)
        for one in self.transit.take(
            lambda one: not one.outward and conditioner.unheard(one.direction, one.packet)
        ):
            if self.tap is not None:
                local = one.link if one.direction == "in" else one.link.other or one.link
                self._tell(self.tap, local, one.direction, one.packet, "unheard", CRASHED)
        self.transit.update_direct()

    def back(self, link: Link, port: int) -> None:
        """That end is there again; what it would have sent meanwhile was never sent."""
        self.flush()
        self.transit.conditioner.back(link.sends, port)
        self.transit.update_direct()

    def abort_set_up(self, link: Link) -> None:
        """End the set-up for our user; a peer that has our cookie gets an ABORT, as it may be up there."""
        if link.echoed:
            self._out.append((link, self._abort(link.init[:4], link.echoed), self._made()))
        self._end_set_up(link)

    def _end_set_up(self, link: Link) -> None:
        """Give the library an ABORT as if from the peer, with our tag, which ends the set-up there."""
        init, link.init = link.init, b""
        packet = self._abort(init[2:4] + init[:2], init[16:20])
        self.ready.add(init[0] << 8 | init[1])
        self._call.usrsctp_conninput(link.handle, packet, len(packet), 0)

    def _abort(self, ports: bytes, tag: bytes) -> bytes:
        """A packet with an ABORT without causes (RFC 9260, section 3.3.7)."""
        chunk = struct.pack("!BBH", ChunkType.ABORT, 0, 4)
        return ports + tag + self._checksum(ports + tag + bytes(4) + chunk) + chunk


def _quotes(link: Link, quoted: bytes) -> bool:
    """Whether a quoted packet is of the association that is being set up or up on a link now.

    By its verification tag, or by an INIT's Initiate Tag; where that is cut off, by all that is quoted.
    """
    if len(quoted) < 8:
        return True
    if any(quoted[4:8]):
        return quoted[4:8] == link.echoed if link.init or link.echoed else True
    if len(quoted) < 20:
        return link.init.startswith(quoted)
    return quoted[16:20] == link.init[16:20]
