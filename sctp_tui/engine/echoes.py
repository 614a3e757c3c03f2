"""The echo: each message is answered by itself; who does not take the answers is held up, and nobody else."""

from collections.abc import Callable, Sequence

import msgspec

from sctp_tui.sctp.commands import Command, Send
from sctp_tui.sctp.endpoint import Clock, Endpoint, SctpError
from sctp_tui.sctp.events import Event, Message

from .associations import OpenAssociation, OpenAssociations
from .sender import Sender

PATIENCE = 60.0
"""Seconds that a peer may take none of the echoes that wait for it, by the time of its link."""
HELD = 256
"""Associations held up at one time; past it those that have taken nothing for longest are ended sooner."""
_LOOK = 1.0  # s between two looks at those that are held up


class _PendingEchoes(msgspec.Struct, eq=False):
    """`sent` of its messages had gone out `since` then."""

    association: OpenAssociation
    sent: int
    since: float


class Echoing:
    """Answers for the endpoints of an engine that echo.

    An association whose echoes find no room is received from no more: they stay few, its peer's window
    closes, and nothing is lost. It goes on once they are out; where none goes out for `patience` seconds,
    it is aborted. `endpoint` finds one by its name, `time` tells what time it is on its link, `abort` ends
    an association with a reason, `on_refused` tells of an echo that can't be sent.
    """

    def __init__(
        self,
        associations: OpenAssociations,
        sender: Sender,
        clock: Clock,
        patience: float,
        endpoint: Callable[[str], Endpoint],
        time: Callable[[str], float],
        abort: Callable[[OpenAssociation, str], None],
        on_refused: Callable[[Command, str], None],
    ) -> None:
        self._associations = associations
        self._sender = sender
        self._clock = clock
        self._patience = patience
        self._look_every = min(_LOOK, patience)
        self._look_at = 0.0
        self._endpoint = endpoint
        self._time = time
        self._abort = abort
        self._on_refused = on_refused
        self._held: dict[int, _PendingEchoes] = {}

    def answer(self, events: Sequence[Event]) -> None:
        """Send back each message that is among the events."""
        for event in events:
            if not isinstance(event, Message):
                continue
            association = self._associations.by_key.get(event.key)
            if association is None or association.closing:
                continue  # nobody is there to be answered
            echo = Send(
                message_id=0,
                data=event.data,
                endpoint="",
                key=event.key,
                stream=event.stream,
                ppid=event.ppid,
                unordered=event.unordered,
            )
            try:
                self._sender.send(echo, limited=False)
            except SctpError as error:
                self._on_refused(echo, str(error))
            if association.backlog and event.key not in self._held:
                self._hold(association)

    def _hold(self, association: OpenAssociation) -> None:
        try:
            self._endpoint(association.endpoint).hold(association.assoc_id, True)
        except SctpError as error:
            self._abort(association, f"its echoes have to wait, and {error}")
            return
        now = self._time(association.endpoint)
        self._held[association.key] = _PendingEchoes(association, association.messages_out, now)

    def backlog_sent(self, association: OpenAssociation) -> None:
        """Its backlog has gone out: it is received from again."""
        if self._held.pop(association.key, None) is not None:
            self._endpoint(association.endpoint).hold(association.assoc_id, False)

    def forget(self, association: OpenAssociation) -> None:
        """It has ended, or will."""
        self._held.pop(association.key, None)

    def run_due(self) -> None:
        """End those that take nothing."""
        mono = self._clock.mono()
        if not self._held or mono < self._look_at:
            return
        self._look_at = mono + self._look_every
        stalled: list[tuple[float, OpenAssociation]] = []
        for held in self._held.values():
            association = held.association
            now = self._time(association.endpoint)
            if held.sent != association.messages_out:
                held.sent, held.since = association.messages_out, now
            elif now - held.since >= self._look_every:
                stalled.append((now - held.since, association))
        stalled.sort(key=lambda one: -one[0])
        too_many = len(self._held) - HELD
        for number, (seconds, association) in enumerate(stalled):
            reason = f"the peer has taken none of its echoes for {seconds:.0f} s"
            if seconds < self._patience:
                if number >= too_many:
                    break
                reason += f", and {HELD} others wait too"
            self._abort(association, reason)

    def timeout(self) -> float | None:
        """Seconds until a `run_due` is due; None: not at all."""
        return max(0.0, self._look_at - self._clock.mono()) if self._held else None
