"""What the user does to the link: loses packets on purpose, sets its conditions, stops and steps its time."""

from typing import NamedTuple

from msgspec.structs import replace

from sctp_tui.engine.event_queue import Batch
from sctp_tui.monitor.monitor import Monitor
from sctp_tui.monitor.trace.link_history import SPEEDS, is_cut, is_down, link_name
from sctp_tui.sctp.commands import DropNext, SetLink, SetSpeed, Step
from sctp_tui.sctp.endpoint import Clock
from sctp_tui.sctp.events import Refused
from sctp_tui.sctp.link.conditions import DropRule

from .callbacks import Ask, Submit, Tell

_SET_SPEED = SetSpeed.__struct_config__.tag


class _AskedSpeed(NamedTuple):
    """The speed that was asked for last, and when, in s of the monotonic clock.

    `done` is what the user is told once the link has it.
    """

    speed: float
    at: float
    done: str

    def is_reached_in(self, batch: Batch) -> bool:
        """Whether the link has had this speed since."""
        link = batch.links.get(0)
        return link is not None and link.speed == self.speed and link.mono >= self.at

    def is_refused_in(self, batch: Batch) -> bool:
        """Whether a speed was refused since."""
        return any(
            type(event) is Refused and event.command == _SET_SPEED and event.mono >= self.at
            for event in batch.events
        )


class LinkCommands:
    """Sends commands for the link that `monitor` shows. `clock` is the engine's."""

    def __init__(self, monitor: Monitor, clock: Clock, submit: Submit, tell: Tell, ask: Ask) -> None:
        self._monitor = monitor
        self._clock = clock
        self._submit = submit
        self._tell = tell
        self._ask = ask
        self._asked: _AskedSpeed | None = None  # until the engine's answer has come

    @property
    def carries(self) -> bool:
        """Whether this program carries packets of any endpoint."""
        return bool(self._monitor.links)

    @property
    def timed(self) -> bool:
        """Whether the time of its packets is this program's, and can be stopped."""
        return self._monitor.link is not None

    @property
    def stands(self) -> bool:
        """Whether the link's time stands still."""
        return self._monitor.link is not None and not self._monitor.link.speed

    def fold(self, batch: Batch) -> None:
        """Take in a batch of events, in which the answer to a command may be."""
        asked = self._asked
        if asked is None:
            return
        if asked.is_reached_in(batch):
            self._asked = None
            if asked.done:
                self._tell(asked.done)
        elif asked.is_refused_in(batch):
            self._asked = None

    # --- what is done to packets

    def drop(self, rule: DropRule) -> None:
        """Lose the next packets that match a rule."""
        if not self._may_condition():
            return
        self._submit(DropNext(rule))
        stream = "" if rule.stream is None else f" on stream {rule.stream}"
        which = f"the next {rule.chunk}" if rule.count == 1 else f"the next {rule.count} {rule.chunk}"
        taken = "whichever link it takes" if rule.count == 1 else "whichever links they take"
        several = f", {taken}" if len(self._monitor.links) > 1 else ""
        self._tell(f"the link was told to lose {which}{stream}{several}")

    def ask_what_to_drop(self, stream: int) -> None:
        """Ask which packets are to be lost; `stream` is offered for DATA."""
        if self._may_condition():
            from .dialogs.drop_screen import DropScreen

            self._ask(DropScreen(stream), self.drop)

    def ask_for_conditions(self) -> None:
        """Ask for new conditions of the link."""
        if self._may_condition():
            from .dialogs.link_screen import LinkScreen

            self._ask(LinkScreen(self._monitor.links), self._submit)

    def cut(self) -> None:
        """Cut the link, or join it again; where there are several ask which, or which to take down."""
        if not self._may_condition():
            return
        links = self._monitor.links
        if len(links) == 1:
            self._cut(next(iter(links)))
            return
        from .dialogs.cut_screen import CutChoice, CutScreen

        def chosen(choice: CutChoice) -> None:
            (self._take_down if choice.interfaces else self._cut)(choice.link)

        self._ask(CutScreen(links), chosen)

    def _cut(self, link: int) -> None:
        state = self._monitor.links[link]
        cut = not is_cut(state)
        inward, outward = (replace(one, cut=cut) for one in (state.inward, state.outward))
        self._submit(SetLink(inward, outward, link=link))
        which = link_name(state).replace("link", "the link", not link)
        self._tell(f"{which} {'is cut: nothing gets through' if cut else 'carries packets again'}")

    def _take_down(self, link: int) -> None:
        state = self._monitor.links[link]
        down = not is_down(state)
        inward, outward = (replace(one, down=down) for one in (state.inward, state.outward))
        self._submit(SetLink(inward, outward, link=link))
        self._tell(f"the interfaces of {link_name(state)} are {'down' if down else 'up'}")

    def _may_condition(self) -> bool:
        """Whether this program carries packets, and can lose them; where not, tell the user."""
        if not self.carries and not self._monitor.endpoints.views:
            self._tell("no link carries packets yet: open a server or a client first", good=False)
        elif not self.carries:
            way_out = "start with --stack userspace, lab --paths 2 or lab --netem"
            self._tell(f"the kernel carries its packets itself; {way_out}", good=False)
        return self.carries

    # --- its time

    @property
    def _speed(self) -> float:
        """Speed of the link's time, 1 for real time; what was asked for counts until it is answered."""
        if self._asked is not None:
            return self._asked.speed
        return self._monitor.link.speed if self._monitor.link is not None else 1.0

    def _set_speed(self, speed: float, done: str = "") -> None:
        self._asked = _AskedSpeed(speed, self._clock.mono(), done)
        self._submit(SetSpeed(speed))

    def stop_or_go_on(self) -> None:
        """Stop the link's time, or let it go on."""
        if self._speed:
            self._set_speed(0.0)
        else:
            self._set_speed(1.0, "time goes on")

    def step(self) -> None:
        """Let one packet arrive, or one timer expire that does something; if time goes on, stop it first."""
        if self._speed:
            self._set_speed(0.0, "time stands still now; i again: one packet arrives, or one timer runs out")
        else:
            self._submit(Step())

    def slower(self, steps: int) -> None:
        """Set the next speed below (1), or above (-1); where there is none, tell the user."""
        speed = self._speed
        at = min(range(len(SPEEDS)), key=lambda number: abs(SPEEDS[number] - speed)) if speed else len(SPEEDS)
        wanted = SPEEDS[max(0, min(at + steps, len(SPEEDS) - 1))]
        if wanted != speed:
            self._set_speed(wanted)
        elif steps < 0:
            self._tell(f"time goes at {wanted:g}× already, and no faster; i goes to what happens next")
        else:
            self._tell(f"time goes at {wanted:g} of real time already, and no slower; space stops it")
