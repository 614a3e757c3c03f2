"""Packets as pcapng: what tshark reads in it, with real traffic, and that no packet is too strange for it."""

import ipaddress
import struct
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from sctp_tui.monitor.trace import pcapng
from sctp_tui.sctp.commands import DropNext, SetLink
from sctp_tui.sctp.events import AssocChange, Direction, Message, Packet, Peer
from sctp_tui.sctp.link.conditions import Conditions, DropRule, Verdict

from ..harness import Running
from .tshark import complaints, fields

AT = 1_764_000_000.123456
SERVER, CLIENT = Peer(("127.0.0.1",), 9877), Peer(("127.0.0.1",), 54321)
HEARTBEAT = bytes((4, 0, 0, 8, 0, 1, 0, 4))


def packet(
    local: Peer = SERVER,
    peer: Peer | None = CLIENT,
    direction: Direction = "out",
    verdict: Verdict = "delivered",
    reason: str = "",
    delay: float = 0.0,
    flow: int = 1,
) -> Packet:
    source, destination = (local, peer or local) if direction == "out" else (peer or local, local)
    data = struct.pack("!HHII", source.port, destination.port, 7, 0) + HEARTBEAT
    return Packet(
        at=AT,
        mono=1.0,
        endpoint="server",
        key=0,
        assoc_id=0,
        peer=peer,
        local=local,
        flow=flow,
        direction=direction,
        verdict=verdict,
        reason=reason,
        delay=delay,
        data=data,
    )


def written(path: Path, packets: list[Packet], captured: tuple[str, ...] = ()) -> Path:
    path.write_bytes(b"".join(pcapng.blocks(packets, captured)))
    return path


def chunk_types(data: bytes) -> str:
    at, types = 12, []
    while at < len(data):
        types.append(str(data[at]))
        at += (int.from_bytes(data[at + 2 : at + 4], "big") + 3) & ~3
    return "|".join(types)


def traffic(host: str, over_udp: bool) -> list[Packet]:
    """An association from INIT to SHUTDOWN COMPLETE, with a message that takes several packets."""
    with Running("userspace", packets=("userspace",)) as running:
        running.listen(host)
        name, up, _ = running.greet(b"x" * 5000, to=running.to_server(over_udp=over_udp))
        running.close(name)
        running.until(AssocChange, endpoint="server", state="SHUTDOWN_COMP", key=up.key)
        return list(running.packets)


@pytest.mark.userspace
@pytest.mark.parametrize(("host", "made_up"), [("127.0.0.1", "192.0.2."), ("::1", "2001:db8::")])
def test_tshark_reads_real_traffic_as_it_was(tmp_path: Path, host: str, made_up: str) -> None:
    within, udp = traffic(host, over_udp=False), traffic(host, over_udp=True)
    # Port 9899 may be anybody's here: the packets are the same.
    standard = [
        replace(one, local=Peer((host,), one.local.port, 9899)) for one in udp if one.endpoint == "server"
    ]
    packets = within + udp + standard
    path = written(tmp_path / "it.pcapng", packets)
    assert complaints(path) == []
    read = fields(
        path,
        "sctp.port",
        "sctp.verification_tag",
        "sctp.checksum",
        "sctp.chunk_type",
        "sctp.data_sid",
        "frame.interface_name",
        "udp.port",
        "ip.addr",
        "ipv6.addr",
        "frame.comment",
        "frame.time_epoch",
    )
    assert len(read) == len(packets) > 30
    for one, (ports, tag, checksum, types, streams, interface, udp_ports, v4, v6, said, at) in zip(
        packets, read, strict=True
    ):
        assert ports.split("|") == [str(port) for port in struct.unpack_from("!HH", one.data)]
        assert (int(tag, 16), int(checksum, 16)) == struct.unpack_from("!II", one.data, 4)
        assert types == chunk_types(one.data)
        assert set(streams.replace("0x", "").split("|")) <= {"", "0001"}
        # By the link's clock: another reading of the time of day is another time.
        assert float(at) == pytest.approx(packets[0].at + one.mono - packets[0].mono, abs=1e-6)
        assert said == ""
        source, destination = (v4 or v6).split("|")
        if interface == "in-process":
            server, client = (source, destination) if one.direction == "out" else (destination, source)
            assert server == f"{made_up}1"
            assert client.startswith(made_up) and client != server  # noqa: PT018
        else:
            assert source == destination == host
        assert bool(udp_ports) == (interface == "udp")
        if udp_ports:
            assert one.peer is not None
            there = ["9899", str(one.peer.udp_port)]
            assert udp_ports.split("|") == (there if one.direction == "out" else there[::-1])
    assert [row[5] for row in read] == (
        ["in-process"] * len(within) + ["udp-other"] * len(udp) + ["udp"] * len(standard)
    )


def test_what_the_link_did_is_the_comment_of_the_packet(tmp_path: Path) -> None:
    path = written(
        tmp_path / "it.pcapng",
        [
            packet(),
            packet(direction="in", verdict="dropped", reason="the next 3 SACKs"),
            packet(verdict="delayed", delay=0.02),
            packet(verdict="duplicated", reason="duplication 1 %", delay=0.0015),
        ],
    )
    assert complaints(path) == []
    assert fields(path, "frame.comment", "frame.packet_flags_direction", "frame.time_epoch") == [
        ["", "0x00000002", "1764000000.123456001"],
        ["dropped by the link: the next 3 SACKs", "0x00000001", "1764000000.123456001"],
        ["delayed by the link, 20 ms", "0x00000002", "1764000000.123456001"],
        ["a copy made by the link: duplication 1 %, 1.5 ms", "0x00000002", "1764000000.123456001"],
    ]


UNKNOWN = Peer((), 9877)
WHOSE = (
    # Both ends in this process have one address: as if it were two machines.
    (packet(), (), "192.0.2.1", "192.0.2.3"),
    (packet(flow=252), (), "192.0.2.1", "192.0.2.4"),
    (packet(peer=Peer(("127.0.0.2",), 1)), (), "127.0.0.1", "127.0.0.2"),
    (packet(), ("server",), "127.0.0.1", "127.0.0.1"),
    # A server bound to all its addresses: which of them it was is not known.
    (packet(Peer(("0.0.0.0",), 1, 9899), Peer(("10.1.1.1",), 1, 40_000)), (), "192.0.2.1", "10.1.1.1"),
    (packet(Peer(("::",), 1, 9), Peer(("fe80::1%eth0",), 1, 40_000)), (), "2001:db8::1", "fe80::1"),
    (packet(UNKNOWN, Peer(("who",), 2)), (), "192.0.2.1", "192.0.2.3"),
    (packet(UNKNOWN, None), (), "192.0.2.1", "192.0.2.3"),
)


def test_addresses_are_made_up_where_there_are_none_and_where_both_are_the_same(tmp_path: Path) -> None:
    for number, (one, captured, *ends) in enumerate(WHOSE):
        (block,) = pcapng.blocks([one], captured)
        header = next(payload for _, _, payload in packets_in(block))
        wide = header[0] >> 4 == 6
        here, there = (header[8:24], header[24:40]) if wide else (header[12:16], header[16:20])
        assert [str(ipaddress.ip_address(end)) for end in (here, there)] == ends, number


def packets_in(file: bytes) -> Iterator[tuple[int, int, bytes]]:
    """The packets of a file, by its lengths alone: time in ns, original length, what is kept."""
    at = 0
    while at < len(file):
        kind, length = struct.unpack_from("<II", file, at)
        assert length % 4 == 0
        assert file[at + length - 4 : at + length] == struct.pack("<I", length)
        if kind == 6:
            _, high, low, kept, whole = struct.unpack_from("<IIIII", file, at + 8)
            yield high << 32 | low, whole, file[at + 28 : at + 28 + kept]
        at += length


peers = st.builds(
    Peer,
    st.lists(st.ip_addresses().map(str) | st.text(max_size=9), max_size=2).map(tuple),
    st.integers(0, 65535),
    st.none() | st.just(9899) | st.integers(0, 65535),
)
any_packet = st.builds(
    Packet,
    st.floats(0, 2**32),
    st.floats(0, 2**32),
    st.text(max_size=9),
    st.just(0),
    st.just(0),
    st.none() | peers,
    peers,
    st.integers(0, 2**40),
    st.sampled_from(("in", "out")),
    st.sampled_from(("delivered", "delayed", "reordered", "duplicated", "dropped", "refused")),
    st.text(),
    st.floats(0, 1e9),
    st.binary(max_size=40) | st.sampled_from((bytes(65_500), bytes(70_000))),
)


@given(st.lists(any_packet, max_size=4))
def test_no_packet_is_too_strange(packets: list[Packet]) -> None:
    found = list(packets_in(b"".join(pcapng.blocks(packets))))
    assert len(found) == len(packets)
    for one, (at, whole, kept) in zip(packets, found, strict=True):
        # By the link's clock, from the first one on.
        by_link = packets[0].at + (one.mono - packets[0].mono)
        # Exactly: a float of so many ns has steps of its own.
        assert abs(at - Fraction(max(0.0, by_link)) * 10**9) <= 1000
        assert whole >= len(one.data) + 20
        assert len(kept) == min(whole, 65535)
        if len(kept) == whole:
            assert kept.endswith(one.data)
        assert kept[0] >> 4 in (4, 6)


def test_a_file_without_packets_is_one(tmp_path: Path) -> None:
    path = written(tmp_path / "it.pcapng", [])
    assert fields(path, "frame.number") == []


@pytest.mark.userspace
def test_what_a_real_link_does_is_found_in_the_file(tmp_path: Path) -> None:
    with Running("userspace", packets=("userspace",)) as running:
        running.listen()
        client, _, _ = running.greet()
        worse = Conditions(delay=5, duplication=1)
        running.submit(SetLink(worse, worse, 1), DropNext(DropRule("DATA", stream=2)))
        running.send(client, b"lost at first", stream=2)
        running.send(client, b"first", stream=3)
        for text in (b"first", b"lost at first"):
            running.until(Message, endpoint="server", data=text)
        packets = list(running.packets)
    path = written(tmp_path / "it.pcapng", packets)
    assert complaints(path) == []
    read = fields(path, "sctp.data_sid", "frame.comment")
    assert ["0x0002", "dropped by the link: the next DATA on stream 2"] in read
    assert ["0x0003", "delayed by the link: delay=5ms, 5 ms"] in read
    assert ["0x0003", "a copy made by the link: dup=100%, 5 ms"] in read
    assert ["0x0002", "delayed by the link: delay=5ms, 5 ms"] in read
