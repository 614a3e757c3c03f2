"""`serve --pcapng`: packets as they pass, to a file or standard output, for this program and for tshark."""

import json
import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from sctp_tui.cli.main import main
from sctp_tui.cli.options.serve import serve_options
from sctp_tui.cli.packet_file import PacketFile, PacketFileEnded
from sctp_tui.monitor.trace.pcapng import blocks
from sctp_tui.sctp.events import StackName
from sctp_tui.sources.capture import Capture
from tests.patience import PATIENCE
from tests.sources.files import pcap

from .program import Program, Server, send
from .test_open import ABORTED

pytestmark = pytest.mark.usefixtures("stack")


def captured(stack: StackName) -> tuple[str, ...]:
    return ("--capture",) if stack == "kernel" else ()


def names(path: Path) -> list[str]:
    """The first chunk of each packet of a file, as far as it is written."""
    return [
        json.loads(line)["chunks"][0]["chunk"]
        for line in opened(path, "--packets")
        if json.loads(line)["event"] == "packet"
    ]


def opened(path: Path, *words: str) -> list[bytes]:
    with Program("open", str(path), "--json", *words) as program:
        status, out, said = program.end()
        assert (status, said) == (0, "")
        return out.splitlines()


def test_a_file_grows_with_each_packet(stack: StackName, tmp_path: Path) -> None:
    path = tmp_path / "live.pcapng"
    with Server(stack, "--echo", "--pcapng", str(path), *captured(stack)) as server:
        with Program("open", "--follow", str(path), "--json") as follower:
            assert send(*server.to, "hello", "--replies", "1")[0] == 0
            follower.event("message", direction="in", text="hello")
            follower.event("message", direction="out", text="hello")
            follower.event("assoc_change", state="SHUTDOWN_COMP")
        server.signal(signal.SIGTERM)
        status, out, said = server.end()
        assert (status, said) == (0, "")
        assert not [one for one in map(json.loads, out.splitlines()) if one["event"] == "packet"]
    assert names(path)[:3] == ["INIT", "INIT ACK", "COOKIE ECHO"]
    assert names(path)[-1] == "SHUTDOWN COMPLETE"


def test_masked_as_exports_are(stack: StackName, tmp_path: Path) -> None:
    path = tmp_path / "live.pcapng"
    with Server(stack, "--pcapng", str(path), "--mask-addresses", *captured(stack)) as server:
        assert send(*server.to, "my 127.0.0.1")[0] == 0
        message = server.event("message")
        assert message["text"] != "my 127.0.0.1"
        server.event("assoc_change", state="SHUTDOWN_COMP")
        server.signal(signal.SIGTERM)
        assert server.end()[0] == 0
    octets = path.read_bytes()
    assert b"127.0.0.1" not in octets
    assert bytes((127, 0, 0, 1)) * 2 not in octets
    assert names(path)


@pytest.mark.userspace
@pytest.mark.skipif(shutil.which("tshark") is None, reason="no tshark on this machine")
def test_tshark_reads_it_live(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    words = ("-l", "-r", str(pipe), "-T", "fields", "-e", "sctp.chunk_type")
    reader = subprocess.Popen(["tshark", *words], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert reader.stdout is not None
    with reader, Server("userspace", "--pcapng", str(pipe)) as server:
        assert send(*server.to, "hello")[0] == 0
        assert [reader.stdout.readline().strip() for _ in range(2)] == [b"1", b"2"]
        server.signal(signal.SIGTERM)
        server.end()
        reader.communicate(timeout=PATIENCE)


def test_standard_output_has_nothing_else_and_ends_where_nobody_reads(stack: StackName) -> None:
    udp = ("--udp-port", "0") if stack == "userspace" else ()
    with Program("serve", "--pcapng", "-", "--stack", stack, "--port", "0", *udp, *captured(stack)) as server:
        assert server.process.stdout is not None
        assert server.process.stdout.read(4) == bytes.fromhex("0a0d0d0a")
        server.process.stdout.close()
        assert server.process.wait(PATIENCE) == 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full on this system")
def test_a_full_disk_is_said_and_the_server_goes_on(stack: StackName, tmp_path: Path) -> None:
    with pytest.raises(PacketFileEnded, match=r"no more packets go to /dev/full: no space left on device"):
        PacketFile("/dev/full", ())
    assert main(["serve", "--pcapng", str(tmp_path / "no" / "folder"), "--stack", stack]) == 1


def test_a_file_ends_with_the_last_whole_packet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = tmp_path / "a.pcap"
    source.write_bytes(pcap(ABORTED.frames))
    packets = [one for some in Capture([str(source)]).portions() for one in some.packets]
    path = tmp_path / "b.pcapng"
    file = PacketFile(str(path), {"server"})
    file.add(packets[:3])
    whole = path.read_bytes()
    real, calls = os.write, iter([7])

    def full(descriptor: int, octets: memoryview) -> int:
        for some in calls:
            return real(descriptor, octets[:some])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(PacketFileEnded, match="no space left"):
        file.add(packets[3:])
    file.close()
    assert path.read_bytes() == whole == b"".join(blocks(packets[:3], {"server"}))


def test_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        serve_options(["--pcapng", "-", "--json"])
    assert "standard output has the packets then" in capsys.readouterr().err
