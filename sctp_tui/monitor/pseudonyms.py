"""Addresses that nobody has, in the place of peers' addresses: in fields, in texts and in octets.

A pseudonym is an address too, of 198.18.0.0/15 (RFC 2544) or 2001:db8::/32 (RFC 3849). What looks like an
address and can't be read as one has its digits crossed out instead.
"""

import ipaddress
import re
from collections import OrderedDict

KEPT = 65_536
"""Addresses that have a pseudonym; one that was not met for the longest time gets another the next time."""

_V4 = ipaddress.IPv4Network("198.18.0.0/15")
_V6 = ipaddress.IPv6Network("2001:db8::/32")
# Possessive, so that what a peer wrote is gone through once.
_MAYBE = re.compile(r"([0-9A-Fa-f:.]{3,}+)(%\w+)?")
_DOTTED = re.compile(r"(?<![0-9])[0-9]++(?:\.[0-9]++){3,}+")
_DIGIT = re.compile(r"[0-9A-Fa-f]")


class Pseudonyms:
    """The same pseudonym for the same address, in the order of their appearance."""

    def __init__(self) -> None:
        self._given: OrderedDict[str, str] = OrderedDict()
        self._real: dict[str, str] = {}  # by pseudonym
        self._number = 0
        self._peers: set[str] = set()
        self._octets: dict[int, dict[bytes, bytes]] = {}  # theirs, by the first 32 bits as they lie

    # --- addresses

    def of(self, address: str) -> str:
        """The pseudonym of an address of a peer, or of a host's name. One that is any (`::`) stays.

        From then on it is found in octets, too.
        """
        pseudonym = self.met(address)
        if address not in self._peers:
            for real, instead in (address, pseudonym), (_within(address), _within(pseudonym)):
                octets = _packed(real)
                if octets and real in self._given:
                    self._octets.setdefault(_first(octets), {})[octets] = _packed(instead)
                    self._peers.add(real)
        return pseudonym

    def met(self, address: str) -> str:
        """The same of an address that was only told of."""
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
        """What has this pseudonym; any other text stays."""
        return self._real.get(pseudonym, pseudonym)

    def packed(self, octets: bytes) -> bytes:
        """The pseudonym of an address of 4 or 16 octets, as long as it."""
        return ipaddress.ip_address(self.met(str(ipaddress.ip_address(octets)))).packed

    def _new(self, address: str, network: ipaddress.IPv4Network | ipaddress.IPv6Network) -> str:
        pseudonym = ""
        while not pseudonym or pseudonym in self._real:
            self._number += 1
            pseudonym = str(network[self._number % network.num_addresses])
        self._given[address] = pseudonym
        self._real[pseudonym] = address
        if len(self._given) > KEPT:
            gone, its = self._given.popitem(last=False)
            del self._real[its]
            if gone in self._peers:
                self._peers.remove(gone)
                del self._octets[_first(_packed(gone))][_packed(gone)]
        return pseudonym

    # --- texts

    def text(self, text: str) -> str:
        """A text with a pseudonym for each address in it, however that is written."""
        return _MAYBE.sub(self._in_text, text)

    def _in_text(self, found: re.Match[str]) -> str:
        word = found[1]
        if word.count(":") < 2:
            return (_DOTTED.sub(self._dotted, word) if word.count(".") > 2 else word) + (found[2] or "")
        # It may end a sentence, or have a port: `::1.`, `::1:9877`.
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
        """What somebody wrote, as long as it was: addresses in it as texts are crossed out, and peers' octets
        have a pseudonym's in their place, unless they are letters in a text.
        """
        if data.count(b".") > 2 or data.count(b":") > 1:
            data = _MAYBE.sub(_crossed_out_if, data.decode("latin-1")).encode("latin-1")
        known = self._octets
        size = len(data)
        met: set[int] = set()
        for start in range(min(4, size - 3)):
            words = memoryview(data)[start : start + (size - start) // 4 * 4].cast("I")
            if not known.keys().isdisjoint(words):
                met.update(known.keys() & set(words))
        if not met:
            return data
        text = _is_text(data)
        for word in met:
            for octets, instead in known[word].items():
                if not text or not _is_text(octets, shown=True):
                    data = data.replace(octets, instead)
        return data


def crossed_out(text: str) -> str:
    """`xx.x.x.x` for `10.0.0.1`."""
    return _DIGIT.sub("x", text)


def _crossed_out_if(found: re.Match[str]) -> str:
    word = found[1]
    if word.count(":") > 1 and (_like_ipv6(word) or _read(word.rpartition(":")[0]) is not None):
        return crossed_out(word) + (found[2] or "")
    if word.count(".") > 2:
        return _DOTTED.sub(lambda dotted: crossed_out(dotted[0]), word) + (found[2] or "")
    return found[0]


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
    """The IPv4 address that an IPv6 one stands for (RFC 4291, section 2.5.5.2), "" for none."""
    known = _read(address)
    mapped = known.ipv4_mapped if isinstance(known, ipaddress.IPv6Address) else None
    return str(mapped) if mapped is not None else ""


def _first(octets: bytes) -> int:
    return memoryview(octets[:4]).cast("I")[0]


def _is_text(data: bytes, *, shown: bool = False) -> bool:
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return False
    return text.isprintable() or not shown
