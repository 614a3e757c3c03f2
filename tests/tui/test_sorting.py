"""Order and choice of columns: the rows in it, the cursor that stays, the arrow, the keys."""

from pathlib import Path

from textual.widgets import OptionList

from sctp_tui.monitor.filter.columns import COLUMNS, OBSERVED_ONLY
from sctp_tui.monitor.filter.order import Order
from sctp_tui.tui.association_table import AssociationTable
from sctp_tui.tui.dialogs.columns_screen import ColumnsScreen
from sctp_tui.tui.dialogs.sort_screen import SortScreen
from sctp_tui.tui.settings import Settings
from tests.monitor.story import Story

from .driving import messages, on_both, rows, running, type_line, until
from .test_tables import TABLE_LINES, Stage, stage


def header(app: Stage) -> str:
    return " ".join(app.table.render_line(0).text.split())


async def test_an_order_by_a_column_and_its_arrow() -> None:
    s = Story()
    async with stage(80) as (app, _):
        app.tell(*(s.up(key) for key in (1, 2, 3)), s.counts(1, 5), s.counts(2, 70), s.counts(3, 9))
        app.table.put_in(Order("in", reverse=True))
        assert list(app.table.keys) == [2, 3, 1]
        assert "ID Peer ▼In Out" in header(app)
        app.table.put_in(Order("in"))
        assert list(app.table.keys) == [1, 3, 2]
        assert "▲In" in header(app)
        app.table.put_in(Order("peer", reverse=True))
        assert header(app).startswith("ID Peer▼ In")
        app.table.put_in(Order())
        assert list(app.table.keys) == [1, 2, 3]
        assert not {"▲", "▼"} & set(header(app))


async def test_an_order_by_a_column_that_is_not_shown_is_said() -> None:
    async with stage(80) as (app, _):
        app.tell(Story().up(1))
        app.table.choose_columns(["id", "peer"])
        app.table.put_in(Order("age", reverse=True))
        assert app.table.unseen_order == "▼ Age"
        app.table.choose_columns(["id", "age"])
        assert app.table.unseen_order == ""
        app.table.put_in(Order())
        assert app.table.unseen_order == ""


async def test_a_title_that_fills_its_column_has_the_arrow_in_the_gap() -> None:
    s = Story()
    async with stage(200) as (app, _):
        app.tell(s.up(1))
        before = app.table.render_line(0).text
        app.table.put_in(Order("bytes_out", reverse=True))
        after = app.table.render_line(0).text
        assert "Bytes out▼" in after
        assert after.replace("▼", " ") == before


async def test_a_click_on_a_title_orders_by_it_and_the_third_brings_back_the_births() -> None:
    s = Story()
    async with stage(80) as (app, pilot):
        app.tell(*(s.up(key) for key in (1, 2, 3)), s.counts(2, 7), s.counts(3, 9))
        x = app.table.render_line(0).text.index("In")
        seen = []
        for _ in range(3):
            await pilot.click(AssociationTable, offset=(x, 0))
            seen.append(list(app.table.keys))
        assert seen == [[3, 2, 1], [1, 2, 3], [1, 2, 3]]
        assert app.table.order == Order()
        await pilot.click(AssociationTable, offset=(78, 0))  # beside the last title


async def test_rows_are_put_in_order_again_once_a_second_at_most() -> None:
    s = Story()
    async with stage(80) as (app, _):
        app.tell(s.up(1), s.up(2), s.counts(1, 5))
        app.table.put_in(Order("in", reverse=True))
        app.now += 0.5
        app.tell(s.counts(2, 50))
        assert list(app.table.keys) == [1, 2]
        app.now += 0.6
        app.tell()
        assert list(app.table.keys) == [2, 1]
        app.now += 0.1
        app.tell(s.up(3), s.counts(3, 20))  # one that comes is put where it belongs at once
        assert list(app.table.keys) == [2, 3, 1]


async def test_the_row_under_the_cursor_keeps_its_line_while_others_change_places() -> None:
    s = Story()
    async with stage(80) as (app, pilot):
        app.tell(*(s.up(key) for key in range(1, 41)), *(s.counts(key, 100 - key) for key in range(1, 41)))
        app.table.put_in(Order("in", reverse=True))
        app.table.focus()
        await pilot.press("home", *["down"] * 15)
        assert app.table.cursor == 16
        line = list(app.table.visible_keys()).index(16)
        for more in (24, 3, 10):
            app.now += 1.1
            app.tell(*(s.counts(40 - n, 200 + 10 * more + n) for n in range(more)))
            assert app.table.cursor == 16
            assert list(app.table.visible_keys()).index(16) == line
            assert app.rows()[line].split()[0] == "18"
        # At the end of the rows there is nothing to scroll: it moves with its row.
        app.now += 1.1
        app.tell(s.counts(16, 1000))
        assert app.table.visible_keys()[0] == app.table.cursor == 16


async def test_a_cursor_out_of_view_does_not_move_the_view() -> None:
    s = Story()
    async with stage(80) as (app, pilot):
        app.tell(*(s.up(key) for key in range(1, 41)), *(s.counts(key, 100 - key) for key in range(1, 41)))
        app.table.put_in(Order("in", reverse=True))
        app.table.focus()
        await pilot.press("home", "down")
        app.table.scroll_to(y=20, animate=False)
        app.now += 1.1
        app.tell(s.counts(2, 1000), s.counts(40, 2000))
        assert app.table.top == 20
        assert app.table.cursor == 2


async def test_the_first_of_an_order_are_in_view_for_a_user_who_put_the_cursor_nowhere() -> None:
    s = Story()
    async with stage(80) as (app, _):
        app.tell(*(s.up(key) for key in range(1, 41)), s.counts(40, 9))
        assert app.table.top == 40 - TABLE_LINES  # the newest are followed
        app.table.put_in(Order("in", reverse=True))
        assert (app.table.top, app.table.cursor) == (0, 40)


async def test_chosen_columns_are_shown_in_their_order_as_far_as_there_is_room() -> None:
    async with stage(80) as (app, _):
        app.tell(Story().up(1))
        app.table.choose_columns(["state", "udp", "id", "gone", "udp"])
        assert header(app) == "State UDP ID"
        app.table.choose_columns(
            [column.name for column in reversed(COLUMNS) if column.name not in OBSERVED_ONLY]
        )
        assert header(app).startswith("Age Idle cwnd Peer rwnd Unacked RTT Msg/s State")
        app.table.choose_columns([])
        assert header(app) == "ID Peer In Out State Msg/s RTT Idle"


@on_both
async def test_order_and_columns_by_keys_with_real_associations(tmp_path: Path) -> None:
    settings = Settings(port=0, udp_port=0, state=tmp_path / "state.json")
    async with running(settings=settings) as (app, pilot):
        await pilot.press("enter")
        await until(pilot, lambda: messages(app, "server"))
        await pilot.press("ctrl+n")
        for text in ("one", "two"):
            await type_line(pilot, text)
        await until(pilot, lambda: [row.messages_in for row in rows(app)] == [1, 2])
        table = app.screen.query_one(AssociationTable)
        await pilot.press("escape", "s")
        await until(pilot, lambda: isinstance(app.screen, SortScreen))
        await pilot.press(*["down"] * [column.name for column in COLUMNS].index("in"), "enter")
        await until(pilot, lambda: table.order == Order("in", reverse=True))
        first, second = (row.key for row in rows(app))
        assert list(table.keys) == [second, first]
        await pilot.press("s", "s")
        await until(pilot, lambda: list(table.keys) == [first, second])
        await pilot.press("s", "escape")
        await until(pilot, lambda: table.order == Order("in"))

        await pilot.press("o")
        await until(pilot, lambda: isinstance(app.screen, ColumnsScreen))
        # The peer goes, the ID comes second, and the UDP port is shown at the end of what is.
        await pilot.press("down", "space", "down", "shift+up", "home", "shift+down", "enter")
        await until(pilot, lambda: not isinstance(app.screen, ColumnsScreen))
        chosen = list(table.columns)
        assert "peer" not in chosen
        assert app.state.get("columns", [], list[str]) == chosen
    async with running(settings=settings) as (app, pilot):
        await pilot.press("enter")
        await until(pilot, lambda: app.screen.query_one(AssociationTable).display)
        table = app.screen.query_one(AssociationTable)
        await until(pilot, lambda: table.columns == chosen)
        await pilot.press("escape", "o")
        await until(pilot, lambda: isinstance(app.screen, ColumnsScreen))
        await pilot.press("r")
        await until(pilot, lambda: "peer" in table.columns)
        await pilot.press("o", "space", "escape")
        await until(pilot, lambda: not isinstance(app.screen, ColumnsScreen))
        assert "peer" in table.columns


async def test_columns_too_wide_are_said_to_be() -> None:
    async with running() as (app, pilot):
        await pilot.press("escape", "o")
        await until(pilot, lambda: isinstance(app.screen, ColumnsScreen))
        options = app.screen.query_one(OptionList)
        assert "space ticks" in str(options.border_subtitle)
        options.highlighted = [column.name for column in COLUMNS].index("rwnd")
        await pilot.press("space")
        assert str(options.border_subtitle) == "6 cells too wide"
