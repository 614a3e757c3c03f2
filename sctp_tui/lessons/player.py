"""Plays a lesson: tells the engine what its ends do, and looks for what its steps claim.

Like the screen it takes events from a monitor and gives commands; `tick` is called after each batch.
"""

import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import Literal

from sctp_tui.monitor.associations import Association
from sctp_tui.monitor.monitor import Monitor
from sctp_tui.monitor.trace.conversations import Conversation
from sctp_tui.monitor.trace.ladder import Ladder
from sctp_tui.sctp.commands import CloseEndpoint, Command, Listen, OpenClient, SetLink, SetSpeed, Watch
from sctp_tui.sctp.commands import Step as StepTime
from sctp_tui.sctp.events import Peer, Refused, StackName
from sctp_tui.sctp.link.conditions import Conditions
from sctp_tui.sctp.stack_registry import TRAITS

from .actions import Action
from .claims import Claim, Finding
from .claims import parse as parse_claim
from .lesson import Lesson, Step

Phase = Literal["opening", "ready", "acting", "proved", "failed"]
"""`ready`: before a step; `acting`: one is under way; `proved`: all that it claims holds."""

PATIENCE = 20.0
"""Seconds of real time that a step may take."""
_LOOPBACK: tuple[str, ...] = ("127.0.0.1",)


class Player:
    """A lesson on one stack. Nothing is played before `begin`, then a step by each `go_on`.

    `pace`: seconds of real time between packets, where a step goes from packet to packet. `watch`: it asks
    for the associations' status itself. `findings` are those of the present step: its claims, and what came
    of each.
    """

    def __init__(
        self,
        lesson: Lesson,
        stack: StackName,
        monitor: Monitor,
        submit: Callable[..., None],
        mono: Callable[[], float],
        *,
        pace: float = 0.0,
        watch: bool = False,
    ) -> None:
        self.lesson = lesson
        self.stack = stack
        self.monitor = monitor
        self.phase: Phase = "opening"
        self.number = -1
        """The index of the present step, -1 before the first."""
        self.findings: list[tuple[Claim, Finding]] = []
        self.failure = ""
        """Why the step has failed where no claim tells it, "" where one does."""
        self.patience = PATIENCE
        self.log_from = 0
        self._submit = submit
        self._mono = mono
        self._pace = pace
        self._watches = watch
        self._ids = itertools.count(1_000_000)  # above those of messages that the user sends
        self._to_do: list[Action] = []
        self._claims: list[Claim] = []
        self._steps = False
        self._stepped: float | None = None  # the link's time at the last step, None where none is awaited
        self._step_at = 0.0
        self._deadline = 0.0
        self._settled = 0
        self._firsts: dict[int, int] = {}
        self._watched: tuple[int, ...] = ()
        self._last_before = 0  # the highest key of an association that was there before this scene
        self._ladders: dict[int, Ladder] = {}

    # --- the scene

    def begin(self) -> None:
        """Open the server; `tick` then opens the clients, and the lesson is `ready`."""
        self._last_before = max((one.key for one in self.monitor.associations), default=0)
        end = self.lesson.server
        outbound, inbound = end.counts
        traits = TRAITS[self.stack]
        hosts = _LOOPBACK
        if traits.multihomed:
            from sctp_tui.sctp.kernel.network import addresses

            hosts = addresses("server", self.lesson.paths)
        self._submit(
            Listen(
                "server",
                self.stack,
                hosts,
                0,
                0 if traits.own_udp_port else None,
                outbound=outbound,
                inbound=inbound,
                echo=end.echo,
                autoclose=end.autoclose,
                parameters=end.protocol_parameters,
                receive_buffer=end.receive_buffer,
            )
        )
        self._deadline = self._mono() + PATIENCE

    def _open_clients(self) -> None:
        server = self.monitor.endpoints.views["server"]
        for name in self.lesson.clients:
            end = self.lesson.ends[name]
            outbound, inbound = end.counts
            # Within the process nobody would answer for another port.
            udp = end.udp_port or server.udp_port if end.port or end.udp_port is not None else None
            to = Peer(server.addresses[:1], end.port or server.port, udp)
            parameters = end.protocol_parameters
            self._submit(OpenClient(name, self.stack, to, outbound, inbound, parameters=parameters))

    def end(self) -> None:
        """Close all ends, and let time and the link be as they are without a lesson."""
        self._submit(SetSpeed(1.0), SetLink(Conditions(), Conditions()))
        self._submit(*(CloseEndpoint(name) for name in (*self.lesson.clients, "server")))

    @property
    def closed(self) -> bool:
        """Whether all ends are closed, after `end`."""
        views = self.monitor.endpoints.views
        ends = [views[name] for name in (*self.lesson.clients, "server") if name in views]
        return all(one.state in ("closed", "failed") for one in ends)

    # --- its steps

    @property
    def step_claims(self) -> list[Claim]:
        """The claims of the present step."""
        return self._claims

    @property
    def step(self) -> Step | None:
        """The present step, None before the first."""
        return self.lesson.step[self.number] if self.number >= 0 else None

    @property
    def over(self) -> bool:
        """Whether the last step has come to its end."""
        return self.number == len(self.lesson.step) - 1 and self.phase in ("proved", "failed")

    def go_on(self, *, cause: bool = True) -> None:
        """Play the next step; without its `cause` to see whether its claims then fail."""
        if self.phase not in ("ready", "proved", "failed") or self.over:
            return
        self.number += 1
        step = self.lesson.step[self.number]
        self._to_do = step.actions if cause else step.without_cause
        self._claims = step.claims
        self._steps = self._stepped is not None
        self._stepped, self._settled, self.failure = None, 0, ""
        self.findings = []
        self.log_from = self.monitor.log.captured
        self._firsts = {id(one): one.captured + 1 for one in (*self._conversations(), *self.strangers())}
        self.phase = "acting"
        self._deadline = self._mono() + self.patience
        self._watch()
        self.tick()

    def tick(self) -> None:
        """Go on with what is being done, after a batch was folded into the monitor."""
        match self.phase:
            case "opening":
                self._opening()
            case "acting":
                self._watch()
                self._act()
            case _:
                pass

    def _opening(self) -> None:
        views = self.monitor.endpoints.views
        server = views.get("server")
        if server is not None and server.failed:
            self._fail(server.failed)
        elif server is not None and server.state == "listening":
            self._open_clients()
            self.phase = "ready"

    def _act(self) -> None:
        together: list[Command] = []  # so that no packet passes between two of them
        while self._to_do:
            commands = self._to_do[0].commands(self)
            if commands is None:
                break
            self._steps |= self._to_do[0].steps
            self._to_do.pop(0)
            together += commands
        if together:
            self._submit(*together)
        late = self._mono() >= self._deadline
        if self._to_do:
            if late:
                self._fail(f"{self._to_do[0].text!r} could not be done: what it waits for did not come")
            return
        claimed = any("event=refused" in claim.text for claim in self._claims)
        if not claimed and (refused := next(self._refusals(), None)):
            self._fail(refused)
            return
        self.findings = [(claim, claim.check(self)) for claim in self._claims]
        until = self.lesson.step[self.number].until
        reached = not until or self.findings[0][1].holds
        if reached and all(finding.holds for _, finding in self.findings):
            # Once more with the next batch, as a claim may say that something did not happen.
            self._settled += 1
            if self._settled > 1:
                self.phase = "proved"
                return
        elif late:
            self._fail("")
            return
        if self._steps and not reached:
            self._step_time()

    def _refusals(self) -> Iterator[str]:
        log = self.monitor.log
        for number in range(max(log.first, self.log_from), log.captured):
            event = log[number]
            if isinstance(event, Refused):
                yield event.text

    def _step_time(self) -> None:
        """Let the link's time go to the next packet or timer, once it has come to the last one."""
        link = self.monitor.link
        if link is None or link.speed:
            return
        if self._stepped is not None and link.now <= self._stepped and self._mono() < self._step_at + 0.5:
            return
        if self._mono() >= self._step_at + self._pace:
            self._stepped, self._step_at = link.now, self._mono()
            self._submit(StepTime())

    def _fail(self, why: str) -> None:
        self.phase, self.failure = "failed", why

    def _watch(self) -> None:
        """Have the stack asked for what the claims need of each association."""
        if not self._watches:
            return
        keys = tuple(one.key for one in self.monitor.associations if one.ended is None)
        if keys != self._watched:
            self._watched = keys
            self._submit(Watch(keys, closely=keys))

    # --- what actions and claims ask

    def key(self, end: str, other: str = "") -> int:
        """See `Scene.key`."""
        client = other if end == "server" else end
        one = self.at_server(client) if end == "server" else self.association(client)
        return one.key if one is not None and one.ended is None and one.assoc_id else 0

    def is_up(self, client: str) -> bool:
        """See `Scene.is_up`."""
        return self.key(client) > 0

    def message_id(self) -> int:
        """See `Scene.message_id`."""
        return next(self._ids)

    def holds(self, claim: str) -> bool:
        """See `Scene.holds`."""
        return parse_claim(claim).check(self).holds

    def conditions(self, link: int) -> tuple[Conditions, Conditions]:
        """See `Scene.conditions`."""
        state = self.monitor.links.get(link) or self.monitor.links.get(1)
        return (state.inward, state.outward) if state is not None else (Conditions(), Conditions())

    def association(self, client: str) -> Association | None:
        """See `Observed.association`."""
        ours = [one for one in self.monitor.associations.of(client) if one.key > self._last_before]
        return ours[-1] if ours else None

    def at_server(self, client: str) -> Association | None:
        """See `Observed.at_server`."""
        association = self.association(client)
        if association is None:
            return None
        ever = self.monitor.ends_of(association).ever
        ours = [one for one in ever if one.endpoint == "server" and one.key > self._last_before]
        return ours[-1] if ours else None

    def conversation(self, client: str) -> Conversation | None:
        """See `Observed.conversation`."""
        association = self.association(client)
        return self.monitor.wire.of(association, self.monitor.endpoints) if association is not None else None

    def strangers(self) -> Sequence[Conversation]:
        """See `Observed.strangers`."""
        ends = (one for client in self.lesson.clients for one in self.monitor.associations.of(client))
        ports = {one.local_port for one in ends}
        every = self.monitor.wire.conversations()
        return [one for one in every if one.endpoint == "server" and one.ports[1] not in ports]

    def ladder(self, conversation: Conversation) -> Ladder:
        """See `Observed.ladder`."""
        ladder = self._ladders.setdefault(id(conversation), Ladder(conversation))
        while ladder.update():
            pass
        return ladder

    def packets_from(self, conversation: Conversation) -> int:
        """See `Observed.packets_from`."""
        return self._firsts.get(id(conversation), 0)

    def now(self) -> float:
        """See `Observed.now`."""
        return self.monitor.link_time(self._mono())

    def _conversations(self) -> Sequence[Conversation]:
        found = (self.conversation(client) for client in self.lesson.clients)
        return [one for one in found if one is not None]
