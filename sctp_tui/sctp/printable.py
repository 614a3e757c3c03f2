"""The one way from a peer's bytes to something that may be shown.

A terminal acts on control bytes (ESC, C1), hides others (NUL) and reorders text on bidi marks. Other
characters take no room (fillers, selectors), or other room in each terminal (the spacing marks of Indic
scripts, flags), so that a line would go on where the next one is, or heap up on the one before. Whatever a
peer chose goes through here before it is drawn, printed or quoted in an error.
"""

import re
import unicodedata

MARKS = 4
"""Combining marks on one character, at most: more than any language puts there."""

# Words in the names of characters that have no picture of their own, though their category says otherwise.
_UNSEEN = (
    "VARIATION SELECTOR",
    "GRAPHEME JOINER",
    "BRAILLE PATTERN BLANK",
    "NULL NOTEHEAD",
    "VOWEL INHERENT",
    "REGIONAL INDICATOR",
    "EMOJI MODIFIER",
)
_LETTERS = ("Lo", "Mn")  # a filler of these is nothing, one of punctuation a line
_MARKS = ("Mn", "Me")
_VIRAMA = 9  # the combining class of those that join two letters, to one of whatever width
_JOINED = ("HANGUL JUNGSEONG", "HANGUL JONGSEONG")  # vowels and finals of a syllable taken apart
_KEPT = 4096  # characters
# Blocks without any of them, where no character needs to be looked at: CJK, Hangul, Kana, Latin, Greek, …
_PLAIN = re.compile(
    "[ -~\u00a1-\u02ff\u0370-\u0482\u048a-\u058f\u2010-\u205e\u2070-\u20cf\u2100-\u27ff\u3001-\u3029"
    "\u3030-\u3098\u309b-\u3163\u3190-\ua4cf\uac00-\ud7a3]*+"
)
_PICTURES = {code: 0x2400 + code for code in range(0x20)} | {0x7F: 0x2421}


def printable(data: bytes | str, limit: int | None = None) -> str:
    """Text that is safe in a terminal, and one line.

    Controls of ASCII become their pictures (␀, ␛, ␊), other invisible or reordering characters their
    code points (`\\u202e`), and so do combining marks on nothing, or more than `MARKS` on one character.
    Bytes that are not UTF-8 are shown whole as hex in ‹›. More than `limit` characters (or bytes, for hex)
    are cut, with `…` at the end.
    """
    if isinstance(data, bytes):
        # A character takes at most four bytes: what is beyond can't be shown, and is not decoded.
        cut = data if limit is None or len(data) <= 4 * limit else _whole_characters(data[: 4 * limit])
        try:
            text = cut.decode()
        except UnicodeDecodeError:
            shown = data if limit is None or len(data) <= limit else data[:limit]
            return f"‹{shown.hex(' ')}{'…' if len(shown) < len(data) else ''}›"
        more = len(cut) < len(data)
    else:
        text, more = data, False
    if limit is not None and len(text) > limit:
        text, more = text[:limit], True
    if not (text.isprintable() and (text.isascii() or _PLAIN.fullmatch(text))):
        text = _made_visible(text)
    return text + "…" if more else text


class _Known(dict[str, str]):
    """What stands for a character, as far as they were met; "" for a combining mark."""

    def __missing__(self, character: str) -> str:
        shown = _escaped(character)
        if character.isprintable():
            name, category = unicodedata.name(character, ""), unicodedata.category(character)
            filler = name.endswith("FILLER") and category in _LETTERS
            joins = category == "Mc" or unicodedata.combining(character) == _VIRAMA
            if not filler and not joins and not any(words in name for words in _UNSEEN):
                shown = "" if category in _MARKS or name.startswith(_JOINED) else character
        if len(self) < _KEPT:
            self[character] = shown
        return shown


_known = _Known()


def _made_visible(text: str) -> str:
    parts = [_known[character] for character in text]
    if "" not in parts:
        return "".join(parts)
    made = []
    room = 0  # for marks on the last character
    for character, shown in zip(text, parts, strict=True):
        made.append(shown or (character if room else _escaped(character)))
        room = (MARKS if shown == character else 0) if shown else max(0, room - 1)
    return "".join(made)


def quoted(data: bytes | str, limit: int | None = None) -> str:
    """The same as somebody else's words: between “ and ”, which none of theirs can end."""
    text = printable(data, limit)
    return f"“{text.replace('“', _escaped('“')).replace('”', _escaped('”'))}”"


def _escaped(character: str) -> str:
    code = ord(character)
    if picture := _PICTURES.get(code):
        return chr(picture)
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def _whole_characters(data: bytes) -> bytes:
    """Without the character at the end that a cut may have halved."""
    for back in range(1, min(4, len(data)) + 1):
        byte = data[-back]
        if byte & 0xC0 != 0x80:
            width = 4 if byte >= 0xF0 else 3 if byte >= 0xE0 else 2 if byte >= 0xC0 else 1
            return data if back >= width else data[:-back]
    return data
