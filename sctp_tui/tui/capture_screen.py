"""The main screen for a source: table, log and wire; nothing to speak with, and keys for a replay instead."""

from typing import TYPE_CHECKING, ClassVar, Protocol

from textual.actions import parse
from textual.binding import BindingType

from sctp_tui.monitor.filter.packets import FOLLOWED, PacketView
from sctp_tui.monitor.monitor import Monitor
from sctp_tui.sctp.events import Event, Packet

from .actions import SPEAKING, action_named, bindings
from .association_pane import AssociationPane
from .main_screen import MainScreen
from .program import Program
from .settings import Settings
from .source_reader import SourceReader
from .time_bar import TimeBar
from .widgets.key_footer import KeyFooter
from .widgets.prompt import recalled
from .widgets.source_header import SourceHeader

if TYPE_CHECKING:
    from collections.abc import Callable

    from sctp_tui.monitor.masking import Mask

NOT_HERE = frozenset(parse(action_named(name).action)[1] for name in SPEAKING)
"""The methods, without `action_`, of actions that are for ends of this program."""


class Player(Program, Protocol):
    """What the screen may do with the replay. Texts that are returned are for the user."""

    @property
    def reader(self) -> SourceReader:
        """What reads the source."""

    @property
    def first(self) -> float:
        """When the source begins, in seconds since the epoch."""

    def slower(self, steps: int) -> str:
        """Slow it down by so many steps, or speed it up."""

    def step(self) -> None:
        """Tell the next event or packet, and pause."""

    def step_back(self) -> str:
        """Pause before the event or packet that was told last."""

    def begin_again(self) -> str:
        """Replay from the start."""

    def go_to(self, at: float) -> str:
        """Go to a time, in seconds since the epoch."""

    def find(self, wanted: "Callable[[Event], bool]") -> None:
        """Go to the next event or packet that is wanted."""


class CaptureScreen(MainScreen):
    """Shows what a source tells; `observed`: of others' associations, of which no end is ours."""

    AUTO_FOCUS = "AssociationTable"
    SPEAKS: ClassVar[bool] = False
    BINDINGS: ClassVar[list[BindingType]] = bindings("replay")

    def __init__(
        self,
        program: Player,
        monitor: Monitor,
        settings: Settings,
        mask: "Mask | None" = None,
        *,
        observed: bool = True,
    ) -> None:
        super().__init__(program, monitor, settings, mask)
        self._player = program
        self.observed = observed
        self._of_host = False

    def on_mount(self) -> None:
        super().on_mount()
        self.add_class("-capture")

    def show(self, now: float) -> None:
        """Draw what changed; of a machine's kernel alone, which has no packets, the detail in their place."""
        if self.monitor.looks and not self._of_host:
            self._of_host = True
            self.set_class(not self.monitor.captures, "-host")
            self.query_one(AssociationPane).suit("host")
        if self._player.reader.in_vain:
            self._player.reader.in_vain = False
            self.tell("nothing more passes the filter, and all was read: type another", good=False)
        super().show(now)

    async def complete(self) -> None:
        """Apply the filter of the command line, too."""
        await super().complete()
        player = self._player
        times = recalled(player.state, "times", None)
        await self.mount(
            TimeBar(times, lambda: player.reader.at, lambda: player.first, self._go_to),
            before=self.query_one(KeyFooter),
        )
        if self._settings.filter:
            self._filter.enter(self._settings.filter)

    def make_header(self) -> SourceHeader:
        """What is read, and how far."""
        return SourceHeader()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer nothing that needs an end of this program."""
        return action not in NOT_HERE and super().check_action(action, parameters)

    # --- the replay

    def action_stand_still(self) -> None:
        """Pause the replay, or go on."""
        self._player.reader.paused = not self._player.reader.paused

    def action_step(self) -> None:
        """Tell the next event or packet, and pause."""
        if not self._at_end():
            self._player.step()

    def action_slower(self, steps: int) -> None:
        """Slow the replay down (1), or speed it up (-1)."""
        self.tell(self._player.slower(steps))

    def action_step_back(self) -> None:
        """Pause before the event or packet that was told last."""
        self._back(self._player.step_back())

    def action_from_start(self) -> None:
        """Replay from the start."""
        self._back(self._player.begin_again())

    def action_go_to(self) -> None:
        """Ask for a time to go to."""
        self.query_one(TimeBar).open()

    def _go_to(self, at: float) -> None:
        if at > self._player.reader.at and self._at_end():
            return
        self._back(self._player.go_to(at))

    def _back(self, text: str) -> None:
        if text:
            self.tell(text, good=False)
        elif self._banner.frozen:
            self.action_freeze()
        self.show_now()

    def _at_end(self) -> bool:
        """Whether all was told, which is said then."""
        ended = self._player.reader.ended
        if ended:
            self.tell("nothing follows, as all was read: go to an earlier time", good=False)
        return ended

    def action_found(self) -> None:
        """Go to the next event or packet that passes the filter, and pause there."""
        if self._at_end():
            return
        filter, known = self.view.filter, self._player.reader.known
        events = filter.of_log(known.get) if filter is not None else None
        # What tells of other packets, too, is known once those are there, and so not ahead of them.
        ahead = filter is not None and not filter.fields & FOLLOWED
        packets = filter.of_packets(known.get) if filter is not None and ahead else None
        if events is None and packets is None:
            self.tell("no filter of events or packets: type one after / first", good=False)
            return

        def wanted(event: Event) -> bool:
            if isinstance(event, Packet):
                return packets is not None and packets(PacketView(event))
            return events is not None and events(event)

        self._player.find(wanted)
