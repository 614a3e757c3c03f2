"""The host's side of the line: relays streams, signals and the window's size to the guest, and back."""

import errno
import fcntl
import os
import select
import signal
import termios
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from . import wire
from .errors import LabError, TimeLimit
from .machine import Guest

BOOT_LIMIT = 60.0
"""Seconds after which a guest that is not ready is given up; booting takes about one."""

HANG_UP = 3.0
"""Seconds for a command to end once its terminal is gone: what the monitor needs for that."""

_GONE = select.POLLHUP | select.POLLERR
_PENDING = 65536
_CHUNK = 16384


@dataclass(slots=True)
class OutputStream:
    """One of our output streams, and the bytes that wait to be written to it."""

    descriptor: int
    channel: int
    pending: bytearray = field(default_factory=bytearray)
    open: bool = True


class GuestRelay:
    """Runs one command, packed in `start`, in a guest that is booting. The rest is as in `runner.run`."""

    def __init__(
        self,
        machine: Guest,
        streams: tuple[int, int, int],
        start: bytes,
        terminal: bool,
        timeout: float | None,
        signals: int | None,
        watch: Callable[[bytes], None] | None,
    ) -> None:
        self.machine = machine
        self.stdin: int | None = streams[0]
        self.outputs = [OutputStream(streams[1], wire.STDOUT), OutputStream(streams[2], wire.STDERR)]
        self.start: bytes | None = start
        self.terminal = terminal
        self.timeout = timeout
        self.signals = signals
        self.watch = watch
        self.to_guest = bytearray()
        self.frames = wire.Frames()
        self.on_the_way = 0
        self.ready = False
        self.asked_to_end = False
        self.hung_up: float | None = None  # when our terminal went, in monotonic s
        self.status: int | None = None

    def run(self) -> int:
        """Relay until the command has ended and its output is written. Its status, 128 + n after signal n.

        Raises LabError where the guest fails, TimeLimit after `timeout`.
        """
        start = time.monotonic()
        while self.status is None or any(output.pending for output in self.outputs):
            limit = start + (BOOT_LIMIT if self.timeout is None else self.timeout)
            bounded = self.timeout is not None or not self.ready
            left = max(0.0, limit - time.monotonic()) if bounded else None
            if left == 0:
                raise self._too_late()
            if self.hung_up is not None:
                left = max(0.0, self.hung_up + HANG_UP - time.monotonic())
                if left == 0:
                    self._give_up(signal.SIGHUP)
                    continue
            self._turn(None if left is None else left * 1000)
        return self.status

    def _too_late(self) -> LabError:
        if self.timeout is not None:
            return TimeLimit(f"time limit of {self.timeout:g} s reached; give more by --timeout")
        return LabError(f"the guest did not boot in {BOOT_LIMIT:g} s; its console:\n{self.machine.console()}")

    def _turn(self, milliseconds: float | None) -> None:
        line, poll = self.machine.line.fileno(), select.poll()
        room = all(len(output.pending) < _PENDING for output in self.outputs)
        listening = room and self.status is None
        if listening:
            poll.register(self.machine.ended, select.POLLIN)
        if listening or self.to_guest:
            poll.register(line, listening * select.POLLIN | bool(self.to_guest) * select.POLLOUT)
        if self.signals is not None:
            poll.register(self.signals, select.POLLIN)
        reading = self.ready and self.start is None and self.on_the_way < wire.WINDOW
        if self.stdin is not None and (reading or self.terminal):
            poll.register(self.stdin, reading * select.POLLIN)
        for output in self.outputs:
            if output.pending:
                poll.register(output.descriptor, select.POLLOUT)
        ready = dict(poll.poll(milliseconds))
        if self.signals in ready:
            self._pass_signals()
        if line in ready:
            if ready[line] & select.POLLOUT:
                self._send()
            if listening and ready[line] & ~select.POLLOUT:
                self._receive()
        elif self.machine.ended in ready:  # all it sent is read; its programs may hold the line open
            raise self._stopped()
        if self.stdin in ready:
            if self.terminal and ready[self.stdin] & _GONE:
                self._hang_up()
            else:
                self._read_stdin()
        for output in self.outputs:
            if output.pending and output.descriptor in ready:
                self._write(output)

    def _send(self) -> None:
        try:
            del self.to_guest[: self.machine.line.send(self.to_guest)]
        except (BrokenPipeError, ConnectionResetError):
            self.to_guest.clear()  # it has ended; what it sent before is still to be read

    def _receive(self) -> None:
        try:
            data = self.machine.line.recv(_CHUNK)
        except ConnectionResetError:
            data = b""
        if not data:
            raise self._stopped()
        try:
            for kind, content in self.frames.feed(data):
                self._take(kind, content)
        except wire.Garbled as error:
            raise LabError(f"the line to the guest is garbled: {error}; start it again") from None

    def _take(self, kind: int, content: bytes) -> None:
        if kind == wire.READY:
            self.ready = True
            if self.terminal:
                self._tell_size()
            self._send_start()
        elif kind == wire.TAKEN:
            self.on_the_way -= wire.NUMBER.unpack(content)[0]
            self._send_start()
        elif kind == wire.STDIN:
            self.stdin = None
        elif kind == wire.EXIT:
            self.status = wire.NUMBER.unpack(content)[0]
        else:
            for output in self.outputs:
                if output.channel == kind and output.open:
                    output.pending += content
                    if self.watch:
                        self.watch(content)

    def _send_start(self) -> None:
        if self.start is None:
            return
        piece = self.start[: wire.WINDOW - self.on_the_way]
        self.start = self.start[len(piece) :] or None
        self.on_the_way += len(piece)
        self.to_guest += wire.frame(wire.START, piece)
        if self.start is None:
            self.to_guest += wire.frame(wire.START)

    def _stopped(self) -> LabError:
        what = "the guest's kernel stopped" if self.ready else "the guest did not boot"
        return LabError(f"{what}; its console:\n{self.machine.console()}")

    def _read_stdin(self) -> None:
        assert self.stdin is not None
        try:
            data = os.read(self.stdin, wire.WINDOW - self.on_the_way)
        except BlockingIOError:
            return
        except OSError as error:
            if error.errno != errno.EIO:  # our terminal is gone
                raise LabError(
                    f"can't read standard input: {error.strerror}; give it a file or a pipe"
                ) from None
            data = b""
        self.on_the_way += len(data)
        self.to_guest += wire.frame(wire.STDIN, data)
        if not data:
            self.stdin = None
            if self.terminal:
                self._hang_up()

    def _write(self, output: OutputStream) -> None:
        # poll promises that PIPE_BUF bytes go into a pipe without waiting. It can't be made non-blocking, as
        # other processes share it.
        try:
            del output.pending[: os.write(output.descriptor, output.pending[: select.PIPE_BUF])]
        except BlockingIOError:
            return
        except OSError as error:
            if error.errno not in (errno.EPIPE, errno.EIO):  # no reader, no terminal any more
                name = "standard output" if output.channel == wire.STDOUT else "standard error"
                raise LabError(f"can't write to {name}: {error.strerror}; write it elsewhere") from None
            if self.terminal:
                self._hang_up()
                return
            output.open = False
            output.pending.clear()
            self.to_guest += wire.frame(output.channel)

    def _pass_signals(self) -> None:
        assert self.signals is not None
        for number in os.read(self.signals, 64):
            if number == signal.SIGWINCH:
                if self.ready and self.terminal and self.stdin is not None:
                    self._tell_size()
            elif self.ready and not self.asked_to_end:
                self._ask_to_end(number)
            elif self.hung_up is None:  # nothing runs yet, or it was asked before and did not end
                self._give_up(number)

    def _ask_to_end(self, number: int) -> None:
        self.asked_to_end = True
        self.to_guest += wire.frame(wire.SIGNAL, wire.NUMBER.pack(number))

    def _hang_up(self) -> None:
        """Our terminal is gone: send the command SIGHUP, as if it were its own, and give it `HANG_UP` s."""
        self.stdin = None
        for output in self.outputs:
            output.open = False
            output.pending.clear()
        if not self.ready:
            self._give_up(signal.SIGHUP)
        elif self.hung_up is None:
            self.hung_up = time.monotonic()
            if not self.asked_to_end:
                self._ask_to_end(signal.SIGHUP)

    def _give_up(self, number: int) -> None:
        self.status = 128 + number
        for output in self.outputs:
            output.pending.clear()

    def _tell_size(self) -> None:
        assert self.stdin is not None
        size = fcntl.ioctl(self.stdin, termios.TIOCGWINSZ, b"\0" * wire.WINSIZE.size)
        self.to_guest += wire.frame(wire.SIZE, size)
