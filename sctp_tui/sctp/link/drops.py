"""Drop rules while they wait for their packets: one may wait in both directions, and on several links."""

from collections.abc import Sequence

from msgspec.structs import replace

from sctp_tui.sctp.wire.chunk_types import BY_LABEL

from .conditions import DropRule


class ActiveRule:
    """A drop rule, and how many packets it still has to drop (`left`; 0: every one).

    `lists` are those in which it waits for them: of both directions, maybe of several links.
    """

    def __init__(self, drop: DropRule) -> None:
        self.drop = drop
        self.lists: list[list[ActiveRule]] = []
        self.left = drop.count
        self.kind = BY_LABEL[drop.chunk]

    def hits(self, packet: bytes) -> bool:
        """Whether a packet is one of them."""
        at, end, stream = 12, len(packet), self.drop.stream
        while at + 4 <= end:
            if packet[at] == self.kind and (
                stream is None or int.from_bytes(packet[at + 8 : at + 10], "big") == stream
            ):
                return True
            at += max(4, int.from_bytes(packet[at + 2 : at + 4], "big") + 3 & ~3)
        return False

    @property
    def rest(self) -> DropRule:
        """The rule for what is left."""
        return replace(self.drop, count=self.left)


class LinkSetting:
    """What several links are set to by one command, `at` a time (s since the epoch).

    A drop rule is one rule of them all, for the first packets on any of them that match it: as is one that is
    in both directions. One for every packet is each link's own.
    """

    def __init__(
        self, at: float, inward: Sequence[DropRule], outward: Sequence[DropRule], *, several: bool
    ) -> None:
        self.at = at
        made = _of_several if several else ActiveRule
        self.inward = [made(drop) for drop in inward]
        common = list(self.inward)
        self.outward = list[ActiveRule]()
        for new in map(made, outward):
            rule = next((rule for rule in common if rule.drop == new.drop), new)
            if rule is not new:
                common.remove(rule)
            self.outward.append(rule)


def _of_several(drop: DropRule) -> ActiveRule:
    return ActiveRule(replace(drop, shared=True) if drop.count else drop)
