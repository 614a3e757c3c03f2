"""The lines below the ladder: why the packet under the cursor is there, in plain words."""

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from sctp_tui.monitor.trace.conversations import Bounce
from sctp_tui.monitor.trace.inferred import Inferred
from sctp_tui.monitor.trace.ladder import Row
from sctp_tui.monitor.trace.timeline import Annotation, Line, SocketEvent
from sctp_tui.monitor.why import Level, Why, why
from sctp_tui.monitor.why.rows import why_note, why_row

LINES, MORE_LINES = 3, 5  # of height, on a low screen and on a high one
_MORE, _NO_MORE = " … Enter", " …"


def explanation(row: Row, level: Level, bounced: Bounce | None = None) -> Content:
    """Each chunk's name, why it was sent, and the RFC section for that."""
    parts: list[str | tuple[str, str]] = []
    for name, one in why_row(row, level, bounced):
        section = f" {one.section}.  " if one.section else "  "
        parts += [(f"{name} ", "bold"), one.text, (section, "$foreground-muted")]
    return Content.assemble(*parts).rstrip()


def _describe(one: Why) -> Content:
    section = f" {one.section}." if one.section else ""
    return Content.assemble(one.text, (section, "$foreground-muted"))


class WhyLine(Widget):
    """Has a fixed height, so that nothing above it moves."""

    DEFAULT_CSS = f"""
    .-short WhyLine {{ height: {LINES}; }}
    WhyLine {{
        height: {MORE_LINES};
        padding: 0 1;
        color: $text-secondary;
    }}
    """

    row: reactive[Line | Inferred | None] = reactive(None)
    bounced: reactive[Bounce | None] = reactive(None)
    """Why the packet did not get through; None where it did or nothing is known."""
    level: reactive[Level] = reactive("beginner")

    def render(self) -> Content:
        """As much of the explanation as there is room for; Enter on the packet shows all."""
        match self.row:
            case Row() as row:
                return self._cut(explanation(row, self.level, self.bounced))
            case SocketEvent() as told:
                return self._cut(_describe(why(told.event, self.level)))
            case Annotation() as done:
                return self._cut(_describe(why_note(done, self.level)))
            case Inferred() as inferred:
                return self._cut(Content.assemble((f"{inferred.chunk} ", "bold"), inferred.why), _NO_MORE)
        return Content("")

    def _cut(self, whole: Content, more: str = _MORE) -> Content:
        """The explanation, cut to the lines there are, with `more` at its end where it is cut."""
        width = max(len(_MORE), self.content_size.width)
        lines = whole.wrap(width)
        room = max(1, self.content_size.height)
        if len(lines) <= room:
            return whole
        last = lines[room - 1].rstrip()
        if last.cell_length > width - len(more):
            last = last.truncate(width - len(more))
            last = last[: max(0, last.plain.rfind(" "))]  # no half words
        return Content("\n").join([*lines[: room - 1], last + Content(more)])
