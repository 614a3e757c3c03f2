"""What `--restore` brings back: clients, what links do to packets, the filter, the view of the wire."""

from collections.abc import Iterable

import msgspec

from sctp_tui.sctp.commands import SetLink
from sctp_tui.sctp.events import LinkState, Peer, StackName
from sctp_tui.sctp.link.conditions import Conditions
from sctp_tui.sctp.protocol_parameters import ProtocolParameters

NAME = "session"
"""Under which it is in the state."""


class SavedClient(msgspec.Struct, frozen=True):
    """A client as the user has set it; `to` is "" where it was aimed at this program's own server."""

    stack: StackName
    to: str
    udp_port: str
    outbound: int
    inbound: int
    attempts: int
    own: Peer
    parameters: ProtocolParameters


class SavedSession(msgspec.Struct, frozen=True):
    """`view` is the name of the wire's view, "" where the table was shown."""

    clients: tuple[SavedClient, ...] = ()
    links: tuple[SetLink, ...] = ()
    filter: str = ""
    view: str = ""


def conditions(links: Iterable[LinkState]) -> tuple[SetLink, ...]:
    """The commands that set links as they are, of those that do something to packets."""
    none = Conditions()
    return tuple(
        SetLink(one.inward, one.outward, one.seed, one.link)
        for one in links
        if not one.inward == one.outward == none
    )
