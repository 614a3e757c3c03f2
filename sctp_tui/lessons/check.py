"""Proves a lesson without a screen: all that it claims holds, and not without the cause of each step."""

import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple

from sctp_tui.engine.engine import Engine
from sctp_tui.engine.event_queue import EventQueue
from sctp_tui.monitor.monitor import Monitor
from sctp_tui.sctp.commands import Stop
from sctp_tui.sctp.endpoint import Clock
from sctp_tui.sctp.events import StackName
from sctp_tui.sctp.stacks import open_stack

from .lesson import Lesson
from .player import PATIENCE, Player

_TEETH = 2.0
"""A step without its cause has so many times as long as with it, before its claims count as failed."""
_TRIES = 3
"""How often it is played to that step at most: a real timer may run out on a busy machine before it."""
_LEAST = 0.5  # s that it has in any case


class StepResult(NamedTuple):
    """What came of a step: `wrong` are the claims that do not hold, with what was found."""

    name: str
    claims: int
    wrong: tuple[str, ...]
    seconds: float


def played(
    lesson: Lesson,
    stack: StackName,
    without: int = -1,
    patience: Callable[[int], float] = lambda at: PATIENCE,
    monitor: Monitor | None = None,
) -> Iterator[StepResult]:
    """Play a lesson to its end or to its first failure; of step `without` the cause is left out.

    What happens is folded into `monitor`.
    """
    queue = EventQueue(lossless=True)
    opened = partial(open_stack, paths=lesson.paths)
    engine = Engine(queue, packets=(stack,), grace=0.2, open_stack=opened)
    monitor, clock = monitor or Monitor(), Clock()
    engine.start()
    try:
        player = Player(lesson, stack, monitor, engine.submit, clock.mono, watch=True)
        player.begin()
        for at in range(-1, len(lesson.step)):
            began = clock.mono()
            if at >= 0:
                player.patience = patience(at)
                player.go_on(cause=at != without)
            while player.phase in ("opening", "acting"):
                monitor.fold(queue.drain(0.02))
                player.tick()
            wrong = [f"{claim.text}: {one.found}" for claim, one in player.findings if not one.holds]
            if player.phase == "failed":
                wrong = [player.failure] if player.failure else wrong
            if at >= 0 or player.phase == "failed":
                step = lesson.step[max(at, 0)]
                failed = tuple(wrong) if player.phase == "failed" else ()
                yield StepResult(step.name, len(step.claims), failed, clock.mono() - began)
            if player.phase == "failed":
                return
    finally:
        engine.submit(Stop(now=True))
        while not engine.join(0.01):
            queue.drain(0)


def check(lesson: Lesson, stack: StackName, tell: Callable[[str], None]) -> bool:
    """Play a lesson, then again without each cause; whether it proves what it claims. `tell` gets lines."""
    results: list[StepResult] = []
    for one in played(lesson, stack):
        results.append(one)
        tell(f"  {'✗' if one.wrong else '✓'} {one.name}: {one.claims} claims")
        for wrong in one.wrong:
            tell(f"      {wrong}")
    if len(results) < len(lesson.step) or results[-1].wrong:
        return False
    proved = True
    for number, step in enumerate(lesson.step):
        if not step.cause:
            continue

        def patience(at: int, number: int = number) -> float:
            return max(_LEAST, _TEETH * results[at].seconds) if at == number else PATIENCE

        for _ in range(_TRIES):
            again = list(played(lesson, stack, number, patience))
            if len(again) > number:
                break
        last = again[-1]
        fails = len(again) == number + 1 and bool(last.wrong)
        proved &= fails
        if len(again) <= number:
            found = f"nothing is known, as {last.name!r} failed this time: {'; '.join(last.wrong)}"
        else:
            found = "it fails" if fails else "it holds, too"
        tell(f"  {'✓' if fails else '✗'} without {step.cause!r} {found}")
    return proved


def timed(lesson: Lesson, stack: StackName, tell: Callable[[str], None]) -> bool:
    """As `check`, with a heading and the time."""
    began = time.monotonic()
    tell(f"{lesson.name} on {stack}: {lesson.title}")
    proved = check(lesson, stack, tell)
    tell(f"{'proved' if proved else 'NOT proved'} in {time.monotonic() - began:.1f} s")
    return proved
