"""The fields beside the text: a client's destination and settings, and how a message is sent."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Grid
from textual.events import Key
from textual.keys import REPLACED_KEYS
from textual.suggester import SuggestFromList
from textual.widget import Widget
from textual.widgets import Checkbox, Input, Label, Select

from sctp_tui.monitor.text import ppid
from sctp_tui.sctp import parameter_words
from sctp_tui.sctp.endpoint import UDP_PORT, SctpError
from sctp_tui.sctp.events import StackName
from sctp_tui.sctp.own_end import parse_own, to_text
from sctp_tui.sctp.protocol_parameters import FAST_TIMERS
from sctp_tui.sctp.stack_registry import TRAITS
from sctp_tui.tui.actions import bindings
from sctp_tui.tui.widgets.message_input import MessageInput
from sctp_tui.tui.widgets.ordered_input import OrderedInput
from sctp_tui.tui.widgets.values import LONG, STREAMS, WORD, number, out_in

from .clients import Client, Draft, Options

if TYPE_CHECKING:
    from sctp_tui.monitor.masking import Mask

_CONNECTION = ("to", "udp", "streams", "attempts", "from", "timers", "stack")


class PpidInput(OrderedInput):
    """The input of a payload protocol identifier, by number or by name, which it completes."""

    def __init__(self, value: str, id: str) -> None:
        super().__init__(
            value,
            id=id,
            compact=True,
            suggester=SuggestFromList(ppid.PPID_NAMES.values(), case_sensitive=False),
            tooltip="Payload protocol identifier, for the peer's program: a number, or a name such as NGAP",
        )

    @property
    def ppid(self) -> int:
        """The number, 0 where nothing is typed. Raises `SctpError`."""
        typed = self.value.strip()
        return ppid.parse(typed) if typed else 0


class Tick(Checkbox, inherit_bindings=False):
    """A checkbox whose state shows without colours too. Enter does what it does in the fields beside it."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("tick")
    BUTTON_LEFT, BUTTON_INNER, BUTTON_RIGHT = "", "[ ]", ""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer the key only where it acts."""
        return action != "toggle_button" or self.screen.focused is self

    def watch_value(self) -> None:
        """Draw the tick, or none."""
        self.BUTTON_INNER = "[x]" if self.value else "[ ]"
        super().watch_value()


class Fields(Grid):
    """A row for the client, a row for the message, and above them two more for the client.

    Fields take whatever is typed, and an error quotes it as it was typed: no character is swallowed.

    The first row has the client's own address and, with two stacks, its stack. With a single stack it is
    shown only while it has an address, or while the focus is in the fields, as is that of the protocol
    parameters; they are above the others so that these don't move while they are clicked on. With a `mask`,
    addresses are shown as pseudonyms once typed.
    """

    RARE = ("from", "stack", "timers")
    """The fields of the first rows."""
    BINDINGS: ClassVar[list[BindingType]] = bindings("fields")
    DEFAULT_CSS = """
    Fields {
        grid-size: 8;
        grid-columns: 5 1fr 7 8 9 9 13 4;
        grid-rows: 1;
        height: auto;
        padding: 0 1;
        Label { color: $foreground-muted; }
        Input {
            width: 1fr;
            margin-right: 1;
            background: $boost;
            &:focus { background: $surface-active; }
            &:disabled { background: transparent; }
        }
        Checkbox {
            column-span: 2;
            background: transparent;
            padding: 0;
            & > .toggle--button { color: $foreground; background: transparent; }
            &.-on > .toggle--button { color: $foreground; background: transparent; }
        }
        Select { column-span: 5; max-width: 24; }
        #from, #timers { column-span: 7; }
        &.-stacks #from { column-span: 1; }
        .-from, .-timers { display: none; }
        &:focus-within > .-timers { display: block; }
        &:focus-within > .-from, &.-third > .-from { display: block; }
    }
    """

    def __init__(self, stacks: Sequence[StackName], options: Options, mask: "Mask | None") -> None:
        super().__init__()
        self._mask = mask
        self._places = {"to": "", "from": ""}  # the client's destination and own address
        self._hidden = self._places.copy()  # how these are shown
        self._stacks = stacks
        self._options = options

    def compose(self) -> ComposeResult:
        options = self._options
        yield Label("From", classes="-from")
        tip = "ADDRESS[:PORT] of this machine, on the kernel more than one; empty: as the system chooses"
        yield OrderedInput(id="from", classes="-from", compact=True, placeholder="any", tooltip=tip)
        if len(self._stacks) > 1:
            self.add_class("-third", "-stacks")
            yield Label("Stack")
            yield Select([(name, name) for name in self._stacks], id="stack", compact=True, allow_blank=False)
        tip = f"Protocol parameters, as in {parameter_words.to_text(FAST_TIMERS)}; empty: the stack's own"
        yield Label("Set", classes="-timers")
        yield OrderedInput(
            id="timers", classes="-timers", compact=True, placeholder="the stack's own", tooltip=tip
        )
        yield Label("To")
        yield OrderedInput(id="to", compact=True, tooltip="HOST:PORT of the server, [::1]:9877 for IPv6")
        yield Label("UDP")
        yield OrderedInput(
            id="udp",
            compact=True,
            tooltip="The peer's UDP port (RFC 6951); empty, on userspace: our own server's for that one, "
            f"{UDP_PORT} for any other (--udp-port is this end's)",
        )
        yield Label("Streams")
        yield OrderedInput(
            id="streams",
            compact=True,
            tooltip="OUT:IN, streams to ask for and the most to take (RFC 9260, section 3.3.2)",
        )
        yield Label("INIT retries")
        tip = "How often INIT is sent again: n retries, n + 1 INITs (SCTP_INITMSG, RFC 6458, section 8.1.3)"
        yield OrderedInput(id="attempts", compact=True, tooltip=tip)
        yield Label("PPID")
        yield PpidInput(str(options.ppid), id="ppid")
        yield Label("Stream", classes="-always")
        tip = "The stream that a message goes on; [3] before a message is for that one alone"
        yield OrderedInput(str(options.stream), id="stream", classes="-always", compact=True, tooltip=tip)
        yield Label("Lifetime")
        yield OrderedInput(
            id="lifetime",
            compact=True,
            placeholder="ms",
            tooltip="ms until the message may be given up (RFC 3758); empty: never. On the kernel's stack "
            "they begin when the association is up",
        )
        yield Tick("Unordered", id="unordered", classes="-always", compact=True)

    def check_consume_key(self, key: str, character: str | None) -> bool:
        """Keep characters from acting as keys of the places around, also in fields that take no text."""
        return key in REPLACED_KEYS or (character is not None and character.isprintable())

    def on_key(self, event: Key) -> None:
        """Do the same for the user's own keys, which Textual adds after `check_consume_key`."""
        focused = self.screen.focused
        if event.is_printable and focused is not None and event.key not in focused._bindings.key_to_bindings:
            event.stop()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer Enter as done only in inputs and on ticks; lists use it themselves."""
        focused = self.screen.focused
        return action != "done" or (isinstance(focused, Input | Tick) and self in focused.ancestors)

    def action_done(self) -> None:
        """Focus the message line; what is typed in the fields counts from the next message on."""
        self.screen.set_focus(self.screen.query_one(MessageInput))

    def show(self, client: Client) -> None:
        """Fill the client's fields from the client."""
        self._show_place("to", client.to)
        self._show_place("from", to_text(client.own))
        self._set("timers", parameter_words.to_text(client.parameters))
        self._set("udp", client.udp_port)
        self._set("streams", f"{client.outbound}:{client.inbound}")
        self._set("attempts", str(client.attempts))
        self.query_one("#udp", Input).placeholder = "auto" if TRAITS[client.stack].own_udp_port else "none"
        if len(self._stacks) > 1:
            self.query_one("#stack", Select).value = client.stack

    def show_fixed(self, to: str, streams: str) -> None:
        """Fill the client's fields for the server's associations, which have no client."""
        self._set("to", to)
        self._show_place("from", "")
        self._set("timers", "")
        self._set("udp", "")
        self._set("streams", streams)
        self._set("attempts", "")
        self.query_one("#udp", Input).placeholder = ""

    def set_locked(self, locked: bool) -> None:
        """Disable the client's fields, as its association is set up already, or enable them."""
        for name in _CONNECTION if len(self._stacks) > 1 else _CONNECTION[:-1]:
            self.query_one(f"#{name}").disabled = locked

    def _show_place(self, name: str, place: str) -> None:
        self._places[name] = place
        self._hidden[name] = self._each(self._mask.place, place) if self._mask is not None else place
        self._set(name, self._hidden[name])
        self.set_class(bool(self._places["from"]) or len(self._stacks) > 1, "-third")

    def _each(self, change: Callable[[str], str], places: str) -> str:
        return " ".join(map(change, places.replace(",", " ").split()))

    @on(Input.Blurred, "#to, #from")
    def take_places(self) -> None:
        """Take over the addresses as typed by now, and show them masked from here on."""
        for name in self._places:
            typed = self._get(name)
            if typed != self._hidden[name] and not self.query_one(f"#{name}", Input).disabled:
                real = self._each(self._mask.real_place, typed) if self._mask is not None else typed
                self._show_place(name, real)

    def _set(self, name: str, value: str) -> None:
        field = self.query_one(f"#{name}", Input)
        if field.value != value:
            field.value = value

    def _get(self, name: str) -> str:
        return self.query_one(f"#{name}", Input).value.strip()

    def read_client(self, client: Client) -> None:
        """Put the client's fields into the client. Raises `SctpError` where one is not valid."""
        self.take_places()
        client.to = self._places["to"]
        client.own = parse_own(self._places["from"])
        client.udp_port = self._get("udp")
        try:
            client.parameters = parameter_words.parse(self.query_one("#timers", Input).value)
        except SctpError as error:
            raise SctpError(f"Set: {error}") from None
        client.outbound, client.inbound = out_in(self._get("streams"), client.inbound)
        client.attempts = number("INIT retries", self._get("attempts"), 1, WORD)
        if len(self._stacks) > 1:
            chosen = self.query_one("#stack", Select).value
            client.stack = next(name for name in self._stacks if name == chosen)

    def draft(self, line: str) -> Draft:
        """The fields of the message as they are typed, beside this line."""
        return Draft(
            line=line,
            stream=self._get("stream"),
            ppid=self._get("ppid"),
            lifetime=self._get("lifetime"),
            unordered=self.query_one("#unordered", Checkbox).value,
        )

    def show_draft(self, draft: Draft) -> None:
        """Fill the fields of the message from a draft."""
        for name in ("stream", "ppid", "lifetime"):
            self._set(name, getattr(draft, name))
        self.query_one("#unordered", Checkbox).value = draft.unordered

    def read_options(self, stream: int | None) -> Options:
        """How to send a message; `stream` overrides the field. Raises `SctpError`."""
        lifetime = self._get("lifetime")
        return Options(
            stream if stream is not None else number("Stream", self._get("stream"), 0, STREAMS - 1),
            self.query_one(PpidInput).ppid,
            self.query_one("#unordered", Checkbox).value,
            number("Lifetime", lifetime, 1, LONG, optional=True) if lifetime else None,
        )


def tab_order(chain: Sequence[Widget], line: Widget, fields: Fields) -> list[Widget]:
    """The focus `chain` with the message line before its fields.

    Tab leads from it to them, Shift-Tab to the lists. Rarely used fields come last, although they are drawn
    above the others.
    """
    own = [one for one in chain if fields in one.ancestors]
    if not own or line not in chain:
        return list(chain)
    first = chain.index(own[0])
    before = [one for one in chain[:first] if one is not line]
    after = [one for one in chain[first:] if one not in own and one is not line]
    return [*before, line, *sorted(own, key=lambda one: one.id in fields.RARE), *after]
