"""Decides what becomes of each packet under the conditions of a link, when it is sent, by seeded chance.

It has neither sockets nor clocks: it takes packets and the time, and gives outcomes. Each direction has
random numbers of its own, and every packet takes the same number of them whatever is set, so that the same
packets have the same outcomes in every run with the same seed.

In this order: a packet is dropped as its receiver's interface is down or the link is cut, by a drop rule, or
by random loss, or as there is no room, on the link or in the queue before a slow one; else it passes the
queue and is delayed, it may be reordered, and it may be duplicated. Jitter alone lets no packet overtake
another. One that is reordered takes so much longer that three packets of its size can overtake it at the
rate set, and at least `HELD_BACK` longer, so that slow traffic is reordered too. It is a time, not a count of
packets, as a packet's arrival has to be known when it is sent.
"""

import random
from collections.abc import Iterable
from typing import NamedTuple

from sctp_tui.sctp.events import Direction

from .conditions import CRASHED, DOWN, ROUNDED, Conditions, DropRule, LinkCounts, Verdict
from .drops import ActiveRule, LinkSetting
from .syntax import drop_in_words, to_text

HELD_BACK = 0.020
"""Seconds by which a reordered packet is late, at least."""
QUEUE = 64 * 1024
"""Bytes of the queue before a link with a rate; a packet that finds it full is dropped."""
OVERHEAD = 20
"""Bytes added to each packet's size: an IPv4 header."""
ROOM = 32 * 1024 * 1024
"""Bytes of memory for packets under way in one direction; beyond it packets are dropped."""


class PacketOutcome(NamedTuple):
    """What becomes of a packet; `reason` is the condition that did it, `delay` its seconds to arrive."""

    verdict: Verdict
    reason: str
    delay: float


_OPPOSITE: dict[Direction, Direction] = {"in": "out", "out": "in"}
_AS_IT_IS = (PacketOutcome("delivered", "", 0.0),)


class _LinkDirection:
    """The conditions, rules and counts of one direction."""

    def __init__(self) -> None:
        self.conditions = Conditions()
        self.rules: list[ActiveRule] = []
        self.counts: dict[Verdict, int] = dict.fromkeys(
            ("delivered", "delayed", "reordered", "duplicated", "dropped"), 0
        )
        self.chance = random.Random()
        self.idle_from = 0.0  # when the queue before the link will be empty
        self.last_arrival = 0.0  # when the packet sent last arrives
        self.words: dict[Verdict, str] = {}
        self.full = ""

    def begin(self, seed: str) -> None:
        self.chance.seed(seed)
        self.counts = dict.fromkeys(self.counts, 0)

    def set(self, conditions: Conditions, rules: list[ActiveRule]) -> None:
        if conditions != self.conditions or [rule.rest for rule in rules] != [
            rule.rest for rule in self.rules
        ]:
            self.counts = dict.fromkeys(self.counts, 0)
        # Packets under way keep their arrival; those sent from now on don't wait for them.
        self.conditions = conditions
        for rule in self.rules:
            rule.lists = [rules for rules in rule.lists if rules is not self.rules]
        self.rules = []
        for rule in rules:
            self.add(rule)
        self.idle_from = self.last_arrival = 0.0
        self.words = {
            "dropped": to_text(Conditions(loss=conditions.loss)),
            "reordered": to_text(Conditions(reordering=conditions.reordering)),
            "duplicated": to_text(Conditions(duplication=conditions.duplication)),
            "delayed": to_text(
                Conditions(delay=conditions.delay, jitter=conditions.jitter, rate=conditions.rate)
            ),
        }
        self.full = f"{ROOM >> 20} MiB are on their way already: " + to_text(
            Conditions(
                delay=conditions.delay,
                jitter=conditions.jitter,
                reordering=conditions.reordering,
                rate=conditions.rate,
            )
        )

    def add(self, rule: ActiveRule) -> None:
        self.rules.append(rule)
        rule.lists.append(self.rules)

    @property
    def takes_time(self) -> bool:
        found = self.conditions
        return bool(found.delay or found.jitter or found.rate or found.reordering)

    @property
    def active(self) -> bool:
        return bool(self.rules) or self.conditions != Conditions(drops=self.conditions.drops)

    @property
    def state(self) -> Conditions:
        found = self.conditions
        return Conditions(
            loss=found.loss,
            delay=found.delay,
            jitter=found.jitter,
            duplication=found.duplication,
            reordering=found.reordering,
            rate=found.rate,
            cut=found.cut,
            down=found.down,
            drops=tuple(rule.rest for rule in self.rules),
        )


def _known(way: _LinkDirection, rules: Iterable[ActiveRule]) -> list[ActiveRule]:
    """Rules to be set: for a shared one that of the direction, which other links have too."""
    left, known = list(way.rules), list[ActiveRule]()
    for rule in rules:
        if not rule.drop.shared:
            known.append(rule)
        elif (found := next((one for one in left if one.rest == rule.drop), None)) is not None:
            left.remove(found)
            known.append(found)
    return known


class Conditioner:
    """Both directions of the links. The same `seed` gives the same packets the same outcomes."""

    def __init__(self, seed: int) -> None:
        self._ways: dict[Direction, _LinkDirection] = {"in": _LinkDirection(), "out": _LinkDirection()}
        self._crashed: set[tuple[Direction, bytes]] = set()  # the way of what they send, and their port
        self._begin(seed)

    def _begin(self, seed: int) -> None:
        self.seed = seed
        for direction, way in self._ways.items():
            way.begin(f"{seed} {direction}")

    def set(
        self,
        inward: Conditions,
        outward: Conditions,
        seed: int | None = None,
        setting: LinkSetting | None = None,
    ) -> None:
        """Set the conditions; `setting` is that of this and other links. With a `seed` all starts anew.

        A drop rule that is in both directions is one rule, for the first packets of either that match it. One
        that is `shared` already stays that rule; where it is used up by now it is left out.
        """
        if seed is not None:
            self._begin(seed)
        own = setting or LinkSetting(0.0, inward.drops, outward.drops, several=False)
        into, out = self._ways["in"], self._ways["out"]
        rules = own.inward, own.outward
        if setting is None:
            rules = _known(into, own.inward), _known(out, own.outward)
        into.set(inward, rules[0])
        out.set(outward, rules[1])

    def drop_next(self, drop: DropRule, setting: LinkSetting | None = None) -> None:
        """Add a drop rule in both directions, for the first packets of either that match it."""
        (rule,) = (setting or LinkSetting(0.0, (drop,), (drop,), several=False)).inward
        for way in self._ways.values():
            if not way.active:
                way.counts = dict.fromkeys(way.counts, 0)  # they are of conditions that are over
            way.add(rule)

    @property
    def active(self) -> bool:
        """Whether any condition is set, or an end has crashed."""
        return bool(self._crashed) or any(way.active for way in self._ways.values())

    def crash(self, direction: Direction, port: int) -> None:
        """The end with this SCTP port, which sends in this direction, has crashed: nothing comes of it, and
        nothing reaches it, until it is `back`.
        """
        self._crashed.add((direction, port.to_bytes(2, "big")))

    def back(self, direction: Direction, port: int) -> None:
        """The end with this port is there again."""
        self._crashed.discard((direction, port.to_bytes(2, "big")))

    def unheard(self, direction: Direction, packet: bytes) -> bool:
        """Whether the receiver of a packet has crashed."""
        return (_OPPOSITE[direction], packet[2:4]) in self._crashed

    def conditions(self, direction: Direction) -> Conditions:
        """The conditions of one direction; a drop rule's count is what is left of it."""
        return self._ways[direction].state

    def counts(self, direction: Direction) -> LinkCounts:
        """The packets of one direction by verdict, since its conditions or the seed were set."""
        return LinkCounts(*self._ways[direction].counts.values())

    def outcomes(
        self, direction: Direction, packet: bytes, now: float, on_the_way: int = 0
    ) -> tuple[PacketOutcome, ...]:
        """What becomes of a packet sent at `now` (seconds), and second, of its copy where it has one.

        Nothing for a packet of an end that has crashed, as it was never sent.
        `on_the_way`: bytes of memory that the packets under way in its direction take.
        """
        if self._crashed:
            if (direction, packet[:2]) in self._crashed:
                return ()
            if self.unheard(direction, packet):
                return (PacketOutcome("dropped", CRASHED, 0.0),)
        way = self._ways[direction]
        chance, set_ = way.chance.random, way.conditions
        draws = chance(), chance(), chance(), chance()
        if (
            (why := DOWN if self._ways[_OPPOSITE[direction]].conditions.down else "")
            or (why := self._dropped(way, packet, draws[0]))
            or (why := way.full if on_the_way >= ROOM and way.takes_time else "")
            or (why := _overrun(way, packet, now))
        ):
            way.counts["dropped"] += 1
            return (PacketOutcome("dropped", why, 0.0),)
        outcomes = _AS_IT_IS
        if way.takes_time:
            outcomes = (_delay(way, packet, now, jitter=draws[1], reordering=draws[2]),)
        way.counts[outcomes[0].verdict] += 1
        if draws[3] < set_.duplication:
            way.counts["duplicated"] += 1
            return (*outcomes, PacketOutcome("duplicated", way.words["duplicated"], outcomes[0].delay))
        return outcomes

    def _dropped(self, way: _LinkDirection, packet: bytes, draw: float) -> str:
        if way.conditions.cut:
            return "the link is cut"
        for rule in way.rules:
            if rule.hits(packet):
                if rule.left == 1:
                    for rules in rule.lists:
                        rules.remove(rule)
                    rule.lists.clear()
                elif rule.left:
                    rule.left -= 1
                return drop_in_words(rule.drop)
        if draw < way.conditions.loss:
            return way.words["dropped"]
        return ""


def _overrun(way: _LinkDirection, packet: bytes, now: float) -> str:
    """Why a packet finds no room in the queue before a slow link; "" where it does, and it is put there."""
    rate = way.conditions.rate
    if not rate:
        return ""
    start, size = max(now, way.idle_from), len(packet) + OVERHEAD
    if (start - now) * rate * 125 + size > QUEUE:
        return f"{QUEUE // 1024} KiB wait already: {to_text(Conditions(rate=rate))}"
    way.idle_from = start + size / (rate * 125)
    return ""


def _delay(
    way: _LinkDirection, packet: bytes, now: float, *, jitter: float, reordering: float
) -> PacketOutcome:
    set_ = way.conditions
    due = max(now, way.idle_from) + max(0.0, set_.delay + set_.jitter * (2 * jitter - 1)) / 1000
    due = max(due, way.last_arrival)
    if reordering < set_.reordering:
        held = HELD_BACK + (3 * (len(packet) + OVERHEAD) / (set_.rate * 125) if set_.rate else 0.0)
        return PacketOutcome("reordered", way.words["reordered"], due - now + held)
    way.last_arrival = due
    if due - now < ROUNDED:  # it arrives right behind another one, at the same time as far as that is told
        return _AS_IT_IS[0]._replace(delay=due - now)
    return PacketOutcome("delayed", way.words["delayed"], due - now)
