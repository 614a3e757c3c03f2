"""The round trips that packets show, and the smoothed one that a stack tells (RFC 9260, section 6.3.1)."""

import heapq
from collections.abc import Sequence

from sctp_tui.monitor.trace.conversations import Conversation
from sctp_tui.sctp.events import Direction, Status

from . import rawpeer as raw
from .oracle import MASK, Chunk, before

_COOKIE = 7
_ROUNDED = 1e-6  # s: arrivals are in whole microseconds
_TOLD = 0.03  # s by which a stack's time of a round trip may differ, as its clock goes in steps


class RoundTrips:
    """The round trips that an end's packets show, and so measure: RFC 9260, section 6.3.1."""

    def __init__(self, conversation: Conversation, mine: Direction) -> None:
        self._known: list[tuple[float, float]] = []  # when it was known, and how long it took
        asked: dict[tuple[int, object], float] = {}
        once = set[tuple[int, object]]()
        coming: list[tuple[float, int, list[Chunk]]] = []
        for traced in conversation.since(0):
            packet, chunks = traced.packet, [Chunk(*one) for one in raw.chunks(traced.packet.data)]
            while coming and coming[0][0] <= packet.mono + _ROUNDED:
                at, _, came = heapq.heappop(coming)
                self._answer(at, came, asked)
            if packet.direction != mine:
                if packet.verdict not in ("dropped", "refused"):
                    heapq.heappush(coming, (packet.mono + packet.transit, traced.number, chunks))
                continue
            for chunk in chunks if packet.verdict not in ("refused", "duplicated") else ():
                key = self._key(chunk)
                if key is not None and key in once:
                    asked.pop(key, None)  # of what is sent again nothing is measured: rule C5
                elif key is not None:
                    once.add(key)
                    asked[key] = packet.mono
        for at, _, came in sorted(coming, key=lambda one: one[:2]):
            self._answer(at, came, asked)

    def _key(self, chunk: Chunk) -> tuple[int, object] | None:
        if chunk.is_data:
            return raw.DATA, chunk.tsn
        if chunk.kind == raw.INIT_ACK:  # its cookie has the time
            return raw.INIT_ACK, next(
                (value for kind, value in Chunk(0, 0, chunk.value[16:]).parameters if kind == _COOKIE), None
            )
        if chunk.kind in (raw.INIT, raw.COOKIE_ECHO):
            return chunk.kind, None
        return (raw.HEARTBEAT, chunk.value) if chunk.kind == raw.HEARTBEAT else None

    def _answer(self, at: float, chunks: Sequence[Chunk], asked: dict[tuple[int, object], float]) -> None:
        for chunk in chunks:
            if chunk.kind in (raw.SACK, raw.SHUTDOWN):
                ahead = chunk.gaps if chunk.kind == raw.SACK else []
                done = [
                    key
                    for key in asked
                    if key[0] == raw.DATA
                    and isinstance(tsn := key[1], int)
                    and (
                        not before(chunk.tsn, tsn)
                        or any(first <= (tsn - chunk.tsn) & MASK <= last for first, last in ahead)
                    )
                ]
            else:
                # usrsctp takes DATA for a COOKIE ACK that was lost.
                asks = {raw.INIT_ACK: raw.INIT, raw.COOKIE_ACK: raw.COOKIE_ECHO, raw.DATA: raw.COOKIE_ECHO}
                keys = ((asks.get(chunk.kind, -1), None), (raw.HEARTBEAT, chunk.value))
                answered = keys[1:] if chunk.kind == raw.HEARTBEAT_ACK else keys[:1]
                answered = ((raw.INIT_ACK, chunk.value),) if chunk.kind == raw.COOKIE_ECHO else answered
                done = [key for key in answered if key in asked]
            for one in done:
                self._known.append((at, at - asked.pop(one)))

    def of_status(self, status: Status) -> str:
        """Why a path's smoothed round trip can't be one, "" where it can: it is a mean of those before."""
        now = status.link_time if status.link_time is not None else status.mono
        trips = [took for at, took in self._known if at <= now + _TOLD]
        for path in status.paths:
            if not path.srtt:
                continue  # none, or 0: after a timeout between two questions it may be none, too
            if not trips:
                return f"srtt {path.srtt} ms, and nothing was measured"
            srtt = path.srtt / 1000
            if not min(trips) - _TOLD <= srtt <= max(trips) + _TOLD:
                return f"at {now:.3f} s srtt {srtt} s, of {min(trips):.3f} to {max(trips):.3f}"
        return ""
