"""A file that grows is followed: a torn record waits for its rest; one that is cut or replaced is told."""

import gzip
import signal
import threading
from collections.abc import Callable
from functools import partial
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sctp_tui.sources.octets import Octets, UnreadableSource
from sctp_tui.sources.records import Record, records
from tests.cli.program import Program

from .files import interface, packet_block, pcap, section
from .test_observer import Story, chunk

FRAMES = [bytes([number]) * (14 + number) for number in range(5)]
FILES = [pcap(FRAMES), section() + interface() + b"".join(packet_block(one) for one in FRAMES)]


class Meanwhile(threading.Event):
    """What happens to the file at each look at its end, one after the other; then the reader is closed."""

    def __init__(self, *steps: Callable[[], object]) -> None:
        super().__init__()
        self.left = list(steps)

    def wait(self, timeout: float | None = None) -> bool:
        if self.left:
            self.left.pop(0)()
        else:
            self.set()
        return self.is_set()


def read(path: Path, *steps: Callable[[], object]) -> tuple[list[Record], str]:
    """The records of a file to which this happens, and why it can't be read on."""
    source, found, said = Octets(str(path), follow=True), list[Record](), ""
    source._closed = Meanwhile(*steps)
    try:
        found.extend(one for one in records(source) if one is not None)
    except UnreadableSource as error:
        said = str(error).removeprefix(f"{path}: ")
    source.close()
    return found, said


def append(path: Path, octets: bytes) -> None:
    with path.open("ab") as file:
        file.write(octets)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "growing"


@pytest.mark.parametrize("whole", FILES, ids=["pcap", "pcapng"])
def test_a_file_torn_anywhere_is_read_as_it_grows(
    whole: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("torn") / "growing"

    @settings(deadline=None)
    @given(st.sets(st.integers(0, len(whole))))
    def check(cuts: set[int]) -> None:
        path.write_bytes(b"")
        places = pairwise([0, *sorted(cuts), len(whole)])
        found, said = read(path, *(partial(append, path, whole[begin:end]) for begin, end in places))
        assert ([one.data for one in found], said) == (FRAMES, "")

    check()


def test_what_is_compressed_is_followed_too(path: Path) -> None:
    whole = FILES[0]
    path.write_bytes(gzip.compress(whole[:100]))
    found, said = read(path, lambda: append(path, gzip.compress(whole[100:])))
    assert ([one.data for one in found], said) == (FRAMES, "")


def test_a_file_that_is_cut_is_said_to_be(path: Path) -> None:
    path.write_bytes(FILES[0])
    found, said = read(path, lambda: path.write_bytes(FILES[0][:50]))
    assert len(found) == 5
    assert said == (
        f"octet {len(FILES[0])}: followed no further, as it was cut to 50 octets after {len(FILES[0])} were "
        "read; open it again"
    )


def test_a_file_that_is_replaced_is_read_to_its_end(path: Path) -> None:
    path.write_bytes(FILES[0][:60])

    def rotate() -> None:
        old = path.with_suffix(".1")
        path.rename(old)
        path.write_bytes(FILES[1])
        append(old, FILES[0][60:])

    found, said = read(path, rotate, lambda: None)
    assert [one.data for one in found] == FRAMES
    assert said.endswith("followed no further, as another file has its name now; open it again")


def test_a_file_that_is_removed(path: Path) -> None:
    path.write_bytes(FILES[0])
    found, said = read(path, path.unlink)
    assert len(found) == 5
    assert said.endswith("followed no further, as it was removed or renamed")


def test_json_of_a_file_that_grows_until_a_signal(path: Path) -> None:
    whole = pcap(Story().up().b(chunk(6)).frames)
    path.write_bytes(whole[:-7])
    with Program("open", "--follow", str(path), "--json") as program:
        program.event("assoc_change", state="COMM_UP")
        with path.open("ab") as file:
            file.write(whole[-7:])
        program.event("assoc_change", state="COMM_LOST")
        program.process.send_signal(signal.SIGINT)
        assert program.end() == (0, b"", "")
