"""The states of the detail: those that notifications tell, and between them those that packets show."""

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from sctp_tui.engine.event_queue import Batch
from sctp_tui.monitor.history import StateChange
from sctp_tui.monitor.monitor import Monitor
from sctp_tui.monitor.trace.conversations import Conversation, End, kind
from sctp_tui.monitor.trace.states import TABLE, StateTracker
from sctp_tui.monitor.trace.steps import Steps
from sctp_tui.sctp.events import AssocChange, Direction, Packet, Peer, StackName

from ..harness import Running

_LAST = 14  # SHUTDOWN COMPLETE
_KINDS = {"COOKIE ECHO": 10, "SHUTDOWN": 7, "SHUTDOWN ACK": 8, "SACK": 3, "DATA": 0}


def _packet(at: float, *names: str, way: Direction = "out") -> Packet:
    return Packet(
        at=at,
        mono=at,
        endpoint="client",
        key=0,
        assoc_id=0,
        peer=Peer(("10.0.0.1",), 9),
        local=Peer(("10.0.0.2",), 5000),
        flow=1,
        direction=way,
        verdict="delivered",
        reason="",
        delay=0.0,
        data=bytes(12) + b"".join(bytes((_KINDS[name], 0, 0, 4)) for name in names),
    )


def _told(*states: tuple[float, str]) -> list[StateChange]:
    return [StateChange(state, at, at - 1000, "told") for at, state in states]


def _merged(packets: list[Packet], history: list[StateChange], end: End = "local") -> list[tuple[float, str]]:
    conversation = Conversation(packets[0])
    for packet in packets:
        conversation.add(packet)
    return [(step.mono + 1000, step.state) for step in Steps(conversation, end).among(history)]


def test_a_client_whose_notifications_leave_states_out() -> None:
    packets = [_packet(2, "COOKIE ECHO", "DATA"), _packet(3, "SACK"), _packet(8, "SACK", "SHUTDOWN")]
    history = _told((1, "COOKIE-WAIT"), (4, "ESTABLISHED"), (9, "CLOSED"))
    assert _merged(packets, history) == [
        (1, "COOKIE-WAIT"),
        (2, "COOKIE-ECHOED"),
        (4, "ESTABLISHED"),
        (8, "SHUTDOWN-PENDING"),
        (8, "SHUTDOWN-SENT"),
        (9, "CLOSED"),
    ]


def test_a_notification_that_is_read_after_its_answer_went_is_before_it() -> None:
    packets = [_packet(1, "SACK"), _packet(5, "SHUTDOWN", way="in"), _packet(5, "SHUTDOWN ACK")]
    history = _told((2, "ESTABLISHED"), (5.5, "SHUTDOWN-RECEIVED"), (6, "CLOSED"))
    told = [(2, "ESTABLISHED"), (5, "SHUTDOWN-RECEIVED"), (5, "SHUTDOWN-ACK-SENT"), (6, "CLOSED")]
    assert _merged(packets, history) == told


def test_what_a_status_tells_later_is_not_told_twice() -> None:
    packets = [_packet(5, "SHUTDOWN"), _packet(7, "SHUTDOWN")]  # the second by T2-shutdown
    history = _told((1, "ESTABLISHED"), (3, "SHUTDOWN-PENDING"), (5.7, "SHUTDOWN-SENT"))
    assert _merged(packets, history) == [
        (1, "ESTABLISHED"),
        (3, "SHUTDOWN-PENDING"),
        (5, "SHUTDOWN-SENT"),
    ]


def test_an_end_was_last_heard_when_a_packet_arrived_and_not_when_one_was_lost_or_is_on_its_way() -> None:
    packets = [
        _packet(1, "SACK", way="in"),
        _packet(2, "SACK"),
        replace(_packet(3, "DATA", way="in"), delay=0.5),
        replace(_packet(4, "SACK", way="in"), verdict="dropped"),
        replace(_packet(5, "SACK", way="in"), verdict="refused"),
        replace(_packet(6, "SACK", way="in"), delay=9.0),
    ]
    conversation = Conversation(packets[0])
    for packet in packets:
        conversation.add(packet)
    assert [conversation.heard("local", now) for now in (0.5, 2.0, 3.2, 8.0, 15.0)] == [None, 1, 1, 3.5, 15]
    assert conversation.heard("peer", 8.0) == 2


_SENT = st.lists(st.tuples(st.floats(0, 9), st.sampled_from(sorted(_KINDS)), st.sampled_from(["in", "out"])))
_NEXT = {(one.state, one.next) for one in TABLE}


@given(_SENT, st.lists(st.tuples(st.floats(0, 9), st.sampled_from(["ESTABLISHED", "SHUTDOWN-RECEIVED"]))))
def test_whatever_was_sent_what_was_told_stays_in_its_order(
    sent: list[tuple[float, str, Direction]], told: list[tuple[float, str]]
) -> None:
    packets = [_packet(at, name, way=way) for at, name, way in sorted(sent)] or [_packet(0, "SACK")]
    history = _told(*sorted(told))
    merged = [state for _, state in _merged(packets, history)]
    wanted = iter(state for n, (_, state) in enumerate(sorted(told)) if state == "ESTABLISHED")
    assert [state for state in merged if state == "ESTABLISHED"] == list(wanted)
    if not told:
        assert merged == []


def test_the_detail_leaves_out_no_state_that_the_diagram_has(stack: StackName) -> None:
    """Whichever of the packets and the notifications come first."""
    with Running(stack, packets=(stack,)) as running:
        running.listen()
        name, server, client = running.greet()
        running.close(name)
        running.until(AssocChange, key=server.key, state="SHUTDOWN_COMP")
        running.again()
        running.until(AssocChange, key=client.key, state="SHUTDOWN_COMP")
        running.until_true(lambda: any(kind(packet) == _LAST for packet in running.packets))
    monitor = Monitor()
    monitor.fold(Batch(running.events, running.packets))
    for key, end in ((server.key, "local"), (client.key, "peer")):
        association = monitor.associations.get(key)
        assert association is not None
        conversation = monitor.wire.of(association, monitor.endpoints)
        assert conversation is not None
        tracker = StateTracker(conversation)
        tracker.update(float("inf"))
        in_diagram = [one.transition.next for one in tracker.taken if one.end == end]
        steps = Steps(conversation, "local" if end == "local" else "peer").among(association.history)
        states = [step.state for step in steps]
        assert states == [*(state for state in in_diagram if state != "CLOSED"), "CLOSED"]
        assert [step.at for step in steps] == sorted(step.at for step in steps)
