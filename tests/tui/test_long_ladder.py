"""A long conversation in the ladder: the part around the view is made at once, wherever the user goes."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual.pilot import Pilot

from sctp_tui.monitor.trace.ladder import Ladder
from sctp_tui.tui.capture_app import CaptureApp
from sctp_tui.tui.wire import ladder_view
from sctp_tui.tui.wire.ladder_view import LadderView
from tests.sources.files import pcap
from tests.sources.test_observer import TSN_A, Story, data, sack

from .driving import until
from .test_capture import opened, shown

_SENT = 50
_COUNT = 4 + 2 * _SENT


@pytest.fixture
def long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A capture of more packets than a ladder has at once, one of which is sent again."""
    monkeypatch.setattr(ladder_view, "_WHOLE", 60)
    monkeypatch.setattr(ladder_view, "_AROUND", 12)
    path, told = tmp_path / "long.pcap", Story().up()
    for number in range(_SENT - 1):
        told = told.a(data(TSN_A + number, b"x")).b(sack(TSN_A + number))
        if number == 30:
            told = told.a(data(TSN_A + number, b"x")).b(sack(TSN_A + number))
    path.write_bytes(pcap(told.frames))
    return path


@asynccontextmanager
async def ladder_of(path: Path) -> AsyncIterator[tuple[CaptureApp, Pilot[None], LadderView]]:
    async with opened(path, size=(100, 40)) as (app, pilot):
        await pilot.press("w")
        await until(pilot, lambda: f"  {_COUNT} " in shown(app))
        yield app, pilot, app.screen.query_one(LadderView)


def part_of(view: LadderView) -> tuple[int, int]:
    """The numbers of the first and the last packet that have a row."""
    ladder = view.ladder or pytest.fail("no ladder")
    return ladder.first, ladder.seen


def number(view: LadderView) -> int:
    """The number of the packet under the cursor."""
    row = view.row
    return row.number if row is not None else 0


async def test_the_newest_are_there_at_once_and_what_is_left_out_is_told(long: Path) -> None:
    async with ladder_of(long) as (app, pilot, view):
        assert part_of(view) == (_COUNT - 23, _COUNT)
        await until(pilot, lambda: f"{_COUNT} packets, the oldest {_COUNT - 24} left out" in shown(app))


async def test_the_first_and_the_last_are_gone_to(long: Path) -> None:
    async with ladder_of(long) as (app, pilot, view):
        await pilot.press("home")
        assert number(view) == 1
        first, last = part_of(view)
        assert first == 1
        assert last < _COUNT  # not all up to there
        await until(pilot, lambda: f"+{_COUNT - view.page} below, End" in shown(app))
        assert "left out" not in shown(app)
        assert view.cursor is not None
        await pilot.press("end")
        assert view.following
        assert number(view) == _COUNT
        await until(pilot, lambda: "below, End" not in shown(app))


@pytest.mark.parametrize(("edge", "key", "step"), [("home", "down", 1), ("end", "up", -1)])
async def test_all_are_passed_by_one_after_the_other(long: Path, edge: str, key: str, step: int) -> None:
    async with ladder_of(long) as (_, pilot, view):
        await pilot.press(edge)
        passed = [number(view)]
        for _ in range(_COUNT - 1):
            await pilot.press(key)
            passed.append(number(view))
        assert passed == list(range(1, _COUNT + 1))[::step]


@pytest.mark.parametrize(("edge", "key", "last"), [("home", "pagedown", _COUNT), ("end", "pageup", 1)])
async def test_pages_lead_to_the_other_end(long: Path, edge: str, key: str, last: int) -> None:
    async with ladder_of(long) as (_, pilot, view):
        await pilot.press(edge)
        for _ in range(_COUNT):
            if number(view) == last:
                break
            before = number(view)
            await pilot.press(key)
            assert 0 < abs(number(view) - before) <= view.page
        assert number(view) == last


async def test_what_the_rows_say_is_the_same_as_in_the_whole_ladder(long: Path) -> None:
    """As far as packets before them are there, too."""
    async with ladder_of(long) as (_, pilot, view):
        conversation = view.ladder.conversation if view.ladder is not None else pytest.fail("no ladder")
        whole = Ladder(conversation)
        whole.update()
        again = next(row for row in whole if row.first_try)
        view.point_at(again.number)
        await pilot.pause()
        first, last = part_of(view)
        assert 1 < first < again.number < last < _COUNT
        row = view.row or pytest.fail("no row")
        assert (row.packet, row.elapsed, row.waited) == (again.packet, again.elapsed, again.waited)
        assert row.first_try == again.first_try


async def test_the_next_that_was_sent_again_is_looked_for_as_far_as_is_told(long: Path) -> None:
    async with ladder_of(long) as (app, pilot, _):
        await pilot.press("home", "greater_than_sign")
        told = "none seen below, up to packet "
        await until(pilot, lambda: any(one.message.startswith(told) for one in app._notifications))


async def test_a_filter_has_all(long: Path) -> None:
    async with ladder_of(long) as (app, pilot, view):
        await pilot.press("slash", *"retransmitted", "enter")
        await until(pilot, lambda: f"1 of {_COUNT} packets pass the filter" in shown(app))
        assert part_of(view) == (1, _COUNT)
