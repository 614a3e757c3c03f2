"""The words of SCTP that a text uses, each with what it means: those of the help's topic `words`."""

import re
from collections.abc import Mapping
from functools import cache

from sctp_tui.help import TOPICS
from sctp_tui.monitor.text.glossary import Term

_ENTRY = re.compile(r"^- \*\*(.+?)\*\*: (.+?)(?=^- |^## |\Z)", re.MULTILINE | re.DOTALL)
_SOURCE = re.compile(r"^(.*?) ?\((RFC \d+[^()]*(?:\([^()]*\))?[^()]*)\)\.?$")


@cache
def words() -> Mapping[str, Term]:
    """All of them, in the order of the topic."""
    found: dict[str, Term] = {}
    for name, said in _ENTRY.findall(TOPICS["words"].text()):
        text = " ".join(said.split())
        parts = _SOURCE.match(text)
        means, source = (parts[1].rstrip(".") + ".", parts[2]) if parts else (text, "")
        found[name] = Term(name, means, source)
    return found


def words_in(text: str) -> list[Term]:
    """Those that a text uses, in the order of the topic; of "INIT ACK" INIT is no word of its own."""
    known, used = words(), set[str]()
    for found in _any_word().findall(text):
        used.add(found if found in known else found[0].lower() + found[1:])
    return [term for name, term in known.items() if name in used]


@cache
def _any_word() -> re.Pattern[str]:
    longest_first = sorted(words(), key=len, reverse=True)
    return re.compile(rf"\b(?:{'|'.join(map(_form, longest_first))})(?=s?\b)")


def _form(name: str) -> str:
    """A word as a pattern: it may begin a sentence, unless it is a name in capitals."""
    first = name[0] if name[:2].isupper() else f"[{name[0].upper()}{name[0].lower()}]"
    return first + re.escape(name[1:])
