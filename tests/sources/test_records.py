"""Files of every shape are read to their end, or the place is named where they can't be."""

import gzip
import re
import shutil
import struct
import subprocess
import tracemalloc
from pathlib import Path

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from sctp_tui.sources.octets import Octets, UnreadableSource
from sctp_tui.sources.records import Record, records

from .files import block, interface, option, packet_block, pcap, section

FRAMES = [bytes([number]) * (14 + number) for number in range(5)]
TIMES = [1_700_000_000_123_456_000 + number * 1_000_000 for number in range(5)]


def read_as_far(path: Path, data: bytes) -> tuple[list[Record], str]:
    """The records of a file up to where it can't be read, and what is said of that."""
    path.write_bytes(data)
    source, found, said = Octets(str(path)), list[Record](), ""
    try:
        found.extend(one for one in records(source) if one is not None)
    except UnreadableSource as error:
        said = str(error)
    source.close()
    return found, said


def read(path: Path, data: bytes) -> list[Record]:
    found, said = read_as_far(path, data)
    assert not said
    return found


def error(path: Path, data: bytes) -> str:
    _, said = read_as_far(path, data)
    return said.removeprefix(f"{path}: ")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "some.file"


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("nano", [False, True])
def test_pcap(path: Path, order: str, nano: bool) -> None:
    found = read(path, pcap(FRAMES, 113, order=order, nano=nano, times=TIMES))
    assert [(one.at, one.link, one.data, one.length) for one in found] == [
        (at, 113, frame, len(frame)) for at, frame in zip(TIMES, FRAMES, strict=True)
    ]
    assert [one.offset for one in found][:2] == [40, 40 + 14 + 16]


def test_pcap_of_kuznetzov(path: Path) -> None:
    head = struct.pack("<IHHIIII", 0xA1B2CD34, 2, 4, 0, 0, 262144, 1)
    found = read(path, head + struct.pack("<IIII", 7, 5, 3, 60) + bytes(8) + b"abc")
    assert [(one.at, one.data, one.length) for one in found] == [(7_000_005_000, b"abc", 60)]


@pytest.mark.parametrize("order", "<>")
def test_pcapng_with_interfaces_resolutions_and_comments(path: Path, order: str) -> None:
    def o(code: int, value: bytes) -> bytes:
        return option(code, value, order)

    shift = struct.pack(f"{order}q", 100)
    made = section(order)
    made += interface(1, order)
    made += interface(101, order, o(9, b"\x09") + o(14, shift) + o(0, b""))
    made += interface(276, order, o(9, b"\x8a"))  # 2 ** -10 s
    made += packet_block(b"first", 1_500_000, 0, order, o(1, "grüße".encode()) + o(0, b""))
    made += packet_block(b"second", 2_000_000_001, 1, order)
    made += packet_block(b"third", 512, 2, order, length=99)
    made += block(3, struct.pack(f"{order}I", 3) + b"abc\0", order)
    made += block(2, struct.pack(f"{order}HHIIII", 1, 0, 0, 7, 4, 4) + b"old!", order)
    made += block(0xBAD, b"what nobody knows is skipped", order)
    made += section(order) + interface(113, order) + packet_block(b"x", 1, 0, order)
    found = [(one.at, one.link, one.data, one.length, one.interface, one.comment) for one in read(path, made)]
    assert found == [
        (1_500_000_000, 1, b"first", 5, 0, "grüße"),
        (102_000_000_001, 101, b"second", 6, 1, ""),
        (500_000_000, 276, b"third", 99, 2, ""),
        (None, 1, b"abc", 3, 0, ""),
        (100_000_000_007, 101, b"old!", 4, 1, ""),
        (1000, 113, b"x", 1, 3, ""),
    ]


@pytest.mark.parametrize("shift", [-101, 253_402_300_700, 2**63 - 1, -(2**63)])
def test_a_time_that_can_not_be_right_is_none(path: Path, shift: int) -> None:
    seconds = option(9, b"\0") + option(14, struct.pack("<q", shift)) + option(0, b"")
    made = section() + interface(options=seconds) + packet_block(b"x", 100) + packet_block(b"y", 2**64 - 1)
    assert [(one.at, one.data) for one in read(path, made)] == [(None, b"x"), (None, b"y")]


@pytest.mark.parametrize("at", [0, 253_402_300_799])
def test_the_first_and_the_last_time_that_can_be_right(path: Path, at: int) -> None:
    made = section() + interface(options=option(9, b"\0") + option(0, b"")) + packet_block(b"x", at)
    assert [one.at for one in read(path, made)] == [at * 10**9]


def test_the_order_of_octets_may_change_with_a_section(path: Path) -> None:
    made = b"".join(section(o) + interface(1, o) + packet_block(b"abcd", 1, 0, o) for o in "<>")
    assert [one.at for one in read(path, made)] == [1000, 1000]


def test_gzip_and_zstd_are_told_by_content(path: Path) -> None:
    made = pcap(FRAMES, times=TIMES)
    plain = read(path, made)
    assert read(path, gzip.compress(made)) == plain
    assert read(path, gzip.compress(made[:50]) + gzip.compress(made[50:]) + bytes(64)) == plain
    assert read(path, zstandard.compress(made)) == plain
    assert read(path, zstandard.compress(made[:50]) + zstandard.compress(made[50:])) == plain


def test_what_is_compressed_and_cut_off_is_read_up_to_there(path: Path) -> None:
    made = pcap([bytes(range(256)) * 4] * 40)
    for kind, whole in (("gzip", gzip.compress(made, 0)), ("zstd", zstandard.compress(made, 1))):
        found, said = read_as_far(path, whole[: len(whole) * 3 // 4])
        assert re.search(f": octet [0-9,]+: cut off within {kind}$", said)
        assert found or kind == "zstd"


def test_compressed_nonsense(path: Path) -> None:
    assert "octet 0: not valid gzip: " in error(path, b"\x1f\x8b" + b"nonsense" * 5)
    assert "octet 4: not valid zstd: " in error(path, b"\x28\xb5\x2f\xfd" + b"nonsense" * 5)


def test_what_is_no_capture(path: Path, tmp_path: Path) -> None:
    assert error(path, b"") == "it is empty, and no capture"
    assert error(path, b"GIF89a").startswith("octet 0: neither pcap nor pcapng")
    for name, why in (("gone", "no such file or directory"), ("", "is a directory")):
        with pytest.raises(UnreadableSource, match=why):
            Octets(str(tmp_path / name))


PCAPNG = section() + interface() + packet_block(FRAMES[0]) + packet_block(FRAMES[1])
_BLOCK = len(section() + interface())


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (pcap([])[:20], "octet 20: cut off within the file's header"),
        (pcap(FRAMES)[:-3], "octet 150: a record of 18 octets is cut off after 15"),
        (pcap(FRAMES) + b"1234567", "octet 184: cut off within a record's header of 16 octets"),
        (pcap([]) + b"\xff" * 16, "octet 24: a record of 4,294,967,295 octets, more than 16,777,216"),
        (PCAPNG[:-1], "octet 96: a block of 48 octets is cut off after 47"),
        (PCAPNG + b"abc", "octet 144: cut off within a block's header of 8 octets"),
        (PCAPNG[:44] + b"abcd" + PCAPNG[48:], "octet 28: a block of 20 octets that has another length"),
        (section()[:8] + bytes(4) + section()[12:], "octet 0: a section without its byte order: 00 00 00 00"),
        (section() + block(6, bytes(20)), "octet 28: a packet of interface 0, but 0 are described"),
        (section() + interface() + block(6, bytes(16)), "octet 48: a packet in 16 octets, at least 20"),
        (section() + block(1, b""), "octet 28: an interface in 0 octets"),
        (section() + struct.pack("<II", 6, 6), "octet 28: a block of 6 octets: a multiple of 4"),
        (section() + struct.pack("<II", 6, 1 << 31), "octet 28: a block of 2,147,483,648 octets: more than"),
        (
            section() + interface() + block(6, struct.pack("<IIIII", 0, 0, 0, 99, 99) + bytes(8)),
            "octet 48: a packet of 99 octets in a block with room for 8",
        ),
    ],
)
def test_the_place_of_what_can_not_be_read(path: Path, data: bytes, why: str) -> None:
    assert error(path, data).startswith(why)


def test_the_place_within_what_is_compressed(path: Path) -> None:
    made = gzip.compress(pcap(FRAMES) + b"1234567")
    assert error(path, made).startswith("octet 184 of what gzip holds: cut off within a record's header")


@given(
    kind=st.sampled_from([pcap(FRAMES), pcap(FRAMES, order=">", nano=True), PCAPNG]),
    cut=st.integers(0, 200),
    changes=st.lists(st.tuples(st.integers(0, 199), st.binary(min_size=1, max_size=4)), max_size=4),
)
def test_any_file_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, kind: bytes, cut: int, changes: list[tuple[int, bytes]]
) -> None:
    data = bytearray(kind)
    for at, octets in changes:
        data[at : at + len(octets)] = octets
    path = tmp_path_factory.getbasetemp() / "any"
    found, said = read_as_far(path, bytes(data[: max(0, len(data) - cut)]))
    assert not said or str(path) in said
    for one in found:
        assert len(one.data) <= one.length
        assert one.offset < len(data)


def test_lengths_that_lie_cost_no_memory(path: Path) -> None:
    lies = [
        pcap([]) + struct.pack("<IIII", 0, 0, 16 << 20, 16 << 20) + b"x",
        section() + struct.pack("<II", 6, 16 << 20) + b"x",
    ]
    for data in lies:
        tracemalloc.start()
        error(path, data)
        assert tracemalloc.get_traced_memory()[1] < 2 << 20
        tracemalloc.stop()


def test_a_bomb_is_taken_bit_by_bit(path: Path) -> None:
    whole = pcap([]) + struct.pack("<IIII", 0, 0, 1000, 1000) + bytes(96 << 20)
    for made in (gzip.compress(whole), zstandard.compress(whole)):
        path.write_bytes(made)
        source = Octets(str(path))
        tracemalloc.start()
        for number, _ in enumerate(records(source)):
            if number == 1000:
                break
        assert tracemalloc.get_traced_memory()[1] < 48 << 20
        tracemalloc.stop()
        source.close()


@pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed")
def test_tshark_finds_the_same_records(path: Path) -> None:
    path.write_bytes(PCAPNG)
    fields = ["-e", "frame.len", "-e", "frame.cap_len"]
    told = subprocess.run(
        ["tshark", "-r", str(path), "-T", "fields", *fields], capture_output=True, text=True, check=True
    )
    found = [f"{one.length}\t{len(one.data)}" for one in read(path, PCAPNG)]
    assert found == told.stdout.split("\n")[:-1]
