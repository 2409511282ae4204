"""What a benchmark hands back, and how it is shown: each figure as the lowest, middle and highest of the rounds."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from rich.console import Console
from rich.table import Table


@dataclass
class Figure:
    """One measured quantity; `rounds` holds its value in each round."""

    name: str
    unit: str
    rounds: list[float] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        return {"name": self.name, "unit": self.unit, **self._spread(), "rounds": self.rounds}

    def cells(self) -> list[str]:
        return [self.name, *(_shown(value) for value in self._spread().values()), self.unit]

    def _spread(self) -> dict[str, float]:
        values = self.rounds
        return {"min": min(values), "median": statistics.median(values), "max": max(values)}


class Figures:
    """The figures of one benchmark, in the order in which they first came."""

    def __init__(self) -> None:
        self._by_name: dict[str, Figure] = {}

    def add(self, name: str, value: float, unit: str) -> None:
        """One round's value."""
        self._by_name.setdefault(name, Figure(name, unit)).rounds.append(value)

    def spread(self, name: str, seconds: Sequence[float]) -> None:
        """Median, p95 and p99 of one round's durations, in milliseconds."""
        for label, share in (("median", 0.5), ("p95", 0.95), ("p99", 0.99)):
            self.add(f"{name}, {label}", quantile(seconds, share) * 1000, "ms")

    def all(self) -> list[Figure]:
        return list(self._by_name.values())


def quantile(values: Iterable[float], share: float) -> float:
    """The value that at least `share` of all values don't exceed (nearest rank)."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, -int(-share * len(ordered) // 1) - 1))]


def show(console: Console, title: str, figures: Iterable[Figure]) -> None:
    table = Table("", "min", "median", "max", "", title=title, title_justify="left")
    for column in table.columns[1:4]:
        column.justify = "right"
    for figure in figures:
        table.add_row(*figure.cells())
    console.print(table)


def _shown(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 or value == int(value) else f"{value:.3g}"
