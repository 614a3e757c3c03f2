"""ICMP for a peer of an association that is up: it may be forged, so it is told, and ends nothing."""

import pytest

from sctp_tui.monitor.associations import Associations
from sctp_tui.sctp.commands import Watch
from sctp_tui.sctp.events import AssocChange, Peer
from sctp_tui.tui import speakers

from ..harness import Running
from ..rawpeer import RawServer

pytestmark = pytest.mark.userspace


def test_a_peer_whose_udp_port_nobody_has_any_more_is_told_as_that() -> None:
    with Running("userspace") as running:
        with RawServer() as server:
            name = running.client(to=Peer(("127.0.0.1",), server.port, server.udp_port))
            up = running.until(AssocChange, endpoint=name, state="COMM_UP")
            running.submit(Watch((up.key,)))
            running.until_true(lambda: up.key in running.status)
            assert not running.status[up.key].unreachable
        running.send(name, b"to nobody")
        running.until_true(lambda: running.status[up.key].unreachable)
        assert running.status[up.key].state == "ESTABLISHED"
        store = Associations()
        for event in (*running.events, running.status[up.key]):
            store.fold(event)
        row = store.get(up.key)
        assert row is not None
        said = speakers.row(name, row, None, "", "").plain
        assert said.endswith("ESTABLISHED, nobody has that UDP port any more")
