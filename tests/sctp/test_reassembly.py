"""Messages in pieces: whole where there was room for them, counted where there was not."""

from hypothesis import given
from hypothesis import strategies as st

from sctp_tui.sctp.reassembly import ReassembledMessage, Reassembly

LIMIT, TOTAL = 10, 25


def test_a_message_is_put_together() -> None:
    one: Reassembly[str] = Reassembly(LIMIT, TOTAL)
    assert one.add(3, "a", b"abc", last=False) is None
    assert one.add(4, "a", b"xyz", last=False) is None
    assert set(one.unfinished) == {3, 4}
    assert one.add(3, "a", b"def", last=True) == ReassembledMessage(b"abcdef", 6, 0)
    one.forget(4)
    assert not one.unfinished


def test_the_one_that_waited_longest_for_a_piece_goes() -> None:
    one: Reassembly[str] = Reassembly(LIMIT, TOTAL)
    for assoc_id in (3, 4, 5):
        one.add(assoc_id, "a", b"12345678", last=False)
    one.add(3, "a", b"9", last=False)
    one.add(6, "a", b"1", last=False)
    assert one.add(4, "a", b"9", last=True) == ReassembledMessage(None, 9, TOTAL)
    assert one.add(3, "a", b"0", last=True) == ReassembledMessage(b"1234567890", 10, 0)
    assert one.add(5, "a", b"9", last=True) == ReassembledMessage(b"123456789", 9, 0)


_PIECES = st.lists(
    st.tuples(
        st.integers(3, 8), st.sampled_from("ab"), st.integers(0, 6), st.sampled_from(["more", "last", "end"])
    )
)


@given(_PIECES)
def test_what_is_kept_is_bounded_and_what_is_given_is_right(pieces: list[tuple[int, str, int, str]]) -> None:
    one: Reassembly[str] = Reassembly(LIMIT, TOTAL)
    came: dict[tuple[int, str], bytes] = {}
    for number, (assoc_id, message, size, what) in enumerate(pieces):
        if what == "end":
            one.forget(assoc_id)
            came = {key: data for key, data in came.items() if key[0] != assoc_id}
            assert assoc_id not in one.unfinished
            continue
        piece = bytes([number % 256]) * size
        whole = came[assoc_id, message] = came.get((assoc_id, message), b"") + piece
        told = one.add(assoc_id, message, piece, last=what == "last")
        held = sum(len(each.data) for each in (*one._waiting.values(), *one._let_go.values()))
        assert held == one._bytes <= TOTAL
        assert (told is None) == (what == "more")
        if told is not None:
            del came[assoc_id, message]
            assert told.size == len(whole)
            assert (told.data, told.limit) in [(whole, 0), (None, LIMIT), (None, TOTAL)]
            assert (told.limit == LIMIT) <= (len(whole) > LIMIT)
        assert {key[0] for key in came} == set(one.unfinished)
