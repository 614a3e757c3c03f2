from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sctp_tui.sctp.endpoint import SctpError
from sctp_tui.tui.clients.compose import compose


@pytest.mark.parametrize(
    ("line", "stream", "data"),
    [
        ("hello", None, b"hello"),
        ("[3]hello", 3, b"hello"),
        ("[0]x", 0, b"x"),
        ("[007]x", 7, b"x"),
        ("[3][4]x", 3, b"[4]x"),
        ("[3] x", 3, b" x"),
        ("[[3]x", None, b"[3]x"),
        ("[[", None, b"["),
        ("[a]x", None, b"[a]x"),
        ("[]x", None, b"[]x"),
        ("[-1]x", None, b"[-1]x"),
        ("[3", None, b"[3"),
        (" ", None, b" "),
        ("grüß", None, "grüß".encode()),
        ("[hex]0a 00 FF", None, b"\n\0\xff"),
        ("[3 hex]0x0a", 3, b"\n"),
        ("[[hex]0a", None, b"[hex]0a"),
        ("[3][hex]0a", 3, b"[hex]0a"),
        ("[ hex]0a", None, b"[ hex]0a"),
    ],
)
def test_lines(line: str, stream: int | None, data: bytes) -> None:
    assert compose(line) == (stream, data)


@pytest.mark.parametrize("line", ["", "[3]", "[hex]", "[3 hex] "])
def test_an_empty_message_is_refused_with_the_reason(line: str) -> None:
    with pytest.raises(SctpError, match="at least one byte"):
        compose(line)


def test_a_whole_file(tmp_path: Path) -> None:
    octets = bytes(range(256))
    (tmp_path / "some octets").write_bytes(octets)
    assert compose(f"[file]{tmp_path}/some octets") == (None, octets)
    assert compose(f"[7 file] {tmp_path}/some octets") == (7, octets)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("[hex]0a0", "'0a0' is no hex: give pairs of digits"),
        ("[hex]ü", "is no hex"),
        ("[65535 hex]0a", "stream 65535 can't be"),
        ("[file]", "no file is named"),
        ("[file]/nowhere/x", "can't read /nowhere/x: No such file"),
        ("[file]/", "can't read /: this is a folder and not a file"),
        ("[file]/dev/zero", "can't read /dev/zero: this is a device"),
        ("[file]a\0b", "can't read a␀b: "),
        ("[file]/dev/null", "nothing to send"),
    ],
)
def test_octets_that_cannot_be_had_are_named(line: str, said: str) -> None:
    with pytest.raises(SctpError) as caught:
        compose(line)
    assert said in str(caught.value)


def test_a_stream_that_no_association_can_have() -> None:
    assert compose("[65534]x").stream == 65534
    with pytest.raises(SctpError, match=r"stream 65535 .* 65534"):
        compose("[65535]x")
    with pytest.raises(SctpError, match="65534"):
        compose(f"[{'9' * 10_000}]x")


@given(st.integers(0, 65534), st.text(min_size=1))
def test_every_stream_and_text(stream: int, text: str) -> None:
    assert compose(f"[{stream}]{text}") == (stream, text.encode())


@given(st.text(min_size=1))
def test_two_brackets_make_any_text_plain(text: str) -> None:
    assert compose(f"[[{text}") == (None, f"[{text}".encode())
