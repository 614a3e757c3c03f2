"""A table as lines of text, as wide as its cells need."""

from collections.abc import Collection, Iterator, Sequence

from sctp_tui.sctp.events import Peer
from sctp_tui.sctp.printable import printable


def lines(titles: Sequence[str], rows: Sequence[Sequence[str]], right: Collection[str]) -> Iterator[str]:
    """The lines, with a heading; the columns with these titles are aligned to the right."""
    every = [titles, *rows]
    widths = [max(map(len, column)) for column in zip(*every, strict=True)]
    for row in every:
        cells = [
            cell.rjust(width) if title in right else cell.ljust(width)
            for cell, width, title in zip(row, widths, titles, strict=True)
        ]
        yield "  ".join(cells).rstrip()


def whole(end: Peer | None) -> str:
    """An end with all its addresses: `10.0.0.1:9001 +10.0.1.1`; `?` where it is not known."""
    if end is None:
        return "?"
    more = "".join(f" +{address}" for address in end.addresses[1:])
    udp = f" UDP {end.udp_port}" if end.udp_port is not None else ""
    return printable(f"{end}{more}{udp}")
