"""Asks Linux for the SCTP sockets and associations of the whole machine, by sock_diag(7).

No socket of them is needed, and no privilege. What is told is of the network namespace of the calling thread.
"""

import contextlib
import errno
import os
import socket
import struct
import sys
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from . import layout

LISTEN = 10
"""TCP_LISTEN of <netinet/tcp.h>: the state of a row that is a listening socket, not an association."""
MOST_OCTETS = 256 * 1024 * 1024
"""Octets of one dump that are read at most: 300,000 associations and more."""
_NETLINK_SOCK_DIAG, _BY_FAMILY, _REQUEST, _DUMP = 4, 20, 1, 0x300
_ERROR, _DONE = 2, 3
_HEADER = struct.Struct("=IHHII")
"""struct nlmsghdr: length, type, flags, sequence, port ID."""
_QUERY = struct.Struct("=BBBxI2s2s16s16sIII")
"""struct inet_diag_req_v2: family, protocol, extensions, states; ports, addresses, interface, cookie."""
_INFO_ASKED = 1 << 1  # INET_DIAG_INFO as an extension
_ANY, _ANY_COOKIE, _ALL_STATES = b"", 0xFFFFFFFF, 0xFFFFFFFF
_MESSAGE = struct.Struct("=BBxx2s2s16s16sI8xIIIII")
"""struct inet_diag_msg: family, state; ports, addresses, interface; expiry, queues, user ID, inode."""
_ATTRIBUTE = struct.Struct("=HH")
_INFO, _LOCALS, _PEERS = 2, 12, 13
_SOCKADDR, _SOCKADDR_STORAGE = 28, 128  # octets of an address, and of the room for one
_SCTP_INFO = struct.Struct("=III4H12x5I4x14Q128si8I4xIH14xB")
"""struct sctp_info of <linux/sctp.h>, the fields of `SctpInfo`."""
_CHUNK = (
    65536  # octets read at once: the kernel fills up to 32 KiB, and each part of a dump costs it a search
)


class SctpInfo(NamedTuple):
    """What Linux tells of an association. Windows in bytes, counters in chunks, but packets in packets.

    `primary` is a struct sockaddr; what begins with `path_` is of it. `path_srtt` and `path_heartbeat` are in
    jiffies, `path_rto` and `path_sack_delay` in ms. `state` is Linux's enum sctp_state, which begins at 0 for
    CLOSED.
    """

    tag: int
    state: int
    rwnd: int
    unacked: int
    pending: int
    inbound_streams: int
    outbound_streams: int
    errors: int
    max_burst: int
    fragmentation_point: int
    peer_rwnd: int
    peer_tag: int
    sacks_in: int
    sacks_out: int
    packets_out: int
    packets_in: int
    retransmitted: int
    out_of_sequence: int
    duplicates_in: int
    gaps_in: int
    unordered_out: int
    unordered_in: int
    ordered_out: int
    ordered_in: int
    control_out: int
    control_in: int
    primary: bytes
    path_state: int
    path_cwnd: int
    path_srtt: int
    path_rto: int
    path_heartbeat: int
    path_max_retrans: int
    path_sack_delay: int
    path_sack_frequency: int
    path_ssthresh: int
    path_flight: int
    path_errors: int
    nodelay: int


class DiagRow(NamedTuple):
    """One socket, or one association of a socket, which has an `info` with tags and a peer's port.

    Addresses are in the form in which they are shown everywhere.
    """

    state: int
    local_port: int
    peer_port: int
    uid: int
    inode: int
    locals: tuple[str, ...]
    peers: tuple[str, ...]
    info: SctpInfo | None


def dump(family: int) -> Iterator[bytes]:
    """All sockets and associations of a family of addresses, each a message for `parse`.

    Linux searches its table of paths from the start for each socket that has associations, so that a dump
    takes four times as long beside twice as many sockets. No filter of the request spares that; to ask for
    each association by itself, or for none of its numbers, has taken longer beside 1,000 sockets.

    Raises OSError, as with ENOENT where the kernel has no SCTP, and EMSGSIZE beyond `MOST_OCTETS`.
    """
    query = _query(family, _ANY, 0, _ANY, 0)
    with _asked(query, _REQUEST | _DUMP) as sock:
        left = MOST_OCTETS
        while left > 0:
            octets = sock.recv(_CHUNK)
            left -= len(octets)
            for kind, body in messages(octets):
                if kind == _BY_FAMILY:
                    yield body
                    continue
                if kind in (_ERROR, _DONE):
                    _check(body)
                if kind == _DONE:
                    return
        raise OSError(errno.EMSGSIZE, f"more than {MOST_OCTETS:,} octets of sockets")


def ask(family: int, local: str, local_port: int, peer: str, peer_port: int) -> DiagRow | None:
    """The association between these ends, None where there is none.

    Raises OSError where the kernel may not be asked, as a container may forbid it.
    """
    query = _query(family, _packed(family, local), local_port, _packed(family, peer), peer_port)
    with _asked(query, _REQUEST) as sock:
        for kind, body in messages(sock.recv(_CHUNK)):
            if kind == _BY_FAMILY:
                return parse(body)
            if kind == _ERROR:
                with contextlib.suppress(FileNotFoundError):
                    _check(body)
    return None


def messages(octets: bytes) -> Iterator[tuple[int, bytes]]:
    """The type and the body of each netlink message; ends where one is not whole."""
    at = 0
    while at + _HEADER.size <= len(octets):
        length, kind, _, _, _ = _HEADER.unpack_from(octets, at)
        if length < _HEADER.size or at + length > len(octets):
            return
        yield kind, octets[at + _HEADER.size : at + length]
        at += length + 3 & ~3


def parse(message: bytes) -> DiagRow | None:
    """What a message tells; None where it is too short to tell anything."""
    if len(message) < _MESSAGE.size:
        return None
    _, state, local_port, peer_port, _, _, _, _, _, _, uid, inode = _MESSAGE.unpack_from(message)
    info, ends = None, {_LOCALS: list[str](), _PEERS: list[str]()}
    at = _MESSAGE.size
    while at + _ATTRIBUTE.size <= len(message):
        length, kind = _ATTRIBUTE.unpack_from(message, at)
        end = at + length
        if length < _ATTRIBUTE.size or end > len(message):
            break
        start = at + _ATTRIBUTE.size
        if kind == _INFO and end - start >= _SCTP_INFO.size:
            info = SctpInfo(*_SCTP_INFO.unpack_from(message, start))
        elif kind in ends:
            found = (message[one : one + _SOCKADDR] for one in range(start, end, _SOCKADDR_STORAGE))
            ends[kind] = [host for host in map(address, found) if host]
        at = end + 3 & ~3
    return DiagRow(
        state=state,
        local_port=int.from_bytes(local_port),
        peer_port=int.from_bytes(peer_port),
        uid=uid,
        inode=inode,
        locals=tuple(ends[_LOCALS]),
        peers=tuple(ends[_PEERS]),
        info=info,
    )


@lru_cache(maxsize=8192)
def address(sockaddr: bytes) -> str:
    """The host of a struct sockaddr, "" where it has none."""
    return layout.unpack_address(sockaddr)[0]


def _query(family: int, local: bytes, local_port: int, peer: bytes, peer_port: int) -> bytes:
    ports = local_port.to_bytes(2, "big"), peer_port.to_bytes(2, "big")
    return _QUERY.pack(
        family,
        layout.IPPROTO_SCTP,
        _INFO_ASKED,
        _ALL_STATES,
        *ports,
        local,
        peer,
        0,
        _ANY_COOKIE,
        _ANY_COOKIE,
    )


def _asked(query: bytes, flags: int) -> socket.socket:
    """A socket from which the answer can be read."""
    sock = socket.socket(socket.AF_NETLINK, socket.SOCK_DGRAM, _NETLINK_SOCK_DIAG)
    try:
        sock.setblocking(False)  # the answer is there as send() returns, and more of it as that is read
        sock.send(_HEADER.pack(_HEADER.size + len(query), _BY_FAMILY, flags, 0, 0) + query)
    except OSError:
        sock.close()
        raise
    return sock


def _check(body: bytes) -> None:
    """Raise the error in the body of NLMSG_ERROR or NLMSG_DONE, if there is one."""
    number = -int.from_bytes(body[:4], sys.byteorder, signed=True)
    if number > 0:
        raise OSError(number, os.strerror(number))


def _packed(family: int, host: str) -> bytes:
    return socket.inet_pton(family, host.partition("%")[0])
