import pytest
from hypothesis import given
from hypothesis import strategies as st

from sctp_tui.monitor.text import units


@pytest.mark.parametrize(
    ("octets", "text"),
    [
        (0, "0 B"),
        (1023, "1023 B"),
        (1024, "1 KiB"),
        (1536, "1.5 KiB"),
        (131072, "128 KiB"),
        (106496, "104 KiB"),
        (4194304, "4 MiB"),
        (1048575, "1 MiB"),
        (5 * 2**20 - 10_000, "5 MiB"),
        (5 * 2**40, "5 TiB"),
    ],
)
def test_sizes(octets: int, text: str) -> None:
    assert units.size(octets) == text


@pytest.mark.parametrize(
    ("number", "text"),
    [(0, "0"), (99_999, "99999"), (123_456, "123 k"), (999_600, "1.0 M"), (12_345_678, "12 M")],
)
def test_counts(number: int, text: str) -> None:
    assert units.count(number) == text


@pytest.mark.parametrize(
    ("value", "text"), [(0.0, "0"), (0.333, "0.3"), (9.96, "10"), (1000.0, "1000"), (12_400.0, "12k")]
)
def test_rates(value: float, text: str) -> None:
    assert units.rate(value) == text


@pytest.mark.parametrize(("ms", "text"), [(0, "<1 ms"), (3, "3 ms"), (1234, "1.2 s"), (60_000, "60 s")])
def test_milliseconds(ms: int, text: str) -> None:
    assert units.milliseconds(ms) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.00001, "<0.1 ms"),
        (0.0005, "0.5 ms"),
        (0.02, "20 ms"),
        (0.99994, "999.9 ms"),
        (0.99996, "1 s"),
        (1.5, "1.5 s"),
        (5.0, "5 s"),
        (1000.0, "1,000 s"),
    ],
)
def test_delays(seconds: float, text: str) -> None:
    assert units.delay(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.9, "0s"),
        (59.9, "59s"),
        (65, "1m05s"),
        (599, "9m59s"),
        (600, "10m"),
        (3599, "59m"),
        (7380, "2h03m"),
        (36_000, "10h"),
        (273_600, "3d04h"),
        (864_000, "10d"),
    ],
)
def test_durations(seconds: float, text: str) -> None:
    assert units.duration(seconds) == text


@given(st.integers(0, 2**49))
def test_nothing_outgrows_its_column(number: int) -> None:
    assert len(units.size(number)) <= 8
    assert len(units.count(number)) <= 5
    assert len(units.duration(number % 10**8)) <= 5
    assert len(units.rate(number % 10**6)) <= 5
    assert len(units.milliseconds(number % 10**6)) <= 6
