"""Sending many jobs again: one question, then a sweep for each model, at the pace of sweeps."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

from textual.screen import Screen

from runcomfy_tui.batch import Item
from runcomfy_tui.engine.errors import EngineError
from runcomfy_tui.engine.thread import EngineThread
from runcomfy_tui.jobs import Job, Status
from runcomfy_tui.schema.local_files import kept_places, recalled
from runcomfy_tui.settings import Settings
from runcomfy_tui.text import visible
from runcomfy_tui.ui.screens.asking_text import count_question
from runcomfy_tui.ui.screens.budget import Budget
from runcomfy_tui.ui.screens.bulk_actions import Plan, plan
from runcomfy_tui.ui.screens.confirm import ConfirmScreen, paragraphs
from runcomfy_tui.ui.widgets.chosen import Chosen
from runcomfy_tui.ui.words import moment, money
from runcomfy_tui.words import count_of

MOST_MODELS = 6
"""Models named in the question, those with most jobs first; the others are counted."""


class BulkRerun:
    """Asks once, then plans the jobs again with their own inputs.

    They are sent by the engine as a sweep is: within the user's budget, paced, and written down
    before each POST. `done` is called when they are planned, `failed` hears what the engine could
    not do.
    """

    def __init__(
        self,
        screen: Screen[Any],
        engine: EngineThread,
        settings: Settings,
        *,
        done: Callable[[], None],
        failed: Callable[[EngineError], None],
    ) -> None:
        self._screen = screen
        self._engine = engine
        self._settings = settings
        self._budget = Budget(engine, settings)
        self._done = done
        self._failed = failed

    def ask(self, chosen: Chosen) -> None:
        """Say what will be sent and what it cost the last time; a yes sends it."""
        planned = plan(
            chosen.jobs, lambda job: job.rerun_model_id is not None, lambda _: "from elsewhere"
        )
        if not planned.jobs:
            words = "These jobs were taken in from elsewhere: their inputs are not known."
            self._screen.notify(words, severity="warning", markup=False)
            return
        meaning = paragraphs(chosen.hidden_words(planned.jobs), self._meaning(planned))
        count = len(planned.jobs)
        known = sum(likely_usd(job) or 0.0 for job in planned.jobs)
        is_small = count <= self._settings.confirm_jobs and known <= self._settings.confirm_usd

        def answered(yes: bool | str | None) -> None:
            if yes:
                self._screen.app.run_worker(self._send(planned.jobs))

        if is_small:
            question = f"Send {count_of(count, 'job')} again?"
            screen = ConfirmScreen(question, meaning, yes="send", no="not yet")
            self._screen.app.push_screen(screen, answered)
        else:
            self._screen.app.push_screen(count_question(count, meaning), answered)

    def _meaning(self, planned: Plan) -> str:
        groups = sorted(items_by_model(planned.jobs).items(), key=lambda group: -len(group[1]))
        told = [f"{len(items):,} × {model_id}" for model_id, items in groups[:MOST_MODELS]]
        if len(groups) > MOST_MODELS:
            told.append(f"and of {len(groups) - MOST_MODELS} more models")
        costs = [job.cost for job in planned.jobs if job.cost is not None]
        if costs:
            known = "" if len(costs) == len(planned.jobs) else f", as far as {len(costs):,} tell"
            told.append(
                f"Each is a new job with the same inputs. They cost {money(sum(costs))}"
                f" the last time{known}."
            )
        else:
            told.append("Each is a new job with the same inputs, and costs what such a job costs.")
        files = sum(bool(kept_places(job.inputs)) for job in planned.jobs)
        if files:
            told.append(f"{files:,} of them send a file of this machine, as it is by then.")
        told.append(
            f"They go out {self._settings.release_per_second:g} a second, while fewer than "
            f"{self._settings.release_unfinished} are under way; what has not been sent can be "
            "dropped for free."
        )
        if planned.left_out:
            told.append(f"{planned.left_out_words} Their inputs are not known.")
        return "\n".join(told)

    async def _send(self, jobs: Sequence[Job]) -> None:
        label = f"rerun {moment(time.time())[5:16]}"
        costs = [likely_usd(job) for job in jobs]
        known = [usd for usd in costs if usd is not None]
        usd = sum(known) if len(known) == len(costs) else None
        try:
            if not await self._budget.allows(self._screen.app, usd, jobs=len(jobs)):
                return
            groups = items_by_model(jobs)
            await self._engine.ask(lambda engine: engine.release.plan_all(label, groups))
        except EngineError as error:
            self._failed(error)
            return
        self._done()
        self._screen.notify(visible(f"Sending {count_of(len(jobs), 'job')} again."), markup=False)


def items_by_model(jobs: Sequence[Job]) -> dict[str, list[Item]]:
    """What is sent again, the oldest first, by its model: a sweep is of one model."""
    groups: dict[str, list[Item]] = {}
    for job in sorted(jobs, key=lambda job: job.id):
        if job.model_id is not None:
            item = Item(recalled(job.inputs), kept_places(job.inputs), likely_usd(job))
            groups.setdefault(job.model_id, []).append(item)
    return groups


def likely_usd(job: Job) -> float | None:
    """What a job costs when it is sent again: as it was estimated, or else as it was charged.

    None where nobody can tell: one that did not complete may have cost less than it would have.
    """
    if job.estimate is not None:
        return job.estimate
    return job.cost if job.status is Status.COMPLETED else None
