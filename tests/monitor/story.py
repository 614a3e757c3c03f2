"""Makes events as an endpoint would, with few arguments."""

from dataclasses import dataclass, field
from typing import Literal

from sctp_tui.engine.event_queue import Batch
from sctp_tui.sctp import events as e
from sctp_tui.sctp.link.conditions import Conditions, LinkCounts
from sctp_tui.sctp.protocol_parameters import FAST_TIMERS

SERVER, CLIENT = "server", "client 1"

EVIL = (
    "\x1b]52;c;ZXZpbA==\x07\x1b[6n\x1b[2J\x1bc\x1b]0;owned\x07\x1bPq\x1b\\\x9b6n\x9d0;c1\x9c\x90q"
    "\0\a\b\t\v\f\r\n\x0e\x7f\u202e\u2066\u200b\ufeff[bold][/][@click=app.quit]x[/] [unterminated"
)
"""Text that terminals or markup parsers would act on: OSC 52, CSI, RIS, DCS, C1, NUL, bidi marks, markup."""

_OFF = Conditions()


def link_state(
    mono: float = 0.0,
    *,
    speed: float = 1.0,
    now: float | None = None,
    inward: Conditions = _OFF,
    outward: Conditions = _OFF,
    done_inward: LinkCounts | None = None,
    at: float = 0.0,
    seed: int = 1,
    link: int = 0,
) -> e.LinkState:
    """The state of a link at `mono`, when its own clock had `now`, or the same; set `at`."""
    return e.LinkState(
        at=at,
        mono=mono,
        endpoint="",
        key=0,
        assoc_id=0,
        peer=None,
        inward=inward,
        outward=outward,
        seed=seed,
        done_inward=done_inward or LinkCounts(),
        done_outward=LinkCounts(),
        speed=speed,
        now=mono if now is None else now,
        waiting=0,
        set_at=at,
        link=link,
    )


@dataclass
class Story:
    """Makes events of associations on one endpoint; `now` is its monotonic clock in seconds."""

    endpoint: str = SERVER
    now: float = 100.0
    at: float = 1_700_000_000.0
    peers: dict[int, e.Peer] = field(default_factory=dict)

    def _head(self, key: int) -> tuple[float, float, str, int, int, e.Peer | None]:
        peer = self.peers.setdefault(key, e.Peer((f"10.0.0.{key % 250}",), 40_000 + key)) if key else None
        return self.at + self.now, self.now, self.endpoint, key, key + 2 if key else 0, peer

    def listening(self) -> e.Listening:
        return e.Listening(
            *self._head(0), 1, "0.1.0", "userspace", "usrsctp", "127.0.0.1", ("127.0.0.1",), 9877, 9899
        )

    def opening(self, key: int) -> e.Opening:
        return e.Opening(*self._head(key), 1, "0.1.0", "userspace", "usrsctp", 5, 5)

    def change(
        self,
        key: int,
        state: e.AssocState,
        by: e.Origin = "peer",
        error_text: str = "",
        error: int | None = None,
    ) -> e.AssocChange:
        return e.AssocChange(*self._head(key), state, 5, 5, error, error_text, by)

    def up(self, key: int) -> e.AssocChange:
        return self.change(key, "COMM_UP")

    def message(
        self,
        key: int,
        data: bytes = b"hello",
        direction: Literal["in", "out"] = "in",
        *,
        stream: int = 1,
        ppid: int = 0,
        ssn: int | None = 0,
    ) -> e.Message:
        return e.Message(*self._head(key), direction, stream, ssn, None, ppid, ssn is None, len(data), data)

    def shutdown_event(self, key: int) -> e.ShutdownEvent:
        return e.ShutdownEvent(*self._head(key))

    def counts(
        self, key: int, messages_in: int = 0, messages_out: int = 0, *, size: int = 5, failed: int = 0
    ) -> e.Counts:
        return e.Counts(
            *self._head(key),
            messages_in,
            messages_out,
            messages_in * size,
            messages_out * size,
            failed,
            self.now,
        )

    def status(self, key: int, state: str = "ESTABLISHED", *, srtt: int = 12) -> e.Status:
        path = e.Path("10.0.0.1", "ACTIVE", True, 4380, srtt, 1000, 1500)
        return e.Status(*self._head(key), state, 131072, 3, 0, 5, 5, 1452, (path,))

    def failed(self, text: str) -> e.EndpointFailed:
        return e.EndpointFailed(*self._head(0), text)

    def refused(self, command: str, message_id: int, text: str) -> e.Refused:
        return e.Refused(*self._head(0), command, message_id, text)

    def closed(self, aborted: int = 0) -> e.EndpointClosed:
        return e.EndpointClosed(*self._head(0), aborted)


def batch(*events: e.Event) -> Batch:
    """The batch that a drain would return for these events."""
    made = Batch()
    for event in events:
        if isinstance(event, e.Counts):
            made.counts[event.key] = event
        elif isinstance(event, e.Status):
            made.status[event.key] = event
        elif isinstance(event, e.Totals):
            made.totals = event
        else:
            made.events.append(event)
    return made


def one_of_each() -> list[e.Event]:
    """Every event that may become a line of the log, with texts of a hostile peer."""
    story = Story()
    head = story._head(1)
    evil = EVIL
    return [
        story.listening(),
        story.opening(1),
        story.up(1),
        story.message(1, evil.encode()),
        story.message(1, b"\x9b6n\x00\x1b[6n", "out"),
        e.MessageTooLarge(*head, 3, 5_000_000, 4_194_304),
        e.Suppressed(*head, "remote_error", 1_234),
        e.RequestDenied(*head, evil),
        e.PathAsked(*head, "primary", evil),
        e.StreamsAsked(*head, "reset_out", (1, 2)),
        e.StreamsAsked(*head, "add_in", (), 3),
        e.UdpPortChanged(*head, "ours", 40_000, 40_001),
        e.UdpPortChanged(*head, "peer", 40_000, 40_001),
        e.PeeledOff(*head),
        e.ParametersSet(*head, FAST_TIMERS, FAST_TIMERS, evil),
        story.change(1, "RESTART"),
        e.PeerAddrChange(*head, evil, "UNREACHABLE", 0),
        e.RemoteError(*head, 13, evil, b"\x1b[6n"),
        e.SendFailed(*head, 7, 9, 46, False, 1, evil, 5, evil.encode()),
        story.shutdown_event(1),
        e.AdaptationIndication(*head, 0x1B5D3532),
        e.PartialDelivery(*head, 1, 2, 3),
        e.Authentication(*head, 1, evil),
        e.SenderDry(*head),
        e.NotificationsStopped(*head),
        e.StreamReset(*head, evil, evil, (1, 2)),
        e.AssocReset(*head, evil, 1, 2),
        e.StreamChange(*head, evil, 6, 7),
        e.UnknownNotification(*head, 0x8042, evil.encode()),
        e.Refused(*head, "send", 3, evil),
        story.failed(evil),
        story.change(1, "CANT_STR_ASSOC", "stack", evil),
        story.change(1, "SHUTDOWN_COMP", "us"),
        story.change(1, "COMM_LOST", "peer", f"user-initiated abort: {evil}", 12),
        story.closed(2),
    ]
