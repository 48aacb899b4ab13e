"""What a form's job will cost, as far as anybody can tell, and what else to know before paying."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Final

from textual.screen import Screen
from textual.timer import Timer

from runcomfy_tui.engine.errors import EngineError
from runcomfy_tui.engine.estimate import Estimate, Past, PriceSettings, estimate
from runcomfy_tui.engine.recent import Recent
from runcomfy_tui.engine.thread import EngineThread
from runcomfy_tui.jobs import Job, JsonObject, ModelEntry, Status
from runcomfy_tui.schema.fields import Form
from runcomfy_tui.schema.local_files import local_path
from runcomfy_tui.schema.media_entries import local_files, with_values
from runcomfy_tui.ui.widgets.composer import Composer
from runcomfy_tui.ui.words import clock, duration, money

LOOK_BACK_DELAY: Final = 0.3
"""Seconds without another edit after which the ledger is asked about the new settings."""


class FormCosts:
    """Keeps the price line and the advice true to the form. `advised`: `advice` has changed.

    The ledger is asked only when the settings are others than before, or when somebody comes to
    the form: a job that ends while nobody looks draws nothing.
    """

    def __init__(
        self,
        screen: Screen[Any],
        composer: Composer,
        engine: EngineThread,
        recent: Recent,
        submit_key: str,
        *,
        advised: Callable[[], None],
    ) -> None:
        self.advice = ""
        """What to know before the submit; empty when there is nothing."""
        self._screen = screen
        self._composer = composer
        self._engine = engine
        self._recent = recent
        self._submit_key = submit_key
        self._advised = advised
        self._shown: tuple[ModelEntry, Form, JsonObject] | None = None
        self._estimate: Estimate | None = None
        self._past = Past()
        self._settings: tuple[str, dict[str, Any]] | None = None
        self._timer: Timer | None = None
        self._is_stale = True
        self._saw_history = False

    def form_changed(self, entry: ModelEntry, form: Form, inputs: JsonObject) -> None:
        """Tell what these inputs will cost; the past follows when the typing pauses."""
        self._shown = entry, form, inputs
        self._estimate = estimate(entry, form, inputs)
        settings = entry.model_id, PriceSettings(form).of(inputs)
        if settings != self._settings:
            self._settings, self._past, self._is_stale = settings, Past(), True
            self._stop_timer()
            self._timer = self._screen.set_timer(LOOK_BACK_DELAY, self.look_back)
        self._tell()

    @property
    def usual_usd(self) -> float | None:
        """What the last jobs like the form's have cost; None when there is none."""
        return self._past.usd

    def look_back(self) -> None:
        """Ask the ledger for the last jobs like this one, if it may know others by now."""
        self._stop_timer()
        if self._is_stale and self._shown is not None:
            self._screen.run_worker(self._look_back())

    def jobs_changed(self) -> None:
        """Jobs came or went, or money did: the advice may be another at once."""
        self._is_stale = True
        self._advise()
        if self._recent.is_loaded and not self._saw_history:
            self.look_back()

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.stop()
            self._timer = None

    async def _look_back(self) -> None:
        if self._shown is None:
            return
        self._is_stale = False
        self._saw_history = self._recent.is_loaded
        asked = self._settings
        entry, form, inputs = self._shown
        try:
            past = await self._engine.ask(
                lambda engine: engine.past_like(entry.model_id, form, inputs)
            )
        except EngineError:
            return
        if asked == self._settings:
            self._past = past
            self._tell()

    def _tell(self) -> None:
        self._composer.tell_cost(estimate_words(self._estimate), past_words(self._past))
        self._advise()

    def _advise(self) -> None:
        advice = self._short_of_money() or self._said_before()
        if advice != self.advice:
            self.advice = advice
            self._advised()

    def _short_of_money(self) -> str:
        balance = self._recent.balance
        if balance is None:
            return ""
        costs = [self._estimate.usd if self._estimate else None, self._past.usd]
        needed = max((cost for cost in costs if cost is not None), default=0.0)
        if needed <= balance.usd:
            return ""
        return f"{money(balance.usd)} left of ≈ {money(needed)} · {self._submit_key} submits"

    def _said_before(self) -> str:
        if self._shown is None:
            return ""
        entry, form, inputs = self._shown
        now = time.time()
        job = self._recent.same(entry.model_id, _with_whole_paths(form, inputs), now)
        return "" if job is None else repeat_words(job, now, self._submit_key)


def estimate_words(told: Estimate | None) -> str:
    """`est. $0.25 for 5 s`: what the base price comes to."""
    if told is None:
        return ""
    unit = {"second": "s", "minute": "min"}.get(told.unit)
    if unit is None:
        unit = told.unit if told.units == 1 else f"{told.unit}s"
    return f"est. {money(told.usd)} for {told.units:g} {unit}"


def past_words(past: Past) -> str:
    """`your last 12 like this: $0.21, 41s`: medians."""
    facts = ", ".join(filter(None, (money(past.usd), duration(past.seconds))))
    if not facts:
        return ""
    return f"your last {past.count if past.count > 1 else 'one'} like this: {facts}"


def repeat_words(job: Job, now: float, submit_key: str) -> str:
    """That the same was submitted just before, and when."""
    lost = ", unconfirmed" if job.status is Status.UNCONFIRMED else ""
    return f"same inputs at {clock(job.created_at, now)}{lost} · {submit_key} submits again"


def _with_whole_paths(form: Form, inputs: JsonObject) -> JsonObject:
    """`inputs` as the ledger would name their files, so that both can be compared."""
    paths: dict[tuple[str | int, ...], str] = {}
    for each in local_files(form, inputs):
        try:
            paths[each.path] = str(local_path(each.address))
        except ValueError:
            continue
    return with_values(inputs, paths) if paths else inputs
