import pytest
from hypothesis import given
from hypothesis import strategies as st

from sctp_tui.sctp.endpoint import SctpError
from sctp_tui.tui.compose import compose


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
    ],
)
def test_lines(line: str, stream: int | None, data: bytes) -> None:
    assert compose(line) == (stream, data)


@pytest.mark.parametrize("line", ["", "[3]"])
def test_an_empty_message_is_refused_with_the_reason(line: str) -> None:
    with pytest.raises(SctpError, match="at least one byte"):
        compose(line)


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
