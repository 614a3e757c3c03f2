"""The timeline of a conversation, line by line: its packets, and between them what else happened.

That is events and commands of the sockets at its ends, ICMP messages, and changes of the link. All lines are
in the order of real time, but for notifications, whose time is that of reading them: they stand below the
packets that had come to their end, directly below the packet that is known to have caused them, and above
what the stack has answered by itself in the meantime. Among themselves they keep the order of the log. A
message stands where it was read, as a SACK sent before that counts it as unread (a_rwnd, RFC 9260, section
6.2.1).
"""

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from functools import partial
from heapq import merge
from itertools import takewhile
from math import inf
from operator import attrgetter, le
from typing import Literal, NamedTuple

import msgspec

from sctp_tui.monitor.associations import Association
from sctp_tui.monitor.log import Log
from sctp_tui.monitor.text.events import sentence
from sctp_tui.sctp.events import (
    AssocChange,
    Bookmark,
    Direction,
    Ending,
    Event,
    Message,
    MessageTooLarge,
    Opening,
    Packet,
    ParametersSet,
    PathAsked,
    PeeledOff,
    Peer,
    ShutdownEvent,
    StreamsAsked,
    UdpPortChanged,
)
from sctp_tui.sctp.printable import printable
from sctp_tui.sctp.wire.chunk_types import ChunkType
from sctp_tui.sctp.wire.packet import name_of

from .conversations import Conversation, End, kind
from .ladder import Ladder, NewAssociation, Row
from .link_history import LinkHistory

_ROWS = 2000  # packets taken in by one update
_FILTERED = 10_000  # rows that one update filters: about 50 ms
_READ = 1.0  # s within which a notification is usually read
_NEAR = 50  # lines above a late packet that are searched for events after it
_AT_ONCE = 0.02  # s within which a stack answers a packet and its socket is read
_HEARTBEATS = (ChunkType.HEARTBEAT, ChunkType.HEARTBEAT_ACK)


class SocketEvent(msgspec.Struct, frozen=True, gc=False):
    """An event from the socket of one end, or a command to it. `number` is that of its record in the log.

    `after_packet` is the number of the packet before it, `at` seconds since the epoch.
    """

    at: float
    after_packet: int
    end: End
    event: Event
    number: int


class Annotation(msgspec.Struct, frozen=True, gc=False):
    """A change of the link or its time, an ICMP message, the beginning of another association, or that an end
    sends from another UDP port.

    `after_packet` and `at` as in `SocketEvent`; `number` is that of the packet that it is about, 0 for none.
    """

    at: float
    after_packet: int
    text: str
    what: Literal["link", "time", "ICMP", "another", "port"]
    number: int = 0


class HeartbeatRun(msgspec.Struct, frozen=True, gc=False):
    """A run of HEARTBEATs and their answers, by the numbers of its first and last packet."""

    first: int
    last: int


RowTest = Callable[[Ladder, Row], bool]
Line = Row | SocketEvent | Annotation | HeartbeatRun


class LadderOptions(msgspec.Struct, frozen=True):
    """What the ladder shows: events of the `sockets` too; runs of HEARTBEATs `folded` into one line.

    Packets that don't pass `passes` are left out; None: all pass.
    """

    sockets: bool = False
    folded: bool = False
    passes: RowTest | None = None


class Timeline:
    """Follows one conversation. Its lines have serial numbers, from `first` to `end` - 1."""

    def __init__(self, ladder: Ladder) -> None:
        self.ladder = ladder
        self.shown = LadderOptions()
        self.passing = 0
        """How many packets have a line, of those kept."""
        self._ends: Mapping[int, End] = {}
        self._lines: deque[Line] = deque()
        self._begin()

    def show(self, shown: LadderOptions) -> None:
        """Set the options; all lines are made anew by the next update."""
        self.shown = shown
        self._begin()

    def _begin(self) -> None:
        self._lines.clear()
        self.first = 0
        self.passing = 0
        self._oldest = self.ladder.first  # the oldest packet that has a line
        self._seen = self._oldest - 1
        self._record = self._remark = self._bounce = 0
        self._noted = 0.0  # the time of the newest line that is not a packet
        self._senders: dict[Direction, Peer] = {}  # of the newest packet in each direction

    @property
    def end(self) -> int:
        """The serial number after that of the newest line."""
        return self.first + len(self._lines)

    @property
    def seen(self) -> int:
        """The number of the newest packet that was taken in: of a filtered ladder not all are at once."""
        return self._seen

    def __getitem__(self, serial: int) -> Line:
        """The line with this number. Raises IndexError where there is none."""
        if not self.first <= serial < self.end:
            raise IndexError(serial)
        line = self._lines[serial - self.first]
        return self.ladder[line.number] if isinstance(line, Row) else line  # the row may have been replaced

    def update(self, log: Log, ends: Mapping[int, End], remarks: LinkHistory, until: float = inf) -> bool:
        """Take in what is new; whether lines changed. `ends`: at which end each association is, by key.

        Nothing after the packet with the number `until` is taken in.
        """
        ladder = self.ladder
        if self.shown.sockets and dict(ends) != self._ends:
            self._ends = dict(ends)
            self._begin()
        elif self.shown.passes is not None and self._lost_since():
            self._begin()
        before = (self.first, self.end, self._seen, self._bounce)
        more = ladder.update(_ROWS, until)
        most = len(ladder) if self.shown.passes is None else _FILTERED
        rows = ladder.rows(max(self._seen + 1, ladder.first), most)
        more = more or (bool(rows) and rows[-1].number < ladder.seen)
        if more and not rows:
            return before != (
                self.first,
                self.end,
                self._seen,
                self._bounce,
            )  # what follows is not wanted yet
        notes = self._notes(log, remarks, rows[-1].packet.at if more and rows else None)
        note = next(notes, None)
        for row in rows:
            while note is not None and note.at < row.packet.at:
                self._put(note)
                note = next(notes, None)
            self._add(row)
        while note is not None:
            self._put(note)
            note = next(notes, None)
        self._forget()
        return before != (self.first, self.end, self._seen, self._bounce)

    def _lost_since(self) -> bool:
        """Whether packets that were taken in before are known to be lost now."""
        return any(bounce.number <= self._seen for bounce in self.ladder.conversation.bounces(self._bounce))

    def place(self, number: int) -> int:
        """The serial number of a packet's line, or of the next line where it has none."""
        low, high = 0, len(self._lines)
        while low < high:
            middle = (low + high) // 2
            if _number(self._lines[middle]) < number:
                low = middle + 1
            else:
                high = middle
        return self.first + low

    def of_note(self, serial: int, step: int) -> int | None:
        """The next line, in steps of 1 or -1, of a packet that is lost or sent again; None for none.

        DATA first seen after higher TSNs counts, too: it was sent again, or was overtaken.
        """
        serial += step
        while self.first <= serial < self.end:
            line = self[serial]
            if isinstance(line, Row) and (line.first_try or line.late or not self.ladder.arrives(line)):
                return serial
            serial += step
        return None

    def _notes(
        self, log: Log, remarks: LinkHistory, until: float | None
    ) -> Iterator[SocketEvent | Annotation]:
        """What else has happened since the last update, in order, up to `until` (s since the epoch)."""
        told = self._told(log, until)
        done = merge(self._done(remarks, until), self._came_back(until), key=attrgetter("at"))
        remark = next(done, None)
        for event in told:
            while remark is not None and remark.at < event.at:
                yield remark
                remark = next(done, None)
            yield event
        if remark is not None:
            yield remark
            yield from done

    def _told(self, log: Log, until: float | None) -> Iterator[SocketEvent]:
        if not self.shown.sockets:
            return
        ends, since, start_time = self._ends, self._since, self.ladder.conversation.start_time
        early = list[SocketEvent]()
        start = max(self._record, log.first)
        for number, event in enumerate(log.between(start, log.captured), start):
            if until is not None and event.at > until:
                break
            self._record = number + 1
            if (end := ends.get(event.key)) is None or event.at < since:
                continue
            told = SocketEvent(at=event.at, after_packet=0, end=end, event=event, number=number)
            if event.at >= start_time:
                yield from early
                early.clear()
                yield told
            elif _asked_for(event):
                early.append(told)  # it caused the first packet, unless a notification comes in between
            else:
                early.clear()  # these were of packets before, of an earlier conversation or no longer kept
        yield from early

    def _done(self, remarks: LinkHistory, until: float | None) -> Iterator[Annotation]:
        conversation = self.ladder.conversation
        since = max(self._since, conversation.start_time)
        last = conversation.packets[-1].at if conversation.over and len(conversation) else None
        for number, remark in remarks.since(self._remark):
            if until is not None and remark.at > until:
                break
            self._remark = number
            if remark.at >= since and (last is None or remark.at <= last):
                yield Annotation(remark.at, 0, remark.text, remark.what)

    def _came_back(self, until: float | None) -> Iterator[Annotation]:
        for bounce in self.ladder.conversation.bounces(self._bounce):
            if until is not None and bounce.at > until:
                break
            self._bounce = bounce.serial
            if bounce.verdict == "bounced":
                said = f"{bounce.reason}, for packet {bounce.number}"
                yield Annotation(at=bounce.at, after_packet=0, text=said, what="ICMP", number=bounce.number)

    @property
    def _since(self) -> float:
        """The time of the oldest packet, 0 while all are kept: what happened before it is left out, too."""
        ladder = self.ladder
        return ladder[ladder.first].packet.at if ladder.first > 1 and len(ladder) else 0.0

    def _put(self, note: SocketEvent | Annotation) -> None:
        lines = self._lines
        self._noted = max(self._noted, note.at)
        answers = self._since_its_cause(note) if isinstance(note, SocketEvent) else []
        if not answers and isinstance(note, SocketEvent) and _notifies(note.event):
            own = "out" if note.end == "local" else "in"
            while (
                lines
                and isinstance(last := lines[-1], Row)
                and last.packet.direction == own
                and note.at - last.packet.at < _AT_ONCE
            ):
                answers.append(lines.pop())
            if not lines or _calls_for_packets(lines[-1]):  # these packets are no answers: put them back
                lines.extend(reversed(answers))
                answers.clear()
        after_packet = _number(lines[-1]) if lines else self._seen
        lines.append(msgspec.structs.replace(note, after_packet=after_packet))
        lines.extend(reversed(answers))

    def _since_its_cause(self, note: SocketEvent) -> list[Line]:
        """Remove and return the lines after the packet that caused an event, the last one first.

        Without those above the last one that is no packet: what sockets tell keeps the order of the log, and
        a packet may be let through long after it was sent. Empty where the packet that caused the event is
        not known, or another event of the same socket stands after it.
        """
        lines, taken, above = self._lines, list[Line](), len(self._lines)
        causes, to = _causes(note.event), "in" if note.end == "local" else "out"
        for line in reversed(lines) if causes else ():
            if isinstance(line, Row):
                packet = line.packet
                if note.at - packet.at > _READ:
                    break
                arrives = packet.direction == to and self.ladder.arrives(line)
                if arrives and any(name_of(chunk) in causes for chunk in line.chunks):
                    comes = packet.mono + packet.transit
                    later = takewhile(partial(le, comes), map(self._mono, taken[:above]))
                    return [lines.pop() for _ in later]
            elif isinstance(line, SocketEvent) and line.end == note.end:
                break
            elif not isinstance(line, HeartbeatRun):
                above = min(above, len(taken))
            taken.append(line)
        return []

    def _mono(self, line: Line) -> float:
        """When a packet was sent (s, the link's clock), or the first of a run; infinite for other lines."""
        if isinstance(line, HeartbeatRun):
            return self.ladder[line.first].packet.mono
        return line.packet.mono if isinstance(line, Row) else inf

    def _add(self, row: Row) -> None:
        at = row.packet.at
        late = self._later(at) if self._noted > at else []
        if moved := self._moved(row):
            self._lines.append(Annotation(at, row.number - 1, moved, "port", row.number))
        if self.shown.passes is None or self.shown.passes(self.ladder, row):
            self._show_packet(row)
        self._seen = row.number
        if row.begins is not None:
            self._begins(row.begins, at)
        for note in late:
            self._put(note)

    def _show_packet(self, row: Row) -> None:
        self.passing += 1
        lines = self._lines
        if not self.shown.folded or not _is_beat(row.packet):
            lines.append(row)
            return
        last = lines[-1] if lines else None
        if isinstance(last, HeartbeatRun) and last.last == row.number - 1:
            lines[-1] = HeartbeatRun(last.first, row.number)
        else:
            lines.append(HeartbeatRun(row.number, row.number))

    def _later(self, at: float) -> list[SocketEvent | Annotation]:
        """Remove and return the lines for what happened after `at`: a captured packet may come late."""
        lines, stay, late = self._lines, list[Line](), list[SocketEvent | Annotation]()
        while lines and len(stay) < _NEAR:
            last = lines.pop()
            if isinstance(last, SocketEvent | Annotation) and last.at > at:
                late.append(last)
                continue
            stay.append(last)
            if isinstance(last, HeartbeatRun) or (isinstance(last, Row) and at - last.packet.at > _AT_ONCE):
                break
        lines.extend(reversed(stay))
        return late[::-1]

    def _moved(self, row: Row) -> str:
        """That a packet's sender has another UDP port than with the packet before; else ""."""
        packet = row.packet
        sender = packet.local if packet.direction == "out" else packet.peer
        if sender is None or packet.verdict == "refused":
            return ""
        before = self._senders.get(packet.direction, sender)
        self._senders[packet.direction] = sender
        if before.udp_port == sender.udp_port or before.addresses != sender.addresses:
            return ""
        local = self.ladder.conversation.client == "local"
        who = "client" if local == (packet.direction == "out") else "server"
        return f"the {who} sends from UDP port {sender.udp_port} now, before from {before.udp_port}"

    def _begins(self, new: NewAssociation, at: float) -> None:
        """Add a line above the first packet of another association, which only its COOKIE ACK has shown."""
        client, server = new.tags
        what = "a restart begins" if new.restarts else "another association begins"
        said = f"{what}: tags {client:08x}, {server:08x}"
        line = Annotation(at=at, after_packet=new.number - 1, text=said, what="another", number=new.number)
        self._lines.insert(self.place(new.number) - self.first, line)

    def _forget(self) -> None:
        """Drop the lines of packets that are no longer kept, and those between them."""
        lines, first = self._lines, self.ladder.first
        while lines and self._oldest < first:
            line = lines[0]
            if isinstance(line, HeartbeatRun) and line.last >= first:
                self.passing -= max(0, first - line.first)
                lines[0] = HeartbeatRun(max(first, line.first), line.last)
                self._oldest = first
                return
            if isinstance(line, Row) and line.number >= first:  # those before it have no lines
                self._oldest = first
                return
            lines.popleft()
            self.first += 1
            self.passing -= isinstance(line, Row)
            self.passing -= line.last - line.first + 1 if isinstance(line, HeartbeatRun) else 0
            self._oldest = max(self._oldest, _number(line) + 1)


class TimelineSnapshot(NamedTuple):
    """The sources of a timeline, as copies that do not change: for another thread to read."""

    conversation: Conversation
    shown: LadderOptions
    ends: Mapping[int, End]
    log: Log
    remarks: LinkHistory
    now: float = inf
    """Seconds of the link's clock."""

    def follow(self) -> Generator[bytes, None, Timeline]:
        """Make the timeline in slices, yielding b"" after each, so that the caller can stop; returns it."""
        timeline = Timeline(Ladder(self.conversation, inf))  # a file has all
        timeline.show(self.shown)
        while True:
            timeline.update(self.log, self.ends, self.remarks)
            if timeline.seen == self.conversation.captured:
                return timeline
            yield b""


def sides(ends: Iterable[Association], conversation: Conversation) -> dict[int, End]:
    """At which end of a conversation each of these associations is, by key."""
    return {end.key: conversation.end_of(end) for end in ends}


def text(line: SocketEvent | Annotation) -> str:
    """The text of a line that is no packet, printable."""
    if isinstance(line, Annotation):
        return line.text
    event = line.event
    if isinstance(event, Message):
        call = "receives" if event.direction == "in" else "sends"
        how = " unordered" if event.unordered else ""
        return f"{call} {event.size:,} B on stream {event.stream}{how}: {printable(event.data, 60)}"
    return sentence(event)


def heartbeats_text(ladder: Ladder, line: HeartbeatRun, now: float) -> str:
    """The text of a run of HEARTBEATs; `now` is in seconds of the link's clock."""
    count, alone = line.last - line.first + 1, ladder.unanswered(line.first, line.last, now)
    lost, awaited = ladder.answers_lost(line.first, line.last), ladder.awaited(line.first, line.last, now)
    said = ladder.label(ladder[line.first])
    if count > 1:
        questions = alone + lost + awaited == count
        said = f"{count} HEARTBEATs" if questions else f"{count} HEARTBEATs and answers"
    parts = [said]
    if alone:
        parts.append(ladder.unanswered_text(ladder[line.first], 0 if alone == count else alone))
    if awaited:
        parts.append("on its way" if count == 1 else f"{awaited} on {'its' if awaited == 1 else 'their'} way")
    if lost:
        parts.append("answered, the answer was lost" if lost == count else f"{lost} whose answer was lost")
    return ", ".join(parts)


def _asked_for(event: Event) -> bool:
    """Whether an event is of a command to the socket, not from it."""
    match event:
        case Message():
            return event.direction == "out"
        case UdpPortChanged():
            return event.whose == "ours"
        case _:
            return isinstance(event, Opening | Ending | PathAsked | StreamsAsked | PeeledOff | ParametersSet)


def _notifies(event: Event) -> bool:
    """Whether an event is a notification, which the stack made some time before it was read."""
    return not _asked_for(event) and not isinstance(event, Message | MessageTooLarge | Bookmark)


def _calls_for_packets(line: Line) -> bool:
    """Whether packets directly below a line are caused by it, and are no answers."""
    return isinstance(line, Annotation) or (isinstance(line, SocketEvent) and _asked_for(line.event))


def _causes(event: Event) -> tuple[str, ...]:
    """The chunks of which one causes this event; empty where that varies."""
    match event:
        case ShutdownEvent():
            return ("SHUTDOWN",)
        case AssocChange(state="COMM_UP" | "RESTART"):
            return ("COOKIE ECHO", "COOKIE ACK")
        case AssocChange(state="SHUTDOWN_COMP"):
            return ("SHUTDOWN ACK", "SHUTDOWN COMPLETE")
        case AssocChange(state="COMM_LOST", by="peer"):
            return ("ABORT",)
    return ()


def _number(line: Line) -> int:
    """The number of the last packet at or before a line."""
    match line:
        case Row():
            return line.number
        case HeartbeatRun():
            return line.last
    return line.after_packet


def _is_beat(packet: Packet) -> bool:
    return packet.verdict in ("delivered", "seen") and kind(packet) in _HEARTBEATS
