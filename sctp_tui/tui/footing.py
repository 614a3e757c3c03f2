"""Which keys the footer shows, and under which labels: as many as fit, the least important left out first."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from rich.cells import cell_len
from textual.binding import ActiveBinding, Binding

if TYPE_CHECKING:
    from sctp_tui.monitor.why import Level

_AROUND = 3  # cells around a key and its label
_GOES_FIRST = (
    *("client_connect", "previous", "client_generate"),
    *("cut", "of_note", "wire_whole", "drop", "step", "link", "sockets", "drop_next", "level"),
    *("undo", "clear", "close", "reply", "abort"),
)
_STAYS = ("help", "quit", "quit_anywhere")
"""Names of actions that are left out first, in this order, and never; the others follow from the right."""
_OF_THE_LINK = ("drop_next", "drop", "link", "cut")
_OF_ITS_TIME = ("still", "step")
_SHOWN = ("of_note", "wire_whole", *_OF_THE_LINK, *_OF_ITS_TIME)
_HIDDEN = ("reply", "detail", "close", "abort", "clear", "undo", "wire", "filter")
"""Names of actions that are shown, and not, while the focus is on the wire."""
_LEADS_TO = {
    "next": "Fields",
    "previous": "Clients",
    "client_connect": "Connect",
    "client_generate": "Generate",
}
"""Labels in the footer of the message line, by the names of actions: where Tab leads, and two more."""
_OF_A_REPLAY = {"still": "Pause", "step": "Step", "go_to": "Go to"}

OTHER_LEVEL: "Mapping[Level, str]" = {"beginner": "Expert", "expert": "Beginner"}
"""By the level of explanations, the label of the key that changes it: the other level."""


def labelled(one: ActiveBinding, label: str, *, show: bool = True) -> ActiveBinding:
    """A key's binding with another label for the footer."""
    return one._replace(binding=replace(one.binding, description=label, show=show))


def in_message_line(active: Mapping[str, ActiveBinding]) -> dict[str, ActiveBinding]:
    """The bindings with their labels for the message line."""
    return {
        key: labelled(one, _LEADS_TO[name]) if (name := one.binding.id or "") in _LEADS_TO else one
        for key, one in active.items()
    }


def on_the_wire(
    active: Mapping[str, ActiveBinding], other_level: str, *, ours: bool, timed: bool
) -> dict[str, ActiveBinding]:
    """The bindings with those for packets shown; those of the link where the packets are `ours` to lose.

    `timed`: the link's time is the program's, too. `other_level` is the level of explanations that its key
    changes to.
    """
    found = {}
    for key, one in active.items():
        binding, name = one.binding, one.binding.id or ""
        show = name in _SHOWN or (binding.show and name not in _HIDDEN)
        label = other_level if name == "level" else binding.description
        offered = (ours or name not in _OF_THE_LINK) and ((ours and timed) or name not in _OF_ITS_TIME)
        found[key] = labelled(one, label, show=show and offered)
    return found


def in_a_replay(active: Mapping[str, ActiveBinding]) -> dict[str, ActiveBinding]:
    """The bindings with those for a replay's time shown, wherever the focus is."""
    return {
        key: labelled(one, _OF_A_REPLAY[name]) if (name := one.binding.id or "") in _OF_A_REPLAY else one
        for key, one in active.items()
    }


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
