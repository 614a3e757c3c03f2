"""The filter and the search on the screen, over real associations."""

from pathlib import Path

from textual.pilot import Pilot
from textual.widgets import Static

from sctp_tui.sctp.events import Message
from sctp_tui.tui.app import SctpApp, Settings
from sctp_tui.tui.association_table import AssociationTable
from sctp_tui.tui.dialogs.filter_help import FilterHelpScreen
from sctp_tui.tui.filter_bar import FilterBar
from sctp_tui.tui.message_log import MessageLog
from sctp_tui.tui.search import SearchBar
from sctp_tui.tui.widgets.heading import Heading
from sctp_tui.tui.widgets.prompt import Prompt

from .driving import on_both, outcome, rows, running, type_line, until


def heading(app: SctpApp, pane: str) -> str:
    return app.screen.query_one(f"#{pane} > Heading", Heading).render().plain


def shown(app: SctpApp) -> list[str]:
    """The lines of the log that are in view, without the room between their columns."""
    log = app.screen.query_one(MessageLog)
    lines = (log.render_line(y).text for y in range(1, log.page + 1))
    return [" ".join(line.split()[1:]) for line in lines if line.strip()]


def said(app: SctpApp, bar: type[Prompt] = FilterBar) -> str:
    return str(app.screen.query_one(bar).query_one(Static).content)


async def heading_says(app: SctpApp, pilot: Pilot[None], text: str) -> None:
    await until(pilot, lambda: text in heading(app, "log"), text)


async def greet(app: SctpApp, pilot: Pilot[None], *lines: str) -> None:
    """Lines from a client of ours, and the focus in the table."""
    await until(pilot, lambda: app.monitor.endpoints.servers[0].state == "listening")
    for line in lines:
        after = received(app) + 1
        await type_line(pilot, line)
        await received_are(app, pilot, after)
    await pilot.press("escape")
    await until(pilot, lambda: app.screen.query_one(AssociationTable).has_focus)


def received(app: SctpApp) -> int:
    return sum(isinstance(e, Message) and e.direction == "in" for e in app.monitor.log)


async def received_are(app: SctpApp, pilot: Pilot[None], number: int) -> None:
    await until(pilot, lambda: received(app) == number, f"{number} messages")


async def ask(pilot: Pilot[None], key: str, text: str) -> None:
    """Open a prompt and enter a text."""
    await pilot.press(key)
    app = pilot.app
    prompt = app.screen.query_one(FilterBar if key == "slash" else SearchBar)
    await until(pilot, lambda: prompt.input.has_focus)
    prompt.input.value = text
    await pilot.press("enter")


@on_both
async def test_a_filter_leaves_its_lines_and_rows() -> None:
    async with running((120, 40)) as (app, pilot):
        await greet(app, pilot, "[1]one", "[2]two", "[3]three")
        assert rows(app)
        await ask(pilot, "slash", "dir=in stream=2..3")
        await until(pilot, lambda: len(shown(app)) == 2)
        assert [line.rpartition(" ")[2] for line in shown(app)] == ["two", "three"]
        assert "/ dir=in stream=2..3" in heading(app, "log")
        total = len(app.monitor.log)
        assert f"2 of {total} shown" in heading(app, "log")
        assert "/" not in heading(app, "associations")  # it says nothing about them
        assert app.screen.query_one(AssociationTable).has_focus
        # What comes is shown where it passes.
        await type_line(pilot, "[2]four")
        await until(pilot, lambda: len(shown(app)) == 3)
        await pilot.press("escape", "F")
        await until(pilot, lambda: len(shown(app)) == len(app.monitor.log))
        assert "off" in heading(app, "log")
        assert "off" in heading(app, "associations")
        await pilot.press("F")
        await until(pilot, lambda: len(shown(app)) == 3)
        await pilot.press("escape")
        await until(pilot, lambda: len(shown(app)) == len(app.monitor.log))
        assert "/" not in heading(app, "log")
        # The table, and nothing else.
        await ask(pilot, "slash", "ended")
        table = app.screen.query_one(AssociationTable)
        await until(pilot, lambda: not table.keys)
        assert "0 of 1 shown" in heading(app, "associations")
        assert len(shown(app)) == len(app.monitor.log)


async def test_what_is_typed_is_checked_and_fires_no_key() -> None:
    async with running((80, 24)) as (app, pilot):
        await greet(app, pilot, "[1]one")
        clients = len(app.screen.query("OptionList"))
        await pilot.press("slash")
        bar = app.screen.query_one(FilterBar)
        await until(pilot, lambda: bar.input.has_focus)
        assert "stream" in said(app)
        await pilot.press(*"nqxcaf dir=", "?")
        assert bar.input.value == "nqxcaf dir=?"
        assert len(app.screen.query("OptionList")) == clients
        await until(pilot, lambda: "'nqxcaf' is no field" in said(app))
        await pilot.press("enter")  # what is wrong stays
        assert bar.display
        assert bar.input.has_focus
        bar.input.value = "dir=in ppid=diametr"
        await until(pilot, lambda: "did you mean diameter?" in said(app))
        styled = [
            segment.text for segment in bar.input.render_line(0) if segment.style and segment.style.underline
        ]
        assert "".join(styled) == "diametr"
        bar.input.value = "dir=in"
        await until(pilot, lambda: "✓" in said(app))
        await pilot.press("f2")
        await until(pilot, lambda: isinstance(app.screen, FilterHelpScreen))
        await pilot.press("escape")
        await until(pilot, lambda: bar.input.has_focus)
        await pilot.press("escape")
        await until(pilot, lambda: not bar.display)
        assert app.screen.query_one(AssociationTable).has_focus
        assert len(shown(app)) > 1  # Esc left it as it was


async def test_filters_are_offered_again_in_this_run_and_the_next(tmp_path: Path) -> None:
    settings = Settings(port=0, udp_port=0, state=tmp_path / "state.json")
    async with running(settings=settings) as (app, pilot):
        await greet(app, pilot, "[1]one")
        await ask(pilot, "slash", "dir=in")
        await ask(pilot, "slash", "stream=1")
        await pilot.press("slash")
        bar = app.screen.query_one(FilterBar)
        await until(pilot, lambda: bar.input.has_focus)
        assert bar.input.value == "stream=1"
        await pilot.press("up", "up")
        assert bar.input.value == "dir=in"
    async with running(settings=settings) as (app, pilot):
        await greet(app, pilot, "[1]one")
        await pilot.press("slash")
        bar = app.screen.query_one(FilterBar)
        await until(pilot, lambda: bar.input.value == "stream=1")
        await pilot.press("enter")
        await until(pilot, lambda: "/ stream=1" in heading(app, "log"))


async def test_one_association_by_one_key() -> None:
    async with running((120, 40)) as (app, pilot):
        await greet(app, pilot, "[1]one")
        await pilot.press("n")
        await greet(app, pilot, "[1]other")
        await until(pilot, lambda: len(rows(app)) == 2)
        await pilot.press("home", "f")
        first = rows(app)[0]
        table = app.screen.query_one(AssociationTable)
        await until(pilot, lambda: list(table.keys) == [first.key])
        await until(pilot, lambda: shown(app) and not any("other" in line for line in shown(app)))
        assert "f again shows all" in outcome(pilot)
        await pilot.press("f")
        await until(pilot, lambda: len(table.keys) == 2)
        # In the log it is the association of the line.
        log = app.screen.query_one(MessageLog)
        log.focus()
        await until(pilot, lambda: any("other" in line for line in shown(app)))
        log.put_cursor(next(n for n, e in enumerate(app.monitor.log) if getattr(e, "data", b"") == b"other"))
        await pilot.press("f")
        await until(pilot, lambda: shown(app) and not any("one" in line.split() for line in shown(app)))


async def test_the_place_stays_when_the_filter_changes() -> None:
    async with running((80, 24)) as (app, pilot):
        await greet(app, pilot, *(f"[{n % 3}]line {n}" for n in range(24)))
        log = app.screen.query_one(MessageLog)
        log.focus()
        await until(pilot, lambda: log.captured == len(app.monitor.log))
        at = next(n for n, e in enumerate(app.monitor.log) if getattr(e, "data", b"") == b"line 11")
        log.put_cursor(at)
        place = shown(app)

        def under_cursor() -> bytes:
            assert log.cursor is not None
            return getattr(log.record(log.cursor), "data", b"")

        await ask(pilot, "slash", "dir=in stream=2")
        await until(pilot, lambda: shown(app) and all("srv" in line for line in shown(app)))
        assert under_cursor() == b"line 11"
        await pilot.press("F")
        await until(pilot, lambda: shown(app) == place)
        assert under_cursor() == b"line 11"


@on_both
async def test_a_search_goes_from_place_to_place_and_round() -> None:
    async with running((120, 40)) as (app, pilot):
        await greet(app, pilot, "needle a", "hay", "needle b", "hay", "Needle c", "hay")
        log = app.screen.query_one(MessageLog)

        def at() -> bytes:
            return b"" if log.chosen is None else getattr(log.record(log.chosen), "data", b"")

        await pilot.press("full_stop")  # nothing is searched for yet: it asks
        bar = app.screen.query_one(SearchBar)
        await until(pilot, lambda: bar.input.has_focus)
        bar.input.value = "needle"
        await pilot.press("enter")
        await until(pilot, lambda: at() == b"Needle c")
        for number in range(6, 0, -1):
            await heading_says(app, pilot, f'"needle" {number} of 6')
            if number > 1:
                await pilot.press("comma")
        assert at() == b"needle a"
        await pilot.press("comma")
        await until(pilot, lambda: "6 of 6, from the end again" in heading(app, "log"))
        await pilot.press("full_stop")
        await until(pilot, lambda: "1 of 6, from the top again" in heading(app, "log"))
        marked = log.get_component_rich_style("message-log--marked")
        lines = [log.render_line(y) for y in range(1, log.page + 1)]
        reverse = [s.text for line in lines for s in line if s.style and s.style.reverse == marked.reverse]
        assert [text for text in reverse if text.strip()] == ["needle"] * 4 + ["Needle"] * 2
        await ask(pilot, "slash", "dir=in")
        await until(pilot, lambda: "of 3" in heading(app, "log"))  # among what is shown
        await pilot.press("escape")
        await until(pilot, lambda: "needle" not in heading(app, "log"))
        assert "/ dir=in" in heading(app, "log")  # the search goes first, then the filter
        await ask(pilot, "l", "nowhere")
        await until(pilot, lambda: '"nowhere" not found' in heading(app, "log"))
