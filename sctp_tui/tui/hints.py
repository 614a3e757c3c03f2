"""The command that, typed in another terminal, makes an association appear here."""

import ipaddress
import os
import shlex
import shutil
import socket
import sys
from contextlib import suppress

from sctp_tui.monitor.endpoints import EndpointView
from sctp_tui.sctp.endpoint import UDP_PORT, Clock, StackUnavailable
from sctp_tui.sctp.events import StackName
from sctp_tui.sctp.hostport import format_hostport
from sctp_tui.sctp.stack_registry import ANYWHERE, STACKS, TRAITS
from sctp_tui.sctp.stacks import open_stack


def program() -> str:
    """How this program is started from a shell here: by name where it is on the path, else by path."""
    started = sys.argv[0]
    name = os.path.basename(started)
    if name.startswith("__main__"):
        return f"{shlex.quote(sys.executable)} -m sctp_tui"
    return name if shutil.which(name) else shlex.quote(started)


def in_lab() -> bool:
    """Whether this is the guest of `sctp-tui lab`, which nobody reaches from outside."""
    return "SCTP_TUI_IN_LAB" in os.environ


def own_address(server: EndpointView) -> str:
    """An address at which this server is reached; of a wildcard's, one of this machine's own."""
    address = ipaddress.ip_address(server.addresses[0])
    return machine_address(address.version) if address.is_unspecified else str(address)


def machine_address(version: int) -> str:
    """This machine's address as seen by others; the loopback where it has no other."""
    if version == 4:
        family, far, loopback = socket.AF_INET, "192.0.2.1", "127.0.0.1"
    else:
        family, far, loopback = socket.AF_INET6, "2001:db8::1", "::1"
    # Connecting a UDP socket sends nothing: the kernel only chooses the address it would send from.
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((far, UDP_PORT))
            return str(probe.getsockname()[0])
    except OSError:
        return loopback


def usual_stack() -> StackName:
    """The stack that `send` chooses by itself on this machine."""
    for name in STACKS:
        if name != ANYWHERE:
            with suppress(StackUnavailable):
                open_stack(name, Clock()).close()
                return name
    return ANYWHERE


def send_line(command: str, server: EndpointView, usual: StackName) -> str:
    """`sctp-tui send 127.0.0.1:9877 hello`, with what that server needs beside the defaults.

    A stack that not every machine has is always named: where it is missing `send` then says so, and does not
    time out.
    """
    words = [command, "send"]
    if not server.stack == usual == ANYWHERE:
        words.append(f"--stack {server.stack}")
    if server.stack and TRAITS[server.stack].own_udp_port and server.udp_port not in (None, UDP_PORT):
        words.append(f"--udp-port {server.udp_port}")
    return " ".join([*words, format_hostport(own_address(server), server.port), "hello"])
