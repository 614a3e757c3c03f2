"""The form of an association's protocol parameters: what they are now, and what to set."""

from collections.abc import Callable, Iterator
from typing import ClassVar

from textual import on
from textual.binding import BindingType
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, Label, Static

from sctp_tui.monitor.associations import Association
from sctp_tui.sctp.commands import SetParameters
from sctp_tui.sctp.endpoint import SctpError
from sctp_tui.sctp.parameter_words import WORDS, parse, to_text
from sctp_tui.sctp.protocol_parameters import FAST_TIMERS, ProtocolParameters
from sctp_tui.tui.actions import bindings
from sctp_tui.tui.widgets.form import Form

_WIDTH = 28  # cells for a parameter and its value


class ParametersScreen(Form[SetParameters]):
    """Answers with what to set, None for nothing; `show` has to be called with the association again."""

    AUTO_FOCUS = "#words"
    BINDINGS: ClassVar[list[BindingType]] = bindings("parameters")

    def __init__(self, association: Association, real: Callable[[str], str]) -> None:
        """`real` gives the address that is shown as this one."""
        super().__init__()
        self.HEADING = f"Protocol parameters of {association.called} at {association.endpoint}"
        self._association = association
        self._real = real
        self._addresses = association.peer.addresses if association.peer is not None else ()
        self._drawn: list[ProtocolParameters] | None = None

    @property
    def key(self) -> int:
        """The association's key."""
        return self._association.key

    def fields(self) -> Iterator[Widget]:
        """The words to set, and the path where there are several."""
        yield Label("Set")
        (_, field) = self.labelled("", "words", "", to_text(FAST_TIMERS), "Only what is to change")
        field.add_class("-whole")
        yield field
        if len(self._addresses) > 1:
            yield Label("Path")
            hint = "all; or one of " + ", ".join(self._addresses)
            (_, field) = self.labelled("", "path", "", hint, "The peer's address; empty: all paths")
            field.add_class("-whole")
            yield field

    def below(self) -> Iterator[Widget]:
        """Every parameter as it is now."""
        yield Static(id="now", markup=False)

    def on_mount(self) -> None:
        self._check()

    def show(self, association: Association) -> None:
        """Draw what the stack tells of the parameters, if that has changed."""
        self._association = association
        if self.is_mounted:
            self._draw()

    def _draw(self) -> None:
        association = self._association
        path, detail = self._path(), association.detail
        of = [path] if path else [limits.address for limits in detail.paths] if detail is not None else []
        now = [detail.parameters(one) for one in of or [""]] if detail is not None else []
        if now == self._drawn:
            return
        self._drawn = now
        parts: list[str | tuple[str, str]] = []
        for word in WORDS:
            values = [getattr(one, word.field) for one in now]
            told = dict.fromkeys("-" if value is None else word.text(value) for value in values)
            text = f"{word.name}={', '.join(told) or '-'}"
            parts += [(f"  {text:<{_WIDTH}}", "$text-accent"), (f"{word.about}\n", "$foreground-muted")]
        self.query_one("#now", Static).update(Content.assemble(*parts).rstrip())

    def _path(self) -> str:
        """The address of the path that is typed, "" for all or for none of the peer's."""
        typed = self.typed("path") if len(self._addresses) > 1 else ""
        return typed if typed in self._addresses else ""

    @on(Input.Changed)
    def _check(self) -> None:
        try:
            command = self._read()
        except SctpError as error:
            self.say(str(error), "-failed")
        else:
            some = command.parameters.given()
            whose = f"the path to {self.typed('path')}" if command.address else "this association"
            self.say(f"Enter: of {whose}, from now on" if some else "as they are now; type those to set")
        self._draw()

    def _read(self) -> SetParameters:
        path = self._path()
        if len(self._addresses) > 1 and self.typed("path") and not path:
            raise SctpError(f"Path: give one of {', '.join(self._addresses)}, or nothing for all")
        return SetParameters(
            self.key, parse(self.query_one("#words", Input).value), self._real(path) if path else ""
        )

    def submit(self) -> None:
        """Answer with what to set. Raises `SctpError` that names the word."""
        command = self._read()
        if not command.parameters.given():
            raise SctpError("nothing is set: type a parameter with its value, or Esc to leave it all")
        self.dismiss(command)

    def action_fast(self) -> None:
        """Fill in the preset for a class."""
        self.fill("words", to_text(FAST_TIMERS))
