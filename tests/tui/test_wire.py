"""The wire on the screen: the ladder that grows, all of a packet, the views by their keys."""

import socket

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from sctp_tui.engine.event_queue import Batch
from sctp_tui.monitor.trace.ladder import Row
from sctp_tui.monitor.trace.timeline import Annotation
from sctp_tui.sctp.commands import OpenClient, Send
from sctp_tui.sctp.events import Peer, Refused
from sctp_tui.tui.app import SctpApp
from sctp_tui.tui.clients.client_pane import ClientPane
from sctp_tui.tui.dialogs.message_detail import MessageDetailScreen
from sctp_tui.tui.dialogs.name_screen import NameScreen
from sctp_tui.tui.dialogs.packet_screen import PacketScreen
from sctp_tui.tui.main_screen import MainScreen
from sctp_tui.tui.settings import Settings
from sctp_tui.tui.widgets.heading import Heading
from sctp_tui.tui.widgets.hexview import HexView
from sctp_tui.tui.wire.ladder_view import LadderView
from sctp_tui.tui.wire.paths_view import PathsView
from sctp_tui.tui.wire.why_line import WhyLine
from sctp_tui.tui.wire.wire_pane import WireHeading, WirePane
from sctp_tui.tui.wire_views import VIEW_BY_NAME, VIEWS

from ..harness import unused_udp_port
from .driving import drawn, message_input, outcome, rows, running, type_line, until

pytestmark = pytest.mark.userspace


def _ladder(app: SctpApp) -> LadderView:
    return app.query_one(LadderView)


async def _greet(app: SctpApp, pilot: Pilot[None]) -> None:
    """A first message from a client here, and what follows of it."""
    await pilot.press("enter")
    await until(pilot, lambda: rows(app) and rows(app)[0].state == "ESTABLISHED")


async def test_the_handshake_as_a_ladder_that_grows() -> None:
    async with running((120, 40)) as (app, pilot):
        await _greet(app, pilot)
        await pilot.press("escape", "w")
        await until(pilot, lambda: app.query(LadderView) and _ladder(app).ladder is not None)
        lines = drawn(_ladder(app))
        said = [line.split("─ ", 1)[1].split(" ", 1)[0] for line in lines[1:5]]
        assert said == ["INIT", "INIT", "COOKIE", "COOKIE"]
        assert "INIT ACK" in lines[2]
        assert "COOKIE ECHO" in lines[3]
        assert "+ DATA tsn 0 str 1 ssn 0 5 B hello" in lines[3]
        assert [line.rstrip()[-2:] for line in lines[1:5]] == ["▶│", "─┤", "▶│", "─┤"]
        assert app.query_one("#associations").display is False
        seen = len(app.monitor.wire)
        await type_line(pilot, "more of it")
        await until(pilot, lambda: len(app.monitor.wire) > seen)
        await until(pilot, lambda: any("10 B more of it" in line for line in drawn(_ladder(app))))
        await pilot.press("escape", "w")
        await until(pilot, lambda: app.query_one("#associations").display)
        assert not app.query_one(WirePane).display


async def test_all_of_a_packet() -> None:
    async with running((100, 40)) as (app, pilot):
        await _greet(app, pilot)
        await pilot.press("escape", "w")
        await until(pilot, lambda: app.query(LadderView) and _ladder(app).has_focus)
        await pilot.press("home", "enter")
        await until(pilot, lambda: isinstance(app.screen, PacketScreen))

        def text() -> str:
            return str(app.screen.query_one("#fields > Static").render())

        assert "supported extensions" in text()
        assert app.screen.query_one(HexView).data == next(iter(app.monitor.wire)).data
        await pilot.press("n")
        await until(pilot, lambda: "INIT ACK" in text())
        await pilot.press("escape")
        await until(pilot, lambda: not isinstance(app.screen, PacketScreen))
        row = _ladder(app).row
        assert row is not None
        assert row.number == 2


async def test_views_by_their_keys_and_clicks() -> None:
    async with running((100, 40)) as (app, pilot):
        await _greet(app, pilot)
        await pilot.press("escape", "w")
        await until(pilot, lambda: app.query(LadderView) and _ladder(app).has_focus)
        for view in VIEWS:
            await pilot.press(view.heading[0])
            await until(pilot, lambda view=view: app.query_one(f"#{view.name}").has_focus)  # type: ignore[misc]
        heading = app.query_one(WireHeading)
        at = heading.render().plain.index(VIEW_BY_NAME["lanes"].heading) + 2
        await pilot.click(heading, offset=(at, 0))
        await until(pilot, lambda: heading.view == "lanes")


async def test_the_heading_says_how_many_packets_are_missing() -> None:
    async with running((80, 24)) as (app, pilot):
        await _greet(app, pilot)
        await pilot.press("escape", "w")
        await until(pilot, lambda: app.query(LadderView) and _ladder(app).has_focus)
        app.event_queue.put((), (), 1234)
        heading = app.query_one(WireHeading)
        await until(pilot, lambda: heading.render().plain.endswith(" packets, 1,234 of all missed"))
        assert heading.render().plain.startswith("Wire   1 Ladder ")
        heading.lacking = False
        heading.title = "Wire of client 12, ID 345, there 678"
        assert heading.render().plain.startswith("Wire of client 12, ID 345   1 Ladder ")
        assert "5 Paths" in heading.render().plain[: heading.content_size.width]


async def test_the_heading_says_how_many_packets_had_to_go_for_newer_ones() -> None:
    async with running((80, 24), checked=False) as (app, pilot):
        await _greet(app, pilot)
        await pilot.press("escape", "w")
        await until(pilot, lambda: app.query(LadderView) and _ladder(app).has_focus)
        app.monitor.wire.limit = 6000
        app.submit(Send(0, bytes(5000), key=rows(app)[0].key, stream=1))
        await until(pilot, lambda: app.monitor.wire.gone)
        heading = app.query_one(WireHeading)
        await until(pilot, lambda: f", {app.monitor.wire.gone} of all removed" in heading.render().plain)


async def test_frozen_it_stands_and_goes_on() -> None:
    async with running((120, 40)) as (app, pilot):
        await _greet(app, pilot)
        await pilot.press("escape", "w")
        await until(pilot, lambda: app.query(LadderView) and _ladder(app).has_focus)
        await until(
            pilot, lambda: len(app.monitor.wire) >= 4 and (ladder := _ladder(app).ladder) and ladder.seen
        )
        await pilot.press("z")
        ladder = _ladder(app).ladder
        assert ladder is not None
        seen = ladder.seen
        key = rows(app)[0].key
        app.submit(Send(0, b"while it stands", key=key, stream=1))
        await until(pilot, lambda: len(app.monitor.wire) > seen)
        await pilot.pause(0.3)
        assert ladder.seen == seen
        await pilot.press("z")
        await until(pilot, lambda: ladder.seen > seen)


async def test_another_row_is_another_ladder() -> None:
    async with running((120, 40)) as (app, pilot):
        await _greet(app, pilot)
        server = app.monitor.endpoints.servers[0]
        app.submit(
            OpenClient("client 9", "userspace", Peer(server.addresses[:1], server.port)),
            Send(1, b"another", "client 9"),
        )
        await until(pilot, lambda: len(rows(app)) == 2)
        await pilot.press("escape", "end", "w")
        await until(pilot, lambda: app.query(LadderView) and _ladder(app).ladder is not None)
        ladder = _ladder(app).ladder
        assert ladder is not None
        assert ladder.conversation.peer == rows(app)[1].peer


async def test_without_an_association_it_says_so() -> None:
    async with running() as (app, pilot):
        await pilot.press("escape", "w")
        await until(pilot, lambda: app.query_one(WirePane).display)
        assert "no association yet: m leads to the line" in str(app.query_one("#no-packets").render())


async def test_keys_mean_the_association_that_is_shown() -> None:
    async with running((120, 40)) as (app, pilot):
        await _greet(app, pilot)
        await pilot.press("escape", "down", "w")
        await until(pilot, lambda: app.query(LadderView) and _ladder(app).has_focus)
        server = rows(app)[0]
        pane = app.query_one(WirePane)
        await until(pilot, lambda: pane.association is not None and pane.association.key == server.key)
        # What the client pane has is shown while one types there, and still when one leaves it for the wire.
        await pilot.press("m")
        await until(pilot, lambda: pane.association is not None and pane.association.endpoint == "client 1")
        await pilot.press("escape")
        await until(pilot, lambda: _ladder(app).has_focus)
        await pilot.press("c")
        await until(pilot, lambda: rows(app)[0].ended is not None)
        assert str(rows(app)[0].ended) == "shutdown by peer"
        # From the table it is that of the row again.
        await pilot.press("escape", "w")
        await until(pilot, lambda: pane.display and pane.association is not None)
        assert pane.association is not None
        assert pane.association.key == server.key


async def test_why_for_beginners_and_for_experts() -> None:
    async with running((120, 40)) as (app, pilot):
        await _greet(app, pilot)
        await pilot.press("escape", "w")
        await until(pilot, lambda: app.query(LadderView) and _ladder(app).has_focus)
        await pilot.press("home")
        line = app.query_one(WhyLine)
        await until(pilot, lambda: isinstance(line.row, Row) and line.row.number == 1)
        beginner = line.render().plain
        assert beginner.startswith("INIT ")
        assert "RFC 9260, section 5.1" in beginner
        await pilot.press("down", "down")
        await until(pilot, lambda: isinstance(line.row, Row) and line.row.number == 3)
        both = line.render().plain
        assert both.startswith("COOKIE ECHO ")
        await pilot.resize_terminal(40, 40)  # where it does not fit, it says where the rest is
        await until(pilot, lambda: line.render().plain.endswith(" … Enter"))
        said = line.render().plain.removesuffix(" … Enter").replace("\n", " ")
        assert both.startswith(said.rstrip())
        assert len(line.render().plain.splitlines()) == line.size.height
        await pilot.resize_terminal(120, 40)
        await until(pilot, lambda: line.render().plain == both)
        await pilot.press("home")
        await until(pilot, lambda: line.render().plain == beginner)
        await pilot.press("E")
        await until(pilot, lambda: line.level == "expert")
        expert = line.render().plain
        assert expert.startswith("INIT ")
        assert expert != beginner
        await pilot.press("enter")  # all of the packet is explained so, too
        await until(pilot, lambda: isinstance(app.screen, PacketScreen))
        text = str(app.screen.query_one("#fields > Static").render())
        assert expert.removeprefix("INIT ").split(".")[0] in text
        await pilot.press("E")
        text = str(app.screen.query_one("#fields > Static").render())
        assert beginner.removeprefix("INIT ").split(".")[0] in text


@pytest.mark.parametrize(("size", "beside"), [((80, 24), False), ((120, 40), True)])
async def test_the_log_stays_where_there_are_lines_for_it(size: tuple[int, int], beside: bool) -> None:
    async with running(size) as (app, pilot):
        await _greet(app, pilot)
        log = app.query_one("#log")
        assert log.display
        await pilot.press("escape", "w")
        await until(pilot, lambda: app.query(LadderView) and _ladder(app).has_focus)
        assert log.display == beside
        assert _ladder(app).size.height >= 8
        await pilot.press("escape")
        await until(pilot, lambda: app.query_one("#associations").has_focus_within)
        assert log.display


async def test_no_address_is_shown_where_they_are_masked() -> None:
    settings = Settings(port=0, udp_port=0, mask_addresses=True)
    async with running((120, 40), settings) as (app, pilot):
        app.screen.query_one("#udp", Input).value = str(app.monitor.endpoints.servers[0].udp_port)
        await _greet(app, pilot)
        await pilot.press("escape", "w")
        await until(pilot, lambda: app.query(LadderView) and _ladder(app).has_focus)
        await until(pilot, lambda: len(app.monitor.wire) >= 8)
        assert "198.18.0." in drawn(_ladder(app))[0]
        assert not any("127.0.0.1" in line for line in drawn(_ladder(app)))
        await pilot.press("home", "enter")
        await until(pilot, lambda: isinstance(app.screen, PacketScreen))
        text = str(app.screen.query_one("#fields > Static").render())
        assert "198.18.0." in text
        assert "127.0.0.1" not in text
        for packet in app.monitor.wire:
            assert socket.inet_aton("127.0.0.1") not in packet.data


async def test_a_name_is_in_the_heading_of_the_wire() -> None:
    async with running((120, 40)) as (app, pilot):
        await _greet(app, pilot)
        await pilot.press("escape", "w", "N")
        await until(pilot, lambda: isinstance(app.screen, NameScreen))
        await pilot.press(*"anna", "enter")
        await until(pilot, lambda: "anna" in app.query_one(WireHeading).title)


async def test_a_packet_is_copied_as_line_hex_and_json() -> None:
    async with running((100, 40)) as (app, pilot):
        await _greet(app, pilot)
        await pilot.press("escape", "w")
        await until(pilot, lambda: app.query(LadderView) and _ladder(app).has_focus)
        await pilot.press("home", "y", "h")
        init = next(iter(app.monitor.wire))
        await until(pilot, lambda: app.clipboard == init.data.hex(" "))
        await pilot.press("y", "y")
        await until(pilot, lambda: "INIT tag" in app.clipboard and app.clipboard.endswith("▶│"))
        await pilot.press("y", "J")
        await until(pilot, lambda: '"chunk":"INIT"' in app.clipboard)


async def test_what_is_refused_is_shown_while_the_wire_has_the_whole_screen() -> None:
    refused = Refused(
        at=0,
        mono=0,
        endpoint="",
        key=0,
        assoc_id=0,
        peer=None,
        command="step",
        message_id=0,
        text="no such time",
    )
    async with running((100, 40)) as (app, pilot):
        await _greet(app, pilot)
        await pilot.press("escape", "w")
        await until(pilot, lambda: app.query(LadderView) and _ladder(app).has_focus)
        await pilot.press("W")
        await until(pilot, lambda: not app.query_one(ClientPane).display)
        assert isinstance(app.screen, MainScreen)
        app.screen.fold(Batch([refused]))
        await until(pilot, lambda: "no such time" in [note.message for note in app._notifications])


async def test_the_paths_explain_the_signs_and_the_packet_that_are_in_view() -> None:
    async with running((120, 40)) as (app, pilot):
        await _greet(app, pilot)
        await pilot.press("escape", "w")
        await until(pilot, lambda: app.query(LadderView) and _ladder(app).has_focus)
        await pilot.press("5")
        await until(pilot, lambda: app.query(PathsView) and app.query_one(PathsView).has_focus)
        view = app.query_one(PathsView)
        await until(pilot, lambda: drawn(view)[-1].endswith("━ primary  ─ active"))
        assert "I INIT" in drawn(view)[-1]
        assert "unreachable" not in drawn(view)[-1]
        before = view.explained
        await pilot.press(*"+++++")
        view.axis.move(-3)
        assert (before, view.explained) == (view.row, None)
        assert view.row is not None


async def test_what_is_set_up_has_no_row_yet_and_is_shown() -> None:
    async with running((120, 40)) as (app, pilot):
        await _greet(app, pilot)
        await pilot.press("escape", "i")
        await until(pilot, lambda: outcome(pilot).startswith("time stands still now"))
        await pilot.press("n", *"new", "enter")
        await until(pilot, lambda: len({packet.flow for packet in app.monitor.wire}) == 2)
        await pilot.press("escape", "w")
        await until(pilot, lambda: app.query(LadderView) and _ladder(app).has_focus)
        assert app.query_one(WireHeading).title == "Wire of client 2"
        assert len(rows(app)) == 1
        await until(pilot, lambda: "INIT" in drawn(_ladder(app))[1])
        opened = next(one for one in app.monitor.associations if one.endpoint == "client 2")
        assert opened.state == "COOKIE-WAIT"
        assert "1 of 2 up" in app.query_one("ClientPane > Heading", Heading).numbers
        await pilot.press("i", "i")
        await until(pilot, lambda: opened.state == "COOKIE-ECHOED")
        await pilot.press("i", "i")
        await until(pilot, lambda: len(rows(app)) == 2)
        await until(pilot, lambda: app.query_one(WireHeading).title.startswith("Wire of client 2, ID "))


async def test_what_the_sockets_tell_between_the_packets() -> None:
    async with running((120, 40)) as (app, pilot):
        await _greet(app, pilot)
        await pilot.press("escape", "w")
        await until(pilot, lambda: app.query(LadderView) and _ladder(app).row)
        alone = drawn(_ladder(app))
        await pilot.press("v")

        def lines() -> list[str]:
            return [line.strip(" │├┤●") for line in drawn(_ladder(app))[1:]]

        def at(text: str) -> int:
            return next((at for at, line in enumerate(lines()) if text in line), -1)

        await until(pilot, lambda: at("receives 5 B on stream 1: hello") > 0)
        order = [
            "sends 5 B on stream 1: hello",
            "─ INIT tag",
            "COOKIE ACK",
            "receives 5 B on stream 1: hello",
        ]
        assert [at(text) for text in order] == sorted(at(text) for text in order)
        server = drawn(_ladder(app))[1 + at("COMM_UP")]
        assert server.endswith("● ┤")  # the end that was told is the one on the right
        await pilot.press("home", "down")
        await until(pilot, lambda: "RFC 6458" in app.query_one(WhyLine).render().plain)
        await pilot.press("y", "y")
        await until(pilot, lambda: outcome(pilot).startswith("copied the line"))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, MessageDetailScreen))
        await pilot.press("escape", "v")
        await until(pilot, lambda: len(drawn(_ladder(app))) and at("receives") < 0)
        assert drawn(_ladder(app))[1:3] == alone[1:3]


async def test_what_was_done_to_the_link_and_from_one_lost_to_the_next() -> None:
    async with running((120, 40)) as (app, pilot):
        await _greet(app, pilot)
        await pilot.press("escape", "w")
        await until(pilot, lambda: app.query(LadderView) and _ladder(app).row)
        for number in range(2):
            await pilot.press("D")
            await until(pilot, lambda: app.monitor.link and app.monitor.link.inward.drops)
            key = rows(app)[0].key
            client = next(one for one in app.monitor.associations if one.key != key)
            app.submit(Send(0, b"lost once", key=client.key, stream=1))
            again = number + 1
            await until(pilot, lambda again=again: rows(app)[0].messages_in == 1 + again)  # type: ignore[misc]
        lines = drawn(_ladder(app))
        assert sum("to be lost: the next DATA on stream 1" in line for line in lines) == 2
        found = []
        await pilot.press("home")
        for _ in range(4):
            await pilot.press(">")
            row = _ladder(app).row
            assert row is not None
            found.append((row.arrives, bool(row.first_try)))
        assert found == [(False, False), (True, True)] * 2
        await pilot.press(">")
        await until(pilot, lambda: outcome(pilot) == "none seen below that was lost or sent again")
        await pilot.press("<")
        row = _ladder(app).row
        assert row is not None
        assert not row.arrives
        while not isinstance(_ladder(app).line, Annotation):  # a SACK may stand between the two
            before = _ladder(app).line
            await pilot.press("up")
            assert _ladder(app).line is not before
        # What was done to the link has words, too.
        await until(pilot, lambda: "The user changed what" in app.query_one(WhyLine).render().plain)
        await pilot.press("enter")
        await until(pilot, lambda: outcome(pilot) == "all that is known of this stands here")


async def test_what_icmp_says_is_explained_and_leads_to_its_packet() -> None:
    async with running((120, 40)) as (app, pilot):
        app.screen.query_one("#udp", Input).value = str(unused_udp_port())
        await type_line(pilot, "hello")
        await until(pilot, lambda: "nobody has UDP port" in outcome(pilot))
        await pilot.press("escape", "w")
        await until(pilot, lambda: app.query(LadderView) and _ladder(app).has_focus)
        await until(pilot, lambda: "ICMP port unreachable, for packet 1" in drawn(_ladder(app))[2])
        await pilot.press("end", "home", "down")
        assert isinstance(_ladder(app).line, Annotation)
        await until(pilot, lambda: "RFC 9260, section 10" in app.query_one(WhyLine).render().plain)
        await pilot.press("enter")
        row = _ladder(app).row
        assert row is not None
        assert row.number == 1


async def test_heartbeats_in_a_row_are_one_line_when_asked_for() -> None:
    async with running((120, 40)) as (app, pilot):
        await _greet(app, pilot)
        await pilot.press("escape", "w", "space")
        await until(pilot, lambda: app.monitor.link and app.monitor.link.speed == 0)

        def apart() -> int:
            return sum("HEARTBEAT" in line for line in drawn(_ladder(app)))

        for _ in range(2):
            seen = len(app.monitor.wire)
            await pilot.press("i")
            await until(pilot, lambda seen=seen: len(app.monitor.wire) > seen)  # type: ignore[misc]
        # Mostly a HEARTBEAT and its answer; timers of both ends may end in the same tick.
        packets = len(app.monitor.wire)
        await until(pilot, lambda: apart() >= 2)
        beats = apart()
        await pilot.press("h")
        await until(pilot, lambda: any(f"{beats} HEARTBEATs" in line for line in drawn(_ladder(app))))
        assert len(app.monitor.wire) == packets
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, PacketScreen))
        await pilot.press("escape", "h")
        await until(pilot, lambda: apart() == beats)


async def test_the_line_is_left_at_once() -> None:
    """The key that comes next has the last word on where the focus goes."""
    async with running() as (app, pilot):
        await _greet(app, pilot)
        await pilot.press("escape", "w")
        await until(pilot, lambda: app.query(LadderView) and _ladder(app).has_focus)
        main, line = app.screen, message_input(pilot)
        assert isinstance(main, MainScreen)
        main.action_message()
        main.action_leave_input()
        assert _ladder(app).has_focus
        main.action_message()
        await until(pilot, lambda: line.has_focus)
        await pilot.pause()
        assert line.has_focus


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (160, 40), (190, 50)])
async def test_where_the_wire_has_all_of_the_screen_a_line_that_one_types_in_is_seen(
    size: tuple[int, int],
) -> None:
    async with running(size) as (app, pilot):
        await _greet(app, pilot)
        await pilot.press("escape", "w")
        await until(pilot, lambda: app.query(LadderView) and _ladder(app).has_focus)
        await pilot.press("W")
        line = message_input(pilot)
        wire, footer = app.query_one(WirePane), app.query_one("Footer")
        await until(pilot, lambda: wire.region.bottom == footer.region.y)
        for key in ("m", "r", "R", "n"):
            await pilot.press(key)
            await until(pilot, lambda: line.has_focus and line.region.height == 1, key)
            assert app.screen.region.contains_region(line.region)
            assert app.query_one("#outcome").region.bottom <= footer.region.y
            assert wire.region.height > size[1] // 2
            assert not app.query_one("#log").region.height
            await pilot.press("escape")
            await until(pilot, lambda: not line.has_focus)
            if key in "mr":  # the others have no packets of one association
                await until(pilot, lambda: wire.region.bottom == footer.region.y)
