"""Drives the screen in tests: with real associations on the stack under test, and bounded waits."""

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import pytest
from msgspec.structs import replace
from textual.pilot import Pilot
from textual.widget import Widget
from textual.widgets import Input, Static

from sctp_tui.engine.event_queue import Batch
from sctp_tui.monitor.associations import Association
from sctp_tui.sctp.commands import Command, Send
from sctp_tui.sctp.events import AssocChange, Event, Message, StackName
from sctp_tui.tui.app import SctpApp, Settings
from tests.explained import check
from tests.patience import PATIENCE

on_both = pytest.mark.usefixtures("stack")
"""Marks tests that run on the kernel stack too: one for each thing that a user does by keys."""
stack_under_test: StackName = "userspace"
"""Set by a fixture before each test."""


async def until(pilot: Pilot[None], happened: Callable[[], Any], what: str = "") -> None:
    """Run the screen until `happened()` and all its screens are mounted; fails after `PATIENCE`.

    `what` names it in the failure.
    """
    end = time.monotonic() + PATIENCE
    while not (happened() and all(screen.is_mounted for screen in pilot.app.screen_stack)):
        assert time.monotonic() < end, f"waited in vain: {what or happened}"
        await pilot.pause(0.02)


@asynccontextmanager
async def running(
    size: tuple[int, int] = (80, 24), settings: Settings | None = None, *, checked: bool = True
) -> AsyncIterator[tuple[SctpApp, Pilot[None]]]:
    """The program with a server on any free port of the stack under test.

    At the end of a test that passes, `explained` checks what the program says of its packets and events,
    unless `checked` is False: all of them are kept for that.
    """
    app = SctpApp(replace(settings or Settings(port=0, udp_port=0), stacks=(stack_under_test,)))
    folded: list[Batch] = []
    fold = app.monitor.fold

    def folding(batch: Batch) -> None:
        folded.append(batch)
        fold(batch)

    if checked:
        vars(app.monitor)["fold"] = folding
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: app.monitor.endpoints.servers, "the server")
        yield app, pilot
    check(
        [packet for batch in folded for packet in batch.packets],
        [event for batch in folded for event in batch.events],
    )


async def type_line(pilot: Pilot[None], line: str) -> None:
    """Put a line into the message input and press Enter."""
    message = message_input(pilot)
    message.focus()
    message.value = line
    await pilot.press("enter")


async def type_together(app: SctpApp, pilot: Pilot[None], *lines: str) -> None:
    """Type lines whose commands reach the engine together, so that no timer expires in between."""
    held: list[Command] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(app.engine, "submit", lambda *commands: held.extend(commands))
        for line in lines:
            await type_line(pilot, line)
        await until(pilot, lambda: sum(isinstance(command, Send) for command in held) == len(lines))
    app.submit(*held)


E = TypeVar("E", bound=Event)


def message_input(pilot: Pilot[None]) -> Input:
    """The message input."""
    return pilot.app.screen_stack[0].query_one("#message", Input)


def outcome(pilot: Pilot[None]) -> str:
    """The line that tells the outcome of the last message."""
    return str(pilot.app.screen_stack[0].query_one("#outcome", Static).content)


def drawn(widget: Widget) -> list[str]:
    """The text that a widget draws, line by line."""
    return [widget.render_line(y).text.rstrip() for y in range(widget.size.height)]


def rows(app: SctpApp) -> list[Association]:
    """The server's associations, the oldest first."""
    return app.monitor.associations.of_servers()


def messages(app: SctpApp, endpoint: str, direction: str = "in") -> list[bytes]:
    """The data of an endpoint's messages in the log."""
    return [e.data for e in app.monitor.log if isinstance(e, Message) and _is(e, endpoint, direction)]


def _is(event: Message, endpoint: str, direction: str) -> bool:
    return event.endpoint == endpoint and event.direction == direction


def states(app: SctpApp, endpoint: str) -> list[str]:
    """The states that associations of an endpoint went through."""
    return [e.state for e in app.monitor.log if isinstance(e, AssocChange) and e.endpoint == endpoint]


def log_of(app: SctpApp, kind: type[E]) -> list[E]:
    """The events of one kind in the log."""
    return [event for event in app.monitor.log if isinstance(event, kind)]
