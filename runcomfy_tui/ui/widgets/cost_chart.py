"""What each of the last days has cost, as a chart of block characters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from rich.cells import cell_len
from rich.segment import Segment
from textual.geometry import Size
from textual.strip import Strip

from runcomfy_tui.spending import Sum
from runcomfy_tui.ui import words
from runcomfy_tui.ui.widgets.canvas import Canvas

_EIGHTHS = " ▁▂▃▄▅▆▇█"
_WIDEST_BAR = 3
_GAP = 1
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def bars(values: Sequence[float], height: int, width: int = 1) -> list[str]:
    """Bars side by side on `height` lines, the dearest full; what is not nothing shows at all."""
    most = max(values, default=0.0)
    eighths = [
        max(1, round(value / most * height * 8)) if most > 0 and value > 0 else 0
        for value in values
    ]
    return [
        (" " * _GAP).join(_EIGHTHS[max(0, min(8, each - 8 * line))] * width for each in eighths)
        for line in reversed(range(height))
    ]


def day_marks(days: Sequence[date], slot: int) -> str:
    """The line below the bars: each Monday by its day, and its month where that is another."""
    marks = [" "] * (len(days) * slot - _GAP)
    month = 0
    free_from = 0
    for place, day in enumerate(days):
        is_last = place == len(days) - 1
        if day.weekday() != 0 and not is_last:
            continue
        text = f"{_MONTHS[day.month - 1]} {day.day}" if day.month != month else str(day.day)
        if is_last:
            text = "today"
        at = min(place * slot, len(marks) - len(text))
        if at < free_from:
            continue
        marks[at : at + len(text)] = text
        free_from, month = at + len(text) + 1, day.month
    return "".join(marks)


class CostChart(Canvas):
    """Draws `by_day`; as many of the last days as fit."""

    COMPONENT_CLASSES = {"cost-chart--bar", "cost-chart--axis"}

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name for it
        super().__init__(id=id)
        self._by_day: Mapping[date, Sum] = {}

    def show(self, by_day: Mapping[date, Sum]) -> None:
        """Show these days; the same again costs nothing."""
        self._by_day = by_day
        self.paint()

    def draw(self, size: Size, now: float) -> list[Strip]:
        days = list(self._by_day)
        dearest = max((told.usd for told in self._by_day.values()), default=0.0)
        axis = max(cell_len(words.money(dearest)), 2) + 2
        room = max(0, size.width - axis)
        wide = min(_WIDEST_BAR, max(1, (room + _GAP) // max(1, len(days)) - _GAP))
        slot = wide + _GAP
        days = days[-max(1, (room + _GAP) // slot) :]
        lines = bars([self._by_day[day].usd for day in days], max(1, size.height - 1), wide)
        strips: list[Strip] = []
        for number, line in enumerate(lines):
            told = words.money(dearest) if number == 0 and dearest else ""
            told = "$0" if number == len(lines) - 1 and not told else told
            strips.append(self._strip(f"{told:>{axis - 2}} │", line, "cost-chart--bar", size.width))
        marks = day_marks(days, slot)
        strips.append(self._strip(" " * axis, marks, "cost-chart--axis", size.width))
        return strips[: size.height]

    def _strip(self, axis: str, text: str, tone: str, width: int) -> Strip:
        return Strip(
            [Segment(axis, self.colour("cost-chart--axis")), Segment(text, self.colour(tone))]
        ).adjust_cell_length(width, self.rich_style)
