"""The command palette: every action of the table that has a label, by its name and what it does."""

from collections.abc import Callable, Coroutine, Iterator
from functools import partial
from typing import Any

from textual.actions import parse
from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.dom import DOMNode

from .actions import ACTIONS, PLACES, Action


class ActionProvider(Provider):
    """What can be done on the screen from which the palette was opened, as it stands."""

    async def discover(self) -> Hits:
        """All of it, in the table's order."""
        for row, node in self._possible():
            yield DiscoveryHit(row.label, self._run(row, node), help=row.help)

    async def search(self, query: str) -> Hits:
        """What matches by label or by what it does."""
        matcher = self.matcher(query)
        for row, node in self._possible():
            score = max(matcher.match(row.label), matcher.match(row.help))
            if score > 0:
                yield Hit(score, matcher.highlight(row.label), self._run(row, node), help=row.help)

    def _possible(self) -> Iterator[tuple[Action, DOMNode]]:
        """Actions that have a label, once each, with the node that holds them."""
        seen = set()
        for row in ACTIONS:
            node = self._holder(row)
            _, name, parameters = parse(row.action)
            if row.label and node is not None and (name, parameters) not in seen:
                seen.add((name, parameters))
                if node.check_action(name, parameters):
                    yield row, node

    def _holder(self, row: Action) -> DOMNode | None:
        """The node that has this row's keys: the nearest around the focus, else one on the screen."""
        holder = PLACES[row.place].holder
        near = self.focused or self.screen
        nodes: list[DOMNode] = [*near.ancestors_with_self, *self.screen.query("*")]
        for node in nodes:
            if any(kind.__name__ == holder for kind in type(node).__mro__):
                return node
        return None

    def _run(self, row: Action, node: DOMNode) -> Callable[[], Coroutine[Any, Any, bool]]:
        return partial(self.app.run_action, row.action, node)
