"""What has ended is freed at once, not when garbage is collected next: until then it would pile up."""

import gc
from collections.abc import Callable, Iterator

import pytest

from sctp_tui.engine.event_queue import Batch
from sctp_tui.monitor.associations import Association
from sctp_tui.monitor.monitor import Monitor
from sctp_tui.monitor.trace.conversations import Conversation
from sctp_tui.monitor.trace.ladder import Ladder
from sctp_tui.sctp.userspace.links import Link

from .linked import Linked

pytestmark = pytest.mark.userspace


_KINDS: tuple[type[object], ...] = (Link, Monitor, Association, Conversation, Ladder)
Alive = Callable[..., list[object]]


@pytest.fixture
def alive() -> Iterator[Alive]:
    """The objects of some types made since the test began; garbage is not collected meanwhile."""
    gc.collect()
    gc.disable()
    before = [one for one in gc.get_objects() if type(one) in _KINDS]
    ids = {id(one) for one in before}
    try:
        yield lambda *kinds: [one for one in gc.get_objects() if type(one) in kinds and id(one) not in ids]
    finally:
        gc.enable()


@pytest.mark.parametrize("abort", [False, True])
def test_the_links_of_a_closed_client(alive: Alive, abort: bool) -> None:
    with Linked() as linked:
        _come_and_go(linked, alive, abort=abort)
        linked.until(lambda: not linked.stack.pump.links.by_handle)
        assert not alive(Link)


def _come_and_go(linked: Linked, alive: Alive, *, abort: bool) -> None:
    client = linked.up()
    assert len(alive(Link)) == 2
    (assoc_id,) = client.associations()
    if abort:
        client.abort(assoc_id, "enough")
    else:
        client.shut_down(assoc_id)
    linked.until(lambda: not client.associations() and not linked.server.associations())
    client.close()


def test_a_monitor_and_its_packets(alive: Alive) -> None:
    kinds = _KINDS[1:]
    with Linked() as linked:
        linked.up()
        monitor = Monitor()
        monitor.fold(Batch([linked.listening, *linked.events], list(linked.packets)))
        ladder = Ladder(next(iter(monitor.wire._order)))
        while ladder.update():
            pass
        assert {type(one) for one in alive(*kinds)} == set(kinds)
        del monitor, ladder
        assert not alive(*kinds)
