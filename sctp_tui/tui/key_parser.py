"""Parses a terminal's input so that Esc and a key right after it are two keys.

A terminal sends Esc as the octet that escape sequences begin with, and Alt-w as Esc, then w; Textual takes
any key within 0.1 s of Esc for one with Alt.
"""

from collections.abc import Generator
from contextlib import suppress

from textual._parser import ParseEOF, ParseTimeout, Peek1, Read1, TokenCallback
from textual._xterm_parser import BRACKETED_PASTE_END, BRACKETED_PASTE_START, XTermParser
from textual.message import Message

_ESC = "\x1b"
_BEGIN = "[O]P_"
"""After Esc they begin a sequence (CSI, SS3, OSC, DCS, APC), where more comes; alone each is a key."""
_ONE_KEY = "\t\x7f"
"""With Esc before them one key each: Shift-Tab on Linux's console, and Alt-Backspace."""


class KeyParser(XTermParser):
    """Textual's parser, told where an Esc is a key of its own; Esc within a paste is left out."""

    def parse(self, token_callback: TokenCallback[Message]) -> Generator[Read1 | Peek1, str, None]:
        """Pass characters on to Textual's parser, those held back until it is known what they belong to."""
        theirs = super().parse(token_callback)
        awaited = next(theirs)
        sequence = ""  # since the last Esc
        held = ""  # not passed on yet
        pasting = False
        while True:
            try:
                character = yield awaited
            except ParseTimeout as over:
                awaited = theirs.throw(over)
                if held:
                    awaited = theirs.send(held)
                sequence = held = ""
                continue
            except ParseEOF as end:
                with suppress(StopIteration):
                    theirs.throw(end)
                return
            if pasting:
                held += character
                if held != BRACKETED_PASTE_END and BRACKETED_PASTE_END.startswith(held):
                    continue
                pasting = held != BRACKETED_PASTE_END
                text = held.replace(_ESC, "") if pasting else held
                held = _ESC if pasting and character == _ESC else ""
            else:
                at_second = sequence == _ESC
                if at_second and character in _BEGIN:
                    held = character
                    sequence += character
                    continue
                if (at_second and character not in _ONE_KEY) or (held and character == _ESC):
                    awaited = theirs.throw(ParseTimeout())
                    sequence = ""
                if character == _ESC or sequence:
                    sequence = _ESC if character == _ESC else (sequence + character)[:10]
                pasting = sequence == BRACKETED_PASTE_START
                text, held = held + character, ""
            for one in text:
                awaited = theirs.send(one)
