"""A class of 40 at other addresses: a server on 0.0.0.0, each client in a network namespace of its own.

Runs where the tests may make namespaces without asking: in the guest, on both stacks.
"""

import ctypes
import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from sctp_tui.sctp.events import AssocChange, Message, Peer, StackName
from sctp_tui.sctp.kernel.tun import set_address, set_up
from tests.patience import PATIENCE

from ..harness import Running

pytestmark = pytest.mark.kernel

STUDENTS = 40

# One thread, which enters each namespace in turn: a socket stays in the one that it was made in.
_CLASS = """
import itertools, json, os, select, sys, time, ctypes
from sctp_tui.sctp.endpoint import Clock, EndpointOptions, Outgoing
from sctp_tui.sctp.events import AssocChange, Message, Peer
from sctp_tui.sctp.stacks import open_stack

name, port, udp_port, students = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]) or None, int(sys.argv[4])
libc = ctypes.CDLL(None, use_errno=True)
clock, keys = Clock(), itertools.count(1)
stack = open_stack(name, clock)
endpoints = []
for student in range(students):
    with open(f"/run/netns/student{student}") as namespace:
        assert libc.setns(namespace.fileno(), 0) == 0, os.strerror(ctypes.get_errno())
    endpoint = stack.open(EndpointOptions(f"student {student}", 5, 5, 4, keys=keys, clock=clock))
    endpoint.aim(Peer((f"10.77.{student}.1",), port, udp_port))
    endpoint.connect(Outgoing(f"present {student}".encode(), 1))
    endpoints.append(endpoint)
replies, ended, deadline = set(), set(), time.monotonic() + float(sys.argv[5])
while len(ended) < students and time.monotonic() < deadline:
    waiting = [*stack.descriptors(), *(fd for endpoint in endpoints for fd in endpoint.descriptors())]
    timeout = stack.timeout()
    select.select(waiting, [], [], 0.1 if timeout is None else min(timeout, 0.1))
    stack.poll()
    for endpoint in endpoints:
        for event in endpoint.receive(100):
            if isinstance(event, Message) and event.direction == "in":
                replies.add((endpoint.name, event.data.decode()))
                endpoint.shut_down(event.assoc_id)
            elif isinstance(event, AssocChange) and event.state == "SHUTDOWN_COMP":
                ended.add(endpoint.name)
for endpoint in endpoints:
    endpoint.close()
stack.close()
print(json.dumps([len(ended), sorted(replies)]))
"""


def _ip(*commands: str) -> None:
    subprocess.run(["ip", "-batch", "-"], input="\n".join(commands), text=True, check=True)


def _at_the_students() -> None:
    """The other ends of the cables; not by `ip`, as the start of a process takes long in the guest."""
    libc = ctypes.CDLL(None, use_errno=True)
    for number in range(STUDENTS):
        with open(f"/run/netns/student{number}") as namespace:
            assert libc.setns(namespace.fileno(), 0) == 0, os.strerror(ctypes.get_errno())
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
            set_address(control, "eth0", f"10.77.{number}.2")
            set_up(control, "eth0", True)


@pytest.fixture(scope="module")
def classroom() -> Iterator[None]:
    """A namespace for each student, and a cable from each to the teacher's machine."""
    names = [f"student{number}" for number in range(STUDENTS)]
    _ip(
        *(f"netns add {name}" for name in names),
        *(f"link add to-{name} type veth peer name eth0 netns {name}" for name in names),
        *(f"addr add 10.77.{number}.1/24 dev to-{name}" for number, name in enumerate(names)),
        *(f"link set to-{name} up" for name in names),
    )
    with ThreadPoolExecutor(1) as thread:  # setns(2) moves the thread that calls it
        thread.submit(_at_the_students).result()
    yield
    # First the links: those of a namespace go some time after it, and until then their addresses are ours.
    _ip(*(f"link del to-{name}" for name in names), *(f"netns del {name}" for name in names))


@pytest.mark.parametrize("name", ["kernel", "userspace"])
def test_a_class_is_taken(classroom: None, name: StackName) -> None:
    with Running(name) as running:
        server = running.listen("0.0.0.0")
        arguments = [name, str(server.port), str(server.udp_port or 0), str(STUDENTS), str(PATIENCE)]
        students = subprocess.Popen(
            [sys.executable, "-c", _CLASS, *arguments], stdout=subprocess.PIPE, text=True
        )
        seen: dict[str, bytes] = {}
        for _ in range(STUDENTS):
            message = running.until(Message, direction="in")
            assert isinstance(message.peer, Peer)
            seen[message.peer.addresses[0]] = message.data
            running.send(key=message.key, data=b"welcome " + message.data.split()[-1])
        for _ in range(STUDENTS):
            end = running.until(AssocChange, state="SHUTDOWN_COMP")
            assert end.by == "peer"
        out, _ = students.communicate(timeout=PATIENCE)
    assert seen == {f"10.77.{n}.2": b"present %d" % n for n in range(STUDENTS)}
    assert json.loads(out) == [
        STUDENTS,
        sorted([f"student {n}", f"welcome {n}"] for n in range(STUDENTS)),
    ]
