"""Associations with several paths, between two hosts of this program on the kernel stack."""

from collections.abc import Iterator
from functools import partial

import pytest

from sctp_tui.sctp.commands import DropNext, SetLink
from sctp_tui.sctp.events import Message, PeerAddrChange
from sctp_tui.sctp.kernel.network import addresses
from sctp_tui.sctp.link.conditions import Conditions, DropRule
from sctp_tui.sctp.stacks import open_stack
from tests.harness import Running

pytestmark = pytest.mark.kernel

_CUT = Conditions(cut=True)


@pytest.fixture
def two() -> Iterator[Running]:
    """A server on its host, with two links to that of the clients."""
    with Running("kernel", packets=("kernel",), open_stack=partial(open_stack, paths=2)) as running:
        running.listen(*addresses("server", 2))
        yield running


def test_a_drop_over_all_links_is_one_whichever_link_it_takes(two: Running) -> None:
    name, _, _ = two.greet()
    two.again()
    two.until(PeerAddrChange, endpoint=name, address="10.2.0.1", state="CONFIRMED")
    two.submit(SetLink(Conditions(delay=1), Conditions(delay=1)), DropNext(DropRule("DATA")))
    two.send(name, b"once more")
    two.until(Message, endpoint="server", direction="in", data=b"once more")
    sent = [packet for packet in two.packets if b"once more" in packet.data and packet.direction == "in"]
    assert [packet.verdict for packet in sent] == ["dropped", "delayed"]
    assert sent[0].reason == "the next DATA, whichever link it takes"
    assert [packet.local.addresses for packet in sent] == [("10.1.0.1",), ("10.2.0.1",)]


def test_data_goes_over_the_second_link_while_the_first_is_cut(two: Running) -> None:
    name, up, ours = two.greet()
    assert up.peer is not None
    assert up.peer.addresses == ("10.1.0.2", "10.2.0.2")
    assert ours.peer is not None
    assert ours.peer.addresses == ("10.1.0.1", "10.2.0.1")
    two.submit(SetLink(_CUT, _CUT, link=1))
    two.send(name, b"once more")
    failed = two.until(PeerAddrChange, endpoint=name, state="POTENTIALLY_FAILED")
    assert failed.address == "10.1.0.1"
    two.again()
    two.until(Message, endpoint="server", direction="in", data=b"once more")
    lost, came = [packet for packet in two.packets if packet.data[12] == 0][-2:]
    assert (lost.verdict, lost.reason) == ("dropped", "the link is cut")
    assert lost.local.addresses == ("10.1.0.1",)
    assert (came.verdict, came.local.addresses) == ("delivered", ("10.2.0.1",))
    assert came.data[12:] == lost.data[12:]
