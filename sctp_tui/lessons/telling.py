"""Says commands in sentences: for each kind of `SENTENCES` the way back, from the command to its words.

Each function gives None for a command of another kind, or one that these words can't say.
"""

import re
from typing import NamedTuple

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
    Step,
)
from sctp_tui.sctp.events import PathRequest
from sctp_tui.sctp.link import syntax
from sctp_tui.sctp.link.conditions import Conditions
from sctp_tui.sctp.parameter_words import to_text

ALPHABET = bytes(range(97, 123))
"""What a message is made of, of which only the size is told: the letters, over and over."""
ASKED: dict[str, PathRequest] = {
    "sends a heartbeat to": "heartbeat",
    "makes": "primary",
    "adds": "add",
    "removes": "remove",
}
"""What may be asked of a path, by its words."""
_LONGEST = 1000  # octets of a message that is told by its text
_PLAIN = re.compile(r"[A-Za-z][\w.:-]*")


class Told(NamedTuple):
    """What a command does not say itself: whose it is, at the server for whom, and the link before it."""

    end: str
    other: str = ""
    link: tuple[Conditions, Conditions] = (Conditions(), Conditions())

    @property
    def to(self) -> str:
        """` to client 1` in a server's sentence."""
        return f" to {self.other}" if self.other else ""


def connect(command: Command, told: Told) -> str | None:
    """Of a `Connect`."""
    return f"{told.end} connects" if isinstance(command, Connect) and not command.collide else None


def collide(command: Command, told: Told) -> str | None:
    """Of a `Connect` of both ends."""
    return f"{told.end} and server connect" if isinstance(command, Connect) and command.collide else None


def send(command: Command, told: Told) -> str | None:
    """Of a `Send` of a text."""
    if not isinstance(command, Send):
        return None
    data, size = command.data, len(command.data)
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return None
    if size > len(ALPHABET) and data == (ALPHABET * (size // len(ALPHABET) + 1))[:size]:
        text = f"{size} octets"
    elif size > _LONGEST:
        return None
    elif not _PLAIN.fullmatch(text):
        text = f'"{text}"'
    words = f"{told.end} sends {text}{told.to} on {command.stream}"
    words += " unordered" if command.unordered else ""
    words += f" ppid {command.ppid}" if command.ppid else ""
    return words + (f" lifetime {command.lifetime}" if command.lifetime is not None else "")


def close(command: Command, told: Told) -> str | None:
    """Of a `CloseAssociation`."""
    return f"{told.end} closes{told.to}" if isinstance(command, CloseAssociation) else None


def abort(command: Command, told: Told) -> str | None:
    """Of an `AbortAssociation`."""
    if not isinstance(command, AbortAssociation):
        return None
    return f"{told.end} aborts{told.to}" + (f" because {command.reason}" if command.reason else "")


def crash(command: Command, told: Told) -> str | None:
    """Of a `Crash`."""
    return f"{told.end} crashes" if isinstance(command, Crash) else None


def peel_off(command: Command, told: Told) -> str | None:
    """Of a `PeelOff` of the server."""
    return f"{told.end} peels {told.other} off" if isinstance(command, PeelOff) and told.other else None


def change_udp_port(command: Command, told: Told) -> str | None:
    """Of a `ChangeUdpPort`."""
    return f"{told.end} gets another UDP port" if isinstance(command, ChangeUdpPort) else None


def forge(command: Command, told: Told) -> str | None:
    """Of a `Forge`."""
    if not isinstance(command, Forge):
        return None
    many = f"{command.count} {command.chunk}s" if command.count > 1 else command.chunk
    wrong = " with a wrong checksum" if command.checksum_wrong else ""
    return f"a stranger sends {many}{wrong} to {told.end} as {told.other or 'server'}"


def stop_reading(command: Command, told: Told) -> str | None:
    """Of a `PauseReading` that begins."""
    return f"{told.end} stops reading" if isinstance(command, PauseReading) and command.paused else None


def read_again(command: Command, told: Told) -> str | None:
    """Of a `PauseReading` that ends."""
    return f"{told.end} reads again" if isinstance(command, PauseReading) and not command.paused else None


def set_parameters(command: Command, told: Told) -> str | None:
    """Of a `SetParameters` of all paths."""
    if not isinstance(command, SetParameters) or command.address or not command.parameters.given():
        return None
    return f"{told.end} sets {to_text(command.parameters)}{told.to}"


def reset_streams(command: Command, told: Told) -> str | None:
    """Of an `AskStreams` that resets outgoing ones."""
    if not isinstance(command, AskStreams) or command.what != "reset_out":
        return None
    numbers = f" {','.join(map(str, command.streams))}" if command.streams else ""
    return f"{told.end} resets streams{numbers}{told.to}"


def add_streams(command: Command, told: Told) -> str | None:
    """Of an `AskStreams` for more outgoing ones."""
    if not isinstance(command, AskStreams) or command.what != "add_out":
        return None
    return f"{told.end} asks for {command.count} more streams{told.to}"


def ask_path(command: Command, told: Told) -> str | None:
    """Of an `AskPath` of a client."""
    if not isinstance(command, AskPath) or told.other:
        return None
    for words, what in ASKED.items():
        if what == command.what:
            return f"{told.end} {words} {command.address}{' primary' if what == 'primary' else ''}"
    return None


def drop(command: Command, told: Told) -> str | None:
    """Of a `DropNext`."""
    if not isinstance(command, DropNext):
        return None
    return f"link{f' {command.link}' if command.link else ''} drops {syntax.drop_to_text(command.drop)}"


def set_link(command: Command, told: Told) -> str | None:
    """Of a `SetLink` in one direction, or of the same in both."""
    if not isinstance(command, SetLink):
        return None
    link = f"link {command.link}" if command.link else "link"
    inward, outward = told.link
    if command.inward == command.outward:
        return f"{link} has {syntax.to_text(command.inward)}"
    if command.outward == outward:
        return f"{link} in has {syntax.to_text(command.inward)}"
    if command.inward == inward:
        return f"{link} out has {syntax.to_text(command.outward)}"
    return None


def stop_time(command: Command, told: Told) -> str | None:
    """Of a `SetSpeed` of 0."""
    return "time stops" if isinstance(command, SetSpeed) and not command.speed else None


def step_time(command: Command, told: Told) -> str | None:
    """Of a `Step`, and of those after it."""
    return "time goes from packet to packet" if isinstance(command, Step) else None


def set_speed(command: Command, told: Told) -> str | None:
    """Of a `SetSpeed` of the real time's, or above."""
    if not isinstance(command, SetSpeed) or command.speed < 1:
        return None
    return "time goes on" if command.speed == 1 else f"time goes {command.speed:g} times faster"


def no_command(command: Command, told: Told) -> str | None:
    """Of none: the sentence tells the engine nothing."""
    return None
