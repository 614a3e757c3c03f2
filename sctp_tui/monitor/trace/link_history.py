"""The link's conditions and counts as text of one line, and the history of its changes."""

from collections import Counter, deque
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import count
from typing import Literal, NamedTuple

from msgspec.structs import replace

from sctp_tui.sctp.events import LinkState
from sctp_tui.sctp.link.conditions import Conditions, DropRule, LinkCounts
from sctp_tui.sctp.link.syntax import drop_in_words, to_text

SPEEDS = (100.0, 10.0, 1.0, 0.5, 0.1, 0.01)
"""The speeds of the link's time that a user can choose, in order."""
_OFF = Conditions()
_ROOM = 1_000_000  # characters: enough for any state
_REMARKS = 1000  # changes kept
_DONE = (("dropped", "lost"), ("duplicated", "doubled"), ("reordered", "held back"), ("delayed", "delayed"))


def conditioned(state: LinkState | None) -> bool:
    """Whether the link does anything to packets."""
    return state is not None and (state.inward, state.outward) != (_OFF, _OFF)


def is_cut(state: LinkState) -> bool:
    """Whether nothing gets through in either direction."""
    return state.inward.cut and state.outward.cut


def is_down(state: LinkState) -> bool:
    """Whether the interfaces at both ends are down."""
    return state.inward.down and state.outward.down


def link_name(state: LinkState) -> str:
    """`link`, or `link 2` of several."""
    return f"link {state.link}" if state.link else "link"


def forms(states: Sequence[LinkState]) -> list[str]:
    """The text of `of_all` in full, and then shorter ones; all have the conditions that are set.

    First other counts than that of lost packets are left out, then the words for both directions, then all
    counts.
    """
    whole = of_all(states, _ROOM)
    lost, bare = (of_all([_with_counts(one, names) for one in states], _ROOM) for names in (("dropped",), ()))
    short = [one.replace("both ways ", "") for one in (lost, bare)]
    return list(dict.fromkeys((whole, lost, short[0], bare, short[1])))


def _with_counts(state: LinkState, names: Collection[str]) -> LinkState:
    """The state with no other counts than these."""
    inward, outward = (
        LinkCounts(**{name: getattr(counts, name) for name in names})
        for counts in (state.done_inward, state.done_outward)
    )
    return replace(state, done_inward=inward, done_outward=outward)


def of_all(states: Sequence[LinkState], room: int) -> str:
    """What links do, each named: `Link 1 both ways cut   Link 2 in loss=10% (3 lost)   out open`.

    Beyond `room` characters the conditions are cut.
    """
    leads = [f"{link_name(state).capitalize()} " for state in states]
    left = room - sum(map(len, leads)) - 3 * (len(states) - 1)
    return "   ".join(
        lead + conditions_text(state, left // len(states)) for lead, state in zip(leads, states, strict=True)
    )


def conditions_text(state: LinkState, room: int) -> str:
    """`both ways loss=10%   in 3 lost   out 1 lost`; where directions differ, each with its own counts.

    Drop rules are written out, as `drop=DATA#1` could be read as the first DATA. Beyond `room` characters the
    conditions are cut, not the counts.
    """
    inward, outward = _done(state.done_inward), _done(state.done_outward)
    if state.inward == state.outward:
        done = "".join(f"   {way} {said}" for way, said in (("in", inward), ("out", outward)) if said)
        parts = [("both ways ", _set(state.inward), done)]
    else:
        parts = [
            (lead, _set(of), f" ({said})" if said else "")
            for lead, of, said in (("in ", state.inward, inward), ("   out ", state.outward, outward))
        ]
    left = room - sum(len(lead) + len(done) for lead, _, done in parts)
    said = ""
    for number, (lead, what, done) in enumerate(parts):
        # Room that one part does not need is the other's.
        others = sum(len(other) for _, other, _ in parts[number + 1 :])
        share = max(left - others, left // (len(parts) - number), 1)
        cut = what if len(what) <= share else what[: share - 1] + "…"
        left -= len(cut)
        said += lead + cut + done
    return said


def _set(conditions: Conditions) -> str:
    steady = replace(conditions, drops=())
    # `off`, as it is typed, would read as a link that carries nothing.
    said = [to_text(steady)] if steady != _OFF else [] if conditions.drops else ["open"]
    if conditions.drops:
        said.append(f"loses {_aims(conditions.drops)}")
    return ", ".join(said)


def _aims(drops: Iterable[DropRule]) -> str:
    """Drop rules as text: `the next SACK and the next DATA on stream 1, 2 times`."""
    often = Counter(map(drop_in_words, drops)).items()
    return " and ".join(words if number == 1 else f"{words}, {number} times" for words, number in often)


def _done(counts: LinkCounts) -> str:
    said = [f"{number:,} {word}" for name, word in _DONE if (number := getattr(counts, name))]
    return ", ".join(said)


def pace(state: LinkState | None) -> str:
    """The speed of the link's time as text, "" for real time."""
    if state is None or state.speed == 1:
        return ""
    waiting = f", {state.waiting} on the way" if state.waiting else ""
    if state.speed == 0:
        return f"TIME STANDS STILL{waiting}"
    speed = f"{state.speed:.4g}×" if state.speed > 1 else f"1/{1 / state.speed:.4g}"
    return f"TIME GOES AT {speed}{waiting}"


class LinkChange(NamedTuple):
    """A change of the link, or of its time, as text; `at` is in seconds since the epoch."""

    at: float
    text: str
    what: Literal["link", "time"] = "link"


class LinkHistory:
    """The newest changes of the link, numbered from 1."""

    def __init__(self) -> None:
        self._count = 0
        self._kept: deque[LinkChange] = deque(maxlen=_REMARKS)

    def note(self, before: LinkState | None, after: LinkState) -> None:
        """Take in a new state of the link; it is a change where a setting was changed."""
        if before is not None and before.set_at == after.set_at:
            return
        for change in _changes(before, after):
            if change in self._kept:
                continue  # one rule of several links, told with another one
            self._count += 1
            self._kept.append(change)

    def snapshot(self) -> "LinkHistory":
        """A copy, to which nothing is added."""
        made = LinkHistory()
        made._count, made._kept = self._count, self._kept.copy()
        return made

    def since(self, number: int) -> Iterator[tuple[int, LinkChange]]:
        """The changes kept that have a higher number, with their numbers."""
        first = self._count - len(self._kept) + 1
        yield from ((at, remark) for at, remark in zip(count(first), self._kept, strict=False) if at > number)


def _which(state: LinkState) -> str:
    return link_name(state) if state.link else "the link"


def _changes(before: LinkState | None, after: LinkState) -> Iterator[LinkChange]:
    old = before or replace(after, inward=_OFF, outward=_OFF, speed=1.0)
    then, now = ([replace(of, drops=()) for of in (state.inward, state.outward)] for state in (old, after))
    if then != now:
        ways = (
            [f"both ways {_set(now[0])}"]
            if now[0] == now[1]
            else [f"in {_set(now[0])}", f"out {_set(now[1])}"]
        )
        yield LinkChange(after.set_at, f"{_which(after)} from here on: {', '.join(ways)}")
    # A rule that is used up is shown at its packet.
    own, shared = dict[str, bool](), dict[str, bool]()  # once for a rule in both directions
    for was, are in ((old.inward, after.inward), (old.outward, after.outward)):
        added = are.drops[len(was.drops) :]
        for aimed, of in (
            (own, [drop for drop in added if not drop.shared]),
            (shared, [drop for drop in added if drop.shared]),
        ):
            if of:
                aimed[_aims(of)] = True
    if shared:
        yield LinkChange(after.set_at, f"to be lost: {', '.join(shared)}")
    if own:
        where = f" on link {after.link}" if after.link else ""
        yield LinkChange(after.set_at, f"to be lost{where}: {', '.join(own)}")
    if old.speed != after.speed:
        said = pace(replace(after, waiting=0)).lower() or "time goes on in real time"
        yield LinkChange(after.set_at, said, "time")
