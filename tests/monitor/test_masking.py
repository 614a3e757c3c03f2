"""Pseudonyms: in every field of every event and in every part of a packet, and addresses themselves."""

import ipaddress
import struct
import types
import typing
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sctp_tui.engine.event_queue import Batch
from sctp_tui.monitor import export, masking
from sctp_tui.monitor.associations import Associations
from sctp_tui.monitor.filter.columns import COLUMNS
from sctp_tui.monitor.masking import Mask
from sctp_tui.monitor.names import Names
from sctp_tui.monitor.pseudonyms import PSEUDONYMS_KEPT, Pseudonyms
from sctp_tui.monitor.text.event_fields import event_fields, payload
from sctp_tui.monitor.text.events import describe_event
from sctp_tui.monitor.text.lines import plain
from sctp_tui.monitor.trace import pcapng
from sctp_tui.monitor.why import why
from sctp_tui.sctp import events
from sctp_tui.sctp.events import (
    AnyEvent,
    AssocChange,
    EndpointFailed,
    Event,
    Listening,
    Message,
    Packet,
    Path,
    Peer,
    PeerAddrChange,
    Status,
    to_json,
)
from sctp_tui.sctp.field_types import Holds
from sctp_tui.sctp.filed import FiledPacket
from sctp_tui.sctp.wire.decode import decode
from sctp_tui.tui.dialogs.detail_sheet import detail

REAL = ("10.1.2.3", "fe80::12:34", "172.16.9.9", "2a02:abcd::77")
PEER = Peer(REAL, 5000, 9899)
FOREIGN = ("203.0.113.77", "2620:fe::9")
"""Addresses that nobody has here: a text or a parameter tells of them."""
WRITTEN = (
    "from 203.0.113.77 port 5, 10.1.2.3:99 (2a02:abcd::77) [2620:fe::9]:5, 203.0.113.77/24 x10.1.2.3y, "
    "::ffff:203.0.113.77 203.0.113.77-80 FE80::12:34%eth0, 2a02:ABCD:0:0:0:0:0:77. 010.001.002.003"
)
"""A text of a peer with addresses in each of the ways in which they are written."""
PACKED = {one: ipaddress.ip_address(one).packed for one in (*REAL, *FOREIGN)}


def leaks(data: bytes | str) -> list[str]:
    """The addresses that can be read in it: as texts, in base64, as hex, as octets."""
    octets = data.encode() if isinstance(data, str) else data
    text = octets.decode("latin-1").lower()
    spelled = [*REAL, *FOREIGN, "0:0:0:0:0:77", "010.001.002.003", "203.0.113"]
    found = [one for one in spelled if one in text]
    for one, packed in PACKED.items():
        if packed in octets or packed.hex() in text or packed.hex(" ") in text:
            found.append(f"{one} as octets")
    return found


# --- events

OCTETS = WRITTEN.encode() + b"\xff" + b"\xff".join(PACKED[one] for one in REAL)


def _filled(of: Any) -> Any:
    """A value of a type, with addresses wherever it can have any."""
    if typing.get_origin(of) is typing.Annotated:
        return {
            Holds.ADDRESS: REAL[1],
            Holds.TEXT: WRITTEN,
            Holds.NAME: "usrsctp 0.9.5.0",
            Holds.PAYLOAD: OCTETS,
            Holds.PACKET: packet(*PACKETS),
            Holds.UNREADABLE: OCTETS,
        }[of.__metadata__[0]]
    if typing.get_origin(of) in (typing.Union, types.UnionType):
        return _filled(typing.get_args(of)[0])
    if typing.get_origin(of) is typing.Literal:
        return typing.get_args(of)[0]
    if typing.get_origin(of) is tuple:
        return tuple(_filled(each) for each in typing.get_args(of) if each is not ...)
    if of is Peer:
        return PEER
    if isinstance(of, type) and issubclass(of, msgspec.Struct):
        return made(of)
    return of(1)


def made(kind: type[msgspec.Struct], **fields: Any) -> Any:
    """One of this type, with addresses in each field."""
    hints = typing.get_type_hints(kind, include_extras=True)
    for field in msgspec.structs.fields(kind):
        ours = {"endpoint": "client 1", "role": "client"}
        value = ours.get(field.name) or _filled(hints[field.name])
        fields.setdefault(field.name, value)
    return kind(**fields)


KINDS = typing.get_args(AnyEvent)


def test_every_event_there_is_is_looked_at() -> None:
    def below(kind: type[Event]) -> Iterator[type[Event]]:
        for each in kind.__subclasses__():
            yield each
            yield from below(each)

    of_ours = {kind for kind in below(Event) if kind.__module__.startswith("sctp_tui.")}
    # Classes whose names begin with _ are only the JSON form of another event; a filed packet is on its way
    # into the wire, which makes a packet of it.
    shown = {kind for kind in of_ours if not kind.__name__.startswith("_")}
    assert shown - {FiledPacket} == set(KINDS)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind is not Listening], ids=lambda k: k.__name__)
def test_no_address_of_a_peer_is_in_any_field_of_any_event(kind: type[Event]) -> None:
    event, mask = made(kind), Mask()
    assert leaks(repr(event))
    mask.event(made(Status))  # the peers have an association
    masked = mask.event(event)
    assert type(masked) is type(event)
    for name in masked.__struct_fields__:
        value = getattr(masked, name)
        assert not leaks(value if isinstance(value, bytes) else repr(value)), name
    outputs: list[bytes | str] = [
        to_json(masked),
        *export.log_as_json([masked], Names()),
        *export.log_as_csv([masked], Names()),
        " ".join(describe_event(masked)),
        *(f"{field} {value}" for field, value in event_fields(masked)),
        payload(masked) or b"",
        plain(masked) or "",
        why(masked, "expert").text,
        *_rows(masked),
    ]
    if isinstance(masked, Packet):
        outputs += pcapng.blocks([masked])
    for output in outputs:
        assert not leaks(output)
    assert getattr(masked, "library", "usrsctp 0.9.5.0") == "usrsctp 0.9.5.0"


def _rows(event: Event) -> Iterator[str]:
    """What the table and the detail have of an association once it has been told of this event."""
    associations = Associations()
    associations.fold(Mask().event(made(AssocChange)))
    associations.fold(event)
    for row in associations:
        columns = [column.name for column in COLUMNS]
        yield repr(export.association_fields(row, columns, 1.0))
        yield from (column.cell(row, 1.0) or "" for column in COLUMNS)
        sheet = detail(row, None, 1.0, 100)
        yield "".join(text.text for number in range(len(sheet)) for text in sheet[number])


@pytest.mark.parametrize("of", [dict[str, str], str, bytes, str | None, tuple[str, ...], list[bytes]])
def test_a_type_that_nobody_thought_of_is_an_error(of: Any) -> None:
    """Text without a marker of `field_types`, too: each field has to say what it may hold."""
    other = msgspec.defstruct("Other", [("hidden", of)], bases=(Event,), frozen=True)
    with pytest.raises(TypeError, match="hidden is of a type that can't be masked"):
        Mask().event(other(0.0, 0.0, "server", 0, 0, None, None))


def test_what_each_field_may_hold_is_decided_before_the_first_event(monkeypatch: pytest.MonkeyPatch) -> None:
    other = msgspec.defstruct("Other", [("hidden", str)], bases=(Event,), frozen=True, tag="other")
    monkeypatch.setattr(masking, "AnyEvent", AnyEvent | other)
    with pytest.raises(TypeError, match="hidden is of a type that can't be masked"):
        Mask()


def test_no_struct_of_the_events_is_left_out() -> None:
    structs = {
        one
        for one in vars(events).values()
        if isinstance(one, type) and issubclass(one, msgspec.Struct) and one.__module__ == events.__name__
    }
    own = {one for one in structs if one is not Event and not one.__name__.startswith("_")}
    assert own <= set(Mask()._plans)


def test_our_own_servers_addresses_are_shown() -> None:
    mask = Mask()
    for event in (made(Listening), made(EndpointFailed, role="server")):
        assert mask.event(event) == event


def test_a_batch_has_pseudonyms_in_all_its_parts() -> None:
    batch = Batch()
    hints = typing.get_type_hints(Batch)
    for name in batch.__struct_fields__:
        of = hints[name]
        inner = [each for each in typing.get_args(of) if isinstance(each, type) and issubclass(each, Event)]
        if typing.get_origin(of) is list:
            setattr(batch, name, [made(each) for each in inner or [PeerAddrChange]])
        elif typing.get_origin(of) is dict:
            setattr(batch, name, {1: made(inner[0])})
        elif inner:
            setattr(batch, name, made(inner[0]))
    assert batch.links
    batch.events.insert(0, made(Status))
    masked = Mask().batch(batch)
    assert not leaks(repr(masked))
    assert masked.events[0].peer == masked.packets[0].peer == masked.status[1].peer


def test_what_is_no_address_stays() -> None:
    text = "at 12:30:45, on 0.0.0.0 and ::, in version 1.2.3, 3:5 streams: dead, face, 2023.10.1, 1:2:3:4:5"
    assert Mask().text(text) == text
    message = made(Message, data=text.replace("0.0.0.0", "").encode(), peer=None)
    assert Mask().event(message) == message


# --- what somebody wrote


def test_addresses_in_a_message_are_crossed_out_and_it_is_as_long_as_before() -> None:
    mask = Mask()
    told = mask.event(made(Message, data=b"I am 10.1.2.3, or [2a02:abcd::77]:5, not std-1.2"))
    assert told.data == b"I am xx.x.x.x, or [xxxx:xxxx::xx]:5, not std-1.2"
    octets = b"\xff\0" + PACKED[REAL[0]] + b"\x80" + PACKED[REAL[1]]
    told = mask.event(made(Message, data=octets))
    pseudonyms = [ipaddress.ip_address(mask.text(one)).packed for one in REAL[:2]]
    assert told.data == b"\xff\0" + pseudonyms[0] + b"\x80" + pseudonyms[1]


def test_letters_that_are_some_peers_octets_stay_in_a_text() -> None:
    mask = Mask()
    mask.event(made(PeerAddrChange, address=str(ipaddress.ip_address(b"hell"))))
    assert mask.event(made(Message, data="hello, hellö".encode())).data == "hello, hellö".encode()
    assert b"hell" not in mask.event(made(Message, data=b"\xffhell")).data


def test_a_stranger_does_not_choose_which_octets_of_a_message_are_changed() -> None:
    mask = Mask()
    mask.event(made(Packet, peer=Peer(("9.8.7.6",), 1)))
    assert mask.event(made(Message, data=b"\xff\x09\x08\x07\x06")).data == b"\xff\x09\x08\x07\x06"


def test_so_many_addresses_that_it_would_take_long_take_the_rest_with_them() -> None:
    data = b"10.1.2.3 ::1 words " * 100_000
    masked = Mask().event(made(Message, data=data)).data
    assert masked.startswith(b"xx.x.x.x ::x words xx.x.x.x")
    assert masked.endswith(b"xx.x.x.x ::x worxs ")
    assert len(masked) == len(data)
    assert not leaks(masked)


def test_octets_are_found_however_many_there_are() -> None:
    mask = Mask()
    for number in range(300):
        mask.event(made(PeerAddrChange, address=f"10.9.{number % 7}.{number % 250}"))
    for data in (
        PACKED[REAL[0]] * 5000,
        b"\x0a\x09" * 5000 + PACKED[REAL[0]],
        b"\xff" * 5000 + PACKED[REAL[0]],
    ):
        assert PACKED[REAL[0]] not in mask.event(made(Message, data=data)).data


@given(st.binary(max_size=100), st.integers(0, 50))
def test_any_payload_can_be_masked(data: bytes, at: int) -> None:
    mask = Mask()
    mask.event(made(PeerAddrChange))
    whole = data[:at] + b"\xff" + PACKED[REAL[0]] + data[at:]
    masked = mask.event(made(Message, data=whole)).data
    assert len(masked) == len(whole)
    assert PACKED[REAL[0]] not in masked


def test_a_long_text_takes_no_longer_for_being_hostile() -> None:
    mask = Mask()
    for piece in ("1", "1:", "1.", "::", "f", "1:1:1:1:1:1:1:1:", "1.1.1.1.", "%", "a:.1"):
        mask.text(piece * 50_000)  # would take minutes were it not linear
        mask.event(made(Message, data=piece.encode() * 50_000))


# --- addresses


@given(st.lists(st.ip_addresses().map(str)))
def test_the_same_address_has_the_same_pseudonym_and_no_other_has_it(addresses: list[str]) -> None:
    pseudonyms = Pseudonyms()
    given_ = {address: pseudonyms.of(address) for address in addresses}
    assert len(set(given_.values())) == len(given_)
    for address, pseudonym in given_.items():
        assert pseudonyms.of(address) == pseudonyms.text(address) == pseudonym
        assert ipaddress.ip_address(pseudonym).version == ipaddress.ip_address(address).version
        assert pseudonym != address or ipaddress.ip_address(address).is_unspecified
        packed = ipaddress.ip_address(address).packed
        assert pseudonyms.packed(packed) == ipaddress.ip_address(pseudonym).packed


def test_an_address_has_one_pseudonym_however_it_is_written() -> None:
    mask = Mask()
    first = mask.text("2a02:abcd::77")
    assert mask.text("2A02:ABCD:0:0:0:0:0:77") == first
    assert mask.text("::ffff:10.1.2.3") == f"::ffff:{mask.text('10.1.2.3')}"
    assert mask.text("010.001.002.003") == mask.text("10.1.2.3")
    assert mask.text("fe80::1%eth0").startswith("2001:db8::")


def test_no_more_pseudonyms_are_kept_than_so_many() -> None:
    pseudonyms = Pseudonyms()
    mine = pseudonyms.of("10.1.2.3")
    for number in range(2 * PSEUDONYMS_KEPT + 1000):
        pseudonyms.of(str(ipaddress.IPv4Address((11 << 24) + number)))
        if number % 1000 == 0:
            assert (
                pseudonyms.of("10.1.2.3") == mine
            )  # it is used again and again, so it is never the one to be forgotten
    assert len(pseudonyms._given) == len(pseudonyms._real) == PSEUDONYMS_KEPT
    assert len(pseudonyms._peers) == sum(map(len, pseudonyms._octets.values())) == PSEUDONYMS_KEPT


def test_what_the_user_types_is_hidden_once_it_is_entered_and_meant_all_the_same() -> None:
    mask = Mask()
    for typed in (
        "10.1.2.3:9878",
        "10.1.2.3",
        "[2a02:abcd::77]:9",
        "2a02:abcd::77",
        "server.lan:5",
        "server.lan",
    ):
        hidden = mask.place(typed)
        assert not leaks(hidden)
        assert "lan" not in hidden
        assert mask.real_place(hidden).strip("[]") == typed.strip("[]")
        assert mask.place(hidden) == hidden
    assert mask.real_place(mask.place("10.1.2.3:9878").replace("9878", "5")) == "10.1.2.3:5"
    assert mask.place("10.1.2.3:no port") == "xx.x.x.x:xx xxxx"
    assert mask.real_place("192.0.2.9:5") == "192.0.2.9:5"


# --- packets


def tlv(code: int, value: bytes, length: int | None = None) -> bytes:
    return (
        struct.pack("!HH", code, 4 + len(value) if length is None else length)
        + value
        + bytes(-len(value) % 4)
    )


def chunk(kind: int, body: bytes, length: int | None = None) -> bytes:
    told = 4 + len(body) if length is None else length
    return struct.pack("!BBH", kind, 3, told) + body + bytes(-len(body) % 4)


def packet(*chunks: bytes) -> bytes:
    return struct.pack("!HHII", 1, 2, 3, 4) + b"".join(chunks)


ADDRESSES = b"".join(tlv(5 if len(one) == 4 else 6, one) for one in PACKED.values())
OPAQUE = b"\xff".join(PACKED.values()) + WRITTEN.encode()
OWN = b"\xff".join(PACKED[one] for one in REAL)  # of peers whose packets are seen
VALUES = {
    5: PACKED[FOREIGN[0]],
    6: PACKED[FOREIGN[1]],
    8: ADDRESSES,
    9: bytes(4) + OPAQUE,
    11: WRITTEN.encode(),
    12: b"\0" + OWN,
    13: bytes(12) + b"\0" + OWN,
    14: bytes(4) + b"\0" + OWN,
    15: bytes(4) + OPAQUE,
    16: bytes(16) + OPAQUE,
    17: bytes(8) + OPAQUE,
    18: bytes(8) + OPAQUE,
    0x8001: bytes(4) + OPAQUE,
    0x8003: OWN,
    0x8004: OWN,
    0x8008: OWN,
    0xC001: bytes(4) + ADDRESSES,
    0xC002: bytes(4) + ADDRESSES,
    0xC003: bytes(4) + tlv(11, ADDRESSES),
    0xC004: bytes(4) + ADDRESSES,
    0xC005: bytes(4) + OPAQUE,
    0xC006: bytes(4) + OPAQUE,
}
CAUSES = {
    1: bytes(4) + OPAQUE,
    2: bytes(4) + OWN,
    3: bytes(4) + OPAQUE,
    5: ADDRESSES,
    6: bytes(4) + OPAQUE,
    8: ADDRESSES,
    9: bytes(4) + OPAQUE,
    11: ADDRESSES,
    12: WRITTEN.encode(),
    13: WRITTEN.encode(),
    0xA0: ADDRESSES,
    0xA1: ADDRESSES,
    0xA2: ADDRESSES,
    0xA4: ADDRESSES,
    0x0105: OWN,
}
TYPES = [*range(20), 0x8000, *range(0x8001, 0x800A), *range(0xC000, 0xC008), 0x4001, 0xFFFF]
PARAMETERS = [tlv(code, VALUES.get(code, OPAQUE)) for code in TYPES] + [
    tlv(5, PACKED[REAL[1]]),  # an IPv4 parameter with the octets of an IPv6 address
    tlv(6, PACKED[REAL[0]] + b"\0\0"),
    tlv(0xC001, b"\0\0\0\1" + tlv(8, tlv(0xC001, bytes(4) + ADDRESSES))),
]
BROKEN = [tlv(5, PACKED[FOREIGN[0]], length=3), tlv(5, PACKED[FOREIGN[0]], length=99)]
ALL_CAUSES = [
    tlv(code, CAUSES.get(code, OPAQUE)) for code in (*range(16), 0xA0, 0xA1, 0xA2, 0xA4, 0x105, 0xFFF)
]
BEFORE = {
    0: 12,
    1: 16,
    2: 16,
    3: 12,
    7: 4,
    12: 4,
    13: 4,
    15: 4,
    16: 16,
    0x40: 16,
    0x80: 4,
    0xC0: 4,
    0xC1: 4,
    0xC2: 4,
}
"""Octets of a chunk's own numbers."""


def every_chunk(kind: int) -> Iterator[bytes]:
    before = bytes(BEFORE.get(kind, 0))
    if kind in (1, 2, 0x80, 0xC1, 0x82):
        for parameter in (*PARAMETERS, *BROKEN):
            yield chunk(kind, before + parameter)
        yield chunk(kind, before + b"".join(PARAMETERS))
    elif kind in (6, 9):
        for cause in ALL_CAUSES:
            yield chunk(kind, cause)
        yield chunk(kind, b"".join(ALL_CAUSES))
    elif kind in (4, 5):
        yield chunk(kind, tlv(1, OPAQUE))
        yield chunk(kind, tlv(5, PACKED[FOREIGN[0]]))
    elif kind in (0, 0x40, 0xC0, 0xC2):
        yield chunk(kind, before + b"\xff" + OWN + WRITTEN.encode())
    else:
        yield chunk(kind, before + OPAQUE)
    yield chunk(kind, OPAQUE, length=0xFFFF)
    yield chunk(kind, OPAQUE, length=2)


PACKETS = [each for kind in (1, 6, 4, 10, 0x80, 0) for each in every_chunk(kind)]


@pytest.mark.parametrize("kind", range(256))
def test_no_address_is_left_in_any_part_of_a_packet(kind: int) -> None:
    mask = Mask()
    event = made(Packet)
    mask.event(made(Status))  # the peers have an association
    for each in every_chunk(kind):
        for data in (packet(each), packet(each)[:-5], packet(chunk(11, b""), each)):
            one = mask.event(msgspec.structs.replace(event, data=data))
            assert len(one.data) == len(data)
            assert not leaks(one.data), each
            assert not leaks(repr(decode(one.data)))
            assert not any(map(leaks, pcapng.blocks([one])))
            assert mask.event(msgspec.structs.replace(event, data=data)) == one


@given(st.text("0123456789.:abcf xyz", max_size=30), st.sampled_from(WRITTEN.split()), st.data())
def test_no_half_of_an_address_is_in_a_piece_of_a_message(
    around: str, address: str, data: st.DataObject
) -> None:
    whole = f"{around}x {address} x{around}".encode()
    cut = data.draw(st.integers(len(around) + 2, len(around) + 2 + len(address)))
    pieces = [(2, whole[:cut]), (1, whole[cut:])]
    mask = Mask()
    for kind, fields in ((0x00, 12), (0x40, 16)):
        shown = b""
        for flags, piece in pieces:
            body = struct.pack("!BBH", kind, flags, 4 + fields + len(piece)) + bytes(fields) + piece
            shown += _masked(mask, packet(body))[16 + fields :][: len(piece)]
        assert len(shown) == len(whole)
        assert not leaks(shown)


def test_a_packet_says_what_it_said_but_for_addresses() -> None:
    mask = Mask()
    parameters = tlv(5, PACKED[REAL[0]]) + tlv(0x8008, b"\xc1\x80") + tlv(7, b"cookie of its sender")
    data = packet(
        chunk(1, struct.pack("!IIHHI", 7, 65536, 10, 20, 99) + parameters),
        chunk(3, struct.pack("!IIHHHHI", 1, 2, 1, 1, 5, 8, 77)),
        chunk(0, struct.pack("!IHHI", 5, 1, 2, 46) + b"plain text"),
        chunk(0x82, tlv(13, struct.pack("!IIIHH", 1, 2, 3, 4, 5))),
        chunk(6, tlv(12, b"bye")),
    )
    was, now = decode(data), decode(_masked(mask, data))
    assert now.chunks[1:] == was.chunks[1:]
    first, before = now.chunks[0], was.chunks[0]
    assert first.parameters[0].text == mask.text(REAL[0])  # type: ignore[attr-defined]
    assert first.parameters[1] == before.parameters[1]  # type: ignore[attr-defined]
    assert first.parameters[2].text == before.parameters[2].text  # type: ignore[attr-defined]


def _masked(mask: Mask, data: bytes) -> bytes:
    event: Packet = made(Packet)
    return mask.event(msgspec.structs.replace(event, data=data)).data


def test_a_cookie_is_recognised_where_it_comes_back() -> None:
    mask = Mask()
    ack = decode(_masked(mask, packet(chunk(2, bytes(16) + tlv(7, OPAQUE)))))
    echo = decode(_masked(mask, packet(chunk(10, OPAQUE))))
    assert ack.chunks[0].parameters[0].data == echo.chunks[0].cookie  # type: ignore[attr-defined]


@given(st.binary(max_size=200))
def test_any_octets_can_be_masked(data: bytes) -> None:
    assert len(_masked(Mask(), data)) == len(data)


@given(st.integers(0, 255), st.lists(st.tuples(st.integers(0, 0xFFFF), st.binary(max_size=20)), max_size=4))
def test_any_parameters_can_be_masked(kind: int, parameters: list[tuple[int, bytes]]) -> None:
    data = packet(chunk(kind, bytes(BEFORE.get(kind, 0)) + b"".join(tlv(*one) for one in parameters)))
    assert len(_masked(Mask(), data)) == len(data)


def test_paths_have_the_pseudonyms_of_their_addresses() -> None:
    mask = Mask()
    path = Path(REAL[0], "ACTIVE", True, 1, 1, 1, 1500)
    status = mask.event(made(Status, paths=(path,)))
    assert status.paths[0].address == status.peer.addresses[0] == mask.text(REAL[0])


def test_a_link_local_address_keeps_its_interface() -> None:
    pseudonyms = Pseudonyms()
    bare = pseudonyms.of("fe80::1")
    assert pseudonyms.of("fe80::1%eth0") == pseudonyms.met("fe80::1%eth0") == f"{bare}%eth0"
    assert pseudonyms.real(f"{bare}%eth0") == "fe80::1%eth0"
    assert pseudonyms.text("from [fe80::1%eth0]:7") == f"from [{bare}%eth0]:7"
