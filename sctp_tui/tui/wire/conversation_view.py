"""The interface of the wire pane's views, so that the pane need not know which of them it shows."""

from typing import ClassVar

import msgspec

from sctp_tui.monitor.associations import Association
from sctp_tui.monitor.monitor import Monitor
from sctp_tui.monitor.trace.conversations import Bounce, Conversation
from sctp_tui.monitor.trace.inferred import Inferred
from sctp_tui.monitor.trace.timeline import Line, RowTest
from sctp_tui.monitor.why import Level
from sctp_tui.sctp.events import Direction, Event


class Scene(msgspec.Struct, frozen=True):
    """What a view draws. `now` is in seconds of the link's clock.

    `ends` and `ever` are `present` and `ever` of `WireEnds`. `ours` tells that this program carries the
    packets: it knows what is lost, and sees all. `passes` is the filter for packets, None for none.
    """

    conversation: Conversation
    association: Association
    ends: list[Association]
    ever: list[Association]
    monitor: Monitor
    now: float
    ours: bool
    passes: RowTest | None = None


class WireContent:
    """A mixin for widgets: what the pane asks of whatever it shows."""

    closely: ClassVar[bool] = False
    """Whether it draws the status of both ends, for which their stacks are then asked more often."""
    explains: ClassVar[bool] = False
    """Whether the line below the views explains what its cursor is on."""
    level: Level = "beginner"
    """The level of its explanations."""

    @property
    def passing(self) -> tuple[int, int] | None:
        """How many packets pass the filter, and of how many; None where it shows all."""
        return None

    @property
    def left_out(self) -> int:
        """How many of the oldest packets it has no room for."""
        return 0

    @property
    def explained(self) -> Line | Inferred | None:
        """The line to explain, None for none."""
        return None

    @property
    def bounced(self) -> Bounce | None:
        """Why that packet did not get through, None where it did or nothing is known."""
        return None

    @property
    def arrow(self) -> tuple[Event | None, str] | None:
        """The event under the cursor, if it is one, and its line as drawn; None where it has no lines."""
        return None


class ConversationView(WireContent):
    """The base of a view of a conversation; `sctp_tui.tui.wire_views` lists all views."""

    direction: Direction = "in"
    """Of a view that shows one direction: "in" for what the far end sends."""

    def action_turn(self) -> None:
        """Show the other direction, in a view that shows one."""

    def turn_to(self, direction: Direction) -> None:
        """Show this direction, in a view that shows one."""
        if self.direction != direction:
            self.action_turn()

    def draw(self, scene: Scene) -> None:
        """Draw what changed since the last time; of another conversation, all of it."""
        raise NotImplementedError


class StandInView(WireContent):
    """The base of what is shown in a view's place where the program sees no packets."""

    def draw(self, association: Association, monitor: Monitor) -> None:
        """Draw what changed since the last time; of another association, all of it."""
        raise NotImplementedError
