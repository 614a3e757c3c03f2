"""The keys of actions as configured and as drawn, and hints about keys that have moved."""

from collections.abc import Mapping

from textual.binding import Binding
from textual.keys import format_key
from textual.screen import Screen

from .action import Action
from .actions import MOVED, action_named, with_own
from .state import SavedState


class Keys:
    """The keys of the table of actions, changed by the user's `own` of `[keys]`.

    `map` is for Textual's `set_keymap`.
    """

    def __init__(self, own: Mapping[str, str], state: SavedState) -> None:
        self.map = with_own(own)
        self._state = state

    def change(self, own: Mapping[str, str]) -> None:
        """Take other keys of the user's in place of those so far."""
        self.map = with_own(own)

    def of(self, row: Action) -> str:
        """An action's keys as the footer and the help show them: `^n`, `⇧up`, `? f1`."""
        return " ".join(drawn(key) for key in self._each(row))

    def _each(self, row: Action) -> list[Binding]:
        return list(Binding.make_bindings([Binding(self.map.get(row.name, row.keys), row.action)]))

    def moved(self, key: str, screen: "Screen[object]") -> str:
        """The hint for a pressed key that in an earlier version had another action here; "" for none.

        Each hint is given once, over all runs.
        """
        for moved in MOVED:
            if moved.key != key:
                continue
            told: list[str] = self._state.get("moved", [], list[str])
            row = action_named(moved.name)
            here = {one.binding.id for one in screen.active_bindings.values()}
            still = any(one.key == key for one in self._each(row))
            if moved.name in told or moved.name not in here or still:
                continue
            self._state.put("moved", [*told, moved.name])
            return f"{moved.said} is {self.of(row)} now, no longer {key}"
        return ""


def drawn(binding: Binding) -> str:
    """A key as the footer shows it."""
    modifiers, key = binding.parse_key()
    signs = {"ctrl": "^", "shift": "⇧"}
    return "".join(signs.get(modifier, f"{modifier}+") for modifier in modifiers) + format_key(key)
