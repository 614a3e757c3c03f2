"""Packets whose octets are in a file are the same as those in memory, and cost next to nothing."""

import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sctp_tui.monitor.trace.packet_store import DELAY_COST, FILED_COST, FiledPackets, KeptPackets
from sctp_tui.sctp.events import Packet, Peer
from sctp_tui.sctp.filed import FiledPacket, filed


class Octets:
    """An `OctetFile` in memory."""

    def __init__(self) -> None:
        self.data = b""

    def add(self, packet: Packet) -> FiledPacket:
        self.data += packet.data
        return filed(packet, len(self.data) - len(packet.data))

    def read(self, place: int, length: int) -> bytes:
        return self.data[place : place + length]


def packet(
    data: bytes,
    at: float = 1000.0,
    mono: float = 0.0,
    *,
    out: bool = True,
    cut: int = 0,
    delay: float | None = None,
    reason: str = "",
) -> Packet:
    return Packet(
        at=at,
        mono=mono,
        endpoint="server",
        key=1,
        assoc_id=1,
        peer=Peer(("10.0.0.2",), 5000),
        local=Peer(("10.0.0.1",), 38412),
        flow=7,
        direction="out" if out else "in",
        verdict="seen" if delay is None else "delivered",
        reason=reason,
        delay=delay,
        data=data,
        captured=True,
        cut=cut,
        joined=delay is not None,
    )


Drawn = tuple[bytes, int, bool, int, float | None, str]
PACKETS = st.lists(
    st.tuples(
        st.binary(max_size=40),
        st.integers(-400, 1000),
        st.booleans(),
        st.integers(0, 2),
        st.none() | st.floats(0, 1),
        st.sampled_from(["", "lost", "its comment"]),
    ),
    max_size=30,
)


def passed(drawn: list[Drawn]) -> list[Packet]:
    """Packets of which some came late, as times of a capture may go back; `mono` never does."""
    made, at, newest = list[Packet](), 0, 0
    for data, later, out, cut, delay, reason in drawn:
        at = max(0, at + later)
        newest = max(newest, at)
        made.append(packet(data, 1000 + at / 64, newest / 64, out=out, cut=cut, delay=delay, reason=reason))
    return made


@given(PACKETS, st.lists(st.booleans(), max_size=60), st.integers(0, 40), st.integers(0, 40))
def test_both_keep_the_same(drawn: list[Drawn], drops: list[bool], start: int, stop: int) -> None:
    file = Octets()
    kept, store = KeptPackets(), FiledPackets(file)
    taken = 0
    for number, one in enumerate(passed(drawn)):
        kept.add(one)
        taken += store.add(file.add(one))
        if number < len(drops) and drops[number]:
            kept.drop()
            taken -= store.drop()
        assert len(store) == len(kept)
    assert list(store) == list(kept)
    assert list(reversed(store)) == list(reversed(kept))
    assert store.part(start, stop) == kept.part(start, stop)
    store.rest()
    assert list(store) == list(kept)
    late = packet(b"late", 3000.0, 3000.0)
    kept.add(late)
    taken += store.add(file.add(late))
    assert list(store) == list(kept)
    copied = store.copy()
    assert list(copied) == list(kept)
    while store:
        taken -= store.drop()
    assert taken == 0
    assert list(copied) == list(kept)


def test_room_is_given_back() -> None:
    file = Octets()
    store = FiledPackets(file)
    for number in range(20_000):
        store.add(filed(packet(b"x", 1000 + number, number), 0))
        if len(store) > 100:
            store.drop()
    assert len(store._times) < 5_000
    assert store[0].mono == 19_900


@pytest.mark.parametrize("says", ["delay", "reason"])
def test_what_differs_for_each_packet_is_given_back_with_it(says: str) -> None:
    """Or a store at its limit would drop all it has to make room for one more."""
    store = FiledPackets(Octets())
    costs = []
    for number in range(200):
        delay, reason = (number / 1024, "") if says == "delay" else (None, f"comment {number:3}")
        costs.append(store.add(filed(packet(b"x", delay=delay, reason=reason), 0)))
    assert [store.drop() for _ in range(199)] == costs[1:]
    if says == "delay":
        assert set(costs[1:]) == {FILED_COST + DELAY_COST}
    assert len(store._forms) == len(store._by_key) == 1


def test_long_packets_and_many_kinds_take_wider_numbers() -> None:
    """Which a bound has to know: what is added up is what is given back."""
    file = Octets()
    store, packets = FiledPackets(file), [packet(bytes(7)), packet(bytes(70_000)), packet(b"")]
    packets += [packet(b"x", reason=f"comment {number}") for number in range(300)]
    taken = sum(store.add(file.add(one)) for one in packets)
    assert list(store) == packets
    assert store.add(file.add(packet(b"x"))) == FILED_COST + 2 + 1
    assert taken + FILED_COST + 2 + 1 == sum(store.drop() for _ in range(len(packets) + 1))


def test_places_anywhere_in_long_files() -> None:
    """Of each place half is kept with the packet; the rest is what it has in common with those near it."""
    places = [7, (1 << 32) - 1, 1 << 32, 3 << 56 | 5, 8]
    asked = list[int]()

    class Asked(Octets):
        def read(self, place: int, length: int) -> bytes:
            asked.append(place)
            return bytes(length)

    store = FiledPackets(Asked())
    taken = [store.add(filed(packet(b"x"), place)) for place in places]
    assert len(list(store)) == len(places)
    assert asked == places
    assert sum(taken) == sum(store.drop() for _ in places)


def test_what_is_gone_from_the_file_is_told() -> None:
    file = Octets()
    store = FiledPackets(file)
    store.add(file.add(packet(b"0123456789")))
    file.data = b"0123"
    one = store[0]
    assert (one.data, one.cut, one.reason) == (b"0123", 6, "its octets are no longer in the file")


def test_memory() -> None:
    store = FiledPackets(Octets())
    packets = [filed(packet(bytes(100), 1000 + n / 64, n / 64), n * 100) for n in range(1000)]
    tracemalloc.start()
    for one in packets * 20:
        store.add(one)
    taken, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    in_the_order_of_all = 4
    assert taken < len(store) * (FILED_COST - in_the_order_of_all)
