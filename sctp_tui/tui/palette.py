"""The command palette: every action that has a label, by its name and by what it does, with its keys."""

from collections.abc import Callable, Coroutine, Hashable, Iterator
from functools import partial
from typing import cast

import msgspec
from textual.actions import parse
from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content
from textual.dom import DOMNode
from textual.widget import Widget

from .action import Action
from .actions import ACTIONS, PLACES, around
from .keys import Keys, drawn
from .main_screen import MainScreen
from .program import Program
from .wire_views import VIEWS

_VIEWS = {place: view.name for view in VIEWS for place in view.places}
"""The views of the wire, by the places in them."""


class PaletteEntry(msgspec.Struct, frozen=True):
    """A listed action, with a title that no other has, and the keys that do it where the focus is.

    Where none of its keys act there, the keys that do it elsewhere.
    """

    row: Action
    title: str
    keys: str


class ActionProvider(Provider):
    """Lists what can be done now on the screen from which the palette was opened."""

    async def discover(self) -> Hits:
        """All entries, in the table's order."""
        for entry in self.entries():
            yield DiscoveryHit(
                _line(Content(entry.title), entry), self.command(entry), entry.title, help=entry.row.help
            )

    async def search(self, query: str) -> Hits:
        """Entries whose title or help matches."""
        matcher = self.matcher(query)
        for entry in self.entries():
            score = max(matcher.match(entry.title), matcher.match(entry.row.help))
            if score > 0:
                yield Hit(
                    score,
                    _line(matcher.highlight(entry.title), entry),
                    self.command(entry),
                    entry.title,
                    help=entry.row.help,
                )

    def entries(self) -> list[PaletteEntry]:
        """The entries: each action once, with the keys of all rows that do it."""
        active: dict[str | None, list[str]] = {}
        for one in self.screen.active_bindings.values():
            active.setdefault(one.binding.id, []).append(drawn(one.binding))
        found: dict[Hashable, list[Action]] = {}
        for what, row in self._possible():
            found.setdefault(what, []).append(row)
        labels = [rows[0].label for rows in found.values()]
        entries = []
        for first, *others in found.values():
            keys = [key for row in (first, *others) for key in active.get(row.name, ())]
            outer = first.place in ("lists", "everywhere")
            where = "" if outer or labels.count(first.label) == 1 else PLACES[first.place].title
            entries.append(
                PaletteEntry(
                    first,
                    f"{first.label}, {where[0].lower()}{where[1:]}" if where else first.label,
                    " ".join(keys) or self._keys.of(first),
                )
            )
        return entries

    @property
    def _keys(self) -> Keys:
        return cast("Program", self.app).keys

    def _possible(self) -> Iterator[tuple[Hashable, Action]]:
        """Actions of displayed nodes and of the wire, each after its target, method and arguments."""
        holders = self._holders()
        for row in ACTIONS:
            node = holders.get(PLACES[row.place].holder)
            in_sight = node is not None and _in_sight(node)
            if not row.label or not (in_sight or self._may_open(row)):
                continue
            namespace, name, parameters = parse(row.action)
            named = {"app": self.app, "screen": self.screen}.get(namespace, node)
            if named is None or named.check_action(name, parameters):
                yield (named or PLACES[row.place].holder, name, parameters), row

    def _may_open(self, row: Action) -> bool:
        """Whether the action is one of the wire's, which is opened for it."""
        return "wire" in around(row.place) and isinstance(self.screen, MainScreen)

    def _holders(self) -> dict[str, DOMNode]:
        """The node that has the keys of each class: the nearest around the focus, else one on the screen."""
        near = self.focused or self.screen
        found: dict[str, DOMNode] = {}
        for node in (*near.ancestors_with_self, *sorted(self.screen.walk_children(), key=_out_of_sight)):
            for kind in type(node).__mro__:
                found.setdefault(kind.__name__, node)
        return found

    def command(self, entry: PaletteEntry) -> Callable[[], Coroutine[object, object, None]]:
        """The function that does an entry's action."""
        return partial(self._do, entry.row)

    async def _do(self, row: Action) -> None:
        """Run the action, one of the wire's in the view that it needs."""
        screen = self.screen
        if self._may_open(row) and isinstance(screen, MainScreen):
            await screen.see(_VIEWS.get(row.place, ""))
        node = self._holders().get(PLACES[row.place].holder)
        if node is not None and _in_sight(node):
            await self.app.run_action(row.action, node)
        elif isinstance(screen, MainScreen):
            screen.tell("there are no packets here", good=False)


def _in_sight(node: DOMNode) -> bool:
    """Whether a node and all its ancestors are displayed, though perhaps scrolled out of view."""
    return all(one.display for one in node.ancestors_with_self if isinstance(one, Widget))


def _out_of_sight(node: DOMNode) -> bool:
    return not _in_sight(node)


def _line(title: Content, entry: PaletteEntry) -> Content:
    return Content.assemble(title, "  ", (entry.keys, "bold $text-accent"))
