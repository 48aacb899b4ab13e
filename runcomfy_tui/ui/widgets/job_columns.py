"""The columns of the job table: which ones fit, how wide, and what stands in them. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from runcomfy_tui.jobs import Job, Status
from runcomfy_tui.text import visible
from runcomfy_tui.ui import words


@dataclass(frozen=True, slots=True)
class Column:
    """One column: `width` cells of text, right-aligned if `right`, after `gap` empty cells."""

    name: str
    width: int
    gap: int = 1
    right: bool = False


# A partial repaint begins at the left edge, so the columns that change stand left.
STATUS = Column("status", 16, gap=1)
WHEN = Column("when", 7, gap=1, right=True)
TOOK = Column("took", 7, gap=1, right=True)
COST = Column("cost", 7, gap=1, right=True)
MODEL = Column("model", 0, gap=2)
PROMPT = Column("prompt", 0, gap=2)

_MODEL_LEAST, _MODEL_MOST, _PROMPT_LEAST = 12, 36, 12
_WORTH_A_COLUMN = 34  # cells that model and prompt need before another column is worth having


def columns_for(width: int) -> tuple[Column, ...]:
    """The columns that fit on `width` cells, each with its width; the least told go first."""
    for fixed in ((STATUS, WHEN, TOOK, COST), (STATUS, WHEN, TOOK), (STATUS, TOOK), (STATUS,)):
        rest = width - sum(column.gap + column.width for column in fixed)
        enough = _WORTH_A_COLUMN if WHEN in fixed else MODEL.gap + _MODEL_LEAST
        if rest >= enough:
            return fixed + _texts_for(rest)
    return (replace(STATUS, width=max(1, width - STATUS.gap)),)


def _texts_for(rest: int) -> tuple[Column, ...]:
    both = rest - MODEL.gap - PROMPT.gap
    if both < _MODEL_LEAST + _PROMPT_LEAST // 2:
        return (replace(MODEL, width=rest - MODEL.gap),)
    model = max(_MODEL_LEAST, min(_MODEL_MOST, both // 2))
    return (replace(MODEL, width=model), replace(PROMPT, width=both - model))


def when_text(job: Job, now: float) -> str:
    """When the job was made: its age while it lives, then a time of the clock, which stands."""
    if job.status.is_final:
        return words.clock(job.created_at, now, brief=True)
    return words.elapsed(job.created_at, now)


def took_text(job: Job, now: float) -> str:
    """How long it ran, or has been running."""
    if job.status is Status.IN_PROGRESS and job.started_at is not None:
        return words.elapsed(job.started_at, now)
    return words.duration(job.duration) if job.status.is_final else ""


def seconds_until_change(job: Job, now: float) -> float:
    """How long `when_text` and `took_text` surely stay as they are."""
    if job.status.is_final:
        return words.seconds_until_tomorrow(now)
    wait = words.seconds_until_elapsed_changes(job.created_at, now)
    if job.status is Status.IN_PROGRESS and job.started_at is not None:
        return min(wait, words.seconds_until_elapsed_changes(job.started_at, now))
    return wait


@dataclass(frozen=True, slots=True)
class RowText:
    """One row, cut where its style changes, to be drawn side by side."""

    status: str
    facts: str
    prompt: str


def header_text(columns: Sequence[Column], width: int) -> str:
    """The names of the columns, each where its texts stand, on `width` cells."""
    titles = [
        " " * column.gap
        + words.fit(
            f"  {column.name}" if column.name == STATUS.name else column.name,
            column.width,
            right=column.right,
        )
        for column in columns
    ]
    return words.fit("".join(titles), width)


def row_text(columns: Sequence[Column], job: Job, now: float, *, trend: str, mark: str) -> RowText:
    """A job's row; `mark` (one cell) stands before it, `trend` after its place in the queue."""
    texts = {
        WHEN.name: when_text(job, now),
        TOOK.name: took_text(job, now),
        COST.name: words.money(job.cost),
        MODEL.name: words.short_model(job.model_id),
    }
    facts, prompt = "", ""
    for column in columns[1:]:
        if column.name == PROMPT.name:
            beginning = words.prompt_of(job.inputs)[: 4 * column.width]
            prompt = " " * column.gap + words.fit(visible(beginning), column.width)
        else:
            text = words.fit(visible(texts[column.name]), column.width, right=column.right)
            facts += " " * column.gap + text
    return RowText(mark + words.fit(status_text(job, trend), columns[0].width), facts, prompt)


def status_text(job: Job, trend: str = "") -> str:
    """The status by shape and word, with the place in the queue: `○ in_queue #3↓`."""
    place = ""
    if job.status is Status.IN_QUEUE:
        place = words.queue_place(job.queue_position, trend)
    return f"{words.shape(job.status)} {visible(job.status_word)} {place}".rstrip()
