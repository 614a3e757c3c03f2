"""Types for the conditions of a link, and for what it did to packets.

`conditioner` applies them; it decides what becomes of a packet when that is sent, so that a seed repeats a
run and the verdict of a packet never changes. `syntax` has the text form.
"""

from typing import Literal

import msgspec

from sctp_tui.sctp.field_types import Name

Verdict = Literal[
    "delivered",
    "seen",
    "delayed",
    "reordered",
    "duplicated",
    "dropped",
    "refused",
    "bounced",
    "unsent",
    "unheard",
]
"""What became of a packet: `duplicated` is the copy, `refused` was not let in, or was discarded; of one
`seen` in a capture it is not known."""
AFTERWARDS: tuple[Verdict, ...] = ("bounced", "unsent", "unheard")
"""Verdicts that are no further packet. They say of one sent before, as far as its octets are known, that it
did not get through: ICMP came back, this machine's kernel did not send it, or nobody was there any more."""

ROUNDED = 1e-6
"""Seconds by which a packet may arrive before its `delay` is over, as arrivals are whole microseconds."""


def has_come(arrival: float, now: float) -> bool:
    """Whether a packet that arrives at `arrival` has come by `now`, both in seconds of the link's clock.

    Only here is the rounding allowed for: allowed for twice, the next packet would count as come, too.
    """
    return arrival <= now + ROUNDED


KEPT_OUT = "the link's time is not real time: nothing from outside is let in"
"""The reason for a packet refused as its sender's time goes on while the link's is slow or stopped."""
DISCARDED = WRONG_CHECKSUM, WRONG_TAG = "wrong checksum", "wrong tag"
"""The reasons for packets that their receiver silently discards (RFC 9260, sections 6.8 and 8.5)."""
NOT_READ = "too much came before it that its endpoint has not read yet"
"""The reason for a packet refused by `userspace.unread`."""
DOWN = "its receiver's interface is down"
"""The reason for a packet that does not get into its host."""
CRASHED = "its receiver has crashed"
"""The reason for a packet that nobody is there for."""

UNSEEN = "it was not seen at the other end"
"""The reason for a packet that a capture at its sender has, and one at its receiver has not."""


class DropRule(msgspec.Struct, frozen=True):
    """A drop rule: drop the next `count` packets that have such a chunk, 0 for every one.

    `chunk` is its name in IANA's registry (`DATA`, `COOKIE ECHO`); `stream` limits DATA to one stream. Where
    it is `shared` it is one rule of several links, for the first packets on any of them.
    """

    chunk: Name
    stream: int | None = None
    count: int = 1
    shared: bool = False


class Conditions(msgspec.Struct, frozen=True):
    """What one direction of the link does to packets.

    `loss`, `duplication` and `reordering` are shares of 0 to 1; `delay` and `jitter` (up to so much more or
    less than `delay`) are in ms; `rate` in kbit/s, 0 for no limit; `cut` drops everything. `down`: the
    interface that these packets leave by is down, as by `ip link set down`; none comes in by it either.
    """

    loss: float = 0.0
    delay: float = 0.0
    jitter: float = 0.0
    duplication: float = 0.0
    reordering: float = 0.0
    rate: int = 0
    cut: bool = False
    down: bool = False
    drops: tuple[DropRule, ...] = ()


class LinkCounts(msgspec.Struct, frozen=True):
    """The packets of one direction by verdict, since its conditions or the seed were set.

    `duplicated` counts the copies.
    """

    delivered: int = 0
    delayed: int = 0
    reordered: int = 0
    duplicated: int = 0
    dropped: int = 0
