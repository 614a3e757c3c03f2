"""Which keys the footer shows: as many as fit, the least important left out first."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from rich.cells import cell_len
from textual.binding import ActiveBinding, Binding

from sctp_tui.monitor.why import Level

_AROUND = 3  # cells around a key and its label
_GOES_FIRST = (
    *("client_connect", "previous", "client_generate"),
    *("of_note", "wire_whole", "drop", "step", "link", "sockets", "drop_next", "level"),
    *("undo", "clear", "close", "reply", "abort"),
)
_STAYS = ("help", "quit", "quit_anywhere")
"""Names of actions that are left out first, in this order, and never; the others follow from the right."""


OTHER_LEVEL: Mapping[Level, str] = {"beginner": "Expert", "expert": "Beginner"}
"""By the level of explanations, the label of the key that changes it: the other level."""


def labelled(one: ActiveBinding, label: str, *, show: bool = True) -> ActiveBinding:
    """A key's binding with another label for the footer."""
    return one._replace(binding=replace(one.binding, description=label, show=show))


def fitting(
    active: Mapping[str, ActiveBinding],
    room: int,
    shown: Callable[[Binding], str],
    wanted: tuple[str, ...] = (),
) -> dict[str, ActiveBinding]:
    """The bindings, of which no more are shown than `room` cells hold; `shown` is how a key is drawn.

    Actions whose names are `wanted` are left out last, help and quit never.
    """
    found = dict(active)
    keys: dict[str, list[str]] = {}  # an action stands there once, by the first of its keys
    for key, one in active.items():
        if one.binding.show:
            keys.setdefault(one.binding.action, []).append(key)
    first = [active[same[0]].binding for same in keys.values()]
    over = sum(cell_len(shown(one)) + cell_len(one.description) + _AROUND for one in first) - room

    def rank(binding: Binding) -> tuple[bool, bool, int]:
        name = binding.id or ""
        listed = name in _GOES_FIRST
        place = _GOES_FIRST.index(name) if listed else -first.index(binding)
        return name in wanted, not listed, place

    for binding in sorted(first, key=rank):
        if over <= 0 or room <= 0:
            break
        if binding.id not in _STAYS:
            over -= cell_len(shown(binding)) + cell_len(binding.description) + _AROUND
            for key in keys[binding.action]:
                found[key] = labelled(found[key], found[key].binding.description, show=False)
    return found
