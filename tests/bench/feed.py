"""Events made here and fed straight into an event queue, as an engine would put them, with no SCTP at all."""

import itertools
import threading
import time

from sctp_tui.engine.event_queue import EventQueue
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

    def __init__(self, event_queue: EventQueue) -> None:
        self._event_queue = event_queue
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
        self._event_queue.put(events)

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
            while self._event_queue.waiting > 5_000:
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
        self._event_queue.put(messages.next(count))
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
                    at=at,
                    mono=mono,
                    endpoint="server",
                    key=_FIRST_KEY + n,
                    assoc_id=n + 1,
                    peer=self._peers[n],
                    direction="in",
                    stream=number % 5,
                    ssn=number & 0xFFFF,
                    tsn=3_000_000_000 + number,
                    ppid=46,
                    unordered=False,
                    size=len(data),
                    data=data,
                )
            )
        for n, total in enumerate(self._counts[: min(count, MESSAGES_OF)]):
            events.append(
                Counts(
                    at=at,
                    mono=mono,
                    endpoint="server",
                    key=_FIRST_KEY + n,
                    assoc_id=n + 1,
                    peer=None,
                    messages_in=total,
                    messages_out=0,
                    bytes_in=total * 64,
                    bytes_out=0,
                    failed=0,
                    last=mono,
                )
            )
        return events


def _changed(n: int, state: AssocState) -> AssocChange:
    return AssocChange(
        at=time.time(),
        mono=time.monotonic(),
        endpoint="server",
        key=_FIRST_KEY + n,
        assoc_id=n + 1,
        peer=peer(n),
        state=state,
        outbound_streams=10,
        inbound_streams=10,
        error=None,
        error_text="",
        by="peer",
    )
