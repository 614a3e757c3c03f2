"""Runs a command in the lab, for tests and the command line."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from . import account, linux, wire
from .errors import LabError
from .machine import RUNTIME, hidden, scratch_parent, started, temporary
from .relay import GuestRelay

MEMORY = 512
"""The guest's memory in MiB unless told otherwise; it takes from the host only what it uses."""

_SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class HasDescriptor(Protocol):
    """A file, a socket: whatever has a descriptor."""

    def fileno(self) -> int:
        """The descriptor."""


Stream = int | HasDescriptor | None
"""A descriptor, what has one, or None for this process's own."""


def run(
    argv: Sequence[str],
    *,
    cwd: str | Path | None = None,
    env: Mapping[str, str] | None = None,
    timeout: float | None = None,
    memory: int = MEMORY,
    stdin: Stream = None,
    stdout: Stream = None,
    stderr: Stream = None,
    terminal: bool = False,
    signals: int | None = None,
    watch: Callable[[bytes], None] | None = None,
) -> int:
    """Boot a kernel with SCTP, run a command in it as root, return its exit status (128 + n: signal n).

    The guest sees the host's files with the rights of the user who called, or of `nobody` where that is
    root (see `account.choose_user`); what it writes there stays. TMPDIR and XDG_RUNTIME_DIR are in its
    memory, as nothing of the host's is root's in it, and gone at the end. `env` is added to this
    process's environment. `timeout` is in seconds, boot included, `memory` in MiB. With `terminal` the
    command gets a pty of the size of `stdin`. `signals` is a descriptor from which numbers of signals for
    the command are read, a byte each; `watch` is called with its output as it comes.

    Raises LabUnavailable, TimeLimit, and LabError where the guest itself fails.
    """
    kernel = linux.find_kernel()
    folder = Path(cwd or os.getcwd()).resolve()
    if hidden(folder):
        raise LabError(
            f"the guest can't see {folder}: /dev, /proc, /run and /sys are its own; start it in another"
        )
    user = account.choose_user(folder, kernel.program, scratch_parent())
    with started(kernel, user, memory) as machine:
        environment = _environment(kernel, machine.scratch, os.environ | dict(env or {}), user is not None)
        start = wire.pack_strings(
            [os.fsencode(folder), b"terminal" if terminal else b"pipes", str(len(argv)).encode()]
            + [os.fsencode(each) for each in argv]
            + [os.fsencode(f"{name}={value}") for name, value in environment.items()]
        )
        streams = (_descriptor(stdin, 0), _descriptor(stdout, 1), _descriptor(stderr, 2))
        return GuestRelay(machine, streams, start, terminal, timeout, signals, watch).run()


def capture(
    argv: Sequence[str],
    *,
    input: bytes = b"",
    cwd: str | Path | None = None,
    env: Mapping[str, str] | None = None,
    timeout: float | None = None,
    memory: int = MEMORY,
) -> subprocess.CompletedProcess[bytes]:
    """`run`, with its input given and its output kept."""
    with tempfile.TemporaryFile() as stdin, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        stdin.write(input)
        stdin.seek(0)
        status = run(
            argv, cwd=cwd, env=env, timeout=timeout, memory=memory, stdin=stdin, stdout=out, stderr=err
        )
        out.seek(0)
        err.seek(0)
        return subprocess.CompletedProcess(list(argv), status, out.read(), err.read())


def _environment(
    kernel: linux.Linux, scratch: Path, given: Mapping[str, str], other_user: bool
) -> dict[str, str]:
    ours = Path(sys.executable).parent  # the folder of `sctp-tui`, in a checkout too
    environment = {
        **given,
        "PATH": _joined([*kernel.programs, ours], given.get("PATH"), _SYSTEM_PATH),
        "TMPDIR": str(temporary(scratch)),
        "XDG_RUNTIME_DIR": RUNTIME,
        "TMUX_TMPDIR": RUNTIME,  # tmux reads no other variable
        "LANG": given.get("LANG", "C.UTF-8"),
        "TERM": given.get("TERM", "dumb"),
        "SCTP_TUI_IN_LAB": "1",  # so that nobody is told to reach the guest from outside
        # `nobody` could not read the caller's home.
        "HOME": str(temporary(scratch)) if other_user else given.get("HOME", "/"),
    }
    if kernel.libraries:
        environment["LD_LIBRARY_PATH"] = _joined(kernel.libraries, given.get("LD_LIBRARY_PATH"))
    return environment


def _joined(folders: Sequence[Path], *more: str | None) -> str:
    return ":".join([*map(str, folders), *filter(None, more)])


def _descriptor(stream: Stream, own: int) -> int:
    if stream is None:
        for file in (sys.stdout, sys.stderr)[own - 1 : own]:
            file.flush()  # what was written before must come first
        return own
    return stream if isinstance(stream, int) else stream.fileno()
