"""Scenes of a lesson, one after the other: what is said of their packets is checked as each ends.

Boundaries, head-of-line blocking, unordered messages, loss and backoff, slow start, lifetime, HEARTBEATs, and
a set-up without an answer. A slow reader, a restart, a collision, and streams that are asked for have tests
of their own, which are checked likewise.
"""

from collections.abc import Callable
from contextlib import suppress

from sctp_tui.sctp.endpoint import SctpError
from sctp_tui.sctp.events import Packet
from sctp_tui.sctp.userspace.endpoint import UserspaceEndpoint

from .sctp.linked import Linked


def _send(linked: Linked, end: UserspaceEndpoint, count: int, size: int, **options: int | bool) -> None:
    for number in range(count):
        with suppress(SctpError):  # its buffer is full
            linked.send(end, number % 3, (b"%d" % number).rjust(size, b"."), **options)
        linked.run(0.05)


def boundaries(linked: Linked) -> None:
    client = linked.up()
    _send(linked, client, 4, 1)
    _send(linked, client, 2, 5000)
    client.shut_down(client.associations()[0])
    linked.run(1)


def head_of_line(linked: Linked) -> None:
    client = linked.up()
    linked.condition(into="drop=DATA#1 delay=100ms", out="delay=100ms")
    _send(linked, client, 12, 100)
    linked.run(3)


def unordered(linked: Linked) -> None:
    client = linked.up()
    linked.condition(into="drop=DATA")
    _send(linked, client, 6, 100, unordered=True)
    linked.run(3)


def backoff(linked: Linked) -> None:
    client = linked.up()
    linked.condition(into="cut")
    _send(linked, client, 2, 100)
    linked.run(8)
    linked.condition()
    linked.run(20)


def slow_start(linked: Linked) -> None:
    client = linked.up()
    linked.condition(into="delay=50ms", out="delay=50ms")
    for _ in range(40):
        with suppress(SctpError):
            linked.send(client, 1, bytes(1400))
    linked.run(5)


def lifetime(linked: Linked) -> None:
    client = linked.up()
    linked.condition(into="loss=60%", out="delay=30ms")
    _send(linked, client, 20, 100, lifetime=80)
    linked.condition()
    linked.run(10)


def heartbeats(linked: Linked) -> None:
    linked.up()
    linked.run(70)
    linked.condition(out="cut")
    linked.run(90)


def no_answer(linked: Linked) -> None:
    linked.condition(into="cut")
    linked.begin()
    linked.run(90)


def lossy(linked: Linked) -> None:
    client = linked.up()
    linked.condition(into="loss=20% delay=20ms reorder=20% dup=5%", out="loss=10% delay=20ms dup=5%")
    _send(linked, client, 60, 1200)
    linked.run(10)
    client.abort(client.associations()[0], "enough")
    linked.run(1)


def cookie_ack_lost(linked: Linked) -> None:
    """DATA of the end that has taken the cookie shows the other one that it is up, by usrsctp."""
    linked.condition(out="drop=COOKIE-ACK")
    client = linked.begin()
    linked.until(lambda: "COMM_UP" in linked.states(linked.server))
    _send(linked, linked.server, 1, 10)
    linked.until(lambda: "COMM_UP" in linked.states(client), 0.5)


SCENES: tuple[Callable[[Linked], None], ...] = (
    boundaries,
    head_of_line,
    unordered,
    backoff,
    slow_start,
    lifetime,
    heartbeats,
    no_answer,
    lossy,
    cookie_ack_lost,
)


def played(scene: Callable[[Linked], None]) -> list[Packet]:
    """The packets of a scene, once what is said of them is checked."""
    with Linked() as linked:
        scene(linked)
    return linked.packets
