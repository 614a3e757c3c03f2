"""Which stacks work here. None is imported before it is wanted."""

from collections.abc import Callable

from .endpoint import Clock, Stack, StackUnavailable
from .stack_registry import StackName, Wanted, among
from .system import refusal


def open_stack(name: StackName, clock: Clock) -> Stack:
    """A stack that works; raises `StackUnavailable` with the cause and what mends it."""
    if name == "kernel":
        from .kernel import KernelStack

        return KernelStack(clock)
    from .userspace.stack import UserspaceStack

    return UserspaceStack(clock)


def choose(
    wanted: Wanted, clock: Clock, tell: Callable[[StackName, StackUnavailable], None] = lambda name, why: None
) -> tuple[StackName, ...]:
    """The names of the stacks to use: `auto` is the kernel's where it works, `all` are both that do.

    `tell` hears of a stack that was asked for by `all` and does not work beside the other.

    Raises `StackUnavailable` where none of those wanted works.
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
