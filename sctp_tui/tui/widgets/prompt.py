"""An input at the foot of the screen, for a filter or a text to search for."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input, Label, Static

from sctp_tui.tui.actions import bindings
from sctp_tui.tui.state import SavedState

from .recall_input import RecallInput

if TYPE_CHECKING:
    from sctp_tui.monitor.masking import Mask


class Recalled(NamedTuple):
    """The memory of a prompt: `lines` were entered before.

    `keep` is called with all lines after each entry. `hide` masks a line that was entered, before it is used,
    kept and shown again.
    """

    lines: list[str]
    keep: Callable[[list[str]], None] = lambda lines: None
    hide: Callable[[str], str] = str


def recalled(state: SavedState, name: str, mask: "Mask | None") -> Recalled:
    """Lines entered in this and earlier runs; with masked addresses they are masked and not saved."""
    lines: list[str] = state.get(name, [], list[str])
    if mask is None:
        return Recalled(lines, partial(state.put, name))
    return Recalled(list(map(mask.text, lines)), hide=mask.text)


class PromptInput(RecallInput, inherit_bindings=False):
    """The input of a prompt. No key that is typed in it does anything else."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("prompt"), *Input.BINDINGS]

    def action_back(self) -> None:
        """Close the prompt without entering anything."""
        prompt = self.query_ancestor(Prompt)
        prompt.close()


class Prompt(Vertical):
    """Opened by a key and closed by Enter or Esc; then the focus goes back to where it was.

    Subclasses `check` what is typed as it is typed, and `enter` it.
    """

    DEFAULT_CSS = """
    Prompt {
        height: auto;
        padding: 0 1;
        display: none;
        background: $panel;
        Horizontal { height: 1; }
        Label { width: auto; margin-right: 1; color: $text-accent; text-style: bold; }
        PromptInput { width: 1fr; background: $surface-active; }
        Static { height: auto; max-height: 3; color: $foreground-muted; }
    }
    """

    class Entered(Message):
        """A text was entered and accepted."""

    def __init__(self, title: str, recalled: Recalled, *, id: str) -> None:
        super().__init__(id=id)
        self._title = title
        self._recalled = recalled
        self._before: Widget | None = None

    def compose(self) -> ComposeResult:
        with Horizontal():
            yield Label(self._title, markup=False)
            yield PromptInput()
        yield Static(markup=False)

    def on_mount(self) -> None:
        self.input.recall_from(self._recalled.lines)

    # --- for subclasses

    @property
    def last(self) -> str:
        """The text that is used now, or was last; "" for none."""
        raise NotImplementedError

    def check(self, text: str) -> Content:
        """What to show below a text while it is typed."""
        raise NotImplementedError

    def enter(self, text: str) -> bool:
        """Use what was entered; False where it can't be used."""
        raise NotImplementedError

    # --- opening and closing

    @property
    def input(self) -> PromptInput:
        """The input line."""
        return self.query_one(PromptInput)

    def open(self) -> None:
        """Open the prompt with the last text, which is selected, so that typing replaces it."""
        text = self.last
        if not self.display:
            self._before = self.screen.focused
        self.display = True
        self.input.value = text
        self.input.rewind()
        self.input.action_select_all()
        self.say(text)
        self.screen.set_focus(self.input)

    def close(self) -> None:
        """Hide the prompt, and put the focus back where it was."""
        self.display = False
        before = self._before
        if before is not None and before.focusable:
            self.screen.set_focus(before)
        else:
            self.screen.focus_next()

    def say(self, text: str) -> None:
        """Show what `check` says of a text."""
        self.query_one(Static).update(self.check(text))
        self.input.refresh()  # what is wrong in it is drawn as such

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        self.say(event.value)

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        event.stop()
        text = self._recalled.hide(event.value.strip())
        if not self.enter(text):
            return
        if text:
            self.input.remember(text)
            self._recalled.keep(list(self.input.lines))
        self.close()
        self.post_message(self.Entered())
