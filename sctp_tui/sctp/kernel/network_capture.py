"""Makes `Packet` events of what the hosts of a `Network` send to each other, with what becomes of each."""

from collections.abc import Callable

from sctp_tui.sctp.endpoint import Clock
from sctp_tui.sctp.events import Packet, Peer

from .captured_flows import CapturedFlows, CapturedSockets
from .network import Network, SentPacket
from .seen_aborts import SeenAbort, SeenAborts


class NetworkCapture:
    """Calls `tap` with every packet of `ends` from now on; use it from one thread."""

    missed = 0

    def __init__(
        self, network: Network, ends: CapturedSockets, clock: Clock, tap: Callable[[Packet], None]
    ) -> None:
        self._network = network
        self._clock = clock
        self._tap = tap
        self._flows = CapturedFlows(ends)
        self._last_words = SeenAborts()
        network.tap = self._record

    def descriptors(self) -> tuple[int, ...]:
        """None but the network's."""
        return ()

    def settle(self) -> None:
        """Nothing is left to be read: packets are told as they are carried."""

    def read(self) -> None:
        """Nothing is left to be read."""

    def abort(self, port: int, peer: Peer) -> SeenAbort | None:
        """The ABORT that has just ended the association of our port with a peer, None where none was seen."""
        return self._last_words.take(port, peer, self._clock.mono())

    def close(self) -> None:
        """Tell of no more packets."""
        self._network.tap = None

    def _record(self, sent: SentPacket) -> None:
        found = self._flows.find(sent.data, sent.mono, outgoing=True, loopback=True, interface=sent.link)
        if found is None:
            return
        flow, outcome = found.flow, sent.outcome
        told = Packet(
            at=self._clock.wall(),
            mono=sent.mono,
            endpoint=found.end.name,
            key=0,
            assoc_id=0,
            peer=flow.peer,
            local=flow.local or Peer((), 0),
            flow=flow.flow,
            direction=flow.direction,
            verdict=outcome.verdict,
            reason=outcome.reason,
            delay=outcome.delay,
            data=found.data,
            within=flow.within,
        )
        self._last_words.record(told)
        self._tap(told)
