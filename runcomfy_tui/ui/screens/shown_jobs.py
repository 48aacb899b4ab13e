"""Which jobs the table shows, and how: tab, filter, order and columns, all of it remembered."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from textual.timer import Timer
from textual.widget import Widget

from runcomfy_tui.engine.thread import EngineThread
from runcomfy_tui.history.views import ColumnChoice, SavedFilter, TableChoices
from runcomfy_tui.jobs import Job
from runcomfy_tui.query import QueryError, SearchTexts
from runcomfy_tui.spending import start_of
from runcomfy_tui.typical import Typical
from runcomfy_tui.ui.widgets.filter_bar import FilterBar
from runcomfy_tui.ui.widgets.job_columns import USUAL, Chosen, chosen_columns
from runcomfy_tui.ui.widgets.job_order import Arrangement
from runcomfy_tui.ui.widgets.job_sorting import sort_value, starts_descending
from runcomfy_tui.ui.widgets.job_table import JobTable
from runcomfy_tui.ui.widgets.job_views import ALL, JobViews, Tab, query_of
from runcomfy_tui.ui.widgets.view_line import ShownTab, ViewFacts, ViewLine

SECONDS_BETWEEN_LOOKS = 60.0
"""How often a filter that depends on the time looks at all jobs again."""

JOBS_AT_ONCE = 400
"""Jobs made ready to be searched in one go, between two keys."""


_NO_SUCH_JOB = "No jobs match. Escape clears the filter."
_EMPTY_TAB = "No jobs in this tab. 1 shows all jobs."
_ALL_ARCHIVED = "All jobs are archived: the last tab shows them."


class ShownJobs:
    """Helper of TablePane: fills the table from the engine; sorts, filters, chooses columns."""

    def __init__(
        self, pane: Widget, engine: EngineThread, table: JobTable, line: ViewLine, bar: FilterBar
    ) -> None:
        self._pane = pane
        self._engine = engine
        self._table = table
        self._line = line
        self._bar = bar
        self._choices = TableChoices()
        self._typed = ""
        self._is_to_apply = False
        table.is_loading = True
        self._texts: SearchTexts | None = None
        self._timer: Timer | None = None
        self.views = JobViews()
        self.typical = Typical()
        table.expect(self.typical.outlook)

    # What the engine says

    def remember(self, choices: TableChoices) -> None:
        """Show the table as it was left."""
        self._choices = choices
        self.views.set_own(Tab(saved.name, saved.text) for saved in choices.filters)
        self.views.show_name(choices.tab)
        self._table.choose_columns(self.columns)
        self._arrange()
        if not self._table.is_loading:
            self._in_pieces(self._count(self.views.uncounted()))

    def take_in(self, changed: Sequence[Job], gone: Sequence[str] = ()) -> None:
        """Show new and changed jobs, and let go of those that are gone."""
        before = self._table.known([*(job.id for job in changed), *gone])
        hid_archived = self.views.hides_archived
        self.views.replace(before, changed)
        self.typical.learn_all(changed)
        if self._texts is not None:
            self._texts.add(changed)
        self._table.update_jobs(changed, gone)
        if self.views.hides_archived != hid_archived:
            self._arrange()

    def history_is_there(self) -> None:
        """All jobs are in the table: count those of the user's own tabs."""
        if self._table.is_loading:
            self._table.is_loading = False
            self._in_pieces(self._count(self.views.uncounted()))

    def _in_pieces(self, work: Iterator[None]) -> None:
        """Do some work, and hear keys between its pieces."""

        async def go_on() -> None:
            for _ in work:
                await asyncio.sleep(0)

        self._pane.run_worker(go_on())

    def _count(self, tabs: Sequence[Tab]) -> Iterator[None]:
        if self.views.texts is None and any(query_of(tab).has_words for tab in tabs):
            yield from self._make_texts()
        for tab in tabs:
            if query_of(tab).has_words:
                self._need_texts()
            self.views.count_anew(tab, list(self._table.jobs), time.time())
            self.show_line()
            yield

    def _make_texts(self) -> Iterator[None]:
        self._texts = texts = SearchTexts()
        jobs = list(self._table.jobs)
        for at in range(0, len(jobs), JOBS_AT_ONCE):
            texts.add(jobs[at : at + JOBS_AT_ONCE])
            yield
            if self._texts is not texts:
                return  # somebody could not wait, and has made others
        self.views.texts = texts

    def _make_ready_to_search(self) -> Iterator[None]:
        """The first letter finds all texts side by side."""
        if self._texts is None:
            yield from self._make_texts()
        in_order = self._table.jobs_in_order
        yield
        if self.views.texts is not None:
            self.views.texts.row(in_order)

    def _need_texts(self) -> None:
        """Have what plain words are searched in, now."""
        if self.views.texts is None:
            for _ in self._make_texts():
                pass

    # The filter

    def open_filter(self) -> None:
        """Type a filter, or change the one that is typed."""
        # Ready by the first letter, and not before: it weighs as much as all the prompts.
        self._in_pieces(self._make_ready_to_search())
        self._line.display = False
        self._bar.display = True
        self._bar.open(self._typed)
        self._tell_bar()

    def type(self, text: str) -> None:
        """Another text stands in the filter: apply it when the letter has been painted."""
        self._typed = text
        if not self._is_to_apply:
            self._is_to_apply = True
            self._pane.call_after_refresh(self._apply)

    def leave_filter(self, *, keeps: bool) -> None:
        """Back to the table, with the filter or without it; not with one that means nothing."""
        if not keeps:
            self._typed = ""
        if not self._apply():
            return
        self._bar.display = False
        self._line.display = True
        self._table.focus()
        self.show_line()

    def _apply(self) -> bool:
        self._is_to_apply = False
        before, complaint = self.views.typed, ""
        try:
            self.views.type(self._typed)
        except QueryError as error:
            # While a field is being typed, what stands before it goes on to count.
            self.views.type(error.understood)
            complaint = str(error)
        if self.views.typed != before:
            self._arrange()
        if complaint:
            self._bar.complain(complaint)
        else:
            self._tell_bar()
        return not complaint

    def _tell_bar(self) -> None:
        shown, total = self._table.row_count, self._table.job_count
        tab = self.views.current
        within = "" if tab == ALL else f" within '{tab.name}'"
        self._bar.say(f"{shown:,} of {total:,} jobs{within}")

    @property
    def has_something_to_clear(self) -> bool:
        """Whether escape has anything to do in the table."""
        return bool(self.views.typed) or self._table.marked_count > 0

    def clear(self) -> None:
        """Drop the filter; when there is none, the marks."""
        if self.views.typed:
            self.leave_filter(keeps=False)
        else:
            self._table.action_unmark()

    # Tabs

    def show_tab(self, index: int) -> None:
        """Show the tab that stands there, if there is one."""
        if 0 <= index < len(self.views.tabs):
            self._show(self.views.tabs[index])

    def step_tab(self, steps: int) -> None:
        """Show the next tab, round and round."""
        self._show(self.views.step(steps))

    def reveal(self, job: Job) -> None:
        """Put the cursor on a job, in a tab and without a filter that would hide it."""
        if self._table.job(job.id) is None:
            self.take_in([job])
            self.show_line()
        if not self._table.is_shown(job.id):
            self._typed = ""
            self.views.type("")
            self._show(ALL)
        self._table.select(job.id)

    def filter_by(self, text: str) -> None:
        """Show all jobs that are like this filter, as if it had been typed."""
        self.views.show(ALL)
        self._typed = text
        self.views.type(text)
        self._arrange()
        self._table.focus()

    def go_to_day(self, day: date) -> Job | None:
        """Put the cursor on the last job made on a day or, where there is none, before it."""
        if self._choices.sort != "when":
            self.sort_by("when")
        after = start_of(day + timedelta(days=1))
        before = (job for job in self._table.shown_jobs if job.created_at < after)
        job = max(before, key=lambda job: job.created_at, default=None)
        if job is not None:
            self._table.select(job.id)
        return job

    def save_filter(self, name: str) -> None:
        """Keep the filter in force as a tab and show that."""
        tab = Tab(name, self.views.present_text)
        self._typed = ""
        self.views.type("")
        tabs = [tab if other.name == name else other for other in self.views.own]
        self.set_tabs(tabs if tab in tabs else [*tabs, tab], tab)

    def set_tabs(self, tabs: Sequence[Tab], wanted: Tab | None = None) -> None:
        """Have these own tabs, and show one of them if one is wanted."""
        self.views.set_own(tabs)
        self._show(wanted or self.views.current)
        if not self._table.is_loading:
            self._in_pieces(self._count(self.views.uncounted()))

    def _show(self, tab: Tab) -> None:
        self.views.show(tab)
        self._arrange()
        self._keep(
            tab=tab.name,
            filters=tuple(SavedFilter(own.name, own.text) for own in self.views.own),
        )

    # Order and columns

    @property
    def columns(self) -> Chosen:
        """The columns that the user wants."""
        return tuple((each.name, each.width) for each in self._choices.columns) or USUAL

    def set_columns(self, chosen: Chosen) -> None:
        """Show these columns, `()` for the usual ones."""
        self._keep(columns=tuple(ColumnChoice(name, width) for name, width in chosen))
        self._table.choose_columns(self.columns)

    def sort_by(self, column: str) -> None:
        """Sort by a column; by the same one again, the other way round."""
        if column == self._choices.sort:
            self._keep(is_descending=not self._choices.is_descending)
        else:
            self._keep(sort=column, is_descending=starts_descending(column))
        self._arrange()

    def step_sort(self, steps: int) -> None:
        """Sort by the column that stands beside the present one."""
        names = [column.name for column in chosen_columns(self.columns)]
        at = names.index(self._choices.sort) if self._choices.sort in names else -1
        self.sort_by(names[(at + steps) % len(names)])

    def reverse(self) -> None:
        """Sort the other way round."""
        self.sort_by(self._choices.sort)

    # All of it

    def _arrange(self) -> None:
        now = time.time()
        query = self.views.query
        if query.has_words:
            self._need_texts()
        empty = _ALL_ARCHIVED if self.views.current == ALL else _EMPTY_TAB
        self._table.none_shown = _NO_SUCH_JOB if self.views.typed else empty
        sort, descending = self._choices.sort, self._choices.is_descending
        self._table.show_sorted(
            sort,
            Arrangement(
                value=sort_value(sort, descending),
                descending=descending,
                keep=self.views.keeper(now),
                sift=self.views.sifter(now),
            ),
        )
        self.show_line()
        self._look_again_in_time()

    def _look_again_in_time(self) -> None:
        """While the tab or the filter depends on the time, see what the time has changed."""
        is_timed = self.views.query.is_timed or bool(self.views.uncounted(timed_too=True))
        if is_timed and self._timer is None:
            self._timer = self._pane.set_timer(SECONDS_BETWEEN_LOOKS, self._look_again)

    def _look_again(self) -> None:
        self._timer = None
        if self.views.query.is_timed:
            self._arrange()
        if not self._table.is_loading:
            self._in_pieces(self._count(self.views.uncounted(timed_too=True)))
        self._look_again_in_time()

    def show_line(self) -> None:
        """Tell the tabs, the filter and the marks as they are now."""
        views = self.views
        self._line.show(
            ViewFacts(
                tabs=tuple(
                    ShownTab(
                        tab.name,
                        views.count(tab),
                        is_current=tab == views.current,
                        alarms=tab.name == "unconfirmed" and not tab.is_own,
                    )
                    for tab in views.tabs
                ),
                filter_text=views.typed.text,
                shown=self._table.row_count,
                marked=self._table.marked_count,
            )
        )

    def _keep(self, **changes: Any) -> None:
        before, self._choices = self._choices, replace(self._choices, **changes)
        after = self._choices
        if before != after:
            self._engine.do(lambda engine: engine.window_state.save_views(before, after))
