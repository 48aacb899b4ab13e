"""A job once more: its inputs come into the form, as they were or changed; nothing is submitted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import SystemRandom
from typing import Any

from textual.screen import Screen

from runcomfy_tui.jobs import Job
from runcomfy_tui.schema.local_files import recalled
from runcomfy_tui.schema.new_seed import with_new_seed
from runcomfy_tui.schema.reading import read_form
from runcomfy_tui.text import visible
from runcomfy_tui.ui.key_names import KeyNames
from runcomfy_tui.ui.screens.field_choice import FieldChoiceScreen
from runcomfy_tui.ui.screens.forms import Forms
from runcomfy_tui.words import INPUTS_NOT_KNOWN


class Rerun:
    """Helper of MainScreen; `show_form` goes to the form. It takes one job, and tells why not."""

    def __init__(
        self,
        screen: Screen[Any],
        forms: Forms,
        keys: KeyNames,
        *,
        show_form: Callable[[], None],
    ) -> None:
        self._screen = screen
        self._keys = keys
        self._forms = forms
        self._show_form = show_form

    async def unchanged(self, jobs: Sequence[Job]) -> None:
        """Bring the inputs into the form."""
        if (job := self._one_of(jobs)) is not None:
            await self._forms.rerun(str(job.model_id), recalled(job.inputs))
            self._show_form()
            self._tell(f"{self._keys.submit} submits it again. {self._brings_back}")

    def with_a_field_changed(self, jobs: Sequence[Job]) -> None:
        """Ask which field is to change; the inputs go into the form, the cursor to that field."""
        if (job := self._one_of(jobs)) is None:
            return

        def answered(name: str | None) -> None:
            if name is not None:
                self._screen.run_worker(self._at(job, name))

        self._screen.app.push_screen(FieldChoiceScreen(job), answered)

    async def _at(self, job: Job, name: str) -> None:
        await self._forms.rerun(str(job.model_id), recalled(job.inputs))
        self._screen.add_class("-composing")
        self._forms.reveal((name,))
        self._tell(f"{self._keys.submit} submits it. {self._brings_back}")

    async def with_new_seed(self, jobs: Sequence[Job]) -> None:
        """Bring the inputs into the form with another seed."""
        if (job := self._one_of(jobs)) is None:
            return
        entry = await self._forms.entry(str(job.model_id))
        form = read_form(entry.input_schema or {})
        inputs = with_new_seed(form, recalled(job.inputs), SystemRandom())
        if inputs is None:
            self._warn(f"{visible(str(job.model_id))} has no seed to change.")
            return
        await self._forms.rerun(str(job.model_id), inputs)
        self._show_form()
        submit = self._keys.submit
        self._tell(f"The same with a new seed: {submit} submits it. {self._brings_back}")

    @property
    def _brings_back(self) -> str:
        return f"{self._keys.bring_back} brings back what the form held."

    def _one_of(self, jobs: Sequence[Job]) -> Job | None:
        """The one job whose inputs are known; else the reason is told."""
        if len(jobs) > 1:
            key = self._keys.unmark
            self._warn(f"Only one job can be brought into the form: unmark the others with {key}.")
        elif jobs and jobs[0].rerun_model_id is None:
            self._warn(INPUTS_NOT_KNOWN)
        elif jobs:
            return jobs[0]
        return None

    def _tell(self, words: str) -> None:
        self._screen.notify(words, markup=False)

    def _warn(self, words: str) -> None:
        self._screen.notify(words, severity="warning", markup=False)
