"""The dashboard: the form beside the jobs, and what can be done with the job under the cursor."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING

from textual import getters, work
from textual.app import ComposeResult
from textual.containers import Horizontal

from runcomfy_tui.engine.changes import Changes, Facts
from runcomfy_tui.engine.errors import EngineError
from runcomfy_tui.engine.thread import EngineThread
from runcomfy_tui.jobs import Failure, JsonObject, ModelEntry, Status
from runcomfy_tui.settings import Settings
from runcomfy_tui.text import visible
from runcomfy_tui.ui.key_names import KeyNames
from runcomfy_tui.ui.screens.account import Account
from runcomfy_tui.ui.screens.jobs_pane import JobsPane
from runcomfy_tui.ui.screens.main_bindings import MAIN_BINDINGS
from runcomfy_tui.ui.screens.quiet import QuietScreen
from runcomfy_tui.ui.screens.status import status_facts
from runcomfy_tui.ui.widgets.job_table import JobTable
from runcomfy_tui.ui.widgets.key_bar import KeyBar
from runcomfy_tui.ui.widgets.status_line import StatusFacts, StatusLine

if TYPE_CHECKING:
    # Whatever the first paint does not show is imported where it is first used.
    from runcomfy_tui.engine.recent import Recent
    from runcomfy_tui.schema.paste import Paste
    from runcomfy_tui.ui.screens.form_checks import FormChecks
    from runcomfy_tui.ui.screens.forms import Forms
    from runcomfy_tui.ui.screens.rerun import Rerun
    from runcomfy_tui.ui.screens.sweeps import Sweeps
    from runcomfy_tui.ui.widgets.composer import Composer
    from runcomfy_tui.ui.widgets.fields.pasting import RequestReferred


WIDE = 110
"""Columns from which the form and the jobs stand side by side."""

HIGH = 30
"""Lines from which the form need not save on any."""


class MainScreen(QuietScreen[None]):
    """Answers what the form and the table say, and asks the engine; draws nothing itself."""

    AUTO_FOCUS = "#table"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (WIDE, "-wide")]
    VERTICAL_BREAKPOINTS = [(0, "-low"), (HIGH, "-high")]

    BINDINGS = MAIN_BINDINGS

    jobs = getters.query_one("#jobs", JobsPane)
    table = getters.query_one("#table", JobTable)
    status = getters.query_one("#status", StatusLine)

    def __init__(
        self,
        engine: EngineThread,
        settings: Settings,
        keys: KeyNames,
        *,
        leave_for_sandbox: Callable[[], None],
    ) -> None:
        super().__init__(classes="-incomplete")
        self._engine = engine
        self._settings = settings
        self._keys = keys
        self.account = Account(self, engine, settings, leave_for_sandbox=leave_for_sandbox)
        self._facts = Facts()
        self._opened_at = time.time()
        self._under_way: list[tuple[str, JsonObject]] = []
        self._unseen: list[tuple[str | None, JsonObject]] = []
        self._is_placed = False
        self._is_submit_typed_ahead = False

    def compose(self) -> ComposeResult:
        # Textual sets these classes only once it has painted, and would then do all of it again.
        self.add_class("-wide" if self.app.size.width >= WIDE else "-narrow", update=False)
        self.add_class("-high" if self.app.size.height >= HIGH else "-low", update=False)
        yield StatusLine(StatusFacts(where=self._settings.where), id="status")
        with Horizontal(id="panes"):
            yield JobsPane(
                self._engine, self._settings, self._keys, failed=self.account.failed, id="jobs"
            )
        yield KeyBar()

    async def complete(self) -> None:
        """Put in what the first paint leaves out; its place was kept free."""
        with self.app.batch_update():
            await self.query_one("#panes").mount(self.composer, before="#jobs")
            await self.jobs.complete()
            self.remove_class("-incomplete")
        self._place_focus()

    @cached_property
    def composer(self) -> Composer:
        """The form. It can be spoken to before it is on the screen."""
        from runcomfy_tui.ui.widgets.composer import Composer

        return Composer(submit_key=self._keys.submit, id="composer")

    @cached_property
    def _recent(self) -> Recent:
        from runcomfy_tui.engine.recent import Recent

        return Recent()

    # What the engine says

    @property
    def is_loaded(self) -> bool:
        """Whether the engine has read the whole history."""
        return self._facts.is_loaded

    def apply(self, changes: Changes) -> None:
        """Show what has changed."""
        table = self.table
        # Seldom anything is waited for; a whole history comes through here.
        new = [job for job in changes.jobs if self._unseen and table.job(job.id) is None]
        self.jobs.apply(changes)
        for job in new:
            if (job.model_id, job.inputs) in self._unseen:
                self._unseen.remove((job.model_id, job.inputs))
                self.jobs.show(job)
        if changes.facts is not None:
            self._facts = changes.facts
        if self.is_loaded and not changes.has_more:
            self.jobs.shown.history_is_there()
        self._recent.take_in(changes, time.time())
        if changes.batches:
            self.sweeps.apply(changes)
        counts = self.jobs.shown.views.by_status
        where, token_key = self._settings.where, self._keys.token
        self.status.show(status_facts(self._facts, counts, where, time.time(), token_key))
        self._place_focus()

    def _place_focus(self) -> None:
        """Once, when it is known that there are no jobs: to the form, unless the user moved on."""
        is_known = self.jobs.has_jobs or self.is_loaded
        if self._is_placed or not is_known or self.has_class("-incomplete"):
            return
        self._is_placed = True
        if not self.jobs.has_jobs and self.focused is self.table:
            self.add_class("-composing")
            self.call_after_refresh(self._place_focus_on_form)

    def _place_focus_on_form(self) -> None:
        if self.has_class("-composing") and not self.composer.has_focus_within:
            self.composer.focus_model()

    # The form

    @cached_property
    def forms(self) -> Forms:
        """The forms and their drafts."""
        from runcomfy_tui.ui.screens.forms import Forms

        return Forms(self, self.composer, self._engine, self._keys, warn=self._warn)

    @cached_property
    def checks(self) -> FormChecks:
        """What is found out about the form before it costs."""
        from runcomfy_tui.ui.screens.form_checks import FormChecks

        return FormChecks(
            self, self.composer, self._engine, self._settings, self._recent, self._keys.submit
        )

    @cached_property
    def sweeps(self) -> Sweeps:
        """What is planned, and the screens that plan it."""
        from runcomfy_tui.ui.screens.sweeps import Sweeps

        return Sweeps(
            self,
            self.composer,
            self.forms,
            self._engine,
            self._settings,
            self._recent,
            self._keys,
            opened_at=self._opened_at,
            failed=self.account.failed,
        )

    @cached_property
    def rerun(self) -> Rerun:
        """What brings a job back into the form."""
        from runcomfy_tui.ui.screens.rerun import Rerun

        return Rerun(self, self.forms, self._keys, show_form=self.action_compose_job)

    async def show_first_form(self) -> None:
        """Show the form to begin with, and submit it if that was asked for before it was there."""
        await self.forms.show_first()
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
                self._warn("This form is being submitted already: wait for RunComfy's answer.")
            return
        self._under_way.append((entry.model_id, inputs))
        self._unseen.append((entry.model_id, inputs))
        # At once, not with the answer: a key pressed meanwhile must not turn into a command.
        self.show_jobs()
        self._submit(entry, inputs)

    @work
    async def _submit(self, entry: ModelEntry, inputs: JsonObject) -> None:
        request = entry.model_id, inputs
        try:
            job = await self.checks.submit(entry, inputs)
        except EngineError as error:
            self._unseen = [other for other in self._unseen if other != request]
            self.action_compose_job()
            self.account.failed(error)
            return
        finally:
            self._under_way.remove(request)
        is_unseen = request in self._unseen
        self._unseen = [other for other in self._unseen if other != request]
        if job is None:
            self.action_compose_job()
            return
        if is_unseen:
            self.jobs.show(job)
        if job.status is Status.REJECTED and job.failure is not None:
            self._take_refusal(job.failure)
        elif job.status is Status.UNCONFIRMED:
            self._warn(
                "The answer was lost: the job may exist and may be charged. "
                "Its detail says what to do."
            )

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
        self.composer.claim_focus()
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
            await self.forms.take_choice(choice)
            self.action_compose_job()

    async def on_composer_pasted(self, event: Composer.Pasted) -> None:
        """A whole request was pasted: show it in its form."""
        await self._take_model(event.paste)

    @work
    async def on_request_referred(self, event: RequestReferred) -> None:
        """A sidecar or a job's id was pasted: bring back the form it came of."""
        event.stop()
        reference = event.reference
        try:
            paste = await self._engine.ask(
                lambda engine: engine.results.recalling.recall(reference)
            )
        except EngineError as error:
            self._warn(str(error))
        else:
            await self._take_model(paste)

    async def action_switch_view(self) -> None:
        """The request as JSON, or as a form again."""
        self.add_class("-composing")
        await self.composer.switch_view()

    def on_composer_changed(self, event: Composer.Changed) -> None:
        """Keep what is typed."""
        self.forms.save_soon()
        self.checks.form_changed(event.inputs)

    def on_composer_settled(self, event: Composer.Settled) -> None:
        """What stands in the form can be looked at."""
        self.checks.form_settled(is_new=event.is_new)

    async def action_previous_form(self) -> None:
        """Bring back what the form held before another one took its place."""
        if await self.forms.bring_back():
            self.action_compose_job()
        else:
            self._warn("The form has not been replaced yet.")

    # The jobs

    def show_jobs(self) -> None:
        """Go to the table."""
        self._is_placed = True
        self.remove_class("-composing")
        self.composer.let_focus_go()
        self.table.focus()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only who is in the form can go back to the jobs."""
        if action == "back":
            # The focus comes into the form a moment after the form has come into sight.
            return self.has_class("-composing") or not self.jobs.has_focus_within
        return True

    def action_back(self) -> None:
        """Leave the form for the table."""
        self.show_jobs()

    def on_jobs_pane_tracked(self, event: JobsPane.Tracked) -> None:
        """Go to a job that was taken in."""
        self.show_jobs()
        self.jobs.show(event.job)

    async def action_rerun(self) -> None:
        """Bring the job's inputs into the form, nothing is submitted; ask to send marked ones."""
        if len(self.table.chosen.jobs) > 1:
            self.jobs.reruns.ask(self.table.chosen)
        else:
            await self.rerun.unchanged(self.jobs.chosen_at_once())

    def action_rerun_changed(self) -> None:
        """Bring the job's inputs into the form, to change one field."""
        self.rerun.with_a_field_changed(self.jobs.chosen_at_once())

    async def action_rerun_seed(self) -> None:
        """Bring the job's inputs into the form with another seed."""
        await self.rerun.with_new_seed(self.jobs.chosen_at_once())

    # Many jobs at once

    def action_sweep(self) -> None:
        """Make many jobs of the form."""
        self.sweeps.sweep()

    def action_batches(self) -> None:
        """Show the sweeps."""
        self.sweeps.show_batches()

    def action_presets(self) -> None:
        """Show the presets of the form's model."""
        self.sweeps.show_presets()

    # The account

    def action_token(self) -> None:
        """Enter another token."""
        self.account.change_token()

    def _warn(self, words: str) -> None:
        self.notify(visible(words), severity="warning", markup=False)
