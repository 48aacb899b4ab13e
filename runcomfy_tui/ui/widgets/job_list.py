"""Jobs in rows, a cursor that stays with its job, and the keys that move it."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType

from runcomfy_tui.jobs import Job
from runcomfy_tui.ui.widgets.canvas import Canvas, Clock
from runcomfy_tui.ui.widgets.job_order import Arrangement, JobOrder

HEADER_LINES = 1


class JobList(Canvas, can_focus=True, inherit_bindings=False):
    """The base of the job table: which jobs there are, in which order, and where one looks.

    A row is its job's, found by `Job.id`. A subclass draws the rows, under a header of one line.
    """

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
        Binding(
            "home,g", "first", "first", id="table.first", tooltip="The job at the top", show=False
        ),
        Binding("end,G", "last", "last", id="table.last", tooltip="The job at the end", show=False),
    ]

    def __init__(
        self,
        *,
        id: str | None = None,  # noqa: A002 - Textual's name for it
        clock: Clock = time.time,
    ) -> None:
        super().__init__(id=id, clock=clock)
        self._order = JobOrder()
        self._cursor_id: str | None = None
        self._home_id: str | None = None
        self.is_loading = False
        """Jobs of the past still come in: the cursor waits at the top until the user moves it."""

    def cursor_changed(self, job: Job | None) -> None:
        """Another job is under the cursor, or the one there changed; None: there is no job."""
        raise NotImplementedError

    @property
    def cursor_job(self) -> Job | None:
        """The job under the cursor; None only while no job is shown."""
        return None if self._cursor_id is None else self._order.get(self._cursor_id)

    @property
    def job_count(self) -> int:
        """How many jobs the table holds, shown or not."""
        return self._order.total

    @property
    def row_count(self) -> int:
        """How many jobs are shown."""
        return len(self._order)

    @property
    def jobs(self) -> Iterable[Job]:
        """All jobs that the table holds, in no order."""
        return self._order.jobs

    @property
    def jobs_in_order(self) -> list[Job]:
        """The same, in the order of the table, as they are sifted."""
        return self._order.in_order

    @property
    def shown_jobs(self) -> Sequence[Job]:
        """The jobs that have a row, from the top."""
        return self._order.rows(0, len(self._order))

    def job(self, job_id: str) -> Job | None:
        """The job of that id, shown or not."""
        return self._order.get(job_id)

    def known(self, job_ids: Iterable[str]) -> list[Job]:
        """Those of many jobs that the table holds, as they are in it."""
        return self._order.known(job_ids)

    def is_shown(self, job_id: str) -> bool:
        """Whether a job has a row."""
        return self._order.row_of(job_id) is not None

    def set_jobs(self, jobs: Iterable[Job]) -> None:
        """Show these jobs and no others."""
        before = self.cursor_job
        self._order.replace_all(jobs)
        self._settle(before, row_before=0)
        if self._cursor_id is not None:
            self._reveal(self._cursor_id)

    def update_jobs(self, changed: Iterable[Job], gone: Iterable[str] = ()) -> None:
        """Take in new and changed jobs, and forget those whose ids are `gone`."""
        before, row_before = self.cursor_job, self._cursor_row()
        cursor_in_view = self.has_focus and row_before in self._rows_in_view()
        anchor = self._job_at_top()
        if self.is_loading and self._home_id is None:
            self._cursor_id = None
        self._order.update(changed, gone)
        self._hold_view(anchor)
        self._settle(before, row_before or 0)
        if cursor_in_view and self._cursor_id is not None:
            self._reveal(self._cursor_id)

    def rearrange(self, arrangement: Arrangement) -> None:
        """Show the same jobs in another order or choice."""
        before, row_before = self.cursor_job, self._cursor_row()
        self._order.arrange(arrangement)
        self._settle(before, row_before or 0)
        if self._cursor_id is not None:
            self._reveal(self._cursor_id)

    def select(self, job_id: str) -> bool:
        """Put the cursor on a job and bring it into view; False when it has no row."""
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

    def on_resize(self) -> None:
        self.set_extent(len(self._order) + HEADER_LINES)
        if self.has_focus and self._cursor_id is not None:
            self._reveal(self._cursor_id)

    def _move_to(self, row: int, ahead: int = 0) -> None:
        if not len(self._order):
            return
        (job,) = self._order.rows(row := max(0, min(row, len(self._order) - 1)), row + 1)
        moved, self._cursor_id = job.id != self._cursor_id, job.id
        self._home_id = job.id
        self._reveal(job.id, ahead)
        self.paint()
        if moved:
            self.cursor_changed(job)

    # The view

    @property
    def _view_height(self) -> int:
        return max(0, self.canvas_size.height - HEADER_LINES)

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
        self.set_extent(len(self._order) + HEADER_LINES)
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
        """After the jobs changed: the cursor on its job or on the one in its place, all painted.

        A job that was filtered away has its cursor back when it is shown again.
        """
        self.set_extent(len(self._order) + HEADER_LINES)
        if self._home_id is not None and self._order.row_of(self._home_id) is not None:
            self._cursor_id = self._home_id
        elif self._cursor_row() is None:
            last = len(self._order) - 1
            row = min(row_before, last)
            self._cursor_id = self._order.rows(row, row + 1)[0].id if last >= 0 else None
        self.paint()
        if self.cursor_job is not before:
            self.cursor_changed(self.cursor_job)
