"""What can't be made a lesson is told with the way out; what is kept for one is bounded."""

import tomllib
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sctp_tui.engine.event_queue import Batch
from sctp_tui.lessons.draft import DraftError, draft, quoted
from sctp_tui.lessons.record import Record
from sctp_tui.monitor.monitor import Monitor
from sctp_tui.sctp.commands import ChangeUdpPort, Command, Connect, Listen, OpenClient, Send
from sctp_tui.sctp.events import Peer
from tests.monitor.story import Story

SERVER = Listen("server", "userspace")
CLIENT = OpenClient("client 1", "userspace", Peer(("127.0.0.1",), 9877))
LONG = Send(0, bytes(100_000), "client 1")


def _of(*commands: Command) -> Record:
    record = Record(Monitor())
    for command in commands:
        record.take(command, 0.0)
    return record


@pytest.mark.parametrize(
    ("commands", "said"),
    [
        ((), "nothing was done yet"),
        ((SERVER, CLIENT), "nothing was done yet"),
        ((SERVER, CLIENT, Connect("client 1"), SERVER), "nothing was done yet"),
        ((SERVER, Listen("server kernel", "kernel"), Connect("client 1")), "a lesson has one server"),
        ((SERVER, CLIENT, LONG, LONG, LONG), "more was done than a lesson's file has room for"),
        ((SERVER, Connect("client 10")), "client 10 can't be in a lesson"),
        ((SERVER, Connect("client 1")), "no client here has done anything"),
    ],
)
def test_what_can_not_be_a_lesson_is_told(commands: Sequence[Command], said: str) -> None:
    with pytest.raises(DraftError, match=said):
        draft(_of(*commands), Monitor())


def test_a_client_over_udp_stays_one() -> None:
    over_udp = OpenClient("client 1", "userspace", Peer(("127.0.0.1",), 9877, 9899))
    record = _of(SERVER, over_udp, Connect("client 1"), ChangeUdpPort("client 1"))
    monitor = Monitor()
    written = draft(record, monitor)
    assert "udp_port = 9899" in written
    assert "client 1 gets another UDP port" in written
    monitor.fold(Batch(events=[Story().listening()]))
    assert "udp_port = 0" in draft(record, monitor)


def test_what_is_kept_is_bounded_until_the_server_is_opened_anew() -> None:
    record = _of(SERVER, CLIENT, *[LONG] * 100)
    assert record.full
    assert sum(len(one.command.data) for one in record.done if isinstance(one.command, Send)) <= 256 * 1024
    small = _of(SERVER, CLIENT, *[Connect("client 1")] * 100_000)
    assert small.full
    assert len(small.done) <= 512
    record.take(SERVER, 0.0)
    record.take(Connect("client 1"), 0.0)
    assert 'do = ["client 1 connects"]' in draft(record, Monitor())


@given(st.text())
def test_any_text_is_a_string_of_toml(text: str) -> None:
    assert tomllib.loads(f"it = {quoted(text)}") == {"it": text}
