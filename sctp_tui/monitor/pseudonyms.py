"""Replaces peers' addresses by pseudonyms: in fields, in texts and in octets.

A pseudonym is an address that no host has, of 198.18.0.0/15 (RFC 2544) or 2001:db8::/32 (RFC 3849). A text
that looks like an address but is none has its digits replaced by `x`.
"""

import ipaddress
import re
from collections import OrderedDict
from collections.abc import Iterator

PSEUDONYMS_KEPT = 65_536
"""Addresses that have a pseudonym; beyond it the one not met for longest loses its, and gets a new one."""

_LOOKED_AT = 20_000  # runs of digits, dots and colons searched in one payload: some hundredths of a second
_STEPS = 2000  # octets that can be searched for four given ones while Python looks at one place
_V4 = ipaddress.IPv4Network("198.18.0.0/15")
_V6 = ipaddress.IPv6Network("2001:db8::/32")
# Possessive quantifiers, so that a peer's text is searched only once.
_MAYBE = re.compile(r"([0-9A-Fa-f:.]{3,}+)(%\w+)?")
_DOTTED = re.compile(r"(?<![0-9])[0-9]++(?:\.[0-9]++){3,}")
_RUN = re.compile(rb"[0-9A-Fa-f:.]{3,}+")
_DOTTED_IN = re.compile(rb"[0-9]\.[0-9]++\.[0-9]++\.[0-9]")
_AT_BEGIN = re.compile(rb"[0-9A-Fa-f:.]++")
_AT_END = re.compile(rb"[0-9A-Fa-f:.]++\Z")
_LONGEST = 45  # octets of an address as text
_CROSSED_OUT = bytes.maketrans(b"0123456789ABCDEFabcdef", b"x" * 22)
_WRITTEN = re.compile(rb"[0-9]\.[0-9]|:[0-9A-Fa-f]{0,4}:")  # which any text with an address has
_DIGIT = re.compile(r"[0-9A-Fa-f]")


class Pseudonyms:
    """Gives pseudonyms in the order in which addresses appear; the same one for the same address."""

    def __init__(self) -> None:
        self._given: OrderedDict[str, str] = OrderedDict()
        self._real: dict[str, str] = {}  # by pseudonym
        self._number = 0
        self._peers: set[str] = set()
        self._octets: dict[bytes, dict[bytes, bytes]] = {}  # pseudonyms of peers' octets, by the first four
        self._places = bytes(256)  # bit n of entry o: some peer's address has octet o at place n

    # --- addresses

    def of(self, address: str) -> str:
        """The pseudonym of a peer's address, or of a host name; a wildcard (`::`) stays.

        From then on the address is also replaced in octets.
        """
        address, percent, interface = address.partition("%")
        pseudonym = self.met(address)
        if address not in self._peers:
            for real, instead in (address, pseudonym), (_within(address), _within(pseudonym)):
                octets = _packed(real)
                if octets and real in self._given:
                    self._octets.setdefault(octets[:4], {})[octets] = _packed(instead)
                    self._peers.add(real)
                    places = bytearray(self._places)
                    for place, octet in enumerate(octets[:4]):
                        places[octet] |= 1 << place
                    self._places = bytes(places)
        return pseudonym + percent + interface

    def met(self, address: str) -> str:
        """As `of`, without replacing it in octets. The interface of a link-local address stays."""
        if "%" in address:
            bare, percent, interface = address.partition("%")
            return self.met(bare) + percent + interface
        if (pseudonym := self._given.get(address)) is not None:
            self._given.move_to_end(address)
            return pseudonym
        known = _read(address)
        if known is not None:
            if known.is_unspecified:
                return address
            if str(known) != address:
                return self.met(str(known))
            if within := _within(address):
                return f"::ffff:{self.met(within)}"
        return self._new(address, _V6 if isinstance(known, ipaddress.IPv6Address) else _V4)

    def real(self, pseudonym: str) -> str:
        """The real address of a pseudonym; any other text unchanged."""
        bare, percent, interface = pseudonym.partition("%")
        return self._real.get(bare, bare) + percent + interface

    def packed(self, octets: bytes) -> bytes:
        """The pseudonym of an address of 4 or 16 octets, with as many."""
        return ipaddress.ip_address(self.met(str(ipaddress.ip_address(octets)))).packed

    def _new(self, address: str, network: ipaddress.IPv4Network | ipaddress.IPv6Network) -> str:
        pseudonym = ""
        while not pseudonym or pseudonym in self._real or pseudonym == address:
            self._number += 1
            pseudonym = str(network[self._number % network.num_addresses])
        self._given[address] = pseudonym
        self._real[pseudonym] = address
        if len(self._given) > PSEUDONYMS_KEPT:
            gone, its = self._given.popitem(last=False)
            del self._real[its]
            if gone in self._peers:
                self._peers.remove(gone)
                octets = _packed(gone)
                del self._octets[octets[:4]][octets]
                if not self._octets[octets[:4]]:
                    del self._octets[octets[:4]]
        return pseudonym

    # --- texts

    def text(self, text: str) -> str:
        """A text with a pseudonym for each address in it, in whatever notation."""
        return _MAYBE.sub(self._in_text, text)

    def _in_text(self, found: re.Match[str]) -> str:
        word = found[1]
        if word.count(":") < 2:
            return (_DOTTED.sub(self._dotted, word) if word.count(".") > 2 else word) + (found[2] or "")
        # A full stop or a port may follow it: `::1.`, `::1:9877`.
        for address in dict.fromkeys((word, word.rstrip("."), word.rstrip(".:"), word.rpartition(":")[0])):
            if (known := _read(address)) is not None:
                if known.is_unspecified:
                    break
                zone = found[2] or ""
                if zone and address == word:
                    return self.met(str(known) + zone)
                return self.met(str(known)) + word[len(address) :] + zone
        if _like_ipv6(word):
            return crossed_out(word) + (found[2] or "")
        return _DOTTED.sub(self._dotted, word) + (found[2] or "")

    def _dotted(self, found: re.Match[str]) -> str:
        numbers = [number.lstrip("0") or "0" for number in found[0].split(".")]
        known = _read(".".join(numbers))
        if known is None:
            return crossed_out(found[0])
        return found[0] if known.is_unspecified else self.met(str(known))

    # --- octets

    def written(self, data: bytes) -> bytes:
        """User data without addresses, and as long as before.

        Addresses written as text are crossed out. A peer's address in octets is replaced by its pseudonym's,
        unless these octets are letters within a text.
        """
        if _WRITTEN.search(data):
            data = _addresses_crossed_out(data)
        met = set(self._met_in(data))
        if not met:
            return data
        text = _is_text(data)
        for octets, instead in (known for first in met for known in self._octets[first].items()):
            if not text or not _is_text(octets, shown=True):
                data = data.replace(octets, instead)
        return data

    def _met_in(self, data: bytes) -> Iterator[bytes]:
        """The first four octets of each peer's address that occurs in the data."""
        # Bit operations on one large number find places where four octets may match: a hundred times faster.
        bits = int.from_bytes(data.translate(self._places), "little")
        bits &= bits >> 9 & bits >> 18 & bits >> 27 & int.from_bytes(b"\1" * len(data), "little")
        if bits.bit_count() * _STEPS > len(self._octets) * len(data):
            yield from (octets for octets in self._octets if octets in data)
            return
        places = bits.to_bytes(len(data), "little") if bits else b""
        at = places.find(1)
        while at >= 0:
            if (octets := data[at : at + 4]) in self._octets:
                yield octets
            at = places.find(1, at + 1)


def crossed_out(text: str) -> str:
    """The text with its digits replaced: `xx.x.x.x` for `10.0.0.1`."""
    return _DIGIT.sub("x", text)


def _addresses_crossed_out(data: bytes) -> bytes:
    """Cross out what may be an address in text; after `_LOOKED_AT` runs, all digits that follow."""
    parts, at = list[bytes](), 0
    for number, found in enumerate(_RUN.finditer(data)):
        if number == _LOOKED_AT:
            parts += (data[at : found.start()], data[found.start() :].translate(_CROSSED_OUT))
            return b"".join(parts)
        run = found[0]
        if run.count(b":") > (1 if b"::" in run else 6) or _DOTTED_IN.search(run):
            parts += (data[at : found.start()], run.translate(_CROSSED_OUT))
            at = found.end()
    parts.append(data[at:])
    return b"".join(parts)


def edges_crossed_out(data: bytes, before: bool, after: bool) -> bytes:
    """A fragment with its edges crossed out where the message goes on: half an address may be there."""
    if before and (found := _AT_BEGIN.match(data)):
        data = found[0].translate(_CROSSED_OUT) + data[found.end() :]
    if after and (found := _AT_END.search(data[-_LONGEST:])):
        data = data[: len(data) - len(found[0])] + found[0].translate(_CROSSED_OUT)
    return data


def _like_ipv6(word: str) -> bool:
    return ("::" in word or word.count(":") > 6) and _DIGIT.search(word) is not None


def _read(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def _packed(address: str) -> bytes:
    known = _read(address)
    return known.packed if known is not None and not known.is_unspecified else b""


def _within(address: str) -> str:
    """The IPv4 address of an IPv4-mapped one (RFC 4291, section 2.5.5.2), "" for none."""
    known = _read(address)
    mapped = known.ipv4_mapped if isinstance(known, ipaddress.IPv6Address) else None
    return str(mapped) if mapped is not None else ""


def _is_text(data: bytes, *, shown: bool = False) -> bool:
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return False
    return text.isprintable() or not shown
