"""The live table of jobs: any number of rows, and no byte more than what changed."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from typing import ClassVar

from rich.segment import Segment
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.message import Message
from textual.strip import Strip

from runcomfy_tui.jobs import Job, Status
from runcomfy_tui.ui import words
from runcomfy_tui.ui.widgets import job_columns
from runcomfy_tui.ui.widgets.canvas import Clock
from runcomfy_tui.ui.widgets.chosen import Chosen
from runcomfy_tui.ui.widgets.job_list import HEADER_LINES, JobList
from runcomfy_tui.ui.widgets.job_marks import JobMarks
from runcomfy_tui.ui.widgets.job_order import Arrangement
from runcomfy_tui.ui.widgets.job_rows import JobRows, Look, Outlooks


class JobTable(JobList):
    """Jobs, newest first; a row is its job's, found by `Job.id`, and the cursor stays with it."""

    COMPONENT_CLASSES = {
        "job-table--header",
        "job-table--hint",
        "job-table--facts",
        "job-table--label",
        "job-table--prompt",
        "job-table--cursor",
        "job-table--cursor-blurred",
        "job-table--lit",
        "job-table--marked",
        *(f"job-table--{status.value}" for status in Status),
    }

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "open", "open", id="table.open", tooltip="Open the job's result"),
        Binding(
            "space",
            "mark",
            "mark",
            id="table.mark",
            tooltip="Mark the job, or no longer",
            show=False,
        ),
        Binding(
            "v",
            "mark_range",
            "mark range",
            id="table.mark_range",
            tooltip="Mark from the job that was marked last to this one",
            show=False,
        ),
        Binding(
            "shift+up",
            "mark_and_move(-1)",
            "mark upwards",
            id="table.mark_up",
            tooltip="Mark this job and the one above",
            show=False,
        ),
        Binding(
            "shift+down",
            "mark_and_move(1)",
            "mark downwards",
            id="table.mark_down",
            tooltip="Mark this job and the one below",
            show=False,
        ),
        Binding(
            "asterisk",
            "mark_all",
            "mark all",
            id="table.mark_all",
            tooltip="Mark all jobs that are shown, or none of them",
            show=False,
        ),
        Binding(
            "u",
            "unmark",
            "unmark",
            id="table.unmark",
            tooltip="Mark no job at all",
            show=False,
        ),
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

    class Marked(Message):
        """Other jobs are marked than before; `count` is how many there are."""

        def __init__(self, count: int) -> None:
            super().__init__()
            self.count = count

    class SortWanted(Message):
        """The title of a column was clicked."""

        def __init__(self, column: str) -> None:
            super().__init__()
            self.column = column

    def __init__(
        self,
        *,
        submit_key: str = "F5",
        id: str | None = None,  # noqa: A002 - Textual's name for it
        clock: Clock = time.time,
    ) -> None:
        super().__init__(id=id, clock=clock)
        self._none_yet = f"No jobs yet. {submit_key} submits the form."
        self._trends: dict[str, str] = {}
        self._stale: Mapping[str, object] = {}
        self._marks = JobMarks()
        self._rows = JobRows(self.colour)
        self._chosen = job_columns.USUAL
        self._columns = job_columns.columns_for(0)
        self._columns_width = 0
        self.none_shown = ""
        """What to say where there are jobs and none is shown."""
        self._sorted_by = job_columns.WHEN.name
        self._descending = True
        self._titles: tuple[object, Strip] | None = None
        """The header as it was drawn last, and from what."""

    @property
    def chosen(self) -> Chosen:
        """What a key acts on."""
        at_cursor = [] if self.cursor_job is None else [self.cursor_job]
        jobs = self._order.known(self._marks.newest_first) or at_cursor
        hidden = (job.id for job in jobs if not self.is_shown(job.id))
        return Chosen(tuple(jobs), jobs == at_cursor, frozenset(hidden))

    @property
    def marked_count(self) -> int:
        """How many jobs are marked, shown or not."""
        return len(self._marks)

    def cursor_changed(self, job: Job | None) -> None:
        """Tell it."""
        self._say(self.Highlighted(self, job))

    def _say(self, message: Message) -> None:
        # Whoever rearranges the table counts as the sender, and Textual lets no message rise above
        # a parent that sent it: the screen would not hear where the cursor is.
        self.post_message(message.set_sender(self))

    def set_jobs(self, jobs: Iterable[Job]) -> None:
        """Show these jobs and no others."""
        self._trends.clear()
        super().set_jobs(jobs)

    def update_jobs(self, changed: Iterable[Job], gone: Iterable[str] = ()) -> None:
        """Take in new and changed jobs, and forget those whose ids are `gone`."""
        changed, gone = list(changed), list(gone)
        self._note_trends(changed, gone)
        if gone and len(self._marks):
            self._marks.drop(gone)
            self._say(self.Marked(len(self._marks)))
        super().update_jobs(changed, gone)

    def show_sorted(self, column: str, arrangement: Arrangement) -> None:
        """Show the same jobs in another order or choice; `column` names what they are sorted by."""
        self._sorted_by, self._descending = column, arrangement.descending
        self.rearrange(arrangement)

    def choose_columns(self, chosen: job_columns.Chosen) -> None:
        """Show these columns, as far as they fit."""
        self._chosen = tuple(chosen) or job_columns.USUAL
        self._columns_width = 0
        self.paint()

    def expect(self, outlook: Outlooks) -> None:
        """Know what the past says of jobs that wait and run: a stall is marked."""
        self._rows.outlook = outlook
        self._rows.forget()
        self.paint()

    def mark_stale(self, overdue: Mapping[str, object]) -> None:
        """Know the jobs, by id, whose status could not be confirmed for long."""
        if overdue.keys() != self._stale.keys():
            self._stale = overdue
            self.paint()

    # What the user does

    def action_open(self) -> None:
        if (job := self.cursor_job) is not None:
            self._home_id = job.id
            self.post_message(self.Opened(self, job))

    def on_click(self, event: events.Click) -> None:
        row = event.y - self.gutter.top - HEADER_LINES + self.scroll_offset.y
        if event.y < self.gutter.top + HEADER_LINES:
            column = job_columns.column_at(self._columns, event.x - self.gutter.left)
            if column is not None:
                event.stop()
                self.post_message(self.SortWanted(column.name))
        elif 0 <= row < len(self._order):
            event.stop()
            self._move_to(row)
            if event.chain == 2:
                self.action_open()

    # Marks

    def action_mark(self) -> None:
        """Mark the job under the cursor, or no longer."""
        if self._cursor_id is not None:
            self._home_id = self._cursor_id
            self._marks.toggle(self._cursor_id)
            self._marks_changed()

    def action_mark_range(self) -> None:
        """Mark all from the job that was marked last to the one under the cursor."""
        start = None if self._marks.anchor is None else self._order.row_of(self._marks.anchor)
        end = self._cursor_row()
        if end is None:
            return
        if start is None or start == end:
            if self._cursor_id is not None and self._cursor_id not in self._marks:
                self.action_mark()
            return
        first, last = sorted((start, end))
        self._marks.add(job.id for job in self._order.rows(first, last + 1))
        self._marks_changed()

    def action_mark_and_move(self, rows: int) -> None:
        """Mark the job under the cursor, move on, and mark that one too."""
        if self._cursor_id is not None:
            self._marks.add([self._cursor_id])
            self.action_move(rows)
            self._marks.add([self._cursor_id])
            self._marks_changed()

    def action_mark_all(self) -> None:
        """Mark all jobs that are shown; when they all are, mark them no longer."""
        shown = [job.id for job in self._order.rows(0, len(self._order))]
        if shown and self._marks.has_all(shown):
            self._marks.drop(shown)
        else:
            self._marks.add(shown)
        self._marks_changed()

    def action_unmark(self) -> None:
        """Mark no job at all."""
        if len(self._marks):
            self._marks.clear()
            self._marks_changed()

    def _marks_changed(self) -> None:
        self.paint()
        self._say(self.Marked(len(self._marks)))

    def _note_trends(self, changed: list[Job], gone: list[str]) -> None:
        """Remember which way each queued job moved last."""
        trends = self._trends
        for job in changed:
            if job.status is not Status.IN_QUEUE and job.id not in trends:
                continue  # a whole history comes through here
            place = job.queue_position
            if job.status is not Status.IN_QUEUE or place is None:
                self._trends.pop(job.id, None)
                continue
            old = self._order.get(job.id)
            old_place = None if old is None else old.queue_position
            if old_place is not None and place != old_place:
                self._trends[job.id] = "↓" if place < old_place else "↑"
        for job_id in gone:
            self._trends.pop(job_id, None)

    # Drawing

    def draw(self, size: Size, now: float) -> list[Strip]:
        if self._columns_width != size.width:
            self._columns_width = size.width
            self._columns = job_columns.columns_for(size.width, self._chosen)
        lines = [self._header(size.width)]
        if not len(self._order):
            self._rows.forget()
            return [*lines, *self._hint(size)]
        view = self._rows_in_view()
        jobs = self._order.rows(view.start, view.stop)
        looks = [self._look(job.id) for job in jobs]
        return lines + self._rows.draw(jobs, looks, self._columns, size.width, now)

    def seconds_until_change(self, now: float) -> float | None:
        until = self._rows.stand_until()
        return None if until is None else until - now

    def _header(self, width: int) -> Strip:
        mark = job_columns.DESCENDING if self._descending else job_columns.ASCENDING
        wanted = (self._columns, width, self._sorted_by, mark)
        if self._titles is None or self._titles[0] != wanted:
            text = job_columns.header_text(*wanted)
            strip = Strip([Segment(text, self.colour("job-table--header"))], width)
            self._titles = wanted, strip
        return self._titles[1]

    def _hint(self, size: Size) -> list[Strip]:
        blank = Strip.blank(size.width, self.rich_style)
        told = self.none_shown if self._order.total else self._none_yet
        text = words.fit(told.center(size.width).rstrip(), size.width)
        hint = Strip([Segment(text, self.colour("job-table--hint"))], size.width)
        return [blank] * max(0, (size.height - HEADER_LINES) // 3) + [hint]

    def _look(self, job_id: str) -> Look:
        cursor = ""
        if job_id == self._cursor_id:
            cursor = "job-table--cursor" if self.has_focus else "job-table--cursor-blurred"
        return Look(
            trend=self._trends.get(job_id, ""),
            cursor=cursor,
            is_marked=job_id in self._marks,
            is_stale=job_id in self._stale,
        )

    def notify_style_update(self) -> None:
        self._titles = None
        self._rows.forget()
        super().notify_style_update()
