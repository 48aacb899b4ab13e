"""What the keys for the past do: costs, days, groups, comparing, once more, pins, archive."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from runcomfy_tui.jobs import Balance, Job
from runcomfy_tui.text import visible
from runcomfy_tui.ui.screens.job_keys import JobKeysScreen

if TYPE_CHECKING:
    # Whatever the first paint does not show is imported where it is first used.
    from runcomfy_tui.ui.screens.form_desk import FormDesk
    from runcomfy_tui.ui.screens.history_desk import HistoryDesk


class HistoryKeysScreen(JobKeysScreen):
    """Mixin of MainScreen: the keys for the past."""

    @property
    def desk(self) -> FormDesk:
        """The forms and their drafts."""
        raise NotImplementedError

    @property
    def balance(self) -> Balance | None:
        """What is left of the money, as far as it was told."""
        raise NotImplementedError

    def action_compose_job(self) -> None:
        """Go to the form, where the cursor was last."""
        raise NotImplementedError

    @cached_property
    def history(self) -> HistoryDesk:
        """What can be done with the past."""
        from runcomfy_tui.ui.screens.history_desk import HistoryDesk

        return HistoryDesk(
            self,
            self._engine,
            self._settings,
            self.jobs,
            self.undo,
            failed=self.fail,
        )

    def action_costs(self) -> None:
        """Show what the jobs have cost."""
        from runcomfy_tui.ui.screens.costs import CostsScreen

        self.app.push_screen(CostsScreen(self._engine, self._settings, self.balance))

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
            told = ["Mark the two jobs to compare, with v.", marked, chosen.hidden_words()]
            words = " ".join(part for part in told if part)
            self.notify(words, severity="warning", markup=False)
            return
        self.chosen_at_once()
        # The older one to the left: the other is what came of changing it.
        one, other = sorted(chosen.jobs, key=lambda job: job.id)
        self.app.push_screen(ComparisonScreen(self._engine, self._settings, one, other))

    def action_pin(self) -> None:
        """Pin the chosen jobs, or no longer."""
        if chosen := self.chosen_at_once():
            self.history.pin(chosen.jobs)

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

    # Once more

    def action_rerun_changed(self) -> None:
        """Ask which field is to change; the inputs go into the form, the cursor to that field."""
        job = self._one_to_rerun()
        if job is None:
            return
        from runcomfy_tui.ui.screens.field_choice import FieldChoiceScreen

        def answered(name: str | None) -> None:
            if name is not None:
                self.run_worker(self._rerun_at(job, name))

        self.app.push_screen(FieldChoiceScreen(job), answered)

    async def _rerun_at(self, job: Job, name: str) -> None:
        from runcomfy_tui.schema.local_files import recalled

        await self.desk.rerun(str(job.model_id), recalled(job.inputs))
        self.add_class("-composing")
        self.desk.reveal((name,))
        self.notify("F5 submits it. F4 brings back what the form held.", markup=False)

    async def action_rerun_seed(self) -> None:
        """Bring the inputs into the form with another seed; nothing is submitted."""
        job = self._one_to_rerun()
        if job is None:
            return
        from random import SystemRandom

        from runcomfy_tui.schema.local_files import recalled
        from runcomfy_tui.schema.new_seed import with_new_seed
        from runcomfy_tui.schema.reading import read_form

        entry = await self.desk.entry(str(job.model_id))
        form = read_form(entry.input_schema or {})
        inputs = with_new_seed(form, recalled(job.inputs), SystemRandom())
        if inputs is None:
            name = visible(str(job.model_id))
            self.notify(f"{name} has no seed to change.", severity="warning", markup=False)
            return
        await self.desk.rerun(str(job.model_id), inputs)
        self.action_compose_job()
        self.notify(
            "The same with a new seed: F5 submits it. F4 brings back what the form held.",
            markup=False,
        )

    def _one_to_rerun(self) -> Job | None:
        """The one chosen job whose inputs are known; else the reason is told."""
        chosen = self.chosen_at_once()
        jobs = chosen.jobs if chosen else ()
        words = ""
        if len(jobs) > 1:
            words = "Only one job can be brought into the form: unmark the others with u."
        elif jobs and jobs[0].rerun_model_id is None:
            words = "This job was taken in from elsewhere: its inputs are not known."
        if words:
            self.notify(words, severity="warning", markup=False)
        return jobs[0] if jobs and not words else None
