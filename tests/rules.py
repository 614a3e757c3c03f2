"""When each explanation of `monitor.why.chunks` may be said: a rule for each, by the packets alone.

A rule returns why the sentence isn't so, "" where it holds. Some sentences tell no more than the chunk does:
their rule is `_always`.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from sctp_tui.monitor.why.causes import CAUSES
from sctp_tui.monitor.why.chunks import CHUNKS
from sctp_tui.sctp.events import Packet
from sctp_tui.sctp.wire.packet import Chunk as Decoded
from sctp_tui.sctp.wire.packet import name_of

from . import rawpeer as raw
from .oracle import ADVANCED, MASK, NOW, RE_CONFIG, RTO, Chunk, End, Try, before

USUAL = 1.0
"""RTO.Min and RTO.Initial of RFC 9260, section 16, in seconds: what is sooner is sooner than usual."""
IDLE = 29.0
"""Seconds: HB.interval, 30 s by default, less some."""
GUARD = 299.0
"""Seconds: five times RTO.Max, which T5-shutdown-guard is to run for (RFC 9260, section 9.2), less some."""


class Case(NamedTuple):
    """A chunk that `end` sends to `other`, in a packet at `now`, with the `chunks` in it.

    `exact`: packets are seen as they are sent and as they arrive; else some may have been lost unseen, or be
    late. `whole`: the conversation was seen from its beginning. `after`: the chunks that either end sends
    later, packet by packet; `end` sends those where the first is true. `rto`: the least RTO that the sender's
    stack has told, less some; infinite where it told none.
    """

    end: End
    other: End
    now: float
    packet: Packet
    to: str
    chunk: Chunk
    chunks: Sequence[Chunk]
    exact: bool
    whole: bool
    after: Callable[[], Iterator[tuple[bool, Sequence[Chunk]]]]
    rto: float

    @property
    def tries(self) -> Sequence[Try]:
        """Those of a DATA chunk that is outstanding, before this one."""
        return self.end.sent.get(self.chunk.tsn, ())

    @property
    def room(self) -> float:
        """The octets that may be sent by the peer's window, without this chunk (RFC 9260, section 6.2.1)."""
        if self.end.rwnd is None:
            return float("inf")
        return self.end.rwnd - self.others

    @property
    def others(self) -> int:
        """Octets in flight without this chunk."""
        return sum(octets for tsn, octets in self.end.flight.items() if tsn != self.chunk.tsn)

    @property
    def data_ago(self) -> float:
        """Seconds since DATA or a FORWARD TSN came."""
        return self.since(self.end.data_at)

    def since(self, at: float | None) -> float:
        """Seconds since a time; infinite since None."""
        return float("inf") if at is None else self.now - at


Rule = Callable[[Case], str]


def _always(case: Case) -> str:
    return ""


def _all(*rules: Rule) -> Rule:
    return lambda case: next((why for rule in rules if (why := rule(case))), "")


# --- set-up


def _new_init(case: Case) -> str:
    return "this INIT was sent before" if case.chunk.tsn in case.end.inits else ""


def _timed(times: Sequence[float], case: Case) -> str:
    if not times:
        return "it was not sent before"
    return f"{case.now - times[-1]:.3f} s after the last one" if case.now - times[-1] < RTO else ""


def _early(times: Sequence[float], case: Case) -> str:
    if not times:
        return "it was not sent before"
    return f"{case.now - times[-1]:.3f} s after the last one" if case.now - times[-1] >= USUAL else ""


def _init_timed(case: Case) -> str:
    return _timed(case.end.inits.get(case.chunk.tsn, ()), case)


def _init_again(case: Case) -> str:
    times = case.end.inits.get(case.chunk.tsn, ())
    answered = times and case.end.came.get(raw.INIT_ACK, -1.0) > times[-1]
    return _init_timed(case) or ("an INIT ACK came" if answered else "")


def _init_soon(case: Case) -> str:
    return _early(case.end.inits.get(case.chunk.tsn, ()), case)


def _heard(case: Case) -> str:
    ago = case.since(case.end.heard_at)
    return f"nothing was heard for {ago:.3f} s" if ago >= USUAL else ""


def _unseen(case: Case) -> str:
    return "no packet was missed"


def _answers(kind: int) -> Rule:
    def rule(case: Case) -> str:
        return "" if case.end.asked[kind] or not case.whole else "nothing came that it answers"

    return rule


def _has(*what: str) -> Rule:
    def rule(case: Case) -> str:
        return "" if case.end.has in what or not case.whole else f"its sender's association: {case.end.has!r}"

    return rule


def _copy(kind: int) -> Rule:
    def rule(case: Case) -> str:
        if case.exact:
            return "what is sent here is no copy"
        if case.packet.data not in case.end.answers:
            return "it was not sent before"
        return "it is asked for" if kind in case.end.asked_anew else ""

    return rule


def _not_a_copy(kind: int) -> Rule:
    def rule(case: Case) -> str:
        return "" if case.exact or _copy(kind)(case) else "it is a copy"

    return rule


def _new_cookie(case: Case) -> str:
    return "this cookie was sent before" if case.chunk.value in case.end.cookies else ""


def _with_data(case: Case) -> str:
    return "" if any(one.is_data for one in case.chunks) else "no DATA is with it"


def _cookie_again(case: Case) -> str:
    times = case.end.cookies.get(case.chunk.value, ())
    answered = times and case.end.came.get(raw.COOKIE_ACK, -1.0) > times[-1]
    return _timed(times, case) or ("a COOKIE ACK came" if answered else "")


def _cookie_soon(case: Case) -> str:
    return _early(case.end.cookies.get(case.chunk.value, ()), case)


def _one_cookie(case: Case) -> str:
    count = case.end.asked[raw.COOKIE_ECHO]
    return f"{count} cookies came" if count > 1 and not case.exact else ""


def _several_cookies(case: Case) -> str:
    return "" if case.end.asked[raw.COOKIE_ECHO] > 1 else "one cookie came"


def _inexact(case: Case) -> str:
    return "all answers are seen" if case.exact else ""


# --- DATA (RFC 9260, section 6)


def _first_try(case: Case) -> str:
    return "it was sent before" if case.chunk.tsn in case.end.ever else ""


def _in_order(case: Case) -> str:
    highest = case.end.highest
    late = highest is not None and before(case.chunk.tsn, highest)
    return "higher TSNs were sent before" if late else ""


def _flags(mask: int, flags: int) -> Rule:
    def rule(case: Case) -> str:
        return "" if case.chunk.flags & mask == flags else f"its flags are {case.chunk.flags:#x}"

    return rule


def _set_up_seen(case: Case) -> str:
    return "" if case.end.initials else "its set-up was not seen"


def _exact(case: Case) -> str:
    return "" if case.exact else "earlier tries may not have been seen"


def _fits(case: Case) -> str:
    return f"{case.chunk.octets} B in {case.room} B" if case.chunk.octets > case.room else ""


def _does_not_fit(case: Case) -> str:
    return "" if case.chunk.octets > case.room else f"{case.chunk.octets} B fit in {case.room} B"


def _alone(case: Case) -> str:
    return f"{case.others} B are in flight beside it" if case.others else ""


def _beside_others(case: Case) -> str:
    return "" if case.others or _joined(case) else "nothing is in flight beside it"


def _joined(case: Case) -> bool:
    """Whether other new DATA is sent before a SACK, or SHUTDOWN, comes back; none may be beside a probe."""
    with_it = [one.tsn for one in case.chunks if one.is_data]
    for mine, chunks in ((True, case.chunks), *case.after()):
        if any(mine and one.kind in ADVANCED for one in chunks):
            return False  # what it gave up is in flight no more
        if any(
            mine and one.is_data and one.tsn not in case.end.ever and one.tsn not in with_it[:1]
            for one in chunks
        ):
            return True
        if not mine and any(one.kind in (raw.SACK, raw.SHUTDOWN) for one in chunks):
            return False
    return False


def _not_joined(case: Case) -> str:
    return "other DATA is sent beside it" if _joined(case) else ""


def _again(case: Case) -> str:
    if case.chunk.tsn not in case.end.ever:
        return "it is new"
    acked = case.end.acked.get(case.chunk.tsn)
    if not case.tries and acked is None:
        return "it was given up"
    # A sender elsewhere may be starved, between what it decides and sends, for as long as no timer shows.
    late = NOW if case.exact else USUAL
    return "it was acknowledged" if acked and case.now - acked[0] >= late else ""


def _reported(case: Case) -> str:
    """Section 7.2.4: three miss indications."""
    count = case.end.reports(case.chunk.tsn)
    return f"{count} reports" if case.tries and count < 3 else ""


def _begins_recovery(case: Case) -> str:
    lasts = case.exact and (case.end.recovers is not None or case.end.recovered_late(case.chunk.tsn))
    return "fast recovery lasts since before" if lasts else ""


def _in_recovery(case: Case) -> str:
    beside = any(one.is_data and case.end.reports(one.tsn) >= 3 for one in case.chunks)
    lasts = case.end.may_recover is not None or case.end.recovered_late(case.chunk.tsn) or beside
    return "" if lasts else "no fast recovery lasts"


def _ran_out(case: Case) -> str:
    """Section 6.3.3: T3-rtx, which ran for the earliest chunk in the packet, or one given up just now."""
    given_up = [one.tsn for one in case.chunks if one.kind in ADVANCED]
    with_it = [one.tsn for one in case.chunks if one.is_data]
    tries = [case.end.sent[tsn][-1] for tsn in with_it if tsn in case.end.sent]
    waited = [case.now - one.at for one in tries]
    if given_up or not waited or max(waited) >= RTO:
        return ""
    return f"a timer after {max(waited):.3f} s"


def _ran_early(case: Case) -> str:
    """T3-rtx ran since an earlier chunk, or is shorter: then it, and nothing that came, has it sent."""
    came = max((case.end.came.get(kind, -1.0) for kind in (raw.SACK, raw.SHUTDOWN)), default=-1.0)
    ago = float("inf") if not _ran_out(case) else case.now - came
    return _exact(case) or ("" if ago >= 0.02 else f"{ago:.3f} s after a SACK") or _soon(case)


def _not_reported_now(case: Case) -> str:
    third = case.end.newly.get(case.chunk.tsn, ())[2:3]
    just = third and len(case.tries) == 1 and case.now - third[0] < 0.0015
    return "the third report has just come" if just else ""


def _earliest(case: Case) -> str:
    """Rules R1 and E3: T3-rtx does not run out soon after the earliest chunk there was sent again."""
    if not case.tries:
        return ""
    address, with_it = case.tries[-1].to, {one.tsn for one in case.chunks if one.is_data}
    for tsn, tries in case.end.sent.items():
        waits = tries[-1].to == address and tsn not in case.end.reported and tsn not in with_it
        waits = waits and tries[-1].at > case.tries[-1].at and case.now - tries[-1].at < RTO
        if waits and before(tsn, case.chunk.tsn) and not _given_up_later(case, tsn):
            return f"TSN {tsn} before it was sent again {case.now - tries[-1].at:.3f} s ago"
    return ""


def _given_up_later(case: Case, tsn: int) -> bool:
    """Whether a chunk is not sent again, and so may be given up already, before FORWARD TSN says so."""
    return not any(
        mine and any(one.is_data and one.tsn == tsn for one in chunks) for mine, chunks in case.after()
    )


def _elsewhere(case: Case) -> str:
    return "" if case.tries and case.tries[-1].to != case.to else "its last try went to the same address"


def _same_address(case: Case) -> str:
    return "its last try went elsewhere" if case.tries and case.tries[-1].to != case.to else ""


def _marked(case: Case) -> str:
    """Rule E3: what did not fit in the packet sent as T3-rtx ran out."""
    if not case.tries:
        return ""
    last = case.tries[-1]
    expired = case.end.expired.get(last.to)
    return "" if expired is not None and last.at < expired else "no timer ran out since its last try"


def _soon(case: Case) -> str:
    tries = case.end.tries(case.chunk.tsn)
    if not tries:
        return "" if case.chunk.tsn in case.end.ever else "it is new"
    since = case.now - tries[-1].at
    return f"{since:.3f} s after the last try" if since >= USUAL else ""


def _acknowledged(case: Case) -> str:
    return "" if case.chunk.tsn in case.end.acked else "it was not acknowledged"


def _was_probe(case: Case) -> str:
    return "" if case.chunk.tsn in case.end.probes else "it was no probe"


def _waited(case: Case) -> str:
    return _timed([one.at for one in case.tries], case)


# --- SACK


def _all_came(case: Case) -> str:
    """Section 6.2.1: what the Cumulative TSN Ack tells."""
    to = case.end.got_to
    if not case.whole or to is None or not before(to, case.chunk.tsn):
        return ""
    return f"only {to} has come"


def _gap_filled(case: Case) -> str:
    """What was missing by the SACK before has come."""
    sack = case.end.sack
    if sack is None or not case.whole or before(case.chunk.tsn, sack.tsn):
        return ""
    way = (case.chunk.tsn - sack.tsn) & MASK
    missing = next((n for n in range(1, way + 1) if not case.end.got[(sack.tsn + n) & MASK]), 0)
    return f"{(sack.tsn + missing) & MASK} has not come" if missing else ""


def _newest_fills(case: Case) -> str:
    """The DATA that came last is below some that had come before it."""
    newest, top = case.end.newest, case.end.top_before
    fills = not newest or (top is not None and any(before(tsn, top) for tsn in newest))
    return "" if fills else f"{newest} came last, which was not missing"


def _not_for_the_newest(case: Case) -> str:
    return "" if _newest_fills(case) else _later(case)


def _none_given_up(case: Case) -> str:
    return "" if case.end.skipped is None else "some DATA was given up"


def _given_up(case: Case) -> str:
    return "no FORWARD TSN came" if case.end.skipped is None else ""


def _gaps(case: Case) -> str:
    return "" if case.chunk.gaps else "it has no gaps"


def _no_gaps(case: Case) -> str:
    return "it has gaps" if case.chunk.gaps else ""


def _no_duplicates(case: Case) -> str:
    return "it has duplicates" if case.chunk.duplicates else ""


def _open(case: Case) -> str:
    return "" if case.chunk.word(4) else "its a_rwnd is 0"


def _closed(case: Case) -> str:
    return "" if not case.chunk.word(4) else f"its a_rwnd is {case.chunk.word(4)}"


def _at_once(case: Case) -> str:
    return "" if case.data_ago < NOW else f"{case.data_ago:.3f} s after DATA came"


def _later(case: Case) -> str:
    return "" if case.data_ago >= NOW else f"{case.data_ago:.3f} s after DATA came"


def _had_gaps(case: Case) -> str:
    sack = case.end.sack
    return "" if sack is not None and sack.gaps else "there was no gap before"


def _twice(case: Case) -> str:
    once = [tsn for tsn in case.chunk.duplicates if case.end.got[tsn] < 2]
    if not case.chunk.duplicates:
        return "it has no duplicates"
    return f"{once[0]} did not come twice" if once and case.whole and case.exact else ""


def _takes_probe(case: Case) -> str:
    sack = case.end.sack
    took = any(
        not before(case.chunk.tsn, tsn) and (sack is None or before(sack.tsn, tsn))
        for tsn in case.other.probes
    )
    return "" if took else "it acknowledges no probe"


def _more_room(case: Case) -> str:
    sack = case.end.sack
    if sack is None or (sack.tsn, sack.gaps) != (case.chunk.tsn, case.chunk.gaps):
        return "it acknowledges something"
    return "" if sack.word(4) < case.chunk.word(4) else "its a_rwnd is no larger"


# --- the path


def _idle(case: Case) -> str:
    ago = case.since(case.end.measured.get(case.to))
    return f"{ago:.3f} s after DATA or the like" if ago < IDLE else ""


def _busy(case: Case) -> str:
    ago = case.since(case.end.measured.get(case.to))
    return f"{ago:.3f} s after DATA or the like" if ago >= 30 else ""


def _beat_missed(case: Case) -> str:
    at, info = case.end.beats.get(case.to, (None, b""))
    if at is None:
        return "none was sent before"
    if info in case.end.beats_answered:
        return "the last one was answered"
    return _timed([at], case)


def _beat_came(case: Case) -> str:
    return "" if case.chunk.value in case.end.beats_came or not case.whole else "no such HEARTBEAT came"


# --- the end


def _shutdown_times(case: Case) -> Sequence[float]:
    return case.end.shutdowns.get(case.chunk.tsn, ())


def _first_shutdown(case: Case) -> str:
    return "there was one before" if case.end.closing is not None else ""


def _all_acknowledged(case: Case) -> str:
    """Section 9.2: SHUTDOWN is sent when nothing is outstanding."""
    return f"{len(case.end.sent)} DATA chunks are outstanding" if case.end.sent and case.whole else ""


def _shutdown_again(case: Case) -> str:
    return "" if _shutdown_times(case) else "it was not sent before"


def _other_cumulative(case: Case) -> str:
    if case.end.closing is None:
        return "there was none before"
    return "its Cumulative TSN Ack is the same" if _shutdown_times(case) else ""


def _since_closing(case: Case) -> str:
    data, closing = case.end.data_at, case.end.closing
    came = data is not None and closing is not None and data >= closing
    return "" if came or not case.whole else "no DATA came since the first one"


def _asked_to_close(case: Case) -> str:
    return "" if case.end.asks_close is not None or not case.whole else "nothing came that it answers"


def _first_agreed(case: Case) -> str:
    return "it was sent before" if case.end.agreed else ""


def _agreed_before(case: Case) -> str:
    return "" if case.end.agreed else "it was not sent before"


def _asked_at_once(case: Case) -> str:
    ago = case.since(case.end.asks_close)
    return f"what it answers came {ago:.3f} s ago" if ago >= NOW else ""


def _agreed_timed(case: Case) -> str:
    return _timed(case.end.agreed, case)


def _agreed_early(case: Case) -> str:
    return _early(case.end.agreed, case)


def _unasked(case: Case) -> str:
    ago = case.since(case.end.asks_close)
    return f"what it answers came {ago:.3f} s ago" if ago < NOW else ""


def _agreement_came(case: Case) -> str:
    return "" if raw.SHUTDOWN_ACK in case.end.came or not case.whole else "no SHUTDOWN ACK came"


def _reflected(case: Case) -> str:
    return "" if case.chunk.flags & 1 else "its T bit is not set"


def _not_reflected(case: Case) -> str:
    return "its T bit is set" if case.chunk.flags & 1 else ""


def _causes(case: Case) -> str:
    return "" if case.chunk.value else "it has no cause"


def _no_causes(case: Case) -> str:
    return "it has a cause" if any(case.chunk.parameters) else ""


def _not_for_its_user(case: Case) -> str:
    asked = any(kind == 12 for kind, _ in case.chunk.parameters)
    return "its program asked for it" if asked else ""


def _answers_init(case: Case) -> str:
    return "" if raw.INIT in case.end.heard else "the last packet was no INIT"


def _silent(case: Case) -> str:
    """Section 8.1: no answer within an RTO, or, as Linux says in its ABORT, the last of several."""
    told = b"exceeded its max_retrans count" in case.chunk.value
    ago = case.since(case.end.heard_at)
    return f"something was heard {ago:.3f} s ago" if ago < min(RTO, case.rto) and not told else ""


def _calling(case: Case) -> str:
    return "" if case.end.calls else "no INIT and no cookie waits for an answer"


def _not_calling(case: Case) -> str:
    return "an INIT or a cookie waits for an answer" if case.end.calls else ""


def _guarded(case: Case) -> str:
    ago = case.since(case.end.closing)
    return "" if case.end.closing is not None and ago >= GUARD else f"the shutdown began {ago:.3f} s ago"


def _answers_init_ack(case: Case) -> str:
    return "" if raw.INIT_ACK in case.end.heard else "the last packet was no INIT ACK"


# --- extensions


def _gives_up(case: Case) -> str:
    """RFC 3758, section 3.5, C: sent when the Advanced.Peer.Ack.Point is past the Cumulative TSN Ack."""
    cumulative = case.end.cumulative
    passed = cumulative is None or before(cumulative, case.chunk.tsn) or case.chunk.tsn in case.end.gave_up
    just = case.since(case.end.came.get(raw.SACK)) < NOW
    return "" if passed or just else "everything up to it was acknowledged"


def _forwards(case: Case) -> Sequence[float]:
    return case.end.forwards.get(case.chunk.value, ())


def _new_forward(case: Case) -> str:
    return "it was sent before" if _forwards(case) else ""


def _lacks(case: Case) -> str:
    cumulative = case.end.cumulative
    lacks = cumulative is None or before(cumulative, case.chunk.tsn)
    return "" if lacks else f"the Cumulative TSN Ack is {cumulative} already"


def _no_sack_now(case: Case) -> str:
    return "a SACK has just come" if case.since(case.end.came.get(raw.SACK)) < 0.0015 else ""


def _sack_came(case: Case) -> str:
    ago = case.since(case.end.came.get(raw.SACK))
    return "" if _forwards(case) and ago < NOW else f"a SACK came {ago:.3f} s ago"


def _parameter(kind: int, *results: int) -> Rule:
    def rule(case: Case) -> str:
        for one, value in case.chunk.parameters:
            if one == kind and (not results or int.from_bytes(value[4:8], "big") in results):
                number = int.from_bytes(value[:4], "big")
                if kind == 16 and case.whole and number not in case.end.requests:
                    return f"no request {number} came"
                return ""
        return "it has no such parameter"

    return rule


def _serial_came(case: Case) -> str:
    return "" if case.chunk.tsn in case.end.serials or not case.whole else "no such ASCONF came"


_FORWARDS = ("FORWARD TSN", "I-FORWARD-TSN")
_FORWARD_RULES = {
    "": _all(_gives_up, _new_forward),
    "/again": _all(lambda case: _timed(_forwards(case), case), _lacks, _no_sack_now),
    "/again soon": _all(lambda case: _early(_forwards(case), case), _lacks, _no_sack_now),
    "/behind": _all(_sack_came, _lacks),
    "/acknowledged": lambda case: "" if _lacks(case) else "it was not acknowledged",
    "/unseen": _unseen,
}
_WHOLE = _all(_first_try, _in_order, _flags(3, 3))
_BY_TIMER = _all(_again, _ran_out, _not_reported_now, _earliest)
_FAST = _all(_again, _reported, _begins_recovery)
_RECOVERY = _all(_again, _reported, _in_recovery)
_PROBE = _all(_first_try, _does_not_fit, _alone, _not_joined)
_PROBE_AGAIN = _all(_again, _was_probe, _does_not_fit, _alone)
_SACK = _all(_no_gaps, _open, _no_duplicates)

RULES: dict[str, Rule] = {
    "INIT": _new_init,
    "INIT/again": _init_again,
    "INIT/again soon": _init_soon,
    "INIT/again heard": _all(_init_timed, _heard),
    "INIT/unseen": _unseen,
    "INIT ACK": _all(_not_a_copy(raw.INIT), _answers(raw.INIT), _has("")),
    "INIT ACK/up": _all(_not_a_copy(raw.INIT), _answers(raw.INIT), _has("up")),
    "INIT ACK/set-up": _all(_not_a_copy(raw.INIT), _answers(raw.INIT), _has("set-up")),
    "INIT ACK/copy": _copy(raw.INIT),
    "COOKIE ECHO": _new_cookie,
    "COOKIE ECHO/data": _all(_new_cookie, _with_data),
    "COOKIE ECHO/again": _cookie_again,
    "COOKIE ECHO/again soon": _cookie_soon,
    "COOKIE ECHO/again heard": _all(_cookie_again, _heard),
    "COOKIE ECHO/unseen": _unseen,
    "COOKIE ACK": _all(
        _not_a_copy(raw.COOKIE_ECHO), _answers(raw.COOKIE_ECHO), _has("", "set-up"), _one_cookie
    ),
    "COOKIE ACK/restart": _all(_not_a_copy(raw.COOKIE_ECHO), _answers(raw.COOKIE_ECHO), _has("up")),
    "COOKIE ACK/again": _all(_not_a_copy(raw.COOKIE_ECHO), _answers(raw.COOKIE_ECHO), _has("up")),
    "COOKIE ACK/late": _all(_answers(raw.COOKIE_ECHO), _several_cookies, _inexact),
    "COOKIE ACK/copy": _copy(raw.COOKIE_ECHO),
    "DATA": _all(_WHOLE, _flags(12, 0), _exact, _fits),
    "DATA/first seen": _all(_WHOLE, _flags(12, 0), _set_up_seen),
    "DATA/first seen midway": _all(
        _WHOLE, _flags(12, 0), lambda case: "" if _set_up_seen(case) else "its set-up was seen"
    ),
    "DATA/fast": _FAST,
    "DATA/recovery": _RECOVERY,
    "DATA/timeout": _all(_BY_TIMER, _same_address),
    "DATA/timeout elsewhere": _all(_BY_TIMER, _elsewhere),
    "DATA/early": _all(_again, _same_address, _ran_early, _not_reported_now, _earliest),
    "DATA/marked": _all(_again, _marked),
    "DATA/soon": _soon,
    "DATA/acknowledged": _acknowledged,
    "DATA/twice": _all(_inexact, _soon),
    "DATA/unseen": _unseen,
    "DATA/probe": _PROBE,
    "DATA/probe again": _all(_PROBE_AGAIN, _waited),
    "DATA/probe again soon": _all(_PROBE_AGAIN, _soon),
    "DATA/opened": _all(_again, _was_probe, _fits),
    "DATA/beyond": _all(_first_try, _does_not_fit, _beside_others),
    "DATA/fills": lambda case: _first_try(case) or ("" if _in_order(case) else "no higher TSN was sent"),
    "DATA/unordered": _all(_WHOLE, _flags(4, 4)),
    "DATA/first part": _all(_first_try, _in_order, _flags(3, 2)),
    "DATA/part": _all(_first_try, _in_order, _flags(3, 0)),
    "DATA/last part": _all(_first_try, _in_order, _flags(3, 1)),
    "DATA/immediate": _all(_WHOLE, _flags(12, 8)),
    "I-DATA": _first_try,
    "I-DATA/fast": _FAST,
    "I-DATA/recovery": _RECOVERY,
    "I-DATA/timeout": _all(_BY_TIMER, _same_address),
    "I-DATA/timeout elsewhere": _all(_BY_TIMER, _elsewhere),
    "I-DATA/early": _all(_again, _same_address, _ran_early, _not_reported_now, _earliest),
    "I-DATA/marked": _all(_again, _marked),
    "I-DATA/soon": _soon,
    "I-DATA/acknowledged": _acknowledged,
    "I-DATA/twice": _all(_inexact, _soon),
    "I-DATA/unseen": _unseen,
    "I-DATA/probe": _PROBE,
    "I-DATA/probe again": _all(_PROBE_AGAIN, _waited),
    "I-DATA/probe again soon": _all(_PROBE_AGAIN, _soon),
    "SACK": _all(_SACK, _all_came, _none_given_up),
    "SACK/given up": _all(_SACK, _all_came, _given_up),
    "SACK/gaps": _all(_gaps, _at_once),
    "SACK/gaps before": _gaps,
    "SACK/filled": _all(_SACK, _had_gaps, _gap_filled, _newest_fills, _at_once),
    "SACK/filled before": _all(_SACK, _had_gaps, _gap_filled, _not_for_the_newest),
    "SACK/duplicates": _all(_no_gaps, _open, _twice),
    "SACK/duplicates given up": _all(_no_gaps, _open, _given_up),
    "SACK/closed": _all(_no_gaps, _closed),
    "SACK/probe taken": _all(_no_gaps, _takes_probe),
    "SACK/update": _all(_SACK, _more_room),
    "NR-SACK": _always,
    "HEARTBEAT": _idle,
    "HEARTBEAT/again": _beat_missed,
    "HEARTBEAT/soon": _busy,
    "HEARTBEAT ACK": _beat_came,
    "ECNE": _always,
    "CWR": _always,
    "SHUTDOWN": _all(_first_shutdown, _all_acknowledged),
    "SHUTDOWN/again": lambda case: _timed(_shutdown_times(case), case),
    "SHUTDOWN/again soon": lambda case: _early(_shutdown_times(case), case),
    "SHUTDOWN/at once": _all(_shutdown_again, _since_closing, _at_once),
    "SHUTDOWN/answers": _all(_other_cumulative, _since_closing),
    "SHUTDOWN/unseen": _unseen,
    "SHUTDOWN ACK": _all(_first_agreed, _asked_to_close, _all_acknowledged),
    "SHUTDOWN ACK/answers": _all(_agreed_before, _asked_at_once),
    "SHUTDOWN ACK/again": _all(_agreed_timed, _unasked),
    "SHUTDOWN ACK/again soon": _all(_agreed_early, _unasked),
    "SHUTDOWN ACK/unseen": _unseen,
    "SHUTDOWN COMPLETE": _all(_not_reflected, _agreement_came),
    "SHUTDOWN COMPLETE/crossing": _all(_not_reflected, _agreement_came, _agreed_before),
    "SHUTDOWN COMPLETE/reflected": _all(_reflected, _agreement_came),
    "ABORT": _all(_causes, _not_reflected),
    "ABORT/refuses": _answers_init,
    "ABORT/silence": _all(_not_for_its_user, _silent, _not_calling),
    "ABORT/no set-up": _all(_not_for_its_user, _silent, _calling),
    "ABORT/guard": _all(_no_causes, _guarded),
    "ABORT/reflected": _reflected,
    "ABORT/stray": _all(_no_causes, _answers_init_ack),
    "ABORT/bare": _all(_no_causes, _not_reflected),
    "ERROR": _always,
    **{f"{name}{situation}": rule for name in _FORWARDS for situation, rule in _FORWARD_RULES.items()},
    "RE-CONFIG": lambda case: (
        "it has a request" if any(13 <= kind <= 18 for kind, _ in case.chunk.parameters) else ""
    ),
    **{f"RE-CONFIG/{kind}": _parameter(kind) for kind in (13, 14, 15, 16, 17, 18)},
    "RE-CONFIG/16 done": _parameter(16, 0, 1),
    "RE-CONFIG/16 denied": _parameter(16, 2),
    "RE-CONFIG/16 failed": _parameter(16, 3, 4, 5),
    "RE-CONFIG/16 later": _parameter(16, 6),
    "ASCONF": _always,
    "ASCONF-ACK": _serial_came,
    "AUTH": _always,
    "PAD": _always,
    "UNKNOWN": _always,
    "BROKEN": _always,
    "CUT": lambda case: "" if case.packet.cut else "all of the packet was captured",
}
"""By the key of an explanation in `CHUNKS`; and see `broken`."""


def _cause(kind: int) -> Rule:
    def rule(case: Case) -> str:
        return "" if any(one == kind for one, _ in case.chunk.parameters) else "it has no such cause"

    return rule


_SENTENCES = [
    *((name, one.expert, name) for name, one in CHUNKS.items()),
    *((name, one.expert, f"cause {kind}") for kind, one in CAUSES.items() for name in ("ABORT", "ERROR")),
]
"""The program's sentences as they stand in its source: the chunk they are said of, the text, the key."""


@lru_cache(10_000)
def keys(name: str, text: str) -> tuple[str, ...]:
    """The explanations that a text for experts on a chunk of this name consists of; "?" for another."""
    found = []
    known = [(said, key) for of, said, key in _SENTENCES if of.partition("/")[0] == name]
    while text:
        said, key = max(
            ((said, key) for said, key in known if text.startswith(said)),
            key=lambda one: len(one[0]),
            default=(text, "?"),
        )
        found.append(key)
        text = text[len(said) :].lstrip()
    return tuple(found)


def broken(case: Case, decoded: Decoded, text: str) -> Iterator[str]:
    """Which sentences of a text for experts may not be said, and why."""
    told = keys(name_of(decoded), text)
    if case.chunk.kind == RE_CONFIG:
        for parameter, _ in case.chunk.parameters:
            if 13 <= parameter <= 18 and not any(key.startswith(f"RE-CONFIG/{parameter}") for key in told):
                yield f"parameter {parameter} is not explained"
    for key in told:
        kind, _, number = key.partition("cause ")
        rule = RULES.get(key) if kind else _cause(int(number))
        why = "it has no rule" if rule is None else rule(case)
        if why:
            yield f"{key!r} is said, but {why}"
