"""The state machine: packets of real associations followed through the table, and the picture of it."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from sctp_tui.engine.event_queue import Batch
from sctp_tui.monitor.monitor import Monitor
from sctp_tui.monitor.text.ending import AssociationEnd
from sctp_tui.monitor.trace.conversations import Conversation, End
from sctp_tui.monitor.trace.ladder import Ladder
from sctp_tui.monitor.trace.states import TABLE, StateTracker
from sctp_tui.monitor.why.rows import why_row
from sctp_tui.sctp.events import AssocChange, AssocState, Ending, Origin, Packet, Peer
from sctp_tui.sctp.link.conditions import Verdict
from sctp_tui.sctp.states import STATES, State
from sctp_tui.tui.wire.state_diagram import NARROWEST, diagram

from ..harness import Running
from ..sctp.linked import Linked
from .story import Story

_KINDS = {
    "DATA": 0,
    "INIT": 1,
    "INIT ACK": 2,
    "SACK": 3,
    "ABORT": 6,
    "SHUTDOWN": 7,
    "SHUTDOWN ACK": 8,
    "ERROR": 9,
    "COOKIE ECHO": 10,
    "COOKIE ACK": 11,
    "SHUTDOWN COMPLETE": 14,
}
_VALUES = {"DATA": 13, "INIT": 16, "INIT ACK": 16, "SACK": 12, "SHUTDOWN": 4, "COOKIE ECHO": 8}


def _packet(
    name: str, direction: str, at: float, *, verdict: Verdict = "delivered", delay: float = 0.0
) -> Packet:
    value = bytes(_VALUES.get(name, 0))
    flags = 3 if name == "DATA" else 0
    data = bytes((0, 9, 0, 7)) + bytes(8) + bytes((_KINDS[name], flags, 0, 4 + len(value))) + value
    data += bytes(-len(data) % 4)
    local, peer = Peer(("127.0.0.1",), 9), Peer(("127.0.0.1",), 7)
    return Packet(
        at=at,
        mono=at,
        endpoint="server",
        key=0,
        assoc_id=0,
        peer=peer,
        local=local,
        flow=1,
        direction=direction,  # type: ignore[arg-type]
        verdict=verdict,
        reason="",
        delay=delay,
        data=data,
    )


def _ended(state: AssocState, by: Origin, why: str = "") -> AssociationEnd:
    return AssociationEnd.of(Story().change(1, state, by, why))


def _conversation(*packets: Packet) -> Conversation:
    conversation = Conversation(packets[0])
    for packet in packets:
        conversation.add(packet)
    return conversation


_HANDSHAKE = (("INIT", "in"), ("INIT ACK", "out"), ("COOKIE ECHO", "in"), ("COOKIE ACK", "out"))


@pytest.fixture
def seeing() -> Iterator[Running]:
    with Running("userspace", packets=("userspace",)) as running:
        running.listen()
        yield running


def _followed(running: Running, key: int) -> StateTracker:
    """The association's packets followed to their end."""
    monitor = Monitor()
    monitor.fold(Batch(running.events, running.packets))
    association = monitor.associations.get(key)
    assert association is not None
    conversation = monitor.wire.of(association, monitor.endpoints)
    assert conversation is not None
    tracker = StateTracker(conversation)
    assert tracker.update(0.0, limit=1)
    assert not tracker.update(float("inf"))
    assert all(one.transition in TABLE for one in tracker.taken)
    return tracker


def _states(tracker: StateTracker, end: End) -> list[str]:
    return [one.transition.next for one in tracker.taken if one.end == end]


@pytest.mark.userspace
def test_set_up_and_shut_down(seeing: Running) -> None:
    name, server, _ = seeing.greet()
    tracker = _followed(seeing, server.key)
    assert tracker.state == {"peer": "ESTABLISHED", "local": "ESTABLISHED"}
    seeing.close(name)
    seeing.until(AssocChange, endpoint="server", state="SHUTDOWN_COMP")
    tracker = _followed(seeing, server.key)
    assert tracker.state == {"peer": "CLOSED", "local": "CLOSED"}
    assert _states(tracker, "local") == [
        "CLOSED",
        "ESTABLISHED",
        "SHUTDOWN-RECEIVED",
        "SHUTDOWN-ACK-SENT",
        "CLOSED",
    ]
    assert _states(tracker, "peer") == [
        "COOKIE-WAIT",
        "COOKIE-ECHOED",
        "ESTABLISHED",
        "SHUTDOWN-PENDING",
        "SHUTDOWN-SENT",
        "CLOSED",
    ]
    last = tracker.last("local")
    assert last is not None
    assert str(last.transition) == "SHUTDOWN-ACK-SENT → CLOSED: receive SHUTDOWN COMPLETE"


@pytest.mark.userspace
def test_an_abort_closes_both(seeing: Running) -> None:
    _, server, _ = seeing.greet()
    seeing.abort(server.key, "enough")
    seeing.until(AssocChange, endpoint="server", state="COMM_LOST")
    tracker = _followed(seeing, server.key)
    assert tracker.state == {"peer": "CLOSED", "local": "CLOSED"}
    lasts = [tracker.last("local"), tracker.last("peer")]
    assert [last.transition.trigger for last in lasts if last] == ["[ABORT]", "receive ABORT"]


def _leads(state: str, to: str) -> bool:
    """Whether transitions of the table lead from `state` to `to`; states between may be passed unseen."""
    found, new = set[str](), {state}
    while new:
        following: set[str] = {one.next for one in TABLE if one.state in new}
        if to in following:
            return True
        found |= new
        new = following - found - {"CLOSED"}
    return False


@pytest.mark.userspace
def test_what_the_stacks_report_is_in_the_table(seeing: Running) -> None:
    first, _, _ = seeing.greet()
    _, other, _ = seeing.greet()
    seeing.close(first)
    seeing.until(AssocChange, endpoint=first, state="SHUTDOWN_COMP")
    seeing.abort(other.key)
    seeing.until(AssocChange, endpoint="server", state="COMM_LOST", key=other.key)
    nobody = seeing.client(to=seeing.nobody())
    seeing.until(AssocChange, endpoint=nobody, state="CANT_STR_ASSOC")
    monitor = Monitor()
    monitor.fold(Batch(seeing.events, seeing.packets))
    histories = [[step.state for step in one.history] for one in monitor.associations]
    assert len(histories) == 5
    for states in histories:
        assert set(states) <= set(STATES)
        assert states[-1] == "CLOSED" or "ESTABLISHED" in states
        before = "CLOSED"
        for state in states:
            assert state == before or _leads(before, state), states
            before = state
    assert ["ESTABLISHED", "SHUTDOWN-RECEIVED", "CLOSED"] in histories


def test_the_table_is_sound() -> None:
    assert {one.state for one in TABLE} == {one.next for one in TABLE} == set(STATES)
    for key in ([(one.state, one.trigger) for one in TABLE], [(o.state, o.sends) for o in TABLE if o.sends]):
        assert len(set(key)) == len(key)
    assert all(_leads("CLOSED", state) for state in STATES)


@pytest.mark.parametrize(("captured", "entered"), [(True, 1.0), (False, 3.2)])
def test_behind_a_loss_a_cookie_goes_back_when_the_init_ack_comes(captured: bool, entered: float) -> None:
    """The capture misses the first COOKIE ECHO; by the RFC it was sent as soon as the INIT ACK came."""
    packets = [
        replace(_packet(name, way, at), captured=captured, within=True)
        for (name, way), at in zip(_HANDSHAKE, (0.0, 1.0, 3.2, 3.3), strict=True)
    ]
    tracker = StateTracker(_conversation(*packets))
    tracker.update(10.0)
    told = [(one.transition.next, one.at) for one in tracker.taken if one.end == "peer"]
    assert told == [("COOKIE-WAIT", 0.0), ("COOKIE-ECHOED", entered), ("ESTABLISHED", 3.3)]
    # The server's transitions have the times at which it was asked, though its answer is seen later.
    told = [(one.transition.next, one.at) for one in tracker.taken if one.end == "local"]
    asked = (0.0, 3.2) if captured else (1.0, 3.3)
    assert told == [("CLOSED", asked[0]), ("ESTABLISHED", asked[1])]
    assert [one.at for one in tracker.taken] == sorted(one.at for one in tracker.taken)


@pytest.mark.parametrize(("again", "acks"), [(False, 0), (False, 1), (True, 1)])
def test_behind_a_loss_the_server_itself_tells_that_the_cookie_was_good(again: bool, acks: int) -> None:
    """Its COOKIE ACK is lost before the capture, or late; with the cookie sent again it is another."""
    names = [*_HANDSHAKE[:3], *_HANDSHAKE[2:3] * again, *_HANDSHAKE[3:] * acks]
    packets = [
        replace(_packet(name, way, float(at)), captured=True, within=True)
        for at, (name, way) in enumerate(names)
    ]
    conversation = _conversation(*packets[:3])
    tracker = StateTracker(conversation)
    tracker.update(10.0)
    tracker.take_state("local", "ESTABLISHED", None, 1.5)  # of an association before
    tracker.take_state("peer", "COOKIE-ECHOED", None, 2.1)
    assert tracker.state == {"peer": "COOKIE-ECHOED", "local": "CLOSED"}
    tracker.take_state("local", "ESTABLISHED", None, 2.1)
    assert tracker.state == {"peer": "COOKIE-ECHOED", "local": "ESTABLISHED"}
    for packet in packets[3:]:
        conversation.add(packet)
    tracker.update(10.0)
    tracker.take_state("local", "ESTABLISHED", None, 2.1)
    assert tracker.state["peer"] == ("ESTABLISHED" if acks else "COOKIE-ECHOED")
    told = [(str(one.transition), one.at, one.number) for one in tracker.taken if one.end == "local"][1:]
    up = "ESTABLISHED: receive COOKIE ECHO, send COOKIE ACK"
    assert told == [(f"CLOSED → {up}", 2.0, 3), *[(f"ESTABLISHED → {up}", 3.0, 5)] * again]


def _with_sack(packet: Packet) -> Packet:
    return replace(packet, data=packet.data + bytes((3, 0, 0, 16)) + bytes(12))


def test_copies_of_answers_move_nobody() -> None:
    """With `netem duplicate 100%` each request comes and is answered twice, and each answer comes twice."""
    times = iter(range(1000))

    def seen(name: str, way: str, tag: int = 0) -> Packet:
        one = _packet(name, way, next(times) / 1e6)
        data = one.data[:16] + bytes([tag]) + one.data[17:] if len(one.data) > 16 else one.data
        return replace(one, captured=True, within=True, data=data)

    packets = [
        *(seen("INIT", "in", 1) for _ in range(2)),
        *(seen("INIT ACK", "out", 2) for _ in range(2)),
        *(seen("INIT ACK", "out", 3) for _ in range(2)),
        *(seen("COOKIE ECHO", "in", 4) for _ in range(2)),
        *(_with_sack(seen("COOKIE ACK", "out")) for _ in range(2)),
        *(seen("COOKIE ACK", "out") for _ in range(2)),
    ]
    conversation = _conversation(*packets)
    tracker = StateTracker(conversation)
    tracker.update(10.0)
    assert [str(one.transition) for one in tracker.taken if one.end == "local"] == [
        "CLOSED → CLOSED: receive INIT, send INIT ACK",
        "CLOSED → CLOSED: receive INIT, send INIT ACK",
        "CLOSED → ESTABLISHED: receive COOKIE ECHO, send COOKIE ACK",
        "ESTABLISHED → ESTABLISHED: receive COOKIE ECHO, send COOKIE ACK",
    ]
    ladder = Ladder(conversation)
    ladder.update()
    copies = [
        row.number for row in ladder for _, told in why_row(row, "beginner") if "a copy made" in told.text
    ]
    assert copies == [4, 6, 10, 12]


def test_what_is_lost_does_not_arrive_and_what_is_late_arrives_late() -> None:
    packets = [_packet(name, way, float(at)) for at, (name, way) in enumerate(_HANDSHAKE[:3])]
    lost = StateTracker(_conversation(*packets, _packet("COOKIE ACK", "out", 3.0, verdict="dropped")))
    lost.update(100.0)
    assert lost.state == {"peer": "COOKIE-ECHOED", "local": "ESTABLISHED"}
    late = StateTracker(
        _conversation(*packets, _packet("COOKIE ACK", "out", 3.0, verdict="delayed", delay=2.0))
    )
    late.update(4.9)
    assert late.state == {"peer": "COOKIE-ECHOED", "local": "ESTABLISHED"}
    late.update(5.0)
    assert late.state == {"peer": "ESTABLISHED", "local": "ESTABLISHED"}


@pytest.mark.userspace
def test_giving_up() -> None:
    with Linked() as linked:
        client = linked.up()
        linked.condition("cut", "cut")
        linked.send(client, 1, b"into the void")
        linked.until(lambda: "COMM_LOST" in linked.states(client), 1000.0)
        tracker = StateTracker(_conversation(*linked.packets))
        tracker.update(linked.time)
    assert tracker.state["peer"] == "CLOSED"
    last = tracker.last("peer")
    assert last is not None
    assert (last.transition.trigger, last.transition.section) == ("no answer", "8.1")


def test_both_close_at_once() -> None:
    names = [*_HANDSHAKE, ("SHUTDOWN", "in"), ("SHUTDOWN", "out"), ("SHUTDOWN ACK", "out")]
    packets = [_packet(name, way, float(at), delay=0.9) for at, (name, way) in enumerate(names)]
    packets[4] = _packet("SHUTDOWN", "in", 4.0, verdict="delayed", delay=1.5)
    tracker = StateTracker(_conversation(*packets))
    tracker.update(5.7)
    assert tracker.state == {"peer": "SHUTDOWN-SENT", "local": "SHUTDOWN-ACK-SENT"}
    last = tracker.last("local")
    assert last is not None
    assert last.transition.trigger == "receive SHUTDOWN"


def test_both_ends_answer_a_shutdown_ack() -> None:
    """One's SHUTDOWN COMPLETE may pass a capture before the other's, which was sent before it came."""
    names = [
        *_HANDSHAKE,
        *((name, way) for name in ("SHUTDOWN", "SHUTDOWN ACK", "SHUTDOWN COMPLETE") for way in ("in", "out")),
    ]
    tracker = StateTracker(
        _conversation(*(_packet(name, way, float(at)) for at, (name, way) in enumerate(names)))
    )
    tracker.update(20.0)
    last = tracker.last("local")
    assert last is not None
    assert str(last.transition) == "SHUTDOWN-ACK-SENT → CLOSED: receive SHUTDOWN ACK, send SHUTDOWN COMPLETE"


def test_a_peer_that_begins_anew() -> None:
    names = [*_HANDSHAKE, *_HANDSHAKE]
    tracker = StateTracker(_conversation(*(_packet(n, way, float(at)) for at, (n, way) in enumerate(names))))
    tracker.update(100.0)
    assert tracker.state == {"peer": "ESTABLISHED", "local": "ESTABLISHED"}
    last = tracker.last("local")
    assert last is not None
    assert (last.transition.section, last.number) == ("5.2.4", 8)
    assert _states(tracker, "peer") == ["COOKIE-WAIT", "COOKIE-ECHOED", "ESTABLISHED"] * 2


def test_a_cookie_that_comes_again_ends_no_shutdown() -> None:
    """The COOKIE ACK was lost, and the server closes already (RFC 9260, section 5.2.4, action D)."""
    names = [*_HANDSHAKE, ("SHUTDOWN", "out"), ("COOKIE ECHO", "in"), ("COOKIE ACK", "out")]
    packets = [_packet(name, way, float(at)) for at, (name, way) in enumerate(names)]
    packets[3] = _packet("COOKIE ACK", "out", 3.0, verdict="dropped")
    tracker = StateTracker(_conversation(*packets))
    tracker.update(100.0)
    assert tracker.state == {"peer": "ESTABLISHED", "local": "SHUTDOWN-SENT"}


def test_joined_in_the_middle() -> None:
    tracker = StateTracker(_conversation(_packet("DATA", "in", 0.0), _packet("SACK", "out", 1.0)))
    tracker.update(2.0)
    assert tracker.state == {"peer": "ESTABLISHED", "local": "ESTABLISHED"}
    assert tracker.last("peer") is tracker.last("local") is None


@given(
    st.lists(
        st.tuples(
            st.sampled_from(sorted(_KINDS)),
            st.sampled_from(["in", "out"]),
            st.sampled_from(["delivered", "dropped", "duplicated", "refused", "reordered"]),
            st.floats(0, 3),
        ),
        min_size=1,
        max_size=40,
    )
)
def test_nothing_that_comes_leaves_the_table(sent: list[tuple[str, str, Verdict, float]]) -> None:
    packets = [
        _packet(name, way, float(at), verdict=verdict, delay=delay)
        for at, (name, way, verdict, delay) in enumerate(sent)
    ]
    tracker = StateTracker(_conversation(*packets))
    while tracker.update(100.0, limit=7):
        pass
    assert set(tracker.state.values()) <= set(STATES)
    assert all(one.transition in TABLE for one in tracker.taken)
    for end in ("peer", "local"):
        states = _states(tracker, end)
        # What is sent out of the blue shows a state that no transition led to.
        unled = {"DATA", "SACK", "INIT"} & {name for name, *_ in sent}
        assert not states or states[-1] == tracker.state[end] or unled


@given(
    st.integers(20, 240), st.sampled_from(STATES), st.sampled_from(STATES), st.lists(st.sampled_from(TABLE))
)
def test_the_picture_fits_and_shows_where_they_are(width, client, server, taken) -> None:  # type: ignore[no-untyped-def]
    here: dict[State, list[str]] = {}
    here.setdefault(client, []).append("client")
    here.setdefault(server, []).append("server")
    lines = diagram(here, taken, width)
    assert all(len("".join(text for text, _ in line)) <= width for line in lines)
    whole = "\n".join("".join(text for text, _ in line) for line in lines)
    assert all(state in whole for state in STATES)
    lit = "".join(text for line in lines for text, style in line if style == "lit")
    assert all((state in lit) == (state in (client, server)) for state in STATES)
    drawn = [one for one in taken if one.trigger in ("[SHUTDOWN]", "[ASSOCIATE]")]
    styles = {style for line in lines for _, style in line}
    if width >= NARROWEST and drawn:
        assert "taken" in styles
    if not taken:
        assert "taken" not in styles


def test_what_no_packet_shows_is_told() -> None:
    packets = [_packet("DATA", "in", 1.0), _packet("DATA", "out", 2.0)]
    tracker = StateTracker(_conversation(*packets))
    tracker.update(3.0)
    tracker.take_state("peer", "SHUTDOWN-PENDING", None, 4.0)
    tracker.take_state("peer", "SHUTDOWN-PENDING", None, 5.0)  # and again
    tracker.take_state("local", "CLOSED", AssociationEnd("lost", "nobody"), 6.0)
    tracker.take_state("local", "CLOSED", AssociationEnd("lost", "nobody"), 7.0)
    assert tracker.state == {"peer": "SHUTDOWN-PENDING", "local": "CLOSED"}
    assert [(one.end, str(one.transition.trigger), one.at) for one in list(tracker.taken)[-2:]] == [
        ("peer", "[SHUTDOWN]", 4.0),
        ("local", "no answer", 6.0),
    ]


@pytest.mark.parametrize(
    ("by", "repeats", "trigger", "section"),
    [
        ("nobody", 1, "no answer", "8.1"),
        ("nobody", 4, "no answer", "8.1"),
        ("us", 4, "[ABORT]", "9.1"),
        ("stack", 4, "[ABORT]", "9.1"),
        (None, 1, "[ABORT]", "9.1"),
        (None, 4, "no answer", "8.1"),
    ],
)
def test_who_ended_is_told_where_an_abort_does_not_show_it(
    by: Origin | None, repeats: int, trigger: str, section: str
) -> None:
    """A stack that gives up sends an ABORT like any other; missing answers need not be seen in packets."""
    packets = [_packet(name, way, float(at)) for at, (name, way) in enumerate(_HANDSHAKE)]
    packets += [_packet("DATA", "out", 10.0 + at, verdict="dropped") for at in range(repeats)]
    tracker = StateTracker(_conversation(*packets, _packet("ABORT", "out", 20.0, verdict="dropped")))
    tracker.update(100.0)
    for _ in range(2):  # the view tells it each time it is drawn
        tracker.take_state("local", "CLOSED", by and _ended("COMM_LOST", by), 100.0)
        last = tracker.last("local")
        assert last is not None
        assert last.transition in TABLE
        assert (last.transition.trigger, last.transition.section, last.at) == (trigger, section, 20.0)
    assert tracker.state == {"peer": "ESTABLISHED", "local": "CLOSED"}
    assert len([one for one in tracker.taken if one.transition.next == "CLOSED" and one.at == 20.0]) == 1


@pytest.mark.parametrize(
    ("by", "why", "told"),
    [
        ("nobody", "no answer from 127.0.0.1:9", ("no answer", "4", "")),
        ("network", "no way to 127.0.0.1", ("could not start", "", "no way to 127.0.0.1")),
        (
            "unknown",
            "nobody listens, or it has no SCTP",
            ("could not start", "", "nobody listens, or it has no SCTP"),
        ),
        ("stack", "stale cookie", ("could not start", "", "stale cookie")),
        ("us", "", ("could not start", "", "[ABORT]")),
    ],
)
def test_a_set_up_that_failed_without_a_packet(by: Origin, why: str, told: tuple[str, str, str]) -> None:
    """The transition has the time of the notification, and stands among the others in the order of time."""
    packets = [_packet("INIT", "out", 1.0), _packet("INIT", "out", 4.0), _packet("INIT", "in", 8.0)]
    tracker = StateTracker(_conversation(*packets))
    tracker.update(9.0)
    ended = _ended("CANT_STR_ASSOC", by, why)
    tracker.take_state("local", "CLOSED", ended, 5.0)
    tracker.take_state("local", "CLOSED", ended, 5.0)  # and again
    assert [(one.end, one.at) for one in tracker.taken][-2:] == [("local", 5.0), ("peer", 8.0)]
    last = tracker.last("local")
    assert last is not None
    assert last.transition in TABLE
    assert (last.transition.trigger, last.transition.section, last.why) == told
    assert tracker.state["local"] == "CLOSED"


def test_a_shutdown_is_pending_from_the_moment_that_its_user_asked_for_it(running: Running) -> None:
    """Not from the next time that the stack is asked, as no packet and no notification tells it."""
    _, server, ours = running.greet()
    running.shut_down(ours.key)
    asked = running.until(Ending, key=ours.key)
    running.until(AssocChange, key=ours.key, state="SHUTDOWN_COMP")
    monitor = Monitor()
    monitor.fold(Batch(running.events))
    association = monitor.associations.get(ours.key)
    assert association is not None
    states = {step.state: step.mono for step in association.history}
    assert states["SHUTDOWN-PENDING"] == asked.mono
    assert association.history[-1].state == "CLOSED"
    peer = monitor.associations.get(server.key)
    assert peer is not None
    assert "SHUTDOWN-PENDING" not in {step.state for step in peer.history}


def test_no_arrow_of_another_cause_is_highlighted() -> None:
    """Both ends may ask at once: what they take then is in the table, and has no arrow of its own."""
    drawn = next(
        one for one in TABLE if str(one).startswith("SHUTDOWN-ACK-SENT → CLOSED: receive SHUTDOWN COM")
    )
    crossing = next(
        one for one in TABLE if str(one).startswith("SHUTDOWN-ACK-SENT → CLOSED: receive SHUTDOWN ACK")
    )
    for taken, lit in ((drawn, True), (crossing, False)):
        lines = diagram({"CLOSED": ["both"]}, [taken], 100)
        assert any(style == "taken" for line in lines for _, style in line) == lit
