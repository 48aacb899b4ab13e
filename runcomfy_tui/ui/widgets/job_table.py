"""The live table of jobs: any number of rows, and no byte more than what changed."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.message import Message
from textual.strip import Strip

from runcomfy_tui.jobs import Job, Status
from runcomfy_tui.ui import words
from runcomfy_tui.ui.widgets import job_columns
from runcomfy_tui.ui.widgets.canvas import Canvas, Clock
from runcomfy_tui.ui.widgets.job_order import JobOrder

_HEADER_LINES = 1
_CURSOR_MARK = "▌"
_HINT = "No jobs yet. F5 submits the form."


@dataclass(frozen=True, slots=True, eq=False)
class _Row:
    """A row as it was drawn last, what it was drawn from, and how long time leaves it so."""

    job: Job
    trend: str
    cursor: str
    stands_until: float
    strip: Strip

    def still_shows(self, job: Job, trend: str, cursor: str, width: int, now: float) -> bool:
        return (
            self.job is job
            and self.trend == trend
            and self.cursor == cursor
            and self.strip.cell_length == width
            and now < self.stands_until
        )


class JobTable(Canvas, can_focus=True, inherit_bindings=False):
    """Jobs, newest first; a row is its job's, found by `Job.id`, and the cursor stays with it."""

    COMPONENT_CLASSES = {
        "job-table--header",
        "job-table--hint",
        "job-table--facts",
        "job-table--prompt",
        "job-table--cursor",
        "job-table--cursor-blurred",
        *(f"job-table--{status.value}" for status in Status),
    }

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "up", id="table.up", tooltip="One job up", show=False),
        Binding("down,j", "move(1)", "down", id="table.down", tooltip="One job down", show=False),
        Binding(
            "pageup",
            "move_page(-1)",
            "page up",
            id="table.page_up",
            tooltip="One screen of jobs up",
            show=False,
        ),
        Binding(
            "pagedown",
            "move_page(1)",
            "page down",
            id="table.page_down",
            tooltip="One screen of jobs down",
            show=False,
        ),
        Binding("home,g", "first", "first", id="table.first", tooltip="The newest job", show=False),
        Binding("end,G", "last", "last", id="table.last", tooltip="The oldest job", show=False),
        Binding("enter", "open", "open", id="table.open", tooltip="Open the job's result"),
    ]

    class Highlighted(Message):
        """Another job is under the cursor, or the one there changed; None: there is no job."""

        def __init__(self, table: JobTable, job: Job | None) -> None:
            super().__init__()
            self.table = table
            self.job = job

        @property
        def control(self) -> JobTable:
            return self.table

    class Opened(Message):
        """The user wants to see a job in full."""

        def __init__(self, table: JobTable, job: Job) -> None:
            super().__init__()
            self.table = table
            self.job = job

        @property
        def control(self) -> JobTable:
            return self.table

    def __init__(
        self,
        *,
        id: str | None = None,  # noqa: A002 - Textual's name for it
        classes: str | None = None,
        clock: Clock = time.time,
    ) -> None:
        super().__init__(id=id, classes=classes, clock=clock)
        self._order = JobOrder()
        self._cursor_id: str | None = None
        self._trends: dict[str, str] = {}
        self._rows: dict[str, _Row] = {}
        self._columns = job_columns.columns_for(0)

    @property
    def cursor_job(self) -> Job | None:
        """The job under the cursor; None only while there are no jobs."""
        return None if self._cursor_id is None else self._order.get(self._cursor_id)

    @property
    def job_count(self) -> int:
        """How many jobs the table holds."""
        return self._order.total

    def set_jobs(self, jobs: Iterable[Job]) -> None:
        """Show these jobs and no others."""
        before = self.cursor_job
        self._order.replace_all(jobs)
        self._trends.clear()
        self._settle(before, row_before=0)
        if self._cursor_id is not None:
            self._reveal(self._cursor_id)

    def update_jobs(self, changed: Iterable[Job], gone: Iterable[str] = ()) -> None:
        """Take in new and changed jobs, and forget those whose ids are `gone`."""
        changed, gone = list(changed), list(gone)
        before, row_before = self.cursor_job, self._cursor_row()
        cursor_in_view = self.has_focus and row_before in self._rows_in_view()
        anchor = self._job_at_top()
        self._note_trends(changed, gone)
        self._order.update(changed, gone)
        self._hold_view(anchor)
        self._settle(before, row_before or 0)
        if cursor_in_view and self._cursor_id is not None:
            self._reveal(self._cursor_id)

    def select(self, job_id: str) -> bool:
        """Put the cursor on a job and bring it into view; False when it is not in the table."""
        row = self._order.row_of(job_id)
        if row is None:
            return False
        self._move_to(row)
        return True

    # Movement

    def action_move(self, rows: int) -> None:
        # Past the edge by a third of the view at once: every scroll paints all of it.
        self._move_to((self._cursor_row() or 0) + rows, ahead=self._view_height // 3)

    def action_move_page(self, pages: int) -> None:
        self._move_to((self._cursor_row() or 0) + pages * max(1, self._view_height - 1))

    def action_first(self) -> None:
        self._move_to(0)

    def action_last(self) -> None:
        self._move_to(len(self._order) - 1)

    def action_open(self) -> None:
        if (job := self.cursor_job) is not None:
            self.post_message(self.Opened(self, job))

    def on_click(self, event: events.Click) -> None:
        row = event.y - self.gutter.top - _HEADER_LINES + self.scroll_offset.y
        if event.y < self.gutter.top + _HEADER_LINES or not 0 <= row < len(self._order):
            return
        event.stop()
        self._move_to(row)
        if event.chain == 2:
            self.action_open()

    def on_resize(self) -> None:
        self.set_extent(len(self._order) + _HEADER_LINES)
        if self.has_focus and self._cursor_id is not None:
            self._reveal(self._cursor_id)

    def _move_to(self, row: int, ahead: int = 0) -> None:
        if not len(self._order):
            return
        (job,) = self._order.rows(row := max(0, min(row, len(self._order) - 1)), row + 1)
        moved, self._cursor_id = job.id != self._cursor_id, job.id
        self._reveal(job.id, ahead)
        self.paint()
        if moved:
            self.post_message(self.Highlighted(self, job))

    # The view

    @property
    def _view_height(self) -> int:
        return max(0, self.canvas_size.height - _HEADER_LINES)

    def _rows_in_view(self) -> range:
        top = self.scroll_offset.y
        return range(top, top + self._view_height)

    def _cursor_row(self) -> int | None:
        return None if self._cursor_id is None else self._order.row_of(self._cursor_id)

    def _job_at_top(self) -> str | None:
        """The job that must stay where the reader sees it; none at the top, where jobs arrive."""
        top = self.scroll_offset.y
        jobs = self._order.rows(top, top + 1) if top else ()
        return jobs[0].id if jobs else None

    def _hold_view(self, anchor: str | None) -> None:
        self.set_extent(len(self._order) + _HEADER_LINES)
        row = None if anchor is None else self._order.row_of(anchor)
        if row is not None:
            self.scroll_to(y=row, animate=False)

    def _reveal(self, job_id: str, ahead: int = 0) -> None:
        """Bring a job into view, and `ahead` more rows beyond it."""
        row = self._order.row_of(job_id)
        view = self._rows_in_view()
        if row is None or not view or row in view:
            return
        top = row - ahead if row < view.start else row - self._view_height + 1 + ahead
        self.scroll_to(y=top, animate=False)

    def _settle(self, before: Job | None, row_before: int) -> None:
        """After the jobs changed: the cursor on its job or on the one in its place, all painted."""
        self.set_extent(len(self._order) + _HEADER_LINES)
        if self._cursor_row() is None:
            last = len(self._order) - 1
            row = min(row_before, last)
            self._cursor_id = self._order.rows(row, row + 1)[0].id if last >= 0 else None
        self.paint()
        if self.cursor_job is not before:
            self.post_message(self.Highlighted(self, self.cursor_job))

    def _note_trends(self, changed: list[Job], gone: list[str]) -> None:
        """Remember which way each queued job moved last."""
        for job in changed:
            old = self._order.get(job.id)
            place, old_place = job.queue_position, old.queue_position if old else None
            if job.status is not Status.IN_QUEUE or place is None:
                self._trends.pop(job.id, None)
            elif old_place is not None and place != old_place:
                self._trends[job.id] = "↓" if place < old_place else "↑"
        for job_id in gone:
            self._trends.pop(job_id, None)

    # Drawing

    def draw(self, size: Size, now: float) -> list[Strip]:
        self._columns = job_columns.columns_for(size.width)
        header = job_columns.header_text(self._columns, size.width)
        lines = [Strip([Segment(header, self.colour("job-table--header"))], size.width)]
        if not len(self._order):
            self._rows = {}
            return [*lines, *self._hint(size)]
        view = self._rows_in_view()
        jobs = self._order.rows(view.start, view.stop)
        self._rows = {job.id: self._row(job, size.width, now) for job in jobs}
        return lines + [row.strip for row in self._rows.values()]

    def seconds_until_change(self, now: float) -> float | None:
        if not self._rows:
            return None
        return min(row.stands_until for row in self._rows.values()) - now

    def _hint(self, size: Size) -> list[Strip]:
        blank = Strip.blank(size.width, self.rich_style)
        text = words.fit(_HINT.center(size.width).rstrip(), size.width)
        hint = Strip([Segment(text, self.colour("job-table--hint"))], size.width)
        return [blank] * max(0, (size.height - _HEADER_LINES) // 3) + [hint]

    def _row(self, job: Job, width: int, now: float) -> _Row:
        cursor = ""
        if job.id == self._cursor_id:
            cursor = "job-table--cursor" if self.has_focus else "job-table--cursor-blurred"
        trend = self._trends.get(job.id, "")
        row = self._rows.get(job.id)
        if row is not None and row.still_shows(job, trend, cursor, width, now):
            return row
        mark = _CURSOR_MARK if cursor else " "
        text = job_columns.row_text(self._columns, job, now, trend=trend, mark=mark)
        parts = (
            (text.status, f"job-table--{job.status.value}"),
            (text.facts, "job-table--facts"),
            (text.prompt, "job-table--prompt"),
        )
        under = Style(bgcolor=self.colour(cursor).bgcolor) if cursor else None
        segments = [
            Segment(part, self.colour(component) + under) for part, component in parts if part
        ]
        stands_until = now + job_columns.seconds_until_change(job, now)
        return _Row(job, trend, cursor, stands_until, Strip(segments, width))

    def notify_style_update(self) -> None:
        self._rows = {}
        super().notify_style_update()
