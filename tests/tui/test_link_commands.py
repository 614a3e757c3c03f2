"""What the keys of the link send: a speed that was asked for counts until the engine has answered it."""

from typing import Any

import pytest

from sctp_tui.engine.event_queue import Batch
from sctp_tui.monitor.monitor import Monitor
from sctp_tui.sctp.commands import Command, SetSpeed, Step
from sctp_tui.sctp.events import Refused
from sctp_tui.sctp.link.conditions import DropRule
from sctp_tui.tui.link_commands import LinkCommands

from ..monitor.story import link_state

NOBODY: Any = {"at": 0.0, "endpoint": "", "key": 0, "assoc_id": 0, "peer": None}


class Desk:
    """Commands for a link, without a screen and without an engine: the test is both."""

    def __init__(self) -> None:
        self.now = 100.0
        self.sent: list[Command] = []
        self.told: list[str] = []
        self.monitor = Monitor()
        clock: Any = self
        self.link = LinkCommands(self.monitor, clock, self._submit, self._tell, self._ask)

    def mono(self) -> float:
        self.now += 1.0
        return self.now

    def _submit(self, *commands: Command) -> None:
        self.sent += commands

    def _tell(self, text: str, good: bool = True) -> None:
        self.told.append(text)

    def _ask(self, *dialog: object) -> None:
        raise AssertionError(dialog)

    def take(self) -> list[Command]:
        """What was sent since the last time."""
        sent, self.sent = self.sent, []
        return sent

    def runs(self, speed: float, since: float) -> None:
        """The engine says how fast the link's time goes, and since when."""
        self._fold(Batch(links={0: link_state(since, speed=speed)}))

    def refuses(self, command: str, at: float) -> None:
        """The engine refuses a command."""
        self._fold(Batch([Refused(**NOBODY, mono=at, command=command, message_id=0, text="no")]))

    def _fold(self, batch: Batch) -> None:
        self.monitor.fold(batch)
        self.link.fold(batch)


def test_what_was_asked_for_counts_however_late_the_answer_comes() -> None:
    desk = Desk()
    desk.link.stop_or_go_on()
    assert desk.take() == [SetSpeed(0.0)]
    desk.now += 3600
    desk.link.stop_or_go_on()
    assert desk.take() == [SetSpeed(1.0)]


def test_what_was_asked_for_is_told_once_it_is_so() -> None:
    desk = Desk()
    desk.link.step()
    assert not desk.told
    desk.refuses("set_speed", at=desk.now + 0.5)
    assert not desk.told
    desk.link.step()
    desk.runs(0.0, since=desk.now + 0.5)
    assert [text.partition(";")[0] for text in desk.told] == ["time stands still now"]
    desk.link.stop_or_go_on()
    desk.runs(1.0, since=desk.now + 0.5)
    assert desk.told[1:] == ["time goes on"]


def test_where_no_link_can_lose_a_packet_it_is_not_said_to_be_lost() -> None:
    desk = Desk()
    desk.link.drop(DropRule("DATA"))
    assert not desk.take()
    assert desk.told == ["no link carries packets yet: open a server or a client first"]


def test_a_state_from_before_is_no_answer() -> None:
    desk = Desk()
    desk.link.stop_or_go_on()
    asked = desk.now
    desk.runs(1.0, since=0.0)  # a packet was counted meanwhile
    desk.link.step()
    assert desk.take() == [SetSpeed(0.0), Step()]
    desk.link.stop_or_go_on()
    desk.runs(0.0, since=asked + 0.5)  # of the first
    desk.link.stop_or_go_on()
    assert desk.take() == [SetSpeed(1.0), SetSpeed(0.0)]


def test_a_state_as_asked_for_but_from_before_is_no_answer() -> None:
    desk = Desk()
    desk.runs(0.0, since=50.0)
    desk.link.stop_or_go_on()
    on = desk.now
    desk.link.stop_or_go_on()
    desk.runs(0.0, since=50.0)  # a packet was counted meanwhile
    desk.runs(1.0, since=on + 0.5)  # of the first
    desk.link.stop_or_go_on()
    assert desk.take() == [SetSpeed(1.0), SetSpeed(0.0), SetSpeed(1.0)]


def test_a_step_of_the_link_is_no_answer() -> None:
    desk = Desk()
    desk.runs(0.0, since=50.0)
    desk.link.stop_or_go_on()
    desk.runs(0.0, since=desk.now + 0.5)
    desk.link.slower(1)
    assert desk.take() == [SetSpeed(1.0), SetSpeed(0.5)]


def test_after_the_answer_the_speed_is_the_links() -> None:
    desk = Desk()
    desk.link.slower(1)
    desk.runs(0.5, since=desk.now + 0.5)
    desk.runs(1.0, since=desk.now + 0.7)  # by the engine itself
    desk.link.slower(1)
    assert desk.take() == [SetSpeed(0.5), SetSpeed(0.5)]


@pytest.mark.parametrize(("command", "answers"), [("set_speed", True), ("step", False)])
def test_a_speed_that_was_refused_is_not_the_links(command: str, answers: bool) -> None:
    desk = Desk()
    desk.link.stop_or_go_on()
    desk.refuses(command, at=desk.now + 0.5)
    desk.link.stop_or_go_on()
    assert desk.take() == [SetSpeed(0.0), SetSpeed(0.0 if answers else 1.0)]


def test_the_refusal_of_a_speed_before_is_no_answer() -> None:
    desk = Desk()
    desk.link.slower(1)
    early = desk.now + 0.5
    desk.link.slower(1)
    desk.refuses("set_speed", at=early)
    desk.link.slower(1)
    assert desk.take() == [SetSpeed(0.5), SetSpeed(0.1), SetSpeed(0.01)]


def test_beyond_the_fastest_and_the_slowest_speed_it_is_said_that_there_is_none() -> None:
    desk = Desk()
    for speed in (10.0, 100.0):
        desk.link.slower(-1)
        assert desk.take() == [SetSpeed(speed)]
    desk.link.slower(-1)
    assert desk.take() == []
    assert desk.told == ["time goes at 100× already, and no faster; i goes to what happens next"]
    for speed in (10.0, 1.0, 0.5, 0.1, 0.01):
        desk.link.slower(1)
        assert desk.take() == [SetSpeed(speed)]
    desk.told.clear()
    desk.link.slower(1)
    assert desk.take() == []
    assert desk.told == ["time goes at 0.01 of real time already, and no slower; space stops it"]
    desk.link.slower(-1)
    assert desk.take() == [SetSpeed(0.1)]
