"""Pseudonyms for the addresses of peers, so that a screen can be projected and a picture of it shared.

Everything that comes from the engine passes here before anything is made of it: so no table, log, detail,
copy or export has an address to show. A pseudonym is an address too, of a range that nobody has:
198.18.0.0/15 (RFC 2544) or 2001:db8::/32 (RFC 3849). Sorting and filters work on it as on any other.

In the octets of a packet it stands in an address's place, too: in parameters, in cookies and heartbeats. The
checksum of such a packet is left as it was, and is wrong then.
"""

import ipaddress
import re
from typing import TypeVar

import msgspec

from ..outbox import Batch
from ..sctp.decoding import decode
from ..sctp.events import (
    Detail,
    EndpointFailed,
    Event,
    Packet,
    Peer,
    PeerAddrChange,
    RemoteError,
    Status,
    UnknownNotification,
)
from ..sctp.packet import Abort, Asconf, CookieEcho, Error, Heartbeat, Init
from .endpoints import is_server

E = TypeVar("E", bound=Event)

_V4 = ipaddress.IPv4Network("198.18.0.0/15")
_V6 = ipaddress.IPv6Network("2001:db8::/32")
_ADDRESS = re.compile(r"[0-9a-fA-F:.]{3,}(?:%\w+)?")  # what may be one
_PARAMETER = re.compile(rb"\0\x05\0\x08(.{4})|\0\x06\0\x14(.{16})", re.DOTALL)  # RFC 9260, section 3.3.2.1
_ADDRESSED = (Init, CookieEcho, Heartbeat, Abort, Error, Asconf)  # chunks that may have addresses in them
_WITH_ADDRESSES = (5, 11)  # causes of RFC 9260, section 3.3.10: unresolvable, restart with new addresses


class Mask:
    """The same pseudonym for the same address, in the order of their appearance."""

    def __init__(self) -> None:
        self._pseudonyms: dict[str, str] = {}

    def address(self, address: str) -> str:
        """The pseudonym of an address."""
        pseudonym = self._pseudonyms.get(address)
        if pseudonym is None:
            number = len(self._pseudonyms) + 1
            small = ":" not in address and number < _V4.num_addresses
            pseudonym = self._pseudonyms[address] = str((_V4 if small else _V6)[number])
        return pseudonym

    def text(self, text: str) -> str:
        """Text with a pseudonym for each address in it."""
        return _ADDRESS.sub(self._in_text, text)

    def _in_text(self, found: re.Match[str]) -> str:
        word = found[0]
        # It may end a sentence, or have a port: `10.0.0.1.`, `10.0.0.1:9877`.
        for address in (word, word.rstrip(".:"), word.rpartition(":")[0]):
            try:
                known = not ipaddress.ip_address(address).is_unspecified
            except ValueError:
                continue
            return self.address(address) + word[len(address) :] if known else word
        return word

    def batch(self, batch: Batch) -> Batch:
        """What a drain brought, with pseudonyms."""
        batch.events = [self.event(event) for event in batch.events]
        batch.packets = [self.event(packet) for packet in batch.packets]
        batch.status = {key: self.event(status) for key, status in batch.status.items()}
        batch.details = {key: self.event(detail) for key, detail in batch.details.items()}
        batch.generators = {key: self.event(generating) for key, generating in batch.generators.items()}
        return batch

    def event(self, event: E) -> E:
        """An event with pseudonyms."""
        changed: dict[str, object] = {}
        if event.peer is not None:
            changed["peer"] = self._peer(event.peer)
        match event:
            case PeerAddrChange():
                changed["address"] = self.address(event.address)
            case Status():
                changed["paths"] = tuple(
                    msgspec.structs.replace(path, address=self.address(path.address)) for path in event.paths
                )
            case Packet():
                changed["local"] = self._peer(event.local)
                changed["data"] = self._octets(event)
            case Detail(local=Peer() as local):
                changed["local"] = self._peer(local)
            case RemoteError(error=error) if error in _WITH_ADDRESSES:
                changed["data"] = b""
            case UnknownNotification():
                changed["data"] = b""
            case EndpointFailed() if is_server(event.endpoint):
                return event  # that is about an address of our own
        for name in ("text", "error_text"):
            if text := getattr(event, name, ""):
                changed[name] = self.text(text)
        return msgspec.structs.replace(event, **changed) if changed else event

    def _peer(self, peer: Peer) -> Peer:
        return Peer(tuple(map(self.address, peer.addresses)), peer.port, peer.udp_port)

    def _octets(self, packet: Packet) -> bytes:
        """Those of a packet, as many as they were: its ends' addresses, and those in its parameters."""
        data = packet.data
        if not any(isinstance(chunk, _ADDRESSED) for chunk in decode(data).chunks):
            return data
        known = [
            ipaddress.ip_address(address)
            for end in (packet.local, packet.peer)
            if end is not None
            for address in end.addresses
        ]
        known += [ipaddress.ip_address(v4 or v6) for v4, v6 in _PARAMETER.findall(data)]
        for address in known:
            if not address.is_unspecified:
                pseudonym = ipaddress.ip_address(self.address(str(address))).packed
                data = data.replace(
                    address.packed, pseudonym.ljust(len(address.packed), b"\0")[: len(address.packed)]
                )
        return data
