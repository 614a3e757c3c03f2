"""The first lines of the screen: what listens where, over which stack, and in what state."""

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from sctp_tui.monitor.endpoints import EndpointView
from sctp_tui.sctp.hostport import format_hostport

_NAME = "sctp-tui"


class Header(Widget):
    """A line for each server. `ending` takes the place of the state while something ends.

    `note` says what the servers do besides listening; `stuck`, in place of the state, that the engine hangs.
    """

    DEFAULT_CSS = """
    Header {
        height: auto;
        padding: 0 1;
        background: $panel;
        color: $foreground;
    }
    """
    ALLOW_SELECT = False

    servers: reactive[tuple[EndpointView, ...]] = reactive((), layout=True)
    ending: reactive[str] = reactive("")
    note: reactive[str] = reactive("")
    stuck: reactive[str] = reactive("")

    def __init__(self, *, masked: bool = False) -> None:
        super().__init__()
        self._masked = masked

    def render(self) -> Content:
        """The lines, without the names of libraries where there is no room."""
        if not self.servers:
            return Content.assemble((_NAME, "bold"), f"  {self.stuck or self.ending or 'starting…'}")
        places = [_place(server) for server in self.servers]
        aligned = max(map(len, places))
        lines = []
        for number, (server, place) in enumerate(zip(self.servers, places, strict=True)):
            said = self.stuck or self.ending
            state = said if said and number == 0 else _state(server, self.note)
            lines.append(self._line(number, server, place.ljust(aligned), state))
        return Content("\n").join(lines)

    def _line(self, number: int, server: EndpointView, place: str, state: str) -> Content:
        stack = (server.stack or "").ljust(max(len(view.stack or "") for view in self.servers))
        name = _NAME if number == 0 else " " * len(_NAME)
        tint = "$text-success" if server.state == "listening" else "$text-error"
        if self.ending or server.paused:
            tint = "$text-warning"
        if self.stuck:
            tint = "$text-error"
        used = sum(map(len, (name, stack, place, state))) + 6
        room = self.content_size.width - used
        # This must be said, as pseudonyms look like addresses.
        library = "addresses of peers masked" if self._masked and number == 0 else server.library
        library = library if room > len(library) + 1 else ""
        return Content.assemble(
            (name, "bold"),
            "  ",
            (stack, "$foreground-muted"),
            "  ",
            place,
            "  ",
            (state, tint),
            (library.rjust(room) if library else "", "$foreground-muted"),
        )


def _state(server: EndpointView, note: str) -> str:
    """`listening, echo`."""
    if server.state != "listening":
        return server.state
    return ", ".join(filter(None, ("reading paused" if server.paused else "listening", note)))


def _place(server: EndpointView) -> str:
    """`127.0.0.1:9877  UDP 9899`."""
    if not server.addresses:
        return ""
    more = "".join(f" +{address}" for address in server.addresses[1:])
    udp = f"  UDP {server.udp_port}" if server.udp_port is not None else ""
    return format_hostport(server.addresses[0], server.port) + more + udp
