"""The messages of `send`: texts, a file, or the lines, records or frames of standard input.

Any octets can be sent. Input is read by descriptor: a thread that waits in Python's own buffer would hold
up the end of the process.
"""

import base64
import binascii
import os
from collections.abc import Callable, Iterator
from typing import NamedTuple

from sctp_tui.monitor.text.addressed import addressed
from sctp_tui.monitor.text.octets import from_hex
from sctp_tui.monitor.text.units import many
from sctp_tui.sctp.endpoint import MESSAGE_LIMIT, SctpError
from sctp_tui.sctp.printable import printable

from .option_types import SendOptions

_BLOCK = 65536
_LENGTH = 4  # bytes of the length before a frame, in network byte order
_SPELT = 3  # characters for each octet at most: two hex digits and a blank
_QUOTED = 20  # characters of wrong input that an error quotes
_STDIN = "standard input"


class InputFailed(Exception):
    """Input that can't be read, or can't be sent; the text says why."""


class InputMessage(NamedTuple):
    """One message."""

    data: bytes
    stream: int


class InputMessages:
    """The messages that the options ask for, once, in order. `empty` counts what was left out as empty.

    Raises `InputFailed`, with the place and what would do.
    """

    def __init__(self, options: SendOptions, stdin: int = 0) -> None:
        self._options = options
        self._stdin = stdin
        self._noun = "record" if options.null else "frame" if options.frames else "line"
        self.empty = 0

    @property
    def left_out(self) -> str:
        """`2 empty lines`, or "" where nothing was left out."""
        if not self.empty:
            return ""
        return f"1 empty {self._noun}" if self.empty == 1 else f"{self.empty} empty {self._noun}s"

    @property
    def nothing(self) -> str:
        """The error where there is no message at all."""
        return f"{_STDIN} has no {self._noun} that is not empty"

    def __iter__(self) -> Iterator[InputMessage]:
        decode = self._decoder()
        for place, record in self._records():
            stream = self._options.stream
            try:
                rest = record
                if stream is None:
                    named, rest = addressed(record)
                    stream = 1 if named is None else named
                data = decode(rest)
            except (SctpError, ValueError) as error:
                raise InputFailed(f"{place}: {error}") from None
            if data:
                yield InputMessage(data, stream)
            else:
                self.empty += 1

    def _decoder(self) -> Callable[[bytes], bytes]:
        if self._options.hex or self._options.lines == "hex":
            return from_hex
        return _from_base64 if self._options.lines == "base64" else bytes

    def _records(self) -> Iterator[tuple[str, bytes]]:
        """Each record's place in words, for errors, and its octets."""
        options = self._options
        if options.connect_only:
            return
        if options.texts:
            for number, text in enumerate(options.texts, 1):
                yield f"TEXT {number}", text
        elif options.file is not None:
            yield self._whole(options.file)
        else:
            records = self._frames() if options.frames else self._separated(b"\0" if options.null else b"\n")
            for number, record in enumerate(records, 1):
                yield f"{self._noun} {number} of {_STDIN}", record

    def _whole(self, path: str) -> tuple[str, bytes]:
        """A file, or with `-` standard input, as one message."""
        name = _STDIN if path == "-" else printable(path)
        try:
            descriptor = self._stdin if path == "-" else os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except (OSError, ValueError) as error:  # ValueError: a NUL in the path
            why = error.strerror if isinstance(error, OSError) else error
            raise InputFailed(f"can't read {name}: {why}; give another file") from None
        data = bytearray()
        try:
            while len(data) <= MESSAGE_LIMIT and (block := _read(descriptor, name)):
                data += block
        finally:
            if descriptor != self._stdin:
                os.close(descriptor)
        if not data:
            raise InputFailed(f"{name} is empty: give at least one byte, as SCTP carries no empty message")
        if len(data) > MESSAGE_LIMIT:
            raise InputFailed(
                f"{name} has more than {MESSAGE_LIMIT} bytes, and is to be one message: give less, "
                "or several messages by --lines"
            )
        return name, bytes(data)

    def _separated(self, separator: bytes) -> Iterator[bytes]:
        """Records that `separator` ends; the last one may lack it."""
        limit = MESSAGE_LIMIT * (1 if self._options.lines in (None, "text") else _SPELT)
        rest = b""
        while block := _read(self._stdin, _STDIN):
            *records, last = block.split(separator)
            if records:
                records[0] = rest + records[0]
                rest = last
            else:
                rest += last
            yield from records
            if len(rest) > limit:
                raise InputFailed(
                    f"a {self._noun} of {_STDIN} is longer than {limit} bytes: give shorter ones"
                )
        if rest:
            yield rest

    def _frames(self) -> Iterator[bytes]:
        """Frames: each follows its length."""
        have = bytearray()
        number = 1
        while True:
            size = int.from_bytes(have[:_LENGTH]) if len(have) >= _LENGTH else 0
            if size > MESSAGE_LIMIT:
                raise InputFailed(
                    f"frame {number} of {_STDIN} is to have {size} bytes, and a message has at most "
                    f"{MESSAGE_LIMIT}: a frame begins with its length, {_LENGTH} bytes in network byte order"
                )
            if len(have) >= _LENGTH + size:
                yield bytes(have[_LENGTH : _LENGTH + size])
                del have[: _LENGTH + size]
                number += 1
            elif block := _read(self._stdin, _STDIN):
                have += block
            elif have:
                missing = max(_LENGTH, _LENGTH + size) - len(have)
                raise InputFailed(
                    f"{_STDIN} ends within frame {number}: {many(missing, 'byte')} missing; give whole frames"
                )
            else:
                return


def _from_base64(text: bytes) -> bytes:
    try:
        return base64.b64decode(text.strip(), validate=True)
    except (ValueError, binascii.Error):
        raise ValueError(f"{printable(text.strip(), _QUOTED)!r} is no base64 (RFC 4648, section 4)") from None


def _read(descriptor: int, name: str) -> bytes:
    try:
        return os.read(descriptor, _BLOCK)
    except OSError as error:
        raise InputFailed(f"can't read {name}: {error.strerror}; give another file") from None
