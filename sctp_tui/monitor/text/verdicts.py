"""What became of a packet on its way, as text."""

from sctp_tui.sctp.events import Packet
from sctp_tui.sctp.link.conditions import UNSEEN

from . import units

_DONE = {
    "delivered": "",
    "seen": "",
    "dropped": "dropped by the link",
    "refused": "refused on arrival",
    "bounced": "did not get through",
    "unsent": "did not leave",
    "unheard": "reached nobody",
    "duplicated": "a copy made by the link",
    "reordered": "held back by the link",
    "delayed": "delayed by the link",
}


def verdict_text(packet: Packet) -> str:
    """`dropped by the link: the next DATA on stream 1`; "" where it was delivered without delay."""
    done, reason = _DONE[packet.verdict], packet.reason
    if reason == UNSEEN:
        done = "lost on the way"
    words = f"{done}: {reason}" if done and reason else done or reason
    if not packet.delay or packet.verdict in ("dropped", "refused"):
        return words
    late = units.delay(packet.delay)
    return f"{words}, {late}" if words else late
