"""Round trips that a capture shows: what is measured, what is not, and that tshark has the same."""

import shutil
import struct
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from sctp_tui.sctp.events import Counts, RoundTrip
from sctp_tui.sctp.link.conditioner import PacketOutcome
from sctp_tui.sources.capture import Capture
from sctp_tui.sources.ip import SctpPacket
from sctp_tui.sources.observer import Observer
from tests import rawpeer as raw

from .files import ethernet, interface, ipv4, option, packet_block, section
from .test_observer import B2, PORTS, TAG_A, TAG_B, TSN_A, TSN_B, A, B, chunk, data, init, sack

_MS = 1_000_000
_DELAYS = st.integers(0, 10**10)


def gap(cumulative: int, first: int, last: int) -> bytes:
    """A SACK with a Gap Ack Block, of offsets."""
    return chunk(3, struct.pack("!IIHHHH", cumulative & 0xFFFFFFFF, 65536, 1, 0, first, last))


def forward(cumulative: int) -> bytes:
    return chunk(192, struct.pack("!I", cumulative & 0xFFFFFFFF))


def beat(info: bytes, *, ack: bool = False) -> bytes:
    return chunk(5 if ack else 4, struct.pack("!HH", 1, 4 + len(info)) + info)


class Passed:
    """Packets with their times (ns), after a set-up."""

    def __init__(self) -> None:
        self.at = 1_700_000_000_000_000_000
        self.packets: list[SctpPacket] = []
        self.a(0, init(TAG_A, TSN_A), tag=0)
        self.b(0, init(TAG_B, TSN_B, kind=2, cookie=b"cookie"))
        self.a(0, chunk(10, b"cookie")).b(0, chunk(11))

    def a(self, after: int, *chunks: bytes, tag: int = TAG_B, to: str = B) -> "Passed":
        """A sends a packet, so long after the one before."""
        return self._add(after, A, to, raw.packet(*PORTS, tag, *chunks))

    def b(self, after: int, *chunks: bytes, source: str = B) -> "Passed":
        """B, likewise."""
        return self._add(after, source, A, raw.packet(PORTS[1], PORTS[0], TAG_A, *chunks))

    def _add(self, after: int, source: str, to: str, octets: bytes) -> "Passed":
        self.at += after
        ident = 0, len(self.packets), b""
        self.packets.append(SctpPacket(self.at, source, to, None, octets, 0, "", ident))
        return self

    @property
    def round_trips(self) -> tuple[RoundTrip, ...]:
        made = Observer().observe(self.packets)
        return next((one.round_trips for one in made.numbers if isinstance(one, Counts)), ())

    def write(self, path: Path) -> None:
        """As a capture file."""
        blocks = b"".join(
            packet_block(ethernet(ipv4(one.data, one.source, one.destination, ident=n + 1)), at=one.at or 0)
            for n, one in enumerate(self.packets)
        )
        path.write_bytes(section() + interface(options=option(9, b"\x09")) + blocks)


def _newest(passed: Passed) -> list[tuple[str, str, float, float, int]]:
    return [(one.direction, one.address, one.newest, one.least, one.count) for one in passed.round_trips]


@given(st.lists(st.tuples(st.booleans(), _DELAYS, _DELAYS), min_size=1, max_size=30))
def test_the_delays_of_a_conversation_are_measured_exactly(steps: list[tuple[bool, int, int]]) -> None:
    """Either end sends, at any pace, and the other acknowledges."""
    passed, tsns = Passed(), {True: TSN_A, False: TSN_B}
    took: dict[str, list[int]] = {"in": [], "out": []}
    for of_a, pause, delay in steps:
        tsn = tsns[of_a]
        tsns[of_a] += 1
        if of_a:
            passed.a(pause, data(tsn, b"x")).b(delay, sack(tsn))
        else:
            passed.b(pause, data(tsn, b"x")).a(delay, sack(tsn))
        took["in" if of_a else "out"].append(delay)
    assert sorted(_newest(passed)) == [
        (way, B if way == "in" else A, of[-1] / 1e9, min(of) / 1e9, len(of)) for way, of in took.items() if of
    ]


def test_what_is_sent_again_is_not_measured() -> None:
    """An acknowledgement may be for either of both (Karn's algorithm)."""
    passed = Passed().a(0, data(TSN_A, b"x")).a(_MS, data(TSN_A, b"x")).b(_MS, sack(TSN_A))
    assert _newest(passed) == []
    passed.a(_MS, data(TSN_A + 1, b"y")).b(3 * _MS, sack(TSN_A + 1))
    assert _newest(passed) == [("in", B, 0.003, 0.003, 1)]


def test_a_tsn_that_comes_late_is_not_measured() -> None:
    """It may have been sent before, and lost before the capture."""
    passed = Passed().a(0, data(TSN_A + 1, b"y")).b(_MS, gap(TSN_A - 1, 2, 2))
    passed.a(_MS, data(TSN_A, b"x")).b(9 * _MS, sack(TSN_A + 1))
    assert _newest(passed) == [("in", B, 0.001, 0.001, 1)]


def test_a_gap_acknowledges_too() -> None:
    passed = Passed().a(0, data(TSN_A + 1, b"y")).b(2 * _MS, gap(TSN_A - 1, 2, 2)).b(5 * _MS, sack(TSN_A + 1))
    assert _newest(passed) == [("in", B, 0.002, 0.002, 1)]


def test_what_is_given_up_is_not_measured() -> None:
    """It is acknowledged as the FORWARD TSN comes, and may never have come itself."""
    passed = Passed().a(0, data(TSN_A, b"x")).a(_MS, forward(TSN_A)).b(_MS, sack(TSN_A))
    assert _newest(passed) == []


def test_heartbeats_are_measured_by_their_info_and_path() -> None:
    passed = Passed().a(0, beat(b"one"), to=B2).a(_MS, beat(b"two"))
    passed.b(_MS, beat(b"one", ack=True), source=B2).b(_MS, beat(b"two", ack=True))
    passed.b(_MS, beat(b"two", ack=True)).b(_MS, beat(b"never asked", ack=True))
    assert sorted(_newest(passed)) == [("in", B, 0.002, 0.002, 1), ("in", B2, 0.002, 0.002, 1)]


def test_a_heartbeat_that_is_sent_twice_is_not_measured() -> None:
    passed = Passed().a(0, beat(b"one")).a(_MS, beat(b"one")).b(_MS, beat(b"one", ack=True))
    assert _newest(passed) == []


def test_times_that_go_back_are_not_measured() -> None:
    passed = Passed().a(0, data(TSN_A, b"x")).b(-_MS, sack(TSN_A))
    assert _newest(passed) == []


def test_in_captures_of_both_ends_an_answer_counts_where_it_comes() -> None:
    """Its time is that of its sender's capture: it is under way from there on, or lost."""
    for outcome, took in (
        (PacketOutcome("delayed", "", 0.005), [0.007]),
        (PacketOutcome("dropped", "", 0.0), []),
    ):
        passed = Passed().a(0, data(TSN_A, b"x")).b(2 * _MS, sack(TSN_A))
        passed.packets[-1] = replace(passed.packets[-1], outcome=outcome)
        assert [one.newest for one in passed.round_trips] == took


def test_heartbeats_without_answer_are_forgotten() -> None:
    """Anybody may send them."""
    passed = Passed()
    for number in range(100):
        passed.a(_MS, beat(b"%d" % number))
    passed.b(_MS, beat(b"0", ack=True)).b(_MS, beat(b"99", ack=True))
    assert _newest(passed) == [("in", B, 0.002, 0.002, 1)]


def _of_tshark(path: Path) -> Iterator[float]:
    """The round trip of each SACK, by tshark."""
    command = ["tshark", "-r", str(path), "-T", "fields", "-e", "sctp.sack_rtt"]
    for line in subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines():
        yield from (float(one) for one in line.split(",") if one)


@pytest.mark.skipif(shutil.which("tshark") is None, reason="no tshark here to compare with")
@pytest.mark.parametrize("delay", [1_000, 1_234_567, 250_000_000])
def test_tshark_has_the_same_round_trip(tmp_path: Path, delay: int) -> None:
    """Of the first DATA of the end that has sent the INIT ACK: tshark 4.0 tells that of no other."""
    passed = Passed().b(_MS, data(TSN_B, b"x")).a(delay, sack(TSN_B)).a(_MS, data(TSN_A, b"x"))
    passed.write(path := tmp_path / "seen.pcapng")
    capture = Capture([str(path)])
    counts = [one for part in capture.portions() for one in part.numbers if isinstance(one, Counts)]
    assert [one.newest for one in counts[-1].round_trips] == list(_of_tshark(path))
