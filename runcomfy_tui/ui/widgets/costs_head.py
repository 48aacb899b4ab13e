"""The head of the costs: the balance with its age, and what today, the week, the month came to."""

from __future__ import annotations

from rich.cells import cell_len
from rich.segment import Segment
from textual.geometry import Size
from textual.strip import Strip

from runcomfy_tui.jobs import Balance
from runcomfy_tui.spending import Period, Spending
from runcomfy_tui.ui import words
from runcomfy_tui.ui.widgets.canvas import Canvas

_GAP = "   "


def balance_text(balance: Balance | None, now: float) -> str:
    """`balance $64.11, told 3m ago`."""
    if balance is None:
        return "balance not known"
    return f"balance {words.money(balance.usd)}, told {words.elapsed(balance.at, now)} ago"


class CostsHead(Canvas):
    """Two lines; of the periods the chosen one stands out."""

    COMPONENT_CLASSES = {"costs-head--title", "costs-head--text", "costs-head--chosen"}

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name for it
        super().__init__(id=id)
        self._balance: Balance | None = None
        self._spending: Spending | None = None
        self._period = Period.MONTH
        self._budget: float | None = None

    def show(
        self,
        spending: Spending | None,
        period: Period,
        balance: Balance | None,
        budget: float | None,
    ) -> None:
        """Show these; the same again costs nothing."""
        self._spending, self._period = spending, period
        self._balance, self._budget = balance, budget
        self.paint()

    def seconds_until_change(self, now: float) -> float | None:
        if self._balance is None:
            return None
        return words.seconds_until_elapsed_changes(self._balance.at, now)

    def draw(self, size: Size, now: float) -> list[Strip]:
        right = balance_text(self._balance, now)
        left = words.fit(" Costs", max(0, size.width - cell_len(right) - 1))
        title = f"{left}{right} "
        lines = [Strip([Segment(title, self.colour("costs-head--title"))])]
        segments: list[Segment] = []
        for period, text in self._texts(size.width).items():
            tone = "chosen" if period is self._period else "text"
            segments.append(Segment(f" {text} ", self.colour(f"costs-head--{tone}")))
            segments.append(Segment(_GAP[2:], self.colour("costs-head--text")))
        lines.append(Strip(segments))
        return [line.adjust_cell_length(size.width, self.rich_style) for line in lines]

    def _texts(self, width: int) -> dict[Period, str]:
        """What each period has cost; on a narrow line it is called `week`, not `this week`."""
        texts = {period: self._text(period) for period in Period}
        if sum(cell_len(text) + len(_GAP) for text in texts.values()) <= width:
            return texts
        return {period: text.removeprefix("this ") for period, text in texts.items()}

    def _text(self, period: Period) -> str:
        if self._spending is None:
            return f"{period} …"
        told = self._spending.total[period]
        of = ""
        if period is Period.TODAY and self._budget is not None:
            of = f" of {words.money(self._budget)}"
        return f"{period} {words.money(told.usd)}{of}"
