"""What each view of the wire pane has, so that the pane needs not know which of them it shows."""

from typing import ClassVar

import msgspec

from sctp_tui.monitor.associations import Association
from sctp_tui.monitor.monitor import Monitor
from sctp_tui.monitor.trace.conversations import Conversation
from sctp_tui.monitor.trace.inferred import Inferred
from sctp_tui.monitor.trace.timeline import Line
from sctp_tui.monitor.why import Level
from sctp_tui.sctp.events import Event


class Scene(msgspec.Struct, frozen=True):
    """What there is to be drawn. `now` is in seconds of the link's clock.

    `ends` are the association and, where that is in this program too, as its other end has it. `ours` tells
    that this program carries the packets: it knows what is lost, and sees all.
    """

    conversation: Conversation
    association: Association
    ends: list[Association]
    monitor: Monitor
    now: float
    ours: bool


class WireContent:
    """A part of a widget: what the pane asks of whatever it shows."""

    closely: ClassVar[bool] = False
    """Whether it draws what the stacks tell of the association at both ends, who are asked often then."""
    explains: ClassVar[bool] = False
    """Whether the line below the views explains what its cursor is on."""
    level: Level = "beginner"
    """For whom it is explained."""

    @property
    def explained(self) -> Line | Inferred | None:
        """What is to be explained."""
        return None

    @property
    def bounced(self) -> str:
        """Why the packet that is explained did not get through, "" where nothing says so."""
        return ""

    @property
    def arrow(self) -> tuple[Event | None, str] | None:
        """What the keys mean, a packet where it is one, and its line as drawn; None where it has no lines."""
        return None


class ConversationView(WireContent):
    """One way to see a conversation; `sctp_tui.tui.wire_views` lists those there are."""

    def draw(self, scene: Scene) -> None:
        """Draw what changed since the last time; of another conversation, all of it."""
        raise NotImplementedError


class StandInView(WireContent):
    """What is shown in the place of such a view where the program sees no packets."""

    def draw(self, association: Association, monitor: Monitor) -> None:
        """Draw what changed since the last time; of another association, all of it."""
        raise NotImplementedError
