"""The line below the header while a link has conditions, or its time is not real time."""

from collections.abc import Collection

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from sctp_tui.monitor.text import units
from sctp_tui.monitor.trace.link_history import conditioned, forms, of_all, pace
from sctp_tui.sctp.events import LinkState
from sctp_tui.tui.widgets.columns import fit


class LinkBanner(Widget):
    """`Link both ways loss=10%   in 12 lost   out 9 lost`; hidden while no link does anything on purpose."""

    DEFAULT_CSS = """
    LinkBanner {
        height: 1;
        padding: 0 1;
        background: $warning-muted;
        color: $text-warning;
        display: none;
        &.-slow { background: $error; color: $text; text-style: bold; }
        &:ansi { background: ansi_default; color: ansi_yellow; text-style: reverse; }
        &:ansi.-slow { color: ansi_red; text-style: bold reverse; }
        &:nocolor { text-style: reverse; }
        &:nocolor.-slow { text-style: bold reverse; }
    }
    """
    ALLOW_SELECT = False

    leads: reactive[tuple[str, ...]] = reactive(("",))
    """Texts on the link's time to begin with, the longest first; the longest that fits is shown."""
    states: reactive[tuple[LinkState, ...]] = reactive(())

    _before = 0  # packets kept out by the last moment of real time

    def show(self, states: Collection[LinkState], kept_out: int = 0) -> None:
        """Show what the links do now; `kept_out` counts packets from outside that their time has kept out."""
        slow = next(filter(None, map(pace, states)), "")
        if not slow:
            self._before = kept_out
            self.leads = ("",)
        else:
            number = kept_out - self._before
            outside = f"   {units.many(number, 'packet')} from outside not let in: their time goes on"
            told = slow + outside * bool(number)
            self.leads = (f"{told}   space: go on, i: one step", told, slow, slow.partition(",")[0])
        self.set_class(bool(slow), "-slow")
        self.states = tuple(filter(conditioned, states))
        self.display = bool(slow or self.states)

    def render(self) -> Content:
        """What there is room for: whole phrases are left out, the link's conditions last."""
        width, states = max(1, self.content_size.width), self.states
        if not states:
            return Content(next((one for one in self.leads if len(one) <= width), fit(self.leads[-1], width)))
        leads = [f"{one}{'   ' if one else ''}" for one in self.leads]
        lines = (lead + said for said in forms(states) for lead in leads)
        fits = next((line for line in lines if len(line) <= width), None)
        return Content(fits or fit(leads[-1] + of_all(states, width - len(leads[-1])), width))
