"""A mistake in a lesson's file is named by file, line and key."""

import contextlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sctp_tui.lessons import actions, claims
from sctp_tui.lessons.actions import SENTENCES, ActionError
from sctp_tui.lessons.claims import ClaimError
from sctp_tui.lessons.lesson import HERE, LessonError, Step, find, read

GOOD = """\
title = "One message"
idea = "It arrives."
minutes = 1
rfc = ["9260 6"]
stacks = ["userspace"]

[ends."client 1"]

[[step]]
name = "It is sent"
cause = "client 1 sends hello on 1"
until = "at server: text~hello dir=in"
say = "Here it is."

[step.ask]
text = "How many?"
number = 1
because = "One was sent."
"""


def _read(tmp_path: Path, text: str) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(text)
    read(path)


def test_one_without_mistakes(tmp_path: Path) -> None:
    _read(tmp_path, GOOD)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('title = "One message"\n', "", "mine.toml, lesson: Object missing required field `title`"),
        ("minutes = 1", "minutes = 0", "line 3, minutes: Expected `int` >= 1"),
        ("minutes = 1", 'minutes = "one"', "line 3, minutes: Expected `int`, got `str`"),
        ('"userspace"', '"solaris"', "line 5, stacks[0]: Invalid enum value 'solaris'"),
        ('"userspace"', "", "line 5, stacks: empty: give the stacks"),
        ('[ends."client 1"]', "[ends.anna]", "line 7, ends.anna: 'anna' is no end"),
        ("sends hello on 1", "sends hello", "line 11, step[0].cause: nobody knows how to do"),
        ("client 1 sends hello on 1", "wait for at server: nothing=1", "line 11, step[0].cause: 'wait for"),
        ("client 1 sends hello on 1", "wait for at client 2: event=comm_up", "there is no 'client 2' here"),
        (
            '["userspace"]\n\n[ends."client 1"]',
            '["kernel"]\n\n[ends."client 1"]\nudp_port = 0',
            'line 8, ends.client 1.udp_port: this is for stacks = ["userspace"] alone',
        ),
        ("client 1 sends hello on 1", "client 2 sends hello on 1", "there is no 'client 2' here"),
        ("at server: text~hello", "at server: txt~hello", "line 12, step[0].until: "),
        ("at server: text~hello", "server text~hello", "has no place: begin with `at server:`"),
        ("number = 1", "", "step[0].ask: give either choices with the answer's place, or a number"),
        (
            "number = 1",
            'choices = ["a", "b"]\nanswer = 3',
            "line 18, step[0].ask.answer: give the right",
        ),
        ("Here it is.", 70 * "Here ", "line 13, step[0].say: 349 characters: give 310 at most"),
        ("[step.ask]", "[step.asks]", "Object contains unknown field `asks`"),
        ("Here it is.", "\\u001b[2J", "line 13, step[0].say: there is a character U+001B"),
        ("minutes = 1", "minutes = = 1", "mine.toml: Invalid value (at line 3"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert old in GOOD
    with pytest.raises(LessonError) as wrong:
        _read(tmp_path, GOOD.replace(old, new))
    assert said in str(wrong.value)
    assert str(wrong.value).startswith(str(tmp_path / "mine.toml"))


def test_a_name_that_is_none_is_told_with_one_that_is_near() -> None:
    with pytest.raises(LessonError, match="there is no lesson 'strems': is it streams"):
        find("strems")
    with pytest.raises(LessonError, match=r"nowhere\.toml: No such file"):
        find("nowhere.toml")


def test_what_is_no_text_or_too_long_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_bytes(b'title = "a"\nidea = "\xff"\n')
    with pytest.raises(LessonError, match="line 2: not UTF-8"):
        read(path)
    path.write_bytes(b"#" * 1_000_000)
    with pytest.raises(LessonError, match="longer than 256 KiB"):
        read(path)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)
@given(st.integers(0, len((HERE / "streams.toml").read_text())), st.text(max_size=3))
def test_whatever_is_in_a_file_it_is_read_or_refused(tmp_path: Path, at: int, put: str) -> None:
    text = (HERE / "streams.toml").read_text()
    with contextlib.suppress(LessonError):
        _read(tmp_path, text[:at] + put + text[at + 1 :])


@pytest.mark.parametrize("sentence", SENTENCES, ids=lambda one: one.example)
def test_each_example_is_a_sentence_of_its_kind(sentence: actions.Sentence) -> None:
    assert sentence.form.fullmatch(sentence.example)
    assert actions.parse(sentence.example).text == sentence.example


@given(st.text(alphabet="client 1server sends on link drops has=#:DATA time", max_size=40))
def test_any_sentence_is_an_action_or_refused(text: str) -> None:
    with contextlib.suppress(ActionError):
        actions.parse(text)


@given(st.text(alphabet="at server:wire DATA againtable count=1beforelanes client 1", max_size=40))
def test_any_text_is_a_claim_or_refused(text: str) -> None:
    with contextlib.suppress(ClaimError):
        claims.parse(text)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("a stranger sends 201 INITs to server as client 1", "give 1 to 200"),
        ("a stranger sends 0 INITs to server as client 1", "give 1 to 200"),
        ("a stranger sends ABORT to server as server", "as client 1"),
        ("a stranger sends ABORT to client 1 as client 2", "as server"),
    ],
)
def test_a_stranger_poses_as_the_other_end_so_many_times(text: str, why: str) -> None:
    with pytest.raises(ActionError, match=why):
        actions.parse(text)
    for right in (
        "ABORT to client 1 as server",
        "200 INITs to server as client 2",
        "ABORT to server as client 1",
    ):
        assert actions.parse(f"a stranger sends {right}").ends


def test_the_cause_comes_first_or_where_it_stands() -> None:
    first = Step(name="a", cause="time stops", do=("time goes on",))
    assert [one.text for one in first.actions] == ["time stops", "time goes on"]
    among = Step(name="a", cause="time goes on", do=("time stops", "time goes on"))
    assert [one.text for one in among.actions] == ["time stops", "time goes on"]
    for step in (first, among):
        assert step.cause not in [one.text for one in step.without_cause]
        assert len(step.without_cause) == 1


@pytest.mark.parametrize(
    "word", ["again", "since>200", "pause>200", "path=2", "stream=1 ssn=0 whole", "lost"]
)
def test_a_claim_on_packets_has_words_for_a_chunk(word: str) -> None:
    assert claims.parse(f"wire from client 1: DATA {word} count=1").ends == {"client 1"}
    with pytest.raises(ClaimError, match=r"'wrong' is none of .*since>N, pause>N, count=N"):
        claims.parse(f"wire: DATA {word} wrong")
