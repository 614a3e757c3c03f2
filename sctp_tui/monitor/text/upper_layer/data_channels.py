"""DCEP, by which WebRTC opens data channels (RFC 8832)."""

from sctp_tui.sctp.printable import printable

from .named import Named

DCEP = {0x02: "DATA_CHANNEL_ACK", 0x03: "DATA_CHANNEL_OPEN"}
"""The messages by their type (RFC 8832, section 8.2.1)."""
_OPEN = 12  # octets of DATA_CHANNEL_OPEN before the label
_LABEL = 40  # characters of a label that are shown


def dcep(data: bytes, size: int | None) -> Named | None:
    """A message of DCEP by name, DATA_CHANNEL_OPEN with its label."""
    name = DCEP.get(data[0]) if data else None
    if name is None:
        return None
    if name == "DATA_CHANNEL_ACK":
        return Named("DCEP", name) if size == 1 else None
    label, protocol = int.from_bytes(data[8:10], "big"), int.from_bytes(data[10:12], "big")
    end = _OPEN + label + protocol
    if len(data) < _OPEN or (end != size if size is not None else end <= len(data)):
        return None
    text = data[_OPEN : _OPEN + label]
    return Named("DCEP", name, detail=printable(text, _LABEL) if len(text) == label else "")
