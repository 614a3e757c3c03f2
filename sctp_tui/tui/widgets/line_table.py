"""A table for rows that change all the time: one cached strip a row, drawn again only when it changed.

Textual's DataTable renders every visible cell again when one of them changed; at ten changes a second that
is most of a core. Cells are text, never markup: what a peer sent can't style or break anything.
"""

from collections.abc import Hashable, Sequence
from typing import Any, ClassVar, Generic, TypeVar

from msgspec.structs import replace
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import BindingType
from textual.geometry import Region
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip

from sctp_tui.monitor.text.column import Column
from sctp_tui.sctp.printable import printable
from sctp_tui.tui.actions import bindings

from .columns import arrange, fit
from .line_view import LineView

R = TypeVar("R")

_ROOMY = 100  # cells from which on columns stand further apart


def _on(background: Style, style: Style) -> Style:
    """A style as it is, on another background: component styles come blended with the widget's."""
    return style + Style(bgcolor=background.bgcolor)


class LineTable(LineView, Generic[R]):
    """A header and a line for each key. Subclasses say what a key's row is and when it has changed.

    The cursor stays on its key while rows come and go. While the last row is in view the table follows
    new ones, unless that would push a cursor out of view that the user has put there. One that the user has
    not put anywhere is in view while the table has the focus: keys act on its row.

    Where rows change places (`hold`) nothing is followed. A cursor that the user has put on a row in view
    keeps its line on the screen, and the others change places around it; only at the first and the last
    rows there is nothing to scroll, and it moves with its row. Else the view stays as far from the first
    row as it is.
    """

    ALLOW_SELECT = False

    BINDINGS: ClassVar[list[BindingType]] = bindings("table")

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "line-table--header",
        "line-table--cursor",
        "line-table--zebra",
        "line-table--dim",
    }

    DEFAULT_CSS = """
    LineTable {
        & > .line-table--header { color: $text-muted; text-style: bold; }
        & > .line-table--cursor {
            color: $block-cursor-blurred-foreground;
            background: $block-cursor-blurred-background;
            text-style: bold;
        }
        &:focus > .line-table--cursor {
            color: $block-cursor-foreground;
            background: $block-cursor-background;
            text-style: $block-cursor-text-style;
        }
        & > .line-table--zebra { background: $foreground 3%; }
        & > .line-table--dim { color: $text-disabled; }
    }
    """

    cursor: reactive[int | None] = reactive(None, repaint=False)
    """Key of the row that the cursor is on; None where there is no row."""
    mark: reactive[tuple[str, str]] = reactive(("", ""))
    """The name of the column that the rows are ordered by, and the arrow that says so in its title."""

    class Highlighted(Message):
        """The cursor went to another row; `key` is None where no row is left."""

        def __init__(self, table: "LineTable[Any]", key: int | None) -> None:
            super().__init__()
            self.table = table
            self.key = key

        @property
        def control(self) -> "LineTable[Any]":
            """The table."""
            return self.table

    class Selected(Message):
        """A row was chosen, by Enter or a double click."""

        def __init__(self, table: "LineTable[Any]", key: int) -> None:
            super().__init__()
            self.table = table
            self.key = key

        @property
        def control(self) -> "LineTable[Any]":
            """The table."""
            return self.table

    class HeaderClicked(Message):
        """The title of a column with this name was clicked."""

        def __init__(self, table: "LineTable[Any]", column: str) -> None:
            super().__init__()
            self.table = table
            self.column = column

        @property
        def control(self) -> "LineTable[Any]":
            """The table."""
            return self.table

    def __init__(
        self, columns: Sequence[Column[R]], usual: Sequence[Column[R]] = (), *, id: str | None = None
    ) -> None:
        """`usual` are the columns that are shown where none are chosen, () for all."""
        super().__init__(id=id)
        self._width = -1
        self.change_columns(columns, usual)
        self._gap = self.least_gap = 1
        self._shown: list[tuple[Column[R], int]] = []
        self._keys: list[int] = []
        self._strips: dict[int, tuple[Hashable, Strip]] = {}
        self._now = 0.0
        self.follows = True
        """Whether it may follow new rows; else it stays where it is."""
        self._placed = False  # whether the user has put the cursor where it is
        self.moves = 0
        """How often the user has put the cursor somewhere."""

    def change_columns(self, columns: Sequence[Column[R]], usual: Sequence[Column[R]] = ()) -> None:
        """Have these columns from now on; `usual` are those that are shown where none are chosen."""
        self._all_columns = columns
        self._columns = self._usual = usual or columns
        self._width = -1
        if self.is_mounted:
            self.draw_anew()

    # --- for subclasses

    def find(self, key: int) -> R | None:
        """The row with this key, None where there is none."""
        raise NotImplementedError

    def stamp(self, row: R, now: float) -> Hashable:
        """A value that differs whenever the row has to be drawn again."""
        raise NotImplementedError

    def look(self, row: R) -> str:
        """The component class of a whole row, "" for none."""
        return ""

    def cell_look(self, column: Column[R], row: R) -> str:
        """The component class of a cell, "" for that of its row: what its column says."""
        return column.look(row) if column.look is not None else ""

    # --- what is shown

    @property
    def all_columns(self) -> Sequence[Column[R]]:
        """Those that can be chosen."""
        return self._all_columns

    @property
    def keys(self) -> Sequence[int]:
        """The keys of all rows, in order."""
        return self._keys

    def line(self, row: R) -> str:
        """A row as it is shown, whole, with a tab between two cells."""
        cells = (column.cell(row, self._now) for column, _ in self._shown)
        return "\t".join(printable(cell or "") for cell in cells)

    def set_keys(self, keys: Sequence[int], *, hold: bool = False) -> None:
        """Set the rows, by their keys. The view stays on what it shows, the cursor on its key."""
        top = self.top
        follow = self.follows and not hold and self.is_vertical_scroll_end and self._may_follow(len(keys))
        places = {key: place for place, key in enumerate(keys)}
        # Rows above the view may have gone: its first line that is still there keeps its place.
        view = self._keys[top : top + self.page]
        anchors = view if not hold else [self.cursor] if self._placed and self.cursor in view else []
        kept = next(
            (places[key] - view.index(key) for key in anchors if key is not None and key in places), top
        )
        old, self._keys = self._keys, list(keys)
        self.set_lines(len(keys))
        self.go(self.max_scroll_y if follow else kept)
        if self.cursor not in places:
            was = old.index(self.cursor) if self.cursor is not None else 0
            self.cursor = self._keys[min(was, len(keys) - 1)] if keys else None
            self._placed = False
        if self.has_focus:
            self._bring_cursor()
        self._strips = {key: strip for key, strip in self._strips.items() if key in places}
        self.refresh()

    @property
    def columns(self) -> Sequence[str]:
        """Names of the columns that are shown, from left to right."""
        return [column.name for column, _ in arrange(self._columns, *self.room)]

    @property
    def room(self) -> tuple[int, int]:
        """Cells that there are for columns, and cells between two of them."""
        width = self.scrollable_content_region.width or self.app.size.width  # where it is not shown yet
        return width, max(self.least_gap, 2 if width >= _ROOMY else 1)

    def choose_columns(self, names: Sequence[str]) -> None:
        """Show these columns, as many from the left as there is room for; without names, the usual ones.

        Unknown names are ignored.
        """
        by_name = {column.name: column for column in self._all_columns}
        wanted = [by_name[name] for name in dict.fromkeys(names) if name in by_name]
        chosen = [replace(column, rank=place) for place, column in enumerate(wanted)]
        self._columns = chosen or self._usual
        self._width = -1
        self.refresh()

    def show_first(self) -> None:
        """Bring the first row into view, and the cursor onto it where the user has not put it elsewhere."""
        if not self._placed and self._keys:
            self.cursor = self._keys[0]
            self.go(0)

    def _may_follow(self, rows: int) -> bool:
        if not self._placed or self.cursor is None or self.cursor not in self.visible_keys():
            return True
        return rows - self.page <= self._keys.index(self.cursor)

    def redraw(self, now: float) -> None:
        """Draw the visible rows that have changed since they were drawn; `now` in monotonic seconds."""
        self._now = now
        for line, key in enumerate(self.visible_keys(), 1):
            row = self.find(key)
            drawn = self._strips.get(key)
            if row is not None and (drawn is None or drawn[0] != self._stamp(row, key, line)):
                self.refresh(Region(0, line, self.size.width, 1))

    def draw_anew(self) -> None:
        """Draw every row again that comes into view, whether it changed or not."""
        self._strips.clear()
        self.refresh()

    def visible_keys(self) -> Sequence[int]:
        """The keys of the rows that are in view."""
        top = self.top
        return self._keys[top : top + self.page]

    # --- drawing

    def _stamp(self, row: R, key: int, line: int) -> Hashable:
        zebra = (self.top + line) % 2
        return (self.stamp(row, self._now), key == self.cursor, zebra)

    def render_line(self, y: int) -> Strip:
        """The header or a row."""
        width, gap = self.room
        if width != self._width:
            self._width, self._gap = width, gap
            self._shown = arrange(self._columns, width, self._gap)
            self._strips.clear()
        if y == 0:
            return self._header(width)
        place = self.top + y - 1
        if place >= len(self._keys):
            return self._blank(width)
        key = self._keys[place]
        row = self.find(key)
        if row is None:
            return self._blank(width)
        stamp = self._stamp(row, key, y)
        drawn = self._strips.get(key)
        if drawn is None or drawn[0] != stamp:
            drawn = self._strips[key] = (stamp, self._row(row, width, key == self.cursor, bool(place % 2)))
        return drawn[1]

    def _row(self, row: R, width: int, cursor: bool, zebra: bool) -> Strip:
        background = self.style_of("line-table--cursor" if cursor else "line-table--zebra" if zebra else "")
        # The cursor is one colour: what stands out elsewhere may be unreadable on it.
        base = background if cursor else _on(background, self.style_of(self.look(row)))
        cells = [column.cell(row, self._now) for column, _ in self._shown]
        segments: list[Segment] = []
        place = 0
        while place < len(cells):
            column, room = self._shown[place]
            text = cells[place] or ""
            place += 1
            while place < len(cells) and cells[place] is None:
                room += self._gap + self._shown[place][1]
                place += 1
            look = "" if cursor else self.cell_look(column, row)
            line = fit(text, room, column.align) + " " * self._gap
            style = _on(background, self.style_of(look)) if look else base
            if segments and segments[-1].style == style:
                segments[-1] = Segment(segments[-1].text + line, style)
            else:
                segments.append(Segment(line, style))
        return Strip(segments).adjust_cell_length(width, base)

    def _header(self, width: int) -> Strip:
        style = self.style_of("line-table--header")
        titles = "".join(self._title(column, room) for column, room in self._shown)
        return Strip([Segment(titles, style)]).adjust_cell_length(width, style)

    def _title(self, column: Column[R], room: int) -> str:
        """A title and the gap after it; the mark takes a cell of that where the title leaves none."""
        name, arrow = self.mark
        if not name or column.name != name:
            return fit(column.title, room, column.align) + " " * self._gap
        if len(column.title) >= room:
            return fit(column.title, room, column.align) + arrow + " " * (self._gap - 1)
        title = arrow + column.title if column.align == "right" else column.title + arrow
        return fit(title, room, column.align) + " " * self._gap

    def _blank(self, width: int) -> Strip:
        return Strip.blank(width, self.style_of(""))

    def notify_style_update(self) -> None:
        """Drop cached strips: theme or focus have changed their styles."""
        super().notify_style_update()
        self._strips.clear()

    def on_focus(self) -> None:
        """Keys act on the cursor's row from now on."""
        self._bring_cursor()

    def _bring_cursor(self) -> None:
        """Have a cursor that the user has not put elsewhere on a row in view, the nearest one."""
        view = self.visible_keys()
        if view and self.cursor is not None and self.cursor not in view and not self._placed:
            below = self._keys.index(self.cursor) > self.top
            self.cursor = view[-1 if below else 0]

    def on_resize(self) -> None:
        """Leave no blank lines below the last row while others are above the view."""
        self.go(self.scroll_y)

    # --- the cursor

    def watch_cursor(self, old: int | None, new: int | None) -> None:
        """Draw both rows again, and post `Highlighted`."""
        visible = self.visible_keys()
        for key in (old, new):
            if key in visible:
                self.refresh(Region(0, visible.index(key) + 1, self.size.width, 1))
        self.post_message(self.Highlighted(self, new))

    def action_cursor(self, rows: int) -> None:
        """Move the cursor; from out of view it comes to the nearest row in view first."""
        if not self._keys or self.cursor is None:
            return
        place = self._keys.index(self.cursor)
        top = self.top
        if not top <= place < top + self.page:
            self._place(top if place < top else top + self.page - 1)
        else:
            self._place(place + rows)

    def action_cursor_page(self, pages: int) -> None:
        """Move the cursor by as many rows as fit."""
        if self.cursor is not None:
            self._place(self._keys.index(self.cursor) + pages * max(1, self.page - 1))

    def action_cursor_to(self, place: int) -> None:
        """Move the cursor to the first (0) or last (-1) row."""
        self._place(place % len(self._keys) if self._keys else 0)

    def action_select(self) -> None:
        """Post `Selected` for the row under the cursor."""
        if self.cursor is not None:
            self.post_message(self.Selected(self, self.cursor))

    def _place(self, place: int) -> None:
        """Put the cursor on the row at this place, and scroll it into view."""
        if not self._keys:
            return
        place = max(0, min(place, len(self._keys) - 1))
        self._placed = True
        self.moves += 1
        self.cursor = self._keys[place]
        top = self.top
        self.go(max(min(top, place), place - self.page + 1))

    def _column_at(self, x: int) -> Column[R] | None:
        for column, room in self._shown:
            if x < room + self._gap:
                return column
            x -= room + self._gap
        return None

    def on_click(self, event: events.Click) -> None:
        """Put the cursor on a clicked row; a double click selects it; a title posts `HeaderClicked`."""
        offset = event.get_content_offset(self)
        if offset is None:
            return
        if offset.y < 1:
            if (column := self._column_at(offset.x)) and column.name:
                self.post_message(self.HeaderClicked(self, column.name))
            return
        place = self.top + offset.y - 1
        if place < len(self._keys):
            self._place(place)
            if event.chain == 2:
                self.action_select()
