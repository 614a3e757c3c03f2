"""The views of the wire draw whatever packets say, at any size, under any keys, while old packets go."""

from collections.abc import Sequence

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from textual.app import App, ComposeResult

from sctp_tui.monitor.monitor import Monitor
from sctp_tui.monitor.trace.conversations import Conversation, Wire
from sctp_tui.sctp.events import Packet
from sctp_tui.tui.wire.ladder_view import LadderView
from sctp_tui.tui.wire.lanes_view import LanesView
from sctp_tui.tui.wire.state_view import StateView
from sctp_tui.tui.wire.window_view import WindowView

from . import EXAMPLES
from .packets import packets

_KEYS = {
    LadderView: [
        ("move", -1),
        ("move", 1),
        ("page", -1),
        ("first",),
        ("follow",),
        ("of_note", 1),
        ("of_note", -1),
        ("fold",),
        ("sockets",),
    ],
    LanesView: [
        ("turn",),
        ("one_stream",),
        ("zoom", 1),
        ("zoom", -1),
        ("move", -1),
        ("move", 1),
        ("lane", 1),
        ("first",),
        ("follow",),
    ],
    WindowView: [
        ("turn",),
        ("zoom", 1),
        ("zoom", -1),
        ("move", -1),
        ("move", 1),
        ("first",),
        ("follow",),
        ("whole",),
    ],
    StateView: [],
}
View = LadderView | LanesView | WindowView | StateView


class _Views(App[None]):
    CSS = "Screen { layout: vertical; } LadderView, LanesView, WindowView, StateView { height: 1fr; }"

    def compose(self) -> ComposeResult:
        for view in _KEYS:
            yield view()


def _show(view: View, conversation: Conversation, now: float, monitor: Monitor) -> None:
    match view:
        case LadderView():
            view.show(conversation, now, monitor, {})
        case LanesView() | StateView():
            view.show(conversation, now)
        case WindowView():
            view.show(conversation, None, now)


def _look(views: Sequence[View], keys: Sequence[int]) -> None:
    for view in views:
        for key in keys:
            if actions := _KEYS[type(view)]:
                name, *arguments = actions[key % len(actions)]
                getattr(view, f"action_{name}")(*arguments)
        for y in range(view.size.height):
            view.render_line(y)
        if isinstance(view, LadderView):
            assert view.line is None or view.arrow is not None


@settings(max_examples=max(1, EXAMPLES // 4), deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def _views(views: Sequence[View], data: st.DataObject) -> None:
    wire, monitor = Wire(data.draw(st.sampled_from([3000, 6000, 1 << 25]))), Monitor()
    some: list[Packet] = data.draw(packets())
    step = data.draw(st.integers(1, 20))
    for begin in range(0, len(some), step):
        wire.extend(some[begin : begin + step])
        now = some[begin].mono
        for alike in list(wire._by_ports.values()):
            for conversation in alike:
                for view in views:
                    _show(view, conversation, now, monitor)
                _look(views, data.draw(st.lists(st.integers(0, 9), max_size=3)))


async def test_any_packets_are_drawn() -> None:
    for size in ((120, 60), (30, 12)):
        app = _Views()
        async with app.run_test(size=size) as pilot:
            await pilot.pause()
            _views([view for kind in _KEYS for view in app.query(kind)])
