"""Which association is the other end of one, where both ends are this program's."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from .associations import Association, Associations
from .endpoints import Endpoints, is_server

_Ends = tuple[str, int, int]
"""The stack, the client's port and the server's."""


def other_ends(
    some: Sequence[Association], associations: Associations, endpoints: Endpoints
) -> dict[int, Association]:
    """By the keys of some associations the same ones as the endpoints at their other ends have them.

    Those whose other end is not ours are missing. A client and a server belong together by their ports and
    their stack. Ports come again, and another host's client may have the same one: so each must be the
    other's nearest in time. All associations are looked through once.
    """
    wanted = {ends for one in some if (ends := _ends(one, endpoints)) is not None}
    ports = {port for _, *both in wanted for port in both}
    clients, servers = (
        defaultdict[_Ends, list[Association]](list),
        defaultdict[_Ends, list[Association]](list),
    )
    for one in associations if wanted else ():
        if one.peer is not None and one.peer.port in ports and (ends := _ends(one, endpoints)) in wanted:
            (servers if is_server(one.endpoint) else clients)[ends].append(one)
    found = {}
    for one in some:
        if (ends := _ends(one, endpoints)) is not None:
            mine, theirs = (servers, clients) if is_server(one.endpoint) else (clients, servers)
            other = _nearest(one, theirs[ends])
            if (
                other is not None
                and (back := _nearest(other, mine[ends])) is not None
                and back.key == one.key
            ):
                found[one.key] = other
    return found


def other_end(
    association: Association, associations: Associations, endpoints: Endpoints
) -> Association | None:
    """The other end of one association, None where that is not ours."""
    return other_ends([association], associations, endpoints).get(association.key)


def both_ends(
    association: Association, associations: Associations, endpoints: Endpoints
) -> list[Association]:
    """The association, and as its other end has it where that is ours."""
    other = other_end(association, associations, endpoints)
    return [association] if other is None else [association, other]


def _ends(association: Association, endpoints: Endpoints) -> _Ends | None:
    view, peer = endpoints.views.get(association.endpoint), association.peer
    if view is None or peer is None:
        return None
    port, stack = association.local_port or view.port, view.stack or ""
    return (stack, peer.port, port) if is_server(association.endpoint) else (stack, port, peer.port)


def _nearest(association: Association, others: Iterable[Association]) -> Association | None:
    return min(others, key=lambda other: abs(other.born - association.born), default=None)
