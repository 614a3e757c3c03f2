"""Events as lines: the order for people, the classic words, and nothing of a peer that a terminal acts on."""

import json
import re

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sctp_tui.monitor.text.lines import answer, as_json, classic, plain
from sctp_tui.sctp.events import AssocChange, Event, Listening, Message, Peer, from_json, to_json_lines

PEER = Peer(("127.0.0.1",), 5000, 6000)


def message(data: bytes, assoc_id: int = 57, endpoint: str = "server") -> Message:
    return Message(
        at=1.5,
        mono=1.5,
        endpoint=endpoint,
        key=1,
        assoc_id=assoc_id,
        peer=PEER,
        direction="in",
        stream=1,
        ssn=0,
        tsn=7,
        ppid=0,
        unordered=False,
        size=len(data),
        data=data,
    )


def came_up(endpoint: str = "server") -> AssocChange:
    return AssocChange(
        at=1.0005,
        mono=1.0,
        endpoint=endpoint,
        key=1,
        assoc_id=57,
        peer=PEER,
        state="COMM_UP",
        outbound_streams=5,
        inbound_streams=5,
        error=None,
        error_text="",
        by="peer",
    )


def line_of(event: Event) -> str:
    line = plain(event)
    assert line is not None
    return line


def test_plain_lines_are_time_assoc_id_stream_text() -> None:
    assert re.fullmatch(r"\d\d:\d\d:\d\d\.500     57      1  hello", line_of(message(b"hello")))
    line = line_of(came_up())
    assert re.fullmatch(r"\d\d:\d\d:\d\d\.000     57      -  COMM_UP: .*5 in, with 127.0.0.1:5000", line)


def test_lines_of_two_stacks_tell_them_apart() -> None:
    assert " kernel 57      1  hello" in line_of(message(b"hello", endpoint="server kernel"))
    assert " userspace 57      -  COMM_UP" in line_of(came_up("server userspace"))


def test_plain_lines_of_an_endpoint_name_it() -> None:
    listening = Listening(
        at=1.0,
        mono=1.0,
        endpoint="server",
        key=0,
        assoc_id=0,
        peer=None,
        schema=1,
        version="0",
        stack="userspace",
        library="usrsctp",
        host="127.0.0.1",
        addresses=("127.0.0.1",),
        port=9877,
        udp_port=9899,
    )
    assert "-      -  server listening on 127.0.0.1 port 9877, UDP port 9899" in line_of(listening)


def test_an_echo_has_a_line_in_json_alone() -> None:
    echo = msgspec.structs.replace(message(b"hello"), direction="out")
    assert plain(echo) is None
    assert classic(echo) is None
    assert b'"direction":"out"' in as_json(echo)


def test_classic_lines_are_the_articles() -> None:
    assert classic(message(b"hello")) == (
        "[Server]: Message(size = 5): 'hello' received, assoid = 39\n[Server]: wait for message!"
    )
    assert classic(came_up()) is None


def test_answers_are_their_text() -> None:
    assert answer(message(b"hi")) == "hi"
    assert answer(came_up()) is None


@pytest.mark.parametrize(
    ("ppid", "data", "line"),
    [
        (0, b"hi", "hi"),
        (60, b"hi", "ppid 60 NGAP  hi"),
        (4711, b"hi", "ppid 4711  hi"),
        (60 << 24, b"hi", "ppid 1006632960 (60 NGAP in the other byte order?)  hi"),
        (0, b"ppid 60 NGAP  hi", "ppid 0  ppid 60 NGAP  hi"),
    ],
)
def test_a_ppid_stands_before_its_text_and_no_text_for_one(ppid: int, data: bytes, line: str) -> None:
    sent = msgspec.structs.replace(message(data), ppid=ppid)
    assert answer(sent) == line
    assert line_of(sent).endswith(f"    57      1  {line}")


@pytest.mark.parametrize("line", [plain, classic, answer])
@given(data=st.binary(min_size=1, max_size=200) | st.text(min_size=1).map(lambda text: text.encode()))
def test_no_payload_reaches_a_terminal_raw(line: object, data: bytes) -> None:
    assert callable(line)
    text = str(line(message(data)))
    assert all(part.isprintable() for part in text.split("\n"))
    assert text.count("\n") == (1 if line is classic else 0)


@given(data=st.binary(min_size=1, max_size=200) | st.text(min_size=1).map(lambda text: text.encode()))
def test_json_is_one_line_that_no_terminal_acts_on(data: bytes) -> None:
    event: Event = message(data)
    line = as_json(event).decode()
    assert line.isprintable()
    assert json.loads(line)["size"] == len(data)


PAYLOADS = st.binary(min_size=1, max_size=40) | st.text(min_size=1).map(lambda text: text.encode())


@example(datas=[b"\xed\xa0\x80", b"\xef\xbb\xbfa", b"\xf4\x90\x80\x80", "\u00e9".encode()])
@given(datas=st.lists(PAYLOADS, min_size=1, max_size=8))
def test_many_messages_at_once_have_the_lines_that_each_has(datas: list[bytes]) -> None:
    messages = [message(data) for data in datas]
    lines = to_json_lines(messages)
    assert lines.split(b"\n") == [as_json(one) for one in messages]
    for line, data in zip(lines.split(b"\n"), datas, strict=True):
        assert from_json(line) == message(data)
        assert json.loads(line).get("text") == _text(data)


def _text(data: bytes) -> str | None:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return None
