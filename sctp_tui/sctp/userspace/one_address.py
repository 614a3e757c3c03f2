"""Peers that have more addresses than one, as usrsctp has to see them: by the one that they are reached by.

A peer lists the others in its INIT or INIT ACK (RFC 9260, section 3.3.2.1). usrsctp in conn mode knows no
addresses, and what follows the first of them it does not read: so it missed the peer's extensions, such as
PR-SCTP, and aborted at the first FORWARD TSN.
"""

import struct

from sctp_tui.sctp.wire.parameters import IPV4, IPV6

_CHUNK, _PARAMETERS = 12, 32
"""Where the one chunk of such a packet begins, and in it the parameters."""


def addressless(packet: bytes) -> bytes:
    """An INIT or INIT ACK, alone in its packet, without addresses; zero stands for its checksum.

    Just the packet where there are none. From a parameter on whose length is wrong nothing is touched.
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
