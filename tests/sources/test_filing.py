"""Octets of packets stay in the file, or go into a temporary one; what is not wanted is still counted."""

import errno
import gzip
import os
from pathlib import Path

import pytest

from sctp_tui.sctp.filed import FiledPacket
from sctp_tui.sources.capture import Capture
from sctp_tui.sources.source import Wanted

from .files import pcap
from .test_observer import Story, chunk

FRAMES = Story().up().data().data().b(chunk(6)).frames


def filed(path: Path) -> tuple[Capture, list[FiledPacket]]:
    capture = Capture([str(path)], wanted=Wanted(filed=True))
    found = [one for some in capture.portions() for one in some.packets]
    packets = [one for one in found if isinstance(one, FiledPacket)]
    assert len(packets) == len(found) > 5 or capture.errors
    return capture, packets


@pytest.mark.parametrize("compressed", [False, True])
def test_octets_are_read_again(tmp_path: Path, compressed: bool) -> None:
    path, made = tmp_path / "some.pcap", pcap(FRAMES)
    path.write_bytes(gzip.compress(made) if compressed else made)
    capture, packets = filed(path)
    assert capture.file is not None
    assert [capture.file.read(one.place, len(one.data)) for one in packets] == [one.data for one in packets]
    assert (capture.file.spooled > 0) == compressed
    capture.close()


def test_a_full_disk_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    path = tmp_path / "some.pcap.gz"
    path.write_bytes(gzip.compress(pcap(FRAMES)))
    monkeypatch.setattr(os, "pwrite", full)
    capture, packets = filed(path)
    assert packets == []
    assert "no room for more packets after 0 octets" in capture.errors[0]
    assert "TMPDIR=FOLDER" in capture.errors[0]


def test_without_a_usable_temporary_folder_the_way_out_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "some.pcap.gz"
    path.write_bytes(gzip.compress(pcap(FRAMES)))
    monkeypatch.setattr("tempfile.tempdir", None)
    monkeypatch.setattr("tempfile._candidate_tempdir_list", lambda: [str(tmp_path / "missing")])
    capture, packets = filed(path)
    assert packets == []
    assert "No usable temporary directory found" in capture.errors[0]
    assert "TMPDIR=FOLDER" in capture.errors[0]
    capture.close()


def test_what_is_not_wanted_is_counted(tmp_path: Path) -> None:
    path = tmp_path / "some.pcap"
    path.write_bytes(pcap(FRAMES))
    told, counted = (
        list(Capture([str(path)], wanted=one).portions()) for one in (Wanted(), Wanted(False, False))
    )
    assert [some.numbers for some in counted] == [some.numbers for some in told]
    assert [some.until for some in counted] == [some.until for some in told]
    left_out = {type(event).__name__ for some in told for event in some.told}
    left_out -= {type(event).__name__ for some in counted for event in some.told}
    assert left_out == {"Packet", "Message"}
