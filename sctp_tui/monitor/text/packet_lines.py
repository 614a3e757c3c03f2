"""Packets as lines of text: for users, between the lines of events, and as JSON.

Text that a peer chose has been through `printable`; JSON escapes it by itself.
"""

import msgspec

from sctp_tui.sctp.events import Packet, to_json
from sctp_tui.sctp.wire.decode import decode

from .chunks import chunk_text
from .units import time_of_day
from .verdicts import verdict_text

_encode = msgspec.json.Encoder().encode


def plain(packet: Packet) -> str:
    """Time, direction, peer, chunks, and what the link did to it: `→ 10.0.0.7:5000  SACK cum 7 …`.

    TSNs are as on the wire.
    """
    arrow = "←" if packet.direction == "in" else "→"
    done = verdict_text(packet)
    after = f"  ({done})" if done else ""
    decoded = decode(packet.data, packet.cut)
    chunks = chunk_text(decoded.chunks, ports=(decoded.source, decoded.destination))
    return f"{time_of_day(packet.at)}      -      -  {arrow} {packet.peer}  {chunks}{after}"


def as_json(packet: Packet) -> bytes:
    """One JSON object: the event, with `bytes` its length, `vtag` the verification tag, and `chunks`."""
    more = {
        "bytes": len(packet.data) + packet.cut,
        "vtag": packet.vtag,
        "chunks": decode(packet.data, packet.cut).chunks,
    }
    return to_json(packet)[:-1] + b"," + _encode(more)[1:]
