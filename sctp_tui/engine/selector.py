"""What the engine waits on: its wake-up, the stacks, and those open endpoints that it listens to just now."""

import selectors
from collections.abc import Sequence

import msgspec

from sctp_tui.sctp.endpoint import Endpoint, Stack

from .wakeup import WakeUp


class OpenEndpoint(msgspec.Struct, eq=False):
    """An endpoint that is open. `server` takes associations, `echo` answers each message by itself.

    Nothing is received while the user has it `paused`. `deadline` is set once it is closing.
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
    """Wait on all of these, or on none where the system refuses one: a selector never tells of the dead."""
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
    """`polled` are endpoints without descriptors of their own, in order; `paused` those not heard."""

    def __init__(self) -> None:
        self.polled: dict[OpenEndpoint, None] = {}
        self.paused: dict[OpenEndpoint, None] = {}
        self._everything = selectors.DefaultSelector()
        self._all_but_endpoints = selectors.DefaultSelector()  # waited on while nobody may read

    def on(self, source: WakeUp | Stack, *descriptors: int) -> None:
        """Wait on these descriptors too, whether or not anybody may read."""
        _register(self._everything, source, descriptors)
        try:
            _register(self._all_but_endpoints, source, descriptors)
        except OSError:
            for descriptor in descriptors:
                self._everything.unregister(descriptor)
            raise

    def add(self, opened: OpenEndpoint) -> None:
        """An endpoint is open: wait on what it says, or ask it whenever its stack had its turn."""
        self._listen(opened)
        if not opened.endpoint.descriptors():
            self.polled[opened] = None

    def remove(self, opened: OpenEndpoint) -> None:
        """Before its descriptors are closed and their numbers given to others."""
        if not opened.paused:
            self._ignore(opened)
        self.paused.pop(opened, None)
        self.polled.pop(opened, None)

    def pause(self, opened: OpenEndpoint, paused: bool) -> None:
        """Wait no longer for what comes to an endpoint, or again."""
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
        """What is ready within so many seconds, None for ever; without what comes to `endpoints`, or with."""
        selector = self._everything if endpoints else self._all_but_endpoints
        return [key.data for key, _ in selector.select(seconds)]

    def close(self) -> None:
        """Give the descriptors back."""
        self._everything.close()
        self._all_but_endpoints.close()
