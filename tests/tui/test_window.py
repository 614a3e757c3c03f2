"""The window view on real associations, and what it looks like, from packets made up."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from msgspec.structs import replace
from textual.app import App, ComposeResult
from textual.pilot import Pilot
from textual.widgets import Input

from sctp_tui.monitor.associations import Associations
from sctp_tui.monitor.trace.conversations import Conversation
from sctp_tui.sctp import events as e
from sctp_tui.sctp.commands import CloseEndpoint, SetLink
from sctp_tui.sctp.events import Direction, Packet, Peer
from sctp_tui.sctp.link.conditions import Conditions, DropRule, Verdict
from sctp_tui.tui.settings import Settings
from sctp_tui.tui.wire.window_view import WindowView

from ..monitor.story import Story
from .driving import drawn, rows, running, type_line, type_together, until


async def test_what_is_sent_is_drawn_with_the_numbers_of_now() -> None:
    async with running(size=(120, 40)) as (app, pilot):
        await type_line(pilot, "hello")
        await until(pilot, lambda: rows(app) and rows(app)[0].state == "ESTABLISHED")
        await pilot.press("escape", "w")
        await until(pilot, lambda: app.screen.query(WindowView))
        await pilot.press("3")
        view = app.screen.query_one(WindowView)

        def text() -> str:
            return "\n".join(drawn(view))

        await until(pilot, lambda: "sent 1   acknowledged 1   in flight 0, 0 B" in text())
        await until(pilot, lambda: "cwnd -" not in text(), "the client's cwnd")
        assert "client → server" in text()
        await type_line(pilot, "[2]more")
        await until(pilot, lambda: "sent 2   acknowledged 2" in text())
        view.focus()
        await pilot.press("t")
        assert "server → client" in text()
        assert "sent 0   acknowledged 0" in text()
        await pilot.press("t")
        assert "last sampled" not in text()
        app.submit(CloseEndpoint("client 1"))
        await until(pilot, lambda: rows(app)[0].ended is not None)
        await until(
            pilot, lambda: text().count(", last sampled") == 3, "cwnd, srtt and RTO of an end that is over"
        )


async def test_over_udp_too_what_the_client_sends_comes_first() -> None:
    """The local end is the client there, and its packets go out."""
    async with running(size=(120, 40)) as (app, pilot):
        app.screen.query_one("#udp", Input).value = str(app.monitor.endpoints.servers[0].udp_port)
        await type_line(pilot, "hello")
        await until(pilot, lambda: rows(app) and rows(app)[0].state == "ESTABLISHED")
        await pilot.press("escape", "w")
        await until(pilot, lambda: app.screen.query(WindowView))
        await pilot.press("3")
        view = app.screen.query_one(WindowView)
        await until(pilot, lambda: "sent 1   acknowledged 1" in "\n".join(drawn(view)))
        assert "client → server" in "\n".join(drawn(view))


async def test_what_the_link_loses_is_drawn_as_lost_and_sent_again() -> None:
    async with running(size=(120, 40)) as (app, pilot):
        await type_line(pilot, "hello")
        await until(pilot, lambda: rows(app) and rows(app)[0].state == "ESTABLISHED")
        await pilot.press("escape", "w", "3")
        await until(pilot, lambda: app.screen.query(WindowView))
        view = app.screen.query_one(WindowView)

        def says(*numbers: str) -> bool:
            text = " ".join(drawn(view))
            return all(number in text for number in numbers)

        await until(pilot, lambda: says("acknowledged 1", "in flight 0"))
        app.submit(SetLink(Conditions(delay=200, drops=(DropRule("DATA", 1),)), Conditions(delay=200)))
        await type_together(app, pilot, "one", "[2]two", "[2]three", "[2]four", "[2]five")
        await until(
            pilot, lambda: says("retransmitted 1", "lost on the way 1", "acknowledged 6", "in flight 0")
        )
        plot = "".join(drawn(view)[1:]).partition("Octets")[0]
        assert "✗" in plot
        assert "r" in plot


# --- made up: every tenth DATA is lost, the SACKs come after 50 ms, and what was lost is sent again

BEGAN = 100.0
SERVER, CLIENT = Peer(("127.0.0.1",), 9877), Peer(("127.0.0.1",), 50_000)


def packet(at: float, direction: Direction, kind: int, body: bytes, verdict: Verdict = "delivered") -> Packet:
    header = b"\0\0\0\0\0\0\0\1\0\0\0\0"
    chunk = bytes((kind, 3)) + (4 + len(body)).to_bytes(2, "big") + body
    return Packet(
        at=at,
        mono=at,
        endpoint="server",
        key=0,
        assoc_id=0,
        peer=CLIENT,
        local=SERVER,
        flow=1,
        direction=direction,
        verdict=verdict,
        reason="",
        delay=0.05,
        data=header + chunk,
    )


def number(value: int, octets: int = 4) -> bytes:
    return value.to_bytes(octets, "big")


def sack(at: float, cumulative: int, gap: int) -> Packet:
    """Its gap block, if any, has the second to the last of so many beyond."""
    gaps = number(2, 2) + number(gap, 2) if gap > 1 else b""
    return packet(
        at, "out", 3, number(cumulative) + number(100_000) + number(len(gaps) // 4, 2) + bytes(2) + gaps
    )


def data(at: float, tsn: int, verdict: Verdict = "delivered") -> Packet:
    return packet(at, "in", 0, number(tsn) + number(1, 2) + bytes(6) + bytes(1000), verdict)


def traffic() -> Iterator[Packet]:
    """Twenty-eight chunks over a second."""
    yield packet(BEGAN, "in", 1, number(7) + number(100_000) + number(5, 2) + number(5, 2) + number(1))
    at, lost = BEGAN + 0.1, 0
    for tsn in range(1, 29):
        if tsn % 10 == 0:
            lost = tsn
        yield data(at, tsn, "dropped" if tsn == lost else "delivered")
        if lost and tsn == lost + 3:
            yield data(at + 0.02, lost)
            lost = 0
        yield sack(at + 0.05, lost - 1 if lost else tsn, tsn - lost + 1 if lost else 0)
        at += 0.03


class Alone(App[None]):
    """The view of a conversation that stands."""

    def __init__(self, packets: Sequence[Packet] = ()) -> None:
        super().__init__()
        packets = packets or sorted(traffic(), key=lambda packet: packet.mono)
        self.conversation = Conversation(packets[0])
        for one in packets:
            self.conversation.add(one)
        story = Story(endpoint="client 1", now=BEGAN)
        self.associations = Associations()
        self.associations.fold(story.up(1))
        self.story = story

    def compose(self) -> ComposeResult:
        yield WindowView()

    def told(
        self,
        now: float,
        cwnd: int,
        rto: int,
        unacked: int = 0,
        *,
        ours: bool = True,
        drawn: float | None = None,
    ) -> None:
        """What the stack says by then; `drawn` later than that."""
        self.story.now = now
        path = e.Path("127.0.0.1", "ACTIVE", True, cwnd, 100, rto, 1500)
        head = self.story._head(1)
        self.associations.fold(e.Status(*head, "ESTABLISHED", 100_000, unacked, 0, 5, 5, 1452, (path,)))
        self.query_one(WindowView).show(self.conversation, self.associations.get(1), drawn or now, ours=ours)


@pytest.fixture(params=[(80, 18), (120, 30)], ids=["80x18", "120x30"])
def size(request: pytest.FixtureRequest) -> tuple[int, int]:
    found: tuple[int, int] = request.param
    return found


def test_window(snap_compare: Any, size: tuple[int, int]) -> None:
    async def before(pilot: Pilot[Any]) -> None:
        app = pilot.app
        assert isinstance(app, Alone)
        await pilot.pause()
        app.told(BEGAN + 0.2, 4380, 1000)
        app.told(BEGAN + 0.6, 2920, 2000)
        app.told(BEGAN + 1.2, 3500, 1000)
        await pilot.pause()

    assert snap_compare(Alone(), terminal_size=size, run_before=before)


async def test_what_the_stack_told_before_a_loss_is_not_taken_for_what_is_after_it() -> None:
    lost = [data(BEGAN + 0.1, 1, "dropped"), *(data(BEGAN + 0.1, tsn) for tsn in range(2, 6))]
    reports = [sack(BEGAN + 0.2, 0, gap) for gap in (2, 3, 4)]
    app = Alone([next(traffic()), *lost, *reports, data(BEGAN + 0.25, 1)])
    async with app.run_test(size=(120, 24)) as pilot:
        await pilot.pause()
        view = app.query_one(WindowView)
        app.told(BEGAN + 0.15, 99_000, 1000, drawn=BEGAN + 0.3)
        sampled = view._window.sending["in"]
        assert (sampled.cwnd.last, list(sampled.cwnd.times)) == (99_000, [BEGAN + 0.15])
        text = "   ".join(line for line in drawn(view) if line)
        assert "phase fast recovery (inferred)   ssthresh -" in text


async def test_srtt_and_rto_are_marked_as_sampled_and_unknown_before() -> None:
    app = Alone([*traffic()][:1])
    async with app.run_test(size=(120, 24)) as pilot:
        await pilot.pause()
        view = app.query_one(WindowView)

        def text() -> str:
            return "   ".join(line for line in drawn(view) if line)

        assert re.search(r"cwnd - .*srtt - +RTO - ", text())
        app.told(BEGAN + 0.2, 6000, 1000)
        assert re.search(r"srtt \d+ ms, sampled +RTO 1.0 s, sampled", text())


async def test_ssthresh_and_phase_are_sampled_where_the_stack_tells_them() -> None:
    app = Alone([*traffic()][:1])
    async with app.run_test(size=(120, 24)) as pilot:
        await pilot.pause()
        view = app.query_one(WindowView)
        app.told(BEGAN + 0.2, 6000, 1000)
        limits = e.PathLimits("127.0.0.1", 30_000, 5, None, 4380)
        app.associations.fold(
            e.Detail(*app.story._head(1), None, None, None, None, None, None, None, (limits,), None)
        )
        app.told(BEGAN + 0.3, 6000, 1000)
        text = "   ".join(line for line in drawn(view) if line)
        assert "phase congestion avoidance, sampled   ssthresh 4.3 KiB, sampled" in text


@pytest.mark.kernel
async def test_linux_tells_ssthresh_and_the_phase_by_it() -> None:
    async with running((160, 50), Settings(port=0, capture=True)) as (app, pilot):
        await pilot.press("enter")
        await until(pilot, lambda: rows(app) and rows(app)[0].messages_in)
        await pilot.press("escape", "w", "3")
        await until(pilot, lambda: app.query(WindowView))
        view = app.query_one(WindowView)
        said = re.compile(r"phase slow start, sampled +ssthresh \S+ .iB, sampled")
        await until(pilot, lambda: said.search(" ".join(drawn(view))) is not None)


async def test_window_probes_are_said_not_to_be_among_the_retransmissions() -> None:
    closed = packet(BEGAN + 0.1, "out", 3, number(0) + number(1) + bytes(4))
    app = Alone([next(traffic()), closed, data(BEGAN + 0.2, 1)])
    async with app.run_test(size=(120, 24)) as pilot:
        await pilot.pause()
        view = app.query_one(WindowView)
        app.told(BEGAN + 0.3, 4380, 1000)
        text = "   ".join(line for line in drawn(view) if line)
        assert "retransmitted 0   window probes 1, 0 sent again" in text
        app.conversation.add(data(BEGAN + 0.36, 1))
        app.told(BEGAN + 0.4, 4380, 1000)
        text = "   ".join(line for line in drawn(view) if line)
        assert "retransmitted 0, without probes   window probes 2, 1 sent again" in text


async def test_of_packets_that_others_carry_it_claims_no_more_than_is_seen() -> None:
    init = next(traffic())
    seen = replace(init, data=init.data[:4] + bytes(4) + init.data[8:])  # as an INIT has no tag, it counts
    app = Alone([seen, data(BEGAN + 0.1, 1), sack(BEGAN + 0.2, 1, 0)])
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        view = app.query_one(WindowView)

        def says(*parts: str) -> bool:
            text = "   ".join(line for line in drawn(view) if line)
            return all(part in text for part in parts)

        app.told(BEGAN + 2, 4380, 1000, 2)
        app.told(BEGAN + 2.5, 4380, 1000, 2)
        assert says("in flight 0, 0 B   cwnd", "phase slow start (inferred)", "lost on the way 0")
        assert not says("seen")
        app.told(BEGAN + 3, 4380, 1000, 1, ours=False)
        assert says("in flight 0, 0 B   cwnd", "phase slow start (inferred)", "retransmitted 0 seen")
        assert not says("lost by")
        assert "✗" not in drawn(view)[0]
        app.told(BEGAN + 3.3, 4380, 1000, 1, ours=False)  # and nothing has passed meanwhile
        assert says("in flight 0, 0 B seen; stack: 1 unacknowledged   cwnd", "phase -   ssthresh -")
        app.told(BEGAN + 3.4, 4380, 1000, 0, ours=False)
        assert says("in flight 0, 0 B   cwnd", "phase slow start (inferred)")
        app.conversation.miss((0.0, 0.0))
        app.told(BEGAN + 3.5, 4380, 1000, 0, ours=False)
        assert says("in flight 0, 0 B seen   cwnd", "phase -   ssthresh -")


@pytest.mark.parametrize("captured", [False, True])
async def test_what_is_in_flight_and_not_seen_is_said_once(captured: bool) -> None:
    packets = [replace(data(BEGAN + tsn / 10, tsn), captured=captured) for tsn in (1, 2, 5)]
    app = Alone(packets)
    async with app.run_test(size=(120, 30)) as pilot:
        await pilot.pause()
        app.told(BEGAN + 0.6, 4380, 1000, ours=False)
        text = " ".join(" ".join(drawn(app.query_one(WindowView))).split())
        assert "in flight 3, 2.9 KiB seen and 2 not seen cwnd" in text


async def test_what_was_captured_is_seen_and_has_the_times_of_that() -> None:
    """Behind netem a packet is seen when it arrives: what is on its way is not in flight here."""
    app = Alone([replace(one, captured=True, delay=None) for one in (data(BEGAN, 1), data(BEGAN + 0.1, 2))])
    async with app.run_test(size=(120, 24)) as pilot:
        await pilot.pause()
        app.told(BEGAN + 0.2, 4380, 1000, 2, ours=False)
        text = "   ".join(drawn(app.query_one(WindowView)))
        assert "⡠⠊ seen" in text
        assert "seen 2   acknowledged 0   in flight 2, 2 KiB seen" in text
        assert "times of capture: with netem, of arrival" in text


async def test_lines_have_a_gap_where_nothing_was_sampled() -> None:
    app = Alone()
    async with app.run_test(size=(100, 34)) as pilot:
        await pilot.pause()
        for at in (0.2, 0.6, 1.0, 1.5, 4.0, 5.0):
            app.conversation.add(data(BEGAN + at, 29))
            app.told(BEGAN + at, 4380, 1000)
        lines = drawn(app.query_one(WindowView))
        rto = next(line for line in lines if "RTO│" in line)
        assert rto.count("1.0 s") == 2
        assert re.fullmatch(r" +RTO│ +─* 1\.0 s ─+ {10,}1\.0 s ─+ *", rto), rto
        assert any(re.search(r"◆ {10,}◆", line) for line in lines)


async def test_keys_move_in_time() -> None:
    app = Alone()
    async with app.run_test(size=(100, 24)) as pilot:
        await pilot.pause()
        view = app.query_one(WindowView)
        view.focus()
        app.told(BEGAN + 1.2, 4380, 1000)

        def axis() -> str:
            return next(line for line in drawn(view) if line.endswith(" s") and "RTO" not in line)

        assert axis().split()[:2] == ["0.0", "s"]
        await pilot.press("plus", "plus")
        assert "End follows" not in drawn(view)[0]
        followed = axis()
        assert followed.split()[0] != "0.0"
        await pilot.press("left")
        assert axis() != followed
        assert "End follows" in drawn(view)[0]
        await pilot.press("home")
        assert axis().split()[0] in ("0.0", "0.00")
        await pilot.press("end")
        assert axis() == followed
        await pilot.press("0")
        assert axis().split()[:2] == ["0.0", "s"]


async def test_a_view_that_is_too_small_draws_nothing_and_does_no_harm() -> None:
    app = Alone()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        app.told(BEGAN + 1.2, 4380, 1000)
        for width, height in ((10, 3), (40, 4), (30, 7), (200, 60)):
            await pilot.resize_terminal(width, height)
            await pilot.pause()
            assert len(drawn(app.query_one(WindowView))) == height


async def test_between_two_samples_nothing_is_said_of_cwnd() -> None:
    """It was sampled before and after much was sent: in between it has grown, as what is in flight shows."""
    flight = [data(BEGAN + 0.5 + tsn / 1e4, tsn) for tsn in range(1, 300)]
    app = Alone([next(traffic()), *flight, sack(BEGAN + 0.9, 299, 0)])
    async with app.run_test(size=(100, 34)) as pilot:
        await pilot.pause()
        view = app.query_one(WindowView)
        assert "cwnd, not told" in "".join(drawn(view))
        for at, cwnd in ((0.1, 4380), (0.4, 4380), (1.0, 100_000)):
            app.told(BEGAN + at, cwnd, 1000)
        text = "".join(drawn(view))
        assert "◆ cwnd, sampled  " in text
        assert "cwnd 97.7 KiB, sampled" in text
        assert text.count("◆") == 3 + 1
        assert "━" not in text


async def test_of_packets_that_had_to_go_it_claims_no_number() -> None:
    """What was not seen may have been sent: the numbers are the least ones, and none where none is known."""
    async with running(size=(120, 40), checked=False) as (app, pilot):
        await type_line(pilot, "hello")
        await until(pilot, lambda: rows(app) and rows(app)[0].state == "ESTABLISHED")
        app.monitor.wire.limit = 5000
        await type_line(pilot, "once more")
        await until(pilot, lambda: app.monitor.wire.gone > 2)
        await pilot.press("escape", "w", "3")
        await until(pilot, lambda: app.screen.query(WindowView))
        view = app.screen.query_one(WindowView)
        await until(pilot, lambda: "lost on the way -" in " ".join(drawn(view)), "\n".join(drawn(view)))
        text = " ".join(drawn(view))
        for name in ("sent", "acknowledged", "retransmitted"):
            assert f"{name} 0" not in text
