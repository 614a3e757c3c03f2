"""What Linux tells of an association by sock_diag(7), against the packets and against the other end."""

from collections.abc import Iterator
from functools import partial

import pytest

from sctp_tui.sctp.commands import Watch
from sctp_tui.sctp.events import Detail, Peer
from sctp_tui.sctp.kernel.diagnosis import diagnose
from sctp_tui.sctp.kernel.network import addresses
from sctp_tui.sctp.stacks import open_stack
from tests.harness import Running

pytestmark = pytest.mark.kernel


@pytest.fixture
def two() -> Iterator[Running]:
    """A server on its host, with two links to that of the clients."""
    with Running("kernel", packets=("kernel",), open_stack=partial(open_stack, paths=2)) as running:
        running.listen(*addresses("server", 2))
        yield running


def _detail(running: Running, key: int) -> Detail:
    running.submit(Watch((), detail=key))
    running.until_true(lambda: key in running.details)
    return running.details[key]


def test_the_tags_are_those_in_the_packets_and_the_primary_path_has_its_ssthresh(two: Running) -> None:
    _, up, ours = two.greet()
    server, client = _detail(two, up.key), _detail(two, ours.key)
    for direction, detail in (("in", server), ("out", client)):
        sent = (packet.data for packet in two.packets if packet.direction == direction)
        tags = {int.from_bytes(data[4:8], "big") for data in sent}
        assert tags - {0} == {detail.local_tag}
    assert (server.peer_tag, client.peer_tag) == (client.local_tag, server.local_tag)
    first, second = client.paths
    assert first.ssthresh is not None
    assert first.ssthresh > 1500
    assert second.ssthresh is None


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_both_families(host: str) -> None:
    with Running("kernel") as running:
        running.listen(host)
        _, up, ours = running.greet()
        server, client = _detail(running, up.key), _detail(running, ours.key)
        assert server.local_tag is not None
        assert (server.local_tag, server.peer_tag) == (client.peer_tag, client.local_tag)
        assert server.local == client.peer


def test_where_there_is_none_nothing_is_told() -> None:
    assert diagnose(Peer(("127.0.0.1",), 9), Peer(("127.0.0.1",), 10)) is None


def test_where_asking_is_forbidden_the_rest_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sctp_tui.sctp.kernel.sock_diag._NETLINK_SOCK_DIAG", 99)
    with Running("kernel") as running:
        running.listen()
        _, _, ours = running.greet()
        detail = _detail(running, ours.key)
        assert (detail.local_tag, detail.paths[0].ssthresh) == (None, None)
        assert detail.rto_min
