"""The first lines of the screen for a capture: which, from when to when, how far read, what is left out."""

import time

from textual.content import Content
from textual.reactive import reactive

from sctp_tui.monitor.text import units
from sctp_tui.sctp.printable import printable

from .columns import fit
from .header import Header

_NAME = "sctp-tui"
_SHOWN = 3  # errors shown, each on a line


class SourceHeader(Header):
    """`title` names the files, `span` their time, `read` how much was read; below, what was left out."""

    title: reactive[str] = reactive("")
    span: reactive[str] = reactive("")
    read: reactive[str] = reactive("")
    left_out: reactive[str] = reactive("", layout=True)
    errors: reactive[tuple[str, ...]] = reactive((), layout=True)

    def render(self) -> Content:
        """The lines; where there is no room the name of the file is cut, and the date left out."""
        state = self.ending or self.read
        room = self.content_size.width - len(_NAME) - len(self.span) - len(state) - 6
        span = self.span
        if room < 12:
            date, _, rest = span.partition(" ")
            span, room = rest, room + len(date) + 1
        title = printable(self.title)
        title = title if len(title) <= room else fit(title, max(4, room), "address")
        tint = "$text-warning" if self.ending or "%" in state or "paused" in state else "$text-success"
        used = len(_NAME) + len(title) + len(span) + 6
        state = state.rjust(self.content_size.width - used)
        lines = [
            Content.assemble(
                (_NAME, "bold"), "  ", title, "  ", (span, "$foreground-muted"), "  ", (state, tint)
            )
        ]
        width = self.content_size.width
        if self.left_out:
            lines.append(Content.styled(fit(f"left out: {self.left_out}", width), "$foreground-muted"))
        for text in self.errors[:_SHOWN]:
            lines.append(Content.styled(fit(text, width), "$text-error"))
        return Content("\n").join(lines)


def span_text(first: float, last: float) -> str:
    """`2026-11-30 12:34:56 – 12:35:07`: from when to when, in seconds since the epoch."""
    begun, ended = (time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(at)) for at in (first, last))
    if first == last:
        return begun
    if begun == ended:
        return f"{begun}, {units.delay(last - first)}"
    same_day = begun[:10] == ended[:10]
    return f"{begun} – {ended[11:] if same_day else ended}"
