"""The line at the top: where one is, what runs, what is wrong, what is left to spend."""

from __future__ import annotations

from dataclasses import dataclass

from rich.cells import cell_len
from rich.segment import Segment
from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.geometry import Size
from textual.strip import Strip

from runcomfy_tui.text import visible
from runcomfy_tui.ui import words
from runcomfy_tui.ui.widgets.canvas import Canvas
from runcomfy_tui.ui.widgets.line_meter import LineMeter

_BETWEEN = " · "
_GAP = 3
_METER_FROM = 76
"""Cells below which the meter leaves its place to what is needed more."""


@dataclass(frozen=True, slots=True)
class StatusFacts:
    """What the line tells. `where` is what is talked to (`sandbox`, a host), `pace` in polls a
    second, `watcher` who polls if another process does, `trouble` what keeps the program from its
    work, in a few words."""

    where: str = ""
    balance_usd: float | None = None
    running: int = 0
    queued: int = 0
    unconfirmed: int = 0
    pace: float | None = None
    trouble: str | None = None
    watcher: str = ""


def where_text(facts: StatusFacts) -> str:
    """The left end, which never changes while the program runs."""
    return _BETWEEN.join(part for part in ("runcomfy", words.steady(visible(facts.where))) if part)


@dataclass(frozen=True, slots=True)
class FactsText:
    """The rest of the line: trouble and counts after `where`, account and pace at the right."""

    trouble: str = ""
    jobs: str = ""
    account: str = ""


def facts_text(facts: StatusFacts, width: int) -> FactsText:
    """What of the facts fits on `width` cells: the least needed is left out first."""
    trouble = words.steady(visible(facts.trouble or ""))
    unconfirmed = f"{facts.unconfirmed:,} unconfirmed" if facts.unconfirmed else ""
    running = f"{facts.running:,} running" if facts.running else ""
    queued = f"{facts.queued:,} queued" if facts.queued else ""
    balance = words.money(facts.balance_usd)
    pace = f"polled by {visible(facts.watcher)}" if facts.watcher else _pace(facts.pace)
    choices = (
        ((running, queued, unconfirmed), (pace, balance)),
        ((running, queued, unconfirmed), (balance,)),
        ((running, unconfirmed), (balance,)),
        ((running, queued, unconfirmed), ()),
        ((running, unconfirmed), ()),
        ((unconfirmed,), ()),
    )
    for jobs, account in choices:
        text = FactsText(trouble, _joined(jobs), _joined(account))
        if _width(text) <= width:
            return text
    return FactsText(words.fit(trouble, width).rstrip())


def _joined(parts: tuple[str, ...]) -> str:
    return _BETWEEN.join(part for part in parts if part)


def _width(text: FactsText) -> int:
    parts = [part for part in (text.trouble, text.jobs, text.account) if part]
    return sum(cell_len(part) for part in parts) + _GAP * len(parts[1:])


def _pace(polls_per_second: float | None) -> str:
    """Rounded so far that a steady pace reads steadily."""
    if not polls_per_second:
        return ""
    if polls_per_second >= 1:
        return f"polling {round(polls_per_second)}/s"
    return f"polling {max(0.1, round(polls_per_second * 5) / 5):.1f}/s"


class StatusLine(Horizontal):
    """One line that repaints only what differs.

    It has parts because a partial repaint begins at a part's left edge: what never changes stands
    in the first, the second begins with what changes most, the last is the meter of the line.
    """

    def __init__(self, facts: StatusFacts, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._where = _Where(facts)
        self._facts = _Facts(facts)
        self.meter = LineMeter()

    def compose(self) -> ComposeResult:
        yield self._where
        yield self._facts
        yield self.meter

    def on_resize(self, event: events.Resize) -> None:
        """A narrow line has no place for the meter."""
        self.meter.display = event.size.width >= _METER_FROM

    def show(self, facts: StatusFacts) -> None:
        """Tell these facts from now on."""
        self.meter.switch(facts.running + facts.queued > 0)
        self._where.show(facts)
        self._facts.show(facts)


class _Part(Canvas):
    def __init__(self, facts: StatusFacts) -> None:
        super().__init__()
        self.show(facts)

    def show(self, facts: StatusFacts) -> None:
        self._facts = facts
        self.paint()


class _Where(_Part):
    COMPONENT_CLASSES = {"status-line--where"}

    def show(self, facts: StatusFacts) -> None:
        self.styles.width = cell_len(where_text(facts)) + _GAP
        super().show(facts)

    def draw(self, size: Size, now: float) -> list[Strip]:
        text = words.fit(where_text(self._facts), size.width)
        return [Strip([Segment(text, self.colour("status-line--where"))], size.width)]


class _Facts(_Part):
    COMPONENT_CLASSES = {"status-line--trouble", "status-line--jobs", "status-line--account"}

    def draw(self, size: Size, now: float) -> list[Strip]:
        text = facts_text(self._facts, size.width)
        jobs = " " * _GAP + text.jobs if text.trouble and text.jobs else text.jobs
        rest = size.width - cell_len(text.trouble) - cell_len(jobs)
        parts = (
            (text.trouble, "status-line--trouble"),
            (jobs, "status-line--jobs"),
            (text.account.rjust(rest), "status-line--account"),
        )
        segments = [Segment(part, self.colour(tone)) for part, tone in parts if part]
        return [Strip(segments, size.width)]
