"""The ladder's widget: rows are drawn only while they are in view, and followed as in the log."""

from collections.abc import Iterable, Mapping
from math import inf
from typing import ClassVar

from msgspec.structs import replace
from textual.binding import BindingType
from textual.message import Message

from sctp_tui.monitor.filter.language import Find
from sctp_tui.monitor.log import Log
from sctp_tui.monitor.monitor import Monitor
from sctp_tui.monitor.trace.conversations import Bounce, Conversation, End
from sctp_tui.monitor.trace.ladder import Ladder, Row
from sctp_tui.monitor.trace.link_history import LinkHistory
from sctp_tui.monitor.trace.timeline import (
    Annotation,
    HeartbeatRun,
    LadderOptions,
    Line,
    SocketEvent,
    Timeline,
    sides,
)
from sctp_tui.sctp.events import Event
from sctp_tui.sctp.link.conditions import has_come
from sctp_tui.tui.actions import bindings

from .arrows_view import ArrowsView
from .conversation_view import ConversationView, Scene
from .ladder_lines import LadderPart, head, parts

_WHOLE = 20_000  # packets of which all are here at once, or soon; of more only those around the view
_AROUND = 500  # packets on either side of one that is gone to, as what they tell depends on those before


class LadderView(ConversationView, ArrowsView):
    """Shows the packets of one conversation as arrows, and between them events of sockets and of the link."""

    closely = True
    explains = True
    BINDINGS: ClassVar[list[BindingType]] = bindings("packets")

    class Said(Message):
        """Why nothing was done: a text for the user."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class Changed(Message):
        """What is shown besides packets has changed, and is to be drawn."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.timeline: Timeline | None = None
        self.shown = LadderOptions()
        """Which lines are shown besides packets."""
        self._now = 0.0
        self._back_to: int | None = None  # the packet that the cursor was on, until that is filtered again
        self._all_there = 0.0  # when the last packet has arrived, or its answer is overdue
        self._until = inf  # the last packet that is wanted so far
        self._remarks = LinkHistory()
        self._ends: Mapping[int, End] = {}
        self._log: Log | None = None
        self._find: Find = lambda key: None

    @property
    def ladder(self) -> Ladder | None:
        """The packets, None while there are none."""
        return self.timeline.ladder if self.timeline is not None else None

    def draw(self, scene: Scene) -> None:
        """Draw the conversation, and the events of the associations at its ends."""
        self.shown = replace(self.shown, passes=scene.passes)
        self.show(scene.conversation, scene.now, scene.monitor, sides(scene.ever, scene.conversation))

    def show(self, conversation: Conversation, now: float, monitor: Monitor, ends: Mapping[int, End]) -> None:
        """Take in what came since the last call; of another conversation, all of it.

        `now` in seconds of the link's clock; `ends` are the associations at the ends, by their keys.
        """
        self._log, self._find = monitor.log, monitor.associations.get
        self._remarks, self._ends = monitor.remarks, ends
        timeline = self.timeline
        if timeline is None or timeline.ladder.conversation is not conversation:
            timeline = self._begin_at_end(conversation)
            self.following = True
        elif self.following and self._far_behind(timeline):
            timeline = self._begin_at_end(conversation)
        before, self._now = self._now, now
        if not has_come(self._all_there, before):  # some were drawn as still on their way
            self.refresh()
        anew = timeline.shown != self.shown
        if anew:
            self._back_to = self._packet if not self.following else None
            if self.shown.passes is not None and timeline.ladder.left_out:
                timeline = self._begin(conversation)
            timeline.show(self.shown)
        if self._beyond and self._end - self._top - self.page < _AROUND // 2:
            self._until += _AROUND
        if not self._take_in(timeline) and not anew:
            return
        if self._back_to is not None and timeline.seen >= min(self._back_to, timeline.ladder.seen):
            self.put_cursor(timeline.place(self._back_to))
            self._back_to = None

    # --- of a long conversation the part around the view

    def _begin(self, conversation: Conversation, start: int = 1, until: float = inf) -> Timeline:
        """Show the conversation from this packet on, up to another one for now."""
        timeline = self.timeline = Timeline(Ladder(conversation, start=start))
        timeline.show(self.shown)
        self._until = until
        self.cursor = None
        self._first = self._end = self._beyond = 0
        self._all_there = 0.0
        return timeline

    def _begin_at_end(self, conversation: Conversation) -> Timeline:
        long = len(conversation) > _WHOLE and self.shown.passes is None
        return self._begin(conversation, conversation.captured - 2 * _AROUND + 1 if long else 1)

    def _far_behind(self, timeline: Timeline) -> bool:
        """Whether more packets have come than are taken in soon, as while a capture is read."""
        behind = timeline.ladder.conversation.captured - timeline.ladder.seen
        return behind > _WHOLE and self.shown.passes is None

    def _begin_around(self, number: int) -> None:
        """Show a packet, and those around it, at once."""
        if self.timeline is not None:
            self._take_in(
                self._begin(self.timeline.ladder.conversation, number - _AROUND + 1, number + _AROUND)
            )

    def _take_in(self, timeline: Timeline) -> bool:
        """Take in what is new and wanted; whether lines changed."""
        ladder = timeline.ladder
        seen, captured = ladder.seen, ladder.conversation.captured
        if self._log is None or not timeline.update(self._log, self._ends, self._remarks, self._until):
            return False
        for row in ladder.rows(seen + 1, ladder.seen - seen):
            self._all_there = max(self._all_there, ladder.due(row))
        if ladder.seen == captured:
            self._until = inf
        self._beyond = 0 if self._until == inf else captured - ladder.seen
        self.keep(timeline.first, timeline.end)
        return True

    def put_cursor(self, number: int) -> None:
        """Put the cursor on a line, at the edge of the part that is shown on one of the next part."""
        timeline = self.timeline
        if timeline is not None:
            ladder = timeline.ladder
            if number < self._first and ladder.left_out and self.shown.passes is None:
                packet = max(ladder.conversation.first, ladder.first + number - self._first)
                self._begin_around(packet)
                number = self.timeline.place(packet) if self.timeline is not None else number
            elif number >= self._end - 1 and self._beyond:
                self._until += _AROUND
                self._take_in(timeline)
        super().put_cursor(number)

    def action_first(self) -> None:
        """Go to the oldest packet that is kept."""
        ladder = self.ladder
        if ladder is not None and ladder.left_out and self.shown.passes is None:
            self._begin_around(ladder.conversation.first)
        super().action_first()

    def action_follow(self) -> None:
        """Go to the newest packet, and follow."""
        if self._beyond and self.timeline is not None:
            self._take_in(self._begin_at_end(self.timeline.ladder.conversation))
        super().action_follow()

    @property
    def passing(self) -> tuple[int, int] | None:
        """How many packets pass the filter, and of how many so far; None where all are shown."""
        timeline = self.timeline
        if timeline is None or self.shown.passes is None:
            return None
        return timeline.passing, timeline.seen - timeline.ladder.first + 1

    @property
    def left_out(self) -> int:
        """How many of the oldest packets are too many to be shown."""
        return self.ladder.left_out if self.ladder is not None else 0

    @property
    def line(self) -> Line | None:
        """The line that keys act on, None where there is none."""
        chosen = self.chosen
        return self.timeline[chosen] if self.timeline is not None and chosen is not None else None

    @property
    def row(self) -> Row | None:
        """That line, where it is a packet."""
        line = self.line
        return line if isinstance(line, Row) else None

    @property
    def explained(self) -> Line | None:
        """The line that keys act on; for HEARTBEATs folded into one line the first of them."""
        line, ladder = self.line, self.ladder
        return ladder[line.first] if isinstance(line, HeartbeatRun) and ladder is not None else line

    @property
    def bounced(self) -> Bounce | None:
        """Why the packet that keys act on did not get through, None where it did or nothing is known."""
        row, ladder = self.row, self.ladder
        return ladder.bounced(row) if row is not None and ladder is not None else None

    @property
    def _packet(self) -> int | None:
        """The number of the packet under the cursor, or of the last one before."""
        match self.line:
            case None:
                return None
            case Row() as row:
                return row.number
            case HeartbeatRun() as beats:
                return beats.first
            case note:
                return note.after_packet

    @property
    def arrow(self) -> tuple[Event | None, str] | None:
        """The packet or event that keys act on, if it is one, and its line, drawn in its full length."""
        timeline, line = self.timeline, self.line
        if timeline is None or line is None:
            return None
        wide = 2 * len(timeline.ladder.label(line)) if isinstance(line, Row) else 0
        drawn = "".join(text for text, _ in parts(timeline, line, self.size.width + wide, self._now))
        event: Event | None = line.packet if isinstance(line, Row) else None
        return line.event if isinstance(line, SocketEvent) else event, drawn

    def head(self, width: int) -> str:
        """The line with the names of the two ends."""
        return head(self.timeline.ladder.conversation, width) if self.timeline is not None else ""

    def parts(self, number: int, width: int) -> Iterable[LadderPart]:
        """A packet, or a line between two."""
        return (
            parts(self.timeline, self.timeline[number], width, self._now) if self.timeline is not None else ()
        )

    def action_open(self) -> None:
        """Open what is under the cursor in full; from a line about a packet (ICMP's) go to that one."""
        match self.line:
            case SocketEvent() as told:
                from sctp_tui.tui.dialogs.message_detail import MessageDetailScreen

                if self._log is not None and told.number >= self._log.first:
                    self.app.push_screen(MessageDetailScreen(self._log, told.number, self._find))
                else:
                    self.post_message(self.Said("the log no longer has this: choose a newer one"))
            case Annotation() as note:
                self._lead_to(note)
            case Row() | HeartbeatRun():
                self._open_packet()

    def point_at(self, number: int) -> None:
        """Put the cursor on a packet, where it is kept."""
        ladder = self.ladder
        if ladder is None or not ladder.conversation.first <= number <= ladder.conversation.captured:
            return
        if not ladder.first <= number <= ladder.seen and self.shown.passes is None:
            self._begin_around(number)
        if self.timeline is not None and number <= self.timeline.ladder.seen:
            self.put_cursor(self.timeline.place(number))

    def _lead_to(self, note: Annotation) -> None:
        """Go to the packet that a line such as ICMP's is about."""
        timeline = self.timeline
        if not note.number:
            self.post_message(self.Said("all that is known of this stands here"))
        elif timeline is not None and note.number >= timeline.ladder.first:
            self.put_cursor(timeline.place(note.number))
        else:
            self.post_message(self.Said("its packet is no longer kept: choose a newer one"))

    def _open_packet(self) -> None:
        timeline, number = self.timeline, self._packet
        if timeline is None or number is None:
            return
        from sctp_tui.tui.dialogs.packet_screen import PacketScreen

        def back(number: int | None) -> None:
            if number is not None:
                self.put_cursor(timeline.place(number))

        self.app.push_screen(PacketScreen(timeline.ladder, number, self.level), back)

    def action_of_note(self, step: int) -> None:
        """Go to the next (1) or former (-1) packet that was lost or sent again."""
        if self.timeline is None or (chosen := self.chosen) is None:
            return
        found = self.timeline.of_note(chosen, step)
        if found is None:
            ladder, where = self.timeline.ladder, "below" if step > 0 else "above"
            if step > 0 and self._beyond:
                where += f", up to packet {ladder.seen:,},"
            elif step < 0 and ladder.left_out:
                where += f", from packet {ladder.first:,} on,"
            self.post_message(self.Said(f"none seen {where} that was lost or sent again"))
        else:
            self.put_cursor(found)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer no events of sockets where the ends are other programs'."""
        return action != "sockets" or self.ladder is None or not self.ladder.conversation.observed

    def action_sockets(self) -> None:
        """Show the events of sockets between the packets, or don't."""
        self.shown = replace(self.shown, sockets=not self.shown.sockets)
        self.post_message(self.Changed())

    def action_fold(self) -> None:
        """Show HEARTBEATs in a row as one line, or each of them."""
        self.shown = replace(self.shown, folded=not self.shown.folded)
        self.post_message(self.Changed())
