"""All fields of an event, in words where a number alone says little."""

from msgspec.structs import replace

from sctp_tui.monitor.text.event_fields import event_fields, payload
from sctp_tui.sctp import events as e
from sctp_tui.sctp.printable import printable

from .story import Story, one_of_each


def test_nothing_is_left_out_but_the_payload() -> None:
    for event in one_of_each():
        said = dict(event_fields(event))
        for name in e.fields(event):
            assert name in said or name in ("data", "peer", "observed"), (name, event)
        assert ("peer" in said) == (event.peer is not None)
        assert all(text == printable(text) for text in said.values())
        assert (payload(event) is None) == ("data" not in e.fields(event))


def test_numbers_in_words() -> None:
    story = Story()
    message = dict(event_fields(story.message(1, b"hello", ppid=46, ssn=None)))
    assert message["ppid"] == "46 Diameter (0x0000002e)"
    assert message["ssn"] == "none, unordered messages have no SSN"
    assert message["size"] == "5 B"
    assert dict(event_fields(story.message(1, ssn=7)))["ssn"] == "7"
    seen = replace(story.message(1), observed=True)
    assert dict(event_fields(seen))["direction"] == "in, to the server"
    assert dict(event_fields(seen, here="client"))["direction"] == "in, to the client"
    ended = dict(event_fields(story.change(1, "COMM_LOST", "peer", "user-initiated abort: bye", 12)))
    assert ended["error"] == "12, user-initiated abort (RFC 9260, section 3.3.10)"
    assert ended["error_text"] == "user-initiated abort: bye"
    ends: list[tuple[e.AssocState, str]]
    ends = [("COMM_LOST", "not told by the stack"), ("CANT_STR_ASSOC", "none were agreed")]
    for state, told in ends:
        end = dict(event_fields(e.AssocChange(*story._head(1), state, None, None, None, "", "peer")))
        assert (end["outbound_streams"], end["inbound_streams"]) == (told, told)
    path = dict(event_fields(e.PeerAddrChange(*story._head(1), "10.0.0.1", "UNREACHABLE", 0)))
    assert path["error"] == "0, failed threshold"
    path = dict(event_fields(e.PeerAddrChange(*story._head(1), "10.0.0.1", "AVAILABLE", 2)))
    assert path["error"] == "2, heartbeat success"
    path = dict(event_fields(e.PeerAddrChange(*story._head(1), "10.0.0.1", "ADDED", 0)))
    assert path["error"] == "0"
    assert dict(event_fields(e.PeerAddrChange(*story._head(1), "10.0.0.1", "ADDED", 77)))["error"] == "77"
