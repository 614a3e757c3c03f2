"""Tells which association a captured packet is of, from packets alone, without needing its set-up.

Ports and verification tag tell it (RFC 9260, section 8.5): INIT and INIT ACK announce the tags. Of an
association that began before the capture each direction has a tag that nothing has announced: the two are put
together by their addresses, and where these differ, as on another path, by what only one association can say:
a cookie or a heartbeat's info that comes back, a SACK of what the other end has sent. Two associations may
have equal tags between equal ports by chance, as some stacks choose from 16 bits: their TSNs tell them apart.
"""

from bisect import bisect_left, insort
from collections import OrderedDict
from collections.abc import Iterator
from ipaddress import ip_address
from itertools import count
from operator import attrgetter
from struct import Struct
from typing import Literal, NamedTuple

from sctp_tui.sctp.wire.chunk_types import ChunkType
from sctp_tui.sctp.wire.serial import distance

from .ip import SctpPacket

_HEADER, _CHUNK, _TSN = Struct("!HHI").unpack_from, Struct("!BBH").unpack_from, Struct("!I").unpack_from
_DATA, _INIT, _INIT_ACK, _SACK, _HEARTBEAT, _HEARTBEAT_ACK, _ABORT = 0, 1, 2, 3, 4, 5, 6
_SHUTDOWN_ACK, _COOKIE_ECHO, _COOKIE_ACK, _SHUTDOWN_COMPLETE = 8, 10, 11, 14
_AUTH = int(ChunkType.AUTH)
_LAST_WORDS = (_ABORT, _SHUTDOWN_COMPLETE)
_T_BIT = 1
_NEAR = 1 << 16  # how far TSNs of one association may be apart, from one packet to the next
_IN_FLIGHT = 1024  # how far what a SACK acknowledges may be from what was sent last
_ECHOES = 4096  # cookies and heartbeats remembered until they come back
ADDRESSES = 16
"""Addresses kept of each end."""
_TAGS = 16  # tags kept of an association: those that it uses, and the newest that INITs have offered it since
MOST = 20_000
"""Associations that packets are matched with; those without a packet for longest are forgotten."""

Which = Literal[0, 1]
"""One of the two ends of an association."""
_Key = tuple[int, int, int]  # the ports of sender and receiver, and the tag
_Place = tuple[int, int, str]  # the port of an end, that of the other one, and an address
_serial = attrgetter("serial")


class End:
    """One end: its port and addresses, the tag that packets to it have, and the newest TSN that it sent.

    `announced`: its addresses are known from its INIT or INIT ACK.
    """

    __slots__ = ("addresses", "announced", "port", "tag", "tsn", "udp_port")

    def __init__(self, port: int, address: str, udp_port: int | None) -> None:
        self.port = port
        self.addresses = [address] if address else []
        self.udp_port = udp_port
        self.tag: int | None = None
        self.tsn: int | None = None
        self.announced = False

    def meet(self, address: str) -> bool:
        """Note an address; whether it is new."""
        if not address or address in self.addresses or len(self.addresses) >= ADDRESSES:
            return False
        self.addresses.append(address)
        return True


class Identity:
    """Who is at the ends of one association, by `serial` from 1 in the order of first packets.

    `client` is the end that sent the INIT; None where no packet shows it. `up`: it is set up; `over`: it has
    ended. `restarting` is the end that has sent an INIT again, with the tag in it, None for neither.
    """

    __slots__ = (
        "client",
        "echoed",
        "ends",
        "over",
        "places",
        "restarting",
        "same",
        "serial",
        "tags",
        "turned",
        "up",
    )

    def __init__(
        self,
        serial: int,
        packet: SctpPacket,
        ports: tuple[int, int],
        places: "dict[_Place, list[Identity]]",
    ) -> None:
        udp = packet.udp or (None, None)
        self.serial = serial
        self.ends = (
            End(ports[0], "", udp[0]),
            End(ports[1], "", udp[1]),
        )
        self.client: Which | None = None
        self.up = self.over = False
        self.restarting: tuple[Which, int] | None = None
        self.echoed: int | None = None
        """The tag of the newest COOKIE ECHO."""
        self.same: Identity | None = None
        """The association that this one has turned out to be."""
        self.turned = False
        """Whether the first end of this one is the second of that."""
        self.tags: list[_Key] = []
        """Its keys in the index, the newest last."""
        self.places = places
        """Who is where, those of an address in the order of their serials; each one keeps itself in it."""
        self.meet(0, packet.source)
        self.meet(1, packet.destination)

    @property
    def is_clear(self) -> bool:
        """Whether the tags of both ends are known: it will not turn out to be another one."""
        one, other = self.ends
        return one.tag is not None and other.tag is not None

    def meet(self, at: int, address: str) -> bool:
        """Note an address of an end; whether it is new."""
        if not self.ends[at].meet(address):
            return False
        if self.same is not None:
            return True
        alike = self.places.setdefault(self._place(at, address), [])
        if self not in alike[(found := bisect_left(alike, self.serial, key=_serial)) : found + 1]:
            insort(alike, self, key=_serial)
        return True

    def leave(self, at: int, address: str) -> None:
        """An end has this address no longer."""
        self.ends[at].addresses.remove(address)
        place, other = self._place(at, address), self._place(1 - at, address)
        if place == other and address in self.ends[1 - at].addresses:
            return
        alike = self.places.get(place, [])
        found = bisect_left(alike, self.serial, key=_serial)
        if self in alike[found : found + 1]:
            del alike[found]
        if not alike:
            self.places.pop(place, None)

    def _place(self, at: int, address: str) -> _Place:
        return self.ends[at].port, self.ends[1 - at].port, address


class Identified(NamedTuple):
    """Of which association a packet is, and which end sent it."""

    whose: Identity
    sender: Which

    def now(self) -> "Identified":
        """The same where the association has turned out to be another one since."""
        now = self
        while now.whose.same is not None:
            now = Identified(now.whose.same, _which(now.sender ^ now.whose.turned))
        return now


class Identities:
    """Follows packets in their order."""

    def __init__(self) -> None:
        self._serials = count(1)
        self._by_tag: dict[_Key, list[Identified]] = {}  # who may be meant, the newest last
        self._by_ports: dict[tuple[int, int], list[Identity]] = {}
        self._places: dict[_Place, list[Identity]] = {}
        self._recent: OrderedDict[Identity, None] = OrderedDict()
        self.met = self._recent.move_to_end
        """Note that there was a packet of one that is `known`."""
        self._echoes: OrderedDict[int, Identified] = OrderedDict()  # by a hash, as what comes may be long

    def identify(self, packet: SctpPacket) -> Identified | None:
        """Whose packet it is; None where it is nobody's: too short, or of a tag that can't be."""
        data = packet.data
        if len(data) < (12 if packet.icmp is None else 8):
            return None
        source, destination, tag = _HEADER(data)
        if packet.icmp is not None:
            if tag == 0:  # that of an INIT
                return next(self._between(packet, source, destination), None)
            return self._tagged(packet, (source, destination, tag))
        at = _after_auth(data)
        kind = data[at] if len(data) > at else -1
        found: Identified | None
        if kind == _INIT and tag == 0 and len(data) >= at + 20:
            found = self._of_init(packet, at, source, destination)
        else:
            found = self._tagged(packet, (source, destination, tag))
            if found is None and kind in _LAST_WORDS and data[at + 1 : at + 2] and data[at + 1] & _T_BIT:
                found = self._reflected(packet, (destination, source, tag))
            if found is None:
                found = self._untagged(packet, at, kind, source, destination, tag)
        if found is not None:
            self._note(packet, at, found)
        return found

    def with_tag(self, source: int, destination: int, tag: int) -> Iterator[Identified]:
        """Associations that have this tag in packets between these ports, or had it, the newest first."""
        for found in reversed(self._by_tag.get((source, destination, tag), ())):
            yield found.now()

    def known(self, key: _Key, ends: tuple[str, str]) -> Identified | None:
        """Whose a packet with DATA or a SACK is; None where it takes `identify` to tell that."""
        alike = self._by_tag.get(key)
        if not alike:
            return None
        found = alike[-1]  # as `_tagged` has it, where several are alike
        both, sender = found.whose.ends, found.sender
        met = ends[0] in both[sender].addresses and ends[1] in both[1 - sender].addresses
        return found if met and found.whose in self._recent else None

    def _note(self, packet: SctpPacket, at: int, found: Identified) -> None:
        """Learn from a packet what it says of its association."""
        one, sender = found
        data = packet.data
        near, far = one.ends[sender], one.ends[1 - sender]
        if packet.source not in near.addresses or packet.destination not in far.addresses:
            news = one.meet(sender, packet.source)
            if one.meet(1 - sender, packet.destination) or news:
                self._join(one, sender)
        if packet.udp is not None:
            near.udp_port, far.udp_port = packet.udp
        recent = self._recent
        if one in recent:
            recent.move_to_end(one)
        else:
            recent[one] = None
            if len(recent) > MOST:
                self.forget(next(iter(recent)))
        size = len(data)
        while at + 4 <= size:
            kind, _, length = _CHUNK(data, at)
            if length < 4:
                return
            if kind == _DATA:
                if at + 8 <= size:
                    (near.tsn,) = _TSN(data, at + 4)
                    one.up = True
            elif kind != _SACK:
                self._heed(packet, kind, at, length, found)
            at += length + 3 & ~3

    def _heed(self, packet: SctpPacket, kind: int, begin: int, length: int, found: Identified) -> None:
        """Learn from a chunk that is neither DATA nor SACK."""
        one, sender = found
        data = packet.data
        if kind == _HEARTBEAT:
            self._expect(data[begin + 4 : begin + length], found)
        elif kind == _INIT_ACK and len(data) >= begin + 20:
            self._init_acked(one, sender, data, begin, length)
        elif kind == _COOKIE_ECHO:
            one.echoed = int.from_bytes(data[4:8])
        elif kind == _COOKIE_ACK:
            one.up = True
            self._agreed(one, sender, int.from_bytes(data[4:8]))
            self._restarted(one, sender)
        elif kind == _ABORT and one.restarting is not None and data[4:8] == one.restarting[1].to_bytes(4):
            one.restarting = None  # the INIT is refused (RFC 9260, section 5.2.2)
        elif kind in _LAST_WORDS:
            one.over = True

    # --- tags

    def _file(self, one: Identity, to: int, tag: int) -> None:
        """From now on this tag, in packets to this end, is the association's."""
        ends = one.ends
        ends[to].tag = tag
        self._file_too(one, to, tag)

    def _file_too(self, one: Identity, to: int, tag: int) -> None:
        key = (one.ends[1 - to].port, one.ends[to].port, tag)
        if key in one.tags:
            return
        one.tags.append(key)
        self._by_tag.setdefault(key, []).append(Identified(one, _which(1 - to)))
        if len(one.tags) > _TAGS:
            ends = one.ends
            used = [(ends[1 - to].port, ends[to].port, ends[to].tag) for to in (0, 1)]
            oldest = next(key for key in one.tags if key not in used)
            one.tags.remove(oldest)
            self._unfile(one, oldest)

    def _unfile(self, one: Identity, key: _Key) -> None:
        left = [found for found in self._by_tag.get(key, ()) if found.whose is not one]
        if left:
            self._by_tag[key] = left
        else:
            self._by_tag.pop(key, None)

    def _agreed(self, one: Identity, sender: Which, tag: int) -> None:
        """A COOKIE ACK tells which of the tags that INITs have offered are used from now on."""
        self._file(one, 1 - sender, tag)
        if one.echoed is not None:
            self._file(one, sender, one.echoed)
            one.echoed = None

    def _tagged(self, packet: SctpPacket, key: _Key) -> Identified | None:
        """The association with this tag, between these addresses if several have it."""
        likely: Identified | None = None
        source, destination = packet.source, packet.destination
        for found in reversed(self._by_tag.get(key, ())):
            whose, sender = found
            near, far = whose.ends[sender], whose.ends[1 - sender]
            known = (source in near.addresses) + (destination in far.addresses)
            if known == 2 or not source:
                return found
            open_to_more = known == 1 or not (near.announced and far.announced)
            if likely is None and open_to_more and _goes_on(found, packet.data):
                likely = found
        return likely

    def _reflected(self, packet: SctpPacket, key: _Key) -> Identified | None:
        """With the T bit a packet has the tag of the other direction (RFC 9260, section 8.5.1)."""
        for found in reversed(self._by_tag.get(key, ())):
            whose, other = found
            near, far = whose.ends[1 - other], whose.ends[other]
            if not packet.source or packet.source in near.addresses or packet.destination in far.addresses:
                return Identified(whose, _which(1 - other))
        return None

    # --- new ones

    def _begin(self, packet: SctpPacket, source: int, destination: int) -> Identity:
        one = Identity(next(self._serials), packet, (source, destination), self._places)
        self._by_ports.setdefault(_ports(source, destination), []).append(one)
        return one

    def _of_init(self, packet: SctpPacket, at: int, source: int, destination: int) -> Identified:
        data = packet.data
        tag = int.from_bytes(data[at + 4 : at + 8])
        again = self._reflected(packet, (destination, source, tag))
        if again is not None and not again.whose.over:
            return again
        for found in self._between(packet, source, destination):
            one, sender = found
            if one.over:
                break
            if one.up:
                one.restarting = sender, tag
                self._file_too(one, sender, tag)
                return found
            if one.ends[sender].tag is None:  # both ends send an INIT (RFC 9260, section 5.2.1)
                self._file(one, sender, tag)
                self._announce(one, sender, data, at)
                return found
            one.over = True  # given up, and begun anew
            break
        one = self._begin(packet, source, destination)
        one.client = 0
        self._file(one, 0, tag)
        self._announce(one, 0, data, at)
        return Identified(one, 0)

    def _untagged(
        self, packet: SctpPacket, at: int, kind: int, source: int, destination: int, tag: int
    ) -> Identified | None:
        """Of a tag that nothing has announced: the other half of an association, or a new one."""
        if kind < 0 or (tag == 0 and kind not in _LAST_WORDS):
            return None
        data = packet.data
        for found in self._between(packet, source, destination):
            one, sender = found
            if one.ends[1 - sender].tag is None and (not one.over or kind in _LAST_WORDS):
                return self._other_half(found, tag)
        length = data[at + 2] << 8 | data[at + 3] if len(data) >= at + 4 else 0
        if kind in (_HEARTBEAT_ACK, _COOKIE_ECHO):
            asked = self._echoes.get(hash(data[at + 4 : at + length]))
            if asked is not None and asked.whose.ends[asked.sender].tag in (None, tag):
                return self._other_half(Identified(asked.whose, _which(1 - asked.sender)), tag)
        if kind == _SACK and len(data) >= at + 8:
            cumulative = int.from_bytes(data[at + 4 : at + 8])
            for one in reversed(self._by_ports.get(_ports(source, destination), ())):
                for sender in (0, 1):
                    near, far = one.ends[sender], one.ends[1 - sender]
                    if (
                        (near.port, far.port, far.tag) == (source, destination, None)
                        and far.tsn is not None
                        and abs(distance(cumulative, far.tsn)) < _IN_FLIGHT
                    ):
                        return self._other_half(Identified(one, _which(sender)), tag)
        one = self._begin(packet, source, destination)
        self._file(one, 1, tag)
        one.up = kind not in (_INIT_ACK, _COOKIE_ECHO, _COOKIE_ACK, *_LAST_WORDS)
        if kind in (_INIT_ACK, _COOKIE_ACK):
            one.client = 1
        elif kind == _COOKIE_ECHO:
            one.client = 0
        return Identified(one, 0)

    def _other_half(self, found: Identified, tag: int) -> Identified:
        one, sender = found
        if one.ends[1 - sender].tag is None:
            self._file(one, 1 - sender, tag)
        return found

    def _between(self, packet: SctpPacket, source: int, destination: int) -> Iterator[Identified]:
        """Associations between both addresses and ports, the newest first, and which end sends."""
        if packet.source:
            near_by = self._places.get((source, destination, packet.source), [])
            likely = min(near_by, self._places.get((destination, source, packet.destination), []), key=len)
        else:
            likely = self._by_ports.get(_ports(source, destination), [])
        for one in reversed(likely):
            for sender in (0, 1):
                near, far = one.ends[sender], one.ends[1 - sender]
                if (near.port, far.port) != (source, destination):
                    continue
                if not packet.source or (
                    packet.source in near.addresses and packet.destination in far.addresses
                ):
                    yield Identified(one, _which(sender))
                    break

    def _join(self, one: Identity, sender: int) -> None:
        """Two halves turn out to be one association, as an address was met: the older one is that."""
        if all(end.tag is not None for end in one.ends):
            return
        near, far = one.ends[sender], one.ends[1 - sender]
        for other in reversed(self._by_ports.get(_ports(near.port, far.port), ())):
            if other is one or other.over or one.over:
                continue
            for which in (0, 1):
                mine, its = other.ends[which], other.ends[1 - which]
                fits = (mine.port, its.port) == (near.port, far.port)
                meets = not set(mine.addresses).isdisjoint(near.addresses)
                meets = meets and not set(its.addresses).isdisjoint(far.addresses)
                if fits and meets and its.tag is None and near.tag is None and mine.tag != far.tag:
                    self._merge(one, other, turned=which != sender)
                    return

    def _merge(self, one: Identity, other: Identity, *, turned: bool) -> None:
        """Make two into the older one; `turned`: the first end of one is the second of the other."""
        kept, gone = (one, other) if one.serial < other.serial else (other, one)
        for at in (0, 1):
            mine, its = kept.ends[at], gone.ends[at ^ turned]
            for address in its.addresses:
                kept.meet(at, address)
            if mine.tag is None and its.tag is not None:
                self._file(kept, at, its.tag)
            mine.tsn = its.tsn if mine.tsn is None else mine.tsn
        self.forget(gone)
        gone.same, gone.turned = kept, turned

    def forget(self, one: Identity) -> None:
        """Match no more packets with an association."""
        self._recent.pop(one, None)
        ports = _ports(one.ends[0].port, one.ends[1].port)
        alike = self._by_ports.get(ports, [])
        if one in alike:
            alike.remove(one)
        if not alike:
            self._by_ports.pop(ports, None)
        for key in one.tags:
            self._unfile(one, key)
        for at, end in enumerate(one.ends):
            for address in end.addresses.copy():
                one.leave(at, address)

    # --- what chunks say

    def _announce(self, one: Identity, sender: Which, data: bytes, at: int) -> None:
        """Take what an INIT or INIT ACK says (RFC 9260, section 3.3.2): addresses, a cookie to come back."""
        end = one.ends[sender]
        end.announced = True
        for code, value in _parameters(data, at):
            if (code, len(value)) in ((5, 4), (6, 16)):
                one.meet(sender, str(ip_address(value)))
            elif code == 7:
                self._expect(value, Identified(one, sender))

    def _init_acked(self, one: Identity, sender: Which, data: bytes, at: int, length: int) -> None:
        tag = int.from_bytes(data[at + 4 : at + 8])
        if one.restarting is None and one.ends[sender].tag is None:
            self._file(one, sender, tag)
        else:
            self._file_too(one, sender, tag)
        if one.client is None:
            one.client = _which(1 - sender)
        self._announce(one, sender, data, at)

    def _restarted(self, one: Identity, sender: Which) -> None:
        if one.restarting is not None and one.restarting[0] != sender:
            one.restarting = None
            one.ends[0].tsn = one.ends[1].tsn = None

    def _expect(self, echo: bytes, sent: Identified) -> None:
        """This may come back, from the other end."""
        self._echoes[hash(echo)] = sent
        if len(self._echoes) > _ECHOES:
            self._echoes.popitem(last=False)


def _which(number: int) -> Which:
    return 1 if number else 0


def _ports(one: int, other: int) -> tuple[int, int]:
    return (one, other) if one < other else (other, one)


def _after_auth(data: bytes) -> int:
    """Where the first chunk begins that is no AUTH."""
    if len(data) > 16 and data[12] == _AUTH:
        return 12 + ((data[14] << 8 | data[15]) + 3 & ~3)
    return 12


def _chunks(data: bytes, at: int) -> Iterator[tuple[int, int, int]]:
    """The type, place and length of each chunk."""
    while at + 4 <= len(data):
        length = data[at + 2] << 8 | data[at + 3]
        if length < 4:
            return
        yield data[at], at, length
        at += length + 3 & ~3


def _parameters(data: bytes, at: int) -> Iterator[tuple[int, bytes]]:
    """The parameters of an INIT or INIT ACK that begins here."""
    end = min(len(data), at + (data[at + 2] << 8 | data[at + 3]))
    at += 20
    while at + 4 <= end:
        length = data[at + 2] << 8 | data[at + 3]
        if length < 4:
            return
        yield data[at] << 8 | data[at + 1], data[at + 4 : min(at + length, end)]
        at += length + 3 & ~3


def leaves_addresses(packet: SctpPacket) -> bool:
    """Whether a packet has no ASCONF-ACK: that is what changes the addresses of an association."""
    return all(kind != ChunkType.ASCONF_ACK for kind, _, _ in _chunks(packet.data, 12))


def _goes_on(found: Identified, data: bytes) -> bool:
    """Whether the TSNs in a packet are near those that the association had."""
    one, sender = found
    for kind, at, _ in _chunks(data, 12):
        if kind in (_DATA, _SACK) and at + 8 <= len(data):
            last = one.ends[sender if kind == _DATA else 1 - sender].tsn
            if last is not None:
                return abs(distance(int.from_bytes(data[at + 4 : at + 8]), last)) < _NEAR
    return True
