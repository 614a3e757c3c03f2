"""Finds the other end of an association where both ends are endpoints of this program."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from math import inf
from operator import attrgetter, itemgetter

from .associations import Association, Associations
from .endpoints import Endpoints

_ROUNDED = 0.05
"""Seconds: a packet's time is by the wall clock, which is not read with the monotonic one at once."""
_Ends = tuple[str, int, int]
"""The stack, the client's port and the server's."""


def other_ends(
    some: Sequence[Association], associations: Iterable[Association], endpoints: Endpoints
) -> dict[int, Association]:
    """For each of `some`, by key, the `Association` of the endpoint at its other end, where that is ours.

    A client and a server belong together by their ports and their stack. Ports are reused, and a client on
    another host may have the same one: so each must also be the other's nearest in time, and the server's
    not have come up before the client sent its cookie. Where a client has begun anew, the server has one
    association, restarted, and the client several, one after the other (RFC 9260, section 5.2.4): the other
    end of the server's is the newest of them. One pass over all associations.
    """
    wanted = {ends for one in some if (ends := _ends(one, endpoints)) is not None}
    ports = {port for _, *both in wanted for port in both}
    clients, servers = (
        defaultdict[_Ends, list[Association]](list),
        defaultdict[_Ends, list[Association]](list),
    )
    for one in associations if wanted else ():
        if one.peer is not None and one.peer.port in ports and (ends := _ends(one, endpoints)) in wanted:
            (servers if one.role == "server" else clients)[ends].append(one)
    found = {}
    for one in some:
        if (ends := _ends(one, endpoints)) is not None:
            kept = {  # by the keys of clients that began anew: the server's association
                client.key: server
                for server in servers[ends]
                for client in (clients[ends] if server.restarts else ())
                if _began_anew(client, server, clients[ends])
            }
            firsts = [client for client in clients[ends] if client.key not in kept]
            if one.role == "server":
                anew = [client for client in clients[ends] if kept.get(client.key) is one]
                nearest = _nearest_of_both(one, firsts, servers[ends])
                other = max(anew, key=attrgetter("born")) if anew else nearest
            else:
                other = kept.get(one.key) or _nearest_of_both(one, servers[ends], firsts)
            if other is not None:
                found[one.key] = other
    return found


def other_end(
    association: Association, associations: Iterable[Association], endpoints: Endpoints
) -> Association | None:
    """The other end of one association, None where that is not ours."""
    return other_ends([association], associations, endpoints).get(association.key)


def same_ends(
    association: Association, associations: Associations, endpoints: Endpoints
) -> list[Association]:
    """All associations of this program between the same two ports of the same stack, this one among them."""
    ends = _ends(association, endpoints)
    if ends is None:
        return [association]
    ports = ends[1:]
    return [
        one
        for one in associations
        if one.peer is not None and one.peer.port in ports and _ends(one, endpoints) == ends
    ]


def both_ends(
    association: Association, associations: Iterable[Association], endpoints: Endpoints
) -> list[Association]:
    """The association, and that of its other end where that is ours."""
    other = other_end(association, associations, endpoints)
    return [association] if other is None else [association, other]


def with_restarted(
    both: Sequence[Association], near: Sequence[Association], endpoints: Endpoints
) -> list[Association]:
    """What `both_ends` gave, with all associations that our client had while the server's was restarted.

    `near` are those of the `same_ends`.
    """
    server = next((one for one in both if one.role == "server" and one.restarts), None)
    if server is None:
        return [*both]
    clients = [one for one in near if one.role == "client"]
    found = other_ends(clients, near, endpoints)
    keys = {one.key for one in both}
    return [*both, *(one for one in clients if found.get(one.key) is server and one.key not in keys)]


def _began_anew(client: Association, server: Association, clients: Iterable[Association]) -> bool:
    """Whether the server's association restarted as this client, of these, set up another one."""
    next_born = min((one.born for one in clients if one.born > client.born), default=inf)
    return server.born < client.born and any(
        client.born - _ROUNDED <= at < next_born for at in server.restarted_at
    )


def _nearest_of_both(
    one: Association, theirs: Iterable[Association], mine: Iterable[Association]
) -> Association | None:
    other = _nearest(one, theirs)
    back = _nearest(other, mine) if other is not None else None
    return other if back is not None and back.key == one.key else None


def _ends(association: Association, endpoints: Endpoints) -> _Ends | None:
    view, peer = endpoints.views.get(association.endpoint), association.peer
    if view is None or peer is None:
        return None
    port, stack = association.local_port or view.port, view.stack or ""
    return (stack, peer.port, port) if association.role == "server" else (stack, port, peer.port)


def _nearest(association: Association, others: Iterable[Association]) -> Association | None:
    if association.role == "server":
        apart = [(_came_up(association) - _earliest(other), other) for other in others]
    else:
        earliest = _earliest(association)
        apart = [(_came_up(other) - earliest, other) for other in others]
    return min((one for one in apart if one[0] >= 0), key=itemgetter(0), default=(0.0, None))[1]


def _came_up(server: Association) -> float:
    """When the server's association came up: with its first event, unless it sent an INIT itself."""
    if not server.asked:
        return server.born
    return next((step.mono for step in server.history if step.state == "ESTABLISHED"), inf)


def _earliest(client: Association) -> float:
    """When the server's association can have come up at the earliest: as the cookie is sent.

    Where that is not told, when the client began.
    """
    echoed = next((step.mono - _ROUNDED for step in client.history if step.state == "COOKIE-ECHOED"), 0.0)
    return max(client.born, echoed)
