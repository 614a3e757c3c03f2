"""Pseudonyms: for every address that an event can have, the same for the same, and addresses themselves."""

import ipaddress
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from sctp_tui.monitor.masking import Mask
from sctp_tui.outbox import Batch
from sctp_tui.sctp.events import (
    AssocChange,
    Detail,
    Event,
    Message,
    Opening,
    Packet,
    Path,
    Peer,
    PeerAddrChange,
    Refused,
    RemoteError,
    Status,
    to_json,
)

REAL = ("10.1.2.3", "fe80::12:34", "172.16.9.9")
PEER = Peer(REAL, 5000, 9899)


def head(**fields: Any) -> dict[str, Any]:
    return {"at": 0.0, "mono": 0.0, "endpoint": "server", "key": 1, "assoc_id": 3, "peer": PEER} | fields


EVENTS: tuple[Event, ...] = (
    Opening(
        **head(), schema=1, version="", stack="userspace", library="", outbound_streams=1, inbound_streams=1
    ),
    PeerAddrChange(**head(), address=REAL[1], state="CONFIRMED", error=0),
    Refused(
        **head(), command="send", message_id=1, text=f"no way to {REAL[0]}: it is [{REAL[1]}]:7, {REAL[2]}."
    ),
    RemoteError(**head(), error=11, error_text="restart with new addresses", data=b"\x0a\x01\x02\x03"),
    AssocChange(
        **head(), state="COMM_LOST", outbound_streams=1, inbound_streams=1, error=12,
        error_text=f"user-initiated abort: {REAL[0]}:80", by="peer",
    ),
    Status(
        **head(), state="ESTABLISHED", rwnd=1, unacked=0, pending=0, inbound_streams=1, outbound_streams=1,
        fragmentation_point=1, paths=tuple(Path(a, "ACTIVE", True, 1, 1, 1, 1500) for a in REAL),
    ),
    Detail(
        **head(), local=Peer(REAL, 1), local_tag=1, peer_tag=2, heartbeat_interval=0, path_max_retrans=5,
        association_max_retrans=10, statistics=None,
    ),
    Packet(
        **head(), local=Peer(REAL[1:2], 1), flow=1, direction="in", verdict="delivered", reason="", delay=0.0,
        data=b"",
    ),
)  # fmt: skip


def test_no_address_of_a_peer_is_left() -> None:
    mask = Mask()
    for event in EVENTS:
        masked = mask.event(event)
        assert type(masked) is type(event)
        line = to_json(masked).decode()
        assert not [address for address in REAL if address in line], line
        assert "CgECAw" not in line  # the same in base64


def test_what_is_no_address_stays() -> None:
    message = Message(
        **head(), direction="in", stream=1, ssn=0, tsn=1, ppid=0, unordered=False, size=2, data=b"hi"
    )
    masked = Mask().event(message)
    assert masked == msgspec.structs.replace(message, peer=masked.peer)
    text = "at 12:30:45, on 0.0.0.0 and ::, in version 1.2.3, 3:5 streams: dead, face. 1::2::3"
    assert Mask().text(text) == text


def test_a_batch_has_pseudonyms_in_all_its_parts() -> None:
    change, status, detail, packet = EVENTS[1], *EVENTS[5:]
    assert isinstance(status, Status)
    assert isinstance(packet, Packet)
    assert isinstance(detail, Detail)
    mask = Mask()
    batch = mask.batch(Batch([change], [packet], status={1: status}, details={1: detail}))
    assert batch.status[1].peer == batch.events[0].peer == Peer(tuple(map(mask.address, REAL)), 5000, 9899)
    assert [path.address for path in batch.status[1].paths] == [mask.address(address) for address in REAL]
    assert batch.packets[0].peer == batch.events[0].peer
    assert batch.packets[0].local == Peer((mask.address(REAL[1]),), 1)
    assert batch.details[1].local == Peer(tuple(map(mask.address, REAL)), 1)


@given(st.lists(st.ip_addresses().map(str)))
def test_the_same_address_has_the_same_pseudonym_and_no_other_has_it(addresses: list[str]) -> None:
    mask = Mask()
    pseudonyms = {address: mask.address(address) for address in addresses}
    assert len(set(pseudonyms.values())) == len(pseudonyms)
    for address, pseudonym in pseudonyms.items():
        assert mask.address(address) == pseudonym
        assert ipaddress.ip_address(pseudonym).version == ipaddress.ip_address(address).version


def _chunk(kind: int, body: bytes) -> bytes:
    return bytes((kind, 0)) + (4 + len(body)).to_bytes(2, "big") + body + bytes(-len(body) % 4)


def test_no_address_is_left_in_octets() -> None:
    more = (
        ipaddress.ip_address("2001:4860::8"),
        ipaddress.ip_address("192.0.2.77"),
        ipaddress.ip_address("0.0.0.0"),
    )
    parameters = b"".join(
        (b"\0\x05\0\x08" if one.version == 4 else b"\0\x06\0\x14") + one.packed for one in more
    )
    real = ipaddress.ip_address(REAL[0]), ipaddress.ip_address(REAL[1]), *more[:2]
    cookie = b"".join(b"\xff" + one.packed for one in real[:2]) + parameters
    packet = Packet(
        **head(), local=Peer(REAL[1:2], 1), flow=1, direction="in", verdict="delivered", reason="", delay=0.0,
        data=bytes(12) + _chunk(1, bytes(16) + parameters) + _chunk(10, cookie)
        + _chunk(4, b"\0\1\0\x08" + real[0].packed),
    )  # fmt: skip
    mask = Mask()
    masked = mask.event(packet)
    assert len(masked.data) == len(packet.data)
    for one in real:
        assert one.packed in packet.data
        assert one.packed not in masked.data
        assert ipaddress.ip_address(mask.address(str(one))).packed in masked.data
    assert masked.data.count(more[2].packed) >= packet.data.count(more[2].packed)  # it is nobody's
    assert mask.event(packet) == masked


def test_what_somebody_wrote_stays_as_it_is() -> None:
    text = ipaddress.ip_address(REAL[0]).packed
    packet = Packet(
        **head(), local=PEER, flow=1, direction="in", verdict="delivered", reason="", delay=0.0,
        data=bytes(12) + _chunk(0, bytes(12) + text),
    )  # fmt: skip
    assert Mask().event(packet).data == packet.data


@given(st.binary(max_size=100))
def test_any_octets_can_be_masked(data: bytes) -> None:
    packet = Packet(
        **head(), local=PEER, flow=1, direction="in", verdict="delivered", reason="", delay=0.0, data=data
    )
    assert len(Mask().event(packet).data) == len(data)
