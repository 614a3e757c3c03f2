"""The course of real associations, on both stacks: what a socket tells stands after what it came from."""

from sctp_tui.monitor.course import Course, Line, Shown, Told, sides, text
from sctp_tui.monitor.ladder import Ladder, Row
from sctp_tui.monitor.monitor import Monitor
from sctp_tui.monitor.other_end import both_ends
from sctp_tui.outbox import Batch
from sctp_tui.sctp.events import AssocChange, Message, StackName
from sctp_tui.sctp.packet import name_of

from ..harness import Running


def _in_words(line: Line) -> str:
    if isinstance(line, Row):
        return " + ".join(name_of(chunk) for chunk in line.chunks)
    assert isinstance(line, Told)
    return f"{line.end}: {text(line).partition(':')[0]}"


class _Follows:
    """Folds all that the engine says as it comes, as a screen does."""

    def __init__(self, running: Running) -> None:
        self.monitor = Monitor()
        self._events = self._packets = 0
        self._running = running

    def lines(self) -> list[str]:
        running, monitor = self._running, self.monitor
        running.drain()
        events, packets = running.events[self._events :], running.packets[self._packets :]
        self._events, self._packets = len(running.events), len(running.packets)
        monitor.fold(Batch(events=events, packets=packets))
        server = next(one for one in monitor.associations if one.endpoint == "server")
        conversation = monitor.wire.of(server, monitor.endpoints)
        if conversation is None:
            return []
        course = Course(Ladder(conversation))
        course.show(Shown(sockets=True))
        ends = sides(both_ends(server, monitor.associations, monitor.endpoints), conversation)
        while course.update(monitor.log, ends, monitor.remarks):
            pass
        return [_in_words(course[serial]) for serial in range(course.first, course.end)]


def test_packets_and_what_the_sockets_tell_in_their_order(stack: StackName) -> None:
    with Running(stack, packets=(stack,)) as running:
        running.listen()
        follows = _Follows(running)
        name, _, ours = running.greet()
        running.send(name, b"more", stream=1)
        running.until(Message, endpoint="server", direction="in", data=b"more")
        running.shut_down(ours.key)
        running.again()
        running.until(AssocChange, endpoint="server", state="SHUTDOWN_COMP")
        running.until_true(lambda: "SHUTDOWN COMPLETE" in follows.lines())
        lines = follows.lines()

    def at(which: str, after: str | None = None) -> int:
        return lines.index(which, lines.index(after) if after else 0)

    sends = [line for line in lines if line.startswith("peer: sends")]
    receives = [line for line in lines if line.startswith("local: receives")]
    assert sends == ["peer: sends 5 B on stream 1", "peer: sends 4 B on stream 1"]
    assert receives == ["local: receives 5 B on stream 1", "local: receives 4 B on stream 1"]
    initial, answered = at("INIT"), at("INIT ACK")
    assert at(sends[0]) < initial < answered < at("local: COMM_UP")
    assert answered < at("peer: COMM_UP")
    assert at(sends[1]) < at(receives[1])
    assert any("DATA" in line for line in lines[at(sends[1]) : at(receives[1])])
    assert at("peer: asks for the shutdown, what was sent before it still goes out") < at("SHUTDOWN")
    assert at("SHUTDOWN") < at("local: SHUTDOWN_EVENT")
    assert at("SHUTDOWN ACK") < at("peer: SHUTDOWN_COMP")
