"""What the screen is started with."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from sctp_tui.engine.engine import GRACE, MAX_ASSOCIATIONS
from sctp_tui.sctp.commands import SetLink
from sctp_tui.sctp.events import StackName
from sctp_tui.sctp.protocol_parameters import NOTHING, ProtocolParameters
from sctp_tui.sctp.stack_registry import ANYWHERE, TRAITS

if TYPE_CHECKING:
    from sctp_tui.lessons.lesson import Lesson

    from .sharing.driving import BrowserServer
    from .sharing.server import SharingServer

_LESSON_GRACE = 0.3  # s: its ends are within the program, and it may begin a step anew


class Reread(NamedTuple):
    """The config file read again: keys and theme as in `Settings`, and the names of the other options whose
    value is not that of the start.
    """

    keys: Mapping[str, str]
    theme: str | None
    others: tuple[str, ...]


class Settings(msgspec.Struct, frozen=True):
    """The server, the limits of the engine, and how the program is called from a shell.

    `autoclose` and `grace` are in s. `parameters` are those of the server, and of clients here. With
    `capture` the packets of the kernel's stack are seen, too; with `paths` its server and its clients are on
    two hosts with so many links. `link` is what the links do to packets from the start.
    `program` is the command for a shell, `usual` tells the stack that it chooses by itself. `theme` names one
    of Textual's, None for the one chosen last. `keys` are the user's own, by the names of actions.
    `state` is the file of what is remembered between runs, None for nothing. `notes` are shown to the user at
    the start, and `filter` is applied then. With a `lesson` its ends take the place of the server. All that
    happens is written to `record`, a new file; None for none. A source is replayed at `speed` times its own,
    None for the usual. `restore`: begin with what the last run was left with. `reread` reads the config
    file again, and raises `SctpError` where that has a mistake; None where no file is read. `share` sends
    what is shown to browsers, None for none; `browser` has the screen in one, which drives it, None for the
    terminal. Both are started and closed by whom they were made.
    """

    stacks: tuple[StackName, ...] = (ANYWHERE,)
    hosts: tuple[str, ...] = ("127.0.0.1",)
    port: int = 9877
    udp_port: int | None = None
    outbound: int = 10
    inbound: int = 2048
    echo: bool = False
    autoclose: int = 0
    grace: float = GRACE
    max_associations: int = MAX_ASSOCIATIONS
    parameters: ProtocolParameters = NOTHING
    capture: bool = False
    paths: int = 0
    link: SetLink | None = None
    program: str = "sctp-tui"
    usual: Callable[[], StackName] = lambda: ANYWHERE
    theme: str | None = None
    large: bool = False
    mask_addresses: bool = False
    keys: Mapping[str, str] = msgspec.field(default_factory=dict)
    state: Path | None = None
    filter: str = ""
    notes: tuple[str, ...] = ()
    lesson: "Lesson | None" = None
    record: Path | None = None
    speed: float | None = None
    restore: bool = False
    reread: Callable[[], Reread] | None = None
    share: "SharingServer | None" = None
    browser: "BrowserServer | None" = None


def of_lesson(lesson: "Lesson", stack: StackName, like: Settings) -> Settings:
    """The settings that play a lesson on a stack, with the looks, keys and state of another run."""
    return Settings(
        (stack,),
        grace=_LESSON_GRACE,
        capture=TRAITS[stack].multihomed,
        paths=lesson.paths if TRAITS[stack].multihomed else 0,
        program=like.program,
        usual=like.usual,
        theme=like.theme,
        large=like.large,
        mask_addresses=like.mask_addresses,
        keys=like.keys,
        state=like.state,
        reread=like.reread,
        share=like.share,
        browser=like.browser,
        lesson=lesson,
    )
