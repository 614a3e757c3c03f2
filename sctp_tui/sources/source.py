"""What a source is, for whatever shows or prints it: portions of events, and how far it has been read."""

from collections.abc import Iterator
from typing import NamedTuple, Protocol

from msgspec import Struct, field

from sctp_tui.sctp.endpoint import Clock
from sctp_tui.sctp.events import Counts, Event, Packet, Streams
from sctp_tui.sctp.filed import OctetFile


class Wanted(NamedTuple):
    """Whether packets and messages are wanted as events: where they are only counted, they cost less.

    `filed`: packets as `FiledPacket`, whose octets can be read again from the source's `file`.
    """

    packets: bool = True
    messages: bool = True
    filed: bool = False


HOST = "host:"
"""The name of the source that is this machine's kernel."""
EVERYTHING = Wanted()
FOR_A_SCREEN = Wanted(filed=True)


class Observation(Struct):
    """What some packets tell: events in order, each packet before those that it causes.

    `numbers` are the newest of each association that has changed. `until` is when the last of them passed, in
    seconds after the first.
    """

    told: list[Event] = field(default_factory=list)
    numbers: list[Counts | Streams] = field(default_factory=list)
    until: float = 0.0

    @property
    def packets(self) -> list[Packet]:
        """The packets among them."""
        return [one for one in self.told if isinstance(one, Packet)]

    @property
    def events(self) -> list[Event]:
        """All others."""
        return [one for one in self.told if not isinstance(one, Packet)]


class Source(Protocol):
    """Yields the events that an endpoint would, of associations that this program has no socket of.

    `names` are those that it was opened by, `titles` those that it is shown by. `errors` says of each part
    that can't be read to its end why, and where. `clock` is the one that its times are of, None where
    they are of the past, so that the time shown is that of what was read last.
    """

    names: tuple[str, ...]
    titles: tuple[str, ...]
    errors: list[str]
    clock: Clock | None

    @property
    def file(self) -> OctetFile | None:
        """What has the octets of its packets; None where these are in memory only."""

    @property
    def first(self) -> int | None:
        """When it begins, in ns since the epoch; None where that is not known yet."""

    @property
    def last(self) -> int | None:
        """The newest time that was told of, likewise."""

    @property
    def done(self) -> bool:
        """Whether all was read."""

    @property
    def progress(self) -> float | None:
        """How much of it was read, 0 to 1; None where its end is not known."""

    @property
    def waits(self) -> bool:
        """Whether it waits for what comes next; asked by a signal's handler."""

    @property
    def read(self) -> str:
        """What was read of it so far, in a few words: "1,234 packets of SCTP"."""

    @property
    def tally(self) -> str:
        """The same beside what it was read from: "2,000 packets read, 1,234 of SCTP"."""

    @property
    def left_out(self) -> dict[str, int]:
        """How much was left out, by why."""

    def portions(self) -> Iterator[Observation]:
        """What it tells, in portions; each is whole once the next has to be waited for."""

    def close(self) -> None:
        """Close what it reads."""
