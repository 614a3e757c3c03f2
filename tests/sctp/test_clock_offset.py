"""The two clocks beside each other, with a process that has to wait between reading one and the other."""

from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st

from sctp_tui.sctp.endpoint import Clock
from sctp_tui.sctp.kernel.clock_offset import ClockOffset

WALL = 1_800_000_000.0


class Times:
    """One time for both clocks; each reading takes as long as is said."""

    def __init__(self, takes: Iterator[float]) -> None:
        self.now, self.set_by = 50.0, 0.0
        self._takes = takes
        self.clock = Clock(wall=lambda: WALL + self._read() + self.set_by, mono=self._read)

    def _read(self) -> float:
        self.now += next(self._takes)
        return self.now


@given(st.lists(st.floats(0, 0.5), min_size=3, max_size=60))
def test_it_stays_whenever_the_process_has_to_wait(takes: list[float]) -> None:
    times = Times(iter([*takes, 0.0, 0.0, 0.0]))
    offset = ClockOffset(times.clock)
    first = offset.seconds
    for _ in range(len(takes) // 3):
        offset.update()
        assert offset.seconds == first


@given(st.floats(0.01, 1000), st.sampled_from((1, -1)))
def test_it_follows_a_clock_that_is_set(by: float, way: int) -> None:
    times = Times(iter([0.0] * 9))
    offset = ClockOffset(times.clock)
    times.set_by = by * way
    offset.update()
    assert abs(offset.seconds - (-WALL - by * way)) < 1e-6
