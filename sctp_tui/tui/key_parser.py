"""What a terminal sends as keys: Esc, and a key right after it, are two.

A terminal sends Esc as the octet that its sequences begin with, and Alt-w as Esc, then w; Textual takes
whatever comes within 0.1 s of Esc for Alt.
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
"""With Esc before it, Shift-Tab of Linux's console, and Alt-Backspace."""


class KeyParser(XTermParser):
    """Textual's own, which is told where an Esc stands for itself, and no Esc that is within a paste."""

    def parse(self, token_callback: TokenCallback[Message]) -> Generator[Read1 | Peek1, str, None]:
        """Hand on each character in its time."""
        theirs = super().parse(token_callback)
        awaited = next(theirs)
        sequence = ""  # since the last Esc
        held = ""  # not handed on yet
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
