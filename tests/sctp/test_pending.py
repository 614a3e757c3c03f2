"""What SCTP_STATUS counts as pending: each stack something else, and neither what waits unread."""

from sctp_tui.sctp.commands import PauseReading, Watch
from sctp_tui.sctp.events import AssocChange, Status

from ..harness import Running
from ..rawpeer import data


def _pending(running: Running, key: int) -> Status:
    """The next status of an association."""
    running.drain()
    before = running.status.get(key)
    running.submit(Watch((key,), closely=(key,)))
    running.until_true(lambda: running.status.get(key) not in (None, before))
    return running.status[key]


def test_it_is_what_a_hole_holds_up_or_the_hole_itself(over_udp: Running) -> None:
    running = over_udp
    with running.raw_peer() as peer:
        peer.handshake()
        key = running.until(AssocChange, state="COMM_UP").key
        first = peer.tsn
        for number in (0, 2, 3, 4):
            peer.send(data(first + number, b"one", ssn=number))
        waits = 3 if running.stack == "userspace" else 1
        running.until_true(lambda: _pending(running, key).pending == waits)
        peer.send(data(first + 1, b"one", ssn=1))
        running.until_true(lambda: _pending(running, key).pending == 0)


def test_what_is_complete_and_not_read_does_not_count(over_udp: Running) -> None:
    running = over_udp
    with running.raw_peer() as peer:
        peer.handshake()
        key = running.until(AssocChange, state="COMM_UP").key
        running.submit(PauseReading("server", paused=True))
        for _ in range(9):
            peer.message(b"unread")
        peer.receive(3)
        assert _pending(running, key).pending == 0
