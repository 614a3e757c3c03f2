"""Becomes `linux.uml`, and leaves a watcher behind that ends it when its caller is gone.

A guest is several processes, one for each program in it, and those outlive their kernel, stopped or running
wild. So the whole group must be ended at once, even if the caller was killed and can't do it. Run as a
script by `machine`, under the user that the guest gets.
"""

import contextlib
import os
import resource
import select
import shutil
import signal
import sys
from pathlib import Path


def memory_folder(scratch: Path, size: int) -> Path:
    """A folder for the file that is the guest's memory: with room, and not noexec. In RAM if possible."""
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
    """Become the kernel, as the leader of a process group, watched over."""
    environment = {"HOME": str(scratch), "TMPDIR": str(memory_folder(scratch, size)), "PATH": os.defpath}
    caller, kernel = os.pidfd_open(parent), os.pidfd_open(os.getpid())
    if os.getppid() != parent:
        sys.exit("whoever asked for the lab is gone")
    group = os.getpid()
    between = os.fork()
    if between == 0:
        # The kernel must not be the watcher's parent: it would be confused by a child that it did not start.
        if os.fork() == 0:
            watch(caller, kernel, group, scratch)
        os._exit(0)
    os.waitpid(between, 0)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.execve(argv[0], argv, environment)


def watch(caller: int, kernel: int, group: int, scratch: Path) -> None:
    """Wait for the end of caller or kernel. While the caller lives, it cleans up itself."""
    os.setsid()
    for low, high in ((0, caller), (caller + 1, kernel), (kernel + 1, os.sysconf("SC_OPEN_MAX"))):
        os.closerange(low, high)  # the guest's line above all: its other end shall see it close
    ended = select.poll()
    ended.register(caller, select.POLLIN)
    ended.register(kernel, select.POLLIN)
    if caller in dict(ended.poll()):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(group, signal.SIGKILL)
        shutil.rmtree(scratch, ignore_errors=True)


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), sys.argv[4:])
