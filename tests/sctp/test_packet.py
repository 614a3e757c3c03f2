"""Packets decoded: what each chunk says, what is broken and how, and that nothing at all raises."""

from typing import get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sctp_tui.sctp.events import Message
from sctp_tui.sctp.wire.chunk_types import ChunkType
from sctp_tui.sctp.wire.decode import decode
from sctp_tui.sctp.wire.packet import (
    Abort,
    AnyChunk,
    Asconf,
    AsconfAck,
    Auth,
    Broken,
    Chunk,
    CookieAck,
    CookieEcho,
    Cwr,
    Data,
    Decoded,
    Ecne,
    Error,
    ForwardTsn,
    Heartbeat,
    HeartbeatAck,
    IData,
    IForwardTsn,
    Init,
    InitAck,
    NrSack,
    Pad,
    ReConfig,
    Sack,
    Shutdown,
    ShutdownAck,
    ShutdownComplete,
    Unknown,
    name_of,
)
from sctp_tui.sctp.wire.parameters import Parameter

from ..harness import Running
from .wire_corpus import HEADER, MADE, PACKETS, SENT, chunk, tlv, u16, u32

# What the chunks of MADE say, but for their parameters and causes: see PARAMETERS.
CHUNKS: dict[str, Chunk] = {
    "DATA": Data(
        flags=15,
        length=21,
        tsn=7,
        stream=1,
        ssn=2,
        ppid=51,
        unordered=True,
        beginning=True,
        ending=True,
        immediate=True,
        data=b"abcde",
    ),
    "SACK": Sack(0, 36, 0xFFFFFFF0, 0, ((0xFFFFFFF2, 0xFFFFFFF4), (0x10, 0x11)), (5, 6, 6)),
    "HEARTBEAT": Heartbeat(0, 16, b"info."),
    "HEARTBEAT ACK": HeartbeatAck(0, 16, b"info."),
    "SHUTDOWN": Shutdown(0, 8, 123),
    "SHUTDOWN ACK": ShutdownAck(0, 4),
    "COOKIE ECHO": CookieEcho(0, 11, b"biscuit"),
    "COOKIE ACK": CookieAck(0, 4),
    "ECNE": Ecne(0, 8, 31),
    "CWR": Cwr(0, 8, 32),
    "SHUTDOWN COMPLETE": ShutdownComplete(1, 4, True),
    "AUTH": Auth(0, 40, 1, 3, bytes(range(32))),
    "NR-SACK": NrSack(0, 32, 1000, 2000, ((1002, 1003),), (999,), ((1005, 1006),)),
    "I-DATA": IData(
        flags=2,
        length=25,
        tsn=8,
        stream=3,
        mid=4,
        fsn=0,
        ppid=52,
        unordered=False,
        beginning=True,
        ending=False,
        immediate=False,
        data=b"first",
    ),
    "I-DATA, a later piece": IData(
        flags=13,
        length=24,
        tsn=9,
        stream=3,
        mid=4,
        fsn=1,
        ppid=None,
        unordered=True,
        beginning=False,
        ending=True,
        immediate=True,
        data=b"last",
    ),
    "PAD": Pad(0, 12),
    "FORWARD TSN": ForwardTsn(0, 16, 41, ((1, 2), (3, 4))),
    "I-FORWARD-TSN": IForwardTsn(0, 24, 42, ((1, False, 5), (2, True, 6))),
    "UNKNOWN": Unknown(0, 11, 0x99, "the receiver skips it", b"mystery"),
}

# Names and texts of the parameters or causes, and the fields before them.
WORDS: dict[str, tuple[type[Chunk], dict[str, object], list[tuple[str, str]]]] = {
    "INIT": (
        Init,
        {"tag": 0xCAFE, "rwnd": 65536, "outbound_streams": 10, "inbound_streams": 20, "initial_tsn": 99},
        [
            ("IPv4 address", "192.0.2.7"),
            ("IPv6 address", "2001:db8::7"),
            ("cookie preservative", "5000 ms"),
            ("supported address types", "IPv4, IPv6"),
            ("ECN capable", ""),
            ("supported extensions", "FORWARD TSN, I-DATA, chunk 0x99"),
            ("forward TSN supported", ""),
            ("adaptation layer indication", "0x0000abcd"),
        ],
    ),
    "INIT ACK": (
        InitAck,
        {"tag": 0xBEEF, "rwnd": 4096, "outbound_streams": 1, "inbound_streams": 65535},
        [("state cookie", "7 octets"), ("unrecognized parameter", "parameter 0x8123")],
    ),
    "ABORT": (Abort, {"reflected": True}, [("protocol violation", "no␛[2J way")]),
    "ERROR": (
        Error,
        {},
        [
            ("invalid stream identifier", "stream 9"),
            ("stale cookie", "77 µs too late"),
            ("no user data", "TSN 8"),
            ("unrecognized chunk type", "chunk 0x99, 8 octets"),
        ],
    ),
    "ASCONF-ACK": (
        AsconfAck,
        {"serial": 71},
        [
            ("success indication", "request 1"),
            ("error cause indication", "request 2: request to delete last remaining IP address"),
        ],
    ),
    "ASCONF": (
        Asconf,
        {"serial": 71},
        [
            ("IPv4 address", "192.0.2.7"),
            ("add IP address", "request 1: IPv6 address 2001:db8::7"),
            ("delete IP address", "request 2: IPv4 address 192.0.2.7"),
            ("set primary IP address", "request 3: IPv4 address 192.0.2.7"),
        ],
    ),
    "RE-CONFIG": (
        ReConfig,
        {},
        [
            (
                "outgoing SSN reset request",
                "request 11, streams 1, 2, last TSN 500, after the peer's request 10",
            ),
            ("incoming SSN reset request", "request 12, all streams"),
        ],
    ),
    "RE-CONFIG, answer": (ReConfig, {}, [("re-configuration response", "to request 11: performed")]),
    "RE-CONFIG, answer with TSNs": (
        ReConfig,
        {},
        [
            (
                "re-configuration response",
                "to request 11: in progress, next TSNs 20 (sender's) and 30 (receiver's)",
            )
        ],
    ),
    "RE-CONFIG, all": (ReConfig, {}, [("SSN/TSN reset request", "request 13")]),
    "RE-CONFIG, more": (
        ReConfig,
        {},
        [
            ("add outgoing streams request", "request 14, 5 more"),
            ("add incoming streams request", "request 15, 6 more"),
        ],
    ),
}


def only(packet: bytes) -> Chunk:
    (found,) = decode(packet).chunks
    return found


def words(found: Chunk) -> tuple[Parameter, ...]:
    told = getattr(found, "causes", None) or getattr(found, "parameters", None)
    assert told
    return tuple(told)


@pytest.mark.parametrize("name", CHUNKS)
def test_a_chunk(name: str) -> None:
    found = only(HEADER + MADE[name])
    assert found == CHUNKS[name]
    assert name_of(found) == name.split(",")[0]


@pytest.mark.parametrize("name", WORDS)
def test_a_chunk_with_parameters(name: str) -> None:
    found = only(HEADER + MADE[name])
    kind, values, told = WORDS[name]
    assert type(found) is kind
    assert {field: getattr(found, field) for field in values} == values
    assert [(one.name, one.text) for one in words(found)] == told
    assert all(one.known for one in words(found))


def test_every_kind_of_chunk_is_tested() -> None:
    assert CHUNKS.keys() | WORDS.keys() == MADE.keys()
    kinds = {type(chunk) for packet in PACKETS for chunk in decode(packet).chunks}
    assert len(kinds) == 25  # all but Broken and Cut


def test_a_type_and_its_chunk_have_one_name() -> None:
    of_chunks = {kind.__struct_config__.tag for kind in get_args(AnyChunk)} - {"UNKNOWN", "BROKEN", "CUT"}
    assert {kind.label for kind in ChunkType} == of_chunks | {"PKTDROP"}
    for kind in ChunkType:
        found = only(HEADER + chunk(kind, tlv(1, bytes(16)) if "HEARTBEAT" in kind.label else bytes(20)))
        assert name_of(found) == ("UNKNOWN" if kind is ChunkType.PKTDROP else kind.label)


@pytest.mark.parametrize(
    ("cause", "told"),
    [
        (tlv(2, u32(2) + u16(7, 99)), ("missing mandatory parameter", "state cookie, parameter 0x0063")),
        (tlv(4), ("out of resource", "")),
        (tlv(5, tlv(11, b"host")), ("unresolvable address", "host name address")),
        (tlv(8, tlv(0x8001, u32(1))), ("unrecognized parameters", "zero checksum acceptable")),
        (tlv(11, tlv(5, bytes(4))), ("restart of an association with new addresses", "IPv4 address 0.0.0.0")),
        (tlv(12), ("user-initiated abort", "")),
        (tlv(0x105, u16(2)), ("unsupported HMAC identifier", "2")),
        (tlv(0x777, b"abc"), ("cause 0x0777", "3 octets")),
        (tlv(1), ("invalid stream identifier", "broken: a value of 0 octets, at least 2 are needed")),
    ],
)
def test_a_cause(cause: bytes, told: tuple[str, str]) -> None:
    (found,) = words(only(HEADER + chunk(9, cause)))
    assert (found.name, found.text) == told
    assert found.known is (found.type != 0x777)


@pytest.mark.parametrize(
    ("parameter", "told"),
    [
        (tlv(0x8001, u32(1)), ("zero checksum acceptable", "SCTP over DTLS")),
        (tlv(0x8004, u16(3, 1)), ("HMAC algorithms", "SHA-256, SHA-1")),
        (tlv(0x8003, b"\xc1\x80"), ("chunks to be authenticated", "ASCONF, ASCONF-ACK")),
        (tlv(11, b"a\x1b.example\0"), ("host name address", "a␛.example")),
        (tlv(0x0123, b"x"), ("parameter 0x0123", "1 octet, ends the parameters")),
        (tlv(0xC123, b"x"), ("parameter 0xc123", "1 octet, to be skipped and reported")),
        (tlv(5, b"\1"), ("IPv4 address", "broken: a value of 1 octet, at least 4 are needed")),
        (u16(7, 3), ("state cookie", "broken: length 3, at least 4 is needed")),
        (u16(7, 9) + b"1234", ("state cookie", "broken: length 9, but only 8 octets left")),
        (b"\0\7\0", ("state cookie", "broken: 3 octets left, at least 4 are needed")),
    ],
)
def test_a_parameter(parameter: bytes, told: tuple[str, str]) -> None:
    (found,) = words(only(HEADER + chunk(1, bytes(16) + parameter)))
    assert (found.name, found.text) == told


def test_a_long_list_is_counted() -> None:
    (found,) = words(only(HEADER + chunk(0x82, tlv(14, u32(1) + u16(*range(1000))))))
    assert found.text.startswith("request 1, streams 0, 1, 2,")
    assert found.text.endswith("31, … 968 more")


@pytest.mark.parametrize(
    ("rest", "kind", "why"),
    [
        (chunk(3)[:4], 3, "SACK: length 4, at least 16 is needed"),
        (b"\x03\0\0\3", 3, "SACK: length 3, at least 16 is needed"),
        (b"\x99\0\0\0rest", 0x99, "chunk 0x99: length 0, at least 4 is needed"),
        (chunk(0, bytes(16))[:-1], 0, "DATA: length 20, but only 19 octets left"),
        (b"\0\3\0", -1, "3 octets after the last chunk, at least 4 are needed"),
        (
            chunk(3, u32(1, 2) + u16(2, 1) + u32(0)),
            3,
            "SACK: gap blocks 2, duplicate TSNs 1: 28 octets are needed, it has 20",
        ),
        (
            chunk(16, u32(1, 2) + u16(2, 1, 0, 0)),
            16,
            "NR-SACK: gap blocks 2 and 1, duplicate TSNs 0: 32 octets are needed, it has 20",
        ),
        (  # four octets too few, which are those of the next chunk
            chunk(3, u32(1, 2) + u16(1, 0)),
            3,
            "SACK: gap blocks 1, duplicate TSNs 0: 20 octets are needed, it has 16",
        ),
        (
            chunk(16, u32(1, 2) + u16(0, 0, 1, 0)),
            16,
            "NR-SACK: gap blocks 0 and 0, duplicate TSNs 1: 24 octets are needed, it has 20",
        ),
        (chunk(4, tlv(7)), 4, "HEARTBEAT: starts with parameter 7, 1 (heartbeat info) is needed"),
        (chunk(5, u16(1, 9)), 5, "HEARTBEAT ACK: heartbeat info of length 9, 4 to 4 is possible"),
        (chunk(0xC0, u32(1) + b"ab"), 0xC0, "FORWARD TSN: 2 octets of streams, 4 for each are needed"),
        (chunk(0xC2, u32(1, 1)), 0xC2, "I-FORWARD-TSN: 4 octets of streams, 8 for each are needed"),
    ],
)
def test_a_broken_chunk_says_why(rest: bytes, kind: int, why: str) -> None:
    found = only(HEADER + rest)
    assert isinstance(found, Broken)
    assert (found.type, found.why) == (kind, why)
    assert found.data == rest[: len(found.data)]


def test_a_broken_chunk_does_not_hide_the_next() -> None:
    packet = HEADER + MADE["CWR"] + chunk(7) + MADE["COOKIE ACK"] + MADE["DATA"]
    assert [name_of(one) for one in decode(packet).chunks] == ["CWR", "BROKEN", "COOKIE ACK", "DATA"]


def test_a_last_chunk_without_its_padding() -> None:
    assert only((HEADER + MADE["COOKIE ECHO"])[:-1]) == CookieEcho(0, 11, b"biscuit")


def test_too_short_for_a_header() -> None:
    why = "a packet of 11 octets, at least 12 are needed"
    assert decode(HEADER[:11]) == Decoded(0, 0, 0, 0, (Broken(0, 11, -1, why, HEADER[:11]),))
    assert decode(HEADER) == Decoded(5001, 36412, 0x12345678, 0, ())


@pytest.mark.userspace
def test_an_association_set_up() -> None:
    with Running("userspace", packets=("userspace",)) as running:
        running.listen()
        running.client(b"a message", to=running.to_server())
        running.until(Message, endpoint="server", direction="in")
        running.until_true(lambda: len(running.packets) >= 4)
    names = [[name_of(one) for one in decode(packet.data).chunks] for packet in running.packets[:4]]
    assert names == [["INIT"], ["INIT ACK"], ["COOKIE ECHO", "DATA"], ["COOKIE ACK", "SACK"]]
    init, init_ack, echo, ack = (decode(packet.data) for packet in running.packets[:4])
    (first,), (second,) = init.chunks, init_ack.chunks
    cookie, data = echo.chunks
    sack = ack.chunks[1]
    assert isinstance(first, Init)
    assert isinstance(second, InitAck)
    assert isinstance(cookie, CookieEcho)
    assert isinstance(data, Data)
    assert isinstance(sack, Sack)
    assert (init.vtag, init_ack.vtag, echo.vtag) == (0, first.tag, second.tag)
    assert cookie.cookie in [one.data for one in second.parameters]
    assert (data.tsn, data.data, sack.cumulative_tsn) == (first.initial_tsn, b"a message", data.tsn)


def check(packet: bytes) -> None:
    """Nothing raised, nothing is lost, and nothing in words is more than a terminal may see."""
    decoded = decode(packet)
    at = 12 if len(packet) >= 12 else 0
    for found in decoded.chunks:
        length = len(found.data) if isinstance(found, Broken) else found.length
        at += length + 3 & ~3
        texts = [value for value in msgspec.structs.astuple(found) if isinstance(value, str)]
        for name in ("parameters", "causes"):
            for one in getattr(found, name, ()):
                texts += [one.name, one.text]
        assert all(text.isprintable() and len(text) < 3000 for text in texts)
        assert msgspec.to_builtins(found)["chunk"] == name_of(found)
    assert at in range(len(packet), len(packet) + 4)


@given(st.binary(max_size=200))
def test_anything_is_decoded(data: bytes) -> None:
    check(data)


@given(st.lists(st.tuples(st.integers(0, 255), st.binary(max_size=60), st.integers(0, 255)), max_size=5))
def test_any_chunks_are_decoded(chunks: list[tuple[int, bytes, int]]) -> None:
    packet = HEADER + b"".join(chunk(*each) for each in chunks)
    check(packet)
    assert len(decode(packet).chunks) == len(chunks)


@given(st.sampled_from([1, 2, 6, 9, 0x80, 0x82, 0xC1]), st.data())
def test_any_parameters_are_decoded(kind: int, data: st.DataObject) -> None:
    code = st.sampled_from([*range(20), *range(0x8000, 0x8009), *range(0xC000, 0xC007), 0xA0, 0x105])
    parts = data.draw(st.lists(st.builds(tlv, code, st.binary(max_size=40)), max_size=5))
    check(HEADER + chunk(kind, bytes({1: 16, 2: 16, 0x80: 4, 0xC1: 4}.get(kind, 0)) + b"".join(parts)))


@given(st.sampled_from(PACKETS), st.data())
def test_mutated_packets_are_decoded(packet: bytes, data: st.DataObject) -> None:
    changed = bytearray(packet)
    for _ in range(data.draw(st.integers(1, 4))):
        changed[data.draw(st.integers(0, len(packet) - 1))] = data.draw(st.integers(0, 255))
    check(bytes(changed[: data.draw(st.integers(0, len(packet)))]) + data.draw(st.binary(max_size=8)))


def test_what_is_nested_costs_no_stack() -> None:
    nested = tlv(8)
    while len(nested) < 60_000:
        nested = tlv(8, nested)
    check(HEADER + chunk(2, bytes(16) + nested))
    check(HEADER + chunk(9, nested))


def test_nothing_of_what_usrsctp_sent_is_broken() -> None:
    assert not [one for packet in SENT for one in decode(packet).chunks if isinstance(one, Broken | Unknown)]
