"""The main screen's actions of the wire: show it, lose packets on purpose, change the link and its time."""

from typing import TYPE_CHECKING

from textual import on
from textual.binding import ActiveBinding

from sctp_tui.engine.event_queue import Batch
from sctp_tui.monitor.associations import Association
from sctp_tui.monitor.trace.link_history import SPEEDS
from sctp_tui.sctp.commands import DropNext, SetLink, SetSpeed, Step
from sctp_tui.sctp.events import LinkState, Refused
from sctp_tui.sctp.link.conditions import DropRule
from sctp_tui.sctp.stack_registry import TRAITS

from .association_table import AssociationTable
from .clients.client_pane import ClientPane
from .footing import fitting, labelled
from .main_screen_mixin import MainScreenMixin
from .widgets.message_input import MessageInput

if TYPE_CHECKING:
    from .wire.ladder_view import LadderView

_OF_THE_LINK = ("drop_next", "drop", "link", "still", "step")
_SHOWN = ("of_note", "wire_whole", *_OF_THE_LINK)
_HIDDEN = ("reply", "detail", "close", "abort", "clear", "undo", "wire", "filter")
_SET_UP = ("COOKIE-WAIT", "COOKIE-ECHOED")
_SET_SPEED = SetSpeed.__struct_config__.tag
_ANSWERED = 0.3  # s after which the engine's answer to a command is on the screen
_LEADS_TO = {
    "next": "Fields",
    "previous": "Clients",
    "client_connect": "Connect",
    "client_generate": "Generate",
}
"""Labels in the footer of the message line, by the names of actions: where Tab leads, and two more."""


class WireActions(MainScreenMixin):
    """Showing the wire, and changing what its link does."""

    @property
    def active_bindings(self) -> dict[str, ActiveBinding]:
        """The bindings for the footer: in the wire those for packets, in the message line where Tab leads."""
        active, wanted = super().active_bindings, tuple[str, ...]()
        if isinstance(self.focused, MessageInput):
            active = {key: self._led(one) for key, one in active.items()}
        elif any(pane.has_focus_within for pane in self.query("#wire")):
            active = {key: self._on_the_wire(one) for key, one in active.items()}
            wanted = ("step",) if self._stands else ()
        return fitting(active, self.size.width, self.app.get_key_display, wanted)

    def _led(self, one: ActiveBinding) -> ActiveBinding:
        label = _LEADS_TO.get(one.binding.id or "")
        return one if label is None else labelled(one, label)

    def _on_the_wire(self, one: ActiveBinding) -> ActiveBinding:
        binding, name = one.binding, one.binding.id or ""
        show = name in _SHOWN or (binding.show and name not in _HIDDEN)
        if name in _OF_THE_LINK and not (self._carries and self.wire_pane.ours):
            show = False  # not this program's to lose or to delay
        label = self.wire_pane.other_level if name == "level" else binding.description
        return labelled(one, label, show=show)

    @property
    def _stands(self) -> bool:
        return self._link is not None and not self._link.speed

    _footed: object = None  # what the footer depends on besides the focus, as it was drawn last

    def show_footer(self) -> None:
        """Draw the footer again where what it depends on has changed."""
        wire = self.wire_pane
        now = self._stands, self.size.width, wire.other_level, wire.stack, self._carries
        if now != self._footed:
            self._footed = now
            self.refresh_bindings()

    @property
    def _link(self) -> LinkState | None:
        return self.monitor.link

    @property
    def on_the_wire(self) -> Association | None:
        """The association whose packets are shown: the chosen one, or before it the client pane's.

        That is shown while it is being set up, as it has no row in the table yet, and after something was
        typed for it, until the user goes to a row.
        """
        ours = self.query_one(ClientPane).association
        if self.wire_pane.has_focus_within or ours is None:
            return self.chosen
        typed = self._typed_at == self.query_one(AssociationTable).moves
        return ours if typed or ours.state in _SET_UP else self.chosen

    _typed_at = -1  # the table's `moves` when something was typed last

    @on(MessageInput.Entered)
    def follow_what_is_typed(self) -> None:
        """Show the packets of the association last typed for, until the cursor is put on a row."""
        self._typed_at = self.query_one(AssociationTable).moves

    async def action_wire(self) -> None:
        """Show the association's packets in place of the table, or the table again."""
        pane = self.wire_pane
        inside = pane.has_focus_within
        opened = not self.has_class("-wire")
        if opened:
            pane.association = self.on_the_wire
            await pane.open()
        self.set_class(opened, "-wire")
        self.show_now()
        if opened and self.focused is not self.query_one(MessageInput):
            pane.focus_view()
        elif inside:
            self.action_leave_input()

    async def see(self, view: str = "") -> None:
        """Open the wire pane, unless it is open; in this view, if one is named."""
        if not self.has_class("-wire"):
            await self.action_wire()
        if view:
            self.wire_pane.action_view(view)
        self.show_now()

    def say_no_packets(self) -> None:
        """Tell the user that an action needs packets where there are none."""
        self.tell("there are no packets here", good=False)

    def action_whole(self) -> None:
        """Give the wire pane the whole screen, or show what is around it again."""
        self.toggle_class("-whole")

    def on_ladder_view_said(self, message: "LadderView.Said") -> None:
        """Show what the ladder tells the user."""
        self.tell(message.text, good=False)

    def on_ladder_view_changed(self) -> None:
        """Draw the ladder again at once."""
        self.show_now()

    # --- the link

    def action_drop_next(self) -> None:
        """Lose the next DATA on the stream of the client pane."""
        self._drop(DropRule("DATA", self.query_one(ClientPane).stream))

    @property
    def _carries(self) -> bool:
        """Whether this program carries packets of any endpoint; one that could not be opened has none."""
        return any(
            view.library and view.stack is not None and TRAITS[view.stack].can_condition
            for view in self.monitor.endpoints.views.values()
        )

    def _ours(self) -> bool:
        """Whether this program carries packets, and can lose them; where not, tell the user."""
        if self._carries:
            return True
        self.tell(
            "the kernel carries its packets itself; start with --stack userspace, or lab --netem", good=False
        )
        return False

    def action_drop(self) -> None:
        """Ask which packets are to be lost."""
        if not self._ours():
            return
        from .dialogs.drop_screen import DropScreen

        def chosen(drop: DropRule | None) -> None:
            if drop is not None:
                self._drop(drop)

        self.app.push_screen(DropScreen(self.query_one(ClientPane).stream), chosen)

    def _drop(self, drop: DropRule) -> None:
        self.submit(DropNext(drop))
        stream = "" if drop.stream is None else f" on stream {drop.stream}"
        which = f"the next {drop.chunk}" if drop.count == 1 else f"the next {drop.count} {drop.chunk}"
        self.tell(f"{which}{stream} will be lost")

    def action_link(self) -> None:
        """Ask for new conditions of the link."""
        if not self._ours():
            return
        from .dialogs.link_screen import LinkScreen

        def changed(command: SetLink | None) -> None:
            if command is not None:
                self.submit(command)

        self.app.push_screen(LinkScreen(self._link), changed)

    # --- its time

    _asked = 1.0, 0.0  # the speed that was asked for last, and until when it counts

    @property
    def _speed(self) -> float:
        """Speed of the link's time, 1 for real time; just after a key the one asked for, unconfirmed."""
        speed, until = self._asked
        if self.clock.mono() < until:
            return speed
        return self._link.speed if self._link else 1.0

    def _set_speed(self, speed: float) -> None:
        self._asked = speed, self.clock.mono() + _ANSWERED
        self.submit(SetSpeed(speed))

    def take_answer(self, batch: Batch) -> None:
        """A speed that was refused is not the link's, though the key was just pressed."""
        if self.clock.mono() < self._asked[1] and any(
            type(event) is Refused and event.command == _SET_SPEED for event in batch.events
        ):
            self._asked = 1.0, 0.0

    def action_stand_still(self) -> None:
        """Stop the link's time, or let it go on."""
        speed = self._speed
        self._set_speed(0.0 if speed else 1.0)
        if not speed:
            self.tell("time goes on")

    def action_step(self) -> None:
        """Let one packet arrive, or one timer expire that does something; if time goes on, stop it first."""
        if self._speed:
            self._set_speed(0.0)
            self.tell("time stands still now; i again: one packet arrives, or one timer runs out")
        else:
            self.submit(Step())

    def action_slower(self, steps: int) -> None:
        """Set the next speed below (1), or above (-1)."""
        speed = self._speed
        at = min(range(len(SPEEDS)), key=lambda number: abs(SPEEDS[number] - speed)) if speed else len(SPEEDS)
        self._set_speed(SPEEDS[max(0, min(at + steps, len(SPEEDS) - 1))])
