"""The table of associations and the log, with keys and mouse, in a terminal that is not there."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from textual.app import App, ComposeResult
from textual.geometry import Offset
from textual.pilot import Pilot
from textual.strip import Strip

from sctp_tui.monitor.filter.columns import COLUMNS, OBSERVED_ONLY
from sctp_tui.monitor.log import Log
from sctp_tui.monitor.monitor import Monitor
from sctp_tui.monitor.text.column import Column
from sctp_tui.sctp.events import Event, Path, Peer, Status
from sctp_tui.tui.association_table import AssociationTable
from sctp_tui.tui.message_log import MessageLog
from sctp_tui.tui.widgets.columns import arrange, fit
from sctp_tui.tui.widgets.line_table import LineTable
from sctp_tui.tui.widgets.sheet import StyledText, flow
from tests.monitor.story import CLIENT, Story, batch

TABLE_LINES, LOG_LINES = 8, 10  # rows below the header


class Counted(MessageLog):
    """A log that counts the lines that it renders."""

    rendered = 0

    def _line(self, event: Event, width: int) -> Strip:
        self.rendered += 1
        return super()._line(event, width)


class Stage(App[None]):
    """Both widgets, and what they told."""

    CSS = f"AssociationTable {{ height: {TABLE_LINES + 1}; }} MessageLog {{ height: {LOG_LINES + 1}; }}"

    def __init__(self) -> None:
        super().__init__()
        self.monitor = Monitor()
        self.now = 100.0
        self.highlighted: list[int | None] = []
        self.selected: list[int] = []

    def compose(self) -> ComposeResult:
        self.table = AssociationTable()
        self.lines = Counted()
        yield self.table
        yield self.lines

    def tell(self, *events: Event) -> None:
        """Fold events and show what changed, as a drain does."""
        self.monitor.fold(batch(*events))
        self.table.show(self.monitor.associations, self.now)
        self.lines.show(self.monitor.log)

    def on_line_table_highlighted(self, message: LineTable.Highlighted) -> None:
        self.highlighted.append(message.key)

    def on_line_table_selected(self, message: LineTable.Selected) -> None:
        self.selected.append(message.key)

    def rows(self) -> list[str]:
        """What the table shows below its header."""
        return [self.table.render_line(y).text.rstrip() for y in range(1, TABLE_LINES + 1)]

    def log_lines(self) -> list[str]:
        """What the log shows below its header."""
        return [self.lines.render_line(y).text.rstrip() for y in range(1, LOG_LINES + 1)]


@asynccontextmanager
async def stage(width: int, height: int = 24) -> AsyncIterator[tuple[Stage, Pilot[None]]]:
    """The app running in a terminal of that size."""
    app = Stage()
    async with app.run_test(size=(width, height)) as pilot:
        yield app, pilot


def words(line: str) -> str:
    """A line without the room between its columns."""
    return " ".join(line.split())


def numbered(story: Story, numbers: range) -> list[Event]:
    return [story.message(1, f"message {n}".encode()) for n in numbers]


# --- cells and columns


@given(st.text().filter(str.isprintable), st.integers(2, 40), st.sampled_from(["left", "right", "address"]))
def test_a_cell_is_as_wide_as_its_column(text: str, width: int, align: str) -> None:
    assert cell_len(fit(text, width, align)) == width


def test_what_is_too_long_loses_what_matters_least() -> None:
    assert fit("aborted by peer", 10) == "aborted b…"
    assert fit("1234567", 5, "right") == "…4567"
    assert fit("[2001:db8::dead:beef]:40001", 20, "address") == "[2001:db8…eef]:40001"
    assert fit("号号号", 4) == "号 …"


LIVE = [column for column in COLUMNS if column.name not in OBSERVED_ONLY]
USUAL = [column for column in LIVE if column.name not in ("stack", "paths")]


def titles(width: int) -> list[str]:
    return [column.title for column, _ in arrange(USUAL, width, 1 if width < 100 else 2)]


def test_columns_of_the_issue_at_80_and_at_200() -> None:
    assert titles(77) == ["ID", "Peer", "In", "Out", "State", "Msg/s", "RTT", "Idle"]
    assert titles(197) == [column.title for column in USUAL]
    assert {"Bytes in", "Bytes out", "Unacked", "Peer rwnd", "cwnd", "Age", "Str out/in"} <= set(titles(197))


def test_at_120_the_state_of_a_peer_whose_udp_port_is_gone_is_whole() -> None:
    story, monitor = Story(), Monitor()
    monitor.fold(batch(story.listening(), story.up(1)))
    path = Path("10.0.0.1", "ACTIVE", True, 4380, 12, 1000, 1500)
    monitor.fold(batch(Status(*story._head(1), "ESTABLISHED", 9, 0, 0, 5, 5, 1452, (path,), True, 3)))
    (row,) = monitor.associations
    (width,) = [cells for column, cells in arrange(USUAL, 117, 2) if column.title == "State"]
    assert fit(row.standing(story.now), width).strip() == row.standing(story.now) == "UDP gone, ESTABLISHED"


def test_stack_and_paths_are_usual_columns_where_there_are_several() -> None:
    def usual(**several: bool) -> set[str]:
        return {column.name for column in AssociationTable(**several)._usual}  # type: ignore[arg-type]

    assert not {"stack", "paths"} & usual()
    assert "stack" in usual(several_stacks=True)
    assert "paths" in usual(several_paths=True)


def test_the_paths_that_are_active_are_counted() -> None:
    story, monitor = Story(), Monitor()
    monitor.fold(batch(story.listening(), story.up(1)))
    (row,) = monitor.associations
    cell = {column.name: column.cell for column in COLUMNS}
    assert (cell["stack"](row, story.now), cell["paths"](row, story.now)) == ("userspace", "-")
    paths = tuple(
        Path(address, state, address == "10.0.0.1", 4380, 12, 1000, 1500)
        for address, state in (("10.0.0.1", "INACTIVE"), ("10.0.0.2", "ACTIVE"))
    )
    monitor.fold(batch(Status(*story._head(1), "ESTABLISHED", 9, 0, 0, 5, 5, 1452, paths, False, 0)))
    assert cell["paths"](row, story.now) == "1/2"


@pytest.mark.parametrize("width", range(77, 260, 3))
def test_columns_never_need_more_room_than_there_is(width: int) -> None:
    gap = 1 if width < 100 else 2
    shown = arrange(LIVE, width, gap)
    assert sum(cells + gap for _, cells in shown) - gap <= width
    assert len(shown) >= 8


def test_columns_of_one_rank_come_together() -> None:
    columns: Sequence[Column[str]] = [
        Column("a", 3, lambda r, now: r),
        Column("b", 3, lambda r, now: r, rank=1),
        Column("c", 3, lambda r, now: r, rank=1),
    ]
    assert [c.title for c, _ in arrange(columns, 10, 1)] == ["a"]
    assert [c.title for c, _ in arrange(columns, 11, 1)] == ["a", "b", "c"]


# --- the table


async def test_a_row_shows_the_newest_of_everything() -> None:
    s = Story()
    async with stage(80) as (app, _):
        app.tell(s.up(1), s.counts(1, 7, 3), s.status(1))
        assert words(app.rows()[0]) == "3 10.0.0.1:40001 7 3 ESTABLISHED 10 12 ms 0s"
        s.now = app.now = 103.5
        app.tell(s.shutdown_event(1))
        assert "SHUTDOWN-RECEIVED" in app.rows()[0]
        app.tell(s.change(1, "COMM_LOST", "peer", "user-initiated abort: home for dinner", 12))
        assert words(app.rows()[0]) == "3 10.0.0.1:40001 7 3 aborted by peer: home for dinner"


async def test_all_numbers_at_200() -> None:
    s = Story()
    s.peers[1] = Peer(("192.0.2.1",), 4000, 9899)
    async with stage(200) as (app, _):
        app.tell(s.up(1), s.counts(1, 7, 3, size=1000), s.status(1))
        assert words(app.rows()[0]) == (
            "3 192.0.2.1:4000 9899 5/5 7 3 6.8 KiB 2.9 KiB ESTABLISHED 10 12 ms 3 128 KiB 4.3 KiB 0s 0s"
        )


async def test_clients_associations_are_not_in_the_table() -> None:
    async with stage(80) as (app, _):
        app.tell(Story(CLIENT).opening(1), Story().up(2))
        assert list(app.table.keys) == [2]


async def test_only_rows_that_changed_are_drawn_again() -> None:
    s = Story()
    async with stage(80) as (app, _):
        app.tell(*(s.up(key) for key in range(1, 6)))
        before = {key: app.table._strips[key] for key in range(1, 6) if app.rows()}
        app.now += 0.1
        app.tell(s.counts(3, 1))
        app.rows()
        changed = [key for key in before if app.table._strips[key] is not before[key]]
        assert changed == [3]
        app.tell(s.change(5, "SHUTDOWN_COMP"))
        app.rows()
        ended = app.table._strips[5]
        app.now += 1  # the clock alone draws live rows again, as they show times
        app.tell()
        app.rows()
        assert app.table._strips[5] is ended
        assert app.table._strips[1] is not before[1]


async def test_the_cursor_stays_on_its_association() -> None:
    s = Story()
    async with stage(80) as (app, pilot):
        app.tell(*(s.up(key) for key in range(1, 5)))
        app.table.focus()
        assert app.table.cursor == 1
        await pilot.press("down", "down", "enter")
        assert (app.table.cursor, app.selected) == (3, [3])
        for key in (1, 2, 4):
            app.tell(s.change(key, "SHUTDOWN_COMP"))
        app.monitor.associations.clear_ended()
        app.tell(s.up(5))
        assert (list(app.table.keys), app.table.cursor) == ([3, 5], 3)
        assert app.table.chosen is app.monitor.associations.get(3)
        app.monitor.associations.restore_ended()
        app.tell()
        assert (list(app.table.keys), app.table.cursor) == ([1, 2, 3, 4, 5], 3)
        await pilot.press("end", "down")
        assert app.table.cursor == 5
        await pilot.press("home", "up")
        assert app.table.cursor == 1


async def test_a_cursor_whose_row_went_goes_to_the_row_in_its_place() -> None:
    s = Story()
    async with stage(80) as (app, pilot):
        app.tell(*(s.up(key) for key in range(1, 4)))
        app.table.focus()
        await pilot.press("down")
        app.tell(s.change(2, "SHUTDOWN_COMP"))
        app.monitor.associations.clear_ended()
        app.tell()
        assert app.table.cursor == 3
        app.tell(s.change(1, "SHUTDOWN_COMP"), s.change(3, "SHUTDOWN_COMP"))
        app.monitor.associations.clear_ended()
        app.tell()
        await pilot.pause()
        assert app.table.chosen is None
        assert app.highlighted[-1] is None
        await pilot.press("down", "enter", "end", "pageup")


async def test_new_rows_come_into_view_unless_they_push_out_a_cursor_put_there() -> None:
    s = Story()
    async with stage(80) as (app, pilot):
        app.tell(*(s.up(key) for key in range(1, 21)))
        assert list(app.table.visible_keys()) == list(range(13, 21))
        app.table.focus()
        await pilot.press("down", "up")
        assert app.table.cursor == 13
        app.tell(*(s.up(key) for key in range(21, 31)))
        assert app.table.visible_keys()[0] == 13
        assert app.rows()[0].split()[0] == "15"
        await pilot.press("end")
        app.tell(s.up(31))
        assert app.table.visible_keys()[-1] == 31
        await pilot.press("pageup")
        assert app.table.cursor == 23
        await pilot.press("pagedown", "pagedown")
        assert app.table.cursor == 31


async def test_keys_never_act_on_a_row_out_of_view_that_nobody_chose() -> None:
    s = Story()
    async with stage(80) as (app, pilot):
        app.lines.focus()
        await pilot.pause()
        app.tell(*(s.up(key) for key in range(1, 21)))
        assert app.table.cursor == 1  # as long as no key acts on it
        app.table.focus()
        await pilot.press("enter")
        assert (app.selected, app.table.moves) == ([13], 0)
        app.tell(s.up(21))
        await pilot.press("enter")
        assert app.selected == [13, 14]
        app.tell(*(s.up(key) for key in range(22, 40)))
        assert app.table.cursor == app.table.visible_keys()[0] == 32


async def test_rows_that_go_above_do_not_move_the_view() -> None:
    s = Story()
    async with stage(80) as (app, pilot):
        app.tell(*(s.up(key) for key in range(1, 41)))
        app.table.focus()
        await pilot.press("home", *["down"] * 20)
        view = list(app.table.visible_keys())
        app.tell(*(s.change(key, "SHUTDOWN_COMP") for key in range(1, 11)))
        app.monitor.associations.clear_ended()
        app.tell()
        assert list(app.table.visible_keys()) == view
        assert app.table.cursor == 21


async def test_the_mouse_chooses_and_scrolls() -> None:
    s = Story()
    async with stage(80) as (app, pilot):
        app.tell(*(s.up(key) for key in range(1, 6)))
        await pilot.click(AssociationTable, offset=(10, 3))
        assert (app.table.cursor, app.selected) == (3, [])
        await pilot.click(AssociationTable, offset=(10, 2), times=2)
        assert (app.table.cursor, app.selected) == (2, [2])
        await pilot.click(AssociationTable, offset=(10, 0))
        await pilot.click(AssociationTable, offset=(10, 8))
        assert app.table.cursor == 2
        app.tell(*(s.up(key) for key in range(6, 60)))
        await pilot.pause()
        assert app.table.show_vertical_scrollbar
        app.table.scroll_to(y=10, animate=False)
        assert app.table.visible_keys()[0] == 11
        assert app.table.cursor == 2


# --- the log


async def test_lines_of_the_log() -> None:
    s, c = Story(), Story(CLIENT)
    async with stage(120) as (app, _):
        app.tell(
            s.up(1),
            s.message(1, b"hello", stream=3, ppid=46, ssn=7),
            s.message(1, b"\xff\x00", "out", ssn=None),
            c.opening(2),
        )
        assert [words(line).partition(" ")[2] for line in app.log_lines()[:4]] == [
            "• srv 3 COMM_UP association established, 5 streams out, 5 in",
            "← srv 3 3 7 46 Diameter 5 B hello",
            "→ srv 3 1 unord 0 2 B ‹ff 00›",
            "• c1 4 setting up an association with 10.0.0.2:40002, 5 streams out and 5 in asked for",
        ]


async def test_new_lines_are_followed_until_the_user_scrolls_away() -> None:
    s = Story()
    async with stage(80) as (app, pilot):
        app.tell(*numbered(s, range(50)))
        assert app.log_lines()[-1].endswith("message 49")
        app.lines.focus()
        await pilot.pause()
        app.lines.scroll_to(y=38, animate=False)
        assert app.lines.following is False
        held = app.log_lines()
        assert held[-1].endswith("message 47")
        app.tell(*numbered(s, range(50, 80)))
        assert app.log_lines() == held
        assert app.lines.render_line(0).text.rstrip().endswith("+32 below, End follows")
        await pilot.press("end")
        assert app.log_lines()[-1].endswith("message 79")
        app.tell(*numbered(s, range(80, 90)))
        assert app.log_lines()[-1].endswith("message 89")
        assert "below" not in app.lines.render_line(0).text
        await pilot.press("home")
        assert app.log_lines()[0].endswith("message 0")
        await pilot.press("pagedown")
        assert app.log_lines()[0].endswith("message 9")
        for _ in range(9):
            await pilot.press("pagedown")
        assert app.lines.following is True


async def test_the_cursor_of_the_log_stays_on_its_line() -> None:
    s = Story()
    async with stage(80) as (app, pilot):
        app.monitor.log = Log(records=100)
        app.tell(*numbered(s, range(50)))
        log = app.lines
        log.focus()
        await pilot.pause()
        assert (log.cursor, log.chosen) == (None, 49)
        assert marked(log) == ["message 49"]
        await pilot.press("up", "up")
        held = app.log_lines()
        assert (log.cursor, log.following, held[-1][-10:]) == (47, False, "message 49")
        app.tell(*numbered(s, range(50, 80)))
        assert app.log_lines() == held
        assert marked(log) == ["message 47"]
        await pilot.press("down")
        assert marked(log) == ["message 48"]
        await pilot.press("pageup", "pageup", "up")
        assert log.cursor == 48 - 2 * (LOG_LINES - 1) - 1
        assert marked(log) == [f"message {log.cursor}"]
        app.tell(*numbered(s, range(80, 200)))
        assert log.cursor == 100  # its line was evicted: the oldest that is left
        # From out of view it comes back into view first.
        log.scroll_to(y=50, animate=False)
        await pilot.press("up")
        assert log.cursor == 150
        await pilot.press("end")
        assert marked(log) == ["message 199"]
        await pilot.press("up", "up", "down")
        assert marked(log) == ["message 198"]
        await pilot.press("down")
        app.tell(*numbered(s, range(200, 210)))
        assert marked(log) == ["message 209"]
        await pilot.click(MessageLog, offset=(20, 3))
        assert marked(log) == [f"message {log.cursor}"] == ["message 202"]


def marked(log: MessageLog) -> list[str]:
    """The texts of the lines that have the cursor."""
    cursor = log.style_of("message-log--cursor").bgcolor
    strips = [log.render_line(y) for y in range(1, log.page + 1)]
    return [
        strip.text.rstrip().partition("B  ")[2]
        for strip in strips
        if all(style and style.bgcolor == cursor for _, style, _ in strip)
    ]


async def test_the_place_is_kept_while_old_lines_are_evicted() -> None:
    s = Story()
    async with stage(80) as (app, pilot):
        app.monitor.log = Log(records=100)
        app.tell(*numbered(s, range(150)))
        await pilot.pause()
        app.lines.scroll_to(y=40, animate=False)
        held = app.log_lines()
        assert held[0].endswith("message 90")
        app.tell(*numbered(s, range(150, 180)))
        assert app.log_lines() == held
        app.tell(*numbered(s, range(180, 250)))
        assert app.log_lines()[0].endswith("message 150")  # it is gone itself: the oldest that is left
        assert app.lines.following is False
        app.lines.action_follow()
        app.tell(*numbered(s, range(250, 900)))
        assert app.log_lines()[-1].endswith("message 899")


async def test_lines_are_rendered_when_they_come_into_view_and_once() -> None:
    s = Story()
    async with stage(80) as (app, pilot):
        app.tell(*numbered(s, range(5000)))
        app.log_lines()
        app.log_lines()
        await pilot.pause()
        assert app.lines.rendered <= 2 * LOG_LINES  # the scrollbar that came made the lines shorter once


async def test_the_end_stays_in_view_when_the_window_changes() -> None:
    s = Story()
    async with stage(80) as (app, pilot):
        app.tell(*numbered(s, range(50)))
        app.lines.styles.height = 6
        await pilot.pause()
        assert app.lines.following
        assert app.lines.render_line(5).text.rstrip().endswith("message 49")
        await pilot.resize_terminal(120, 30)
        await pilot.pause()
        assert app.lines.render_line(5).text.rstrip().endswith("message 49")


async def test_a_larger_window_that_brings_the_end_into_view_does_not_follow_it() -> None:
    s = Story()
    async with stage(80) as (app, pilot):
        app.tell(*numbered(s, range(50)))
        app.lines.styles.height = 12
        await pilot.pause()
        app.lines.put_cursor(45)
        await pilot.pause()
        assert app.lines.scroll_y > 50 - 17
        app.lines.styles.height = 18
        await pilot.resize_terminal(80, 40)
        await pilot.pause()
        assert app.lines.scroll_y == app.lines.max_scroll_y
        assert not app.lines.following
        assert app.lines.cursor == 45


async def test_text_is_selected_by_mouse_and_stays_selected_while_lines_come() -> None:
    s = Story()
    async with stage(80) as (app, pilot):
        app.monitor.log = Log(records=100)
        app.tell(*numbered(s, range(100)))
        await pilot.pause()
        line = app.log_lines()[3]
        first, column = 93, line.index("message")
        top = app.lines.region.offset
        await pilot.mouse_down(offset=top + Offset(column, 4))
        await pilot.hover(offset=top + Offset(column + 3, 5))
        await pilot.mouse_up(offset=top + Offset(column + 8, 5))
        expected = f"message {first}\n{app.log_lines()[4][: column + 9]}"
        assert app.screen.get_selected_text() == expected
        assert app.lines.following is False
        app.tell(*numbered(s, range(100, 150)))
        assert app.screen.get_selected_text() == expected
        marked = app.screen.get_component_rich_style("screen--selection").bgcolor
        strip = app.lines.render_line(4)
        assert (
            "".join(t for t, style, _ in strip if style and style.bgcolor == marked).strip() == "message 93"
        )
        app.tell(*numbered(s, range(150, 300)))
        assert app.screen.get_selected_text() in (None, "")


async def test_a_double_click_selects_a_line() -> None:
    s = Story()
    async with stage(80) as (app, pilot):
        app.tell(*numbered(s, range(5)))
        await pilot.click(MessageLog, offset=(20, 3), times=2)
        assert app.screen.get_selected_text() == app.log_lines()[2]
        await pilot.click(MessageLog, offset=(20, 9), times=2)


async def test_widgets_live_in_every_width() -> None:
    s = Story()
    async with stage(80) as (app, pilot):
        app.tell(s.up(1), s.status(1), *numbered(s, range(30)))
        app.lines.action_first()
        for width in (200, 100, 60, 40, 20, 8, 80):
            await pilot.resize_terminal(width, 24)
            await pilot.pause()
            for widget in (app.table, app.lines):
                for y in range(8):
                    strip = widget.render_line(y)
                    assert strip.cell_length == widget.scrollable_content_region.width
        app.theme = "textual-light"
        await pilot.pause()
        app.theme = "ansi-dark"
        await pilot.pause()


@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_a_number_too_long_for_a_line_goes_on_below(width: int) -> None:
    said = "no missed answer seen; after 10:11 to 10:31 of silence"
    numbers = [("Declared lost", StyledText(said, "good", "lost_in")), ("Last heard", StyledText("0:03 ago"))]
    lines = ["".join(piece.text for piece in line) for line in flow(numbers, width, 38, 17)]
    assert all(len(line) <= width for line in lines)
    assert " ".join(" ".join(lines).split()) == f"Declared lost {said} Last heard 0:03 ago"
    longer = [("Declared lost", StyledText(" ".join([said] * 9)))]
    assert "".join(piece.text for piece in flow(longer, width, 38, 17)[-1]).rstrip().endswith("…")
    assert len(flow(longer, width, 38, 17)) == 3
