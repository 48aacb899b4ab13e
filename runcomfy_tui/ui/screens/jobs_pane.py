"""The jobs' pane: the table, and what its keys do with the jobs that are chosen in it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from textual import on
from textual.message import Message

from runcomfy_tui.engine.changes import Changes
from runcomfy_tui.engine.errors import EngineError
from runcomfy_tui.engine.thread import EngineThread
from runcomfy_tui.jobs import Balance, Job
from runcomfy_tui.settings import Settings
from runcomfy_tui.ui.key_names import KeyNames
from runcomfy_tui.ui.screens.jobs_bindings import JOBS_BINDINGS
from runcomfy_tui.ui.screens.table_pane import TablePane
from runcomfy_tui.ui.widgets.chosen import Chosen
from runcomfy_tui.ui.widgets.job_table import JobTable
from runcomfy_tui.words import count_of

if TYPE_CHECKING:
    # Whatever the first paint does not show is imported where it is first used.
    from runcomfy_tui.ui.screens.bulk_actions import BulkActions
    from runcomfy_tui.ui.screens.bulk_downloads import BulkDownloads
    from runcomfy_tui.ui.screens.bulk_rerun import BulkRerun
    from runcomfy_tui.ui.screens.history_actions import HistoryActions
    from runcomfy_tui.ui.screens.job_actions import JobActions
    from runcomfy_tui.ui.screens.result import ResultScreen
    from runcomfy_tui.ui.screens.undo import Undo


class JobsPane(TablePane):
    """Hands the jobs that a key acts on to whoever knows what to do with them.

    `failed` is called with what the engine could not do.
    """

    BINDINGS = JOBS_BINDINGS

    class Tracked(Message):
        """A job that was submitted elsewhere was taken in."""

        def __init__(self, job: Job) -> None:
            super().__init__()
            self.job = job

    def __init__(
        self,
        engine: EngineThread,
        settings: Settings,
        keys: KeyNames,
        *,
        failed: Callable[[EngineError], None],
        id: str | None = None,  # noqa: A002
    ) -> None:
        super().__init__(engine, submit_key=keys.submit, id=id)
        self._settings = settings
        self._keys = keys
        self._failed = failed
        self._balance: Balance | None = None
        self._result: ResultScreen | None = None

    def apply(self, changes: Changes) -> None:
        """Show what has changed."""
        super().apply(changes)
        if changes.facts is not None:
            self._balance = changes.facts.balance
        if changes.downloads:
            self.downloads.take_in(changes.downloads)

    # What the table says

    @on(JobTable.Highlighted)
    def show_detail(self, event: JobTable.Highlighted) -> None:
        """The detail follows the cursor; nothing is asked of the server for it."""
        self.detail.job = event.job
        job_id = event.job.id if event.job else None
        self._engine.tell(lambda engine: engine.select(job_id))

    @on(JobTable.Opened)
    def open_result(self, event: JobTable.Opened) -> None:
        """Open the job's result."""
        from runcomfy_tui.ui.screens.result import ResultScreen

        if self._result is None:
            self._result = ResultScreen(self._engine, self._settings, event.job)
            self.app.install_screen(self._result, "result")
        else:
            self._result.take(event.job)
        self.app.push_screen(self._result)

    # Who knows what to do

    @cached_property
    def undo(self) -> Undo:
        """What was done in this window and can be undone."""
        from runcomfy_tui.ui.screens.undo import Undo

        return Undo(self._engine)

    @cached_property
    def actions(self) -> JobActions:
        """What can be done with a job."""
        from runcomfy_tui.ui.screens.job_actions import JobActions

        return JobActions(self.screen, self._engine, self.undo, failed=self._failed)

    @cached_property
    def bulk(self) -> BulkActions:
        """What can be done with several jobs."""
        from runcomfy_tui.ui.screens.bulk_actions import BulkActions

        done = self.table.action_unmark
        return BulkActions(
            self.screen, self._engine, self.actions, self.undo, done=done, failed=self._failed
        )

    @cached_property
    def reruns(self) -> BulkRerun:
        """What sends several jobs again."""
        from runcomfy_tui.ui.screens.bulk_rerun import BulkRerun

        done = self.table.action_unmark
        return BulkRerun(self.screen, self._engine, self._settings, done=done, failed=self._failed)

    @cached_property
    def downloads(self) -> BulkDownloads:
        """What saves the files of jobs."""
        from runcomfy_tui.ui.screens.bulk_downloads import BulkDownloads

        done = self.table.action_unmark
        return BulkDownloads(self.screen, self._engine, self._settings.download_dir, done=done)

    @cached_property
    def history(self) -> HistoryActions:
        """What can be done with the past."""
        from runcomfy_tui.ui.screens.history_actions import HistoryActions

        return HistoryActions(
            self.screen,
            self._engine,
            self._settings,
            self,
            self.undo,
            failed=self._failed,
        )

    # The jobs that are chosen

    def _with_chosen(self, ask: Callable[[Chosen], None]) -> None:
        """Ask about what is chosen; the question tells which of it is not in sight."""
        if (chosen := self.table.chosen).jobs:
            ask(chosen)

    def chosen_at_once(self) -> Sequence[Job]:
        """What a key acts on that asks nothing: it is told here when not all of it is in sight."""
        chosen = self.table.chosen
        if words := chosen.hidden_words():
            told = f"{count_of(len(chosen.jobs), 'job is', 'jobs are')} marked. {words}"
            self.notify(
                f"{told} {self._keys.unmark} unmarks all.", severity="warning", markup=False
            )
        return chosen.jobs

    # Keys

    def action_cancel_job(self) -> None:
        """Cancel the job under the cursor, or all marked ones."""
        self._with_chosen(self.bulk.cancel)

    def action_copy(self) -> None:
        """Copy the job under the cursor, or all marked ones."""
        if jobs := self.chosen_at_once():
            self.bulk.copy(jobs)

    def action_download(self) -> None:
        """Save the files of the job under the cursor, or of all marked ones."""
        self._with_chosen(self.downloads.ask)

    def action_drop(self) -> None:
        """Take the job under the cursor, or all marked ones, out of the ledger."""
        self._with_chosen(self.bulk.drop)

    def action_label(self) -> None:
        """Give a label."""
        self._with_chosen(lambda chosen: self.bulk.label(chosen, self.labels))

    def action_note(self) -> None:
        """Write a note."""
        self._with_chosen(self.bulk.note)

    def action_rate(self) -> None:
        """Rate."""
        self._with_chosen(self.bulk.rate)

    def action_attach(self) -> None:
        """Give the job under the cursor the request_id that the user found."""
        if (job := self.table.cursor_job) is not None:
            self.actions.attach(job)

    def action_track(self) -> None:
        """Take in jobs that were submitted elsewhere."""
        self.actions.track(self._tracked)

    def _tracked(self, job: Job) -> None:
        self.post_message(self.Tracked(job))

    def action_costs(self) -> None:
        """Show what the jobs have cost."""
        from runcomfy_tui.ui.screens.costs import CostsScreen

        self.app.push_screen(CostsScreen(self._engine, self._settings, self._balance))

    def action_go_to_day(self) -> None:
        """Ask for a day, and go there."""
        self.history.go_to_day()

    def action_groups(self) -> None:
        """Show the groups."""
        self.history.show_groups()

    def action_compare(self) -> None:
        """Compare two marked jobs."""
        from runcomfy_tui.ui.screens.comparison import ComparisonScreen

        chosen = self.table.chosen
        if len(chosen.jobs) != 2:
            marked = f"Marked now: {len(chosen.jobs):,}." if self.table.marked_count else ""
            told = [
                f"Mark the two jobs to compare, with {self._keys.mark}.",
                marked,
                chosen.hidden_words(),
            ]
            words = " ".join(part for part in told if part)
            self.notify(words, severity="warning", markup=False)
            return
        # The older one to the left: the other is what came of changing it.
        one, other = sorted(self.chosen_at_once(), key=lambda job: job.id)
        self.app.push_screen(ComparisonScreen(self._engine, self._settings, one, other))

    def action_pin(self) -> None:
        """Pin the chosen jobs, or no longer."""
        if jobs := self.chosen_at_once():
            self.history.pin(jobs)

    def action_archive(self) -> None:
        """Archive the chosen jobs, or bring them back."""
        self._with_chosen(self.history.archive)

    def action_undo(self) -> None:
        """Undo the last thing that can be."""
        self.history.undo()

    def action_export(self) -> None:
        """Write jobs to a file."""
        self.history.export()

    def action_import(self) -> None:
        """Take in an export."""
        self.history.take_in()
