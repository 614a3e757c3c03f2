"""What became of a packet on its way, in words."""

from ..sctp.events import Packet

_DONE = {
    "delivered": "",
    "dropped": "dropped by the link",
    "refused": "refused on arrival",
    "duplicated": "a copy made by the link",
    "reordered": "held back by the link, so that later ones overtake it",
    "delayed": "delayed by the link",
}


def fate(packet: Packet) -> str:
    """`dropped by the link: the next DATA on stream 1`; "" where it came, and at once."""
    words = [word for word in (_DONE[packet.verdict], packet.reason) if word]
    if packet.delay and packet.verdict not in ("dropped", "refused"):
        words.append(f"{packet.delay * 1000:.6g} ms on its way")
    return ": ".join(words)
