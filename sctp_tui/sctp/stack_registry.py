"""The names of the stacks, and in what they differ.

Imports no stack, as names and traits are needed where none is installed, too. What a stack can do is looked
up here, never inferred from its name. To add a stack: a package of its own, and a name and a row here.
"""

from collections.abc import Iterable
from typing import Literal, NamedTuple, get_args

StackName = Literal["kernel", "userspace"]
STACKS: tuple[StackName, ...] = get_args(StackName)
"""All stacks; `auto` tries them in this order."""
ANYWHERE: StackName = "userspace"
"""The one that needs nothing of the machine's kernel."""
Wanted = Literal["auto", StackName, "all"]
"""A user's choice: one stack, `auto` for the first that works, `all` for every one that works."""


class StackTraits(NamedTuple):
    """What is so of a stack on every machine."""

    made_by: str
    """Module and class, as `package.module:Class`: a `Stack`, made with a `Clock`."""
    distribution: str
    """The Python package that brings its library, "" where any of several may."""
    about: str
    """A few words for who has to choose one."""
    short: str
    """The name of its server in the log where servers on several stacks are open."""
    own_time: bool
    """Whether this program carries all of its packets, and its time can be stopped and stepped."""
    sees_packets: bool
    """Whether its packets are seen without a capture."""
    own_udp_port: bool
    """Whether each endpoint has its own UDP port (RFC 6951); else there is one for the whole machine."""
    multihomed: bool
    """Whether an endpoint may have several addresses, and an association several paths."""
    joins_ends: bool
    """Whether packets between two endpoints of one process need no socket of the system."""


TRAITS: dict[StackName, StackTraits] = {
    "kernel": StackTraits(
        made_by="sctp_tui.sctp.kernel.stack:KernelStack",
        distribution="pysctp",
        about="that of this machine's kernel",
        short="krnl",
        own_time=False,
        sees_packets=False,
        own_udp_port=False,
        multihomed=True,
        joins_ends=False,
    ),
    "userspace": StackTraits(
        made_by="sctp_tui.sctp.userspace.stack:UserspaceStack",
        distribution="",
        about="needs no kernel support, travels in UDP (RFC 6951)",
        short="user",
        own_time=True,
        sees_packets=True,
        own_udp_port=True,
        multihomed=False,
        joins_ends=True,
    ),
}


def among(wanted: Wanted) -> tuple[StackName, ...]:
    """The stacks to try for a choice."""
    return tuple(name for name in STACKS if wanted in (name, "auto", "all"))


def seen(stacks: Iterable[StackName], *, capture: bool) -> tuple[StackName, ...]:
    """Those of some stacks whose packets are seen, with or without a capture."""
    return tuple(name for name in stacks if capture or TRAITS[name].sees_packets)
