"""What is measured, by name: each figure, its bar, and what came of it.

A module of figures registers them by `@figures("name", ...)`; one measurement may give several rows.
"""

import statistics
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table. `held` is None where it could not be measured; `note` then says why."""

    figure: str
    bar: str
    measured: str
    held: bool | None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Figure:
    """One measurement, by the name that chooses it on the command line."""

    name: str
    measure: Callable[[], Iterable[Row]]


class NotMeasured(Exception):
    """Something that the measurement needs is missing on this machine; the text names it."""


FIGURES: dict[str, Figure] = {}


def figures(name: str) -> Callable[[Callable[[], Iterator[Row]]], Callable[[], Iterator[Row]]]:
    """Register a function that measures and yields rows."""

    def register(measure: Callable[[], Iterator[Row]]) -> Callable[[], Iterator[Row]]:
        FIGURES[name] = Figure(name, measure)
        return measure

    return register


def below(figure: str, value: float, bar: float, unit: str, note: str = "", digits: int = 1) -> Row:
    """A row whose value has to stay below its bar."""
    return Row(figure, f"< {bar:g} {unit}", f"{value:.{digits}f} {unit}", value < bar, note)


def at_least(figure: str, value: float, bar: float, note: str = "") -> Row:
    """A row whose ratio has to reach its bar."""
    return Row(figure, f"≥ {bar:g}", f"{value:.2f}", value >= bar, note)


def percentile(values: Sequence[float], percent: float) -> float:
    """The value that `percent` of all are not above."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]


def median_ratio(pairs: Iterable[tuple[float, float]]) -> float:
    """The median of the ratios of pairs that were measured one right after the other."""
    return statistics.median(ours / others for ours, others in pairs)
