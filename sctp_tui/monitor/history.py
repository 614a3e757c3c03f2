"""The states that an association has entered, each with when and why; bounded."""

from collections.abc import Iterator
from sys import intern

import msgspec
from msgspec.structs import force_setattr

STEPS = 32
"""Changes of state kept for one association."""


class StateChange(msgspec.Struct, frozen=True, gc=False):
    """An association entered `state`, one of RFC 9260, section 4.

    `at` is seconds since the epoch, `mono` seconds of the monotonic clock. `why` is a printable text.
    """

    state: str
    at: float
    mono: float
    why: str

    def __post_init__(self) -> None:
        """Keep the texts once: thousands of associations have the same."""
        force_setattr(self, "why", intern(self.why))


class History:
    """The first change of state and the newest ones; `left_out` counts those dropped in between."""

    __slots__ = ("_steps", "left_out")

    def __init__(self) -> None:
        self.left_out = 0
        self._steps: list[StateChange] = []

    def __copy__(self) -> "History":
        """A copy, to which nothing is added."""
        made = History()
        made.left_out, made._steps = self.left_out, self._steps.copy()
        return made

    def add(self, step: StateChange) -> None:
        """Add a change of state."""
        self._steps.append(step)
        if len(self._steps) > STEPS:
            # The first is kept, as how it started matters more than what a flapping peer did in between.
            del self._steps[1]
            self.left_out += 1

    def __len__(self) -> int:
        return len(self._steps)

    def __iter__(self) -> Iterator[StateChange]:
        """The changes in order; those left out were after the first."""
        return iter(self._steps)

    def __getitem__(self, index: int) -> StateChange:
        return self._steps[index]
