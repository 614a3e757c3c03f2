"""Opens stacks, and finds those that work on this machine. A stack is imported only to be opened."""

from collections.abc import Callable
from importlib import import_module

from .endpoint import Clock, Stack, StackUnavailable
from .stack_registry import TRAITS, StackName, Wanted, among
from .system import refusal


def open_stack(name: StackName, clock: Clock, paths: int = 0) -> Stack:
    """Open a stack, with two hosts and so many paths between them where `paths` is not 0.

    Raises `StackUnavailable` where it does not work here, with the cause and what helps.
    """
    traits = TRAITS[name]
    module, _, made = traits.made_by.partition(":")
    make = getattr(import_module(module), made)
    stack: Stack = make(clock, paths) if traits.multihomed else make(clock)
    return stack


def choose_stacks(
    wanted: Wanted, clock: Clock, tell: Callable[[StackName, StackUnavailable], None] = lambda name, why: None
) -> tuple[StackName, ...]:
    """The names of the stacks to use, for a user's choice; each is opened once, to see that it works.

    `tell` is called with a stack that does not work where `all` were asked for and another one works. Raises
    `StackUnavailable` where none works.
    """
    working: list[StackName] = []
    failures: dict[StackName, StackUnavailable] = {}
    for name in among(wanted):
        try:
            open_stack(name, clock).close()
        except StackUnavailable as failure:
            failures[name] = failure
        except OSError as error:
            failures[name] = StackUnavailable(str(refusal(error)), "")
        else:
            working.append(name)
            if wanted == "auto":
                break
    if working:
        if wanted == "all":
            for name, why in failures.items():
                tell(name, why)
        return tuple(working)
    if len(failures) == 1:
        raise next(iter(failures.values()))
    raise StackUnavailable(
        "; ".join(f"{name}: {failure.cause}" for name, failure in failures.items()),
        "; or ".join(failure.remedy for failure in failures.values()),
    )
