"""The form in which streams of an association are reset, or more of them asked for (RFC 6525)."""

from collections.abc import Iterator
from typing import ClassVar

from textual import on
from textual.binding import BindingType
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, Label, Static

from sctp_tui.monitor.associations import Association
from sctp_tui.monitor.text.units import many
from sctp_tui.sctp.commands import AskStreams
from sctp_tui.sctp.endpoint import SctpError
from sctp_tui.sctp.events import StreamsRequest
from sctp_tui.tui.actions import bindings
from sctp_tui.tui.widgets.form import Form
from sctp_tui.tui.widgets.values import streams_of

_MOST = 65_535  # streams that a request can add (RFC 6525, section 4.5)
_REQUESTS: dict[str, tuple[StreamsRequest, str, str]] = {
    "reset out": ("reset_out", "[STREAMS]", "our streams: the next message has SSN 0 again"),
    "reset in": ("reset_in", "[STREAMS]", "the peer's streams: the same"),
    "reset both": ("reset_both", "[STREAMS]", "those of both ends"),
    "add out": ("add_out", "NUMBER", "more streams of ours"),
    "add in": ("add_in", "NUMBER", "more streams of the peer's"),
}
_WIDTH = 24  # cells for a request


class StreamsScreen(Form[AskStreams]):
    """Answers with what is asked, None for nothing."""

    AUTO_FOCUS = "#asked"
    BINDINGS: ClassVar[list[BindingType]] = bindings("streams")

    def __init__(self, association: Association) -> None:
        super().__init__()
        a = association
        streams = f"{a.outbound_streams} out, {a.inbound_streams} in"
        self.HEADING = f"Streams of {a.called} at {a.endpoint}: {streams}"
        self._key = a.key

    def fields(self) -> Iterator[Widget]:
        """What to ask for."""
        yield Label("Ask")
        (_, field) = self.labelled("", "asked", "", "reset out 1", "One of the requests below")
        field.add_class("-whole")
        yield field

    def below(self) -> Iterator[Widget]:
        """Every request, and what it does."""
        parts: list[tuple[str, str]] = []
        for words, (_, argument, about) in _REQUESTS.items():
            request = f"{words} {argument}"
            parts += [(f"  {request:<{_WIDTH}}", "$text-accent"), (f"{about}\n", "$foreground-muted")]
        yield Static(Content.assemble(*parts).rstrip(), markup=False)

    @on(Input.Changed)
    def _check(self) -> None:
        try:
            command = self._read()
        except SctpError as error:
            self.say(str(error), "-failed" if self.typed("asked") else "")
        else:
            some = "streams " + ", ".join(map(str, command.streams)) if command.streams else "all streams"
            self.say(f"Enter: {many(command.count, 'more stream') if command.count else some}")

    def _read(self) -> AskStreams:
        words = self.typed("asked").split(maxsplit=2)
        request = _REQUESTS.get(" ".join(words[:2]))
        if request is None:
            raise SctpError(f"give one of: {', '.join(_REQUESTS)}")
        what, argument, _ = request
        given = words[2] if len(words) > 2 else ""
        if argument == "NUMBER":
            count = int(given) if given.isascii() and given.isdecimal() and len(given) < 6 else 0
            if not 0 < count <= _MOST:
                raise SctpError(f"{given!r} is no number of streams: give 1 to {_MOST:,}")
            return AskStreams(self._key, what, count=count)
        return AskStreams(self._key, what, (streams_of(given) if given else None) or ())

    def submit(self) -> None:
        """Answer with what is asked. Raises `SctpError`."""
        self.dismiss(self._read())
