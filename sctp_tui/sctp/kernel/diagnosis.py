"""Asks Linux what no socket option tells of an association: the kernel's own view of it, by sock_diag(7)."""

import socket
import struct
from typing import NamedTuple

from msgspec.structs import replace

from sctp_tui.sctp.events import PathLimits, Peer

from . import layout

_NETLINK_SOCK_DIAG, _BY_FAMILY, _REQUEST = 4, 20, 1
_HEADER = struct.Struct("=IHHII")
"""struct nlmsghdr: length, type, flags, sequence, port ID."""
_QUERY = struct.Struct("=BBBxI2s2s16s16sIII")
"""struct inet_diag_req_v2: family, protocol, extensions, states; ports, addresses, interface, cookie."""
_INFO, _INFO_ASKED = 2, 1 << 1  # INET_DIAG_INFO, as an attribute and as an extension
_ANY_COOKIE = 0xFFFFFFFF
_ANSWER = 72  # bytes of struct inet_diag_msg, before the attributes
_SCTP_INFO = struct.Struct("=I44xI116x128si28xI")
"""struct sctp_info of <linux/sctp.h>: tag, the peer's tag, the primary path's address, state and ssthresh."""


class Diagnosis(NamedTuple):
    """The verification tags of an association; its primary path, and ssthresh of that in bytes."""

    local_tag: int
    peer_tag: int
    primary: str
    ssthresh: int

    def with_ssthresh(self, path: PathLimits) -> PathLimits:
        """A path with its ssthresh, if it is the primary one."""
        return replace(path, ssthresh=self.ssthresh) if path.address == self.primary else path


def diagnose(local: Peer, peer: Peer) -> Diagnosis | None:
    """The association between these ends, in the network namespace of the calling thread.

    None where the kernel has none, or does not tell it: its module sctp_diag may be missing, or a container
    may forbid to ask.
    """
    here, there = local.addresses[0], peer.addresses[0]
    family = socket.AF_INET6 if ":" in there else socket.AF_INET
    here = next((one for one in local.addresses if (":" in one) == (":" in there)), here)
    ports = [port.to_bytes(2, "big") for port in (local.port, peer.port)]
    addresses = [_packed(family, one) for one in (here, there)]
    query = _QUERY.pack(
        family, layout.IPPROTO_SCTP, _INFO_ASKED, 0xFFFFFFFF, *ports, *addresses, 0, _ANY_COOKIE, _ANY_COOKIE
    )
    try:
        with socket.socket(socket.AF_NETLINK, socket.SOCK_DGRAM, _NETLINK_SOCK_DIAG) as sock:
            sock.setblocking(False)  # the answer is there as send() returns
            sock.send(_HEADER.pack(_HEADER.size + len(query), _BY_FAMILY, _REQUEST, 0, 0) + query)
            answer = sock.recv(4096)
    except OSError:
        return None
    if _HEADER.unpack_from(answer)[1] != _BY_FAMILY:  # NLMSG_ERROR
        return None
    at = _HEADER.size + _ANSWER
    while at + 4 <= len(answer):
        length, kind = struct.unpack_from("=HH", answer, at)
        if kind == _INFO and length - 4 >= _SCTP_INFO.size:
            ours, theirs, primary, _, ssthresh = _SCTP_INFO.unpack_from(answer, at + 4)
            return Diagnosis(ours, theirs, layout.unpack_address(primary)[0], ssthresh)
        at += max(length + 3 & ~3, 4)
    return None


def _packed(family: int, address: str) -> bytes:
    return socket.inet_pton(family, address.partition("%")[0]).ljust(16, b"\0")
