"""A lesson that goes on by itself leaves time to think, and to finish an answer."""

import pytest

from sctp_tui.lessons.lesson import find
from sctp_tui.lessons.session import Session
from sctp_tui.monitor.monitor import Monitor
from sctp_tui.sctp.commands import AddBookmark, Send


@pytest.fixture
def clock() -> list[float]:
    """What its clock shows, in s."""
    return [0.0]


@pytest.fixture
def asking(clock: list[float]) -> Session:
    """A session that asks for a number."""
    lesson = find("handshake")
    session = Session(lesson, "userspace", Monitor(), lambda *commands: None, lambda: clock[0])
    session.player.phase = "ready"
    session.by_itself = True
    assert session.stage == "asking"
    assert session.question is not None
    assert session.question.number == 4
    return session


def _goes_on_after(session: Session, clock: list[float]) -> float:
    begun, gone = clock[0], list[float]()
    session.go_on = lambda: gone.append(clock[0])  # type: ignore[method-assign]
    while not gone:
        clock[0] += 0.5
        session.tick()
    return gone[0] - begun


def test_a_question_stands_while_one_thinks(asking: Session, clock: list[float]) -> None:
    assert 20 <= _goes_on_after(asking, clock) <= 60


def test_an_answer_is_not_cut_off(asking: Session, clock: list[float]) -> None:
    clock[0] = 22.0
    asking.answer("4")
    assert 4 <= _goes_on_after(asking, clock) <= 5


def test_a_bookmark_changes_nothing(asking: Session) -> None:
    asking.user_did(AddBookmark("here", 0, None))
    assert not asking.disturbed
    asking.user_did(Send(1, b"mine"))
    assert asking.disturbed
