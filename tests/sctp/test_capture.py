"""The packets of the kernel's SCTP, captured: of real associations, with what passed in what order."""

import contextlib
import os
import select
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from sctp_tui.sctp import ring
from sctp_tui.sctp.commands import Generate, PauseReading, Watch
from sctp_tui.sctp.events import Message, Packet, Peer, Refused
from sctp_tui.sctp.socket_filter import of_this_machine
from sctp_tui.sctp.wire.decode import decode
from sctp_tui.sctp.wire.packet import Data, name_of

from ..harness import Running
from ..patience import PATIENCE

pytestmark = pytest.mark.kernel

_UDP_SYSCTL = Path("/proc/sys/net/sctp/udp_port")
_CAP_NET_RAW = 13


@pytest.fixture
def seeing() -> Iterator[Running]:
    """An engine on the kernel's stack that captures."""
    with Running("kernel", packets=("kernel",)) as running:
        yield running


def _names(packets: Sequence[Packet]) -> list[str]:
    """`in INIT`, `out INIT ACK`, …: the chunks in their order, as seen from the server."""
    return [f"{p.direction} {name_of(chunk)}" for p in packets for chunk in decode(p.data).chunks]


def _until_seen(running: Running, name: str) -> list[str]:
    running.until_true(lambda: name in _names(running.packets))
    return _names(running.packets)


def test_an_association_from_its_first_packet_to_its_last(seeing: Running) -> None:
    server = seeing.listen()
    name, _, ours = seeing.greet(b"\x00\xffhello", stream=3)
    seeing.send(name, b"second", stream=1, ppid=46, unordered=True)
    seeing.until(Message, endpoint="server", direction="in", data=b"second")
    seeing.shut_down(ours.key)
    names = _until_seen(seeing, "in SHUTDOWN COMPLETE")

    setting_up = ["in INIT", "out INIT ACK", "in COOKIE ECHO", "in DATA", "out COOKIE ACK"]
    assert names[:5] in (setting_up, [*setting_up[:3], "out COOKIE ACK", "in DATA"])
    assert names[-3:] == ["in SHUTDOWN", "out SHUTDOWN ACK", "in SHUTDOWN COMPLETE"]
    assert names.count("in INIT") == 1, "a packet that loops back passes twice"
    sent = [c for p in seeing.packets for c in decode(p.data).chunks if isinstance(c, Data)]
    assert [(c.stream, c.ppid, c.unordered, c.data) for c in sent] == [
        (3, 0, False, b"\x00\xffhello"),
        (1, 46, True, b"second"),
    ]
    assert len({packet.flow for packet in seeing.packets}) == 1
    for packet in seeing.packets:
        assert (packet.endpoint, packet.local) == ("server", Peer(("127.0.0.1",), server.port))
        assert packet.peer is not None
        assert packet.peer.addresses == ("127.0.0.1",)
        assert (packet.verdict, packet.reason, packet.delay) == ("delivered", "", None)
        assert packet.within
    for times in ([p.mono for p in seeing.packets], [p.at for p in seeing.packets]):
        assert times == sorted(times)


def test_times_are_those_of_the_other_events(seeing: Running) -> None:
    seeing.listen()
    clock = seeing.engine.clock
    before = clock.wall(), clock.mono()
    seeing.greet()
    after = clock.wall(), clock.mono()
    seeing.until_true(lambda: len(seeing.packets) >= 4)
    for packet in seeing.packets[:4]:
        assert before[0] - 0.1 <= packet.at <= after[0] + 0.1
        assert before[1] - 0.1 <= packet.mono <= after[1] + 0.1


def test_abort_with_its_reason(seeing: Running) -> None:
    seeing.listen()
    _, _, ours = seeing.greet()
    seeing.abort(ours.key, "enough")
    _until_seen(seeing, "in ABORT")
    assert any(b"enough" in packet.data for packet in seeing.packets)


def test_ipv6(seeing: Running) -> None:
    server = seeing.listen("::1")
    seeing.greet()
    names = _until_seen(seeing, "out COOKIE ACK")
    assert names[:3] == ["in INIT", "out INIT ACK", "in COOKIE ECHO"]
    assert {packet.local for packet in seeing.packets} == {Peer(("::1",), server.port)}


@pytest.fixture
def udp_sysctl() -> Iterator[Callable[[int], None]]:
    """Sets the kernel's own UDP port for SCTP, until the end of the test."""
    before = _UDP_SYSCTL.read_text()
    yield lambda port: (_UDP_SYSCTL.write_text(f"{port}\n"), None)[1]
    _UDP_SYSCTL.write_text(before)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_sctp_in_udp(udp_sysctl: Callable[[int], None], host: str) -> None:
    udp_sysctl(9899)
    with Running("kernel", packets=("kernel",)) as running:
        server = running.listen(host)
        running.greet(to=Peer((host,), server.port, 9899))
        names = _until_seen(running, "out COOKIE ACK")
        assert names[:3] == ["in INIT", "out INIT ACK", "in COOKIE ECHO"]
        assert {packet.local for packet in running.packets} == {Peer((host,), server.port, 9899)}
        assert {packet.peer and packet.peer.udp_port for packet in running.packets} == {9899}


def test_sctp_in_udp_is_seen_where_the_kernel_gets_its_udp_port_later(
    udp_sysctl: Callable[[int], None],
) -> None:
    """As where a user does what the refusal of a client in UDP says, and opens the client again."""
    udp_sysctl(0)
    with Running("kernel", packets=("kernel",)) as running:
        running.listen(name="before")
        udp_sysctl(9899)
        server = running.listen()
        running.greet(to=Peer(("127.0.0.1",), server.port, 9899))
        names = _until_seen(running, "out COOKIE ACK")
        assert names[:3] == ["in INIT", "out INIT ACK", "in COOKIE ECHO"]
        assert {packet.peer and packet.peer.udp_port for packet in running.packets} == {9899}


def test_each_of_many_clients_is_a_flow_of_its_own(seeing: Running) -> None:
    seeing.listen()
    for _ in range(5):
        name, _, ours = seeing.greet()
        seeing.shut_down(ours.key)
        seeing.close(name)
    seeing.until_true(lambda: _names(seeing.packets).count("in SHUTDOWN COMPLETE") == 5)
    flows = {packet.flow: packet.peer for packet in seeing.packets}
    assert len(flows) == len({peer.port for peer in flows.values() if peer}) == 5


def test_two_addresses_are_one_flow(seeing: Running) -> None:
    """The second path of a multi-homed association bears its verification tag."""
    server = seeing.listen("127.0.0.1", "127.0.0.2")
    seeing.greet()
    seeing.until_true(lambda: any(p.local.addresses == ("127.0.0.2",) for p in seeing.packets))
    assert {p.local.port for p in seeing.packets} == {server.port}
    assert len({packet.flow for packet in seeing.packets}) == 1


def test_associations_of_other_programs_are_not_told(seeing: Running) -> None:
    seeing.listen()
    with Running("kernel") as other:
        other.listen("127.0.0.2", port=seeing.server.port if seeing.server else 0)
        other.greet(b"not yours")
    seeing.greet(b"yours")
    _until_seen(seeing, "out COOKIE ACK")
    assert not any(b"not yours" in packet.data for packet in seeing.packets)


def test_a_client_of_another_program_is_told_by_the_server(seeing: Running) -> None:
    server = seeing.listen()
    with Running("kernel") as other:
        other.server = server
        other.client(b"from elsewhere")
        seeing.until(Message, endpoint="server", data=b"from elsewhere")
    names = _until_seen(seeing, "in COOKIE ECHO")
    assert names[0] == "in INIT"


def test_the_client_s_side_alone(seeing: Running) -> None:
    with Running("kernel") as other:
        server = other.listen()
        seeing.client(to=Peer(server.addresses, server.port))
        names = _until_seen(seeing, "in COOKIE ACK")
        assert names[0] == "out INIT"
        assert {packet.endpoint for packet in seeing.packets} == {"client 1"}


def test_nobody_listens_there(seeing: Running) -> None:
    seeing.client(to=Peer(("127.0.0.1",), 9))
    assert _until_seen(seeing, "in ABORT") == ["out INIT", "in ABORT"]


def test_a_message_longer_than_a_packet(seeing: Running) -> None:
    seeing.listen()
    data = bytes(range(256)) * 800
    name, _, _ = seeing.greet()
    seeing.send(name, data)
    seeing.until(Message, endpoint="server", data=data)

    def seen() -> bytes:
        chunks = (c for p in seeing.packets for c in decode(p.data).chunks)
        return b"".join({c.tsn: c.data for c in chunks if isinstance(c, Data)}.values())

    seeing.until_true(lambda: seen() == b"hello" + data)
    assert {packet.reason for packet in seeing.packets} == {""}


def test_packets_that_find_the_ring_full_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ring, "_BLOCKS", 2)
    overheard = ring.Ring(of_this_machine(0))
    packet = bytes(12) + b"\x0b\x00\x00\x04" + bytes(40_000)

    seen = missed = 0
    with contextlib.closing(overheard), socket.socket(socket.AF_INET, socket.SOCK_RAW, 132) as raw:
        for _ in range(20):
            raw.sendto(packet, ("127.0.0.1", 0))
        while overheard.missed + seen < 20:  # without another one that would tell of them
            assert select.select([overheard], [], [], PATIENCE)[0]
            seen += sum(1 for _ in overheard.read())
        assert overheard.missed > 0
        raw.sendto(packet, ("127.0.0.1", 0))
        while not missed:
            assert select.select([overheard], [], [], PATIENCE)[0]
            missed += sum(frame.missed for frame in overheard.read())
        assert missed == overheard.missed


def test_packets_not_handed_over_yet_are_pending() -> None:
    overheard = ring.Ring(of_this_machine(0))
    packet = bytes(12) + b"\x0b\x00\x00\x04"
    pending = []
    with contextlib.closing(overheard), socket.socket(socket.AF_INET, socket.SOCK_RAW, 132) as raw:
        pending.append(overheard.pending)
        raw.sendto(packet, ("127.0.0.1", 0))
        pending.append(overheard.pending)
        assert select.select([overheard], [], [], PATIENCE)[0]
        raw.sendto(packet, ("127.0.0.1", 0))  # to the next block
        pending.append(overheard.pending)
        seen = sum(1 for _ in overheard.read())
        while overheard.pending:
            assert select.select([overheard], [], [], PATIENCE)[0]
            seen += sum(1 for _ in overheard.read())
    assert (seen, pending) == (2, [False, True, True])


def _burst(running: Running) -> int:
    """Large buffers fill while nobody reads, and empty themselves all at once: DATA chunks that were sent."""
    running.listen()
    name, up, ours = running.greet()
    running.submit(PauseReading("server", True))
    running.submit(Generate(1, name, rate=1e6, pattern=b"x", size=60_000, count=100))
    running.submit(Watch((ours.key,)))
    running.until_true(lambda: ours.key in running.status and running.status[ours.key].rwnd in range(60_000))
    running.submit(PauseReading("server", False))
    running.until_true(lambda: running.counts[up.key].messages_in == 101)
    running.until_true(lambda: running.status[ours.key].unacked == 0)
    return len({c.tsn for p in running.packets for c in decode(p.data).chunks if isinstance(c, Data)})


def test_a_burst_of_large_packets_is_seen_to_the_last(seeing: Running) -> None:
    assert _burst(seeing) >= 101
    assert seeing.packets_missed == 0
    assert {packet.reason for packet in seeing.packets} == {""}


def test_what_a_burst_costs_is_told_though_nothing_follows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ring, "_BLOCKS", 2)
    with Running("kernel", packets=("kernel",)) as running:
        assert _burst(running) < 101
        running.until_true(lambda: running.packets_missed > 0)
        running.packets.clear()  # what is said of them can't be checked
        running.events.clear()


def test_the_last_packets_are_told_at_the_end() -> None:
    with Running("kernel", packets=("kernel",)) as running:
        running.listen()
        running.greet()
    running.drain()
    assert _names(running.packets)[-1].endswith(("ABORT", "SHUTDOWN COMPLETE"))


_WITHOUT = f"""
import ctypes, os, sys
assert ctypes.CDLL(None).prctl(24, {_CAP_NET_RAW}, 0, 0, 0) == 0  # PR_CAPBSET_DROP: gone at the next exec
os.execv(sys.executable, [sys.executable, "-m", "pytest", "--stack", "kernel", "-p", "no:cacheprovider",
    "-q", "-k", "without_the_capability", {__file__!r}])
"""


def _may_capture() -> bool:
    try:
        socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, 0).close()
    except PermissionError:
        return False
    return True


def test_without_the_capability() -> None:
    """Run once more by a process that lacks it, as the tests' own may be root."""
    if _may_capture():
        ran = subprocess.run([sys.executable, "-c", _WITHOUT], capture_output=True, text=True, check=False)
        assert ran.returncode == 0, ran.stdout + ran.stderr
        return
    with Running("kernel", packets=("kernel",)) as running:
        running.listen()
        running.again()
        refused = running.until(Refused, command="capture")
        assert "CAP_NET_RAW" in refused.text
        assert "sudo" in refused.text
        assert f"setcap cap_net_raw+ep {os.path.realpath(sys.executable)}" in refused.text
        running.greet()  # all else works
        assert running.packets == []
