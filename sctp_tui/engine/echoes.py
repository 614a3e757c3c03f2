"""Echo: each received message is sent back. A peer that takes no echoes delays its own association alone."""

from collections.abc import Callable, Sequence

import msgspec

from sctp_tui.sctp.commands import Command, Send
from sctp_tui.sctp.endpoint import Clock, Endpoint, SctpError
from sctp_tui.sctp.events import Event, Message

from .associations import OpenAssociation, OpenAssociations
from .sender import Sender

ECHO_PATIENCE = 60.0
"""Seconds, on the clock of its link, for which a peer may take none of its echoes before it is aborted."""
HELD = 256
"""Associations held at one time. Beyond it those that have taken nothing for longest are aborted sooner."""
_LOOK = 1.0  # s between two checks of the associations that are held


class _PendingEchoes(msgspec.Struct, eq=False):
    """An association that is held: it has sent `sent` messages in all, and none since `since` (link time)."""

    association: OpenAssociation
    sent: int
    since: float


class Echoing:
    """Sends the echoes for the endpoints of an engine that echo.

    An association whose echoes find no room in the send buffer is held: nothing is received from it until
    they are sent. So its backlog stays short, its peer's window closes, and nothing is lost. Where none of
    them goes out for `patience` seconds the association is aborted. `endpoint` gives the endpoint of a name,
    `time` the time on that endpoint's link, `abort` aborts an association for a reason, `on_refused` is
    called with an echo that can't be sent, and why.
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
                continue  # nothing can be sent on it any more
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
        """The association's backlog is empty: receive from it again."""
        if self._held.pop(association.key, None) is not None:
            self._endpoint(association.endpoint).hold(association.assoc_id, False)

    def forget(self, association: OpenAssociation) -> None:
        """The association has ended or is being aborted: no longer check it."""
        self._held.pop(association.key, None)

    def run_due(self) -> None:
        """Abort held associations that have taken no echo for too long."""
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
        """Seconds until the next `run_due`, None where no association is held."""
        return max(0.0, self._look_at - self._clock.mono()) if self._held else None
