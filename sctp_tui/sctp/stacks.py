"""The stacks by name: opening one, and choosing those that work here."""

from .endpoint import Clock, Stack
from .events import StackName


def open_stack(name: StackName, clock: Clock) -> Stack:
    """Start a stack. Raises `StackUnavailable` where it does not work on this machine."""
    if name == "kernel":
        from .kernel import KernelStack

        return KernelStack(clock)
    from .userspace.stack import UserspaceStack

    return UserspaceStack(clock)
