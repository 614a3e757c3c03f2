"""Associations that come and go: each is told, and nothing is kept of them."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from .figures import Row, figures
from .sender import SIZE
from .served import PORT, free_port, serve, until_bound, until_printed
from .subject import Subject

_ALL, _SECONDS = 5_000, 60.0
_FIRST = 200  # before memory is looked at: what every association needs is there
_WITHIN = 0.2


@figures("churn")
def churn() -> Iterator[Row]:
    """Each sets up, sends one message and shuts down; `serve --json` has to tell all of it."""
    udp_port = free_port()
    rate = _ALL / _SECONDS
    with tempfile.TemporaryFile() as printed, Subject("sender") as sender:
        server = serve(udp_port, printed)
        try:
            until_bound(udp_port)
            sender.ask("churn", PORT, udp_port, _FIRST, rate)
            until_printed(printed, b'"state":"SHUTDOWN_COMP"', _FIRST)
            before = _resident(server.pid)
            ended = _FIRST + sender.ask("churn", PORT, udp_port, _ALL, rate)
            until_printed(printed, b'"state":"SHUTDOWN_COMP"', ended)
            after = _resident(server.pid)
        finally:
            server.terminate()
            server.wait()
        printed.seek(0)
        text = printed.read()
    counts = [
        text.count(words)
        for words in (b'"state":"COMM_UP"', b'"size":%d,' % SIZE, b'"state":"SHUTDOWN_COMP"')
    ]
    exact = counts == [_ALL + _FIRST] * 3
    ratio = after / before
    yield Row(
        f"{_ALL:,} associations churned in {_SECONDS:.0f} s: memory of `serve` after against before",
        f"exact, < {1 + _WITHIN:g}",
        f"{'exact' if exact else 'NOT EXACT'}, {ratio:.2f}",
        exact and ratio < 1 + _WITHIN,
        "{:,} up, {:,} messages, {:,} shut down; ".format(*counts) + f"{before:.0f} and {after:.0f} MB",
    )


def _resident(pid: int) -> float:
    """Memory of a process that is in RAM, in MB."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
