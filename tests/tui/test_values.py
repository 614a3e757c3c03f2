"""What is typed into fields."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sctp_tui.sctp.endpoint import SctpError
from sctp_tui.tui.widgets.values import decimal, number, out_in, streams_of


@pytest.mark.parametrize(
    ("typed", "streams"),
    [
        ("0", (0,)),
        ("0,2-4", (0, 2, 3, 4)),
        (" 3 - 5 , 1 ", (3, 4, 5, 1)),
        ("2,2,1-3", (2, 1, 3)),
        ("65534", (65534,)),
        ("All", None),
    ],
)
def test_streams(typed: str, streams: tuple[int, ...] | None) -> None:
    assert streams_of(typed) == streams


@pytest.mark.parametrize(
    ("read", "typed", "said"),
    [
        (streams_of, "", "Streams can't be empty: numbers from 0 to 65534"),
        (streams_of, "2-", "as in 0,2-4, or all"),
        (streams_of, "4-2", "did you mean 2-4?"),
        (streams_of, "65535", "0 to 65534"),
        (streams_of, "x\x1b[2J", "x␛[2J"),
        (
            lambda text: decimal("Rate", text, 0.001, 1e6),
            "0",
            "Rate can't be 0: a number from 0.001 to 1,000,000",
        ),
        (lambda text: decimal("Rate", text, 0.001, 1e6), "nan", "Rate can't be nan"),
        (lambda text: decimal("Rate", text, 0.001, 1e6), "", "Rate is empty"),
        (lambda text: number("Count", text, 1, 9), "10", "Count can't be 10: a number from 1 to 9"),
        (
            lambda text: number("Lifetime", text, 1, 9, optional=True),
            "0",
            "Lifetime can't be 0: a number from 1 to 9, or nothing",
        ),
        (lambda text: out_in(text, 5), "0:5", "Streams can't be 0: a number from 1 to 65535"),
        (lambda text: out_in(text, 5), "5:", "Streams is empty"),
    ],
)
def test_what_can_not_be_is_named_with_its_limits(
    read: Callable[[str], object], typed: str, said: str
) -> None:
    with pytest.raises(SctpError) as caught:
        read(typed)
    assert said in str(caught.value)


@given(st.text() | st.text("0123456789,- al"))
def test_any_text_is_streams_or_an_error(typed: str) -> None:
    try:
        streams = streams_of(typed)
    except SctpError as error:
        streams, said = (), str(error)
    else:
        said = ""
    assert said.isprintable()
    assert len(said) < 200
    assert all(0 <= stream <= 65534 for stream in streams or ())


@given(st.lists(st.tuples(st.integers(0, 65534), st.integers(0, 300)), min_size=1, max_size=5))
def test_streams_are_those_of_all_ranges_once_each(ranges: list[tuple[int, int]]) -> None:
    ends = [(low, min(low + more, 65534)) for low, more in ranges]
    streams = streams_of(",".join(f"{low}-{high}" for low, high in ends))
    assert streams is not None
    assert len(streams) == len(set(streams))
    assert set(streams) == {stream for low, high in ends for stream in range(low, high + 1)}


@given(st.text() | st.text("0123456789.e+-"))
def test_any_text_is_a_decimal_or_an_error(typed: str) -> None:
    try:
        value = decimal("Rate", typed, 0.001, 1e6)
    except SctpError as error:
        value, said = 1.0, str(error)
    else:
        said = ""
    assert 0.001 <= value <= 1e6
    assert said.isprintable()
