"""The form in which the servers' settings are changed while the program runs."""

from collections.abc import Collection, Iterator
from typing import ClassVar

from msgspec.structs import replace
from textual import work
from textual.binding import BindingType
from textual.widget import Widget
from textual.widgets import Checkbox, Input, Label

from sctp_tui.monitor.text import units
from sctp_tui.sctp import unicast
from sctp_tui.sctp.endpoint import UDP_PORT, SctpError
from sctp_tui.sctp.parameter_words import parse, to_text
from sctp_tui.sctp.protocol_parameters import FAST_TIMERS
from sctp_tui.sctp.stack_registry import TRAITS
from sctp_tui.tui.actions import bindings
from sctp_tui.tui.clients.fields import Tick
from sctp_tui.tui.clients.resolve import resolve
from sctp_tui.tui.settings import Settings
from sctp_tui.tui.widgets.form import Form
from sctp_tui.tui.widgets.values import WORD, number, out_in

_AUTOCLOSE = 86_400  # s


class ServerScreen(Form[Settings]):
    """Answers with the new settings, None to leave them as they are.

    `open` is the number of associations that would be shut down. `failed` says why the settings did not
    work, "" where they did; `before` are the last that did, to go back to, None for none.
    """

    HEADING = "The server"
    AUTO_FOCUS = "#hosts"
    BINDINGS: ClassVar[list[BindingType]] = bindings("server")

    def __init__(
        self, settings: Settings, open: int, failed: str = "", before: Settings | None = None
    ) -> None:
        super().__init__()
        self._settings = settings
        self._open = open
        self._failed = failed
        self._before = before

    def fields(self) -> Iterator[Widget]:
        """The addresses and ports, the streams, autoclose and echo."""
        udp = _has_udp(self._settings)
        yield Label("Address")
        (_, hosts) = self.labelled(
            "", "hosts", "", tip="One or more, with commas; 0.0.0.0 is all of IPv4, :: of both"
        )
        hosts.add_class("-wide" if udp else "-whole")
        yield hosts
        if udp:
            yield from self.labelled(
                "UDP", "udp", "", str(UDP_PORT), "UDP port (RFC 6951); 0: any that is free"
            )
        yield from self.labelled("Port", "port", "", tip="SCTP port; 0: any that is free")
        yield from self.labelled("Streams", "streams", "", tip="OUT:IN, to ask for and the most to take")
        yield from self.labelled("Autoclose", "autoclose", "", "never", "Seconds idle, then SHUTDOWN")
        yield Label("Timers")
        (_, timers) = self.labelled(
            "", "timers", "", "the stack's own", f"Protocol parameters, as in {to_text(FAST_TIMERS)}"
        )
        timers.add_class("-whole")
        yield timers
        yield Tick("Echo: answers each message", id="echo", compact=True, classes="-whole")

    def on_mount(self) -> None:
        self._show(self._settings)
        if self._failed:
            self.say(self._failed, "-failed")
        elif self._open:
            grace = f"or aborted after {self._settings.grace:g} s"
            self.say(f"{units.many(self._open, 'association')} will be shut down first, {grace}", "-warning")

    def _show(self, settings: Settings) -> None:
        self.fill("hosts", ", ".join(settings.hosts))
        self.fill("port", str(settings.port))
        if _has_udp(settings):
            self.fill("udp", "" if settings.udp_port is None else str(settings.udp_port))
        self.fill("streams", f"{settings.outbound}:{settings.inbound}")
        self.fill("autoclose", str(settings.autoclose or ""))
        self.fill("timers", to_text(settings.parameters))
        self.query_one("#echo", Checkbox).value = settings.echo

    def submit(self) -> None:
        """Read the form, look up the addresses, and answer. Raises `SctpError` that names the field."""
        outbound, inbound = out_in(self.typed("streams"), self._settings.inbound)
        autoclose = self.typed("autoclose")
        try:
            parameters = parse(self.query_one("#timers", Input).value)
        except SctpError as error:
            raise SctpError(f"Timers: {error}") from None
        settings = replace(
            self._settings,
            parameters=parameters,
            port=number("Port", self.typed("port"), 0, WORD),
            outbound=outbound,
            inbound=inbound,
            echo=self.ticked("echo"),
            autoclose=number("Autoclose", autoclose, 0, _AUTOCLOSE, optional=True) if autoclose else 0,
        )
        if _has_udp(settings):
            udp = self.typed("udp")
            settings = replace(settings, udp_port=number("UDP", udp, 0, WORD, optional=True) if udp else None)
        hosts = [host.strip() for host in self.typed("hosts").split(",")]
        if not all(hosts):
            raise SctpError("Address is empty: give an address of this machine, or 0.0.0.0 for all of IPv4")
        self._resolve(settings, hosts)

    @work(exclusive=True)
    async def _resolve(self, settings: Settings, hosts: Collection[str]) -> None:
        try:
            addresses = tuple(dict.fromkeys([await resolve(host) for host in hosts]))
            for address in addresses:
                unicast.check(address)
        except SctpError as error:
            self.say(str(error), "-failed")
            return
        self.dismiss(replace(settings, hosts=addresses))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer to restore the former settings only where there are some."""
        return self._before is not None if action == "restore" else True

    def action_restore(self) -> None:
        """Fill in the settings that worked before."""
        if self._before is not None:
            self._show(self._before)
            self.say("as before; Enter opens the server with them")


def _has_udp(settings: Settings) -> bool:
    """Whether there is a UDP port to choose."""
    return any(TRAITS[name].own_udp_port for name in settings.stacks)
