"""The process that reads a file ahead ends with who observes it, and is missed where it ends before."""

import os
import signal
import threading
from pathlib import Path

import pytest

from sctp_tui.sources import ahead
from sctp_tui.sources.octets import Octets

from .files import ethernet, ipv4, pcap


@pytest.fixture
def source(tmp_path: Path) -> Octets:
    """More than the pipe holds, so that the other process waits within."""
    path = tmp_path / "many.pcap"
    packets = (ethernet(ipv4(number.to_bytes(4) + bytes(1000))) for number in range(5_000))
    path.write_bytes(pcap([]) + b"".join(pcap([packet])[len(pcap([])) :] for packet in packets))
    return Octets(str(path))


def children() -> set[int]:
    """The processes that this one has started."""
    return {
        int(one) for one in Path(f"/proc/self/task/{threading.get_native_id()}/children").read_text().split()
    }


def test_it_ends_where_no_more_is_asked(source: Octets) -> None:
    """Nothing of it is left, neither process nor descriptor."""
    before, descriptors = children(), os.listdir("/proc/self/fd")
    batches = ahead.read_ahead(source)
    next(batches)
    assert children() > before
    batches.close()
    assert children() == before
    assert os.listdir("/proc/self/fd") == descriptors


def test_that_it_was_killed_is_an_error_with_its_place(source: Octets) -> None:
    """What came before is told."""
    before = children()
    batches = ahead.read_ahead(source)
    first = next(batches)
    (worker,) = children() - before
    os.kill(worker, signal.SIGKILL)
    *_, last = first, *batches
    assert first.records > 0
    assert last.error.startswith(f"{source.name}: octet {source.consumed:,}: ")
    assert "ended by signal 9" in last.error
