"""What a language has to say: the calls for each command, and the program around them."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from sctp_tui.lessons.lesson import EndSettings, Lesson
from sctp_tui.lessons.telling import ALPHABET
from sctp_tui.sctp.commands import AskPath, AskStreams, Send
from sctp_tui.sctp.printable import printable
from sctp_tui.sctp.protocol_parameters import ProtocolParameters

Lines = Sequence[str]
_SHOWN = 60  # octets of a message that a line of a program has room for
NO_UDP = "not in UDP here: that takes root (sysctl net.sctp.udp_port), and SCTP_REMOTE_UDP_ENCAPS_PORT"


class StepCode(NamedTuple):
    """A step's name, and its calls as they stand in the program, in lines.

    It is over once nothing has come for `quiet` ms.
    """

    name: str
    lines: Sequence[str]
    quiet: int


class Ends(NamedTuple):
    """Whose call it is, and whom it is about: `server`, `client 1`, …"""

    end: str
    other: str

    @property
    def client(self) -> str:
        """The one of them that is no server."""
        return self.other if self.end == "server" else self.end


class Calls(ABC):
    """The calls of a lesson in one language."""

    def __init__(self, lesson: Lesson) -> None:
        self.lesson = lesson
        self.ends = ("server", *lesson.clients)
        self.title = printable(lesson.title)
        self.name = printable(Path(lesson.name).stem)
        self.branched: set[str] = set()
        """The clients whose association has a socket of its own at the server, in the calls made so far."""

    def hosts(self, end: str) -> list[str]:
        """The addresses of an end: each is a host of its own on the loopback, with one for each link."""
        return [f"127.0.{self.ends.index(end)}.{link}" for link in range(1, self.lesson.paths + 1)]

    def host(self, address: str, ends: Ends) -> str:
        """The address on the loopback of what is 10.LINK.0.1 at the server, 10.LINK.0.2 at the clients."""
        link = address.split(".")[1] if address.startswith("10.") else "1"
        end = "server" if address.endswith(".1") else ends.client
        return f"127.0.{self.ends.index(end)}.{link}"

    def settings(self, end: str) -> EndSettings:
        """The settings of an end."""
        return self.lesson.server if end == "server" else self.lesson.ends[end]

    def elsewhere(self, ends: Ends) -> int:
        """The port on which nobody listens, where that is a client's; else 0."""
        return 0 if ends.end not in self.lesson.clients else self.settings(ends.end).port

    @abstractmethod
    def comment(self, text: str) -> str:
        """A comment, in one line."""

    @abstractmethod
    def repeated(self, lines: Lines, times: int) -> Lines:
        """These calls so many times in a row."""

    @abstractmethod
    def may_fail(self, lines: Lines) -> Lines:
        """These calls, where it is told on stderr that they fail, and the program goes on."""

    @abstractmethod
    def drain(self, quiet: int) -> str:
        """Receive until nothing has come for so many ms."""

    @abstractmethod
    def connect(self, ends: Ends) -> Lines:
        """Set an association up without a message (RFC 6458, section 9.9)."""

    @abstractmethod
    def send(self, send: Send, ends: Ends) -> Lines:
        """Send a message (RFC 6458, section 9.12)."""

    @abstractmethod
    def peel_off(self, ends: Ends) -> Lines:
        """Branch the server's association with a client off to its own socket (RFC 6458, section 9.2)."""

    @abstractmethod
    def close(self, ends: Ends) -> Lines:
        """Shut an association down: SCTP_EOF."""

    @abstractmethod
    def abort(self, reason: str, ends: Ends) -> Lines:
        """Abort an association: SCTP_ABORT, with a reason."""

    @abstractmethod
    def set_parameters(self, parameters: ProtocolParameters, ends: Ends) -> Lines:
        """Set protocol parameters; of the associations to come, where there is no other end."""

    @abstractmethod
    def ask_streams(self, ask: AskStreams, ends: Ends) -> Lines:
        """Reset or add streams (RFC 6525)."""

    @abstractmethod
    def ask_path(self, ask: AskPath, ends: Ends) -> Lines:
        """Send a HEARTBEAT on a path, make it the primary one, or add or remove an address."""

    @abstractmethod
    def read(self, end: str, *, paused: bool) -> Lines:
        """Stop receiving, or receive again."""

    @abstractmethod
    def program(self, steps: "Sequence[StepCode]") -> str:
        """The whole program."""


def is_long(data: bytes) -> bool:
    """Whether a message is the alphabet, over and over, for longer than a line."""
    size = len(data)
    return size > _SHOWN and data == (ALPHABET * (size // len(ALPHABET) + 1))[:size]


def changed_end(ask: AskPath, ends: Ends) -> str:
    """The end whose address a request is about."""
    return ends.end if ask.what in ("add", "remove", "peer_primary") else ends.other
