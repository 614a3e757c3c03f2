"""Programs for the kernel that pass packets of a packet socket, or leave them (classic BPF, linux/filter.h).

Frames are seen from the IP header on.
"""

import struct
from collections.abc import Sequence

_INSTRUCTION = struct.Struct("@HBBI")
_WORD, _HALF, _BYTE, _HALF_AFTER, _BYTE_AFTER, _HEADER = 0x20, 0x28, 0x30, 0x48, 0x50, 0xB1
_EQUAL, _BITS, _RETURN = 0x15, 0x45, 0x06
_ABOUT = 0xFFFFF000  # SKF_AD_OFF: offset of a packet's metadata
_PROTOCOL, _DIRECTION, _INTERFACE, _KIND = _ABOUT, _ABOUT + 4, _ABOUT + 8, _ABOUT + 28
_OUTGOING, _OTHERS = 4, 3  # PACKET_OUTGOING, PACKET_OTHERHOST
_LOOPBACK = 772  # ARPHRD_LOOPBACK
_WHOLE = 0x40000  # octets kept of a packet
_SCTP, _UDP, _FRAGMENT, _ICMP, _ICMPV6 = 132, 17, 44, 1, 58
_QUOTING, _QUOTING_V6 = (3, 4, 11, 12), (1, 2, 3, 4)
"""Types of ICMP messages that quote a packet."""
MOST = 64
"""Interfaces that a program names at most, as jumps have a limit."""

_Step = tuple[int, int, str, str]
"""Operation, operand, and the sections to jump to if a comparison holds and if not; "" is the next step."""
_Sections = dict[str, list[_Step]]


def of_this_machine(udp_port: int) -> bytes:
    """Passes SCTP, and UDP from or to the port, to and from this machine; on loopback only as sent.

    Of a fragmented IP packet only the first fragment passes, as the others have no ports.
    """
    return _program(
        {
            **_begin("elsewhere"),
            "elsewhere": [(_WORD, _DIRECTION, "", ""), (_EQUAL, _OTHERS, "leave", "ip")],
            **_IP,
            "v4": [
                (_HALF, 6, "", ""),
                (_BITS, 0x1FFF, "leave", ""),
                (_BYTE, 9, "", ""),
                (_EQUAL, _SCTP, "keep", ""),
                (_EQUAL, _UDP, "v4 udp", "leave"),
            ],
            "v6": [
                (_BYTE, 6, "", ""),
                (_EQUAL, _SCTP, "keep", ""),
                (_EQUAL, _UDP, "v6 udp", ""),
                (_EQUAL, _FRAGMENT, "", "leave"),
                (_HALF, 42, "", ""),
                (_BITS, 0xFFF8, "leave", ""),
                (_BYTE, 40, "", ""),
                (_EQUAL, _SCTP, "keep", "leave"),
            ],
            **_udp(udp_port),
        }
    )


def of_interfaces(udp_port: int, indices: Sequence[int]) -> bytes:
    """Passes SCTP, UDP from or to the port, and ICMP errors, on interfaces of these indices (none: on all).

    All fragments of such IP packets pass, and those of other UDP, which have no ports. On loopback a packet
    passes once.
    """
    named: list[_Step] = [(_EQUAL, index, "begin", "") for index in indices]
    return _program(
        {
            "": [(_WORD, _INTERFACE, "", ""), *named[:-1], (*named[-1][:3], "leave")] if named else [],
            "begin": _begin("ip")[""],
            **_IP,
            "v4": [
                (_BYTE, 9, "", ""),
                (_EQUAL, _SCTP, "keep", ""),
                (_EQUAL, _UDP, "v4 ports", ""),
                (_EQUAL, _ICMP, "", "leave"),
                (_HEADER, 0, "", ""),
                (_BYTE_AFTER, 0, "", ""),
                *((_EQUAL, kind, "keep", "") for kind in _QUOTING[:-1]),
                (_EQUAL, _QUOTING[-1], "keep", "leave"),
            ],
            "v4 ports": [(_HALF, 6, "", ""), (_BITS, 0x1FFF, "keep", "v4 udp")],
            "v6": [
                (_BYTE, 6, "", ""),
                (_EQUAL, _SCTP, "keep", ""),
                (_EQUAL, _UDP, "v6 udp", ""),
                (_EQUAL, _FRAGMENT, "v6 fragment", ""),
                (_EQUAL, _ICMPV6, "", "leave"),
                (_BYTE, 40, "", ""),
                *((_EQUAL, kind, "keep", "") for kind in _QUOTING_V6[:-1]),
                (_EQUAL, _QUOTING_V6[-1], "keep", "leave"),
            ],
            "v6 fragment": [
                (_BYTE, 40, "", ""),
                (_EQUAL, _SCTP, "keep", ""),
                (_EQUAL, _UDP, "keep", "leave"),
            ],
            **_udp(udp_port),
        }
    )


def _begin(elsewhere: str) -> _Sections:
    """On loopback only what is sent goes on to "ip"; what other interfaces carry goes on `elsewhere`."""
    return {
        "": [
            (_WORD, _KIND, "", ""),
            (_EQUAL, _LOOPBACK, "", elsewhere),
            (_WORD, _DIRECTION, "", ""),
            (_EQUAL, _OUTGOING, "ip", "leave"),
        ]
    }


_IP: _Sections = {
    "ip": [
        (_WORD, _PROTOCOL, "", ""),
        (_EQUAL, 0x0800, "v4", ""),
        (_EQUAL, 0x86DD, "v6", "leave"),
    ]
}


def _udp(port: int) -> _Sections:
    return {
        "v4 udp": [
            (_HEADER, 0, "", ""),
            (_HALF_AFTER, 0, "", ""),
            (_EQUAL, port, "keep", ""),
            (_HALF_AFTER, 2, "", ""),
            (_EQUAL, port, "keep", "leave"),
        ],
        "v6 udp": [
            (_HALF, 40, "", ""),
            (_EQUAL, port, "keep", ""),
            (_HALF, 42, "", ""),
            (_EQUAL, port, "keep", "leave"),
        ],
    }


def _program(sections: _Sections) -> bytes:
    ends: _Sections = {"keep": [(_RETURN, _WHOLE, "", "")], "leave": [(_RETURN, 0, "", "")]}
    places: dict[str, int] = {}
    steps: list[_Step] = []
    for name, section in {**sections, **ends}.items():
        places[name] = len(steps)
        steps += section
    program = b""
    for at, (operation, operand, yes, no) in enumerate(steps, 1):
        jumps = [places[name] - at if name else 0 for name in (yes, no)]
        program += _INSTRUCTION.pack(operation, *jumps, operand)
    return program
