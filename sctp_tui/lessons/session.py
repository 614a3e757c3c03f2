"""A lesson as a class goes through it: what is asked, answered, shown and said, and where one left off."""

from collections.abc import Callable
from functools import partial
from typing import Literal

import msgspec

from sctp_tui.monitor.monitor import Monitor
from sctp_tui.sctp.commands import AddBookmark, Command
from sctp_tui.sctp.events import StackName

from .claims import parse
from .lesson import Lesson, Question, Step
from .player import Player

Stage = Literal["setting up", "asking", "playing", "shown", "failed"]
"""`asking`: before a step, which may have a question; `shown`: it is over, and proved itself."""

_WORD = 0.35  # s for a word to be read, where the lesson plays by itself
_LEAST = 4.0  # s that anything is shown then
_THINK = 15.0  # s more for a question, until it is answered


class Progress(msgspec.Struct):
    """How far a user has come in a lesson: the step to go on with, and whether it was ever done."""

    step: int = 0
    done: bool = False


class Place(msgspec.Struct, frozen=True):
    """Where a lesson is that is played now: its name, the present step, and what comes of that."""

    lesson: str
    step: int
    stage: Stage


class Session:
    """One lesson, on one stack, from `begin` to `end`.

    `keep` is called with each new progress; for `pace` see `Player`.
    """

    def __init__(
        self,
        lesson: Lesson,
        stack: StackName,
        monitor: Monitor,
        submit: Callable[..., None],
        mono: Callable[[], float],
        keep: Callable[[Progress], None] = lambda progress: None,
        pace: float = 0.0,
    ) -> None:
        self.lesson = lesson
        self.at = 0
        """The index of the present step."""
        self.answers: dict[int, str] = {}
        """What was answered, by step."""
        self.by_itself = False
        self.hinted = False
        self.disturbed = False
        """Whether the user has done something in the scene that the lesson did not."""
        self._make: Callable[[], Player] = partial(Player, lesson, stack, monitor, submit, mono, pace=pace)
        self._monitor = monitor
        self._mono = mono
        self._keep = keep
        self._ahead = 0  # steps before that one are played without being shown
        self._shown_at = 0.0
        self._ending = False  # the scene is taken down, to begin anew
        self.player = self._make()

    def begin(self, at: int = 0) -> None:
        """Set the scene of step `at`, playing those before it."""
        self._ahead = self.at = max(0, min(at, len(self.lesson.step) - 1))
        self._shown_at = self._mono()
        self.player.begin()

    def end(self) -> None:
        """Take the scene down."""
        self.player.end()

    @property
    def place(self) -> Place:
        """Where it is, for a second terminal."""
        return Place(self.lesson.name, self.at, self.stage)

    @property
    def step(self) -> Step:
        """The present step."""
        return self.lesson.step[self.at]

    @property
    def question(self) -> Question | None:
        """The present step's question."""
        return self.step.ask

    @property
    def said(self) -> str:
        """All that is told of the present step by now."""
        question, step = self.question, self.step
        asked = [question.text, *question.choices] if question is not None else []
        if self.stage != "shown":
            return "\n".join([step.name, self.lesson.idea, *asked])
        why = [question.because, *question.wrong] if question is not None else []
        return "\n".join([step.name, *asked, *why, step.say])

    @property
    def stage(self) -> Stage:
        """Where it is."""
        player = self.player
        if self._ending or player.phase == "opening":
            return "setting up"
        if player.phase == "failed":
            return "failed"
        if player.number < self._ahead - 1 or (player.number < self._ahead and player.phase == "acting"):
            return "setting up"
        if player.phase == "acting":
            return "playing"
        return "shown" if player.number == self.at else "asking"

    @property
    def over(self) -> bool:
        """Whether all has been shown."""
        return self.stage == "shown" and self.player.over

    @property
    def right(self) -> bool | None:
        """Whether the present question was answered rightly; None where it was not answered."""
        question, answer = self.question, self.answers.get(self.at)
        if question is None or answer is None:
            return None
        wanted = question.answer if question.number is None else question.number
        return answer == str(wanted)

    @property
    def pointed_at(self) -> int:
        """The number of the packet in the ladder that the step points at, 0 for none."""
        packets = parse(self.step.mark).check(self.player).packets if self.step.mark else ()
        return packets[0] if packets else 0

    @property
    def still_holds(self) -> bool:
        """Whether what was claimed is so still, after the user's own doings."""
        return all(claim.check(self.player).holds for claim in self.player.step_claims)

    def tick(self) -> None:
        """Go on with what is being done, after a batch was folded into the monitor."""
        if self._ending:
            if self.player.closed:
                self._ending = False
                self._monitor.associations.clear_ended()
                self.player = self._make()
                self.player.begin()
            return
        player, before = self.player, self.player.phase
        player.tick()
        if player.phase != before:
            self._shown_at = self._mono()
            if player.phase == "proved" and player.number == self.at:
                self._note()
        if player.phase in ("ready", "proved") and player.number < self._ahead - 1:
            player.go_on()
        elif self.by_itself and self._read():
            self.go_on()

    def _note(self) -> None:
        last = self.at == len(self.lesson.step) - 1
        self._keep(Progress(0 if last else self.at + 1, last))

    def _read(self) -> bool:
        """Whether there was time to read what is shown."""
        if self.stage not in ("asking", "shown") or self.over:
            return False
        needed = max(_LEAST, _WORD * len(self.said.split()))
        if self.stage == "asking" and self.question is not None:
            needed = _LEAST if self.at in self.answers else needed + _THINK
        return self._mono() - self._shown_at >= needed

    def go_on(self) -> None:
        """Play the present step, or go to the next; begin it anew where it failed."""
        match self.stage:
            case "failed":
                self.again()
            case "asking":
                self._play()
            case "shown" if not self.over:
                self.at += 1
                self._ahead = self.at
                self.hinted = False
                self._shown_at = self._mono()
                if self.step.ask is None:
                    self._play()
            case _:
                pass

    def _play(self) -> None:
        self.disturbed = False
        self.player.go_on()

    def again(self, at: int | None = None) -> None:
        """Begin anew with a clean scene of the present step, or of the one before if this was not played."""
        if at is None:
            at = self.at if self.stage not in ("asking", "setting up") else self.at - 1
        self.player.end()
        self._ending = True
        self.hinted = self.disturbed = False
        self.at = self._ahead = max(0, at)
        self.answers.pop(self.at, None)

    def answer(self, digit: str) -> None:
        """Take an answer's key: of a choice, or one more digit of a number."""
        question = self.question
        if question is None or self.stage != "asking":
            return
        if question.number is None:
            if 1 <= int(digit) <= len(question.choices):
                self.answers[self.at] = digit
        else:
            before = self.answers.get(self.at, "")
            whole = len(before) >= len(str(question.number))
            self.answers[self.at] = digit if whole else before + digit
        self._shown_at = self._mono()  # another key may follow

    def user_did(self, *commands: Command) -> None:
        """The user has given these commands beside the lesson; a bookmark changes nothing."""
        self.disturbed = self.disturbed or not all(isinstance(one, AddBookmark) for one in commands)
