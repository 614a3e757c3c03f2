"""What the user does to an association: ends it, one way or the other, and gives it a name."""

from collections.abc import Callable, Sequence

import msgspec

from sctp_tui.monitor.associations import Association
from sctp_tui.sctp.commands import AbortAssociation, ChangeUdpPort, CloseAssociation, Crash, PeelOff

from .callbacks import Ask, Submit, Tell

NONE_CHOSEN = "no association is chosen: go to a row first"


class AssociationCommands(msgspec.Struct, frozen=True):
    """Sends commands for associations; where there is none, or it has ended, tells the user."""

    submit: Submit
    tell: Tell
    ask: Ask

    def chosen(self, association: Association | None) -> Association | None:
        """The association; where there is none, tell the user how to choose one."""
        if association is None:
            self.tell(NONE_CHOSEN, good=False)
        return association

    def live(self, association: Association | None) -> Association | None:
        """The association if it is live; else None, and the user is told how to choose one that is."""
        if association is None:
            self.tell("no association is chosen: send a message, or go to a row", good=False)
        elif association.ended is not None:
            self.tell(
                f"association {association.called} has ended, {association.ended}: choose another, "
                "or send a message",
                good=False,
            )
        else:
            return association
        return None

    def shut_down(self, association: Association | None) -> None:
        """Shut it down gracefully."""
        if live := self.live(association):
            self.submit(CloseAssociation(live.key))

    def abort(self, association: Association | None) -> None:
        """Abort it once the user has confirmed it, and said why."""
        if live := self.live(association):
            from .dialogs.confirm import ConfirmScreen

            who = f"{live.endpoint}'s association {live.called} with {live.peer}"
            self.ask(
                ConfirmScreen(f"Abort {who}?", "What is not acknowledged yet may be lost."),
                lambda reason: self.submit(AbortAssociation(live.key, reason)),
            )

    def set_parameters(self, association: Association | None, real: Callable[[str], str]) -> None:
        """Ask for protocol parameters to set; `real` gives the address that is shown as this one."""
        if live := self.live(association):
            from .dialogs.parameters_screen import ParametersScreen

            self.ask(ParametersScreen(live, real), self.submit)

    def ask_streams(self, association: Association | None) -> None:
        """Ask what to ask of its streams."""
        if live := self.live(association):
            from .dialogs.streams_screen import StreamsScreen

            self.ask(StreamsScreen(live), self.submit)

    def ask_path(
        self,
        association: Association | None,
        own: Callable[[Association], Sequence[str]],
        real: Callable[[str], str],
    ) -> None:
        """Ask what to ask of its paths. `own` gives the addresses that its end may have."""
        if live := self.live(association):
            from .dialogs.path_screen import PathScreen

            self.ask(PathScreen(live, own(live), real), self.submit)

    def peel_off(self, association: Association | None) -> None:
        """Branch it off to a socket of its own."""
        if live := self.live(association):
            self.submit(PeelOff(live.key))

    def crash(
        self,
        association: Association | None,
        client: Callable[[Association], Association | None],
        choose: Callable[[str], None],
    ) -> None:
        """Let the client's end crash, and `choose` it: its next message brings it back.

        `client` finds that of a server's association, None where elsewhere.
        """
        if (end := self._client_of(association, client)) is not None:
            choose(end.endpoint)
            self.submit(Crash(end.endpoint))

    def change_udp_port(
        self, association: Association | None, client: Callable[[Association], Association | None]
    ) -> None:
        """Let the client's packets come from another UDP port; `client` as in `crash`."""
        if (end := self._client_of(association, client)) is not None:
            self.submit(ChangeUdpPort(end.endpoint))

    def _client_of(
        self, association: Association | None, client: Callable[[Association], Association | None]
    ) -> Association | None:
        """The client's end of an association, where that is in this program; else the user is told."""
        live = self.live(association)
        if live is None or live.role == "client":
            return live
        if (end := client(live)) is None:
            whose = f"the client of association {live.called}"
            self.tell(f"{whose} is not in this program: choose one that is", good=False)
        return end

    def name(
        self, association: Association | None, rename: Callable[[int, str], None], *, kept: bool
    ) -> None:
        """Ask for its name, and `rename` it by its key; names by host may be `kept` for the next run."""
        if one := self.chosen(association):
            from .dialogs.name_screen import NameScreen

            self.ask(NameScreen(one, kept), lambda name: rename(one.key, name))
