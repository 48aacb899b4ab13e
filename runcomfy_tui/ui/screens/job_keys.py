"""The keys that do something with jobs, whichever screen the table is part of."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING

from textual import getters, on

from runcomfy_tui.engine.errors import EngineError
from runcomfy_tui.engine.thread import EngineThread
from runcomfy_tui.jobs import Job
from runcomfy_tui.settings import Settings
from runcomfy_tui.ui.screens.jobs_pane import JobsPane
from runcomfy_tui.ui.screens.many import ManyScreen
from runcomfy_tui.ui.widgets.chosen import Chosen
from runcomfy_tui.ui.widgets.job_table import JobTable
from runcomfy_tui.words import count_of

if TYPE_CHECKING:
    # Whatever the first paint does not show is imported where it is first used.
    from runcomfy_tui.ui.screens.bulk_actions import BulkActions
    from runcomfy_tui.ui.screens.bulk_downloads import BulkDownloads
    from runcomfy_tui.ui.screens.bulk_rerun import BulkRerun
    from runcomfy_tui.ui.screens.job_actions import JobActions
    from runcomfy_tui.ui.screens.result import ResultScreen
    from runcomfy_tui.ui.screens.undo import Undo


class JobKeysScreen(ManyScreen):
    """Mixin of MainScreen: the keys for jobs."""

    jobs = getters.query_one("#jobs", JobsPane)
    table = getters.query_one("#table", JobTable)

    def __init__(self, engine: EngineThread, settings: Settings, *, classes: str) -> None:
        super().__init__(classes=classes)
        self._engine = engine
        self._settings = settings
        self._result: ResultScreen | None = None

    def show_jobs(self) -> None:
        """Go to the table."""
        raise NotImplementedError

    def fail(self, error: EngineError) -> None:
        """Tell what the engine could not do."""
        raise NotImplementedError

    @on(JobTable.Highlighted)
    def show_detail(self, event: JobTable.Highlighted) -> None:
        """The detail follows the cursor; nothing is asked of the server for it."""
        self.jobs.detail.job = event.job
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

    @cached_property
    def undo(self) -> Undo:
        """What was done in this window and can be undone."""
        from runcomfy_tui.ui.screens.undo import Undo

        return Undo(self._engine)

    @cached_property
    def actions(self) -> JobActions:
        """What can be done with a job."""
        from runcomfy_tui.ui.screens.job_actions import JobActions

        return JobActions(self, self._engine, self.undo, failed=self.fail)

    @cached_property
    def bulk(self) -> BulkActions:
        """What can be done with several jobs."""
        from runcomfy_tui.ui.screens.bulk_actions import BulkActions

        done = self.table.action_unmark
        return BulkActions(self, self._engine, self.actions, self.undo, done=done, failed=self.fail)

    @cached_property
    def reruns(self) -> BulkRerun:
        """What sends several jobs again."""
        from runcomfy_tui.ui.screens.bulk_rerun import BulkRerun

        done = self.table.action_unmark
        return BulkRerun(self, self._engine, self._settings, done=done, failed=self.fail)

    @cached_property
    def downloads(self) -> BulkDownloads:
        """What saves the files of jobs."""
        from runcomfy_tui.ui.screens.bulk_downloads import BulkDownloads

        done = self.table.action_unmark
        return BulkDownloads(self, self._engine, self._settings.download_dir, done=done)

    def action_cancel_job(self) -> None:
        """Cancel the job under the cursor, or all marked ones."""
        self._with_chosen(self.bulk.cancel)

    def action_copy(self) -> None:
        """Copy the job under the cursor, or all marked ones."""
        if chosen := self.chosen_at_once():
            self.bulk.copy(chosen.jobs)

    def action_download(self) -> None:
        """Save the files of the job under the cursor, or of all marked ones."""
        self._with_chosen(self.downloads.ask)

    def action_drop(self) -> None:
        """Take the job under the cursor, or all marked ones, out of the ledger."""
        self._with_chosen(self.bulk.drop)

    def action_label(self) -> None:
        """Give a label."""
        self._with_chosen(lambda chosen: self.bulk.label(chosen, self.jobs.labels))

    def action_note(self) -> None:
        """Write a note."""
        self._with_chosen(self.bulk.note)

    def action_rate(self) -> None:
        """Rate."""
        self._with_chosen(self.bulk.rate)

    def _with_chosen(self, ask: Callable[[Chosen], None]) -> None:
        """Ask about what is chosen; the question tells which of it is not in sight."""
        if (chosen := self.table.chosen).jobs:
            ask(chosen)

    def chosen_at_once(self) -> Chosen | None:
        """What a key acts on that asks nothing: it is told here when not all of it is in sight."""
        chosen = self.table.chosen
        if words := chosen.hidden_words():
            told = f"{count_of(len(chosen.jobs), 'job is', 'jobs are')} marked. {words}"
            self.notify(f"{told} u unmarks all.", severity="warning", markup=False)
        return chosen if chosen.jobs else None

    def action_attach(self) -> None:
        """Give the job under the cursor the request_id that the user found."""
        if (job := self.table.cursor_job) is not None:
            self.actions.attach(job)

    def action_track(self) -> None:
        """Take in jobs that were submitted elsewhere."""
        self.actions.track(self._go_to)

    def _go_to(self, job: Job) -> None:
        self.show_jobs()
        self.jobs.show(job)
