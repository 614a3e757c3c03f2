"""What comes in at the UDP door from those who are no peers: it moves, fills and stops nothing.

Time is moved by hand, as in `test_userspace`.
"""

import gc
import struct
import tracemalloc
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sctp_tui.sctp.endpoint import Outgoing
from sctp_tui.sctp.events import AssocChange, Packet, Peer
from sctp_tui.sctp.link.conditioner import ROOM
from sctp_tui.sctp.link.syntax import parse
from sctp_tui.sctp.userspace.links import CONTROL_CHUNKS, RECENT

from .. import rawpeer as raw
from ..rawpeer import RawPeer, chunk, chunks
from .test_userspace import Hand, udp, waiting

pytestmark = pytest.mark.userspace


@pytest.fixture
def hand() -> Iterator[Hand]:
    hand = Hand()
    try:
        yield hand
    finally:
        hand.close()


def peer(hand: Hand, **options: int) -> RawPeer:
    """One that has no association yet."""
    return RawPeer(hand.listening.udp_port, hand.listening.port, **options)  # type: ignore[arg-type]


def up(hand: Hand, of: RawPeer) -> RawPeer:
    """An honest handshake, and no time passes."""
    of.send_init()
    hand.turn()
    of.take_init_ack()
    echo(hand, of)
    return of


def echo(hand: Hand, of: RawPeer) -> None:
    """The second half of a handshake."""
    of.send(chunk(raw.COOKIE_ECHO, 0, of.cookie))
    hand.turn()
    of.receive(raw.COOKIE_ACK)


def test_a_corrupt_packet_moves_nobody(hand: Hand) -> None:
    """All of it right but the checksum: a peer is not reached by the port that it came from."""
    seen: list[Packet] = []
    with up(hand, peer(hand)) as honest, udp() as elsewhere:
        hand.stack.tap(seen.append)
        heartbeat = chunk(raw.HEARTBEAT, 0, raw.parameter(1, b"x"))
        right = raw.packet(honest.source, honest.port, honest.peer_tag, heartbeat)
        corrupt = right[:8] + bytes(octet ^ 0xFF for octet in right[8:12]) + right[12:]
        elsewhere.sendto(corrupt, honest.to)
        hand.turn()
        (refused,) = seen
        assert (refused.verdict, refused.reason) == ("refused", "wrong checksum")
        assert refused.data == corrupt
        assert [one.verdict for one in seen] == ["refused"]
        hand.server.send(hand.server.associations()[0], Outgoing(b"to the peer"))
        hand.turn()
        assert b"to the peer" in honest.receive(raw.DATA)
        assert list(waiting(elsewhere)) == []
        # The same with its checksum is what a NAT does.
        elsewhere.sendto(right, honest.to)
        hand.turn()
        assert [kind for datagram, _ in waiting(elsewhere) for kind, _, _ in chunks(datagram)] == [
            raw.HEARTBEAT_ACK
        ]


@pytest.mark.parametrize("kind", [raw.ERROR, raw.HEARTBEAT, 0x7F, 0xC0])
def test_a_packet_of_more_chunks_than_an_honest_one_has_is_refused(hand: Hand, kind: int) -> None:
    seen: list[Packet] = []
    with up(hand, peer(hand)) as hostile:
        before = len(hand.events)
        hand.stack.tap(seen.append)
        hostile.send(*[chunk(kind)] * (CONTROL_CHUNKS + 1))
        hostile.send(*[chunk(kind)] * 16_000)
        hand.turn()
        why = "more than 32 control chunks in one packet"
        assert [(one.verdict, one.reason) for one in seen] == [("refused", why)] * 2
        assert len(hand.events) == before
        hostile.send(*[chunk(raw.ERROR)] * CONTROL_CHUNKS)
        hand.turn()
        assert len(hand.events) == before + CONTROL_CHUNKS


def test_as_many_messages_in_one_packet_as_it_has_room_for(hand: Hand) -> None:
    """Nothing bounds DATA but its size: a packet over the loopback has room for thousands."""
    with up(hand, peer(hand)) as honest:
        honest.send(*(raw.data(honest.tsn + number, b"x", ssn=number) for number in range(3000)))
        for _ in range(3):
            hand.turn()
        assert hand.received() == [b"x"] * 3000


# --- no state before a cookie comes back


def test_inits_keep_nothing_and_a_newcomer_gets_in_between_them(hand: Hand) -> None:
    """Between the INIT ACK and the COOKIE ECHO of one, 20,000 INITs from others."""
    honest = peer(hand)
    honest.send_init()
    hand.turn()
    honest.take_init_ack()
    flood(hand, 20_000, lambda port: raw.packet(port, honest.port, 0, raw.init(port, 1)))
    assert not hand.stack.pump.links.by_handle
    echo(hand, honest)
    assert hand.states("server") == ["COMM_UP"]
    honest.message(b"in")
    hand.turn()
    assert hand.received() == [b"in"]
    (link,) = hand.stack.pump.links.by_handle.values()
    assert link.address == ("127.0.0.1", honest.socket.getsockname()[1])


def test_bogus_cookies_keep_nothing_and_a_newcomer_gets_in_between_them(hand: Hand) -> None:
    honest = peer(hand)
    honest.send_init()
    hand.turn()
    honest.take_init_ack()
    # Its own cookie too, from elsewhere, and of an age that is none.
    stolen = chunk(raw.COOKIE_ECHO, 0, honest.cookie)
    bogus = chunk(raw.COOKIE_ECHO, 0, bytes(len(honest.cookie)))
    flood(hand, 5_000, lambda port: raw.packet(port, honest.port, honest.peer_tag, bogus))
    flood(hand, 5_000, lambda port: raw.packet(honest.source, honest.port, honest.peer_tag, stolen))
    links = hand.stack.pump.links
    assert not links.by_handle
    assert len(links._recent) == RECENT
    echo(hand, honest)
    assert hand.states("server") == ["COMM_UP"]
    (link,) = links.by_handle.values()
    # From where the association is, of all ports that have none.
    for port in range(1024, 6024):
        honest.transmit(raw.packet(port, honest.port, port, bogus))
        if port % 100 == 0:
            hand.turn()
    hand.turn()
    assert len(link.tagged) == len(links._by_tag) == 1
    assert len(links._recent) == RECENT
    honest.message(b"in")
    hand.turn()
    assert hand.received() == [b"in"]


def test_a_cookie_for_a_port_without_a_listener_keeps_nothing(hand: Hand) -> None:
    with peer(hand) as lost:
        lost.port += 1
        lost.peer_tag = 5
        lost.send(chunk(raw.COOKIE_ECHO, 0, bytes(400)))
        hand.turn()
        lost.receive(raw.ABORT)
    assert not hand.stack.pump.links.by_handle


def test_an_association_that_ends_within_its_cookie_has_a_peer(hand: Hand) -> None:
    """A COOKIE ECHO and an ABORT in one packet: no COOKIE ACK, and both ends of it are told."""
    with peer(hand) as hasty:
        hasty.send_init()
        hand.turn()
        hasty.take_init_ack()
        hasty.send(chunk(raw.COOKIE_ECHO, 0, hasty.cookie), chunk(raw.ABORT))
        hand.turn()
        changes = hand.of("server", AssocChange)
        assert [change.state for change in changes] == ["COMM_UP", "COMM_LOST"]
        udp_port = hasty.socket.getsockname()[1]
        for change in changes:
            assert change.peer == Peer(("127.0.0.1",), hasty.source, udp_port)
    assert not hand.stack.pump.links.by_handle


def test_one_who_comes_again_at_once_stays(hand: Hand) -> None:
    """The ABORT of one association and the COOKIE ECHO of the next, before the end of the first was told."""
    with up(hand, peer(hand)) as first:
        again = peer(hand, source=first.source + 1)
        again.socket.close()
        again.socket = first.socket
        again.send_init()
        hand.turn()
        again.take_init_ack()
        first.abort()
        again.send(chunk(raw.COOKIE_ECHO, 0, again.cookie))
        hand.turn()
        again.receive(raw.COOKIE_ACK)
        assert hand.states("server") == ["COMM_UP", "COMM_LOST", "COMM_UP"]
        again.message(b"here")
        hand.turn()
        assert hand.received() == [b"here"]
        assert len(hand.stack.pump.links) == 1


def test_a_cookie_sent_again_keeps_no_link_after_the_end(hand: Hand) -> None:
    with up(hand, peer(hand)) as forgetful:
        echo(hand, forgetful)
        assert hand.states("server") == ["COMM_UP"]
        forgetful.abort()
        hand.turn()
    assert not hand.stack.pump.links.by_handle


def test_the_same_cookie_brings_up_another_one(hand: Hand) -> None:
    """With the same tags, after an ABORT and before the end was told."""
    with up(hand, peer(hand)) as again:
        again.abort()
        again.send(chunk(raw.COOKIE_ECHO, 0, again.cookie))
        hand.turn()
        assert hand.states("server") == ["COMM_UP", "COMM_LOST", "COMM_UP"]
        assert len({change.peer for change in hand.of("server", AssocChange)}) == 1
        again.message(b"here")
        hand.turn()
        assert hand.received() == [b"here"]


def test_a_newcomer_where_a_peer_was_that_has_moved(hand: Hand) -> None:
    """Its number is another one than that of the first, which is worked out from the same address."""
    with up(hand, peer(hand)) as first, up(hand, peer(hand)) as other:
        first.socket, other.socket = other.socket, first.socket
        first.message(b"first")
        other.message(b"other")
        hand.turn()
        assert sorted(hand.received()) == [b"first", b"other"]
        # Back, and the other one ends: an address without a link, of which one was made.
        other.abort()
        hand.turn()
        newcomer = peer(hand)
        newcomer.socket.close()
        newcomer.socket = other.socket
        up(hand, newcomer)
        newcomer.message(b"newcomer")
        first.message(b"still here")
        hand.turn()
        assert sorted(hand.received()[2:]) == [b"newcomer", b"still here"]
        assert len({link.handle for link in hand.stack.pump.links.by_handle.values()}) == 2


def test_a_delayed_newcomer_gets_in(hand: Hand) -> None:
    """Its packets are on their way while it has no link yet, and so are the answers."""
    hand.stack.link.set(parse("delay=100ms"), parse("delay=100ms"), 1)
    with peer(hand) as newcomer:
        newcomer.send_init()
        hand.run(0.3)
        newcomer.take_init_ack()
        newcomer.send(chunk(raw.COOKIE_ECHO, 0, newcomer.cookie))
        hand.run(0.3)
        newcomer.receive(raw.COOKIE_ACK)
        assert hand.states("server") == ["COMM_UP"]
        newcomer.message(b"late")
        hand.run(0.3)
        assert hand.received() == [b"late"]


def test_a_handshake_of_a_stranger_is_one_flow(hand: Hand) -> None:
    seen: list[Packet] = []
    hand.stack.tap(seen.append)
    with up(hand, peer(hand)) as newcomer:
        newcomer.abort()
        hand.turn()
        up(hand, newcomer)
    assert len(seen) == 4 + 1 + 4
    assert len({one.flow for one in seen}) == 1


def test_answers_do_not_pile_up_whatever_number_of_sockets_is_flooded(hand: Hand) -> None:
    seen: list[Packet] = []
    hand.stack.tap(seen.append)
    hosts = ["127.0.0.1", "127.0.0.2", "127.0.0.3"]
    both = hand.open("at three addresses").listen(hosts, 0, 0)
    init = raw.packet(5000, both.port, 0, raw.init(5, 1))
    with udp() as stranger:
        for host in hosts:
            for _ in range(300):
                stranger.sendto(init, (host, both.udp_port))
        waits = []
        for _ in range(4):
            hand.turn()
            waits.append(len(hand.stack.pump._out))
        assert waits == [0] * 4
    assert [one.direction for one in seen].count("out") == 900


def flood(hand: Hand, count: int, of: Callable[[int], bytes]) -> None:
    """Datagrams, each from a UDP port of its own as far as there are any; `of` the number of the port."""
    for number in range(count):
        with udp() as stranger:
            stranger.sendto(of(1024 + number % 60_000), ("127.0.0.1", hand.listening.udp_port))
        if number % 100 == 99:
            hand.turn()


class Crowd:
    """Four peers: three UDP ports, and three SCTP ports, so that no two are the same pair."""

    def __init__(self, hand: Hand) -> None:
        self.hand = hand
        self.peers = [peer(hand, source=source) for source in (4001, 4001, 4002, 4003)]
        self.peers[3].socket.close()
        self.peers[3].socket = self.peers[2].socket
        for one in self.peers:
            one.socket.setblocking(False)

    def do(self, what: str, index: int) -> None:
        one, echo = self.peers[index], chunk(raw.COOKIE_ECHO, 0, self.peers[index].cookie)
        match what:
            case "init":
                one.tag = one.tag % 0xFFFFFFFF + 1
                one.send_init()
                self.hand.stack.poll()
                for datagram, _ in waiting(one.socket):
                    if datagram[12] == raw.INIT_ACK:
                        one.peer_tag, one.cookie = int.from_bytes(datagram[16:20], "big"), _cookie(datagram)
            case "echo":
                one.send(echo)
            case "echo and abort":
                one.send(echo, chunk(raw.ABORT))
            case "abort":
                one.abort()
            case "message":
                one.message(b"x")
            case "swap":
                other = self.peers[(index + 1) % 4]
                one.socket, other.socket = other.socket, one.socket
            case "corrupt":
                whole = raw.packet(one.source, one.port, one.peer_tag, chunk(raw.ABORT))
                one.transmit(whole[:8] + b"abcd" + whole[12:])
            case "read":
                self.hand.turn()


def _cookie(init_ack: bytes) -> bytes:
    at = 32
    while int.from_bytes(init_ack[at : at + 2], "big") != 7:
        at += (int.from_bytes(init_ack[at + 2 : at + 4], "big") + 3) & ~3
    return init_ack[at + 4 : at + int.from_bytes(init_ack[at + 2 : at + 4], "big")]


DEEDS = ["init", "echo", "echo and abort", "abort", "message", "swap", "corrupt", "read"]


@given(st.lists(st.tuples(st.sampled_from(DEEDS), st.integers(0, 3)), max_size=60))
@settings(max_examples=100, deadline=None)
def test_a_link_for_each_peer_that_has_an_association_whatever_they_do(deeds: list[tuple[str, int]]) -> None:
    hand = Hand()
    crowd = Crowd(hand)
    try:
        for what, index in deeds:
            crowd.do(what, index)
        for _ in range(2):
            hand.turn()
        _check(hand)
    finally:
        for one in crowd.peers:
            one.socket.close()
        hand.close()


def _check(hand: Hand) -> None:
    links, server = hand.stack.pump.links, hand.server
    assert all(change.peer and change.peer.port for change in hand.of("server", AssocChange))
    assert set(server.associations()) == set(server._links)
    up = {id(known.link) for known in server._links.values()}
    assert {id(link) for link in links.by_handle.values()} == up
    assert all(links.by_handle[known.link.handle] is known.link for known in server._links.values())
    assert len(links._by_tag) == sum(len(link.tagged) for link in links.by_handle.values())
    assert len(links._by_tag) == len(server._links)
    assert {id(link) for link in links._by_address.values()} <= up
    for assoc_id in server.associations():
        server.abort(assoc_id, "")
    hand.turn()
    assert not links.by_handle
    assert not links._by_tag
    assert not links._by_address


# --- what is on its way


def test_what_is_on_its_way_has_a_bound(hand: Hand) -> None:
    """60 s of delay, and who sends all the while: past the bound packets are dropped, as on a real link."""
    seen: list[Packet] = []
    hand.stack.tap(seen.append)
    hand.stack.link.set(parse("delay=60000"), parse(""), 1)
    with peer(hand) as hostile:
        large = raw.packet(hostile.source, hostile.port, 5, raw.data(1, bytes(60_000)))
        for _ in range(600):
            hostile.transmit(large)
            hand.turn()
        verdicts = [one.verdict for one in seen]
        room = ROOM // (len(large) + 256) + 1
        assert verdicts == ["delayed"] * room + ["dropped"] * (600 - room)
        assert seen[-1].reason == "32 MiB are on their way already: delay=60000ms"
        assert hand.stack.link.state().waiting == room
        hand.run(61, step=0.5)
        assert hand.stack.link.state().waiting == 0
        hostile.transmit(large)
        hand.turn()
        assert [one.verdict for one in seen if one.direction == "in"][600:] == ["delayed"]


def test_what_is_on_its_way_takes_what_is_counted(hand: Hand) -> None:
    """The bound is of memory: small packets take more than their octets."""
    transit = hand.stack.pump.transit
    hand.stack.link.set(parse("delay=60000"), parse(""), 1)
    link = hand.stack.pump.links.add("192.0.2.1")
    gc.collect()
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        for size in (16, 16, 1252) * 1000:
            transit.hold(link, bytes(size), 0, transit.now() + 60.0, "in")
        gc.collect()
        taken = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    assert taken <= transit.on_the_way("in") <= 2 * taken


# --- what is asked about who has gone


def test_one_who_ends_while_nobody_reads_ends_nothing_else(hand: Hand) -> None:
    """With data outstanding to it: to the library it is gone, and its end waits to be read."""
    with up(hand, peer(hand)) as hasty:
        hand.server.send(hand.server.associations()[0], Outgoing(b"outstanding"))
        hand.stack.poll()
        hasty.abort()
        for _ in range(2):
            hand.time += 1
            hand.stack.poll()
            assert hand.stack.timeout(receiving=False) is not None
    hand.turn()
    assert hand.states("server") == ["COMM_UP", "COMM_LOST"]


def test_who_comes_and_goes_leaves_nothing_behind_one_that_takes_nothing(hand: Hand) -> None:
    """Whether data is outstanding is asked of the first that may have some, while others come and go."""
    with up(hand, peer(hand)):
        hand.server.send(hand.server.associations()[0], Outgoing(b"never acknowledged"))
        for _ in range(20):
            with up(hand, peer(hand)) as other:
                other.abort()
                hand.turn()
        assert len(hand.server._sent) == len(hand.server._links) == len(hand.stack.pump.links) == 1


# --- what only looks like an answer


@pytest.mark.parametrize("flaw", ["tag", "checksum", ""])
def test_only_an_abort_that_means_a_set_up_is_why_it_ended(hand: Hand, flaw: str) -> None:
    """Each INIT of a client is answered by an ABORT, with the right tag and checksum or not."""
    with udp() as server:
        client = hand.client(server.getsockname()[1])
        while not hand.states(client.name):
            hand.run(0.1, step=0.1)
            for init, address in waiting(server):
                source, destination = struct.unpack_from("!HH", init)
                tag = int.from_bytes(init[16:20], "big") ^ (flaw == "tag")
                abort = raw.packet(destination, source, tag, chunk(raw.ABORT))
                if flaw == "checksum":
                    abort = abort[:8] + bytes(octet ^ 0xFF for octet in abort[8:12]) + abort[12:]
                server.sendto(abort, address)
    (end,) = hand.of(client.name, AssocChange)
    assert end.state == "CANT_STR_ASSOC"
    assert ("no answer" if flaw else "nobody listens") in end.error_text
    assert end.by == ("nobody" if flaw else "peer")
