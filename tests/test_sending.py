"""Whose turn it is to send, by a clock of the test's and endpoints that have room or none."""

from collections.abc import Iterator, Sequence
from typing import cast

import pytest

from sctp_tui.engine.associations import OpenAssociation, OpenAssociations
from sctp_tui.engine.sender import BACKLOG, BACKLOG_BYTES, Sender
from sctp_tui.sctp.commands import Command, Generate, Send
from sctp_tui.sctp.endpoint import BufferFull, Clock, Endpoint, Outgoing, SctpError
from sctp_tui.sctp.events import Event, Generating


class Room:
    """An endpoint whose associations have room, but for those that are `full`."""

    def __init__(self) -> None:
        self.full: set[int] = set()
        self.sent: list[tuple[int, bytes]] = []
        self.tried: list[int] = []

    def send(self, assoc_id: int, message: Outgoing) -> Sequence[Event]:
        self.tried.append(assoc_id)
        if assoc_id in self.full:
            raise BufferFull("no room")
        self.sent.append((assoc_id, message.data))
        return ()


class Desk:
    """A `Sender` with so many associations, whose IDs are their keys."""

    def __init__(self, associations: int) -> None:
        self.now = 0.0
        self.room = Room()
        self.events: list[Event] = []
        self.refused: list[str] = []
        clock = Clock(lambda: 0.0, lambda: self.now)
        self.associations = OpenAssociations(clock)
        for key in range(1, associations + 1):
            self.associations.by_key[key] = OpenAssociation(key, "server", key, up=True)
        self.sending = Sender(
            self.associations,
            clock,
            lambda name: cast(Endpoint, self.room),
            self.events.extend,
            self._refuse,
            lambda association: None,
        )

    def _refuse(self, command: Command, text: str) -> None:
        self.refused.append(text)

    def fill(self, keys: range) -> None:
        """None of these has room, and for each a message waits."""
        self.room.full.update(keys)
        for key in keys:
            self.sending.send(Send(key, b"waits", key=key))
        self.room.tried.clear()

    def turns(self, seconds: float) -> Iterator[float]:
        """Turns when `timeout` asks for them."""
        end = self.now + seconds
        while (wait := self.sending.timeout()) is not None and self.now + wait < end:
            assert wait >= 0
            self.now += max(wait, 1e-6)
            self.sending.run_due()
            yield self.now


def test_a_generator_that_finds_no_room_slows_no_other() -> None:
    desk = Desk(2)
    desk.room.full.add(1)
    desk.sending.generate(Generate(1, key=1, rate=1e6))
    desk.sending.generate(Generate(2, key=2, rate=1000.0))
    for now in desk.turns(0.5):
        assert abs(len(desk.room.sent) - now * 1000) <= 2
    assert len(desk.room.sent) >= 498
    assert (
        len(desk.room.tried) - len(desk.room.sent) < 55
    )  # the other looks for room a hundred times a second
    desk.room.full.clear()
    done = len(desk.room.sent)
    for _ in desk.turns(0.1):
        pass
    assert len([key for key, _ in desk.room.sent[done:] if key == 1]) > 100


def test_many_that_wait_are_tried_in_turn_and_few_at_a_time() -> None:
    desk = Desk(1000)
    desk.fill(range(1, 1001))
    before = 0
    for _ in desk.turns(0.2):
        assert len(desk.room.tried) - before <= 64
        before = len(desk.room.tried)
    assert set(desk.room.tried) == set(range(1, 1001))


def test_what_waits_goes_out_in_order_once_there_is_room() -> None:
    desk = Desk(2)
    desk.room.full.add(1)
    for number in range(1, 501):
        desk.sending.send(Send(number, b"%d" % number, key=1))
    desk.room.full.clear()
    for _ in desk.turns(0.05):
        desk.sending.send(Send(0, b"between", key=2))
        if desk.sending.timeout() is None:
            break
    assert [data for key, data in desk.room.sent if key == 1] == [b"%d" % n for n in range(1, 501)]
    assert [key for key, _ in desk.room.sent][64] == 2  # who has room need not wait for all of it


def test_what_waits_is_bounded_in_bytes() -> None:
    desk = Desk(1)
    desk.room.full.add(1)
    quarter = bytes(BACKLOG_BYTES // 4)
    for number in range(4):
        desk.sending.send(Send(number + 1, quarter, key=1))
    with pytest.raises(SctpError, match=rf"4 of {BACKLOG} messages wait, {BACKLOG_BYTES} of"):
        desk.sending.send(Send(9, b"x", key=1))
    desk.sending.send(Send(0, b"an echo", key=1), limited=False)
    desk.sending.forget(desk.associations.by_key[1])
    assert len(desk.refused) == 4
    desk.room.full.clear()
    desk.sending.send(Send(10, quarter, key=1))
    assert desk.room.sent == [(1, quarter)]


def test_a_generator_that_waits_is_stopped_and_begun_anew() -> None:
    desk = Desk(1)
    desk.room.full.add(1)
    desk.sending.generate(Generate(1, key=1, rate=1000.0))
    desk.sending.run_due()
    desk.sending.stop_generating(1)
    desk.room.full.clear()
    desk.sending.generate(Generate(1, key=1, rate=1000.0, count=1))
    desk.sending.run_due()
    assert desk.room.sent == [(1, b"message 1")]
    last = desk.events[-1]
    assert isinstance(last, Generating)
    assert (last.done, last.messages) == (True, 1)
