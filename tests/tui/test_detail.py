"""All of one association: what is said of it, and the cursor that goes from number to number."""

import re

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from rich.cells import cell_len
from textual.app import App, ComposeResult
from textual.pilot import Pilot
from textual.widgets import Static

from sctp_tui.monitor.associations import Association
from sctp_tui.monitor.monitor import Monitor
from sctp_tui.monitor.text.glossary import TERMS
from sctp_tui.sctp import events as e
from sctp_tui.sctp.commands import Send
from sctp_tui.sctp.printable import printable
from sctp_tui.tui.app import SctpApp
from sctp_tui.tui.association_table import AssociationTable
from sctp_tui.tui.dialogs.detail import DetailPane, DetailScreen
from sctp_tui.tui.dialogs.detail_sheet import detail
from sctp_tui.tui.dialogs.detail_view import AssociationDetail, DetailView
from sctp_tui.tui.dialogs.explain import ExplainScreen
from sctp_tui.tui.widgets.sheet import Sheet
from sctp_tui.tui.widgets.spark import spark
from tests.monitor.story import EVIL, Story, batch

from .driving import messages, rows, running, type_line, until

STATISTICS = e.Statistics(*range(1000, 1015))


LIMITS = (e.PathLimits("10.0.0.1", 30_000, 5),)


def lines(sheet: Sheet) -> list[str]:
    return ["".join(piece.text for piece in sheet[number]).rstrip() for number in range(len(sheet))]


def full(story: Story, streams: int = 3) -> Monitor:
    """A monitor that knows all there can be of association 1."""
    monitor = Monitor()
    monitor.fold(batch(story.listening(), story.up(1), story.counts(1, 7, 2), story.status(1)))
    counts = tuple(
        e.StreamCount(
            stream=n,
            messages_in=4,
            messages_out=1,
            bytes_in=4096,
            bytes_out=10,
            unordered_in=2,
            unordered_out=0,
            ssn=1 if n else None,
            last=story.now - 5,
        )
        for n in range(streams)
    )
    local = e.Peer(("10.0.0.2",), 9877)
    told = e.Detail(*story._head(1), local, 0x1234, 0xABCDEF01, 1000, 1000, 60_000, 10, LIMITS, STATISTICS)
    monitor.associations.fold(e.Streams(*story._head(1), counts))
    monitor.associations.fold(told)
    return monitor


def one(monitor: Monitor) -> Association:
    association = monitor.associations.get(1)
    assert association is not None
    return association


def test_everything_that_is_known_is_said() -> None:
    story = Story()
    text = "\n".join(lines(detail(one(full(story)), None, story.now, 118)))
    assert "Path errors" not in text
    for said in (
        "10.0.0.1:40001",
        "10.0.0.2:9877",
        "0x00001234",
        "0xabcdef01",
        "ESTABLISHED",
        "association established",
        "04:03 to 06:03 of silence (with data)",
        "30 s",
        "5 missed answers",
        "10 missed answers",
        "4 KiB",
        "4.3 KiB",
        "12 ms",
        "1.0 s",
        "1500 B",
        "128 KiB",
        "1452 B",
        "7 messages",
        "1,005 chunks",
        "1,008 blocks",
    ):
        assert said in text, said


def test_where_no_message_passed_no_stream_is_waited_for() -> None:
    def streams() -> str:
        shown = lines(detail(one(monitor), None, story.now, 118))
        return shown[next(n for n, line in enumerate(shown) if line.startswith(" Streams ─")) + 1].strip()

    story, monitor = Story(), Monitor()
    monitor.fold(batch(story.up(1), story.status(1)))
    assert streams() == "no message yet"
    monitor.fold(batch(story.counts(1, 1)))
    assert streams() == "not told yet"
    monitor = Monitor()
    monitor.fold(batch(story.up(1), story.change(1, "SHUTDOWN_COMP")))
    assert streams() == "no message"
    monitor.fold(batch(story.counts(1, 1)))
    assert streams() == "not asked for before it ended"


def test_what_is_pending_is_not_called_chunks_received() -> None:
    """The stacks count different things (tests/sctp/test_pending.py), and neither what is unread."""
    story = Story()
    text = "\n".join(lines(detail(one(full(story)), None, story.now, 118)))
    assert re.search(r"Pending +0(?:  |$)", text, re.MULTILINE)
    means = TERMS["pending"].means
    assert "usrsctp counts the messages and fragments" in means
    assert "Linux the DATA chunks that are missing" in means


def test_a_silent_peer() -> None:
    story = Story()
    monitor = full(story)
    for rto in (1000, 2000):
        path = e.Path("10.0.0.1", "ACTIVE", True, 4380, 12, rto, 1500)
        story.now += 1
        monitor.associations.fold(e.Status(*story._head(1), "ESTABLISHED", 9, 1, 0, 5, 5, 1452, (path,)))
    text = "\n".join(lines(detail(one(monitor), None, story.now + 2, 118)))
    assert "04:00 to 06:00, estimated: 1 answer missed, RTO 2.0 s" in text
    assert "Path errors" in text
    assert "1 of 5, inferred" in text
    path = e.Path("10.0.0.1", "INACTIVE", True, 4380, 12, 60_000, 1500)
    monitor.associations.fold(e.Status(*story._head(1), "ESTABLISHED", 9, 1, 0, 5, 5, 1452, (path,)))
    text = "\n".join(lines(detail(one(monitor), None, story.now + 2, 118)))
    assert "over 5, inferred" in text
    monitor.fold(batch(story.change(1, "COMM_LOST", "nobody")))
    text = "\n".join(lines(detail(one(monitor), None, story.now, 118)))
    assert "lost (no answer)" in text
    assert "Declared lost" not in text


def test_misses_that_nothing_shows_are_not_denied() -> None:
    """From RTO.Max on the RTO grows no more: six doublings may be six misses or eleven."""
    story, monitor = Story(), Monitor()
    monitor.fold(batch(story.listening(), story.up(1), replace(story.status(1), unacked=0)))
    limits = (e.PathLimits("10.0.0.1", 30_000, 10),)
    told = e.Detail(*story._head(1), None, None, None, 1000, 1000, 60_000, 10, limits, None)
    monitor.associations.fold(told)
    shown = []
    for rto in (2000, 4000, 8000, 16_000, 32_000, 60_000):
        path = e.Path("10.0.0.1", "ACTIVE", True, 4380, 12, rto, 1500)
        story.now += 30 + rto / 1000
        monitor.associations.fold(e.Status(*story._head(1), "ESTABLISHED", 9, 0, 0, 5, 5, 1452, (path,)))
        shown.append("\n".join(lines(detail(one(monitor), None, story.now, 118))))
    assert "estimated: 5 answers missed, RTO 32 s" in shown[4]
    assert "5 of 10, inferred" in shown[4]
    assert "at least" not in shown[4]
    assert "estimated: at least 6 answers missed, RTO 60 s" in shown[5]
    assert "at least 6 of 10, inferred" in shown[5]


def test_of_a_peer_whose_window_is_closed_it_is_said() -> None:
    story = Story()
    monitor = full(story)
    for rto in (1000, 2000):
        path = e.Path("10.0.0.1", "POTENTIALLY_FAILED", True, 4380, 12, rto, 1500)
        monitor.associations.fold(e.Status(*story._head(1), "ESTABLISHED", 0, 1, 0, 5, 5, 1452, (path,)))
    text = "\n".join(lines(detail(one(monitor), None, story.now, 118)))
    assert "window closed, probed; after" in text
    assert not any(word in text for word in ("answer missed", "answers missed", "inferred", "silent,"))


def test_no_label_is_cut() -> None:
    story = Story(peers={1: e.Peer(("10.0.0.1",), 40_001, 34_872)})
    sheet = detail(one(full(story)), None, story.now, 118)
    labels = [piece.text for n in range(len(sheet)) for piece in sheet[n] if piece.look == "label"]
    assert any("UDP port" in label for label in labels)
    assert [label for label in labels if "…" in label] == []


def test_before_a_peer_has_told_its_window_it_is_not_closed() -> None:
    story = Story()
    monitor = full(story)
    monitor.associations.fold(e.Status(*story._head(1), "COOKIE-WAIT", None, 1, 0, 5, 5, 1452, ()))
    assert not one(monitor).window_closed
    text = "\n".join(lines(detail(one(monitor), None, story.now, 118)))
    assert re.search(r"Peer's rwnd +- ", text)


def test_beside_a_path_that_fails_it_is_not_said_that_no_answer_is_missed() -> None:
    """Whatever came over another path since, which leaves the errors of this one unknown."""
    story = Story()
    monitor = full(story)
    limits = tuple(e.PathLimits(f"10.0.0.{number}", 30_000, 5) for number in (1, 2))
    monitor.associations.fold(
        e.Detail(*story._head(1), None, None, None, 1000, 1000, 60_000, 10, limits, None)
    )
    for srtt, state in enumerate(("ACTIVE", "POTENTIALLY-FAILED", "POTENTIALLY-FAILED"), 12):
        paths = (
            e.Path("10.0.0.1", state, True, 4380, 12, 1000, 1500),
            e.Path("10.0.0.2", "ACTIVE", False, 4380, srtt, 1000, 1500),
        )
        monitor.associations.fold(e.Status(*story._head(1), "ESTABLISHED", 9, 0, 0, 5, 5, 1452, paths))
    text = "\n".join(lines(detail(one(monitor), None, story.now, 118)))
    assert "silent on 1 of 2 paths; after" in text
    assert "potentially-failed" in text


def test_of_a_peer_whose_udp_port_is_gone_it_is_not_said_that_it_answers() -> None:
    story = Story()
    monitor = full(story)
    path = e.Path("10.0.0.1", "ACTIVE", True, 4380, 12, 1000, 1500)
    said = []
    for times in (0, 3):
        monitor.associations.fold(
            e.Status(*story._head(1), "ESTABLISHED", 9, 0, 0, 5, 5, 1452, (path,), times > 0, times)
        )
        text = "\n".join(lines(detail(one(monitor), None, story.now, 118)))
        said.append(text.partition("Declared lost")[2].splitlines()[0].strip().split("  ")[0])
    about = "after about 12:04 of silence (idle)"
    assert said == [f"no missed answer seen; {about}", f"UDP port gone; {about}"]
    assert re.search("UDP port gone +ICMP said so 3 times", text)


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 250), st.booleans(), st.floats(0, 200))
def test_every_line_fits_every_number_is_explained_and_has_a_place_of_its_own(
    width: int, much: bool, later: float
) -> None:
    story = Story()
    monitor = full(story) if much else Monitor()
    monitor.fold(
        batch(story.up(1), story.change(1, "COMM_LOST", "peer", f"user-initiated abort: {EVIL}", 12))
    )
    sheet = detail(one(monitor), one(monitor), story.now + later, width)
    places = []
    for number in range(len(sheet)):
        text = "".join(piece.text for piece in sheet[number])
        assert printable(text) == text
        if width >= 76:  # narrower ones are cut
            assert cell_len(text.rstrip()) <= width, text
        for _, piece in sheet.numbers(number):
            assert piece.term in TERMS
            places.append(piece.place)
    assert len(places) == len(set(places))


def test_each_term_is_explained_in_one_sentence_with_its_source() -> None:
    for term in TERMS.values():
        assert term.means.endswith(".")
        assert term.source == "" or "section" in term.source or term.source.startswith("Linux")


def test_sparklines() -> None:
    assert spark([None, 1, 2, 4], 4, 4) == " ▂▄▇"
    assert spark([4, 0, None, None], 2, 4) == "▄ "
    assert spark([None, 0, 3, None], 4, 3, mean=False) == " ▁▇ "
    assert spark([], 3, 0) == "   "


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.floats(0, 4), st.integers(0, 900), st.integers(0, 9)), min_size=1, max_size=40),
    st.floats(0, 3),
    st.integers(60, 200),
)
def test_no_peak_is_below_now(told: list[tuple[float, int, int]], later: float, width: int) -> None:
    """The peak counts the seconds that "now" counts, even those after the sparkline's last whole cell."""
    story = Story()
    monitor = Monitor()
    monitor.fold(batch(story.up(1)))
    passed = 0
    for after, srtt, more in told:
        story.now += after
        passed += more
        monitor.fold(batch(story.counts(1, passed), story.status(1, srtt=srtt)))
    shown = lines(detail(one(monitor), None, story.now + later, width))
    (rtt,) = [line for line in shown if line.startswith(" RTT ")]
    (rate,) = [line for line in shown if line.startswith(" Messages/s ")]
    for line, unit in ((rtt, "ms"), (rate, "/s")):
        numbers = re.findall(rf"(<?[\d.,]+) {unit}(?: |$)", line)
        *now, peak = (float(one.replace("<1", "0").replace(",", "")) for one in numbers or ("0",))
        assert all(peak >= one for one in now), line  # none where nothing was measured of late


def test_the_peak_of_what_is_not_measured_any_more_stays() -> None:
    story = Story()
    monitor = full(story)
    shown = lines(detail(one(monitor), None, story.now + 30, 120))
    (rtt,) = [line for line in shown if line.startswith(" RTT ")]
    assert re.search(r" -  +\d+ ms$", rtt), rtt


def test_what_was_never_measured_has_no_peak_and_no_traffic_is_a_rate_of_0() -> None:
    story = Story()
    monitor = Monitor()
    monitor.fold(batch(story.up(1)))
    path = e.Path("10.0.0.1", "ACTIVE", True, 4380, None, 1000, 1500)
    monitor.fold(batch(e.Status(*story._head(1), "ESTABLISHED", 9, 0, 0, 5, 5, 1452, (path,))))
    shown = lines(detail(one(monitor), None, story.now + 1, 120))
    (rtt,) = [line for line in shown if line.startswith(" RTT ")]
    (rate,) = [line for line in shown if line.startswith(" Messages/s ")]
    assert rtt.split() == ["RTT", "-", "-"]
    assert rate.split() == ["Messages/s", "0", "/s", "0", "/s"]


def test_a_jump_of_the_rtt_is_in_its_peak_at_once() -> None:
    story = Story()
    monitor = full(story)
    story.now += 2
    monitor.fold(batch(story.status(1, srtt=480)))
    for later in range(1, 4):
        shown = lines(detail(one(monitor), None, story.now + later, 60))
        (rtt,) = [line for line in shown if line.startswith(" RTT ")]
        assert rtt.split()[-4:] == ["480", "ms", "480", "ms"]


class Stage(App[None]):
    def compose(self) -> ComposeResult:
        yield AssociationDetail()


async def test_the_cursor_reaches_every_number_of_65535_streams() -> None:
    story = Story()
    monitor = full(story, 65_535)
    async with Stage().run_test(size=(118, 40)) as pilot:
        view = pilot.app.query_one(DetailView)
        view.show(one(monitor), monitor, story.now)
        view.focus()
        await pilot.pause()
        assert view.term == "assoc_id"
        meaning = pilot.app.query_one("AssociationDetail > Static", Static)
        assert str(meaning.content).startswith("Association ID")
        await pilot.press("right")
        assert view.term == "peer"
        await pilot.press("end")
        assert view.term == "out_of_sequence"
        assert view.scroll_y == view.max_scroll_y
        await pilot.press("home", "pagedown", "pagedown")
        assert view.term in ("stream", "messages_in", "bytes_in")
        await pilot.press("down", "right")
        assert str(meaning.content).partition("  ")[0] == TERMS[view.term].name
        # Another step in the history moves all the lines: the cursor stays on its number.
        place, line = view._place, view._line
        monitor.fold(batch(story.shutdown_event(1)))
        view.show(one(monitor), monitor, story.now)
        assert (view._place, view._line) == (place, line + 1)
        await pilot.press("question_mark")
        assert isinstance(pilot.app.screen, ExplainScreen)
        terms = [str(line.content).partition("  ")[0] for line in pilot.app.screen.query(Static)]
        assert {"State", "Peak", "Verification tag", "Last SSN"} <= set(terms)
        await pilot.press("escape")
        await pilot.click(DetailView, offset=(20, 1))


async def test_it_is_made_anew_once_a_second_and_when_the_state_changes() -> None:
    story = Story()
    monitor = full(story)
    async with Stage().run_test(size=(118, 40)) as pilot:
        view = pilot.app.query_one(DetailView)
        view.show(one(monitor), monitor, story.now)
        sheet = view._sheet
        monitor.fold(batch(story.counts(1, 8, 2)))
        view.show(one(monitor), monitor, story.now + 0.5)
        assert view._sheet is sheet
        view.show(one(monitor), monitor, story.now + 1)
        assert view._sheet is not sheet
        sheet = view._sheet
        monitor.fold(batch(story.change(1, "SHUTDOWN_COMP")))
        view.show(one(monitor), monitor, story.now + 1)
        assert view._sheet is not sheet
        assert "shutdown by peer" in view.render_line(0).text
        view.show(None, monitor, story.now + 1)
        assert "no association" in view.render_line(0).text


# --- with real associations


def shown(app: SctpApp) -> str:
    view = app.screen.query_one(DetailView)
    return "\n".join([view.render_line(0).text, *lines(view._sheet)])


async def greeted(app: SctpApp, pilot: Pilot[None]) -> None:
    await pilot.press("enter")
    await until(pilot, lambda: messages(app, "server") == [b"hello"])
    await until(pilot, lambda: app.screen.query_one(AssociationTable).display)


async def test_enter_shows_all_of_an_association_live_and_escape_goes_back(stack: e.StackName) -> None:
    async with running((120, 40)) as (app, pilot):
        await greeted(app, pilot)
        await pilot.press("escape", "enter")
        await until(pilot, lambda: isinstance(app.screen, DetailScreen))
        (row,) = rows(app)
        await until(pilot, lambda: row.detail is not None and row.streams and row.paths)
        client = app.monitor.associations.of("client 1")[0]
        await until(pilot, lambda: f"{client.assoc_id}, client 1" in shown(app))
        if stack == "userspace":  # the kernel keeps its tags to itself
            await until(pilot, lambda: row.detail and f"0x{row.detail.local_tag:08x}" in shown(app))
        app.submit(Send(99, b"again", "client 1", stream=3))
        await until(pilot, lambda: [s.stream for s in row.streams] == [1, 3])
        await until(pilot, lambda: "10 B" in shown(app))
        await pilot.press("escape")
        await until(pilot, lambda: not isinstance(app.screen, DetailScreen))


async def test_a_clients_association_too_and_its_end_is_seen() -> None:
    async with running((80, 24)) as (app, pilot):
        await greeted(app, pilot)
        app.screen.query_one("#speakers").focus()
        await pilot.press("d")
        await until(pilot, lambda: isinstance(app.screen, DetailScreen))
        await until(pilot, lambda: "client 1, association" in shown(app))
        assert "COOKIE-WAIT" in shown(app)
        assert "COOKIE-ECHOED" in shown(app)
        assert re.search(r"Last heard +\d+s ago", shown(app))
        await app.run_action("screen.dismiss")
        await pilot.press("c", "d")
        await until(pilot, lambda: "shutdown by us" in shown(app))
        assert "SHUTDOWN-SENT" in shown(app)
        assert "Declared lost" not in shown(app)


async def test_where_it_is_wide_a_pane_follows_the_cursor() -> None:
    async with running((200, 50)) as (app, pilot):
        await greeted(app, pilot)
        await pilot.press("ctrl+n")
        await type_line(pilot, "second")
        await until(pilot, lambda: len(rows(app)) == 2)
        first, second = rows(app)
        pane, table = app.screen.query_one(DetailPane), app.screen.query_one(AssociationTable)
        view = pane.query_one(DetailView)
        table.focus()
        await pilot.press("home")
        await until(pilot, lambda: view.association is first)
        await pilot.press("down")
        await until(pilot, lambda: view.association is second and second.detail)
        view.focus()
        await until(pilot, lambda: view.has_focus)
        table.cursor = first.key
        await pilot.press("right")
        await until(pilot, lambda: view.term == "assoc_id")
        assert view.association is second
        await pilot.resize_terminal(100, 40)
        await until(pilot, lambda: not pane.display)


def test_with_several_stacks_the_detail_says_whose_it_is() -> None:
    for endpoint, said in (("server kernel", ["kernel"]), ("server", []), ("client 1", [])):
        monitor = Monitor()
        story = Story(endpoint)
        monitor.fold(batch(story.up(1)))
        association = monitor.associations.get(1)
        assert association is not None
        association.role = "client" if "client" in endpoint else "server"
        text = "\n".join(lines(detail(association, None, story.now, 80)))
        assert re.findall(r"Server +(\w+)", text) == said
