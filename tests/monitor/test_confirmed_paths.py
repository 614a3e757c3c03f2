"""Which paths packets confirm (RFC 9260, section 5.4)."""

from sctp_tui.monitor.trace.confirmed_paths import ConfirmedPaths, SeenPath
from sctp_tui.sctp.events import Direction
from sctp_tui.sctp.wire.decode import decode
from tests import rawpeer as raw
from tests.sources.test_observer import A2, B2, TAG_A, TAG_B, TSN_A, TSN_B, A, B, chunk, init


def _take(seen: ConfirmedPaths, direction: Direction, source: str, to: str, *chunks: bytes) -> list[SeenPath]:
    return list(seen.take(direction, source, to, decode(raw.packet(1, 2, 3, *chunks)).chunks))


def test_a_set_up_confirms_where_the_init_and_its_answer_went() -> None:
    seen = ConfirmedPaths()
    assert _take(seen, "in", A, B, init(TAG_A, TSN_A, A, A2)) == [
        SeenPath("out", A, "unconfirmed"),
        SeenPath("out", A2, "unconfirmed"),
    ]
    assert _take(seen, "out", B, A, init(TAG_B, TSN_B, B2, kind=2, cookie=b"c")) == [
        SeenPath("in", B, "active"),
        SeenPath("in", B2, "unconfirmed"),
    ]
    assert _take(seen, "in", A2, B, chunk(10, b"c")) == [SeenPath("out", A, "active")]


def test_a_capture_that_begins_in_the_set_up_confirms_nothing_by_it() -> None:
    seen = ConfirmedPaths()
    assert _take(seen, "out", B, A, init(TAG_B, TSN_B, kind=2, cookie=b"c")) == []
    assert _take(seen, "out", B, A, chunk(11)) == []


def test_the_answer_to_a_heartbeat_confirms_where_it_comes_from() -> None:
    seen = ConfirmedPaths()
    assert _take(seen, "in", A, B2, chunk(4, b"\0\1\0\4")) == []
    assert _take(seen, "out", B2, A, chunk(5, b"\0\1\0\4")) == [SeenPath("in", B2, "active")]
