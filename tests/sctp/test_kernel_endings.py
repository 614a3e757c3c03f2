"""How an association of the kernel ended, which Linux does not tell: with packets seen, and without."""

import contextlib
import socket
import struct
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from sctp_tui.sctp import unicast
from sctp_tui.sctp.commands import AbortAssociation, OpenClient, PauseReading
from sctp_tui.sctp.endpoint import EndpointOptions, SctpError
from sctp_tui.sctp.events import (
    AssocChange,
    Ending,
    EndpointFailed,
    Message,
    Peer,
    PeerAddrChange,
    SendFailed,
    StackName,
)
from sctp_tui.sctp.kernel import asking, library
from sctp_tui.sctp.kernel.endpoint import KernelEndpoint
from sctp_tui.sctp.kernel.sockets import open_socket

from .. import rawpeer as raw
from ..harness import Running

pytestmark = pytest.mark.kernel

_SYSCTL = Path("/proc/sys/net/sctp")
_QUICK = {
    "rto_initial": 100,
    "rto_min": 100,
    "rto_max": 200,
    "hb_interval": 100,
    "path_max_retrans": 2,
    "association_max_retrans": 5,
}
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


def test_an_abort_that_came_before_our_user_s_is_the_peers(running: Running) -> None:
    """Its notification is read only after our user has asked for the end, too."""
    with running.raw_peer() as peer:
        key = _up(running, peer)
        running.submit(PauseReading("server", True))
        peer.abort()
        assocs = Path("/proc/net/sctp/assocs")
        running.until_true(lambda: len(assocs.read_text().splitlines()) == 1)
        running.submit(AbortAssociation(key), PauseReading("server", False))
        end = running.until(AssocChange, key=key, state="COMM_LOST")
    assert end.by == "peer"
    assert not any(isinstance(event, Ending) for event in running.events)


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


def test_only_so_many_that_fell_silent_have_a_socket_of_their_own(
    quick: None, running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The others end all the same, and that is told by less."""
    monkeypatch.setattr("sctp_tui.sctp.kernel.endpoint._BRANCHED", 1)
    with running.raw_peer() as first, running.raw_peer() as second:
        keys = [_up(running, peer) for peer in (first, second)]
        for key in keys:
            running.again()
            running.until(PeerAddrChange, key=key, state="UNREACHABLE")
        server = running.engine._open["server"].endpoint
        assert isinstance(server, KernelEndpoint)
        assert server._branches is not None
        assert len(server._branches) == 1
        for key, peer in zip(keys, (first, second), strict=True):
            peer.abort()
            running.again()
            assert running.until(AssocChange, key=key, state="COMM_LOST").by in ("peer", "unknown")


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


def test_what_failed_by_an_abort_has_its_cause_as_everybody_writes_it(running: Running) -> None:
    """Linux has it in network order; and of the streams it tells nothing at the end."""
    with running.raw_peer() as peer:
        peer.handshake()
        up = running.until(AssocChange, state="COMM_UP")
        assert up.outbound_streams
        running.send(key=up.key, data=b"not acknowledged")
        peer.receive(raw.DATA)
        peer.abort(raw.parameter(12))
        end = running.until(AssocChange, key=up.key, state="COMM_LOST")
        failed = running.until(SendFailed, key=up.key)
    assert (end.error, end.outbound_streams, end.inbound_streams) == (12, None, None)
    assert (failed.error, failed.error_text, failed.sent) == (12, "user-initiated abort", True)


# --- associations that don't come about


def test_a_socket_that_listens_may_refuse_too(running: Running) -> None:
    """Its queue of associations that nobody takes is full: the port has a listener all the same."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_SCTP) as full:
        full.bind(("127.0.0.1", 0))
        full.listen(1)
        to = Peer(("127.0.0.1",), full.getsockname()[1])
        ends = []
        for _ in range(3):
            client = running.client(to=to)
            ends.append(running.until(AssocChange, endpoint=client))
    assert [end.state for end in ends] == ["COMM_UP", "COMM_UP", "CANT_STR_ASSOC"]
    assert ends[-1].error_text == (
        f"nobody listens on SCTP port {to.port} of 127.0.0.1, or no association is taken there"
    )


def test_a_refusal_is_the_peers(running: Running) -> None:
    client = running.client(to=Peer(("127.0.0.1",), 9))
    end = running.until(AssocChange, endpoint=client)
    assert (end.state, end.by) == ("CANT_STR_ASSOC", "peer")
    assert end.error_text == "nobody listens on SCTP port 9 of 127.0.0.1, or no association is taken there"


def test_t1_init_doubles_up_to_the_longest() -> None:
    """pysctp's own way of setting streams made that 8 ms: after the first INIT the others came at once."""
    sock = open_socket(library.load(), socket.AF_INET, EndpointOptions("client", attempts=3))
    try:
        assert asking.init_limits(sock.fileno()) == (3, int((_SYSCTL / "rto_max").read_text()))
    finally:
        sock.close()


def test_no_answer_is_nobodys(quick: None, running: Running) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        client = running.client(to=Peer(("127.0.0.1",), 9, silent.getsockname()[1]), attempts=2)
        end = running.until(AssocChange, endpoint=client)
    assert (end.state, end.by, end.error_text) == (
        "CANT_STR_ASSOC",
        "nobody",
        "no answer to INIT or COOKIE ECHO from 127.0.0.1:9",
    )


def _ip(*commands: str) -> None:
    subprocess.run(["ip", "-batch", "-"], input="\n".join(commands).encode(), check=True, capture_output=True)


@pytest.fixture(scope="module")
def void() -> Iterator[None]:
    """Addresses that take packets and never answer, on an interface of its own, and some without a way."""
    routes = [
        f"{kind} {network}"
        for number, kind in enumerate(_ROUTES, 1)
        for network in (f"10.79.{number}.0/24", f"2001:db8:79:{number}::/64")
    ]
    _ip(
        "link add who0 type veth peer name who1",
        "addr add 10.78.0.1/24 dev who0",
        "addr add 2001:db8:78::1/64 dev who0 nodad",
        "link set who0 up",
        "link set who1 up",
        "neigh add 10.78.0.2 lladdr 02:00:00:00:00:02 dev who0",
        "neigh add 2001:db8:78::2 lladdr 02:00:00:00:00:02 dev who0",
        *(f"route add {route}" for route in routes),
    )
    yield
    _ip("link del who0", *(f"route del {route}" for route in routes))


_ROUTES = {
    "unreachable": "a route of this machine says unreachable",
    "prohibit": "a route of this machine forbids it",
    "blackhole": "a route of this machine throws it away, or not from that address",
}
_ICMP = {"10.78.0.2": (socket.AF_INET, socket.IPPROTO_ICMP, "10.78.0.1", 9)}
_ICMP["2001:db8:78::2"] = (socket.AF_INET6, socket.IPPROTO_ICMPV6, "2001:db8:78::1", 6)
"""By who does not answer: the family, ICMP's number, our address, and where in a packet its protocol is."""
_CARRIERS = (socket.IPPROTO_SCTP, socket.IPPROTO_UDP)


@pytest.mark.parametrize("stack", ["kernel", "userspace"])
def test_a_way_that_this_machine_does_not_have_is_told_at_once(void: None, stack: StackName) -> None:
    with Running(stack) as running:
        for number, why in enumerate(_ROUTES.values(), 1):
            for host in (f"10.79.{number}.1", f"2001:db8:79:{number}::1"):
                running.submit(OpenClient("client", stack, Peer((host,), 9)))
                refused = running.until(EndpointFailed)
                assert refused.text == f"no way to {host}: {why}; see `ip route get {host}`"


def test_what_a_route_forbids_is_no_broadcast_address(void: None) -> None:
    unicast.check("10.79.2.1")
    with pytest.raises(SctpError, match=r"10\.78\.0\.255 is a broadcast address"):
        unicast.check("10.78.0.255")


def _icmp(version: int, kind: int, code: int, quoted: bytes) -> bytes:
    """A message about a packet. The checksum of ICMPv6, over addresses too, is the kernel's to make."""
    head = struct.pack("!BBHI", kind, code, 0, 0)
    if version == 6:
        return head + quoted
    total = sum(struct.unpack(f"!{len(head + quoted) // 2}H", head + quoted))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return struct.pack("!BBHI", kind, code, total ^ 0xFFFF, 0) + quoted


@pytest.mark.parametrize(
    ("host", "kind", "code", "kernel", "userspace"),
    [
        (
            "10.78.0.2",
            3,
            1,
            "no way to 10.78.0.2, or a firewall forbids it (ICMP host unreachable or prohibited)",
            "no way to 10.78.0.2, says 10.78.0.1 (ICMP host unreachable)",
        ),
        (
            "10.78.0.2",
            3,
            2,
            "10.78.0.2 has no SCTP (ICMP protocol unreachable)",
            "10.78.0.2 has no UDP, says 10.78.0.1 (ICMP protocol unreachable)",
        ),
        (
            "10.78.0.2",
            3,
            3,
            "a firewall rejects SCTP to 10.78.0.2 (ICMP port unreachable)",
            "a firewall rejects UDP to 10.78.0.2, says 10.78.0.1 (ICMP port unreachable)",
        ),
        (
            "10.78.0.2",
            3,
            13,
            "no way to 10.78.0.2, or a firewall forbids it (ICMP host unreachable or prohibited)",
            "a router or a firewall forbids UDP to 10.78.0.2, says 10.78.0.1 "
            "(ICMP administratively prohibited)",
        ),
        (
            "2001:db8:78::2",
            1,
            0,
            "no way to the network of 2001:db8:78::2, or a firewall forbids it (ICMP network unreachable)",
            "no way to 2001:db8:78::2, says 2001:db8:78::1 (ICMP no route)",
        ),
        (
            "2001:db8:78::2",
            1,
            1,
            "a router or a firewall forbids SCTP to 2001:db8:78::2 (ICMP administratively prohibited)",
            "a router or a firewall forbids UDP to 2001:db8:78::2, says 2001:db8:78::1 "
            "(ICMP administratively prohibited)",
        ),
        (
            "2001:db8:78::2",
            1,
            4,
            "a firewall rejects SCTP to 2001:db8:78::2 (ICMP port unreachable)",
            "a firewall rejects UDP to 2001:db8:78::2, says 2001:db8:78::1 (ICMP port unreachable)",
        ),
        (
            "2001:db8:78::2",
            4,
            1,
            "2001:db8:78::2 has no SCTP (ICMP protocol unreachable)",
            "2001:db8:78::2 has no UDP, says 2001:db8:78::1 (ICMP next header unknown)",
        ),
    ],
)
@pytest.mark.parametrize("stack", ["kernel", "userspace"])
def test_icmp_is_told_in_its_own_words(
    void: None, stack: StackName, host: str, kind: int, code: int, kernel: str, userspace: str
) -> None:
    """Linux tells a socket of SCTP an errno alone, and one of UDP the message, and who sent it."""
    family, protocol, own, protocol_at = _ICMP[host]
    version = 4 if family == socket.AF_INET else 6
    with (
        socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(3)) as wire,
        socket.socket(family, socket.SOCK_RAW, protocol) as router,
        Running(stack) as running,
    ):
        wire.bind(("who0", 3))
        client = running.client(to=Peer((host,), 9))

        def ended() -> bool:
            """Answers each packet until the end is told: the first may be of the test before."""
            with contextlib.suppress(BlockingIOError):
                packet = wire.recv(2000, socket.MSG_DONTWAIT)
                if packet[0] >> 4 == version and packet[protocol_at] in _CARRIERS:
                    router.sendto(_icmp(version, kind, code, packet), (own, 0))
            return any(isinstance(one, AssocChange) and one.endpoint == client for one in running.events)

        running.until_true(ended)
        end = running.until(AssocChange, endpoint=client)
    told = kernel if stack == "kernel" else userspace
    assert (end.state, end.by, end.error_text) == ("CANT_STR_ASSOC", "network", told)


@pytest.mark.parametrize("stack", ["kernel", "userspace"])
def test_a_neighbour_that_does_not_answer_is_told_as_that(void: None, stack: StackName) -> None:
    with Running(stack) as running:
        end = running.until(AssocChange, endpoint=running.client(to=Peer(("10.78.0.77",), 9)))
    assert (end.state, end.by) == ("CANT_STR_ASSOC", "network")
    assert "no way to 10.78.0.77" in end.error_text
    assert "ICMP host unreachable" in end.error_text
