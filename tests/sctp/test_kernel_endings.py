"""How an association of the kernel ended, which Linux does not tell: with packets seen, and without."""

import contextlib
import socket
import struct
import subprocess
from collections.abc import Iterator, Sequence
from importlib import import_module
from pathlib import Path

import pytest

from sctp_tui.sctp.endpoint import EndpointOptions
from sctp_tui.sctp.events import AssocChange, Message, Peer, PeerAddrChange, StackName
from sctp_tui.sctp.kernel import asking
from sctp_tui.sctp.kernel.sockets import open_socket

from .. import rawpeer as raw
from ..harness import Running

pytestmark = pytest.mark.kernel

_SYSCTL = Path("/proc/sys/net/sctp")
_QUICK = {
    "rto_initial": 100, "rto_min": 100, "rto_max": 200, "hb_interval": 100, "path_max_retrans": 2,
    "association_max_retrans": 5,
}  # fmt: skip
"""Timers with which a silent peer is lost in a second or two; times in ms."""


@contextlib.contextmanager
def sysctls(values: dict[str, int]) -> Iterator[None]:
    # The longest before the shortest where they grow: the kernel takes none that cross.
    before = {name: (_SYSCTL / name).read_text() for name in values}
    for name, value in values.items():
        (_SYSCTL / name).write_text(str(value))
    yield
    for name, text in reversed(before.items()):
        (_SYSCTL / name).write_text(text)


@pytest.fixture
def quick() -> Iterator[None]:
    with sysctls(_QUICK):
        yield


@pytest.fixture(params=[False, True], ids=["unseen", "seen"])
def running(request: pytest.FixtureRequest, udp_here: None) -> Iterator[Running]:
    """A server whose packets are not seen, or are."""
    packets: Sequence[StackName] = ("kernel",) if request.param else ()
    with Running("kernel", packets=packets) as running:
        running.listen()
        yield running


def _up(running: Running, peer: raw.RawPeer) -> int:
    peer.handshake()
    return running.until(AssocChange, endpoint="server", state="COMM_UP").key


def test_an_abort_without_causes_is_the_peers(running: Running) -> None:
    with running.raw_peer() as peer:
        key = _up(running, peer)
        peer.abort()
        end = running.until(AssocChange, key=key, state="COMM_LOST")
    assert (end.by, end.error_text, end.error) == ("peer", "", None)


def test_silence_is_nobodys(quick: None, running: Running) -> None:
    with running.raw_peer() as peer:
        key = _up(running, peer)
        running.until(PeerAddrChange, key=key, state="UNREACHABLE")
        end = running.until(AssocChange, key=key, state="COMM_LOST")
    assert (end.by, end.error_text) == ("nobody", "")


def test_an_abort_after_a_long_silence_is_the_peers(quick: None, running: Running) -> None:
    with running.raw_peer() as peer:
        key = _up(running, peer)
        running.until(PeerAddrChange, key=key, state="UNREACHABLE")
        peer.abort()
        end = running.until(AssocChange, key=key, state="COMM_LOST")
    assert end.by == "peer"


def test_what_nothing_tells_is_not_told(running: Running) -> None:
    """Where silence can end it before a path is given up, and packets are not seen."""
    with sysctls(_QUICK | {"path_max_retrans": 9, "association_max_retrans": 2}):
        running.listen(name="server 2")
        with running.raw_peer() as peer:
            peer.handshake()
            key = running.until(AssocChange, endpoint="server 2", state="COMM_UP").key
            end = running.until(AssocChange, key=key, state="COMM_LOST")
        assert end.by == ("nobody" if running.packets else "unknown")
        with running.raw_peer() as peer:
            peer.handshake()
            key = running.until(AssocChange, endpoint="server 2", state="COMM_UP").key
            peer.message(b"heard just now")
            running.until(Message, key=key)
            peer.abort()
            assert running.until(AssocChange, key=key, state="COMM_LOST").by == "peer"


# --- associations that don't come about


def test_a_refusal_is_the_peers(running: Running) -> None:
    client = running.client(to=Peer(("127.0.0.1",), 9))
    end = running.until(AssocChange, endpoint=client)
    assert (end.state, end.by) == ("CANT_STR_ASSOC", "peer")
    assert end.error_text == "nobody listens on SCTP port 9 of 127.0.0.1"


def test_t1_init_doubles_up_to_the_longest() -> None:
    """pysctp's own way of setting streams made that 8 ms: after the first INIT the others came at once."""
    made = open_socket(import_module("sctp"), socket.AF_INET, EndpointOptions("client", attempts=3))
    try:
        assert asking.init_limits(made.sock().fileno()) == (3, int((_SYSCTL / "rto_max").read_text()))
    finally:
        made.close()


def test_no_answer_is_nobodys(quick: None, running: Running) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        client = running.client(to=Peer(("127.0.0.1",), 9, silent.getsockname()[1]), attempts=2)
        end = running.until(AssocChange, endpoint=client)
    assert (end.state, end.by, end.error_text) == ("CANT_STR_ASSOC", "nobody", "no answer from 127.0.0.1:9")


def _run(command: str) -> None:
    subprocess.run(command.split(), check=True, capture_output=True)


@pytest.fixture
def void() -> Iterator[str]:
    """An address that takes packets and never answers, on an interface of its own."""
    _run("ip link add who0 type veth peer name who1")
    try:
        for command in (
            "ip addr add 10.78.0.1/24 dev who0",
            "ip link set who0 up",
            "ip link set who1 up",
            "ip neigh add 10.78.0.2 lladdr 02:00:00:00:00:02 dev who0",
        ):
            _run(command)
        yield "10.78.0.2"
    finally:
        _run("ip link del who0")


def _icmp(code: int, quoted: bytes) -> bytes:
    head = struct.pack("!BBHI", 3, code, 0, 0)
    total = sum(struct.unpack(f"!{len(head + quoted) // 2}H", head + quoted))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return struct.pack("!BBHI", 3, code, total ^ 0xFFFF, 0) + quoted


@pytest.mark.parametrize(
    ("code", "told"),
    [
        (2, "10.78.0.2 has no SCTP (ICMP protocol unreachable)"),
        (3, "a firewall rejects SCTP to 10.78.0.2 (ICMP port unreachable)"),
        (13, "no way to 10.78.0.2, or a firewall forbids it (ICMP host unreachable or prohibited)"),
    ],
)
def test_icmp_is_told_in_its_own_words(running: Running, void: str, code: int, told: str) -> None:
    with (
        socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(3)) as wire,
        socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP) as router,
    ):
        wire.bind(("who0", 3))
        wire.settimeout(5.0)
        client = running.client(to=Peer((void,), 9))
        packet = b""
        while packet[9:10] != bytes((132,)):
            packet = wire.recv(2000)
        router.sendto(_icmp(code, packet), ("10.78.0.1", 0))
        end = running.until(AssocChange, endpoint=client)
    assert (end.state, end.by, end.error_text) == ("CANT_STR_ASSOC", "nobody", told)
