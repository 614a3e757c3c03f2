"""Packets that a stranger forges: a stack is given each, and nothing comes of it."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest

from sctp_tui.engine.event_queue import Batch
from sctp_tui.monitor.monitor import Monitor
from sctp_tui.monitor.trace.ladder import Ladder
from sctp_tui.monitor.why.rows import why_row
from sctp_tui.sctp.commands import AbortAssociation, Forge, SetLink
from sctp_tui.sctp.events import AssocChange, Message, Packet, Refused, StackName
from sctp_tui.sctp.forgery import MOST, Forgery
from sctp_tui.sctp.kernel.network import addresses
from sctp_tui.sctp.link.conditions import WRONG_CHECKSUM, WRONG_TAG, Conditions
from sctp_tui.sctp.stacks import open_stack
from sctp_tui.sctp.wire.crc32c import checksummed
from sctp_tui.tui.wire.ladder_lines import marks
from tests import rawpeer
from tests.harness import Running

_INIT, _INIT_ACK, _ABORT = 1, 2, 6


@pytest.fixture
def on_a_link(stack: StackName) -> Iterator[Running]:
    """Whose packets this program carries, on the kernel's stack too."""
    options: dict[str, Any] = {"open_stack": partial(open_stack, paths=1)} if stack == "kernel" else {}
    with Running(stack, packets=(stack,), **options) as running:
        running.listen(*addresses("server", 1) if stack == "kernel" else ())
        yield running


def _of(running: Running, kind: int) -> list[Packet]:
    return [packet for packet in running.packets if packet.data[12] == kind]


def _tags(running: Running, direction: str) -> set[bytes]:
    """The tags of what was sent in a direction, but for INITs and what was forged."""
    return {
        packet.data[4:8]
        for packet in running.packets
        if packet.direction == direction and packet.verdict != "refused" and any(packet.data[4:8])
    }


@pytest.mark.parametrize("wrong", [False, True], ids=["tag", "checksum"])
@pytest.mark.parametrize("to", ["server", "client"])
def test_a_forged_abort_ends_nothing(on_a_link: Running, to: str, wrong: bool) -> None:
    running = on_a_link
    name, up, ours = running.greet()
    key = up.key if to == "server" else ours.key
    running.submit(Forge(key, "ABORT", wrong))
    for one in (name, "server"):
        before = running.now()
        running.send(one if one == name else "", f"to {one}".encode(), key=0 if one == name else up.key)
        running.again_from(before)
        running.until(Message, direction="in", data=f"to {one}".encode())
    (abort,) = _of(running, _ABORT)
    assert abort.direction == ("in" if to == "server" else "out")
    assert (abort.verdict, abort.reason) == ("refused", WRONG_CHECKSUM if wrong else WRONG_TAG)
    (right,) = _tags(running, abort.direction)
    assert (abort.data[4:8] == right) == wrong
    assert (rawpeer.checksummed(abort.data) == abort.data) != wrong
    assert not [one for one in running.events if isinstance(one, AssocChange) and one.state != "COMM_UP"]


@pytest.mark.parametrize("to", ["server", "client"])
def test_with_the_right_tag_it_would_end_it(
    on_a_link: Running, to: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So the stack was given the ones that end nothing."""
    running = on_a_link
    monkeypatch.setattr("sctp_tui.sctp.forgery._tag", lambda right: right)
    _, up, ours = running.greet()
    key = up.key if to == "server" else ours.key
    running.submit(Forge(key, "ABORT"))
    running.until(AssocChange, key=key, state="COMM_LOST")
    running.packets.clear()  # of this one it is told that its tag is wrong


def test_the_ladder_has_it_as_discarded(on_a_link: Running) -> None:
    running = on_a_link
    name, up, _ = running.greet()
    running.submit(Forge(up.key, "ABORT"), Forge(up.key, "ABORT", True))
    running.send(name, b"alive")
    running.until(Message, endpoint="server", direction="in", data=b"alive")
    monitor = Monitor()
    monitor.fold(Batch(events=running.events, packets=running.packets))
    association = monitor.associations.get(up.key)
    assert association is not None
    conversation = monitor.wire.of(association, monitor.endpoints)
    assert conversation is not None
    assert not conversation.over
    ladder = Ladder(conversation)
    while ladder.update():
        pass
    rows = ladder.rows(1, ladder.seen)
    aborts = [row for row in rows if row.packet.data[12] == _ABORT]
    assert [marks(row) for row in aborts] == ["discarded: wrong tag", "discarded: wrong checksum"]
    explained = [[name for name, _ in why_row(row, "expert")] for row in aborts]
    assert explained == [["the receiver (wrong tag)"], ["the receiver (wrong checksum)"]]


def test_a_real_abort_after_it_is_still_told_apart(on_a_link: Running) -> None:
    """Whose ABORT ended the association is learned from the packets, on the kernel's stack."""
    running = on_a_link
    _, up, ours = running.greet()
    running.submit(Forge(up.key, "ABORT"), AbortAssociation(up.key, "enough"))
    lost = running.until(AssocChange, key=ours.key, state="COMM_LOST")
    assert lost.by == "peer"
    running.again()
    assert running.until(AssocChange, key=up.key, state="COMM_LOST").by == "us"


def test_a_flood_of_inits_leaves_nothing(on_a_link: Running) -> None:
    running = on_a_link
    _, up, _ = running.greet()
    before = len(running.packets)
    running.submit(Forge(up.key, "INIT", count=50))
    running.until_true(lambda: len(_of(running, _INIT_ACK)) >= 51)
    running.until_true(lambda: len([one for one in _of(running, _ABORT) if one.direction == "in"]) >= 50)
    came = [one for one in running.packets[before:] if one.data[12] == _INIT]
    answers = [one for one in running.packets[before:] if one.data[12] == _INIT_ACK]
    assert len(came) == len(answers) == 50
    assert len({one.data[:2] for one in came}) == 50
    assert {one.direction for one in came} == {"in"}
    assert {one.data[2:4] for one in answers} == {one.data[:2] for one in came}
    name = running.client()
    running.until(AssocChange, endpoint=name, state="COMM_UP")
    ups = [one for one in running.events if isinstance(one, AssocChange) and one.endpoint == "server"]
    assert [one.state for one in ups] == ["COMM_UP", "COMM_UP"]


def test_an_init_with_a_wrong_checksum_is_not_answered(on_a_link: Running) -> None:
    running = on_a_link
    name, up, _ = running.greet()
    running.submit(Forge(up.key, "INIT", True))
    running.send(name, b"alive")
    running.until(Message, endpoint="server", direction="in", data=b"alive")
    assert len(_of(running, _INIT_ACK)) == 1
    assert _of(running, _INIT)[-1].reason == WRONG_CHECKSUM


@pytest.mark.parametrize("count", [0, MOST + 1])
def test_only_so_many_are_forged(on_a_link: Running, count: int) -> None:
    running = on_a_link
    _, up, _ = running.greet()
    running.submit(Forge(up.key, "INIT", count=count))
    assert running.until(Refused, command="forge").text == f"{count} forged packets: give 1 to {MOST}"


def test_where_packets_go_another_way_none_is_forged(over_udp: Running) -> None:
    running = over_udp
    _, up, _ = running.greet(to=running.to_server(over_udp=True))
    running.submit(Forge(up.key, "ABORT"))
    way_out = "without a UDP port" if running.stack == "userspace" else "lab --paths 1"
    assert way_out in running.until(Refused, command="forge", key=up.key).text


@pytest.mark.kernel
def test_nothing_is_forged_by_a_link_that_is_down(on_a_link: Running) -> None:
    running = on_a_link
    _, up, _ = running.greet()
    down = Conditions(down=True)
    running.submit(SetLink(down, down), Forge(up.key, "ABORT"))
    assert "link 1 lets nothing in" in running.until(Refused, command="forge").text


def test_there_has_to_be_an_association(running: Running) -> None:
    running.submit(Forge(99, "ABORT"))
    assert running.until(Refused, command="forge").text


def test_a_tag_is_never_the_right_one(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = iter([0, 7, 8])
    monkeypatch.setattr("sctp_tui.sctp.forgery._random.getrandbits", lambda bits: next(drawn))
    (packet,) = Forgery("ABORT").packets(1, 2, 7)
    assert packet.data[4:8] == bytes((0, 0, 0, 8))


def test_the_checksum_is_that_of_others() -> None:
    data = bytes(range(60))
    assert checksummed(data) == rawpeer.checksummed(data)
