"""The list of clients: which association each row is of, among those in the table."""

from typing import Any

import pytest
from textual.widgets import OptionList

from sctp_tui.monitor import other_end
from sctp_tui.tui.app import SctpApp
from sctp_tui.tui.association_table import AssociationTable
from sctp_tui.tui.clients import client_pane
from sctp_tui.tui.clients.client_pane import ClientPane
from sctp_tui.tui.wire.wire_pane import WireHeading

from .driving import messages, on_both, rows, running, type_line, until


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
