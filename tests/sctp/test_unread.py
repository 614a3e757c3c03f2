"""What may wait unread in usrsctp, counted by link."""

from sctp_tui.sctp.userspace.unread import OF_LINK, Unread

_PACKET = bytes(12) + b"\x09\x00\x00\x04" * 300
"""300 empty ERROR chunks."""


def fill(unread: Unread, link: int) -> int:
    """Packets let in from a link until one is not."""
    count = 0
    while unread.admits(9, link, _PACKET):
        count += 1
    return count


def test_what_is_held_back_still_counts_when_the_rest_was_read() -> None:
    unread = Unread()
    fits = fill(unread, 1)
    assert 0 < fits <= OF_LINK // len(_PACKET)
    assert fill(unread, 2) == fits
    unread.read(9, held=[1])
    assert fill(unread, 1) == 0
    assert fill(unread, 2) == fits
    unread.read(9)
    assert fill(unread, 1) == fits
