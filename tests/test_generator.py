"""The generator against a clock moved by hand: the rate is kept, and what it sends is what was asked for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sctp_tui.engine.generator import BURST, Generator
from sctp_tui.sctp.commands import Generate
from sctp_tui.sctp.endpoint import SctpError


def run(generator: Generator, seconds: float, step: float = 0.001) -> list[bytes]:
    """All that it sends in this time, with nothing in its way."""
    sent, now = [], 0.0
    while now <= seconds and not generator.finished(now):
        for _ in range(generator.due(now)):
            message = generator.next()
            generator.sent(message)
            sent.append(message.data)
        now += step
    return sent


@given(st.floats(0.5, 5000.0), st.floats(0.01, 3.0))
def test_the_rate_is_kept(rate: float, seconds: float) -> None:
    sent = run(Generator(Generate(1, rate=rate), 0.0), seconds)
    assert len(sent) == pytest.approx(rate * seconds + 1, abs=1 + 0.002 * rate)


@given(st.integers(1, 300), st.floats(1.0, 50_000.0))
def test_the_count_is_exact(count: int, rate: float) -> None:
    assert len(run(Generator(Generate(1, rate=rate, count=count), 0.0), 1000.0, 0.05)) == count


@given(st.binary(min_size=1, max_size=20), st.integers(0, 100))
def test_sizes(pattern: bytes, size: int) -> None:
    generator = Generator(Generate(1, pattern=pattern, size=size), 0.0)
    data = generator.next().data
    assert len(data) == (size or len(pattern.replace(b"{n}", b"1")))


def test_the_counter_and_the_streams_in_turn() -> None:
    generator = Generator(Generate(1, pattern=b"n {n}", streams=(0, 3), rate=1000.0), 0.0)
    seen = []
    for _ in range(3):
        message = generator.next()
        generator.sent(message)
        seen.append((message.data, message.stream))
    assert seen == [(b"n 1", 0), (b"n 2", 3), (b"n 3", 0)]
    assert (generator.messages, generator.bytes) == (3, 9)


def test_time_is_up() -> None:
    generator = Generator(Generate(1, rate=10.0, seconds=2.0), 0.0)
    assert len(run(generator, 100.0)) == pytest.approx(20, abs=1)
    assert generator.finished(2.0)


def test_it_sleeps_until_the_next() -> None:
    generator = Generator(Generate(1, rate=4.0), 0.0)
    assert generator.wait(0.0) == 0.0
    generator.sent(generator.next())
    assert generator.wait(0.1) == pytest.approx(0.15)


def test_after_a_long_wait_it_makes_up_for_a_second_only() -> None:
    generator = Generator(Generate(1, rate=1000.0), 0.0)
    made_up = 0
    while due := generator.due(60.0):
        assert due <= BURST
        for _ in range(due):
            generator.sent(generator.next())
        made_up += due
    assert made_up == pytest.approx(1000, abs=2)


@pytest.mark.parametrize(
    ("command", "text"),
    [
        (Generate(1, rate=0.0), "rate of 0"),
        (Generate(1, rate=float("nan")), "rate of nan"),
        (Generate(1, streams=()), "stream"),
        (Generate(1, pattern=b""), "empty"),
    ],
)
def test_what_can_not_be_generated(command: Generate, text: str) -> None:
    with pytest.raises(SctpError, match=text):
        Generator(command, 0.0)
