"""The way by which an association came to the state it is in: each state with when and why, bounded."""

from collections.abc import Iterator

import msgspec

STEPS = 32
"""Steps kept of one association."""


class StateChange(msgspec.Struct, frozen=True):
    """An association entered `state`, a word of RFC 9260, section 4.

    `at` is seconds since the epoch, for people, `mono` seconds of the monotonic clock. `why` is in plain
    words and printable.
    """

    state: str
    at: float
    mono: float
    why: str


class History:
    """The first step and the newest ones; `left_out` counts those between that had to go."""

    __slots__ = ("_steps", "left_out")

    def __init__(self) -> None:
        self.left_out = 0
        self._steps: list[StateChange] = []

    def __copy__(self) -> "History":
        """The steps up to now."""
        made = History()
        made.left_out, made._steps = self.left_out, self._steps.copy()
        return made

    def add(self, step: StateChange) -> None:
        """One more step."""
        self._steps.append(step)
        if len(self._steps) > STEPS:
            # How it began is worth more than what a flapping peer did in between.
            del self._steps[1]
            self.left_out += 1

    def __len__(self) -> int:
        return len(self._steps)

    def __iter__(self) -> Iterator[StateChange]:
        """The steps in order; those that were left out would stand after the first."""
        return iter(self._steps)

    def __getitem__(self, index: int) -> StateChange:
        return self._steps[index]
