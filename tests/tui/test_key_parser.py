"""Keys as a terminal sends them, wherever what it sends is cut: Esc and the key after it are two."""

from collections.abc import Iterable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual import _parser, events
from textual.message import Message

from sctp_tui.tui.key_parser import KeyParser

KEYS = {
    "\x1b": "escape",
    "w": "w",
    "1": "1",
    "2": "2",
    "b": "b",
    "f": "f",
    " ": "space",
    "é": "é",
    "-": "minus",
    "[": "left_square_bracket",
    "]": "right_square_bracket",
    "O": "O",
    "\r": "enter",
    "\x01": "ctrl+a",
}
SEQUENCES = {
    "\x1b[A": "up",
    "\x1bOP": "f1",
    "\x1b[15~": "f5",
    "\x1b[Z": "shift+tab",
    "\x1b[1;5C": "ctrl+right",
    "\x1b[27u": "escape",
    "\x1b[119;3u": "alt+w",
    "\x1b\x7f": "ctrl+w",
    "\x1b\t": "shift+tab",
    "\x1b[<0;20;10M": "MouseDown",
    "\x1b[I": "AppFocus",
    "\x1b[200~one\ntwo\x1b[201~": "one\ntwo",
    "\x1b[200~\x1b[31mq\x1b\x1b[20\x1b[201~": "[31mq[20",
}


class Typed:
    """A terminal, whose time is the test's."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.now = 0.0
        patch.setattr(_parser, "get_time", lambda: self.now)
        self._parser = KeyParser()
        self.came: list[str] = []

    def type(self, *reads: str) -> None:
        """What comes together, and the next soon after it."""
        for read in reads:
            self._take(self._parser.feed(read))
            self.wait(0.05)

    def wait(self, seconds: float) -> None:
        self.now += seconds
        self._take(self._parser.tick())

    def _take(self, messages: Iterable[Message]) -> None:
        for one in messages:
            match one:
                case events.Key(key=key):
                    self.came.append(key)
                case events.Paste(text=text):
                    self.came.append(text)
                case _:
                    self.came.append(type(one).__name__)


def taken(*reads: str) -> Sequence[str]:
    """What comes of what is sent so, once nothing has come for a while."""
    with pytest.MonkeyPatch.context() as patch:
        typed = Typed(patch)
        typed.type(*reads)
        typed.wait(1)
        return typed.came


@pytest.mark.parametrize("key", KEYS)
def test_esc_and_a_key_right_after_it_are_two(key: str) -> None:
    assert taken(f"\x1b{key}") == taken("\x1b", key) == ["escape", KEYS[key]]


@pytest.mark.parametrize("sequence", SEQUENCES)
def test_a_sequence_is_one_wherever_it_is_cut(sequence: str) -> None:
    for at in range(1, len(sequence) + 1):
        assert taken(sequence[:at], sequence[at:] + "w") == [SEQUENCES[sequence], "w"]
        assert taken("w\x1b" + sequence[:at], sequence[at:]) == ["w", "escape", SEQUENCES[sequence]]


def test_what_would_begin_a_sequence_is_a_key_where_nothing_follows_in_time() -> None:
    with pytest.MonkeyPatch.context() as patch:
        typed = Typed(patch)
        for key in "[]O":
            typed.came.clear()
            typed.type("\x1b", key)
            typed.wait(0.1)
            typed.type("w")
            assert typed.came == ["escape", KEYS[key], "w"]
            typed.came.clear()
            typed.type(f"\x1b{key}\x1b")
            typed.wait(0.1)
            assert typed.came == ["escape", KEYS[key], "escape"]


@given(st.data())
def test_all_that_is_typed_comes_in_its_order(data: st.DataObject) -> None:
    plain = st.sampled_from([key for key in KEYS if key not in "\x1b[]O"])
    pieces = data.draw(st.lists(plain | st.sampled_from(list(SEQUENCES)) | plain.map("\x1b".__add__)))
    wanted: list[str] = []
    for piece in pieces:
        wanted += [SEQUENCES[piece]] if piece in SEQUENCES else [KEYS[key] for key in piece]
    sent = "".join(pieces)
    cuts = sorted(data.draw(st.sets(st.integers(0, len(sent)))))
    reads = [sent[a:b] for a, b in zip([0, *cuts], [*cuts, len(sent)], strict=True)]
    assert taken(*filter(None, reads)) == wanted
