"""What the filters in the kernel pass: by a model of their instructions, which the kernel itself accepts."""

import ctypes
import socket
import struct

import pytest

from sctp_tui.sctp.socket_filter import MOST, of_interfaces, of_this_machine

PORT = 45_679


def run(program: bytes, frame: bytes, protocol: int = 0x0800) -> bool:
    """Whether a program passes an IP packet, by a model of the instructions that it has."""
    steps = list(struct.iter_unpack("@HBBI", program))
    about = {0xFFFFF000: protocol, 0xFFFFF004: 0, 0xFFFFF008: 7, 0xFFFFF01C: 1}
    at = value = header = 0
    while True:
        operation, yes, no, operand = steps[at]
        at += 1
        if operation == 0x06:
            return bool(operand)
        if operation == 0x15:
            at += yes if value == operand else no
        elif operation == 0x45:
            at += yes if value & operand else no
        elif operation == 0xB1:
            header = (frame[operand] & 15) * 4
        elif operand in about:
            value = about[operand]
        else:
            size = {0x20: 4, 0x28: 2, 0x30: 1, 0x48: 2, 0x50: 1}[operation]
            begin = operand + (header if operation in (0x48, 0x50) else 0)
            if begin + size > len(frame):
                return False
            value = int.from_bytes(frame[begin : begin + size])
    raise AssertionError


def v4(protocol: int, body: bytes, place: int = 0, options: int = 0) -> bytes:
    head = struct.pack("!BBHHHBBH", 0x45 + options, 0, 20 + len(body), 1, place, 64, protocol, 0)
    return head + bytes(8 + 4 * options) + body


def v6(protocol: int, body: bytes) -> bytes:
    return struct.pack("!IHBB", 6 << 28, len(body), protocol, 64) + bytes(32) + body


def udp(source: int, destination: int) -> bytes:
    return struct.pack("!HHHH", source, destination, 20, 0) + bytes(12)


FRAMES: dict[str, tuple[int, bytes, bool, bool]] = {
    "SCTP": (4, v4(132, bytes(20)), True, True),
    "SCTP, IP options": (4, v4(132, bytes(20), options=3), True, True),
    "a later fragment of SCTP": (4, v4(132, bytes(20), 0x0010), False, True),
    "UDP to the port": (4, v4(17, udp(1, PORT)), True, True),
    "UDP from the port, IP options": (4, v4(17, udp(PORT, 1), options=2), True, True),
    "other UDP": (4, v4(17, udp(1, 2)), False, False),
    "a later fragment of UDP": (4, v4(17, bytes(20), 0x0010), False, True),
    "TCP": (4, v4(6, bytes(20)), False, False),
    "a ping": (4, v4(1, b"\x08" + bytes(30)), False, False),
    "unreachable": (4, v4(1, b"\x03\x02" + bytes(30), options=1), False, True),
    "time exceeded": (4, v4(1, b"\x0b" + bytes(30)), False, True),
    "SCTP in IPv6": (6, v6(132, bytes(20)), True, True),
    "UDP in IPv6 to the port": (6, v6(17, udp(1, PORT)), True, True),
    "other UDP in IPv6": (6, v6(17, udp(1, 2)), False, False),
    "the first fragment of SCTP in IPv6": (6, v6(44, b"\x84\0\0\1" + bytes(20)), True, True),
    "a later one": (6, v6(44, b"\x84\0\0\x11" + bytes(20)), False, True),
    "a later one of UDP": (6, v6(44, b"\x11\0\0\x11" + bytes(20)), False, True),
    "a fragment of TCP": (6, v6(44, b"\x06\0\0\x11" + bytes(20)), False, False),
    "unreachable in IPv6": (6, v6(58, b"\x01\x04" + bytes(30)), False, True),
    "a neighbour": (6, v6(58, b"\x87" + bytes(30)), False, False),
    "a header alone": (4, v4(17, b""), False, False),
}


@pytest.mark.parametrize("what", FRAMES)
def test_what_passes(what: str) -> None:
    version, frame, machine, interface = FRAMES[what]
    protocol = 0x0800 if version == 4 else 0x86DD
    assert run(of_this_machine(PORT), frame, protocol) is machine
    assert run(of_interfaces(PORT, []), frame, protocol) is interface
    assert run(of_interfaces(PORT, [3, 7]), frame, protocol) is interface
    assert run(of_interfaces(PORT, [3]), frame, protocol) is False
    assert run(of_interfaces(PORT, range(1, 1 + MOST)), frame, protocol) is interface


def test_arp_passes_nowhere() -> None:
    assert not run(of_interfaces(PORT, []), bytes(40), 0x0806)


@pytest.mark.parametrize(
    "program", [of_this_machine(PORT), of_interfaces(PORT, []), of_interfaces(PORT, range(MOST))]
)
def test_the_kernel_takes_it(program: bytes) -> None:
    octets = ctypes.create_string_buffer(program, len(program))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        # It checks each instruction and each jump, whatever the socket is.
        sock.setsockopt(
            socket.SOL_SOCKET, 26, struct.pack("@HP", len(program) // 8, ctypes.addressof(octets))
        )
