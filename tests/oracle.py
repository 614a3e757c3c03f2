"""The two ends of a conversation as its packets alone show them, for `rules`: from octets and times only.

Nothing here uses the program's decoding or reasoning. Times are seconds of the link's clock.
"""

import struct
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from . import rawpeer as raw

MASK = 0xFFFFFFFF
I_DATA, FORWARD_TSN, I_FORWARD_TSN = 0x40, 192, 194
RE_CONFIG, ASCONF, ASCONF_ACK = 130, 193, 128
RTO = 0.9
"""Seconds: RTO.Min of RFC 9260, section 16, less some, as timers of real stacks run early."""
NOW = 0.1
"""Seconds within which something is done at once: less than SACKs are delayed."""
AT_ONCE = 0.02
"""Seconds within which DATA is sent again for a SACK that came."""
ADVANCED = (FORWARD_TSN, I_FORWARD_TSN)
_CALLS = (raw.INIT, raw.COOKIE_ECHO)
_MEASURES = (raw.DATA, I_DATA, raw.INIT, raw.COOKIE_ECHO, raw.HEARTBEAT)  # RFC 9260, section 8.3
_ENDS = (raw.ABORT, raw.SHUTDOWN_COMPLETE)


def before(tsn: int, other: int) -> bool:
    """Serial number arithmetic (RFC 9260, section 1.6)."""
    return 0 < (other - tsn) & MASK < 1 << 31


class Chunk(NamedTuple):
    """Type, flags and value of a chunk."""

    kind: int
    flags: int
    value: bytes

    @property
    def is_data(self) -> bool:
        return len(self.value) >= {raw.DATA: 12, I_DATA: 16}.get(self.kind, 1 << 16)

    @property
    def tsn(self) -> int:
        """Of DATA the TSN, of INIT the tag, of SACK, SHUTDOWN and FORWARD TSN the cumulative one."""
        return self.word(0)

    @property
    def octets(self) -> int:
        """The size of the user data."""
        return len(self.value) - (12 if self.kind == raw.DATA else 16)

    def word(self, at: int) -> int:
        """32 bits of the value; 0 where they are missing."""
        return int(struct.unpack_from("!I", self.value, at)[0]) if len(self.value) >= at + 4 else 0

    @property
    def counts(self) -> tuple[int, int]:
        """Of a SACK: how many gap blocks, and duplicates, it has."""
        if len(self.value) < 12:
            return 0, 0
        gaps, duplicates = struct.unpack_from("!HH", self.value, 8)
        gaps = min(gaps, (len(self.value) - 12) // 4)
        return gaps, min(duplicates, (len(self.value) - 12) // 4 - gaps)

    @property
    def gaps(self) -> list[tuple[int, int]]:
        return [struct.unpack_from("!HH", self.value, 12 + 4 * n) for n in range(self.counts[0])]

    @property
    def duplicates(self) -> list[int]:
        gaps, count = self.counts
        return [self.word(12 + 4 * (gaps + n)) for n in range(count)]

    @property
    def parameters(self) -> Iterator[tuple[int, bytes]]:
        """Type and value of each parameter, or error cause."""
        at = 4 if self.kind in (ASCONF, ASCONF_ACK) else 0
        while at + 4 <= len(self.value):
            kind, length = struct.unpack_from("!HH", self.value, at)
            if length < 4:
                return
            yield kind, self.value[at + 4 : at + length]
            at += (length + 3) & ~3


class Try(NamedTuple):
    """A try of a DATA chunk."""

    at: float
    to: str
    octets: int


class End:
    """What one end has sent and received. `association` is by the tags of its association, None before."""

    def __init__(self) -> None:
        self.heard_at: float | None = None
        self.heard: tuple[int, ...] = ()  # the types of the chunks in the last packet received
        self.rwnd: int | None = None
        self.initials: dict[int, int] = {}  # initial TSNs, by the tags that this end announced
        self.windows: dict[int, int] = {}  # and its a_rwnds
        self.inits: dict[int, list[float]] = {}  # when INITs were sent, by their tag
        self.cookies: dict[bytes, list[float]] = {}  # and COOKIE ECHOs
        self.came: dict[int, float] = {}  # by type, when a chunk last came
        self.news_at = 0.0  # when a SACK or SHUTDOWN came for which something may be sent again
        self.asked = Counter[int]()  # INITs and COOKIE ECHOs received since the answer to them was sent
        self.asked_anew: set[int] = set()  # those that came after the last answer
        self.answers: set[bytes] = set()  # packets with INIT ACK or COOKIE ACK
        self.has = ""  # "set-up", or "up"
        self.calls = False  # an INIT or COOKIE ECHO has no answer
        self.waits = False  # in COOKIE-WAIT, where alone an INIT ACK counts (RFC 9260, section 5.2.3)
        self.measured: dict[str, float] = {}  # by address, when something was sent that measures the path
        self.beats: dict[str, tuple[float, bytes]] = {}  # by address, the last HEARTBEAT, and its info
        self.beats_came: set[bytes] = set()
        self.beats_answered: set[bytes] = set()
        self.requests: set[int] = set()  # sequence numbers in RE-CONFIGs that came
        self.serials: set[int] = set()  # of ASCONFs that came
        self.sack: Chunk | None = None  # the last one sent
        self.begin(None)

    def begin(self, initial: int | None) -> None:
        """Another association begins: the other end's initial TSN is `initial`."""
        self.cumulative: int | None = None
        self.shutdowns: dict[int, list[float]] = {}  # when SHUTDOWN was sent, by its Cumulative TSN Ack
        self.closing: float | None = None  # when the first SHUTDOWN or SHUTDOWN ACK was sent
        self.agreed: list[float] = []  # when SHUTDOWN ACK was sent
        self.asks_close: float | None = None  # when something came that SHUTDOWN ACK answers
        self.times: dict[
            int, list[float]
        ] = {}  # by TSN, all that were seen, with copies that the network made
        self.sent: dict[int, list[Try]] = {}  # by TSN not acknowledged cumulatively
        self.acked: dict[int, tuple[float, list[Try]]] = {}  # when others were, and their tries
        self.ever: dict[int, int] = {}  # by TSN, the packet that first carried it
        self.highest: int | None = None
        self.lost: set[int] = set()  # of `sent`: classified as lost, and not sent again since
        self.reported: set[int] = set()  # those of `sent` in gap blocks
        self.told: dict[int, list[float]] = {}  # by TSN: when SACKs reported it missing since its last try
        self.newly: dict[int, list[float]] = {}  # the same, only SACKs that newly acknowledged a higher TSN
        self.probes: set[int] = set()  # sent as window probes
        self.expired: dict[str, float] = {}  # by address, when T3-rtx may have run out
        # Fast recovery lasts until this TSN is acknowledged: surely, and where no timer has ended it.
        self.recovers: int | None = None
        self.may_recover: int | None = None
        self.recovered: float | None = None  # when it was
        self.gave_up: set[int] = set()  # up to these TSNs, by FORWARD TSN
        self.forwards: dict[bytes, list[float]] = {}  # when it was sent, by its value
        # As the receiver of DATA:
        self.got = Counter[int]()
        self.got_to: int | None = None if initial is None else (initial - 1) & MASK
        self.skipped: int | None = None  # by a FORWARD TSN that came
        self.data_at: float | None = None  # when DATA or a FORWARD TSN last came
        self.newest: list[int] = []  # the TSNs of the DATA that came last
        self.top: int | None = None  # the highest that has come, and that had before the newest
        self.top_before: int | None = None
        self.sack = None

    @property
    def flight(self) -> dict[int, int]:
        """Octets in flight by TSN: sent, and neither acknowledged nor classified as lost (RFC 9260, 1.3)."""
        gone = self.reported | self.lost
        return {tsn: tries[-1].octets for tsn, tries in self.sent.items() if tsn not in gone}

    def tries(self, tsn: int) -> Sequence[Try]:
        """Those of a chunk, also of one acknowledged; what it sends now, it may send before it knows that."""
        return self.sent[tsn] if tsn in self.sent else self.acked.get(tsn, (0.0, ()))[1]

    def reports(self, tsn: int) -> int:
        """How many SACKs have reported a chunk missing since its last try, or as it was sent."""
        tries = self.tries(tsn)
        since = tries[-1].at if len(tries) > 1 else 0.0
        return sum(at >= since for at in self.told.get(tsn, ()))

    def marked(self, tsn: int) -> bool:
        """Whether T3-rtx has run out since the last try of a chunk."""
        last = self.tries(tsn)[-1] if self.tries(tsn) else None
        return last is not None and self.expired.get(last.to, -1.0) > last.at

    def recovered_late(self, tsn: int) -> bool:
        """Whether fast recovery lasted while this chunk was in flight, and ended before what acknowledges it
        was acted on: sent now, the chunk is of that recovery, and begins none.
        """
        tries = self.tries(tsn)
        return tsn not in self.sent and bool(tries) and (self.recovered or -1.0) >= tries[-1].at

    # --- what comes

    def hear(self, at: float, chunks: Sequence[Chunk]) -> None:
        """A packet arrives."""
        self.heard_at, self.heard = at, tuple(one.kind for one in chunks)
        if tsns := [one.tsn for one in chunks if one.is_data]:
            self.newest, self.top_before = tsns, self.top
            for tsn in tsns:
                self.top = tsn if self.top is None or before(self.top, tsn) else self.top
        for chunk in chunks:
            kind = chunk.kind
            if kind in _CALLS:
                self.asked[kind] += 1
                self.asked_anew.add(kind)
            if kind in (raw.SHUTDOWN, raw.INIT, raw.COOKIE_ECHO):
                self.asks_close = at
            if kind in (raw.COOKIE_ACK, raw.INIT_ACK):
                self.calls = False
            if kind == raw.COOKIE_ACK and self.has == "set-up":
                self.has = "up"
            if kind in _ENDS:
                self.has = ""
            if kind == raw.HEARTBEAT:
                self.beats_came.add(chunk.value)
            if kind == raw.HEARTBEAT_ACK:
                self.beats_answered.add(chunk.value)
            if kind == RE_CONFIG:
                self.requests.update(struct.unpack("!I", value[:4])[0] for _, value in chunk.parameters)
            if kind == ASCONF:
                self.serials.add(chunk.tsn)
            if chunk.is_data:
                self._take(at, chunk.tsn)
            elif kind in ADVANCED:
                self.data_at = at
                if self.skipped is None or before(self.skipped, chunk.tsn):
                    self.skipped = chunk.tsn
                if self.got_to is not None and before(self.got_to, chunk.tsn):
                    self.got_to = chunk.tsn
                self._advance()
            elif kind == raw.SACK and len(chunk.value) >= 12:
                self._sack(at, chunk)
            elif kind == raw.SHUTDOWN and self.ever:
                self.news_at = at
                self._settle(at, chunk.tsn)
            elif (
                self.waits
                if kind == raw.INIT_ACK
                else kind == raw.INIT and self.has != "up" and not self.ever
            ):
                self.rwnd = chunk.word(4)
            self.came[kind] = at

    def _take(self, at: float, tsn: int) -> None:
        self.data_at = at
        self.got[tsn] += 1
        self._advance()

    def _advance(self) -> None:
        while self.got_to is not None and self.got[(self.got_to + 1) & MASK]:
            self.got_to = (self.got_to + 1) & MASK

    def _settle(self, at: float, cumulative: int) -> None:
        if self.cumulative is not None and before(cumulative, self.cumulative):
            return
        self.cumulative = cumulative
        for tsn in [one for one in self.sent if not before(cumulative, one)]:
            self.acked[tsn] = at, self.sent.pop(tsn)
            self.reported.discard(tsn)
            self.lost.discard(tsn)
        if self.recovers is not None and not before(cumulative, self.recovers):
            self.recovers, self.recovered = None, at
        if self.may_recover is not None and not before(cumulative, self.may_recover):
            self.may_recover, self.recovered = None, at

    def _sack(self, at: float, sack: Chunk) -> None:
        if self.cumulative is not None and before(sack.tsn, self.cumulative):
            return
        gaps = sack.gaps
        # One that says nothing new, as of DATA that came twice, has nothing sent again.
        if gaps or sack.tsn != self.cumulative or sack.word(4) != self.rwnd:
            self.news_at = at
        self._settle(at, sack.tsn)
        self.rwnd = sack.word(4)
        if not gaps:
            self.reported.clear()
            return
        ahead = {tsn: (tsn - sack.tsn) & MASK for tsn in self.sent}
        covered = {tsn for tsn, n in ahead.items() if any(first <= n <= last for first, last in gaps)}
        top = max(last for _, last in gaps)
        newest = max((ahead[tsn] for tsn in covered - self.reported), default=0)
        self.reported = covered
        for tsn, n in ahead.items():
            if tsn not in covered:
                if n < top:
                    self.told.setdefault(tsn, []).append(at)
                if n < newest:
                    self.newly.setdefault(tsn, []).append(at)

    # --- what is sent

    def send(self, at: float, to: str, number: int, packet: bytes, chunks: Sequence[Chunk]) -> None:
        """The packet with this number is sent."""
        for one in chunks:
            last = self.tries(one.tsn)[-1] if one.is_data and self.tries(one.tsn) else None
            if last is None:
                continue
            # A timer has a chunk sent again after so long, or where nothing came that has, or reported it.
            came = at - self.news_at < AT_ONCE
            early = not self.marked(one.tsn) and (not came or not self.reports(one.tsn))
            if (at - last.at >= RTO or early) and one.tsn not in self.probes:
                self._expire(at, last.to)
        for chunk in chunks:
            kind = chunk.kind
            if kind in (raw.INIT_ACK, raw.COOKIE_ACK):
                asked = raw.INIT if kind == raw.INIT_ACK else raw.COOKIE_ECHO
                if (
                    packet not in self.answers or asked in self.asked_anew
                ):  # else the network may have copied it
                    self.asked[asked] = max(0, self.asked[asked] - 1)
                self.asked_anew.discard(asked)
                self.answers.add(packet)
            if kind in (raw.INIT, raw.INIT_ACK):
                self.initials[chunk.tsn] = chunk.word(12)
                self.windows[chunk.tsn] = chunk.word(4)
            if kind == raw.INIT:
                self.inits.setdefault(chunk.tsn, []).append(at)
            if kind == raw.COOKIE_ECHO:
                self.cookies.setdefault(chunk.value, []).append(at)
            if kind in _CALLS:
                self.waits = kind == raw.INIT
                self.calls = True
                self.has = self.has or "set-up"
            if kind == raw.COOKIE_ACK:
                self.has, self.calls = "up", False
            if kind in _ENDS:
                self.has = ""
            first = not chunk.is_data or self.highest is None or before(self.highest, chunk.tsn)
            if kind in _MEASURES and first:
                self.measured[to] = at
            if kind == raw.HEARTBEAT:
                self.beats[to] = at, chunk.value
            if kind == raw.SHUTDOWN:
                self.shutdowns.setdefault(chunk.tsn, []).append(at)
            if kind == raw.SHUTDOWN_ACK:
                self.agreed.append(at)
                self.asks_close = None
            if kind in (raw.SHUTDOWN, raw.SHUTDOWN_ACK) and self.closing is None:
                self.closing = at
            if kind == raw.SACK:
                self.sack = chunk
            if kind in ADVANCED:
                self.gave_up.add(chunk.tsn)
                self.forwards.setdefault(chunk.value, []).append(at)
                for tsn in [one for one in self.sent if not before(chunk.tsn, one)]:
                    del self.sent[tsn]
                    self.lost.discard(tsn)
                    self.reported.discard(tsn)
            if chunk.is_data:
                self._send(at, to, number, chunk)

    def _expire(self, at: float, address: str) -> None:
        """T3-rtx of an address may run out: then what is outstanding there is lost (section 6.3.3)."""
        self.expired[address] = at
        self.recovers = None
        self.lost.update(
            tsn for tsn, tries in self.sent.items() if tries[-1].to == address and tsn not in self.reported
        )

    def _send(self, at: float, to: str, number: int, chunk: Chunk) -> None:
        tsn = chunk.tsn
        if self.rwnd is not None and self.rwnd < chunk.octets and not self.flight.keys() - {tsn}:
            self.probes.add(tsn)
        if self.reports(tsn) >= 3 and not self.recovered_late(tsn):
            if self.may_recover is None and not self.marked(tsn):
                self.may_recover = self.highest
                # What was sent again so before is not so again by the RFC, rule 5, but some stacks do.
                self.recovers = self.highest if len(self.tries(tsn)) == 1 else None
            elif self.recovers is None:
                self.may_recover = self.highest
        self.ever.setdefault(tsn, number)
        self.times.setdefault(tsn, []).append(at)
        if self.highest is None or before(self.highest, tsn):
            self.highest = tsn
        if self.cumulative is None or before(self.cumulative, tsn):
            self.sent.setdefault(tsn, []).append(Try(at, to, chunk.octets))
            self.lost.discard(tsn)


def begin_both(one: End, other: End, tags: Iterable[int]) -> None:
    """Both ends begin the association with these tags, by what each announced (RFC 9260, section 5.2.4)."""
    for end, far in ((one, other), (other, one)):
        end.begin(next((tsn for tag, tsn in far.initials.items() if tag in tags), None))
        end.rwnd = next((rwnd for tag, rwnd in far.windows.items() if tag in tags), end.rwnd)


class Association:
    """Follows set-ups by their tags: another association begins with a COOKIE ECHO of two new ones."""

    def __init__(self) -> None:
        self._offers: dict[int, int] = {}  # by the tag in an INIT ACK, that of the INIT which it answers
        self.tags: frozenset[int] = frozenset()

    def begins(self, vtag: int, chunks: Iterable[Chunk]) -> frozenset[int] | None:
        """The tags of the association that a packet begins, None where it begins none."""
        for chunk in chunks:
            if chunk.kind == raw.INIT_ACK:
                self._offers[chunk.tsn] = vtag
            elif chunk.kind == raw.COOKIE_ECHO:
                tags = frozenset((vtag, self._offers.get(vtag, vtag)))
                if not tags & self.tags:
                    self.tags = tags
                    return tags
        return None
