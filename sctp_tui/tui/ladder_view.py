"""The ladder on the screen: drawn while its rows are in view, followed and frozen as the log is."""

from collections.abc import Iterable
from typing import ClassVar

from textual.binding import BindingType

from sctp_tui.monitor.ladder import Ladder, Row
from sctp_tui.monitor.why import Level
from sctp_tui.monitor.wire import Conversation
from sctp_tui.sctp.events import Packet

from .actions import bindings
from .arrows_view import ArrowsView
from .ladder_lines import Part, head, parts

_SLICE = 2000  # packets taken in between two frames


class LadderView(ArrowsView):
    """Shows the packets of one conversation as arrows."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("packets")

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.ladder: Ladder | None = None
        self.level: Level = "beginner"
        """For whom all of a packet is explained."""
        self._now = 0.0
        self._all_there = 0.0  # when the last packet arrives

    def show(self, conversation: Conversation, now: float) -> None:
        """Take in what came since the last time; of another conversation, all of it."""
        if self.ladder is None or self.ladder.conversation is not conversation:
            self.ladder = Ladder(conversation)
            self.cursor = None
            self._first = self._end = conversation.first
            self._all_there = 0.0
            self.following = True
        ladder = self.ladder
        before, self._now = self._now, now
        if before < self._all_there:  # they were drawn as on their way
            self.refresh()
        if ladder.seen == conversation.captured and ladder.first == conversation.first:
            return
        seen = ladder.seen
        ladder.update(_SLICE)
        for row in ladder.rows(seen + 1, _SLICE):
            self._all_there = max(self._all_there, row.packet.mono + row.packet.delay)
        self.keep(ladder.first, ladder.seen + 1)

    @property
    def row(self) -> Row | None:
        """The packet that the keys mean."""
        chosen = self.chosen
        return self.ladder[chosen] if self.ladder is not None and chosen is not None else None

    @property
    def arrow(self) -> tuple[Packet, str] | None:
        """The same packet, and its line as it is drawn where there is room for all of it."""
        row = self.row
        if self.ladder is None or row is None:
            return None
        width = self.size.width + 2 * len(self.ladder.label(row))
        return row.packet, "".join(text for text, _ in parts(self.ladder, row, width, self._now))

    def head(self, width: int) -> str:
        """The two ends."""
        return head(self.ladder.conversation, width) if self.ladder is not None else ""

    def parts(self, number: int, width: int) -> Iterable[Part]:
        """A packet."""
        return parts(self.ladder, self.ladder[number], width, self._now) if self.ladder is not None else ()

    def action_open(self) -> None:
        """Show all of the packet under the cursor."""
        if self.ladder is not None and (chosen := self.chosen) is not None:
            from .packet_screen import PacketScreen

            def back(number: int | None) -> None:
                if number is not None:
                    self.put_cursor(number)

            self.app.push_screen(PacketScreen(self.ladder, chosen, self.level), back)
