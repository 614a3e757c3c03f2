"""What Linux's timers and counters prove of an end that it does not explain."""

from pathlib import Path
from typing import NamedTuple

from . import asking

_TICK = 0.05  # s by which a timer of the kernel may differ
_DOUBLINGS = 64


def shortest_silence(fd: int, paths: int) -> float:
    """Seconds of silence after which an association of this socket is given up, at the soonest.

    On each path a HEARTBEAT may be missed beside what is sent again, and each miss counts (RFC 9260, section
    8.1). Raises OSError.
    """
    _, _, longest, least = asking.rto_info(fd, 0)
    _, retrans = asking.limits_to_come(fd)
    rounds = max(1, (retrans + 1) // (1 + max(1, paths)))
    return _added_up(least, longest, rounds) - _TICK


def tells_before(fd: int) -> bool:
    """Whether the only path is UNREACHABLE before the association is lost. Raises OSError."""
    path_retrans, retrans = asking.limits_to_come(fd)
    return path_retrans < retrans


def set_up_takes(fd: int, addresses: int) -> float:
    """Seconds in which nobody answers the INITs, at the soonest (RFC 9260, section 4). Raises OSError."""
    _, initial, _, _ = asking.rto_info(fd, 0)
    attempts, longest = asking.init_limits(fd)
    if addresses > 1:  # each is tried before T1-init doubles
        return (attempts + 1) * initial / 1000 - _TICK
    return _added_up(initial, longest, attempts + 1) - _TICK


def _added_up(first: int, longest: int, count: int) -> float:
    """Seconds of so many timeouts in ms, each twice the one before."""
    doubling = min(count, _DOUBLINGS)
    return (sum(min(first << n, longest) for n in range(doubling)) + (count - doubling) * longest) / 1000


class SctpCounters(NamedTuple):
    """Since the machine booted: packets of SCTP, and ICMP messages that a destination is unreachable.

    Where it is SCTP that a host does not know, ICMPv6 calls that a parameter problem (RFC 4443, section 3.4).
    """

    packets: int
    unreachable: int


def came() -> SctpCounters | None:
    """What the kernel has counted by now; None where it does not tell."""
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
