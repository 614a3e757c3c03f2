"""What the link does and has done, in one line each."""

from msgspec.structs import replace

from ..sctp.events import LinkState
from ..sctp.link import Conditions, LinkCounts
from ..sctp.link_words import drop_in_words, to_text

SPEEDS = (1.0, 0.5, 0.1, 0.01)
"""How fast the link's time goes, one after the other."""
_OFF = Conditions()
_DONE = (("dropped", "lost"), ("duplicated", "doubled"), ("reordered", "held back"), ("delayed", "delayed"))


def conditioned(state: LinkState | None) -> bool:
    """Whether the link does anything to packets."""
    return state is not None and (state.inward, state.outward) != (_OFF, _OFF)


def conditions(state: LinkState) -> str:
    """`both ways loss=10%   in 3 lost   out 1 lost`; where they differ, each way with what was done.

    Aimed drops are in words, as `drop=DATA#1` reads as the first DATA to who didn't write it.
    """
    ways = (
        ("in", state.inward, _done(state.done_inward)),
        ("out", state.outward, _done(state.done_outward)),
    )
    if state.inward == state.outward:
        return "   ".join(
            (f"both ways {_set(state.inward)}", *(f"{way} {done}" for way, _, done in ways if done))
        )
    return "   ".join(f"{way} {_set(of)}" + (f" ({done})" if done else "") for way, of, done in ways)


def _set(conditions: Conditions) -> str:
    steady = replace(conditions, drops=())
    said = [] if steady == _OFF and conditions.drops else [to_text(steady)]
    if conditions.drops:
        said.append("loses " + " and ".join(map(drop_in_words, conditions.drops)))
    return ", ".join(said)


def _done(counts: LinkCounts) -> str:
    said = [f"{number:,} {word}" for name, word in _DONE if (number := getattr(counts, name))]
    return ", ".join(said)


def pace(state: LinkState | None) -> str:
    """How the link's time goes, "" where it goes as the world's."""
    if state is None or state.speed == 1:
        return ""
    waiting = f", {state.waiting} on the way" if state.waiting else ""
    if state.speed == 0:
        return f"TIME STANDS STILL{waiting}"
    return f"TIME GOES AT 1/{1 / state.speed:.4g}{waiting}"
