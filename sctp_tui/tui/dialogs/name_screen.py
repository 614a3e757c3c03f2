"""The form in which the user names an association."""

from collections.abc import Iterator
from typing import ClassVar

from textual.binding import BindingType
from textual.widget import Widget

from sctp_tui.monitor.associations import Association
from sctp_tui.monitor.names import LONGEST_NAME, lasting
from sctp_tui.tui.actions import bindings
from sctp_tui.tui.widgets.form import Form


class NameScreen(Form[str]):
    """Answers with the name, "" to remove it, None to leave it as it is.

    `kept` says whether names by host are kept for the next run.
    """

    AUTO_FOCUS = "#name"
    BINDINGS: ClassVar[list[BindingType]] = bindings("naming")

    def __init__(self, association: Association, kept: bool) -> None:
        super().__init__()
        self.HEADING = f"Association {association.assoc_id or '-'} with {association.peer or '?'}"
        self._association = association
        self._kept = kept

    def fields(self) -> Iterator[Widget]:
        """The name."""
        label, name = self.labelled(
            "Name", "name", self._association.name, "none", f"Up to {LONGEST_NAME} characters"
        )
        name.add_class("-whole")
        yield from (label, name)

    def on_mount(self) -> None:
        host = lasting(self._association.peer)
        lasts = f"later associations of {host} have it too" if host else "this association alone has it"
        self.say(f"{lasts}, the next run's too" if host and self._kept else lasts)

    def submit(self) -> None:
        """Answer with the name."""
        self.dismiss(self.typed("name"))
