"""The dashboard: the form beside the jobs, and what can be done with the job under the cursor."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING

from textual import getters, on, work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical

from runcomfy_tui.engine.changes import Changes, Facts
from runcomfy_tui.engine.errors import EngineError
from runcomfy_tui.engine.recent import Recent
from runcomfy_tui.engine.thread import EngineThread
from runcomfy_tui.jobs import Failure, Job, JsonObject, ModelEntry, Status
from runcomfy_tui.schema.local_files import recalled
from runcomfy_tui.settings import Settings
from runcomfy_tui.text import visible
from runcomfy_tui.ui.screens.many import ManyScreen
from runcomfy_tui.ui.screens.status import status_facts
from runcomfy_tui.ui.widgets.job_table import JobTable
from runcomfy_tui.ui.widgets.key_bar import KeyBar
from runcomfy_tui.ui.widgets.status_line import StatusFacts, StatusLine

if TYPE_CHECKING:
    # Whatever the first paint does not show is imported where it is first used.
    from runcomfy_tui.schema.paste import Paste
    from runcomfy_tui.ui.screens.first_run import TokenAnswer
    from runcomfy_tui.ui.screens.form_checks import FormChecks
    from runcomfy_tui.ui.screens.form_desk import FormDesk
    from runcomfy_tui.ui.screens.job_actions import JobActions
    from runcomfy_tui.ui.screens.many_desk import ManyDesk
    from runcomfy_tui.ui.widgets.composer import Composer
    from runcomfy_tui.ui.widgets.job_detail import JobDetail


WIDE = 110
"""Columns from which the form and the jobs stand side by side."""


class JobsPane(Vertical):
    """The table and the detail, and the keys that work on the job under the cursor."""

    BINDINGS = [
        Binding("c", "screen.cancel_job", "cancel", id="job.cancel", tooltip="Cancel a queued job"),
        Binding(
            "r", "screen.rerun", "rerun", id="job.rerun", tooltip="Bring its inputs into the form"
        ),
        Binding(
            "y",
            "screen.copy",
            "copy",
            id="job.copy",
            tooltip="Copy its request_id, URL, JSON or curl line",
        ),
        Binding(
            "t",
            "screen.track",
            "track",
            id="jobs.track",
            show=False,
            tooltip="Take in jobs that were submitted elsewhere",
        ),
        Binding(
            "a",
            "screen.attach",
            "attach",
            id="job.attach",
            show=False,
            tooltip="Give an unconfirmed job its request_id",
        ),
        Binding(
            "d",
            "screen.drop",
            "drop",
            id="job.drop",
            show=False,
            tooltip="Take a job out of the ledger",
        ),
    ]


class MainScreen(ManyScreen):
    """Answers what the form and the table say, and asks the engine; draws nothing itself."""

    AUTO_FOCUS = "#table"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (WIDE, "-wide")]

    BINDINGS = [
        Binding("f5", "submit", "submit", id="composer.submit", tooltip="Submit the form once"),
        Binding("ctrl+n", "compose_job", "new", id="composer.new", tooltip="Go to the form"),
        Binding("f2", "choose_model", "model", id="composer.model", tooltip="Choose a model"),
        Binding(
            "f3",
            "switch_view",
            "json",
            id="composer.json",
            tooltip="Show the whole request as JSON, or as a form again",
        ),
        Binding(
            "f4",
            "previous_form",
            "form before",
            id="composer.previous",
            show=False,
            tooltip="Bring back what the form held before",
        ),
        Binding("escape", "back", "jobs", id="jobs.focus", tooltip="Go to the table of jobs"),
        Binding(
            "f9", "token", "token", id="account.token", show=False, tooltip="Enter another token"
        ),
    ]

    table = getters.query_one("#table", JobTable)
    status = getters.query_one("#status", StatusLine)

    def __init__(
        self,
        engine: EngineThread,
        settings: Settings,
        *,
        leave_for_sandbox: Callable[[], None],
    ) -> None:
        super().__init__(classes="-incomplete")
        self._engine = engine
        self._settings = settings
        self._leave_for_sandbox = leave_for_sandbox
        self._jobs: dict[str, Job] = {}
        self._counts: Counter[Status] = Counter()
        self._facts = Facts()
        self._recent = Recent()
        self._opened_at = time.time()
        self._under_way: list[tuple[str, JsonObject]] = []
        self._unseen: list[tuple[str | None, JsonObject]] = []
        self._is_placed = False
        self._is_submit_typed_ahead = False

    def compose(self) -> ComposeResult:
        # Textual sets this class only once it has painted, and would then do all of it again.
        self.add_class("-wide" if self.app.size.width >= WIDE else "-narrow")
        yield StatusLine(StatusFacts(where=self._settings.where), id="status")
        with Horizontal(id="panes"), JobsPane(id="jobs"):
            yield JobTable(id="table")
        yield KeyBar()

    async def complete(self) -> None:
        """Put in what the first paint leaves out; its place was kept free."""
        with self.app.batch_update():
            await self.query_one("#panes").mount(self.composer, before="#jobs")
            await self.query_one("#jobs").mount(self.detail)
            self.remove_class("-incomplete")

    @cached_property
    def composer(self) -> Composer:
        """The form. It can be spoken to before it is on the screen."""
        from runcomfy_tui.ui.widgets.composer import Composer

        return Composer(id="composer")

    @cached_property
    def detail(self) -> JobDetail:
        """The job under the cursor in full."""
        from runcomfy_tui.ui.widgets.job_detail import JobDetail

        return JobDetail(id="detail")

    # What the engine says

    @property
    def is_loaded(self) -> bool:
        """Whether the engine has read the whole history."""
        return self._facts.is_loaded

    def apply(self, changes: Changes) -> None:
        """Show what has changed."""
        new = [job for job in changes.jobs if job.id not in self._jobs]
        for job in changes.jobs:
            before = self._jobs.get(job.id)
            if before is not None:
                self._counts[before.status] -= 1
            self._counts[job.status] += 1
            self._jobs[job.id] = job
        for job_id in changes.gone:
            if (lost := self._jobs.pop(job_id, None)) is not None:
                self._counts[lost.status] -= 1
        if changes.jobs or changes.gone:
            self.table.update_jobs(changes.jobs, changes.gone)
        for job in new:
            if (job.model_id, job.inputs) in self._unseen:
                self._unseen.remove((job.model_id, job.inputs))
                self.table.select(job.id)
        if changes.facts is not None:
            self._facts = changes.facts
        self._recent.take_in(changes, time.time())
        if changes.batches:
            self.many.apply(changes)
        self.status.show(status_facts(self._facts, self._counts, self._settings.where, time.time()))
        self._place_focus()

    def _place_focus(self) -> None:
        """Once, when it is known that there are no jobs: to the form, unless the user moved on."""
        if self._is_placed or not (self._jobs or self._facts.is_loaded):
            return
        self._is_placed = True
        if not self._jobs and self.focused is self.table:
            self.add_class("-composing")
            self.call_after_refresh(self._place_focus_on_form)

    def _place_focus_on_form(self) -> None:
        if self.focused is self.table:
            self.composer.focus_model()

    # The form

    @cached_property
    def desk(self) -> FormDesk:
        """The forms and their drafts."""
        from runcomfy_tui.ui.screens.form_desk import FormDesk

        return FormDesk(self, self.composer, self._engine, warn=self._warn)

    @cached_property
    def checks(self) -> FormChecks:
        """What is found out about the form before it costs."""
        from runcomfy_tui.ui.screens.form_checks import FormChecks

        return FormChecks(self, self.composer, self._engine, self._settings, self._recent)

    def make_many_desk(self) -> ManyDesk:
        from runcomfy_tui.ui.screens.many_desk import ManyDesk

        return ManyDesk(
            self,
            self.composer,
            self.desk,
            self._engine,
            self._settings,
            self._recent,
            opened_at=self._opened_at,
            failed=self._fail,
        )

    async def show_first_form(self) -> None:
        """Show the form to begin with, and submit it if that was asked for before it was there."""
        await self.desk.show_first()
        if self._is_submit_typed_ahead:
            self.action_submit()

    def action_submit(self) -> None:
        """Submit what stands in the form, once."""
        entry, inputs = self.composer.entry, self.composer.attempt()
        if entry is None:
            self._is_submit_typed_ahead = True
            return
        if inputs is None:
            self.add_class("-composing")
            return
        if (entry.model_id, inputs) in self._under_way:
            if not self.checks.hurry():
                self._warn("This very form is on its way already: wait for RunComfy's answer.")
            return
        self._under_way.append((entry.model_id, inputs))
        self._unseen.append((entry.model_id, inputs))
        # At once, not with the answer: a key pressed meanwhile must not turn into a command.
        self._show_jobs()
        self._submit(entry, inputs)

    @work
    async def _submit(self, entry: ModelEntry, inputs: JsonObject) -> None:
        request = entry.model_id, inputs
        try:
            job = await self.checks.submit(entry, inputs)
        except EngineError as error:
            self._unseen = [other for other in self._unseen if other != request]
            self.action_compose_job()
            self._fail(error)
            return
        finally:
            self._under_way.remove(request)
        is_unseen = request in self._unseen
        self._unseen = [other for other in self._unseen if other != request]
        if job is None:
            self.action_compose_job()
            return
        if is_unseen:
            self.table.update_jobs([self._jobs.get(job.id, job)])
            self.table.select(job.id)
        if job.status is Status.REJECTED and job.failure is not None:
            self._take_refusal(job.failure)
        elif job.status is Status.UNCONFIRMED:
            self._warn("The answer was lost, so nobody knows. The job's detail says what to do.")

    def _take_refusal(self, failure: Failure) -> None:
        if failure.problems:
            self.add_class("-composing")
        else:
            self._warn(failure.message)
        self.composer.show_refusal(failure.problems, failure.message)

    def action_compose_job(self) -> None:
        """Go to the form, where the cursor was last."""
        self._is_placed = True
        self.add_class("-composing")
        self.call_after_refresh(self.composer.focus_form)
        self.checks.form_entered()

    def action_choose_model(self) -> None:
        """Choose the model of the form."""
        from runcomfy_tui.ui.screens.models import ModelScreen

        current = self.composer.entry.model_id if self.composer.entry else None
        self.app.push_screen(ModelScreen(self._engine, current), self._take_model)

    def on_composer_model_wanted(self) -> None:
        """The model line was pressed."""
        self.action_choose_model()

    async def _take_model(self, choice: ModelEntry | Paste | None) -> None:
        if choice is not None:
            await self.desk.take_choice(choice)
            self.action_compose_job()

    async def on_composer_pasted(self, event: Composer.Pasted) -> None:
        """A whole request was pasted: show it in its form."""
        await self._take_model(event.paste)

    async def action_switch_view(self) -> None:
        """The request as JSON, or as a form again."""
        self.add_class("-composing")
        await self.composer.switch_view()

    def on_composer_changed(self, event: Composer.Changed) -> None:
        """Keep what is typed."""
        self.desk.save_soon()
        self.checks.form_changed(event.inputs)

    def on_composer_settled(self, event: Composer.Settled) -> None:
        """What stands in the form can be looked at."""
        self.checks.form_settled(is_new=event.is_new)

    async def action_previous_form(self) -> None:
        """Bring back what the form held before another one took its place."""
        if await self.desk.bring_back():
            self.action_compose_job()
        else:
            self._warn("The form has not been replaced yet.")

    # The jobs

    def _show_jobs(self) -> None:
        self.remove_class("-composing")
        self.table.focus()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only who is in the form can go back to the jobs."""
        if action == "back":
            return not self.query_one("#jobs").has_focus_within
        return True

    def action_back(self) -> None:
        """Leave the form for the table."""
        self._show_jobs()

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

        self.app.push_screen(ResultScreen(self._engine, self._settings, event.job))

    @cached_property
    def actions(self) -> JobActions:
        """What can be done with a job."""
        from runcomfy_tui.ui.screens.job_actions import JobActions

        return JobActions(self, self._engine, failed=self._fail)

    def action_cancel_job(self) -> None:
        """Cancel the job under the cursor."""
        self._with_job(self.actions.cancel)

    def action_copy(self) -> None:
        """Copy the job under the cursor."""
        self._with_job(self.actions.copy)

    def action_attach(self) -> None:
        """Give the job under the cursor the request_id that the user found."""
        self._with_job(self.actions.attach)

    def action_drop(self) -> None:
        """Take the job under the cursor out of the ledger."""
        self._with_job(self.actions.drop)

    def action_track(self) -> None:
        """Take in jobs that were submitted elsewhere."""
        self.actions.track(self._go_to)

    def _with_job(self, act: Callable[[Job], None]) -> None:
        if (job := self.table.cursor_job) is not None:
            act(job)

    def _go_to(self, job: Job) -> None:
        self.table.update_jobs([self._jobs.get(job.id, job)])
        self._show_jobs()
        self.table.select(job.id)

    async def action_rerun(self) -> None:
        """Bring the inputs of the job under the cursor into the form; nothing is submitted."""
        job = self.table.cursor_job
        if job is None:
            return
        if job.model_id is None or job.adopted:
            self._warn("This job was taken in from elsewhere: its inputs are not known.")
            return
        await self.desk.rerun(job.model_id, recalled(job.inputs))
        self.action_compose_job()
        self.notify("F5 submits it again. F4 brings back what the form held.", markup=False)

    # The account

    def action_token(self) -> None:
        """Enter another token."""
        if self._settings.is_sandbox:
            self._warn("The sandbox needs no token.")
        else:
            self.ask_for_token("")

    def ask_for_token(self, reason: str) -> None:
        """Ask for the token; `reason` says why, or nothing at the very first start."""
        from runcomfy_tui.ui.screens.first_run import TokenScreen

        self.app.push_screen(TokenScreen(self._engine, reason=reason), self._token_answered)

    def _token_answered(self, answer: TokenAnswer | None) -> None:
        if answer is not None and answer.wants_sandbox:
            self._leave_for_sandbox()

    def _fail(self, error: EngineError) -> None:
        if error.is_authorisation and not self._settings.is_sandbox:
            self.ask_for_token(f"{error}\nEnter a token that RunComfy accepts:")
        else:
            self.notify(visible(str(error)), severity="error", markup=False)

    def _warn(self, words: str) -> None:
        self.notify(visible(words), severity="warning", markup=False)
