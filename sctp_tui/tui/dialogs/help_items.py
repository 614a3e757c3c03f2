"""What the help can find: questions with answers, keys, numbers; and how that is found by words."""

import re
from collections.abc import Callable, Iterable, Sequence

import msgspec

from sctp_tui.monitor.text.glossary import TERMS
from sctp_tui.tui.actions import ACTIONS, PLACES, Action, named


class Question(msgspec.Struct, frozen=True):
    """What users ask, the answer with `{action}` for its keys, and other words that the question has."""

    asked: str
    answer: str
    also: str = ""


QUESTIONS = (
    Question(
        "How do I send a message?",
        "{message} goes to the line, {send} there sends it; [3]text goes on stream 3. A client's first "
        "message sets up its association.",
        "write type text client connect establish begin stream",
    ),
    Question(
        "How do I send octets or a file?",
        "Type [hex]0a ff, or [file]PATH; [3 hex]0a ff goes on stream 3.",
        "binary bytes newline",
    ),
    Question(
        "How do I answer as the server?",
        "{reply} speaks as the server to the row chosen, {to_all} to all of its associations.",
        "reply respond peer broadcast echo",
    ),
    Question(
        "How do I set up an association without data?",
        "{client_connect} in the client pane.",
        "connect handshake establish init",
    ),
    Question(
        "How do I get another client?",
        "{new_client} makes one; {generate} opens many at once.",
        "second add new more socket",
    ),
    Question(
        "How do I end an association?",
        "{close} shuts it down gracefully, {abort} aborts it, after a question.",
        "close shutdown abort kill disconnect stop terminate",
    ),
    Question(
        "How do I see the packets?",
        "{wire} shows those of the association: {ladder} as arrows, {lanes} by stream, {window} over time, "
        "{states} as states; {ladder_open} all of one. On the kernel's stack that takes --capture.",
        "state machine states chunk ladder wire capture trace sequence diagram arrow handshake wireshark",
    ),
    Question(
        "How do I lose a packet?",
        "{drop_next} loses the next DATA on the stream that is spoken on, {drop} offers others, {link} "
        "loses by chance. On the userspace stack; for the kernel's: sctp-tui lab --netem.",
        "losing packets drop discard loss lost retransmit retransmission",
    ),
    Question(
        "How do I see head-of-line blocking?",
        "{wire} for the wire, {still} lets its time stand, {drop_next} loses the next DATA; send one, then "
        "two, then [2]three; {lanes} shows the lanes, {step} goes on by one packet.",
        "hol stream wait order unordered",
    ),
    Question(
        "How do I delay packets, or slow them down?",
        "{link}: delay, jitter, loss, duplicates, reordering, a rate, each way.",
        "link latency bandwidth rate jitter duplicate reorder network netem",
    ),
    Question(
        "How do I let time stand still?",
        "{still} lets the link's time stand or go on, {step} lets one packet arrive, {slower} and {faster} "
        "change its speed.",
        "step slow pause speed clock single",
    ),
    Question(
        "How do I stop the screen from changing?",
        "{freeze}: the view stands while all is still taken in; again: back to now.",
        "freeze pause hold scroll",
    ),
    Question(
        "How do I close the receiver's window?",
        "{pause_reading}: the server stops reading, and its window closes; again: on.",
        "rwnd slow reader zero pause flow control",
    ),
    Question(
        "How do I find something in the log?",
        "{filter} filters log and table, {filter_by} shows one association alone, {search} looks for a text.",
        "filter search look grep only",
    ),
    Question(
        "How do I save what I see?",
        "{export} writes log, table, packets or the screen to a file; {copy} copies the row or the line.",
        "export write file pcap pcapng svg json csv picture screenshot copy clipboard wireshark",
    ),
    Question(
        "How do I generate traffic?",
        "{generate}: so many messages a second, of several clients too; {generate_stop} stops all.",
        "load flood many messages rate benchmark",
    ),
    Question(
        "How do I change the server's address or port?",
        "{server}: address, port, stack, streams, echo.",
        "listen host bind settings restart stack udp",
    ),
    Question(
        "How do I clear what has ended?",
        "{clear} clears it, {undo} brings it back.",
        "remove delete clean rows",
    ),
    Question(
        "What does a number mean?",
        "{choose} on a row, or {detail}, then {detail_explain} on a number; or look for its name here.",
        "explain term meaning rtt cwnd rto detail statistics",
    ),
    Question(
        "How do I sort the table, or choose its columns?",
        "{sort} orders it, {columns} has the columns to choose from.",
        "order hide show",
    ),
    Question(
        "How do I change colours or keys?",
        "{theme} for the colours; keys in the config file, under [keys], by the names in the README.",
        "theme dark light config bind configure color",
    ),
    Question(
        "What does `silent 0:12` in the column State say?",
        "What was sent first 0:12 ago has no answer yet; it was sent again since, less and less often. \
The detail, {detail}, has when the peer will be declared lost.",
        "silence quiet missed answers dead",
    ),
    Question(
        "Where do phase and ssthresh of the window come from?",
        "They are inferred, as no packet and no stack tells them: from fast retransmits and timers that \
packets show, and from cwnd as the stack tells it. Where neither shows them they are `-`.",
        "slow start congestion avoidance fast recovery",
    ),
    Question(
        "How do I leave?",
        "{quit}, or {quit_anywhere} while typing: all is shut down; again: aborted.",
        "quit exit end stop",
    ),
)


_KEY = re.compile(r"\{(\w+)\}")


class Item(msgspec.Struct, frozen=True):
    """One thing that can be found: its keys, what it is, and where it is so or written."""

    keys: str
    text: str
    where: str
    words: frozenset[str]


def items(keys_of: Callable[[Action], str], paragraphs: Iterable[str]) -> list[Item]:
    """All that can be found: questions first, then keys, numbers, and what one sees."""
    found = []
    for question in QUESTIONS:
        answer = answered(question, keys_of)
        words = _words(f"{question.asked} {_KEY.sub(' ', question.answer)} {question.also}")
        found.append(Item("", f"{question.asked}\n{answer}", "", frozenset(words)))
    for row in ACTIONS:
        place = PLACES[row.place].title
        keys = keys_of(row)
        words = _words(f"{row.help} {row.label} {row.name.replace('_', ' ')} {place}")
        found.append(Item(keys, row.help, place, frozenset(words)))
    for name, term in TERMS.items():
        words = _words(f"{name.replace('_', ' ')} {term.name} {term.means}")
        found.append(Item("", f"{term.name}\n{term.means}", term.source, frozenset(words)))
    for paragraph in paragraphs:
        found.append(Item("", paragraph, "", frozenset(_words(paragraph))))
    return found


def answered(question: Question, keys_of: Callable[[Action], str]) -> str:
    """The answer with the keys as they are."""
    return _KEY.sub(lambda found: keys_of(named(found[1])), question.answer)


def find(items: Sequence[Item], query: str) -> list[Item]:
    """Those that have the most of the query's words; first those that have more of them letter by letter.

    A word may end otherwise; a single character is a key. Words that any question has count only where there
    are no others.
    """
    wanted = query.split()
    wanted = [word for word in wanted if word.strip("?,.!").lower() not in _IN_ANY] or wanted
    scores = [sum(_has(item, word) for word in wanted) for item in items]
    best = max(scores, default=0)
    found = [item for item, score in zip(items, scores, strict=True) if best and score == best]
    return sorted(found, key=lambda item: -sum(set(_words(word)) <= item.words for word in wanted))


def _has(item: Item, word: str) -> bool:
    if word in item.keys.split():
        return True
    words = _words(word) if len(word) > 1 and word[0] not in "^⇧" else []
    return bool(words) and all(any(have.startswith(_stem(one)) for have in item.words) for one in words)


_COMMON = (
    "a an and are as at be by can could do does for from get have how i if in into is it its let make "
    "me my of on one or see should show so some that the there this to use want what when where which "
    "who why will with would you"
)
_IN_ANY = frozenset(_COMMON.split())


def _words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", text.lower())


def _stem(word: str) -> str:
    for end in ("ing", "es", "ed", "s", "e"):
        if word.endswith(end) and len(word) - len(end) >= 3:
            return word[: -len(end)]
    return word
