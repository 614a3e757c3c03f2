"""The input of a time to go to in a replay: a time of day, or so many seconds on or back."""

import re
import time
from collections.abc import Callable

from textual.content import Content

from sctp_tui.monitor.text.units import time_of_day

from .widgets.prompt import Prompt, Recalled

_OF_DAY = re.compile(r"(\d{1,2}):(\d\d)(?::(\d\d(?:\.\d+)?))?")
_BY = re.compile(r"[+-]\d+(?:\.\d+)?")
_DAY = 86_400
_FURTHEST = 1e9  # s: 30 years
_HELP = "12:34:56 is a time of day, +12.5 and -3 are seconds from here"


class WrongTime(Exception):
    """A text is no time; its own says what is."""


def parse_time(text: str, here: float, first: float) -> float:
    """The time that a text means, in seconds since the epoch, where `here` is the present one.

    A time of day before `first`, when all began, is one of the next day. Raises `WrongTime`.
    """
    if _BY.fullmatch(text):
        by = float(text)
        if abs(by) > _FURTHEST:
            raise WrongTime(f"{text} s are more than {_FURTHEST:,.0f}: give fewer")
        return max(first, here + by)
    if (found := _OF_DAY.fullmatch(text)) is None:
        raise WrongTime(f"{text!r} is no time: {_HELP}")
    hour, minute, second = int(found[1]), int(found[2]), float(found[3] or 0)
    if hour > 23 or minute > 59 or second >= 60:
        raise WrongTime(f"{text!r} is no time of day: give 0:00 to 23:59:59")
    day = time.localtime(first)
    at = time.mktime((day.tm_year, day.tm_mon, day.tm_mday, hour, minute, 0, 0, 0, -1)) + second
    return at if at >= int(first) else at + _DAY


class TimeBar(Prompt):
    """Goes to a time; `here` and `first` tell the present one and the first, `go` goes to one."""

    def __init__(
        self,
        recalled: Recalled,
        here: Callable[[], float],
        first: Callable[[], float],
        go: Callable[[float], None],
    ) -> None:
        super().__init__("Go to", recalled, id="time")
        self._here, self._first, self._go = here, first, go

    @property
    def last(self) -> str:
        """What was entered last."""
        return self.input.lines[-1] if self.input.lines else ""

    def check(self, text: str) -> Content:
        """Which time is meant, or what is wrong with the text."""
        if not text.strip():
            return Content(f"{_HELP}; it is {time_of_day(self._here())}")
        try:
            at = parse_time(text.strip(), self._here(), self._first())
        except WrongTime as error:
            return Content.styled(str(error), "$text-error")
        return Content.assemble(("✓ ", "$text-success"), f"goes to {time_of_day(at)}")

    def enter(self, text: str) -> bool:
        """Go there; False where it is no time."""
        if not text:
            return True
        try:
            self._go(parse_time(text, self._here(), self._first()))
        except WrongTime:
            return False
        return True
