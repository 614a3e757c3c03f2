import pytest
from hypothesis import given
from hypothesis import strategies as st

from sctp_tui.monitor.associations import Association
from sctp_tui.monitor.filter.order import Order
from sctp_tui.monitor.text.ending import AssociationEnd
from sctp_tui.sctp.events import Peer

COLUMNS = (
    "id",
    "peer",
    "udp",
    "streams",
    "in",
    "out",
    "bytes_in",
    "bytes_out",
    "state",
    "rate",
    "rtt",
    "unacked",
    "rwnd",
    "cwnd",
    "idle",
    "age",
)

ENDS = [None, None, AssociationEnd("shutdown", "us"), AssociationEnd("lost", "nobody")]
number = st.none() | st.integers(0, 3)


@st.composite
def rows(draw: st.DrawFn) -> list[Association]:
    made = []
    for key in range(1, draw(st.integers(1, 12)) + 1):
        address = draw(st.sampled_from(["10.0.0.9", "10.0.0.10", "2001:db8::1", "\x1b[6n"]))
        peer = draw(st.none() | st.just(Peer((address,), draw(st.integers(1, 3)), draw(number))))
        row = Association(key, "server", draw(st.integers(0, 3)), peer, draw(st.floats(0, 90)))
        row.messages_in, row.bytes_out = draw(st.integers(0, 3)), draw(st.integers(0, 3))
        row.rtt, row.unacked, row.rwnd, row.cwnd = draw(number), draw(number), draw(number), draw(number)
        row.ended = draw(st.sampled_from(ENDS))
        made.append(row)
    return made


def keys(order: Order, given: list[Association], now: float = 100.0) -> list[int]:
    return [row.key for row in order.sort(given, now)]


@given(rows(), st.sampled_from(COLUMNS), st.booleans())
def test_every_order_has_every_row_and_equal_ones_by_birth(
    given: list[Association], column: str, reverse: bool
) -> None:
    order = Order(column, reverse)
    there = keys(order, given)
    assert sorted(there) == [row.key for row in given]
    # Put in order twice nothing moves, whatever was equal.
    assert keys(order, sorted(given, key=lambda row: row.key)) == there
    assert keys(Order(), given) == [row.key for row in given]


@given(rows(), st.sampled_from(["rtt", "unacked", "rwnd", "cwnd"]), st.booleans())
def test_numbers_are_in_order_and_what_is_not_known_comes_last(
    given: list[Association], column: str, reverse: bool
) -> None:
    values = [
        getattr(row, column) if row.ended is None else None
        for row in Order(column, reverse).sort(given, 100.0)
    ]
    known = [value for value in values if value is not None]
    assert known == sorted(known, reverse=reverse)
    assert values == known + [None] * (len(values) - len(known))


def test_addresses_are_in_the_order_of_their_numbers() -> None:
    peers = ["2001:db8::1", "10.0.0.10", "\x1b[6n", "10.0.0.9"]
    given = [Association(n, "server", n, Peer((a,), 1), 0.0) for n, a in enumerate(peers)]
    assert keys(Order("peer"), given) == [3, 1, 0, 2]


def test_a_column_chosen_again_turns_round_and_then_leaves_the_order_of_birth() -> None:
    once = Order().chosen("in")
    assert once == Order("in", reverse=True)  # of numbers the largest are looked for
    assert once.chosen("in") == Order("in", reverse=False)
    assert once.chosen("in").chosen("in") == Order()
    assert once.chosen("peer") == Order("peer", reverse=False)
    with pytest.raises(ValueError, match=r"no order by 'colour', but by id, peer"):
        Order().chosen("colour")


def test_only_what_changes_by_itself_is_put_in_order_again() -> None:
    assert [column for column in COLUMNS if not Order(column).changing] == ["id", "udp"]
    assert not Order().changing
