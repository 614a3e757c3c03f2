"""What a lesson is, and how one is read from its TOML file."""

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec

from sctp_tui.sctp import parameter_words
from sctp_tui.sctp.endpoint import SctpError
from sctp_tui.sctp.events import StackName
from sctp_tui.sctp.printable import printable
from sctp_tui.sctp.protocol_parameters import ProtocolParameters
from sctp_tui.sctp.stack_registry import TRAITS

from .actions import Action, ActionError
from .actions import parse as parse_action
from .claims import Claim, ClaimError
from .claims import parse as parse_claim

View = Literal["table", "log", "ladder", "lanes", "window", "states", "paths"]
"""The parts of the screen that a step may be about."""

HERE = Path(__file__).parent
"""The folder of the lessons that come with the program."""
_LONGEST = 256 * 1024  # bytes of a file
_END = re.compile(r"server|client [1-9]")
_STREAMS = re.compile(r"(\d{1,5}):(\d{1,5})")
_SAID = 310  # characters of what a step says
_Port = Annotated[int, msgspec.Meta(ge=0, le=65535)]
_Text = Annotated[str, msgspec.Meta(min_length=1, max_length=300)]


class LessonError(Exception):
    """A file is no lesson; the text names the file, the line and the key, and what to write there."""


class EndSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An end as it is opened: `streams` is OUT:IN, `parameters` the words of `help timers`.

    Of the server alone: `echo`, `autoclose` in s (0: never), and `receive_buffer` in octets, from which its
    window is made (0: the stack's own size). Of a client alone: `port`, the one that it goes to, and
    `udp_port`, the one of the UDP that it then travels in (RFC 6951); 0 for those of the server.
    """

    streams: str = "5:5"
    parameters: str = ""
    echo: bool = False
    autoclose: int = 0
    receive_buffer: Annotated[int, msgspec.Meta(ge=0, le=1_000_000)] = 0
    port: _Port = 0
    udp_port: _Port | None = None

    @property
    def counts(self) -> tuple[int, int]:
        """Outbound streams to ask for, and inbound ones to take."""
        outbound, _, inbound = self.streams.partition(":")
        return int(outbound), int(inbound)

    @property
    def protocol_parameters(self) -> ProtocolParameters:
        """The parameters of its associations. Raises `SctpError` where the words are none."""
        return parameter_words.parse(self.parameters)


class Question(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a class is asked before it is shown: `choices` with the `answer`'s place from 1, or a `number`.

    `because` is why that is so; `wrong` has for each choice why it isn't, "" for the right one.
    """

    text: _Text
    because: _Text
    choices: tuple[_Text, ...] = ()
    answer: int = 0
    wrong: tuple[str, ...] = ()
    number: int | None = None


class Step(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One step. `do` is what the ends and the link do; `cause` the one action that the step is about, which
    comes first unless it stands among them. All is done at once, so that packets find the link as it is after
    that, but for what follows a `wait for`. The step has come to its end as `until` holds; then all of
    `expect` must.

    `say` is said then, in at most four lines of a screen of 80 columns; `notes` are for who presents, `hint`
    for who does not find the answer. `look` is the part of the screen that it is about, `mark` the claim
    whose packet is pointed at in the ladder.
    """

    name: _Text
    do: tuple[str, ...] = ()
    cause: str = ""
    until: str = ""
    expect: tuple[str, ...] = ()
    look: View = "ladder"
    mark: str = ""
    ask: Question | None = None
    say: str = ""
    notes: str = ""
    hint: str = ""

    @property
    def actions(self) -> list[Action]:
        """All that is done, in order. Raises `ActionError`."""
        first = [self.cause] if self.cause and self.cause not in self.do else []
        return [parse_action(one) for one in (*first, *self.do)]

    @property
    def without_cause(self) -> list[Action]:
        """All of that but the cause."""
        return [one for one in self.actions if one.text != self.cause]

    @property
    def client(self) -> str:
        """The client that it is about: the first that is named in it."""
        named = re.search(r"client \d", " ".join((self.mark, self.cause, *self.do, self.until)))
        return named[0] if named else "client 1"

    @property
    def sender(self) -> str:
        """The end whose messages it is about: the first that sends some, else the client."""
        sends = re.search(r"(server|client \d) sends (?!a heartbeat)", " ".join((self.cause, *self.do)))
        return sends[1] if sends else self.client

    @property
    def claims(self) -> list[Claim]:
        """`until`, where there is one, and all of `expect`. Raises `ClaimError`."""
        return [parse_claim(one) for one in (*([self.until] if self.until else []), *self.expect)]


class Lesson(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A lesson: its one `idea`, for whom (`level`), how long it takes, and the RFC's sections that it shows.

    `name` is what `find` finds it by. `stacks` are those that it can be played on. On the kernel's its ends
    are on two hosts with `paths` links.
    """

    title: _Text
    idea: _Text
    minutes: Annotated[int, msgspec.Meta(ge=1, le=120)]
    rfc: tuple[_Text, ...]
    stacks: tuple[StackName, ...]
    step: Annotated[tuple[Step, ...], msgspec.Meta(min_length=1)]
    ends: dict[str, EndSettings] = {}
    level: Literal["first", "further"] = "first"
    paths: Annotated[int, msgspec.Meta(ge=1, le=4)] = 1
    name: str = ""

    @property
    def clients(self) -> list[str]:
        """The names of its clients."""
        return [name for name in self.ends if name != "server"]

    @property
    def server(self) -> EndSettings:
        """The server's settings."""
        return self.ends.get("server", EndSettings())


def read(path: Path) -> Lesson:
    """The lesson in a file. Raises `LessonError`, or `OSError` where it can't be read."""
    with path.open("rb") as file:
        octets = file.read(_LONGEST + 1)
    if len(octets) > _LONGEST:
        raise LessonError(f"{path}: longer than {_LONGEST // 1024} KiB: a lesson is a short text")
    try:
        text = octets.decode()
        found = tomllib.loads(text)
    except UnicodeDecodeError as error:
        line = octets[: error.start].count(b"\n") + 1
        raise LessonError(f"{path}, line {line}: not UTF-8: save it as UTF-8 text") from None
    except tomllib.TOMLDecodeError as error:
        raise LessonError(f"{path}: {error}") from None
    place = _Places(path, text)
    found["name"] = path.stem if path.parent == HERE else str(path.resolve())
    try:
        lesson = msgspec.convert(found, Lesson)
    except msgspec.ValidationError as error:
        what, _, where = str(error).partition(" - at `$")
        raise LessonError(f"{place(where.rstrip('`'))}: {what}") from None
    for where, wrong in (*_unprintable(found, ""), *_mistakes(lesson)):
        raise LessonError(f"{place(where)}: {wrong}")
    return lesson


def _unprintable(value: Any, at: str) -> Iterator[tuple[str, str]]:
    """Texts that a terminal would take for commands: the file may be a stranger's."""
    if isinstance(value, str):
        if bad := next((one for one in value if not one.isprintable() and one not in "\n\t"), ""):
            yield at, f"there is a character U+{ord(bad):04X}, which is not printable: leave it out"
    elif isinstance(value, dict):
        for key, one in value.items():
            yield from _unprintable(key, f"{at}.{printable(key)}")
            yield from _unprintable(one, f"{at}.{printable(key)}")
    elif isinstance(value, list):
        for number, one in enumerate(value):
            yield from _unprintable(one, f"{at}[{number}]")


def _mistakes(lesson: Lesson) -> Iterator[tuple[str, str]]:
    """What the types don't tell: the path of the key, and what is wrong with its value."""
    if not lesson.stacks:
        yield ".stacks", 'empty: give the stacks that it can be played on, as in ["userspace"]'
    if not lesson.clients:
        yield ".ends", 'no client: write [ends."client 1"]'
    if lesson.paths > 1 and not all(TRAITS[stack].multihomed for stack in lesson.stacks):
        yield ".paths", 'several paths are for stacks = ["kernel"] alone: an association of usrsctp has one'
    for name, end in lesson.ends.items():
        if not _END.fullmatch(name):
            yield f".ends.{name}", f"{name!r} is no end: there are server, client 1, client 2, … client 9"
        if (streams := _STREAMS.fullmatch(end.streams)) is None or not all(map(int, streams.groups())):
            yield f".ends.{name}.streams", f"{end.streams!r} is not OUT:IN: give two numbers, as in 5:5"
        if end.udp_port is not None and not all(TRAITS[stack].own_udp_port for stack in lesson.stacks):
            yield f".ends.{name}.udp_port", 'this is for stacks = ["userspace"] alone: leave it out'
        try:
            _ = end.protocol_parameters
        except SctpError as error:
            yield f".ends.{name}.parameters", str(error)
    for number, step in enumerate(lesson.step):
        yield from _mistakes_of(lesson, step, f".step[{number}]")


def _mistakes_of(lesson: Lesson, step: Step, at: str) -> Iterator[tuple[str, str]]:
    known = {"server", *lesson.clients}
    for key, sentence in (("cause", step.cause), *(("do", one) for one in step.do)):
        if sentence:
            try:
                action = parse_action(sentence)
            except ActionError as error:
                yield f"{at}.{key}", str(error)
            else:
                yield from ((f"{at}.{key}", _nobody(end, known)) for end in action.ends - known)
    texts = (("until", step.until), ("mark", step.mark), *(("expect", one) for one in step.expect))
    for key, text in texts:
        if text:
            try:
                claim = parse_claim(text)
            except ClaimError as error:
                yield f"{at}.{key}", str(error)
            else:
                yield from ((f"{at}.{key}", _nobody(end, known)) for end in claim.ends - known)
    if step.cause and not (step.until or step.expect):
        yield f"{at}.cause", "nothing is claimed, so nothing shows that this is the cause: add expect"
    if (long := len(" ".join(step.say.split()))) > _SAID:
        yield f"{at}.say", f"{long} characters: give {_SAID} at most, four lines of a screen; or another step"
    if step.ask is not None:
        yield from _mistakes_of_question(step.ask, f"{at}.ask")


def _mistakes_of_question(ask: Question, at: str) -> Iterator[tuple[str, str]]:
    if (ask.number is None) != bool(ask.choices):
        yield at, "give either choices with the answer's place, or a number"
    elif ask.choices and not 1 <= ask.answer <= len(ask.choices) <= 9:
        yield f"{at}.answer", f"give the right choice's place, from 1 to {min(len(ask.choices), 9)}"
    elif ask.wrong and len(ask.wrong) != len(ask.choices):
        yield f"{at}.wrong", f'give {len(ask.choices)} texts, one for each choice, "" for the right one'


def _nobody(end: str, known: set[str]) -> str:
    return f"there is no {end!r} here: there are {', '.join(sorted(known))}"


class _Places:
    """Finds the line of a key, as tomllib does not tell it."""

    _TABLE = re.compile(r"\s*\[\[?\s*([^\]]+?)\s*\]?\]")
    _KEY = re.compile(r"\s*\"?([\w-]+)\"?\s*=")

    def __init__(self, path: Path, text: str) -> None:
        self._path = path
        self._lines: dict[str, int] = {}
        table, steps = "", 0
        for number, line in enumerate(text.splitlines(), 1):
            if (head := self._TABLE.fullmatch(line.split("#")[0].rstrip())) is not None:
                table = "." + head[1].replace('"', "")
                if table == ".step":
                    table, steps = f".step[{steps}]", steps + 1
                elif table.startswith(".step."):
                    table = f".step[{steps - 1}].{table.removeprefix('.step.')}"
                self._lines[table] = number
            elif (key := self._KEY.match(line)) is not None:
                self._lines.setdefault(f"{table}.{key[1]}", number)

    def __call__(self, where: str) -> str:
        """File, line and key of a path like `.step[1].ask.number`; without a line where it has none."""
        parts = re.findall(r"\.[^.\[]+(?:\[\d+\])?", where)
        while parts:
            for path in ("".join(parts), re.sub(r"\[\d+\]$", "", "".join(parts))):
                if (line := self._lines.get(path)) is not None:
                    return f"{self._path}, line {line}, {where.removeprefix('.') or 'lesson'}"
            parts.pop()
        return f"{self._path}, {where.removeprefix('.') or 'lesson'}"


def chapters() -> Mapping[str, Sequence[str]]:
    """The names of the lessons that come with the program, by chapter, in order."""
    listed: dict[str, Sequence[str]] = tomllib.loads((HERE / "chapters.toml").read_text())
    return listed


def ours() -> Mapping[str, Path]:
    """Their files, by their names, in order."""
    return {name: HERE / f"{name}.toml" for names in chapters().values() for name in names}


def find(name: str) -> Lesson:
    """The lesson with this name, or in this file. Raises `LessonError`."""
    import difflib

    known = ours()
    path = known.get(name)
    if path is None and not name.endswith(".toml"):
        near: Any = difflib.get_close_matches(name, known, 1)
        meant = f": is it {near[0]}?" if near else ": `sctp-tui lesson` lists them"
        raise LessonError(f"there is no lesson {name!r}{meant}")
    path = path or Path(name)
    try:
        return read(path)
    except OSError as error:
        raise LessonError(f"{path}: {error.strerror}: give a file that can be read") from None
