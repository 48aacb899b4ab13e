"""Everything that is found out about a form before it costs: its files, its price, its past."""

from __future__ import annotations

import ipaddress
from typing import Any
from urllib.parse import urlsplit

from textual.screen import Screen

from runcomfy_tui.engine.estimate import estimate
from runcomfy_tui.engine.recent import Recent
from runcomfy_tui.engine.thread import EngineThread
from runcomfy_tui.jobs import Job, JsonObject, ModelEntry
from runcomfy_tui.schema.fields import Form
from runcomfy_tui.schema.reading import read_form
from runcomfy_tui.settings import Settings
from runcomfy_tui.ui.screens.budget import Budget
from runcomfy_tui.ui.screens.file_checks import FileChecks
from runcomfy_tui.ui.screens.form_costs import FormCosts
from runcomfy_tui.ui.widgets.composer import Composer


class FormChecks:
    """Stands between the composer, which shows, and the engine, which knows."""

    def __init__(
        self,
        screen: Screen[Any],
        composer: Composer,
        engine: EngineThread,
        settings: Settings,
        recent: Recent,
        submit_key: str,
    ) -> None:
        self._screen = screen
        self._composer = composer
        self._engine = engine
        self._files = FileChecks(
            screen,
            composer,
            engine,
            submit_key,
            fetches=not is_this_machine(settings),
            asks_hosts=settings.look_at_urls,
            advised=self._advise,
        )
        self._costs = FormCosts(screen, composer, engine, recent, submit_key, advised=self._advise)
        self._budget = Budget(engine, settings)
        self._form: tuple[ModelEntry, Form] | None = None
        recent.heard = self._costs.jobs_changed

    def form_changed(self, inputs: JsonObject) -> None:
        """Something in the form was edited; `inputs` are what it would send now."""
        if (entry := self._composer.entry) is not None:
            form = self._form_of(entry)
            self._files.form_changed(form, inputs)
            self._costs.form_changed(entry, form, inputs)

    def form_settled(self, *, is_new: bool) -> None:
        """Another form stands there, or a field was left: then its file is looked at."""
        self.form_changed(self._composer.inputs)
        if not is_new and (entry := self._composer.entry) is not None:
            self._files.look(self._form_of(entry))
            self._costs.look_back()

    def form_entered(self) -> None:
        """Somebody comes to the form: what ended meanwhile counts."""
        self._costs.look_back()

    async def submit(self, entry: ModelEntry, inputs: JsonObject) -> Job | None:
        """Submit `inputs`; None when there is something to be seen to first, and nothing was sent.

        Raises `EngineError` as the engine's own `submit` does.
        """
        if self._costs.advice and not self._composer.display:
            self._screen.notify(f"Note: {self._costs.advice.partition(' · ')[0]}.", markup=False)
        form = self._form_of(entry)
        told = estimate(entry, form, inputs)
        usd = told.usd if told else None
        cleared = await self._files.clear(form, inputs)
        if cleared is None or not await self._budget.allows(
            self._screen.app, usd if told else self._costs.usual_usd
        ):
            return None
        return await self._engine.ask(
            lambda engine: engine.submit(entry.model_id, inputs, cleared.files, estimate=usd)
        )

    def hurry(self) -> bool:
        """Let a submit that waits for a look wait no longer; False when none does."""
        return self._files.hurry()

    def _advise(self) -> None:
        self._composer.advise(self._files.advice or self._costs.advice)

    def _form_of(self, entry: ModelEntry) -> Form:
        if self._form is None or self._form[0] is not entry:
            self._form = entry, read_form(entry.input_schema or {})
        return self._form[1]


def is_this_machine(settings: Settings) -> bool:
    """Whether jobs go to a stand-in on this very machine, which fetches no file."""
    if settings.is_sandbox:
        return True
    host = urlsplit(settings.model_api_base).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
