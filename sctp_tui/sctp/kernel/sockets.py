"""A one-to-many socket with the options that an endpoint needs, and one branched off it."""

import os
import socket
from contextlib import suppress

from sctp_tui.sctp.endpoint import EndpointOptions, SctpError

from . import layout, setting
from .library import Library
from .syscalls import getsockopt

SEND_BUFFER = 4 * 1024 * 1024
"""Bytes asked for; the kernel may give fewer, and no message can be longer than what it gives."""
RECEIVE_BUFFER = 2 * 1024 * 1024
"""Bytes asked for; for all associations of an endpoint together, where net.sctp.rcvbuf_policy is 0."""


def open_socket(library: Library, family: int, options: EndpointOptions) -> socket.socket:
    """A new socket, neither bound nor connected. Raises `SctpError`, and OSError."""
    sock = library.one_to_many(family, options.autoclose)
    try:
        _set_up(sock, options)
    except (OSError, SctpError):
        sock.close()
        raise
    return sock


def branch_off(sock: socket.socket, assoc_id: int) -> socket.socket:
    """Branch an association off to a socket of its own (RFC 6458, section 9.2), with its unread data.

    Raises OSError.
    """
    # Linux takes the association off first, and ends it where no descriptor is left for the new socket.
    os.close(os.dup(sock.fileno()))
    question = layout.PEELOFF_ARG.pack(assoc_id, 0)
    answer = getsockopt(sock.fileno(), layout.PEELOFF, question, len(question))
    branch = socket.socket(fileno=layout.PEELOFF_ARG.unpack(answer)[1])
    branch.set_inheritable(False)
    branch.setblocking(False)
    return branch


def _set_up(sock: socket.socket, options: EndpointOptions) -> None:
    sock.setblocking(False)
    # So that a port can be bound again while its last associations are still shutting down.
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    # Not by pysctp's initparams, which sets the longest timeout of an INIT to the default of attempts: 8 ms.
    streams = options.outbound, options.inbound
    sock.setsockopt(
        layout.IPPROTO_SCTP, layout.INITMSG, layout.INIT_STRUCT.pack(*streams, options.attempts, 0)
    )
    setting.set_parameters(sock.fileno(), 0, options.parameters)
    with suppress(OSError):  # a kernel before 5.4 has it for all sockets, by net.sctp.reconf_enable
        setting.know_reconfig(sock.fileno())
    # Messages of other associations may come between the pieces of a long one, so that none blocks others.
    sock.setsockopt(layout.IPPROTO_SCTP, layout.FRAGMENT_INTERLEAVE, 1)
    sock.setsockopt(layout.IPPROTO_SCTP, layout.RECVRCVINFO, 1)
    try:
        sock.setsockopt(layout.IPPROTO_SCTP, layout.EVENTS, layout.SUBSCRIPTION)
    except OSError:
        sock.setsockopt(layout.IPPROTO_SCTP, layout.EVENTS, layout.OLD_SUBSCRIPTION)
    for forced, plain, size in (
        (layout.SO_SNDBUFFORCE, socket.SO_SNDBUF, SEND_BUFFER),
        (layout.SO_RCVBUFFORCE, socket.SO_RCVBUF, options.receive_buffer or RECEIVE_BUFFER),
    ):
        try:
            sock.setsockopt(socket.SOL_SOCKET, forced, size)
        except PermissionError:  # as much as net.core.wmem_max and rmem_max allow
            sock.setsockopt(socket.SOL_SOCKET, plain, size)
