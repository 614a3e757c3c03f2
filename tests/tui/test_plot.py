"""Plots in cells, their round values, and the part of the time that is in view."""

from hypothesis import example, given
from hypothesis import strategies as st

from sctp_tui.tui.widgets.plot import DOTTED, HEAVY, SOLID, Plot, Scale, ticks
from sctp_tui.tui.widgets.time_axis import SPANS, TimeAxis


def rows(plot: Plot) -> list[str]:
    return ["".join(text for text, _ in plot.row(number)) for number in range(plot.height)]


def test_dots_lie_where_their_values_are() -> None:
    plot = Plot(2, 1, Scale(0, 3), Scale(0, 3))
    plot.dots([0, 1, 2, 3, 9], [0, 1, 2, 3, 9], "sent")
    assert rows(plot) == ["⡠⠊"]
    assert list(plot.row(0)) == [("⡠⠊", "sent")]


def test_a_line_goes_up_and_down_in_the_cell_where_its_value_changes() -> None:
    plot = Plot(6, 3, Scale(0, 6), Scale(0, 11))
    plot.steps([0, 0, 11, 11, 0, None], SOLID, "")
    assert rows(plot) == ["  ╭─╮ ", "  │ │ ", "──╯ ╰ "]
    assert [len(line) for line in (SOLID, HEAVY, DOTTED)] == [6, 6, 6]


def test_what_is_above_the_plot_is_not_drawn_but_the_way_there_is() -> None:
    plot = Plot(3, 2, Scale(0, 3), Scale(0, 7))
    plot.steps([0, 1000, -1000], SOLID, "")
    assert rows(plot) == [" ││", "─╯│"]


def test_an_area_fills_up_to_its_values_and_shows_the_least() -> None:
    plot = Plot(3, 2, Scale(0, 3), Scale(0, 7))
    plot.area([0, 0.1, 3, 4, 7, None], "")
    assert rows(plot) == [" ⢀⡇", "⢀⣿⡇"]


def test_marks_win_over_what_was_drawn_before() -> None:
    plot = Plot(3, 1, Scale(0, 5), Scale(0, 1))
    plot.steps([0, 0, 0], SOLID, "acked")
    plot.marks([2.5, 99], [0, 0], "✗", "lost")
    assert list(plot.row(0)) == [("─", "acked"), ("✗", "lost"), ("─", "acked")]


NUMBERS = st.floats(-1e9, 1e9)


@given(NUMBERS, st.floats(1e-3, 1e9), st.integers(1, 40), st.booleans())
def test_ticks_are_few_in_order_and_on_the_scale(low: float, size: float, most: int, binary: bool) -> None:
    scale = Scale(low, low + size)
    found = ticks(scale, most, binary=binary)
    assert len(found) <= most + 1
    assert found == sorted(found)
    slack = size * 1e-6
    assert all(low - slack <= value <= low + size + slack for value in found)


@example([(0.0, 0.0), (-1e9, 1e9)], 0.0, 1.1e-308)
@given(st.lists(st.tuples(NUMBERS, NUMBERS)), NUMBERS, NUMBERS)
def test_points_anywhere_do_no_harm(points: list[tuple[float, float]], low: float, high: float) -> None:
    plot = Plot(7, 3, Scale(low, high), Scale(high, low))
    xs, ys = [x for x, _ in points], [y for _, y in points]
    plot.area([*ys, *[None] * 14][:14], "")
    plot.steps(ys, HEAVY, "")
    plot.dots(xs, ys, "")
    plot.marks(xs, ys, "r", "")
    ticks(plot.x, 5)
    assert [len(row) for row in rows(plot)] == [7, 7, 7]


# --- the time in view


def at(newest: float) -> TimeAxis:
    axis = TimeAxis()
    axis.start, axis.newest = 100.0, newest
    return axis


def test_at_first_all_is_in_view_later_the_newest_ten_seconds() -> None:
    assert at(100.1).view == Scale(100, 100.2)
    assert at(104).view == Scale(100, 105)
    view = at(140).view
    assert (view.high - view.low, view.high > 140) == (10, True)


def test_zoom_keeps_the_newest_the_begin_or_the_middle() -> None:
    axis = at(140)
    axis.zoom(-1)
    assert (axis.view.high - axis.view.low, axis.view.high > 140) == (5, True)
    axis.first()
    axis.zoom(-1)
    assert axis.view == Scale(100, 102)
    axis.move(10)
    before = axis.view
    axis.zoom(1)
    assert axis.view.low + axis.view.high == before.low + before.high
    axis.whole()
    assert axis.view == at(140).view


def test_what_is_held_stays_until_one_is_at_the_newest() -> None:
    axis = at(140)
    axis.move(-1)
    held = axis.view
    axis.newest = 150
    assert axis.view == held
    axis.move(5)
    assert axis.following
    axis.move(-99)
    assert axis.view.low == 100
    axis.follow()
    assert axis.view.high > 150


@given(st.lists(st.tuples(st.sampled_from(["zoom", "move", "first", "follow"]), st.integers(-3, 3))))
def test_the_time_in_view_is_never_before_the_begin(steps: list[tuple[str, int]]) -> None:
    axis = at(100)
    for what, by in steps:
        axis.newest += abs(by)
        if what in ("zoom", "move"):
            getattr(axis, what)(by)
        else:
            getattr(axis, what)()
        assert axis.view.low >= 100 - 1e-6
        assert any(abs(axis.view.high - axis.view.low - span) < 1e-6 for span in SPANS)
