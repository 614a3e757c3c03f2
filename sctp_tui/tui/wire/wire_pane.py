"""The wire pane: the packets of the chosen association, in one of several views.

Its views are imported when the pane is first opened.
"""

from importlib import import_module
from typing import ClassVar

from msgspec.structs import replace
from rich.cells import cell_len
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
from sctp_tui.monitor.monitor import Monitor, WireEnds
from sctp_tui.monitor.text import units
from sctp_tui.monitor.trace.conversations import Conversation, Wire
from sctp_tui.monitor.trace.timeline import LadderOptions, RowTest
from sctp_tui.sctp.events import Direction, Event, StackName
from sctp_tui.tui.actions import bindings
from sctp_tui.tui.footing import OTHER_LEVEL
from sctp_tui.tui.widgets.columns import fit
from sctp_tui.tui.wire_views import VIEW_BY_NAME, VIEWS

from .conversation_view import ConversationView, Scene, StandInView, WireContent
from .why_line import WhyLine


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

    view: reactive[str] = reactive(VIEWS[0].name)
    title: reactive[str] = reactive("Wire")
    numbers: reactive[str] = reactive("")
    lacking: reactive[bool] = reactive(False)
    """Whether `numbers` report packets that are not here: where room is short, the titles are cut first."""

    def action_view(self, view: str) -> None:
        """Show the view that was clicked on."""
        pane = self.parent
        assert isinstance(pane, WirePane)
        pane.action_view(view)

    def render(self) -> Content:
        """The line; the views can be clicked on."""
        title, room = self.title, self.content_size.width - len(self.numbers) - 4
        labels = {view.name: f" {view.heading} " for view in VIEWS}
        if self.lacking and len(title) + sum(map(len, labels.values())) > room:
            title = "Wire"
            if len(title) + sum(map(len, labels.values())) > room:
                labels |= {view.name: f" {view.key} " for view in VIEWS if view.name != self.view}
        left = self.content_size.width - sum(map(len, labels.values())) - 2
        while cell_len(title) > left and ", " in title:  # all views can be clicked on
            title = title.rpartition(", ")[0]
        title = fit(title, max(len("Wire"), left)).rstrip()
        parts: list[tuple[str, str] | Content | str] = [(title, "bold"), "  "]
        length = len(title) + 2
        for view in VIEWS:
            text = labels[view.name]
            click = Style.from_meta({"@click": view.chosen.action})
            parts.append(Content.styled(text, click + Style(reverse=view.name == self.view)))
            length += len(text)
        rest = self.content_size.width - length - len(self.numbers) - 2
        parts += [" ", ("─" * max(0, rest), "dim"), f" {self.numbers}" if rest >= 0 else ""]
        return Content.assemble(*parts)


class Nothing(Static, can_focus=True):
    """Says why there is nothing to see; has the focus until there is."""

    def say(self, text: str) -> None:
        """Draw this text, unless it is there."""
        if text != self.content:
            self.update(text)


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
        """The stack of its endpoint."""
        self.speaks = True
        """Whether ends of this program are shown, so that an association may begin by what the user does."""
        self.ours = True
        """Whether this program carries them; True as long as that is not known."""
        self.closely: tuple[int, ...] = ()
        """Keys of its live ends while a view draws their stacks' status over time; else empty."""
        self._passes: RowTest | None = None

    def compose(self) -> ComposeResult:
        yield WireHeading()
        yield WhyLine()

    async def open(self) -> None:
        """Import and create the views, the first time."""
        if not self.query(ContentSwitcher):
            await self.mount(
                ContentSwitcher(
                    *(_made(view.kind, view.name) for view in VIEWS),
                    *(_made(view.stand_in, view.stand_in_name) for view in VIEWS if view.stand_in),
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
        self,
        association: Association | None,
        monitor: Monitor,
        now: float,
        captures: bool = False,
        passes: RowTest | None = None,
    ) -> None:
        """Draw what changed; `now` in seconds of the link's clock.

        `captures` tells that packets of the kernel's stack are seen, too; `passes` is the filter for packets.
        """
        self.closely = ()
        self._passes = passes
        if not self.display or not self.query(ContentSwitcher):
            return
        self.association = association
        at = monitor.ends_of(association) if association else WireEnds(None, [], [])
        conversation, ends = at.conversation, at.present
        heading = self.query_one(WireHeading)
        heading.title = f"Wire of {_whose(ends)}" if ends else "Wire"
        heading.numbers = _counted(conversation, monitor.wire) if conversation else ""
        wire = monitor.wire
        heading.lacking = conversation is not None and bool(wire.missed or wire.dropped or wire.gone)
        self.stack = monitor.endpoints.stack_of(association.endpoint) if association else None
        observed = association is not None and association.observed
        self.ours = not observed and (self.stack is None or monitor.carries(self.stack))
        unseen = not self.ours and not (association is not None and association.of_host)
        registered = VIEW_BY_NAME[self.view]
        stands_in = registered.stand_in_name if registered.stand_in and unseen else "no-packets"
        self._switch(registered.name if conversation else stands_in)
        view = self._shown
        if association is None or view is None:
            some = bool(len(monitor.associations))
            text = _nothing(association, unseen, captures, some=some) if self.speaks else _NONE_READ
            if association is not None and association.of_host:
                text = _NONE_PASSED if monitor.captures else _OF_HOST
            self.query_one(Nothing).say(text)
            return
        if isinstance(view, ConversationView) and conversation is not None:
            if view.closely:
                self._watch(ends)
            view.draw(Scene(conversation, association, ends, at.ever, monitor, now, self.ours, passes))
            if view.passing is not None:
                passing, of = view.passing
                heading.numbers = f"{passing:,} of {units.many(of, 'packet')} pass the filter"
            if view.left_out:
                heading.lacking = True
                heading.numbers += f", the oldest {view.left_out:,} left out"
        elif isinstance(view, StandInView):
            why = "nothing captured yet" if captures else "--capture shows packets"
            heading.numbers = f"inferred from notifications, {why}"
            view.draw(association, monitor)
        if view.explains:
            line = self.query_one(WhyLine)
            line.row, line.bounced = view.explained, view.bounced

    def _watch(self, ends: list[Association]) -> None:
        """Have the status of those ends that are live asked for more often (`Watch.closely`)."""
        self.closely = tuple(end.key for end in ends if end.ended is None)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer the level of explanations in the ladder alone, and no key for the view already shown."""
        if action == "view":
            return not (self.display and parameters == (self.view,))
        shown = self._shown
        return action != "level" or (shown is not None and shown.explains)

    def action_level(self) -> None:
        """Switch the explanations between beginner and expert."""
        line = self.query_one(WhyLine)
        line.level = "beginner" if line.level == "expert" else "expert"
        for view in self.query_one(ContentSwitcher).children:
            if isinstance(view, WireContent):
                view.level = line.level

    @property
    def other_level(self) -> str:
        """Title of the level that the key would switch to."""
        return OTHER_LEVEL[self.query_one(WhyLine).level]

    @property
    def arrow(self) -> tuple[Event | None, str] | None:
        """The event under the focused view's cursor, if any, and its line; None where it has no lines."""
        focused = self.screen.focused
        return focused.arrow if isinstance(focused, WireContent) else None

    @property
    def shown(self) -> LadderOptions:
        """Which lines the ladder shows besides packets."""
        from .ladder_view import LadderView

        options = next((view.shown for view in self.query(LadderView)), LadderOptions())
        return replace(options, passes=self._passes if self.display else None)

    @property
    def _shown(self) -> WireContent | None:
        """The view that is shown, None where there is nothing to see."""
        shown = next((switcher.visible_content for switcher in self.query(ContentSwitcher)), None)
        return shown if isinstance(shown, WireContent) else None

    @property
    def shows(self) -> bool:
        """Whether a view is shown, not the reason why there is none."""
        return any(switcher.current != "no-packets" for switcher in self.query(ContentSwitcher))

    def _switch(self, shown: str) -> None:
        switcher = self.query_one(ContentSwitcher)
        if switcher.current != shown:
            inside = self.has_focus_within
            switcher.current = shown
            view = self._shown
            self.query_one(WhyLine).display = view is not None and view.explains
            if inside:
                self.focus_view()

    @property
    def shown_view(self) -> Widget:
        """The widget that is shown."""
        return self.query_one(f"#{self.query_one(ContentSwitcher).current}")

    def focus_view(self) -> None:
        """Focus that widget at once: another may be shown right after it."""
        self.screen.set_focus(self.shown_view)

    def action_view(self, view: str) -> None:
        """Show the conversation in this view."""
        self.query_one(WireHeading).view = view
        self.post_message(self.Changed())

    def follow(self) -> None:
        """Follow what comes, in the ladder."""
        from .ladder_view import LadderView

        for view in self.query(LadderView):
            view.action_follow()

    def turn_to(self, direction: Direction) -> None:
        """Show what is sent in this direction, in a view that shows one."""
        if isinstance(view := self._shown, ConversationView):
            view.turn_to(direction)

    def point_at(self, number: int) -> None:
        """Put the ladder's cursor on the packet with this number, where it is shown."""
        from .ladder_view import LadderView

        if isinstance(view := self._shown, LadderView):
            view.point_at(number)

    class Changed(Message):
        """Another view was chosen, and has to be drawn."""


def _made(kind: str, name: str) -> Widget:
    """A view, by its `kind` as in `WireView`, with this id."""
    module, _, called = kind.partition(".")
    found: type[Widget] = getattr(import_module(f".{module}", __package__), called)
    return found(id=name)


def _whose(ends: list[Association]) -> str:
    """`server, ID 6 anna`; `client 3, ID 3, there 7` where the other end has another ID.

    Without the ID while there is none.
    """
    association, *others = ends
    if association.observed:
        return f"ID {association.called}"
    told = association.assoc_id or association.name
    there = [f"there {other.assoc_id}" for other in others if other.assoc_id not in (0, association.assoc_id)]
    return ", ".join([association.endpoint, *([f"ID {association.called}"] if told else []), *there])


def _counted(conversation: Conversation, wire: Wire) -> str:
    """`12 packets`, and how many of all associations are not here.

    The capture missed them, the event queue dropped them, or they had to go for newer ones.
    """
    lacking = ((wire.missed, "missed"), (wire.dropped, "dropped"), (wire.gone, "removed"))
    told = "".join(f", {number:,} of all {what}" for number, what in lacking if number)
    return f"{units.many(conversation.captured, 'packet')}{told}"


_OF_HOST = (
    "No packets: a machine's kernel tells the numbers of its associations, as the detail has them. Where one "
    "may capture, this shows both:\n\n"
    "  sudo sctp-tui open host: --interface any"
)
_NONE_PASSED = "None of its packets has passed since the capture began."
_NONE_READ = "No association with packets is chosen: go to a row of the table."


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
