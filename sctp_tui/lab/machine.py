"""The guest as a process on the host: its scratch folder, its start, its end, its console."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .account import Account
from .errors import LabError
from .linux import Linux

RUNTIME = "/run/user/0"
"""The command's XDG_RUNTIME_DIR, in the guest's memory."""

_HERE = Path(__file__).parent
_HIDDEN = ("/dev", "/proc", "/run", "/sys")
"""Folders over which the guest mounts its own, so that nothing of the host's is seen there."""
_CONSOLE_LINES = 12
# They would take half a second of boot: a benchmark of RAID algorithms, and compressed swap.
_NOT_NEEDED = "raid6_select_algo,init_zswap"


@dataclass(frozen=True, slots=True)
class Guest:
    """A running guest: a descriptor that is readable at its end, the line to its init, its scratch folder."""

    ended: int
    line: socket.socket
    scratch: Path

    def console(self) -> str:
        """The last lines of the kernel's console."""
        lines = _console(self.scratch).read_text(errors="replace").splitlines()
        return "\n".join("".join(filter(str.isprintable, line)) for line in lines[-_CONSOLE_LINES:])


@contextlib.contextmanager
def started(linux: Linux, account: Account | None, memory: int) -> Iterator[Guest]:
    """A guest that is booting, with `memory` in MiB; at the end it is killed, its scratch folder removed."""
    with _scratch_folder(account) as scratch:
        ours, theirs = socket.socketpair()
        with ours, theirs, _console(scratch).open("wb") as console:
            process = subprocess.Popen(
                _command(linux, scratch, memory, theirs.fileno()),
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=console,
                pass_fds=[theirs.fileno()],
                cwd="/",
                start_new_session=True,
                user=account.uid if account else None,
                group=account.gid if account else None,
                extra_groups=[] if account else None,
            )
            theirs.close()
            ours.setblocking(False)
            ended = os.pidfd_open(process.pid)
            try:
                yield Guest(ended, ours, scratch)
            finally:
                os.close(ended)
                _end(process)


def hidden(path: Path) -> bool:
    """Whether the guest can't see this path of the host's."""
    return any(path.is_relative_to(folder) for folder in _HIDDEN)


def scratch_parent() -> Path:
    """The folder for temporary files, or /tmp where the guest can't see it."""
    folder = Path(tempfile.gettempdir()).resolve()
    return Path("/tmp") if hidden(folder) else folder


def temporary(scratch: Path) -> Path:
    """The command's TMPDIR: an empty folder, over which the guest mounts a file system in its memory."""
    return scratch / "tmp"


def _console(scratch: Path) -> Path:
    return scratch / "console.log"


def _command(linux: Linux, scratch: Path, memory: int, line: int) -> list[str]:
    init = [sys.executable, str(_HERE / "guest.py"), str(linux.modules), str(temporary(scratch)), RUNTIME]
    if any('"' in path for path in init):
        raise LabError(
            f"a kernel's command line can't hold a path with a quotation mark: {init}; "
            "install the program where there is none"
        )
    interpreter, script, *arguments = (f'"{path}"' for path in init)
    return [
        sys.executable,
        "-I",
        "-S",
        str(_HERE / "launch.py"),
        str(os.getpid()),
        str(scratch),
        str(memory << 20),
        str(linux.program),
        f"mem={memory}M",
        "rootfstype=hostfs",
        "rootflags=/",
        "rw",
        "quiet",
        f"initcall_blacklist={_NOT_NEEDED}",
        "con=null",
        "con0=null,fd:1",
        f"ssl0=fd:{line}",
        f"init={interpreter}",
        "--",
        "-EsSB",
        script,
        *arguments,
    ]


@contextlib.contextmanager
def _scratch_folder(account: Account | None) -> Iterator[Path]:
    scratch = Path(tempfile.mkdtemp(prefix="sctp-tui-lab-", dir=scratch_parent()))
    try:
        temporary(scratch).mkdir()
        if account:
            for folder in (scratch, temporary(scratch)):
                os.chown(folder, account.uid, account.gid)
        yield scratch
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _end(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)  # the kernel and every program in it
    process.wait()
