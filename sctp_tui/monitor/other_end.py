"""Which association is the other end of one, where both ends are this program's."""

from collections.abc import Iterable

from .associations import Association, Associations
from .endpoints import Endpoints, is_server


def other_end(
    association: Association, associations: Associations, endpoints: Endpoints
) -> Association | None:
    """The same association as the endpoint at its other end has it, None where that is not ours.

    A client and a server belong together by their ports and their stack. Ports come again, and another
    host's client may have the same one: so each must be the other's nearest in time.
    """
    found = _nearest(association, _candidates(association, associations, endpoints))
    if found is None or _nearest(found, _candidates(found, associations, endpoints)) is not association:
        return None
    return found


def both_ends(
    association: Association, associations: Associations, endpoints: Endpoints
) -> list[Association]:
    """The association, and as its other end has it where that is ours."""
    other = other_end(association, associations, endpoints)
    return [association] if other is None else [association, other]


def _candidates(
    association: Association, associations: Associations, endpoints: Endpoints
) -> Iterable[Association]:
    if association.peer is None:
        return
    mine = _end(association, endpoints)
    for other in associations:
        if is_server(other.endpoint) == is_server(association.endpoint) or other.peer is None:
            continue
        stack, port = _end(other, endpoints)
        if port == association.peer.port and (stack, other.peer.port) == mine:
            yield other


def _end(association: Association, endpoints: Endpoints) -> tuple[str, int]:
    """The stack and the port of this end."""
    view = endpoints.views.get(association.endpoint)
    if view is None:
        return "", -1
    return view.stack or "", association.local_port or view.port


def _nearest(association: Association, others: Iterable[Association]) -> Association | None:
    return min(others, key=lambda other: abs(other.born - association.born), default=None)
