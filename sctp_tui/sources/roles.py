"""Which end of an association is the server, where the capture has no INIT of it: its port tells."""

from collections import Counter

from .identity import Identity, Which

_REGISTERED = frozenset({36412, 36422, 36423, 36424, 36443, 36444, 36462, 37472, 38412, 38422, 38462, 38472})
"""Ports for SCTP in IANA's registry among those that systems choose for clients, too: S1AP, X2AP, NGAP, …

Of others the lower one is the server's."""


class Roles:
    """Remembers the ports that servers have had so far."""

    def __init__(self) -> None:
        self._served = Counter[int]()

    def server(self, one: Identity) -> tuple[Which, bool]:
        """The server's end, and whether that is inferred from ports alone."""
        if one.client is not None:
            server: Which = 0 if one.client else 1
            self._served[one.ends[server].port] += 1
            return server, False
        ports = [end.port for end in one.ends]
        ranks = [(not self._served[port], port not in _REGISTERED, port) for port in ports]
        inferred: Which = 0 if ranks[0] < ranks[1] else 1
        return inferred, True
