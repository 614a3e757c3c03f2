"""What a file can make the program keep has a bound, however long it is."""

import struct
import tracemalloc
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from sctp_tui.sctp.events import StreamReset
from sctp_tui.sctp.wire.packet import Data
from sctp_tui.sources import association, clocks, duplicates, identity, ip, joining
from sctp_tui.sources.clocks import Clocks
from sctp_tui.sources.duplicates import Duplicates
from sctp_tui.sources.identity import Identities, Identity
from sctp_tui.sources.ip import Dissector, SctpPacket
from sctp_tui.sources.joining import Joining
from sctp_tui.sources.observer import Observer
from sctp_tui.sources.pieces import JoinedMessage, Pieces
from sctp_tui.sources.records import Record
from tests import rawpeer as raw

from .files import ethernet


def packet(*chunks: bytes, tag: int = 7, at: int = 0) -> SctpPacket:
    return SctpPacket(at, "10.0.0.2", "10.0.0.1", None, raw.packet(5, 6, tag, *chunks), 0, "", (0, 0, b""))


def test_fragments_without_an_end() -> None:
    dissector = Dissector()
    for number in range(3000):
        header = struct.pack("!BBHHHBBH", 0x45, 0, 20 + 8000, number, 0x2000, 64, 132, 0) + bytes(8)
        frame = ethernet(header + bytes(8000))
        assert dissector.packet(Record(0, 1, frame, len(frame), 0, "", 0)) is None
    assert dissector.unfinished <= ip._DATAGRAMS
    assert dissector._fragments._octets <= ip._FRAGMENTED
    for number in range(3 * ip._PARTS):  # of one packet
        place = 0x2000 | (number * 2 & 0x1FFF)
        header = struct.pack("!BBHHHBBH", 0x45, 0, 36, 9, place, 64, 132, 0) + bytes(8)
        frame = ethernet(header + bytes(16))
        dissector.packet(Record(0, 1, frame, len(frame), 0, "", 0))
    assert all(len(parts) <= ip._PARTS for parts in dissector._fragments._waiting.values())


def test_heartbeats_that_nobody_answers() -> None:
    identities = Identities()
    for number in range(2 * identity._ECHOES):
        beat = raw.chunk(4, 0, raw.parameter(1, number.to_bytes(4)))
        assert identities.identify(packet(beat)) is not None
    assert len(identities._echoes) == identity._ECHOES


def test_long_heartbeats_and_cookies_are_not_kept() -> None:
    identities = Identities()
    long = bytes(60_000)
    tracemalloc.start()
    for number in range(200):
        info = number.to_bytes(4) + long
        fields = struct.pack("!IIHHI", 1000 + number, 65535, 9, 9, 1)
        for one in (
            raw.chunk(4, 0, raw.parameter(1, info)),
            raw.chunk(2, 0, fields + raw.parameter(7, info)),
        ):
            empty = packet(tag=2000 + number)
            assert identities.identify(replace(empty, data=empty.data + one)) is not None
    taken, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(identities._echoes) == 400
    assert taken < 10**6


def test_tags_that_inits_offer_an_association_that_is_up() -> None:
    """Before a restart and after it, its own tags stay."""
    identities = Identities()

    def whose(*chunks: bytes, tag: int, back: bool = False) -> int:
        one = packet(*chunks, tag=tag)
        if back:
            data = raw.packet(6, 5, tag, *chunks)
            one = replace(one, source=one.destination, destination=one.source, data=data)
        found = identities.identify(one)
        assert found is not None
        return found.now().whose.serial

    def offer(client: int, server: int) -> None:
        assert whose(_init(1, client), tag=0) == whose(_init(2, server), tag=client, back=True) == 1

    for client, server in ((1000, 2000), (1001, 2001)):
        offer(client, server)
        assert whose(raw.chunk(10, 0, b"cookie"), tag=server) == 1
        assert whose(raw.chunk(11, 0, b""), tag=client, back=True) == 1
        for number in range(10_000, 10_200):
            offer(number, number * 2)
        assert whose(raw.data(1, b"x"), tag=server) == whose(raw.data(1, b"x"), tag=client, back=True) == 1
    assert len(identities._by_tag) == identity._TAGS


def _init(kind: int, tag: int) -> bytes:
    return raw.chunk(kind, 0, struct.pack("!IIHHI", tag, 65535, 9, 9, 1))


def test_offers_that_no_cookie_accepts() -> None:
    observer = Observer()
    observer.observe([packet(raw.data(1, b"it is up"))])
    for number in range(1000, 1000 + 3 * association._OFFERED):
        observer.observe([packet(_init(1, number), tag=0)])
    (followed,) = observer.associations
    assert len(followed._offered) == association._OFFERED


def test_associations_that_have_ended_long_ago() -> None:
    """What comes late is of the same one, for as long as an end may send it again."""
    observer, second = Observer(), 10**9

    def keys(at: float, *chunks: bytes, tag: int = 7) -> list[int]:
        return [
            one.key for one in observer.observe([packet(*chunks, tag=tag, at=round(at * second))]).packets
        ]

    abort = raw.chunk(6, 0, b"")
    assert keys(0, abort) == [1]
    assert keys(500, abort) == [1]
    assert keys(1000, abort) == [1]
    for number in range(300):
        keys(1001 + number, abort, tag=100 + number)
    assert len(observer._known) == 301
    assert keys(1700, abort, tag=99) == [302]
    assert len(observer._known) == len(observer._ended) == len(observer._identities._recent) == 202
    assert keys(1700, abort) == [303]
    assert keys(1701, abort, tag=300) == [201 + 1]
    unended = raw.chunk(3, 0, bytes(12))
    keys(1702, unended, tag=5)
    assert keys(9000, unended, tag=5) == [304]
    assert len(observer._known) == 1


def test_data_that_comes_after_the_end_is_a_packet_of_it_too() -> None:
    """Also where it is counted without being noted."""
    observer, second = Observer(), 10**9
    back = raw.packet(6, 5, 8, raw.data(1, b"answer"))
    there = packet(raw.data(1, b"asked"))
    observer.observe([there, replace(there, source="10.0.0.1", destination="10.0.0.2", data=back)])
    observer.observe([packet(raw.chunk(6, 0, b""), at=second)])
    flow = observer.flow(b"", (5, 6, 7), ("10.0.0.2", "10.0.0.1"))
    assert flow is not None
    observer.count(flow, [(0, 3, 20, 2, 0, 1, 0)], bytes(32), 500 * second, 2)
    observer.observe([packet(raw.data(1, b"other"), tag=99, at=1000 * second)])
    assert [one.ended for one in observer.associations] == [True, False]


def test_long_requests_that_nobody_answers() -> None:
    """Of each as much is kept as is told once it is answered."""
    observer = Observer()
    streams = bytes(range(256)) * 200
    addresses = b"".join(raw.parameter(0xC001, number.to_bytes(4) + streams[:2000]) for number in range(30))
    tracemalloc.start()
    for number in range(100):
        reset = raw.parameter(13, struct.pack("!III", number, 0, 0) + streams)
        asked = number.to_bytes(4) + raw.parameter(5, bytes(4)) + addresses
        for one in (raw.chunk(130, 0, reset), raw.chunk(0xC1, 0, asked)):
            empty = packet()
            observer.observe([replace(empty, data=empty.data + one)])
        if number == 0:
            before, _ = tracemalloc.get_traced_memory()
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert after - before < 20_000
    answer = raw.packet(6, 5, 8, raw.chunk(130, 0, raw.parameter(16, struct.pack("!II", 99, 1))))
    told = observer.observe([replace(packet(), source="10.0.0.1", destination="10.0.0.2", data=answer)])
    (reset_streams,) = [one.streams for one in told.events if isinstance(one, StreamReset)]
    assert reset_streams == tuple(256 * at + at + 1 for at in range(0, 256, 2)) * 2


class _Unread(list[Identity]):
    """Nobody goes through all of these."""

    def __reversed__(self) -> Iterator[Identity]:
        raise AssertionError


def test_of_many_between_equal_ports_only_those_at_an_address_are_looked_at(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(identity, "MOST", 300)
    identities = Identities()
    for number in range(400):
        one = replace(
            packet(raw.data(1, b"x"), tag=number + 1), source=f"10.1.{number // 256}.{number % 256}"
        )
        assert identities.identify(one) is not None
    assert len(identities._places) == 301
    identities._by_ports[5, 6] = _Unread(identities._by_ports[5, 6])
    found = identities.identify(replace(packet(_init(1, 9999), tag=0), source="10.1.1.100"))
    assert found is not None
    assert found.whose.serial == 357
    for known in list(identities._recent):
        identities.forget(known)
    assert not identities._places
    assert not identities._by_tag


@given(
    st.lists(
        st.tuples(
            st.integers(1, 4),
            st.integers(1, 4),
            st.booleans(),
            st.integers(0, 3),
            st.sampled_from([0, 1, 2, 4, 14]),
        ),
        max_size=30,
    )
)
def test_those_at_an_address_are_found_as_by_looking_at_all(
    drawn: list[tuple[int, int, bool, int, int]],
) -> None:
    identities = Identities()
    for source, destination, equal, tag, kind in drawn:
        ports = (5, 5) if equal else (5, 6)
        more = raw.parameter(5, bytes([10, 0, 0, tag + 1]))
        what = {
            0: raw.data(tag, b"x"),
            4: raw.chunk(4, 0, raw.parameter(1, b"info")),
            14: raw.chunk(14, 0, b""),
        }
        chunk = what.get(kind) or raw.chunk(kind, 0, _init(kind, tag + 7)[4:] + more)
        data = raw.packet(*ports, 0 if kind == 1 else tag + 1, chunk)
        one = replace(packet(), source=f"10.0.0.{source}", destination=f"10.0.0.{destination}", data=data)
        identities.identify(one)
        linear = [
            next(at for at in (0, 1) if _stands(whose, at, one, ports))
            for whose in reversed(identities._by_ports.get(ports, []))
            if _stands(whose, 0, one, ports) or _stands(whose, 1, one, ports)
        ]
        found = list(identities._between(one, *ports))
        assert [which for _, which in found] == linear
        assert [whose.serial for whose, _ in found] == sorted((who.serial for who, _ in found), reverse=True)


def _stands(whose: Identity, at: int, one: SctpPacket, ports: tuple[int, int]) -> bool:
    near, far = whose.ends[at], whose.ends[1 - at]
    here = one.source in near.addresses and one.destination in far.addresses
    return (near.port, far.port) == ports and here


def add(pieces: Pieces, way: str, number: int, piece: Data) -> JoinedMessage | None:
    return pieces.add(way, number, piece, piece.flags, piece.data, piece.size)


def test_messages_without_an_end() -> None:
    pieces = Pieces(limit=1000, total=10_000)
    for number in range(300):
        piece = Data(2, 116, number * 2, 1, 0, 0, False, True, False, False, bytes(100))
        assert add(pieces, "way", piece.tsn, piece) is None
        assert pieces._octets <= 10_000
    (way,) = pieces._ways.values()
    assert len(way.by_low) == len(way.by_high) == len(pieces._order) < 50
    for number in range(1000, 1030):
        flags = 2 if number == 1000 else 1 if number == 1029 else 0
        piece = Data(flags, 116, number, 1, 0, 0, False, flags == 2, flags == 1, False, bytes(100))
        joined = add(pieces, "other", number, piece)
    assert joined is not None
    assert (joined.data, joined.size) == (None, 3000)
    assert pieces._octets <= 10_000
    assert list(pieces._ways) == ["way"]


@pytest.mark.parametrize(("size", "step"), [(0, 1), (1, 1), (1, 2)])
def test_small_pieces_without_an_end(size: int, step: int) -> None:
    """What a piece takes beside its octets counts too."""
    pieces = Pieces(limit=10**6, total=10**6)
    tracemalloc.start()
    for number in range(30_000):
        first = number == 0
        piece = Data(2, 16 + size, number * step, 1, 0, 0, False, first, False, False, b"xy"[:size])
        assert add(pieces, "way", number * step, piece) is None
        assert pieces._octets <= 10**6
    taken, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert taken < 10**6


def test_packets_compared_with() -> None:
    copies = Duplicates()
    for number in range(3 * duplicates._KEPT):
        assert not copies.is_copy(packet(raw.data(number, b"x"), at=number), 0)
        assert len(copies._seen) < duplicates._KEPT
        assert len(copies._before) in (0, duplicates._KEPT)


ONE_WAY = Clocks({("10.0.0.2", "10.0.0.1"): 0}, [(0, 0)], 0, 64)
"""The first capture is at the sender."""


def test_packets_looked_for_at_the_other_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(joining, "_MOST", 100 * 1000)
    monkeypatch.setattr(joining, "_MATCHED", 50)
    sent = [packet(raw.data(number, b"x"), at=1 + number) for number in range(1000)]
    waiting = Joining(ONE_WAY)
    told = list[SctpPacket]()
    for one in waiting.packets(sent, [packet(raw.data(1000, b"x"), at=2000)]):
        told.append(one)
        assert waiting._octets <= joining._MOST + joining._COST + len(one.data)
        assert sum(map(len, waiting._sent.values())) <= len(waiting._queue) < 150
    assert [one.at for one in told] == [*range(1, 1001), 2000]
    found = Joining(ONE_WAY)
    verdicts = {one.outcome and one.outcome.verdict for one in found.packets(sent, sent)}
    assert (verdicts, found.joined, len(found._matched), found._octets) == ({"delivered"}, 1000, 50, 0)


def test_packets_that_leave_before_they_could_be_found_are_not_called_lost(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sent = [packet(raw.data(number, b"x"), at=1 + number) for number in range(300)]
    arrived = [packet(raw.data(number, b"x"), at=1 + number + 200) for number in range(300)]
    monkeypatch.setattr(joining, "_MOST", 100 * 1000)
    joined = Joining(ONE_WAY)
    joined._longest = 200
    assert len(list(joined.packets(sent, arrived))) >= 300
    assert joined.lost == 0


def test_packets_by_which_clocks_are_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clocks, "SURVEYED", 100)

    def endless() -> Iterator[SctpPacket]:
        number = 0
        while True:
            yield packet(raw.data(number, b"x"), at=number)
            number += 1

    assert clocks.compare(endless, endless) is None
