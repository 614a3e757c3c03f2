"""The link from the screen: what is done to packets on purpose, and its time."""

import re
import socket
import struct

import pytest
from msgspec.structs import replace
from textual.pilot import Pilot
from textual.widgets import Input, OptionList, Static

from sctp_tui.monitor.trace.link_history import conditioned, is_cut
from sctp_tui.sctp.commands import SetLink
from sctp_tui.sctp.events import Packet
from sctp_tui.sctp.link.conditions import Conditions, DropRule
from sctp_tui.tui.app import SctpApp
from sctp_tui.tui.dialogs.drop_screen import DropScreen
from sctp_tui.tui.dialogs.link_screen import LinkScreen
from sctp_tui.tui.main_screen import MainScreen
from sctp_tui.tui.wire.ladder_view import LadderView
from sctp_tui.tui.wire.link_banner import LinkBanner

from ..harness import unused_udp_port
from .driving import drawn, message_input, messages, outcome, rows, running, type_line, until

pytestmark = pytest.mark.userspace


async def _greet(app: SctpApp, pilot: Pilot[None]) -> None:
    """A client here is up, its SACK is there, and the lists have the focus."""
    await pilot.press("enter")
    await until(pilot, lambda: rows(app) and rows(app)[0].state == "ESTABLISHED")
    await until(pilot, lambda: len(app.monitor.wire) >= 4)
    await pilot.press("escape")


async def _panel(app: SctpApp, pilot: Pilot[None]) -> LinkScreen:
    await pilot.press("L")
    await until(pilot, lambda: isinstance(app.screen, LinkScreen) and app.screen.query("#inward"))
    screen = app.screen
    assert isinstance(screen, LinkScreen)
    return screen


def _said(app: SctpApp) -> str:
    return str(app.screen.query_one("#said", Static).content)


def _banner(app: SctpApp) -> str:
    banner = app.screen_stack[0].query_one(LinkBanner)
    return banner.render().plain.rstrip() if banner.display else ""


def _packets(app: SctpApp) -> list[Packet]:
    return list(app.monitor.wire)


async def test_what_is_wrong_is_said_while_it_is_typed() -> None:
    async with running() as (app, pilot):
        await pilot.press("escape")
        screen = await _panel(app, pilot)
        await pilot.press(*"loss=10%")
        await until(pilot, lambda: "Enter: from now on" in _said(app))
        await pilot.press("space", *"dely=5")
        await until(pilot, lambda: _said(app).startswith("Into: 'dely=5', column 10: "))
        assert _said(app).endswith("is it delay?")
        await pilot.press("enter")  # what is wrong is not done, and stays
        assert app.screen is screen
        assert screen.query_one("#inward", Input).value == "loss=10% dely=5"
        assert not conditioned(app.monitor.link)
        screen.query_one("#inward", Input).value = ""
        screen.query_one("#outward", Input).value = "  dup=1%  rate=0"
        await until(pilot, lambda: _said(app).startswith("Out of: 'rate=0', column 11: "))
        screen.query_one("#outward", Input).value = ""
        screen.query_one("#seed", Input).value = "-1"
        await until(pilot, lambda: _said(app).startswith("Seed can't be -1"))
        await pilot.press("escape")
        await until(pilot, lambda: not isinstance(app.screen, LinkScreen))
        assert not conditioned(app.monitor.link)
        assert _banner(app) == ""


@pytest.mark.parametrize("chunk", ["HEARTBEAT", "HEARTBEAT ACK", "SHUTDOWN ACK", "ABORT"])
async def test_kinds_that_can_be_chosen_to_be_lost(chunk: str) -> None:
    async with running() as (app, pilot):
        await pilot.press("escape", "X")
        await until(pilot, lambda: isinstance(app.screen, DropScreen))
        menu = app.screen.query_one(OptionList)
        menu.highlighted = menu.get_option_index(f"the next {chunk}")
        await pilot.press("enter")
        await until(pilot, lambda: _banner(app) == f"Link both ways loses the next {chunk}")


async def test_what_is_to_be_lost_is_read_at_80_columns() -> None:
    async with running((80, 24)) as (app, pilot):
        await _greet(app, pilot)
        await pilot.press("escape", "i", *"DDDDDD")
        aim = "loses the next DATA on stream 1, 6 times"
        await until(pilot, lambda: _banner(app) == f"TIME STANDS STILL   Link both ways {aim}")
        await type_line(pilot, "on its way")
        await until(pilot, lambda: "loses the next DATA on stream 1, 5 times   in 1 lost" in _banner(app))


async def test_what_is_applied_shows_on_the_next_packets() -> None:
    async with running((120, 40)) as (app, pilot):
        await _greet(app, pilot)
        before = len(_packets(app))
        screen = await _panel(app, pilot)
        await pilot.press(*"delay=20ms", "ctrl+s", "ctrl+t")
        assert screen.query_one("#outward", Input).value == "delay=20ms"
        seed = screen.query_one("#seed", Input).value
        assert seed.isdigit()
        await pilot.press("enter")
        await until(pilot, lambda: conditioned(app.monitor.link))
        assert app.monitor.link is not None
        assert app.monitor.link.inward == app.monitor.link.outward == Conditions(delay=20)
        assert app.monitor.link.seed == int(seed)
        await until(pilot, lambda: _banner(app) == "Link both ways delay=20ms")
        await type_line(pilot, "late")
        await until(pilot, lambda: messages(app, "server")[-1] == b"late")
        await until(pilot, lambda: len(_packets(app)) >= before + 2)
        assert {(p.verdict, round(p.transit, 6)) for p in _packets(app)[before:]} == {("delayed", 0.02)}
        await until(pilot, lambda: _banner(app) == "Link both ways delay=20ms   in 1 delayed   out 1 delayed")
        await pilot.press("escape", "w")
        await until(pilot, lambda: any("late +20 ms" in line for line in drawn(app.query_one(LadderView))))
        # It opens on what is.
        screen = await _panel(app, pilot)
        assert screen.query_one("#inward", Input).value == "delay=20ms"
        assert _said(app).startswith(f"seed {seed} now")
        await pilot.press("ctrl+r", "enter")
        await until(pilot, lambda: _banner(app) == "")
        assert not isinstance(app.screen, LinkScreen)


async def test_the_menu_of_what_to_lose() -> None:
    async with running((100, 30)) as (app, pilot):
        await _greet(app, pilot)
        await pilot.press("X")
        await until(pilot, lambda: isinstance(app.screen, DropScreen))
        await pilot.press("escape")
        await until(pilot, lambda: not isinstance(app.screen, DropScreen))
        assert not conditioned(app.monitor.link)
        await pilot.press("X")
        await until(pilot, lambda: isinstance(app.screen, DropScreen))
        menu = app.screen.query_one(OptionList)
        menu.highlighted = menu.get_option_index("the next SACK")
        await pilot.press("enter")
        await until(pilot, lambda: outcome(pilot) == "the link was told to lose the next SACK")
        await until(pilot, lambda: _banner(app) == "Link both ways loses the next SACK")
        await type_line(pilot, "not acknowledged")
        await until(pilot, lambda: any(packet.verdict == "dropped" for packet in _packets(app)))
        (dropped,) = (packet for packet in _packets(app) if packet.verdict == "dropped")
        assert dropped.direction == "out"
        await until(pilot, lambda: _banner(app) == "")


async def test_time_stands_and_goes_by_single_packets() -> None:
    async with running((120, 40)) as (app, pilot):
        await _greet(app, pilot)
        await pilot.press("w", "space")
        await until(pilot, lambda: _banner(app).startswith("TIME STANDS STILL"))
        assert "i: one step" in _banner(app)
        ladder = app.query_one(LadderView)
        await type_line(pilot, "on its way")
        await until(pilot, lambda: any("on its way" in line for line in drawn(ladder)))
        (line,) = (line for line in drawn(ladder) if "on its way" in line)
        assert line.endswith("╌▷│")
        await until(pilot, lambda: ", 1 on the way" in _banner(app))
        assert messages(app, "server") == [b"hello"]
        await pilot.press("escape", "i")
        await until(pilot, lambda: messages(app, "server") == [b"hello", b"on its way"])
        await until(pilot, lambda: any(re.search("on its way .*─▶│", line) for line in drawn(ladder)))
        await pilot.press("space")
        await until(pilot, lambda: _banner(app) == "")


def _numbers(ladder: LadderView) -> list[int]:
    """Of the packets in view."""
    return [int(line.split()[0]) for line in drawn(ladder) if re.match(r" *\d+ ", line)]


async def test_a_repeat_has_the_timer_that_ran_beside_it() -> None:
    """As the stack told it while it ran: step by step each is twice the one before."""
    async with running((120, 40)) as (app, pilot):
        await _greet(app, pilot)
        await pilot.press("w", "D", "D", "D", "space")
        await until(pilot, lambda: _banner(app).startswith("TIME STANDS STILL"))
        ladder = app.query_one(LadderView)
        await type_line(pilot, "again and again")
        await pilot.press("escape")
        await until(pilot, lambda: any("✗" in line for line in drawn(ladder)))
        assert ladder.ladder is not None
        samples = ladder.ladder.conversation.rto["in"]
        seen: list[str] = []
        for rto in (1, 2, 4):
            await until(pilot, lambda rto=rto: samples._told[""][-1][2] == rto)  # type: ignore[misc]
            before = len(seen)
            while len(seen) == before:
                captured = ladder.ladder.conversation.captured
                await pilot.press("i")
                await until(pilot, lambda captured=captured: _numbers(ladder)[-1] > captured)  # type: ignore[misc]
                seen = [line for line in drawn(ladder) if "↻" in line]
            assert f"RTO {rto} s" in seen[-1], seen


async def test_what_time_keeps_out_is_counted() -> None:
    async with running((120, 40)) as (app, pilot):
        await pilot.press("escape", "space")
        await until(pilot, lambda: _banner(app) == "TIME STANDS STILL   space: go on, i: one step")
        server = app.monitor.endpoints.servers[0]
        assert server.udp_port is not None
        init = struct.pack("!HHIIBBHIIHHI", 5, server.port, 0, 0, 1, 0, 20, 1, 1500, 1, 1, 1)
        told = "from outside not let in: their time goes on   space: go on, i: one step"
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as outside:
            for said in ("1 packet", "2 packets"):
                outside.sendto(init, (server.addresses[0], server.udp_port))
                await until(pilot, lambda said=said: _banner(app) == f"TIME STANDS STILL   {said} {told}")  # type: ignore[misc]
            await pilot.press("space")
            await until(pilot, lambda: _banner(app) == "")
            await pilot.press("space")  # counted from now
            await until(pilot, lambda: _banner(app) == "TIME STANDS STILL   space: go on, i: one step")


async def test_slower_and_faster() -> None:
    async with running() as (app, pilot):
        await _greet(app, pilot)
        for key, pace in (("[", "1/2"), ("[", "1/10"), ("[", "1/100"), ("[", "1/100"), ("]", "1/10")):
            await pilot.press({"[": "left_square_bracket", "]": "right_square_bracket"}[key])
            await until(pilot, lambda pace=pace: _banner(app).startswith(f"TIME GOES AT {pace} "))  # type: ignore[misc]
        await pilot.press("right_square_bracket")
        await until(pilot, lambda: _banner(app).startswith("TIME GOES AT 1/2 "))
        await pilot.press("right_square_bracket")
        await until(pilot, lambda: _banner(app) == "")
        for pace in ("10×", "100×"):
            await pilot.press("right_square_bracket")
            await until(pilot, lambda pace=pace: _banner(app).startswith(f"TIME GOES AT {pace} "))  # type: ignore[misc]
        await pilot.press("i")  # a step where time goes on lets it stand
        await until(pilot, lambda: _banner(app).startswith("TIME STANDS STILL"))
        await pilot.press("left_square_bracket")
        await until(pilot, lambda: _banner(app).startswith("TIME GOES AT 1/"))


async def test_time_goes_on_while_a_peer_has_a_time_of_its_own() -> None:
    async with running((120, 40)) as (app, pilot):
        app.screen.query_one("#udp", Input).value = str(app.monitor.endpoints.servers[0].udp_port)
        await _greet(app, pilot)
        screen = app.screen
        assert isinstance(screen, MainScreen)
        for keys in (["space"], ["i"], ["left_square_bracket"], ["m", "escape", "space"], ["i"]):
            await pilot.press(*keys)
            await until(pilot, lambda: "packets go over UDP to 127.0.0.1" in outcome(pilot), str(keys))
            assert _banner(app) == ""
            screen.tell("")


async def test_after_a_client_that_failed_time_stands_still_at_a_key() -> None:
    async with running((120, 40)) as (app, pilot):
        app.screen.query_one("#udp", Input).value = str(unused_udp_port())
        await type_line(pilot, "anybody?")
        await until(pilot, lambda: "could not start" in outcome(pilot))
        await pilot.press("escape", "space")
        await until(pilot, lambda: _banner(app).startswith("TIME STANDS STILL"))
        await type_line(pilot, "anybody?")
        await until(pilot, lambda: "let it go on first" in outcome(pilot))
        assert message_input(pilot).value == "anybody?"
        await pilot.press("escape", "space")
        await until(pilot, lambda: _banner(app) == "")
        await type_line(pilot, "anybody?")
        await until(pilot, lambda: "could not start" in outcome(pilot))


async def test_keys_in_a_burst_each_count() -> None:
    async with running((100, 40)) as (app, pilot):
        await pilot.press("escape", *["left_square_bracket"] * 3, "right_square_bracket")
        await until(pilot, lambda: app.monitor.link is not None and app.monitor.link.speed == 0.1)
        await pilot.press("space", "space")
        await until(pilot, lambda: app.monitor.link is not None and app.monitor.link.speed == 1)


async def test_where_the_kernel_carries_the_packets_it_is_said_at_once() -> None:
    async with running() as (app, pilot):
        views = app.monitor.endpoints.views
        for name, view in views.items():
            views[name] = replace(view, stack="kernel")
        app.monitor.links.clear()
        for key in ("L", "X", "C", "D"):
            await pilot.press("escape", key)
            await until(pilot, lambda: "the kernel carries its packets itself" in outcome(pilot))
            assert "lab --paths 2" in outcome(pilot)
            assert isinstance(app.screen, MainScreen)
            app.screen.tell("")


async def test_the_link_is_cut_and_joined_by_a_key() -> None:
    async with running() as (app, pilot):
        await pilot.press("escape", "C")
        await until(pilot, lambda: app.monitor.link and is_cut(app.monitor.link))
        await until(pilot, lambda: outcome(pilot) == "the link is cut: nothing gets through")
        await pilot.press("C")
        await until(pilot, lambda: not conditioned(app.monitor.link))
        await until(pilot, lambda: outcome(pilot) == "the link carries packets again")


async def test_what_is_typed_takes_the_place_of_what_stood_in_the_first_field() -> None:
    async with running() as (app, pilot):
        await pilot.press("escape")
        screen = await _panel(app, pilot)
        await pilot.press(*"loss=10%", "enter")
        await until(pilot, lambda: not isinstance(app.screen, LinkScreen))
        await until(pilot, lambda: conditioned(app.monitor.link))
        screen = await _panel(app, pilot)
        await until(pilot, lambda: screen.query_one("#inward", Input).value == "loss=10%")
        await pilot.press(*"cut")
        assert screen.query_one("#inward", Input).value == "cut"


async def test_what_was_typed_for_a_link_stays_when_another_one_is_chosen() -> None:
    async with running() as (app, pilot):
        await until(pilot, lambda: app.monitor.link is not None)
        state = app.monitor.link
        assert state is not None
        slow = Conditions(delay=20)
        screen = LinkScreen({1: replace(state, link=1), 2: replace(state, link=2, inward=slow, outward=slow)})
        app.push_screen(screen)
        await until(pilot, lambda: screen.query("#link"))
        inward, outward = (screen.query_one(f"#{name}", Input) for name in ("inward", "outward"))
        screen.query_one("#link", Input).value = "2"
        await until(pilot, lambda: (inward.value, outward.value) == ("delay=20ms", "delay=20ms"))
        inward.value = "loss=10%"
        screen.query_one("#link", Input).value = "1"
        await until(pilot, lambda: screen._link == 1)
        assert (inward.value, outward.value) == ("loss=10%", "")


async def test_links_that_differ_are_not_made_alike_unless_that_is_typed() -> None:
    async with running() as (app, pilot):
        await until(pilot, lambda: app.monitor.link is not None)
        state = app.monitor.link
        assert state is not None
        slow, none = Conditions(delay=20), Conditions()
        screen = LinkScreen({1: replace(state, link=1, inward=slow), 2: replace(state, link=2)})
        app.push_screen(screen)
        await until(pilot, lambda: screen.query("#outward"))
        inward, outward = (screen.query_one(f"#{name}", Input) for name in ("inward", "outward"))
        assert (inward.value, outward.value) == ("", "")
        await until(pilot, lambda: "the links differ: give the number of one" in _said(app))
        screen.query_one("#link", Input).value = "1"
        await until(pilot, lambda: (inward.value, outward.value) == ("delay=20ms", ""))
        screen.query_one("#link", Input).value = ""
        await until(pilot, lambda: (inward.value, outward.value) == ("", ""))
        await pilot.press("ctrl+r")
        await until(pilot, lambda: "Enter: from now on" in _said(app))
        assert screen._read() == SetLink(none, none)


async def test_a_drop_that_several_links_share_stays_one_in_the_form_of_one_link() -> None:
    async with running() as (app, pilot):
        await until(pilot, lambda: app.monitor.link is not None)
        state = app.monitor.link
        assert state is not None
        waits = Conditions(drops=(DropRule("DATA", shared=True),))
        screen = LinkScreen({1: replace(state, link=1, inward=waits, outward=waits)}, 1)
        app.push_screen(screen)
        await until(pilot, lambda: screen.query("#outward"))
        inward, outward = (screen.query_one(f"#{name}", Input) for name in ("inward", "outward"))
        await until(pilot, lambda: (inward.value, outward.value) == ("drop=DATA", "drop=DATA"))
        inward.value = "delay=20 drop=DATA drop=DATA"
        read = screen._read()
        assert read.inward.drops == (DropRule("DATA", shared=True), DropRule("DATA"))
        assert read.outward.drops == (DropRule("DATA", shared=True),)
