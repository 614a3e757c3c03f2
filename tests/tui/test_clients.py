"""Clients and what becomes of their messages, from events alone."""

import pytest

from sctp_tui.sctp import events as e
from sctp_tui.sctp.commands import CloseEndpoint, OpenClient, Send
from sctp_tui.sctp.protocol_parameters import NOTHING
from sctp_tui.tui.clients.clients import Clients, Options

PEER = e.Peer(("10.0.0.1",), 9877, 9899)
HEAD = (0.0, 0.0, "client 1", 1, 3, PEER)


def sent(clients: Clients, line: str = "hello") -> int:
    """Send a line as the first client, and give the message's id."""
    *_, command = clients.send(clients.all[0], PEER, line, line.encode(), Options())
    assert isinstance(command, Send)
    return command.message_id


def fresh() -> Clients:
    return Clients("userspace", "10.0.0.1:9877", NOTHING)


def test_the_endpoint_is_opened_once_and_anew_when_the_settings_change() -> None:
    clients = fresh()
    (client,) = clients.all
    first = clients.send(client, PEER, "a", b"a", Options())
    assert [type(command) for command in first] == [OpenClient, Send]
    assert [type(command) for command in clients.send(client, PEER, "b", b"b", Options())] == [Send]
    client.outbound = 9
    closed, opened, message = clients.send(client, PEER, "c", b"c", Options(2, 46, True, 100))
    assert closed == CloseEndpoint("client 1")
    assert opened == OpenClient("client 2", "userspace", PEER, 9, 5, 4)
    assert message == Send(
        message_id=3, data=b"c", endpoint="client 2", key=0, stream=2, ppid=46, unordered=True, lifetime=100
    )
    assert client.name == "client 2"


def test_what_was_not_taken_comes_back() -> None:
    clients = fresh()
    number = sent(clients)
    refused = e.Refused(*HEAD, "send", number, "stream 9 was not negotiated")
    outcome = clients.fold([refused])
    assert outcome is not None
    assert (outcome.text, outcome.good, outcome.line) == ("stream 9 was not negotiated", False, "hello")
    assert clients.fold([e.Refused(*HEAD, "send", 4711, "of somebody else")]) is None


@pytest.mark.parametrize("first", ["the failure", "the end"])
def test_the_end_says_more_than_the_failure_that_comes_with_it(first: str) -> None:
    clients = fresh()
    events = [
        e.SendFailed(*HEAD, sent(clients), 1, 0, False, 0, "", 5, b"hello"),
        e.AssocChange(*HEAD, "CANT_STR_ASSOC", None, None, None, "nobody listens on SCTP port 9877", "peer"),
    ]
    outcome = clients.fold(events if first == "the failure" else reversed(events))
    assert outcome is not None
    assert "nobody listens" in outcome.text
    assert outcome.line == "hello"


def test_bad_news_is_not_covered_by_good_news() -> None:
    clients = fresh()
    first, second = sent(clients, "one"), sent(clients, "two")
    taken = e.Message(*HEAD, "out", 1, None, None, 0, False, 3, b"two", second)
    outcome = clients.fold([e.Refused(*HEAD, "send", first, "no"), taken])
    assert outcome is not None
    assert (outcome.text, outcome.line) == ("no", "one")


def test_an_endpoint_that_failed_says_why_and_gives_the_line_back() -> None:
    clients = fresh()
    number = sent(clients)
    failed = e.EndpointFailed(0.0, 0.0, "client 1", 0, 0, None, "no way to 10.0.0.1\x1b[2J")
    refused = e.Refused(*HEAD, "send", number, "no endpoint named 'client 1' is open")
    outcome = clients.fold([failed, refused])
    assert outcome is not None
    assert (outcome.text, outcome.line) == ("no way to 10.0.0.1␛[2J", "hello")
    assert [type(c) for c in clients.send(clients.all[0], PEER, "x", b"x", Options())] == [OpenClient, Send]


def test_what_the_peer_says_is_printable() -> None:
    clients = fresh()
    clients.fold([e.Message(*HEAD, "in", 1, 0, None, 0, False, 5, b"\x1b]52;c;x\x07")])
    assert clients.all[0].heard.isprintable()


def test_what_the_peer_said_is_of_this_association() -> None:
    clients = fresh()
    sent(clients)
    reply = e.Message(*HEAD, "in", 1, 0, 0, 0, False, 3, b"old")
    opening = e.Opening(*HEAD, 1, "0.1.0", "userspace", "usrsctp", 5, 5)
    clients.fold([opening, reply])
    assert clients.all[0].heard == "old"
    clients.fold([e.AssocChange(*HEAD, "SHUTDOWN_COMP", None, None, None, "", "us")])
    assert clients.all[0].heard == "old"
    clients.fold([opening])
    assert clients.all[0].heard == ""
    clients.fold([reply, opening])
    assert clients.all[0].heard == ""


def test_a_message_is_not_sent_before_the_association_is_up() -> None:
    clients = fresh()

    def outcome(*events: e.Event) -> tuple[str, bool] | None:
        told = clients.fold(events)
        return None if told is None else (told.text, told.good)

    def taken(data: bytes) -> e.Message:
        number = sent(clients, data.decode())
        return e.Message(*HEAD, "out", 1, None, None, 0, False, len(data), data, number)

    opening = e.Opening(*HEAD, 1, "0.1.0", "userspace", "usrsctp", 5, 5)
    up = e.AssocChange(*HEAD, "COMM_UP", 5, 5, None, "", "peer")
    setting_up = "the association is being set up"
    assert outcome(opening, taken(b"hello")) == (f"5 B on stream 1 given to SCTP, {setting_up}", True)
    assert outcome(taken(b"hi")) == (f"2 B on stream 1 given to SCTP, {setting_up}", True)
    assert outcome(up) == ("sent 2 B on stream 1", True)
    assert outcome(taken(b"hello")) == ("sent 5 B on stream 1", True)
    assert outcome(e.AssocChange(*HEAD, "SHUTDOWN_COMP", None, None, None, "", "us"), opening) is None
    assert outcome(up) is None  # connect() alone
    assert outcome(opening, taken(b"hello"), up) == ("sent 5 B on stream 1", True)
    outcome(opening, e.AssocChange(*HEAD, "CANT_STR_ASSOC", None, None, None, "", "us"))
    assert outcome(taken(b"hello")) == ("sent 5 B on stream 1", True)  # nothing is left of it


def test_there_is_always_a_client() -> None:
    clients = fresh()
    clients.add(clients.all[0])
    sent(clients)
    assert clients.remove(clients.all) == [CloseEndpoint("client 1")]
    (left,) = clients.all
    assert (left.name, left.to, left.opened) == ("client 3", "10.0.0.1:9877", None)


def test_lines_of_long_ago_are_forgotten() -> None:
    clients = fresh()
    first = sent(clients)
    for _ in range(1000):
        sent(clients)
    outcome = clients.fold([e.Refused(*HEAD, "send", first, "too late")])
    assert outcome is None
