"""What the link does and has done, in one line each."""

from ..sctp.events import LinkState
from ..sctp.link import Conditions, LinkCounts
from ..sctp.link_words import to_text

SPEEDS = (1.0, 0.5, 0.1, 0.01)
"""How fast the link's time goes, one after the other."""
_OFF = Conditions()
_DONE = (("dropped", "lost"), ("duplicated", "doubled"), ("reordered", "held back"), ("delayed", "delayed"))


def conditioned(state: LinkState | None) -> bool:
    """Whether the link does anything to packets."""
    return state is not None and (state.inward, state.outward) != (_OFF, _OFF)


def conditions(state: LinkState) -> str:
    """`both ways loss=10%`, or each way where they differ, with what was done."""
    if state.inward == state.outward and not _done(state.done_inward) and not _done(state.done_outward):
        return f"both ways {to_text(state.inward)}"
    ways = (
        ("in", state.inward, state.done_inward),
        ("out", state.outward, state.done_outward),
    )
    return "   ".join(
        f"{way} {to_text(of)}" + (f" ({done})" if (done := _done(counts)) else "") for way, of, counts in ways
    )


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
