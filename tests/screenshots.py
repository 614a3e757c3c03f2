"""`make screenshots`: runs the program with real associations and draws what it shows into screenshots/."""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from textual.pilot import Pilot

from sctp_tui.tui.app import SctpApp, Settings

from .tui.driving import rows, type_line, until

FOLDER = Path(__file__).parent.parent / "screenshots"


class Visitor:
    """A client in a process of its own, as another terminal would have it."""

    def __init__(self, app: SctpApp, *options: str) -> None:
        server = app.monitor.endpoints.servers[0]
        words = ["send", f"127.0.0.1:{server.port}", "--udp-port", str(server.udp_port), *options]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "sctp_tui", *words],
            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True,
        )  # fmt: skip

    def say(self, *lines: str) -> None:
        """Send these, a message each."""
        assert self._process.stdin is not None
        self._process.stdin.write("".join(f"{line}\n" for line in lines))
        self._process.stdin.flush()

    def leave(self) -> None:
        """Close gracefully."""
        assert self._process.stdin is not None
        self._process.stdin.close()

    def wait(self) -> None:
        """Until its process has ended."""
        self._process.wait(10)


def save(app: SctpApp, name: str) -> None:
    """Draw what is shown now."""
    app.save_screenshot(f"{name}.svg", str(FOLDER))


async def traffic(app: SctpApp, pilot: Pilot[None]) -> list[Visitor]:
    """Four visitors who say something, one of whom leaves and one of whom aborts."""
    ana = Visitor(app, "--stream", "2", "--ppid", "46")
    ben = Visitor(app, "--stream", "0", "--ppid", "51")
    cem = Visitor(app, "--unordered", "--streams", "3:3")
    dot = Visitor(app, "--abort")
    for number, visitor in enumerate((ana, ben, cem, dot), 1):
        visitor.say(f"hello, visitor {number} here")
    await until(pilot, lambda: len(rows(app)) == 5)
    for number in range(8):
        ana.say(f"reading {number}: 21.{number} °C")
        if number % 2:
            ben.say(f"a longer message, number {number}, " + "…".join("abcdefgh" * 6))
        if number % 3 == 0:
            cem.say("\x1b[31mnot red\x1b[0m [bold]nor bold[/]")
        await pilot.pause(0.15)
    for visitor in (ben, dot):
        visitor.leave()
    await until(pilot, lambda: sum(row.ended is not None for row in rows(app)) == 2)
    return [ana, ben, cem, dot]


async def draw(size: tuple[int, int], then: Callable[[SctpApp, Pilot[None]], object]) -> None:
    """Run the program at a size."""
    app = SctpApp(Settings(port=0, udp_port=0))
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: app.monitor.endpoints.servers)
        result = then(app, pilot)
        if asyncio.iscoroutine(result):
            await result


async def fresh(app: SctpApp, pilot: Pilot[None]) -> None:
    """What one sees first."""
    await pilot.pause(0.3)
    save(app, f"fresh-{app.size.width}x{app.size.height}")


async def live(app: SctpApp, pilot: Pilot[None]) -> None:
    """Live traffic, ended associations among it, and the clients of this program."""
    await pilot.press("enter")
    await until(pilot, lambda: len(rows(app)) == 1)
    visitors = await traffic(app, pilot)
    await pilot.press("ctrl+n")
    await type_line(pilot, "[3]the second client, on stream 3")
    await until(pilot, lambda: len(rows(app)) == 6)
    await pilot.press("escape", "r")
    await type_line(pilot, "welcome")
    await pilot.pause(1.3)
    save(app, f"live-{app.size.width}x{app.size.height}")
    await type_line(pilot, "[9]nobody has stream 9")
    await pilot.pause(0.5)
    save(app, f"refused-{app.size.width}x{app.size.height}")
    for visitor in visitors:
        visitor.leave()
    for visitor in visitors:
        visitor.wait()


async def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    for size in ((80, 24), (120, 40), (200, 60)):
        await draw(size, fresh)
        await draw(size, live)


if __name__ == "__main__":
    os.environ["TZ"] = "UTC"
    time.tzset()
    asyncio.run(main())
