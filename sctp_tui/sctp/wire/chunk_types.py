"""Chunk types by number and by their names in IANA's registry (RFC 9260, section 3.2).

`packet` has the contents of each, and the RFC that defines it.
"""

from .labelled import LabelledNumber


class ChunkType(LabelledNumber):
    """The first octet of a chunk; `label` is its name, as in `INIT ACK`."""

    DATA = 0x00, "DATA"
    INIT = 0x01, "INIT"
    INIT_ACK = 0x02, "INIT ACK"
    SACK = 0x03, "SACK"
    HEARTBEAT = 0x04, "HEARTBEAT"
    HEARTBEAT_ACK = 0x05, "HEARTBEAT ACK"
    ABORT = 0x06, "ABORT"
    SHUTDOWN = 0x07, "SHUTDOWN"
    SHUTDOWN_ACK = 0x08, "SHUTDOWN ACK"
    ERROR = 0x09, "ERROR"
    COOKIE_ECHO = 0x0A, "COOKIE ECHO"
    COOKIE_ACK = 0x0B, "COOKIE ACK"
    ECNE = 0x0C, "ECNE"
    CWR = 0x0D, "CWR"
    SHUTDOWN_COMPLETE = 0x0E, "SHUTDOWN COMPLETE"
    AUTH = 0x0F, "AUTH"
    NR_SACK = 0x10, "NR-SACK"
    I_DATA = 0x40, "I-DATA"
    ASCONF_ACK = 0x80, "ASCONF-ACK"
    PKTDROP = 0x81, "PKTDROP"
    RE_CONFIG = 0x82, "RE-CONFIG"
    PAD = 0x84, "PAD"
    FORWARD_TSN = 0xC0, "FORWARD TSN"
    ASCONF = 0xC1, "ASCONF"
    I_FORWARD_TSN = 0xC2, "I-FORWARD-TSN"


BY_LABEL = {kind.label: kind for kind in ChunkType}
"""The types by name."""
_LABELS = {kind.value: kind.label for kind in ChunkType}


def chunk_name(kind: int) -> str:
    """The name of a chunk type, or its number where this program doesn't know it."""
    return _LABELS.get(kind) or f"chunk 0x{kind:02x}"
