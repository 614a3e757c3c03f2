"""`open` without a screen: a table that tells who aborted and why, JSON lines, and what can't be read."""

import json
import signal
import struct
from pathlib import Path
from typing import Any

import pytest

from sctp_tui.cli.main import main
from sctp_tui.cli.options.open import open_options
from sctp_tui.monitor.trace.pcapng import blocks
from sctp_tui.sctp.events import Message, Packet, from_json
from sctp_tui.sources.capture import Capture
from tests.sources.files import pcap, real
from tests.sources.test_observer import TSN_A, Story, chunk, data, init, sack

from .program import Program

ABORTED = Story().up().data().b(chunk(6, struct.pack("!HH", 13, 12) + b"too late"))


@pytest.fixture
def capture(tmp_path: Path) -> Path:
    path = tmp_path / "trace.pcap"
    path.write_bytes(pcap(ABORTED.frames))
    return path


def opened(*words: str) -> tuple[int, list[str], str]:
    """Run `open`: its exit status, the lines on standard output, and standard error."""
    with Program("open", *words) as program:
        status, out, err = program.end()
        return status, out.decode().splitlines(), err


def test_the_summary_tells_who_aborted_and_why(capture: Path) -> None:
    status, lines, err = opened(str(capture), "--summary")
    assert (status, err) == (0, "")
    assert lines[0].split() == [
        "#",
        "Server",
        "Client",
        "Began",
        "Lasted",
        "To",
        "server",
        "To",
        "client",
        "Again",
        "RTT",
        "End",
    ]
    assert lines[1].startswith("1  10.0.0.1:38412  10.0.0.2:5000  ")
    assert lines[1].endswith("  0  1 s  aborted by server: protocol violation: “too late”")
    assert lines[2:] == ["", "8 packets read, 8 of SCTP, 1 association"]


def test_the_summary_tells_what_it_can_not_know(tmp_path: Path) -> None:
    path = tmp_path / "trace.pcap"
    middle = Story().data().frames
    path.write_bytes(pcap([*middle, *Story().a(init(7, 8), tag=0, source="10.0.0.9").frames, b"x" * 60]))
    status, lines, _ = opened(str(path), "--summary")
    assert status == 0
    assert " before " in lines[1]
    assert lines[1].endswith("0  1 s  up as the capture ends")
    assert lines[2].endswith("not set up: no answer to its INIT in the capture")
    assert lines[-1] == "left out: 1 not IP"


def test_the_summary_passes_a_filter() -> None:
    path = real("tcpdump__forces3.pcap")
    _, lines, _ = opened(str(path), "--summary", "--filter", "port=53333")
    assert [line.partition(" ")[0] for line in lines[:2]] == ["#", "1"]
    assert lines[-1] == "1 of 6 associations pass the filter"


def test_json_has_the_events_of_serve_in_their_order(capture: Path) -> None:
    status, lines, err = opened(str(capture), "--json", "--packets")
    assert (status, err) == (0, "")
    objects: list[dict[str, Any]] = [json.loads(line) for line in lines]
    assert (objects[0]["event"], objects[0]["schema"], objects[0]["files"]) == ("capture", 1, ["trace.pcap"])
    assert [one["event"] for one in objects].count("packet") == 8
    assert [one["event"] for one in objects[1:4]] == ["packet", "observed", "packet"]
    assert objects[-1]["state"] == "COMM_LOST"
    assert objects[-1]["by"] == "server"
    assert [one["chunks"][0]["chunk"] for one in objects if one["event"] == "packet"][:2] == [
        "INIT",
        "INIT ACK",
    ]
    assert all(from_json(line.encode()) for line in lines)
    _, lines, _ = opened(str(capture), "--json", "--filter", "event=message dir=in")
    (message,) = map(json.loads, lines)
    assert message["text"] == "ping"


def test_packets_pass_a_filter(tmp_path: Path) -> None:
    path = tmp_path / "ngap.pcap"
    setup = data(TSN_A, bytes((0x00, 21, 0x00, 3, 0, 0, 0)))
    path.write_bytes(pcap(Story().up().a(setup).a(setup).b(sack(TSN_A)).frames))
    for text, packets, others in (
        ("retransmitted", 1, 5),
        ("event=packet retransmitted", 1, 0),
        ("event=packet not lost", 7, 0),
        (f"event=packet tsn={TSN_A}", 2, 0),
        ("event=packet chunk!=DATA", 5, 0),
        ("event=packet proc=NGSetup vtag=0xb0b0b0b0", 2, 0),
        ("proc=NGSetup", 2, 1),
        ("dir=out", 3, 0),
    ):
        _, lines, _ = opened(str(path), "--json", "--packets", "--filter", text)
        kinds = [json.loads(line)["event"] for line in lines]
        assert (kinds.count("packet"), len(kinds) - kinds.count("packet")) == (packets, others), (text, kinds)
    _, lines, _ = opened(str(path), "--json", "--filter", "event=message")
    assert json.loads(lines[0])["upper_layer"] == {
        "protocol": "NGAP",
        "procedure": "NGSetup",
        "kind": "initiating",
    }
    _, lines, _ = opened(str(path), "--json", "--packets", "--filter", "event=packet")
    assert [json.loads(line).get("upper_layer") for line in lines] == [
        *[None] * 4,
        *[[{"protocol": "NGAP", "procedure": "NGSetup", "kind": "initiating"}]] * 2,
        None,
    ]


@pytest.mark.parametrize(("answered", "rtt"), [(True, "1 s"), (False, "-")])
def test_the_summary_has_the_least_round_trip(tmp_path: Path, answered: bool, rtt: str) -> None:
    """From the DATA to its SACK, a second later."""
    path, told = tmp_path / "rtt.pcap", Story().up().a(data(TSN_A, b"x"))
    path.write_bytes(pcap((told.b(sack(TSN_A)) if answered else told).frames))
    _, (titles, row, *_), _ = opened(str(path), "--summary")
    end = titles.index("RTT") + len("RTT")
    assert row[:end].endswith(f"  {rtt}")


def test_a_file_that_can_not_be_read_to_its_end(capture: Path) -> None:
    whole = capture.read_bytes()
    capture.write_bytes(whole[:-5])
    status, lines, err = opened(str(capture), "--json")
    assert status == 1
    assert json.loads(lines[-1])["event"] == "message"
    assert err.startswith(f"sctp-tui open: {capture}: octet ")
    assert "is cut off after" in err
    capture.write_bytes(b"GIF89a" + bytes(50))
    assert opened(str(capture), "--summary")[0] == 1
    assert opened(str(capture.parent / "gone"), "--summary")[2].endswith("gone: no such file or directory\n")


def test_standard_input_is_read_as_it_comes() -> None:
    made = pcap(ABORTED.frames)
    with Program("open", "-", "--json") as program:
        program.write(made[:600])
        assert json.loads(program.line())["event"] == "capture"
        assert [json.loads(program.line()).get("what") for _ in range(2)] == ["INIT", "COOKIE ECHO"]
        assert json.loads(program.line())["state"] == "COMM_UP"
        program.process.send_signal(signal.SIGINT)
        status, _, err = program.end()
        assert (status, err) == (0, "")


def test_what_this_program_exports_it_opens(tmp_path: Path, capture: Path) -> None:
    def packets(path: Path) -> list[Packet]:
        return [one for some in Capture([str(path)]).portions() for one in some.packets]

    before = packets(capture)
    again = tmp_path / "again.pcapng"
    again.write_bytes(b"".join(blocks(before, {"server"})))
    after = packets(again)
    assert [(one.at, one.mono, one.data, one.local, one.peer) for one in after] == [
        (one.at, one.mono, one.data, one.local, one.peer) for one in before
    ]


def test_messages_of_a_real_capture() -> None:
    found = [
        event
        for some in Capture([str(real("zeek__sctp.pcap"))]).portions()
        for event in some.events
        if isinstance(event, Message)
    ]
    assert len(found) == 120
    assert {one.size for one in found} == {512}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "no file given"),
        ([""], "'' names no file"),
        (["-", "-", "--json"], "- is given more than once"),
        (["a", "--packets"], "--packets: it is for --json"),
        (["a", "--json", "--summary"], "not allowed with"),
        (["-", "--follow"], "standard input is read as it comes anyway"),
        (["a", "b", "--follow"], "it is for one file, not for 2"),
        (["a", "--no-such"], "there is no option '--no-such'"),
    ],
)
def test_wrong_usage(words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        open_options(words)
    assert left.value.code == 2
    assert said in capsys.readouterr().err


def test_a_wrong_filter(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["open", "gone", "--json", "--filter", "nothing=3"]) == 2
    assert "--filter: " in capfd.readouterr().err


@pytest.mark.skipif(Path("/proc/net/sctp").exists(), reason="this machine's kernel has SCTP")
def test_a_machine_without_sctp_says_what_helps() -> None:
    for word in ("--summary", "--json"):
        status, lines, err = opened("host:", word)
        assert (status, lines) == (1, [])
        assert err.startswith("sctp-tui open: host: this machine's kernel")
        assert "of another machine: ssh -t HOST sctp-tui open host:" in err
