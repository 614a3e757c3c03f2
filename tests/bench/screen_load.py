"""How heavy the screen is: 500 associations and 1 000 messages/s, in a real terminal of 160x50.

The load comes from a process of its own over UDP. Printed are the lag of the event loop (how much later
than asked a sleep of 5 ms ends) and the CPU that the thread of the screen used, without the engine's.

    python -m tests.bench.screen_load [ASSOCIATIONS [MESSAGES_PER_SECOND [SECONDS]]]
"""

import asyncio
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

from sctp_tui.engine.engine import Engine
from sctp_tui.engine.event_queue import EventQueue
from sctp_tui.sctp.commands import OpenClient, Send, Stop
from sctp_tui.sctp.events import AssocChange, Peer
from sctp_tui.tui.app import SctpApp, Settings

COLUMNS, LINES = 160, 50
ASSOCIATIONS, RATE, SECONDS = 500, 1000, 10.0
LAG_BAR, CPU_BAR = 50.0, 35.0
"""ms at the 99th percentile, and % of a core."""
_MODULE = "tests.bench.screen_load"
_PROBE = 0.005
_BURSTS = 20  # a second; a load that comes evenly would be kinder


class Measured(SctpApp):
    """The program, with a probe in its event loop. Writes what it measured to a descriptor."""

    def __init__(self, report: int, associations: int, seconds: float) -> None:
        super().__init__(Settings(port=0, udp_port=0))
        self._report = report
        self._associations = associations
        self._seconds = seconds

    async def on_ready(self) -> None:
        self.run_worker(self._measure())

    async def _measure(self) -> None:
        while not (servers := self.monitor.endpoints.servers):
            await asyncio.sleep(0.05)
        self._tell({"port": servers[0].port, "udp_port": servers[0].udp_port})
        while self.monitor.associations.live < self._associations:
            await asyncio.sleep(0.05)
        await asyncio.sleep(2.0)  # the load has begun, and what starting up left to do is done
        lags: list[float] = []
        before, cpu, began = self._messages(), time.thread_time(), time.monotonic()
        while (now := time.monotonic()) < began + self._seconds:
            await asyncio.sleep(_PROBE)
            lags.append(time.monotonic() - now - _PROBE)
        took = time.monotonic() - began
        lags.sort()
        self._tell(
            {
                "lag_p50": lags[len(lags) // 2] * 1000,
                "lag_p99": lags[len(lags) * 99 // 100] * 1000,
                "lag_max": lags[-1] * 1000,
                "cpu": (time.thread_time() - cpu) / took * 100,
                "rate": (self._messages() - before) / took,
                "dropped": self.monitor.dropped,
            }
        )
        self.submit(Stop(now=True))
        self.exit()

    def _messages(self) -> int:
        return sum(association.messages_in for association in self.monitor.associations)

    def _tell(self, what: dict[str, float | int | None]) -> None:
        os.write(self._report, json.dumps(what).encode() + b"\n")


def screen(report: int, associations: int, seconds: float) -> None:
    """The measured program, on the terminal that this process has."""
    Measured(report, associations, seconds).run()


def load(port: int, udp_port: int, associations: int, rate: int) -> None:
    """Clients that send in turn, until this process is ended or has nobody left."""
    event_queue = EventQueue()
    engine = Engine(event_queue, grace=0)
    engine.start()
    to = Peer(("127.0.0.1",), port, udp_port)
    names = [f"client {number}" for number in range(associations)]
    for number, name in enumerate(names, 1):
        engine.submit(OpenClient(name, "userspace", to), Send(number, b"hello", name))
        if number % 10 == 0:
            time.sleep(0.02)
    due, sent = time.monotonic(), 0
    while not any(isinstance(e, AssocChange) and e.state == "COMM_LOST" for e in event_queue.drain().events):
        due += 1 / _BURSTS
        for _ in range(rate // _BURSTS):
            sent += 1
            name = names[sent % associations]
            engine.submit(
                Send(associations + sent, b"message %08d of the load, 64 bytes long ........" % sent, name)
            )
        time.sleep(max(0.0, due - time.monotonic()))
    engine.submit(Stop(now=True))
    engine.join(5)


def main(associations: int = ASSOCIATIONS, rate: int = RATE, seconds: float = SECONDS) -> None:
    """Run both and print the figures."""
    terminal, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
    heard, told = os.pipe()
    shown = subprocess.Popen(
        [sys.executable, "-m", _MODULE, "screen", str(told), str(associations), str(seconds)],
        stdin=slave,
        stdout=slave,
        stderr=slave,
        pass_fds=[told],
        start_new_session=True,
        env={**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor"},
    )
    os.close(told)
    os.close(slave)
    drawn = Drawn(terminal)
    with os.fdopen(heard) as reports:
        where = json.loads(reports.readline())
        arguments = [str(where["port"]), str(where["udp_port"]), str(associations), str(rate)]
        loading = subprocess.Popen([sys.executable, "-m", _MODULE, "load", *arguments])
        figures = json.loads(reports.readline())
    shown.wait(10)
    loading.wait(10)
    print(f"{associations} associations, {figures['rate']:.0f} messages/s, {COLUMNS}x{LINES}, {seconds:g} s")
    _row("event-loop lag p99", figures["lag_p99"], LAG_BAR, "ms")
    _row("CPU of the screen's thread", figures["cpu"], CPU_BAR, "%")
    print(f"  lag p50 {figures['lag_p50']:.1f} ms, max {figures['lag_max']:.1f} ms")
    print(f"  messages dropped: {figures['dropped']}; drawn: {drawn.size / 1024:.0f} KiB in all")


def _row(what: str, value: float, bar: float, unit: str) -> None:
    print(f"  {what:28} {value:6.1f} {unit:2}  bar {bar:g} {unit}  {'held' if value < bar else 'NOT HELD'}")


class Drawn:
    """The other side of the terminal: takes what is drawn, as fast as it comes."""

    def __init__(self, terminal: int) -> None:
        self.size = 0
        self._terminal = terminal
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        try:
            while data := os.read(self._terminal, 65536):
                self.size += len(data)
        except OSError:
            pass  # EIO: the program has left the terminal


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["screen", report, associations, seconds]:
            screen(int(report), int(associations), float(seconds))
        case ["load", *numbers]:
            load(*map(int, numbers))
        case numbers:
            main(*map(int, numbers))
