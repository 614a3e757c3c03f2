"""`serve --packets --capture`: the kernel's packets among the events."""

import json
import re
import signal

import pytest

from sctp_tui.sctp.commands import Generate, OpenClient, Watch
from sctp_tui.sctp.events import AssocChange, Peer

from ..harness import Running
from .program import Program, Server, send

pytestmark = pytest.mark.kernel


def test_the_kernel_s_packets_to_the_last() -> None:
    with Server("kernel", "--packets", "--capture", "--count", "1") as server:
        assert send(*server.to, "hello") == (0, b"", "")
        status, out, err = server.end()
    assert (status, err) == (0, "")
    lines = [json.loads(line) for line in out.splitlines()]
    chunks = [chunk["chunk"] for line in lines if line["event"] == "packet" for chunk in line["chunks"]]
    assert chunks[:3] == ["INIT", "INIT ACK", "COOKIE ECHO"]
    assert chunks[-1] == "SHUTDOWN COMPLETE"


def test_without_a_capture_it_says_why_there_are_none() -> None:
    with Server("kernel", "--packets", "--count", "1") as server:
        assert send(*server.to, "hello")[0] == 0
        status, out, err = server.end()
    assert (status, b'"packet"' in out) == (0, False)
    assert err == "sctp-tui serve: the packets of the kernel's stack are not seen; give --capture too\n"


_SMALL_RING = """
import sys
from sctp_tui.sctp import ring
ring._BLOCKS = 2
from sctp_tui.cli.main import main
sys.exit(main())
"""


def test_packets_that_the_capture_missed_are_counted_at_the_end() -> None:
    words = ("serve", "--json", "--stack", "kernel", "--port", "0", "--packets", "--capture")
    with Program(*words, python=("-c", _SMALL_RING)) as server, Running("kernel") as running:
        to = Peer(("127.0.0.1",), server.event("listening")["port"])
        running.submit(OpenClient("client 1", "kernel", to, 5, 5))
        running.submit(Generate(1, "client 1", rate=10.0, pattern=b"x", count=1))
        up = running.until(AssocChange, endpoint="client 1", state="COMM_UP")
        server.event("message")
        server.stop()
        running.submit(Generate(2, "client 1", rate=1e6, pattern=b"x", size=60_000, count=100))
        running.submit(Watch((up.key,)))
        running.until_true(lambda: up.key in running.status and running.status[up.key].rwnd in range(60_000))
        server.signal(signal.SIGCONT)
        running.until_true(lambda: 2 in running.generators and running.generators[2].done)
        server.signal(signal.SIGTERM)
        _, _, err = server.end()
        running.until(AssocChange, endpoint="client 1")
    assert re.fullmatch(
        r"sctp-tui serve: [\d,]+ packets of SCTP on this machine missed, as the capture's ring was full\n",
        err,
    )
