"""The base of forms: a few fields over the screen, submitted with Enter."""

from collections.abc import Iterator
from typing import ClassVar, Literal, TypeVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Grid, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Checkbox, Input, Label, Static

from sctp_tui.sctp.endpoint import SctpError
from sctp_tui.sctp.printable import printable
from sctp_tui.tui.actions import bindings

from .key_footer import KeyFooter
from .ordered_input import OrderedInput

T = TypeVar("T")


class Form(ModalScreen[T]):
    """Subclasses give a `HEADING`, the fields, and what `submit` does with them.

    Errors are shown below the fields, which keep what was typed.
    """

    HEADING = ""
    AUTO_FOCUS = "Input"
    BINDINGS: ClassVar[list[BindingType]] = bindings("form")
    DEFAULT_CSS = """
    Form {
        align: center middle;
        & > Vertical {
            width: 84;
            max-width: 96%;
            height: auto;
            max-height: 96%;
            padding: 0 1;
            border: round $accent;
            border-title-color: $text-accent;
            border-title-style: bold;
            background: $surface;
        }
        Grid {
            grid-size: 6;
            grid-columns: 8 1fr 8 1fr 10 1fr;
            grid-rows: 1;
            height: auto;
        }
        Label { color: $foreground-muted; }
        Input {
            width: 1fr;
            margin-right: 1;
            background: $boost;
            &:focus { background: $surface-active; }
        }
        .-two { column-span: 2; }
        .-wide { column-span: 3; }
        .-whole { column-span: 5; }
        Checkbox {
            column-span: 2;
            background: transparent;
            padding: 0;
            & > .toggle--button { color: $foreground; background: transparent; }
            &.-on > .toggle--button { color: $foreground; background: transparent; }
        }
        #said {
            height: auto;
            min-height: 1;
            color: $foreground-muted;
            &.-warning { color: $text-warning; }
            &.-failed { color: $text-error; }
        }
        Footer { background: transparent; }
    }
    """

    def compose(self) -> ComposeResult:
        with Vertical() as around:
            around.border_title = self.HEADING
            with Grid():
                yield from self.fields()
            yield Static(id="said", markup=False)
            yield from self.below()
            yield KeyFooter()

    def on_mount(self) -> None:
        # The footer takes notice of bindings only once it is mounted.
        self.call_after_refresh(self.refresh_bindings)

    # --- for subclasses

    def fields(self) -> Iterator[Widget]:
        """Labels and fields, in rows of six cells of the grid."""
        raise NotImplementedError

    def below(self) -> Iterator[Widget]:
        """Widgets below the fields."""
        yield from ()

    def submit(self) -> None:
        """Do what the form is for. Raises `SctpError` that names the field."""
        raise NotImplementedError

    # --- what they share

    def labelled(self, label: str, name: str, value: str, hint: str = "", tip: str = "") -> Iterator[Widget]:
        """A label and its input; the hint says what an empty one means."""
        yield Label(label)
        yield OrderedInput(value, id=name, compact=True, placeholder=hint, tooltip=tip or None)

    def typed(self, name: str) -> str:
        """The text of an input, without blanks at its ends."""
        return self.query_one(f"#{name}", Input).value.strip()

    def fill(self, name: str, value: str) -> None:
        """Put a text into an input, selected if it has the focus, so that typing replaces it."""
        field = self.query_one(f"#{name}", Input)
        field.value = value
        if field.has_focus:
            field.action_select_all()

    def ticked(self, name: str) -> bool:
        """Whether a box is ticked."""
        return self.query_one(f"#{name}", Checkbox).value

    def say(self, text: str, look: Literal["", "-warning", "-failed"] = "") -> None:
        """Show a text below the fields."""
        said = self.query_one("#said", Static)
        said.update(Content(printable(text)))
        said.set_classes(look)

    def action_submit(self) -> None:
        """Submit the form, or show what is wrong."""
        try:
            self.submit()
        except SctpError as error:
            self.say(str(error), "-failed")

    def action_back(self) -> None:
        """Leave the form without submitting it."""
        self.dismiss(None)
