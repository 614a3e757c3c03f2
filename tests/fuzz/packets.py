"""Strategies for packets: what a stack sends, what becomes of that by changed octets, and what none sends."""

import struct
from collections.abc import Sequence

from hypothesis import strategies as st

from sctp_tui.sctp.events import Packet, Peer

from ..sctp.wire_corpus import MADE, SENT, chunk, tlv

_LOCAL = Peer(("127.0.0.1",), 9877, 9899)
_PEERS = [
    Peer(("10.0.0.1",), 5000, 40000),
    Peer(("10.0.0.1",), 5000, 40001),
    Peer(("10.0.0.2",), 5000, 1),
    None,
]
_INITIAL = 0xFFFFFFFA  # TSNs wrap within the first few
_U16, _U32 = st.integers(0, 0xFFFF), st.integers(0, 0xFFFFFFFF)
_FLAGS = st.sampled_from([3, 3, 3, 2, 1, 0, 7, 6, 5, 4, 0xFF])

tsns = st.one_of(
    st.integers(-3, 12).map(lambda number: _INITIAL + number & 0xFFFFFFFF),
    st.sampled_from(
        [_INITIAL + (1 << shift) + by & 0xFFFFFFFF for shift in (16, 24, 31) for by in (-1, 0, 1)]
    ),
    _U32,
)
"""Near each other around where they wrap, as far apart as matters, or any."""
_small = st.integers(0, 4)
_ssns = st.one_of(_small, _small, _U16)
_streams = st.one_of(_small, _small, _U16)
_octets = st.binary(max_size=20)
_gaps = st.lists(
    st.tuples(st.one_of(st.integers(0, 8), _U16), st.one_of(st.integers(0, 8), _U16)), max_size=4
)
_blocks = st.one_of(
    _gaps, _gaps, st.builds(lambda some, times: some * times, _gaps, st.sampled_from([1, 200]))
)


def _data(tsn: int, stream: int, ssn: int, flags: int, payload: bytes) -> bytes:
    return chunk(0, struct.pack("!IHHI", tsn, stream, ssn, 51) + payload, flags)


def _i_data(tsn: int, stream: int, mid: int, fsn: int, flags: int) -> bytes:
    return chunk(0x40, struct.pack("!IHHII", tsn, stream, 0, mid, fsn) + b"x", flags)


def _sack(tsn: int, rwnd: int, gaps: Sequence[tuple[int, int]], duplicates: Sequence[int]) -> bytes:
    head = struct.pack("!IIHH", tsn, rwnd, len(gaps), len(duplicates))
    blocks = b"".join(struct.pack("!HH", *gap) for gap in gaps)
    return chunk(3, head + blocks + b"".join(struct.pack("!I", one) for one in duplicates))


def _forward(tsn: int, skipped: Sequence[tuple[int, int]]) -> bytes:
    return chunk(0xC0, struct.pack("!I", tsn) + b"".join(struct.pack("!HH", *one) for one in skipped))


def _i_forward(tsn: int, skipped: Sequence[tuple[int, int, int]]) -> bytes:
    return chunk(0xC2, struct.pack("!I", tsn) + b"".join(struct.pack("!HHI", *one) for one in skipped))


def _init(kind: int, tag: int, tsn: int, rest: bytes) -> bytes:
    return chunk(kind, struct.pack("!IIHHI", tag, 1000, 5, 5, tsn) + rest)


_skipped = st.lists(st.tuples(_streams, _ssns), max_size=4)
chunks = st.one_of(
    st.builds(_data, tsns, _streams, _ssns, _FLAGS, _octets),
    st.builds(_data, tsns, _streams, _ssns, _FLAGS, _octets),
    st.builds(_i_data, tsns, _streams, st.one_of(_small, _U32), st.one_of(_small, _U32), _FLAGS),
    st.builds(_sack, tsns, _U32, _blocks, st.lists(tsns, max_size=2)),
    st.builds(_sack, tsns, _U32, _blocks, st.lists(tsns, max_size=2)),
    st.builds(_forward, tsns, st.one_of(_skipped, st.builds(lambda some: some * 300, _skipped))),
    st.builds(_i_forward, tsns, st.lists(st.tuples(_streams, _small, _U32), max_size=4)),
    st.builds(_init, st.sampled_from([1, 2]), _U32, tsns, st.binary(max_size=12)),
    st.builds(lambda kind, tsn: chunk(kind, struct.pack("!I", tsn)), st.sampled_from([7, 12, 13]), tsns),
    st.builds(chunk, st.sampled_from([6, 8, 9, 10, 11, 14, 0x82]), _octets, st.sampled_from([0, 1])),
    st.builds(lambda code, value: chunk(9, tlv(code, value) * 40), st.integers(0, 14), _octets),
    st.builds(chunk, st.integers(0, 255), _octets, st.integers(0, 255)),
    st.sampled_from(sorted(MADE.values())),
)
"""One chunk, whose header is right."""


@st.composite
def _changed(draw: st.DrawFn) -> bytes:
    """A packet that a stack has sent, some of its octets changed, cut or added."""
    data = bytearray(draw(st.sampled_from(SENT)))
    for at, octet in draw(
        st.lists(st.tuples(st.integers(0, len(data) - 1), st.integers(0, 255)), max_size=3)
    ):
        data[at] = octet
    end = draw(st.one_of(st.none(), st.integers(0, len(data))))
    return bytes(data[:end]) + draw(st.binary(max_size=4))


_headers = st.builds(lambda tag: struct.pack("!HHII", 5000, 9877, tag, 0), st.sampled_from([0, 1, 2]))
octets = st.one_of(
    st.builds(lambda head, some: head + b"".join(some), _headers, st.lists(chunks, min_size=1, max_size=4)),
    st.builds(lambda head, some: head + b"".join(some), _headers, st.lists(chunks, min_size=1, max_size=4)),
    st.builds(lambda head, one, times: head + one * times, _headers, chunks, st.sampled_from([1, 17, 250])),
    st.sampled_from(SENT),
    _changed(),
    st.binary(max_size=40),
)
"""A packet as it comes."""


@st.composite
def packets(draw: st.DrawFn, most: int = 40) -> list[Packet]:
    """Packets of a few conversations, in the order in which they were sent; clocks may stand, or be set."""
    made: list[Packet] = []
    mono, at = 100.0, 1000.0
    for data in draw(st.lists(octets, max_size=most)):
        mono += draw(st.sampled_from([0.0, 0.001, 0.001, 0.3, 40.0]))
        at += draw(st.sampled_from([0.0, 0.001, 0.001, 0.3, -5.0]))
        direction = draw(st.sampled_from(["in", "out"]))
        verdict = draw(
            st.sampled_from(["delivered"] * 4 + ["dropped", "refused", "duplicated", "delayed", "reordered"])
        )
        which = draw(st.sampled_from([0, 0, 0, 0, 0, 1, 2, 3]))
        reason = "" if verdict == "delivered" else "loss=10%"
        delay = draw(st.sampled_from([0.0, 0.0, 0.01, 3.0]))
        made.append(
            Packet(
                at=at,
                mono=mono,
                endpoint="server",
                key=0,
                assoc_id=0,
                peer=_PEERS[which],
                local=_LOCAL,
                flow=max(1, which),
                direction=direction,  # type: ignore[arg-type]
                verdict=verdict,  # type: ignore[arg-type]
                reason=reason,
                delay=delay,
                data=data,
            )
        )
    return made
