"""The initial cwnd of each endpoint's associations: the library has one number, for all of the process."""

from .library import Library

CWND = "initial_cwnd"
"""The library's name for it."""
_DEFAULT = 3  # packets, as in the library


class InitialCwnds:
    """Sets the library's number where an endpoint's association may begin."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._given: dict[int, int] = {}
        self._now = 0
        self.use(0)

    def give(self, port: int, packets: int | None) -> None:
        """The endpoint on this SCTP port begins with so many packets, None as the library does."""
        self._given.pop(port, None)
        if packets is not None:
            self._given[port] = packets

    def of(self, port: int) -> int:
        """Packets in the cwnd of a new path of the endpoint on this port."""
        return self._given.get(port, _DEFAULT)

    def use(self, port: int) -> None:
        """A path of the endpoint on this port may begin now."""
        if (packets := self.of(port)) != self._now:
            self._library.tune(CWND, packets)
            self._now = packets
