"""Makes a lesson of what was done on the screen: a file to be edited, which proves itself as it is."""

import itertools
import json
import re
from collections.abc import Iterator, Sequence

from sctp_tui.monitor.filter import language
from sctp_tui.monitor.monitor import Monitor
from sctp_tui.sctp import parameter_words
from sctp_tui.sctp.commands import Listen, OpenClient
from sctp_tui.sctp.events import ENDS, AssocChange, Event, Message, ShutdownEvent

from . import actions
from .record import Done, Record, client_of

PAUSE = 8.0
"""Seconds without a command after which the next is of another step, if anything has come of those before."""
_CLIENT = re.compile(r"client [1-9]")
_SAID = re.compile(r"(?!.*(\bbefore\b|\bcount\b))[\w .,:;!?#+-]*\w[\w .,:;!?#+-]*", re.ASCII)
"""A text that a claim can name as it is."""
_SHOWN = 40  # characters of a message in a claim
_NAMED = 70  # characters of a step's name
_AT = "at server: "
_ORDERED = 6  # claims of the order within a stream, in a step
_HEAD = """\
# Written from what was done on the screen. `sctp-tui lesson --check FILE` proves it, as it is and after each
# change; `sctp-tui help lessons` has all that can be done and claimed. A step may begin with a question:
#
# [step.ask]
# text = "What comes first?"
# choices = ["this", "that"]
# answer = 2
# because = "That is so."
"""


class DraftError(Exception):
    """No lesson can be made of what was done; the text says why, and what to do."""


class _Step:
    """What was done together, and the numbers of the log's records from then until the next step."""

    def __init__(self, first: Done) -> None:
        self.done = [first]
        self.first = first.log
        self.last = first.log


def draft(record: Record, monitor: Monitor, paths: int = 1) -> str:
    """The text of the lesson's file; `paths` as in `Lesson`. Raises `DraftError`."""
    server = _server(record)
    steps = _steps(record.done, monitor, server.endpoint)
    clients = {name: record.clients[name] for name in _clients(steps, record)}
    lines = [
        _HEAD,
        'title = "A title"',
        'idea = "The one idea, in one sentence."',
        "minutes = 5",
        'rfc = []  # the sections that it shows, as in ["9260 6.6"]',
        f"stacks = [{quoted(server.stack)}]",
        *([f"paths = {paths}"] if paths > 1 else []),
        "",
        *_end("server", server),
        *(
            line
            for name, client in sorted(clients.items())
            for line in _end(name, client, _udp_port(client, server, monitor))
        ),
    ]
    # What a generator has sent, or what no sentence says, does not come when the lesson is played.
    sent = {getattr(one.command, "data", b"") for one in record.done if _said(one)}
    up = 0
    for step in steps:
        events = [
            event
            for event in _came(monitor, server.endpoint, step.first, step.last)
            if not isinstance(event, Message) or event.data in sent
        ]
        up += sum(_change(one) for one in events)
        lines += _step(step, events, up, monitor)
    return "\n".join(lines)


def _server(record: Record) -> Listen:
    if not record.done:
        raise DraftError("nothing was done yet: send, lose, close something first, and write the lesson then")
    if len(record.servers) != 1:
        raise DraftError("a lesson has one server: start the program with --stack userspace, or kernel")
    if record.full:
        raise DraftError(
            "more was done than a lesson's file has room for: open the server anew (S), "
            "and do only what the lesson is about"
        )
    return record.servers[0]


def _clients(steps: Sequence[_Step], record: Record) -> set[str]:
    """The clients that do something, or to whom something is done."""
    named = {end for step in steps for done in step.done for end in (done.told.end, done.told.other)}
    named.discard("server")
    named.discard("")
    if wrong := next((one for one in sorted(named) if not _CLIENT.fullmatch(one)), None):
        raise DraftError(f"{wrong} can't be in a lesson: its ends are one server, and client 1 to client 9")
    if not named & record.clients.keys():
        raise DraftError(
            "no client here has done anything: a lesson needs one of the clients of this program"
        )
    return named & record.clients.keys()


def _steps(done: Sequence[Done], monitor: Monitor, server: str) -> list[_Step]:
    """A step ends as an association comes up or ends, or after a pause in which something has come."""
    steps = [_Step(done[0])]
    for before, one in itertools.pairwise(done):
        events = _came(monitor, server, steps[-1].first, one.log)
        if any(map(_change, events)) or (events and one.mono - before.mono > PAUSE):
            steps[-1].last = one.log
            steps.append(_Step(one))
        else:
            steps[-1].done.append(one)
    steps[-1].last = monitor.log.captured
    for key in {event.key for event in _came(monitor, server, done[0].log, monitor.log.captured)}:
        association = monitor.associations.get(key)
        if association is not None and not client_of(association, monitor):
            raise DraftError(
                "peers of other programs were here, too: open the server anew (S), and do it without them"
            )
    return steps


def _came(monitor: Monitor, server: str, first: int, last: int) -> list[Event]:
    """What came at the server, of which a claim can speak, among these records of the log."""
    return [
        event
        for event in monitor.log.between(first, last)
        if event.endpoint == server
        and (
            isinstance(event, AssocChange | ShutdownEvent)
            or (isinstance(event, Message) and event.direction == "in")
        )
    ]


def _change(event: Event) -> int:
    """By how many associations there are more."""
    if not isinstance(event, AssocChange):
        return 0
    return 1 if event.state == "COMM_UP" else -1 if event.state in ENDS else 0


# --- the file


def _udp_port(client: OpenClient, server: Listen, monitor: Monitor) -> int | None:
    """The UDP port that a client goes to, 0 for that of the server; None where it goes to none."""
    if client.to.udp_port is None:
        return None
    view = monitor.endpoints.views.get(server.endpoint)
    return 0 if view is not None and client.to.udp_port == view.udp_port else client.to.udp_port


def _end(name: str, opened: Listen | OpenClient, udp_port: int | None = None) -> Iterator[str]:
    yield f"[ends.{quoted(name) if ' ' in name else name}]"
    yield f'streams = "{opened.outbound}:{opened.inbound}"'
    if opened.parameters.given():
        yield f"parameters = {quoted(parameter_words.to_text(opened.parameters))}"
    if udp_port is not None:
        yield f"udp_port = {udp_port}"
    if isinstance(opened, Listen) and opened.echo:
        yield "echo = true"
    if isinstance(opened, Listen) and opened.autoclose:
        yield f"autoclose = {opened.autoclose}"
    yield ""


def _step(step: _Step, events: Sequence[Event], up: int, monitor: Monitor) -> Iterator[str]:
    sentences, unsaid = _sentences(step.done)
    yield "[[step]]"
    name = (sentences or ["something"])[0]
    yield f"name = {quoted(name if len(name) <= _NAMED else name[: _NAMED - 1] + '…')}"
    if sentences:
        yield f"# cause = {quoted(sentences[0])}  # if this is the one action that it is about"
    yield from _list("do", sentences)
    yield from (f"# left out: {one}, which no sentence says" for one in unsaid)
    claims = [*dict.fromkeys(_claims(events, up, monitor))]
    if events:
        last = _counted(_words(events[-1]), events, monitor)
        claims = [one for one in claims if one != last]
        yield f"until = {quoted(last)}"
    yield from _list("expect", claims)
    yield 'look = "ladder"'
    yield 'say = ""  # why that is so, in four lines at most'
    yield ""


def _said(done: Done) -> str:
    """The sentence for a command, "" where there is none, or none that may stand in a file."""
    text = actions.tell(done.command, done.told) or ""
    return text if text.isprintable() else ""


def _sentences(done: Sequence[Done]) -> tuple[list[str], list[str]]:
    """What was done, in order, each with how often in a row; and what can't be said."""
    said: list[str] = []
    unsaid: list[str] = []
    for one in done:
        text = _said(one)
        if not text:
            unsaid.append(str(one.command.__struct_config__.tag).replace("_", " "))
        else:
            said.append(text)
    sentences: list[str] = []
    for text, same in itertools.groupby(said):
        times = len([*same])
        if " sends " in text and times > 1:
            whole, rest = divmod(times, 999)
            parts = [999] * whole + [rest] * (rest > 0)
            sentences += [text.replace(" sends ", f" sends {part} times ", 1) for part in parts]
        elif text.startswith("time "):
            sentences.append(text)
        else:
            sentences += [text] * times
    return sentences, unsaid


def _claims(events: Sequence[Event], up: int, monitor: Monitor) -> Iterator[str]:
    """What was so, as far as it does not depend on how fast it was done: order is that within a stream."""
    messages = [one for one in events if isinstance(one, Message)]
    ordered = sorted((one for one in messages if not one.unordered), key=lambda one: (one.key, one.stream))
    found = 0
    for _, same in itertools.groupby(ordered, key=lambda one: (one.key, one.stream)):
        for pair in itertools.pairwise(same):
            first, then = (_counted(_words(one), events, monitor) for one in pair)
            if " count=" not in first + then and found < _ORDERED:
                found += 1
                yield f"{first} before {then.removeprefix(_AT)}"
    for event in events:
        if not isinstance(event, Message):
            yield _counted(_words(event), events, monitor)
    if messages:
        yield f"{_AT}dir=in count={len(messages)}"
    yield f"table: state=established count={up}"


def _words(event: Event) -> str:
    """An event in the filter's language."""
    if isinstance(event, AssocChange):
        return f"event={event.state.lower()}"
    if not isinstance(event, Message):
        return "event=shutdown_event"
    try:
        text = event.data.decode()[:_SHOWN]
    except UnicodeDecodeError:
        text = ""
    if _SAID.fullmatch(text):
        return f"text~{text} dir=in" if text.isalnum() else f'text~"{text}" dir=in'
    return f"dir=in stream={event.stream} size={event.size}"


def _counted(words: str, events: Sequence[Event], monitor: Monitor) -> str:
    """A claim that such an event comes, and how often where it is more than once."""
    test = language.parse(words).of_log(monitor.associations.get)
    count = sum(test is None or bool(test(one)) for one in events)
    return f"{_AT}{words}" + (f" count={count}" if count > 1 else "")


def _list(key: str, values: Sequence[str]) -> Iterator[str]:
    if len(values) < 2:
        yield f"{key} = [{', '.join(map(quoted, values))}]"
    else:
        yield f"{key} = ["
        yield from (f"    {quoted(one)}," for one in values)
        yield "]"


def quoted(text: str) -> str:
    """A string of TOML: as it is where it may be, else with JSON's escapes; DEL is a control there, too."""
    if '"' in text and "'" not in text and text.isprintable():
        return f"'{text}'"
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
