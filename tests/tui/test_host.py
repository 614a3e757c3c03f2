"""A machine's kernel on the screen: table, detail and log; no packets, and what shows them; no dead keys."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from textual.pilot import Pilot
from textual.widgets._footer import FooterKey

from sctp_tui.monitor.text.glossary import TERMS
from sctp_tui.sctp.kernel.proc_net import Counters, ProcAssociation, ProcPath
from sctp_tui.sources import interfaces
from sctp_tui.sources.host import Host
from sctp_tui.sources.host_capture import HostCapture
from sctp_tui.sources.processes import Processes
from sctp_tui.tui.actions import ACTIONS, SPEAKING
from sctp_tui.tui.association_table import AssociationTable
from sctp_tui.tui.capture_app import CaptureApp
from sctp_tui.tui.clients.client_pane import ClientPane
from sctp_tui.tui.settings import Settings
from tests.sources.machines import FakeMachine, FakeRing, association, listener
from tests.sources.test_host_capture import ABORT, CLIENT
from tests.sources.test_observer import Story

from .driving import until
from .test_capture import shown

TWO = ("10.0.0.2", "10.0.1.2")
COUNTED = (3, 4, 5, 6, 7, 8, 9, 10, 0, 1, 40, 30, 11, 12)


def machine() -> FakeMachine:
    """One with two associations, one of them with two paths, and a socket that listens."""
    made = FakeMachine(
        listener(),
        association(peers=TWO, counters=COUNTED, srtt=12, unacked=2),
        association(tag=2, peer_port=5001, peer_tag=0, state="COOKIE-WAIT"),
    )
    made.known = {(9001, 5000, TWO): ProcAssociation("4", 10)}
    made.other_paths = {("4", "10.0.1.2"): ProcPath(3000, 5, 0)}
    return made


@asynccontextmanager
async def opened(
    on: FakeMachine, *, size: tuple[int, int] = (120, 36), filter: str = ""
) -> AsyncIterator[tuple[CaptureApp, Pilot[None]]]:
    """The program, once the first look is drawn."""
    source = Host(machine=on, processes=Processes(__file__))
    app = CaptureApp(source, Settings(filter=filter))
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: "1 listening, live" in shown(app) and " Detail ──" in shown(app))
        yield app, pilot


async def test_the_table_the_detail_and_the_log() -> None:
    async with opened(machine()) as (app, pilot):
        assert not app.screen.query(ClientPane)
        await until(pilot, lambda: "10.0.0.2:5000 +10.0.1.2" in shown(app))
        text = shown(app)
        for part in (
            "this machine's kernel",
            "2 associations, 1 listening, live",
            "2 live, 1 listening",
            *("Peer", "Local", "Process", "DATA/s", "RTO"),
            *("10.0.0.2:5000", "10.0.0.1:9001", "ESTABLISHED", "COOKIE-WAIT", "LISTEN"),
            "there at the first look",
            "a socket listens on 10.0.0.1:9001",
            *("0x01020304", "0x0a0b0c0d"),
            "before the first look",
            "left out: 3 processes of other users, whom only root sees",
        ):
            assert part in text, part
        await pilot.press("d", "end")
        await until(pilot, lambda: "Retransmitted" in shown(app))
        for part in (
            "7 chunks",
            "Own rwnd",
            "104 KiB",
            "5 packets",
            "6 packets",
            "unreachable",
            "Peer's rwnd",
        ):
            assert part in shown(app), part
        assert "Messages in" not in shown(app)
        assert "Longest RTO" not in shown(app)


async def test_there_are_no_packets_and_what_shows_them_is_said() -> None:
    async with opened(machine()) as (app, pilot):
        assert "Ladder" not in shown(app)
        await pilot.press("w")
        await until(pilot, lambda: "No packets: a machine's kernel tells the numbers" in shown(app))
        assert "sudo sctp-tui open host: --interface any" in shown(app)
        assert "--capture" not in shown(app)
        await pilot.press("w")
        await until(pilot, lambda: "No packets" not in shown(app))


@pytest.mark.parametrize("size", [(80, 24), (120, 36), (180, 50)])
async def test_no_key_is_offered_for_what_can_not_be(size: tuple[int, int]) -> None:
    speaking = {action.label for action in ACTIONS if action.name in SPEAKING}
    others = {action.label for action in ACTIONS if action.name not in SPEAKING}
    async with opened(machine(), size=size) as (app, pilot):
        await pilot.pause()
        labels = {key.description for key in app.screen.query(FooterKey)}
        assert not labels & (speaking - others)
        assert "Wire" in labels
        assert "association" in shown(app)


async def test_what_changes_is_drawn_and_what_is_gone_stays() -> None:
    on = machine()
    async with opened(on) as (app, pilot):
        on.now = (listener(), association(peers=TWO, counters=COUNTED, srtt=12, state="SHUTDOWN-SENT"))
        await until(pilot, lambda: "SHUTDOWN-SENT" in shown(app))
        assert "gone: how it ended is not told" in shown(app)
        on.counted = Counters(0, 1)
        on.now = (listener(),)
        await until(pilot, lambda: "0 live, 1 listening, 2 ended" in shown(app))
        assert "SHUTDOWN_COMP association shut down" in shown(app)


async def test_a_filter_of_what_the_kernel_tells() -> None:
    async with opened(machine(), filter="unacked>1 local_port=9001") as (app, pilot):
        await until(pilot, lambda: "1 of 3 shown" in shown(app))
        assert list(app.screen.query_one(AssociationTable).keys) == [1]


async def test_an_end_of_looking_is_said() -> None:
    on = machine()
    async with opened(on) as (app, pilot):
        on.error = 2
        await until(pilot, lambda: "host: this machine's kernel has no SCTP" in shown(app))
        assert ", live" not in shown(app)


async def test_columns_are_chosen_and_ordered_by_their_titles_here() -> None:
    async with opened(machine(), size=(180, 50)) as (app, pilot):
        await pilot.press("o")
        await until(pilot, lambda: "the end on the machine" in shown(app))
        await pilot.press("escape", "s")
        await until(pilot, lambda: "Order by" in shown(app) and "DATA/s" in shown(app))


def test_every_number_is_explained() -> None:
    assert {"process", "user", "seen", "data_rate", "own_rwnd", "number_of_host"} <= TERMS.keys()


async def test_with_packets_the_row_of_the_kernel_has_the_ladder_the_messages_and_who_ended_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ring = FakeRing()
    monkeypatch.setattr(interfaces, "open_ring", lambda names, udp_port: ring)
    source = HostCapture(["any"], 0, FakeMachine(CLIENT), Processes(__file__))
    app = CaptureApp(source, Settings())
    async with app.run_test(size=(120, 36)) as pilot:
        await until(pilot, lambda: "0 packets of SCTP, live" in shown(app))
        await until(pilot, lambda: "None of its packets has passed" in shown(app))
        ring.pass_on(Story().data().b(ABORT).frames)
        parts = ("aborted by server", "DATA tsn 1000", "ABORT", "ping", "pong", "Process", "Local")
        await until(pilot, lambda: all(part in shown(app) for part in parts))
        (row,) = app.monitor.associations
        assert (row.messages_out, row.messages_in, row.here) == (1, 1, "client")
        await pilot.press("d")
        await until(pilot, lambda: "It is the         client" in shown(app))
