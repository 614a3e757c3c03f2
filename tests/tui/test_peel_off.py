"""An association is branched off to a socket of its own by key: the log and the detail tell it."""

import pytest

from sctp_tui.monitor.text.events import sentence
from sctp_tui.sctp.events import Message, PeeledOff, Refused
from sctp_tui.tui.dialogs.detail_view import DetailView

from .driving import drawn, log_of, messages, rows, running, type_line, until

pytestmark = pytest.mark.usefixtures("stack")


async def test_an_association_gets_a_socket_of_its_own() -> None:
    async with running((120, 50)) as (app, pilot):
        await pilot.press("enter")
        await until(pilot, lambda: rows(app) and rows(app)[0].state == "ESTABLISHED")
        await pilot.press("escape", "b")
        await until(pilot, lambda: log_of(app, PeeledOff))
        assert sentence(log_of(app, PeeledOff)[0]).startswith("branched off to a one-to-one socket")
        await type_line(pilot, "still there")
        await until(pilot, lambda: messages(app, "server")[-1:] == [b"still there"])
        assert len(rows(app)) == 1
        await pilot.press("escape", "d")
        await until(pilot, lambda: app.screen.query(DetailView))
        view = app.screen.query_one(DetailView)
        await until(pilot, lambda: any("its own, branched off" in line for line in drawn(view)))
        await pilot.press("escape", "b")
        await until(pilot, lambda: log_of(app, Refused))
        assert "has a socket of its own already" in log_of(app, Refused)[0].text
        assert log_of(app, Message)
