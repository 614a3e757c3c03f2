"""The paths of one end of an association over time: a lane for each, and below them what happened."""

from collections.abc import Collection, Hashable, Iterator, Sequence
from typing import ClassVar

from textual.binding import BindingType

from sctp_tui.monitor.trace.conversations import Bounce, bare
from sctp_tui.monitor.trace.ladder import Row
from sctp_tui.monitor.trace.paths import SIGNS, Mark, Note, PathRoute, Paths
from sctp_tui.sctp.events import Direction, Event, RoundTrip
from sctp_tui.tui.actions import bindings
from sctp_tui.tui.widgets.columns import fit
from sctp_tui.tui.widgets.drawn_lines import DrawnLine, DrawnLines
from sctp_tui.tui.widgets.plot import Scale
from sctp_tui.tui.widgets.time_axis import TimeAxis

from .conversation_view import ConversationView, Scene
from .ladder_lines import ends

_GUTTER = 24  # cells left of the lanes, for their labels
_NUMBERS = "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳"


_LOOKS = {
    "INIT": ("I", "sent"),
    "DATA": ("█", "sent"),
    "again": ("↻", "again"),
    "ASCONF": ("A", "again"),
    "HEARTBEAT": ("♥", "beat"),
    "HEARTBEAT ACK": ("♥", "label"),
    "SACK": ("▂", "label"),
    "other": ("·", "label"),
}
_ROUND_TRIP = "ms"
_UNANSWERED, _LOST = ("♡", "lost"), "✗"
_STATES: dict[str, tuple[str, str, str]] = {
    "active": ("─", "━", "active"),
    "unconfirmed": ("┄", "┅", "unconfirmed"),
    "failing": ("?", "?", "failing"),
    "unreachable": ("╳", "╳", "unreachable"),
    "removed": (" ", " ", "label"),
}
_LEGEND = (
    ("I", "sent", "INIT"),
    ("█", "sent", "DATA"),
    ("↻", "again", "sent again"),
    ("▂", "label", "SACK"),
    ("♥", "beat", "HEARTBEAT"),
    ("A", "again", "ASCONF"),
    ("·", "label", "other"),
    ("♡", "lost", "no answer"),
    ("✗", "lost", "lost"),
    ("━", "active", "primary"),
    ("─", "active", "active"),
    ("┄", "unconfirmed", "unconfirmed"),
    ("?", "failing", "potentially failed"),
    ("╳", "unreachable", "unreachable"),
)
_LEGEND_OF_OTHERS = (
    ("-", "label", "not in the packets"),
    ("─", "active", "confirmed"),
    ("┄", "unconfirmed", "not confirmed so far"),
    ("━", "active", "primary, by ASCONF"),
    (_ROUND_TRIP, "label", "round trip, seen here"),
    *(item for item in _LEGEND if item[0] not in "─━┄"),
)
"""The same for programs of others, whose stacks tell nothing."""
_HEAVY = {thick: {thin, "━"} for thin, thick, _ in _STATES.values() if thick != thin}
"""The signs of the legend that explain a heavy line."""


class PathsView(ConversationView, DrawnLines):
    """The paths of one end of a `Conversation`, over the time in view, with a cursor on a packet."""

    looks = "paths-view"
    closely = True
    explains = True
    BINDINGS: ClassVar[list[BindingType]] = bindings("paths")

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        f"paths-view--{look}"
        for look in (
            *("heading", "label", "axis", "address", "sent", "again", "beat", "lost"),
            *("active", "unconfirmed", "failing", "unreachable", "cursor"),
        )
    }

    DEFAULT_CSS = """
    PathsView {
        height: 1fr;
        padding: 0 1;
        & > .paths-view--heading { text-style: bold; }
        & > .paths-view--label { color: $text-muted; }
        & > .paths-view--axis { color: $foreground 40%; }
        & > .paths-view--address { text-style: bold; }
        & > .paths-view--sent { color: $text-primary; }
        & > .paths-view--again { color: $text-warning; text-style: bold; }
        & > .paths-view--beat { color: $text-success; }
        & > .paths-view--lost { color: $text-error; text-style: bold; }
        & > .paths-view--active { color: $text-success; }
        & > .paths-view--unconfirmed { color: $text-muted; }
        & > .paths-view--failing { color: $text-warning; text-style: bold; }
        & > .paths-view--unreachable { color: $text-error; text-style: bold; }
        & > .paths-view--cursor { text-style: reverse; }
    }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.direction: Direction = "in"
        """Whose paths are shown: "in" those of the far end, as its packets come in."""
        self.axis = TimeAxis()
        self._paths: Paths | None = None
        self._chosen: int | None = None  # the packet under the cursor, None while it follows the newest
        self._now = 0.0
        self._round_trips: tuple[RoundTrip, ...] = ()
        self._stamp: Hashable = None

    # --- what is shown

    def draw(self, scene: Scene) -> None:
        """Draw what the packets, the notifications and the stacks' statuses tell."""
        conversation, monitor = scene.conversation, scene.monitor
        if self._paths is None or conversation is not self._paths.conversation:
            self._paths = Paths(conversation)
            self.direction = "in" if conversation.initiator == "peer" else "out"
            self._chosen = self._stamp = None
            self.axis.start, self.axis.unlimited = conversation.start_mono, conversation.observed
            self.axis.follow()
        self._paths.update(monitor.log, scene.ever, monitor.remarks)
        self._now = scene.now
        self._round_trips = scene.association.round_trips
        live = any(end.ended is None for end in scene.ends)
        newest = conversation.packets[-1].mono if conversation.packets else conversation.start_mono
        ended = self._paths.ended  # later than the last packet where an end gave up the other
        self.axis.newest = max(newest, scene.now if live else newest if ended is None else ended)
        self._draw()

    @property
    def _packets(self) -> list[Mark]:
        """The packets of the lanes in view, in order."""
        marks = [mark for of in self._marks for mark in of]
        return sorted(marks, key=lambda mark: mark.number)

    @property
    def _marks(self) -> list[Sequence[Mark]]:
        """The packets of each lane in view, where there are any."""
        paths = self._paths
        if paths is None:
            return []
        return [of for route, of in paths.marks.items() if of and route.direction == self.direction]

    @property
    def row(self) -> Row | None:
        """The packet that keys act on, None where there is none."""
        paths = self._paths
        if paths is None:
            return None
        ladder, number = paths.ladder, self._chosen
        if number is None:
            number = max((of[-1].number for of in self._marks), default=0)
        return ladder[number] if ladder.first <= number <= ladder.seen else None

    @property
    def left_out(self) -> int:
        """How many of the oldest packets are too many to be shown."""
        return self._paths.ladder.left_out if self._paths is not None else 0

    @property
    def explained(self) -> Row | None:
        """The packet that keys act on, where it is in view."""
        row, view = self.row, self.axis.view
        return row if row is not None and view.low <= row.packet.mono <= view.high else None

    @property
    def bounced(self) -> Bounce | None:
        """Why that packet did not get through, None where it did or nothing is known."""
        row = self.explained
        return self._paths.ladder.bounced(row) if row is not None and self._paths is not None else None

    @property
    def arrow(self) -> tuple[Event | None, str] | None:
        """The packet that keys act on, and its chunks as text."""
        row = self.row
        return (row.packet, self._paths.ladder.label(row)) if row is not None and self._paths else None

    # --- keys

    def action_turn(self) -> None:
        """Show the paths of the other end."""
        self.direction = "out" if self.direction == "in" else "in"
        self._chosen = None
        self._draw()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer zoom within its limits."""
        match action, parameters:
            case "zoom", (int() as by,):
                return self.axis.zooms(by)
        return True

    def action_zoom(self, by: int) -> None:
        """Show more (1) or less (-1) time."""
        self.axis.zoom(by)
        self._draw()

    def action_move(self, by: int) -> None:
        """Move the cursor to the packet before (-1) or after (1)."""
        packets, row = self._packets, self.row
        if row is None:
            return
        at = next((at for at, mark in enumerate(packets) if mark.number >= row.number), 0) + by
        self._go_to(packets, max(0, at))

    def action_leap(self, by: int) -> None:
        """Move by a quarter of the view to earlier (-1) or later (1) packets."""
        packets, row, view = self._packets, self.row, self.axis.view
        if row is None:
            return
        to = row.packet.mono + by * (view.high - view.low) / 4
        later = [at for at, mark in enumerate(packets) if mark.at >= to]
        self._go_to(packets, later[0] if later else len(packets) - (by < 0))

    def _go_to(self, packets: Sequence[Mark], at: int) -> None:
        if at >= len(packets) - 1:
            self.action_follow()
            return
        mark, view = packets[at], self.axis.view
        self._chosen = mark.number
        if not view.low <= mark.at <= view.high:
            middle = (view.low + view.high) / 2
            self.axis.move((mark.at - middle) / (view.high - view.low))
        elif self.axis.following:
            self.axis.move(-1e-9)  # what is under the cursor stays in view
        self._draw()

    def action_first(self) -> None:
        """Go to the first packet."""
        if packets := self._packets:
            self.axis.first()
            self._chosen = packets[0].number
            self._draw()

    def action_follow(self) -> None:
        """Go to the newest packet, and follow."""
        self._chosen = None
        self.axis.follow()
        self._draw()

    def action_open(self) -> None:
        """Open the packet under the cursor in full."""
        paths, row = self._paths, self.row
        if paths is None or row is None:
            return
        from sctp_tui.tui.dialogs.packet_screen import PacketScreen

        def back(number: int | None) -> None:
            if number is not None:
                self._chosen = number
                self._draw()

        self.app.push_screen(PacketScreen(paths.ladder, row.number, self.level), back)

    # --- drawing

    def on_resize(self) -> None:
        """Draw all lines for the new size."""
        self._draw()

    def _draw(self) -> None:
        width, height = self.content_size
        paths, view = self._paths, self.axis.view
        if paths is None:
            return
        told = self._round_trips, round(self._now, 1)
        stamp = (paths.version, width, height, view, self.direction, self._chosen, told)
        if stamp == self._stamp:
            return
        self._stamp = stamp
        across = width - _GUTTER - 1
        self.lines = list(self._drawn(paths, across, height, view)) if across > 10 else []
        self.refresh()

    def _drawn(self, paths: Paths, across: int, height: int, view: Scale) -> Iterator[DrawnLine]:
        yield self._heading(paths, across)
        lanes: list[DrawnLine] = []
        for address in paths.addresses(self.direction):
            lanes.append(self._state_line(paths, address, across, view))
            for route in paths.routes(self.direction, address):
                lanes.append(self._lane(paths, route, across, view))
        notes = [note for note in paths.notes if view.low <= note.at <= view.high]
        room = max(0, height - 4 - len(lanes))
        shown = notes[-min(len(notes), room, len(_NUMBERS)) :] if room else []
        lanes = lanes[: max(0, height - 4)]
        yield from lanes
        yield from self._time_axis(across, shown)
        for number, note in zip(_NUMBERS, shown, strict=False):
            yield self._note(number, note, across + _GUTTER)
        for _ in range(room - len(shown)):
            yield []
        drawn = {sign for lane in lanes for sign, _ in lane[2:]}
        if any(label.lstrip().startswith("- ") for (label, _), *_ in lanes):
            drawn.add("-")
        if any(label.rstrip().endswith(f" {_ROUND_TRIP}") for (label, _), *_ in lanes):
            drawn.add(_ROUND_TRIP)
        legend = _LEGEND_OF_OTHERS if paths.conversation.observed else _LEGEND
        yield self._legend(legend, drawn.union(*(_HEAVY.get(sign, ()) for sign in drawn)), across + _GUTTER)

    def _heading(self, paths: Paths, across: int) -> DrawnLine:
        left, right = ends(paths.conversation)
        rightwards = (self.direction == "in") == (paths.conversation.initiator == "peer")
        way = f"{left} → {right}" if rightwards else f"{right} → {left}"
        whose = f"Paths of the {paths.name(self.direction)}: {way}"
        below = "" if self.axis.following else " End follows"
        return [(fit(whose, across + _GUTTER - 14), "heading"), (below, "label")]

    def _column(self, at: float, across: int) -> int:
        return max(0, min(across - 1, self.axis.column(at, across)))

    def _state_line(self, paths: Paths, address: str, across: int, view: Scale) -> DrawnLine:
        # The line of a primary path is heavy, but where it has failed: so its address is marked, too.
        newest = min(view.high, self.axis.newest)
        primary, others = paths.primary(self.direction, newest), paths.conversation.observed
        mark = "━ " if primary == address else "- " if others and not primary else ""
        named = self._with_round_trip(f"{mark}{address}", address)
        line: DrawnLine = [(f"{fit(named, _GUTTER - 1):>{_GUTTER - 1}} ", "address"), ("│", "axis")]
        step = view.span / across
        for column in range(across):
            time = view.low + (column + 0.5) * step
            state = paths.state(self.direction, address, time) if time <= self.axis.newest else ""
            if not state:
                begins = others and time <= self.axis.newest and (not column or line[-1][0] not in " -")
                line.append(("-", "label") if begins else (" ", ""))
                continue
            thin, thick, look = _STATES[state]
            main = paths.primary(self.direction, time) == address
            line.append((thick if main else thin, look))
        return line

    def _with_round_trip(self, named: str, address: str) -> str:
        """The label of a path with the newest round trip that a capture shows of it, where there is room."""
        for one in self._round_trips:
            if (one.direction, bare(one.address)) == (self.direction, address):
                text = f"{named} {one.newest * 1000:.4g} {_ROUND_TRIP}"
                return text if len(text) < _GUTTER else named
        return named

    def _lane(self, paths: Paths, route: PathRoute, across: int, view: Scale) -> DrawnLine:
        cells: list[tuple[str, str]] = [(" ", "")] * across
        ranks = [len(SIGNS) + 1] * across
        cursor, chosen = self.row, None
        for mark in paths.within(route, view.low, view.high):
            column = self._column(mark.at, across)
            rank = -1 if not mark.arrives else SIGNS.index(mark.sign)
            if rank < ranks[column]:
                ranks[column] = rank
                cells[column] = self._cell(paths, mark)
            if cursor is not None and mark.number == cursor.number:
                chosen = column
        if chosen is not None:
            cells[chosen] = (cells[chosen][0], "cursor")
        label = f"from {route.source}"
        return [(f"{fit(label, _GUTTER - 1):>{_GUTTER - 1}} ", "label"), ("│", "axis"), *cells]

    def _cell(self, paths: Paths, mark: Mark) -> tuple[str, str]:
        ladder = paths.ladder
        if not mark.arrives or ladder.bounced(ladder[mark.number]) is not None:
            return _LOST, "lost"
        if mark.sign == "HEARTBEAT" and ladder.unanswered(mark.number, mark.number, self._now):
            return _UNANSWERED
        return _LOOKS[mark.sign]

    def _time_axis(self, across: int, notes: Sequence[Note]) -> Iterator[DrawnLine]:
        cells, labels = self.axis.drawn(across, _GUTTER)
        for number, note in zip(_NUMBERS, notes, strict=False):
            cells[self._column(note.at, across)] = number
        yield [(" " * _GUTTER + "└" + "".join(cells), "axis")]
        yield [(labels, "label")]

    def _note(self, number: str, note: Note, width: int) -> DrawnLine:
        lead = f" {number} {note.at - self.axis.start:9.3f} s  "
        return [(lead, "label"), (fit(note.text, max(1, width - len(lead))).rstrip(), "")]

    def _legend(
        self, legend: Sequence[tuple[str, str, str]], drawn: Collection[str], width: int
    ) -> DrawnLine:
        """What the signs mean that are drawn."""
        line: DrawnLine = [(" ", "")]
        used = 1
        for sign, look, meaning in legend:
            if sign not in drawn:
                continue
            room = len(sign) + len(meaning) + 3
            if used + room > width:
                break
            line += [(sign, look), (f" {meaning}  ", "label")]
            used += room
        return line
