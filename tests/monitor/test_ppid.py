"""Payload protocol identifiers: as they are typed, and as they are shown."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sctp_tui.monitor.text.ppid import HIGHEST, PPID_NAMES, parse, ppid_text, short, swapped
from sctp_tui.sctp.endpoint import SctpError


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("60", 60),
        ("0", 0),
        ("0x3C", 60),
        ("4294967295", HIGHEST),
        ("ngap", 60),
        ("M3UA", 3),
        ("s1ap", 18),
        (" Diameter ", 46),
        ("diameter-dtls", 47),
        ("h.323", 13),
        ("h248", 7),
        ("dcep", 50),
        ("string partial", 54),
    ],
)
def test_numbers_and_names(typed: str, number: int) -> None:
    assert parse(typed) == number


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("ngpa", "did you mean NGAP?"),
        ("diametr", "Diameter"),
        ("4294967296", "0 to 4294967295"),
        ("-1", "0 to 4294967295"),
        ("0x", "is no PPID"),
        ("1_0", "is no PPID"),
        ("¹", "is no PPID"),
        ("", "is no PPID"),
        ("\x1b[2J", "␛[2J"),
        ("9" * 10_000, "99999"),
    ],
)
def test_what_is_none_is_named_with_what_is_near(typed: str, said: str) -> None:
    with pytest.raises(SctpError) as caught:
        parse(typed)
    assert said in str(caught.value)
    assert len(str(caught.value)) < 150


TYPED = st.text() | st.sampled_from(sorted(PPID_NAMES.values())) | st.text("0123456789xabcdef", max_size=14)


@given(TYPED)
def test_any_text_is_an_identifier_or_an_error(typed: str) -> None:
    try:
        number = parse(typed)
    except SctpError as error:
        number, said = 0, str(error)
    else:
        said = ""
    assert 0 <= number <= HIGHEST
    assert said.isprintable()


@given(st.one_of(st.integers(0, HIGHEST), st.sampled_from(sorted(PPID_NAMES))))
def test_what_is_shown_can_be_typed(number: int) -> None:
    shown, _, name = ppid_text(number).partition(" ")
    assert parse(shown) == number
    assert not name or name.startswith("(") or parse(name) == number


@given(st.one_of(st.integers(0, HIGHEST), st.sampled_from([swapped(ppid) for ppid in PPID_NAMES])))
def test_the_other_byte_order_is_asked_where_it_alone_has_a_name(number: int) -> None:
    meant = int.from_bytes(number.to_bytes(4, "little"))
    asked = number not in PPID_NAMES and meant in PPID_NAMES
    assert ("other byte order?" in ppid_text(number)) == asked
    assert short(number) == (f"{PPID_NAMES[meant]}?" if asked else PPID_NAMES.get(number, ""))


def test_ngap_in_the_other_byte_order() -> None:
    assert ppid_text(0x3C000000) == "1006632960 (60 NGAP in the other byte order?)"
