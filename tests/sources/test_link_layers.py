"""The same SCTP packets behind every link layer, and in every shape of IP: tshark finds the same."""

import random
import shutil
import struct
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scapy.contrib.mpls import MPLS
from scapy.layers.inet import ICMP, IP, UDP, fragment
from scapy.layers.inet6 import (
    ICMPv6DestUnreach,
    IPv6,
    IPv6ExtHdrDestOpt,
    IPv6ExtHdrFragment,
    IPv6ExtHdrHopByHop,
    PadN,
    fragment6,
)
from scapy.layers.l2 import GRE, CookedLinux, CookedLinuxV2, Dot1AD, Dot1Q, Ether, Loopback
from scapy.layers.vxlan import VXLAN
from scapy.packet import Packet, Raw

from sctp_tui.sources.ip import Dissector, SctpPacket
from sctp_tui.sources.octets import Octets
from sctp_tui.sources.records import Record, records
from tests.rawpeer import chunk, packet

from .files import interface, packet_block, pcap, real, section

_fragment: Callable[..., list[Packet]] = fragment
_fragment6: Callable[..., list[Packet]] = fragment6
SENT = [
    packet(5000, 38412, 0, chunk(1, 0, struct.pack("!IIHHI", 7, 65536, 10, 10, 100))),
    packet(38412, 5000, 7, chunk(3, 0, struct.pack("!IIHH", 99, 65536, 0, 0))),
    packet(5000, 38412, 9, chunk(0, 3, struct.pack("!IHHI", 100, 1, 0, 60) + bytes(range(250)) * 5)),
]
V4, V6 = ("10.0.0.2", "10.0.0.1"), ("2001:db8::2", "2001:db8::1")


def ether(ethertype: int | None = None) -> Packet:
    made = Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02")
    if ethertype is not None:
        made.type = ethertype
    return made


def ip4(number: int = 0) -> Packet:
    return IP(src=V4[0], dst=V4[1], proto=132, id=number + 1)


def ip6() -> Packet:
    return IPv6(src=V6[0], dst=V6[1], nh=132)


def shaped(before: Packet) -> Iterator[bytes]:
    return (bytes(before / Raw(one)) for one in SENT)


def fragments() -> Iterator[bytes]:
    for number, one in enumerate(SENT):
        for part in _fragment(IP(src=V4[0], dst=V4[1], proto=132, id=number + 1) / Raw(one), fragsize=400):
            yield bytes(ether() / part)


def fragments6() -> Iterator[bytes]:
    for number, one in enumerate(SENT):
        whole = IPv6(src=V6[0], dst=V6[1]) / IPv6ExtHdrFragment(id=number + 1, nh=132) / Raw(one)
        parts = _fragment6(whole, 600) if len(one) > 500 else [ip6() / Raw(one)]
        yield from (bytes(ether() / part) for part in parts)


def shuffled(frames: Iterator[bytes]) -> list[bytes]:
    found = list(frames)
    random.Random(2).shuffle(found)
    return found


OUTER = IP(src="1.1.1.1", dst="2.2.2.2")
OPTIONS = IPv6ExtHdrHopByHop(nh=60, options=[PadN(optdata=b"ab")]) / IPv6ExtHdrDestOpt(
    nh=132, options=[PadN(optdata=b"abcd")]
)
SHAPES: dict[str, tuple[int, list[bytes]]] = {
    "Ethernet": (1, list(shaped(ether() / ip4()))),
    "Ethernet, IPv6": (1, list(shaped(ether() / ip6()))),
    "VLAN": (1, list(shaped(ether() / Dot1Q(vlan=5) / ip4()))),
    "QinQ": (1, list(shaped(ether() / Dot1AD(vlan=7) / Dot1Q(vlan=5) / ip4()))),
    "MPLS": (1, list(shaped(ether(0x8847) / MPLS(label=100, s=0) / MPLS(label=200, s=1) / ip4()))),
    "cooked": (113, list(shaped(CookedLinux(proto=0x800) / ip4()))),
    "cooked 2": (276, list(shaped(CookedLinuxV2(proto=0x86DD) / ip6()))),
    "raw": (101, list(shaped(ip4()))),
    "raw, IPv6": (101, list(shaped(ip6()))),
    "null": (0, list(shaped(Loopback(type=2) / ip4()))),
    "loopback of OpenBSD": (108, [bytes((0, 0, 0, 24)) + one for one in shaped(ip6())]),
    "PPP": (9, [b"\xff\x03\x00\x21" + one for one in shaped(ip4())]),
    "SCTP alone": (248, SENT),
    "fragments": (1, list(fragments())),
    "fragments in any order": (1, shuffled(fragments())),
    "fragments, IPv6": (1, list(fragments6())),
    "extension headers": (1, list(shaped(ether() / IPv6(src=V6[0], dst=V6[1]) / OPTIONS))),
    "GRE": (1, list(shaped(ether() / OUTER / GRE(proto=0x800) / ip4()))),
    "IP in IP": (1, list(shaped(ether() / OUTER / ip4()))),
    "IP in IPv6": (1, list(shaped(ether() / IPv6(src="2001:db8::9", dst="2001:db8::8") / ip4()))),
    "VXLAN": (
        1,
        list(shaped(ether() / OUTER / UDP(sport=5555, dport=4789) / VXLAN(vni=3) / ether() / ip4())),
    ),
    "UDP 9899": (1, list(shaped(ether() / IP(src=V4[0], dst=V4[1]) / UDP(sport=9899, dport=9899)))),
}
OTHER_UDP = (1, list(shaped(ether() / IP(src=V4[0], dst=V4[1]) / UDP(sport=40000, dport=5678))))


def read(path: Path, dissector: Dissector | None = None) -> list[SctpPacket]:
    source, dissector = Octets(str(path)), dissector or Dissector()
    found = [one for record in records(source) if record and (one := dissector.packet(record)) is not None]
    source.close()
    return found


@pytest.mark.parametrize("shape", SHAPES)
def test_sctp_is_found(shape: str, tmp_path: Path) -> None:
    link, frames = SHAPES[shape]
    path = tmp_path / "some.pcap"
    path.write_bytes(pcap(frames, link))
    dissector = Dissector()
    found = read(path, dissector)
    assert sorted(one.data for one in found) == sorted(SENT)
    ends = {(one.source, one.destination) for one in found}
    assert ends in ({V4}, {V6}, {("", "")})
    assert {one.udp for one in found} == ({(9899, 9899)} if shape == "UDP 9899" else {None})
    assert {one.cut for one in found} == {0}
    assert dissector.unfinished == 0


@pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed")
def test_tshark_finds_the_same(tmp_path: Path) -> None:
    path = tmp_path / "all.pcapng"
    made = section() + b"".join(interface(link) for link, _ in SHAPES.values())
    for number, (_, frames) in enumerate(SHAPES.values()):
        made += b"".join(packet_block(frame, which=number) for frame in frames)
    path.write_bytes(made)
    fields = [
        part for field in ("srcport", "dstport", "verification_tag") for part in ("-e", f"sctp.{field}")
    ]
    told = subprocess.run(
        ["tshark", "-r", str(path), "-Y", "sctp", "-T", "fields", *fields],
        capture_output=True,
        text=True,
        check=True,
    )
    ours = [struct.unpack_from("!HHI", one.data) for one in read(path)]
    theirs = [tuple(int(part, 0) for part in line.split("\t")) for line in told.stdout.splitlines()]
    assert ours == theirs
    assert len(ours) == 3 * len(SHAPES)


def test_udp_on_any_port_that_carries_sctp(tmp_path: Path) -> None:
    path = tmp_path / "udp.pcap"
    path.write_bytes(pcap(OTHER_UDP[1]))
    assert [(one.data, one.udp) for one in read(path)] == [(one, (40000, 5678)) for one in SENT]


def test_other_udp_is_not_taken_for_sctp(tmp_path: Path) -> None:
    wrong = SENT[0][:8] + b"\1\2\3\4" + SENT[0][12:]  # as well formed, but for the checksum
    frames = [
        bytes(ether() / IP(src=V4[0], dst=V4[1]) / UDP(sport=40000, dport=53) / Raw(data))
        for data in (*[wrong] * 20, bytes(100), b"\0\1\0\0" * 30)
    ]
    path = tmp_path / "udp.pcap"
    path.write_bytes(pcap(frames))
    dissector = Dissector()
    assert read(path, dissector) == []
    assert dissector.others == {"not SCTP": 22}


def test_what_is_not_sctp_is_counted(tmp_path: Path) -> None:
    path = tmp_path / "others.pcap"
    path.write_bytes(pcap([bytes(ether(0x0806)) + bytes(28), bytes(ether() / IP(proto=6) / Raw(bytes(20)))]))
    dissector = Dissector()
    assert read(path, dissector) == []
    path.write_bytes(pcap([b"x" * 50] * 3, 147))
    assert read(path, dissector) == []
    assert dissector.others == {"not IP": 1, "not SCTP": 1, "link layer 147": 3}


def test_a_missing_fragment(tmp_path: Path) -> None:
    path = tmp_path / "fragments.pcap"
    frames = list(fragments())
    path.write_bytes(pcap(frames[:-2] + frames[-1:]))
    dissector = Dissector()
    assert [one.data for one in read(path, dissector)] == SENT[:2]
    assert dissector.unfinished == 1


@pytest.mark.parametrize("shape", ["Ethernet", "VLAN", "Ethernet, IPv6", "VXLAN", "fragments"])
def test_cut_packets(shape: str, tmp_path: Path) -> None:
    link, frames = SHAPES[shape]
    path = tmp_path / "cut.pcap"
    path.write_bytes(pcap(frames, link, snaplen=130))
    for one, sent in zip(read(path), SENT, strict=True):
        assert sent.startswith(one.data)
        assert len(one.data) + one.cut == len(sent)


def test_icmp_quotes_a_packet(tmp_path: Path) -> None:
    unreachable = ether() / IP(src="10.0.0.254", dst=V4[0]) / ICMP(type=3, code=1) / ip4() / Raw(SENT[0][:8])
    unreachable6 = (
        ether() / IPv6(src="2001:db8::fe", dst=V6[0]) / ICMPv6DestUnreach(code=4) / ip6() / Raw(SENT[2])
    )
    ping = ether() / IP(src=V4[0], dst=V4[1]) / ICMP(type=8) / Raw(bytes(60))
    path = tmp_path / "icmp.pcap"
    path.write_bytes(pcap([bytes(unreachable), bytes(unreachable6), bytes(ping)]))
    first, second = read(path)
    assert (first.source, first.destination, first.data) == (*V4, SENT[0][:8])
    assert (second.source, second.destination, second.data) == (*V6, SENT[2][:64])
    assert [(one.icmp.by, one.icmp.words) for one in (first, second) if one.icmp is not None] == [
        ("10.0.0.254", "host unreachable"),
        ("2001:db8::fe", "port unreachable"),
    ]


def test_a_real_capture_of_others(tmp_path: Path) -> None:
    dissector = Dissector()
    assert len(read(real("zeek__cisco-fabric-path.pcap"), dissector)) == 16
    assert dissector.others == {"not SCTP": 48, "not IP": 66}


@given(st.sampled_from(sorted(SHAPES)), st.integers(0, 5), st.data())
def test_any_frame_is_taken(shape: str, which: int, data: st.DataObject) -> None:
    link, frames = SHAPES[shape]
    frame = bytearray(frames[which % len(frames)])
    for _ in range(data.draw(st.integers(0, 4))):
        frame[data.draw(st.integers(0, len(frame) - 1))] = data.draw(st.integers(0, 255))
    kept = bytes(frame[: data.draw(st.integers(0, len(frame)))])
    one = Dissector().packet(Record(0, link, kept, len(frame), 7, "", 1000))
    if one is not None:
        assert one.cut >= 0
        place = one.offset - 1000
        assert one.offset < 0 or kept[place : place + len(one.data)] == one.data
