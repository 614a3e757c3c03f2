"""The sockets of one endpoint: the one-to-many socket, and those branched off for one association each."""

import select
import socket
import struct
from collections.abc import Sequence

import msgspec

from sctp_tui.sctp.failed_pieces import FailedPieces

from .sockets import branch_off


class ReadableSocket(msgspec.Struct, eq=False):
    """A socket that is read: the one-to-many socket, or that of the association with this ID.

    `failing` are the pieces received so far of a notification that comes in several. `error`, of a socket for
    one association, is the last errno from it, which tells how the association ended; else 0.
    """

    sock: socket.socket
    assoc_id: int = 0
    failing: FailedPieces = msgspec.field(default_factory=FailedPieces)
    error: int = 0

    def ended_by(self) -> int:
        """The errno with which its association ended; 0 for the one-to-many socket, or without one."""
        if not self.assoc_id:
            return 0
        return self.error or self.sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)


class Branches:
    """The sockets of an endpoint by association, and which of them have something to read."""

    def __init__(self, sock: socket.socket) -> None:
        """`sock` is the one-to-many socket. Raises OSError."""
        self._main = ReadableSocket(sock)
        self._ready = select.epoll()
        self._ready.register(sock, select.EPOLLIN)
        self._by_fd = {sock.fileno(): self._main}
        self._branches: dict[int, ReadableSocket] = {}
        self._held: set[int] = set()

    def of(self, assoc_id: int) -> socket.socket:
        """The socket of an association."""
        return self._branches.get(assoc_id, self._main).sock

    def descriptor(self) -> int:
        """A descriptor that is ready for reading when one of the sockets is, other than those held."""
        return self._ready.fileno()

    def branch(self, assoc_id: int) -> bool:
        """Branch an association off to its own socket; False where it has one already. Raises OSError."""
        if assoc_id in self._branches:
            return False
        sock = branch_off(self._main.sock, assoc_id)
        self._branches[assoc_id] = self._by_fd[sock.fileno()] = ReadableSocket(sock, assoc_id)
        self._ready.register(sock, select.EPOLLIN)
        return True

    def has(self, assoc_id: int) -> bool:
        """Whether an association has a socket of its own."""
        return assoc_id in self._branches

    def __len__(self) -> int:
        """The number of sockets that were branched off."""
        return len(self._branches)

    def hold(self, assoc_id: int) -> None:
        """Stop reading from an association. Raises OSError where it can't have a socket of its own."""
        if assoc_id not in self._held:
            self.branch(assoc_id)
            self._held.add(assoc_id)
            self._ready.unregister(self._branches[assoc_id].sock)

    def let_go(self, assoc_id: int) -> None:
        """Read from an association again, if it was held."""
        if assoc_id in self._held:
            self._held.discard(assoc_id)
            self._ready.register(self._branches[assoc_id].sock, select.EPOLLIN)

    def ready(self) -> Sequence[ReadableSocket]:
        """The sockets to read. Without branches the only one is not polled, as reading it tells."""
        if not self._branches:
            return (self._main,)
        return [self._by_fd[fd] for fd, _ in self._ready.poll(0)]

    def leave(self, source: ReadableSocket) -> None:
        """Close the socket of an association that has ended."""
        if self._branches.pop(source.assoc_id, None) is not None:
            del self._by_fd[source.sock.fileno()]
            source.sock.close()

    def close(self) -> None:
        """Close all sockets; open associations are aborted."""
        for source in self._by_fd.values():
            # SO_LINGER with 0 s aborts; without it Linux shuts down associations that have nothing unread.
            source.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("=ii", 1, 0))
            source.sock.close()
        self._ready.close()
