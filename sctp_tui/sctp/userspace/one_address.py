"""Removes the address list of a multihomed peer from its INIT or INIT ACK, as usrsctp can't read it.

A peer lists its addresses there (RFC 9260, section 3.3.2.1). usrsctp in conn mode has no addresses, and reads
no parameter after the first of them: it would miss the peer's extensions, such as PR-SCTP, and abort at the
first FORWARD TSN.
"""

import struct

from sctp_tui.sctp.wire.parameters import IPV4, IPV6

_CHUNK, _PARAMETERS = 12, 32
"""Offsets in the packet: of its one chunk, and of that chunk's parameters."""


def addressless(packet: bytes) -> bytes:
    """A packet with one INIT or INIT ACK chunk, without its addresses, and with zero for its checksum.

    The same object where there are none. From a parameter with a wrong length on nothing is changed.
    """
    end = min(len(packet), _CHUNK + (packet[_CHUNK + 2] << 8 | packet[_CHUNK + 3]))
    kept, taken, at = [packet[:_PARAMETERS]], 0, _PARAMETERS
    while at + 4 <= end:
        kind, length = struct.unpack_from("!HH", packet, at)
        if length < 4 or at + length > end:
            break
        after = min(at + (length + 3 & ~3), end)
        if kind in (IPV4, IPV6):
            taken += after - at
        else:
            kept.append(packet[at:after])
        at = after
    if not taken:
        return packet
    kept.append(packet[at:end])
    made = bytearray().join(kept)
    struct.pack_into("!H", made, _CHUNK + 2, len(made) - _CHUNK)
    struct.pack_into("!I", made, 8, 0)
    return bytes(made) + bytes(-len(made) % 4)
