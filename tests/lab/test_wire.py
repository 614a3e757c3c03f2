"""Frames arrive as they were sent, however the line cuts them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sctp_tui.lab import wire

FRAMES = st.lists(st.tuples(st.integers(wire.STDIN, wire.SIGNAL), st.binary(max_size=300)), max_size=8)


@given(FRAMES, st.integers(1, 40))
def test_frames_survive_any_cut(frames: list[tuple[int, bytes]], piece: int) -> None:
    sent = b"".join(wire.frame(kind, data) for kind, data in frames)
    receiver = wire.Frames()
    got = [frame for at in range(0, len(sent), piece) for frame in receiver.feed(sent[at : at + piece])]
    assert got == frames


@given(st.lists(st.binary(), min_size=1))
def test_strings_survive_packing_or_are_refused(strings: list[bytes]) -> None:
    if any(b"\0" in text for text in strings):
        with pytest.raises(ValueError, match="NUL"):
            wire.pack_strings(strings)
    else:
        assert wire.unpack_strings(wire.pack_strings(strings)) == strings


@pytest.mark.parametrize("garbage", [b"Kernel panic", wire.frame(wire.STDOUT)[:1] + b"\xff" * 4])
def test_what_is_no_frame_is_said_to_be_none(garbage: bytes) -> None:
    with pytest.raises(wire.Garbled):
        list(wire.Frames().feed(garbage))
