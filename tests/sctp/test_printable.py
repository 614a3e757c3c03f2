"""Whatever a peer writes is one line that can be seen, and as wide as it is said to be."""

import sys
import unicodedata

import wcwidth
from hypothesis import example, given
from hypothesis import strategies as st
from rich.cells import cell_len

from sctp_tui.sctp.printable import _PLAIN, MARKS, printable

IGNORABLE = (
    (0xAD, 0xAD),
    (0x34F, 0x34F),
    (0x61C, 0x61C),
    (0x115F, 0x1160),
    (0x17B4, 0x17B5),
    (0x180B, 0x180F),
    (0x200B, 0x200F),
    (0x202A, 0x202E),
    (0x2060, 0x206F),
    (0x3164, 0x3164),
    (0xFE00, 0xFE0F),
    (0xFEFF, 0xFEFF),
    (0xFFA0, 0xFFA0),
    (0xFFF0, 0xFFF8),
    (0x1BCA0, 0x1BCA3),
    (0x1D173, 0x1D17A),
    (0xE0000, 0xE0FFF),
)
"""Default_Ignorable_Code_Point of Unicode 16, DerivedCoreProperties.txt."""
BLANK = "\u2800\U0001d159"
"""Blank, though Unicode doesn't say so."""
UNSEEN = {chr(code) for first, last in IGNORABLE for code in range(first, last + 1)} | set(BLANK)
MARKING = [chr(code) for code in range(sys.maxunicode + 1) if unicodedata.category(chr(code))[0] == "M"]
STRANGE = st.sampled_from(
    "\x1b\0\n\x7f\x9b\u202e\u200d\u3164\u115f\u1160\u1161\u11a8\u1112\u2800\uffa0\u034f\ufe0f\u0903"
    "👍❤漢ä한e \U0001f3fd\U0001f1e9"
)
MOVED = "\U0001171e"
"""A mark that takes room since Unicode 16, and none for an older Python."""
TEXTS = st.lists(STRANGE | st.sampled_from(MARKING) | st.characters(), max_size=40).map(
    lambda characters: "".join(characters).replace(MOVED, "")
)


def marks(text: str) -> int:
    """The longest run of characters that go on the one before; endless where there is none before."""
    longest = run = 0
    for place, character in enumerate(text):
        joined = unicodedata.category(character)[0] == "M" or wcwidth.wcwidth(character) == 0
        run = run + 1 if joined else 0
        longest = max(longest, run if place + 1 > run else sys.maxsize)
    return longest


@given(TEXTS)
@example("e" + "\u0301" * 1000)
@example("\u0301e")
@example("👍\u0a4d\x1b")
@example("\u1112\u1161" + "\u11ab" * 100)
@example("❤\ufe0f 👍\U0001f3fd \U0001f1e9\U0001f1ea \U0001f468\u200d\U0001f469\u200d\U0001f467")
def test_it_can_be_seen_and_is_as_wide_as_is_said(text: str) -> None:
    shown = printable(text)
    assert shown.isprintable()  # no Cc, Cf, Cs, Co, Cn, and no space but the plain one
    assert not UNSEEN & set(shown)
    assert marks(shown) <= MARKS
    assert cell_len(shown) == wcwidth.wcswidth(shown) >= 0
    assert printable(shown) == shown
    if text.isascii() and text.isprintable():
        assert shown == text


def test_what_can_not_be_seen_is_told_by_its_number() -> None:
    for character in UNSEEN:
        code = ord(character)
        escaped = f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
        assert printable(f"a{character}b") == f"a{escaped}b"


def test_what_languages_need_stays() -> None:
    for text in (
        "Việt Nam",
        "Vie\u0323\u0302t",
        "한국어",
        "\u1112\u1161\u11ab",
        "ภาษาไทยที่",
        "עִבְרִית",
        "漢字かな",
        "😀 → …",
        "⠁⠂",
    ):
        assert printable(text) == text


def test_blocks_that_are_not_looked_at_have_nothing_to_see_to() -> None:
    for code in range(sys.maxunicode + 1):
        character = chr(code)
        if character.isprintable() and _PLAIN.fullmatch(character):
            assert character not in UNSEEN
            assert unicodedata.category(character)[0] != "M"
            assert wcwidth.wcwidth(character) == cell_len(character) > 0


def test_each_character_alone_is_as_wide_as_is_said() -> None:
    for code in range(sys.maxunicode + 1):
        shown = printable(f"a{chr(code)}")
        if chr(code) not in MOVED:
            assert cell_len(shown) == wcwidth.wcswidth(shown), hex(code)
