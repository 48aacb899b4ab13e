"""The user's own limits on spending: a submit that would pass one asks first."""

from __future__ import annotations

from dataclasses import replace

from textual.app import App

from runcomfy_tui.batch import Batch
from runcomfy_tui.engine.thread import EngineThread
from runcomfy_tui.settings import Settings
from runcomfy_tui.spending import Spent
from runcomfy_tui.ui.screens.confirm import ConfirmScreen
from runcomfy_tui.ui.screens.patience import patiently
from runcomfy_tui.ui.words import money
from runcomfy_tui.words import count_of


class Budget:
    """Knows the limits, asks the ledger what the day has come to, and then asks the user.

    A price that nobody can tell is not held for nothing: with a limit reached already it asks.
    """

    def __init__(self, engine: EngineThread, settings: Settings) -> None:
        self._engine = engine
        self._settings = settings

    async def allows(self, app: App[object], usd: float | None, *, jobs: int | None = None) -> bool:
        """Whether something that is estimated at `usd` (None: nobody knows) may be submitted.

        `jobs` is how many a sweep has; None for a single job. Must be awaited in a worker.
        Raises `EngineError` where the ledger cannot be asked.
        """
        said = [] if jobs is None else sweep_words(self._settings.budget_per_sweep, usd)
        if self._settings.budget_per_day is not None:
            spent = await self._spent(app)
            said += day_words(self._settings.budget_per_day, usd, spent)
        if jobs is None:
            return await self._agreed(app, "Submit it past your budget?", _this(usd), said)
        what = f"{count_of(jobs, 'job')}. {_this(usd)}"
        return await self._agreed(app, "Send them past your budget?", what, said)

    async def allows_rest(self, app: App[object], batch: Batch) -> bool:
        """The same of what is left of a paused sweep: other jobs, or another day, came between.

        The sweep as a whole was agreed to when it was planned.
        """
        if self._settings.budget_per_day is None:
            return True
        spent, usd = await self._spent(app), batch.planned_usd
        others = replace(spent, planned=max(0.0, spent.planned - usd))
        said = day_words(self._settings.budget_per_day, usd or None, others)
        return await self._agreed(app, "Go on past your budget?", _this(usd or None), said)

    async def _agreed(self, app: App[object], question: str, what: str, said: list[str]) -> bool:
        if not said:
            return True
        meaning = "\n".join([what, *said])
        answer = await app.push_screen_wait(
            ConfirmScreen(question, meaning, yes="submit all the same", no="not now")
        )
        return bool(answer)

    async def _spent(self, app: App[object]) -> Spent:
        """What the day has come to."""
        return await patiently(
            app,
            self._engine.ask(lambda engine: engine.all_jobs.spent_today()),
            "The history is still being read; then your budget is checked.",
        )


def day_words(limit: float, usd: float | None, spent: Spent) -> list[str]:
    """Why a submit would pass the day's budget; nothing when it would not."""
    if spent.likely + (usd or 0.0) <= limit and not (usd is None and spent.likely >= limit):
        return []
    parts = [f"{money(spent.usd)} spent"]
    if spent.estimated:
        parts.append(f"{money(spent.estimated)} estimated for jobs whose cost is not told yet")
    if spent.planned:
        parts.append(f"{money(spent.planned)} planned in sweeps")
    told = [f"Today: {', '.join(parts)}."]
    if spent.unknown:
        jobs = count_of(spent.unknown, "more job has", "more jobs have")
        told.append(f"{jobs} neither a cost nor an estimate.")
    told.append(f"Your budget for a day is {money(limit)}: budget_per_day in settings.toml.")
    return told


def sweep_words(limit: float | None, usd: float | None) -> list[str]:
    """Why a sweep would or may pass its budget; nothing when it would not."""
    if limit is None or (usd is not None and usd <= limit):
        return []
    return [f"Your budget for a sweep is {money(limit)}: budget_per_sweep in settings.toml."]


def _this(usd: float | None) -> str:
    if usd is None:
        return "What this will cost cannot be told: its price is not known."
    return f"This is estimated at {money(usd)}."
