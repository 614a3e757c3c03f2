"""What was done is said in sentences, and a sentence says what was done: there and back nothing is lost."""

from collections.abc import Sequence

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sctp_tui.lessons import actions, telling
from sctp_tui.lessons.actions import SENTENCES, Sentence
from sctp_tui.lessons.telling import Told
from sctp_tui.sctp.commands import (
    AbortAssociation,
    AskPath,
    AskStreams,
    ChangeUdpPort,
    CloseAssociation,
    Command,
    Connect,
    Crash,
    DropNext,
    Generate,
    PauseReading,
    PeelOff,
    Send,
    SetLink,
    SetParameters,
    SetSpeed,
    Step,
)
from sctp_tui.sctp.link.conditions import Conditions, DropRule
from sctp_tui.sctp.protocol_parameters import FAST_TIMERS

KEY = 7
LINK = (Conditions(loss=0.1), Conditions(delay=20.0))


class Scene:
    """One in which every association is up, with the same key, or none is."""

    def __init__(self, *, up: bool = True) -> None:
        self._up = up

    def key(self, end: str, other: str = "") -> int:
        return KEY if self._up and (end == "server") == bool(other) else 0

    def is_up(self, end: str) -> bool:
        return self._up

    def message_id(self) -> int:
        return 0

    def holds(self, claim: str) -> bool:
        return True

    def conditions(self, link: int) -> tuple[Conditions, Conditions]:
        return LINK


def _as_done(command: Command) -> Command:
    return msgspec.structs.replace(command, seed=None) if isinstance(command, SetLink) else command


def _commands(text: str) -> Sequence[Command]:
    action = actions.parse(text)
    commands = action.commands(Scene()) or action.commands(Scene(up=False))
    assert commands is not None, text
    return commands


def _back(command: Command, told: Told) -> Sequence[Command] | None:
    """The commands of the sentence for a command; None where there is no sentence."""
    text = actions.tell(command, told)
    if text is None:
        return None
    commands = _commands(text)
    return [_as_done(one) for one in commands]


_conditions = st.builds(
    Conditions,
    loss=st.sampled_from((0.0, 0.1, 0.025)),
    delay=st.sampled_from((0.0, 20.0, 0.5)),
    cut=st.booleans(),
    drops=st.lists(st.builds(DropRule, st.just("DATA"), st.none() | st.integers(0, 9)), max_size=2).map(
        tuple
    ),
)
_of_client: dict[type[Command], st.SearchStrategy[Command]] = {
    Connect: st.builds(Connect, st.just("client 1"), st.booleans()),
    Send: st.builds(
        Send,
        st.just(0),
        st.text(min_size=1).map(str.encode)
        | st.integers(1, 300).map(lambda size: (b"abcdefghijklmnopqrstuvwxyz" * 12)[:size]),
        st.just("client 1"),
        st.just(0),
        st.integers(0, 65535),
        st.integers(0, 0xFFFFFFFF),
        st.booleans(),
        st.none() | st.integers(0, 999_999),
    ),
    Crash: st.just(Crash("client 1")),
    ChangeUdpPort: st.just(ChangeUdpPort("client 1")),
    PauseReading: st.builds(PauseReading, st.sampled_from(("client 1",)), st.booleans()),
    DropNext: st.builds(
        DropNext,
        st.builds(DropRule, st.sampled_from(("DATA", "COOKIE ECHO")), st.none(), st.integers(0, 99)),
        st.integers(0, 4),
    ),
    SetLink: st.builds(
        SetLink,
        _conditions | st.just(LINK[0]),
        _conditions | st.just(LINK[1]),
        link=st.integers(0, 4),
    ),
    SetSpeed: st.sampled_from([SetSpeed(speed) for speed in (0.0, 1.0, 10.0, 100.0)]),
    AskPath: st.builds(
        AskPath, st.just(KEY), st.sampled_from(("heartbeat", "primary", "add", "remove")), st.just("10.2.0.1")
    ),
}
_of_either: dict[type[Command], st.SearchStrategy[Command]] = {
    CloseAssociation: st.just(CloseAssociation(KEY)),
    AbortAssociation: st.builds(AbortAssociation, st.just(KEY), st.text()),
    SetParameters: st.just(SetParameters(KEY, FAST_TIMERS)),
    AskStreams: st.builds(
        AskStreams, st.just(KEY), st.just("reset_out"), st.lists(st.integers(0, 99)).map(tuple)
    )
    | st.builds(AskStreams, st.just(KEY), st.just("add_out"), st.just(()), st.integers(0, 9999)),
}
_MAY_BE_UNSAID = (AbortAssociation, SetLink)
"""Reasons of several lines; different conditions in both directions at once."""


@given(st.one_of(*_of_client.values(), *_of_either.values()))
def test_a_client_s_command_is_said_and_read_again(command: Command) -> None:
    back = _back(command, Told("client 1", link=LINK))
    assert back == [command] or (back is None and isinstance(command, _MAY_BE_UNSAID))


@given(
    st.one_of(
        *_of_either.values(),
        st.just(PeelOff(KEY)),
        _of_client[Send].map(lambda one: msgspec.structs.replace(one, endpoint="", key=KEY)),
    )
)
def test_the_server_s_command_is_said_and_read_again(command: Command) -> None:
    back = _back(command, Told("server", "client 2", LINK))
    assert back == [command] or (back is None and isinstance(command, _MAY_BE_UNSAID))


@pytest.mark.parametrize("sentence", SENTENCES, ids=lambda one: one.example)
def test_each_kind_of_sentence_has_its_way_back(sentence: Sentence) -> None:
    action = actions.parse(sentence.example)
    commands = _commands(sentence.example)
    if not commands:
        assert sentence.tell is telling.no_command
        return
    done = Step() if action.steps else commands[0]
    end, *others = sorted(action.ends, reverse=True) or [""]  # the server first
    said = sentence.tell(done, Told(end, "".join(others[:1]), LINK))
    assert said is not None
    assert _commands(said) == commands


@pytest.mark.parametrize(
    "command",
    [
        Generate(1),
        Send(0, b"\xff", "client 1"),
        Send(0, 300_000 * b"x", "client 1"),
        SetParameters(KEY),
        SetParameters(KEY, FAST_TIMERS, "10.1.0.1"),
        AskStreams(KEY, "reset_in"),
        PeelOff(KEY),
        AskPath(KEY, "peer_primary", "10.1.0.1"),
        SetSpeed(0.5),
        SetLink(Conditions(), LINK[1], link=1),
    ],
    ids=repr,
)
def test_what_has_no_sentence_is_not_said(command: Command) -> None:
    told = Told("client 1", link=(Conditions(cut=True), Conditions()))
    assert actions.tell(command, told) is None
