"""The links' time as it was: what ages by it stands where it stood."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from sctp_tui.engine.event_queue import Batch
from sctp_tui.monitor.filter.columns import COLUMNS
from sctp_tui.monitor.link_clock import LinkClock
from sctp_tui.monitor.monitor import Monitor
from sctp_tui.monitor.text import units
from sctp_tui.sctp.events import ShutdownEvent
from sctp_tui.tui.dialogs.detail_sheet import detail

from .story import SERVER, Story, link_state


def test_an_association_is_as_idle_as_the_links_time_has_it() -> None:
    story, monitor = Story(SERVER, now=100.0), Monitor()
    monitor.fold(Batch(events=[story.listening(), story.up(2), story.message(2)]))
    association = monitor.associations.get(2)
    assert association is not None
    idle = next(column for column in COLUMNS if column.name == "idle")
    for state, at, expected in (
        (None, 104.0, 4.0),
        (link_state(104.0, now=104.0, speed=0.0), 164.0, 4.0),
        (link_state(164.0, now=105.0, speed=0.0), 170.0, 5.0),  # a step
        (link_state(170.0, now=105.0, speed=0.1), 180.0, 6.0),
        (link_state(180.0, now=106.0, speed=1.0), 184.0, 10.0),
    ):
        monitor.fold(Batch(links={0: state} if state else {}))
        assert association.idle(at) == pytest.approx(expected)
        assert association.age(at) == pytest.approx(expected)
        assert idle.cell(association, at) == units.duration(association.idle(at))


def test_the_kernels_associations_go_by_the_worlds_time() -> None:
    story, monitor = Story(SERVER, now=100.0), Monitor()
    monitor.fold(Batch(events=[replace(story.listening(), stack="kernel"), story.up(2)]))
    monitor.fold(Batch(links={0: link_state(104.0, now=104.0, speed=0.0)}))
    association = monitor.associations.get(2)
    assert association is not None
    assert association.idle(164.0) == pytest.approx(64.0)


@given(
    st.lists(st.tuples(st.floats(0.001, 1e4), st.sampled_from([0.0, 0.01, 0.1, 0.5, 1.0])), max_size=30),
    st.floats(0, 2e4),
    st.floats(0, 2e4),
)
def test_it_never_goes_back_nor_faster_than_the_world(
    stretches: list[tuple[float, float]], one: float, other: float
) -> None:
    clock, mono, now, speed = LinkClock(), 0.0, 0.0, 1.0
    for length, after in stretches:
        mono, now, speed = mono + length, now + length * speed, after
        clock.note(link_state(mono, now=now, speed=speed))
    begin, end = sorted((one, other))
    assert 0 <= clock.between(begin, end) <= end - begin + 1e-6
    assert clock.at(mono) == pytest.approx(now)


def test_it_keeps_so_much_of_its_past() -> None:
    clock = LinkClock()
    for number in range(5000):
        clock.note(link_state(float(number), now=number / 2, speed=0.5))
    assert clock.at(4999.0) == pytest.approx(2499.5)
    assert clock.at(4500.0) == pytest.approx(2250.0)
    assert len(clock._stretches) == 1000


def test_a_state_lasted_as_long_as_the_links_time_has_it() -> None:
    story, monitor = Story(SERVER, now=100.0), Monitor()
    monitor.fold(
        Batch(events=[story.listening(), story.up(2)], links={0: link_state(100.0, now=100.0, speed=0.0)})
    )
    for now, link in ((160.0, 100.5), (190.0, 103.0)):  # a step, and it stands again
        story.now = now
        monitor.fold(Batch(links={0: link_state(now, now=link, speed=0.0)}))
        monitor.fold(Batch(events=[ShutdownEvent(*story._head(2))]))
    association = monitor.associations.get(2)
    assert association is not None
    sheet = detail(association, None, 200.0, 100)
    pieces = [piece for line in range(len(sheet)) for piece in sheet[line] if piece.term == "lasted"]
    assert [piece.text.strip() for piece in pieces] == ["500 ms", "2.5 s"]


def test_the_last_two_minutes_and_the_rate_are_of_the_links_time() -> None:
    """A message a quarter of a second before the time was stopped stays that far back, and is a minute old
    once the link's time has gone on for a minute, however short that took."""
    story, monitor = Story(SERVER, now=100.0), Monitor()
    monitor.fold(
        Batch(events=[story.listening(), story.up(2)], links={0: link_state(100.0, now=100.0, speed=1.0)})
    )
    story.now = 110.0
    stopped = link_state(110.25, now=110.25, speed=0.0)
    monitor.fold(
        Batch(counts={2: story.counts(2, 3)}, status={2: story.status(2, srtt=12)}, links={0: stopped})
    )
    association = monitor.associations.get(2)
    assert association is not None

    def rows(now: float) -> list[list[str]]:
        sheet = detail(association, None, now, 100)
        texts = ["".join(piece.text for piece in sheet[line]) for line in range(len(sheet))]
        names = (" Messages/s ", " Bytes/s ", " RTT ")
        return [next(text for text in texts if text.startswith(name)).split() for name in names]

    monitor.fold(Batch(links={0: link_state(111.0, now=111.5, speed=0.0)}))  # stopped, and a step
    before, rate = rows(111.0), association.rate(111.0)
    assert rate == pytest.approx(1.0)
    assert (rows(500.0), association.rate(500.0)) == (before, rate)
    assert before[0][-4:] == ["1.0", "/s", "3.0", "/s"]
    monitor.fold(Batch(links={0: link_state(500.0, now=170.0, speed=0.0)}))  # to a timer a minute later
    messages, octets, rtt = rows(500.5)
    assert (messages[-4:-2], octets[-4:-2], rtt[-3:]) == (["0", "/s"], ["0", "B/s"], ["-", "12", "ms"])
    assert association.rate(500.5) == 0
