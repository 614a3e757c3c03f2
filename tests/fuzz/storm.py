"""A storm at the whole program: `python -m tests.fuzz.storm [PACKETS [SEED]]`.

The screen runs, without a terminal, and its views are gone through by keys. `attack` sends it mutated
packets, half of them with the right checksum and tag. Meanwhile real clients exchange messages with it. It
holds if no exception is raised, the association of the attack that behaves is always answered, and each
client gets back just what it sent.
"""

import asyncio
import itertools
import json
import os
import random
import resource
import sys
import time

from textual.events import Key

from sctp_tui.tui.app import SctpApp, Settings

from ..places import ROOT, environment
from ..tui.driving import running

PACKETS = 1_000_000
_LINES = 200
"""Messages of one client, to each of which an answer must come."""
_CLIENTS = 3
_KEYS = """
escape down down w 1 up up enter escape home end > < v h v h E 2 down up 3 t left right 4 W W w
escape end d down pagedown escape d escape up f f z down z l escape / escape s escape o escape x u
tab up up enter escape home end tab shift+tab shift+tab ? escape home d w 2 3 4 1 w escape
"""


class Storm:
    """The program, the attack on it, and the clients that want their answers."""

    def __init__(self, app: SctpApp, packets: int, seed: int) -> None:
        self.app, self.packets, self.seed = app, packets, seed
        (server,) = app.monitor.endpoints.servers
        assert server.udp_port is not None
        self.port, self.udp_port = server.port, server.udp_port
        self.over = False
        self.pressed = self.answered = self.clients = 0
        self.sent: dict[str, int] = {}

    async def run(self) -> None:
        """All at once, until the attack is over. Raises whatever does not hold."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._attack())
            group.create_task(self._watch())
            for number in range(_CLIENTS):
                group.create_task(self._clients(number))

    async def _attack(self) -> None:
        words = map(str, (self.udp_port, self.port, self.packets, self.seed))
        status, out, _ = await python("tests.fuzz.attack", *words, complain=True)
        assert status == 0, "the attack found the server deaf, see above"
        self.over, self.sent = True, json.loads(out)

    async def _watch(self) -> None:
        """Go through the views."""
        for key in itertools.cycle(_KEYS.split()):
            if self.over:
                return
            # As a terminal would: the pilot waits for a screen at rest, and this one never is.
            self.app.post_message(Key(key, key if len(key) == 1 else None))
            await asyncio.sleep(0.05)
            assert self.app.is_running, "the screen has ended"
            assert self.app.engine.running, "the engine has ended"
            self.pressed += 1

    async def _clients(self, number: int) -> None:
        """One real client after the other."""
        while not self.over or self.clients < _CLIENTS:
            lines = [f"client {number}, {self.clients}: message {line}" for line in range(_LINES)]
            status, out, complaints = await python(
                "sctp_tui",
                "send",
                f"127.0.0.1:{self.port}",
                "--stack",
                "userspace",
                "--udp-port",
                str(self.udp_port),
                "--replies",
                str(_LINES),
                "--timeout",
                "60",
                typed="".join(f"{line}\n" for line in lines),
            )
            assert status == 0, f"a client ended with {status}: {complaints.decode()}"
            assert out.decode().splitlines() == lines, f"not what was sent: {out.decode()[-2000:]}"
            self.answered += len(lines)
            self.clients += 1


async def python(
    module: str, *words: str, typed: str = "", complain: bool = False
) -> tuple[int, bytes, bytes]:
    """Run a module as a process of its own: exit status, standard output, standard error."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        module,
        *words,
        cwd=ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=None if complain else asyncio.subprocess.PIPE,
    )
    try:
        out, complaints = await process.communicate(typed.encode())
    except BaseException:
        process.kill()
        raise
    return await process.wait(), out, complaints


async def storm(packets: int, seed: int) -> None:
    """Run it, and print what was done."""
    start = time.monotonic()
    async with running((120, 40), Settings(port=0, udp_port=0, echo=True), checked=False) as (app, _):
        one = Storm(app, packets, seed)
        await one.run()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    sent = one.sent
    sys.stdout.write(
        f"{packets:,} packets in {time.monotonic() - start:.0f} s: {sent['right']:,} with the right tag and "
        f"checksum into {sent['associations']:,} associations, {sent['strange']:,} of strangers; "
        f"{one.pressed:,} keys; {one.clients:,} clients, {one.answered:,} messages, each answered; "
        f"{peak:.0f} MiB at most; seed {seed}: no exception\n"
    )


def main(packets: int = PACKETS, seed: int | None = None) -> None:
    """Run it in this process."""
    os.environ.update(environment())
    asyncio.run(storm(packets, random.randrange(1_000_000) if seed is None else seed))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
