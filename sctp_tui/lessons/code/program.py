"""Turns a lesson into a program: its ends on the loopback, and the calls of each step in order."""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

from sctp_tui.lessons.actions import Action
from sctp_tui.lessons.lesson import Lesson, Step
from sctp_tui.sctp.commands import (
    AbortAssociation,
    AskPath,
    AskStreams,
    ChangeUdpPort,
    CloseAssociation,
    Command,
    Connect,
    Crash,
    DropNext,
    Forge,
    PauseReading,
    PeelOff,
    Send,
    SetLink,
    SetParameters,
    SetSpeed,
)
from sctp_tui.sctp.link.conditions import Conditions
from sctp_tui.sctp.printable import printable

from . import c, python
from .calls import Calls, Ends, StepCode

Language = Literal["c", "python"]
LANGUAGES: Mapping[Language, str] = {"c": "C (libsctp)", "python": "Python (pysctp)"}
"""The languages, and what they are called."""
_CALLS: Mapping[Language, type[Calls]] = {"c": c.CCalls, "python": python.PythonCalls}

_NO_CALL: Mapping[type[Command], str] = {
    DropNext: "no call does that, but a network",
    SetLink: "no call does that, but a network",
    SetSpeed: "no call does that",
    ChangeUdpPort: "no call does that, but a NAT",
    Forge: "no call does that, as no end has sent it",
    Crash: "no call does that, as a kernel tells of the end of a process",
}
_WINDOW = 50_000  # octets that find room at a receiver, whatever it has for them
QUIET = 300  # ms; on the loopback nothing takes that long
_BOTH = "this is the client's call; a server that knew its port would call the same"
_BACK = "no call does that, as the kernel still has the association"


def steps(lesson: Lesson, language: Language) -> list[StepCode]:
    """The calls of each step."""
    writer = _Writer(_CALLS[language](lesson))
    return [writer.step(one) for one in lesson.step]


def program(lesson: Lesson, language: Language) -> str:
    """The whole program: it sets the ends up, does what the steps do, and prints what comes of it."""
    return _CALLS[language](lesson).program(steps(lesson, language))


class _Scene:
    """A scene in which a key stands for whose association it is; or where not `up`, there are none."""

    def __init__(self, *, up: bool = True) -> None:
        self.ends: list[Ends] = []
        self._up = up

    def key(self, end: str, other: str = "") -> int:
        """See `Scene.key`."""
        if not self._up:
            return 0
        self.ends.append(Ends(end, other or "client 1") if end == "server" else Ends(end, "server"))
        return len(self.ends)

    def is_up(self, end: str) -> bool:
        """See `Scene.is_up`."""
        return self._up

    def message_id(self) -> int:
        """See `Scene.message_id`."""
        return 0

    def holds(self, claim: str) -> bool:
        """See `Scene.holds`."""
        return True

    def conditions(self, link: int) -> tuple[Conditions, Conditions]:
        """See `Scene.conditions`."""
        return Conditions(), Conditions()


class _Writer:
    """Writes the calls of one step after the other."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls
        self._crashed: set[str] = set()
        self._begun: set[str] = set()  # clients whose association was set up
        self._known: set[str] = set()  # and those of them whose COMM_UP was received, with the ID
        self._octets = 0  # that are sent in this step
        self._gone: set[str] = set()  # clients whose association ends in this step

    def step(self, step: Step) -> StepCode:
        """The calls of a step."""
        self._octets = 0
        return StepCode(printable(step.name), [*self._calls_of(step)], self._quiet(step))

    def _quiet(self, step: Step) -> int:
        """How long to wait for more, in ms: for an autoclose that is shown, or for a window to open again."""
        autoclose = self._calls.settings("server").autoclose
        if autoclose and "shutdown" in " ".join((step.until, *step.expect)):
            return autoclose * 1000 + 1500
        fills = self._octets > _WINDOW or any("reads again" in one for one in (step.cause, *step.do))
        return 2000 if fills else QUIET

    def _calls_of(self, step: Step) -> Iterator[str]:
        self._gone.clear()
        refused = "event=refused" in " ".join((step.until, *step.expect))
        for action in step.actions:
            scene = _Scene()
            commands = action.commands(scene)
            if commands is None:  # it wants an association that is not up
                commands = action.commands(_Scene(up=False)) or []
            if not commands:
                yield self._calls.comment(printable(action.text))
                yield from self._receive()
            for command, same in itertools.groupby(commands):
                key = getattr(command, "key", 0)
                ends = scene.ends[key - 1] if key else Ends(getattr(command, "endpoint", ""), "server")
                yield from self._command(action, command, ends, len([*same]), refused)
        self._known |= self._begun

    def _receive(self) -> Iterator[str]:
        yield self._calls.drain(QUIET)
        self._known |= self._begun

    def _command(
        self, action: Action, command: Command, ends: Ends, times: int, refused: bool
    ) -> Iterator[str]:
        calls, client, said = self._calls, ends.client, printable(action.text)
        why = _NO_CALL.get(type(command), "")
        if isinstance(command, Connect) and client in self._crashed:
            why = _BACK
        if isinstance(command, Crash):
            self._crashed.add(client)
        if getattr(command, "key", 0) and client in self._begun - self._known:
            yield calls.comment("receives COMM_UP, and with it the association's ID")
            yield from self._receive()
        note = _BOTH if isinstance(command, Connect) and command.collide else why
        yield calls.comment(f"{said}: {note}" if note else said)
        if not why:
            lines = calls.repeated(_lines(calls, command, ends), times)
            # Its association may have ended by now.
            idle = calls.settings("server").autoclose and client in self._begun
            fails = refused or idle or client in self._gone or calls.elsewhere(ends)
            yield from calls.may_fail(lines) if fails else lines
        if isinstance(command, Connect | Send):
            self._begun.add(client)
            self._octets += times * len(getattr(command, "data", b""))
        if isinstance(command, CloseAssociation | AbortAssociation):
            self._gone.add(client)
            calls.branched.discard(client)


def _lines(calls: Calls, command: Command, ends: Ends) -> Sequence[str]:
    match command:
        case Connect():
            return calls.connect(ends)
        case Send():
            return calls.send(command, ends)
        case PeelOff():
            return calls.peel_off(ends)
        case CloseAssociation():
            return calls.close(ends)
        case AbortAssociation():
            return calls.abort(command.reason, ends)
        case SetParameters():
            return calls.set_parameters(command.parameters, ends)
        case AskStreams():
            return calls.ask_streams(command, ends)
        case AskPath():
            return calls.ask_path(command, ends)
        case PauseReading():
            return calls.read(ends.end, paused=command.paused)
        case _:
            return []
