"""What an end had heard by the time that it sends, and that nothing else is said of its chunks."""

import struct
from collections.abc import Callable, Iterator, Sequence
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from sctp_tui.monitor.text.chunks import TsnBase
from sctp_tui.monitor.trace.conversations import Conversation
from sctp_tui.monitor.trace.heard import RTO
from sctp_tui.monitor.trace.ladder import Ladder, Row
from sctp_tui.monitor.trace.packet_fields import packet_sections
from sctp_tui.monitor.trace.rto_samples import RtoSamples
from sctp_tui.monitor.trace.states import StateTracker
from sctp_tui.monitor.why.rows import why_row
from sctp_tui.sctp.events import AssocChange, Direction, Packet, Peer
from sctp_tui.sctp.link.conditions import Verdict

from .. import rawpeer as raw
from ..sctp.linked import Linked, ladder

_SILENCE = ("no answer", "nothing came back", "does not answer")
"""What beginners are told where an end missed answers."""
_LOCAL, _PEER = Peer(("127.0.0.1",), 9), Peer(("127.0.0.1",), 7)


def _packet(
    at: float, direction: Direction, *chunks: bytes, verdict: Verdict = "delivered", delay: float = 0.0
) -> Packet:
    ports = (9, 7) if direction == "out" else (7, 9)
    data = raw.packet(*ports, 0 if chunks[0] is _INIT else _TAG, *chunks)
    return Packet(
        at=at,
        mono=at,
        endpoint="server",
        key=0,
        assoc_id=0,
        peer=_PEER,
        local=_LOCAL,
        flow=1,
        direction=direction,
        verdict=verdict,
        reason="",
        delay=delay,
        data=data,
    )


def _ladder(packets: Sequence[Packet]) -> Ladder:
    conversation = Conversation(packets[0])
    for packet in packets:
        conversation.add(packet)
    ladder = Ladder(conversation)
    ladder.update()
    return ladder


def _told(*packets: Packet) -> str:
    """What beginners are told of the last packet."""
    *_, last = _ladder(packets)
    return " ".join(words.text for _, words in why_row(last, "beginner"))


_TAG = 5
"""Of both ends."""
_INIT, _ABORT = raw.init(_TAG, 100), raw.chunk(raw.ABORT)
_INIT_ACK = raw.chunk(raw.INIT_ACK, 0, struct.pack("!IIHHI", _TAG, 1000, 5, 5, 200))
_DATA = [raw.data(tsn, b"hello") for tsn in range(100, 110)]
_BEAT = raw.chunk(raw.HEARTBEAT, 0, raw.parameter(1, b"when"))
_NUMBERED: tuple[Callable[[int], bytes], ...] = (
    lambda number: raw.chunk(192, 0, struct.pack("!I", number)),
    lambda number: raw.chunk(194, 0, struct.pack("!I", number)),
    lambda number: raw.chunk(130, 0, raw.parameter(13, struct.pack("!III", number, 0, 9))),
    lambda number: raw.chunk(193, 0, struct.pack("!I", number) + raw.parameter(5, bytes(4))),
)
"""FORWARD TSN, I-FORWARD-TSN, RE-CONFIG and ASCONF: a later one with another number asks another thing."""
_LOST = raw.parameter(13, b"Association exceeded its max_retrans count")


def test_an_abort_that_answers_an_init_refuses() -> None:
    assert "The answer to an INIT is no" in _told(_packet(0, "in", _INIT), _packet(0.001, "out", _ABORT))
    reflected = raw.chunk(raw.ABORT, 1)
    assert "The answer to an INIT is no" in _told(_packet(0, "in", _INIT), _packet(9, "out", reflected))
    room = raw.chunk(raw.ABORT, 0, raw.parameter(4))
    told = _told(_packet(0, "in", _INIT), _packet(0.001, "out", room))
    assert "The answer to an INIT is no" in told
    assert "no room left" in told
    # Not where the INIT was answered before.
    told = _told(_packet(0, "in", _INIT), _packet(0.001, "out", _INIT_ACK), _packet(0.002, "out", _ABORT))
    assert "no reason is given" in told


def test_a_heartbeat_is_explained_by_what_went_to_its_address_before() -> None:
    ack = raw.chunk(raw.HEARTBEAT_ACK, 0, raw.parameter(1, b"when"))
    data, sack = raw.data(100, b"a"), raw.sack(100)
    idle, soon, again = (
        "has sent no new data to this address for long",
        "sooner than after the usual 30 s",
        "was not answered in time",
    )
    assert idle in _told(_packet(0, "in", sack), _packet(1, "out", _BEAT))  # nothing was seen to go there
    up = [_packet(0, "out", data), _packet(0.1, "in", sack)]
    assert soon in _told(*up, _packet(0.2, "out", _BEAT))
    assert idle in _told(*up, _packet(31, "out", _BEAT))
    first = [*up, _packet(31, "out", _BEAT)]
    assert soon in _told(*first, _packet(31.1, "in", ack), _packet(33, "out", _BEAT))
    assert again in _told(*first, _packet(33, "out", _BEAT))
    assert again in _told(*first, _packet(31.1, "in", ack, verdict="dropped"), _packet(33, "out", _BEAT))
    assert soon in _told(*first, _packet(31.1, "in", ack, delay=1), _packet(33, "out", _BEAT))
    assert again in _told(*first, _packet(31.1, "in", ack, delay=5), _packet(33, "out", _BEAT))
    # What is sent again measures nothing, so the address is idle all the same.
    repeats = [_packet(at, "out", data) for at in (1, 3, 7, 15)]
    assert idle in _told(up[0], *repeats, _packet(31, "out", _BEAT))
    assert soon in _told(up[0], *repeats, _packet(16, "out", raw.data(101, b"b")), _packet(31, "out", _BEAT))
    # To another address nothing has gone.
    elsewhere = replace(_packet(0.2, "out", _BEAT), peer=Peer(("127.0.0.2",), 7))
    assert idle in _told(*up, elsewhere)


def test_a_first_try_is_known_as_such_where_it_is_seen_as_it_is_sent() -> None:
    """A peer's may have been lost on its way here, and in a capture any before it."""

    def told(direction: Direction, *, within: bool, captured: bool) -> str:
        one = _packet(1, direction, _DATA[0])
        (row,) = _ladder([replace(one, within=within, captured=captured)])
        return " ".join(words.text for _, words in why_row(row, "expert"))

    for direction in get_args(Direction):
        for within in (False, True):
            known = within or direction == "out"
            assert ("had room" in told(direction, within=within, captured=False)) == known
            assert ("First seen here" in told(direction, within=within, captured=False)) != known
            assert "had room" not in told(direction, within=within, captured=True)


@pytest.mark.parametrize(
    ("captured", "clock"), [(False, "the link's clock"), (True, "the kernel's clock, as captured")]
)
def test_whose_clock_a_packets_time_is_by(captured: bool, clock: str) -> None:
    (row,) = _ladder([replace(_packet(1, "out", _DATA[0]), captured=captured)])
    told = dict(next(packet_sections(row, TsnBase())).fields)
    assert told["after"] == f"0.000000 s since the first packet, by {clock}"


def test_a_bare_abort_a_moment_after_something_came_is_no_silence() -> None:
    sack = raw.sack(100)
    before = [_packet(at, "out", _DATA[0]) for at in (0.0, 1.0, 3.0)]
    assert "no answer for too long" in _told(*before, _packet(7, "out", _ABORT))
    assert "no reason is given" in _told(*before, _packet(6.99, "in", sack), _packet(7, "out", _ABORT))
    # What the link dropped was not heard, nor what is still on its way.
    lost = _packet(6.99, "in", sack, verdict="dropped")
    assert "no answer for too long" in _told(*before, lost, _packet(7, "out", _ABORT))
    late = _packet(6.5, "in", sack, verdict="delayed", delay=0.6)
    assert "no answer for too long" in _told(*before, late, _packet(7, "out", _ABORT))
    assert "no reason is given" in _told(*before, late, _packet(7.2, "out", _ABORT))


def test_an_abort_that_answers_an_init_ack_knows_of_no_association() -> None:
    init, init_ack = _packet(0.0, "in", _INIT), _packet(0.1, "out", _INIT_ACK)
    echo = _packet(0.2, "in", raw.chunk(raw.COOKIE_ECHO, 0, b"cook"))
    assert "The answer to an INIT ACK" in _told(init, init_ack, _packet(0.2, "in", _ABORT))
    assert "The answer to an INIT ACK" in _told(init_ack, _packet(0.2, "in", _ABORT))  # nobody had asked
    # What is set up, or up, is aborted by itself.
    assert "no reason is given" in _told(init, init_ack, echo, _packet(0.3, "in", _ABORT))
    again = _packet(0.3, "out", _INIT_ACK)
    assert "no reason is given" in _told(init, init_ack, echo, again, _packet(0.4, "in", _ABORT))
    assert "no reason is given" in _told(_packet(0.0, "in", _DATA[0]), again, _packet(0.4, "in", _ABORT))
    late = _packet(0.1, "out", _INIT_ACK, verdict="delayed", delay=0.6)
    assert "no reason is given" in _told(init, late, _packet(0.2, "in", _ABORT))


@pytest.mark.userspace
def test_the_answer_to_a_set_up_that_was_aborted_meanwhile() -> None:
    with Linked() as linked:
        linked.condition("delay=50", "delay=50")
        client = linked.begin()
        linked.run(0.02)
        client.abort(0, "enough")
        linked.run(1)
        assert ladder(linked.packets)[-1] == "> ABORT delayed"
        assert "The answer to an INIT ACK" in _told(*linked.packets)


def test_time_alone_is_no_silence() -> None:
    """Who asked nothing again has missed nothing."""
    told = _told(_packet(0, "in", _BEAT), _packet(0, "out", _DATA[0]), _packet(90, "out", _ABORT))
    assert "no reason is given" in told
    new = [_packet(1 + n, "out", data) for n, data in enumerate(_DATA)]
    told = _told(*new, _packet(90, "out", _ABORT))
    assert "no reason is given: a program may have asked for it, or a stack gave up" in told


def test_a_repeat_at_once_is_no_silence() -> None:
    """As of a fast retransmission, right after the SACKs that asked for it."""
    asked = [_packet(0.0, "out", _DATA[0]), _packet(0.1, "in", raw.sack(99)), _packet(0.2, "out", _DATA[0])]
    assert "no reason is given" in _told(*asked, _packet(0.3, "out", _ABORT))
    assert "no reason is given" in _told(*asked, _packet(9.0, "out", _ABORT))


@pytest.mark.parametrize("causes", [b"", _LOST])
@pytest.mark.parametrize(
    "asked",
    [
        *(_BEAT, _INIT, raw.chunk(raw.COOKIE_ECHO, 0, b"cook"), _DATA[0], raw.chunk(raw.SHUTDOWN_ACK)),
        *(one(1) for one in _NUMBERED),
    ],
)
def test_each_stack_gives_up_in_its_own_way(asked: bytes, causes: bytes) -> None:
    asking = [_packet(at, "out", asked) for at in (0.0, 1.0, 3.0)]
    told = _told(*asking, _packet(7, "out", raw.chunk(raw.ABORT, 0, causes)))
    if asked[0] in (raw.INIT, raw.COOKIE_ECHO):
        assert told.startswith("An end gave up before the association was up: its INIT, or its cookie")
    else:
        assert told.startswith("An end gives the association up: it got no answer for too long, though it")


def test_with_a_short_rto_the_abort_itself_tells_of_the_silence() -> None:
    """RTO.Min may be 100 ms, which no packet says; but Linux says why it gives up."""
    asking = [_packet(0.0, "in", raw.sack(100)), *(_packet(at, "out", _BEAT) for at in (0.1, 0.2, 0.4))]
    told = _told(*asking, _packet(0.8, "out", raw.chunk(raw.ABORT, 0, _LOST)))
    assert "no answer for too long" in told
    told = _told(*asking, _packet(0.8, "out", raw.chunk(raw.ABORT)))
    assert "no reason is given" in told
    told = _told(*asking[:2], _packet(0.15, "out", raw.chunk(raw.ABORT, 0, _LOST)))
    assert "no answer for too long" not in told


@pytest.mark.parametrize("asked", _NUMBERED)
def test_another_question_is_not_the_same_again(asked: Callable[[int], bytes]) -> None:
    told = _told(*(_packet(at, "out", asked(at)) for at in (0, 1, 3)), _packet(7, "out", _ABORT))
    assert "no reason is given" in told


def test_a_program_that_aborts_a_silent_peer_is_not_the_silence() -> None:
    asking = [_packet(at, "out", _DATA[0]) for at in (0.0, 1.0, 3.0)]
    told = _told(*asking, _packet(7, "out", raw.chunk(raw.ABORT, 0, raw.parameter(12, b"enough"))))
    assert "The program at that end asked for it" in told
    assert not any(words in told for words in _SILENCE)


def test_an_init_again_at_once_missed_nothing() -> None:
    assert "Nothing came back in time" in _told(*[_packet(at, "in", _INIT) for at in (0, 1)])
    told = _told(*[_packet(at, "in", _INIT) for at in (0, 0.0001)])
    assert "sooner than an end usually repeats" in told


# --- of whatever may pass


_KINDS = (
    _INIT,
    _INIT_ACK,
    _BEAT,
    _ABORT,
    raw.chunk(raw.ABORT, 1),
    raw.chunk(raw.ABORT, 0, _LOST),
    raw.chunk(raw.COOKIE_ECHO, 0, b"cook"),
    raw.chunk(raw.SHUTDOWN, 0, bytes(4)),
    raw.sack(100),
    *_DATA[:3],
)


@st.composite
def _packets(draw: st.DrawFn) -> list[Packet]:
    at, packets = 0.0, []
    kinds = draw(st.lists(st.sampled_from(_KINDS), min_size=1, max_size=4))  # few, so that they come again
    for _ in range(draw(st.integers(1, 25))):
        at += draw(st.sampled_from((0.0, 0.01, 0.5, 1.0, 3.0, 60.0)))
        verdict: Verdict = draw(st.sampled_from(get_args(Verdict)))
        delay = draw(st.sampled_from((0.02, 2.0))) if verdict == "delayed" else 0.0
        direction: Direction = draw(st.sampled_from(get_args(Direction)))
        packets.append(_packet(at, direction, draw(st.sampled_from(kinds)), verdict=verdict, delay=delay))
    return packets


def _says_so(row: Row) -> bool:
    """Whether it says itself why its sender gives up, having asked again: RTO.Min may be short."""
    return row.heard.again and _LOST in row.packet.data


def speaks_of_silence_too_soon(rows: Sequence[Row]) -> Iterator[str]:
    """Of what is told of these packets, what speaks of silence though something came within an RTO."""
    for at, row in enumerate(rows):
        now, direction = row.packet.mono, row.packet.direction
        heard = [
            arrived
            for one in rows[:at]
            if one.packet.direction != direction and one.arrives
            if (arrived := one.packet.mono + one.packet.transit) <= now
        ]
        if not heard or now - max(heard) >= RTO or _says_so(row):
            continue
        for _, words in why_row(row, "beginner"):
            if any(one in words.text.lower() for one in _SILENCE):
                yield f"{row.number}: {words.text}"


def gives_up_too_soon(rows: Sequence[Row], tracker: StateTracker) -> Iterator[str]:
    """The same of the transitions that the ends are said to have taken."""
    by_number = {row.number: row for row in rows}
    for one in tracker.taken:
        row = by_number.get(one.number)
        if one.transition.trigger != "no answer" or row is None or _says_so(row):
            continue
        if not row.heard.silent:
            yield f"{one.number}: {one.transition}"


@given(_packets())
def test_nothing_speaks_of_silence_within_an_rto_of_having_heard(packets: list[Packet]) -> None:
    ladder = _ladder(packets)
    assert list(speaks_of_silence_too_soon(list(ladder))) == []
    tracker = StateTracker(ladder.conversation)
    tracker.update(float("inf"))
    assert list(gives_up_too_soon(list(ladder), tracker)) == []


@pytest.mark.userspace
@pytest.mark.parametrize("seed", range(3))
def test_nor_of_real_associations(seed: int) -> None:
    """Packets lost, late and doubled, then a peer that falls silent."""
    with Linked() as linked:
        client = linked.up()
        linked.condition("loss=20% delay=30 dup=5%", "loss=20% delay=30", seed=seed)
        for number in range(60):
            linked.send(client, number % 3, b"x" * 700)
        linked.until(lambda: len(linked.received()) == 61, 1000.0)
        linked.condition("cut", "cut")
        linked.send(client, 1, b"into the void")
        linked.until(lambda: "COMM_LOST" in linked.states(client), 1000.0)
        ladder = _ladder(linked.packets)
        tracker = StateTracker(ladder.conversation)
        tracker.update(linked.time)
    rows = list(ladder)
    assert list(speaks_of_silence_too_soon(rows)) == []
    assert list(gives_up_too_soon(rows, tracker)) == []
    (end,) = [one for one in linked.of(client, AssocChange) if one.state == "COMM_LOST"]
    assert end.by == "nobody"
    last = tracker.last("peer")
    assert last is not None
    assert last.transition.trigger == "no answer"


def test_a_cookie_that_came_twice_before_its_answer_is_seen_may_have_been_taken_before() -> None:
    """As behind netem, where the first COOKIE ACK is lost before it is seen."""
    echo, ack = raw.chunk(raw.COOKIE_ECHO, 0, b"cookie.."), raw.chunk(raw.COOKIE_ACK)

    def told(*ats: tuple[float, Direction, bytes], captured: bool = True) -> str:
        begun = [_packet(0.0, "in", _INIT), _packet(0.1, "out", _INIT_ACK), _packet(0.2, "in", echo)]
        packets = (*begun, *(_packet(*one) for one in ats))
        return _told(*(replace(one, captured=captured) for one in packets))

    assert "more than once" not in told((0.3, "out", ack))
    late: list[tuple[float, Direction, bytes]] = [(3.2, "in", echo), (3.3, "out", ack)]
    assert "has come more than once" in told(*late)
    assert "more than once" not in told(*late, captured=False)  # then no answer can have been missed
    assert "already up" in told((0.3, "out", ack), *late)


@pytest.mark.parametrize(
    ("told", "said"), [(None, "no reason is given"), (0.2, "it got no answer for too long")]
)
def test_an_abort_is_for_silence_by_the_rto_that_its_sender_told(told: float | None, said: str) -> None:
    """With an RTO below 1 s an end gives up sooner than an RTO of the usual size after it heard something."""
    chunks = raw.data(1, b"x"), raw.data(1, b"x"), raw.data(1, b"x"), _ABORT
    sent = [_packet(at, "out", one) for at, one in zip((0.1, 0.3, 0.7, 0.9), chunks, strict=True)]
    conversation = Conversation(_packet(0, "in", raw.sack(0)))
    for packet in (_packet(0, "in", raw.sack(0)), *sent):
        conversation.add(packet)
    if told is not None:
        conversation.rto["out"] = RtoSamples()
        conversation.rto["out"].add(0.0, told)
    ladder, tracker = Ladder(conversation), StateTracker(conversation)
    while ladder.update() or tracker.update(1.0):
        pass
    *_, last = ladder
    assert said in next(why_row(last, "beginner"))[1].text
    taken = tracker.last("local")
    assert taken is not None
    assert taken.transition.trigger == ("[ABORT]" if told is None else "no answer")
