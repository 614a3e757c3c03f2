"""The run that the project started from, and its failures, over two processes."""

import base64
import json
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from sctp_tui.sctp.events import StackName

from ..harness import unused_udp_port
from .program import Program, Server, send, to


@pytest.fixture(scope="module")
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    """One server for this module. Each test waits for its own events."""
    with Server(request.config.getoption("--stack")) as server:
        yield server


def sent(server: Server, *words: str, stdin: bytes = b"") -> None:
    """Send with success, which is silent."""
    assert send(*server.to, *words, stdin=stdin) == (0, b"", "")


def test_hello_and_another_hello(stack: StackName, server: Server) -> None:
    listening = server.listening
    assert (listening["schema"], listening["stack"], listening["host"]) == (1, stack, "127.0.0.1")
    assert {"version", "library", "port", "udp_port", "at", "mono", "endpoint", "key"} <= set(listening)
    assert next(iter(listening)) == "event"

    sent(server, "hello")
    up = server.event("assoc_change", state="COMM_UP")
    assert (up["outbound_streams"], up["inbound_streams"]) == (5, 5)
    assert (up["error"], up["error_text"], up["by"], up["endpoint"]) == (None, "", "peer", "server")
    assert up["peer"]["addresses"] == ["127.0.0.1"]
    assert up["peer"]["port"] > 0
    assert (up["peer"]["udp_port"] is not None) == (stack == "userspace")
    message = server.event("message")
    same = ("key", "assoc_id", "peer")
    assert [message[name] for name in same] == [up[name] for name in same]
    assert (message["direction"], message["stream"], message["ssn"]) == ("in", 1, 0)
    assert (message["ppid"], message["unordered"], message["size"]) == (0, False, 5)
    assert message["tsn"] >= 0
    assert (message["text"], message["data"]) == ("hello", base64.b64encode(b"hello").decode())
    assert server.event("shutdown_event")["key"] == up["key"]
    down = server.event("assoc_change")
    assert (down["state"], down["by"], down["key"]) == ("SHUTDOWN_COMP", "peer", up["key"])

    sent(server, "hello 2")
    again = server.event("assoc_change", state="COMM_UP")
    assert again["assoc_id"] != up["assoc_id"]
    assert again["key"] != up["key"]
    assert server.event("message")["text"] == "hello 2"
    server.event("assoc_change", state="SHUTDOWN_COMP", key=again["key"])


def test_an_association_without_data_from_an_own_end(server: Server) -> None:
    sent(server, "--connect-only", "--from", "127.0.0.2:41233")
    up = server.event("assoc_change", state="COMM_UP")
    assert (up["peer"]["addresses"], up["peer"]["port"]) == (["127.0.0.2"], 41233)
    names = []
    while (event := json.loads(server.line()))["event"] != "assoc_change":
        names.append(event["event"])
    assert (event["state"], event["by"]) == ("SHUTDOWN_COMP", "peer")
    assert "message" not in names


def test_without_data_to_where_nobody_listens(server: Server) -> None:
    host, port = server.to[0].rsplit(":", 1)
    words = (f"{host}:{int(port) ^ 1}", *server.to[1:], "--connect-only")
    status, out, err = send(*words)
    assert (status, out) == (1, b"")
    assert "nobody listens on" in err


def test_an_abort_comes_after_what_was_sent(stack: StackName, server: Server) -> None:
    sent(server, "bye", "bye now", "--abort")
    assert [server.event("message")["text"] for _ in range(2)] == ["bye", "bye now"]
    lost = server.event("assoc_change")
    assert (lost["state"], lost["error"], lost["by"]) == ("COMM_LOST", 12, "peer")
    assert lost["error_text"] == "user-initiated abort: “sctp-tui send --abort”"


def test_lines_of_standard_input_and_what_goes_with_them(stack: StackName, server: Server) -> None:
    status, out, err = send(
        *server.to,
        "--stream",
        "2",
        "--unordered",
        "--ppid",
        "46",
        stdin=b"one\n\ntwo\r\n\n\xff\x00\x1b[31mthree",
    )
    assert (status, out) == (0, b"")
    assert "2 empty lines left out" in err
    messages = sorted((server.event("message") for _ in range(3)), key=lambda message: message["size"])
    assert [base64.b64decode(message["data"]) for message in messages] == [
        b"one",
        b"two\r",
        b"\xff\x00\x1b[31mthree",
    ]
    assert [message["text"] for message in messages[:2]] == ["one", "two\r"]
    assert "text" not in messages[2]
    for message in messages:
        assert (message["stream"], message["ssn"], message["unordered"]) == (2, None, True)
        assert message["ppid"] == 46


def test_more_lines_than_the_engine_keeps(stack: StackName, server: Server) -> None:
    lines = [f"line {number} {'x' * 200}" for number in range(5000)]
    sent(server, stdin="\n".join(lines).encode())
    assert [server.event("message")["text"] for _ in lines] == lines


def test_what_is_typed_is_sent_at_once(stack: StackName, server: Server) -> None:
    with Program("send", *server.to) as client:
        client.write(b"first\n")
        assert server.event("message")["text"] == "first"
        client.write(b"second\n")
        assert server.event("message")["text"] == "second"
        assert client.end() == (0, b"", "")


def test_send_prints_its_events_as_json(stack: StackName, server: Server) -> None:
    status, out, err = send(*server.to, "hello", "--json", "--streams", "3:2")
    assert (status, err) == (0, "")
    events: list[dict[str, Any]] = [json.loads(line) for line in out.splitlines()]
    assert (events[0]["event"], events[0]["schema"]) == ("opening", 1)
    assert {event["endpoint"] for event in events} == {"client"}
    (message,) = (event for event in events if event["event"] == "message")
    assert (message["direction"], message["text"], message["message_id"]) == ("out", "hello", 1)
    changes = [event for event in events if event["event"] == "assoc_change"]
    assert [(change["state"], change["by"]) for change in changes] == [
        ("COMM_UP", "us"),
        ("SHUTDOWN_COMP", "us"),
    ]
    assert (changes[0]["outbound_streams"], changes[0]["inbound_streams"]) == (3, 2)
    server.event("assoc_change", state="SHUTDOWN_COMP")


def test_a_stream_that_was_not_asked_for(stack: StackName, server: Server) -> None:
    status, out, err = send(*server.to, "hello", "--stream", "7")
    assert (status, out) == (1, b"")
    assert "stream 7" in err
    assert "0 to 4" in err
    assert "--streams 8:5" in err
    assert err.count("\n") == 1


def test_nobody_listens_there(stack: StackName, server: Server) -> None:
    status, out, err = send(*to(stack, 1, server.listening["udp_port"]), "hello")
    assert (status, out) == (1, b"")
    assert "127.0.0.1:1 could not start" in err or "nobody listens" in err
    assert err.count("\n") == 1


@pytest.mark.userspace
def test_nobody_has_that_udp_port(stack: StackName) -> None:
    unused = unused_udp_port()
    status, out, err = send(*to(stack, 9877, unused), "hello")
    assert (status, out) == (1, b"")
    assert f"nobody has UDP port {unused} on 127.0.0.1" in err
    assert err.count("\n") == 1


@pytest.mark.userspace
def test_no_answer_at_all(stack: StackName) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        status, out, err = send(*to(stack, 9877, silent.getsockname()[1]), "hello", "--timeout", "0.3")
    assert (status, out) == (1, b"")
    assert err == "sctp-tui send: association with 127.0.0.1:9877 not set up within 0.3 s\n"


@pytest.mark.userspace  # nothing of a stack is in it
def test_nothing_to_send(stack: StackName, server: Server) -> None:
    status, out, err = send(*server.to)
    assert (status, out) == (1, b"")
    assert "nothing to send" in err


def test_a_ppid_by_its_name(stack: StackName, server: Server) -> None:
    sent(server, "session request", "--ppid", "ngap")
    assert server.event("message", text="session request")["ppid"] == 60


def test_an_echo_answers_and_does_not_count(stack: StackName) -> None:
    with Server(stack, "--echo", "--count", "2") as server:
        status, out, err = send(*server.to, "ping", "pong", "--replies", "2", "--stream", "3")
        assert (status, out, err) == (0, b"ping\npong\n", "")
        for text in ("ping", "pong"):
            message = server.event("message", direction="out", text=text)
            assert (message["stream"], message["endpoint"]) == (3, "server")
        assert server.end()[0] == 0


def test_autoclose_shuts_down_what_is_idle(stack: StackName) -> None:
    with Server(stack, "--autoclose", "1") as server, Program("send", *server.to) as client:
        client.write(b"still here\n")
        server.event("message", text="still here")
        assert server.event("assoc_change", state="SHUTDOWN_COMP")["by"] == "stack"
