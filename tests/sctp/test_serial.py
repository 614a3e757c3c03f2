"""Serial number arithmetic: RFC 1982's own rules, and that counting on never loses its place."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sctp_tui.sctp.wire.serial import add, ahead, distance, le, lt, unwrap

ALL, HALF = 1 << 32, 1 << 31
numbers = st.integers(0, ALL - 1)
widths = st.sampled_from((16, 32))


@given(numbers, st.integers(0, HALF - 1))
@example(ALL - 1, 1)
def test_what_is_added_comes_after(number: int, count: int) -> None:
    after = add(number, count)
    assert after == (number + count) % ALL
    assert ahead(after, number) == distance(after, number) == count
    assert lt(number, after) is (count > 0)
    assert le(number, after)
    assert not lt(after, number)


@given(numbers, numbers)
@example(0, HALF)
@example(HALF, 0)
def test_one_of_two_comes_first_unless_they_are_half_of_all_apart(one: int, other: int) -> None:
    # RFC 1982, section 3.2, as it is written there.
    first = (one < other and other - one < HALF) or (one > other and one - other > HALF)
    assert lt(one, other) is first
    assert le(one, other) is (first or one == other)
    assert lt(one, other) + lt(other, one) == (one != other and abs(one - other) != HALF)


@given(widths, st.data(), st.integers(-(1 << 40), 1 << 40))
def test_counting_on_takes_the_nearest(bits: int, data: st.DataObject, near: int) -> None:
    number = data.draw(st.integers(0, (1 << bits) - 1))
    found = unwrap(number, near, bits)
    assert found % (1 << bits) == number
    half = 1 << bits - 1
    assert -half <= found - near < half
    assert distance(number, near, bits) == found - near


@given(widths, st.lists(st.integers(-300, 300)), st.integers(0, 1 << 40))
def test_counting_on_never_loses_its_place(bits: int, steps: list[int], place: int) -> None:
    near = place
    for step in steps:
        place += step
        near = unwrap(place % (1 << bits), near, bits)
        assert near == place


@pytest.mark.parametrize(
    ("number", "near", "bits", "place"),
    [(0, 65535, 16, 65536), (65535, 65536, 16, 65535), (0, ALL - 1, 32, ALL), (ALL - 1, 0, 32, -1)],
)
def test_the_count_goes_on_past_the_highest(number: int, near: int, bits: int, place: int) -> None:
    assert unwrap(number, near, bits) == place
