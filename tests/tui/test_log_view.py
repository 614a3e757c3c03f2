"""The log on screen while more is folded than it was told of: what is gone is blank and raises nothing."""

import pytest
from textual.app import App, ComposeResult
from textual.geometry import Offset
from textual.selection import Selection

from sctp_tui.monitor.filter.view import FilteredLog
from sctp_tui.monitor.log import Log
from sctp_tui.tui.message_log import MessageLog

from ..monitor.story import Story


class _Host(App[None]):
    def compose(self) -> ComposeResult:
        yield MessageLog()


@pytest.mark.parametrize("filtered", [False, True])
async def test_records_may_go_before_the_log_hears_of_it(filtered: bool) -> None:
    app, story, log = _Host(), Story("server"), Log(records=5)
    async with app.run_test(size=(80, 12)) as pilot:
        view = app.query_one(MessageLog)
        view.focus()
        log.extend([story.message(1, b"old %d" % number) for number in range(5)])
        shown = FilteredLog(log, lambda event: True) if filtered else log
        if isinstance(shown, FilteredLog):
            shown.update()
        view.show(shown)
        view.put_cursor(1)
        assert view.chosen == 1
        log.extend([story.message(1, b"new %d" % number) for number in range(4)])
        await pilot.pause()
        view._strips.clear()
        assert [bool(view.render_line(y).text.strip()) for y in range(1, 6)] == [False] * 4 + [True]
        assert [view.chosen] == [None]
        await pilot.press("enter", "up", "y", "f")
        view.screen.selections = {view: Selection(Offset(0, 0), Offset(3, 4))}
        assert view.text_selection is not None
        assert view.get_selection(view.text_selection) is not None
        await pilot.click(view, offset=(3, 2), times=2)
        if isinstance(shown, FilteredLog):
            shown.update()
        view.show(shown)
        assert view.chosen is not None
