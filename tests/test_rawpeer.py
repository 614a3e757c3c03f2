"""The peer without a stack is taken for a real one, by a real one."""

import pytest

from sctp_tui.sctp.events import AssocChange, Message

from .harness import Running
from .rawpeer import RawPeer, crc32c


def test_the_checksum_is_the_known_one() -> None:
    assert crc32c(b"123456789") == 0xE3069283


@pytest.mark.userspace
def test_it_sets_up_an_association_and_is_heard(running: Running) -> None:
    assert running.server is not None
    assert running.server.udp_port is not None
    with RawPeer(running.server.udp_port, running.server.port) as peer:
        peer.handshake()
        up = running.until(AssocChange, state="COMM_UP")
        peer.message(b"one")
        peer.message(b"two", stream=2)
        assert [running.until(Message).data for _ in range(2)] == [b"one", b"two"]
        peer.abort()
        assert running.until(AssocChange, state="COMM_LOST").key == up.key
