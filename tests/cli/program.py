"""The program as a process: reads its lines, waits for its end; every wait is bounded, without sleep."""

import json
import os
import selectors
import signal
import subprocess
import sys
import time
from types import TracebackType
from typing import IO, Any, Self, cast

from sctp_tui.sctp.events import StackName
from tests.patience import PATIENCE


class Program:
    """The process `sctp-tui WORDS…`, killed at the end of the test if it still runs.

    `python` are the arguments of Python that start the program.
    """

    def __init__(
        self,
        *words: str,
        stdout: int | IO[bytes] = subprocess.PIPE,
        python: tuple[str, ...] = ("-m", "sctp_tui"),
    ) -> None:
        self.process = subprocess.Popen(
            [sys.executable, *python, *words],
            stdin=subprocess.PIPE,
            stdout=stdout,
            stderr=subprocess.PIPE,
        )
        self._rest = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.process.kill()
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            if pipe is not None and not pipe.closed:
                pipe.close()
        self.process.wait(PATIENCE)

    def write(self, data: bytes) -> None:
        """Write this to its standard input."""
        assert self.process.stdin is not None
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def line(self) -> bytes:
        """The next line of its standard output."""
        stdout = self.process.stdout
        assert stdout is not None
        deadline = time.monotonic() + PATIENCE
        with selectors.DefaultSelector() as selector:
            selector.register(stdout, selectors.EVENT_READ)
            while b"\n" not in self._rest:
                assert selector.select(deadline - time.monotonic()), f"no line in time, but {self._rest!r}"
                block = stdout.read1(65536)  # type: ignore[attr-defined]
                assert block, f"it ended: {self.complaints()}"
                self._rest += block
        line, _, self._rest = self._rest.partition(b"\n")
        return line

    def event(self, name: str, **fields: object) -> dict[str, Any]:
        """Wait for the next JSON line with this event and these fields; others are ignored."""
        while True:
            found = cast(dict[str, Any], json.loads(self.line()))
            if found["event"] == name and all(found[key] == value for key, value in fields.items()):
                return found

    def signal(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def stop(self) -> None:
        """Stop it, as by ^Z; it has stopped once this returns."""
        self.signal(signal.SIGSTOP)
        os.waitid(os.P_PID, self.process.pid, os.WSTOPPED)

    def complaints(self) -> str:
        assert self.process.stderr is not None
        return self.process.stderr.read().decode()

    def end(self) -> tuple[int, bytes, str]:
        """Wait for its end: exit status, the rest of standard output, standard error."""
        out, err = self.process.communicate(timeout=PATIENCE)
        return self.process.returncode, self._rest + (out or b""), err.decode()


class Server(Program):
    """`sctp-tui serve --json` on any free port, listening."""

    def __init__(self, stack: StackName, *words: str) -> None:
        udp = ("--udp-port", "0") if stack == "userspace" else ()
        super().__init__("serve", "--json", "--stack", stack, "--port", "0", *udp, *words)
        self.stack = stack
        self.listening = self.event("listening")

    @property
    def to(self) -> tuple[str, ...]:
        """The arguments of `send` to reach this server."""
        return to(self.stack, self.listening["port"], self.listening["udp_port"])


def to(stack: StackName, port: int, udp_port: int | None) -> tuple[str, ...]:
    """The arguments of `send` to reach a port of this machine, and to wait for it."""
    udp = ("--udp-port", str(udp_port)) if udp_port else ()
    return (f"127.0.0.1:{port}", "--stack", stack, *udp, "--timeout", str(PATIENCE))


def send(*words: str, stdin: bytes = b"") -> tuple[int, bytes, str]:
    """`sctp-tui send WORDS…` from beginning to end: exit status, standard output, standard error."""
    with Program("send", *words) as program:
        if stdin:
            program.write(stdin)
        return program.end()
