"""The input of the filter: checked with every key, applied by Enter, left as it was by Esc."""

from typing import TYPE_CHECKING, ClassVar

from rich.highlighter import Highlighter
from rich.style import Style
from rich.text import Text
from textual.binding import BindingType
from textual.content import Content

from sctp_tui.monitor.associations import Association
from sctp_tui.monitor.filter.fields import FIELDS
from sctp_tui.monitor.filter.language import Filter, FilterError, parse
from sctp_tui.monitor.filter.view import View
from sctp_tui.sctp.events import Event

from .actions import bindings
from .widgets.prompt import Prompt, Recalled

if TYPE_CHECKING:
    from sctp_tui.monitor.masking import Mask


class _Wrong(Highlighter):
    """Draws the wrong part of a filter in `style`."""

    def __init__(self) -> None:
        self.error: FilterError | None = None
        self.style = Style()

    def highlight(self, text: Text) -> None:
        if self.error is not None:
            text.stylize(self.style, self.error.position, self.error.position + self.error.length)


class FilterBar(Prompt):
    """Sets the filter of a `View`."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("filter")
    COMPONENT_CLASSES: ClassVar[set[str]] = {"filter-bar--wrong"}
    DEFAULT_CSS = """
    FilterBar > .filter-bar--wrong { color: $text-error; text-style: bold underline; }
    """

    def __init__(self, view: View, recalled: Recalled, mask: "Mask | None") -> None:
        super().__init__("Filter", recalled, id="filter")
        self._view = view
        self._masked = mask is not None
        self._wrong = _Wrong()

    def on_mount(self) -> None:
        super().on_mount()
        self.input.highlighter = self._wrong

    @property
    def last(self) -> str:
        """The filter that is applied; else the last one."""
        if self._view.filter is not None:
            return self._view.filter.text
        return self.input.lines[-1] if self.input.lines else ""

    def check(self, text: str) -> Content:
        """Which fields there are, what is wrong with the filter, or what it applies to."""
        self._wrong.error = None
        self._wrong.style = self.get_component_rich_style("filter-bar--wrong", partial=True)
        if not text.strip():
            names = " ".join(field.names[0] for field in FIELDS)
            return Content.assemble("Enter shows all. ", (names, "$text-accent"), "  F2 says more")
        try:
            made = self._parse(text)
        except FilterError as error:
            self._wrong.error = error
            where = "" if error.position < len(text) else "…: "
            return Content.assemble((f"{where}{error.message}", "$text-error"))
        return Content.assemble(("✓ ", "$text-success"), _meant_for(made))

    def enter(self, text: str) -> bool:
        """Apply the filter, an empty one being none; False where it is wrong, and stays to be corrected."""
        try:
            self._view.set(self._parse(text) if text else None)
        except FilterError:
            return False
        return True

    def _parse(self, text: str) -> Filter:
        made = parse(text)
        if self._masked and made.networks:
            raise made.networks[0].wrong(
                "addresses are masked, and those of one network have nothing in common: give an address"
            )
        return made

    def only(self, one: Association | Event) -> str:
        """Filter by an association, or that of an event; what to tell the user.

        If that is the filter already, by none.
        """
        text = f"key={one.key}"
        if self._view.filter is not None and self._view.filter.text == text:
            return self.clear()
        self._view.set(parse(text))
        self.input.remember(text)
        return f"only association {one.assoc_id} with {one.peer or '?'}; f again shows all"

    def toggle(self) -> str:
        """Switch the filter off for a moment, or on again; what to tell the user."""
        if self._view.filter is None:
            return "there is no filter: / sets one"
        self._view.toggle()
        return "the filter is on again" if self._view.on else "the filter is off, F brings it back"

    def clear(self) -> str:
        """Remove the filter; what to tell the user."""
        self._view.set(None)
        return "no filter now; / and ↑ bring it back"

    def action_fields(self) -> None:
        """Open the help of the filter's language."""
        from .dialogs.filter_help import FilterHelpScreen

        self.app.push_screen(FilterHelpScreen())


def _meant_for(made: Filter) -> str:
    """What a filter applies to, of log, table and packets."""
    tests = {
        "log": made.of_log(lambda key: None),
        "table": made.of_table(),
        "packets": made.of_ladder(),
    }
    applied = " and ".join(name for name, test in tests.items() if test is not None)
    ignored = " and ".join(name for name, test in tests.items() if test is None)
    return f"{applied}; it says nothing about {ignored}" if ignored else "log, table and packets"
