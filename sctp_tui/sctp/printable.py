"""Turns a peer's bytes into text that may be shown; nothing else in the program does.

A terminal acts on control bytes (ESC, C1), hides others (NUL) and reorders text on bidi marks. Other
characters have no width (fillers, selectors), or a width that differs between terminals (the spacing marks of
Indic scripts, flags), so that a line would run into the next one, or marks pile up on one character. Whatever
a peer chose goes through here before it is drawn, printed or quoted in an error.
"""

import re
import unicodedata

MARKS = 4
"""Combining marks shown on one character, at most: more than any language uses."""

# Words in the Unicode names of characters that are invisible, though their category says otherwise.
_UNSEEN = (
    "VARIATION SELECTOR",
    "GRAPHEME JOINER",
    "BRAILLE PATTERN BLANK",
    "NULL NOTEHEAD",
    "VOWEL INHERENT",
    "REGIONAL INDICATOR",
    "EMOJI MODIFIER",
)
_LETTERS = ("Lo", "Mn")  # a filler of these categories is invisible, one of punctuation is a line
_MARKS = ("Mn", "Me")
_VIRAMA = 9  # combining class of the characters that join two letters into one, of unknown width
_JOINED = ("HANGUL JUNGSEONG", "HANGUL JONGSEONG")  # vowels and finals of a decomposed syllable
_KEPT = 4096  # characters that `_Known` remembers
# Blocks without any of these, where no character needs a look-up: CJK, Hangul, Kana, Latin, Greek, …
_PLAIN = re.compile(
    "[ -~\u00a1-\u02ff\u0370-\u0482\u048a-\u058f\u2010-\u205e\u2070-\u20cf\u2100-\u27ff\u3001-\u3029"
    "\u3030-\u3098\u309b-\u3163\u3190-\ua4cf\uac00-\ud7a3]*+"
)
_PICTURES = {code: 0x2400 + code for code in range(0x20)} | {0x7F: 0x2421}


def printable(data: bytes | str, limit: int | None = None) -> str:
    """Text that is safe in a terminal, on one line.

    ASCII controls become their pictures (␀, ␛, ␊), other invisible or reordering characters their code points
    (`\\u202e`), and so do combining marks on nothing, or beyond `MARKS` on one character. Bytes that are not
    UTF-8 are all shown as hex in ‹›. Beyond `limit` characters (or bytes, for hex) the text is cut, with `…`
    at the end.
    """
    if isinstance(data, bytes):
        # A character has at most four bytes: those beyond can't be shown, and are not decoded.
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
    """A cache of the text shown for a character: itself, its escape, or "" for a combining mark."""

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
    room = 0  # how many more marks the last character may have
    for character, shown in zip(text, parts, strict=True):
        made.append(shown or (character if room else _escaped(character)))
        room = (MARKS if shown == character else 0) if shown else max(0, room - 1)
    return "".join(made)


def quoted(data: bytes | str, limit: int | None = None) -> str:
    """As `printable`, quoted as the peer's words: between “ and ”, which are escaped inside."""
    text = printable(data, limit)
    return f"“{text.replace('“', _escaped('“')).replace('”', _escaped('”'))}”"


def _escaped(character: str) -> str:
    code = ord(character)
    if picture := _PICTURES.get(code):
        return chr(picture)
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def _whole_characters(data: bytes) -> bytes:
    """The data without the UTF-8 character at its end that a cut has halved."""
    for back in range(1, min(4, len(data)) + 1):
        byte = data[-back]
        if byte & 0xC0 != 0x80:
            width = 4 if byte >= 0xF0 else 3 if byte >= 0xE0 else 2 if byte >= 0xC0 else 1
            return data if back >= width else data[:-back]
    return data
