"""The screen with real associations, both ends in this process."""

import asyncio
import socket
import threading
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from textual.css.query import NoMatches
from textual.events import Key
from textual.pilot import Pilot
from textual.screen import Screen
from textual.widgets import Input, Label, OptionList, Static
from textual.widgets._footer import FooterKey

from sctp_tui.engine.engine import Engine
from sctp_tui.monitor.associations import Association
from sctp_tui.sctp.commands import CloseAssociation, CloseEndpoint, OpenClient, Send, Watch
from sctp_tui.sctp.events import Message, Peer, Refused
from sctp_tui.tui.app import SctpApp, Settings
from sctp_tui.tui.association_table import AssociationTable
from sctp_tui.tui.clients.client_pane import ClientPane
from sctp_tui.tui.dialogs.confirm import ConfirmScreen
from sctp_tui.tui.dialogs.failure import FailureScreen
from sctp_tui.tui.dialogs.help import HelpScreen
from sctp_tui.tui.main_screen import MainScreen
from sctp_tui.tui.widgets.header import Header
from sctp_tui.tui.wire.wire_pane import WirePane
from tests.patience import PATIENCE

from .driving import (
    drawn,
    log_of,
    message_input,
    messages,
    on_both,
    outcome,
    rows,
    running,
    states,
    type_line,
    until,
)


def ended(association: Association) -> bool:
    return association.ended is not None


async def test_tasks_wait_for_their_turn_on_each_python(monkeypatch: pytest.MonkeyPatch) -> None:
    # Textual takes this where Python has it, from 3.12 on, but not for `run_test`.
    def eager(loop: asyncio.AbstractEventLoop, coro: Any, **options: Any) -> asyncio.Task[Any]:
        return asyncio.Task(coro, loop=loop, **options)

    monkeypatch.setattr(asyncio, "eager_task_factory", eager, raising=False)
    app = SctpApp(replace(Settings(port=0, udp_port=0), stacks=("userspace",)))
    factories = list[object]()

    async def look(pilot: Pilot[object]) -> None:
        factories.append(asyncio.get_running_loop().get_task_factory())
        pilot.app.exit()

    await app.run_async(headless=True, auto_pilot=look)
    assert factories == [None]


async def test_enter_on_the_fresh_program_sets_up_an_association() -> None:
    async with running() as (app, pilot):
        message = message_input(pilot)
        assert (message.value, message.selected_text, message.has_focus) == ("hello", "hello", True)
        await pilot.press("enter")
        await until(pilot, lambda: messages(app, "server") == [b"hello"])
        await until(pilot, lambda: "COMM_UP" in states(app, "client 1"))
        (row,) = rows(app)
        assert (row.state, row.outbound_streams, row.inbound_streams) == ("ESTABLISHED", 5, 5)
        await until(pilot, lambda: app.screen.query_one(AssociationTable).display)
        await until(pilot, lambda: outcome(pilot) == "sent 5 B on stream 1")
        assert message.value == ""


async def test_whatever_a_key_asks_for_comes_after_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before it listens a client of the same program would go to a UDP port that others may have."""
    complete = MainScreen.complete
    asked: list[str] = []

    async def completing(screen: MainScreen) -> None:
        app = screen.app
        assert isinstance(app, SctpApp)
        asked.extend(app.servers._asked)
        await complete(screen)

    monkeypatch.setattr(MainScreen, "complete", completing)
    async with running():
        assert asked == ["server"]


@on_both
async def test_the_seed_run() -> None:
    """The client closes: shutdown, the row ends. A second client: a new ID."""
    async with running() as (app, pilot):
        await pilot.press("enter")
        await until(pilot, lambda: messages(app, "server"))
        await pilot.press("ctrl+d")
        await until(pilot, lambda: ended(rows(app)[0]))
        assert str(rows(app)[0].ended) == "shutdown by peer"
        await pilot.press("ctrl+n")
        await type_line(pilot, "hello 2")
        await until(pilot, lambda: b"hello 2" in messages(app, "server"))
        first, second = rows(app)
        assert second.ended is None
        assert second.assoc_id != first.assoc_id
        assert second.endpoint == first.endpoint == "server"


async def test_a_client_that_ended_opens_again_by_its_next_message() -> None:
    async with running() as (app, pilot):
        await pilot.press("enter")
        await until(pilot, lambda: messages(app, "server"))
        await pilot.press("ctrl+d")
        await until(pilot, lambda: ended(rows(app)[0]))
        await type_line(pilot, "again")
        await until(pilot, lambda: messages(app, "server") == [b"hello", b"again"])
        assert [ended(row) for row in rows(app)] == [True, False]


@on_both
async def test_abort_is_asked_about_and_told_apart_from_shutdown() -> None:
    async with running() as (app, pilot):
        await pilot.press("enter")
        await until(pilot, lambda: messages(app, "server"))
        await pilot.press("ctrl+g")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        await pilot.press("escape")
        await until(pilot, lambda: not isinstance(app.screen, ConfirmScreen))
        assert not ended(rows(app)[0])
        await pilot.press("ctrl+g")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        await pilot.press("enter")
        await until(pilot, lambda: ended(rows(app)[0]))
        assert str(rows(app)[0].ended) == "aborted by peer: “by hand”"


async def test_of_an_association_that_is_not_up_the_peer_is_told_no_reason() -> None:
    async with running() as (app, pilot):
        await pilot.press("escape", "space", "m", "enter")
        given = "5 B on stream 1 given to SCTP, the association is being set up"
        await until(pilot, lambda: outcome(pilot) == given)
        await pilot.press("ctrl+g")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        said = "The peer is told the reason if the association is up."
        await until(pilot, lambda: said in str(app.screen.query_one("#said", Static).content))


@on_both
async def test_the_reason_of_an_abort_can_be_typed() -> None:
    async with running() as (app, pilot):
        await pilot.press("enter")
        await until(pilot, lambda: messages(app, "server"))
        await pilot.press("ctrl+g")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        await until(
            pilot, lambda: {"Abort", "Back"} <= {key.description for key in app.screen.query(FooterKey)}
        )
        reason = app.screen.query_one("#reason", Input)
        reason.value = "é" * 501
        await pilot.press("enter")
        await until(pilot, lambda: "1,002 bytes" in str(app.screen.query_one("#said", Static).content))
        reason.value = ""
        await pilot.press(*"no, r, y? quit", "enter")  # no key acts while one types
        await until(pilot, lambda: ended(rows(app)[0]))
        assert str(rows(app)[0].ended) == "aborted by peer: “no, r, y? quit”"


async def test_the_first_letter_takes_the_place_of_the_usual_reason() -> None:
    async with running() as (app, pilot):
        await pilot.press("enter")
        await until(pilot, lambda: messages(app, "server"))
        for key in ("ctrl+g", *"no", "enter"):  # however fast they come
            app.post_message(Key(key, key if len(key) == 1 else None))
        await until(pilot, lambda: ended(rows(app)[0]))
        assert str(rows(app)[0].ended) == "aborted by peer: “no”"


@on_both
async def test_the_server_closes_and_aborts_what_is_chosen_in_the_table() -> None:
    async with running() as (app, pilot):
        await pilot.press("enter")
        await until(pilot, lambda: messages(app, "server"))
        await pilot.press("escape", "c")
        await until(pilot, lambda: ended(rows(app)[0]))
        assert str(rows(app)[0].ended) == "shutdown by us"
        await until(pilot, lambda: outcome(pilot) == "client 1: shutdown by peer")
        await type_line(pilot, "again")
        await until(pilot, lambda: len(rows(app)) == 2 and rows(app)[1].state == "ESTABLISHED")
        await pilot.press("escape", "end", "a", "enter")
        await until(pilot, lambda: ended(rows(app)[1]))
        assert str(rows(app)[1].ended) == "aborted by us"
        await until(pilot, lambda: outcome(pilot) == "client 1: aborted by peer: “by hand”")
        await pilot.press("c")
        await until(pilot, lambda: "has ended" in outcome(pilot))


@on_both
async def test_reply_as_the_server() -> None:
    async with running() as (app, pilot):
        await pilot.press("enter")
        await until(pilot, lambda: messages(app, "server"))
        await pilot.press("escape", "r")
        assert message_input(pilot).has_focus
        await type_line(pilot, "[4]welcome")
        await until(pilot, lambda: messages(app, "client 1") == [b"welcome"])
        speakers = app.screen.query_one("#speakers", OptionList)
        await until(pilot, lambda: "« welcome" in str(speakers.get_option_at_index(0).prompt))
        assert str(speakers.get_option_at_index(1).prompt).startswith("server")
        (row,) = rows(app)
        await until(pilot, lambda: row.messages_out == 1)
        # Back to the client, whose field is still its own.
        await pilot.press("escape", "tab", "tab", "up", "enter")
        await type_line(pilot, "thanks")
        await until(pilot, lambda: messages(app, "server") == [b"hello", b"thanks"])


async def test_in_the_wire_of_a_client_the_server_replies_to_that_one() -> None:
    async with running() as (app, pilot):
        await pilot.press("enter")
        await until(pilot, lambda: messages(app, "server"))
        await pilot.press("ctrl+n")
        await type_line(pilot, "hello")
        await until(pilot, lambda: len(rows(app)) == 2 and len(messages(app, "server")) == 2)
        await pilot.press("escape", "w")  # the cursor of the table is on the other one
        pane = app.screen.query_one(WirePane)
        await until(pilot, lambda: pane.has_focus_within and pane.association)
        assert pane.association is not None
        assert pane.association.endpoint == "client 2"
        await pilot.press("r")
        await until(pilot, lambda: message_input(pilot).has_focus)
        await type_line(pilot, "welcome")
        await until(pilot, lambda: messages(app, "client 2") == [b"welcome"])


async def test_how_many_all_are_follows_who_comes_and_goes() -> None:
    async with running() as (app, pilot):
        await pilot.press("enter")
        await until(pilot, lambda: messages(app, "server"))
        await pilot.press("escape", "R")
        to = app.screen.query_one("#to", Input)
        await until(pilot, lambda: to.value == "1 association")
        await pilot.press("escape", "home", "c")
        await until(pilot, lambda: to.value == "0 associations")


@on_both
async def test_octets_in_hex_and_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "octets").write_bytes(b"one\ntwo\0")
    async with running() as (app, pilot):
        await type_line(pilot, "[2 hex]0a 00 ff")
        await until(pilot, lambda: messages(app, "server") == [b"\n\0\xff"])
        assert [event.stream for event in app.monitor.log if isinstance(event, Message)] == [2, 2]
        await type_line(pilot, f"[file]{tmp_path}/octets")
        await until(pilot, lambda: messages(app, "server")[1:] == [b"one\ntwo\0"])
        await type_line(pilot, "[hex]0")
        await until(pilot, lambda: "'0' is no hex" in outcome(pilot))


async def test_two_clients_each_with_streams_of_its_own() -> None:
    async with running() as (app, pilot):
        await pilot.press("enter")
        await until(pilot, lambda: messages(app, "server"))
        await pilot.press("ctrl+n")
        app.screen.query_one("#streams", Input).value = "3:2"
        await type_line(pilot, "[2]second")
        await until(pilot, lambda: len(rows(app)) == 2 and rows(app)[1].state == "ESTABLISHED")
        assert [(row.outbound_streams, row.inbound_streams) for row in rows(app)] == [(5, 5), (2, 3)]
        await until(pilot, lambda: states(app, "client 2") == ["COMM_UP"])
        assert app.screen.query_one("#streams", Input).disabled


async def test_the_mouse_chooses_who_speaks_and_what_is_acted_on() -> None:
    async with running(size=(100, 40)) as (app, pilot):
        await pilot.press("enter")
        await until(pilot, lambda: messages(app, "server"))
        await pilot.press("ctrl+n")
        await type_line(pilot, "2")
        table = app.screen.query_one(AssociationTable)
        await until(pilot, lambda: table.size.height > 2 and len(table.visible_keys()) == 2)
        await pilot.click("#speakers", offset=(3, 0))
        await until(pilot, lambda: str(app.screen.query_one("#speaker", Label).content) == "client 1 ›")
        await pilot.click(AssociationTable, offset=(10, 2))
        await pilot.press("c")
        await until(pilot, lambda: ended(rows(app)[1]))
        assert not ended(rows(app)[0])


async def test_a_new_client_goes_where_the_one_before_was_about_to_go() -> None:
    async with running() as (app, pilot):
        app.screen.query_one("#to", Input).value = "10.0.0.1:5"
        await pilot.press("ctrl+n")
        await pilot.pause()
        assert app.screen.query_one("#to", Input).value == "10.0.0.1:5"
        await pilot.press("escape", "x")
        await until(pilot, lambda: outcome(pilot) == "1 client cleared")


@on_both
async def test_an_association_without_data() -> None:
    async with running() as (app, pilot):
        await pilot.press("ctrl+o")
        await until(pilot, lambda: rows(app) and rows(app)[0].state == "ESTABLISHED")
        assert not messages(app, "server")
        await pilot.press("ctrl+o")
        await until(pilot, lambda: "is there already" in outcome(pilot))
        await type_line(pilot, "and data later")
        await until(pilot, lambda: messages(app, "server"))
        assert len(rows(app)) == 1
        await pilot.press("escape", "r", "ctrl+o")
        await until(pilot, lambda: "only a client sets up an association" in outcome(pilot))


async def test_a_reply_to_an_association_that_has_ended() -> None:
    async with running() as (app, pilot):
        await pilot.press("enter")
        await until(pilot, lambda: messages(app, "server"))
        await pilot.press("escape", "r")
        app.submit(CloseAssociation(rows(app)[0].key))
        await until(pilot, lambda: ended(rows(app)[0]))
        await type_line(pilot, "too late")
        await until(pilot, lambda: "has ended" in outcome(pilot))
        assert message_input(pilot).value == "too late"


@on_both
async def test_options_of_a_message() -> None:
    async with running() as (app, pilot):
        app.screen.query_one("#ppid", Input).value = "46"
        app.screen.query_one("#stream", Input).value = "2"
        app.screen.query_one("#lifetime", Input).value = "5000"
        await pilot.click("#unordered")
        await type_line(pilot, "x")
        await until(pilot, lambda: b"x" in messages(app, "server"))
        event = next(e for e in app.monitor.log if e.endpoint == "server" and getattr(e, "data", b"") == b"x")
        assert (event.ppid, event.stream, event.unordered) == (46, 2, True)  # type: ignore[attr-defined]


@pytest.mark.parametrize("line", ["[99]too high", "[5]one too high"])
async def test_a_stream_that_was_not_negotiated(line: str) -> None:
    async with running() as (app, pilot):
        await pilot.press("enter")
        await until(pilot, lambda: messages(app, "server"))
        await type_line(pilot, line)
        await until(pilot, lambda: "0 to 4" in outcome(pilot))
        assert message_input(pilot).value == line


async def test_what_failed_does_not_overwrite_what_is_being_typed() -> None:
    async with running() as (app, pilot):
        await type_line(pilot, "[99]x")
        message_input(pilot).value = "next"
        await until(pilot, lambda: log_of(app, Refused))
        await until(pilot, lambda: "99" in outcome(pilot))
        assert message_input(pilot).value == "next"
        await pilot.press("up")
        assert message_input(pilot).value == "[99]x"
        await pilot.press("down")
        assert message_input(pilot).value == "next"


async def test_an_empty_message_is_refused_with_the_reason() -> None:
    async with running() as (app, pilot):
        await type_line(pilot, "")
        await until(pilot, lambda: "at least one byte" in outcome(pilot))
        assert not list(app.monitor.associations)


async def test_a_message_too_large() -> None:
    async with running() as (app, pilot):
        await pilot.press("enter")
        await until(pilot, lambda: messages(app, "server"))
        line = "x" * (4 * 1024 * 1024 + 1)
        await type_line(pilot, line)
        await until(pilot, lambda: "4194304" in outcome(pilot))
        assert message_input(pilot).value == line


@pytest.mark.parametrize(
    ("field", "name"),
    [("streams", "Streams"), ("udp", "UDP"), ("attempts", "INIT retries"), ("stream", "Stream")],
)
async def test_what_is_typed_into_the_wrong_field_is_quoted_whole(field: str, name: str) -> None:
    """An address in a field for a number: no dot of it vanishes."""
    async with running(size=(120, 40)) as (app, pilot):
        typed = app.screen.query_one(f"#{field}", Input)
        typed.focus()
        await pilot.pause()
        typed.action_select_all()
        await pilot.press(*("full_stop" if one == "." else one for one in "127.0.0.1"))
        await pilot.pause()
        assert typed.value == "127.0.0.1"
        await type_line(pilot, "hello")
        await until(pilot, lambda: f"{name} can't be 127.0.0.1: a number from" in outcome(pilot))


async def test_nobody_there() -> None:
    """No such SCTP port, and no such UDP port: both are told at once, by name."""
    async with running() as (app, pilot):
        server = app.monitor.endpoints.servers[0]
        app.screen.query_one("#to", Input).value = "127.0.0.1:1"
        app.screen.query_one("#udp", Input).value = str(server.udp_port)
        await type_line(pilot, "hello")
        await until(pilot, lambda: "nobody listens on SCTP port 1" in outcome(pilot))
        assert message_input(pilot).value == "hello"
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
            free.bind(("127.0.0.1", 0))
            unused = str(free.getsockname()[1])
        app.screen.query_one("#udp", Input).value = unused
        await type_line(pilot, "hello")
        await until(pilot, lambda: f"nobody has UDP port {unused}" in outcome(pilot))
        assert message_input(pilot).value == "hello"


@pytest.mark.parametrize(
    ("field", "value", "named"),
    [
        ("to", "127.0.0.1:70000", "'70000'"),
        ("to", "", "no address given"),
        ("to", "no-such-host.invalid:1", "no-such-host.invalid"),
        ("streams", "0:5", "1 to 65535"),
        ("attempts", "", "INIT retries"),
        ("udp", "0", "1 to 65535"),
        ("stream", "70000", "0 to 65534"),
        ("ppid", "4294967296", "0 to 4294967295"),
        ("lifetime", "0", "Lifetime"),
    ],
)
async def test_a_field_that_cannot_be(field: str, value: str, named: str) -> None:
    async with running() as (app, pilot):
        app.screen.query_one(f"#{field}", Input).value = value
        await type_line(pilot, "kept")
        await until(pilot, lambda: named in outcome(pilot))
        assert message_input(pilot).value == "kept"
        assert not list(app.monitor.associations)


async def test_a_host_by_name() -> None:
    async with running() as (app, pilot):
        app.screen.query_one("#to", Input).value = f"localhost:{app.monitor.endpoints.servers[0].port}"
        await type_line(pilot, "hello")
        await until(pilot, lambda: messages(app, "server") == [b"hello"])


async def test_ipv6() -> None:
    async with running(settings=Settings(hosts=("::1",), port=0, udp_port=0)) as (app, pilot):
        await until(pilot, lambda: app.screen.query_one("#to", Input).value.startswith("[::1]:"))
        await pilot.press("enter")
        await until(pilot, lambda: messages(app, "server") == [b"hello"])
        assert "[::1]" in str(rows(app)[0].peer)


async def test_clearing_what_ended_and_taking_that_back() -> None:
    async with running() as (app, pilot):
        await pilot.press("enter")
        await until(pilot, lambda: messages(app, "server"))
        await pilot.press("ctrl+d")
        await until(pilot, lambda: ended(rows(app)[0]))
        await pilot.press("escape", "x")
        await until(pilot, lambda: not app.screen.query_one(AssociationTable).display)
        assert not rows(app)
        await pilot.press("u")
        await until(pilot, lambda: len(rows(app)) == 1)
        # In the list of clients the same key takes away the clients whose association ended.
        app.screen.query_one("#speakers").focus()
        await pilot.press("x")
        await until(pilot, lambda: outcome(pilot) == "1 client cleared")
        await type_line(pilot, "anew")
        await until(pilot, lambda: messages(app, "server") == [b"hello", b"anew"])
        assert messages(app, "client 2", "out") == [b"anew"]


async def test_a_key_after_the_last_screen_is_nobodys() -> None:
    async with running() as (app, _):
        pass
    assert not app.screen_stack
    await app.on_event(Key("x", "x"))


async def test_numbers_come_for_the_rows_in_view() -> None:
    async with running() as (app, pilot):
        await pilot.press("enter")
        await until(pilot, lambda: rows(app) and rows(app)[0].rwnd is not None)
        assert rows(app)[0].rtt is None  # the server has sent nothing whose answer it could time
        app.submit(Send(0, b"a reply", key=rows(app)[0].key, stream=1))
        await until(pilot, lambda: rows(app)[0].rtt is not None)


async def test_the_empty_state_says_what_to_type_elsewhere() -> None:
    async with running() as (app, pilot):
        server = app.monitor.endpoints.servers[0]
        line = f"sctp-tui send --udp-port {server.udp_port} 127.0.0.1:{server.port} hello"
        await until(pilot, lambda: line in _no_rows(app))
        assert "No association with this server yet. Press Enter below to send hello from" in _no_rows(app)


async def test_the_empty_state_says_what_is_so_now() -> None:
    async with running() as (app, pilot):
        await pilot.press("x")
        await until(pilot, lambda: "Press Enter below to send what is typed" in _no_rows(app))
        await pilot.press("backspace", *["backspace"] * 5)
        await until(pilot, lambda: "Type a message below" in _no_rows(app))
        await pilot.press("escape", "R")
        await until(pilot, lambda: "Press ^n for a client here" in _no_rows(app))
        await pilot.press("ctrl+n")
        await until(pilot, lambda: "Type a message below" in _no_rows(app))
        await type_line(pilot, "hello")
        await until(pilot, lambda: messages(app, "server"))
        await pilot.press("ctrl+d")
        await until(pilot, lambda: ended(rows(app)[0]))
        assert not app.screen.query_one("#nothing").display
        await pilot.press("escape", "x")
        await until(pilot, lambda: app.screen.query_one("#nothing").display)
        await until(pilot, lambda: "were cleared: u brings them back" in _no_rows(app))
        app.submit(CloseEndpoint("server"))
        await until(pilot, lambda: "No server listens: S opens one" in _no_rows(app))
        assert "send" not in _no_rows(app)


def _no_rows(app: SctpApp) -> str:
    return str(app.screen.query_one("#nothing", Static).content)


async def test_keys_by_letter_are_text_in_an_input() -> None:
    async with running() as (app, pilot):
        await pilot.press("q", "n", "a", "?")
        assert message_input(pilot).value == "qna?"
        await pilot.press("ctrl+c")
        assert not app._ending
        await pilot.press("escape", "n")
        assert message_input(pilot).has_focus
        assert len(app.screen.query_one(ClientPane)._clients.all) == 2


async def test_help_lists_every_key_of_the_footer() -> None:
    async with running(size=(100, 60)) as (app, pilot):
        await pilot.press("escape", "?")
        await until(pilot, lambda: isinstance(app.screen, HelpScreen))
        await until(pilot, lambda: app.screen.query_one("#all").size.height)
        text = "\n".join(line for static in app.screen.query(Static) for line in drawn(static))
        for words in ("One more client", "Reply", "Shut down", "Abort", "Clear", "Recall", "leave"):
            assert words in text
        await pilot.press("q")
        await until(pilot, lambda: not isinstance(app.screen, HelpScreen))


async def test_a_port_that_is_taken_is_said_on_one_screen_with_the_way_out() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", 0))
        settings = Settings(port=0, udp_port=other.getsockname()[1])
        async with running(settings=settings) as (app, pilot):
            await until(pilot, lambda: isinstance(app.screen, FailureScreen))
            text = str(app.screen.query_one(Static).content)
            assert "--udp-port" in text
            assert str(settings.udp_port) in text
            other.close()
            await pilot.press("r")
            await until(pilot, lambda: not isinstance(app.screen, FailureScreen))
            assert app.monitor.endpoints.servers[0].state == "listening"


@on_both
async def test_quit_shuts_open_associations_down() -> None:
    async with running(settings=Settings(port=0, udp_port=0, grace=60)) as (app, pilot):
        await pilot.press("enter")
        await until(pilot, lambda: messages(app, "server"))
        await pilot.press("escape", "q")
        await until(pilot, lambda: app.return_code is not None, "the end, long before the grace is over")
        assert app.return_code == 0
        assert not app.engine.running
    assert [str(row.ended) for row in rows(app)] == ["shutdown by us"]


async def test_a_second_q_aborts_what_the_first_waits_for() -> None:
    """A peer that never answers would take the whole grace."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        async with running(settings=Settings(port=0, udp_port=0, grace=60)) as (app, pilot):
            to = Peer(("127.0.0.1",), 7, silent.getsockname()[1])
            app.submit(OpenClient("elsewhere", "userspace", to), Send(1, b"x", "elsewhere"))
            await until(pilot, lambda: app.monitor.associations.of("elsewhere"))
            await pilot.press("escape", "q")
            await until(pilot, lambda: "q again" in app.screen.query_one(Header).ending)
            assert app.engine.running
            await pilot.press("q")
            await until(pilot, lambda: not app.engine.running)


async def test_what_was_not_drawn_yet_does_not_hold_up_the_end() -> None:
    async with running() as (app, pilot):
        await pilot.press("enter")
        await until(pilot, lambda: messages(app, "server"))
        app.end()
        assert app.engine.join(PATIENCE)
        message = next(event for event in app.monitor.log if isinstance(event, Message))
        app.event_queue.put([message] * 20_000)
        app._drain()
        assert app.return_code == 0


async def test_leaving_by_force_leaves_no_thread_behind() -> None:
    async with running() as (app, pilot):
        await pilot.press("enter")
        await until(pilot, lambda: messages(app, "server"))
    assert not app.engine.running


@pytest.mark.parametrize("fault", [NoMatches("what is gone"), ValueError("a fault")])
async def test_a_screen_that_opens_while_all_is_taken_down_misses_what_has_gone(fault: Exception) -> None:
    class Late(Screen[None]):
        async def on_mount(self) -> None:
            while self.app.is_running:
                await asyncio.sleep(0.001)
            raise fault

    with nullcontext() if isinstance(fault, NoMatches) else pytest.raises(ValueError, match="a fault"):
        async with running() as (app, _):
            app.push_screen(Late())


@pytest.mark.parametrize("size", [(80, 24), (200, 60), (40, 10)])
async def test_any_size(size: tuple[int, int]) -> None:
    async with running(size) as (app, pilot):
        await pilot.press("enter")
        await until(pilot, lambda: messages(app, "server"))
        await pilot.press("escape", "?")
        await until(pilot, lambda: isinstance(app.screen, HelpScreen))
        await pilot.press("escape")


def test_settings_start_nothing() -> None:
    app = SctpApp(Settings())
    assert not app.engine.running


async def test_keys_in_a_burst_act_in_their_order() -> None:
    """As they come from a paste, a script, a slow line: Enter sends what was typed before it."""
    async with running() as (app, pilot):
        message_input(pilot).value = ""
        for line in ("one", "two", "three"):
            for key in (*line, "enter"):
                app.post_message(Key(key, key if len(key) == 1 else None))
        for key in (*"wrong", "ctrl+u", *"right", "enter"):
            app.post_message(Key(key, key if len(key) == 1 else None))
        expected = [b"one", b"two", b"three", b"right"]
        await until(pilot, lambda: messages(app, "server") == expected, "the messages in their order")
        assert message_input(pilot).value == ""


async def test_an_engine_that_is_stuck_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    async with running() as (app, pilot):
        go_on = threading.Event()
        assert isinstance(app.engine, Engine)
        (stack,) = app.engine._stacks.values()
        turn = stack.poll

        def stuck() -> None:
            go_on.wait(PATIENCE)
            turn()

        monkeypatch.setattr(stack, "poll", stuck)
        app.submit(Watch(()))
        header = app.screen_stack[0].query_one(Header)
        await until(pilot, lambda: "engine stuck for 2 s" in drawn(header)[0])
        go_on.set()
        await until(pilot, lambda: "listening" in drawn(header)[0])
