"""Names of one's own: for one association, and remembered for the host of its peer."""

from hypothesis import given
from hypothesis import strategies as st

from sctp_tui.monitor.associations import Associations
from sctp_tui.monitor.filter.order import Order
from sctp_tui.monitor.names import HOSTS_REMEMBERED, LONGEST_NAME, Names, lasting
from sctp_tui.sctp.events import Peer

from .story import SERVER, Story

ANNA, BERTA = Peer(("192.0.2.7", "2001:db8::7"), 5000), Peer(("192.0.2.8",), 5000)


def test_one_association_is_named_and_the_next_of_its_host_has_the_name() -> None:
    names = Names()
    names.give(1, ANNA, "anna")
    assert (names.of(1), names.of(2)) == ("anna", "")
    assert names.meet(2, Peer(("2001:db8::7",), 61000)) == "anna"
    assert names.of(2) == "anna"
    assert names.meet(3, BERTA) == ""
    assert names.meet(4, None) == ""


def test_a_name_taken_back_is_forgotten() -> None:
    names = Names({"192.0.2.7": "anna"})
    assert names.meet(1, ANNA) == "anna"
    names.give(1, ANNA, "  ")
    assert not names.hosts
    assert names.of(1) == ""


def test_what_everybody_has_is_not_remembered() -> None:
    names = Names()
    for address in ("127.0.0.1", "127.8.8.8", "::1", "no address"):
        peer = Peer((address,), 5000)
        assert names.give(1, peer, "me") == "me"
        assert lasting(peer) == ""
    assert not names.hosts
    assert lasting(ANNA) == "192.0.2.7"


def test_the_hosts_that_were_named_last_are_remembered() -> None:
    names = Names()
    for number in range(HOSTS_REMEMBERED + 1):
        names.give(number, Peer((f"10.0.{number // 256}.{number % 256}",), 1), f"n{number}")
    names.give(1, Peer(("10.0.0.1",), 1), "again")
    assert len(names.hosts) == HOSTS_REMEMBERED
    assert "10.0.0.0" not in names.hosts
    assert next(reversed(names.hosts)) == "10.0.0.1"


@given(st.text(), st.dictionaries(st.text(), st.text()))
def test_any_name_is_one_printable_line(typed: str, remembered: dict[str, str]) -> None:
    names = Names(remembered)
    kept = names.give(1, ANNA, typed)
    assert all(name.isprintable() and len(name) <= LONGEST_NAME for name in (kept, *names.hosts.values()))
    assert names.of(1) == kept == names.give(2, BERTA, kept)


def test_a_name_stands_wherever_the_id_does_and_outlives_its_row() -> None:
    s, store = Story(SERVER), Associations()
    store.fold(s.up(1))
    before = store.get(1)
    assert before is not None
    version = before.version
    store.rename(1, "anna")
    row = store.get(1)
    assert row is not None
    assert (row.name, row.called, row.version > version) == ("anna", f"{row.assoc_id} anna", True)
    assert row.who == f"anna {row.peer}"
    store.fold(s.change(1, "SHUTDOWN_COMP"))
    store.clear_ended()
    assert store.names.of(1) == "anna"
    store.rename(99, "nobody")
    assert store.names.of(99) == ""


def test_what_stands_still_has_the_names_it_had() -> None:
    s, store = Story(SERVER), Associations()
    store.fold(s.up(1))
    still = store.snapshot()
    store.rename(1, "anna")
    old, new = still.get(1), store.get(1)
    assert old is not None
    assert new is not None
    assert (old.name, new.name) == ("", "anna")


def test_those_with_a_name_come_first_in_the_order_of_peers() -> None:
    s, store = Story(SERVER), Associations()
    for key in (1, 2, 3):
        store.fold(s.up(key))
    store.rename(3, "anna")
    store.rename(2, "Berta")
    assert [row.key for row in Order("peer").sort(store.of_servers(), 0.0)] == [3, 2, 1]
