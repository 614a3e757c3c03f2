"""Two hosts with several links between them, in one process: for associations with several paths.

Each host is a network namespace with an interface for every link. This program is the links: it takes each IP
packet from the one host's interface, and gives it to the other's, or loses or delays it, by the conditions of
that link. So all packets are seen as they are sent, and what becomes of each is known, as on the userspace
stack. Time is the kernel's, and can't be stopped.
"""

import contextlib
import errno
import itertools
import os
import random
import socket
import struct
from collections.abc import Callable, Sequence
from heapq import heappop, heappush
from pathlib import Path
from typing import Literal, NamedTuple, get_args

from sctp_tui.sctp.endpoint import Clock, SctpError, StackUnavailable
from sctp_tui.sctp.events import Direction, LinkState
from sctp_tui.sctp.forgery import ForgedPacket
from sctp_tui.sctp.link.conditioner import Conditioner, PacketOutcome
from sctp_tui.sctp.link.conditions import CRASHED, DOWN, Conditions, DropRule
from sctp_tui.sctp.link.drops import LinkSetting

from .namespaces import Namespace
from .tun import Interface

HostName = Literal["server", "client"]
HOSTS: tuple[HostName, ...] = get_args(HostName)
MOST_LINKS = 4

_AT_ONCE = 256  # packets taken from an interface in a turn
_COST = 256  # bytes of memory that a packet under way takes at most, on top of its own
_SCTP = 132
_REAL_TIME = "the kernel's time is the world's"
_SYSCTLS = {"addip_enable": "1", "addip_noauth_enable": "1", "pf_expose": "2"}
"""Of net.sctp on each host: addresses can be added and removed (RFC 5061) without AUTH, and an address that
is potentially failed is told (RFC 7829, section 7.1)."""


class SentPacket(NamedTuple):
    """An IP packet that a host has sent at `mono`, in seconds, towards the server (`in`) or from it."""

    mono: float
    link: int
    direction: Direction
    outcome: PacketOutcome
    data: bytes


class NetworkLink:
    """A link: the interfaces at its ends, and its conditions. See `sctp_tui.sctp.endpoint.LinkControl`."""

    def __init__(self, number: int, ends: dict[HostName, Interface], clock: Clock) -> None:
        self.number = number
        self.ends = ends
        self.conditioner = Conditioner(random.randrange(1_000_000))
        self.on_the_way: dict[Direction, int] = {"in": 0, "out": 0}
        """Bytes of memory that the packets under way take."""
        self.waiting = 0
        """Packets under way."""
        self.changed = True
        self._clock = clock
        self._set_at = 0.0

    def set(
        self,
        inward: Conditions,
        outward: Conditions,
        seed: int | None,
        setting: LinkSetting | None = None,
    ) -> None:
        """See `LinkControl.set`."""
        self.conditioner.set(inward, outward, seed, setting)
        self._note(setting)
        self.ends["client"].set_up(not inward.down)
        self.ends["server"].set_up(not outward.down)

    def drop_next(self, drop: DropRule, setting: LinkSetting | None = None) -> None:
        """See `LinkControl.drop_next`."""
        self.conditioner.drop_next(drop, setting)
        self._note(setting)

    def _note(self, setting: LinkSetting | None) -> None:
        self._set_at, self.changed = setting.at if setting else self._clock.wall(), True

    def set_speed(self, speed: float) -> None:
        """See `LinkControl.set_speed`: the kernel's timers run by the world's time."""
        if speed != 1:
            raise SctpError(f"{_REAL_TIME}: start with --stack userspace, whose time can be stopped")

    def step(self) -> None:
        """See `LinkControl.step`."""
        raise SctpError(f"{_REAL_TIME}: start with --stack userspace, whose time can be stopped and stepped")

    def now(self) -> float:
        """See `LinkControl.now`."""
        return self._clock.mono()

    def state(self) -> LinkState:
        """See `LinkControl.state`."""
        self.changed = False
        now, conditioner = self._clock.stamp(), self.conditioner
        return LinkState(
            **now,
            endpoint="",
            key=0,
            assoc_id=0,
            peer=None,
            inward=conditioner.conditions("in"),
            outward=conditioner.conditions("out"),
            seed=conditioner.seed,
            done_inward=conditioner.counts("in"),
            done_outward=conditioner.counts("out"),
            speed=1.0,
            now=now["mono"],
            waiting=self.waiting,
            set_at=self._set_at,
            link=self.number,
        )


class Network:
    """Hosts and links, from now until `close`. Raises `StackUnavailable` where they can't be made."""

    def __init__(self, links: int, clock: Clock) -> None:
        self._clock = clock
        self._made = contextlib.ExitStack()
        self._held: list[tuple[float, int, NetworkLink, Direction, bytes]] = []
        self._serials = itertools.count()
        self.tap: Callable[[SentPacket], None] | None = None
        """Called with each packet of SCTP, as it is sent."""
        self.hosts: dict[HostName, Namespace] = {}
        self.links: list[NetworkLink] = []
        try:
            for name in HOSTS:
                self.hosts[name] = host = Namespace()
                self._made.callback(host.close)
                with host.entered():
                    for option, value in _SYSCTLS.items():
                        Path("/proc/sys/net/sctp", option).write_text(value)
            for number in range(1, links + 1):
                self.links.append(
                    NetworkLink(number, {name: self._interface(name, number) for name in HOSTS}, clock)
                )
        except OSError as error:
            self._made.close()
            raise no_hosts(error) from None

    def _interface(self, host: HostName, link: int) -> Interface:
        with self.hosts[host].entered():
            interface = Interface(f"link{link}", _address(host, link))
        self._made.callback(interface.close)
        return interface

    def on(self, host: HostName) -> contextlib.AbstractContextManager[None]:
        """Sockets made in the body of the `with` are on this host."""
        return self.hosts[host].entered()

    def addresses(self, host: HostName) -> tuple[str, ...]:
        """The addresses of a host, one for each link."""
        return addresses(host, len(self.links))

    @property
    def is_down(self) -> bool:
        """Whether no link can carry a packet, as an interface of each is down."""
        both = ([link.conditioner.conditions(way).down for way in ("in", "out")] for link in self.links)
        return all(map(any, both))

    def descriptors(self) -> list[int]:
        """Descriptors that are ready for reading when `poll` is due."""
        return [interface.fileno() for link in self.links for interface in link.ends.values()]

    def timeout(self) -> float | None:
        """Seconds until `poll` is due though no descriptor is ready, None for never."""
        return max(0.0, self._held[0][0] - self._clock.mono()) if self._held else None

    def poll(self) -> None:
        """Take what the hosts have sent, and let arrive what is due. Never blocks."""
        for link in self.links:
            self._take(link, "in", link.ends["client"])
            self._take(link, "out", link.ends["server"])
        now = self._clock.mono()
        while self._held and self._held[0][0] <= now:
            _, _, link, direction, packet = heappop(self._held)
            self._take_off(link, direction, packet)
            self._arrive(link, direction, packet)

    def crash(self, direction: Direction, port: int) -> None:
        """The end with this SCTP port, which sends in this direction, has crashed: see `Conditioner.crash`.

        What is on its way to it reaches nobody: what comes back later has another association, or none.
        """
        self.poll()  # what was sent before is before it
        now, unheard = self._clock.mono(), PacketOutcome("unheard", CRASHED, 0.0)
        for each in self.links:
            each.conditioner.crash(direction, port)
        held, self._held = self._held, []
        for entry in sorted(held):
            _, _, link, way, packet = entry
            if not link.conditioner.unheard(way, packet[(packet[0] & 0x0F) * 4 :]):
                self._held.append(entry)
                continue
            self._take_off(link, way, packet)
            if self.tap is not None and packet[9] == _SCTP:
                self.tap(SentPacket(now, link.number, way, unheard, packet))

    def back(self, direction: Direction, port: int) -> None:
        """That end is there again."""
        self.poll()
        for each in self.links:
            each.conditioner.back(direction, port)

    def forge(self, to: HostName, peer: Sequence[str], forged: ForgedPacket) -> None:
        """Let a packet arrive at a host which the other has not sent, from an address of it in `peer`."""
        other: HostName = "client" if to == "server" else "server"
        link = next((one for one in self.links if _address(other, one.number) in peer), None)
        if link is None:
            raise SctpError(f"no link leads to {', '.join(peer)}: open a client here to a server here")
        self.poll()  # what was sent by now was before it
        packet = _ip_packet(_address(other, link.number), _address(to, link.number), forged.data)
        if number := link.ends[to].write(packet):
            raise SctpError(
                f"link {link.number} lets nothing in ({os.strerror(number)}): leave `down` out of it"
            )
        if self.tap is not None:
            direction: Direction = "in" if to == "server" else "out"
            outcome = PacketOutcome("refused" if forged.why else "delivered", forged.why, 0.0)
            self.tap(SentPacket(self._clock.mono(), link.number, direction, outcome, packet))

    @staticmethod
    def _take_off(link: NetworkLink, direction: Direction, packet: bytes) -> None:
        link.on_the_way[direction] -= len(packet) + _COST
        link.waiting -= 1
        link.changed = True

    def _take(self, link: NetworkLink, direction: Direction, interface: Interface) -> None:
        for packet in interface.read(_AT_ONCE):
            if packet[0] >> 4 != 4:
                continue  # IPv6: these hosts have IPv4 addresses
            now, begin = self._clock.mono(), (packet[0] & 0x0F) * 4
            link.changed |= link.conditioner.active
            outcomes = link.conditioner.outcomes(direction, packet[begin:], now, link.on_the_way[direction])
            for outcome in outcomes:
                if self.tap is not None and packet[9] == _SCTP:
                    self.tap(SentPacket(now, link.number, direction, outcome, packet))
                if outcome.verdict == "dropped":
                    for each in self.links:
                        each.changed = True  # it may have used up a drop rule that they share
                    continue
                if outcome.delay:
                    link.on_the_way[direction] += len(packet) + _COST
                    link.waiting += 1
                    entry = now + outcome.delay, next(self._serials), link, direction, packet
                    heappush(self._held, entry)
                else:
                    self._arrive(link, direction, packet)

    def _arrive(self, link: NetworkLink, direction: Direction, packet: bytes) -> None:
        number = link.ends["server" if direction == "in" else "client"].write(packet)
        if number and self.tap is not None and packet[9] == _SCTP:
            reason = DOWN if number == errno.EIO else f"its host does not take it: {os.strerror(number)}"
            outcome = PacketOutcome("unheard", reason, 0.0)
            self.tap(SentPacket(self._clock.mono(), link.number, direction, outcome, packet))

    def close(self) -> None:
        """Remove the links and the hosts."""
        self._made.close()


def no_hosts(error: OSError) -> StackUnavailable:
    """That the system refuses what hosts are made of."""
    where = f"{error.filename}: " if error.filename else ""
    return StackUnavailable(
        f"no hosts can be made here ({where}{error.strerror})",
        "`sctp-tui lab --paths 2` has them on any machine, or run it as root",
    )


def addresses(host: HostName, links: int) -> tuple[str, ...]:
    """The addresses of a host, one for each of so many links."""
    return tuple(_address(host, link) for link in range(1, links + 1))


def _address(host: HostName, link: int) -> str:
    return f"10.{link}.0.{HOSTS.index(host) + 1}"


def _ip_packet(source: str, destination: str, data: bytes) -> bytes:
    """An IPv4 packet of SCTP, with the header of RFC 791."""
    ends = socket.inet_aton(source) + socket.inet_aton(destination)
    head = struct.pack("!BBHIBB", 0x45, 0, 20 + len(data), 0, 64, _SCTP)
    total = sum(struct.unpack("!9H", head + ends))
    total = (total & 0xFFFF) + (total >> 16)
    return head + struct.pack("!H", ~(total + (total >> 16)) & 0xFFFF) + ends + data
