"""The line below the header while the link does something on purpose, or its time is not the world's."""

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from sctp_tui.monitor import units
from sctp_tui.monitor.link_said import conditioned, conditions, pace
from sctp_tui.sctp.events import LinkState

from .columns import fit


class LinkBanner(Widget):
    """`Link both ways loss=10%   in 12 lost   out 9 lost`; not there where the link is as it is."""

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

    line: reactive[str] = reactive("")
    state: reactive[LinkState | None] = reactive(None)

    _before = 0  # packets kept out until time was last the world's

    def show(self, state: LinkState | None, kept_out: int = 0) -> None:
        """Say what it does now; `kept_out` are the packets from outside that its time kept out so far."""
        slow = pace(state)
        parts = [slow] if slow else []
        if not slow:
            self._before = kept_out
        elif number := kept_out - self._before:
            parts.append(f"{units.many(number, 'packet')} from outside not let in: their time goes on")
        if slow:
            parts.append("space goes on, i one step")
        self.set_class(bool(slow), "-slow")
        self.line = "   ".join(parts)
        self.state = state if conditioned(state) else None
        self.display = bool(parts) or self.state is not None

    def render(self) -> Content:
        """What there is room for."""
        width, line = max(1, self.content_size.width), self.line
        if self.state is not None:
            line += f"{'   ' if line else ''}Link "
            line += conditions(self.state, width - len(line))
        return Content(fit(line, width))
