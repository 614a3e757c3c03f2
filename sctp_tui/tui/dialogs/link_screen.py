"""The form of the link: what it does to packets on purpose, each way, changed while they pass."""

import random
from collections.abc import Iterator, Mapping
from typing import ClassVar

from msgspec.structs import replace
from textual import on
from textual.binding import BindingType
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, Label, Static

from sctp_tui.sctp.commands import SetLink
from sctp_tui.sctp.endpoint import SctpError
from sctp_tui.sctp.events import LinkState
from sctp_tui.sctp.link.conditions import Conditions
from sctp_tui.sctp.link.syntax import parse, to_text
from sctp_tui.tui.actions import bindings
from sctp_tui.tui.widgets.form import Form
from sctp_tui.tui.widgets.values import LONG, number

_WORDS = (
    ("loss=10%", "this share of the packets is lost"),
    ("delay=50ms", "each packet takes this long"),
    ("jitter=10ms", "up to this much more or less"),
    ("dup=1%", "this share comes twice"),
    ("reorder=5%", "this share is held back, and overtaken"),
    ("rate=1000kbit", "what is more waits, and is lost past 64 KiB"),
    ("cut", "nothing gets through"),
    ("down", "the interface that they leave by is down"),
    ("drop=DATA#1", "the next DATA on stream 1 is lost"),
    ("drop=3*SACK", "the next three packets with SACK are lost"),
    ("drop=every*COOKIE-ECHO", "every COOKIE ECHO is lost"),
)


class LinkScreen(Form[SetLink]):
    """Answers with the link's new conditions, None to leave them as they are."""

    HEADING = "The link"
    AUTO_FOCUS = "#inward"
    BINDINGS: ClassVar[list[BindingType]] = bindings("link")

    def __init__(self, states: Mapping[int, LinkState], link: int = 0) -> None:
        """`states` are those of the links by their numbers; of several the form begins with `link`."""
        super().__init__()
        self._states = states
        self._several = 0 not in states
        self._link = link
        self._filled: dict[str, str] = {}

    @property
    def _state(self) -> LinkState | None:
        """The state of the link that is chosen; that of all where they are alike, else None."""
        if self._link or not self._several:
            return self._states.get(self._link)
        return None if self._differ else next(iter(self._states.values()), None)

    @property
    def _differ(self) -> bool:
        """Whether all links are chosen, and don't do the same."""
        all_ = {(state.inward, state.outward) for state in self._states.values()}
        return self._several and not self._link and len(all_) > 1

    def fields(self) -> Iterator[Widget]:
        """Which link it is where there are several, its conditions each way, and the seed."""
        if self._several:
            yield Label("Link")
            (_, field) = self.labelled(
                "", "link", str(self._link or ""), "all", "Its number; empty: all links"
            )
            yield field
        for label, name, which, tip in (
            ("Into", "inward", "to the server", "Or to a client here whose server is elsewhere"),
            ("Out of", "outward", "from the server", "Or from a client here whose server is elsewhere"),
        ):
            yield Label(label)
            (_, field) = self.labelled("", name, "", f"off: packets {which} pass as they are", tip)
            field.add_class("-whole")
            yield field
        yield Label("Seed")
        (_, field) = self.labelled("", "seed", "", "goes on", "The same seed loses the same packets")
        yield field

    def below(self) -> Iterator[Widget]:
        """The words for conditions, and what they mean."""
        parts: list[str | tuple[str, str]] = []
        for word, meaning in _WORDS:
            if word == "down" and not self._several:
                continue  # ends without a host have no interface
            parts += [(f"  {word:<24}", "$text-accent"), (f"{meaning}\n", "$foreground-muted")]
        yield Static(Content.assemble(*parts).rstrip(), markup=False)

    def on_mount(self) -> None:
        self._fill_in()
        self._check()

    def _fill_in(self) -> None:
        """Fill in the conditions of the link that is chosen, but for a field in which something was typed."""
        state, none = self._state, Conditions()
        found = (none, none) if state is None else (state.inward, state.outward)
        for name, conditions in zip(("inward", "outward"), found, strict=True):
            if self.typed(name) == self._filled.get(name, ""):
                self._filled[name] = _typed(conditions)
                self.fill(name, self._filled[name])

    @on(Input.Changed, "#link")
    def _choose(self, event: Input.Changed) -> None:
        """Show the conditions of the link whose number is typed, unless others were typed by now."""
        number = int(event.value) if event.value.isdecimal() else 0
        if number != self._link and number in (0, *self._states):
            self._link = number
            self._fill_in()

    @on(Input.Changed)
    def _check(self) -> None:
        try:
            self._read()
        except SctpError as error:
            self.say(str(error), "-failed")
        else:
            seed = "" if self._state is None else f"seed {self._state.seed} now; "
            self.say(f"{seed}Enter: from now on, while packets pass")

    def _read(self) -> SetLink:
        link, conditions = 0, []
        if self._several and (typed := self.typed("link")):
            link = number("Link", typed, 1, len(self._states))
        for label, name in (("Into", "inward"), ("Out of", "outward")):
            try:
                # Unstripped, as errors name a column.
                conditions.append(parse(self.query_one(f"#{name}", Input).value))
            except SctpError as error:
                raise SctpError(f"{label}: {error}") from None
        if self._differ and not any(self.typed(name) for name in ("inward", "outward")):
            raise SctpError(
                "the links differ: give the number of one, or words for all (off: they do nothing)"
            )
        seed = self.typed("seed")
        again = number("Seed", seed, 0, LONG, optional=True) if seed else None
        inward, outward = conditions
        if link and (state := self._states.get(link)) is not None:
            inward, outward = _still(inward, state.inward), _still(outward, state.outward)
        return SetLink(inward, outward, again, link)

    def submit(self) -> None:
        """Answer with the conditions. Raises `SctpError` that names the field."""
        self.dismiss(self._read())

    def action_same(self) -> None:
        """Copy the conditions of the way in to the way out."""
        self.fill("outward", self.typed("inward"))

    def action_off(self) -> None:
        """Fill in that nothing is done, both ways."""
        for name in ("inward", "outward"):
            self.fill(name, "off")

    def action_seed(self) -> None:
        """Fill in a random seed, which is shown so that it can be used again."""
        self.fill("seed", str(random.randrange(1, 10_000)))


def _still(typed: Conditions, before: Conditions) -> Conditions:
    """Conditions with drop rules that several links share where they were filled in as such."""
    left, drops = [drop for drop in before.drops if drop.shared], []
    for drop in typed.drops:
        shared = replace(drop, shared=True)
        if shared in left:
            left.remove(shared)
            drops.append(shared)
        else:
            drops.append(drop)
    return replace(typed, drops=tuple(drops))


def _typed(conditions: Conditions) -> str:
    return "" if conditions == Conditions() else to_text(conditions)
