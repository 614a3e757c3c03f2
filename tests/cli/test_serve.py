"""How a server without a screen begins and ends, and what becomes of its output."""

import re
import signal
from pathlib import Path

import pytest

from sctp_tui.sctp.events import StackName

from ..patience import PATIENCE
from .program import Program, Server, send, to


def serve(stack: StackName, *words: str) -> Program:
    """A server that prints lines for people."""
    udp = ("--udp-port", "0") if stack == "userspace" else ()
    return Program("serve", "--stack", stack, "--port", "0", *udp, *words)


def printed_address(stack: StackName, line: str) -> tuple[str, ...]:
    """What follows `send`, out of what `serve` says for people."""
    found = re.search(r"listening on 127\.0\.0\.1 port (\d+)(?:, UDP port (\d+))?", line)
    assert found, line
    return to(stack, int(found[1]), int(found[2]) if found[2] else None)


def held_open(server: Server) -> Program:
    """A client that stays, as its standard input does; it is up."""
    client = Program("send", *server.to)
    client.write(b"hello\n")
    server.event("message")
    return client


def test_lines_for_people_and_a_count(stack: StackName) -> None:
    with serve(stack, "--count", "2") as server:
        where = printed_address(stack, server.line().decode())
        # The server closes after the second: the client learns that it does not get rid of the third.
        send(*where, "a \x1b[31m", "[bold]b", "c")
        status, out, err = server.end()
    assert (status, err) == (0, "")
    lines = out.decode().splitlines()
    assert all(line.isprintable() for line in lines)
    messages = [line for line in lines if re.match(r"\S+ +\d+ +\d+  ", line)]
    assert len(messages) == 2
    assert re.fullmatch(r"\d\d:\d\d:\d\d\.\d{3} +\d+ +1  a ␛\[31m", messages[0])
    assert messages[1].endswith("  [bold]b")
    assert "COMM_UP" in out.decode()
    assert "SHUTDOWN_COMP" in out.decode()


@pytest.mark.userspace  # nothing of a stack is in it
def test_a_ppid_stands_in_its_line(stack: StackName) -> None:
    with serve(stack, "--count", "1") as server:
        where = printed_address(stack, server.line().decode())
        assert send(*where, "hi", "--ppid", "ngap") == (0, b"", "")
        assert re.search(r" {2}1 {2}ppid 60 NGAP {2}hi\n", server.end()[1].decode())


@pytest.mark.userspace  # nothing of a stack is in it
def test_classic_lines(stack: StackName) -> None:
    with serve(stack, "--classic", "--count", "2") as server:
        assert server.line() == b"[Server]: wait for message!"
        assert server.process.stderr is not None
        where = printed_address(stack, server.process.stderr.readline().decode())
        assert send(*where, "hello 2", "hi\x1b") == (0, b"", "")
        status, out, err = server.end()
    assert (status, err) == (0, "")
    lines = out.decode().splitlines()
    assert re.fullmatch(r"\[Server\]: Message\(size = 7\): 'hello 2' received, assoid = [0-9a-f]+", lines[0])
    assert lines[1] == "[Server]: wait for message!"
    assert re.fullmatch(r"\[Server\]: Message\(size = 3\): 'hi␛' received, assoid = [0-9a-f]+", lines[2])
    assert len(lines) == 4


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_shuts_associations_down(stack: StackName, number: signal.Signals) -> None:
    with Server(stack) as server, held_open(server) as client:
        server.signal(number)
        end = server.event("assoc_change")
        assert (end["state"], end["by"]) == ("SHUTDOWN_COMP", "us")
        assert server.event("endpoint_closed")["aborted"] == 0
        assert server.end() == (0, b"", "")
        # Its input is still open: there was more to say.
        assert client.process.wait(PATIENCE) == 1
        assert "shutdown by peer" in client.complaints()


@pytest.mark.userspace  # a kernel answers a SHUTDOWN though its process is stopped
def test_a_second_signal_aborts_at_once(stack: StackName) -> None:
    with Server(stack, "--grace", "3600") as server, held_open(server) as client:
        client.stop()  # it will not answer a SHUTDOWN
        server.signal(signal.SIGINT)
        server.signal(signal.SIGTERM)  # two of a kind could become one
        assert server.event("endpoint_closed")["aborted"] == 1
        status, _, err = server.end()
    assert status == 0
    assert "1 association was not shut down within 3600 s: aborted" in err
    assert err.count("\n") == 1


def test_associations_past_the_limit_are_refused_and_counted(stack: StackName) -> None:
    with Server(stack, "--max-associations", "1") as server, held_open(server) as client:
        status, _, err = send(*server.to, "hello", "--wait", "60")
        assert status == 1
        assert "aborted by peer" in err
        assert client.end()[0] == 0
        server.signal(signal.SIGTERM)
        status, _, err = server.end()
    assert status == 0
    refused, unread = err.splitlines()
    assert refused == "sctp-tui serve: 1 association was refused: --max-associations is 1"
    assert unread == "sctp-tui serve: 1 message of these, which the stack had acknowledged, went unread"


@pytest.mark.userspace  # nothing of a stack is in it
def test_a_reader_that_goes_ends_it_quietly(stack: StackName) -> None:
    with Server(stack) as server:
        assert server.process.stdout is not None
        server.process.stdout.close()
        assert server.process.wait(PATIENCE) == 0
        assert server.complaints() == ""


def test_a_reader_that_stops_reading_does_not_hold_it(stack: StackName) -> None:
    with Server(stack, "--grace", "0.1") as server:
        # More than a pipe takes.
        assert send(*server.to, stdin=b"x" * 300_000) == (0, b"", "")
        server.signal(signal.SIGTERM)
        assert server.process.wait(PATIENCE) == 0
        assert "nobody reads standard output" in server.complaints()


_TELL_TIMER = """
import atexit, signal, sys
from sctp_tui.cli.main import main
atexit.register(lambda: print("at the end:", *signal.getitimer(signal.ITIMER_REAL), file=sys.stderr))
sys.exit(main())
"""


@pytest.mark.userspace  # nothing of a stack is in it
def test_no_timer_outlives_an_output_that_was_given_up(stack: StackName) -> None:
    """It would end the program by SIGALRM while Python ends, which takes long on a busy machine."""
    words = ("serve", "--json", "--stack", stack, "--port", "0", "--udp-port", "0", "--grace", "0.1")
    with Program(*words, python=("-c", _TELL_TIMER)) as server:
        listening = server.event("listening")
        where = to(stack, listening["port"], listening["udp_port"])
        assert send(*where, stdin=b"x" * 300_000) == (0, b"", "")  # more than a pipe takes
        server.signal(signal.SIGTERM)
        assert server.process.wait(PATIENCE) == 0
        unread, *_, timer = server.complaints().splitlines()
    assert "nobody reads standard output" in unread
    assert timer == "at the end: 0.0 0.0"


@pytest.mark.userspace  # nothing of a stack is in it
def test_no_timer_of_a_client_outlives_its_output(stack: StackName) -> None:
    with (
        Server(stack) as server,
        Program("send", "--json", *server.to, python=("-c", _TELL_TIMER)) as client,
    ):
        client.write(b"hello\n")
        server.event("message")
        assert client.process.stdout is not None
        client.process.stdout.close()
        client.signal(signal.SIGTERM)
        assert client.process.wait(PATIENCE) == 128 + signal.SIGTERM
        assert client.complaints().splitlines()[-1] == "at the end: 0.0 0.0"


@pytest.mark.userspace  # nothing of a stack is in it
def test_a_full_disk_is_one_line(stack: StackName) -> None:
    udp = ("--udp-port", "0") if stack == "userspace" else ()
    with (
        Path("/dev/full").open("wb") as full,
        Program("serve", "--stack", stack, "--port", "0", *udp, stdout=full) as server,
    ):
        status, _, err = server.end()
    assert (status, err) == (
        1,
        "sctp-tui serve: can't write to standard output: No space left on device; write it elsewhere\n",
    )


def test_a_port_that_is_taken_is_one_line(stack: StackName) -> None:
    with Server(stack) as server:
        udp = ("--udp-port", str(server.listening["udp_port"])) if stack == "userspace" else ()
        port = str(server.listening["port"])
        with Program("serve", "--stack", stack, "--port", port, *udp) as second:
            status, out, err = second.end()
    assert (status, out) == (1, b"")
    assert err.startswith("sctp-tui serve: can't ")
    assert "another program has it" in err
    assert err.count("\n") == 1
