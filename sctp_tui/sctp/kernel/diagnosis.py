"""Asks Linux what no socket option tells of an association: the kernel's own view of it, by sock_diag(7)."""

import socket
from typing import NamedTuple

from msgspec.structs import replace

from sctp_tui.sctp.events import PathLimits, Peer

from . import sock_diag


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
    try:
        found = sock_diag.ask(family, here, local.port, there, peer.port)
    except OSError:
        return None
    if found is None or (info := found.info) is None:
        return None
    return Diagnosis(info.tag, info.peer_tag, sock_diag.address(info.primary[:28]), info.path_ssthresh)
