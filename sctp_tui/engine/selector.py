"""What the engine waits on: its wake-up descriptor, the stacks, and open endpoints that are not paused."""

import selectors
from collections.abc import Sequence

import msgspec

from sctp_tui.sctp.endpoint import Endpoint, Stack

from .wakeup import WakeUp


class OpenEndpoint(msgspec.Struct, eq=False):
    """An endpoint that is open. `server`: it accepts associations; `echo`: each message is sent back.

    Nothing is received while it is `paused`. `deadline` is set once it is closing: the time, as by
    `Engine._time_of`, at which associations that are left are aborted; `aborted` is their number.
    """

    endpoint: Endpoint
    stack: Stack
    server: bool
    echo: bool = False
    paused: bool = False
    deadline: float | None = None
    aborted: int = 0


Selectable = WakeUp | Stack | OpenEndpoint


def _register(selector: selectors.BaseSelector, source: Selectable, descriptors: Sequence[int]) -> None:
    """Register all descriptors, or none where the system refuses one. Raises `OSError`."""
    done: list[int] = []
    try:
        for descriptor in descriptors:
            selector.register(descriptor, selectors.EVENT_READ, source)
            done.append(descriptor)
    except OSError:
        for descriptor in done:
            selector.unregister(descriptor)
        raise


class EndpointSelector:
    """`polled`: endpoints without descriptors, asked once a turn, in this order; `paused`: those not read."""

    def __init__(self) -> None:
        self.polled: dict[OpenEndpoint, None] = {}
        self.paused: dict[OpenEndpoint, None] = {}
        self._everything = selectors.DefaultSelector()
        self._all_but_endpoints = selectors.DefaultSelector()  # for while nothing may be read

    def on(self, source: WakeUp | Stack, *descriptors: int) -> None:
        """Wait on these descriptors too, even while nothing may be read. Raises `OSError`."""
        _register(self._everything, source, descriptors)
        try:
            _register(self._all_but_endpoints, source, descriptors)
        except OSError:
            for descriptor in descriptors:
                self._everything.unregister(descriptor)
            raise

    def add(self, opened: OpenEndpoint) -> None:
        """Wait on an endpoint's descriptors, or poll it where it has none. Raises `OSError`."""
        self._listen(opened)
        if not opened.endpoint.descriptors():
            self.polled[opened] = None

    def remove(self, opened: OpenEndpoint) -> None:
        """Stop waiting on an endpoint; to be called before its descriptors are closed and so reused."""
        if not opened.paused:
            self._ignore(opened)
        self.paused.pop(opened, None)
        self.polled.pop(opened, None)

    def pause(self, opened: OpenEndpoint, paused: bool) -> None:
        """Stop waiting on an endpoint's descriptors, or begin again."""
        if paused == opened.paused:
            return
        opened.paused = paused
        if paused:
            self.paused[opened] = None
            self._ignore(opened)
        else:
            del self.paused[opened]
            self._listen(opened)

    def _listen(self, opened: OpenEndpoint) -> None:
        _register(self._everything, opened, opened.endpoint.descriptors())

    def _ignore(self, opened: OpenEndpoint) -> None:
        for descriptor in opened.endpoint.descriptors():
            self._everything.unregister(descriptor)

    def wait(self, seconds: float | None, endpoints: bool = True) -> list[Selectable]:
        """What is ready within `seconds`, None for ever; of `endpoints` only where that is True."""
        selector = self._everything if endpoints else self._all_but_endpoints
        return [key.data for key, _ in selector.select(seconds)]

    def close(self) -> None:
        """Close the selectors' own descriptors."""
        self._everything.close()
        self._all_but_endpoints.close()
