"""The userspace stack: usrsctp started once for the process, with the pump that moves its packets."""

import ctypes
import time
from collections.abc import Callable

from msgspec.structs import replace

from sctp_tui.sctp.endpoint import Clock, EndpointOptions, SctpError
from sctp_tui.sctp.events import Packet, Peer, StackName

from .control import UserspaceLinkControl
from .endpoint import UserspaceEndpoint
from .initial_cwnd import CWND, InitialCwnds
from .library import ignored, load
from .links import Link
from .pump import Pump
from .sockets import ReceiveBuffer

# The defaults of RFC 9260, section 16, where the library has others; and no ECN, which our links don't carry.
_TUNING = {
    "blackhole": 0,  # a port where nobody listens answers an INIT with an ABORT
    "ecn_enable": 0,
    "rto_initial_default": 1000,
    "init_rto_max_default": 60_000,
    "assoc_rtx_max_default": 10,
    "path_rtx_max_default": 5,
    "init_rtx_max_default": 8,
    "delayed_sack_time_default": 200,
}
_FINISH = 0.3  # s to wait for the library to end; rarely it doesn't, and stays until the process ends

_running: "UserspaceStack | None" = None


class UserspaceStack:
    """usrsctp in conn mode (AF_CONN: it gives packets to us, not to a network). One in a process at a time.

    Raises `StackUnavailable` where the library is missing or too old, `SctpError` while another runs.
    """

    def __init__(self, clock: Clock) -> None:
        global _running
        if _running is not None:
            raise SctpError("usrsctp runs in this process already: one at a time; close that one first")
        library = load((*_TUNING, CWND))
        self.name: StackName = "userspace"
        self.library = library.version
        self.flaw = library.flaw
        self.note = ignored()
        self.missed = 0
        self.call: ctypes.CDLL = library.functions
        self.pump = Pump(clock)
        self.link = UserspaceLinkControl(self.pump, clock, self._elsewhere)
        self.links = (self.link,)
        self.intake = ReceiveBuffer()
        self.call.usrsctp_init_nothreads(0, self.pump.output, None)
        for name, value in _TUNING.items():
            library.tune(name, value)
        self.initial_cwnds = InitialCwnds(library)
        self.pump.start(library)
        self.pump.busy = self._busy
        self.pump.resting = lambda: any(endpoint.associations() for endpoint in self.endpoints)
        self.pump.moved = self._moved
        self.pump.unheard = self._unheard
        self.pump.beginning = self.initial_cwnds.use
        self.endpoints: list[UserspaceEndpoint] = []
        _running = self

    def open(self, options: EndpointOptions) -> UserspaceEndpoint:
        """A new endpoint."""
        clock = Clock(options.clock.wall, self.pump.transit.mono)
        endpoint = UserspaceEndpoint(self, replace(options, clock=clock))
        self.endpoints.append(endpoint)
        return endpoint

    def leave(self, endpoint: UserspaceEndpoint) -> None:
        """Remove an endpoint that was closed."""
        self.endpoints.remove(endpoint)

    def serving(self, to: Peer) -> bool:
        """Whether `to` is a listening endpoint of this process."""
        return any(endpoint.serves(to) for endpoint in self.endpoints)

    def way_to(self, client: Peer) -> Link | None:
        """The link to a client of this process with its server here, None where there is none."""
        ways = (one.way_from_server() for one in self.endpoints if one.local() == client)
        return next((way for way in ways if way is not None), None)

    def descriptors(self) -> tuple[int, ...]:
        """See `Stack.descriptors`: one, ready when a datagram has come."""
        return (self.pump.descriptor(),)

    def timeout(self, receiving: bool = True) -> float | None:
        """See `Stack.timeout`."""
        return self.pump.timeout(receiving)

    def poll(self) -> None:
        """See `Stack.poll`."""
        self.pump.run_once()

    def tap(self, tap: Callable[[Packet], None] | None) -> None:
        """See `Stack.tap`."""
        self.pump.tap = tap

    def close(self) -> None:
        """End the library, and close endpoints that are open. Idempotent."""
        global _running
        if _running is not self:
            return
        for endpoint in list(self.endpoints):
            endpoint.close()
        self.pump.run_once()
        deadline = time.monotonic() + _FINISH
        while self.call.usrsctp_finish() != 0 and time.monotonic() < deadline:
            self.call.usrsctp_handle_timers(100)  # closed sockets are freed by timers
            time.sleep(0.001)
        self.pump.stop()
        _running = None

    def _busy(self) -> bool:
        return any(endpoint.busy() for endpoint in self.endpoints)

    def _elsewhere(self) -> str:
        """The host of a peer outside this process that there is an association with, "" for none."""
        return next((link.host for endpoint in self.endpoints for link in endpoint.elsewhere()), "")

    def _unheard(self) -> set[int]:
        return {id(sock) for one in self.endpoints for sock in one.sockets() if sock.readable}

    def _moved(self, link: Link) -> None:
        for endpoint in self.endpoints:
            endpoint.moved(link)
