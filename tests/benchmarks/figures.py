"""What a benchmark tells: a figure, its goal, and whether it is met."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Figure:
    """Something measured; its goal is met when `value` is at most that. `note` says how it came."""

    name: str
    value: float
    unit: str
    goal: float
    note: str = ""

    @property
    def met(self) -> bool:
        """Whether the goal is reached."""
        return self.value <= self.goal

    def to_json(self) -> dict[str, Any]:
        """The figure as other programs read it."""
        return {
            "name": self.name,
            "value": self.value,
            "unit": self.unit,
            "goal": self.goal,
            "met": self.met,
        }


@dataclass(frozen=True)
class Family:
    """Figures that are measured together; `measure` gets an empty folder of its own."""

    name: str
    figures: Sequence[str]
    measure: Callable[[Path], Iterator[Figure]]


def chosen(families: Sequence[Family], names: Sequence[str]) -> list[Family]:
    """The families that have a figure with one of these names, or the name itself; all for none.

    Raises `ValueError` for a name that nothing has.
    """
    known = {name for family in families for name in (family.name, *family.figures)}
    if unknown := [name for name in names if name not in known]:
        raise ValueError(f"no figure is called {', '.join(unknown)}")
    return [
        family for family in families if not names or {family.name, *family.figures} & set(names)
    ]


def table(figures: Sequence[Figure]) -> str:
    """The figures for people to read."""
    rows = [("figure", "value", "goal", "unit", "met", "")]
    rows += [
        (
            figure.name,
            f"{figure.value:,.4g}",
            f"≤ {figure.goal:,.4g}",
            figure.unit,
            "yes" if figure.met else "NO",
            figure.note,
        )
        for figure in figures
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    return "\n".join(
        f"{row[0]:<{widths[0]}}  {row[1]:>{widths[1]}}  {row[2]:>{widths[2]}}  "
        f"{row[3]:<{widths[3]}}  {row[4]:<{widths[4]}}  {row[5]}".rstrip()
        for row in rows
    )
