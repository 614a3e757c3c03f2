"""What a lesson claims: a place, and what is so there, mostly in the filter's own language.

    at server: text~B1 dir=in before text~A1 dir=in
    table: state=established count=2
    wire: SACK gaps before DATA again
    wire from client 1: DATA count=3
    wire strangers: INIT ACK count=50
    lanes client 1: waited=1 single=4
    states client 1: client=ESTABLISHED server=ESTABLISHED
    paths client 1: active=1

`at` and `wire` count what came since the step began, the others tell what is so now. A packet has come as it
arrives, or is lost. Without `count` at least one has to be there.
"""

import itertools
import re
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, Protocol

from sctp_tui.monitor.associations import Association
from sctp_tui.monitor.filter import language
from sctp_tui.monitor.filter.language import FilterError
from sctp_tui.monitor.monitor import Monitor
from sctp_tui.monitor.trace.conversations import Conversation
from sctp_tui.monitor.trace.ladder import Ladder, Row
from sctp_tui.monitor.trace.send_history import SendReason
from sctp_tui.monitor.trace.streams import StreamQueues
from sctp_tui.sctp.events import Direction
from sctp_tui.sctp.link.conditions import Verdict, has_come
from sctp_tui.sctp.states import STATES
from sctp_tui.sctp.wire.chunk_types import BY_LABEL
from sctp_tui.sctp.wire.packet import Chunk, Data, IData, Sack
from sctp_tui.sctp.wire.packet import name_of as chunk_name

_PLACE = re.compile(r"(?P<place>at|table|wire|lanes|states|paths)(?P<of>[^:]*):\s*(?P<what>.*)")
_COUNT = re.compile(r"\s*\bcount(?P<sign>=|>|<)(?P<number>\d{1,6})")
_ENDS = re.compile(r"server|client \d")
_EQUALS = re.compile(r"([\w-]+)=([\w-]+)")
_BEFORE = re.compile(r"\s+before\s+")
_LABELS = sorted(BY_LABEL, key=len, reverse=True)


class ClaimError(Exception):
    """A text claims nothing that can be checked; the text says what can be."""


class Finding(NamedTuple):
    """Whether a claim holds, and what was found. `packets` are the numbers of those in the ladder."""

    holds: bool
    found: str
    packets: tuple[int, ...] = ()


class Observed(Protocol):
    """What a claim is checked against."""

    monitor: Monitor
    log_from: int
    """The number in the log of the step's first record."""

    def association(self, client: str) -> Association | None:
        """The newest association of a client, at its end."""

    def at_server(self, client: str) -> Association | None:
        """The same at the server's end."""

    def conversation(self, client: str) -> Conversation | None:
        """Its packets."""

    def strangers(self) -> Sequence[Conversation]:
        """The packets between the server and ports that no client has had."""

    def ladder(self, conversation: Conversation) -> Ladder:
        """Their ladder, up to the newest."""

    def packets_from(self, conversation: Conversation) -> int:
        """The number of the first packet of the step."""

    def now(self) -> float:
        """The link's time."""


class Claim(NamedTuple):
    """One claim; `ends` are those that it names."""

    text: str
    ends: frozenset[str]
    check: Callable[[Observed], Finding]


class _Hits(NamedTuple):
    """When each thing was found (any clock), and the packets among them."""

    times: list[float]
    packets: list[int]


_Find = Callable[[Observed], _Hits]


def parse(text: str) -> Claim:
    """The claim of a text. Raises `ClaimError` with a way out."""
    match = _PLACE.fullmatch(text)
    if match is None:
        raise ClaimError(
            f"{text!r} has no place: begin with `at server:`, `table:`, `wire:`, `lanes client 1:`, …"
        )
    place, of, what = match["place"], match["of"].strip(), match["what"].strip()
    if not what:
        raise ClaimError(f"{text!r} claims nothing: say what is so there")
    ends = frozenset(_ENDS.findall(of))
    if place in ("at", "table", "wire"):
        parts = [_part(place, of, part) for part in _BEFORE.split(what)]
        return Claim(text, ends, lambda observed: _in_order(observed, parts))
    client = of if of in ends and of != "server" else ""
    if not client:
        raise ClaimError(f"{text!r}: whose? write `{place} client 1: …`")
    values = dict(_EQUALS.findall(what))
    if not values or _EQUALS.sub("", what).strip():
        raise ClaimError(f"{text!r}: write {_EXAMPLES[place]}")
    if wrong := sorted(values.keys() - _NUMBERS_OF[place]):
        known = ", ".join(_NUMBERS_OF[place])
        raise ClaimError(f"{text!r}: {place} tell no {wrong[0]!r}: there are {known}")
    if place == "states":
        for state in values.values():
            if state not in STATES:
                raise ClaimError(f"{text!r}: there is no state {state!r}: there are {', '.join(STATES)}")
    elif not all(value.isdecimal() for value in values.values()):
        raise ClaimError(f"{text!r}: give numbers, as in {_EXAMPLES[place]}")
    told = _TOLD[place]
    return Claim(text, ends, lambda observed: _equal(values, told(observed, client)))


class _Part(NamedTuple):
    find: _Find
    sign: str  # "" for at least one
    number: int


def _part(place: str, of: str, text: str) -> _Part:
    count = _COUNT.search(text)
    sign, number = (count["sign"], int(count["number"])) if count is not None else ("", 0)
    what = _COUNT.sub("", text).strip()
    if place == "wire":
        return _Part(_wire(of, what, text), sign, number)
    if (place == "at") != bool(of):
        raise ClaimError(f"{place} {of}: write `at server: …`, `at client 1: …` or `table: …`")
    try:
        parsed = language.parse(f"side={of.replace(' ', '_')} {what}" if of else what)
    except FilterError as error:
        raise ClaimError(f"{text!r}: {error}") from None
    return _Part(_at(parsed) if of else _table(parsed), sign, number)


def _at(parsed: language.Filter) -> _Find:
    def find(observed: Observed) -> _Hits:
        test = parsed.of_log(observed.monitor.associations.get)
        log = observed.monitor.log
        records = range(max(log.first, observed.log_from), log.captured)
        return _Hits([float(one) for one in records if test is None or test(log[one])], [])

    return find


def _table(parsed: language.Filter) -> _Find:
    test = parsed.of_table()

    def find(observed: Observed) -> _Hits:
        rows = observed.monitor.associations.of_servers()
        return _Hits([0.0 for one in rows if test is None or test(one, observed.now())], [])

    return find


def _in_order(observed: Observed, parts: Sequence[_Part]) -> Finding:
    hits = [part.find(observed) for part in parts]
    counted = all(_counts(part, len(one.times)) for part, one in zip(parts, hits, strict=True))
    firsts = [one.times[0] for one in hits if one.times]
    ordered = len(parts) == 1 or (
        len(firsts) == len(parts) and all(a < b for a, b in itertools.pairwise(firsts))
    )
    found = ", then ".join(f"{len(one.times)}" for one in hits) + " found"
    if counted and not ordered:
        found += ", in another order"
    packets = tuple(number for one in hits for number in one.packets)
    return Finding(counted and ordered, found, packets)


def _counts(part: _Part, found: int) -> bool:
    match part.sign:
        case "":
            return found > 0
        case "=":
            return found == part.number
        case ">":
            return found > part.number
        case _:
            return found < part.number


# --- packets


class _Sent(NamedTuple):
    """A chunk of a packet, and why it was sent.

    `pause`: seconds since the packet before it; `path`: its number from 1, 0 where there is one. `fate`:
    its verdict, the last where it was told afterwards.
    """

    row: Row
    chunk: Chunk
    tried: SendReason
    pause: float
    path: int
    fate: Verdict


_NO_ROOM = 1  # octets of a_rwnd: usrsctp tells 1 where it has no room
_ChunkTest = Callable[[_Sent], bool]
_CHUNK_TESTS: Mapping[str, _ChunkTest] = {
    "again": lambda one: bool(one.tried.first_try) and not one.row.twice,
    "fast": lambda one: one.tried.why in ("fast", "recovery"),
    "timeout": lambda one: one.tried.why == "timeout",
    "probe": lambda one: one.tried.room == "probe",
    "gaps": lambda one: isinstance(one.chunk, Sack) and bool(one.chunk.gaps),
    "closed": lambda one: isinstance(one.chunk, Sack) and one.chunk.rwnd <= _NO_ROOM,
    "opens": lambda one: one.row.opens,
    "lost": lambda one: one.fate == "dropped",
    "refused": lambda one: one.fate == "refused",
    "bounced": lambda one: one.fate == "bounced",
    "unordered": lambda one: isinstance(one.chunk, Data | IData) and one.chunk.unordered,
    "whole": lambda one: isinstance(one.chunk, Data | IData) and one.chunk.beginning and one.chunk.ending,
    "bundled": lambda one: len(one.row.chunks) > 1,
}
"""Words beside a chunk's name."""
_NUMBERED: Mapping[str, Callable[[int], _ChunkTest]] = {
    "stream=": lambda number: lambda one: isinstance(one.chunk, Data | IData) and one.chunk.stream == number,
    "ssn=": lambda number: lambda one: isinstance(one.chunk, Data) and one.chunk.ssn == number,
    "path=": lambda number: lambda one: one.path == number,
    "since>": lambda number: lambda one: one.tried.since * 1000 > number,
    "pause>": lambda number: lambda one: one.pause * 1000 > number,
}
"""The same with a number: `since` the last try, and `pause` since the packet before it, in ms."""
_NUMBER = re.compile(r"([a-z]+[=>])(\d{1,6})")


def _wire(of: str, what: str, text: str) -> _Find:
    name = next((one for one in _LABELS if what == one or what.startswith(one + " ")), "")
    if not name:
        raise ClaimError(f"{text!r}: begin with a chunk's name, as in `wire: DATA again`")
    tests: list[_ChunkTest] = []
    for word in what.removeprefix(name).split():
        if (found := _NUMBER.fullmatch(word)) is not None and found[1] in _NUMBERED:
            tests.append(_NUMBERED[found[1]](int(found[2])))
        elif (test := _CHUNK_TESTS.get(word)) is not None:
            tests.append(test)
        else:
            known = [*_CHUNK_TESTS, *(f"{one}N" for one in (*_NUMBERED, "count="))]
            raise ClaimError(f"{text!r}: {word!r} is none of {', '.join(known)}")
    sender = re.fullmatch(r"from (server|client \d)(?: to (client \d))?|(client \d)|strangers|", of)
    if sender is None:
        raise ClaimError(
            f"{text!r}: write `wire:`, `wire client 1:`, `wire from client 1:` or `wire strangers:`"
        )
    whose, to, within = sender.groups()

    def find(observed: Observed) -> _Hits:
        hits = _Hits([], [])
        wanted = [one for one in (whose, to, within) if one and one != "server"]
        clients = wanted or [view.name for view in observed.monitor.endpoints.views.values()]
        found = observed.strangers() if of == "strangers" else map(observed.conversation, clients)
        for conversation in found:
            if conversation is not None:
                _search(observed, conversation, whose or "", name, tests, hits)
        hits.times.sort()
        return hits

    return find


def _search(
    observed: Observed,
    conversation: Conversation,
    whose: str,
    name: str,
    tests: Sequence[_ChunkTest],
    hits: _Hits,
) -> None:
    ladder, now = observed.ladder(conversation), observed.now()
    ours = whose.partition(" ")[0] == conversation.endpoint.partition(" ")[0]
    direction: Direction | None = ("out" if ours else "in") if whose else None
    first = max(ladder.first, observed.packets_from(conversation))
    for row in ladder.rows(first, ladder.seen - first + 1):
        packet = row.packet
        if direction not in (None, packet.direction):
            continue
        if row.arrives and not has_come(packet.mono + packet.transit, now):
            continue
        for at, chunk in enumerate(row.chunks):
            pause, path = ladder.delta(row) or 0.0, conversation.path_number(packet)
            bounced = ladder.bounced(row)
            fate = bounced.verdict if bounced is not None else packet.verdict
            sent = _Sent(row, chunk, row.tried(at), pause, path, fate)
            if chunk_name(chunk) == name and all(test(sent) for test in tests):
                hits.times.append(packet.mono)
                hits.packets.append(row.number)


# --- numbers

_Numbers = Mapping[str, str]


def _equal(wanted: _Numbers, told: _Numbers) -> Finding:
    found = " ".join(f"{name}={told.get(name, '-')}" for name in wanted)
    return Finding(all(told.get(name) == value for name, value in wanted.items()), found)


def _lanes(observed: Observed, client: str) -> _Numbers:
    """Messages that came and had to wait for their stream (`waited`), or would have in a single one."""
    conversation = observed.conversation(client)
    if conversation is None:
        return {}
    queues = StreamQueues()
    queues.fold(conversation.since(0))
    queues.until(observed.now())
    streams = [queue for sending in queues.sending.values() for queue in sending.queues.values()]
    return {
        "waited": str(sum(one.by_stream.count for one in streams)),
        "single": str(sum(one.single_stream.count for one in streams)),
        "waiting": str(sum(len(one.waiting) for one in streams)),
        "messages": str(sum(one.messages for one in streams)),
    }


def _states(observed: Observed, client: str) -> _Numbers:
    """The states of both ends, as the table and the client list have them."""
    association, other = observed.association(client), observed.at_server(client)
    told = {"client": association, "server": other}
    return {name: one.state if one is not None else "CLOSED" for name, one in told.items()}


def _paths(observed: Observed, client: str) -> _Numbers:
    """How many of a client's paths are active, and how many there are; which one data goes to."""
    association = observed.association(client)
    if association is None:
        return {}
    active = [path for path in association.paths if path.state == "ACTIVE"]
    primary = [number for number, path in enumerate(association.paths, 1) if path.primary]
    data_to = [n for n, path in enumerate(association.paths, 1) if path.address == association.data_to]
    return {
        "active": str(len(active)),
        "all": str(len(association.paths)),
        "primary": str(primary[0]) if primary else "-",
        "data": str(data_to[0]) if data_to else "-",
    }


_TOLD: Mapping[str, Callable[[Observed, str], _Numbers]] = {
    "lanes": _lanes,
    "states": _states,
    "paths": _paths,
}
_NUMBERS_OF: Mapping[str, Sequence[str]] = {
    "lanes": ("waited", "single", "waiting", "messages"),
    "states": ("client", "server"),
    "paths": ("active", "all", "primary", "data"),
}
_EXAMPLES: Mapping[str, str] = {
    "lanes": "`lanes client 1: waited=1 single=4`",
    "states": "`states client 1: client=ESTABLISHED server=ESTABLISHED`",
    "paths": "`paths client 1: active=1 all=2 primary=1`",
}
