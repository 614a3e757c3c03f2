"""Enumerations of a registry's numbers with their names."""

from enum import IntEnum
from typing import Self


class LabelledNumber(IntEnum):
    """A number in packets; `label` is its name as shown."""

    label: str

    def __new__(cls, number: int, label: str) -> Self:
        """A member with its number and label."""
        member = int.__new__(cls, number)
        member._value_ = number
        member.label = label
        return member
