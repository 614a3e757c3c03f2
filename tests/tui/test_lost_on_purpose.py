"""The lesson: the next DATA on stream 1 is lost, three messages on two streams, and all tells of it."""

import re
from pathlib import Path

import pytest
from textual.widgets import Input

from sctp_tui.sctp.events import Message
from sctp_tui.tui.dialogs.export_screen import ExportScreen
from sctp_tui.tui.wire.ladder_view import LadderView
from sctp_tui.tui.wire.lanes_view import LanesView
from sctp_tui.tui.wire.why_line import WhyLine

from ..monitor.tshark import complaints, fields
from .driving import drawn, log_of, messages, outcome, rows, running, type_together, until

pytestmark = pytest.mark.userspace


@pytest.mark.parametrize("over_udp", [False, True], ids=["inside", "udp"])
async def test_what_is_lost_on_purpose_is_told_everywhere(
    over_udp: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with running((120, 40)) as (app, pilot):
        if over_udp:
            app.screen.query_one("#udp", Input).value = str(app.monitor.endpoints.servers[0].udp_port)
        await pilot.press("enter")
        await until(pilot, lambda: rows(app) and rows(app)[0].state == "ESTABLISHED")
        await until(pilot, lambda: messages(app, "server") == [b"hello"])
        await pilot.press("escape", "w", "D")
        await until(pilot, lambda: outcome(pilot) == "the link was told to lose the next DATA on stream 1")
        ladder = app.query_one(LadderView)
        await until(pilot, lambda: ladder.ladder is not None)
        await type_together(app, pilot, "one", "[2]two", "[2]three")

        # The log: what stream 2 had came while stream 1 waited.
        await until(pilot, lambda: len(messages(app, "server")) == 4)
        assert messages(app, "server") == [b"hello", b"two", b"three", b"one"]
        came = [e for e in log_of(app, Message) if isinstance(e, Message) and e.direction == "in"]
        assert [e.stream for e in came if e.endpoint == "server"] == [1, 2, 2, 1]

        # The ladder: a cross and why, gaps, and the second try tied to the first.
        await until(pilot, lambda: any(" ↻" in line for line in drawn(ladder)))
        await until(pilot, lambda: "SACK cum 3" in "".join(drawn(ladder)))
        lines = drawn(ladder)
        (lost,) = (line for line in lines if "✗" in line)
        assert re.search(r" DATA tsn 1 str 1 ssn 1 3 B one lost: next DATA on stream 1 ─+✗ +│", lost)
        assert any(re.search(r"◀─ SACK cum 0 gap 2(–3)? ", line) for line in lines)
        (again,) = (line for line in lines if "↻" in line)
        number = lost.split()[0]
        # RTO.Min (RFC 9260, 16), or more where the round trip of the first message was slow. The stack is
        # asked for it ten times a second, where there is the time.
        waited = r"after (99\d\S* ms|[1-9]\S* s)(, RTO [1-9]\S* s)?"
        assert re.search(rf" DATA tsn 1 str 1 ssn 1 3 B one ↻{number} {waited} ─+▶│", again)

        # Why, in words, of the lost one.
        assert ladder.ladder is not None
        ladder.focus()
        ladder.put_cursor(int(number))
        await until(pilot, lambda: app.query_one(WhyLine).row is ladder.row)
        why = app.query_one(WhyLine).render().plain
        assert why.startswith(
            "the link (the next DATA on stream 1) The link threw this packet away on purpose"
        )

        # The lanes: stream 2 was delivered, and in one stream would have waited.
        await pilot.press("2")
        lanes = app.query_one(LanesView)
        await until(pilot, lambda: "✗1↻" in "".join(drawn(lanes)))
        await until(pilot, lambda: "2 ready: none waited; as one stream: 2 waited" in "".join(drawn(lanes)))
        sent, got = drawn(lanes)[5:7]
        assert sent.split() == ["Stream", "2", "sent", "[0]", "[1]"]
        assert got.split() == ["got", "█0█", "█1█"]

        # The packets, for Wireshark.
        await pilot.press("e")
        await until(pilot, lambda: isinstance(app.screen, ExportScreen))
        await pilot.press("enter")
        await until(pilot, lambda: outcome(pilot).startswith("exported "))
        (path,) = tmp_path.iterdir()
        assert complaints(path) == []
        commented = [row for row in fields(path, "frame.comment", "sctp.data_tsn") if row[0]]
        assert [row for row in commented if "the next DATA on stream 1" in row[0]]
