import pytest

from sctp_tui.monitor.log import Log
from sctp_tui.sctp.events import Event, Message, RemoteError, SendFailed, StreamReset, UnknownNotification

from .story import Story


def test_records_are_found_by_number_while_they_are_kept() -> None:
    s, log = Story(), Log(records=3)
    log.extend([s.message(1, str(n).encode()) for n in range(5)])
    assert (log.captured, log.first, len(log)) == (5, 2, 3)
    assert [event.data for event in log if isinstance(event, Message)] == [b"2", b"3", b"4"]
    record = log[2]
    assert isinstance(record, Message)
    assert record.data == b"2"
    for gone in (1, 5, -1):
        with pytest.raises(IndexError):
            log[gone]


def test_payload_is_bounded_in_bytes() -> None:
    s, log = Story(), Log(payload=100)
    log.extend([s.up(1), *(s.message(1, bytes(40)) for _ in range(4))])
    assert [event.size for event in log if isinstance(event, Message)] == [40, 40]
    assert (log.captured, log.first) == (5, 3)
    log.extend([s.message(1, bytes(101))])
    assert len(log) == 0
    log.extend([s.message(1, bytes(100))])
    assert len(log) == 1


def test_whatever_a_record_holds_on_to_counts() -> None:
    s, log = Story(), Log(payload=1_000)
    head = s._head(1)
    long: list[Event] = [
        RemoteError(*head, 1, "", bytes(600)),
        SendFailed(*head, 1, 9, 46, False, 1, "", 600, bytes(600)),
        UnknownNotification(*head, 9, bytes(600)),
        StreamReset(*head, "in", "done", tuple(range(20))),
        s.change(1, "COMM_LOST", "peer", "x" * 150),
    ]
    for event in long:
        log.extend([s.message(1, bytes(600)), event])
        assert list(log) == [event]
