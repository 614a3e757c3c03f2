"""Any octets can be sent: of a file, in hex or base64, between NULs, in frames; each on a stream it names."""

import base64
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sctp_tui.cli.option_types import SendOptions
from sctp_tui.cli.options.send import send_options
from sctp_tui.cli.send_input import InputFailed, InputMessage, InputMessages
from sctp_tui.sctp.endpoint import MESSAGE_LIMIT
from sctp_tui.sctp.events import StackName

from .program import Server, send

ALL = bytes(range(256))
SOME = st.lists(st.binary(min_size=1, max_size=100), max_size=10)


def framed(messages: list[bytes]) -> bytes:
    return b"".join(len(message).to_bytes(4) + message for message in messages)


def read(stdin: bytes, *words: str) -> list[InputMessage]:
    """What `send h WORDS…` is given with this on its standard input."""
    ours, theirs = os.pipe()
    try:
        assert os.write(theirs, stdin) == len(stdin)
        os.close(theirs)
        return list(InputMessages(send_options(["h", *words]), ours))
    finally:
        os.close(ours)


# --- what is read


@given(SOME)
def test_frames_carry_any_octets(messages: list[bytes]) -> None:
    assert read(framed(messages), "--frames") == [InputMessage(data, 1) for data in messages]


@given(SOME)
def test_lines_of_hex_and_base64_carry_any_octets(messages: list[bytes]) -> None:
    wanted = [InputMessage(data, 1) for data in messages]
    for form, spell in (("hex", bytes.hex), ("base64", lambda data: base64.b64encode(data).decode())):
        lines = "".join(f"{spell(data)}\n" for data in messages)
        assert read(lines.encode(), "--lines", form) == wanted


@given(st.lists(st.binary(min_size=1, max_size=100).filter(lambda data: b"\0" not in data)))
def test_records_end_with_a_nul(messages: list[bytes]) -> None:
    for end in (b"", b"\0"):
        stdin = b"\0".join(messages) + (end if messages else b"")
        for word in ("-0", "--null"):
            assert read(stdin, word) == [InputMessage(data, 1) for data in messages]


def test_standard_input_as_one_message() -> None:
    assert read(b"one\ntwo\n", "--file", "-") == [InputMessage(b"one\ntwo\n", 1)]


def test_hex_is_written_in_more_ways_than_one() -> None:
    assert read(b"0a FF\r\n0x0aff\n0aff", "--lines", "hex") == [InputMessage(b"\x0a\xff", 1)] * 3


def test_a_bracket_is_text_unless_each_names_its_stream() -> None:
    lines = b"[3]three\n[[4]text\nplain\n[x]\n"
    assert read(lines) == [InputMessage(line, 1) for line in lines.splitlines()]
    assert read(lines, "--stream", "7") == [InputMessage(line, 7) for line in lines.splitlines()]
    assert read(lines, "--stream", "each") == [
        InputMessage(b"three", 3),
        InputMessage(b"[4]text", 1),
        InputMessage(b"plain", 1),
        InputMessage(b"[x]", 1),
    ]
    assert read(b"[2]0a0d\n", "--stream", "each", "--lines", "hex") == [InputMessage(b"\n\r", 2)]


@pytest.mark.parametrize(
    ("stdin", "words", "said"),
    [
        (b"0a\nzz\n", "--lines hex", "line 2 of standard input: 'zz' is no hex: give pairs of digits"),
        (b"0a0\n", "--lines hex", "'0a0' is no hex"),
        (b"\x1b[31m\n", "--lines hex", "'␛[31m' is no hex"),
        (b"AAE=\nAA-_\n", "--lines base64", "line 2 of standard input: 'AA-_' is no base64"),
        (b"\0\0\0\5hell", "--frames", "standard input ends within frame 1: 1 byte missing"),
        (b"\0\0\0\1x\0\0", "--frames", "standard input ends within frame 2: 2 bytes missing"),
        (b"GET / HTTP", "--frames", "have 1195725856 bytes, and a message has at most 4194304: a frame"),
        (b"[65535]x", "--stream each", "line 1 of standard input: stream 65535 can't be"),
        (b"", "--file -", "standard input is empty"),
        (b"", "--file /nowhere/x", "can't read /nowhere/x: No such file or directory"),
        (b"", "--file /", "can't read /: Is a directory"),
        (b"", "--file /dev/null", "/dev/null is empty: give at least one byte"),
        (b"", "--file /dev/zero", f"/dev/zero has more than {MESSAGE_LIMIT} bytes"),
    ],
)
def test_what_cannot_be_sent_is_named_with_its_place(stdin: bytes, words: str, said: str) -> None:
    with pytest.raises(InputFailed) as caught:
        read(stdin, *words.split())
    assert said in str(caught.value)
    assert str(caught.value).isprintable()


def test_what_is_empty_is_left_out_and_counted() -> None:
    ours, theirs = os.pipe()
    os.write(theirs, framed([b"", b"x", b""]))
    os.close(theirs)
    messages = InputMessages(SendOptions(frames=True), ours)
    assert list(messages) == [InputMessage(b"x", 1)]
    assert messages.left_out == "2 empty frames"
    os.close(ours)


def test_the_longest_message_in_hex(tmp_path: Path) -> None:
    longest = bytes(MESSAGE_LIMIT)
    for text in (longest.hex(), longest.hex(" ")):
        (tmp_path / "hex").write_text(text)
        with (tmp_path / "hex").open("rb") as file:
            assert list(InputMessages(SendOptions(lines="hex"), file.fileno())) == [InputMessage(longest, 1)]


# --- what is sent


@pytest.fixture(scope="module")
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    """One server for this module."""
    with Server(request.config.getoption("--stack")) as server:
        yield server


def arrived(server: Server, number: int = 1) -> list[tuple[int, bytes]]:
    messages = [server.event("message") for _ in range(number)]
    return [(message["stream"], base64.b64decode(message["data"])) for message in messages]


def test_a_whole_file_is_one_message(stack: StackName, server: Server, tmp_path: Path) -> None:
    (tmp_path / "octets").write_bytes(ALL)
    assert send(*server.to, "--file", str(tmp_path / "octets"), "--ppid", "ngap") == (0, b"", "")
    message = server.event("message")
    assert (message["ppid"], base64.b64decode(message["data"])) == (60, ALL)


def test_octets_in_hex_each_on_its_stream(stack: StackName, server: Server) -> None:
    words = ("--hex", "--stream", "each", "[3]0a 00 ff", "0d0a")
    assert send(*server.to, *words) == (0, b"", "")
    assert arrived(server, 2) == [(3, b"\n\0\xff"), (1, b"\r\n")]


def test_frames_of_standard_input(stack: StackName, server: Server) -> None:
    assert send(*server.to, "--frames", stdin=framed([ALL, b"\n"])) == (0, b"", "")
    assert arrived(server, 2) == [(1, ALL), (1, b"\n")]


def test_a_stream_that_a_line_asks_for_and_there_is_none(stack: StackName, server: Server) -> None:
    status, out, err = send(*server.to, "--stream", "each", stdin=b"[1]a\n[7]b\n")
    assert (status, out) == (1, b"")
    assert "stream 7" in err
    assert "--streams 8:5" in err
    assert arrived(server) == [(1, b"a")]


@pytest.mark.userspace  # nothing of a stack is in it
def test_a_file_that_is_not_there_opens_no_association(stack: StackName, server: Server) -> None:
    status, out, err = send(*server.to, "--file", "/nowhere/x")
    assert (status, out) == (1, b"")
    assert err == "sctp-tui send: can't read /nowhere/x: No such file or directory; give another file\n"
