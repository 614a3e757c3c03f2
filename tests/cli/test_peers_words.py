"""What `send` says of an association that failed: the peer's words as the peer's, and what happened."""

import struct

import pytest

from sctp_tui.sctp.events import StackName

from ..rawpeer import ABORT, ERROR, Answer, RawServer, chunk, parameter, sack
from .program import send, to

pytestmark = pytest.mark.usefixtures("udp_here")


def said(stack: StackName, *words: str, **instead: Answer) -> str:
    """What stands on standard error after `send`, without who says it; the exit status is 1."""
    with RawServer(**instead) as server:
        to = (f"127.0.0.1:{server.port}", "--udp-port", str(server.udp_port), "--stack", stack)
        status, out, err = send(*to, "hello", *words)
    assert (status, out, err.count("\n")) == (1, b"", 1)
    return err.removeprefix("sctp-tui send: association with 127.0.0.1:9 ").removesuffix("\n")


def _abort(code: int, text: bytes) -> Answer:
    return lambda server, value: [chunk(ABORT, 0, parameter(code, text))]


def test_a_refusal_is_quoted(stack: StackName) -> None:
    told = said(stack, init=_abort(12, b"server full; run `rm -rf`\x1b[2J"))
    if stack == "kernel":  # which tells that the peer aborted, and none of its words
        assert told == "could not start: refused by peer"
    else:
        assert told == "could not start: refused by peer: “server full; run `rm -rf`␛[2J”"


def test_an_abort_is_quoted(stack: StackName) -> None:
    told = said(stack, data=_abort(12, "bye” and lost: no answer".encode()))
    assert told == "aborted by peer: “bye\\u201d and lost: no answer”"


def test_a_long_reason_is_shown_as_far_as_there_is_room(stack: StackName) -> None:
    told = said(stack, data=_abort(12, "ä".encode() * 700))
    assert told == f"aborted by peer: “{'ä' * 120}…”"


def test_a_restarted_server_is_told(stack: StackName) -> None:
    """It answers an association that it knows nothing of by an ABORT with the tag that it was sent to."""

    def out_of_the_blue(server: RawServer, value: bytes) -> list[bytes]:
        server.send(chunk(ABORT, 1), tag=server.tag)
        return []

    told = said(stack, data=out_of_the_blue)
    if stack == "kernel":
        # Linux does not tell the two apart; when the peer was heard last does, as far as the stack says it.
        assert told in ("aborted by peer", "aborted by peer, or no answer")
    else:
        assert told == "aborted by peer: it knows no such association, as after a restart"


@pytest.mark.userspace  # Linux begins anew without end, and tells nothing of it
def test_a_stale_cookie_is_told(stack: StackName) -> None:
    stale = struct.pack("!I", 999_999)
    told = said(stack, cookie_echo=lambda server, value: [chunk(ERROR, 0, parameter(3, stale))])
    assert told.startswith("could not start: stale cookie, as the peer says")


def test_without_an_association_no_silence_is_claimed(stack: StackName) -> None:
    told = said(stack, "--timeout", "0.5", init=lambda server, value: [])
    assert told == "not set up within 0.5 s"


def test_a_peer_that_does_not_read_is_named_as_what_stops_it(stack: StackName) -> None:
    """Its window is closed with the first message: what follows are probes, and no progress."""
    first: list[int] = []

    def closed(server: RawServer, value: bytes) -> list[bytes]:
        first.append(struct.unpack_from("!I", value)[0])
        return [sack(first[0], rwnd=0)]

    with RawServer(data=closed) as server:
        words = (*to(stack, server.port, server.udp_port), "--timeout", "2")
        status, _, err = send(*words, stdin=b"one\ntwo\nthree\n")
    assert status == 1
    assert "for 2 s, as the peer's window is closed (rwnd 0): what came has not been read there" in err
