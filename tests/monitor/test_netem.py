"""What is said of packets that were captured behind netem, as in the lab: copied, and late."""

import contextlib
import json
import subprocess
from collections.abc import Iterator

import pytest

from sctp_tui.engine.event_queue import Batch
from sctp_tui.monitor.monitor import Monitor
from sctp_tui.monitor.text.packet_lines import as_json
from sctp_tui.monitor.trace.ladder import Ladder
from sctp_tui.monitor.trace.states import StateTracker
from sctp_tui.monitor.why.rows import why_row
from sctp_tui.sctp.events import AssocChange, Message, from_json
from sctp_tui.sctp.wire.packet import Sack
from sctp_tui.tui.wire.ladder_lines import marks

from ..harness import Running

pytestmark = pytest.mark.kernel


@contextlib.contextmanager
def netem(*words: str) -> Iterator[None]:
    """tc-netem(8) on the loopback of the guest."""
    subprocess.run(("tc", "qdisc", "add", "dev", "lo", "root", "netem", *words), check=True)
    try:
        yield
    finally:
        subprocess.run(("tc", "qdisc", "del", "dev", "lo", "root"), check=True)


def test_copies_are_told_as_such() -> None:
    with Running("kernel", packets=("kernel",)) as running, netem("duplicate", "100%"):
        running.listen()
        client, up, _ = running.greet()
        for text in (b"two", b"three"):
            running.send(client, text)
            running.until(Message, endpoint="server", data=text)
        running.shut_down(up.key)
        running.until(AssocChange, key=up.key, state="SHUTDOWN_COMP")
        running.until_true(lambda: sum(packet.data[12] == 14 for packet in running.packets) >= 2)
    # How long one was on its way the capture doesn't tell.
    assert {json.loads(as_json(packet))["delay"] for packet in running.packets} == {None}
    assert all(from_json(as_json(packet)) == packet for packet in running.packets)
    monitor = Monitor()
    monitor.fold(Batch(running.events, running.packets))
    association = monitor.associations.get(up.key)
    assert association is not None
    conversation = monitor.wire.of(association, monitor.endpoints)
    assert conversation is not None
    tracker = StateTracker(conversation)
    tracker.update(float("inf"))
    taken = [str(one.transition) for one in tracker.taken if one.end == "local"]
    assert taken[:4] == [
        "CLOSED → CLOSED: receive INIT, send INIT ACK",
        "CLOSED → CLOSED: receive INIT, send INIT ACK",
        "CLOSED → ESTABLISHED: receive COOKIE ECHO, send COOKIE ACK",
        "ESTABLISHED → ESTABLISHED: receive COOKIE ECHO, send COOKIE ACK",
    ]
    assert all(one not in taken[4:] for one in taken[:4])
    ladder = Ladder(conversation)
    ladder.update()
    again = [row for row in ladder if row.first_try]
    assert len(again) >= 4  # INIT, COOKIE ECHO with DATA, DATA twice
    assert all("or a copy" in marks(row) for row in again)
    for row in ladder:
        said = " ".join(words.text for _, words in why_row(row, "beginner"))
        assert "Sent again" not in said
        if any(isinstance(chunk, Sack) and chunk.duplicates for chunk in row.chunks):
            assert "or copied on the way" in said
