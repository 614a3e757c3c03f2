"""The guest's init: makes a bare kernel usable, loads SCTP, runs one command, relays its bytes.

Run as a script by the host's interpreter over hostfs, as process 1. A system call costs a hundred times
what it does outside and imports are many of them: nothing is imported that it can do without.
"""

import ctypes
import errno
import fcntl
import os
import select
import signal
import struct
import sys
import termios
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from . import wire
else:  # a script: this folder is the first of sys.path, and there is no package
    import wire

MODULES = (
    *("crypto/hmac", "net/sctp/sctp", "net/sctp/sctp_diag"),
    *("drivers/net/veth", "drivers/net/tun", "net/sched/sch_netem"),
)
"""Modules to load, with those they depend on. Without hmac listen() fails: it signs the cookie."""

_CHUNK = 16384
_FINIT_MODULE = 313  # x86-64
_SIOCSIFFLAGS, _IFF_UP = 0x8914, 1
_POWER_OFF = 0x4321FEDC

libc = ctypes.CDLL(None, use_errno=True)


def main(modules: bytes, temporary: str, runtime: str) -> None:
    """The guest's whole run, from a kernel with nothing mounted to the power-off."""
    mounts(temporary, runtime)
    line = serial_line()
    loopback_up()
    release = os.path.join(modules, os.fsencode(os.uname().release))
    for name in MODULES:
        load_module(release, f"kernel/{name}.ko".encode())
    if os.path.exists("/dev/net/tun"):
        os.chmod("/dev/net/tun", 0o666)  # as udev has it
    if not os.path.exists("/proc/net/sctp"):
        sys.exit("this kernel has no SCTP, neither built in nor as a module")
    CommandRelay(line).run()
    os.sync()
    # The host ends the guest as soon as it has the status; this is for when the host's process is gone.
    libc.reboot(_POWER_OFF)


def mount(kind: str, target: str) -> None:
    """Mount a file system that has no device."""
    if libc.mount(kind.encode(), os.fsencode(target), kind.encode(), 0, None):
        code = ctypes.get_errno()
        raise OSError(code, f"can't mount {kind}: {os.strerror(code)}", target)


def mounts(temporary: str, runtime: str) -> None:
    """Mount the file systems that programs expect over the host's (/dev is the guest's already).

    Files of the host belong to a user who is not root here. Programs that refuse another user's folder
    (pytest for its temporary files, tmux for its socket) get folders in the guest's memory.
    """
    mount("proc", "/proc")
    mount("sysfs", "/sys")
    mount("tmpfs", "/run")
    mount("tmpfs", temporary)
    os.makedirs(runtime, 0o700)
    for folder, kind in (("/dev/pts", "devpts"), ("/dev/shm", "tmpfs")):
        os.mkdir(folder)
        mount(kind, folder)
    os.symlink("/proc/self/fd", "/dev/fd")
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        os.symlink(f"/proc/self/fd/{number}", f"/dev/{name}")


def serial_line() -> int:
    """Open the serial line to the host, in raw mode."""
    line = os.open("/dev/ttyS0", os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK | os.O_CLOEXEC)
    settings = termios.tcgetattr(line)
    settings[0] = settings[1] = settings[3] = 0
    settings[2] = termios.CS8 | termios.CREAD | termios.CLOCAL
    termios.tcsetattr(line, termios.TCSANOW, settings)
    return line


def loopback_up() -> None:
    """`ip link set lo up`, without needing ip."""
    sock = libc.socket(2, 2, 0)
    fcntl.ioctl(sock, _SIOCSIFFLAGS, struct.pack("16sh22x", b"lo", _IFF_UP))
    os.close(sock)


def load_module(release: bytes, module: bytes) -> None:
    """Load a module and those it depends on, if the kernel came with it. Raises OSError."""
    try:
        with open(os.path.join(release, b"modules.dep"), "rb") as file:
            lines = file.read().splitlines()
    except FileNotFoundError:
        return
    for entry in lines:
        name, _, needs = entry.partition(b":")
        if name == module:
            for each in [*reversed(needs.split()), name]:
                descriptor = os.open(os.path.join(release, each), os.O_RDONLY)
                if libc.syscall(_FINIT_MODULE, descriptor, b"", 0):
                    code = ctypes.get_errno()
                    if code != errno.EEXIST:
                        raise OSError(code, os.strerror(code), each)
                os.close(descriptor)


class GuestCommand:
    """The command as a process, and our ends of its streams.

    With a terminal all three are one pty; else they are pipes, as only those can be closed one by one.
    """

    def __init__(self, start: bytes, size: bytes) -> None:
        cwd, terminal, count, *strings = wire.unpack_strings(start)
        argv, environment = strings[: int(count)], strings[int(count) :]
        env = dict(pair.split(b"=", 1) for pair in environment)
        self.terminal = terminal == b"terminal"
        if self.terminal:
            self.stdin, theirs = os.openpty()
            fcntl.ioctl(theirs, termios.TIOCSWINSZ, size)
            ours, given = [self.stdin], [theirs] * 3
            self.outputs = {self.stdin: wire.STDOUT}
        else:
            pipes = [os.pipe() for _ in range(3)]
            self.stdin, out, err = pipes[0][1], pipes[1][0], pipes[2][0]
            ours, given = [self.stdin, out, err], [pipes[0][0], pipes[1][1], pipes[2][1]]
            self.outputs = {out: wire.STDOUT, err: wire.STDERR}
        self.pid = os.fork()
        if self.pid == 0:
            self._become(argv, env, cwd, given)
        for descriptor in set(given):
            os.close(descriptor)
        for descriptor in ours:
            os.set_blocking(descriptor, False)
        self.ended = os.pidfd_open(self.pid)

    def _become(self, argv: list[bytes], env: dict[bytes, bytes], cwd: bytes, given: list[int]) -> None:
        os.setsid()
        if self.terminal:
            fcntl.ioctl(given[0], termios.TIOCSCTTY, 0)
        for number, descriptor in enumerate(given):
            os.dup2(descriptor, number)
        for number in (signal.SIGPIPE, signal.SIGXFSZ):  # Python ignores these two
            signal.signal(number, signal.SIG_DFL)
        status, path = 126, cwd
        try:
            os.chdir(cwd)
            path = argv[0]
            os.execvpe(argv[0], argv, env)
        except OSError as error:
            why = error.errno or 0
        # A PATH folder that may not be entered makes the error EACCES, even where no folder has the program.
        folders = [b""] if b"/" in path else env.get(b"PATH", b"").split(b":")
        if path is argv[0] and not any(os.path.exists(os.path.join(folder, path)) for folder in folders):
            status, why = 127, errno.ENOENT
        os.write(2, b"sctp-tui lab: %s: %s\n" % (path, os.strerror(why).encode()))
        os._exit(status)

    def resize(self, size: bytes) -> None:
        """Give the pty another size; the kernel tells the program by SIGWINCH."""
        if self.terminal:
            fcntl.ioctl(self.stdin, termios.TIOCSWINSZ, size)

    def kill(self, number: int) -> None:
        """Send a signal to the command and what it started."""
        try:
            os.killpg(self.pid, number)
        except ProcessLookupError:
            os.kill(self.pid, number)  # it has no group of its own yet

    def rest(self, descriptor: int) -> bytes:
        """What the command wrote before it ended; its children may hold the stream and go on writing.

        A pty's bytes are passed on by a worker of the kernel, and may come a moment later.
        """
        if not self.terminal:
            waiting = struct.unpack("i", fcntl.ioctl(descriptor, termios.FIONREAD, b"\0" * 4))[0]
            return _read_exactly(descriptor, waiting)
        data = b""
        while select.select([descriptor], [], [], 0.05)[0] and (piece := _read(descriptor)):
            data += piece
        return data


class CommandRelay:
    """Relays between line and command, and never blocks on one stream while another could move."""

    def __init__(self, line: int) -> None:
        self.line = line
        self.frames = wire.Frames()
        self.to_host = bytearray(wire.frame(wire.READY))
        self.start = bytearray()
        self.to_command = bytearray()
        self.last_of_stdin = False
        self.stdin_open = True
        self.size = wire.WINSIZE.pack(24, 80, 0, 0)
        self.command: GuestCommand | None = None

    def run(self) -> None:
        """Relay until the command has ended, and all its output and its status are written to the line."""
        status = None
        while status is None or self.to_host:
            reads, writes = [self.line], [self.line] if self.to_host else []
            command = self.command
            if command and status is None:
                reads.append(command.ended)
                if len(self.to_host) < _CHUNK:
                    reads += command.outputs
                if self.to_command and self.stdin_open:
                    writes.append(command.stdin)
            readable, writable, _ = select.select(reads, writes, [])
            if self.line in writable:
                del self.to_host[: os.write(self.line, self.to_host[:_CHUNK])]
            if self.line in readable:
                self._from_host()
            if command and status is None:
                if self.stdin_open and command.stdin in writable:
                    self._feed(command)
                for descriptor in [each for each in command.outputs if each in readable]:
                    self._from_command(command, descriptor)
                status = self._reap(command)

    def _from_host(self) -> None:
        data = _read(self.line)
        if not data:
            os.sync()
            libc.reboot(_POWER_OFF)
        for kind, content in self.frames.feed(data):
            if kind == wire.SIZE:
                self.size = content
                if self.command:
                    self.command.resize(content)
            elif kind == wire.START and content:
                self.start += content
                self._taken(len(content))
            elif kind == wire.START:
                self.command = GuestCommand(bytes(self.start), self.size)
            elif kind == wire.STDIN:
                self.to_command += content
                self.last_of_stdin = self.last_of_stdin or not content
                if self.command:
                    self._feed(self.command)
            elif kind in (wire.STDOUT, wire.STDERR) and self.command:
                # The host's reader is gone, which the command is to learn by SIGPIPE.
                for descriptor, channel in list(self.command.outputs.items()):
                    if channel == kind:
                        del self.command.outputs[descriptor]
                        os.close(descriptor)
            elif kind == wire.SIGNAL and self.command:
                self.command.kill(wire.NUMBER.unpack(content)[0])

    def _taken(self, size: int) -> None:
        self.to_host += wire.frame(wire.TAKEN, wire.NUMBER.pack(size))

    def _feed(self, command: GuestCommand) -> None:
        if not self.stdin_open:
            return
        try:
            taken = os.write(command.stdin, self.to_command) if self.to_command else 0
        except BlockingIOError:
            return
        except BrokenPipeError:
            self.to_command.clear()
            self.last_of_stdin = True
            self.to_host += wire.frame(wire.STDIN)
            taken = 0
        if taken:
            del self.to_command[:taken]
            self._taken(taken)
        if self.last_of_stdin and not self.to_command and not command.terminal:
            self.stdin_open = False
            os.close(command.stdin)

    def _from_command(self, command: GuestCommand, descriptor: int) -> None:
        if data := _read(descriptor):
            self.to_host += wire.frame(command.outputs[descriptor], data)
        else:
            del command.outputs[descriptor]

    def _reap(self, command: GuestCommand) -> int | None:
        """The command's status, 128 + n after signal n, or None. Reaps orphans too, as process 1 must."""
        while True:
            pid, how = os.waitpid(-1, os.WNOHANG)
            if pid == command.pid:
                break
            if pid == 0:
                return None
        for descriptor, channel in command.outputs.items():
            if data := command.rest(descriptor):
                self.to_host += wire.frame(channel, data)
        code = os.waitstatus_to_exitcode(how)
        status = code if code >= 0 else 128 - code
        os.sync()  # what was written may still be in the guest's cache, and the host ends it without asking
        self.to_host += wire.frame(wire.EXIT, wire.NUMBER.pack(status))
        return status


def _read(descriptor: int) -> bytes:
    """Up to `_CHUNK` bytes; none at the end, which a pty reports as EIO."""
    try:
        return os.read(descriptor, _CHUNK)
    except OSError as error:
        if error.errno == errno.EIO:
            return b""
        raise


def _read_exactly(descriptor: int, size: int) -> bytes:
    data = b""
    while len(data) < size:
        data += os.read(descriptor, size - len(data))
    return data


if __name__ == "__main__":
    main(os.fsencode(sys.argv[1]), *sys.argv[2:4])  # the kernel appends arguments of its own
