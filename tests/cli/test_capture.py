"""`serve --packets --capture`: the kernel's packets among the events."""

import json

import pytest

from .program import Server, send

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
