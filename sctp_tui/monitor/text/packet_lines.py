"""Packets as lines of text: for users, between the lines of events, and as JSON.

Text that a peer chose has been through `printable`; JSON escapes it by itself.
"""

import msgspec

from sctp_tui.sctp.events import Packet, escaped, to_json
from sctp_tui.sctp.wire.decode import decode
from sctp_tui.sctp.wire.packet import Data, IData

from .chunks import chunk_text
from .units import time_of_day
from .upper_layer.naming import of_chunk
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
    """One JSON object: the event, with `bytes` its length, `vtag` the verification tag, and `chunks`.

    `upper_layer` has the messages of protocols above SCTP that begin in it, where any has a name.
    """
    decoded = decode(packet.data, packet.cut)
    more = {
        "bytes": len(packet.data) + packet.cut,
        "vtag": packet.vtag,
        "chunks": decoded.chunks,
    }
    line = to_json(packet)[:-1] + b"," + _encode(more)[1:]
    ports = decoded.source, decoded.destination
    of_data = (of_chunk(chunk, ports) for chunk in decoded.chunks if isinstance(chunk, Data | IData))
    named = [one for one in of_data if one is not None]
    return line[:-1] + b',"upper_layer":' + escaped(_encode(named)) + b"}" if named else line
