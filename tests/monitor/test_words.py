from msgspec.structs import replace

from sctp_tui.monitor.text.events import describe_event, sentence
from sctp_tui.monitor.text.ppid import ppid_text
from sctp_tui.sctp.events import EndpointClosed, SendFailed, ShutdownEvent

from .story import Story, one_of_each


def test_the_words() -> None:
    s = Story()
    assert sentence(s.up(1)) == "COMM_UP: association established, 5 streams out, 5 in"
    many = replace(s.up(1), outbound_streams=2048, inbound_streams=65535)
    assert sentence(many) == "COMM_UP: association established, 2,048 streams out, 65,535 in"
    assert sentence(s.shutdown_event(1)) == "SHUTDOWN_EVENT: the peer closes, nothing more can be sent to it"
    assert sentence(s.change(1, "COMM_LOST", "peer", "user-initiated abort: bye", 12)) == (
        "COMM_LOST: aborted by the peer, user-initiated abort: bye"
    )
    assert sentence(s.change(1, "COMM_LOST", "nobody")) == "COMM_LOST: lost, no answer from the peer"
    assert sentence(s.change(1, "COMM_LOST", "unknown")) == (
        "COMM_LOST: aborted by the peer, or no answer: the stack does not tell which"
    )
    assert sentence(s.change(1, "COMM_LOST", "stack", "no user data")) == (
        "COMM_LOST: aborted by our stack, no user data"
    )
    assert sentence(s.change(1, "SHUTDOWN_COMP", "stack", "autoclose")) == (
        "SHUTDOWN_COMP: association shut down by our stack, autoclose"
    )
    assert sentence(s.change(1, "CANT_STR_ASSOC", "nobody")) == (
        "CANT_STR_ASSOC: association could not be set up, no answer"
    )
    assert (
        sentence(s.change(1, "SHUTDOWN_COMP", "us"))
        == "SHUTDOWN_COMP: association shut down, we asked for it"
    )
    assert sentence(s.listening()) == (
        "listening on 127.0.0.1 port 9877, UDP port 9899, userspace stack (usrsctp)"
    )
    assert sentence(s.message(1, b"a\x00b")) == "a␀b"
    failure = SendFailed(*s._head(1), 1, 9, 46, False, 1, "invalid stream identifier", 2, b"hi")
    assert sentence(failure) == (
        "SEND_FAILED: message of 2 B on stream 9, PPID 46 Diameter never sent, invalid stream identifier: hi"
    )


def test_every_event_has_words_and_all_of_them_are_printable() -> None:
    for event in one_of_each():
        name, text = describe_event(event)
        assert text, event
        assert name.isprintable(), event
        assert text.isprintable(), event
        assert "ZXZpbA==" not in text or "␛]52" in text


def test_a_notification_has_its_name() -> None:
    s = Story()
    assert describe_event(s.shutdown_event(1))[0] == "SHUTDOWN_EVENT"
    assert isinstance(s.shutdown_event(1), ShutdownEvent)
    assert describe_event(s.listening())[0] == ""


def test_ppids() -> None:
    assert [ppid_text(p) for p in (0, 46, 60, 4711)] == ["0", "46 Diameter", "60 NGAP", "4711"]


def test_one_association_is_one() -> None:
    closed = EndpointClosed(0.0, 0.0, "server", 0, 0, None, 1)
    assert sentence(closed) == "closed, 1 association aborted"
