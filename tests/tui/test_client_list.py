"""The list of clients: which association each row is of, among those in the table."""

from typing import Any

import pytest
from msgspec.structs import replace
from textual.widgets import Checkbox, Input, OptionList, Static

from sctp_tui.engine.event_queue import Batch
from sctp_tui.monitor import other_end
from sctp_tui.monitor.associations import Associations
from sctp_tui.sctp import events as e
from sctp_tui.sctp.commands import CloseAssociation, Command, Send, SetLink
from sctp_tui.sctp.link.conditions import Conditions
from sctp_tui.tui.app import SctpApp
from sctp_tui.tui.association_table import AssociationTable
from sctp_tui.tui.clients import client_pane
from sctp_tui.tui.clients.client_pane import ClientPane
from sctp_tui.tui.clients.speakers import row
from sctp_tui.tui.wire.wire_pane import WireHeading

from ..monitor.story import Story
from .driving import messages, on_both, outcome, rows, running, type_line, until


def _rows(pane: ClientPane) -> list[str]:
    speakers = pane.query_one("#speakers", OptionList)
    return [str(speakers.get_option_at_index(index).prompt) for index in range(speakers.option_count)]


def _wire(app: SctpApp) -> str:
    """Whose packets are shown."""
    return next((heading.title for heading in app.screen.query(WireHeading)), "")


@on_both
async def test_each_says_its_port_and_the_id_at_the_server_too() -> None:
    async with running(size=(100, 30)) as (app, pilot):
        pane = app.screen.query_one(ClientPane)
        for number in range(1, 4):
            await type_line(pilot, f"as {number}")
            await until(pilot, lambda number=number: len(messages(app, "server")) == number)  # type: ignore[misc]
            if number < 3:
                await pilot.press("ctrl+n")
        await until(pilot, lambda: all("there" in row for row in _rows(pane)))
        for number, (server, row) in enumerate(zip(rows(app), _rows(pane), strict=True), 1):
            (client,) = app.monitor.associations.of(f"client {number}")
            assert server.peer is not None
            assert row.startswith(
                f"client {number}   {server.peer.port} → {client.who}  ID {client.assoc_id}, "
            )
            assert f", there {server.assoc_id}  ESTABLISHED 5/5" in row
        await pilot.press("escape", "end", "r")  # and the other way round
        await until(pilot, lambda: len(_rows(pane)) == 4)
        (ours,) = app.monitor.associations.of("client 3")
        assert f"ID {rows(app)[2].assoc_id}, there {ours.assoc_id}  ESTABLISHED" in _rows(pane)[3]
        await pilot.press("escape", "c")
        await until(pilot, lambda: "shutdown by" in _rows(pane)[2])


async def test_what_was_said_of_a_message_goes_as_its_association_has_ended(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(client_pane, "_SAID", 3600.0)
    async with running() as (app, pilot):
        for word in ("as the client", "as the server"):
            await type_line(pilot, word)
            await until(pilot, lambda: outcome(pilot).startswith("sent "))
            if word == "as the client":
                await pilot.press("escape", "home", "r")
        (ours,) = app.monitor.associations.of("client 1")
        app.submit(CloseAssociation(ours.key))
        await until(pilot, lambda: outcome(pilot) == "")
        assert ours.ended is not None


async def test_what_is_said_of_a_message_goes_even_where_its_association_ends_in_the_same_batch(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(client_pane, "_SAID", 3600.0)
    async with running(checked=False) as (app, pilot):
        await type_line(pilot, "hello")
        await until(pilot, lambda: outcome(pilot).startswith("sent "))
        pane, log = app.screen.query_one(ClientPane), list(app.monitor.log)
        (sent,) = (one for one in log if isinstance(one, e.Message) and one.message_id)
        (up,) = (one for one in log if isinstance(one, e.AssocChange) and one.endpoint == "client 1")
        end = replace(up, state="SHUTDOWN_COMP", by="us")
        batch = Batch(events=[replace(sent, mono=up.mono), end])
        app.monitor.fold(batch)
        told = pane.fold(batch)
        assert told is not None
        assert told.text.startswith("sent ")
        pane.show(up.mono)
        assert outcome(pilot) == ""


async def test_ends_are_looked_for_only_when_associations_came_or_went(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = []

    def other_ends(*args: Any) -> Any:
        asked.append(args)
        return other_end.other_ends(*args)

    monkeypatch.setattr(client_pane, "other_ends", other_ends)
    async with running() as (app, pilot):
        pane = app.screen.query_one(ClientPane)
        await type_line(pilot, "hello")
        await until(pilot, lambda: "there" in _rows(pane)[0])
        before, order = len(asked), app.monitor.associations.order
        for number in range(5):
            await type_line(pilot, f"{number}")
            await until(pilot, lambda number=number: len(messages(app, "server")) == number + 2)  # type: ignore[misc]
        assert app.monitor.associations.order == order
        assert len(asked) == before


@on_both
async def test_the_wire_is_of_who_was_typed_in_last_until_a_row_is_gone_to() -> None:
    async with running(size=(120, 40)) as (app, pilot):
        await type_line(pilot, "as 1")
        await until(pilot, lambda: len(messages(app, "server")) == 1)
        await pilot.press("escape", "home", "m")  # the cursor is put on the row of client 1
        await pilot.press("ctrl+n")
        await type_line(pilot, "as 2")
        await until(pilot, lambda: len(messages(app, "server")) == 2)
        await pilot.press("escape", "w")
        await until(pilot, lambda: _wire(app).startswith("Wire of client 2"))
        await pilot.press("escape")
        await until(pilot, lambda: app.screen.query_one(AssociationTable).has_focus)
        await pilot.press("home", "w")  # where it is already: that counts too
        await until(pilot, lambda: _wire(app).startswith(f"Wire of server, ID {rows(app)[0].assoc_id}"))
        await pilot.press("escape", "m", "ctrl+n", "ctrl+o")  # typing or not
        await until(pilot, lambda: len(rows(app)) == 3)
        await pilot.press("escape", "w")
        await until(pilot, lambda: _wire(app).startswith("Wire of client 3"))


def _typed(app: SctpApp) -> tuple[str, str, str, str, bool]:
    """What the line and the fields of the message hold."""
    names = ("message", "stream", "ppid", "lifetime")
    line, stream, ppid, lifetime = (app.screen.query_one(f"#{name}", Input).value for name in names)
    return line, stream, ppid, lifetime, app.screen.query_one("#unordered", Checkbox).value


async def test_what_is_typed_as_one_client_is_not_sent_as_another() -> None:
    """The line that is begun, and how it is to be sent: its lifetime above all, which may lose a message."""
    async with running() as (app, pilot):
        await pilot.press("enter")
        await until(pilot, lambda: rows(app) and rows(app)[0].state == "ESTABLISHED")
        for name, value in (("stream", "2"), ("ppid", "46"), ("lifetime", "100")):
            app.screen.query_one(f"#{name}", Input).value = value
        app.screen.query_one("#unordered", Checkbox).value = True
        await pilot.press(*"half")
        await pilot.press("ctrl+n")
        await until(pilot, lambda: _typed(app) == ("", "1", "0", "", False))
        await type_line(pilot, "whole")
        await until(pilot, lambda: len(rows(app)) == 2)
        speakers = app.screen.query_one("#speakers", OptionList)
        speakers.focus()
        await pilot.press("up")
        await until(pilot, lambda: _typed(app) == ("half", "2", "46", "100", True))
        await pilot.press("r")  # as the server
        await until(pilot, lambda: _typed(app) == ("", "1", "0", "", False))
        speakers.focus()
        await pilot.press("up")
        await pilot.press("up")
        await until(pilot, lambda: _typed(app) == ("half", "2", "46", "100", True))


async def test_a_line_that_failed_goes_back_to_the_client_that_it_was_typed_as() -> None:
    async with running() as (app, pilot):
        await pilot.press("enter")
        await until(pilot, lambda: rows(app) and rows(app)[0].state == "ESTABLISHED")
        pane, held = app.screen.query_one(ClientPane), list[Command]()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(app.engine, "submit", lambda *commands: held.extend(commands))
            await type_line(pilot, "[99]too high")
            await until(pilot, lambda: any(isinstance(command, Send) for command in held))
            await pilot.press("ctrl+n")
        app.submit(*held)
        await until(pilot, lambda: "0 to 4" in str(app.screen.query_one("#outcome", Static).content))
        assert pane.message.value == ""
        pane.speakers.focus()
        await pilot.press("up")
        await until(pilot, lambda: pane.message.value == "[99]too high")


@pytest.mark.userspace
async def test_a_client_in_view_is_asked_whether_its_server_is_silent() -> None:
    """Before its path is lost, of which the stack tells by itself: here that takes minutes."""
    async with running(size=(100, 40)) as (app, pilot):
        pane = app.screen.query_one(ClientPane)
        timers = "hb=100ms max-retrans=20 path-max-retrans=20"
        app.screen.query_one("#timers", Input).value = timers
        await pilot.press("enter")
        await until(pilot, lambda: rows(app) and rows(app)[0].state == "ESTABLISHED")
        cut = Conditions(cut=True)
        app.submit(SetLink(cut, cut))
        await until(pilot, lambda: "  silent 0:0" in _rows(pane)[0])


def test_a_peer_that_is_silent_is_said_to_be_as_in_the_table() -> None:
    store, story = Associations(), Story("client 1")
    store.fold(story.up(1))

    def line() -> str:
        association = store.get(1)
        assert association is not None
        return str(row("client 1", association, None, "", "", story.now))

    assert line().endswith("  ESTABLISHED 5/5")
    lost = e.PeerAddrChange(*story._head(1), "10.0.0.1", "UNREACHABLE", 0)
    store.fold(lost)
    story.now += 72
    assert line().endswith("  silent 1:12, ESTABLISHED 5/5")
    store.fold(replace(lost, state="AVAILABLE", mono=story.now))
    assert line().endswith("  ESTABLISHED 5/5")
