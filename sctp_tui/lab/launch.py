"""Starts `linux.uml` and sees to its end: the process between us and the guest.

A guest is several processes, one for each program in it, and those outlive their kernel: stopped, or
running wild. So somebody must end the whole group when the kernel or whoever asked for it is gone, however
that came about. Run as a script by `machine`, under the user that the guest gets.
"""

import contextlib
import ctypes
import os
import resource
import signal
import sys
import time
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_WATCHED = {signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD}
_PATIENCE = 2.0  # s for killed processes to be gone


def memory_folder(scratch: Path, size: int) -> Path:
    """Where the guest's memory can be a file: with room for it, and executable. RAM if possible."""
    for folder in (Path("/dev/shm"), scratch):
        if folder.is_dir() and os.access(folder, os.W_OK):
            about = os.statvfs(folder)
            if not about.f_flag & os.ST_NOEXEC and about.f_bavail * about.f_frsize >= size:
                return folder
    sys.exit(
        f"neither /dev/shm nor {scratch.parent} has {size >> 20} MB of room and lets programs run (noexec): "
        "set TMPDIR to a folder that does"
    )


def main(parent: int, scratch: Path, size: int, argv: list[str]) -> None:
    """Run the kernel until it ends, or until its time has come: SIGTERM, or the parent's death."""
    # Whatever is not told its end by a caller that dies is told by the kernel.
    prctl = ctypes.CDLL(None).prctl
    signal.pthread_sigmask(signal.SIG_BLOCK, _WATCHED)
    prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        sys.exit("whoever asked for the lab is gone")
    environment = {"HOME": str(scratch), "TMPDIR": str(memory_folder(scratch, size)), "PATH": os.defpath}
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    kernel = os.fork()
    if kernel == 0:
        os.setsid()
        prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _WATCHED)
        os.execve(argv[0], argv, environment)
    # Stopped and continued children send SIGCHLD too.
    while signal.sigwait(_WATCHED) == signal.SIGCHLD and os.waitpid(kernel, os.WNOHANG)[0] == 0:
        pass
    end(kernel)


def end(kernel: int) -> None:
    """Kill a kernel and its programs, until none is left."""
    until = time.monotonic() + _PATIENCE
    with contextlib.suppress(ProcessLookupError):
        os.kill(kernel, signal.SIGKILL)  # it may not have its group yet
    with contextlib.suppress(ProcessLookupError):
        while time.monotonic() < until:
            os.killpg(kernel, signal.SIGKILL)
            with contextlib.suppress(ChildProcessError):
                os.waitpid(kernel, os.WNOHANG)
            time.sleep(0.002)


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), sys.argv[4:])
