"""Generators: what they count, and the screen that starts, shows and stops them."""

import re
import socket
from collections import Counter

import pytest
from textual.events import Key
from textual.pilot import Pilot
from textual.widgets import Input, OptionList, Static

from sctp_tui.monitor.filter.language import parse
from sctp_tui.sctp.commands import AbortAssociation
from sctp_tui.sctp.endpoint import SctpError
from sctp_tui.sctp.events import Generating, Message
from sctp_tui.tui.app import SctpApp
from sctp_tui.tui.clients.client_pane import ClientPane
from sctp_tui.tui.clients.generator_screen import GENERATOR_COLUMNS, GeneratorScreen, GeneratorTable
from sctp_tui.tui.clients.generators import Generation, Generators, GeneratorSource, Recipe, in_all

from .driving import drawn, messages, on_both, outcome, rows, running, type_line, until

RECIPE = Recipe(100.0, b"x", 0, (0, 2), 0, False, None, 1000, 0.0)
CLIENT = GeneratorSource("client 1", 5, "client 1")


# --- what they count


def started() -> tuple[Generators, Generation]:
    generators = Generators()
    (command,) = generators.start(RECIPE, [CLIENT])
    return generators, generators.all[command.generator]


def told(number: int, at: float, messages: int, done: bool = False, text: str = "") -> dict[int, Generating]:
    return {
        number: Generating(
            at=at,
            mono=at,
            endpoint="client 1",
            key=0,
            assoc_id=0,
            peer=None,
            generator=number,
            messages=messages,
            bytes=messages,
            done=done,
            text=text,
        )
    }


def test_the_rate_is_that_of_the_last_seconds_and_at_the_end_of_all() -> None:
    generators, one = started()
    number = one.command.generator
    assert (one.rate(0.0), one.state) == (None, "begins")
    for tenth in range(101):
        generators.fold(
            told(number, 100 + tenth / 10, 1 + tenth * (10 if tenth <= 50 else 20) - 500 * (tenth > 50))
        )
    assert one.rate(110.0) == pytest.approx(200)
    assert (one.state, one.progress) == ("running", "1,501 of 1,000")
    generators.fold(told(number, 110.0, 1501, done=True))
    assert one.rate(500.0) == pytest.approx(150)


def test_a_generator_that_is_held_up_slows_down() -> None:
    generators, one = started()
    generators.fold(told(one.command.generator, 100.0, 1))
    generators.fold(told(one.command.generator, 101.0, 101))
    assert one.rate(101.005) == pytest.approx(100)
    assert one.rate(103.01) == pytest.approx(100 / 3)
    assert one.rate(200.0) == 0


@pytest.mark.parametrize(
    ("event", "state"),
    [
        (told(1, 1, 1000, True), "all given to SCTP"),
        (told(1, 1, 5, True), "time is up"),
        (told(1, 1, 5, True, "\x1b!"), "␛!"),
    ],
)
def test_why_it_ended(event: dict[int, Generating], state: str) -> None:
    generators, one = started()
    generators.fold(event)
    assert one.state == state
    assert generators.running() == []


def test_streams_that_are_not_there_start_nothing() -> None:
    generators = Generators()
    with pytest.raises(SctpError, match=r"stream 2 is beyond the 2 .* of client 2: give 0 to 1"):
        generators.start(RECIPE, [CLIENT, GeneratorSource("client 2", 2, "client 2")])
    assert not generators.all


# --- the screen


async def form(pilot: Pilot[None], **fields: str) -> GeneratorScreen:
    """Open the form and fill it in."""
    await pilot.press("ctrl+t")
    await until(
        pilot, lambda: isinstance(pilot.app.screen, GeneratorScreen) and pilot.app.screen.query("#text")
    )
    screen = pilot.app.screen
    assert isinstance(screen, GeneratorScreen)
    for name, value in fields.items():
        screen.query_one(f"#{name}", Input).value = value
    return screen


def generations(app: SctpApp) -> list[Generation]:
    return list(app.screen_stack[0].query_one(ClientPane).generators.all.values())


def said(screen: GeneratorScreen) -> str:
    return str(screen.query_one("#said", Static).content)


async def test_a_client_generates() -> None:
    async with running() as (app, pilot):
        await form(
            pilot, text="number {n} ", rate="2000", count="60", streams="0,2-3", ppid="ngap", size="12"
        )
        await pilot.press("enter")
        await until(pilot, lambda: len(messages(app, "server")) == 60)
        assert messages(app, "server")[:1] == [b"number 1 num"]
        came = [e for e in app.monitor.log if isinstance(e, Message) and e.direction == "in"]
        assert Counter(e.stream for e in came) == {0: 20, 2: 20, 3: 20}
        assert {e.ppid for e in came} == {60}
        await until(pilot, lambda: generations(app)[0].state == "all given to SCTP")
        assert generations(app)[0].progress == "60 of 60"


async def test_what_is_typed_after_the_start_is_for_the_list_and_not_for_the_fields() -> None:
    async with running() as (app, pilot):
        screen = await form(pilot, count="", rate="20")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.focused, GeneratorTable))
        assert "Enter starts one more" in said(screen)
        await pilot.press("x")
        await until(pilot, lambda: [g.state for g in generations(app)] == ["stopped"])
        assert screen.query_one("#text", Input).value == "message {n}"
        await pilot.press("enter")
        await until(pilot, lambda: len(generations(app)) == 2)


@on_both
async def test_several_clients_generate_at_once_and_one_key_stops_them_all() -> None:
    async with running(size=(120, 40)) as (app, pilot):
        screen = await form(pilot, clients="12", rate="50", count="", streams="all")
        await pilot.press("enter")
        await until(pilot, lambda: len(rows(app)) == 12 and all(row.messages_in > 2 for row in rows(app)))
        assert len(screen.query_one(GeneratorTable).keys) == 12
        # Again: the same clients, each with a second one.
        await pilot.press("enter")
        await until(pilot, lambda: len(generations(app)) == 24 and all(g.messages for g in generations(app)))
        assert len(rows(app)) == 12
        await pilot.press("escape")
        speakers = app.screen.query_one("#speakers", OptionList)
        await until(pilot, lambda: "» 2 generating" in str(speakers.get_option_at_index(11).prompt))
        await pilot.press("ctrl+s")
        await until(pilot, lambda: {g.state for g in generations(app)} == {"stopped"})


async def test_one_of_two_is_stopped() -> None:
    async with running() as (app, pilot):
        await form(pilot, count="", rate="20")
        await pilot.press("enter")
        await until(pilot, lambda: len(generations(app)) == 1)
        await pilot.press("enter")
        await until(pilot, lambda: len(generations(app)) == 2)
        await until(pilot, lambda: len(app.screen.query_one(GeneratorTable).keys) == 2)
        app.screen.query_one(GeneratorTable).focus()
        await pilot.press("home", "x")
        await until(pilot, lambda: [g.state for g in generations(app)] == ["stopped", "running"])


async def test_the_server_generates_to_one_and_to_all() -> None:
    async with running() as (app, pilot):
        await pilot.press("enter")
        await pilot.press("ctrl+n")
        await type_line(pilot, "second")
        await until(pilot, lambda: len(messages(app, "server")) == 2)
        await pilot.press("escape", "home", "r")
        await form(pilot, count="3", rate="1000")
        await pilot.press("enter", "escape")
        await until(pilot, lambda: len(messages(app, "client 1")) == 3)
        await pilot.press("escape", "R", "ctrl+t", "enter")
        await until(
            pilot, lambda: len(messages(app, "client 1")) == 6 and len(messages(app, "client 2")) == 3
        )


async def test_why_a_generator_ended_is_seen() -> None:
    async with running(size=(120, 40)) as (app, pilot):
        await form(pilot, count="", rate="100")
        await pilot.press("enter")
        await until(pilot, lambda: len(messages(app, "server")) > 2)
        app.submit(AbortAssociation(rows(app)[0].key))
        await until(pilot, lambda: generations(app)[0].done)
        assert "ended" in generations(app)[0].state


WRONG = [
    ("rate", "0", "Rate can't be 0: a number from 0.001 to 1,000,000"),
    ("rate", "", "Rate is empty"),
    ("text", "", "Text is empty"),
    ("size", "5000000", "Size can't be 5000000: a number from 1 to 4194304"),
    ("count", "x", "Count can't be x"),
    ("seconds", "0", "Seconds can't be 0: a number from 0.1 to 86,400"),
    ("streams", "0-", "Streams can't be 0-"),
    ("streams", "7", "stream 7 is beyond the 5 outbound streams of client 1: give 0 to 4"),
    ("ppid", "ngpa", "did you mean NGAP"),
    ("lifetime", "0", "Lifetime can't be 0"),
    ("clients", "201", "Clients can't be 201: a number from 1 to 200"),
]


async def test_what_can_not_be_is_said_and_nothing_starts() -> None:
    async with running() as (app, pilot):
        screen = await form(pilot)
        for name, value, error in WRONG:
            field = screen.query_one(f"#{name}", Input)
            right, field.value = field.value, value
            await pilot.press("enter")
            await until(pilot, lambda error=error: error in said(screen))  # type: ignore[misc]
            assert field.value == value
            field.value = right
        for name, value in (("text", ""), ("size", "12")):
            screen.query_one(f"#{name}", Input).value = value
        await pilot.press("enter")
        await until(pilot, lambda: "repeated to fill Size" in said(screen))
        assert not generations(app)
        assert not list(app.monitor.associations)


# --- one message to all


@on_both
async def test_one_message_to_all() -> None:
    async with running() as (app, pilot):
        await pilot.press("enter")
        await pilot.press("ctrl+n")
        app.screen.query_one("#streams", Input).value = "5:1"
        await type_line(pilot, "second")
        await until(pilot, lambda: len(messages(app, "server")) == 2)
        await pilot.press("escape", "R")
        await type_line(pilot, "[0]to everybody")
        await until(pilot, lambda: outcome(pilot) == "sent to 2 associations, 12 B on stream 0")
        assert messages(app, "client 1") == messages(app, "client 2") == [b"to everybody"]
        await type_line(pilot, "[3]to some")
        await until(pilot, lambda: "sent to 1 association, not to 1: stream 3" in outcome(pilot))
        await type_line(pilot, "[9]to nobody")
        await until(pilot, lambda: "stream 9" in outcome(pilot))
        await until(pilot, lambda: pilot.app.screen.query_one("#message", Input).value == "[9]to nobody")


async def test_to_all_is_to_those_too_that_the_filter_hides_and_says_so() -> None:
    async with running((120, 40)) as (app, pilot):
        await pilot.press("enter", "ctrl+n")
        await type_line(pilot, "second")
        await until(pilot, lambda: len(messages(app, "server")) == 2)
        await until(pilot, lambda: all(row.state == "ESTABLISHED" for row in rows(app)))
        await pilot.press("escape", "R")
        pane = app.screen.query_one(ClientPane)
        await until(pilot, lambda: str(pane._shown[-1]) == "server     to all: 2 associations")
        view = app.screen.view  # type: ignore[attr-defined]
        view.set(parse(f"id={rows(app)[0].assoc_id}"))
        said = "server     to all: 2 associations, 1 of them hidden by the filter"
        await until(pilot, lambda: str(pane._shown[-1]) == said)
        await type_line(pilot, "to everybody")
        await until(pilot, lambda: outcome(pilot).startswith("sent to 2 associations"))


async def test_nobody_to_send_to() -> None:
    async with running() as (app, pilot):
        await pilot.press("escape", "R")
        await type_line(pilot, "hello?")
        await until(pilot, lambda: "no association that is up: send to it as a client" in outcome(pilot))
        assert pilot.app.screen.query_one("#message", Input).value == "hello?"
        assert not list(app.monitor.associations)


async def test_what_is_typed_right_after_tab_goes_into_the_next_field() -> None:
    async with running() as (app, pilot):
        await pilot.press("escape", "g")
        await until(pilot, lambda: isinstance(app.screen, GeneratorScreen))
        text, size, rate = (app.screen.query_one(f"#{name}", Input) for name in ("text", "size", "rate"))
        text.focus()
        for key in ("tab", "ctrl+u", *"12", "tab", "ctrl+u", *"34", "tab", *"56"):
            app.post_message(Key(key, key if len(key) == 1 else None))
        count = app.screen.query_one("#count", Input)
        await until(pilot, lambda: (size.value, rate.value, count.value) == ("12", "34", "56"))


async def test_what_a_silent_peer_has_not_answered_is_given_to_sctp_and_not_sent() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        async with running((120, 40)) as (app, pilot):
            app.screen.query_one("#to", Input).value = "127.0.0.1:7"
            app.screen.query_one("#udp", Input).value = str(silent.getsockname()[1])
            screen = await form(pilot, rate="1000", count="3")
            await pilot.press("enter")
            await until(pilot, lambda: generations(app) and generations(app)[0].done)
            assert [one.state for one in app.monitor.associations] == ["COOKIE-WAIT"]
            assert generations(app)[0].state == "all given to SCTP"
            titles = [column.title for column in GENERATOR_COLUMNS]
            assert "Given" in titles
            assert "Sent" not in titles
            assert not re.search(r"\bsent\b", in_all(generations(app), 0.0))
            table = screen.query_one(GeneratorTable)
            await until(pilot, lambda: any("all given to SCTP" in line for line in drawn(table)))
