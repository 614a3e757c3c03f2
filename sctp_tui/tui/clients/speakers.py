"""Who messages can be sent as: a client, or the server to one or all; and their lines in the list."""

import msgspec
from textual.content import Content

from sctp_tui.monitor.associations import Association

from .clients import Client

GONE = "nobody has that UDP port any more"
"""Shown where ICMP says so while the association is up: it may be forged, and ends nothing."""


class Reply(msgspec.Struct, frozen=True):
    """Sending as the server, to the association with this key."""

    key: int


class Everyone(msgspec.Struct, frozen=True):
    """Sending as the server, to all of its associations."""


Target = Client | Reply | Everyone


def row(
    name: str, association: Association, there: Association | None, heard: str, generated: str, now: float
) -> Content:
    """A line: name, local port, peer, association IDs, state, and what was `heard` or is `generated`.

    `there` is the association's other end, where that is ours; `now` in seconds of the monotonic clock.
    """
    agreed = f" {association.outbound_streams}/{association.inbound_streams}" if association.assoc_id else ""
    begin = f"{association.local_port} → " if association.local_port else ""
    ids = f"ID {association.assoc_id}" if association.assoc_id else ""
    if ids and there is not None and there.assoc_id:
        ids = f"{ids}, there {there.assoc_id}  ".ljust(15)
    line = Content.assemble(name.ljust(11), f"{begin}{association.who}  ".ljust(24), ids.ljust(8))
    if association.ended is not None:
        return Content.assemble(line, association.ended.text).stylize("$foreground-muted")
    if association.unreachable:
        return Content.assemble(line, (f"{association.state}, {GONE}", "$text-error"))
    passes = (f"  » {generated}", "$text-warning") if generated else ""
    if heard and not generated:
        passes = (f"  « {heard}", "$text-accent")
    silent = association.silent(now) is not None
    state = (f"{association.standing(now)}{agreed}", "$text-warning" if silent else "$text-success")
    return Content.assemble(line, state, passes)
