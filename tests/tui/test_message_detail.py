"""All of one line of the log, with real messages."""

from textual.widgets import Static

from sctp_tui.monitor.log import Log
from sctp_tui.sctp.commands import Send
from sctp_tui.sctp.events import AssocChange, Message
from sctp_tui.tui.app import SctpApp
from sctp_tui.tui.dialogs.message_detail import MessageDetailScreen
from sctp_tui.tui.message_log import MessageLog
from sctp_tui.tui.widgets.heading import Heading
from sctp_tui.tui.widgets.hexview import HexView

from .driving import messages, on_both, running, type_line, until


def shown(app: SctpApp) -> str:
    """The fields on the screen."""
    return str(app.screen.query_one("#fields > Static", Static).content)


@on_both
async def test_a_message_is_looked_at_and_the_next_one_without_leaving() -> None:
    async with running((120, 40)) as (app, pilot):
        await type_line(pilot, "[3]first")
        await until(pilot, lambda: messages(app, "server") == [b"first"])
        await type_line(pilot, "[3]grüße")
        await until(pilot, lambda: len(messages(app, "server")) == 2)
        log = app.screen.query_one(MessageLog)
        records = list(app.monitor.log)
        number = next(n for n, r in enumerate(records) if isinstance(r, Message) and r.direction == "in")
        log.focus()
        await pilot.pause()
        log.put_cursor(number)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, MessageDetailScreen))
        await pilot.pause()
        assert "in, received" in shown(app)
        assert app.screen.query_one(HexView).data == b"first"
        change = next(n for n, r in enumerate(records) if isinstance(r, AssocChange) and n < number)
        for _ in range(number - change):
            await pilot.press("left")
        await pilot.pause()
        assert "assoc_change" in shown(app)
        assert "COMM_UP" in shown(app)
        assert not app.screen.query_one(HexView).display
        words = str(app.screen.query_one("#why", Static).content)
        assert words.startswith("The association is up at this end. Each stream keeps its own order.")
        assert "on a valid COOKIE ECHO" in words
        assert app.screen.query_one("#section", Heading).numbers == "RFC 6458, section 6.1.1"
        last = len(app.monitor.log) - 1
        for _ in range(last - change + 3):  # there is none behind the last
            await pilot.press("n")
        assert app.screen.query_one(HexView).data == "grüße".encode()
        await pilot.press("p")
        await pilot.press("escape")
        await until(pilot, lambda: not isinstance(app.screen, MessageDetailScreen))
        assert log.chosen == last - 1


async def test_a_record_that_is_evicted_stays_on_the_screen() -> None:
    async with running((80, 24)) as (app, pilot):
        app.monitor.log = Log(records=4)
        await type_line(pilot, "kept")
        await until(pilot, lambda: messages(app, "server"))
        log = app.screen.query_one(MessageLog)
        log.focus()
        await pilot.press("home", "enter")
        await until(pilot, lambda: isinstance(app.screen, MessageDetailScreen))
        first = shown(app)
        (association,) = app.monitor.associations.of_servers()
        app.submit(*(Send(n, b"more", key=association.key) for n in range(1, 6)))
        await until(pilot, lambda: app.monitor.log.captured >= 14)
        assert shown(app) == first
        await pilot.press("left")
        assert shown(app) != first
        assert app.screen.query_one(HexView).data == b"more"
