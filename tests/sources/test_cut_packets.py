"""Packets of which a capture has kept the first octets: what is there is told, and is not called broken."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sctp_tui.monitor.text.chunks import chunk_text
from sctp_tui.monitor.why import why
from sctp_tui.sctp.wire.decode import decode
from sctp_tui.sctp.wire.packet import Broken, Cut, Data, IData, Init, name_of
from tests import rawpeer as raw

_COOKIE = raw.parameter(7, bytes(40))
WHOLE = [
    raw.packet(1, 2, 3, raw.data(7, b"hello" * 50)),
    raw.packet(1, 2, 3, raw.sack(7), raw.data(8, b"a"), raw.data(9, b"b" * 30)),
    raw.packet(
        1, 2, 3, raw.chunk(2, 0, struct.pack("!IIHHI", 1, 2, 3, 4, 5) + raw.parameter(5, bytes(4)) + _COOKIE)
    ),
    raw.packet(1, 2, 3, raw.chunk(10, 0, bytes(50)), raw.data(7, b"x" * 9)),
    raw.packet(1, 2, 3, raw.chunk(4, 0, raw.parameter(1, bytes(30)))),
    raw.packet(1, 2, 3, raw.chunk(0x40, 3, struct.pack("!IHHII", 7, 1, 0, 9, 60) + b"y" * 100)),
    raw.packet(1, 2, 3, raw.chunk(6, 0, raw.parameter(12, b"bye bye, now"))),
]


@given(st.sampled_from(WHOLE), st.data())
def test_what_was_not_captured_is_cut(whole: bytes, drawn: st.DataObject) -> None:
    kept = drawn.draw(st.integers(0, len(whole) - 1))
    all_of_it, there = decode(whole), decode(whole[:kept], len(whole) - kept)
    assert not [one for one in there.chunks if isinstance(one, Broken)]
    assert chunk_text(there.chunks)
    if kept < 12:
        assert there.chunks == (Cut(0, len(whole), -1, whole[:kept]),)
        return
    assert there[:4] == all_of_it[:4]
    cut = [one for one in there.chunks if isinstance(one, Cut)]
    assert len(cut) <= 2
    whole_ones = max(0, len(there.chunks) - len(cut) - 1)
    assert there.chunks[:whole_ones] == all_of_it.chunks[:whole_ones]
    assert all(why(one, "beginner").text.startswith("The capture has not kept all") for one in cut)
    for one, full in zip(there.chunks, all_of_it.chunks, strict=False):
        if isinstance(one, Data | IData) and isinstance(full, Data | IData):
            assert (one.tsn, one.stream, one.size, one.length) == (
                full.tsn,
                full.stream,
                full.size,
                full.length,
            )
            assert full.data.startswith(one.data)


@pytest.mark.parametrize(
    ("which", "kept", "said"),
    [
        (0, 60, "DATA tsn 7 str 1 ssn 0 250 B (32 B captured) hellohellohellohellohell…"),
        (0, 27, "DATA 266 B, cut by the capture"),
        (1, 44, "SACK cum 7 rwnd 1,048,576 + DATA tsn 8 str 1 ssn 0 1 B (0 B captured) + 48 B not captured"),
        (4, 30, "HEARTBEAT 40 B, cut by the capture"),
    ],
)
def test_words(which: int, kept: int, said: str) -> None:
    whole = WHOLE[which]
    assert chunk_text(decode(whole[:kept], len(whole) - kept).chunks) == said


def test_parameters_up_to_the_cut() -> None:
    (chunk,) = decode(WHOLE[2][:50], len(WHOLE[2]) - 50).chunks
    assert isinstance(chunk, Init)
    assert [one.name for one in chunk.parameters] == ["IPv4 address"]


def test_what_is_too_short_without_a_cut_is_broken() -> None:
    assert [name_of(one) for one in decode(WHOLE[0][:60]).chunks] == ["BROKEN"]
    (chunk,) = decode(WHOLE[0][:60], 5).chunks  # longer than the packet was on the wire
    assert isinstance(chunk, Broken)
