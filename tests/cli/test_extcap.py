"""`sctp-tui extcap`: Wireshark finds SCTP's interfaces and captures from them; each refusal says why."""

import os
import selectors
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from sctp_tui.cli import extcap
from sctp_tui.cli.main import main
from sctp_tui.monitor.trace.pcapng import IpBlocks
from sctp_tui.sctp.ring import NoCapture
from sctp_tui.sources import interfaces
from sctp_tui.sources.capture import Capture
from tests.monitor.tshark import fields
from tests.patience import PATIENCE
from tests.sources.test_interfaces import may_capture
from tests.sources.test_observer import Story, init
from tests.test_make_run import needed

from .program import Program, Server, send

__all__ = ["may_capture"]

INIT = Story().a(init(1000, 1), tag=0).frames[0][34:]


def said(capfd: pytest.CaptureFixture[str], *words: str, status: int = 0) -> str:
    """What the command prints; where it fails, its complaint."""
    assert main(["extcap", *words]) == status
    out, err = capfd.readouterr()
    assert not (err if status == 0 else out)
    return out or err


# --- what Wireshark asks


def test_each_interface_is_told_and_one_for_all(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "if_nameindex", lambda: [(1, "lo"), (2, "eth0"), (3, "a}{b")])
    head, *told = said(capfd, "--extcap-interfaces", "--extcap-version=4.2").splitlines()
    assert head.startswith("extcap {version=")
    assert told == [
        "interface {value=sctp-any}{display=SCTP of this machine}",
        "interface {value=sctp-lo}{display=SCTP of lo}",
        "interface {value=sctp-eth0}{display=SCTP of eth0}",
    ]
    of_lo = ("--extcap-interface", "sctp-lo")
    assert said(capfd, "--extcap-dlts", *of_lo) == "dlt {number=101}{name=RAW}{display=IP packets}\n"
    assert said(capfd, "--extcap-config", *of_lo).startswith("arg {number=0}{call=--udp-port}")
    assert "display filter" in said(capfd, *of_lo, "--extcap-capture-filter", "port 7")


@pytest.fixture
def udp() -> Iterator[socket.socket]:
    """Bound to a port of loopback, to which INITs go."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        yield sock


def capturing(udp: socket.socket, fifo: Path) -> Program:
    os.mkfifo(fifo)
    port = str(udp.getsockname()[1])
    words = ("--capture", "--extcap-interface", "sctp-lo", "--fifo", str(fifo), "--udp-port", port)
    return Program("extcap", *words)


@pytest.mark.userspace
@pytest.mark.usefixtures("may_capture")
def test_packets_are_as_on_the_wire_until_the_reader_ends_it(udp: socket.socket, tmp_path: Path) -> None:
    path = tmp_path / "read.pcapng"
    with capturing(udp, tmp_path / "fifo") as program:
        with open(tmp_path / "fifo", "rb", buffering=0) as reader:  # open once packets are captured
            for _ in range(3):
                udp.sendto(INIT, udp.getsockname())
            read = b""
            while read.count(INIT) < 3:
                read += reader.read(65536)
        assert program.end() == (0, b"", "")
    path.write_bytes(read)
    found = [one for some in Capture([str(path)]).portions() for one in some.packets]
    assert [one.data for one in found] == [INIT] * 3
    assert {one.local.udp_port for one in found} == {udp.getsockname()[1]}
    assert {tuple(row) for row in fields(path, "frame.interface_name", "ip.ttl")} == {("lo", "64")}


@pytest.mark.userspace
@pytest.mark.usefixtures("may_capture")
def test_a_signal_ends_it(udp: socket.socket, tmp_path: Path) -> None:
    with (
        capturing(udp, tmp_path / "fifo") as program,
        open(tmp_path / "fifo", "rb", buffering=0) as reader,
    ):
        udp.sendto(INIT, udp.getsockname())
        while INIT not in reader.read(65536):
            pass
        program.signal(signal.SIGTERM)
        assert program.end() == (0, b"", "")


def test_what_was_missed_is_told(tmp_path: Path) -> None:
    path, made = tmp_path / "a.pcapng", IpBlocks()
    data = bytes.fromhex("450000140000000040840000c0000201c0000202")
    blocks = [
        made.packet(data, at=1.5 + missed, interface=name, length=4000, outgoing=missed > 0, missed=missed)
        for missed, name in ((0, "lo"), (7, "eth0"), (0, "lo"))
    ]
    path.write_bytes(made.section + b"".join(blocks))
    names = ("frame.interface_name", "frame.time_epoch", "frame.len", "frame.cap_len", "frame.drop_count")
    assert fields(path, *names) == [
        ["lo", "1.500000000", "4000", "20", ""],
        ["eth0", "8.500000000", "4000", "20", "7"],
        ["lo", "1.500000000", "4000", "20", ""],
    ]


# --- with Wireshark itself


@pytest.mark.userspace
@pytest.mark.usefixtures("may_capture")
def test_tshark_finds_and_captures(tmp_path: Path) -> None:
    needed("tshark", "unshare", "mount")
    folder = extcap._folders()[-1]
    assert main(["extcap", "install", str(tmp_path)]) == 0
    # Only within a mount namespace the folder is another, so that nothing of this machine is changed.
    apart = ("unshare", "--mount", "sh", "-c", f'mount --bind {tmp_path} {folder} && exec "$@"', "sh")
    if subprocess.run([*apart, "true"], capture_output=True, check=False).returncode:
        pytest.skip("needs root, who may mount")
    listed = subprocess.run([*apart, "tshark", "-D"], capture_output=True, timeout=PATIENCE, check=True)
    assert b"sctp-any (SCTP of this machine)" in listed.stdout
    with Server("userspace") as server:
        port = server.listening["udp_port"]
        about = ("-o", f"extcap.sctp_lo.udpport:{port}", "-d", f"udp.port=={port},sctp")
        shown = ("-l", "-Y", "sctp", "-T", "fields", "-e", "sctp.chunk_type")
        command = [*apart, "tshark", "-i", "sctp-lo", *about, *shown]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as tshark:
            try:
                assert tshark.stdout is not None
                with selectors.DefaultSelector() as selector:
                    selector.register(tshark.stdout, selectors.EVENT_READ)
                    deadline = time.monotonic() + PATIENCE
                    while not selector.select(0):  # until the capture has begun
                        assert time.monotonic() < deadline
                        assert send(*server.to, "hello")[0] == 0
                assert send(*server.to, "hello")[0] == 0
                seen = list[bytes]()
                while seen.count(b"1") < 1 or seen[-1] != b"14":
                    line = tshark.stdout.readline()
                    assert line
                    seen.append(line.strip())
                assert b"2" in seen
            finally:
                tshark.terminate()


# --- the entry


def test_an_entry_is_made_found_and_removed(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    folder = tmp_path / "new" / "extcap"
    entry = folder / "sctp-tui"
    assert said(capfd, "where", str(folder)) == f"{folder}  no entry\n"
    assert said(capfd, "uninstall", str(folder)) == "there is no entry\n"
    for _ in range(2):  # again is as good
        assert said(capfd, "install", str(folder)).startswith(f"{entry}: made; ")
    assert os.listdir(folder) == ["sctp-tui"]
    assert said(capfd, "where", str(folder)) == f"{folder}  entry\n"
    (tmp_path / "sctp_tui").mkdir()  # of whoever's folder Wireshark was started in
    (tmp_path / "sctp_tui" / "__init__.py").write_text("raise SystemExit('another program')")
    told = subprocess.run(
        [entry, "--extcap-interfaces"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=True,
    )
    assert "{value=sctp-any}" in told.stdout
    assert said(capfd, "uninstall", str(folder)) == f"{entry}: removed\n"
    assert os.listdir(folder) == []


def test_what_another_has_put_there_stays(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    entry = tmp_path / "sctp-tui"
    entry.write_text("mine")
    for word in ("install", "uninstall", "where"):
        assert "not made by sctp-tui: remove or rename it" in said(capfd, word, str(tmp_path), status=1)
    assert entry.read_text() == "mine"


def tshark_that_prints(text: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that tells these folders is the only one there is."""
    tshark = folder / "tshark"
    tshark.write_text(f"#!/bin/sh\nprintf '{text}'\n")
    tshark.chmod(0o755)
    monkeypatch.setattr(shutil, "which", lambda _: str(tshark))


def test_the_folder_of_the_user_is_taken_where_there_is_one(
    capfd: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, all_users = tmp_path / "of me", tmp_path / "of all"
    text = rf"Global Extcap path:\t{all_users}\nPersonal Extcap path:\t{ours}\nExtcaps:\t/x\n"
    tshark_that_prints(text, tmp_path, monkeypatch)
    assert said(capfd, "where") == f"{ours}  no entry\n{all_users}  no entry\n"
    assert said(capfd, "install").startswith(f"{ours}/sctp-tui: made")
    assert said(capfd, "install", str(all_users))
    assert said(capfd, "uninstall") == f"{ours}/sctp-tui: removed\n{all_users}/sctp-tui: removed\n"
    tshark_that_prints(rf"Program:\t/usr/bin\nExtcap path:         \t{all_users}\n", tmp_path, monkeypatch)
    assert said(capfd, "where") == f"{all_users}  no entry\n"


def test_where_no_folder_is_known_it_is_asked_for(
    capfd: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tshark_that_prints("", tmp_path, monkeypatch)
    assert "tells no extcap folder: name one" in said(capfd, "install", status=1)
    monkeypatch.setattr(shutil, "which", lambda _: str(tmp_path))
    assert "tshark tells no folders" in said(capfd, "install", status=1)
    monkeypatch.setattr(shutil, "which", lambda _: None)
    assert "no tshark is here" in said(capfd, "install", status=1)
    (tmp_path / "file").touch()
    assert "name another folder" in said(capfd, "install", str(tmp_path / "file"), status=1)


# --- what is refused


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ([], "give install, uninstall or where"),
        (["instal"], "give install, uninstall or where"),
        (["install", "a", "b"], "at most one folder"),
        (["--capture", "--fifo", "f"], "is none of ours: give one, as in sctp-any"),
        (["--capture", "--extcap-interface", "sctp-lo"], "--fifo: name the file"),
        (["--capture", "--extcap-interface", "sctp-lo", "--udp-port", "x"], "--udp-port"),
    ],
)
def test_wrong_words(words: list[str], why: str, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["extcap", *words])
    assert end.value.code == 2
    assert why in capfd.readouterr().err


def test_why_there_is_no_capture(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    words = ("--capture", "--fifo", "/nonexistent/fifo", "--extcap-interface")
    assert "there is none of this name: there are lo" in said(capfd, *words, "sctp-eth99", status=1)
    filtered = ("--extcap-capture-filter", "port 7")
    assert "capture filters are not known" in said(capfd, *words, "sctp-lo", *filtered, status=1)

    def refuse(*_: object) -> None:
        raise NoCapture("no capability", "sudo")

    monkeypatch.setattr(interfaces, "Ring", refuse)
    assert "all interfaces: no capability; sudo; " in said(capfd, *words, "sctp-any", status=1)


@pytest.mark.usefixtures("may_capture")
def test_a_file_that_takes_no_packets(capfd: pytest.CaptureFixture[str]) -> None:
    words = ("--capture", "--extcap-interface", "sctp-lo", "--fifo")
    for path in ("/nonexistent/fifo", "/dev/full"):
        told = said(capfd, *words, path, status=1)
        assert told.startswith(f"sctp-tui extcap: {path}: ")
        assert told.endswith(": name a file that can be written\n")
