"""Other people's SCTP: the kernel against usrsctp in UDP (RFC 6951), and the tools of lksctp against us."""

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from sctp_tui.engine.event_queue import Batch
from sctp_tui.monitor.monitor import Monitor
from sctp_tui.sctp.commands import Listen
from sctp_tui.sctp.events import AssocChange, EndpointFailed, Listening, Message, Packet, Peer, ShutdownEvent
from sctp_tui.sctp.stack_registry import STACKS

from ..cli.program import Program
from ..harness import Running
from ..patience import PATIENCE

pytestmark = pytest.mark.kernel

_COOKIE_ACK = 11
_UDP_PORT = Path("/proc/sys/net/sctp/udp_port")


@pytest.fixture
def kernel_udp_port() -> Iterator[int]:
    """The kernel takes SCTP in UDP on this port."""
    port = 9901
    before = _UDP_PORT.read_text()
    _UDP_PORT.write_text(str(port))
    yield port
    _UDP_PORT.write_text(before)


def converse(server: Running, client: Running, to: Peer) -> None:
    """Hello, an answer by ID, a long message, a graceful end."""
    name = client.client(b"hello", to=to)
    up = server.until(AssocChange, endpoint="server", state="COMM_UP")
    assert (up.outbound_streams, up.inbound_streams) == (5, 5)
    message = server.until(Message, direction="in")
    assert (message.data, message.stream, message.assoc_id) == (b"hello", 1, up.assoc_id)
    server.send(key=up.key, data=b"welcome", stream=4, ppid=46)
    reply = client.until(Message, endpoint=name, direction="in")
    assert (reply.data, reply.stream, reply.ppid) == (b"welcome", 4, 46)
    client.send(name, bytes(200_000), stream=2, unordered=True)
    long = server.until(Message, size=200_000)
    assert long.unordered
    client.close(name)
    server.until(ShutdownEvent)
    end = server.until(AssocChange)
    assert (end.state, end.by) == ("SHUTDOWN_COMP", "peer")
    assert client.until(AssocChange, state="SHUTDOWN_COMP").by == "us"


def test_userspace_client_to_kernel_server(kernel_udp_port: int) -> None:
    with Running("kernel") as kernel, Running("userspace") as userspace:
        port = kernel.listen().port
        converse(kernel, userspace, Peer(("127.0.0.1",), port, kernel_udp_port))


def test_a_udp_port_that_the_kernel_has_is_told_as_such(kernel_udp_port: int) -> None:
    with Running("userspace") as userspace:
        userspace.engine.submit(Listen("server", "userspace", ("127.0.0.1",), 0, kernel_udp_port, 5, 5))
        failed = userspace.until(EndpointFailed)
        assert failed.text == (
            f"can't bind UDP port {kernel_udp_port} on 127.0.0.1; the kernel's SCTP has it, which "
            "`sudo sysctl net.sctp.udp_port=0` takes from it: choose another with --udp-port (0 = any)"
        )
        _UDP_PORT.write_text("0")  # the way out
        userspace.engine.submit(Listen("server", "userspace", ("127.0.0.1",), 0, kernel_udp_port, 5, 5))
        assert userspace.until(Listening).udp_port == kernel_udp_port


def test_serve_on_both_stacks_says_it_in_one_line(kernel_udp_port: int) -> None:
    words = ("serve", "--stack", "all", "--port", "0", "--udp-port", str(kernel_udp_port))
    with Program(*words) as server:
        status, _, err = server.end()
    assert status == 1
    assert "the kernel's SCTP has it" in err
    assert err.count("\n") == 1


def test_kernel_client_to_userspace_server(kernel_udp_port: int) -> None:
    with Running("kernel") as kernel, Running("userspace") as userspace:
        listening = userspace.listen()
        converse(userspace, kernel, Peer(("127.0.0.1",), listening.port, listening.udp_port))


ADDRESSES = ("10.105.0.1", "10.106.0.1")


@pytest.fixture
def addresses() -> Iterator[None]:
    """This machine has two addresses more, which others could reach."""
    for word in ("add", "del"):
        for address in ADDRESSES:
            subprocess.run(["ip", "address", word, f"{address}/32", "dev", "lo"], check=True)
        if word == "add":
            yield


def _told_of_both(packets: list[Packet]) -> bool:
    """Whether an INIT or INIT ACK among these lists both addresses."""
    return any(all(socket.inet_aton(one) in packet.data for one in ADDRESSES) for packet in packets)


def test_multi_homed_kernel_client_to_userspace_server(kernel_udp_port: int, addresses: None) -> None:
    with Running("kernel") as kernel, Running("userspace", packets=["userspace"]) as userspace:
        listening = userspace.listen(ADDRESSES[0])
        converse(userspace, kernel, Peer(ADDRESSES[:1], listening.port, listening.udp_port))
        userspace.drain()
        assert _told_of_both(userspace.packets)
        up = next(one for one in userspace.events if isinstance(one, AssocChange) and one.state == "COMM_UP")
        assert "PR" in up.features


def test_userspace_client_to_multi_homed_kernel_server(kernel_udp_port: int, addresses: None) -> None:
    with Running("kernel") as kernel, Running("userspace", packets=["userspace"]) as userspace:
        port = kernel.listen(*ADDRESSES).port
        for address in ADDRESSES:
            converse(kernel, userspace, Peer((address,), port, kernel_udp_port))
        userspace.drain()
        assert _told_of_both(userspace.packets)
        up = next(one for one in userspace.events if isinstance(one, AssocChange) and one.state == "COMM_UP")
        assert "PR" in up.features


def test_both_stacks_at_once() -> None:
    """What `--stack all` does: one engine with an endpoint on each."""
    with Running("kernel") as running:
        running.listen(name="server kernel")
        running.client(b"by the kernel")
        assert running.until(Message, direction="in").endpoint == "server kernel"
        running.stack = "userspace"
        running.listen(name="server userspace")
        running.client(b"by usrsctp")
        message = running.until(Message, direction="in")
        assert (message.endpoint, message.data) == ("server userspace", b"by usrsctp")


def test_with_a_capture_each_association_has_its_own_packets() -> None:
    """As `--stack all --capture`: the packets of both stacks come to one monitor."""
    with Running("kernel", packets=("kernel", "userspace")) as running:
        ups = []
        for stack in STACKS:
            running.stack = stack
            running.listen(name=f"server {stack}")
            name = running.client(stack.encode())
            running.until(Message, endpoint=f"server {stack}", direction="in")
            for endpoint in (name, f"server {stack}"):
                running.again()
                ups.append(running.until(AssocChange, endpoint=endpoint, state="COMM_UP"))
        running.until_true(
            lambda: {p.captured for p in running.packets if p.data[12] == _COOKIE_ACK} == {True, False}
        )
        monitor = Monitor()
        monitor.fold(Batch(running.events, running.packets))
        for up, stack in zip(ups, [one for one in STACKS for _ in range(2)], strict=True):
            association = monitor.associations.get(up.key)
            assert association is not None
            conversation = monitor.wire.of(association, monitor.endpoints)
            assert conversation is not None
            assert {packet.endpoint for packet in conversation.packets} == {f"server {stack}"}
            assert [packet.data[12] for packet in conversation.packets][:4] == [1, 2, 10, 11]
            assert sum(stack.encode() in packet.data for packet in conversation.packets) == 1


@pytest.fixture
def tool() -> str:
    """lksctp-tools; the guest has them."""
    if not shutil.which("sctp_darn"):
        pytest.skip("no sctp_darn: install lksctp-tools")
    return "sctp_darn"


def test_sctp_darn_as_client(tool: str) -> None:
    with Running("kernel") as running:
        port = str(running.listen().port)
        darn = ["sctp_darn", "-H", "127.0.0.1", "-P", "9101", "-h", "127.0.0.1", "-p", port, "-s"]
        subprocess.run(darn, input=b"hello\n", capture_output=True, timeout=PATIENCE, check=False)
        running.until(AssocChange, state="COMM_UP")
        message = running.until(Message, direction="in")
        assert message.data.rstrip(b"\0\n") == b"hello"
        assert message.peer is not None
        assert message.peer.port == 9101
        running.until(AssocChange, test=lambda event: event.state in ("SHUTDOWN_COMP", "COMM_LOST"))


def test_sctp_test_as_client(tool: str) -> None:
    with Running("kernel") as running:
        port = str(running.listen().port)
        test = ["sctp_test", "-H", "127.0.0.1", "-P", "9100", "-h", "127.0.0.1"]
        once = ["-p", port, "-s", "-x", "1", "-X", "1"]
        done = subprocess.run([*test, *once], capture_output=True, timeout=PATIENCE, check=False)
        up = running.until(AssocChange, state="COMM_UP")
        assert running.until(Message, direction="in").size > 0, done.stdout
        running.until(AssocChange, test=lambda event: event.state in ("SHUTDOWN_COMP", "COMM_LOST"))
        running.until_true(lambda: up.key in running.counts)
        received = [e for e in running.events if isinstance(e, Message)]
        assert running.counts[up.key].messages_in == len(received)


def test_sctp_darn_as_server(tool: str) -> None:
    darn = ["sctp_darn", "-H", "127.0.0.1", "-P", "9011", "-l", "-e"]
    with subprocess.Popen(darn, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        deadline = time.monotonic() + PATIENCE
        while " 9011 " not in Path("/proc/net/sctp/eps").read_text():
            assert time.monotonic() < deadline, "sctp_darn does not listen"
        with Running("kernel") as running:
            client = running.client(b"echo this", to=Peer(("127.0.0.1",), 9011))
            running.until(AssocChange, endpoint=client, state="COMM_UP")
            assert running.until(Message, direction="in").data == b"echo this"
        server.kill()
