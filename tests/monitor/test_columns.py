"""A column of the table is one declaration: what is made of it finds a new one by itself."""

import subprocess
import sys

from sctp_tui.monitor import export
from sctp_tui.monitor.associations import Associations
from sctp_tui.monitor.filter.columns import COLUMNS
from sctp_tui.monitor.filter.fields import FIELDS
from sctp_tui.monitor.filter.order import Order

from .story import Story

# In a process of its own, as what is made of the columns is made when the program starts.
_NEW_COLUMN = """
from sctp_tui.monitor.filter import columns
from sctp_tui.monitor.filter.field import Field

columns.COLUMNS += (
    columns.AssociationColumn(
        "Restarts", 8, lambda a, now: str(a.restarts), name="restarted", help="by the peer",
        value=lambda a, now: a.restarts,
        fields=(Field(("restarted",), columns.COUNT, "by the peer", association=lambda a, now: a.restarts),),
        exported=lambda a, now: {"times_restarted": a.restarts},
    ),
)
columns.COLUMN_BY_NAME = {column.name: column for column in columns.COLUMNS}

import asyncio

from textual.app import App
from textual.widgets import OptionList

from sctp_tui.monitor import export
from sctp_tui.monitor.associations import Association, Associations
from sctp_tui.monitor.filter.language import help_lines, parse
from sctp_tui.monitor.filter.order import Order
from sctp_tui.tui.association_table import AssociationTable
from sctp_tui.tui.dialogs.columns_screen import ColumnsScreen
from sctp_tui.tui.dialogs.sort_screen import SortScreen
from sctp_tui.tui.state import SavedState

quiet, lively = (Association(key, "server", key, None, 0.0) for key in (1, 2))
lively.restarts = 7
rows = [quiet, lively]

assert Order().chosen("restarted").sort(rows, 1.0) == [lively, quiet]
test = parse("restarted>3").of_table()
assert [row for row in rows if test(row, 1.0)] == [lively]
assert any(line[0] == "restarted" for line in help_lines())
assert b'"times_restarted":7' in b"".join(export.rows_as_json(rows, ["restarted"], 1.0))
assert b"times_restarted" in next(iter(export.rows_as_csv(rows, ["restarted"], 1.0)))


class Screen(App[None]):
    def compose(self):
        yield AssociationTable()


async def look():
    app = Screen()
    async with app.run_test(size=(200, 24)) as pilot:
        table = app.query_one(AssociationTable)
        table.choose_columns(["restarted"])
        assert table.render_line(0).text.split() == ["Restarts"]
        assert table.line(lively) == "7", table.line(lively)
        for screen in (ColumnsScreen(table, SavedState(None)), SortScreen(table)):
            app.push_screen(screen)
            await pilot.pause()
            options = screen.query_one(OptionList)
            told = [str(options.get_option_at_index(n).prompt) for n in range(options.option_count)]
            assert any("Restarts" in line for line in told), told


asyncio.run(look())
"""


def test_one_declaration_puts_a_new_column_everywhere() -> None:
    done = subprocess.run([sys.executable, "-c", _NEW_COLUMN], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_every_column_has_a_name_a_text_an_order_a_field_and_facts() -> None:
    associations = Associations()
    associations.fold(Story().up(1))
    (row,) = associations
    assert len({column.name for column in COLUMNS}) == len(COLUMNS)
    assert len({name for field in FIELDS for name in field.names}) == sum(len(f.names) for f in FIELDS)
    facts = set[str]()
    for column in COLUMNS:
        assert column.name
        assert column.help
        assert column.cell(row, 101.0) is not None
        assert Order().chosen(column.name).sort([row], 101.0) == [row]
        assert column.fields
        assert all(field in FIELDS and field.association is not None for field in column.fields)
        made = export.association_fields(row, [column.name], 101.0).keys() - {"endpoint"}
        assert made
        assert not made & facts
        facts |= made
