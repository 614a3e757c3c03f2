"""The link between two ends in types: what it is to do to packets on purpose, and what it has done.

`conditioner` does it: it decides when a packet is sent what becomes of it, so that a run can be repeated by
its seed, and what is told of a packet never changes. `syntax` has the text form.
"""

from typing import Literal

import msgspec

from sctp_tui.sctp.field_types import Name

Verdict = Literal["delivered", "delayed", "reordered", "duplicated", "dropped", "refused", "bounced"]
"""What became of a packet: `duplicated` is the copy, `refused` was not let in, or discarded; `bounced` is no
packet more, but tells of one sent before, as far as its octets are known, that it did not get through."""

ROUNDED = 1e-6
"""Seconds by which a packet may arrive sooner than its delay tells: arrivals are in whole microseconds."""


def has_come(arrival: float, now: float) -> bool:
    """Whether what arrives at a time is there by `now`, both in seconds of the link's clock.

    Nobody else makes up for the rounding: done twice, it takes in what comes next, too.
    """
    return arrival <= now + ROUNDED


KEPT_OUT = "the link's time is not the world's: nothing from outside is let in"
"""The reason of a packet that is refused as its sender's time goes on while ours does not."""
WRONG_CHECKSUM, WRONG_TAG = "wrong checksum", "wrong tag"
"""The reasons of those that their receiver discards unseen (RFC 9260, sections 6.8 and 8.5)."""
NOT_READ = "too much came before it that its endpoint has not read yet"
"""The reason of one that there is no room for."""
NOT_SENT = "not sent: "
"""What the reason of one that bounced begins with, where this machine's own kernel did not send it; where it
was sent and ICMP came back, with "ICMP"."""


class DropRule(msgspec.Struct, frozen=True):
    """A drop with an aim: the next `count` packets with such a chunk, 0 for every one.

    `chunk` is its name in the registry (`DATA`, `COOKIE ECHO`), `stream` limits DATA to one stream.
    """

    chunk: Name
    stream: int | None = None
    count: int = 1


class Conditions(msgspec.Struct, frozen=True):
    """What one direction of the link does.

    `loss`, `duplication` and `reordering` are shares of 0 to 1; `delay` and `jitter` (up to so much more or
    less than `delay`) ms; `rate` kbit/s, 0 for no limit; `cut` loses everything.
    """

    loss: float = 0.0
    delay: float = 0.0
    jitter: float = 0.0
    duplication: float = 0.0
    reordering: float = 0.0
    rate: int = 0
    cut: bool = False
    drops: tuple[DropRule, ...] = ()


class LinkCounts(msgspec.Struct, frozen=True):
    """The packets of one direction by their verdicts, since its conditions or the seed were set.

    Copies are `duplicated`.
    """

    delivered: int = 0
    delayed: int = 0
    reordered: int = 0
    duplicated: int = 0
    dropped: int = 0
