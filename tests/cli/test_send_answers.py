"""What a client does with answers, and with a server that ends the association."""

import signal
import time

from sctp_tui.sctp.events import AssocChange, Message, ShutdownEvent, StackName
from tests.harness import Running

from ..patience import PATIENCE
from .program import Program, to


def client(running: Running, *words: str) -> Program:
    assert running.server is not None
    return Program("send", *to(running.stack, running.server.port, running.server.udp_port), *words)


def came(running: Running) -> Message:
    """A message of the client, whose process may need longer to start than an engine to answer."""
    deadline = time.monotonic() + PATIENCE
    while not any(isinstance(event, Message) for event in running.events):
        assert time.monotonic() < deadline, "nothing came"
        running.drain(0.5)
    return running.until(Message, endpoint="server", direction="in")


def test_answers_are_printed_and_no_terminal_acts_on_them(stack: StackName, running: Running) -> None:
    with client(running, "hello", "--replies", "3") as process:
        message = came(running)
        for data in (b"hi", b"\x1b[31m\x00", b"\xff"):
            running.send(data=data, key=message.key, stream=2)
        assert process.end() == (0, "hi\n␛[31m␀\n‹ff›\n".encode(), "")
    assert running.until(AssocChange, key=message.key, state="SHUTDOWN_COMP").by == "peer"


def test_an_answer_s_ppid_is_printed(stack: StackName, running: Running) -> None:
    with client(running, "hello", "--replies", "2") as process:
        message = came(running)
        for ppid in (60, 60 << 24):
            running.send(data=b"hi", key=message.key, ppid=ppid)
        asked = "ppid 1006632960 (60 NGAP in the other byte order?)  hi"
        assert process.end() == (0, f"ppid 60 NGAP  hi\n{asked}\n".encode(), "")


def test_too_few_answers_before_the_server_shuts_down(stack: StackName, running: Running) -> None:
    with client(running, "hello", "--replies", "2") as process:
        message = came(running)
        running.send(data=b"one", key=message.key)
        running.shut_down(message.key)
        status, out, err = process.end()
    assert (status, out) == (1, b"one\n")
    assert "shutdown by peer after 1 of 2 answers" in err
    assert err.count("\n") == 1


def test_no_answer_within_the_timeout(stack: StackName, running: Running) -> None:
    with client(running, "hello", "--replies", "1", "--timeout", "0.3") as process:
        message = came(running)
        status, out, err = process.end()
    assert (status, out) == (1, b"")
    assert "0 of 1 answer came, then none for 0.3 s" in err
    running.until(ShutdownEvent, key=message.key)


def test_waiting_outlasts_the_timeout(stack: StackName, running: Running) -> None:
    with client(running, "hello", "--wait", "0.5", "--timeout", "0.2", "--json") as process:
        message = came(running)
        running.send(data=b"late", key=message.key)
        assert process.event("message", direction="in")["text"] == "late"
        status, _, err = process.end()
    assert (status, err) == (0, "")


def test_an_abort_by_the_server(stack: StackName, running: Running) -> None:
    with client(running, "hello", "--wait", "60") as process:
        message = came(running)
        running.abort(message.key, "go \x1b away")
        status, out, err = process.end()
    assert (status, out) == (1, b"")
    assert "aborted by peer: “go ␛ away”" in err
    assert err.count("\n") == 1


def test_input_that_the_server_wants_no_more(stack: StackName, running: Running) -> None:
    with client(running) as process:
        process.write(b"hello\n")
        message = came(running)
        running.shut_down(message.key)
        # Not by communicate: the end of its input would come before the end of the association.
        assert process.process.wait(PATIENCE) == 1
        assert "shutdown by peer before everything was sent" in process.complaints()


def test_an_interrupt_closes_gracefully(stack: StackName, running: Running) -> None:
    with client(running, "hello", "--wait", "60", "--json") as process:
        process.event("assoc_change", state="COMM_UP")
        message = came(running)
        process.signal(signal.SIGINT)
        assert process.event("assoc_change")["state"] == "SHUTDOWN_COMP"
        status, _, err = process.end()
    assert (status, err) == (130, "")
    running.until(ShutdownEvent, key=message.key)
    assert running.until(AssocChange, key=message.key, state="SHUTDOWN_COMP").by == "peer"
