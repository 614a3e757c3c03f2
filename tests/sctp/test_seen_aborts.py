"""The ABORTs that a capture has seen: whose they are, each told once, and not more kept than that."""

from msgspec.structs import replace

from sctp_tui.sctp.events import Direction, Packet, Peer
from sctp_tui.sctp.kernel import seen_aborts
from sctp_tui.sctp.kernel.seen_aborts import SeenAborts

from .. import rawpeer as raw

_SERVER, _PEER = Peer(("127.0.0.1",), 9), Peer(("10.0.0.1",), 7)


def _abort(direction: Direction, at: float = 0.0, *, flags: int = 0, peer: Peer = _PEER) -> Packet:
    ports = (9, peer.port) if direction == "out" else (peer.port, 9)
    data = raw.packet(*ports, 1, raw.chunk(raw.ABORT, flags))
    return Packet(
        at=at,
        mono=at,
        endpoint="server",
        key=0,
        assoc_id=0,
        peer=peer,
        local=_SERVER,
        flow=1,
        direction=direction,
        verdict="delivered",
        reason="",
        delay=0.0,
        data=data,
    )


def test_each_is_told_once() -> None:
    words = SeenAborts()
    words.record(_abort("in", flags=1))
    assert words.take(9, Peer(("10.0.0.1",), 8), 0.1) is None
    found = words.take(9, Peer(("10.9.9.9", "10.0.0.1"), 7), 0.1)
    assert found is not None
    assert (found.ours, found.reflected) == (False, True)
    assert words.take(9, _PEER, 0.1) is None


def test_one_that_was_discarded_has_ended_nothing() -> None:
    words = SeenAborts()
    words.record(replace(_abort("in"), verdict="refused"))
    assert words.take(9, _PEER, 0.1) is None


def test_our_own_comes_before_one_that_may_be_anybodys() -> None:
    words = SeenAborts()
    words.record(_abort("out", 0.0))
    words.record(_abort("in", 0.1))
    found = words.take(9, _PEER, 0.2)
    assert found is not None
    assert found.ours


def test_both_ends_of_this_program_see_it_from_their_side() -> None:
    words = SeenAborts()
    words.record(_abort("out"))
    of_server, of_client = words.take(9, _PEER, 0.1), words.take(7, _SERVER, 0.1)
    assert of_server is not None
    assert of_client is not None
    assert (of_server.ours, of_client.ours) == (True, False)


def test_an_old_one_has_ended_another_association() -> None:
    words = SeenAborts()
    words.record(_abort("in", 0.0))
    assert words.take(9, _PEER, 5.0) is None


def test_strangers_take_no_more_room_than_that() -> None:
    words = SeenAborts()
    for port in range(1, 5000):
        words.record(_abort("in", peer=Peer(("10.0.0.1",), port)))
    assert len(words._by_ends) <= 2 * seen_aborts._KEPT
    assert words.take(9, Peer(("10.0.0.1",), 1), 0.1) is None
    assert words.take(9, Peer(("10.0.0.1",), 4999), 0.1) is not None


def test_other_packets_are_passed_over() -> None:
    words = SeenAborts()
    sack = raw.packet(7, 9, 1, raw.sack(5))
    for data in (sack, sack[:12], b""):
        words.record(
            Packet(
                at=0,
                mono=0,
                endpoint="server",
                key=0,
                assoc_id=0,
                peer=_PEER,
                local=_SERVER,
                flow=1,
                direction="in",
                verdict="delivered",
                reason="",
                delay=0.0,
                data=data,
            )
        )
    assert words.take(9, _PEER, 0.1) is None
