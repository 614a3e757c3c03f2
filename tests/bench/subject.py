"""A program that is measured, in a process of its own, and how it is asked for its numbers.

Questions and answers are lines of JSON over two pipes, so that standard input and output stay what the
program takes them for: a terminal, where it has a screen.
"""

import fcntl
import json
import os
import pty
import struct
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, Self

COLUMNS, LINES = 160, 50
PATIENCE = 60.0
"""Seconds after which an answer or something on the screen is not waited for any more."""

_KEPT = 256 * 1024  # bytes of what was drawn

Answers = Mapping[str, Callable[..., object]]


def answer(ask: int, report: int, answers: Answers) -> None:
    """In the subject: answer questions until whoever asks is gone."""
    with os.fdopen(ask) as questions:
        for line in questions:
            name, *arguments = json.loads(line)
            os.write(report, json.dumps(answers[name](*arguments)).encode() + b"\n")


def resident() -> float:
    """Memory of this process that is in RAM, in MB."""
    with open("/proc/self/statm") as numbers:
        return int(numbers.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


class Terminal:
    """A real terminal for a program: takes what is drawn as fast as it comes, and types keys."""

    def __init__(self, columns: int = COLUMNS) -> None:
        self._master, self.slave = pty.openpty()
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, columns, 0, 0))
        self.size = 0
        self._since = b""  # what was drawn since `forget`
        self._drawn = threading.Condition()

    def watch(self) -> None:
        """Begin to take what is drawn, once the program has the other end."""
        os.close(self.slave)
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        try:
            while data := os.read(self._master, 65536):
                with self._drawn:
                    self.size += len(data)
                    self._since = self._since[-_KEPT:] + data
                    self._drawn.notify_all()
        except OSError:
            pass  # EIO: the program has left the terminal

    def type(self, keys: str) -> None:
        """Press keys."""
        os.write(self._master, keys.encode())

    def until(self, text: str) -> float:
        """Wait until something is drawn, and say when it was: monotonic seconds."""
        wanted = text.encode()
        with self._drawn:
            if not self._drawn.wait_for(lambda: wanted in self._since, PATIENCE):
                raise TimeoutError(f"{text!r} was not drawn")
        return time.monotonic()

    def forget(self) -> None:
        """What was drawn so far is no answer to what is typed next."""
        with self._drawn:
            self._since = b""

    def answered(self, keys: str, text: str) -> float:
        """Press keys; seconds until `text`, which is not on the screen yet, was drawn."""
        self.forget()
        began = time.monotonic()
        self.type(keys)
        return self.until(text) - began


class Subject:
    """A module of `tests.bench` run as a program that answers; `terminal` gives it a screen."""

    def __init__(self, module: str, *arguments: str, terminal: bool = False, columns: int = COLUMNS) -> None:
        self.terminal = Terminal(columns) if terminal else None
        questions, self._ask = os.pipe()
        answers, report = os.pipe()
        stream = self.terminal.slave if self.terminal else None
        self._process = subprocess.Popen(
            [sys.executable, "-m", f"tests.bench.{module}", *arguments, str(questions), str(report)],
            stdin=stream,
            stdout=stream,
            stderr=stream,
            pass_fds=[questions, report],
            start_new_session=terminal,
            env={**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor"},
        )
        os.close(questions)
        os.close(report)
        if self.terminal:
            self.terminal.watch()
        self._answers = os.fdopen(answers)

    def ask(self, name: str, *arguments: object) -> Any:
        """Ask and wait for the answer."""
        os.write(self._ask, json.dumps([name, *arguments]).encode() + b"\n")
        line = self._answers.readline()
        if not line:
            raise RuntimeError(f"{self._process.args!r} ended; exit status {self._process.wait()}")
        return json.loads(line)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._ask)
        self._answers.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
