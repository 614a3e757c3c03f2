"""Draws a ladder in cells, for the screen and for a text file: two lifelines, and an arrow per packet."""

from collections.abc import Iterator, Sequence
from typing import Literal, get_args

from rich.cells import cell_len

from sctp_tui.monitor.text import units
from sctp_tui.monitor.trace.conversations import Bounce, Conversation, bare
from sctp_tui.monitor.trace.ladder import Ladder, Row
from sctp_tui.monitor.trace.timeline import (
    Annotation,
    HeartbeatRun,
    Line,
    SocketEvent,
    Timeline,
    heartbeats_text,
    text,
)
from sctp_tui.sctp.events import Peer
from sctp_tui.sctp.link.conditions import DISCARDED, has_come
from sctp_tui.tui.widgets.columns import fit

PathLook = Literal["path1", "path2", "path3", "path4"]
Look = Literal["number", "time", "line", "right", "left", "lost", "copy", "mark", "told"] | PathLook
LadderPart = tuple[str, Look]
_MARK: Look = "mark"
_PATHS: tuple[PathLook, ...] = get_args(PathLook)

_NUMBER, _TIME, _DELTA = 5, 10, 9
_WIDE = 100  # cells of width from which on the time since the packet above is shown
THERE, ON_ITS_WAY, INFERRED = "─", "╌", "┈"
"""Shafts: of a packet that has arrived or is lost, of one on its way, of one that is inferred."""
_LEAST = 24  # cells between the lifelines, at least


def margin(width: int) -> int:
    """Cells to the left of the left lifeline."""
    return _NUMBER + 1 + _TIME + 1 + (_DELTA + 1 if width >= _WIDE else 0)


def times(number: int | None, elapsed: float, delta: float | None, width: int) -> Iterator[LadderPart]:
    """The parts in the margin: number, time (s), and, where there is room, the time since the line above."""
    yield f"{'' if number is None else number:>{_NUMBER}} ", "number"
    yield f"{elapsed:>{_TIME}.4f} ", "time"
    if width >= _WIDE:
        yield f"{'' if delta is None else f'{delta:+.4f}':>{_DELTA}} ", "time"


def rightwards(conversation: Conversation, row: Row) -> bool:
    """Whether an arrow goes from the left to the right; the initiator is at the left."""
    return (row.packet.direction == "in") == (conversation.initiator == "peer")


def ends(conversation: Conversation) -> tuple[str, str]:
    """The names of the left and of the right end: the address of the first packet, `+` the others seen.

    What was removed since (ASCONF, RFC 5061) is left out.
    """
    removed = conversation.removed
    had = [one for one in conversation.of_local if ("local", one) not in removed]
    local = f"{conversation.endpoint} {_and_others(conversation.local, had)}"
    had = [one for one in conversation.of_peer if ("peer", one) not in removed]
    peer = _and_others(conversation.named_peer, had)
    return (peer, local) if conversation.initiator == "peer" else (local, peer)


def _and_others(end: Peer, has: Sequence[str]) -> str:
    """`10.1.0.2:5000 +10.2.0.2`: the first address of an end, its port, and the others that it has."""
    first = bare(end.addresses[0]) if end.addresses else ""
    if has and first not in has:
        first, end = has[0], Peer((has[0],), end.port, end.udp_port)
    return " ".join([str(end), *(f"+{address}" for address in has if address != first)])


def head(conversation: Conversation, width: int) -> str:
    """The line above the lifelines."""
    return titles(*ends(conversation), width)


def titles(left: str, right: str, width: int) -> str:
    """The line above the lifelines, for ends of these names."""
    room = max(_LEAST, width - margin(width))
    half = room // 2
    since = f"{'Δt':>{_DELTA}} " if width >= _WIDE else ""
    return f"{'#':>{_NUMBER}} {'Time':>{_TIME}} {since}" + fit(left, half) + fit(right, room - half, "right")


LATE = "sent again, or overtaken"
"""The remark on DATA that is first seen after higher TSNs."""


def again(row: Row, rto: float = 0.0) -> str:
    """How long after the first try: ` after 3 s`, and the RTO (s) that expired, or the time since the last.

    A blank comes first; "" where there was no wait.
    """
    waited, since = units.delay(row.waited), units.delay(row.since)
    said = [f"after {waited}"] if row.waited else []
    if rto:
        said.append(f"RTO {units.delay(rto)}")
    elif row.since and since != waited:
        said.append(f"last try {since} ago")
    return f" {', '.join(said)}" if said else ""


def marks(row: Row, answer: str = "", to: str = "", bounced: Bounce | None = None, rto: float = 0.0) -> str:
    """What is special about a packet, after its chunks: `↻12 fast`, `lost`, `+20 ms`; "" for nothing.

    `answer` says what is wrong with the answer to it; `to` is the address that it goes to, where the
    association has several; `bounced` is why it did not get through; `rto` (s) is that of the timer that
    expired.
    """
    packet = row.packet
    said = list[str]()
    if row.first_try:
        how = " or a copy," if row.twice else " fast" if row.fast else ""
        where = " on another path" if to and row.last_to not in ("", to) else ""
        said.append(f"↻{row.first_try}{how}{where}{again(row, rto)}")
    if row.late:
        said.append(f"? {LATE}")
    if row.probes:
        said.append("window probe")
    if packet.verdict in ("dropped", "refused"):
        reason = packet.reason.removeprefix("the ")  # there is little room
        what = "lost" if packet.verdict == "dropped" else "refused"
        what = "discarded" if packet.reason in DISCARDED else what
        said.append(f"{what}: {reason}" if reason else packet.verdict)
    elif packet.verdict in ("duplicated", "reordered"):
        said.append({"duplicated": "a copy", "reordered": "held back"}[packet.verdict])
    if bounced:
        said.append(bounced_text(bounced))
    elif answer and packet.verdict in ("delivered", "delayed", "seen"):
        said.append(answer)
    if packet.delay:
        said.append(f"+{units.delay(packet.delay)}")
    return ", ".join(said)


def bounced_text(bounced: Bounce) -> str:
    """Why a packet did not get through: `discarded: wrong tag`."""
    what = {"unheard": "lost: ", "refused": "discarded: "}.get(bounced.verdict, "")
    return what + bounced.reason


def parts(timeline: Timeline, line: Line, width: int, now: float = float("inf")) -> Iterator[LadderPart]:
    """One line in `width` cells, part by part; `now` in seconds of the link's clock."""
    ladder, left, whole = timeline.ladder, margin(width), width
    width = max(_LEAST, width - left)
    match line:
        case Row():
            yield from times(line.number, line.elapsed, ladder.delta(line), whole)
            yield from _packet(ladder, line, width, now)
        case HeartbeatRun():
            first = ladder[line.first]
            yield from times(line.first, first.elapsed, ladder.delta(first), whole)
            yield "│" + f" {heartbeats_text(ladder, line, now)} ".center(width - 2, "·") + "│", "line"
        case Annotation():
            yield " " * left + "│", "line"
            yield f" {fit(text(line), width - 4).rstrip()} ".center(width - 2, "┄"), "mark"
            yield "│", "line"
        case SocketEvent():
            here = line.end == ladder.conversation.initiator
            said = fit(f"● {text(line)}" if here else text(line), width - (4 if here else 6)).rstrip()
            yield " " * left + ("├" if here else "│"), "line"
            yield (f" {said}".ljust(width - 2) if here else f"{said} ● ".rjust(width - 2)), "told"
            yield "│" if here else "┤", "line"


def _packet(ladder: Ladder, row: Row, width: int, now: float) -> Iterator[LadderPart]:
    """A packet's arrow; one still on its way has a broken shaft, an open head, and misses no answer yet."""
    there = has_come(row.packet.mono + row.packet.transit, now)
    conversation = ladder.conversation
    path, number = conversation.path(row.packet), conversation.path_number(row.packet)
    yield from arrow(
        fit_label(ladder.label(row)),
        marks(
            row,
            ladder.answer(row, now),
            conversation.path_to(row.packet),
            ladder.bounced(row),
            ladder.rto(row),
        ),
        width,
        via=(f"via {path}", _PATHS[(number - 1) % len(_PATHS)]) if path else None,
        right=rightwards(ladder.conversation, row),
        arrives=ladder.arrives(row),
        look="copy" if row.packet.verdict == "duplicated" else None,
        shaft=THERE if there else ON_ITS_WAY,
    )


def fit_label(text: str) -> str:
    """The label made printable, in full length."""
    return fit(text, cell_len(text)) if not text.isascii() else fit(text, len(text))


def arrow(
    label: str,
    mark: str,
    width: int,
    *,
    right: bool,
    arrives: bool,
    via: LadderPart | None = None,
    look: Look | None = None,
    shaft: str = THERE,
) -> Iterator[LadderPart]:
    """Two lifelines and an arrow between them; where it doesn't arrive, it ends in a cross.

    Behind the label stand the path, `via`, and `mark`.
    """
    look = look or ("lost" if not arrives else "right" if right else "left")
    span = width - 2
    behind, most = list[LadderPart](), span // 2
    for words, its in ((f"{via[0]}," if mark else via[0], via[1]) if via else ("", _MARK), (mark, _MARK)):
        if words := fit(words, min(most, cell_len(words))).rstrip():
            behind.append((words, its))
            most = max(0, most - cell_len(words) - 1)
    taken = sum(cell_len(said) + 1 for said, _ in behind)
    # Cells by which the arrow of a lost packet is short of the other lifeline.
    short = 0 if arrives else min(max(span - 5 - taken - cell_len(label), 3), span // 3)
    room = span - 5 - taken - short  # a dash, a blank before the label and behind, a dash, the head
    said = fit(label, room) if cell_len(label) > room else label
    rest = shaft * (room - cell_len(said) + 1)
    heads = ("▶", "◀") if shaft == THERE else ("▷", "◁")
    head = "✗" if not arrives else heads[0] if right else heads[1]
    if right:
        yield "├", "line"
        yield f"{shaft} {said} ", look
        yield from ((f"{words} ", its) for words, its in behind)
        yield rest + head, look
        yield " " * short + "│", "line"
    else:
        yield "│" + " " * short, "line"
        yield f"{head}{shaft} {said} ", look
        yield from ((f"{words} ", its) for words, its in behind)
        yield rest, look
        yield "┤", "line"
