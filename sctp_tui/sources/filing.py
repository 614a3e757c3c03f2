"""Where the octets of a capture's packets are, so that they need not be kept in memory.

They stay in the capture where that is a file and not compressed. Those of a pipe, of a compressed file, or of
an IP packet in fragments go into a temporary file without a name, which is gone with the program.
"""

import errno
import os
import tempfile
from collections.abc import Sequence

from .ip import SctpPacket
from .octets import Octets, UnreadableSource

_MOST = (1 << 8) - 1  # files that packets stay in
_OFFSET_BITS = 56
_OFFSETS = (1 << _OFFSET_BITS) - 1


class Filing:
    """An `OctetFile`. A place is a file's number, 0 for the temporary one, and an offset below that.

    So places near each other in a file are numbers near each other.
    """

    def __init__(self, sources: Sequence[Octets]) -> None:
        self._sources = sources
        self._spool: int | None = None
        self.spooled = 0
        """Octets in the temporary file."""

    def file(self, packet: SctpPacket, source: int) -> int:
        """The place of the octets of a packet of this source.

        Raises `UnreadableSource` where the disk has no room for them, or no temporary file can be made.
        """
        if packet.offset >= 0 and source < _MOST and self._sources[source].stays:
            return source + 1 << _OFFSET_BITS | packet.offset
        begin, data = self.spooled, packet.data
        try:
            if self._spool is None:
                with tempfile.TemporaryFile() as made:
                    self._spool = os.dup(made.fileno())
            while data:
                written = os.pwrite(self._spool, data, self.spooled)
                self.spooled += written
                data = data[written:]
        except OSError as error:
            raise self._full(error) from None
        return begin

    def _full(self, error: OSError) -> UnreadableSource:
        why = "no room" if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG) else error.strerror
        # Where no folder is usable there is none to name, and the error names those that were tried.
        where = f"{tempfile.tempdir}: " if tempfile.tempdir else ""
        return UnreadableSource(
            f"{where}{why} for more packets after {self.spooled:,} octets: what was read "
            "is shown; TMPDIR=FOLDER in the environment names another place"
        )

    def read(self, place: int, length: int) -> bytes:
        """See `OctetFile`."""
        number, offset = place >> _OFFSET_BITS, place & _OFFSETS
        if number:
            return self._sources[number - 1].again(offset, length)
        return os.pread(self._spool, length, offset) if self._spool is not None else b""

    def close(self) -> None:
        """Close the temporary file."""
        if self._spool is not None:
            os.close(self._spool)
            self._spool = None
