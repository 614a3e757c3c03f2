"""The names of the stacks. Imports no stack: the names are needed where none is installed, too."""

from typing import Literal, get_args

StackName = Literal["kernel", "userspace"]
STACKS: tuple[StackName, ...] = get_args(StackName)
"""All stacks; `auto` tries them in this order."""
Wanted = Literal["auto", StackName, "all"]
"""A user's choice: one stack, `auto` for the first that works, `all` for every one that works."""


def among(wanted: Wanted) -> tuple[StackName, ...]:
    """The stacks to try for a choice."""
    return tuple(name for name in STACKS if wanted in (name, "auto", "all"))
