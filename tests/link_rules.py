"""When it may be said what the link did to a packet, why one was discarded, and what a line between packets
tells: a rule for each entry of `VERDICTS`, `REFUSALS` and `NOTES`, by packets alone.

A rule returns why the sentence isn't so, "" where it holds.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from sctp_tui.monitor.trace.timeline import Annotation
from sctp_tui.monitor.why import why
from sctp_tui.monitor.why.chunks import NOTES, REFUSALS, VERDICTS
from sctp_tui.monitor.why.rows import why_note
from sctp_tui.sctp.events import Direction, Packet
from sctp_tui.sctp.link.conditions import CRASHED, DOWN, KEPT_OUT, NOT_READ, UNSEEN, WRONG_CHECKSUM, WRONG_TAG

from . import rawpeer as raw
from .oracle import Chunk, before

_ALONE = (raw.INIT, raw.INIT_ACK, raw.SHUTDOWN_COMPLETE)
_AFTERWARDS = ("bounced", "unsent", "unheard")
_HEADER = 12
_LEAST = 0.006  # s that a packet takes where the link's time is not real time
_BEFORE = 500  # packets before one that are looked at


class Flow:
    """The packets of a conversation, oldest first, with their chunks and the tags that its ends announce."""

    def __init__(self, packets: Sequence[Packet]) -> None:
        self.all = [(one, [Chunk(*chunk) for chunk in raw.chunks(one.data)]) for one in packets]
        self.tags: dict[Direction, set[int]] = {"in": set(), "out": set()}
        for one, chunks in self.all:
            if one.verdict not in ("refused", *_AFTERWARDS):
                self.tags[one.direction].update(c.tsn for c in chunks if c.kind in (raw.INIT, raw.INIT_ACK))

    def wrong(self) -> Iterator[str]:
        """What is said of what the link did to these packets, and isn't so."""
        for at, (packet, chunks) in enumerate(self.all):
            if found := of_packet(Sent(packet, chunks, at, self)):
                yield f"packet {at + 1} of {packet.flow}, {packet.mono:.3f} s: {found}"


class Sent(NamedTuple):
    """A packet with its chunks, and its place in its flow."""

    packet: Packet
    chunks: Sequence[Chunk]
    at: int
    flow: Flow

    @property
    def others(self) -> Direction:
        """The direction of what its receiver sends."""
        return "in" if self.packet.direction == "out" else "out"


Rule = Callable[[Sent], str]


def _always(sent: Sent) -> str:
    return ""


def _at_once(sent: Sent) -> str:
    return f"it takes {sent.packet.delay} s" if (sent.packet.delay or 0.0) > _LEAST else ""


def _held_back(sent: Sent) -> str:
    return "" if sent.packet.delay else "it takes no time"


def _not_captured(sent: Sent) -> str:
    return "its link is not this program's" if sent.packet.captured else ""


def _captured(sent: Sent) -> str:
    return "" if sent.packet.captured else "it was not captured"


def _never_arrives(sent: Sent) -> str:
    """Its receiver never acknowledges DATA of it before another try arrives, nor answers its HEARTBEAT."""
    packet = sent.packet
    asked = {one.value for one in sent.chunks if one.kind == raw.HEARTBEAT}
    waits = {one.tsn for one in sent.chunks if one.is_data and not _arrived(sent, one.tsn)}
    if not asked and not waits:
        return ""
    for later, chunks in islice(sent.flow.all, sent.at + 1, None):
        if later.verdict in _AFTERWARDS or later.verdict == "refused":
            continue
        for chunk in chunks:
            if later.direction == packet.direction:
                asked -= {chunk.value} if later.verdict != "dropped" else set()
                if chunk.kind in (192, 194, raw.INIT, raw.INIT_ACK, raw.COOKIE_ECHO, raw.COOKIE_ACK):
                    return ""  # given up, or another association
                if chunk.is_data and later.verdict != "dropped":
                    waits.discard(chunk.tsn)
                continue
            if chunk.kind == raw.HEARTBEAT_ACK and chunk.value in asked:
                return "its HEARTBEAT was answered"
            acknowledges = chunk.kind in (raw.SACK, raw.SHUTDOWN)
            if acked := [tsn for tsn in waits if acknowledges and not before(chunk.tsn, tsn)]:
                return f"TSN {acked[0]} was acknowledged"
        if not asked and not waits:
            return ""
    return ""


def _arrived(sent: Sent, tsn: int) -> bool:
    """Whether a try before this one arrives."""
    for earlier, chunks in sent.flow.all[max(0, sent.at - _BEFORE) : sent.at]:
        same = earlier.direction == sent.packet.direction and earlier.verdict not in ("dropped", *_AFTERWARDS)
        if same and any(one.is_data and one.tsn == tsn for one in chunks):
            return True
    return False


def _copy(sent: Sent) -> str:
    packet = sent.packet
    before_it = sent.flow.all[max(0, sent.at - _BEFORE) : sent.at]
    copied = any(one.direction == packet.direction and one.data == packet.data for one, _ in before_it)
    return "" if copied else "no such packet was sent before"


def _malformed(sent: Sent) -> str:
    """RFC 9260, sections 3 and 6.10: no packet, a chunk that is cut short, or one that may not be bundled."""
    data, at = sent.packet.data, _HEADER
    kinds = []
    while at < len(data):
        length = int.from_bytes(data[at + 2 : at + 4], "big")
        if at + 4 > len(data) or length < 4 or at + length > len(data):
            return ""
        kinds.append(data[at])
        at += length + 3 & ~3
    bundled = len(kinds) > 1 and any(kind in _ALONE for kind in kinds)
    return "" if not kinds or bundled else f"its chunks {kinds} are whole"


def _of_one_before(sent: Sent) -> str:
    """What ICMP quotes is the beginning of a packet that was sent."""
    quoted = sent.packet.data[:20]
    found = (one for one, _ in sent.flow.all[: sent.at] if one.verdict not in _AFTERWARDS)
    return "" if any(one.data.startswith(quoted) for one in found) else "no such packet was sent before"


def _wrong_checksum(sent: Sent) -> str:
    data = sent.packet.data
    return "its checksum is right" if raw.checksummed(data) == data else ""


def _wrong_tag(sent: Sent) -> str:
    """RFC 9260, section 8.5: the tag that its receiver announced, or with the T bit that of its sender."""
    packet = sent.packet
    own, other, chunks = sent.flow.tags[packet.direction], sent.flow.tags[sent.others], sent.chunks
    reflected = bool(chunks) and chunks[0].kind in (raw.ABORT, raw.SHUTDOWN_COMPLETE) and chunks[0].flags & 1
    return "its tag is right" if packet.vtag in (own if reflected else other) else ""


def _from_outside(sent: Sent) -> str:
    return "its sender is in this program" if sent.packet.within else ""


LINK_RULES: dict[str, Rule] = {
    "delivered": _at_once,
    "seen": _captured,
    "dropped": lambda sent: _not_captured(sent) or _never_arrives(sent),
    "delayed": lambda sent: _not_captured(sent) or _held_back(sent),
    "reordered": lambda sent: _not_captured(sent) or _held_back(sent),
    "duplicated": _copy,
    "refused": _malformed,
    "bounced": _always,
    "unheard": _of_one_before,
    "unsent": _always,
}
"""By the key of an explanation in `VERDICTS`."""

REFUSAL_RULES: dict[str, Rule] = {
    DOWN: _never_arrives,
    CRASHED: _never_arrives,
    UNSEEN: _never_arrives,
    WRONG_CHECKSUM: _wrong_checksum,
    WRONG_TAG: _wrong_tag,
    KEPT_OUT: _from_outside,
    NOT_READ: _always,
}
"""By the key of an explanation in `REFUSALS`."""


class Line(NamedTuple):
    """A line between packets: its text, and the packets of the conversation."""

    note: Annotation
    packets: Sequence[Packet]


def _came_back(line: Line) -> str:
    bounced = any(one.verdict == "bounced" and one.reason in line.note.text for one in line.packets)
    return "" if bounced else "no ICMP message came"


def _two_tags(line: Line) -> str:
    """Both tags are announced, and the cookie between them was taken."""
    cookies = {
        one.vtag
        for one in line.packets
        if one.verdict not in ("refused", *_AFTERWARDS)
        for kind, *_ in raw.chunks(one.data)
        if kind == raw.COOKIE_ECHO
    }
    taken = any(f"{tag:08x}" in line.note.text for tag in cookies)
    return "" if taken and len(cookies) > 1 else "no second cookie came"


def _two_udp_ports(line: Line) -> str:
    """One end has sent from both UDP ports."""
    told = {int(number) for number in re.findall(r"\d+", line.note.text)}
    for way in ("in", "out"):
        senders = [
            one.local if way == "out" else one.peer
            for one in line.packets
            if one.direction == way and one.verdict not in ("refused", *_AFTERWARDS)
        ]
        if len(told) == 2 and told <= {one.udp_port for one in senders if one is not None}:
            return ""
    return f"no end has sent from UDP ports {sorted(told)}"


def _nothing(line: Line) -> str:
    return ""


NOTE_RULES: dict[str, Callable[[Line], str]] = {
    "link": _nothing,
    "ICMP": _came_back,
    "time": _nothing,
    "another": _two_tags,
    "port": _two_udp_ports,
}
"""By the key of an explanation in `NOTES`."""


_KEYS = {one.expert: key for key, one in (*VERDICTS.items(), *REFUSALS.items())}
"""By the program's sentences as they stand in its source."""


def of_packet(sent: Sent) -> str:
    """Why what is said of what the link did to a packet isn't so, "" where it is."""
    said = why(sent.packet, "expert").text
    key = _KEYS.get(said)
    rule = None if key is None else REFUSAL_RULES.get(key) or LINK_RULES.get(key)
    found = "it has no rule" if rule is None else rule(sent)
    return f"{key!r} is said, but {found}" if found else ""


def of_note(line: Line) -> str:
    """Why what is said of a line between packets isn't so, "" where it is."""
    said = why_note(line.note, "expert").text
    keys = [key for key, one in NOTES.items() if one.expert == said]
    if not keys:
        return f"{said!r} is said"
    found = "it has no rule" if keys[0] not in NOTE_RULES else NOTE_RULES[keys[0]](line)
    return f"{keys[0]!r} is said, but {found}" if found else ""
