"""The pane of a lesson: what its step asks, what was answered, what is so and why."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from textual.binding import BindingType
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from sctp_tui.lessons.session import Session
from sctp_tui.lessons.words import words_in
from sctp_tui.sctp.printable import printable
from sctp_tui.tui.actions import bindings
from sctp_tui.tui.widgets.heading import Heading

if TYPE_CHECKING:
    from sctp_tui.lessons.code.program import Language

_Line = tuple[str, str]  # a text, and its style


class LessonPane(Static, can_focus=True):
    """Draws a session, and takes the keys of a lesson."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("lesson")
    DEFAULT_CSS = """
    LessonPane {
        height: auto;
        max-height: 11;
        padding: 0 1;
    }
    """

    class Moved(Message):
        """The lesson went on, or back."""

    class Over(Message):
        """The user went on from the end."""

    def __init__(self, session: Session) -> None:
        super().__init__(id="lesson", markup=False)
        self._session = session
        self._drawn: tuple[object, ...] | None = None
        self._language: Language = "c"  # of the code that was shown last

    def show(self) -> None:
        """Draw what has changed."""
        session = self._session
        heading = self.screen.query_one("#lesson-heading", Heading)
        under_way = " …" if session.stage in ("setting up", "playing") or session.by_itself else ""
        heading.say(session.step.name + under_way, f"{session.at + 1} of {len(session.lesson.step)}")
        lines = [*self._lines()]
        drawn = (lines, self.size.width)
        if drawn != self._drawn:
            self._drawn = drawn
            self.update(Content("\n").join(Content.styled(text, style) for text, style in lines))

    def _lines(self) -> Iterator[_Line]:
        session, step = self._session, self._session.step
        if session.stage == "setting up":
            yield session.lesson.idea, ""
            return
        if (question := session.question) is not None and session.stage != "failed":
            if session.stage != "shown":
                yield question.text, "bold"
            yield from self._choices()
        elif session.stage == "asking":
            yield session.lesson.idea if not session.at else "Look at what comes.", ""
        if session.hinted and step.hint and session.stage == "asking":
            yield f"Hint: {step.hint}", "$text-warning"
        if session.stage == "shown":
            because = question.because if question is not None else ""
            yield " ".join([*because.split(), *step.say.split()]), ""
            yield self._proof()
        elif session.stage == "failed":
            yield "This did not come as it should have; Space begins the step anew:", "$text-error"
            yield from ((printable(wrong), "$text-error") for wrong in self._wrong())

    def _choices(self) -> Iterator[_Line]:
        session, question = self._session, self._session.question
        if question is None:
            return
        given, shown = session.answers.get(session.at), session.stage == "shown"
        if question.number is not None:
            answer = (
                f"your answer: {given}" if given is not None else "" if shown else "type a number, or go on"
            )
            if shown:
                answer += f"  {_mark(session.right)} it is {question.number}"
            yield f"  {answer.strip()}", _look(session.right if shown else None)
            return
        for number, choice in enumerate(question.choices, 1):
            chosen = given == str(number)
            right = number == question.answer
            mark = _mark(right) if shown and (chosen or right) else ">" if chosen else " "
            why = question.wrong[number - 1] if shown and chosen and not right and question.wrong else ""
            text = f"{mark} {number} {choice}{f': {why}' if why else ''}"
            if not shown or chosen or right:
                yield text, _look(right if shown else None)

    def _proof(self) -> _Line:
        session = self._session
        claims = len(session.player.step_claims)
        if session.disturbed and not session.still_holds:
            return (
                "After what you did not all is so any more: Backspace begins the step anew.",
                "$text-warning",
            )
        end = "The end: Space lists the lessons." if session.over else ""
        proof = f"✓ {claims} claims hold. " if claims else ""
        return proof + end, "$text-success"

    def _wrong(self) -> Iterator[str]:
        player = self._session.player
        if player.failure:
            yield player.failure
        else:
            yield from (f"{claim.text}: {one.found}" for claim, one in player.findings if not one.holds)
        if self._session.disturbed:
            yield "You have done something beside the lesson."

    # --- keys

    def action_go_on(self) -> None:
        """Show what comes, or go to the next step."""
        if self._session.over:
            self.post_message(self.Over())
            return
        self._session.go_on()
        self.post_message(self.Moved())

    def action_again(self) -> None:
        """Begin the step anew, or the one before."""
        self._session.again()
        self.post_message(self.Moved())

    def action_from_the_start(self) -> None:
        """Begin the lesson anew."""
        self._session.again(0)
        self.post_message(self.Moved())

    def action_by_itself(self) -> None:
        """Let it go on by itself, or not."""
        self._session.by_itself = not self._session.by_itself
        self.show()

    def action_hint(self) -> None:
        """Show the hint."""
        self._session.hinted = True
        if not self._session.step.hint:
            self.notify("there is no hint for this one")
        self.show()

    def action_words(self) -> None:
        """Show what the words of SCTP mean that are on the screen now."""
        from sctp_tui.tui.dialogs.explain import ExplainScreen

        if terms := words_in(self._session.said):
            self.app.push_screen(ExplainScreen("The words of this step", terms))
        else:
            self.notify("it has none; `?` finds all of them")

    def action_code(self) -> None:
        """Show the calls that make the step happen."""
        from .code_screen import CodeScreen

        def shown(language: "Language | None") -> None:
            self._language = language or self._language

        self.app.push_screen(CodeScreen(self._session.lesson, self._session.at, self._language), shown)

    def action_answer(self, digit: str) -> None:
        """Answer the question."""
        self._session.answer(digit)
        self.show()


def _mark(right: bool | None) -> str:
    return {True: "✓", False: "✗", None: "·"}[right]


def _look(right: bool | None) -> str:
    return {True: "$text-success", False: "$text-error", None: ""}[right]
