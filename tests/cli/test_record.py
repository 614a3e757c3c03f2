"""`serve --record`, and `open` of what it wrote: the same lines, the same end, and what a full disk does."""

import json
import math
import signal
from pathlib import Path

import pytest

from sctp_tui.cli.main import main
from sctp_tui.cli.options.open import open_options
from sctp_tui.cli.options.screen import screen_options
from sctp_tui.cli.options.serve import serve_options
from sctp_tui.sctp.events import Number, StackName, from_json, to_json
from tests.monitor.story import Story
from tests.patience import PATIENCE

from .program import Program
from .test_open import opened


def serve(stack: StackName, *words: str) -> Program:
    udp = ("--udp-port", "0") if stack == "userspace" else ()
    return Program("serve", "--stack", stack, "--port", "0", *udp, "--json", *words)


def send(stack: StackName, server: dict[str, object], *words: str) -> None:
    udp = ("--udp-port", str(server["udp_port"])) if stack == "userspace" else ()
    with Program("send", f"127.0.0.1:{server['port']}", "--stack", stack, *udp, *words) as sender:
        _, err = sender.process.communicate(timeout=PATIENCE)
        assert (sender.process.returncode, err) == (0, b"")


def test_what_is_served_is_recorded_and_opened_again(tmp_path: Path, stack: StackName) -> None:
    path = tmp_path / "run.jsonl"
    with serve(stack, "--record", str(path), "--count", "3") as program:
        server = program.event("listening")
        send(stack, server, "one", "two", "three")
        rest, err = program.process.communicate(timeout=PATIENCE)
        assert (program.process.returncode, err) == (0, b"")
    said = [line for line in rest.decode().splitlines() if '"event":"packet"' in line]
    assert said == []  # they are printed with --packets alone
    kinds = [str(type(from_json(line)).__struct_config__.tag) for line in path.read_bytes().splitlines()]
    assert kinds[:2] == ["recording", "listening"]
    assert ("packet" in kinds) == (stack == "userspace")
    assert {"counts", "totals"} <= set(kinds)
    status, lines, err_text = opened(str(path), "--json")
    assert (status, err_text) == (0, "")
    assert json.loads(lines[0])["event"] == "listening"
    # Beside what serve has printed, a recording has numbers.
    events = [line.encode() for line in lines[1:] if not isinstance(from_json(line.encode()), Number)]
    assert events == rest.splitlines()
    status, lines, _ = opened(str(path), "--summary")
    assert status == 0
    assert " 3 / 11 B " in lines[1]
    # By whoever was first: the client has nothing more to say, and the server its count.
    (by,) = (told["by"] for told in map(json.loads, events) if told.get("state") == "SHUTDOWN_COMP")
    assert lines[1].endswith(f"shutdown by {by}")
    status, lines, _ = opened(str(path), "--json", "--packets", "--filter", "event=message stream=1")
    assert [json.loads(line)["text"] for line in lines] == ["one", "two", "three"]


def test_a_live_server_is_watched_through_a_pipe(tmp_path: Path) -> None:
    with serve("userspace") as program, Program("open", "-", "--json") as watching:
        server = program.event("listening")
        watching.write(json.dumps(server).encode() + b"\n")
        assert json.loads(watching.line())["port"] == server["port"]
        send("userspace", server, "hello")
        up = program.event("assoc_change")
        watching.write(json.dumps(up).encode() + b"\n")
        assert json.loads(watching.line())["state"] == "COMM_UP"


@pytest.mark.userspace
def test_a_full_disk_ends_the_recording_and_not_the_server() -> None:
    with serve("userspace", "--record", "/dev/full") as program:
        server = program.event("listening")
        send("userspace", server, "hello")
        assert program.event("message")["text"] == "hello"
        program.process.send_signal(signal.SIGINT)
        _, err = program.process.communicate(timeout=PATIENCE)
        assert program.process.returncode == 1
        assert err.decode() == (
            "sctp-tui serve: the recording has ended: no space left on device; all before that is in "
            "/dev/full: start another elsewhere\n"
        )


@pytest.mark.userspace
def test_nothing_is_recorded_over(tmp_path: Path) -> None:
    path = tmp_path / "mine"
    path.write_text("mine")
    with serve("userspace", "--record", str(path)) as program:
        out, err = program.process.communicate(timeout=PATIENCE)
        assert (program.process.returncode, out) == (1, b"")
        assert err.decode() == f"sctp-tui serve: --record: {path}: it is there already: give another name\n"
    assert path.read_text() == "mine"


def test_a_recording_that_is_none_is_said_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "run"
    path.write_bytes(b'{"event":"listening"}\n{"event":"x"}\n')
    for words in (("--summary",), ("--json", "--packets")):
        status, _, err = opened(str(path), *words)
        assert status == 1
        assert err.startswith(f"sctp-tui open: {path}: line 1 is no event: ")
        assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("x", "--speed", "0"), "'0' is no speed: give 0.001 to 1000, or max"),
        (("x", "--speed", "nan"), "'nan' is no speed"),
        (("x", "--speed", "inf"), "'inf' is no speed"),
        (("x", "--speed", "2", "--json"), "--speed: without a screen all is printed at once: leave it out"),
    ],
)
def test_speeds_that_are_none(words: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        open_options(words)
    assert said in capsys.readouterr().err


def test_the_options(capsys: pytest.CaptureFixture[str]) -> None:
    assert open_options(["x", "--speed", "max"]).speed == math.inf
    assert open_options(["x", "--speed", "0.5"]).speed == 0.5
    assert open_options(["x"]).speed is None
    assert serve_options(["--record", "a"]).record == screen_options(["--record", "a"]).record == "a"
    for options in (serve_options, screen_options):
        with pytest.raises(SystemExit):
            options(["--record", ""])
        assert "--record: '' names no file: give a path" in capsys.readouterr().err


def test_a_masked_server_has_a_masked_recording(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    with serve("userspace", "--record", str(path), "--mask-addresses", "--count", "1") as program:
        send("userspace", program.event("listening"), "hello")
        program.process.communicate(timeout=PATIENCE)
    begun = json.loads(path.read_bytes().splitlines()[0])
    assert (begun["event"], begun["masked"]) == ("recording", True)


def test_what_could_not_start_leaves_nothing_in_the_way(tmp_path: Path) -> None:
    record, packets = tmp_path / "run.jsonl", tmp_path / "run.pcapng"
    options = ["serve", "--port", "0", "--record", str(record)]
    assert main([*options, "--pcapng", str(tmp_path / "no" / "file")]) == 1
    assert not record.exists()
    record.touch()
    assert main([*options, "--pcapng", str(packets)]) == 1
    assert not packets.exists()
    assert record.exists()


def test_packets_are_not_written_over_a_file(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "kept.pcapng"
    path.write_bytes(b"kept")
    assert main(["serve", "--port", "0", "--pcapng", str(path)]) == 1
    assert path.read_bytes() == b"kept"
    assert "kept.pcapng: it is there already: give another name" in capfd.readouterr().err


def test_a_recording_that_grows_is_told_as_it_grows(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    said = [to_json(event) + b"\n" for event in (Story().up(1), Story().message(1, b"hello"))]
    path.write_bytes(said[0])
    with Program("open", str(path), "--follow", "--json") as program:
        assert json.loads(program.line())["state"] == "COMM_UP"
        with path.open("ab") as file:
            file.write(said[1])
        assert json.loads(program.line())["text"] == "hello"
