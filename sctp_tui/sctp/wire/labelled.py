"""Numbers of a registry with the names that they are read by."""

from enum import IntEnum
from typing import Self


class LabelledNumber(IntEnum):
    """A number that packets bear; `label` is its name as it is read everywhere."""

    label: str

    def __new__(cls, number: int, label: str) -> Self:
        """A member with both."""
        member = int.__new__(cls, number)
        member._value_ = number
        member.label = label
        return member
