"""`open host:` beside 2,000 associations of a real kernel, in a guest: what part of the processor it takes.

python -m tests.bench.host     in the guest: prints the parts as JSON
"""

import json
import os
import resource
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

from sctp_tui.lab.errors import LabError
from sctp_tui.lab.runner import capture
from sctp_tui.sctp.kernel.namespaces import Namespace

from .figures import NotMeasured, Row, below, figures
from .subject import Terminal

_ALL = 2_000
_HERE, _THERE, _PORT, _SCTP = "10.77.0.1", "10.77.0.2", 24050, 132
_SETTLE, _SECONDS = 5.0, 15.0  # after it has told all, and for how long it is measured
_LIMIT = 240.0
_TERMINAL = {"TERM": "xterm-256color", "COLORTERM": "truecolor", "XDG_STATE_HOME": "/tmp"}


@figures("host")
def host() -> Iterator[Row]:
    """On the screen and as JSON; the kernel's own part, which fills the dump, is in it."""
    try:
        done = capture([sys.executable, "-m", "tests.bench.host"], timeout=_LIMIT, memory=1024)
    except LabError as missing:
        raise NotMeasured(str(missing)) from None
    if done.returncode:
        raise RuntimeError(f"the guest ended with {done.returncode}: {done.stderr.decode()[-300:]}")
    parts: dict[str, float] = json.loads(done.stdout)
    for what, part in parts.items():
        yield below(f"`open host:` beside {_ALL:,} associations, {what}", part, 10, "% of a core")


def _associations() -> list[socket.socket]:
    """As many as that with one server's socket; their clients are on another host, a namespace."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (_ALL + 200, _ALL + 200))
    other = Namespace()
    link = f"ip link add here type veth peer name there netns /proc/{os.getpid()}/fd/{other.descriptor}"
    _run(f"{link} && ip address add {_HERE}/24 dev here && ip link set here up")
    with other.entered():
        _run(f"ip address add {_THERE}/24 dev there && ip link set there up")
    server = socket.socket(socket.AF_INET, socket.SOCK_SEQPACKET, _SCTP)
    server.bind((_HERE, _PORT))
    server.listen(5)
    made = [server]
    for _ in range(_ALL):
        with other.entered():
            client = socket.socket(socket.AF_INET, socket.SOCK_SEQPACKET, _SCTP)
        client.sendto(b"hello", (_HERE, _PORT))
        server.recv(100)
        made.append(client)
    return made


def _run(command: str) -> None:
    subprocess.run(command, shell=True, check=True, capture_output=True)


def _part(pid: int) -> float:
    """Of a processor that a process takes, in percent."""

    def used() -> int:
        with open(f"/proc/{pid}/stat") as file:
            words = file.read().rpartition(")")[2].split()
        return int(words[11]) + int(words[12])

    time.sleep(_SETTLE)
    began, before = time.monotonic(), used()
    time.sleep(_SECONDS)
    ticks = (used() - before) / os.sysconf("SC_CLK_TCK")
    return 100 * ticks / (time.monotonic() - began)


def _on_screen() -> float:
    terminal, words = Terminal(), [sys.executable, "-m", "sctp_tui", "open", "host:"]
    its, env = terminal.slave, os.environ | _TERMINAL
    with subprocess.Popen(words, stdin=its, stdout=its, stderr=its, env=env) as it:
        terminal.watch()
        terminal.until(f"{_ALL:,} associations")
        part = _part(it.pid)
        it.kill()
    return part


def _as_json() -> float:
    words = [sys.executable, "-m", "sctp_tui", "open", "host:", "--json"]
    with subprocess.Popen(words, stdout=subprocess.PIPE) as it:
        assert it.stdout is not None
        it.stdout.read(65536)
        threading.Thread(target=it.stdout.read, daemon=True).start()
        part = _part(it.pid)
        it.kill()
    return part


def _keep_busy(clients: list[socket.socket]) -> None:
    """Send on a tenth of them each second."""
    server, *others = clients
    for client in others[::10]:
        client.sendto(b"x" * 100, (_HERE, _PORT))
        server.recv(1000)


def main() -> None:
    """Measure, and print the parts."""
    made = _associations()
    parts = {"as JSON, all idle": _as_json(), "on the screen, all idle": _on_screen()}
    stop = threading.Event()

    def traffic() -> None:
        while not stop.wait(1.0):
            _keep_busy(made)

    busy = threading.Thread(target=traffic)
    busy.start()
    parts["on the screen, data on a tenth each second"] = _on_screen()
    stop.set()
    busy.join()
    print(json.dumps(parts))


if __name__ == "__main__":
    main()
