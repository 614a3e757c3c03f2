"""An association is branched off to a socket of its own (RFC 6458, section 9.2), and goes on there."""

import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import pytest

from sctp_tui.sctp.commands import Connect, OpenClient, PauseReading, PeelOff, Stop, Watch
from sctp_tui.sctp.events import AssocChange, EndpointClosed, Message, Opening, PeeledOff, Refused, StackName
from sctp_tui.sctp.kernel.network import addresses
from sctp_tui.sctp.stacks import open_stack
from tests.harness import Running

_SACK, _HEARTBEAT, _HEARTBEAT_ACK = 3, 4, 5


def _peel_off(running: Running, key: int) -> PeeledOff:
    running.submit(PeelOff(key))
    return running.until(PeeledOff, key=key)


def _both_ways(running: Running, name: str, server_key: int, word: str) -> None:
    """A message each way on the association, which has the keys that it had."""
    before = running.now()
    running.send(name, f"{word} to the server".encode())
    running.send(data=f"{word} to {name}".encode(), key=server_key)
    running.until(Message, key=server_key, direction="in", data=f"{word} to the server".encode())
    running.again_from(before)
    running.until(Message, endpoint=name, direction="in", data=f"{word} to {name}".encode())


@pytest.mark.parametrize("end", ["server", "client"])
def test_the_association_goes_on_on_its_own_socket(running: Running, end: str) -> None:
    name, up, ours = running.greet()
    other, up_too, _ = running.greet()
    mine = up if end == "server" else ours
    peeled = _peel_off(running, mine.key)
    assert (peeled.assoc_id, peeled.endpoint) == (mine.assoc_id, mine.endpoint)
    for word in ("first", "second"):
        _both_ways(running, name, up.key, word)
    _both_ways(running, other, up_too.key, "other")
    running.submit(Watch((up.key, ours.key), mine.key))
    running.until_true(lambda: mine.key in running.details)
    assert running.details[mine.key].own_socket
    running.submit(Watch((up_too.key,), up_too.key))
    running.until_true(lambda: up_too.key in running.details)
    assert not running.details[up_too.key].own_socket
    # Nothing of this was told as a change of the association.
    assert len([event for event in running.events if isinstance(event, AssocChange)]) == 4


@pytest.mark.parametrize("how", ["shut_down", "abort"])
@pytest.mark.parametrize("by", ["server", "client"])
def test_its_end_is_told_and_others_go_on(running: Running, how: str, by: str) -> None:
    name, up, ours = running.greet()
    other, up_too, _ = running.greet()
    _peel_off(running, up.key)
    _both_ways(running, name, up.key, "hello")
    before = running.now()
    getattr(running, how)(up.key if by == "server" else ours.key)
    state = "SHUTDOWN_COMP" if how == "shut_down" else "COMM_LOST"
    ended = running.until(AssocChange, key=up.key, state=state)
    assert ended.by == ("us" if by == "server" else "peer")
    running.again_from(before)
    running.until(AssocChange, key=ours.key, state=state)
    _both_ways(running, other, up_too.key, "others")
    # The client may come again, and its association is on the server's socket, as ever.
    running.submit(Connect(name))
    again = running.until(AssocChange, endpoint="server", state="COMM_UP")
    assert again.key != up.key
    _both_ways(running, name, again.key, "again")
    assert _peel_off(running, again.key)


def test_at_the_end_it_is_shut_down_like_all(running: Running) -> None:
    _, up, ours = running.greet()
    _peel_off(running, up.key)
    running.submit(Stop())
    assert running.until(AssocChange, key=up.key).state == "SHUTDOWN_COMP"
    running.again()
    assert running.until(EndpointClosed, endpoint="server").aborted == 0
    assert ours


def test_what_waits_unread_comes_too(running: Running) -> None:
    name, up, _ = running.greet()
    running.submit(PauseReading("server", paused=True))
    for number in range(20):
        running.send(name, f"unread {number}".encode())
    running.until(Message, endpoint=name, direction="out", data=b"unread 19")
    _peel_off(running, up.key)
    running.submit(PauseReading("server", paused=False))
    for number in range(20):
        running.until(Message, key=up.key, direction="in", data=f"unread {number}".encode())


def test_on_a_host_of_the_program(stack: StackName) -> None:
    """Linux branches off on the association's own host alone, be it by the user or by the program."""
    options: dict[str, Any] = {"open_stack": partial(open_stack, paths=1)} if stack == "kernel" else {}
    with Running(stack, packets=(stack,), **options) as running:
        running.listen(*addresses("server", 1) if stack == "kernel" else ())
        name, up, ours = running.greet()
        before = len(running.packets)
        _peel_off(running, up.key)
        _peel_off(running, ours.key)
        running.drain()
        kinds = {packet.data[12] for packet in running.packets[before:]}
        assert kinds <= {_SACK, _HEARTBEAT, _HEARTBEAT_ACK}, "no packet goes for it"
        _both_ways(running, name, up.key, "own")


def test_what_can_not_be_branched_off_is_told(running: Running) -> None:
    _, up, _ = running.greet()
    _peel_off(running, up.key)
    running.submit(PeelOff(up.key))
    assert "has a socket of its own already" in running.until(Refused, command="peel_off").text
    running.submit(PeelOff(99))
    assert "has ended" in running.until(Refused, command="peel_off").text
    running.submit(OpenClient("client 9", running.stack, running.nobody()), Connect("client 9"))
    opening = running.until(Opening, endpoint="client 9")
    running.submit(PeelOff(opening.key))
    assert running.until(Refused, command="peel_off").text


@contextmanager
def _descriptors(more: int) -> Iterator[None]:
    """This process may have so many descriptors more than it has now."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    taken = max(int(one) for one in os.listdir("/proc/self/fd"))
    resource.setrlimit(resource.RLIMIT_NOFILE, (taken + 1 + more, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.kernel
def test_where_there_is_no_descriptor_left_it_stays_where_it_is(running: Running) -> None:
    name, up, _ = running.greet()
    fill = []
    with _descriptors(0):
        while True:
            try:
                fill.append(os.dup(0))
            except OSError:
                break
        running.submit(PeelOff(up.key))
        refused = running.until(Refused, command="peel_off")
        for one in fill:
            os.close(one)
    assert "`ulimit -Hn` is higher" in refused.text
    _both_ways(running, name, up.key, "still")
