"""The options of each command as parsed, with their defaults.

Nobody prints them as a whole: to make the methods for that would be half of this module's time.
"""

from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Literal

from sctp_tui.sctp.stack_registry import Wanted

if TYPE_CHECKING:
    from sctp_tui.sctp.commands import SetLink
    from sctp_tui.sctp.link.conditions import Conditions
    from sctp_tui.sctp.protocol_parameters import DelayedSack, ProtocolParameters, Rto

PORT = 9877
"""The port that a server listens on and a client sends to unless told otherwise."""


@dataclass(kw_only=True, repr=False)
class ParameterOptions:
    """Protocol parameters of the endpoints, under the words that they have as text; None: the stack's own."""

    rto: "Rto | None" = None
    hb: int | None = None
    max_retrans: int | None = None
    path_max_retrans: int | None = None
    pf: int | None = None
    sack: "DelayedSack | None" = None
    max_burst: int | None = None
    initial_cwnd: int | None = None
    fragment: int | None = None
    reconfig: bool | None = None
    nodelay: bool | None = None
    fast_timers: bool = False

    @property
    def parameters(self) -> "ProtocolParameters":
        """All that are given; those of the preset only where no option gives another value."""
        from sctp_tui.sctp.parameter_words import WORDS
        from sctp_tui.sctp.protocol_parameters import FAST_TIMERS, NOTHING, ProtocolParameters, with_values

        given = {word.field: getattr(self, word.name.replace("-", "_")) for word in WORDS}
        return with_values(FAST_TIMERS if self.fast_timers else NOTHING, ProtocolParameters(**given))


@dataclass(repr=False)
class ServerOptions(ParameterOptions):
    """What the screen and `serve` have in common: the server, and the limits of the engine."""

    host: list[str] = field(default_factory=list)
    port: int = PORT
    stack: Wanted = "auto"
    udp_port: int | None = None
    capture: bool = False
    streams: tuple[int, int] = (10, 2048)
    echo: bool = False
    autoclose: int = 0
    max_associations: int = 10_000
    grace: float = 2.0
    link: "Conditions | None" = None
    link_in: "Conditions | None" = None
    link_out: "Conditions | None" = None
    link_seed: int | None = None
    link_number: int = 0

    @property
    def hosts(self) -> tuple[str, ...]:
        """The addresses to bind."""
        return tuple(self.host) or ("127.0.0.1",)

    @property
    def conditions(self) -> "SetLink | None":
        """The command that sets the links' conditions at the start, None where no option does."""
        if all(given is None for given in (self.link, self.link_in, self.link_out, self.link_seed)):
            return None
        from sctp_tui.sctp.commands import SetLink
        from sctp_tui.sctp.link.conditions import Conditions

        both = self.link or Conditions()
        return SetLink(self.link_in or both, self.link_out or both, self.link_seed, self.link_number)


@dataclass(repr=False)
class ScreenOptions(ServerOptions):
    """Options of the screen. `key` has pairs of an action's name and its keys, separated by commas.

    With `paths` the server is on a host of its own, and bound to all of that one's addresses. `share` is the
    address and the port where browsers see the screen, None for none.
    """

    paths: int = 0
    record: str | None = None
    share: tuple[str, int] | None = None
    print_config: bool = False
    restore: bool = False
    theme: str | None = None
    large: bool = False
    mask_addresses: bool = False
    key: list[tuple[str, str]] = field(default_factory=list)

    @property
    def hosts(self) -> tuple[str, ...]:
        """The addresses to bind."""
        if self.host or not self.paths:
            return super().hosts
        from sctp_tui.sctp.kernel.network import addresses

        return addresses("server", self.paths)


_OF_PARAMETERS = tuple(option.name for option in fields(ParameterOptions))
IN_CONFIG = (
    *(
        option.name
        for option in fields(ScreenOptions)
        if option.name
        not in ("paths", "link_number", "record", "share", "print_config", "restore", *_OF_PARAMETERS)
    ),
    *_OF_PARAMETERS,
)
"""What a config file may hold; the others are for one run."""


@dataclass(repr=False)
class LessonOptions:
    """Options of `lesson`: the `name` of one, or a file; or which to `check`, `all` of them. `notes`: follow
    the one that is played on another terminal. `code`: print the calls, in C or in Python.

    `handout` and `sheet` are the folders for what is made of a lesson for a class, `seed` is what a sheet
    differs by. `grade` are the files of a key and of answers. `share` is as that of the screen.
    """

    name: str = ""
    code: Literal["", "c", "python"] = ""
    check: str = ""
    notes: bool = False
    handout: str | None = None
    sheet: str | None = None
    seed: int | None = None
    grade: list[str] | None = None
    stack: Wanted = "auto"
    theme: str | None = None
    large: bool = False
    share: tuple[str, int] | None = None


@dataclass(repr=False)
class WebOptions:
    """Options of `web`: the address and the TCP port where a browser finds the screen."""

    host: str = "127.0.0.1"
    port: int = 8000


@dataclass(repr=False)
class ServeOptions(ServerOptions):
    """Options of `serve`; `pcapng` is the file that packets go to, "-" for standard output."""

    json: bool = False
    classic: bool = False
    packets: bool = False
    pcapng: str = ""
    mask_addresses: bool = False
    count: int | None = None
    record: str | None = None


@dataclass(repr=False)
class SendOptions(ParameterOptions):
    """Options of `send`, its destination and its texts.

    Without `texts` and `file` messages come from standard input, but for `connect_only`. `own` are addresses
    and ports of this end. A `stream` of None means that each message names its own. `lifetime` is in ms,
    `timeout` and `wait` are in s.
    """

    host: str = ""
    port: int = PORT
    texts: list[bytes] = field(default_factory=list)
    hex: bool = False
    file: str | None = None
    lines: Literal["text", "hex", "base64"] | None = None
    null: bool = False
    frames: bool = False
    stream: int | None = 1
    ppid: int = 0
    unordered: bool = False
    lifetime: int | None = None
    streams: tuple[int, int] = (5, 5)
    stack: Wanted = "auto"
    udp_port: int | None = None
    own: list[tuple[str, int]] = field(default_factory=list)
    connect_only: bool = False
    abort: bool = False
    timeout: float = 10.0
    wait: float | None = None
    replies: int | None = None
    json: bool = False


@dataclass(repr=False)
class OpenOptions:
    """Options of `open`: the sources, "-" for standard input; and without a screen, what is printed.

    `follow`: what is appended to the file is read, too. `interfaces` are captured, in place of sources, with
    SCTP in UDP on `udp_port`, 0 for none, None for the usual one. `speed` is that of a replay, times its own,
    None for the usual. `share` is as that of the screen.
    """

    sources: list[str] = field(default_factory=list)
    follow: bool = False
    interfaces: list[str] = field(default_factory=list)
    udp_port: int | None = None
    json: bool = False
    packets: bool = False
    summary: bool = False
    filter: str = ""
    speed: float | None = None
    mask_addresses: bool = False
    theme: str | None = None
    share: tuple[str, int] | None = None
    key: list[tuple[str, str]] = field(default_factory=list)
