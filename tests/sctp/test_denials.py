"""What a peer asks for by RE-CONFIG and our stack denies: told in the log, by the association it is of."""

import struct
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sctp_tui.monitor.text.events import sentence
from sctp_tui.sctp.commands import PauseReading
from sctp_tui.sctp.events import AssocChange, Message, ReadingPaused, RequestDenied
from sctp_tui.sctp.userspace import pump
from sctp_tui.sctp.userspace.denials import Denial, asks, denials
from sctp_tui.sctp.userspace.stack import UserspaceStack

from ..harness import Running
from ..rawpeer import DATA, RawPeer, chunk, data, packet, parameter

pytestmark = pytest.mark.userspace

_RE_CONFIG, _EXTENSIONS = 0x82, 0x8008


def _reset(peer: RawPeer, *streams: int) -> bytes:
    """An Outgoing SSN Reset Request, the first of its sender."""
    numbers = struct.pack("!III", peer.tsn, peer.cumulative, peer.tsn - 1 & 0xFFFFFFFF)
    listed = b"".join(struct.pack("!H", stream) for stream in streams)
    return chunk(_RE_CONFIG, 0, parameter(13, numbers + listed))


def test_a_reset_that_our_stack_denies_is_told_of_its_association() -> None:
    extensions = parameter(_EXTENSIONS, bytes((_RE_CONFIG,)))
    with Running("userspace") as running:
        running.listen()
        with running.raw_peer(rest=extensions) as other, running.raw_peer(rest=extensions) as peer:
            for one in (other, peer):
                one.handshake()
                up = running.until(AssocChange, endpoint="server", state="COMM_UP")
            peer.send(_reset(peer, 1, 2))
            denied = running.until(RequestDenied)
            assert (denied.key, denied.assoc_id, denied.peer) == (up.key, up.assoc_id, up.peer)
            assert denied.asked.startswith("outgoing SSN reset request: request ")
            assert "streams 1, 2" in denied.asked
            assert sentence(denied) == f"denied by our stack: {denied.asked}"
            peer.abort()
            running.until(AssocChange, key=up.key, state="COMM_LOST")


def test_of_what_nobody_reads_only_the_newest_are_kept() -> None:
    """A server that is paused hears of no denial, and its peer asks on."""
    extensions = parameter(_EXTENSIONS, bytes((_RE_CONFIG,)))
    with Running("userspace") as running:
        server = running.listen()
        with running.raw_peer(rest=extensions) as peer:
            peer.handshake()
            running.until(AssocChange, endpoint="server", state="COMM_UP")
            running.submit(PauseReading("server", True))
            running.until(ReadingPaused, paused=True)
            stack = running.engine._stacks["userspace"]
            assert isinstance(stack, UserspaceStack)
            for asked in range(pump.DENIALS + 5):
                number = peer.tsn + asked & 0xFFFFFFFF
                numbers = struct.pack("!IIIH", number, peer.cumulative, peer.tsn - 1 & 0xFFFFFFFF, 1)
                peer.send(chunk(_RE_CONFIG, 0, parameter(13, numbers)))
                peer.receive(_RE_CONFIG)
            assert len(stack.pump.denials[server.port]) == pump.DENIALS
            running.submit(PauseReading("server", False))
            running.until(RequestDenied)


def _answer(*results: tuple[int, int]) -> bytes:
    responses = b"".join(parameter(16, struct.pack("!II", *result)) for result in results)
    return packet(9, 5, 8, chunk(_RE_CONFIG, 0, responses))


def test_only_what_is_denied_is_told() -> None:
    asked = parameter(17, struct.pack("!IHH", 11, 5, 0)) + parameter(18, struct.pack("!IHH", 12, 6, 0))
    request = packet(5, 9, 7, chunk(_RE_CONFIG, 0, asked))
    assert [one.asked for one in denials(request, _answer((11, 1), (12, 2)))] == [
        "add incoming streams request: request 12, 6 more"
    ]
    assert {one.head for one in denials(request, _answer((11, 2), (12, 2)))} == {request[:8]}
    assert not list(denials(request, _answer((11, 1), (12, 3))))
    assert not list(denials(request, packet(9, 5, 8, data(1, b"x"))))


@given(st.binary(max_size=80), st.binary(max_size=80), st.sampled_from([_RE_CONFIG, DATA]))
def test_nothing_that_a_packet_says_breaks_it(request: bytes, answer: bytes, kind: int) -> None:
    asked, answered = (packet(5, 9, 7, chunk(kind, 0, value)) for value in (request, answer))
    for one in denials(asked, answered):
        assert one.head == asked[:8]


@given(st.lists(st.tuples(st.sampled_from((0, 3, 129, _RE_CONFIG, 192)), st.binary(max_size=20))))
def test_who_asks_is_told_by_the_types_of_chunks(some: list[tuple[int, bytes]]) -> None:
    made = packet(5, 9, 7, *(chunk(kind, 0, value) for kind, value in some))
    assert asks(made) == any(kind == _RE_CONFIG for kind, _ in some)


def test_what_asks_for_nothing_is_not_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    """As FORWARD TSN, of which there may be one a message."""
    calls: list[bytes] = []

    def counted(request: bytes, answer: bytes) -> Iterator[Denial]:
        calls.append(request)
        return denials(request, answer)

    monkeypatch.setattr(pump, "denials", counted)
    with Running("userspace") as running:
        running.listen()
        extensions = parameter(_EXTENSIONS, bytes((_RE_CONFIG, 192)))
        with running.raw_peer(rest=extensions + parameter(0xC000)) as peer:
            peer.handshake()
            running.until(AssocChange, endpoint="server", state="COMM_UP")
            peer.send(_reset(peer, 1))
            running.until(RequestDenied)
            del calls[:]
            for _ in range(3):
                peer.send(chunk(192, 0, struct.pack("!I", peer.tsn)))
                peer.tsn += 1
            peer.message(b"behind them")
            running.until(Message, data=b"behind them")
            assert not calls
            peer.abort()
