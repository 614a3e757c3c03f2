"""What a file can make the program keep has a bound, however long it is."""

import struct

from sctp_tui.sctp.wire.packet import Data
from sctp_tui.sources import duplicates, identity, ip
from sctp_tui.sources.duplicates import Duplicates
from sctp_tui.sources.identity import Identities
from sctp_tui.sources.ip import Dissector, SctpPacket
from sctp_tui.sources.pieces import Pieces
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


def test_messages_without_an_end() -> None:
    pieces = Pieces(limit=1000, total=10_000)
    for number in range(300):
        piece = Data(2, 116, number * 2, 1, 0, 0, False, True, False, False, bytes(100))
        assert pieces.add("way", piece.tsn, piece) is None
        assert pieces._octets <= 10_000
    assert len(pieces._by_low) == len(pieces._by_high) == len(pieces._order) < 50
    for number in range(1000, 1030):
        flags = 2 if number == 1000 else 1 if number == 1029 else 0
        piece = Data(flags, 116, number, 1, 0, 0, False, flags == 2, flags == 1, False, bytes(100))
        joined = pieces.add("other", number, piece)
    assert joined is not None
    assert (joined.data, joined.size) == (None, 3000)
    assert pieces._octets <= 10_000


def test_packets_compared_with() -> None:
    copies = Duplicates()
    for number in range(2 * duplicates._KEPT):
        assert not copies.is_copy(packet(raw.data(number, b"x"), at=number), 0)
    assert len(copies._seen) == duplicates._KEPT
