"""`serve --json` in UDP against `tsctp`, the server in C that comes with usrsctp, under the same sender.

Both print to a file: ours every message, `tsctp`, as Debian builds it, what its stack does for each packet.
"""

import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from .figures import NotMeasured, Row, at_least, figures, median_ratio
from .served import PORT, free_port, serve, until_bound, until_printed
from .subject import Subject

_ROUNDS = 5
_COUNT = {64: 200_000, 1200: 60_000}
_BARS = {64: 1.2, 1200: 1.0}
_DEBIAN = Path("/usr/lib/usrsctp/tsctp")  # in no PATH
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
            f"`serve --json` in UDP against usrsctp's `tsctp`, both to a file, {size:,} B",
            median_ratio(pairs),
            bar,
            "{:,.0f} against {:,.0f} messages/s".format(*middle),
        )


def _ours(size: int) -> float:
    udp_port = free_port()
    with tempfile.TemporaryFile() as printed:
        return _rate(serve(udp_port, printed), udp_port, size, printed)


def _theirs(program: str, size: int) -> float:
    udp_port = free_port()
    command = [program, "-L", "127.0.0.1", "-E", str(udp_port), "-p", str(PORT)]
    with tempfile.TemporaryFile() as printed:
        server = subprocess.Popen(command, stdout=printed, stderr=subprocess.DEVNULL)
        return _rate(server, udp_port, size, None)


def _rate(server: "subprocess.Popen[bytes]", udp_port: int, size: int, printed: IO[bytes] | None) -> float:
    try:
        until_bound(udp_port)
        with Subject("sender") as sender:
            receiver = sender.ask("connect", PORT, udp_port)
            began = time.monotonic()
            sent = sender.ask("number", receiver, _COUNT[size], size)
            sender.ask("shut_down", receiver)
            if printed is not None:
                until_printed(printed, _LAST)
            return float(sent / (time.monotonic() - began))
    finally:
        server.kill()
        server.wait()
