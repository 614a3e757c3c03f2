"""On the kernel's SCTP, all in one boot of a guest: against the C server, and against a bare loop of pysctp.

A guest has one processor and slow system calls, so its figures are worth something as ratios only, of runs
that follow one another. Each run starts a receiver and sends to it; what counts is the middle of the run.

    python -m tests.bench.kernel FOLDER     in the guest: prints the runs as JSON
    python -m tests.bench.kernel engine|bare PORT      a receiver: prints the seconds that the middle took
"""

import json
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from sctp_tui.lab.errors import LabError
from sctp_tui.lab.runner import capture

from .figures import NotMeasured, Row, at_least, figures, median_ratio

_ROUNDS = 5
_COUNT = {64: 8_000, 1200: 6_000}
_MIDDLE = (0.1, 0.9)  # beginning and end, which have costs of their own, are left out
_STILL = 30  # looks at a file that did not grow, until it is taken as complete
_PORT = 9100
_LIMIT = 150.0
_SOURCES = Path(__file__).parent

Runs = dict[str, list[tuple[float, float]]]
"""Messages/s of ours and of the other, by figure."""


@figures("kernel")
def kernel() -> Iterator[Row]:
    """All of them."""
    runs = _run_in_guest()
    for size in _COUNT:
        yield at_least(
            f"`serve` on the kernel, to a file, against the C server, {size:,} B",
            median_ratio(runs[f"serve {size}"]),
            1.0,
            _rates(runs[f"serve {size}"]),
        )
    yield at_least(
        "engine against a bare receive loop, pysctp on the kernel, 64 B",
        median_ratio(runs["engine"]),
        0.8,
        _rates(runs["engine"]),
    )


def _rates(pairs: list[tuple[float, float]]) -> str:
    middle = sorted(pairs, key=lambda pair: pair[0] / pair[1])[len(pairs) // 2]
    return "{:,.0f} against {:,.0f} messages/s".format(*middle)


def _run_in_guest() -> Runs:
    compiler = shutil.which("cc")
    if compiler is None:
        raise NotMeasured("no C compiler (cc) here")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o777)  # the guest may be another user
        for program in ("seed_server", "seed_sender"):
            source = _SOURCES / f"{program}.c"
            made = subprocess.run(
                [compiler, "-O2", "-o", folder / program, source], check=False, capture_output=True
            )
            if made.returncode:
                raise NotMeasured(f"cc can't compile {source.name}: {made.stderr.decode().splitlines()[0]}")
        try:
            done = capture([sys.executable, "-m", "tests.bench.kernel", name], timeout=_LIMIT)
        except LabError as missing:
            raise NotMeasured(str(missing)) from None
    if done.returncode:
        raise RuntimeError(f"the guest ended with {done.returncode}: {done.stderr.decode()[-300:]}")
    runs: Runs = json.loads(done.stdout)
    return runs


# --- in the guest


def _measure(folder: Path) -> Runs:
    runs: Runs = {name: [] for name in (*(f"serve {size}" for size in _COUNT), "engine")}
    port = _PORT
    for _ in range(_ROUNDS):
        for size in _COUNT:
            ours = _printed(folder, port, size, _serve(port))
            other = _printed(folder, port + 1, size, [str(folder / "seed_server"), str(port + 1)])
            runs[f"serve {size}"].append((ours, other))
            port += 2
        ours, bare = _received(folder, port, "engine"), _received(folder, port + 1, "bare")
        runs["engine"].append((ours, bare))
        port += 2
    return runs


def _serve(port: int) -> list[str]:
    return [sys.executable, "-m", "sctp_tui", "serve", "--stack", "kernel", "--port", str(port)]


def _printed(folder: Path, port: int, size: int, server: list[str]) -> float:
    """Messages/s of a server that prints to a file, by how that grows."""
    printed = folder / "printed"
    with printed.open("wb") as file:
        running = subprocess.Popen(server, stdout=file, stderr=subprocess.DEVNULL)
    try:
        _until_listening(port)
        sender = _send(folder, port, size)
        seen: list[tuple[float, int]] = []
        while sender.poll() is None or len(seen) < _STILL or seen[-1][1] != seen[-_STILL][1]:
            seen.append((time.monotonic(), printed.stat().st_size))
            time.sleep(0.01)
    finally:
        running.terminate()
        running.wait()
    if sender.returncode:
        raise RuntimeError(f"the sender ended with {sender.returncode}")
    count, end = printed.read_bytes().count(b"x" * size), seen[-1][1]
    first, last = (next(at for at, grown in seen if grown >= end * part) for part in _MIDDLE)
    return count * (_MIDDLE[1] - _MIDDLE[0]) / (last - first)


def _received(folder: Path, port: int, which: str) -> float:
    """Messages/s of a receiver that only counts, by its own clock."""
    arguments = [sys.executable, "-m", "tests.bench.kernel", which, str(port)]
    running = subprocess.Popen(arguments, stdout=subprocess.PIPE)
    try:
        _until_listening(port)
        sender = _send(folder, port, 64)
        assert running.stdout is not None
        took = float(running.stdout.readline())
    finally:
        running.terminate()
        running.wait()
    sender.wait()
    return _COUNT[64] * (_MIDDLE[1] - _MIDDLE[0]) / took


def _send(folder: Path, port: int, size: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen([folder / "seed_sender", str(port), str(size), str(_COUNT[size])])


def _until_listening(port: int) -> None:
    end = time.monotonic() + 20
    while f" {port} " not in Path("/proc/net/sctp/eps").read_text():
        if time.monotonic() > end:
            raise TimeoutError(f"nobody listens on SCTP port {port}")
        time.sleep(0.02)


class _Middle:
    """When the messages at the beginning and the end of the middle part came."""

    def __init__(self) -> None:
        self._marks = [int(_COUNT[64] * part) for part in _MIDDLE]
        self._times: list[float] = []
        self._count = 0

    def came(self, at: float) -> bool:
        """Count a message; whether it was the last that matters."""
        self._count += 1
        if self._count == self._marks[len(self._times)]:
            self._times.append(at)
        return len(self._times) == 2

    @property
    def took(self) -> float:
        """Seconds between the two."""
        return self._times[1] - self._times[0]


def _engine(port: int) -> float:
    from sctp_tui.engine.engine import Engine
    from sctp_tui.engine.event_queue import EventQueue
    from sctp_tui.sctp.commands import Listen, Stop
    from sctp_tui.sctp.events import Message

    event_queue, middle = EventQueue(), _Middle()
    engine = Engine(event_queue, grace=0)
    engine.start()
    engine.submit(Listen("server", "kernel", port=port))
    while not any(isinstance(e, Message) and middle.came(e.mono) for e in event_queue.drain().events):
        time.sleep(0.1)
    engine.submit(Stop(now=True))
    engine.join(5)
    return middle.took


def _bare(port: int) -> float:
    import sctp  # the one stack without an interface of ours around it

    from sctp_tui.sctp.kernel import layout
    from sctp_tui.sctp.kernel.sockets import RECEIVE_BUFFER

    middle = _Middle()
    bare = sctp.sctpsocket_udp(sctp.AF_INET)
    bare.events.data_io = True
    # As much as the engine asks for: compared are the loops, not what they lose.
    bare.sock().setsockopt(socket.SOL_SOCKET, layout.SO_RCVBUFFORCE, RECEIVE_BUFFER)
    bare.bind(("127.0.0.1", port))
    bare.listen(1)
    while True:
        _, flags, _, _ = bare.sctp_recv(65536)
        if not flags & sctp.FLAG_NOTIFICATION and middle.came(time.monotonic()):
            return middle.took


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["engine", port]:
            print(_engine(int(port)), flush=True)
        case ["bare", port]:
            print(_bare(int(port)), flush=True)
        case [folder]:
            print(json.dumps(_measure(Path(folder))))
