"""Captures opened: how fast they are read, what that takes, and how far a live one lags behind."""

import json
import os
import resource
import shutil
import struct
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.sources.files import ethernet, ipv4, pcap

from . import associations, captured
from .figures import NotMeasured, Row, at_least, below, figures, median_ratio, percentile
from .subject import Terminal

_PACKETS, _ROUNDS = 200_000, 3
_COLUMNS = (
    *("frame.time_epoch", "ip.src", "ip.dst", "sctp.srcport", "sctp.dstport", "sctp.verification_tag"),
    *("sctp.parameter_ipv4_address", "sctp.assoc_index", "sctp.chunk_type", "sctp.chunk_length"),
    *("sctp.data_tsn", "sctp.data_sid", "sctp.data_b_bit", "sctp.data_e_bit"),
    *("sctp.retransmission", "sctp.cause_code"),
)
"""What the table of associations is made of, with messages put together as it has them."""
_CONVERSATIONS = ("-q", "-z", "conv,sctp")
"""Packets and octets by addresses and ports: neither associations nor messages, nor how they ended."""
_RATE, _SECONDS = 5_000, 10
_SETTLE = 3.0  # s until the last packets are drawn, too
_JUMPS = 10
_MANY, _FEW = (3_000, 10), (30, 1_594)
"""Associations, and messages of each: with set-up and end as many lines of the log."""
_HOME, _END, _PAGE_DOWN = "\x1b[H", "\x1b[F", "\x1b[6~"


@contextmanager
def _file(packets: int) -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "seen.pcapng"
        captured.make(path, packets)
        yield path


@figures("read")
def read() -> Iterator[Row]:
    """A file to its table of associations, in turn with tshark."""
    if shutil.which("tshark") is None:
        raise NotMeasured("no tshark here")
    fields = [word for column in _COLUMNS for word in ("-e", column)]
    with _file(_PACKETS) as path:
        theirs = ["tshark", "-r", str(path), "-o", "sctp.reassembly:TRUE", "-T", "fields", *fields]
        ours = [sys.executable, "-m", "sctp_tui", "open", str(path), "--summary"]
        less = ["tshark", "-r", str(path), *_CONVERSATIONS]
        took = [(_took(theirs), _took(ours), _took(less)) for _ in range(_ROUNDS)]
    tshark, summary, conversations = (min(each) for each in zip(*took, strict=True))
    yield at_least(
        f"`open --summary` of {_PACKETS:,} packets, against `tshark -T fields` of the same columns",
        median_ratio((one[0], other[0]) for one, other, _ in took),
        3.0,
        f"{summary[0]:.1f} s against {tshark[0]:.1f} s, CPU {summary[1]:.1f} against {tshark[1]:.1f} s; "
        f"`-z conv,sctp` alone takes {conversations[0]:.1f} s",
    )
    yield below("memory for it, of the larger of its two processes", summary[2], 200, "MB")


def _took(command: list[str]) -> tuple[float, float, float]:
    """Seconds that a command takes, those of CPU, and the memory of its largest process at most, in MB."""
    began = time.monotonic()
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as running:
        _, status, used = os.wait4(running.pid, 0)
        running.returncode = os.waitstatus_to_exitcode(status)
    if running.returncode:
        raise RuntimeError(f"{command[0]} ended with {running.returncode}")
    took = time.monotonic() - began
    return took, used.ru_utime + used.ru_stime, used.ru_maxrss * 1024 / 1e6


@figures("opened")
def opened() -> Iterator[Row]:
    """The same file on the screen."""
    with _file(_PACKETS) as path, _on_screen(path) as (terminal, process, began):
        first = terminal.until("127.0.0.1:20000") - began
        terminal.until(f"{_PACKETS:,} packets")
        memory = _resident(process)
    yield below(f"`open` of {_PACKETS:,} packets: start to first rows", first, 1.0, "s", digits=2)
    yield below("memory, all read", memory, 200, "MB")


@figures("ended")
def ended() -> Iterator[Row]:
    """Many associations that have ended, against few with as many lines of the log."""
    with tempfile.TemporaryDirectory() as name:
        many, few = (_with_associations(Path(name), *each) for each in (_MANY, _FEW))
    more = _MANY[0] - _FEW[0]
    yield below(
        "`open`: memory for an association that has ended, its 27 packets of the wire included",
        (many - few) / more * 1000,
        6,
        "kB",
        f"{_MANY[0]:,} of them {many:.0f} MB, {_FEW[0]:,} with as many lines of the log {few:.0f} MB",
    )


def _with_associations(folder: Path, count: int, messages: int) -> float:
    """The memory of the screen on a capture of so many, in MB."""
    path = folder / "many.pcap"
    associations.make(path, count, messages)
    packets = count * associations.packets_of(messages)
    with _on_screen(path) as (terminal, process, _):
        terminal.until(f"{packets:,} packets")
        time.sleep(_SETTLE)
        return _resident(process)


@figures("jump")
def jump() -> Iterator[Row]:
    """From one end of the ladder of a long association to the other, and a page on from either."""
    newest, took = (_PACKETS - 1) & 0xFFFF, list[float]()
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "long.pcap"
        with path.open("wb") as file:
            file.write(pcap([]))
            file.writelines(map(_packet, range(_PACKETS)))
        with _on_screen(path) as (terminal, _, _):
            terminal.until(f"{_PACKETS:,} packets")
            terminal.answered("w", f" ssn {newest} ")
            for _ in range(_JUMPS):
                for key, text in ((_HOME, " ssn 0 "), (_PAGE_DOWN, " ssn 45 "), (_END, f" ssn {newest} ")):
                    time.sleep(0.3)  # what was drawn before is no answer
                    took.append(terminal.answered(key, text) * 1000)
    yield below(
        f"from one end of an association of {_PACKETS:,} packets to the other: key to screen, most",
        max(took),
        100,
        "ms",
        f"median {percentile(took, 50):.0f} ms, {len(took)} keys",
    )


@contextmanager
def _on_screen(path: Path) -> Iterator[tuple[Terminal, int, float]]:
    """A terminal with the program on a file, its process, and when that began (monotonic seconds)."""
    terminal, began = Terminal(), time.monotonic()
    program = subprocess.Popen(
        [sys.executable, "-m", "sctp_tui", "open", str(path)],
        stdin=terminal.slave,
        stdout=terminal.slave,
        stderr=terminal.slave,
        start_new_session=True,
        env={**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor"},
    )
    terminal.watch()
    try:
        yield terminal, program.pid, began
    finally:
        program.terminate()
        program.wait(20)


def _resident(process: int) -> float:
    pages = Path(f"/proc/{process}/statm").read_text().split()[1]
    return int(pages) * resource.getpagesize() / 1e6


@figures("piped")
def piped() -> Iterator[Row]:
    """Packets that are written into a pipe, each with its time, until each is printed."""
    command = [sys.executable, "-m", "sctp_tui", "open", "-", "--json", "--packets"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as running:
        assert running.stdin is not None
        assert running.stdout is not None
        pipe = running.stdin.fileno()
        os.write(pipe, pcap([]) + _packet(0))
        while json.loads(running.stdout.readline())["event"] != "packet":
            pass  # it has to start first
        writer = threading.Thread(target=_write, args=(pipe,))
        writer.start()
        lags = list[float]()
        for line in running.stdout:
            now = time.time()
            event = json.loads(line)
            if event["event"] == "packet":
                lags.append((now - event["at"]) * 1000)
            if len(lags) == _RATE * _SECONDS:
                break
        writer.join()
        running.stdin.close()
    sent = _RATE * _SECONDS
    yield Row(
        f"a pipe of {_RATE:,} packets/s: lag until it is printed, p99",
        "< 100 ms",
        f"{percentile(lags, 99):.1f} ms",
        percentile(lags, 99) < 100 and len(lags) == sent,
        f"{len(lags):,} of {sent:,} packets; median {percentile(lags, 50):.1f} ms, most {max(lags):.1f} ms",
    )


def _write(pipe: int) -> None:
    """Messages of one association, at an even rate."""
    began = time.monotonic()
    for number in range(_RATE * _SECONDS):
        ahead = began + number / _RATE - time.monotonic()
        if ahead > 0:
            time.sleep(ahead)
        os.write(pipe, _packet(number + 1))


def _packet(number: int) -> bytes:
    """A record of a pcap with a message, seen now."""
    chunk = struct.pack("!BBHIHHI", 0, 3, 116, number, 1, number & 0xFFFF, 60) + bytes(100)
    frame = ethernet(ipv4(struct.pack("!HHII", 5000, 38412, 7, 0) + chunk))
    at = time.time_ns()
    return struct.pack("<IIII", at // 10**9, at % 10**9 // 1000, len(frame), len(frame)) + frame
