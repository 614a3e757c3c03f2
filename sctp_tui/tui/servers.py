"""This program's servers: opened with the settings, paused, and opened again with others. No widgets here."""

from collections.abc import Callable

from msgspec.structs import replace

from sctp_tui.monitor.endpoints import Endpoints, EndpointView
from sctp_tui.sctp.commands import CloseEndpoint, Listen, PauseReading
from sctp_tui.sctp.endpoint_names import server_name
from sctp_tui.sctp.events import StackName
from sctp_tui.sctp.stack_registry import TRAITS

from .settings import Settings


class Servers:
    """One server for each stack. `settings` are the present ones, or those that are being applied.

    `before` are the last settings that worked, until the new ones do; else None.
    """

    def __init__(self, settings: Settings, endpoints: Endpoints, submit: Callable[..., None]) -> None:
        self.settings = settings
        self.before: Settings | None = None
        self._endpoints = endpoints
        self._submit = submit
        self._closing: list[str] = []
        # Servers asked to open, each with its view at that time: another view is the answer.
        self._asked: dict[str, EndpointView | None] = {}

    @property
    def stacks(self) -> dict[str, StackName]:
        """The stack of each server, by its name."""
        alone = len(self.settings.stacks) == 1
        return {server_name(stack, alone=alone): stack for stack in self.settings.stacks}

    @property
    def views(self) -> list[EndpointView]:
        """What the monitor knows of each."""
        views = self._endpoints.views
        return [views[name] for name in self.stacks if name in views]

    @property
    def listening(self) -> list[EndpointView]:
        """Those that listen."""
        return [view for view in self.views if view.state == "listening"]

    @property
    def closing(self) -> bool:
        """Whether they are being shut down, to be opened again."""
        return bool(self._closing)

    @property
    def failed(self) -> str:
        """Why none could be opened; "" where one listens, or the answer is still to come."""
        views = self.views
        if self.closing or self._waits or not views or any(view.state != "failed" for view in views):
            return ""
        return "; ".join(view.failed for view in views)

    @property
    def note(self) -> str:
        """What they do besides listening, as in `echo, autoclose 60 s`."""
        settings = self.settings
        autoclose = f"autoclose {settings.autoclose} s" if settings.autoclose else ""
        return ", ".join(filter(None, ("echo" if settings.echo else "", autoclose)))

    @property
    def now(self) -> Settings:
        """The settings with the ports that the servers got where any free one was asked for."""
        settings = self.settings
        for view in self.listening:
            settings = replace(settings, port=view.port, udp_port=view.udp_port or settings.udp_port)
        return settings

    @property
    def _waits(self) -> bool:
        return any(self._endpoints.views.get(name) is then for name, then in self._asked.items())

    def listen(self) -> None:
        """Open a server on each stack that has none listening."""
        settings, views = self.settings, self._endpoints.views
        for name, stack in self.stacks.items():
            view = views.get(name)
            waits = name in self._asked and self._asked[name] is view
            if waits or (view is not None and view.state == "listening"):
                continue
            self._asked[name] = view
            self._submit(
                Listen(
                    endpoint=name,
                    stack=stack,
                    hosts=settings.hosts,
                    port=settings.port,
                    udp_port=settings.udp_port if TRAITS[stack].own_udp_port else None,
                    outbound=settings.outbound,
                    inbound=settings.inbound,
                    echo=settings.echo,
                    autoclose=settings.autoclose,
                    parameters=settings.parameters,
                )
            )

    def change(self, settings: Settings) -> None:
        """Shut down those that are open, and open them with these settings."""
        self._closing = [view.name for view in self.listening]
        if self._closing:
            self.before = self.now
        self.settings = settings
        if self._closing:
            self._submit(*map(CloseEndpoint, self._closing))
        else:
            self.listen()

    def follow(self) -> None:
        """Go on with a change of settings: open the servers once the old ones are closed."""
        views = self._endpoints.views
        if self._closing and all(views[name].state != "listening" for name in self._closing):
            self._closing = []
            self.listen()
        elif self.before is not None and self.listening and not self._closing and not self._waits:
            self.before = None

    def pause(self) -> None:
        """Pause reading, so that the windows advertised to peers close; if paused, resume."""
        paused = any(view.paused for view in self.listening)
        self._submit(*(PauseReading(view.name, not paused) for view in self.listening))
