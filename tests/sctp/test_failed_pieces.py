"""A message that fails is one event, whatever pieces the stack gives back, and says if some are missing."""

import os
import struct
from itertools import groupby

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sctp_tui.monitor.text.events import describe_event
from sctp_tui.sctp.endpoint import Outgoing
from sctp_tui.sctp.events import Event, Opening, SendFailed
from sctp_tui.sctp.failed_pieces import FailedPieces
from sctp_tui.sctp.notifications import decode_notification
from sctp_tui.sctp.userspace import layout

from ..harness import Running, silent_peer
from .linked import Linked

Piece = tuple[int, int, bytes]
"""Message ID, flags (B 2, E 1), data."""


def notification(piece: Piece) -> bytes:
    """A SEND_FAILED_EVENT of usrsctp."""
    message_id, flags, data = piece
    head = struct.pack("=IHHIIII", 0, 1, flags, 0, message_id, 4, 4)
    return struct.pack("=HHI", 14, 2, 8 + len(head) + len(data)) + head + data


def joined(pieces: list[Piece]) -> list[tuple[int, bytes, bool]]:
    failing = FailedPieces()
    whole = [one for piece in pieces for one in failing.add(notification(piece))]
    events = [decode_notification(one, layout.DIALECT) for one in (*whole, *failing.end())]
    assert list(failing.end()) == []
    return [(e.message_id, e.data, e.part) for e in events if isinstance(e, SendFailed)]


_messages = st.lists(
    st.tuples(
        st.lists(st.binary(min_size=1, max_size=5), min_size=1, max_size=5),
        st.integers(0, 5),
        st.integers(0, 5),
    ),
    max_size=5,
)


@given(_messages)
def test_each_message_is_one_with_what_came_back_of_it(messages: list[tuple[list[bytes], int, int]]) -> None:
    """Some at its beginning and end may be missing."""
    pieces: list[Piece] = []
    for message_id, (data, before, after) in enumerate(messages):
        flags = [2 * (at == 0) + (at == len(data) - 1) for at in range(len(data))]
        kept = list(zip(flags, data, strict=True))[before : len(data) - after]
        pieces += [(message_id, flag, octets) for flag, octets in kept]
    assert joined(pieces) == [
        (number, b"".join(data for _, _, data in came), not (came[0][1] & 2 and came[-1][1] & 1))
        for number, group in groupby(pieces, key=lambda piece: piece[0])
        for came in [list(group)]
    ]


def test_other_notifications_come_after_what_was_begun() -> None:
    failing, dry = FailedPieces(), struct.pack("=HHII", 10, 0, 12, 4)
    first = notification((5, 2, b"a"))
    assert list(failing.add(first)) == []
    assert list(failing.add(dry)) == [first, dry]
    assert list(failing.add(b"\x0e")) == [b"\x0e"]


@pytest.mark.userspace
def test_an_abandoned_message_is_one_event_and_one_line() -> None:
    """Its last fragment, given up before it had a TSN, is never mentioned: so it is a part that came back."""
    octets = os.urandom(5000)
    with Linked() as linked:
        client = linked.up()
        linked.condition(into="cut")
        linked.send(client, 1, octets, lifetime=900, message_id=5)
        linked.send(client, 2, b"m2", lifetime=900, message_id=6)
        linked.until(lambda: len(linked.of(client, SendFailed)) > 1)
        linked.run(5)
        first, second = linked.of(client, SendFailed)
        assert (first.message_id, first.part, first.data) == (5, True, octets[: first.size])
        assert 2000 < first.size < 5000
        text = describe_event(first)[1]
        assert text.startswith(
            f"{first.size} B of a message on stream 1 sent but not acknowledged, its lifetime"
        )
        assert (second.message_id, second.part, second.data) == (6, False, b"m2")
        assert describe_event(second)[1].startswith("message of 2 B on stream 2 sent")


@pytest.mark.userspace
def test_it_is_one_event_however_little_is_read_at_once() -> None:
    octets = os.urandom(5000)
    with Linked() as linked:
        client = linked.up()
        linked.condition(into="cut")
        (assoc_id,) = client.associations()
        client.send(assoc_id, Outgoing(octets, 1, message_id=5))
        linked.run(0.5)
        client.abort(assoc_id, "enough")
        events: list[Event] = []
        while not events or not isinstance(events[-1], SendFailed):
            linked.stack.poll()
            events += client.receive(1)
        assert [(e.data, e.part, e.sent) for e in events if isinstance(e, SendFailed)] == [
            (octets, False, True)
        ]


def test_what_an_abort_gives_back_is_one_event_each(running: Running) -> None:
    octets = os.urandom(100_000)
    with silent_peer() as peer:
        to = peer if running.stack == "userspace" else running.nobody()
        name = running.client(octets, to=to)
        running.send(name, b"after it", stream=2)
        opening = running.until(Opening)
        running.abort(opening.key)
        running.until(SendFailed, data=b"after it")
        failed = [event for event in running.events if isinstance(event, SendFailed)]
        assert [(event.data, event.part) for event in failed] == [(octets, False), (b"after it", False)]
        if running.stack == "userspace":  # Linux gives them back only after the end
            running.until_true(lambda: running.counts[opening.key].failed == 2)
