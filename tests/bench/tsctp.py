"""`serve --json` in UDP against `tsctp`, the server in C that comes with usrsctp, under the same sender.

Ours prints every message to a file. `tsctp` prints a line at the end, and, as Debian builds it, what its
stack does for each packet: into /dev/null.
"""

import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from .figures import NotMeasured, Row, at_least, figures, median_ratio
from .subject import PATIENCE, Subject

_ROUNDS = 5
_COUNT = {64: 200_000, 1200: 60_000}
_BARS = {64: 1.2, 1200: 1.0}
_DEBIAN = Path("/usr/lib/usrsctp/tsctp")  # in no PATH
_PORT = 5001
_LAST = b'"state":"SHUTDOWN_COMP"'


@figures("tsctp")
def tsctp() -> Iterator[Row]:
    """Messages/s from the first to the end of the association."""
    program = shutil.which("tsctp") or (str(_DEBIAN) if _DEBIAN.exists() else None)
    if program is None:
        raise NotMeasured("no tsctp here: Debian has it in libusrsctp-examples")
    for size, bar in _BARS.items():
        pairs = [(_ours(size), _theirs(program, size)) for _ in range(_ROUNDS)]
        middle = sorted(pairs, key=lambda pair: pair[0] / pair[1])[len(pairs) // 2]
        yield at_least(
            f"`serve --json` in UDP, to a file, against usrsctp's `tsctp`, {size:,} B",
            median_ratio(pairs), bar, "{:,.0f} against {:,.0f} messages/s".format(*middle),
        )  # fmt: skip


def _ours(size: int) -> float:
    udp_port = _free_port()
    server = [
        sys.executable, "-m", "sctp_tui", "serve", "--json", "--stack", "userspace",
        "--port", str(_PORT), "--udp-port", str(udp_port),
    ]  # fmt: skip
    with tempfile.TemporaryFile() as printed:
        return _rate(server, udp_port, size, printed)


def _theirs(program: str, size: int) -> float:
    udp_port = _free_port()
    server = [program, "-L", "127.0.0.1", "-E", str(udp_port), "-p", str(_PORT)]
    return _rate(server, udp_port, size, None)


def _free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _rate(server: list[str], udp_port: int, size: int, printed: IO[bytes] | None) -> float:
    with Subject("sender") as sender:
        running = subprocess.Popen(
            server, stdout=subprocess.DEVNULL if printed is None else printed, stderr=subprocess.DEVNULL
        )
        try:
            _until_bound(udp_port)
            receiver = sender.ask("connect", _PORT, udp_port)
            began = time.monotonic()
            sent = sender.ask("number", receiver, _COUNT[size], size)
            sender.ask("shut_down", receiver)
            if printed is not None:
                _until_last(printed)
            return float(sent / (time.monotonic() - began))
        finally:
            running.kill()
            running.wait()


def _until_bound(udp_port: int) -> None:
    end = time.monotonic() + PATIENCE
    while f":{udp_port:04X} " not in Path("/proc/net/udp").read_text():
        if time.monotonic() > end:
            raise TimeoutError(f"nobody has UDP port {udp_port}")
        time.sleep(0.02)
    time.sleep(0.2)  # until it listens


def _until_last(printed: IO[bytes]) -> None:
    """Wait until the end of the association was printed too."""
    # Opened anew: a seek in the file of the writer would be the writer's.
    end = time.monotonic() + PATIENCE
    with open(f"/proc/self/fd/{printed.fileno()}", "rb") as file:
        while True:
            size = file.seek(0, 2)
            file.seek(max(0, size - 4096))
            if _LAST in file.read():
                return
            if time.monotonic() > end:
                raise TimeoutError("the end of the association was not printed")
            time.sleep(0.002)
