"""What the filter sees of a packet: its chunks, and, where a ladder follows its conversation, its row.

The language has one value for a field of an event. A packet has several chunks, so a field of a packet has
several values: one that passes is enough, but with != none may be equal.
"""

from collections.abc import Iterator, Sequence
from functools import cached_property

from sctp_tui.monitor.text.chunks import ABSOLUTE, TsnBase, relative
from sctp_tui.monitor.text.upper_layer.named import Named
from sctp_tui.monitor.text.upper_layer.naming import of_chunk
from sctp_tui.monitor.trace.conversations import Conversation, Wire, bare
from sctp_tui.monitor.trace.ladder import Ladder, Row
from sctp_tui.sctp.events import Packet, Peer
from sctp_tui.sctp.link.conditions import AFTERWARDS
from sctp_tui.sctp.wire.chunk_types import chunk_name
from sctp_tui.sctp.wire.decode import decode
from sctp_tui.sctp.wire.packet import Chunk, Cut, Data, Decoded, IData, Sack, Unknown, name_of

_KEPT = 16 * 1024 * 1024  # bytes of packets by which later ones are known to be sent again
_LADDERS = 1000  # ladders, before those of conversations that are gone are looked for


FOLLOWED = frozenset({"retransmitted", "lost"})
"""Fields that packets before and after tell of: these have to be followed by a ladder."""


class PacketView:
    """One packet, decoded when it is first asked for. Without a `ladder` and its `row` TSNs are absolute."""

    def __init__(self, packet: Packet, ladder: Ladder | None = None, row: Row | None = None) -> None:
        self.packet = packet
        self._ladder = ladder
        self._row = row

    @cached_property
    def _decoded(self) -> Decoded:
        return decode(self.packet.data, self.packet.cut)

    @property
    def chunks(self) -> tuple[Chunk, ...]:
        """Its chunks."""
        return self._decoded.chunks

    @cached_property
    def data(self) -> Sequence[Data | IData]:
        """Its DATA and I-DATA chunks."""
        return [chunk for chunk in self.chunks if isinstance(chunk, Data | IData)]

    @property
    def names(self) -> Iterator[str]:
        """The names of its chunks, as the ladder has them."""
        return map(_called, self.chunks)

    @property
    def tsns(self) -> Iterator[int]:
        """The TSNs of its DATA, as they are shown: in a ladder counted from the association's first."""
        base = (
            self._ladder.base(self._row) if self._ladder is not None and self._row is not None else ABSOLUTE
        )
        return (relative(chunk.tsn, base.own) for chunk in self.data)

    @property
    def gaps(self) -> Iterator[int]:
        """How many Gap Ack Blocks its SACKs have, of those that have any."""
        return (len(chunk.gaps) for chunk in self.chunks if isinstance(chunk, Sack) and chunk.gaps)

    @property
    def messages(self) -> Iterator[Named]:
        """The messages by name that it has or begins."""
        ports = (self._decoded.source, self._decoded.destination)
        return (named for chunk in self.data if (named := of_chunk(chunk, ports)) is not None)

    @property
    def ends(self) -> Iterator[Peer]:
        """The address that it comes from, and the one that it goes to, each with its port."""
        for end in (self.packet.local, self.packet.peer):
            if end is not None and end.addresses:
                yield Peer((bare(end.addresses[0]),), end.port)

    @property
    def retransmitted(self) -> bool:
        """Whether something in it is sent again."""
        return self._row is not None and self._row.first_try != 0

    @property
    def lost(self) -> bool:
        """Whether it does not arrive, as far as that is known."""
        if self._row is None or self._ladder is None:
            return self.packet.verdict in ("dropped", "refused")
        return not self._ladder.arrives(self._row)


def of_row(ladder: Ladder, row: Row) -> PacketView:
    """A row of a ladder."""
    return PacketView(row.packet, ladder, row)


class PacketFollower:
    """Follows packets one by one, as ladders do, to tell which are sent again. TSNs stay as on the wire."""

    def __init__(self) -> None:
        self._wire = Wire(_KEPT)
        self._ladders: dict[Conversation, _Absolute] = {}
        self._limit = _LADDERS

    def view(self, packet: Packet) -> PacketView:
        """Take in one more packet."""
        self._wire.extend((packet,))
        if packet.verdict in AFTERWARDS:
            return PacketView(packet)
        conversation = self._wire.newest
        ladder = self._ladders.get(conversation)
        if ladder is None:
            ladder = self._ladders[conversation] = _Absolute(conversation)
            self._forget()
        ladder.update()
        return PacketView(packet, ladder, ladder[ladder.seen])

    def _forget(self) -> None:
        if len(self._ladders) > self._limit:
            self._ladders = {one: ladder for one, ladder in self._ladders.items() if len(one)}
            self._limit = max(_LADDERS, 2 * len(self._ladders))


class _Absolute(Ladder):
    """A ladder for packets that are shown with their TSNs as on the wire."""

    def base(self, row: Row) -> TsnBase:
        return ABSOLUTE


def _called(chunk: Chunk) -> str:
    match chunk:
        case Cut(type=kind) | Unknown(type=kind) if kind >= 0:
            return chunk_name(kind)
    return name_of(chunk)
