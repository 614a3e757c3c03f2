"""Bookmarks: for this moment and for a line, in log and filter, gone to by keys, and in recordings."""

from pathlib import Path

from msgspec.structs import replace

from sctp_tui.sctp.events import Bookmark, Event
from sctp_tui.sources.opening import open_source
from sctp_tui.tui.bookmarks import places
from sctp_tui.tui.capture_app import CaptureApp
from sctp_tui.tui.dialogs.bookmark_screen import BookmarkScreen
from sctp_tui.tui.message_log import MessageLog
from sctp_tui.tui.settings import Settings
from tests.monitor.story import Story

from .driving import rows, running, until
from .test_capture import shown


def marks(events: list[Event]) -> list[Bookmark]:
    return [event for event in events if isinstance(event, Bookmark)]


async def test_bookmarks_are_in_the_log_and_in_the_recording(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    async with running((120, 40), Settings(port=0, udp_port=0, record=path)) as (app, pilot):
        await pilot.press(*"hello", "enter")
        await until(pilot, lambda: rows(app) and rows(app)[0].state == "ESTABLISHED")
        assert "recording" in shown(app).splitlines()[0]
        await pilot.press("escape", "'")
        await until(pilot, lambda: app._notifications or "no bookmark is shown" in shown(app))
        await pilot.press("B")
        await until(pilot, lambda: isinstance(app.screen, BookmarkScreen))
        await pilot.press("enter")
        await until(pilot, lambda: "give at least one" in shown(app))
        await pilot.press(*"first", "enter")
        await until(pilot, lambda: marks(list(app.monitor.log)))
        await until(pilot, lambda: "bookmark: first" in shown(app))
        log = app.screen.query_one(MessageLog)
        log.focus()
        line = next(
            number for number, one in enumerate(log.records, log.captured - len(log.records)) if one.key
        )
        await pilot.press("home")
        log.put_cursor(line)
        await pilot.press("B")
        await until(pilot, lambda: isinstance(app.screen, BookmarkScreen) and "for the line of" in shown(app))
        await pilot.press(*"that one", "enter")
        await until(pilot, lambda: len(marks(list(app.monitor.log))) == 2)
        first, second = marks(list(app.monitor.log))
        assert (first.text, first.line_at) == ("first", None)
        assert (second.text, second.line_at) == ("that one", log.record(line).at)
        assert second.key == log.record(line).key
        here = list(app.monitor.log).index(first)
        for key, place in (("'", here), ("'", line), ('"', here), ('"', line)):
            await pilot.press(key)
            await until(pilot, lambda place=place: log.cursor == place, key)  # type: ignore[misc]
        live = list(app.monitor.log)
    replay = CaptureApp(open_source([str(path)]), Settings(speed=float("inf"), filter="mark~ONE"))
    async with replay.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: replay.reader.ended and not replay.event_queue.waiting)
        assert list(replay.monitor.log)[: len(live)] == live
        await until(pilot, lambda: "bookmark: that one, for the line of" in shown(replay))
        assert "bookmark: first" not in shown(replay)
        await pilot.press("B")
        await pilot.pause()
        assert len(replay.screen_stack) == 1  # it is not for what is over
        await pilot.press("F", "'")
        await until(pilot, lambda: replay.screen.query_one(MessageLog).cursor == line)


def test_the_places_of_bookmarks() -> None:
    story = Story()
    events: list[Event] = [
        story.up(1),
        story.message(1, b"a"),
        story.message(1, b"b"),
        story.shutdown_event(1),
    ]
    events = [replace(event, at=float(number)) for number, event in enumerate(events)]
    mark = Bookmark(9.0, 9.0, "", 1, 3, None, "word")
    events += [
        mark,
        replace(mark, line_at=1.0),
        replace(mark, line_at=2.0, key=7),
        replace(mark, line_at=1.0),
    ]
    assert places(events, 10) == [11, 14, 16]
    assert places(events[2:], 12) == [14, 15, 16, 17]  # where the line has gone its bookmark stands for it
    assert places(events[:4], 0) == []
