"""Polls the state of associations and links, of which stacks send no events."""

import logging
from collections.abc import Callable, Collection, Iterable, Iterator

from sctp_tui.sctp.commands import Watch
from sctp_tui.sctp.endpoint import Clock, Endpoint, LinkControl, SctpError
from sctp_tui.sctp.events import Event

from .associations import OpenAssociations

log = logging.getLogger(__name__)

_STATUS_EVERY, _CLOSELY_EVERY = 1.0, 0.1  # s
_LINK_EVERY = 0.1  # s


class StatusPoller:
    """Polls the associations named by the last `Watch`, and those of `links` that changed.

    `endpoint` gives the endpoint of a name; it may raise `SctpError`.
    """

    def __init__(
        self, associations: OpenAssociations, clock: Clock, endpoint: Callable[[str], Endpoint]
    ) -> None:
        self.links: list[LinkControl] = []
        self._associations = associations
        self._clock = clock
        self._endpoint = endpoint
        self._watch = Watch(())
        self._status_due = self._closely_due = self._link_due = 0.0

    def watch(self, command: Watch) -> None:
        """Poll the associations that `command` names, in place of those before."""
        self._watch = command
        self._status_due = 0.0
        self._associations.show_streams(command.detail)

    def look_now(self) -> None:
        """Poll what is watched closely in this turn: the link's time has gone on, however little real time.

        After a step, that is: else the RTO of the timer that it started would not be known.
        """
        self._closely_due = 0.0

    def timeout(self) -> float | None:
        """Seconds until the next `run_due`, None for never."""
        watch, due = self._watch, []
        if watch.keys or watch.detail or watch.closely:
            due.append(self._status_due)
        if watch.closely:
            due.append(self._closely_due)
        if any(link.changed for link in self.links):
            due.append(self._link_due)
        return max(0.0, min(due) - self._clock.mono()) if due else None

    def run_due(self) -> Iterator[Event]:
        """Poll what is due, and yield the answers."""
        watch = self._watch
        if not (watch.keys or watch.detail or watch.closely or self.links):
            return
        now = self._clock.mono()
        if now >= self._status_due:
            self._status_due = now + _STATUS_EVERY
            detailed = {watch.detail, *watch.closely}
            yield from self._status(detailed.union(watch.keys), detailed)
        if now >= self._closely_due:
            self._closely_due = now + _CLOSELY_EVERY
            yield from self._status(watch.closely)
        if now >= self._link_due and (changed := [link for link in self.links if link.changed]):
            self._link_due = now + _LINK_EVERY
            for link in changed:
                yield link.state()

    def _status(self, keys: Iterable[int], detailed: Collection[int] = ()) -> Iterator[Event]:
        for key in keys:
            association = self._associations.by_key.get(key)
            if association is None or not association.up:
                continue
            endpoint = self._endpoint(association.endpoint)
            try:
                yield endpoint.status(association.assoc_id)
                if key in detailed:
                    yield endpoint.detail(association.assoc_id)
            except SctpError as error:
                log.debug("no status of %s: %s", association.assoc_id, error)  # it is just ending
