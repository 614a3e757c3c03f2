"""What the ends of a lesson and their link do, as sentences: `client 1 sends hello on 2`.

Each kind of sentence is one entry of `SENTENCES`, from which the help is made, too: `parse` reads a sentence,
`tell` says a command in one.
"""

import difflib
import re
from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

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
from sctp_tui.sctp.endpoint import SctpError
from sctp_tui.sctp.forgery import MOST as MOST_FORGED
from sctp_tui.sctp.forgery import ForgedChunk
from sctp_tui.sctp.link import syntax
from sctp_tui.sctp.link.conditions import Conditions
from sctp_tui.sctp.parameter_words import parse as parse_parameters

from . import telling
from .claims import ClaimError
from .claims import parse as parse_claim
from .telling import Told

_END = r"(?P<end>server|client \d)"
_TO = r"(?P<to>client \d)"
_MOST = 200_000  # octets of a message
_SEED = 1  # so that the same packets are lost in each run


class ActionError(Exception):
    """A sentence says nothing that can be done; the text says what can."""


class Scene(Protocol):
    """What an action needs to know."""

    def key(self, end: str, other: str = "") -> int:
        """The key of the association that is up at an end, at a server that with `other`; 0 for none."""

    def is_up(self, client: str) -> bool:
        """Whether a client has an association."""

    def message_id(self) -> int:
        """An ID for a message."""

    def holds(self, claim: str) -> bool:
        """Whether a claim holds now."""

    def conditions(self, link: int) -> tuple[Conditions, Conditions]:
        """The conditions of a link now: inward, outward."""


class Action(NamedTuple):
    """One thing to do. `commands` gives what to tell the engine, None while it can't be done yet.

    `steps`: from here on the link's time goes from one packet or timer to the next, by itself.
    """

    text: str
    ends: frozenset[str]
    commands: Callable[[Scene], Sequence[Command] | None]
    steps: bool = False


Fields = dict[str, str]
_Make = Callable[[Scene, Fields], Sequence[Command] | None]


class Sentence(NamedTuple):
    """A kind of sentence: an example, what it does, its form, its commands, and the way back from them."""

    example: str
    about: str
    form: re.Pattern[str]
    make: _Make
    tell: Callable[[Command, Told], str | None]
    check: Callable[[Fields], object] = lambda fields: None


def parse(text: str) -> Action:
    """The action of a sentence. Raises `ActionError` with a way out."""
    for sentence in SENTENCES:
        if (match := sentence.form.fullmatch(text)) is None:
            continue
        fields = {name: value for name, value in match.groupdict().items() if value is not None}
        try:
            sentence.check(fields)
            claimed = parse_claim(fields["claim"]).ends if "claim" in fields else frozenset()
        except (SctpError, ClaimError) as error:
            raise ActionError(f"{text!r}: {error}") from None
        ends = claimed.union(fields[one] for one in ("end", "to") if one in fields)

        def commands(
            scene: Scene, make: _Make = sentence.make, fields: Fields = fields
        ) -> Sequence[Command] | None:
            return make(scene, fields)

        return Action(text, ends, commands, steps="steps" in fields)
    near = difflib.get_close_matches(text, [one.example for one in SENTENCES], 1, 0.4)
    raise ActionError(f"nobody knows how to do {text!r}" + (f": as in {near[0]!r}?" if near else ""))


def tell(command: Command, told: Told) -> str | None:
    """The sentence that stands for a command; None where a lesson has no words for it."""
    for sentence in SENTENCES:
        if (text := sentence.tell(command, told)) is not None:
            try:
                parse(text)
            except ActionError:  # it is more than a sentence may say, as a message that is too long
                return None
            return text
    return None


def _form(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern.replace("END", _END).replace("TO", _TO))


def _payload(fields: Fields) -> bytes:
    if (size := fields.get("size")) is not None:
        return telling.ALPHABET * (int(size) // 26 + 1)
    text = fields["text"]
    return (text[1:-1] if text[:1] == '"' else text).encode()


def _check_message(fields: Fields) -> None:
    if int(fields.get("size", 0)) > _MOST:
        raise SctpError(f"a message of {fields['size']} octets: give {_MOST} at most")
    if int(fields["stream"]) > 0xFFFF:
        raise SctpError(f"there is no stream {fields['stream']}: give 0 to 65535")
    if int(fields.get("ppid", 0)) > 0xFFFFFFFF:
        raise SctpError(f"there is no PPID {fields['ppid']}: give 0 to 4294967295")


def _send(scene: Scene, fields: Fields) -> Sequence[Command] | None:
    end, key = fields["end"], 0
    if "to" in fields and not (key := scene.key(end, fields["to"])):
        return None
    data = _payload(fields)
    return [
        Send(
            scene.message_id(),
            data[: int(fields["size"])] if "size" in fields else data,
            "" if key else end,
            key,
            int(fields["stream"]),
            int(fields.get("ppid", 0)),
            "unordered" in fields,
            int(fields["lifetime"]) if "lifetime" in fields else None,
        )
        for _ in range(int(fields.get("count", 1)))
    ]


def _of_key(make: Callable[[int, Fields], Command]) -> _Make:
    def commands(scene: Scene, fields: Fields) -> Sequence[Command] | None:
        key = scene.key(fields["end"], fields.get("to", ""))
        return [make(key, fields)] if key else None

    return commands


def _stranger(key: int, fields: Fields) -> Command:
    chunk: ForgedChunk = "ABORT" if fields["chunk"] == "ABORT" else "INIT"
    return Forge(key, chunk, "wrong" in fields, int(fields.get("count", 1)))


def _check_stranger(fields: Fields) -> None:
    if not 1 <= int(fields.get("count", 1)) <= MOST_FORGED:
        raise SctpError(f"{fields['count']} packets of a stranger: give 1 to {MOST_FORGED}")
    if ("to" in fields) != (fields["end"] == "server"):
        raise SctpError("a stranger poses as the other end: `to server as client 1`, `to client 1 as server`")


def _streams(fields: Fields) -> tuple[int, ...]:
    return tuple(int(one) for one in re.findall(r"\d+", fields.get("streams", "")))


def _set_link(scene: Scene, fields: Fields) -> Sequence[Command]:
    link, way = int(fields.get("link", 0)), fields.get("way")
    inward, outward = scene.conditions(link)
    new = syntax.parse(fields["words"])
    return [SetLink(new if way != "out" else inward, new if way != "in" else outward, _SEED, link)]


def _speed(fields: Fields) -> float:
    return float(fields["speed"]) if "speed" in fields else 1.0 if "on" in fields else 0.0


_SEND = (
    r'END sends(?: (?P<count>\d{1,3}) times)? (?:(?P<size>\d{1,6}) octets|(?P<text>"(?s:.+)"|\S+))'
    r"(?: to TO)? on (?P<stream>\d{1,5})(?P<unordered> unordered)?"
    r"(?: ppid (?P<ppid>\d{1,10}))?(?: lifetime (?P<lifetime>\d{1,6}))?"
)

SENTENCES: Sequence[Sentence] = (
    Sentence(
        "client 1 connects",
        "sets up its association without a message",
        _form("END connects"),
        lambda scene, fields: None if scene.is_up(fields["end"]) else [Connect(fields["end"])],
        telling.connect,
    ),
    Sentence(
        "client 1 and server connect",
        "both send an INIT at once",
        _form("END and server connect"),
        lambda scene, fields: [Connect(fields["end"], collide=True)],
        telling.collide,
    ),
    Sentence(
        'client 1 sends "hello there" on 2 unordered ppid 46 lifetime 500',
        "sends a message on a stream; the server's goes `to client 1`; `5000 octets` in place of a text; "
        "`sends 20 times x on 1` so many",
        _form(_SEND),
        _send,
        telling.send,
        _check_message,
    ),
    Sentence(
        "client 1 closes",
        "shuts its association down; `server closes to client 1`",
        _form("END closes(?: to TO)?"),
        _of_key(lambda key, fields: CloseAssociation(key)),
        telling.close,
    ),
    Sentence(
        "client 1 aborts because out of coffee",
        "aborts its association, with a reason or without; `server aborts to client 1`",
        _form("END aborts(?: to TO)?(?: because (?P<reason>.+))?"),
        _of_key(lambda key, fields: AbortAssociation(key, fields.get("reason", ""))),
        telling.abort,
    ),
    Sentence(
        "client 1 crashes",
        "is gone without a packet; it comes back as it connects or sends",
        _form("END crashes"),
        lambda scene, fields: [Crash(fields["end"])] if scene.key(fields["end"]) else None,
        telling.crash,
    ),
    Sentence(
        "server peels client 1 off",
        "branches its association with the client off to a socket of its own",
        _form("(?P<end>server) peels TO off"),
        _of_key(lambda key, fields: PeelOff(key)),
        telling.peel_off,
    ),
    Sentence(
        "client 1 gets another UDP port",
        "its packets come from there, as after a NAT has forgotten it; it needs a `udp_port` (userspace)",
        _form(r"(?P<end>client \d) gets another UDP port"),
        lambda scene, fields: [ChangeUdpPort(fields["end"])] if scene.key(fields["end"]) else None,
        telling.change_udp_port,
    ),
    Sentence(
        "a stranger sends ABORT to server as client 1",
        "forges a packet of client 1, with a wrong verification tag; `ABORT with a wrong checksum` has the "
        "right one; `50 INITs` come each from another port; or `to client 1 as server`",
        _form(
            r"a stranger sends (?:(?P<count>\d{1,3}) )?(?P<chunk>ABORT|INIT)s?"
            r"(?P<wrong> with a wrong checksum)? to END as (?:server|TO)"
        ),
        _of_key(_stranger),
        telling.forge,
        _check_stranger,
    ),
    Sentence(
        "server stops reading",
        "takes nothing more out of its socket",
        _form("END stops reading"),
        lambda scene, fields: [PauseReading(fields["end"], paused=True)],
        telling.stop_reading,
    ),
    Sentence(
        "server reads again",
        "takes what waits, and what comes",
        _form("END reads again"),
        lambda scene, fields: [PauseReading(fields["end"], paused=False)],
        telling.read_again,
    ),
    Sentence(
        "client 1 sets rto=500:500:1000",
        "sets protocol parameters of its association, in the words of `help timers`",
        _form("END sets (?P<words>.+?)(?: to TO)?"),
        _of_key(lambda key, fields: SetParameters(key, parse_parameters(fields["words"]))),
        telling.set_parameters,
        lambda fields: parse_parameters(fields["words"]),
    ),
    Sentence(
        "client 1 resets streams 1,2",
        "the SSNs of these of its streams begin anew, if the peer grants it; without numbers of all",
        _form(r"END resets streams(?P<streams> \d+(?:, ?\d+)*)?(?: to TO)?"),
        _of_key(lambda key, fields: AskStreams(key, "reset_out", _streams(fields))),
        telling.reset_streams,
    ),
    Sentence(
        "client 1 asks for 3 more streams",
        "asks the peer to take so many more",
        _form(r"END asks for (?P<more>\d{1,4}) more streams(?: to TO)?"),
        _of_key(lambda key, fields: AskStreams(key, "add_out", (), int(fields["more"]))),
        telling.add_streams,
    ),
    Sentence(
        "client 1 makes 10.2.0.1 primary",
        "of its paths; likewise `sends a heartbeat to`, `adds` and `removes` an address",
        _form(r"END (?P<what>sends a heartbeat to|makes|adds|removes) (?P<address>[\d.:a-f]+)(?: primary)?"),
        _of_key(lambda key, fields: AskPath(key, telling.ASKED[fields["what"]], fields["address"])),
        telling.ask_path,
    ),
    Sentence(
        "link drops DATA#1",
        "loses the next packet with such a chunk, in the words of `help link`",
        _form(r"link(?: (?P<link>[1-4]))? drops (?P<drop>\S+)"),
        lambda scene, fields: [DropNext(syntax.parse_drop(fields["drop"]), int(fields.get("link", 0)))],
        telling.drop,
        lambda fields: syntax.parse_drop(fields["drop"]),
    ),
    Sentence(
        "link in has delay=100ms loss=10%",
        "the conditions of a link: `link` of all in both directions, `link 2 out` of one; `has off` for none",
        _form(r"link(?: (?P<link>[1-4]))?(?: (?P<way>in|out))? has (?P<words>.+)"),
        _set_link,
        telling.set_link,
        lambda fields: syntax.parse(fields["words"]),
    ),
    Sentence(
        "wait for at client 1: event=comm_lost",
        "goes on once such a claim holds, as where the link is to change after a packet was sent",
        _form("wait for (?P<claim>.+)"),
        lambda scene, fields: [] if scene.holds(fields["claim"]) else None,
        telling.no_command,
    ),
    Sentence(
        "time stops",
        "the link's time stands still (userspace)",
        _form("time stops"),
        lambda scene, fields: [SetSpeed(0.0)],
        telling.stop_time,
    ),
    Sentence(
        "time goes from packet to packet",
        "with its time stopped, until the step has come to its end",
        _form("time (?P<steps>goes from packet to packet)"),
        lambda scene, fields: [SetSpeed(0.0)],
        telling.step_time,
    ),
    Sentence(
        "time goes on",
        "as real time does; `time goes 100 times faster` (userspace)",
        _form(r"time goes (?:(?P<on>on)|(?P<speed>10|100) times faster)"),
        lambda scene, fields: [SetSpeed(_speed(fields))],
        telling.set_speed,
    ),
)
"""All that can be done."""
