"""Captures the packets of our endpoints on the kernel stack from its interfaces, as `Packet` events."""

import select
from collections.abc import Callable, Iterator

from sctp_tui.sctp.endpoint import Clock
from sctp_tui.sctp.events import Packet, Peer
from sctp_tui.sctp.ring import Frame, NoCapture, Ring
from sctp_tui.sctp.socket_filter import of_this_machine
from sctp_tui.sctp.system import kernel_udp_port

from .captured_flows import CapturedFlows, CapturedSockets
from .clock_offset import ClockOffset
from .seen_aborts import SeenAbort, SeenAborts

__all__ = ["Capture", "NoCapture"]

_FLOODED = 0.5  # s after which packets that go on coming are left for later


class Capture:
    """Calls `tap` with every packet of `ends` from now on; use it from one thread. Raises `NoCapture`."""

    def __init__(self, ends: CapturedSockets, clock: Clock, tap: Callable[[Packet], None]) -> None:
        self._clock = clock
        self._tap = tap
        self._udp_port = kernel_udp_port()
        self._ring = Ring(of_this_machine(self._udp_port))
        self._last_words = SeenAborts()
        self._flows = CapturedFlows(ends)
        self._missed = 0
        self._offset = ClockOffset(clock)

    @property
    def missed(self) -> int:
        """SCTP packets of this machine, of any program, that the ring had no room for."""
        return self._ring.missed

    def descriptors(self) -> tuple[int, ...]:
        """One, ready for reading when there are packets: `SETTLED` s after they passed at most."""
        return (self._ring.fileno(),)

    def follow_udp_port(self) -> None:
        """Capture SCTP in UDP of the port that the kernel has for it by now. Raises OSError."""
        if (port := kernel_udp_port()) != self._udp_port:
            self._ring.filter(of_this_machine(port))
            self._udp_port = port

    def read(self) -> None:
        """Read the packets that have passed, and call `tap`. Never blocks."""
        self._offset.update()
        for frame in self._ring.read():
            self._missed += frame.missed
            self._receive(frame)

    def settle(self) -> None:
        """Read all packets that have passed by now: `SETTLED` s about, and not longer than `_FLOODED`."""
        for _ in self._settling():
            pass

    def abort(self, port: int, peer: Peer) -> SeenAbort | None:
        """The ABORT that has just ended the association of our port with a peer, None where none was seen.

        Blocks as `settle`, where packets have passed that are not read yet.
        """
        for now in self._settling():
            if (found := self._last_words.take(port, peer, now)) is not None:
                return found
        return None

    def _settling(self) -> Iterator[float]:
        """Yield the time (s, monotonic) at once, and each time that more packets have been read."""
        more = select.poll()  # select(2) takes only descriptors below 1,024
        more.register(self._ring, select.POLLIN)
        now = self._clock.mono()
        deadline = now + _FLOODED
        yield now
        while self._ring.pending and now < deadline:
            more.poll((deadline - now) * 1000)
            self.read()
            now = self._clock.mono()
            yield now

    def close(self) -> None:
        """Close the ring."""
        self._ring.close()

    def _receive(self, frame: Frame) -> None:
        now = frame.at + self._offset.seconds
        found = self._flows.find(
            frame.data, now, outgoing=frame.outgoing, loopback=frame.loopback, interface=frame.interface
        )
        if found is None:
            return
        flow = found.flow
        told = Packet(
            at=frame.at,
            mono=now,
            endpoint=found.end.name,
            key=0,
            assoc_id=0,
            peer=flow.peer,
            local=flow.local or Peer((), 0),
            flow=flow.flow,
            direction=flow.direction,
            verdict="delivered",
            reason=self._remark(frame, found.more),
            delay=None,
            data=found.data,
            within=flow.within,
            captured=True,
        )
        self._last_words.record(told)
        self._tap(told)

    def _remark(self, frame: Frame, more: bool) -> str:
        """What is missing of a packet, or before it, as text; "" for nothing."""
        remarks = []
        if self._missed:
            packets = "1 packet" if self._missed == 1 else f"{self._missed:,} packets"
            remarks.append(f"{packets} on the machine before this one missed: the capture's ring was full")
            self._missed = 0
        if more:
            remarks.append("the first fragment of an IP packet: the rest is not shown")
        if frame.length > len(frame.data):
            remarks.append(f"cut short by the capture: {frame.length:,} octets with the IP header")
        return "; ".join(remarks)
