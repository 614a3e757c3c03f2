"""The form in which an association gets a name of one's own."""

from collections.abc import Iterator
from typing import ClassVar

from textual.binding import BindingType
from textual.widget import Widget

from sctp_tui.monitor.associations import Association
from sctp_tui.monitor.names import LONGEST, lasting

from .actions import bindings
from .form import Form


class NameScreen(Form[str]):
    """Answers with the name, "" for none any more, None to leave it as it is."""

    AUTO_FOCUS = "#name"
    BINDINGS: ClassVar[list[BindingType]] = bindings("naming")

    def __init__(self, association: Association) -> None:
        super().__init__()
        self.HEADING = f"Association {association.assoc_id or '-'} with {association.peer or '?'}"
        self._association = association

    def fields(self) -> Iterator[Widget]:
        """One."""
        label, name = self.labelled(
            "Name", "name", self._association.name, "none", f"Up to {LONGEST} characters"
        )
        name.add_class("-whole")
        yield from (label, name)

    def on_mount(self) -> None:
        host = lasting(self._association.peer)
        self.say(f"remembered for {host}, the next time too" if host else "for as long as the program runs")

    def submit(self) -> None:
        """That is its name."""
        self.dismiss(self.typed("name"))
