"""Streams are reset, or added, by key."""

import pytest
from textual.widgets import Static

from sctp_tui.sctp.events import Message, StreamChange, StreamReset
from sctp_tui.sctp.protocol_parameters import ProtocolParameters
from sctp_tui.tui.dialogs.streams_screen import StreamsScreen
from sctp_tui.tui.settings import Settings

from .driving import log_of, rows, running, type_line, until

pytestmark = pytest.mark.userspace

GRANTING = Settings(port=0, udp_port=0, parameters=ProtocolParameters(reconfig=True))


async def test_a_stream_begins_anew_and_more_are_asked_for() -> None:
    async with running((120, 40), GRANTING) as (app, pilot):
        await pilot.press("enter")
        await until(pilot, lambda: rows(app) and rows(app)[0].state == "ESTABLISHED")
        await pilot.press("escape", "M")
        await until(pilot, lambda: isinstance(app.screen, StreamsScreen))
        said = app.screen.query_one("#said", Static)
        await pilot.press(*"reset")
        await until(pilot, lambda: "give one of: reset out" in str(said.content))
        await pilot.press("space", *"in", "enter")
        await until(pilot, lambda: any(one.direction == "in" for one in log_of(app, StreamReset)))
        await type_line(pilot, "again")
        await until(pilot, lambda: len([one for one in log_of(app, Message) if one.direction == "in"]) == 2)
        assert [one.ssn for one in log_of(app, Message) if one.direction == "in"] == [0, 0]
        await pilot.press("escape", "M", *"add", "space", *"out", "space", "3", "enter")
        await until(pilot, lambda: log_of(app, StreamChange))
        assert rows(app)[0].outbound_streams == log_of(app, StreamChange)[0].outbound_streams


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("add out", "'' is no number of streams: give 1 to 65,535"),
        ("add in 70000", "'70000' is no number of streams"),
        ("reset out 3-1", "did you mean 1-3?"),
        ("reset", "give one of"),
    ],
)
async def test_what_can_not_be_asked_is_named_and_nothing_lost(typed: str, said: str) -> None:
    async with running((100, 30)) as (app, pilot):
        await pilot.press("enter")
        await until(pilot, lambda: rows(app) and rows(app)[0].state == "ESTABLISHED")
        await pilot.press("escape", "M", *("space" if one == " " else one for one in typed), "enter")
        await until(pilot, lambda: isinstance(app.screen, StreamsScreen))
        await until(pilot, lambda: said in str(app.screen.query_one("#said", Static).content))
        assert app.screen.query_one("#asked").value == typed  # type: ignore[attr-defined]
