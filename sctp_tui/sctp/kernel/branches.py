"""The sockets of one endpoint: the one-to-many socket, and those branched off it for one association each."""

import select
import socket
import struct
from collections.abc import Sequence

import msgspec

from .sockets import branch_off


class ReadableSocket(msgspec.Struct, eq=False):
    """A socket that is read: the one-to-many socket, or that of the association with this ID.

    `failing` are the pieces so far of one notification that comes in several. `error` is the errno that it
    told last, where it is of one association: how that has ended.
    """

    sock: socket.socket
    assoc_id: int = 0
    failing: list[bytes] = msgspec.field(default_factory=list)
    error: int = 0

    def ended_by(self) -> int:
        """The errno of its association's end, 0 where it is of many, or tells none."""
        if not self.assoc_id:
            return 0
        return self.error or self.sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)


class Branches:
    """Which socket an association is on, and which of them have something to read."""

    def __init__(self, sock: socket.socket) -> None:
        """Raises OSError."""
        self._main = ReadableSocket(sock)
        self._ready = select.epoll()
        self._ready.register(sock, select.EPOLLIN)
        self._by_fd = {sock.fileno(): self._main}
        self._branches: dict[int, ReadableSocket] = {}
        self._held: set[int] = set()

    def of(self, assoc_id: int) -> socket.socket:
        """The socket that an association is on."""
        return self._branches.get(assoc_id, self._main).sock

    def descriptor(self) -> int:
        """Ready for reading when one of the sockets is that is not held."""
        return self._ready.fileno()

    def branch(self, assoc_id: int) -> bool:
        """Give an association a socket of its own; False where it has one already. Raises OSError."""
        if assoc_id in self._branches:
            return False
        sock = branch_off(self._main.sock, assoc_id)
        self._branches[assoc_id] = self._by_fd[sock.fileno()] = ReadableSocket(sock, assoc_id)
        self._ready.register(sock, select.EPOLLIN)
        return True

    def __len__(self) -> int:
        """Sockets beside the first."""
        return len(self._branches)

    def hold(self, assoc_id: int) -> None:
        """Read nothing more of an association. Raises OSError where it can't have a socket of its own."""
        if assoc_id not in self._held:
            self.branch(assoc_id)
            self._held.add(assoc_id)
            self._ready.unregister(self._branches[assoc_id].sock)

    def let_go(self, assoc_id: int) -> None:
        """Read it again, where it was held."""
        if assoc_id in self._held:
            self._held.discard(assoc_id)
            self._ready.register(self._branches[assoc_id].sock, select.EPOLLIN)

    def ready(self) -> Sequence[ReadableSocket]:
        """Those that have something to read. Without branches nobody asks: reading tells."""
        if not self._branches:
            return (self._main,)
        return [self._by_fd[fd] for fd, _ in self._ready.poll(0)]

    def leave(self, source: ReadableSocket) -> None:
        """An association has ended: close its socket."""
        if self._branches.pop(source.assoc_id, None) is not None:
            del self._by_fd[source.sock.fileno()]
            source.sock.close()

    def close(self) -> None:
        """Close them all, aborting what is open."""
        for source in self._by_fd.values():
            # Lingering for no time aborts; without it Linux shuts down what has nothing unread.
            source.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("=ii", 1, 0))
            source.sock.close()
        self._ready.close()
