"""Octets as hex and text, sixteen a line."""

from hypothesis import example, given
from hypothesis import strategies as st
from rich.cells import cell_len
from textual.app import App, ComposeResult

from sctp_tui.sctp.printable import printable
from sctp_tui.tui.widgets import hexview
from sctp_tui.tui.widgets.hexview import OCTETS_A_LINE, HexView, hex_of, is_text


def text_of(data: bytes, start: int) -> str:
    """As the view has it."""
    return hexview.text_of(data, start, is_text(data))


def test_octets_that_are_no_text_are_ascii() -> None:
    """Neither where some of them happen to be letters of UTF-8, nor where there are controls among them."""
    assert text_of("größe\n".encode(), 0) == "grö·ß·e·"
    assert text_of(b"\xc3\xa9\xff ok", 0) == "··· ok"
    assert text_of(b"\x00\x10\xc3\xa9ok", 0) == "····ok"


def test_text_beside_the_octets() -> None:
    data = "grüße, 世界!".encode()
    assert text_of(data, 0) == "gr" + "ü·" + "ß·" + "e, " + "世·" + "界·" + "!"
    assert hex_of(b"\x00\xff") == "00 ff".ljust(23) + "  " + " " * 23
    assert text_of(b"\x1b[31m\x00\x9b\xff\xc3", 0) == "·[31m····"
    assert text_of("a\u202eb\u0301".encode(), 0) == "a···b··"


def test_a_character_over_two_lines_stands_where_it_begins() -> None:
    data = b"x" * 15 + "üa".encode()
    assert text_of(data, 0) == "x" * 15 + "ü"
    assert text_of(data, 16) == "·a"
    wide = b"x" * 15 + "世a".encode()
    assert text_of(wide, 0) == "x" * 15 + "·"
    assert text_of(wide, 16) == "··a"


@example("\U0001f1e6".encode())  # half a flag
@given(st.binary(max_size=100) | st.text(max_size=40).map(str.encode))
def test_every_line_is_as_wide_as_its_octets_and_safe(data: bytes) -> None:
    for start in range(0, len(data), OCTETS_A_LINE):
        text = text_of(data, start)
        assert cell_len(text) == len(data[start : start + OCTETS_A_LINE])
        assert printable(text) == text
        assert (
            bytes.fromhex(hex_of(data[start : start + OCTETS_A_LINE])) == data[start : start + OCTETS_A_LINE]
        )


class Stage(App[None]):
    def compose(self) -> ComposeResult:
        yield HexView()


async def test_four_mebibytes_are_scrolled_by_keys() -> None:
    async with Stage().run_test(size=(80, 11)) as pilot:
        view = pilot.app.query_one(HexView)
        view.data = bytes(range(256)) * (16 * 1024)
        view.focus()
        await pilot.pause()

        def offsets() -> list[str]:
            return [view.render_line(y).text[:8].strip() for y in range(1, view.page + 1)]

        assert offsets()[0] == "00000000"
        await pilot.press("down", "pagedown")
        assert offsets()[0] == f"{(1 + view.page - 1) * OCTETS_A_LINE:08x}"
        await pilot.press("end")
        assert offsets()[-1] == f"{4 * 1024 * 1024 - OCTETS_A_LINE:08x}"
        await pilot.press("home", "up")
        assert offsets()[0] == "00000000"
        view.data = b"short"
        await pilot.pause()
        assert offsets()[1] == ""
