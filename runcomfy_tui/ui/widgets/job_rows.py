"""The rows of the job table as they look: drawn when something differs, lit when it has changed."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, TypeAlias

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from runcomfy_tui.jobs import Job
from runcomfy_tui.ui.widgets import job_columns
from runcomfy_tui.ui.widgets.job_columns import Column

if TYPE_CHECKING:
    # The first paint knows no past.
    from runcomfy_tui.typical import Outlook

LIT_SECONDS = 2.0
"""For about so long a cell that changed is lit. It goes out with the second of the clock, when
other rows have their times repainted anyway."""

_CURSOR, _MARK, _BOTH = "▌", "•", "█"

_COMPONENTS: Mapping[str, str] = {
    job_columns.PROMPT.name: "job-table--prompt",
    job_columns.NOTE.name: "job-table--prompt",
    job_columns.REQUEST.name: "job-table--prompt",
    job_columns.LABEL.name: "job-table--label",
}

Outlooks: TypeAlias = "Callable[[Job], Outlook | None]"


@dataclass(frozen=True, slots=True)
class Look:
    """All that a row shows beside its job and the time. `cursor` is a component class or none."""

    trend: str = ""
    cursor: str = ""
    is_marked: bool = False
    is_stale: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class _Row:
    """A row as it was drawn last, what it was drawn from, and how long time leaves it so."""

    job: Job
    look: Look
    columns: Sequence[Column]
    lit: frozenset[str]
    lit_until: float
    stands_until: float
    strip: Strip


@dataclass(slots=True)
class JobRows:
    """Draws the rows in view and remembers them: what looks the same is not made again."""

    colour: Callable[[str], Style]
    outlook: Outlooks = field(default=lambda job: None)
    _rows: dict[str, _Row] = field(default_factory=dict)

    def draw(
        self,
        jobs: Sequence[Job],
        looks: Sequence[Look],
        columns: Sequence[Column],
        width: int,
        now: float,
    ) -> list[Strip]:
        """The rows of `jobs`, each `width` cells wide."""
        self._rows = {
            job.id: self._row(job, look, columns, width, now)
            for job, look in zip(jobs, looks, strict=True)
        }
        return [row.strip for row in self._rows.values()]

    def forget(self) -> None:
        """Draw all anew the next time."""
        self._rows = {}

    def stand_until(self) -> float | None:
        """When time will change what was drawn last; None for never."""
        return min((row.stands_until for row in self._rows.values()), default=None)

    def _row(self, job: Job, look: Look, columns: Sequence[Column], width: int, now: float) -> _Row:
        old = self._rows.get(job.id)
        lit: frozenset[str] = frozenset()
        lit_until = math.inf
        if old is not None:
            if (
                old.job is job
                and old.look == look
                and old.columns is columns
                and old.strip.cell_length == width
                and now < old.stands_until
            ):
                return old
            if now < old.lit_until:
                lit, lit_until = old.lit, old.lit_until
            if old.job is not job and (changed := self._changed(old, job, look, columns, now)):
                lit |= changed
                lit_until = math.ceil(now + LIT_SECONDS)
        outlook = self.outlook(job)
        texts = self._texts(job, look, columns, now, outlook)
        stands_until = now + job_columns.seconds_until_change(columns, job, now)
        if outlook is not None and not outlook.is_stalled(now):
            stands_until = min(stands_until, outlook.stalls_at)
        return _Row(
            job=job,
            look=look,
            columns=columns,
            lit=lit,
            lit_until=lit_until if lit else -math.inf,
            stands_until=min(stands_until, lit_until),
            strip=self._strip(job, look, columns, texts, lit, width),
        )

    def _changed(
        self, old: _Row, job: Job, look: Look, columns: Sequence[Column], now: float
    ) -> frozenset[str]:
        """The columns whose texts another state of the job has changed, not the time.

        Another status is told by its own cell alone: every other lit one would cost as many bytes.
        """
        before = self._texts(old.job, old.look, columns, now, None)
        after = self._texts(job, look, columns, now, None)
        changed = [
            column.name
            for column, one, other in zip(columns, before, after, strict=True)
            if one != other
        ]
        return frozenset(changed[:1] if changed[:1] == [columns[0].name] else changed)

    def _texts(
        self,
        job: Job,
        look: Look,
        columns: Sequence[Column],
        now: float,
        outlook: Outlook | None,
    ) -> list[str]:
        warning = job_columns.STALE if look.is_stale else ""
        if outlook is not None and outlook.is_stalled(now):
            warning = job_columns.STALLED
        return job_columns.cell_texts(columns, job, now, trend=look.trend, warning=warning)

    def _strip(
        self,
        job: Job,
        look: Look,
        columns: Sequence[Column],
        texts: Sequence[str],
        lit: frozenset[str],
        width: int,
    ) -> Strip:
        """The texts in their colours; neighbours of one colour become one segment."""
        status = f"job-table--{job.status.value}"
        parts = [(*self._sign(look, status), False)]
        for column, text in zip(columns, texts, strict=True):
            if column is columns[0]:
                # Its gap is where the sign stands.
                text, component = text[column.gap :], status
            else:
                component = _COMPONENTS.get(column.name, "job-table--facts")
            # The text itself is lit, not the blanks around it: they would cost bytes twice.
            word = text.strip()
            before, word, after = text.partition(word) if word else (text, "", "")
            parts += [
                (before, component, False),
                (word, component, column.name in lit),
                (after, component, False),
            ]
        missing = width - sum(column.gap + column.width for column in columns)
        parts.append((" " * missing, parts[-1][1], False))
        runs = groupby((part for part in parts if part[0]), key=itemgetter(1, 2))
        return Strip(
            [
                Segment("".join(text for text, *_ in run), self._style(component, is_lit, look))
                for (component, is_lit), run in runs
            ],
            width,
        )

    def _style(self, component: str, is_lit: bool, look: Look) -> Style:
        style = self.colour(component)
        if look.cursor:
            style += Style(bgcolor=self.colour(look.cursor).bgcolor)
        if is_lit:
            lit = self.colour("job-table--lit")
            style += Style(bgcolor=lit.bgcolor, bold=lit.bold, reverse=lit.reverse)
        return style

    def _sign(self, look: Look, status: str) -> tuple[str, str]:
        if look.is_marked:
            return _BOTH if look.cursor else _MARK, "job-table--marked"
        return _CURSOR if look.cursor else " ", status
