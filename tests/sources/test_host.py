"""A machine's kernel as a source: what its messages tell, what changes, how those ended that are gone."""

import errno
import socket
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sctp_tui.monitor.associations import Association, Associations
from sctp_tui.sctp.events import AnyEvent, Detail, HostLooked, Observed, Peer, Status
from sctp_tui.sctp.events import Path as PeerPath
from sctp_tui.sctp.kernel import proc_net, sock_diag
from sctp_tui.sctp.kernel.jiffies import JIFFY
from sctp_tui.sctp.kernel.machine import Machine
from sctp_tui.sctp.kernel.proc_net import Counters, ProcAssociation, ProcPath
from sctp_tui.sctp.kernel.sock_diag import DiagRow
from sctp_tui.sources import followed
from sctp_tui.sources import host as host_source
from sctp_tui.sources.host import Host, apart
from sctp_tui.sources.octets import UnreadableSource
from sctp_tui.sources.opening import open_source
from sctp_tui.sources.processes import Processes

from .machines import FakeMachine, Looks, association, listener, tags, unconnected

UP = association()


def folded(*looks: list[AnyEvent]) -> list[Association]:
    """What a monitor makes of looks."""
    store = Associations()
    for events in looks:
        for event in events:
            store.fold(event)
    return list(store)


# --- what is there


def test_the_first_look_tells_all_that_is_there_associations_first() -> None:
    looks = Looks(listener(), UP, unconnected())
    events = looks.look()
    assert tags(events) == ["host", "there", "status", "detail", "listens", "detail"]
    begun, there, status, detail, listens, _ = events
    assert isinstance(begun, HostLooked)
    assert (begun.system, begun.schema, begun.every) == ("Linux 6.1", 1, 1.0)
    assert isinstance(there, Observed)
    assert (there.local, there.peer) == (Peer(("10.0.0.1",), 9001), Peer(("10.0.0.2",), 5000))
    assert (there.state, there.by, there.key) == ("ESTABLISHED", "unknown", 1)
    assert isinstance(status, Status)
    assert (status.state, status.rwnd, status.fragmentation_point) == ("ESTABLISHED", 65_536, 1452)
    assert (status.inbound_streams, status.outbound_streams) == (10, 5)
    assert status.paths == (PeerPath("10.0.0.2", "ACTIVE", True, 4380, None, 1000, None, round(JIFFY)),)
    assert isinstance(detail, Detail)
    assert (detail.local_tag, detail.peer_tag, detail.own_rwnd) == (0x01020304, 0x0A0B0C0D, 106_496)
    assert (detail.rto_min, detail.association_max_retrans) == (None, None)
    assert detail.paths[0].heartbeat_interval == round(3000 * JIFFY)
    assert detail.sack is not None
    assert (detail.sack.delay, detail.sack.frequency) == (200, 2)
    assert isinstance(listens, Observed)
    assert (listens.local, listens.peer, listens.state) == (Peer(("10.0.0.1",), 9001), None, "LISTEN")
    assert looks.host.read == "1 association, 1 listening"


def test_the_counters_are_where_they_belong() -> None:
    names = (
        *("sacks_in", "sacks_out", "packets_out", "packets_in", "retransmitted", "out_of_sequence"),
        *("duplicates_in", "gaps_in", "unordered_out", "unordered_in", "ordered_out", "ordered_in"),
        *("control_out", "control_in"),
    )
    *_, detail = Looks(association(counters=range(1, 15))).look()
    assert isinstance(detail, Detail)
    assert detail.statistics is not None
    assert [getattr(detail.statistics, name) for name in names] == list(range(1, 15))
    assert detail.statistics.max_rto is None


def test_of_other_paths_is_told_what_proc_has() -> None:
    two = ("10.0.0.2", "10.0.1.2")
    looks = Looks(association(peers=two, primary="10.0.1.2"))
    looks.machine.known = {(9001, 5000, two): ProcAssociation("4", 10)}
    looks.machine.other_paths = {("4", "10.0.0.2"): ProcPath(300, 5, 3), ("5", "10.0.0.2"): ProcPath(1, 1, 1)}
    _, _, status, detail = looks.look()
    assert isinstance(status, Status)
    first, second = status.paths
    assert (first.state, first.primary, first.cwnd, first.rto) == ("UNCONFIRMED", False, None, 300)
    assert (second.state, second.primary, second.cwnd, second.rto) == ("ACTIVE", True, 4380, 1000)
    assert isinstance(detail, Detail)
    assert detail.association_max_retrans == 10
    looks.machine.other_paths = {("4", "10.0.0.2"): ProcPath(300, 5, 0)}
    (status,) = looks.look()
    assert isinstance(status, Status)
    assert status.paths[0].state == "INACTIVE"


@pytest.mark.parametrize(
    ("message", "srtt"),
    [
        (association(srtt=7), round(7 * JIFFY)),
        (association(rto=1000), None),  # as no SACK has come, another RTO.Initial may be set
        (association(rto=1000, counters=(3, *[0] * 13)), 0),
        (association(rto=6000, counters=(3, *[0] * 13)), None),  # RTO.Initial, doubled
    ],
)
def test_a_round_trip_is_told_only_where_it_was_measured(message: bytes, srtt: int | None) -> None:
    _, _, status, _ = Looks(message).look()
    assert isinstance(status, Status)
    assert status.paths[0].srtt == srtt


def test_before_the_peer_has_answered_its_window_is_not_known() -> None:
    _, there, status, detail = Looks(association(peer_tag=0, state="COOKIE-WAIT")).look()
    assert isinstance(there, Observed)
    assert isinstance(status, Status)
    assert isinstance(detail, Detail)
    assert (there.state, status.state, status.rwnd, detail.peer_tag) == ("COOKIE-WAIT",) * 2 + (None, None)


# --- what changes


def test_only_what_has_changed_is_told() -> None:
    looks = Looks(UP, listener())
    looks.look()
    assert looks.look() == []
    (status,) = looks.look(association(unacked=3), listener())
    assert isinstance(status, Status)
    assert (status.unacked, status.mono) == (3, 3.0)
    assert tags(looks.look(association(unacked=3, counters=(0, 1, *[0] * 12)), listener())) == ["detail"]
    assert tags(looks.look(UP, association(tag=9, peer_port=5001), listener()))[:2] == ["status", "detail"]


def test_a_peer_that_owes_an_answer_is_told_of_at_each_look() -> None:
    looks = Looks(association(errors=1))
    looks.look()
    assert tags(looks.look()) == ["status"]


def test_other_addresses_are_told() -> None:
    looks = Looks(association(tag=1))
    looks.look()
    told = looks.look(association(tag=1, local=("10.0.0.1", "10.9.9.9"), peers=("10.0.0.2", "10.0.1.2")))
    assert tags(told)[0] == "addresses"
    (row,) = folded(told[:0], Looks(UP).look())
    assert row.peer is not None
    store = folded(Looks(association(tag=1)).look(), told)
    assert store[0].local == Peer(("10.0.0.1", "10.9.9.9"), 9001)
    assert store[0].peer == Peer(("10.0.0.2", "10.0.1.2"), 5000)


def test_one_that_begins_between_two_looks_has_come() -> None:
    looks = Looks(listener())
    looks.look()
    assert tags(looks.look(listener(), UP)) == ["came", "status", "detail"]


def test_equal_ports_and_peers_with_another_tag_are_another_association() -> None:
    looks = Looks(UP)
    first = looks.look()
    second = looks.look(association(tag=2))
    assert tags(second) == ["gone", "came", "status", "detail"]
    assert [row.ended is None for row in folded(first, second)] == [False, True]


# --- ends


@pytest.mark.parametrize(
    ("counted", "said"),
    [
        (Counters(0, 1), "shutdown"),
        (Counters(1, 0), "gone: aborted, or no answer, as the kernel counts"),
        (Counters(1, 1), "gone: how it ended is not told by the kernel"),
        (Counters(0, 0), "gone: how it ended is not told by the kernel"),
        (None, "gone: how it ended is not told by the kernel"),
    ],
)
def test_how_one_ended_is_told_as_far_as_the_kernel_counts(counted: Counters | None, said: str) -> None:
    looks = Looks(UP)
    first = looks.look()
    looks.machine.counted = counted
    (row,) = folded(first, looks.empty())
    assert row.ended is not None
    assert row.ended.text == said
    assert row.ended.by == "unknown"


def test_of_several_that_ended_none_is_told_that_may_be_another() -> None:
    looks = Looks(UP, association(tag=2, peer_port=5001))
    first = looks.look()
    looks.machine.counted = Counters(1, 0)  # one was aborted, and the other?
    assert {row.standing(9.0) for row in folded(first, looks.empty())} == {
        "gone: how it ended is not told by the kernel"
    }


def test_what_was_counted_while_it_was_looked_counts() -> None:
    """One may end, and be counted, after it was read, and before the look is over."""
    looks = Looks(UP)
    first = looks.look()
    looks.machine.meanwhile = Counters(1, 0)
    second = looks.look()
    (row,) = folded(first, second, looks.empty())
    assert row.standing(9.0) == "gone: aborted, or no answer, as the kernel counts"


def test_a_socket_that_is_closed_with_its_associations_is_none_of_those_that_were_aborted() -> None:
    looks = Looks(UP, listener())
    first = looks.look()
    looks.machine.counted = Counters(1, 0)
    up, socket = folded(first, looks.empty())
    assert up.standing(9.0) == "gone: aborted, or no answer, as the kernel counts"
    assert socket.standing(9.0) == "closed"


def test_a_set_up_that_is_gone_is_no_shutdown() -> None:
    looks = Looks(association(state="COOKIE-WAIT"))
    first = looks.look()
    looks.machine.counted = Counters(0, 1)
    (row,) = folded(first, looks.empty())
    assert row.standing(9.0) == "gone: how it ended is not told by the kernel"


def test_of_a_set_up_that_is_gone_nothing_is_told_where_nothing_was_counted() -> None:
    looks = Looks(association(state="COOKIE-WAIT"))
    (row,) = folded(looks.look(), looks.empty())
    assert row.standing(9.0) == "gone: how it ended is not told by the kernel"


def test_one_that_a_dump_has_left_out_is_not_gone() -> None:
    looks = Looks(UP)
    looks.look()
    looks.machine.skipped = (UP,)
    assert looks.empty() == []
    looks.machine.skipped = ()
    assert tags(looks.empty()) == ["gone"]


@pytest.mark.parametrize(
    ("local", "peer"), [("10.0.0.1", "10.0.0.2"), ("fe80::1", "fe80::2")], ids=["IPv4", "IPv6"]
)
def test_a_peer_of_both_families_is_asked_for_by_the_one_that_this_end_has(
    monkeypatch: pytest.MonkeyPatch, local: str, peer: str
) -> None:
    asked = list[tuple[str, str]]()
    row = DiagRow(1, 9001, 5000, 0, 77, (local,), ("fe80::2", "10.0.0.2"), None)

    def ask(family: int, here: str, _port: int, there: str, _peer_port: int) -> None:
        assert socket.inet_pton(family, here)
        assert socket.inet_pton(family, there)
        asked.append((here, there))

    monkeypatch.setattr(sock_diag, "ask", ask)
    assert not Machine().has(row)
    assert asked == [(local, peer)]


def test_an_error_of_no_number_is_said_in_its_words() -> None:
    said = host_source.why(OSError("more than can be right"))
    assert "the kernel does not tell its associations: more than can be right; " in said


def test_a_socket_that_is_closed() -> None:
    looks = Looks(listener())
    (row,) = folded(looks.look(), looks.empty())
    assert row.ended is not None
    assert (row.ended.text, row.ended.failed, row.listens) == ("closed", False, True)


# --- what a monitor makes of it


def test_live_and_listening_are_counted_apart() -> None:
    store, looks = Associations(), Looks(UP, listener())
    for event in looks.look():
        store.fold(event)
    assert (store.live, store.listening, store.ended) == (1, 1, 0)
    for event in looks.empty():
        store.fold(event)
    assert (store.live, store.listening, store.ended) == (0, 0, 2)


def test_the_rate_is_of_data_chunks_and_begins_with_the_first_look() -> None:
    def counted(chunks: int) -> bytes:
        return association(counters=(*[0] * 10, chunks, 2 * chunks, 0, 0))

    looks = Looks(counted(1000))
    (row,) = folded(looks.look())
    assert row.rate(1.0) == 0
    looks = Looks(counted(1000))
    (row,) = folded(
        looks.look(), looks.look(counted(1010)), looks.look(counted(1020)), looks.look(counted(1030))
    )
    assert row.rate(4.0) == pytest.approx(30)
    assert row.idle(6.0) == 2.0
    assert row.messages_in == 0


# --- processes


@pytest.fixture
def proc(tmp_path: Path) -> Path:
    """A /proc with one process that has socket 77 open."""
    descriptors = tmp_path / "12/fd"
    descriptors.mkdir(parents=True)
    (tmp_path / "12/comm").write_text("sctp_darn\n")
    (descriptors / "3").symlink_to("socket:[77]")
    (descriptors / "4").symlink_to("/dev/null")
    (tmp_path / "self").mkdir()
    return tmp_path


def test_the_process_is_told(proc: Path) -> None:
    *_, detail = Looks(UP, proc=str(proc)).look()
    assert isinstance(detail, Detail)
    assert detail.owner is not None
    assert (detail.owner.pid, detail.owner.process, detail.owner.user) == (12, "sctp_darn", "root")


def test_why_a_process_is_not_known_is_told(proc: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    looks = Looks(association(inode=99), proc=str(proc))
    *_, detail = looks.look()
    assert isinstance(detail, Detail)
    assert detail.owner is not None
    assert (detail.owner.pid, detail.owner.unknown) == (None, "no process has it open")
    assert looks.host.left_out == {}

    def forbidden(_folder: str) -> list[str]:
        raise PermissionError

    looks = Looks(association(inode=99), proc=str(proc))
    monkeypatch.setattr("sctp_tui.sources.processes.Processes._sockets", lambda *_: forbidden(""))
    *_, detail = looks.look()
    assert isinstance(detail, Detail)
    assert detail.owner is not None
    assert detail.owner.unknown == "another user's, which only root sees"
    assert looks.host.left_out == {"process of other users, whom only root sees": 1}


def test_a_socket_that_another_process_has_now_is_found_anew(proc: Path) -> None:
    now = [0.0]
    processes = Processes(str(proc), lambda: now[0])

    def pid_at(seconds: float, *inodes: int) -> int | None:
        now[0] = seconds
        processes.search(set(inodes))
        return processes.owner(0, 77).pid

    assert pid_at(0, 77) == 12
    (proc / "12").rename(proc / "13")
    assert pid_at(10, 77) == 12
    assert pid_at(31, 77) == 13
    assert pid_at(40, 78) is None


def test_what_is_found_is_that_of_whole_looks_as_a_screen_asks_meanwhile() -> None:
    looks = Looks(UP)
    looks.look()
    looks.machine.now = (UP, association(tag=9, peer_port=5001), listener())
    events = looks.host.look()
    next(events)
    assert looks.host.read == "1 association, 0 listening"
    list(events)
    assert looks.host.read == "2 associations, 1 listening"


# --- bounds, and what may not be told


def test_no_more_are_followed_than_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(followed, "MOST", 3)
    monkeypatch.setattr(host_source, "MOST", 3)
    looks = Looks(*(association(tag=one + 1, peer_port=5000 + one) for one in range(5)))
    assert tags(looks.look()).count("there") == 3
    assert looks.host.left_out == {"beyond 3 that are followed": 2}
    looks.look(*looks.machine.now[2:])
    assert tags(looks.look()).count("came") == 2
    assert looks.host.left_out == {}
    assert looks.host.read == "3 associations, 0 listening"


def test_no_more_octets_are_read_than_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    class Endless:
        def __enter__(self) -> "Endless":
            return self

        def __exit__(self, *_: object) -> None:
            pass

        def recv(self, _size: int) -> bytes:
            return bytes(1 << 20)

    monkeypatch.setattr(sock_diag, "_asked", lambda *_: Endless())
    monkeypatch.setattr(sock_diag, "MOST_OCTETS", 4 << 20)
    with pytest.raises(OSError, match="more than 4,194,304 octets"):
        list(sock_diag.dump(2))


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (
            errno.ENOENT,
            "this machine's kernel has no SCTP, or has not loaded it: `sudo modprobe -a sctp sctp_diag`",
        ),
        (
            errno.EPERM,
            "the kernel may not be asked (Operation not permitted): a container's rules may forbid it",
        ),
        (errno.ENOMEM, "the kernel does not tell its associations: Cannot allocate memory"),
    ],
)
def test_what_can_not_be_looked_at_is_said_with_a_way_out(number: int, said: str) -> None:
    machine = FakeMachine()
    machine.error = number
    with pytest.raises(UnreadableSource) as raised:
        Host(machine=machine)
    assert said in str(raised.value)
    assert str(raised.value).endswith("of another machine: ssh -t HOST sctp-tui open host:")


def test_an_error_later_ends_it_and_is_said() -> None:
    machine = FakeMachine(UP)
    host = Host(machine=machine, once=False)
    portions = host.portions()
    assert tags(next(portions).told)[0] == "host"
    machine.error = errno.ENOENT
    host.clock = None
    assert list(portions) == []
    assert host.done
    assert host.errors[0].startswith("host: this machine's kernel has no SCTP")


@pytest.mark.skipif(proc_net.FOLDER.exists(), reason="this machine's kernel has SCTP")
def test_a_machine_without_sctp_says_so() -> None:
    with pytest.raises(UnreadableSource, match="this machine's kernel"):
        open_source(["host:"])


def test_it_stands_alone() -> None:
    with pytest.raises(UnreadableSource, match="host: stands alone"):
        open_source(["host:", "trace.pcap"])


def test_looks_that_take_long_are_further_apart() -> None:
    assert [apart(took) for took in (0.0, 0.05, 0.1, 0.5)] == [1, 1, 1, 5]


# --- strange octets


@given(st.lists(st.tuples(st.integers(0, 900), st.integers(0, 255)), max_size=12), st.integers(0, 900))
def test_mutated_messages_do_no_harm(changes: list[tuple[int, int]], cut: int) -> None:
    message = bytearray(association(peers=("10.0.0.2", "fe80::1"), local=("10.0.0.1", "::1")))
    for place, octet in changes:
        if place < len(message):
            message[place] = octet
    row = sock_diag.parse(bytes(message[: len(message) - cut]))
    assert row is None or len(row.peers) <= 16
    looks = Looks(UP, bytes(message[: len(message) - cut]), listener())
    events = looks.look()
    assert all(event.mono == 1.0 for event in events)
    assert {"host", "there", "listens"} <= set(tags(events))
    looks.empty()


@given(st.binary(max_size=200))
def test_any_octets_are_no_more_messages_than_they_hold(octets: bytes) -> None:
    found = list(sock_diag.messages(octets))
    assert sum(len(body) + 16 for _, body in found) <= len(octets) + 3
    for _, body in found:
        sock_diag.parse(body)


ASSOCS = """ ASSOC     SOCK   STY SST ST HBKT ASSOC-ID TX_QUEUE RX_QUEUE UID INODE LPORT RPORT LADDRS <-> \
RADDRS HBINT INS OUTS MAXRT T1X T2X RTXC wmema wmemq sndbuf rcvbuf
f4286b16 277a0027 0   10  3  0       4        0        0       0    53 9001   9002  10.9.0.1 10.9.0.3 <-> \
*10.9.0.2 10.9.0.4 \t    3000    10    10   7    0    0        0        1        0   212992   212992
f4286b17 277a0028 0   10  3  0       5        0        0       0    54 9001   9003  \
0000:0000:0000:0000:0000:0000:0000:0001 <-> *0000:0000:0000:0000:0000:0000:0000:0001 \
\t    3000    10    10   10    0    0        0        1        0   212992   212992
"""
REMADDR = """ADDR ASSOC_ID HB_ACT RTO MAX_PATH_RTX REM_ADDR_RTX START STATE
10.9.0.2  4 1 300 5 0 0 2
10.9.0.4  4 1 100 4 0 0 3
0000:0000:0000:0000:0000:0000:0000:0001  5 1 300 5 0 0 2
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A /proc/net/sctp, as Linux 6.1 wrote it."""
    monkeypatch.setattr(proc_net, "FOLDER", tmp_path)
    (tmp_path / "assocs").write_text(ASSOCS)
    (tmp_path / "remaddr").write_text(REMADDR)
    (tmp_path / "snmp").write_text("SctpCurrEstab \t0\nSctpAborteds \t3\nSctpShutdowns \t4\n")
    return tmp_path


def test_proc_is_read(folder: Path) -> None:
    assert proc_net.associations() == {
        (9001, 9002, ("10.9.0.2", "10.9.0.4")): ProcAssociation("4", 7),
        (9001, 9003, ("::1",)): ProcAssociation("5", 10),
    }
    assert proc_net.paths() == {
        ("4", "10.9.0.2"): ProcPath(round(300 * JIFFY), 5, 2),
        ("4", "10.9.0.4"): ProcPath(round(100 * JIFFY), 4, 3),
        ("5", "::1"): ProcPath(round(300 * JIFFY), 5, 2),
    }
    assert proc_net.counters() == Counters(3, 4)
    (folder / "snmp").unlink()
    assert proc_net.counters() is None


@given(st.data())
def test_mutated_lines_of_proc_do_no_harm(data: st.DataObject) -> None:
    lines = (ASSOCS + REMADDR).encode()
    mutated = bytearray(lines)
    for _ in range(data.draw(st.integers(0, 20))):
        mutated[data.draw(st.integers(0, len(mutated) - 1))] = data.draw(st.integers(0, 255))
    with pytest.MonkeyPatch.context() as patch:
        text = mutated.decode("ascii", "replace").splitlines()
        patch.setattr(proc_net, "_lines", lambda _name: iter(text))
        proc_net.associations()
        proc_net.paths()
        proc_net.counters()
