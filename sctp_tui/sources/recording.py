"""Recordings as a source: the lines of `--record`, or of `serve --json`, are the events that they were.

A line is one event as JSON (`sctp_tui.sctp.events`). What it says is checked: types and fields by msgspec,
and here what whoever folds, keeps and draws events relies on, as anybody may have written the file.
"""

import os
from collections.abc import Iterator
from typing import Any

import msgspec

from sctp_tui import __version__
from sctp_tui.sctp.endpoint import Clock
from sctp_tui.sctp.events import (
    ENDS,
    SCHEMA,
    AnyEvent,
    AssocChange,
    CaptureBegun,
    Counts,
    EndpointClosed,
    Event,
    HostLooked,
    Listening,
    Message,
    Number,
    Observed,
    Opening,
    Packet,
    RecordingBegun,
    from_json,
)
from sctp_tui.sctp.printable import printable

from .octets import Octets, UnreadableSource
from .source import Observation

_LINE = 16 * 1024 * 1024  # octets of a line at most
_PORTION = 2000  # events told of at once
_OCTETS = 4 * 1024 * 1024  # of lines told of at once, at most
_LATEST = 253_402_300_800.0  # s since the epoch: the year 10000
_UPTIME = 1e10  # s of a monotonic clock, 300 years
_LARGEST = 2**63  # a number in an event is less, and of these names less than that
_LIMITS = {
    **dict.fromkeys(("at", "set_at", "line_at"), _LATEST),
    **dict.fromkeys(("mono", "now", "last"), _UPTIME),
    **dict.fromkeys(("port", "udp_port", "local_port"), 2**16),
    **dict.fromkeys(("stream", "ssn"), 2**16),
    **dict.fromkeys(("tsn", "ppid"), 2**32),
}
_OF_CAPTURE = b'{"event":"capture"'
_COUNTED = 20_000  # associations whose messages are counted
_AT_ONCE = 20_000  # associations that have not ended, and endpoints
_NONE = Counts(0.0, 0.0, "", 0, 0, None, 0, 0, 0, 0, 0, 0.0)


class Recording:
    """A file, or a pipe from another machine, with a line for each event. Waits for the first octets.

    A last line without its end, as of a program that was killed, is left out, and counted.
    """

    clock: Clock | None = None

    def __init__(self, name: str, file: Octets) -> None:
        self.names: tuple[str, ...] = (name,)
        self.titles: tuple[str, ...] = ("standard input" if name == "-" else os.path.basename(name),)
        self.errors: list[str] = []
        self.events = self.packets = 0
        """Told of so far."""
        self.done = False
        self.first: int | None = None
        self.last: int | None = None
        self.left_out: dict[str, int] = {}
        self.observed = file.peek(len(_OF_CAPTURE)) == _OF_CAPTURE
        """Whether it is of others' associations: the lines are those of `open --json`, of a capture."""
        self._file = file
        self._line = 0  # the number of the last line read
        self._counts = True  # messages, as no line tells how many there were: those of `serve --json` don't
        self._tally: dict[int, Counts] = {}
        self._live: dict[int, str] = {}  # associations that have not ended, with their endpoints
        self._live_of: dict[str, set[int]] = {}  # those of each endpoint that was ever named

    @property
    def file(self) -> None:
        """None: a packet's octets are in its line, encoded."""

    @property
    def read(self) -> str:
        """How many events and packets were read."""
        return f"{self.events:,} events, {self.packets:,} packets"

    @property
    def tally(self) -> str:
        """How many lines were read, and of what."""
        return f"{self._line:,} lines read, {self.read}"

    @property
    def progress(self) -> float | None:
        """How much of the file was read, 0 to 1; None of a pipe."""
        if self.done:
            return 1.0
        size = self._file.size
        return min(1.0, self._file.consumed / size) if size else None

    @property
    def waits(self) -> bool:
        """Whether it waits for octets; asked by a signal's handler."""
        return self._file.reading

    def portions(self) -> Iterator[Observation]:
        """What the lines tell, in their order, numbers among it."""
        told, octets = list[Event](), 0
        try:
            for line in self._file.lines(_LINE):
                if line is not None and (event := self._event(line)) is not None:
                    self._note(event)
                    told.append(event)
                    octets += len(line)
                    if self._counts and isinstance(event, Message):
                        told.append(self._count(event))
                if told and (line is None or len(told) >= _PORTION or octets >= _OCTETS):
                    yield Observation(told)
                    told, octets = [], 0
        except UnreadableSource as error:
            self.errors.append(str(error))
        self.done = True
        if told:
            yield Observation(told)

    def _count(self, event: Message) -> Counts:
        """The counters of an association with one more message."""
        last = self._tally.pop(event.key, _NONE)
        came, sent = event.direction == "in", event.direction == "out"
        counts = Counts(
            at=event.at,
            mono=event.mono,
            endpoint=event.endpoint,
            key=event.key,
            assoc_id=event.assoc_id,
            peer=event.peer,
            messages_in=last.messages_in + came,
            messages_out=last.messages_out + sent,
            bytes_in=last.bytes_in + came * event.size,
            bytes_out=last.bytes_out + sent * event.size,
            failed=0,
            last=event.mono,
        )
        self._tally[event.key] = counts
        if len(self._tally) > _COUNTED:
            del self._tally[next(iter(self._tally))]
        return counts

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _note(self, event: Event) -> None:
        self.packets += isinstance(event, Packet)
        self.events += not isinstance(event, Packet | Number)
        at = int(event.at * 1e9)
        self.first = at if self.first is None else self.first
        self.last = at if self.last is None else max(self.last, at)

    def _event(self, line: bytes) -> Event | None:
        """What a line tells; None where that is nothing. Raises `UnreadableSource`."""
        self._line += 1
        if not line.strip():
            return None
        try:
            event = from_json(line)
            _check(event)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ValueError) as error:
            if not line.endswith(b"\n"):
                self.left_out = {"last line, cut off": 1}
                return None
            raise UnreadableSource(
                f"{self._file.name}: line {self._line:,} is no event: {printable(str(error), 200)}"
            ) from None
        if (
            isinstance(event, RecordingBegun | Listening | Opening | CaptureBegun | HostLooked)
            and event.schema > SCHEMA
        ):
            raise UnreadableSource(
                f"{self._file.name}: line {self._line:,}: version {printable(event.version, 40)} wrote it, "
                f"with schema {event.schema}; {__version__} reads up to {SCHEMA}: take a newer sctp-tui"
            )
        self._follow(event)
        if isinstance(event, RecordingBegun | Counts):
            self._counts = False
        if isinstance(event, RecordingBegun):
            return None
        # Without an escape, and in ASCII, JSON holds no text that would have to be made printable.
        return event if b"\\" not in line and line.isascii() else _printable(event)

    def _follow(self, event: AnyEvent) -> None:
        """Keep what an event begins or ends. Raises `UnreadableSource` where too much would be kept of it."""
        endpoint = self._live_of.setdefault(event.endpoint, set())
        match event:
            case AssocChange(state=state) if state in ENDS:
                self._ended(event.key)
            case Observed(what="gone" | "left"):
                self._ended(event.key)
            case EndpointClosed():
                for key in list(endpoint):
                    self._ended(key)
            case AssocChange() | Observed() | Opening() | Message() if event.key not in self._live:
                self._live[event.key] = event.endpoint
                endpoint.add(event.key)
            case _:
                pass
        if len(self._live) > _AT_ONCE:
            raise self._too_many("associations that have not ended")
        if len(self._live_of) > _AT_ONCE:
            raise self._too_many("endpoints")

    def _ended(self, key: int) -> None:
        endpoint = self._live.pop(key, None)
        if endpoint is not None:
            self._live_of[endpoint].discard(key)

    def _too_many(self, what: str) -> UnreadableSource:
        return UnreadableSource(
            f"{self._file.name}: line {self._line:,}: more than {_AT_ONCE:,} {what}, which is the limit: "
            "what was read is shown; make a file of some of its lines"
        )


def _check(event: AnyEvent) -> None:
    """Raises ValueError where an event says what none can."""
    _check_numbers(event)
    if isinstance(event, Message) and len(event.data) > event.size:
        raise ValueError(f"size is {event.size}, and {len(event.data)} octets are there")


def _check_numbers(struct: msgspec.Struct) -> None:
    for name in struct.__struct_fields__:
        value = getattr(struct, name)
        kind = value.__class__
        if kind is int or kind is float:
            limit = _LIMITS.get(name, _LARGEST)
            if not 0 <= value < limit:
                raise ValueError(f"{name} is {value}, which is not from 0 to {limit:g}")
        elif kind is tuple:
            for one in value:
                if isinstance(one, msgspec.Struct):
                    _check_numbers(one)
                elif isinstance(one, int) and not 0 <= one < _LARGEST:
                    raise ValueError(f"{name} has {one}, which is not from 0 to {_LARGEST:g}")
        elif isinstance(value, msgspec.Struct):
            _check_numbers(value)


def _printable(value: Any) -> Any:
    """The same with all texts made printable, as those of a live program are."""
    match value:
        case str():
            return printable(value)
        case tuple():
            return tuple(map(_printable, value))
        case msgspec.Struct():
            fields = {name: getattr(value, name) for name in value.__struct_fields__}
            made = {name: _printable(one) for name, one in fields.items()}
            changed = {name: one for name, one in made.items() if one is not fields[name]}
            return msgspec.structs.replace(value, **changed) if changed else value
    return value
