"""How an association came to its state, and the last two minutes of its numbers."""

from hypothesis import given
from hypothesis import strategies as st

from sctp_tui.monitor.associations import Association, Associations
from sctp_tui.monitor.history import STEPS, History, StateChange
from sctp_tui.monitor.series import SERIES_SECONDS, Series

from .story import CLIENT, Story


def folded(*events: object) -> Association:
    store = Associations()
    for event in events:
        store.fold(event)  # type: ignore[arg-type]
    association = store.get(1)
    assert association is not None
    return association


def test_the_way_of_a_client_with_when_and_why() -> None:
    story = Story(CLIENT)
    events: list[object] = [story.opening(1)]
    story.now += 0.5
    events.append(story.change(1, "COMM_UP", "us"))
    story.now += 1
    events += [
        story.status(1, "ESTABLISHED"),
        story.status(1, "SHUTDOWN-SENT"),
        story.status(1, "SHUTDOWN-SENT"),
    ]
    story.now += 1
    events.append(story.change(1, "SHUTDOWN_COMP", "us"))
    history = folded(*events).history
    assert [(step.state, step.mono) for step in history] == [
        ("COOKIE-WAIT", 100.0),
        ("ESTABLISHED", 100.5),
        ("SHUTDOWN-SENT", 101.5),
        ("CLOSED", 102.5),
    ]
    assert [step.at for step in history] == [1_700_000_000.0 + step.mono for step in history]
    assert "setting up" in history[0].why
    assert "established" in history[1].why
    assert history[3].why == "shutdown by us"


def test_the_peers_shutdown_and_a_restart_are_steps() -> None:
    story = Story()
    steps = folded(story.up(1), story.change(1, "RESTART"), story.shutdown_event(1)).history
    assert [step.state for step in steps] == ["ESTABLISHED", "ESTABLISHED", "SHUTDOWN-RECEIVED"]
    assert "again" in steps[1].why


@given(st.integers(0, 3 * STEPS))
def test_a_history_is_bounded_and_keeps_how_it_began(number: int) -> None:
    history = History()
    for n in range(number):
        history.add(StateChange("ESTABLISHED", n, n, str(n)))
    assert len(history) == min(number, STEPS)
    assert history.left_out == max(0, number - STEPS)
    if number:
        assert (history[0].mono, history[-1].mono) == (0, number - 1)


@given(
    st.lists(st.tuples(st.floats(0, 5), st.integers(0, 1000)), max_size=400),
    st.floats(0, 200),
)
def test_a_series_is_a_recount_by_second(steps: list[tuple[float, int]], later: float) -> None:
    series, at = Series(), 1000.0
    told: dict[int, float] = {}
    for pause, amount in steps:
        at += pause
        series.add(at, amount)
        told[int(at)] = told.get(int(at), 0) + amount
    now = at + later
    assert series.until(now) == [
        told.get(second) for second in range(int(now) - SERIES_SECONDS + 1, int(now) + 1)
    ]


def test_the_last_value_of_a_second_wins() -> None:
    series = Series()
    for at, value in ((10.1, 5), (10.9, 7), (12.0, 1)):
        series.put(at, value)
    assert series.until(12.5, 4) == [None, 7, None, 1]


def test_counts_and_status_make_the_series() -> None:
    story = Story()
    events: list[object] = [story.up(1), story.counts(1, 3, 1, size=10), story.status(1, srtt=12)]
    story.now += 2
    events += [story.counts(1, 5, 2, size=10), story.status(1, srtt=20)]
    association = folded(*events)
    assert association.messages.until(story.now, 3) == [4, None, 3]
    assert association.octets.until(story.now, 3) == [40, None, 30]
    assert association.rtts.until(story.now, 3) == [12, None, 20]
