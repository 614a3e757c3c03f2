"""`make screenshots`: runs the program with real associations and draws what it shows into screenshots/.

python -m tests.screenshots [SCENE ...]
"""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from textual.pilot import Pilot
from textual.widgets import Input

from sctp_tui.lab import capture
from sctp_tui.lessons.lesson import find
from sctp_tui.sctp.commands import Generate, Send, SetLink
from sctp_tui.sctp.events import PeerAddrChange, Refused
from sctp_tui.sctp.kernel.network import addresses
from sctp_tui.sctp.link.syntax import parse
from sctp_tui.sources.capture import Capture
from sctp_tui.tui.app import SctpApp, Settings
from sctp_tui.tui.capture_app import CaptureApp
from sctp_tui.tui.dialogs.detail import DetailScreen
from sctp_tui.tui.dialogs.message_detail import MessageDetailScreen
from sctp_tui.tui.filter_bar import FilterBar
from sctp_tui.tui.freeze import FreezeBanner
from sctp_tui.tui.hints import in_lab
from sctp_tui.tui.message_log import MessageLog
from sctp_tui.tui.picture import of_screen
from sctp_tui.tui.search import SearchBar
from sctp_tui.tui.settings import of_lesson
from sctp_tui.tui.wire.ladder_view import LadderView

from .moving_picture import MovingPicture
from .sources.files import real
from .tui.driving import log_of, messages, rows, type_line, until

FOLDER = Path(__file__).parent.parent / "screenshots"


class Visitor:
    """A client in a process of its own, as another terminal would have it."""

    def __init__(self, app: SctpApp, *options: str) -> None:
        server = app.monitor.endpoints.servers[0]
        words = ["send", f"127.0.0.1:{server.port}", "--udp-port", str(server.udp_port), *options]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "sctp_tui", *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            text=True,
        )

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
    """Draw what is shown now; in the lab, from which no file of this folder can be written, on stdout."""
    if in_lab():
        sys.stdout.write(of_screen(app))
    else:
        (FOLDER / f"{name}.svg").write_text(of_screen(app))


def as_many(app: SctpApp, number: int) -> Callable[[], bool]:
    """Whether there are so many associations."""
    return lambda: len(rows(app)) == number


async def serving(app: SctpApp, pilot: Pilot[None]) -> None:
    """Wait for the server."""
    await until(pilot, lambda: app.monitor.endpoints.servers)


async def traffic(app: SctpApp, pilot: Pilot[None]) -> list[Visitor]:
    """Four visitors who say something; one leaves and one aborts, the others are still there."""
    before = len(rows(app))
    ana = Visitor(app, "--stream", "2", "--ppid", "46")
    ben = Visitor(app, "--stream", "0", "--ppid", "51")
    cem = Visitor(app, "--unordered", "--streams", "3:3")
    dot = Visitor(app, "--abort")
    for number, visitor in enumerate((ana, ben, cem, dot), 1):
        visitor.say(f"hello, visitor {number} here")
        await until(pilot, as_many(app, before + number))
    for number in range(8):
        ana.say(f"reading {number}: 21.{number} °C")
        if number % 2:
            ben.say(f"a longer message, number {number}: " + "All that I have to say about it is this. " * 6)
        if number % 3 == 0:
            cem.say("\x1b[31mnot red\x1b[0m [bold]nor bold[/]")
        await pilot.pause(0.15)
    for visitor in (ben, dot):
        visitor.leave()
    await until(pilot, lambda: sum(row.ended is not None for row in rows(app)) == 2)
    return [ana, ben, cem, dot]


async def fresh(app: SctpApp, pilot: Pilot[None]) -> None:
    """What one sees first."""
    await pilot.pause(0.3)
    save(app, "fresh")


async def live(app: SctpApp, pilot: Pilot[None]) -> None:
    """Live traffic from other processes and from here."""
    await type_line(pilot, "hello")
    await until(pilot, lambda: len(rows(app)) == 1)
    visitors = await traffic(app, pilot)
    for number in range(3):
        visitors[0].say(f"reading {number + 8}: 22.{number} °C")
        await type_line(pilot, f"[{number}]on stream {number}")
        await pilot.pause(0.4)
    await pilot.press("escape", "home")
    await pilot.pause(0.5)
    save(app, "80x24" if app.size.width == 80 else "live" if app.size.width == 120 else "200x60")
    for visitor in visitors:
        visitor.leave()
        visitor.wait()


async def ended(app: SctpApp, pilot: Pilot[None]) -> None:
    """How associations end: what the article's server can't see."""
    visitors = await traffic(app, pilot)
    await pilot.press("escape", "home", "c")
    await until(pilot, lambda: rows(app)[0].ended)
    await pilot.press("end")
    await pilot.pause(0.5)
    save(app, "ended")
    for visitor in visitors:
        visitor.leave()
        visitor.wait()


async def clients(app: SctpApp, pilot: Pilot[None]) -> None:
    """Two clients, a reply of the server's, and a stream that nobody has."""
    await type_line(pilot, "hello")
    await until(pilot, lambda: len(rows(app)) == 1)
    await pilot.press("ctrl+n")
    app.screen.query_one("#streams", Input).value = "3:3"
    await type_line(pilot, "[2]hello 2")
    await until(pilot, lambda: len(rows(app)) == 2)
    await pilot.press("escape", "home", "r")
    await type_line(pilot, "[4]welcome")
    await until(pilot, lambda: messages(app, "client 1"))
    await type_line(pilot, "[9]nobody has stream 9")
    await until(pilot, lambda: log_of(app, Refused))
    await pilot.pause(0.5)
    save(app, "clients")


async def frozen(app: SctpApp, pilot: Pilot[None]) -> None:
    """The view stands while traffic goes on, in the order of the messages received."""
    visitors = await traffic(app, pilot)
    await pilot.press("escape", "s", *["down"] * 4, "enter", "home", "z")
    for number in range(40):
        visitors[0].say(f"reading {number + 8}: 22.{number % 10} °C")
    await until(pilot, lambda: app.screen.query_one(FreezeBanner).waiting >= 40)
    await pilot.pause(0.5)
    save(app, "frozen")
    for visitor in visitors:
        visitor.leave()
        visitor.wait()


async def generator(app: SctpApp, pilot: Pilot[None]) -> None:
    """Twelve clients that generate, and the server to one of them, which has a name."""
    await type_line(pilot, "hello")
    await until(pilot, lambda: len(rows(app)) == 1)
    await pilot.press("escape", "home", "N", *"anna", "enter", "r", "ctrl+t")
    fill(pilot, text="reading {n}", rate="20", count="2000", ppid="ngap")
    await pilot.press("enter", "escape", "escape", "tab", "tab", "up", "ctrl+t")
    fill(pilot, clients="12", rate="50", count="", streams="all", size="200")
    await pilot.press("enter")
    await until(pilot, lambda: len(rows(app)) == 12 and all(row.messages_in > 150 for row in rows(app)))
    save(app, "generator")


async def filtered(app: SctpApp, pilot: Pilot[None]) -> None:
    """A filter, a search among what it leaves, and another filter that can't be."""
    visitors = await traffic(app, pilot)
    await pilot.press("escape", "home")
    for key, line in (("slash", "event=message or failed"), ("l", "not red")):
        await pilot.press(key)
        prompt = app.screen.query_one(FilterBar if key == "slash" else SearchBar)
        await until(pilot, lambda prompt=prompt: prompt.input.has_focus)  # type: ignore[misc]
        prompt.input.value = line
        await pilot.press("enter")
    await pilot.pause(0.3)
    await pilot.press("comma", "slash")
    app.screen.query_one(FilterBar).input.value = "dir=in ppid=diametr stream=0..2"
    await pilot.press("end")
    await pilot.pause(0.5)
    save(app, "filter")
    for visitor in visitors:
        visitor.leave()
        visitor.wait()


async def detail(app: SctpApp, pilot: Pilot[None]) -> None:
    """All of one association, and the meaning of the number under the cursor."""
    visitors = await traffic(app, pilot)
    await pilot.press("escape", "home", "enter")
    await until(pilot, lambda: isinstance(app.screen, DetailScreen))
    for number in range(6):
        visitors[0].say(*(f"reading {number}.{part}: 22.{part} °C" for part in range(number + 1)))
        await pilot.pause(0.6)
    await pilot.press(*["down"] * 8)
    await pilot.pause(1.2)
    save(app, "detail")
    for visitor in visitors:
        visitor.leave()
        visitor.wait()


async def message(app: SctpApp, pilot: Pilot[None]) -> None:
    """All of one line of the log: what was no text, as octets."""
    await type_line(pilot, "hello")
    await until(pilot, lambda: messages(app, "server"))
    app.submit(Send(1000, bytes(range(64)) + "déjà vu \x1b[2J".encode(), "client 1", stream=3, ppid=46))
    await until(pilot, lambda: len(messages(app, "server")) == 2)
    await pilot.press("escape")
    app.screen.query_one(MessageLog).focus()
    await pilot.press("end", "enter")
    await until(pilot, lambda: isinstance(app.screen, MessageDetailScreen))
    await pilot.pause(0.5)
    save(app, "message")


async def light(app: SctpApp, pilot: Pilot[None]) -> None:
    """The same in a light theme."""
    app.theme = "textual-light"
    visitors = await traffic(app, pilot)
    await pilot.press("escape", "home")
    await pilot.pause(0.8)
    save(app, "light")
    for visitor in visitors:
        visitor.leave()
        visitor.wait()


async def lost_on_purpose(app: SctpApp, pilot: Pilot[None], slow: str) -> None:
    """The next DATA on stream 1 is lost, while stream 2 goes on; then the wire is shown."""
    app.submit(SetLink(parse(slow), parse(slow), 7))
    await type_line(pilot, "hello")
    await until(pilot, lambda: messages(app, "server"))
    await pilot.press("escape", "w", "D")
    await until(pilot, lambda: app.monitor.link is not None and app.monitor.link.inward.drops)
    for line in ("one", "[2]two", "and more", "[2]three", "[3]four", "[2]five", "the rest"):
        await type_line(pilot, line)
        await pilot.pause(0.03)
    await until(pilot, lambda: len(messages(app, "server")) == 8)
    await pilot.press("escape")
    await pilot.pause(0.5)


async def ladder(app: SctpApp, pilot: Pilot[None]) -> None:
    """A chunk that is lost, reported missing, and sent again."""
    await lost_on_purpose(app, pilot, "delay=20ms")
    await pilot.press("W", "home", *["down"] * 4)
    lost = next(number for number, packet in enumerate(app.monitor.wire, 1) if packet.verdict == "dropped")
    view = app.screen.query_one(LadderView)
    assert view.timeline is not None
    view.put_cursor(view.timeline.place(lost))
    await pilot.pause(0.3)
    save(app, "ladder")


async def sockets(app: SctpApp, pilot: Pilot[None]) -> None:
    """What the sockets tell, between the packets: stream 2 is read while stream 1 waits."""
    await lost_on_purpose(app, pilot, "delay=20ms")
    await pilot.press("v", "W", "home", *["down"] * 12, ">")
    await pilot.pause(0.5)
    save(app, "sockets")


async def lanes(app: SctpApp, pilot: Pilot[None]) -> None:
    """Stream 1 had to wait, the others went on."""
    await lost_on_purpose(app, pilot, "delay=20ms")
    await pilot.press("2")
    await pilot.pause(0.5)
    save(app, "lanes")


async def packet(app: SctpApp, pilot: Pilot[None]) -> None:
    """All of an INIT."""
    await lost_on_purpose(app, pilot, "off")
    await pilot.press("home", "enter")
    await pilot.pause(0.5)
    save(app, "packet")


async def window(app: SctpApp, pilot: Pilot[None]) -> None:
    """What one end has sent over time, on a link that loses."""
    app.submit(SetLink(parse("delay=25ms loss=2%"), parse("delay=25ms"), 7))
    await type_line(pilot, "hello")
    await until(pilot, lambda: messages(app, "server"))
    await pilot.press("escape", "w", "3", "W")
    app.submit(Generate(1, "client 1", rate=200, size=1200, count=600))
    await until(pilot, lambda: len(messages(app, "server")) > 600)
    await pilot.pause(0.5)
    save(app, "window")


async def states(app: SctpApp, pilot: Pilot[None]) -> None:
    """One end has closed."""
    await type_line(pilot, "hello")
    await until(pilot, lambda: messages(app, "server"))
    await pilot.press("escape", "w", "4", "W", "c")
    await until(pilot, lambda: rows(app)[0].ended)
    await pilot.pause(0.5)
    save(app, "states")


async def link(app: SctpApp, pilot: Pilot[None]) -> None:
    """What the link does is being changed."""
    await lost_on_purpose(app, pilot, "delay=20ms jitter=5ms")
    await pilot.press("L")
    await pilot.pause(0.3)
    fill(pilot, inward="loss=10% delay=50ms jitter=10ms drop=3*SACK", outward="delay=50ms", seed="2026")
    await pilot.pause(0.5)
    save(app, "link")


async def still(app: SctpApp, pilot: Pilot[None]) -> None:
    """The link's time stands still, a packet is on its way."""
    await pilot.press("escape", "w", "space")
    await until(pilot, lambda: app.monitor.link is not None and app.monitor.link.speed == 0)
    await type_line(pilot, "hello")
    await until(pilot, lambda: len(app.monitor.wire) == 1)
    await pilot.press("escape")
    for number in (2, 3):
        await pilot.press("i")
        await until(pilot, lambda number=number: len(app.monitor.wire) == number)  # type: ignore[misc]
    await pilot.pause(0.5)
    save(app, "still")


async def paths(app: SctpApp, pilot: Pilot[None]) -> None:
    """A link is cut, and joined again: data takes the other path meanwhile."""
    await _cut_and_join(app, pilot)
    await pilot.press("minus")
    await pilot.pause(0.5)
    save(app, "paths")


async def failover(app: SctpApp, pilot: Pilot[None]) -> None:
    """The same in the ladder: what was lost on the one path, and sent again on the other."""
    await _cut_and_join(app, pilot)
    await pilot.press("1", "home", *["greater_than_sign"] * 10)
    await pilot.pause(0.5)
    save(app, "failover")


async def _cut_and_join(app: SctpApp, pilot: Pilot[None]) -> None:
    await type_line(pilot, "hello")
    await until(pilot, lambda: messages(app, "server"))
    await pilot.press("escape", "w")
    await until(pilot, lambda: app.query(LadderView) and app.query_one(LadderView).has_focus)
    await pilot.press("5", "W")
    app.submit(Generate(1, "client 1", rate=8, size=40, seconds=14))

    async def told(state: str) -> None:
        def changes() -> list[str]:
            return [event.state for event in app.monitor.log if isinstance(event, PeerAddrChange)]

        await until(pilot, lambda: state in changes(), state)

    await until(pilot, lambda: len(messages(app, "server")) > 20)
    await pilot.press("C", "1")
    await told("POTENTIALLY_FAILED")
    await pilot.pause(3)
    await pilot.press("C", "1")
    await told("AVAILABLE")
    await pilot.pause(1.5)


async def moving(app: SctpApp, pilot: Pilot[None]) -> None:
    """From the first message over a chunk that is lost on purpose to the end, frame by frame."""
    film = MovingPicture()

    async def take(seconds: float, says: str, wait: float = 0.3) -> None:
        await pilot.pause(wait)
        film.take(app, seconds, says)

    await take(3, "sctp-tui: a server, and a client to type in")
    await pilot.press("enter")
    await until(pilot, lambda: messages(app, "server"))
    await take(3, "hello ⏎   The first message sets up an association: a row, and what the sockets tell", 1.2)
    await pilot.press("escape", "w")
    await take(3.5, "w   Its packets: the handshake with the first DATA")
    await pilot.press("D")
    app.submit(SetLink(parse("delay=300ms drop=DATA#1"), parse("delay=300ms"), 7))
    await until(pilot, lambda: app.monitor.link is not None and app.monitor.link.inward.drops)
    await take(2, "D   The next DATA on stream 1 will be lost")
    await type_line(pilot, "A1")
    for line in ("A2", "[2]B1"):
        await type_line(pilot, line)
    await pilot.press("escape", "end")
    await take(1.5, "A1 ⏎ A2 ⏎ [2]B1 ⏎   Three messages, on two streams: the first is lost", 0.1)
    await until(pilot, lambda: len(messages(app, "server")) == 2)
    await pilot.press("2")
    await take(3.5, "2   The lanes: stream 2 goes on, A2 has come and waits for A1", 0.1)
    await pilot.press("1")
    await until(pilot, lambda: len(messages(app, "server")) == 4)
    await pilot.press("end")
    await take(4, "1   T3-rtx has run out: A1 is sent again, and says which packet it was first", 0.9)
    await pilot.press("2")
    await take(3, "2   A1 has arrived, and A2 waits no more")
    await pilot.press("c")
    await until(pilot, lambda: rows(app)[0].ended)
    await pilot.press("4")
    await take(3, "c 4   Shut down: the states of both ends")
    await pilot.press("escape")
    await take(3, "Esc   It stays in the table, with how it ended", 0.5)
    film.write(FOLDER / "moving.svg")


async def lesson(app: SctpApp, pilot: Pilot[None]) -> None:
    """A question, answered: what had to wait, and why."""
    await _up_to(app, pilot, 2)
    await pilot.press("1")
    await _played(app, pilot)
    save(app, "lesson")


async def lesson_asks(app: SctpApp, pilot: Pilot[None]) -> None:
    """A question, before anything is shown."""
    await _up_to(app, pilot, 2)
    save(app, "lesson_asks")


async def lesson_failover(app: SctpApp, pilot: Pilot[None]) -> None:
    """The last step of the lesson about failover."""
    assert app.lesson is not None
    await _up_to(app, pilot, len(app.lesson.lesson.step))
    await _played(app, pilot)
    save(app, "lesson_failover")


async def opened() -> None:
    """A capture of others, made in 2011."""
    app = CaptureApp(Capture([str(real("tcpdump__forces2.pcap"))]), Settings())
    async with app.run_test(size=(110, 34)) as pilot:
        await until(pilot, lambda: app.monitor.associations.ended == 3 and not app.event_queue.waiting)
        await pilot.pause(1)
        save(app, "open")


async def _up_to(app: SctpApp, pilot: Pilot[None], number: int) -> None:
    """Go on until step `number` is to be played."""
    session = app.lesson
    assert session is not None
    while session.at < number - 1:
        await _played(app, pilot)
        await pilot.press("space")
    await until(pilot, lambda: session.stage in ("asking", "playing", "shown"))
    await pilot.pause(0.5)


async def _played(app: SctpApp, pilot: Pilot[None]) -> None:
    session = app.lesson
    assert session is not None
    await until(pilot, lambda: session.stage != "setting up")
    if session.stage == "asking":
        await pilot.press("space")
    await until(pilot, lambda: session.stage == "shown")
    await pilot.pause(0.5)


def fill(pilot: Pilot[None], **fields: str) -> None:
    """Fill in a form."""
    for name, value in fields.items():
        pilot.app.screen.query_one(f"#{name}", Input).value = value


SCENES = (
    ((100, 30), moving),
    ((80, 24), fresh),
    ((80, 24), live),
    ((120, 40), live),
    ((200, 60), live),
    ((110, 30), ended),
    ((110, 30), clients),
    ((110, 30), frozen),
    ((120, 36), generator),
    ((110, 34), filtered),
    ((120, 44), detail),
    ((110, 34), message),
    ((110, 30), light),
    ((110, 34), ladder),
    ((110, 50), sockets),
    ((110, 34), lanes),
    ((110, 40), packet),
    ((110, 34), window),
    ((110, 32), states),
    ((110, 36), link),
    ((110, 30), still),
    ((100, 30), lesson),
    ((100, 30), lesson_asks),
)
LESSONS = {"lesson": "streams", "lesson_asks": "loss", "lesson_failover": "failover"}
"""The lesson that a scene is of, by the scene's name."""
IN_LAB = (((110, 28), paths), ((120, 32), failover), ((110, 34), lesson_failover))
"""Scenes on the kernel's stack, with two paths."""
_TWO = Settings(stacks=("kernel",), hosts=addresses("server", 2), paths=2, capture=True)


async def main(names: list[str]) -> None:
    """Draw the scenes of these names, or all."""
    FOLDER.mkdir(exist_ok=True)
    if not in_lab() and (not names or "open" in names):
        await opened()
    for size, scene in IN_LAB if in_lab() else SCENES:
        if names and scene.__name__ not in names:
            continue
        # The usual ports, as a user sees them.
        settings = _TWO if in_lab() else Settings()
        if (name := LESSONS.get(scene.__name__)) is not None:
            settings = of_lesson(find(name), settings.stacks[0], settings)
        app = SctpApp(settings)
        async with app.run_test(size=size) as pilot:
            await serving(app, pilot)
            await scene(app, pilot)


if __name__ == "__main__":
    os.environ["TZ"] = "UTC"
    time.tzset()
    asyncio.run(main(sys.argv[1:]))
    for _, scene in () if in_lab() else IN_LAB:
        if len(sys.argv) == 1 or scene.__name__ in sys.argv:
            done = capture([sys.executable, "-m", "tests.screenshots", scene.__name__], memory=1024)
            done.check_returncode()
            (FOLDER / f"{scene.__name__}.svg").write_bytes(done.stdout)
