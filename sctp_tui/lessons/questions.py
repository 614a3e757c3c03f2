"""Questions on a capture: which packet, which TSN, and why; each is answered by the packets themselves.

A question names a message by its text, not a packet by its number, so that it is the same in each run of the
same scene. Of each kind of `KINDS` one is asked, where the capture has what it is about.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from random import Random
from typing import Annotated

import msgspec

from sctp_tui.monitor.text.chunks import relative
from sctp_tui.sctp.wire.packet import (
    CookieEcho,
    Data,
    Heartbeat,
    HeartbeatAck,
    IData,
    Init,
    Sack,
    name_of,
)
from sctp_tui.sctp.wire.serial import add, distance, le

from .capture import Capture, Message, Sent

LETTERS = "abcd"
"""What choices are called."""
_LISTED = 12  # packets that a reason lists
_OF_NOTE = (
    "INIT ACK",
    "COOKIE ECHO",
    "COOKIE ACK",
    "SHUTDOWN",
    "SHUTDOWN ACK",
    "SHUTDOWN COMPLETE",
    "ABORT",
    "ERROR",
    "FORWARD TSN",
    "RE-CONFIG",
    "ASCONF",
    "ASCONF-ACK",
)


class SheetQuestion(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A question, what is right (`accepted`, the first of which is shown), and why that is so.

    With `choices` the answer is the letter of one of them.
    """

    text: str
    accepted: Annotated[tuple[str, ...], msgspec.Meta(min_length=1)]
    because: str
    choices: tuple[str, ...] = ()

    @property
    def shown(self) -> str:
        """The right answer as text, a choice with its words."""
        right, words = self.accepted[0], dict(zip(LETTERS, self.choices, strict=False))
        return f"{right}, {words[right]}" if right in words else right


# --- the questions

_Ask = Callable[[Capture, Random], SheetQuestion | None]


def asked(capture: Capture, seed: int) -> list[SheetQuestion]:
    """The questions of a sheet, in the order of `KINDS`."""
    # Each kind has numbers of its own: what one of them finds changes no other.
    found = (ask(capture, Random(f"{seed} {kind}")) for kind, ask in KINDS.items())
    return [one for one in found if one is not None]


def _of_message(text: str, answer: Callable[[Capture, Message], tuple[str, str] | None]) -> _Ask:
    """Asks `text` of any message for which there is an `answer`, and a reason."""

    def ask(capture: Capture, random: Random) -> SheetQuestion | None:
        known = ((one, answer(capture, one)) for one in capture.messages)
        found = [(one, told) for one, told in known if told is not None]
        if not found:
            return None
        message, (right, because) = random.choice(found)
        called = capture.called(message) if answer is _again else f"“{message.text}”"
        return SheetQuestion(text.format(called), (right,), because)

    return ask


def _which_chunk(capture: Capture, random: Random) -> SheetQuestion | None:
    firsts: dict[str, Sent] = {}
    for one in capture.sent:
        firsts.setdefault(name_of(one.chunk), one)
    names = [name for name in _OF_NOTE if name in firsts]
    if not names:
        return None
    name = random.choice(names)
    because = f"The type of a chunk in it is {name}."
    return SheetQuestion(f"Which packet has the first {name}?", (str(firsts[name].frame),), because)


_COUNTED = ("INIT", "DATA", "SACK", "HEARTBEAT", "ABORT", "SHUTDOWN", "FORWARD TSN", "RE-CONFIG", "ASCONF")


def _how_many(capture: Capture, random: Random) -> SheetQuestion | None:
    frames: dict[str, set[int]] = {}
    for one in capture.sent:
        frames.setdefault(name_of(one.chunk), set()).add(one.frame)
    names = [name for name in _COUNTED if name in frames]
    if not names:
        return None
    name = random.choice(names)
    found = sorted(frames[name])
    listed = ", ".join(map(str, found[:_LISTED])) + (", …" if len(found) > _LISTED else "")
    text = f"How many packets have a chunk of the type {name}?"
    return SheetQuestion(text, (str(len(found)),), f"These have: {listed}.")


def _which_initial_tsn(capture: Capture, random: Random) -> SheetQuestion | None:
    found = capture.first(Init)
    if found is None or not isinstance(found.chunk, Init):
        return None
    return SheetQuestion(
        "Which initial TSN does the first INIT tell, as it is on the wire?",
        (str(found.chunk.initial_tsn),),
        f"It is the last of the fixed fields of the INIT in packet {found.frame} (RFC 9260, section 3.3.2).",
    )


def _which_bundled(capture: Capture, random: Random) -> SheetQuestion | None:
    data = Counter(one.frame for one in capture.sent if isinstance(one.chunk, Data | IData))
    frames = [frame for frame in sorted(data) if data[frame] > 1]
    if not frames:
        return None
    because = f"It has {data[frames[0]]} of them: they were bundled (RFC 9260, section 6.10)."
    return SheetQuestion("Which packet is the first with several DATA chunks?", (str(frames[0]),), because)


def _which_tag(capture: Capture, random: Random) -> SheetQuestion | None:
    if (echo := capture.first(CookieEcho)) is None:
        return None
    return SheetQuestion(
        "Which verification tag has the packet with the first COOKIE ECHO?",
        (f"0x{echo.row.packet.vtag:08x}",),
        f"It stands in the common header of packet {echo.frame}: the Initiate Tag that its receiver told in "
        "the INIT ACK (RFC 9260, section 8.5).",
    )


def _which_tsn(capture: Capture, random: Random) -> SheetQuestion | None:
    if not capture.messages:
        return None
    one = random.choice(capture.messages)
    because = f"Packet {one.first.frame} has it; counted from the initial TSN it is {one.counted}."
    return SheetQuestion(
        f"Which TSN has the message “{one.text}”?", (str(one.tsn), str(one.counted)), because
    )


def _stream(capture: Capture, one: Message) -> tuple[str, str]:
    return str(one.chunk.stream), f"The Stream Identifier of the DATA chunk in packet {one.first.frame}."


def _ssn(capture: Capture, one: Message) -> tuple[str, str] | None:
    if one.chunk.unordered or not isinstance(one.chunk, Data):
        return None
    return str(one.number), f"It is message {one.number} of stream {one.chunk.stream}, counted from 0."


def _packet(capture: Capture, one: Message) -> tuple[str, str]:
    return str(one.first.frame), f"Its DATA chunk has the TSN {one.tsn}, and the message as its user data."


def _acknowledged(capture: Capture, one: Message) -> tuple[str, str] | None:
    for other in capture.sent:
        chunk, (flow, direction) = other.chunk, other.way
        if (
            isinstance(chunk, Sack)
            and other.frame > one.first.frame
            and flow == one.way[0]
            and direction != one.way[1]
            and le(one.tsn, chunk.cumulative_tsn)
        ):
            return str(
                other.frame
            ), f"Its Cumulative TSN Ack is {chunk.cumulative_tsn}, and covers the TSN {one.tsn}."
    return None


def _which_lost(capture: Capture, random: Random) -> SheetQuestion | None:
    one = capture.only_lost
    if one is None:
        return None
    again = one.tries[1]
    return SheetQuestion(
        "One message did not arrive at the first try. Which one?",
        (one.text,),
        f"Its TSN {one.tsn} is in packet {one.first.frame}, and again in packet {again.frame}.",
    )


def _again(capture: Capture, one: Message) -> tuple[str, str] | None:
    if len(one.tries) < 2:
        return None
    return str(one.tries[1].frame), f"The TSN {one.tsn} of packet {one.first.frame} is there again."


_REASONS = {
    "fast": "Three SACKs had reported it missing",
    "timeout": "The timer T3-rtx had expired",
    "nack": "The receiver had asked for it in an ERROR chunk",
    "twice": "The application had sent it twice",
}


def _why_again(capture: Capture, random: Random) -> SheetQuestion | None:
    known = {"fast": "fast", "timeout": "timeout"}
    found = [one for one in capture.messages if len(one.tries) > 1 and one.tries[1].why in known]
    if not found:
        return None
    one = random.choice(found)
    again = one.tries[1]
    why = known[again.why or ""]
    told = f"{again.row.waited * 1000:,.0f} ms after packet {one.first.frame}"
    because = {
        "fast": f"SACKs with gaps came before packet {again.frame}, and no RTO had passed: {told} "
        "(RFC 9260, section 7.2.4).",
        "timeout": f"Packet {again.frame} came {told}, without three SACKs that had reported it missing "
        "before: an RTO had passed, and T3-rtx expired (RFC 9260, section 6.3.3).",
    }[why]
    return _choice(f"Why was {capture.called(one)} sent again?", _REASONS, why, because, random)


def _which_gap(capture: Capture, random: Random) -> SheetQuestion | None:
    found = _first_gap(capture)
    if found is None:
        return None
    sack, chunk = found
    because = f"It has Gap Ack Blocks; its Cumulative TSN Ack is {chunk.cumulative_tsn}."
    return SheetQuestion("Which packet has the first SACK that reports a gap?", (str(sack.frame),), because)


def _which_missing(capture: Capture, random: Random) -> SheetQuestion | None:
    found = _first_gap(capture)
    if found is None:
        return None
    sack, chunk = found
    tsn = add(chunk.cumulative_tsn, 1)
    accepted = (str(tsn), str(relative(tsn, sack.base.answered)))
    because = f"The first after its Cumulative TSN Ack {chunk.cumulative_tsn}."
    return SheetQuestion("Which is the first TSN that this SACK reports missing?", accepted, because)


def _first_gap(capture: Capture) -> tuple[Sent, Sack] | None:
    for one in capture.sent:
        if isinstance(one.chunk, Sack) and one.chunk.gaps:
            return one, one.chunk
    return None


def _waited(capture: Capture, one: Message) -> tuple[str, str] | None:
    blocking = _blocking(capture, one)
    if blocking is None:
        return None
    return blocking.text, (
        f"Both are of stream {one.chunk.stream}, where SSN {blocking.number} has to be delivered before SSN "
        f"{one.number} (RFC 9260, section 6.6)."
    )


def _blocking(capture: Capture, one: Message) -> Message | None:
    """The message of its stream that came last of those that it had to wait for."""
    mine = one.tracked
    if mine is None or mine.ready_at is None or not mine.waited(False, mine.ready_at):
        return None
    return next(
        (
            other
            for other in capture.lost
            if other.way == one.way
            and (theirs := other.tracked) is not None
            and theirs.stream == mine.stream
            and theirs.place < mine.place
            and theirs.ready_at == mine.ready_at
        ),
        None,
    )


_AT_ONCE = {
    "stream": "It is of another stream",
    "unordered": "It was sent unordered",
    "lower": "Its TSN is lower",
    "sack": "A SACK had acknowledged it",
}


def _why_at_once(capture: Capture, random: Random) -> SheetQuestion | None:
    pairs = [(lost, one) for lost in capture.lost for one in capture.messages if _overtook(one, lost)]
    if not pairs:
        return None
    lost, one = random.choice(pairs)
    other = one.chunk.stream != lost.chunk.stream
    because = (
        f"It is of stream {one.chunk.stream}, “{lost.text}” of stream {lost.chunk.stream}, and there is no "
        "order between streams (RFC 9260, section 6.6)."
        if other
        else "The U bit is set: it belongs to no order (RFC 9260, section 6.6)."
    )
    text = (
        f"“{one.text}” arrived while {capture.called(lost)}, sent before it, was missing. Why could the "
        "receiver's application have it at once?"
    )
    return _choice(text, _AT_ONCE, "stream" if other else "unordered", because, random)


def _overtook(one: Message, lost: Message) -> bool:
    """Whether a message was delivered before one that was lost, for one reason alone."""
    mine, theirs = one.tracked, lost.tracked
    if mine is None or theirs is None or mine.ready_at is None or theirs.ready_at is None:
        return False
    return (
        one.way == lost.way
        and one.counted > lost.counted
        and mine.ready_at < theirs.ready_at
        and one.chunk.unordered != (one.chunk.stream != lost.chunk.stream)
    )


def _fragments(capture: Capture, random: Random) -> SheetQuestion | None:
    begin = next(
        (
            one
            for one in capture.sent
            if isinstance(one.chunk, Data) and one.chunk.beginning and not one.chunk.ending
        ),
        None,
    )
    if begin is None or not isinstance(begin.chunk, Data):
        return None
    first = begin.chunk.tsn
    ends = [
        distance(one.chunk.tsn, first)
        for one in capture.sent
        if isinstance(one.chunk, Data)
        and one.chunk.ending
        and one.way == begin.way
        and distance(one.chunk.tsn, first) > 0
    ]
    if not ends:
        return None
    because = f"From the B bit in packet {begin.frame} to the E bit there are {min(ends) + 1} TSNs in a row."
    text = "Into how many DATA chunks is the first message divided that is longer than a packet?"
    return SheetQuestion(text, (str(min(ends) + 1),), because)


def _heartbeat(capture: Capture, random: Random) -> SheetQuestion | None:
    for beat in capture.sent:
        if not isinstance(beat.chunk, Heartbeat) or isinstance(beat.chunk, HeartbeatAck):
            continue
        for one in capture.sent:
            if (
                one.frame > beat.frame
                and isinstance(one.chunk, HeartbeatAck)
                and one.chunk.info == beat.chunk.info
            ):
                because = f"It brings back the Heartbeat Information of packet {beat.frame}."
                text = "Which packet answers the first HEARTBEAT that is answered?"
                return SheetQuestion(text, (str(one.frame),), because)
    return None


def _choice(text: str, reasons: Mapping[str, str], right: str, because: str, random: Random) -> SheetQuestion:
    names = random.sample(list(reasons), len(reasons))
    return SheetQuestion(text, (LETTERS[names.index(right)],), because, tuple(reasons[one] for one in names))


KINDS: Mapping[str, _Ask] = {
    "chunk": _which_chunk,
    "tag": _which_tag,
    "initial": _which_initial_tsn,
    "count": _how_many,
    "packet": _of_message("Which packet has the message {}, for the first time?", _packet),
    "tsn": _which_tsn,
    "stream": _of_message("On which stream was {} sent?", _stream),
    "ssn": _of_message("Which SSN has {}?", _ssn),
    "acknowledged": _of_message(
        "Which packet has the first SACK that acknowledges {} for good?", _acknowledged
    ),
    "bundled": _which_bundled,
    "fragments": _fragments,
    "heartbeat": _heartbeat,
    "gap": _which_gap,
    "missing": _which_missing,
    "lost": _which_lost,
    "again": _of_message("Which packet has {} for the second time?", _again),
    "why again": _why_again,
    "waited": _of_message("{} had arrived, and had to wait for its stream. For which message?", _waited),
    "why at once": _why_at_once,
}
"""All kinds of questions, in the order in which they are asked."""
