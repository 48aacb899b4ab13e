"""The tables of the costs as texts: by model or by label, and job by job. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum

from runcomfy_tui.jobs import Job
from runcomfy_tui.spending import Sum
from runcomfy_tui.text import visible
from runcomfy_tui.ui import words

MOST_ROWS = 500
"""Rows of a table; the dearest or the newest ones."""

_NUMBER = 10
_NARROWEST_NAME = 12


class CostsBy(StrEnum):
    """What the table tells the costs by."""

    MODEL = "model"
    LABEL = "label"
    JOB = "job"


def sums_table(by: CostsBy, sums: Mapping[str, Sum], width: int) -> list[str]:
    """A line for each, the dearest first, under a header."""
    header = (by.value, "cost", "share", "jobs", "no cost yet", "est.", "came to")
    total = sum(told.usd for told in sums.values())
    rows = [
        (
            name or f"(no {by.value})",
            words.money(told.usd),
            f"{told.usd / total:.0%}" if total else "",
            f"{told.jobs:,}",
            f"{told.unpriced:,}" if told.unpriced else "",
            words.money(told.estimated) if told.compared else "",
            words.money(told.compared) if told.compared else "",
        )
        for name, told in list(sums.items())[:MOST_ROWS]
    ]
    return _laid_out([header, *rows], width)


def jobs_table(jobs: Iterable[Job], now: float, width: int) -> list[str]:
    """A line for each job, in their order: its cost, and its estimate beside that."""
    header = ("job", "cost", "est.", "diff.", "when")
    rows = [
        (
            words.short_model(job.model_id) + (f" · {job.label}" if job.label else ""),
            words.money(job.cost),
            words.money(job.estimate),
            _difference(job),
            words.clock(job.created_at, now, brief=True),
        )
        for job in jobs
    ]
    return _laid_out([header, *rows], width)


def _difference(job: Job) -> str:
    if job.cost is None or not job.estimate:
        return ""
    return f"{(job.cost - job.estimate) / job.estimate:+.0%}"


def _laid_out(rows: Sequence[tuple[str, ...]], width: int) -> list[str]:
    """The first column takes what the numbers leave; the last ones go where that is too little."""
    columns = len(rows[0])
    widths = [max(_NUMBER - 2, *(len(row[at]) for row in rows)) for at in range(1, columns)]
    while len(widths) > 1 and width - sum(widths) - 2 * len(widths) < _NARROWEST_NAME + 8:
        widths.pop()
    name = max(1, width - sum(widths) - 2 * len(widths))
    return [
        words.fit(visible(row[0]), name)
        + "".join(f"  {row[at]:>{cells}}" for at, cells in enumerate(widths, start=1))
        for row in rows
    ]
