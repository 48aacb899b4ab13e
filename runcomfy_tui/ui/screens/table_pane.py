"""The table of jobs, tabs and filter above it, the detail below, and what arranges them."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from textual import getters, on
from textual.app import ComposeResult
from textual.containers import Vertical

from runcomfy_tui.engine.changes import Changes
from runcomfy_tui.engine.thread import EngineThread
from runcomfy_tui.ui.widgets.job_table import JobTable

if TYPE_CHECKING:
    # Whatever the first paint does not show is imported where it is first used.
    from runcomfy_tui.jobs import Job
    from runcomfy_tui.ui.screens.shown_jobs import ShownJobs
    from runcomfy_tui.ui.screens.tabs import TabsAnswer
    from runcomfy_tui.ui.widgets.filter_bar import FilterBar
    from runcomfy_tui.ui.widgets.job_columns import Chosen
    from runcomfy_tui.ui.widgets.job_detail import JobDetail
    from runcomfy_tui.ui.widgets.view_line import ViewLine


class TablePane(Vertical):
    """Shows the jobs: filtered, in tabs, sorted, in the columns that the user wants."""

    table = getters.query_one("#table", JobTable)

    def __init__(
        self,
        engine: EngineThread,
        *,
        submit_key: str,
        id: str | None = None,  # noqa: A002
    ) -> None:
        super().__init__(id=id)
        self._engine = engine
        self._submit_key = submit_key

    def compose(self) -> ComposeResult:
        yield JobTable(submit_key=self._submit_key, id="table")

    async def complete(self) -> None:
        """Put in what the first paint leaves out; its place was kept free."""
        await self.mount_all([self.line, self.bar], before="#table")
        await self.mount(self.detail)
        self.detail.expect(self.shown.typical.outlook)
        self.run_worker(self._remember())

    async def _remember(self) -> None:
        from runcomfy_tui.engine.errors import EngineError

        try:
            choices = await self._engine.ask(lambda engine: engine.window_state.load_views())
        except EngineError:
            return  # without an engine there is nothing to show, and the window says so
        self.shown.remember(choices)

    @cached_property
    def line(self) -> ViewLine:
        """The tabs."""
        from runcomfy_tui.ui.widgets.view_line import ViewLine

        return ViewLine(id="views")

    @cached_property
    def bar(self) -> FilterBar:
        """Where a filter is typed, in the place of the tabs."""
        from runcomfy_tui.ui.widgets.filter_bar import FilterBar

        return FilterBar(id="filter")

    @cached_property
    def detail(self) -> JobDetail:
        """The job under the cursor in full."""
        from runcomfy_tui.ui.widgets.job_detail import JobDetail

        return JobDetail(id="detail")

    @cached_property
    def shown(self) -> ShownJobs:
        """What decides which jobs are shown, and how."""
        from runcomfy_tui.ui.screens.shown_jobs import ShownJobs

        return ShownJobs(self, self._engine, self.table, self.line, self.bar)

    @property
    def has_jobs(self) -> bool:
        """Whether there is any job, shown or not."""
        return self.table.job_count > 0

    @property
    def labels(self) -> list[str]:
        """The labels in use, to be offered again."""
        return sorted({job.label for job in self.table.jobs if job.label})

    def apply(self, changes: Changes) -> None:
        """Show what has changed."""
        if changes.jobs or changes.gone:
            self.shown.take_in(changes.jobs, changes.gone)
        if not changes.has_more:
            # In the same turn: one paint is fewer bytes than two.
            self.shown.show_line()
        if changes.facts is not None:
            self.table.mark_stale(changes.facts.overdue)
            self.detail.mark_stale(changes.facts.overdue)

    def show(self, job: Job) -> None:
        """Put the cursor on a job, whichever tab it takes."""
        self.shown.reveal(job)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Escape does something only where there is something to clear; a slash is also typed."""
        if action == "filter":
            return not ("bar" in self.__dict__ and self.bar.has_focus_within)
        if action != "clear":
            return True
        return "shown" in self.__dict__ and self.shown.has_something_to_clear

    # Keys

    def action_filter(self) -> None:
        """Type a filter."""
        self.shown.open_filter()

    def action_clear(self) -> None:
        """Drop the filter, or the marks."""
        self.shown.clear()

    def action_tab(self, index: int) -> None:
        """Show a tab."""
        self.shown.show_tab(index)

    def action_step_tab(self, steps: int) -> None:
        """Show the next tab."""
        self.shown.step_tab(steps)

    def action_step_sort(self, steps: int) -> None:
        """Sort by the next column."""
        self.shown.step_sort(steps)

    def action_reverse(self) -> None:
        """Sort the other way round."""
        self.shown.reverse()

    def action_columns(self) -> None:
        """Choose the columns."""
        from runcomfy_tui.ui.screens.columns import ColumnsScreen

        def answered(chosen: Chosen | None) -> None:
            if chosen is not None:
                self.shown.set_columns(chosen)

        self.app.push_screen(ColumnsScreen(self.shown.columns), answered)

    def action_save_filter(self) -> None:
        """Ask for a name, and keep the filter in force under it."""
        from runcomfy_tui.ui.screens.asking_text import TextScreen
        from runcomfy_tui.ui.screens.tabs import LONGEST_NAME, refusal

        views = self.shown.views
        if not views.typed and not views.current.is_own:
            self.notify("Type a filter with / first; S saves it as a tab.", markup=False)
            return

        def answered(name: str | None) -> None:
            if name is not None:
                self.shown.save_filter(name)

        self.app.push_screen(
            TextScreen(
                "Save this filter as a tab",
                f"{views.present_text}\nA tab of yours with the same name is replaced.",
                text=views.current.name if views.current.is_own else "",
                longest=LONGEST_NAME,
                refuse=lambda name: refusal(name, ()),
            ),
            answered,
        )

    def action_tabs(self) -> None:
        """Rename, move, delete one's own tabs."""
        from runcomfy_tui.ui.screens.tabs import TabsScreen

        def answered(answer: TabsAnswer | None) -> None:
            if answer is not None:
                self.shown.set_tabs(answer.tabs, answer.wanted)

        self.app.push_screen(TabsScreen(self.shown.views.own), answered)

    # What the widgets say

    @on(JobTable.Marked)
    def marks_changed(self) -> None:
        """Tell how many are marked."""
        self.shown.show_line()

    @on(JobTable.SortWanted)
    def sort(self, event: JobTable.SortWanted) -> None:
        """A title was clicked."""
        self.shown.sort_by(event.column)

    def on_view_line_chosen(self, event: ViewLine.Chosen) -> None:
        """A tab was clicked."""
        self.shown.show_tab(event.index)

    def on_filter_bar_typed(self, event: FilterBar.Typed) -> None:
        """A filter is being typed."""
        self.shown.type(event.text)

    def on_filter_bar_left(self, event: FilterBar.Left) -> None:
        """Back to the table."""
        self.shown.leave_filter(keeps=event.keeps)
