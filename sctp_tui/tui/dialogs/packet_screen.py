"""One packet in full: why it was sent, every field of its chunks, and its octets."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import ActiveBinding, BindingType
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Static

from sctp_tui.monitor.trace.dissection import of_packet
from sctp_tui.monitor.trace.ladder import Ladder, Row
from sctp_tui.monitor.trace.packet_fields import packet_sections
from sctp_tui.monitor.why import Level
from sctp_tui.monitor.why.rows import why_row
from sctp_tui.tui.actions import bindings
from sctp_tui.tui.footing import OTHER_LEVEL, labelled
from sctp_tui.tui.widgets.heading import Heading
from sctp_tui.tui.widgets.hexview import HexView
from sctp_tui.tui.widgets.key_footer import KeyFooter
from sctp_tui.tui.widgets.scrolled import ScrolledText

from .tree_screen import TreeScreen

_NAME = 30  # cells for a field's name and the blanks behind it


class PacketScreen(Screen[int]):
    """Opens on a packet by its number; answers with the number of the one shown last."""

    DEFAULT_CSS = """
    PacketScreen {
        & > Heading { color: $text-accent; }
        & > #fields { height: 1fr; padding: 0 1; }
        & > HexView { height: auto; max-height: 40%; min-height: 6; padding-left: 1; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = bindings("packet")

    def __init__(self, ladder: Ladder, number: int, level: Level = "beginner") -> None:
        super().__init__()
        self._level: Level = level
        self._ladder = ladder
        self._row: Row = ladder[number]

    def compose(self) -> ComposeResult:
        yield Heading("Packet")
        with ScrolledText(id="fields"):
            yield Static(markup=False)
        yield Heading("Octets", id="octets")
        yield HexView()
        yield KeyFooter()

    def on_mount(self) -> None:
        self._show()
        self.query_one("#fields").focus()

    def _show(self) -> None:
        row = self._row
        self.query_one(Heading).numbers = f"{row.number:,} of {self._ladder.seen:,}"
        self.query_one("#octets", Heading).numbers = f"{len(row.packet.data):,} B"
        self.query_one(HexView).data = row.packet.data
        base = self._ladder.base(row)
        parts: list[str | tuple[str, str]] = [("Why\n", "bold")]
        for name, one in why_row(row, self._level, self._ladder.bounced(row)):
            parts += [(f"  {name}: ", "$text-secondary"), f"{one.text} ", (f"{one.section}\n", "$text-muted")]
        for section in packet_sections(row, base):
            parts.append((f"{section.title}\n", "bold"))
            for name, value in section.fields:
                parts += [(f"  {name.ljust(_NAME)}", "$foreground-muted"), f"{value}\n"]
        self.query_one("#fields > Static", Static).update(Content.assemble(*parts).rstrip())
        self.query_one("#fields", ScrolledText).scroll_home(animate=False)

    def action_step(self, packets: int) -> None:
        """Go to another packet, if there is one and it is still kept."""
        try:
            self._row = self._ladder[self._row.number + packets]
        except IndexError:
            return
        self._show()

    def action_level(self) -> None:
        """Switch the explanations between beginner and expert."""
        self._level = "beginner" if self._level == "expert" else "expert"
        self._show()
        self.refresh_bindings()

    @property
    def active_bindings(self) -> dict[str, ActiveBinding]:
        """The bindings, with the other level as the label of the key that switches to it."""
        return {
            key: labelled(one, OTHER_LEVEL[self._level]) if one.binding.id == "packet_level" else one
            for key, one in super().active_bindings.items()
        }

    def action_tree(self) -> None:
        """Ask tshark for all fields of the packet."""
        self.app.push_screen(TreeScreen(of_packet(self._row.packet)))

    def action_back(self) -> None:
        """Back to the ladder."""
        self.dismiss(self._row.number)
