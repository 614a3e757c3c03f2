"""The form in which traffic generators are started, watched and stopped."""

from collections.abc import Awaitable, Callable, Hashable, Iterator, Sequence
from typing import ClassVar

from textual import work
from textual.binding import BindingType
from textual.widget import Widget
from textual.widgets import Input, Label, Static

from sctp_tui.monitor.text import units
from sctp_tui.monitor.text.column import Column
from sctp_tui.sctp.commands import StopGenerating
from sctp_tui.sctp.endpoint import MESSAGE_LIMIT, SctpError
from sctp_tui.tui.actions import bindings
from sctp_tui.tui.widgets.form import Form
from sctp_tui.tui.widgets.line_table import LineTable
from sctp_tui.tui.widgets.values import LONG, decimal, number, streams_of

from .clients import Options
from .fields import PpidInput, Tick
from .generators import Generation, Generators, Recipe, in_all

CLIENTS = 200
"""Clients that can be opened in one go."""
RATES = (0.001, 1_000_000)
"""The lowest and highest rate that can be asked for, in messages/s."""
_COUNT = 1_000_000_000
_SECONDS = 86_400
_REDRAWS = 4  # a second
_FRESH = {"text": "message {n}", "rate": "10", "count": "100"}  # what the form holds at first

Start = Callable[[Recipe, int], Awaitable[None]]
"""Starts a recipe with this many clients. Raises `SctpError`."""


def _rate(generation: Generation, now: float) -> str:
    rate = generation.rate(now)
    return "-" if rate is None else units.rate(rate)


def _look(generation: Generation) -> str:
    if generation.done:
        return "generator-table--failed" if generation.failed else ""
    return "generator-table--running"


GENERATOR_COLUMNS: Sequence[Column[Generation]] = (
    Column("As", 12, lambda g, now: g.who, widest=20),
    Column("Asked/s", 9, lambda g, now: g.asked, align="right"),
    Column("Size", 8, lambda g, now: g.size, align="right", rank=1),
    Column("Msg/s", 5, _rate, align="right"),
    Column("Given", 5, lambda g, now: units.count(g.messages), align="right"),
    Column("Of", 5, lambda g, now: units.count(g.command.count) if g.command.count else "-", align="right"),
    Column("Bytes", 8, lambda g, now: units.size(g.bytes), align="right"),
    Column("State", 21, lambda g, now: g.state, widest=100, look=_look),
)


class GeneratorTable(LineTable[Generation]):
    """A row for each generator, the oldest first."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("generators")
    COMPONENT_CLASSES: ClassVar[set[str]] = {"generator-table--running", "generator-table--failed"}
    DEFAULT_CSS = """
    GeneratorTable {
        height: 7;
        & > .generator-table--running { color: $text-success; }
        & > .generator-table--failed { color: $text-error; }
    }
    """

    def __init__(self, generators: Generators, submit: Callable[..., None]) -> None:
        super().__init__(GENERATOR_COLUMNS)
        self._generators = generators
        self._submit = submit

    def show(self, now: float) -> None:
        """Draw what changed."""
        if (keys := list(self._generators.all)) != self.keys:
            self.set_keys(keys)
        self.redraw(now)

    def find(self, key: int) -> Generation | None:
        """The generator with this number, None where there is none."""
        return self._generators.all.get(key)

    def stamp(self, row: Generation, now: float) -> Hashable:
        """The rates of running generators change by themselves."""
        return row.done or now

    def look(self, row: Generation) -> str:
        """Dim generators that have ended."""
        return "line-table--dim" if row.done else ""

    def action_stop(self) -> None:
        """End the one under the cursor."""
        if self.cursor is not None:
            self._submit(StopGenerating(self.cursor))


class GeneratorScreen(Form[None]):
    """The form stays open for the next generator, with the focus in their list; they go on when it is left.

    `who` says who sends to where, `many` whether that may be several clients. `last` is what the form held
    before, by the fields' names, and is kept up to date.
    """

    DEFAULT_CSS = """
    GeneratorScreen > Vertical { width: 100; }
    """
    HEADING = "Generate traffic"
    AUTO_FOCUS = "#text"
    BINDINGS: ClassVar[list[BindingType]] = bindings("generator")

    def __init__(
        self,
        generators: Generators,
        who: str,
        many: bool,
        options: Options,
        last: dict[str, str],
        start: Start,
        submit: Callable[..., None],
        mono: Callable[[], float],
    ) -> None:
        super().__init__()
        self._generators = generators
        self._who = who
        self._many = many
        self._options = options
        self._last = last
        self._start = start
        self._submit = submit
        self._mono = mono
        self._told = set(generators.failed)

    def fields(self) -> Iterator[Widget]:
        """Who sends, what, how fast, how long, and how each message is sent."""
        options = self._options
        held = {
            "streams": str(options.stream),
            "ppid": str(options.ppid),
            "lifetime": str(options.lifetime or ""),
            "size": "",
            "seconds": "",
            "clients": "1",
        }
        held |= _FRESH | self._last
        yield Label("As")
        yield Static(self._who, classes="-wide", markup=False)
        if self._many:
            yield from self.labelled("Clients", "clients", held["clients"], "1", "How many, all at once")
        else:
            yield Static(classes="-two")
        yield Label("Text")
        (_, text) = self.labelled("", "text", held["text"], tip="{n} stands for each message's number")
        text.add_class("-wide")
        yield text
        yield from self.labelled(
            "Size", "size", held["size"], "the text's", "Bytes: the text, repeated or cut"
        )
        yield from self.labelled("Rate", "rate", held["rate"], tip="Messages a second")
        yield from self.labelled("Count", "count", held["count"], "no end", "Messages to send")
        yield from self.labelled("Seconds", "seconds", held["seconds"], "no end", "How long")
        yield from self.labelled("Streams", "streams", held["streams"], tip="In turn: 0,2-4 or all")
        yield Label("PPID")
        yield PpidInput(held["ppid"], id="ppid")
        yield from self.labelled("Lifetime", "lifetime", held["lifetime"], "no end", "ms (RFC 3758)")
        yield Tick("Unordered", options.unordered, id="unordered", compact=True)

    def below(self) -> Iterator[Widget]:
        """The table of generators, running and ended."""
        yield GeneratorTable(self._generators, self._submit)

    def on_mount(self) -> None:
        self._show()
        self.set_interval(1 / _REDRAWS, self._show)

    def _show(self) -> None:
        now = self._mono()
        table = self.query_one(GeneratorTable)
        table.display = bool(self._generators.all)
        table.show(now)
        failed = self._generators.failed
        for generator in failed.keys() - self._told:
            self._told.add(generator)
            self.say(f"{failed[generator].who}: {failed[generator].state}", "-failed")
        running = self._generators.running()
        self.query_one("Vertical").border_subtitle = in_all(running, now) if running else ""

    # --- what the keys do

    def submit(self) -> None:
        """Read the form and start the generators. Raises `SctpError` that names the field."""
        recipe = self._recipe()
        clients = number("Clients", self.typed("clients") or "1", 1, CLIENTS) if self._many else 1
        names = ("text", "size", "rate", "count", "seconds", "streams", "ppid", "lifetime")
        self._last |= {name: self.typed(name) for name in names}
        self._begin(recipe, clients)

    def _recipe(self) -> Recipe:
        # Unstripped: blanks at its ends are sent too.
        text = self.query_one("#text", Input).value.encode(errors="replace")
        if not text:
            fills = ", which is repeated to fill Size" if self.typed("size") else ""
            raise SctpError(f"Text is empty: type at least one byte{fills} (RFC 9260, section 3.3.1)")
        size, messages, seconds, lifetime = map(self.typed, ("size", "count", "seconds", "lifetime"))
        return Recipe(
            decimal("Rate", self.typed("rate"), *RATES),
            text,
            number("Size", size, 1, MESSAGE_LIMIT, optional=True) if size else 0,
            streams_of(self.typed("streams")),
            self.query_one(PpidInput).ppid,
            self.ticked("unordered"),
            number("Lifetime", lifetime, 1, LONG, optional=True) if lifetime else None,
            number("Count", messages, 1, _COUNT, optional=True) if messages else 0,
            decimal("Seconds", seconds, 0.1, _SECONDS) if seconds else 0.0,
        )

    @work(exclusive=True)
    async def _begin(self, recipe: Recipe, clients: int) -> None:
        self.say("")
        try:
            await self._start(recipe, clients)
        except SctpError as error:
            self.say(str(error), "-failed")
            return
        self._show()
        # What is typed now is not meant for the fields: Enter still starts another one, from wherever it is.
        self.query_one(GeneratorTable).focus()
        self.say("started; Enter starts one more, x stops the one under the cursor, Esc leaves: it goes on")

    def action_stop_all(self) -> None:
        """End all of them."""
        self._submit(StopGenerating())
