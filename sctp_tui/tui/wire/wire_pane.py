"""The pane of the wire: the packets of the association that the keys mean, seen in one of several ways.

Its views are imported when the pane is first opened.
"""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.style import Style
from textual.widget import Widget
from textual.widgets import ContentSwitcher, Static

from sctp_tui.monitor.associations import Association
from sctp_tui.monitor.monitor import Monitor
from sctp_tui.monitor.other_end import both_ends, of_its_ends
from sctp_tui.monitor.text import units
from sctp_tui.monitor.trace.conversations import Conversation, Wire
from sctp_tui.monitor.trace.timeline import LadderOptions, sides
from sctp_tui.sctp.events import Event, StackName
from sctp_tui.tui.actions import bindings
from sctp_tui.tui.footing import OTHER_LEVEL

from .why_line import WhyLine

VIEWS = {"ladder": "1 Ladder", "lanes": "2 Lanes", "window": "3 Window", "states": "4 States"}
"""The ways to see a conversation, by their ids, with their keys."""


class WireHeading(Widget):
    """`Wire of server, ID 5 anna  1 Ladder  2 Lanes ─── 12 packets`: the view that is shown stands out."""

    DEFAULT_CSS = """
    WireHeading {
        height: 1;
        padding: 0 1;
        color: $foreground-muted;
        link-style: none;
        link-color: $foreground;
        link-background: transparent;
    }
    """
    ALLOW_SELECT = False

    view: reactive[str] = reactive("ladder")
    title: reactive[str] = reactive("Wire")
    numbers: reactive[str] = reactive("")
    lacking: reactive[bool] = reactive(False)
    """Whether `numbers` tell of packets that are missing, which is said before whose they are."""

    def action_view(self, view: str) -> None:
        """A view was clicked on."""
        pane = self.parent
        assert isinstance(pane, WirePane)
        pane.action_view(view)

    def render(self) -> Content:
        """The line; the views can be clicked on."""
        title = self.title
        views = sum(len(name) + 2 for name in VIEWS.values())
        if self.lacking and len(title) + views + len(self.numbers) + 4 > self.content_size.width:
            title = "Wire"
        parts: list[tuple[str, str] | Content | str] = [(title, "bold"), "  "]
        length = len(title) + 2
        for view, name in VIEWS.items():
            text = f" {name} "
            click = Style.from_meta({"@click": f"view({view!r})"})
            parts.append(Content.styled(text, click + Style(reverse=view == self.view)))
            length += len(text)
        rest = self.content_size.width - length - len(self.numbers) - 2
        parts += [" ", ("─" * max(0, rest), "dim"), f" {self.numbers}" if rest >= 0 else ""]
        return Content.assemble(*parts)


class Nothing(Static, can_focus=True):
    """Says why there is nothing to see; has the focus until there is."""


class WirePane(Vertical):
    """Shown in the place of the table while it is open."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("wire")

    DEFAULT_CSS = """
    WirePane { display: none; }
    WirePane:focus-within > WireHeading { color: $text-accent; }
    WirePane ContentSwitcher { height: 1fr; }
    WirePane #no-packets { padding: 1 2; }
    WirePane WhyLine { display: none; }
    """

    def __init__(self) -> None:
        super().__init__(id="wire", classes="pane")
        self.association: Association | None = None
        """Whose packets are shown."""
        self.stack: StackName | None = None
        """The stack that carries them."""
        self.closely: tuple[int, ...] = ()
        """Both ends of it, by their keys, while what their stacks tell is drawn; else nothing."""

    def compose(self) -> ComposeResult:
        yield WireHeading()
        yield WhyLine()

    async def open(self) -> None:
        """Make the views, the first time."""
        if not self.query(ContentSwitcher):
            from .inferred_view import InferredView
            from .ladder_view import LadderView
            from .lanes_view import LanesView
            from .state_view import StateView
            from .window_view import WindowView

            await self.mount(
                ContentSwitcher(
                    LadderView(id="ladder"),
                    LanesView(id="lanes"),
                    WindowView(id="window"),
                    StateView(id="states"),
                    InferredView(id="inferred"),
                    Nothing(id="no-packets", markup=False),
                    initial="no-packets",
                ),
                before=self.query_one(WhyLine),
            )

    @property
    def view(self) -> str:
        """The id of the view that is shown."""
        return self.query_one(WireHeading).view

    def show(
        self, association: Association | None, monitor: Monitor, now: float, captures: bool = False
    ) -> None:
        """Draw what changed; `now` in seconds of the link's clock.

        `captures` tells that packets of the kernel's stack are seen, too.
        """
        self.closely = ()
        if not self.display or not self.query(ContentSwitcher):
            return
        self.association = association
        conversation = monitor.wire.of(association, monitor.endpoints) if association else None
        heading = self.query_one(WireHeading)
        ends = both_ends(association, monitor.associations, monitor.endpoints) if association else []
        heading.title = f"Wire of {_whose(ends)}" if ends else "Wire"
        heading.numbers = _counted(conversation, monitor.wire) if conversation else ""
        heading.lacking = conversation is not None and bool(monitor.wire.missed or monitor.wire.dropped)
        self.stack = monitor.endpoints.stack_of(association.endpoint) if association else None
        unseen = self.stack == "kernel"
        switcher = self.query_one(ContentSwitcher)
        self._switch(
            self.view if conversation else "inferred" if unseen and self.view == "ladder" else "no-packets"
        )
        from .inferred_view import InferredView
        from .ladder_view import LadderView
        from .lanes_view import LanesView
        from .state_view import StateView
        from .window_view import WindowView

        if association is None or conversation is None:
            match switcher.visible_content:
                case InferredView() as inferred if association is not None:
                    why = "nothing captured yet" if captures else "--capture shows packets"
                    heading.numbers = f"inferred from notifications, {why}"
                    inferred.show(association, monitor.log)
                    self.query_one(WhyLine).row = inferred.row
                case Nothing() as nothing:
                    some = bool(len(monitor.associations))
                    nothing.update(_nothing(association, unseen, captures, some=some))
            return
        match switcher.visible_content:
            case LadderView() as ladder:
                self._watch(ends)
                ladder.show(
                    conversation,
                    now,
                    monitor,
                    sides(of_its_ends(association, monitor.associations, monitor.endpoints), conversation),
                )
                line = self.query_one(WhyLine)
                line.row, line.bounced = ladder.explained, ladder.bounced
            case LanesView() as lanes:
                lanes.show(conversation, now)
            case StateView() as states:
                self._watch(ends)
                states.show(conversation, now, ends)
            case WindowView() as window:
                self._watch(ends)
                window.show(conversation, association, now, *ends[1:], ours=not unseen)

    def _watch(self, ends: list[Association]) -> None:
        """Closely, both the association and as its other end has it where that is here too."""
        self.closely = tuple(end.key for end in ends if end.ended is None)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Why is explained below the ladder alone; the view that one sees need not be chosen."""
        if action == "view":
            return not (self.display and parameters == (self.view,))
        return action != "level" or (self.view == "ladder" and self.shows)

    def action_level(self) -> None:
        """Explain for beginners, or for experts."""
        line = self.query_one(WhyLine)
        line.level = "beginner" if line.level == "expert" else "expert"
        from .ladder_view import LadderView

        self.query_one(LadderView).level = line.level

    @property
    def other_level(self) -> str:
        """Whom the explanations would be for after the key."""
        return OTHER_LEVEL[self.query_one(WhyLine).level]

    @property
    def arrow(self) -> tuple[Event | None, str] | None:
        """What is under the ladder's cursor and its line, where the ladder has the focus."""
        from .ladder_view import LadderView

        focused = self.screen.focused
        return focused.arrow if isinstance(focused, LadderView) else None

    @property
    def shown(self) -> LadderOptions:
        """What stands in the ladder beside the packets."""
        from .ladder_view import LadderView

        return next((view.shown for view in self.query(LadderView)), LadderOptions())

    @property
    def shows(self) -> bool:
        """Whether there is something to be seen."""
        return any(switcher.current != "no-packets" for switcher in self.query(ContentSwitcher))

    def _switch(self, shown: str) -> None:
        switcher = self.query_one(ContentSwitcher)
        if switcher.current != shown:
            inside = self.has_focus_within
            switcher.current = shown
            self.query_one(WhyLine).display = shown in ("ladder", "inferred")
            if inside:
                self.focus_view()

    @property
    def shown_view(self) -> Widget:
        """The view that is shown."""
        return self.query_one(f"#{self.query_one(ContentSwitcher).current}")

    def focus_view(self) -> None:
        """Into that view, at once: another may be shown right after it."""
        self.screen.set_focus(self.shown_view)

    def action_view(self, view: str) -> None:
        """See the conversation in this way."""
        self.query_one(WireHeading).view = view
        self.post_message(self.Changed())

    class Changed(Message):
        """Another view is to be drawn."""


def _whose(ends: list[Association]) -> str:
    """`server, ID 6 anna`; `client 3, ID 3, there 7` where the server's, the table's, is another.

    Without the ID while there is none.
    """
    association, *others = ends
    told = association.assoc_id or association.name
    there = [f"there {other.assoc_id}" for other in others if other.assoc_id not in (0, association.assoc_id)]
    return ", ".join([association.endpoint, *([f"ID {association.called}"] if told else []), *there])


def _counted(conversation: Conversation, wire: Wire) -> str:
    """`12 packets`, and how many of any association the capture missed, or were lost on their way here."""
    lost = "".join(
        f", {number:,} of all {what}"
        for number, what in ((wire.missed, "missed"), (wire.dropped, "dropped"))
        if number
    )
    return f"{units.many(conversation.captured, 'packet')}{lost}"


def _nothing(association: Association | None, unseen: bool, captures: bool, *, some: bool) -> str:
    if association is None and not some:
        return "No packets, as there is no association yet: m leads to the line, Enter sends as a client."
    if association is None:
        return (
            "No association is chosen: send a message, or go to a row of the table or to a client with one."
        )
    if unseen:
        why = "The kernel carries its packets itself: --capture shows them, and needs CAP_NET_RAW."
        if captures:
            yet = "" if association.ended is not None else " yet"
            why = f"No packet of this association has been captured{yet}."
        return f"{why} This end has it as: {association.ended or association.state}."
    return "No packet of this association is kept."
