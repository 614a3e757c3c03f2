"""The list of what can be asked of an association's paths."""

from collections.abc import Callable, Iterator, Sequence
from typing import ClassVar, NamedTuple

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from sctp_tui.monitor.associations import Association
from sctp_tui.sctp.commands import AskPath
from sctp_tui.sctp.events import PathRequest
from sctp_tui.tui.actions import bindings
from sctp_tui.tui.widgets.scrolled import Menu

from .list_dialog import ListDialog


class _Choice(NamedTuple):
    text: str
    what: PathRequest
    address: str


class PathScreen(ListDialog[AskPath]):
    """Answers with what is asked, None for nothing; `show` has to be called with the association again."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("path")
    DEFAULT_CSS = """
    PathScreen { OptionList, OptionList:focus { width: 60; } }
    """

    def __init__(self, association: Association, own: Sequence[str], real: Callable[[str], str]) -> None:
        """`own` are the addresses that this end may have, as they are shown; `real` gives one as it is."""
        super().__init__()
        self._association = association
        self._own = own
        self._real = real
        self._choices: list[_Choice] = []

    @property
    def key(self) -> int:
        """The association's key."""
        return self._association.key

    def compose(self) -> ComposeResult:
        options = Menu(markup=False)
        a = self._association
        options.border_title = f"Paths of the {a.role}, association {a.called}"
        yield options

    def on_mount(self) -> None:
        self._offer()  # at once, as the next key may choose

    def show(self, association: Association) -> None:
        """Offer what there is to ask now, if that has changed."""
        self._association = association
        if self.is_mounted:
            self._offer()

    def _offer(self) -> None:
        choices = list(self._all())
        if choices == self._choices:
            return
        self._choices = choices
        menu = self.query_one(Menu)
        menu.clear_options()
        menu.add_options([Option(Content(one.text), str(at)) for at, one in enumerate(choices)])
        menu.highlighted = 0 if choices else None

    def _all(self) -> Iterator[_Choice]:
        a = self._association
        peers = a.peer.addresses if a.peer is not None else ()
        for address in peers:
            yield _Choice(f"HEARTBEAT now, to {address}", "heartbeat", address)
        if len(peers) > 1:
            primary = next((path.address for path in a.status.paths if path.primary), "") if a.status else ""
            for address in peers:
                if address != primary:
                    yield _Choice(f"Make {address} the primary path", "primary", address)
        local = a.detail.local.addresses if a.detail is not None and a.detail.local is not None else ()
        of = ", for all of the server" if a.role == "server" else ""
        if len(local) > 1:
            for address in local:
                yield _Choice(f"Ask the peer to make {address} its primary", "peer_primary", address)
            for address in local:
                yield _Choice(f"Remove our address {address}{of}", "remove", address)
        for address in self._own if local else ():
            if address not in local:
                yield _Choice(f"Add our address {address}{of}", "add", address)

    @on(OptionList.OptionSelected)
    def _selected(self, event: OptionList.OptionSelected) -> None:
        one = self._choices[int(event.option_id or "0")]
        self.dismiss(AskPath(self.key, one.what, self._real(one.address)))

    def action_back(self) -> None:
        """Ask for nothing."""
        self.dismiss(None)
