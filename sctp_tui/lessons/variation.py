"""The same lesson with other messages, by a seed: other texts, streams and order, and so other packets.

It claims the same. Whether it still proves that, only playing it tells.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Literal

from msgspec.structs import replace

from .actions import SENTENCES
from .lesson import Lesson, Step

Change = Literal["more", "order", "streams", "texts"]
"""What may vary. `more`: messages are sent before the lesson goes on after its first step; `order`: messages
of different streams that follow each other are sent in another order."""
MOST: Sequence[Change] = ("more", "order", "streams", "texts")
"""All of them, beginning with what is the likeliest to break a lesson."""

_SYLLABLES = [first + second for first in "bdfgklmnprstvz" for second in "aeiou"]
_SHORTEST, _USUAL = 4, 6  # letters: from four on a word keeps its length, which a claim may be about
_OFTEN = 10  # streams among which messages are dealt out
_WORD = re.compile(r"\w+")
_IN_CLAIM = re.compile(r"(\btext(?:=|!=|~|!~))(\"[^\"]*\"|\S+)")
_STREAM_IN_CLAIM = re.compile(r"(\bstream=)(\d+)(?=\s|$)")
_SENT = re.compile(r"(?P<end>server|client \d) sends .*?(?P<to>to client \d )?on (?P<stream>\d+)\b.*")
_DROP = re.compile(r"link(?: \d)? drops [^#]*(?:#(\d+))?")


def varied(lesson: Lesson, seed: int, changes: Sequence[Change]) -> Lesson:
    """The lesson with these changes, which are the same for the same seed."""
    # Each has numbers of its own, so that it is the same with and without the others.
    random = {change: Random(f"{seed} {change}") for change in MOST}
    steps = list(lesson.step)
    if "order" in changes:
        steps = [replace(step, do=tuple(_in_another_order(step, random["order"]))) for step in steps]
    streams = _dealt(lesson, random["streams"]) if "streams" in changes else {}
    words = _other_words(lesson, random["texts"]) if "texts" in changes else {}
    steps = [_rewritten(step, streams, words) for step in steps]
    if "more" in changes:
        steps.insert(1, _more(lesson, random["more"]))
    return replace(lesson, step=tuple(steps))


def _other_words(lesson: Lesson, random: Random) -> Mapping[str, str]:
    """Another word for each word of its messages."""
    sent: list[str] = []

    def note(text: str) -> str:
        sent.extend(_WORD.findall(text))
        return text

    for step in lesson.step:
        for sentence in (step.cause, *step.do):
            _action(sentence, {}, note)
    sizes = any("size" in claim for step in lesson.step for claim in (step.until, *step.expect))
    words = {word: word for word in sent if sizes and len(word) < _SHORTEST}
    for word in sent:
        while word not in words:
            new = _word(random, len(word) if len(word) >= _SHORTEST else _USUAL)
            if not any(new in one or one in new for one in words.values()):
                words[word] = new
    return words


def _word(random: Random, length: int = _USUAL) -> str:
    return "".join(random.choice(_SYLLABLES) for _ in range(length // 2 + 1))[:length]


def _streams_of(lesson: Lesson) -> int:
    """How many streams any end has at least, both ways."""
    return min(count for end in (lesson.server, *lesson.ends.values()) for count in end.counts)


def _dealt(lesson: Lesson, random: Random) -> Mapping[str, str]:
    numbers = [str(number) for number in range(min(_OFTEN, _streams_of(lesson)))]
    return dict(zip(numbers, random.sample(numbers, len(numbers)), strict=True))


def _more(lesson: Lesson, random: Random) -> Step:
    """A step with messages of the client that the lesson begins with."""
    client, streams = lesson.step[0].client, min(_OFTEN, _streams_of(lesson))
    words = [_word(random) for _ in range(random.choice((2, 4)))]  # two packets are acknowledged at once
    return Step(
        name="More messages",
        do=tuple(f"{client} sends {word} on {random.randrange(streams)}" for word in words),
        until=f"at server: text={words[-1]} dir=in",
        expect=(f"wire from server to {client}: SACK",),
    )


# --- the order


def _in_another_order(step: Step, random: Random) -> Sequence[str]:
    """Its actions; messages of different streams change places, but those up to the first that is lost."""
    actions = list(step.do)
    drops = [_DROP.fullmatch(action) for action in (step.cause, *actions)]
    lost = {drop[1] for drop in drops if drop is not None}
    sends = [_SENT.fullmatch(action) for action in actions]
    at = 0
    while at < len(actions):
        end, first = at, sends[at]
        while first is not None and end < len(actions) and _same_ends(sends[end], first):
            end += 1
        if end > at:
            hit = [n for n in range(at, end) if lost & {None, _stream(sends[n])}]
            fixed = hit[0] + 1 if hit else at
            actions[fixed:end] = _shuffled([one for one in sends[fixed:end] if one is not None], random)
        at = max(end, at + 1)
    return actions


def _stream(send: re.Match[str] | None) -> str:
    return send["stream"] if send is not None else ""


def _same_ends(one: re.Match[str] | None, other: re.Match[str]) -> bool:
    return one is not None and one.group("end", "to") == other.group("end", "to")


def _shuffled(sends: Sequence[re.Match[str]], random: Random) -> list[str]:
    """The messages of each stream stay in order."""
    places = [send["stream"] for send in sends]
    rest = {stream: [send[0] for send in sends if send["stream"] == stream] for stream in places}
    random.shuffle(places)
    return [rest[stream].pop(0) for stream in places]


# --- what is written


def _rewritten(step: Step, streams: Mapping[str, str], words: Mapping[str, str]) -> Step:
    def text(said: str) -> str:
        return _WORD.sub(lambda word: words.get(word[0], word[0]), said)

    def action(sentence: str) -> str:
        return _action(sentence, streams, text)

    def claim(said: str) -> str:
        said = _IN_CLAIM.sub(lambda match: match[1] + text(match[2]), said)
        return _STREAM_IN_CLAIM.sub(lambda match: match[1] + streams.get(match[2], match[2]), said)

    return replace(
        step,
        do=tuple(map(action, step.do)),
        cause=action(step.cause),
        until=claim(step.until),
        expect=tuple(map(claim, step.expect)),
        mark=claim(step.mark),
    )


def _action(sentence: str, streams: Mapping[str, str], text: Callable[[str], str]) -> str:
    """A sentence of `actions` with another text and other streams, where it has them."""
    found = (kind.form.fullmatch(sentence) for kind in SENTENCES)
    match = next((one for one in found if one is not None), None)
    if match is None:
        return sentence

    def numbers(said: str) -> str:
        return re.sub(r"\d+", lambda one: streams.get(one[0], one[0]), said)

    def of_drop(said: str) -> str:
        return re.sub(r"#\d+", lambda one: numbers(one[0]), said)

    new = {"text": text, "stream": numbers, "streams": numbers, "drop": of_drop}
    groups = [name for name in new if match.groupdict().get(name) is not None]
    for name in sorted(groups, key=match.start, reverse=True):
        start, end = match.span(name)
        sentence = sentence[:start] + new[name](match[name]) + sentence[end:]
    return sentence
