"""A client over UDP gets another UDP port by key: the table shows it, and the association goes on."""

import pytest
from textual.widgets import Input

from sctp_tui.monitor.text.events import sentence
from sctp_tui.sctp.events import Message, Refused, UdpPortChanged

from .driving import log_of, rows, running, type_line, until

pytestmark = pytest.mark.userspace


async def test_a_client_gets_another_udp_port() -> None:
    async with running((120, 40)) as (app, pilot):
        server = app.monitor.endpoints.servers[0]
        app.screen.query_one("#udp", Input).value = str(server.udp_port)
        await type_line(pilot, "hello")
        await until(pilot, lambda: rows(app) and rows(app)[0].state == "ESTABLISHED")
        await until(pilot, lambda: all(one.assoc_id for one in app.monitor.associations))
        before = rows(app)[0].peer
        assert before is not None
        await pilot.press("escape", "U")
        await until(pilot, lambda: log_of(app, UdpPortChanged))
        now = log_of(app, UdpPortChanged)[0].now
        assert sentence(log_of(app, UdpPortChanged)[0]).startswith(f"our packets come from UDP port {now}")
        await type_line(pilot, "from elsewhere")
        await until(pilot, lambda: any(one.data == b"from elsewhere" for one in log_of(app, Message)))
        await until(pilot, lambda: len(log_of(app, UdpPortChanged)) == 2)
        assert len(rows(app)) == 1
        after = rows(app)[0].peer
        assert after is not None
        assert (before.udp_port, after.udp_port) == (log_of(app, UdpPortChanged)[0].before, now)


async def test_a_client_without_udp_is_told_what_to_do() -> None:
    async with running() as (app, pilot):
        await pilot.press("enter")
        await until(pilot, lambda: rows(app) and rows(app)[0].state == "ESTABLISHED")
        await pilot.press("escape", "U")
        await until(pilot, lambda: log_of(app, Refused))
        assert "give it the server's UDP port" in log_of(app, Refused)[0].text
