"""A real kernel looked at beside other programs: lksctp-tools as strangers, as root and as nobody."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from sctp_tui.monitor.associations import Association, Associations
from sctp_tui.sctp.commands import Watch
from sctp_tui.sctp.events import Event, HostLooked, Observed, from_json
from sctp_tui.sctp.kernel import proc_net
from sctp_tui.sctp.kernel.sock_diag import dump, parse
from sctp_tui.sources.host import Host
from sctp_tui.sources.processes import Processes
from tests.cli.program import Program
from tests.harness import Running
from tests.patience import PATIENCE

pytestmark = pytest.mark.kernel

NOBODY = 65534


@pytest.fixture
def darn() -> None:
    """lksctp-tools; the guest has them."""
    if not shutil.which("sctp_darn"):
        pytest.skip("no sctp_darn: install lksctp-tools")


class Watched:
    """Looks at the real kernel, one after the other without a pause, and what a monitor makes of them."""

    def __init__(self) -> None:
        self.host = Host(processes=Processes())
        self.store = Associations()
        self.told: list[Event] = []

    def look(self) -> None:
        for event in self.host.look():
            self.told.append(event)
            self.store.fold(event)

    def until(self, test: Callable[[], Any]) -> None:
        """Look until something is so."""
        deadline = time.monotonic() + PATIENCE
        while not test():
            assert time.monotonic() < deadline, [one.standing(0.0) for one in self.store]
            self.look()

    def row(self, port: int, peer_port: int = 0) -> Association | None:
        """The newest association with these ports; without the peer's, the socket that listens."""
        found = [
            one
            for one in self.store
            if one.local is not None
            and one.local.port == port
            and (one.peer.port if one.peer is not None else 0) == peer_port
        ]
        return found[-1] if found else None


def wait_for_listener(port: int) -> None:
    """Until some program listens on this port."""
    deadline = time.monotonic() + PATIENCE
    while f" {port} " not in (proc_net.FOLDER / "eps").read_text():
        assert time.monotonic() < deadline, f"nobody listens on port {port}"


@contextmanager
def listening(port: int) -> Iterator[subprocess.Popen[bytes]]:
    """sctp_darn as a server, once it listens."""
    words = ["sctp_darn", "-H", "127.0.0.1", "-P", str(port), "-l"]
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            wait_for_listener(port)
            yield server
        finally:
            server.kill()


@contextmanager
def talking(port: int, peer_port: int) -> Iterator[subprocess.Popen[bytes]]:
    """sctp_darn as its client, which has sent a message."""
    words = ["sctp_darn", "-H", "127.0.0.1", "-P", str(port), "-h", "127.0.0.1", "-p", str(peer_port), "-s"]
    with subprocess.Popen(
        words, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as client:
        assert client.stdin is not None
        client.stdin.write(b"hello\n")
        client.stdin.flush()
        try:
            yield client
        finally:
            client.kill()


@pytest.mark.usefixtures("darn")
def test_strangers_are_told_with_their_processes_and_how_they_shut_down() -> None:
    watched = Watched()
    with listening(9301) as server:
        watched.until(lambda: watched.row(9301))
        with talking(9302, 9301) as client:
            watched.until(lambda: (one := watched.row(9302, 9301)) is not None and one.detail is not None)
            watched.until(
                lambda: (
                    (one := watched.row(9301, 9302)) is not None
                    and one.detail is not None
                    and one.detail.statistics is not None
                    and one.detail.statistics.ordered_in == 1
                )
            )
            ours, theirs, socket = watched.row(9302, 9301), watched.row(9301, 9302), watched.row(9301)
            assert ours is not None
            assert theirs is not None
            assert socket is not None
            assert (ours.state, theirs.state, socket.state) == ("ESTABLISHED", "ESTABLISHED", "LISTEN")
            assert ours.detail is not None
            assert theirs.detail is not None
            assert (ours.detail.local_tag, ours.detail.peer_tag) == (
                theirs.detail.peer_tag,
                theirs.detail.local_tag,
            )
            watched.until(lambda: ours.detail and ours.detail.owner and ours.detail.owner.pid)
            owners = [one.detail.owner for one in (ours, theirs, socket) if one.detail is not None]
            assert [(one.process, one.pid) for one in owners if one is not None] == [
                ("sctp_darn", client.pid),
                ("sctp_darn", server.pid),
                ("sctp_darn", server.pid),
            ]
            assert client.stdin is not None
            client.stdin.close()  # it ends, and its association is shut down
            watched.until(lambda: ours.ended and theirs.ended)
            assert {str(ours.ended), str(theirs.ended)} == {"shutdown"}
        server.kill()
        watched.until(lambda: socket.ended)
        assert str(socket.ended) == "closed"


def test_the_numbers_are_those_of_the_socket_options_and_an_abort_is_told_as_one() -> None:
    watched = Watched()
    with Running("kernel") as running:
        port = running.listen().port
        _, up, ours = running.greet()
        running.submit(Watch((up.key,), detail=up.key))
        running.until_true(lambda: up.key in running.details and up.key in running.status)
        asked, status = running.details[up.key], running.status[up.key]
        assert asked.local is not None
        assert up.peer is not None
        watched.until(
            lambda: (one := watched.row(port, up.peer.port if up.peer else 0)) is not None and one.detail
        )
        row = watched.row(port, up.peer.port)
        assert row is not None
        told, seen = row.detail, row.status
        assert told is not None
        assert seen is not None
        assert (told.local_tag, told.peer_tag) == (asked.local_tag, asked.peer_tag)
        assert told.max_burst == asked.max_burst
        assert told.paths[0].heartbeat_interval == asked.paths[0].heartbeat_interval
        assert told.paths[0].max_retrans == asked.paths[0].max_retrans
        assert told.paths[0].ssthresh == asked.paths[0].ssthresh
        assert (seen.state, seen.inbound_streams, seen.outbound_streams) == (
            status.state,
            status.inbound_streams,
            status.outbound_streams,
        )
        assert seen.fragmentation_point == status.fragmentation_point
        assert [(one.address, one.state, one.primary) for one in seen.paths] == [
            (one.address, one.state, one.primary) for one in status.paths
        ]
        owner = told.owner
        assert owner is not None
        assert owner.pid == os.getpid()
        running.abort(ours.key)
        watched.until(lambda: row.ended)
        assert str(row.ended) == "gone: aborted, or no answer, as the kernel counts"


def test_addresses_of_both_families() -> None:
    watched = Watched()
    with Running("kernel") as running:
        port = running.listen("::1").port
        _, up, _ = running.greet()
        assert up.peer is not None
        watched.until(lambda: watched.row(port, up.peer.port if up.peer else 0))
        row = watched.row(port, up.peer.port)
        assert row is not None
        assert row.local is not None
        assert row.peer == up.peer
        assert row.local.addresses == ("::1",)


_AS_NOBODY = """
import os, sys
from sctp_tui.cli.main import main
out = os.dup(1)
os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
main(["open", "host:", "--summary"])  # imports all: its folder may be root's alone
os.dup2(out, 1)
os.setgroups([]); os.setgid({nobody}); os.setuid({nobody})
sys.exit(main(["open", "host:", *{words!r}]))
"""


def as_nobody(*words: str) -> subprocess.CompletedProcess[bytes]:
    """`sctp-tui open host: WORDS…` by a user without any privilege, once it is over."""
    script = _AS_NOBODY.format(nobody=NOBODY, words=words)
    env = os.environ | {"XDG_CONFIG_HOME": "/nonexistent"}  # root's is not for others
    return subprocess.run([sys.executable, "-c", script], capture_output=True, check=False, env=env)


@pytest.mark.usefixtures("darn")
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_nobody_sees_all_but_the_processes_of_others() -> None:
    watched = Watched()
    with listening(9303), talking(9304, 9303):
        watched.until(lambda: watched.row(9303, 9304))
        done = as_nobody("--summary")
    assert done.returncode == 0, done.stderr.decode()
    out = done.stdout.decode()
    assert "127.0.0.1:9303  127.0.0.1:9304  -        " in out
    assert "ESTABLISHED" in out
    assert "3 processes of other users, whom only root sees" in out


@pytest.mark.usefixtures("darn")
def test_the_command_tells_it_as_json_until_it_is_stopped() -> None:
    with listening(9305), talking(9306, 9305), Program("open", "host:", "--json") as program:
        first = from_json(program.line())
        assert isinstance(first, HostLooked)
        assert first.schema == 1
        while True:
            event = from_json(program.line())
            if isinstance(event, Observed) and event.local.port == 9306:
                break
        assert event.state == "ESTABLISHED"
        program.process.send_signal(signal.SIGINT)
        assert program.process.wait(PATIENCE) in (0, 130)


@pytest.mark.usefixtures("darn")
def test_the_filter_chooses_associations() -> None:
    with listening(9307), talking(9308, 9307):
        words = ("--summary", "--filter", "local_port=9308 process~darn")
        deadline = time.monotonic() + PATIENCE
        out = ""
        while "9308" not in out:
            assert time.monotonic() < deadline
            with Program("open", "host:", *words) as program:
                out = program.process.communicate(timeout=PATIENCE)[0].decode()
        assert out.splitlines()[1].split()[1] == "127.0.0.1:9308"
        assert "1 of " in out.splitlines()[-1]


def test_a_dump_is_whole_messages() -> None:
    with Running("kernel") as running:
        running.listen()
        running.greet()
        found = [parse(message) for message in dump(2)]
        assert None not in found
        assert sum(row is not None and bool(row.peers) for row in found) == 2


@pytest.mark.usefixtures("darn")
@pytest.mark.skipif(os.geteuid() != 0, reason="a capture needs CAP_NET_RAW")
def test_with_packets_each_end_is_one_row_with_its_process_its_messages_and_who_ended_it() -> None:
    words = ("open", "host:", "--interface", "lo", "--json", "--packets")
    with listening(9311) as server, Program(*words) as program:
        program.event("observed", what="listens")
        with talking(9312, 9311) as client:
            came = [program.event("observed", what="came") for _ in range(2)]
            key = {one["local"]["port"]: one["key"] for one in came}
            assert set(key) == {9311, 9312}
            assert {one["other_end"] for one in came} <= {0, *key.values()}
            assert program.event("detail", key=key[9311])["owner"]["pid"] == server.pid
            assert client.stdin is not None
            client.stdin.write(b"again\n")
            client.stdin.flush()
            told = [program.event("message", text="again\n\0") for _ in range(2)]
            assert {(one["key"], one["direction"]) for one in told} == {(key[9311], "in"), (key[9312], "out")}
            client.stdin.close()
            ends = [program.event("assoc_change", state="SHUTDOWN_COMP") for _ in range(2)]
            assert {(one["key"], one["by"]) for one in ends} == {(one, "client") for one in key.values()}
        program.signal(signal.SIGINT)
        status, out, said = program.end()
        assert (status, said) == (0, "")
        assert b'"what":"gone"' not in out


_STP = """
cs7 instance 0
 xua rkm routing-key-allocation dynamic-permitted
 listen m3ua 2905
  accept-asp-connections dynamic-permitted
  local-ip 127.0.0.1
"""


@pytest.mark.usefixtures("darn")
@pytest.mark.skipif(not shutil.which("osmo-stp"), reason="no osmo-stp: install it, as Debian's package")
@pytest.mark.skipif(os.geteuid() != 0, reason="a capture needs CAP_NET_RAW")
def test_a_signalling_gateway_is_told_with_its_process_and_who_shut_down(tmp_path: Path) -> None:
    config = tmp_path / "stp.cfg"
    config.write_text(_STP)
    words = ["osmo-stp", "-c", str(config)]
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as stp:
        try:
            wait_for_listener(2905)
            with Program("open", "host:", "--interface", "lo", "--json") as program:
                program.event("observed", what="listens")
                with talking(9316, 2905):
                    came = [program.event("observed", what="came") for _ in range(2)]
                    (key,) = {one["key"] for one in came if one["local"]["port"] == 2905}
                    owner = program.event("detail", key=key)["owner"]
                    assert (owner["process"], owner["pid"]) == ("osmo-stp", stp.pid)
                assert program.event("assoc_change", key=key, state="SHUTDOWN_COMP")["by"] == "client"
        finally:
            stp.kill()


@pytest.mark.usefixtures("darn")
@pytest.mark.skipif(os.geteuid() != 0, reason="a capture needs CAP_NET_RAW")
def test_what_was_there_before_is_joined_with_its_packets_by_tags() -> None:
    watched = Watched()
    with listening(9313), talking(9314, 9313) as client:
        watched.until(lambda: (one := watched.row(9314, 9313)) is not None and one.state == "ESTABLISHED")
        with Program("open", "host:", "--interface", "any", "--json", "--packets") as program:
            there = [program.event("observed", what="there") for _ in range(2)]
            key = {one["local"]["port"]: one["key"] for one in there}
            program.event("observed", what="listens")
            assert client.stdin is not None
            client.stdin.write(b"again\n")
            client.stdin.flush()
            assert program.event("packet")["key"] in key.values()
            before = [program.event("observed", what="before") for _ in range(2)]
            assert {one["key"] for one in before} == set(key.values())
            assert {one["role"] for one in before} == {"server", "client"}
            assert sorted(one["other_end"] for one in before) == [0, before[0]["key"]]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_without_the_privilege_the_ways_out_are_told() -> None:
    done = as_nobody("--interface", "any", "--json")
    assert (done.returncode, done.stdout) == (1, b"")
    said = done.stderr.decode()
    assert "all interfaces: this process lacks the capability CAP_NET_RAW; run as root" in said
    assert "sctp-tui open -" in said
