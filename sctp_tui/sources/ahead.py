"""Reads a large file ahead, in a process of its own: what `straight` does of it, beside what observes it.

No octets of packets that go straight cross, but those of SACKs with gaps: where they are needed after all
they are read again. A batch is a frame: its length in 4 octets, then itself as `marshal` has it; an empty one
is the end. The pipe between both bounds what waits; whichever process ends, the other one sees it there.
"""

import contextlib
import fcntl
import marshal
import os
import subprocess
import sys
from collections.abc import Generator
from typing import IO, Any

from msgspec.structs import astuple, replace

from sctp_tui.process.again import started_again
from sctp_tui.sctp.icmp import Icmp

from .ip import SctpPacket
from .octets import Octets
from .straight import Batch, Front, Straight

_LARGE = 4 * 1024 * 1024
"""Octets of a file from which on a second process pays: it takes 0.1 s to start."""
_PIPE = 1024 * 1024  # octets that wait in the pipe: some batches, so that neither waits for each of the other
_LENGTH = 4  # octets of a frame's length
_PLAIN = 2  # the version of marshal that does not look for objects that are there twice


def may_read_ahead(source: Octets) -> bool:
    """Whether a file is large and can be read again, and there is a processor for another process."""
    if sys.platform != "linux" or source.size is None or source.size < _LARGE:
        return False
    again = source.whole and source.stays and os.access(f"/proc/self/fd/{source.descriptor}", os.R_OK)
    return again and len(os.sched_getaffinity(0)) > 1


def read_ahead(source: Octets) -> Generator[Batch]:
    """All batches of a file; the process that makes them ends with the iterator."""
    command = started_again([source.name], "sctp_tui.sources.ahead")
    # A signal of the terminal is for who observes, who ends this one.
    with subprocess.Popen(
        command,
        stdin=source.descriptor,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        process_group=0,
    ) as worker:
        assert worker.stdout is not None
        with contextlib.suppress(OSError):  # a user's pipes may have to be smaller
            fcntl.fcntl(worker.stdout, fcntl.F_SETPIPE_SZ, _PIPE)
        try:
            while frame := _frame(worker.stdout, source):
                packets, *others = marshal.loads(frame)
                batch = Batch([_unpacked(one) for one in packets], *others)
                source.consumed = batch.consumed
                yield batch
            if frame is not None:
                return
            code = worker.wait()
        finally:
            worker.kill()
    why = f"by signal {-code}" if code < 0 else f"with status {code}"
    error = f"{source.name}: octet {source.consumed:,}: the process that read it ended {why}; open it again"
    yield Batch([], 0, False, source.consumed, {}, error)


def _frame(pipe: IO[bytes], source: Octets) -> bytes | None:
    """The next frame; None where the other process has ended before."""
    source.reading = True
    try:
        head = pipe.read(_LENGTH)
        size = int.from_bytes(head)
        frame = pipe.read(size) if len(head) == _LENGTH else b""
    finally:
        source.reading = False
    return frame if len(head) == _LENGTH and len(frame) == size else None


def _packed(packet: Straight | SctpPacket) -> object:
    return packet if isinstance(packet, tuple) else list(astuple(packet))


def _unpacked(packet: Any) -> Straight | SctpPacket:
    if isinstance(packet, tuple):
        return packet
    made = SctpPacket(*packet)
    return made if made.icmp is None else replace(made, icmp=Icmp(*made.icmp))


def main() -> None:
    """Write all batches of standard input, a file with this name, to standard output."""
    try:
        source = Octets("/proc/self/fd/0")  # that very file, from its beginning
        source.name = sys.argv[1]
        for packets, *others in Front(source, straight=True, octets=False).batches():
            fields: tuple[Any, ...] = ([_packed(one) for one in packets], *others)
            frame = marshal.dumps(fields, _PLAIN)
            _write(len(frame).to_bytes(_LENGTH) + frame)
        _write(bytes(_LENGTH))
    except BrokenPipeError:
        return  # who observes has ended


def _write(octets: bytes) -> None:
    left = memoryview(octets)
    while left:
        left = left[os.write(1, left) :]


if __name__ == "__main__":
    main()
