"""Notifications from bytes, as Linux and usrsctp write them, and from anything else a peer may cause."""

import struct

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sctp_tui.sctp.events import (
    AdaptationIndication,
    AssocChange,
    AssocReset,
    Authentication,
    Event,
    NotificationsStopped,
    PartialDelivery,
    PeerAddrChange,
    RemoteError,
    SenderDry,
    SendFailed,
    ShutdownEvent,
    StreamChange,
    StreamReset,
    UnknownNotification,
    fields,
)
from sctp_tui.sctp.kernel.layout import DIALECT as LINUX
from sctp_tui.sctp.notifications import NOTIFICATION_NAMES, Dialect, decode_notification
from sctp_tui.sctp.userspace.layout import DIALECT as USRSCTP


def _sockaddr(host: bytes) -> str:
    return host.ljust(128, b"\0").hex()


V4 = _sockaddr(b"\x02\0\x13\x88\x7f\0\0\x01")
V6 = _sockaddr(b"\x0a\0\x13\x88" + bytes(4) + bytes(15) + b"\x01" + b"\x01\0\0\0")
LINK_LOCAL = _sockaddr(b"\x0a\0\x13\x88" + bytes(4) + b"\xfe\x80" + bytes(13) + b"\x01" + b"\xff\xff\xff\0")

# Bytes of little-endian machines. Most were taken from a kernel (6.1), the rest are made from linux/sctp.h.
ON_LINUX: list[tuple[str, type[Event], dict[str, object]]] = [
    (
        "0180 0000 14000000 0000 0000 0500 0a00 04000000",
        AssocChange,
        {"state": "COMM_UP", "outbound_streams": 5, "inbound_streams": 10, "error": None, "assoc_id": 4},
    ),
    (  # the peer's ABORT without a reason
        "0180 0000 18000000 0100 000c 0000 0000 04000000 000c0004",
        AssocChange,
        {"state": "COMM_LOST", "error": 12, "error_text": "user-initiated abort", "by": "peer"},
    ),
    (  # and with one that is not UTF-8
        "0180 0000 21000000 0100 000c 0000 0000 05000000 000c000d 676f206177617920ff",
        AssocChange,
        {
            "state": "COMM_LOST",
            "error": 12,
            "error_text": "user-initiated abort: “‹67 6f 20 61 77 61 79 20 ff›”",
            "by": "peer",
        },
    ),
    (  # our own
        "0180 0000 14000000 0100 000c 0000 0000 03000000",
        AssocChange,
        {"state": "COMM_LOST", "error": 12, "by": "stack"},
    ),
    ("0180 0000 14000000 0200 0000 0500 0500 04000000", AssocChange, {"state": "RESTART", "by": "peer"}),
    ("0180 0000 14000000 0300 0000 0000 0000 04000000", AssocChange, {"state": "SHUTDOWN_COMP"}),
    (  # an ABORT without causes, or no answer: the same
        "0180 0000 14000000 0100 0000 0000 0000 04000000",
        AssocChange,
        {"state": "COMM_LOST", "error": None, "error_text": "", "by": "unknown"},
    ),
    (
        "0180 0000 14000000 0400 0000 0000 0000 00000000",
        AssocChange,
        {
            "state": "CANT_STR_ASSOC",
            "assoc_id": 0,
            "error": None,
            "error_text": "",
            "outbound_streams": None,
            "inbound_streams": None,
        },
    ),
    (  # Linux fills in no streams at the end, and writes the cause code as on the wire
        "0180 0000 14000000 0100 000c 0000 0000 03000000",
        AssocChange,
        {"state": "COMM_LOST", "assoc_id": 3, "error": 12, "outbound_streams": None, "inbound_streams": None},
    ),
    (
        "0380 0100 35000000 000c0000 0100 0000 0300 0000 0000002e 63000000 00000000 00000000 00000000"
        "00000000 03000000 68656c6c6f",
        SendFailed,
        {"sent": True, "error": 12, "error_text": "user-initiated abort"},
    ),
    (
        f"0280 0000 94000000 {V4} 00000000 01000000 06000000",
        PeerAddrChange,
        {"address": "127.0.0.1", "state": "AVAILABLE", "error": 1, "assoc_id": 6},
    ),
    (
        f"0280 0000 94000000 {V6} 06000000 00000000 06000000",
        PeerAddrChange,
        {"address": "::1", "state": "POTENTIALLY_FAILED", "error": 0},
    ),
    (
        f"0280 0000 94000000 {LINK_LOCAL} 05000000 02000000 06000000",
        PeerAddrChange,
        {"address": "fe80::1%16777215", "state": "CONFIRMED"},
    ),
    (
        "0380 0000 35000000 00000000 0100 0000 0300 0000 0000002e 63000000 00000000 00000000 00000000"
        "00000000 03000000 68656c6c6f",
        SendFailed,
        {
            "message_id": 99,
            "stream": 1,
            "ppid": 46,
            "sent": False,
            "data": b"hello",
            "assoc_id": 3,
            "size": 5,
        },
    ),
    (
        "0480 0000 18000000 0006 0000 07000000 80ff0008 fffe0000",
        RemoteError,
        {
            "error": 6,
            "error_text": "unrecognized chunk type",
            "data": b"\x80\xff\x00\x08\xff\xfe\0\0",
            "assoc_id": 7,
        },
    ),
    ("0580 0000 0c000000 04000000", ShutdownEvent, {"assoc_id": 4}),
    (
        "0680 0000 18000000 00000000 04000000 02000000 07000000",
        PartialDelivery,
        {"indication": 0, "assoc_id": 4, "stream": 2, "sequence": 7},
    ),
    ("0680 0000 10000000 00000000 04000000", PartialDelivery, {"assoc_id": 4, "stream": 0, "sequence": 0}),
    ("0780 0000 10000000 2a000000 04000000", AdaptationIndication, {"indication": 42, "assoc_id": 4}),
    (
        "0880 0000 14000000 0000 0000 02000000 04000000",
        Authentication,
        {"key_number": 0, "indication": "no authentication", "assoc_id": 4},
    ),
    (
        "0880 0000 14000000 0700 0000 01000000 04000000",
        Authentication,
        {"key_number": 7, "indication": "free key"},
    ),
    ("0980 0000 0c000000 03000000", SenderDry, {"assoc_id": 3}),
    (
        "0a80 0100 10000000 04000000 0100 0300",
        StreamReset,
        {"direction": "in", "outcome": "done", "streams": (1, 3), "assoc_id": 4},
    ),
    (
        "0a80 0600 0c000000 04000000",
        StreamReset,
        {"direction": "out", "outcome": "denied", "streams": ()},
    ),
    (
        "0b80 0800 14000000 04000000 e8030000 d0070000",
        AssocReset,
        {"outcome": "failed", "local_tsn": 1000, "remote_tsn": 2000, "assoc_id": 4},
    ),
    (
        "0c80 0000 10000000 04000000 0a00 1400",
        StreamChange,
        {"outcome": "done", "inbound_streams": 10, "outbound_streams": 20, "assoc_id": 4},
    ),
    (
        "0d80 0100 26000000 000c0000 0000 0300 0000002e 09000000 09000000 09000000 fffe00ff80c3",
        SendFailed,
        {
            "message_id": 9,
            "stream": 0,
            "ppid": 46,
            "sent": True,
            "error_text": "user-initiated abort",
            "data": b"\xff\xfe\x00\xff\x80\xc3",
            "size": 6,
            "assoc_id": 9,
        },
    ),
]

ON_USRSCTP: list[tuple[str, type[Event], dict[str, object]]] = [
    (
        "0100 0000 16000000 0100 0000 0500 0a00 04000000 0105",
        AssocChange,
        {"state": "COMM_UP", "features": ("PR", "RE-CONFIG"), "error": None, "by": "peer"},
    ),
    (  # the peer's ABORT chunk, whole
        "0100 0000 1f000000 0200 0c00 0000 0000 04000000 0600000b 000c0007 627965",
        AssocChange,
        {"state": "COMM_LOST", "error": 12, "error_text": "user-initiated abort: “bye”", "by": "peer"},
    ),
    (  # an ABORT with the T bit, of a peer that knows no such association
        "0100 0000 18000000 0200 0000 0000 0000 04000000 06010004",
        AssocChange,
        {
            "state": "COMM_LOST",
            "error": None,
            "error_text": "it knows no such association, as after a restart",
            "by": "peer",
        },
    ),
    (  # cut short by the stack, as it is longer than 512 octets
        "0100 0000 20000000 0200 0c00 0000 0000 04000000 06000404 000c0400 78787878",
        AssocChange,
        {"state": "COMM_LOST", "error": 12, "error_text": "user-initiated abort: “xxxx”", "by": "peer"},
    ),
    (  # without it
        "0100 0000 14000000 0200 0000 0000 0000 04000000",
        AssocChange,
        {"state": "COMM_LOST", "error": None, "by": "nobody"},
    ),
    (  # our stack's own ABORT, of a DATA chunk without data
        "0100 0000 14000000 0200 0900 0000 0000 04000000",
        AssocChange,
        {"state": "COMM_LOST", "error": 9, "error_text": "no user data", "by": "stack"},
    ),
    (  # an ABORT with two causes
        "0100 0000 28000000 0200 0400 0000 0000 04000000 06000014 00040004 000c000b 6e6f20726f6f6d00",
        AssocChange,
        {
            "state": "COMM_LOST",
            "error": 4,
            "error_text": "out of resource; user-initiated abort: “no room”",
            "by": "peer",
        },
    ),
    (  # with more of them than are told
        "0100 0000 30000000 0200 0400 0000 0000 04000000 0600001c 00040004 00010004 00010004 00010004"
        "00010004 00010004",
        AssocChange,
        {"error": 4, "error_text": "out of resource" + "; invalid stream identifier" * 3 + "; …"},
    ),
    (
        "0300 0000 1c000000 0600 0000 07000000 0900000c 00060008 80ff0004",
        RemoteError,
        {"error": 6, "error_text": "unrecognized chunk type", "assoc_id": 7},
    ),
    ("0500 0000 0c000000 04000000", ShutdownEvent, {"assoc_id": 4}),
    ("0600 0000 10000000 2a000000 04000000", AdaptationIndication, {"indication": 42}),
    (
        "0700 0000 14000000 01000000 0200 0700 04000000",
        PartialDelivery,
        {"indication": 1, "stream": 2, "sequence": 7, "assoc_id": 4},
    ),
    (
        "0800 0000 14000000 0000 0000 02000000 04000000",
        Authentication,
        {"key_number": 0, "indication": "no authentication"},
    ),
    ("0900 0200 0e000000 04000000 0300", StreamReset, {"direction": "out", "streams": (3,)}),
    ("0a00 0000 0c000000 03000000", SenderDry, {"assoc_id": 3}),
    ("0b00 0000 08000000", NotificationsStopped, {}),
    ("0c00 0000 14000000 04000000 01000000 02000000", AssocReset, {"outcome": "done", "remote_tsn": 2}),
    ("0d00 0400 10000000 04000000 0a00 1400", StreamChange, {"outcome": "denied"}),
    (
        "0e00 0200 22000000 00000000 0100 0000 0000002e 09000000 04000000 04000000 6869",
        SendFailed,
        {"message_id": 9, "stream": 1, "ppid": 46, "sent": True, "data": b"hi"},
    ),
]


def _cases(goldens: list[tuple[str, type[Event], dict[str, object]]]) -> list[object]:
    return [pytest.param(*golden, id=f"{at}-{golden[1].__name__}") for at, golden in enumerate(goldens)]


def _check(text: str, dialect: Dialect, kind: type[Event], expected: dict[str, object]) -> None:
    data = bytes.fromhex(text)
    assert len(data) == int.from_bytes(data[4:8], "little"), "sn_length of the example itself"
    event = decode_notification(data, dialect)
    assert type(event) is kind
    assert {name: fields(event)[name] for name in expected} == expected


@pytest.mark.parametrize(("text", "kind", "expected"), _cases(ON_LINUX))
def test_linux(text: str, kind: type[Event], expected: dict[str, object]) -> None:
    _check(text, LINUX, kind, expected)


@pytest.mark.parametrize(("text", "kind", "expected"), _cases(ON_USRSCTP))
def test_usrsctp(text: str, kind: type[Event], expected: dict[str, object]) -> None:
    _check(text, USRSCTP, kind, expected)


def test_every_type_of_linux_has_an_example() -> None:
    shown = {int.from_bytes(bytes.fromhex(text)[:2], "little") for text, _, _ in ON_LINUX}
    assert shown == set(LINUX.types) == set(range(0x8001, 0x800E))


@pytest.mark.parametrize("dialect", [LINUX, USRSCTP])
def test_every_type_is_understood(dialect: Dialect) -> None:
    assert set(dialect.types.values()) <= NOTIFICATION_NAMES


def _never_raises(data: bytes, dialect: Dialect) -> None:
    event = decode_notification(data, dialect)
    msgspec.json.encode(event)
    if isinstance(event, UnknownNotification):
        assert event.data == data


@pytest.mark.parametrize("dialect", [LINUX, USRSCTP])
@given(st.binary(max_size=400))
def test_any_bytes(dialect: Dialect, data: bytes) -> None:
    _never_raises(data, dialect)


@pytest.mark.parametrize("dialect", [LINUX, USRSCTP])
@given(st.data())
def test_any_bytes_after_a_header(dialect: Dialect, data: st.DataObject) -> None:
    number = data.draw(st.sampled_from(sorted(dialect.types)))
    flags = data.draw(st.integers(0, 0xFFFF))
    body = data.draw(st.binary(max_size=400))
    _never_raises(struct.pack("=HHI", number, flags, data.draw(st.integers(0, 0xFFFFFFFF))) + body, dialect)


@pytest.mark.parametrize(
    ("dialect", "goldens"), [(LINUX, ON_LINUX), (USRSCTP, ON_USRSCTP)], ids=["linux", "usrsctp"]
)
def test_cut_anywhere(dialect: Dialect, goldens: list[tuple[str, type[Event], dict[str, object]]]) -> None:
    for text, _, _ in goldens:
        data = bytes.fromhex(text)
        for size in range(len(data)):
            _never_raises(data[:size], dialect)
