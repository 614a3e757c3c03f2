"""Which stacks there are. It imports nothing: names of stacks are needed where no stack is."""

from typing import Literal, get_args

StackName = Literal["kernel", "userspace"]
STACKS: tuple[StackName, ...] = get_args(StackName)
"""All stacks, the one first that is taken where both work."""
Wanted = Literal["auto", StackName, "all"]
"""A stack, or what chooses among them: `auto` the first that works, `all` every one that does."""


def among(wanted: Wanted) -> tuple[StackName, ...]:
    """The stacks that a choice is among."""
    return tuple(name for name in STACKS if wanted in (name, "auto", "all"))
