"""When a peer that falls silent is declared lost: as it is said beforehand, over one path and several."""

import time
from functools import partial

import pytest

from sctp_tui.engine.event_queue import Batch
from sctp_tui.monitor.monitor import Monitor
from sctp_tui.sctp.commands import SetLink, Watch
from sctp_tui.sctp.events import PeerAddrChange
from sctp_tui.sctp.kernel.network import addresses
from sctp_tui.sctp.link.conditions import Conditions
from sctp_tui.sctp.protocol_parameters import FAST_TIMERS
from sctp_tui.sctp.stacks import open_stack
from tests.harness import Running
from tests.patience import PATIENCE

pytestmark = pytest.mark.kernel

_CUT = Conditions(cut=True)
_SHARE = 0.1  # of the whole silence, by which the estimate may be off


@pytest.mark.parametrize("links", [1, 3])
@pytest.mark.parametrize("outstanding", [False, True])
def test_it_is_lost_when_that_was_said(links: int, outstanding: bool) -> None:
    with Running("kernel", packets=("kernel",), open_stack=partial(open_stack, paths=links)) as running:
        running.listen(*addresses("server", links), parameters=FAST_TIMERS)
        name, _, ours = running.greet(parameters=FAST_TIMERS)
        for link in range(2, links + 1):
            running.again()
            running.until(PeerAddrChange, endpoint=name, address=f"10.{link}.0.1", state="CONFIRMED")
        running.submit(Watch((ours.key,), closely=(ours.key,), detail=ours.key))
        running.until_true(lambda: ours.key in running.details and ours.key in running.status)
        monitor = Monitor()
        monitor.fold(Batch(running.events, running.packets, status=running.status, details=running.details))
        cut = [SetLink(_CUT, _CUT, link=link) for link in range(1, links + 1)]
        began = time.monotonic()
        running.submit(*cut)
        if outstanding:
            running.send(name, b"is anybody there?")
        said: list[tuple[float, float]] = []  # the time of the end, at the earliest and at the latest
        client = monitor.associations.get(ours.key)
        assert client is not None
        while client.ended is None:
            assert time.monotonic() - began < PATIENCE
            batch = running.event_queue.drain(0.1)
            running.events += batch.events
            running.packets += batch.packets
            monitor.fold(batch)
            now = time.monotonic()
            if client.ended is None and (left := client.lost_in(now)) is not None:
                said.append((now + left[0], now + left[1]))
        error = _SHARE * (client.ended_at - began)
        assert said
        for earliest, latest in said:
            assert earliest - error < client.ended_at < latest + error
