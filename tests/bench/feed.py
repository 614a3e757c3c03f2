"""Events made here and fed straight into an outbox, as an engine would put them, with no SCTP at all."""

import itertools
import threading
import time

from sctp_tui.engine.event_queue import Outbox
from sctp_tui.sctp.events import AssocChange, AssocState, Counts, Event, Message, Peer

MESSAGES_OF = 100
"""Associations that the messages are of."""
_FEEDS = 200  # a second: an engine puts what one look at its sockets brought
_FIRST_KEY = 1_000_000  # past those of the engine itself
_PORT = 20_000


def peer(number: int) -> Peer:
    """The peer of the association `number`, different for each."""
    return Peer((f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}",), _PORT)


class Feed:
    """Feeds in a thread of its own, at the rate last asked for."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None
        self.fed = 0

    def associations(self, number: int, alive: int) -> None:
        """Associations that came, one after the other, and of which the last `alive` are still there."""
        events: list[Event] = []
        for n in range(number):
            events.append(_changed(n, "COMM_UP"))
            if n < number - alive:
                events.append(_changed(n, "SHUTDOWN_COMP"))
        self._outbox.put(events)

    def at(self, rate: int) -> None:
        """Feed `rate` messages/s from now on; 0 ends it."""
        if self._thread is not None:
            self._ended.set()
            self._thread.join()
            self._thread = None
        if rate:
            self._ended.clear()
            self._thread = threading.Thread(target=self._run, args=(rate,), daemon=True)
            self._thread.start()

    def number(self, count: int) -> None:
        """Feed `count` messages, no faster than a screen takes them."""
        self.fed = 0
        messages = _Messages()
        while self.fed < count:
            while self._outbox.waiting > 5_000:
                time.sleep(0.02)
            self._put(messages, 500)

    def _run(self, rate: int) -> None:
        messages = _Messages()
        due = time.monotonic()
        while not self._ended.is_set():
            due += 1 / _FEEDS
            self._put(messages, rate // _FEEDS)
            time.sleep(max(0.0, due - time.monotonic()))

    def _put(self, messages: "_Messages", count: int) -> None:
        self._outbox.put(messages.next(count))
        self.fed += count


class _Messages:
    """Messages of all associations in turn, no two of them one object, with the counters after them."""

    def __init__(self) -> None:
        self._peers = [peer(n) for n in range(MESSAGES_OF)]
        self._numbers = itertools.count()
        self._counts = [0] * MESSAGES_OF

    def next(self, count: int) -> list[Event]:
        at, mono = time.time(), time.monotonic()
        events: list[Event] = []
        for number in itertools.islice(self._numbers, count):
            n = number % MESSAGES_OF
            self._counts[n] += 1
            data = b"message %08d of the load, 64 bytes long ...................." % number
            events.append(
                Message(
                    at, mono, "server", _FIRST_KEY + n, n + 1, self._peers[n], "in", number % 5,
                    number & 0xFFFF, 3_000_000_000 + number, 46, False, len(data), data,
                )
            )  # fmt: skip
        for n, total in enumerate(self._counts[: min(count, MESSAGES_OF)]):
            events.append(
                Counts(
                    at, mono, "server", _FIRST_KEY + n, n + 1, None, total, 0, total * 64, 0, 0, mono
                )
            )  # fmt: skip
        return events


def _changed(n: int, state: AssocState) -> AssocChange:
    return AssocChange(
        time.time(), time.monotonic(), "server", _FIRST_KEY + n, n + 1, peer(n),
        state, 10, 10, None, "", "peer",
    )  # fmt: skip
