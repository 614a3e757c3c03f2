"""The wire exported: packets as pcapng by the dialog, the ladder as text and as a picture that is one."""

import re
import xml.etree.ElementTree as ET
from math import inf
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from textual.widgets import Input

from sctp_tui.monitor.log import Log
from sctp_tui.monitor.trace.conversations import Conversation, End
from sctp_tui.monitor.trace.link_history import LinkHistory
from sctp_tui.monitor.trace.timeline import LadderOptions, TimelineSnapshot
from sctp_tui.sctp.commands import DropNext
from sctp_tui.sctp.events import AssocChange, Message, Packet, Peer
from sctp_tui.sctp.link.conditions import Conditions, DropRule
from sctp_tui.tui.association_table import AssociationTable
from sctp_tui.tui.dialogs.export_screen import ExportScreen
from sctp_tui.tui.settings import Settings
from sctp_tui.tui.wire.ladder_svg import picture
from sctp_tui.tui.wire.wire_export import ladder_text, wire_sources

from ..harness import Running
from ..monitor.story import EVIL
from ..monitor.tshark import complaints, fields
from ..sctp.linked import Linked
from .driving import messages, outcome, rows, running, type_line, until

pytestmark = pytest.mark.userspace
PEER = Peer(("::1",), 1)
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where files go unless another folder is typed."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(scope="module")
def packets() -> list[Packet]:
    """An association from its INIT on, with four messages."""
    with Running("userspace", packets=("userspace",)) as running:
        running.listen()
        name, up, _ = running.greet()
        for text in ("one", EVIL, "three"):
            running.send(name, text.encode(), stream=2)
            running.until(Message, endpoint="server", data=text.encode())
        running.close(name)
        running.until(AssocChange, endpoint="server", key=up.key, state="SHUTDOWN_COMP")
        return running.packets


def conversation(packets: list[Packet]) -> Conversation:
    made = Conversation(packets[0])
    for packet in packets:
        made.add(packet)
    return made


def _still(packets: list[Packet]) -> TimelineSnapshot:
    return TimelineSnapshot(conversation(packets), LadderOptions(), {}, Log(), LinkHistory())


def drawn(packets: list[Packet], limit: int = 1000) -> tuple[list[ET.Element], list[str]]:
    """The arrows and the texts of a picture."""
    root = ET.fromstring(b"".join(picture(_still(packets), limit)))
    texts = ["".join(text.itertext()) for text in root.iter(f"{SVG}text")]
    arrows = [
        path for path in root.iter(f"{SVG}path") if "L" in path.attrib["d"] and "Z" not in path.attrib["d"]
    ]
    return arrows, texts


def ends(arrow: ET.Element) -> tuple[float, float, float, float]:
    """Where an arrow begins, and where it ends."""
    found = re.fullmatch(r"M([\d.]+) ([\d.]+)L([\d.]+) ([\d.]+)", arrow.attrib["d"])
    assert found
    x, y, to, low = map(float, found.groups())
    return x, y, to, low


def test_each_packet_is_an_arrow_from_its_sender_to_the_other_end(packets: list[Packet]) -> None:
    arrows, texts = drawn(packets)
    assert len(arrows) == len(packets)
    left, right = min(ends(arrow)[0] for arrow in arrows), max(ends(arrow)[0] for arrow in arrows)
    for packet, arrow in zip(packets, arrows, strict=True):
        x, y, to, low = ends(arrow)
        # The client sent the INIT: it stands at the left.
        assert (x, to) == ((left, right) if packet.direction == "in" else (right, left))
        assert low > y
    assert any(text.startswith("COOKIE ECHO ") and text.endswith("hello") for text in texts)
    assert all(text.isprintable() for text in texts)


def test_lost_late_and_sent_again_are_drawn_so(packets: list[Packet]) -> None:
    at = next(n for n, packet in enumerate(packets) if packet.direction == "in" and packet.data[12] == 0)
    lost = replace(packets[at], verdict="dropped", reason="the next DATA")
    late = replace(packets[at], verdict="delayed", delay=1000.0)
    arrows, texts = drawn([*packets[:at], lost, late, *packets[at + 1 :]])
    whole = abs(ends(arrows[0])[2] - ends(arrows[0])[0])
    assert abs(ends(arrows[at])[2] - ends(arrows[at])[0]) < 0.7 * whole
    assert "dropped by the link: the next DATA" in texts
    # It comes after all that was sent later.
    assert ends(arrows[at + 1])[3] > max(ends(arrow)[1] for arrow in arrows)
    assert f"retransmission of {at + 1}, delayed by the link, 1,000 s" in texts


@pytest.fixture(scope="module")
def told() -> TimelineSnapshot:
    """The same with what the sockets told, and a link that was made to lose."""
    with Running("userspace", packets=("userspace",)) as running:
        running.listen()
        name, _, _ = running.greet()
        running.submit(DropNext(DropRule("DATA", 2)))
        running.until_true(lambda: running.link is not None and running.link.inward.drops != ())
        for stream in (2, 1):
            running.send(name, EVIL.encode(), stream=stream)
        for stream in (1, 2):
            running.until(Message, endpoint="server", stream=stream)
        log, remarks = Log(), LinkHistory()
        log.extend(running.events)
        assert running.link is not None
        remarks.note(None, replace(running.link, inward=Conditions(drops=(DropRule("DATA", 2),))))
        keys: dict[int, End] = {
            event.key: "local" if event.endpoint == "server" else "peer"
            for event in running.events
            if event.key
        }
        return TimelineSnapshot(
            conversation(running.packets), LadderOptions(sockets=True), keys, log, remarks
        )


@pytest.mark.parametrize("start", [1000.0, 1000.000123456789, 1_700_000_000.123457])
def test_in_the_picture_no_answer_is_above_what_it_answers(start: float) -> None:
    """Step by step, so that an answer is sent in the instant in which what it answers arrives."""
    with Linked() as linked:
        linked.time = start
        linked.stack.link.set_speed(0)
        client = linked.begin()
        for number in range(10):
            linked.stack.link.step()
            linked.turn()
            if number > 3:
                linked.send(client, 1, b"more")
                linked.turn()
        made = linked.packets
    paths, texts = drawn(made)
    way = dict(zip(map(id, made), (ends(path) for path in paths), strict=True))
    answered = 0
    for number, packet in enumerate(made):
        for earlier in made[:number]:
            arrived = earlier.mono + earlier.transit
            if earlier.direction != packet.direction and packet.mono > arrived - 2e-6:
                answered += 1
                assert way[id(packet)][1] >= way[id(earlier)][3]
    assert answered > 10
    assert texts


def test_words_in_the_picture_have_a_ground_that_no_arrow_passes_through(told: TimelineSnapshot) -> None:
    """All of it is behind them: arrows first, then the words, each on a box that is not transparent."""
    raw = b"".join(picture(told)).decode()
    root = ET.fromstring(raw)
    boxes = [box.attrib for box in root.iter(f"{SVG}rect") if box.attrib.get("fill") == "#ffffff"]
    assert not any("opacity" in name for box in boxes for name in box)
    assert len(boxes) > raw.count("<g>") > 0
    assert raw.rindex(' stroke-width="1.6"') < raw.index("<g>")


def test_what_the_sockets_told_is_in_the_picture_and_the_text(told: TimelineSnapshot) -> None:
    root = ET.fromstring(b"".join(picture(told)))
    dots = list(root.iter(f"{SVG}circle"))
    told_of = [line for line in told.log if line.key]
    assert len(dots) == len(told_of)
    texts = {
        "".join(text.itertext()).partition(":")[0]: float(text.attrib["y"])
        for text in root.iter(f"{SVG}text")
    }
    order = [
        "setting up an association with 127.0.0.1",
        "sends 5 B on stream 1",
        "receives 5 B on stream 1",
        "to be lost",
        f"sends {len(EVIL.encode())} B on stream 2",
        f"receives {len(EVIL.encode())} B on stream 1",
        f"receives {len(EVIL.encode())} B on stream 2",
    ]
    heights = [texts[words] for words in order]
    assert heights == sorted(heights)
    assert all(text.isprintable() for text in texts)
    lines = b"".join(ladder_text(told)).decode().splitlines()[1:]
    assert len(lines) == len(told.conversation) + len(told_of) + 1
    assert all(line.isprintable() for line in lines)


def test_of_many_packets_the_newest_are_drawn(packets: list[Packet]) -> None:
    arrows, texts = drawn(packets, 3)
    assert len(arrows) == 3
    assert str(len(packets)) in texts
    assert "1" not in texts


@given(st.lists(st.binary(max_size=80), min_size=1, max_size=4))
def test_no_packet_breaks_the_picture_or_the_text(data: list[bytes]) -> None:
    like = Packet(
        at=0.0,
        mono=0.0,
        endpoint="s",
        key=0,
        assoc_id=0,
        peer=None,
        local=PEER,
        flow=1,
        direction="in",
        verdict="refused",
        reason="no SCTP packet",
        delay=0.0,
        data=b"",
    )
    strange = [replace(like, data=one) for one in data]
    arrows, texts = drawn(strange)
    assert len(arrows) == len(data)
    assert all(text.isprintable() for text in texts)
    lines = b"".join(ladder_text(_still(strange))).decode().split("\n")
    assert len(lines) == len(data) + 2
    assert all(line.isprintable() for line in lines)


def test_the_ladder_as_text_has_a_line_for_each_packet(packets: list[Packet]) -> None:
    first, *lines = b"".join(ladder_text(_still(packets))).decode().splitlines()
    assert "server 127.0.0.1:" in first
    assert len(lines) == len(packets)
    assert re.fullmatch(r" +1 +0\.0000 +├─ INIT tag \w{8} .*─▶│", lines[0])
    assert re.fullmatch(r" +\d+ +\d\.\d{4} +\+0\.\d{4} │◀─ SHUTDOWN ACK ─+┤", lines[-2])
    assert all(line.isprintable() for line in lines)


async def test_the_dialog_writes_packets_that_tshark_reads(here: Path) -> None:
    async with running() as (app, pilot):
        await type_line(pilot, "hello")
        await until(pilot, lambda: messages(app, "server") and app.monitor.wire)
        await until(pilot, lambda: app.screen.query_one(AssociationTable).chosen)
        await pilot.press("escape", "e")
        await until(pilot, lambda: isinstance(app.screen, ExportScreen))
        await pilot.press("end", "up", "enter")
        await until(pilot, lambda: outcome(pilot).startswith("exported "))
        (path,) = here.iterdir()
        assert path.suffix == ".pcapng"
        assert re.match(r"exported \d+ packets of all, ", outcome(pilot))
        assert complaints(path) == []
        await pilot.press("w", "e")  # where the packets are shown, they come first
        await until(pilot, lambda: isinstance(app.screen, ExportScreen))
        await until(pilot, lambda: "sctp-packets-" in app.screen.query_one(Input).value)
        assert [row[0] for row in fields(path, "sctp.chunk_type")][:3] == ["1", "2", "10|0"]


async def test_what_there_is_of_one_association_and_of_all(here: Path) -> None:
    async with running(settings=Settings(port=0, udp_port=0, mask_addresses=True)) as (app, pilot):
        assert wire_sources(None, app.monitor, LadderOptions(), inf) == []
        await type_line(pilot, "hello")
        await until(pilot, lambda: rows(app) and rows(app)[0].messages_in)
        (row,) = rows(app)
        of_it = app.monitor.wire.of(row, app.monitor.endpoints)
        assert of_it is not None
        sources = wire_sources(row, app.monitor, LadderOptions(), inf)
        count = len(of_it)
        assert [(source.name, source.suffix, source.what) for source in sources] == [
            ("packets", ".pcapng", f"{count} packets of association {row.called}"),
            ("ladder", ".txt", f"{count} packets of association {row.called}"),
            ("ladder", ".svg", f"{count} packets of association {row.called}"),
            ("packets", ".pcapng", f"{count} packets of all"),
        ]
        of_it.add(of_it.packets[-1])  # what comes later is not in it
        for source in sources:
            written = b"".join(source.lines())
            assert b"127.0.0.1" not in written
            assert b"\x7f\x00\x00\x01" not in written
            if source.suffix == ".txt":
                assert written.count(b"\n") == count + 1
