"""The columns of the job table: which ones fit, how wide, and what stands in them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from runcomfy_tui.jobs import Job, Status
from runcomfy_tui.text import visible
from runcomfy_tui.ui import words

ASCENDING, DESCENDING = "▲", "▼"
STALLED, STALE = "!", "~"
PINNED = "★"


@dataclass(frozen=True, slots=True)
class Column:
    """One column: `width` cells of text, right-aligned if `right`, after `gap` empty cells.

    One of width 0 shares what the others leave.
    """

    name: str
    width: int
    gap: int = 1
    right: bool = False
    meaning: str = ""


STATUS = Column("status", 16, meaning="where the job stands; always the first")
WHEN = Column("when", 7, right=True, meaning="its age while it lives, then its date")
TOOK = Column("took", 7, right=True, meaning="how long it ran, or has been running")
STATE = Column("in state", 9, right=True, meaning="how long it has been as it is")
COST = Column("cost", 7, right=True, meaning="US dollars")
ESTIMATE = Column("est.", 7, right=True, meaning="what its base price came to")
RATING = Column("rating", 7, right=True, meaning="yours, 1 to 5")
LABEL = Column("label", 14, gap=2, meaning="yours")
MODEL = Column("model", 0, gap=2, meaning="without its vendor")
PROMPT = Column("prompt", 0, gap=2, meaning="its beginning")
NOTE = Column("note", 0, gap=2, meaning="yours")
REQUEST = Column("request_id", 36, gap=2, meaning="RunComfy's name for the job")

# A partial repaint begins at the left edge, so the columns that change stand left.
COLUMNS: Mapping[str, Column] = {
    column.name: column
    for column in (
        STATUS,
        WHEN,
        TOOK,
        STATE,
        COST,
        ESTIMATE,
        RATING,
        LABEL,
        MODEL,
        PROMPT,
        NOTE,
        REQUEST,
    )
}
"""Every column there is, by name, in the order in which they are offered."""

Chosen: TypeAlias = Sequence[tuple[str, int | None]]
"""Names of columns in their order, each with its user's width or None."""

USUAL: Chosen = tuple((column.name, None) for column in (STATUS, WHEN, TOOK, COST, MODEL, PROMPT))

MOST_CELLS = 200
_MODEL_LEAST, _MODEL_MOST = 12, 36
_TEXT_LEAST, _TEXT_COMFORT = 6, 18

# What goes first where the window is narrow: until texts are comfortable, then until all fits.
_FOR_COMFORT = (NOTE, REQUEST, STATE, ESTIMATE, COST, RATING, WHEN, LABEL)
_FOR_ROOM = (PROMPT, TOOK, MODEL)


def chosen_columns(chosen: Chosen) -> list[Column]:
    """The columns of a choice; the status is always among them, and first."""
    widths = dict(chosen)
    names = [STATUS.name, *(name for name in widths if name in COLUMNS and name != STATUS.name)]
    return [_sized(COLUMNS[name], widths.get(name)) for name in names]


def _sized(column: Column, width: int | None) -> Column:
    return column if width is None else replace(column, width=max(3, min(width, MOST_CELLS)))


def columns_for(width: int, chosen: Chosen = USUAL) -> tuple[Column, ...]:
    """The chosen columns that fit on `width` cells, with their widths; the least told go first."""
    columns = chosen_columns(chosen)
    for dispensable in _FOR_COMFORT:
        if _needed(columns, _TEXT_COMFORT) <= width:
            break
        columns = [column for column in columns if column.name != dispensable.name]
    for dispensable in _FOR_ROOM:
        if _needed(columns, _TEXT_LEAST) <= width:
            break
        columns = [column for column in columns if column.name != dispensable.name]
    if len(columns) == 1:
        return (replace(columns[0], width=max(1, width - columns[0].gap)),)
    return tuple(_shared(columns, width))


def _needed(columns: Iterable[Column], text_least: int) -> int:
    return sum(column.gap + (column.width or _least(column, text_least)) for column in columns)


def _least(column: Column, text_least: int) -> int:
    return _MODEL_LEAST if column.name == MODEL.name else text_least


def _shared(columns: Sequence[Column], width: int) -> Iterable[Column]:
    """The columns with what is left shared among those that have no width of their own."""
    sharing = [column.name for column in columns if not column.width]
    rest = width - sum(column.gap + column.width for column in columns)
    for place, name in enumerate(sorted(sharing, key=lambda name: name != MODEL.name)):
        left = len(sharing) - place
        share = rest // left
        if name == MODEL.name and left > 1:
            share = max(_MODEL_LEAST, min(_MODEL_MOST, share))
        rest -= share
        columns = [replace(each, width=share) if each.name == name else each for each in columns]
    return columns


def column_at(columns: Iterable[Column], x: int) -> Column | None:
    """The column that stands at a cell, its gap included."""
    for column in columns:
        if x < column.gap + column.width:
            return column
        x -= column.gap + column.width
    return None


def header_text(columns: Sequence[Column], width: int, sort: str = "", mark: str = "") -> str:
    """The names of the columns, each where its texts stand, on `width` cells.

    `mark` stands behind the name of the column that the rows are sorted by.
    """
    titles = []
    for column in columns:
        title = f"  {column.name}" if column.name == STATUS.name else column.name
        title += mark if column.name == sort else ""
        titles.append(" " * column.gap + words.fit(title, column.width, right=column.right))
    return words.fit("".join(titles), width)


# What stands in the cells


def cell_texts(
    columns: Iterable[Column], job: Job, now: float, *, trend: str = "", warning: str = ""
) -> list[str]:
    """A job's row, a text for each column, gap and padding included."""
    return [
        " " * column.gap
        + words.fit(
            visible(_cell_text(column, job, now, trend, warning)), column.width, right=column.right
        )
        for column in columns
    ]


def _cell_text(column: Column, job: Job, now: float, trend: str, warning: str) -> str:
    match column.name:
        case STATUS.name:
            return status_text(job, trend, warning)
        case WHEN.name:
            return when_text(job, now)
        case TOOK.name:
            return took_text(job, now)
        case STATE.name:
            return "" if job.status.is_final else words.elapsed(job.state_since, now)
        case COST.name:
            return words.money(job.cost)
        case ESTIMATE.name:
            return words.money(job.estimate)
        case RATING.name:
            return "" if job.rating is None else f"{job.rating}/5"
        case MODEL.name:
            return words.short_model(job.model_id)
        case PROMPT.name:
            return words.prompt_of(job.inputs)[: 4 * column.width]
        case LABEL.name:
            return job.label[: 4 * column.width]
        case NOTE.name:
            return job.note[: 4 * column.width]
        case _:
            return job.request_id or ""


def status_text(job: Job, trend: str = "", warning: str = "") -> str:
    """The status by shape and word, with the place in the queue: `○ in_queue #3↓`.

    A `warning` of one cell stands between the two.
    """
    place = ""
    if job.status is Status.IN_QUEUE:
        place = words.queue_place(job.queue_position, trend)
    pin = PINNED if job.pinned else ""
    word = f"{words.shape(job.status)}{warning or ' '}{visible(job.status_word)}"
    return " ".join(part for part in (word, place, pin) if part)


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


def seconds_until_change(columns: Iterable[Column], job: Job, now: float) -> float:
    """How long the texts of these columns surely stay as they are."""
    if job.status.is_final:
        return words.seconds_until_tomorrow(now)
    names = {column.name for column in columns}
    since = [job.created_at] if WHEN.name in names else []
    if STATE.name in names:
        since.append(job.state_since)
    if TOOK.name in names and job.status is Status.IN_PROGRESS and job.started_at is not None:
        since.append(job.started_at)
    waits = (words.seconds_until_elapsed_changes(each, now) for each in since)
    return min(waits, default=words.seconds_until_tomorrow(now))
