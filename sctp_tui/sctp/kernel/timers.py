"""Infers from Linux's timers and counters how an association ended where its notification doesn't tell."""

from pathlib import Path
from typing import NamedTuple

from . import asking

_TICK = 0.05  # s by which a kernel timer may be early
_DOUBLINGS = 64  # of an RTO, after which it is certainly at its longest


def shortest_silence(fd: int, paths: int) -> float:
    """Seconds of silence after which an association of this socket is given up, at the earliest.

    On each path a HEARTBEAT may be missed in addition to retransmissions, and each counts for the association
    (RFC 9260, section 8.1). Raises OSError.
    """
    _, _, longest, least = asking.rto_info(fd, 0)
    _, retrans = asking.limits_to_come(fd)
    rounds = max(1, (retrans + 1) // (1 + max(1, paths)))
    return _added_up(least, longest, rounds) - _TICK


def tells_before(fd: int) -> bool:
    """Whether a single path becomes UNREACHABLE before the association is lost. Raises OSError."""
    path_retrans, retrans = asking.limits_to_come(fd)
    return path_retrans < retrans


def set_up_takes(fd: int, addresses: int) -> float:
    """Seconds until a set-up without an answer is given up, at the earliest (RFC 9260, section 4: T1-init).

    Raises OSError.
    """
    _, initial, _, _ = asking.rto_info(fd, 0)
    attempts, longest = asking.init_limits(fd)
    if addresses > 1:  # each is tried before T1-init doubles
        return (attempts + 1) * initial / 1000 - _TICK
    return _added_up(initial, longest, attempts + 1) - _TICK


def _added_up(first: int, longest: int, count: int) -> float:
    """The sum in seconds of `count` timeouts (ms), each twice the one before, up to `longest`."""
    doubling = min(count, _DOUBLINGS)
    return (sum(min(first << n, longest) for n in range(doubling)) + (count - doubling) * longest) / 1000


class SctpCounters(NamedTuple):
    """Counts since the machine booted: SCTP packets received, and ICMP destination unreachable messages.

    ICMPv6 parameter problems are among these, as a host without SCTP sends one (RFC 4443, section 3.4).
    """

    packets: int
    unreachable: int


def received_icmp() -> SctpCounters | None:
    """The kernel's counts by now; None where they can't be read."""
    try:
        sctp = _counters(Path("/proc/net/sctp/snmp").read_text())
        names, values = (
            line.split() for line in Path("/proc/net/snmp").read_text().splitlines() if line[:5] == "Icmp:"
        )
        unreachable = int(dict(zip(names, values, strict=True))["InDestUnreachs"])
        v6 = Path("/proc/net/snmp6")
        if v6.exists():
            counted = _counters(v6.read_text())
            unreachable += counted.get("Icmp6InDestUnreachs", 0) + counted.get("Icmp6InParmProblems", 0)
        return SctpCounters(sctp["SctpInSCTPPacks"], unreachable)
    except (OSError, ValueError, KeyError):
        return None


def _counters(text: str) -> dict[str, int]:
    return {name: int(value) for name, value in (line.split() for line in text.splitlines())}
