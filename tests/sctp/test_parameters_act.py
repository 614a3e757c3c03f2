"""Protocol parameters are seen to act, in the packets that go and in what is told; on both stacks."""

import itertools
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest

from sctp_tui.sctp.commands import SetLink
from sctp_tui.sctp.events import AssocChange, Message, Packet, PeerAddrChange, StackName
from sctp_tui.sctp.kernel.network import addresses
from sctp_tui.sctp.link.conditions import Conditions
from sctp_tui.sctp.protocol_parameters import DelayedSack, ProtocolParameters, Rto
from sctp_tui.sctp.stacks import open_stack
from sctp_tui.sctp.wire.chunk_types import ChunkType
from tests.harness import Running

_QUICK = Rto(100, 200, 400)
_USUAL = 6  # tries until a path is unreachable by default: Path.Max.Retrans is 5
_CUT = Conditions(cut=True)
_SLOW = Conditions(delay=100)


@pytest.fixture
def on_a_link(stack: StackName) -> Iterator[Running]:
    """Whose server is on a link of this program, on the kernel's stack too."""
    options: dict[str, Any] = {}
    if stack == "kernel":
        options["open_stack"] = partial(open_stack, paths=1)
    with Running(stack, packets=(stack,), **options) as running:
        yield running


def listen(running: Running, **parameters: Any) -> None:
    hosts = addresses("server", 1) if running.stack == "kernel" else ()
    running.listen(*hosts, parameters=ProtocolParameters(**parameters))


def carrying(running: Running, data: bytes) -> list[Packet]:
    return [packet for packet in running.packets if data in packet.data]


def sacks(running: Running, since: int) -> list[Packet]:
    return [packet for packet in running.packets[since:] if packet.data[12] == ChunkType.SACK]


def test_a_sack_waits_as_long_as_is_set(on_a_link: Running) -> None:
    running = on_a_link
    listen(running, sack=DelayedSack(400, 2))
    name, _, _ = running.greet()
    since = len(running.packets)
    running.send(name, b"acknowledge this")
    running.until_true(lambda: bool(sacks(running, since)))
    assert sacks(running, since)[0].mono - carrying(running, b"acknowledge this")[0].mono > 0.35


def test_or_does_not_wait_at_all(on_a_link: Running) -> None:
    running = on_a_link
    listen(running, sack=DelayedSack(0, 1))
    name, _, _ = running.greet()
    since = len(running.packets)
    for number in range(4):
        data = b"acknowledge number %d" % number
        running.send(name, data)
        running.until(Message, endpoint="server", direction="in", data=data)
        running.until_true(lambda number=number: len(sacks(running, since)) == number + 1)  # type: ignore[misc]


@pytest.mark.parametrize("most", [1, 2])
def test_a_peer_is_lost_after_so_many_timeouts(on_a_link: Running, most: int) -> None:
    running = on_a_link
    listen(running)
    # With a shorter RTO packets alone don't show that it is silent.
    usual = Rto(1000, 1000, 1000)
    parameters = ProtocolParameters(rto=usual, association_max_retrans=most, heartbeat_interval=0)
    name, _, ours = running.greet(parameters=parameters)
    running.submit(SetLink(_CUT, _CUT))
    running.send(name, b"is anybody there?")
    running.again()
    running.until(AssocChange, key=ours.key, state="COMM_LOST")
    assert len(carrying(running, b"is anybody there?")) == most + 1


@pytest.mark.parametrize("most", [1, 2])
def test_a_path_is_unreachable_after_so_many_timeouts(on_a_link: Running, most: int) -> None:
    running = on_a_link
    listen(running)
    parameters = ProtocolParameters(rto=_QUICK, path_max_retrans=most, heartbeat_interval=0)
    name, _, ours = running.greet(parameters=parameters)
    running.submit(SetLink(_CUT, _CUT))
    running.send(name, b"is anybody there?")
    running.again()
    told = running.until(PeerAddrChange, key=ours.key, state="UNREACHABLE")
    tries = [packet for packet in carrying(running, b"is anybody there?") if packet.mono < told.mono - 0.05]
    assert most + 1 <= len(tries) < _USUAL  # told late by a busy machine, it would be one more


@pytest.mark.kernel
@pytest.mark.parametrize("most", [0, 1])
def test_a_path_is_potentially_failed_after_so_many(on_a_link: Running, most: int) -> None:
    running = on_a_link
    listen(running)
    parameters = ProtocolParameters(rto=_QUICK, potentially_failed=most, heartbeat_interval=0)
    name, _, ours = running.greet(parameters=parameters)
    running.submit(SetLink(_CUT, _CUT))
    running.send(name, b"is anybody there?")
    running.again()
    told = running.until(PeerAddrChange, key=ours.key, state="POTENTIALLY_FAILED")
    tries = [packet for packet in carrying(running, b"is anybody there?") if packet.mono < told.mono - 0.05]
    assert most + 1 <= len(tries) < _USUAL  # told late by a busy machine, it would be one more


@pytest.mark.parametrize("nodelay", [False, True])
def test_small_messages_wait_for_an_acknowledgement_or_not(on_a_link: Running, nodelay: bool) -> None:
    running = on_a_link
    listen(running)
    name, _, _ = running.greet(parameters=ProtocolParameters(nodelay=nodelay))
    running.submit(SetLink(_SLOW, _SLOW))
    since = len(running.packets)
    for data in (b"the first message", b"the second message"):
        running.send(name, data)
    running.again()
    running.until(Message, endpoint="server", direction="in", data=b"the second message")
    (second,) = carrying(running, b"the second message")
    before = [packet for packet in sacks(running, since) if packet.mono < second.mono]
    assert bool(before) != nodelay


@pytest.mark.parametrize("burst", [1, 0])
def test_so_many_packets_go_in_a_row(on_a_link: Running, burst: int) -> None:
    running = on_a_link
    listen(running)
    name, _, _ = running.greet(parameters=ProtocolParameters(max_burst=burst))
    running.submit(SetLink(_SLOW, _SLOW))
    since = len(running.packets)
    running.send(name, bytes(20_000))
    running.again()
    running.until(Message, endpoint="server", direction="in", size=20_000)
    sent = (packet.data[12] for packet in running.packets[since:])
    first = sum(1 for _ in itertools.takewhile(lambda kind: kind == ChunkType.DATA, sent))
    assert first <= 2 if burst else first > 2  # one more may go with a cwnd that is not quite used
