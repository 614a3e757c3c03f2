"""The octets of a file or a pipe, uncompressed, in order; gzip and zstd are told by content, not by name.

A file that grows is followed, where that is wanted: its end is waited at, as that of a pipe.
"""

import os
import select
import stat
import sys
import threading
import zlib
from collections.abc import Callable, Iterator
from typing import BinaryIO, Protocol

_PORTION = 64 * 1024
"""Octets read at once: from 128 KiB on malloc maps each anew, and its pages cost more than reading them."""
# Octets of compressed input taken at once, so that what they become, 1,000 and 43,000 times as much at most,
# takes some 16 MiB.
_GZIP_PORTION, _ZSTD_PORTION = 16 * 1024, 512
_GZIP, _ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
_LOOK = 0.05  # s between two looks whether a file that is followed has grown
_GZIP_WINDOW = 31  # of zlib: a header and a trailer of gzip


class UnreadableSource(Exception):
    """A source can't be read, or not to its end; the text names the source, the place in it, and why."""


class Decompressor(Protocol):
    """One member of a gzip file, or one frame of a zstd file."""

    @property
    def eof(self) -> bool:
        """Whether its end has come."""

    @property
    def unused_data(self) -> bytes:
        """What came after its end."""

    def decompress(self, data: bytes, /) -> bytes:
        """More of it."""


class Octets:
    """Reads a file from its beginning; the name "-" is for standard input, whose descriptor is `stdin`.

    Raises `UnreadableSource`. `position` is the offset of the next octet, of the content where the file is
    compressed. `size` is that of the file in octets, None for a pipe, and where the file may grow, as it is
    followed.

    Of `buffer` so many octets were `taken`: who reads many records in a row takes them from there, and asks
    `view` for more.
    """

    def __init__(self, name: str, stdin: int = 0, *, follow: bool = False) -> None:
        self.name = "standard input" if name == "-" else name
        self.size: int | None = None
        try:
            which: int | str = stdin if name == "-" else name
            self._file: BinaryIO = open(which, "rb", 0, closefd=name != "-")  # noqa: SIM115
            status = os.fstat(self._file.fileno())
        except OSError as error:
            raise UnreadableSource(f"{self.name}: {(error.strerror or str(error)).lower()}") from None
        self._begin = -1  # where it begins in a file; -1 for what is none
        regular = stat.S_ISREG(status.st_mode)
        self._followed = follow and regular
        if regular:
            self._begin = os.lseek(self._file.fileno(), 0, os.SEEK_CUR)
        if regular and not follow:
            self.size = status.st_size
        self.consumed = 0
        """Octets read of the file itself, to compare with `size`."""
        self.reading = False
        """Whether it waits for the system, as for the next octets of a pipe."""
        self.base = 0
        """The offset of `buffer`."""
        self.buffer = b""
        self.taken = 0
        self._compressed = ""
        self._more = self._portions()
        self._poll = select.poll()
        self._poll.register(self._file, select.POLLIN)
        self._closed = threading.Event()

    @property
    def position(self) -> int:
        """The offset of the next octet."""
        return self.base + self.taken

    @property
    def place(self) -> str:
        """`octet 1,234`: where the next octet is, for a text."""
        return self.at(self.position)

    def at(self, offset: int) -> str:
        """`octet 1,234`, or where the file is compressed `octet 1,234 of what gzip holds`."""
        return f"octet {offset:,}" + (f" of what {self._compressed} holds" if self._compressed else "")

    def has(self, count: int) -> bool:
        """Whether so many octets are there, or no more will come, so that `take` does not wait; of a pipe."""
        while self.size is None and len(self.buffer) - self.taken < count:
            if not self._ready:
                return False
            part = next(self._more, None)
            if part is None:
                break
            self.buffer, self.base, self.taken = self.buffer[self.taken :] + part, self.position, 0
        return True

    def peek(self, count: int) -> bytes:
        """The next octets without taking them, fewer where the source ends."""
        self._fill(count)
        return self.buffer[self.taken : self.taken + count]

    def view(self, count: int) -> tuple[bytes, int]:
        """`buffer` and `taken` once so many octets are there to be taken, or all that are left."""
        self._fill(count)
        return self.buffer, self.taken

    def take(self, count: int) -> bytes:
        """The next octets, fewer where the source ends: no more memory is taken than there are."""
        end = self.taken + count
        if end > len(self.buffer):
            self._fill(count)
            end = min(self.taken + count, len(self.buffer))
        taken = self.buffer[self.taken : end]
        self.taken = end
        return taken

    def lines(self, most: int) -> Iterator[bytes | None]:
        """Each line with its newline, the last maybe without; None where the next has to be waited for.

        Raises `UnreadableSource` also where a line is longer than `most` octets.
        """
        parts: list[bytes] = []  # of a line whose end has not come yet
        octets = 0
        while True:
            end = self.buffer.find(b"\n", self.taken) + 1
            if end:
                parts.append(self.buffer[self.taken : end])
                self.taken = end
                line, parts, octets = b"".join(parts), [], 0
                if len(line) > most:
                    raise UnreadableSource(f"{self.name}: {self.place}: a line of more than {most:,} octets")
                yield line
                continue
            parts.append(self.buffer[self.taken :])
            octets += len(parts[-1])
            self.base, self.buffer, self.taken = self.position + len(parts[-1]), b"", 0
            if octets > most:
                raise UnreadableSource(f"{self.name}: {self.place}: a line of more than {most:,} octets")
            if self.size is None and not self._ready:
                yield None
            more = next(self._more, None)
            if more is None:
                break
            self.buffer = more
        if octets:
            yield b"".join(parts)

    @property
    def stays(self) -> bool:
        """Whether what was read stays where it was, so that it can be read `again`."""
        return self._begin >= 0 and not self._compressed

    @property
    def whole(self) -> bool:
        """Whether it is a file that is read from its first octet on."""
        return self._begin == 0

    @property
    def descriptor(self) -> int:
        """The file's."""
        return self._file.fileno()

    def again(self, offset: int, length: int) -> bytes:
        """So many octets from this offset on, fewer where they are gone; by any thread, of what `stays`."""
        return os.pread(self._file.fileno(), length, self._begin + offset)

    def close(self) -> None:
        """Close the file, and wait at its end no longer."""
        self._closed.set()
        self._file.close()

    @property
    def _ready(self) -> bool:
        """Whether reading does not wait: something is there, or the end of a pipe."""
        if self._followed:
            return os.fstat(self._file.fileno()).st_size > self.consumed
        return bool(self._poll.poll(0))

    def _fill(self, count: int) -> None:
        """Have so many octets in the buffer, or all that are left."""
        there = len(self.buffer) - self.taken
        if there >= count:
            return
        parts = [self.buffer[self.taken :]]
        self.base += self.taken
        while there < count and (part := next(self._more, None)) is not None:
            parts.append(part)
            there += len(part)
        self.buffer, self.taken = b"".join(parts), 0

    def _read(self, count: int) -> bytes:
        if self._closed.is_set():
            return b""
        try:
            self.reading = True
            data = self._file.read(count)
            if not data and self._followed:
                data = self._when_grown(count)
        except OSError as error:
            why = (error.strerror or str(error)).lower()
            raise UnreadableSource(f"{self.name}: {self.at(self.consumed)}: {why}") from None
        finally:
            self.reading = False
        self.consumed += len(data)
        return data

    def _when_grown(self, count: int) -> bytes:
        """What is appended next. Raises `UnreadableSource` where nothing will be, as the file is another."""
        while not self._closed.wait(_LOOK):
            gone = self._gone()
            if data := self._file.read(count):
                return data
            if gone:
                raise UnreadableSource(f"{self.name}: octet {self.consumed:,}: {gone}")
        return b""

    def _gone(self) -> str:
        """Why the file that is read will not grow; "" as long as it may."""
        mine = os.fstat(self._file.fileno())
        if mine.st_size < self.consumed:
            return (
                f"followed no further, as it was cut to {mine.st_size:,} octets after {self.consumed:,} "
                "were read; open it again"
            )
        try:
            named = os.stat(self.name)
        except FileNotFoundError:
            return "followed no further, as it was removed or renamed"
        if not os.path.samestat(mine, named):
            return "followed no further, as another file has its name now; open it again"
        return ""

    def _portions(self) -> Iterator[bytes]:
        head = b""
        while len(head) < 4 and (more := self._read(4 - len(head))):
            head += more
        if head.startswith(_GZIP):
            yield from self._inflated(head, "gzip", _GZIP_PORTION, lambda: zlib.decompressobj(_GZIP_WINDOW))
        elif head == _ZSTD:
            yield from self._inflated(head, "zstd", _ZSTD_PORTION, _zstd(self.name))
        else:
            yield head
            while data := self._read(_PORTION):
                yield data

    def _inflated(
        self, head: bytes, kind: str, portion: int, make: Callable[[], Decompressor]
    ) -> Iterator[bytes]:
        self._compressed = kind
        one: Decompressor | None = None
        data = head
        while data or (data := self._read(portion)):
            if one is None:
                if not data.strip(b"\0"):
                    data = b""  # padding after the last member
                    continue
                one = make()
            try:
                made = one.decompress(data)
            except Exception as error:  # noqa: BLE001  # each library has one of its own
                raise UnreadableSource(
                    f"{self.name}: octet {self.consumed - len(data):,}: not valid {kind}: {error}"
                ) from None
            data = b""
            if one.eof:
                data, one = one.unused_data, None
            yield made
        if one is not None:
            raise UnreadableSource(f"{self.name}: octet {self.consumed:,}: cut off within {kind}")


def _zstd(name: str) -> Callable[[], Decompressor]:
    if sys.version_info >= (3, 14):
        from compression.zstd import ZstdDecompressor

        return ZstdDecompressor
    try:
        import zstandard
    except ImportError:
        raise UnreadableSource(
            f"{name}: it is compressed by zstd, which this Python can't read: "
            "pip install zstandard, or `zstd -dc FILE | sctp-tui open -`"
        ) from None
    context = zstandard.ZstdDecompressor()
    return context.decompressobj
