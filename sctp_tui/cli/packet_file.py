"""A pcapng file that grows while a server runs, by whole blocks at once."""

import os
import stat
from collections.abc import Collection, Iterable

from sctp_tui.monitor.trace.pcapng import Blocks
from sctp_tui.process.new_file import new_file
from sctp_tui.sctp.events import Packet

_MOST = 256 * 1024  # octets written at once, about


class PacketFileEnded(Exception):
    """Nothing more can be written to the file; the text says why."""


class PacketFile:
    """Opens a new file for the packets of `captured` and other endpoints. Raises `PacketFileEnded`."""

    def __init__(self, path: str, captured: Collection[str]) -> None:
        self._path = path
        self._blocks = Blocks(captured)
        self._written = 0  # octets of whole blocks
        try:
            self._file = new_file(path, wait=True)
        except OSError as error:
            why = (error.strerror or str(error)).lower()
            raise PacketFileEnded(f"--pcapng: {path}: {why}: give another name") from None
        self._write(self._blocks.section)

    def add(self, packets: Iterable[Packet]) -> None:
        """Write packets. After `PacketFileEnded` the file ends with the last that is whole."""
        some = b""
        for packet in packets:
            some += self._blocks.packet(packet)
            if len(some) >= _MOST:
                self._write(some)
                some = b""
        self._write(some)

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)

    def discard(self) -> None:
        """Close the file, and remove it where it is one and no pipe."""
        regular = stat.S_ISREG(os.fstat(self._file).st_mode)
        self.close()
        if regular:
            os.unlink(self._path)

    def _write(self, octets: bytes) -> None:
        rest = memoryview(octets)
        try:
            while rest:
                rest = rest[os.write(self._file, rest) :]
        except OSError as error:
            self._cut()
            raise self._ended(error) from None
        self._written += len(octets)

    def _cut(self) -> None:
        """Take back what is not whole, where the file is one and no pipe."""
        try:
            os.ftruncate(self._file, self._written)
        except OSError:
            return  # a pipe or a device keeps what it was given

    def _ended(self, error: OSError) -> PacketFileEnded:
        why = (error.strerror or str(error)).lower()
        return PacketFileEnded(f"no more packets go to {self._path}: {why}; name a file that can be written")
