"""Lanes on the screen: what stands and what goes on, by either rule; moving about in them."""

import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from msgspec.structs import replace
from textual.app import App, ComposeResult
from textual.pilot import Pilot

from sctp_tui.monitor.trace.conversations import Conversation
from sctp_tui.sctp.commands import PauseReading, SetLink
from sctp_tui.sctp.events import Direction, Packet, Peer, ReadingPaused
from sctp_tui.sctp.link.conditions import Conditions, DropRule, Verdict
from sctp_tui.tui.wire.lanes_view import LanesView

from .driving import drawn, log_of, messages, rows, running, type_together, until

_CLIENT, _SERVER = Peer(("127.0.0.1",), 7), Peer(("127.0.0.1",), 9)


def _packet(at: float, chunk: bytes, *, lost: bool = False, back: bool = False) -> Packet:
    data = struct.pack("!HHII", 7, 9, 1, 0) + chunk
    verdict: Verdict = "dropped" if lost else "delivered"
    way: Direction = "out" if back else "in"
    return Packet(
        at=at,
        mono=at,
        endpoint="server",
        key=0,
        assoc_id=0,
        peer=_CLIENT,
        local=_SERVER,
        flow=1,
        direction=way,
        verdict=verdict,
        reason="",
        delay=0.0,
        data=data,
    )


def _init(tsn: int = 1) -> Packet:
    """The client's INIT, at 0 s."""
    return _packet(0, struct.pack("!BBHIIHHI", 1, 0, 20, 7, 65536, 9, 9, tsn))


def _data(at: float, stream: int, ssn: int, tsn: int, *, lost: bool = False, back: bool = False) -> Packet:
    """A message of the client, or `back` of the server."""
    chunk = struct.pack("!BBHIHHI", 0, 3, 17, tsn, stream, ssn, 0) + b"x\0\0\0"
    return _packet(at, chunk, lost=lost, back=back)


class _Host(App[None]):
    def compose(self) -> ComposeResult:
        yield LanesView()


@asynccontextmanager
async def showing(
    *packets: Packet, now: float = 100.0, size: tuple[int, int] = (80, 16)
) -> AsyncIterator[tuple[LanesView, Pilot[None], Conversation]]:
    """A view of these packets, at a time."""
    conversation = Conversation(packets[0])
    for packet in packets:
        conversation.add(packet)
    async with _Host().run_test(size=size) as pilot:
        view = pilot.app.query_one(LanesView)
        view.focus()
        await until(pilot, lambda: view.size.height)
        view.show(conversation, now)
        yield view, pilot, conversation


_STANDING = (
    _init(),
    _data(1, 1, 0, 1),
    _data(2, 1, 1, 2, lost=True),
    _data(3, 2, 0, 3),
    _data(4, 1, 2, 4),
    _data(5, 2, 1, 5),
)


async def test_one_stream_stands_and_the_other_goes_on() -> None:
    async with showing(*_STANDING) as (view, pilot, conversation):
        assert [line.split() for line in drawn(view)[2:4] + drawn(view)[5:7]] == [
            ["Stream", "1", "sent", "[0]", "✗1✗", "[2]"],
            ["awaits", "#1", "got", "█0█", "✗", "▒2▒"],
            ["Stream", "2", "sent", "[0]", "[1]"],
            ["goes", "on", "got", "█0█", "█1█"],
        ]
        assert drawn(view)[0].endswith("SCTP: each stream by itself")
        await pilot.press("O")
        assert drawn(view)[0].endswith("AS ONE STREAM, like TCP")
        assert drawn(view)[6].split() == ["awaits", "1/1", "got", "▒0▒", "▒1▒"]
        await pilot.press("O", "+")
        conversation.add(_data(6, 1, 1, 2))
        view.show(conversation, 100.0)
        assert [line.split() for line in drawn(view)[2:4]] == [
            ["Stream", "1", "sent", "[0]", "✗1↻", "[2]"],
            ["got", "█0█", "█1█", "▒2█", "2.0", "s"],
        ]
        assert drawn(view)[4].strip() == "3 ready: 1 waited up to 2.0 s; as one stream: 1 waited up to 2.0 s"
        assert drawn(view)[7].split(maxsplit=2)[2] == "none waited; as one stream: 2 waited up to 3.0 s"


async def test_a_message_is_below_the_time_it_was_sent_at() -> None:
    async with showing(*_STANDING) as (view, pilot, _):
        await pilot.press("+")
        lines = drawn(view)
        assert lines[1].index("2.000 s") == lines[2].index("✗1✗")
        assert lines[1].index("5.000 s") == lines[5].index("[1]")
        await pilot.press("-", "-")
        assert [line.split()[-4:] for line in drawn(view)[2:4]] == [
            ["1", "sent", "▪✗", "▪"],
            ["#1", "got", "█✗", "▒"],
        ]


@pytest.mark.parametrize(("within", "captured"), [(True, False), (False, False), (True, True), (False, True)])
async def test_that_it_was_sent_then_is_said_where_it_is_seen_as_it_is_sent(
    within: bool, captured: bool
) -> None:
    """Tries before may have been lost on their way here, or before the capture."""
    packets = [replace(one, within=within, captured=captured) for one in _STANDING]
    async with showing(*packets) as (view, pilot, _):
        await pilot.press("+")
        assert ("sent after" if within and not captured else "first seen") in drawn(view)[1]


async def test_moving_about_and_back_to_the_newest() -> None:
    packets = [_data(n, 1, n - 1, n) for n in range(1, 201)]
    async with showing(_init(), *packets, size=(80, 10)) as (view, pilot, conversation):
        assert "[199]" in drawn(view)[2]
        await pilot.press("home")
        assert "[  0]" in drawn(view)[2]
        assert "later, End follows" in drawn(view)[0]
        before = drawn(view)[2]
        conversation.add(_data(201, 1, 200, 201))
        view.show(conversation, 300.0)
        assert drawn(view)[2] == before
        await pilot.press("left", "right")
        assert drawn(view)[2] != before
        await pilot.press(*["right"] * 100)
        assert "[200]" in drawn(view)[2]
        await pilot.press("home", "end")
        assert "[200]" in drawn(view)[2]


async def test_the_other_direction_has_lanes_of_its_own() -> None:
    async with showing(*_STANDING, _data(7, 5, 0, 9, back=True)) as (view, pilot, _):
        assert drawn(view)[0].startswith(" 127.0.0.1:7 → server 127.0.0.1:9 ")
        await pilot.press("t")
        assert drawn(view)[0].startswith(" server 127.0.0.1:9 → 127.0.0.1:7 ")
        assert drawn(view)[2].split() == ["Stream", "5", "sent", "[0]"]


async def test_where_nothing_was_sent_it_says_so() -> None:
    async with showing(*_STANDING) as (view, pilot, conversation):
        assert "No message" not in "".join(drawn(view))
        await pilot.press("t")
        assert drawn(view)[2].strip() == "No message in this direction yet; t turns to the other end's."
        conversation.add(_data(7, 5, 0, 9, back=True))
        view.show(conversation, 100.0)
        assert "No message" not in "".join(drawn(view))


async def test_more_streams_than_there_is_room_for() -> None:
    packets = [_data(n, n, 0, n) for n in range(1, 21)]
    async with showing(_init(), *packets, size=(120, 11)) as (view, pilot, _):
        assert [line.split()[1] for line in drawn(view)[2:10:2]] == ["1", "2", "3", "4"]
        await pilot.press("down")
        assert drawn(view)[2].split()[1] == "2"
        await pilot.press(*["down"] * 30)
        assert [line.split()[1] for line in drawn(view)[2:10:2]] == ["17", "18", "19", "20"]
        assert drawn(view)[-1].split()[1] == "ready"


@pytest.mark.userspace
async def test_a_message_dropped_on_purpose() -> None:
    async with running((100, 40)) as (app, pilot):
        await pilot.press("enter")
        await until(pilot, lambda: rows(app) and rows(app)[0].state == "ESTABLISHED")
        await pilot.press("escape", "w", "2")
        await until(pilot, lambda: app.query(LanesView) and app.query_one(LanesView).has_focus)
        view = app.query_one(LanesView)
        app.submit(SetLink(Conditions(delay=200, drops=(DropRule("DATA", 1),)), Conditions(delay=200)))
        await type_together(app, pilot, "[1]lost", "[2]first", "[1]waits", "[2]second")
        await until(pilot, lambda: any("3 ready" in line for line in drawn(view)))
        lines = drawn(view)
        assert "✗1↻" in lines[2]
        assert lines[3].split()[-2:] == ["█1█", "▒2█"]
        assert lines[4].startswith("   3 ready: 1 waited")
        assert lines[7].startswith("   2 ready: none waited; as one stream: ")
        assert not lines[7].endswith("none waited")


async def test_what_no_program_has_read_is_ready_and_no_more() -> None:
    """The server's reading is paused: the stack has the message, and nobody else."""
    async with running((100, 40)) as (app, pilot):
        await pilot.press("enter")
        await until(pilot, lambda: messages(app, "server") == [b"hello"])
        app.submit(PauseReading("server", paused=True))
        await until(pilot, lambda: log_of(app, ReadingPaused))
        await type_together(app, pilot, "unread")
        await pilot.press("escape", "w", "2")
        await until(pilot, lambda: app.query(LanesView) and app.query_one(LanesView).has_focus)
        view = app.query_one(LanesView)
        await until(pilot, lambda: any("2 ready" in line for line in drawn(view)))
        assert messages(app, "server") == [b"hello"]
        assert not any("delivered" in line for line in drawn(view))


def _given_up() -> list[Packet]:
    """An unordered message, one that waits, and one that a FORWARD TSN gives up."""
    unordered = _packet(1.1, struct.pack("!BBHIHHI", 0, 7, 17, 1, 1, 0, 0) + b"x\0\0\0")
    forward = _packet(3, struct.pack("!BBHI", 192, 0, 8, 2))
    return [_init(), unordered, _data(1.2, 1, 0, 2, lost=True), forward]


@pytest.mark.parametrize("width", [80, 130])
async def test_the_legend_has_every_sign_that_is_in_view(width: int) -> None:
    async with showing(*_given_up(), size=(width, 16)) as (view, pilot, _):
        await until(pilot, lambda: "[U]" in drawn(view)[2])
        *_, legend = drawn(view)
        assert "[U] unordered" in legend
        assert "– abandoned" in legend
        assert "–" in "".join(drawn(view)[2:-1])
        assert ("had to wait" in legend) == (width == 130)
        assert legend.endswith("unordered")


@pytest.mark.parametrize("single_stream", [False, True])
async def test_a_lane_whose_lost_message_was_given_up_goes_on(single_stream: bool) -> None:
    """Once the FORWARD TSN has come, and not before: until then its receiver knows nothing of that.

    While nothing has come after that message, nothing goes on: it was given up, that is all.
    """

    def forward(lost: bool) -> Packet:
        return _packet(3, struct.pack("!BBHIHH", 192, 0, 12, 1, 1, 0), lost=lost)

    before = [_init(), _data(1, 1, 0, 1, lost=True)]
    for lost, label in ((True, "✗ lost"), (False, "skips #0")):
        async with showing(*before, forward(lost)) as (view, pilot, _):
            view.single_stream = single_stream
            await until(pilot, lambda: "–" in drawn(view)[3])
            assert label in drawn(view)[3]
    async with showing(*before, forward(False), _data(4, 1, 1, 2)) as (view, pilot, _):
        view.single_stream = single_stream
        await until(pilot, lambda: "goes on" in drawn(view)[3])
