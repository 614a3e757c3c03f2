"""What the program does on the wire: associations between two endpoints, on either stack.

The seed's run first, then what it leaves open.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from sctp_tui.cli.doctor import examine
from sctp_tui.cli.doctor.machine import KernelSupport
from sctp_tui.sctp.association_registry import AssociationRegistry
from sctp_tui.sctp.commands import CloseEndpoint, Connect, Generate, Listen, OpenClient, Send, Watch
from sctp_tui.sctp.endpoint import (
    UDP_PORT,
    Clock,
    EndpointOptions,
    Outgoing,
    SctpError,
    StackUnavailable,
)
from sctp_tui.sctp.events import (
    AssocChange,
    Ending,
    EndpointClosed,
    EndpointFailed,
    Event,
    Message,
    MessageTooLarge,
    Opening,
    Peer,
    Refused,
    SendFailed,
    ShutdownEvent,
    StackName,
    Status,
)
from sctp_tui.sctp.stacks import open_stack
from sctp_tui.sctp.userspace import library

from ..harness import Running
from ..patience import PATIENCE
from ..rawpeer import RawServer

ENDS = ("COMM_LOST", "SHUTDOWN_COMP", "CANT_STR_ASSOC")


def ended(event: AssocChange) -> bool:
    return event.state in ENDS


@pytest.fixture(params=[False, True], ids=["direct", "over_udp"])
def over_udp(request: pytest.FixtureRequest, stack: StackName) -> Iterator[bool]:
    """Within the process or the kernel, and in UDP (RFC 6951), for which a kernel wants to be asked."""
    sysctl = Path("/proc/sys/net/sctp/udp_port")
    ask = request.param and stack == "kernel"
    if ask:
        sysctl.write_text(str(UDP_PORT))
    yield bool(request.param)
    if ask:
        sysctl.write_text("0")


def test_hello_sets_up_an_association(running: Running, over_udp: bool) -> None:
    client = running.client(b"hello", to=running.to_server(over_udp=over_udp))
    opening = running.until(Opening, endpoint=client)
    assert opening.key > 0
    up = running.until(AssocChange, endpoint="server", state="COMM_UP")
    assert (up.outbound_streams, up.inbound_streams, up.by, up.error) == (5, 5, "peer", None)
    message = running.until(Message, endpoint="server", direction="in")
    assert (message.data, message.size, message.stream, message.ssn) == (b"hello", 5, 1, 0)
    assert (message.assoc_id, message.key) == (up.assoc_id, up.key)
    assert message.peer is not None
    assert message.peer.addresses == ("127.0.0.1",)
    running.again()
    ours = running.until(AssocChange, endpoint=client, state="COMM_UP")
    assert (ours.key, ours.by) == (opening.key, "us")
    assert up.peer is not None
    assert up.peer.port == opening.local_port
    assert ours.key != up.key


def test_the_server_learns_that_a_client_left(running: Running) -> None:
    """The seed's open question: what a server sees of a client that closes."""
    client, up, _ = running.greet()
    running.close(client)
    assert running.until(ShutdownEvent, endpoint="server").assoc_id == up.assoc_id
    end = running.until(AssocChange, ended, endpoint="server")
    assert (end.state, end.by, end.key) == ("SHUTDOWN_COMP", "peer", up.key)
    running.again()
    ours = running.until(AssocChange, ended, endpoint=client)
    assert (ours.state, ours.by) == ("SHUTDOWN_COMP", "us")
    assert running.until(EndpointClosed, endpoint=client).aborted == 0


def test_a_second_client_has_another_id(running: Running) -> None:
    first, up, _ = running.greet(b"hello")
    running.close(first)
    running.until(AssocChange, ended, endpoint="server")
    _, again, _ = running.greet(b"hello 2")
    assert again.assoc_id != up.assoc_id
    assert again.key != up.key


def test_a_reason_that_no_packet_holds_is_refused(running: Running) -> None:
    _, up, ours = running.greet()
    running.abort(ours.key, "x" * 1_400)
    assert "1,400 bytes" in running.until(Refused, command="abort_association").text
    running.abort(ours.key, "ü" * 500)
    end = running.until(AssocChange, ended, key=up.key)
    assert end.error_text == f"user-initiated abort: “{'ü' * 120}…”"


def test_an_abort_carries_its_reason(running: Running) -> None:
    client, up, ours = running.greet()
    running.abort(ours.key, "bye \x1b[2J now")
    asked = running.until(Ending, endpoint=client)
    assert (asked.how, asked.reason, asked.key) == ("abort", "bye \x1b[2J now", ours.key)
    running.again()
    end = running.until(AssocChange, ended, endpoint="server")
    assert (end.state, end.by, end.error, end.key) == ("COMM_LOST", "peer", 12, up.key)
    assert end.error_text == "user-initiated abort: “bye ␛[2J now”"
    running.again()
    own = running.until(AssocChange, ended, endpoint=client)
    assert (own.state, own.by) == ("COMM_LOST", "us")


def test_the_server_closes_one_association(running: Running) -> None:
    client, up, _ = running.greet()
    _, other, _ = running.greet()
    running.shut_down(up.key)
    asked = running.until(Ending)
    assert (asked.how, asked.endpoint, asked.key) == ("close", "server", up.key)
    own = running.until(AssocChange, ended, endpoint="server")
    assert (own.state, own.by, own.key) == ("SHUTDOWN_COMP", "us", up.key)
    assert asked.at <= own.at
    running.again()
    running.until(ShutdownEvent, endpoint=client)
    assert running.until(AssocChange, ended, endpoint=client).by == "peer"
    running.send(key=other.key, data=b"still here")
    assert running.until(Message, direction="in", data=b"still here")


def test_nobody_listens(running: Running, over_udp: bool) -> None:
    client = running.client(b"anybody?", to=running.nobody(over_udp=over_udp))
    running.until(Opening, endpoint=client)
    before = running.now()
    end = running.until(AssocChange, endpoint=client, state="CANT_STR_ASSOC")
    assert end.key > 0
    running.again_from(0)
    failed = running.until(SendFailed, endpoint=client)
    assert (failed.data, failed.key) == (b"anybody?", end.key)
    assert failed.message_id > 0
    assert failed.error_text == ""
    assert before >= 0


def test_what_comes_back_as_its_stream_was_not_negotiated_says_so(stack: StackName) -> None:
    """Linux has a cause code for it, and usrsctp none."""
    with Running(stack) as running:
        running.listen(inbound=3)
        client = running.client(b"four", stream=4)
        running.send(client, b"two", stream=2)
        failed = running.until(SendFailed, endpoint=client)
        running.again()
        running.until(Message, endpoint="server", data=b"two")
    reason = "invalid stream identifier"
    if stack == "userspace":
        reason = "the stream was not negotiated, outbound streams are 0 to 2"
    assert (failed.data, failed.sent, failed.error_text) == (b"four", False, reason)


def test_reply_by_association_id(running: Running) -> None:
    client, up, ours = running.greet()
    other, _, _ = running.greet()
    running.send(key=up.key, data=b"an answer", stream=4, ppid=46)
    reply = running.until(Message, direction="in", data=b"an answer")
    assert (reply.endpoint, reply.key, reply.stream, reply.ppid) == (client, ours.key, 4, 46)
    assert reply.endpoint != other


@pytest.mark.parametrize("ppid", [0, 46, 0x80, 0xFFFFFFFF])
def test_ppid_and_order_arrive_as_sent(running: Running, ppid: int) -> None:
    client, up, _ = running.greet()
    running.send(client, b"out of order", stream=2, ppid=ppid, unordered=True)
    message = running.until(Message, endpoint="server", data=b"out of order")
    assert (message.ppid, message.unordered, message.ssn, message.stream) == (ppid, True, None, 2)
    assert message.key == up.key


def test_a_stream_beyond_the_negotiated(running: Running) -> None:
    client, _, _ = running.greet()
    sent = running.send(client, b"too far", stream=5)
    refused = running.until(Refused, message_id=sent)
    assert "stream 5" in refused.text
    assert "0 to 4" in refused.text
    running.send(client, b"near enough", stream=4)
    assert running.until(Message, endpoint="server", data=b"near enough").stream == 4


def test_fewer_streams_than_asked_for(stack: StackName) -> None:
    """Accepted before the association is up, and failed once the negotiated number is known."""
    with Running(stack) as running:
        running.listen(outbound=2, inbound=2)
        client = running.client(b"first", stream=0)
        up = running.until(AssocChange, endpoint=client, state="COMM_UP")
        assert (up.outbound_streams, up.inbound_streams) == (2, 2)
        sent = running.send(client, b"third", stream=2)
        assert "0 to 1" in running.until(Refused, message_id=sent).text


def test_a_megabyte_arrives_whole(running: Running, over_udp: bool) -> None:
    data = hashlib.shake_128(b"seed").digest(1 << 20)
    client, _, _ = running.greet(to=running.to_server(over_udp=over_udp))
    running.send(client, data)
    assert running.until(Message, endpoint="server", size=1 << 20).data == data


def test_past_the_limit_a_message_is_reported_and_dropped(stack: StackName) -> None:
    with Running(stack, message_limit=300_000) as running:
        running.listen()
        client, up, _ = running.greet()
        running.send(client, bytes(1 << 20), stream=3)
        running.send(client, b"after", stream=3)
        dropped = running.until(MessageTooLarge, endpoint="server")
        assert (dropped.size, dropped.limit, dropped.stream, dropped.key) == (1 << 20, 300_000, 3, up.key)
        assert running.until(Message, endpoint="server", direction="in").data == b"after"


def test_too_large_to_send_names_the_limit(running: Running) -> None:
    client, _, _ = running.greet()
    sent = running.send(client, bytes(64 << 20))
    refused = running.until(Refused, message_id=sent)
    assert str(64 << 20) in refused.text
    assert "at most" in refused.text


def test_an_empty_message_is_refused(running: Running) -> None:
    client, _, _ = running.greet()
    sent = running.send(client, b"")
    assert "at least one byte" in running.until(Refused, message_id=sent).text


@pytest.mark.parametrize(
    "data",
    [b"\0", b"a\0b\0", b"\x1b]52;c;aGk=\x07", b"\xff\xfe\x80", b"[bold]no[/] [", "déjà vu".encode()],
    ids=["nul", "nuls", "escape", "invalid", "markup", "utf-8"],
)
def test_bytes_arrive_unchanged(running: Running, data: bytes) -> None:
    _, up, _ = running.greet(data)
    running.again()
    message = running.until(Message, endpoint="server", direction="in")
    assert message.data == data
    assert message.key == up.key


def test_a_lifetime_that_passes_gives_the_message_back(running: Running) -> None:
    """Partial reliability (RFC 3758) does no harm to what arrives in time."""
    client, _, _ = running.greet()
    running.send(client, b"in time", lifetime=60_000)
    assert running.until(Message, endpoint="server", data=b"in time")


def test_a_lifetime_of_the_messages_that_set_up_the_association(running: Running) -> None:
    name = "client 1"
    running.submit(OpenClient(name, running.stack, running.to_server(), 5, 5))
    texts = [b"first", b"second", b"third"]
    for text in texts:
        running.send(name, text, lifetime=30_000)
    for text in texts:
        assert running.until(Message, endpoint="server", direction="in").data == text
    assert not [event for event in running.events if isinstance(event, SendFailed | Refused)]


def test_generated_messages_with_a_lifetime_set_up_an_association(running: Running) -> None:
    running.submit(OpenClient("client 1", running.stack, running.to_server(), 5, 5))
    running.submit(Generate(1, "client 1", rate=1000.0, pattern=b"{n}", count=20, lifetime=30_000))
    running.until(Message, endpoint="server", data=b"20")
    assert not [event for event in running.events if isinstance(event, SendFailed)]


def test_a_message_with_a_lifetime_to_nobody(running: Running) -> None:
    """It is given back once, and nothing tries again."""
    running.submit(OpenClient("client 1", running.stack, running.nobody(), 5, 5))
    message_id = running.send("client 1", b"late", lifetime=30_000)
    running.submit(OpenClient("client 2", running.stack, running.nobody(), 5, 5))
    running.submit(Generate(1, "client 2", rate=1000.0, pattern=b"x", lifetime=30_000))
    for client in ("client 1", "client 2"):
        running.until(AssocChange, endpoint=client, state="CANT_STR_ASSOC")
        running.again()
    running.until_true(lambda: 1 in running.generators and running.generators[1].done)
    assert len([event for event in running.events if isinstance(event, Opening)]) == 2
    back = [e for e in running.events if isinstance(e, SendFailed | Refused) and e.message_id == message_id]
    assert len(back) == 1


def test_a_set_up_without_data_fails_as_one_by_a_message_does(running: Running) -> None:
    to = running.nobody()
    told = []
    for name, command in (("client 1", Send(1, b"hello", "client 1")), ("client 2", Connect("client 2"))):
        running.submit(OpenClient(name, running.stack, to, 5, 5), command)
        change = running.until(AssocChange, endpoint=name, state="CANT_STR_ASSOC")
        told.append((change.by, change.error, change.error_text))
    assert told[0] == told[1]


def test_counts_are_exact(running: Running) -> None:
    client, up, ours = running.greet(b"12345")
    for number in range(1, 200):
        running.send(client, b"x" * number, stream=number % 5)
    running.until(Message, endpoint="server", size=199)
    running.send(key=up.key, data=b"ok")
    running.until(Message, endpoint=client, data=b"ok")
    running.until_true(lambda: running.counts[ours.key].messages_in == 1)
    counts = running.counts[up.key]
    assert (counts.messages_in, counts.bytes_in) == (200, 5 + sum(range(1, 200)))
    assert (counts.messages_out, counts.bytes_out) == (1, 2)
    theirs = running.counts[ours.key]
    assert (theirs.messages_out, theirs.bytes_out, theirs.bytes_in) == (200, counts.bytes_in, 2)


def test_watch_brings_status(running: Running) -> None:
    client, up, ours = running.greet()
    running.submit(Watch((up.key, ours.key)))
    running.until_true(lambda: {up.key, ours.key} <= set(running.status))
    status: Status = running.status[up.key]
    assert (status.state, status.endpoint, status.assoc_id) == ("ESTABLISHED", "server", up.assoc_id)
    assert (status.inbound_streams, status.outbound_streams) == (5, 5)
    assert status.rwnd is not None
    assert status.rwnd > 1000
    (path,) = status.paths
    assert path.address == "127.0.0.1"
    assert path.primary
    assert path.state == "ACTIVE"
    assert (path.cwnd or 0) > 1000
    assert (path.mtu or 0) > 500
    assert path.rto >= 1000  # RTO.Initial until it was measured
    assert running.status[ours.key].endpoint == client


def test_those_watched_closely_are_asked_for_oftener(running: Running) -> None:
    _, up, ours = running.greet()
    running.submit(Watch((up.key,), closely=(ours.key,)))
    running.until_true(lambda: {up.key, ours.key} <= set(running.status))
    first = running.status[up.key].mono
    told = set[float]()

    def asked_for_again() -> bool:
        told.add(running.status[ours.key].mono)
        return running.status[up.key].mono > first

    running.until_true(asked_for_again)
    assert len(told) > 3
    running.until_true(lambda: ours.key in running.details)
    if running.stack == "kernel":
        (path,) = running.details[ours.key].paths
        assert (path.ssthresh or 0) > 1000
    assert up.key not in running.details


def test_two_hundred_at_once(running: Running) -> None:
    clients = [running.client(b"one of many") for _ in range(200)]
    for _ in clients:
        running.until(Message, endpoint="server", direction="in")
    running.again()
    ups = [running.until(AssocChange, endpoint="server", state="COMM_UP") for _ in clients]
    assert len({up.assoc_id for up in ups}) == 200
    for up in ups:
        running.send(key=up.key, data=str(up.key).encode())
    for _ in clients:
        running.until(Message, test=lambda event: event.endpoint != "server", direction="in")
    running.submit(*(CloseEndpoint(client) for client in clients))
    for _ in clients:
        end = running.until(AssocChange, ended, endpoint="server")
        assert (end.state, end.by) == ("SHUTDOWN_COMP", "peer")


def test_a_client_may_begin_again(running: Running) -> None:
    client, up, ours = running.greet()
    running.shut_down(ours.key)
    running.until(AssocChange, ended, endpoint=client)
    running.send(client, b"back again")
    opening = running.until(Opening, endpoint=client)
    message = running.until(Message, endpoint="server", data=b"back again")
    assert opening.key != ours.key
    assert message.key != up.key


def test_ipv6(stack: StackName) -> None:
    with Running(stack) as running:
        running.listen("::1")
        _, up, _ = running.greet(b"six")
        assert up.peer is not None
        assert up.peer.addresses == ("::1",)


def test_several_hosts(stack: StackName) -> None:
    with Running(stack) as running:
        running.listen("127.0.0.1", "127.0.0.2")
        server = running.server
        assert server is not None
        for host in ("127.0.0.1", "127.0.0.2"):
            running.client(host.encode(), to=Peer((host,), server.port, server.udp_port))
            assert running.until(Message, endpoint="server", direction="in").data == host.encode()


def test_one_peer_does_not_block_the_others(running: Running) -> None:
    """A peer in the middle of a huge message (RFC 6458, section 8.1.20)."""
    slow, _, _ = running.greet(b"slow")
    quick, _, _ = running.greet(b"quick")
    running.send(slow, bytes(2 << 20), stream=1)
    running.send(quick, b"overtakes")
    running.again()
    running.until(Message, endpoint="server", data=b"overtakes")
    running.again()
    running.until(Message, endpoint="server", size=2 << 20)


@pytest.mark.parametrize("hosts", [("256.1.1.1",), ("192.0.2.7",)])
def test_a_bad_host_is_named(stack: StackName, hosts: tuple[str, ...]) -> None:
    with Running(stack) as running:
        running.submit(Listen("server", stack, hosts, 0, 0 if stack == "userspace" else None))
        failed = running.until(EndpointFailed, endpoint="server")
        assert hosts[0] in failed.text


def test_a_port_that_is_taken(running: Running) -> None:
    server = running.server
    assert server is not None
    udp_port = 0 if running.stack == "userspace" else None
    running.submit(Listen("second", running.stack, ("127.0.0.1",), server.port, udp_port))
    failed = running.until(EndpointFailed, endpoint="second")
    assert str(server.port) in failed.text


def test_a_client_of_nowhere(running: Running) -> None:
    running.submit(OpenClient("client", running.stack, Peer(("no such host",), 1)))
    assert "no such host" in running.until(EndpointFailed, endpoint="client").text


def test_every_event_is_complete(running: Running) -> None:
    client, up, _ = running.greet()
    running.abort(up.key)
    running.until(AssocChange, ended, endpoint="server")
    running.again()
    running.until(AssocChange, ended, endpoint=client)

    def complete(event: Event) -> bool:
        return event.at > 1e9 and event.mono > 0 and bool(event.endpoint)

    assert all(complete(event) for event in running.events)
    assert all(e.peer and e.key and e.assoc_id for e in running.events if isinstance(e, AssocChange))


def test_a_missing_library_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCTP_TUI_USRSCTP", "/nowhere/libusrsctp.so")
    with pytest.raises(StackUnavailable, match="nowhere") as caught:
        open_stack("userspace", Clock())
    assert caught.value.remedy
    assert isinstance(caught.value, SctpError)


@pytest.mark.userspace
def test_a_library_that_is_named_is_not_loaded_with_more_privilege_than_its_user_has(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SCTP_TUI_USRSCTP", "/nowhere/libusrsctp.so")
    assert library.ignored() == ""
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    assert library.load().version.startswith("usrsctp")
    assert "SCTP_TUI_USRSCTP is ignored, as this process has more privilege" in library.ignored()
    assert "is ignored" in examine("userspace", KernelSupport("none")).cause
    monkeypatch.setattr(library, "_candidates", lambda: iter(()))
    with pytest.raises(StackUnavailable, match=r"^usrsctp is not installed; SCTP_TUI_USRSCTP is ignored"):
        open_stack("userspace", Clock())


_ASKS = """
import os
print(os.getegid())
os.setresgid(0, 0, 0)  # the ids are equal again, and the system's word alone is left
from sctp_tui.sctp.userspace.library import ignored
print(ignored())
"""


@pytest.mark.userspace
@pytest.mark.skipif(os.getuid() != 0, reason="only root may give a program another group")
@pytest.mark.parametrize("mode", [0o755, 0o2755])
def test_the_system_says_whether_a_program_has_privilege_of_its_own(tmp_path: Path, mode: int) -> None:
    python = tmp_path / "python"
    shutil.copy(Path(sys.executable).resolve(), python)
    os.chown(python, 0, 65534)
    python.chmod(mode)
    environment = {"SCTP_TUI_USRSCTP": "/nowhere", "PYTHONPATH": ":".join(sys.path)}
    environment["PYTHONHOME"] = sys.base_prefix
    words = [str(python), "-c", _ASKS]
    ran = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    group, told = ran.stdout.splitlines()
    if mode == 0o2755 and group != "65534":
        pytest.skip("set-group-ID does nothing where the files of tests are")
    assert ("is ignored" in told) == (mode == 0o2755)


def test_how_many_streams_there_were_is_told_at_the_end_or_not_at_all(running: Running) -> None:
    client, up, _ = running.greet(outbound=3, inbound=2)
    running.shut_down(up.key)
    end = running.until(AssocChange, key=up.key, state="SHUTDOWN_COMP")
    assert (end.outbound_streams, end.inbound_streams) == (
        (2, 3) if running.stack == "userspace" else (None, None)
    )
    client = running.client(to=running.nobody(over_udp=running.stack == "userspace"))
    refused = running.until(AssocChange, endpoint=client)
    assert (refused.state, refused.outbound_streams, refused.inbound_streams) == (
        "CANT_STR_ASSOC",
        None,
        None,
    )
    assert refused.error_text.endswith(", or no association is taken there")


def test_messages_with_a_lifetime_are_remembered_up_to_a_number() -> None:
    """And what comes back before its lifetime has ended did so for another cause."""
    now = 100.0
    registry = AssociationRegistry(EndpointOptions("client 1", clock=Clock(lambda: now, lambda: now)))
    entry = registry.open(Peer(("127.0.0.1",), 9))
    for number in range(1, 2002):
        registry.sent(entry, Outgoing(b"x", lifetime=2000, message_id=number), (now, now), now)
    assert len(entry.lifetimes) == 1000

    def failed(number: int) -> str:
        event = SendFailed(0.0, 0.0, "", 0, 0, None, number, 1, 0, False, 0, "", 1, b"x")
        return registry.stamp(event).error_text

    assert failed(2001) == ""
    now += 2
    assert failed(2001) == "its lifetime of 2,000 ms has ended"
    assert failed(1001) == ""


@pytest.mark.parametrize("begin", ["message", "nothing"])
def test_the_user_aborts_a_set_up_whose_cookie_is_unanswered(
    udp_here: None, stack: StackName, begin: str
) -> None:
    """That nobody answers is neither so, as the INIT was answered, nor why it has ended."""
    echoed = threading.Event()

    def silent(server: RawServer, value: bytes) -> Sequence[bytes]:
        echoed.set()
        return []

    with RawServer(cookie_echo=silent, data=lambda server, value: []) as server, Running(stack) as running:
        to = Peer(("127.0.0.1",), server.port, server.udp_port)
        first = Send(1, b"hello", "client 1") if begin == "message" else Connect("client 1")
        running.submit(OpenClient("client 1", stack, to, 5, 5), first)
        opening = running.until(Opening)
        assert echoed.wait(PATIENCE)
        running.abort(opening.key)
        end = running.until(AssocChange)
        assert (end.state, end.key, end.by) == ("CANT_STR_ASSOC", opening.key, "us")
        assert end.error_text in ("", "user-initiated abort")  # Linux tells the cause that it sends


def test_the_room_of_a_small_receive_buffer_is_what_peers_are_told(running: Running) -> None:
    running.listen(name="small", receive_buffer=40_000)
    name = running.client()
    ours = running.until(AssocChange, endpoint=name, state="COMM_UP")
    running.submit(Watch((ours.key,)))
    running.until_true(lambda: ours.key in running.status)
    assert running.status[ours.key].rwnd in range(10_000, 100_000)
