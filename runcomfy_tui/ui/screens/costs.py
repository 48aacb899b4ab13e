"""What the jobs have cost: a chart of the days, and by model, by label or job by job."""

from __future__ import annotations

import time

from textual import getters, work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.content import Content
from textual.timer import Timer
from textual.widgets import Static

from runcomfy_tui.engine.changes import Changes
from runcomfy_tui.engine.errors import EngineError
from runcomfy_tui.engine.thread import EngineThread
from runcomfy_tui.jobs import Balance, Job
from runcomfy_tui.settings import Settings
from runcomfy_tui.spending import Period, Spending
from runcomfy_tui.text import visible
from runcomfy_tui.ui.screens.quiet import QuietScreen
from runcomfy_tui.ui.widgets.cost_chart import CostChart
from runcomfy_tui.ui.widgets.cost_tables import MOST_ROWS, CostsBy, jobs_table, sums_table
from runcomfy_tui.ui.widgets.costs_head import CostsHead
from runcomfy_tui.ui.widgets.key_bar import KeyBar
from runcomfy_tui.words import seconds_until_tomorrow

SECONDS_BETWEEN = 2.0
"""How soon it counts again after jobs have changed."""


class CostsScreen(QuietScreen[None]):
    """Counts in the engine's thread when it opens, and again when jobs have changed."""

    AUTO_FOCUS = "#costs-rows"

    BINDINGS = [
        Binding("escape,q", "dismiss", "back", id="costs.back", tooltip="Back to the table"),
        Binding(
            "right",
            "period(1)",
            "longer",
            id="costs.next",
            key_display="→",
            tooltip="A longer time",
            priority=True,
        ),
        Binding(
            "left",
            "period(-1)",
            "shorter",
            id="costs.before",
            show=False,
            priority=True,
            tooltip="A shorter time",
        ),
        Binding("m", "by('model')", "by model", id="costs.model", tooltip="The costs by model"),
        Binding("l", "by('label')", "by label", id="costs.label", tooltip="The costs by label"),
        Binding("j", "by('job')", "by job", id="costs.job", tooltip="Job by job, with estimates"),
    ]

    head = getters.query_one("#costs-head", CostsHead)
    chart = getters.query_one("#costs-chart", CostChart)

    def __init__(self, engine: EngineThread, settings: Settings, balance: Balance | None) -> None:
        super().__init__()
        self._engine = engine
        self._settings = settings
        self._balance = balance
        self._spending: Spending | None = None
        self._jobs: list[Job] = []
        self._period = Period.MONTH
        self._by = CostsBy.MODEL
        self._timer: Timer | None = None
        self._midnight: Timer | None = None

    def compose(self) -> ComposeResult:
        yield CostsHead(id="costs-head")
        yield CostChart(id="costs-chart")
        yield Static(id="costs-titles")
        with VerticalScroll(id="costs-rows", can_focus=True):
            yield Static(id="costs-table")
        yield KeyBar()

    def on_mount(self) -> None:
        self._show()
        self._count()

    def on_resize(self) -> None:
        self.call_after_refresh(self._show)

    def apply(self, changes: Changes) -> None:
        """Jobs or the balance have changed."""
        if changes.facts is not None and changes.facts.balance != self._balance:
            self._balance = changes.facts.balance
            self._show_head()
        if (changes.jobs or changes.gone) and self._timer is None:
            self._timer = self.set_timer(SECONDS_BETWEEN, self._count)

    def action_period(self, steps: int) -> None:
        """Another span of time."""
        periods = list(Period)
        at = periods.index(self._period) + steps
        self._period = periods[max(0, min(len(periods) - 1, at))]
        self._count()
        self._show()

    def action_by(self, by: str) -> None:
        """Another table."""
        self._by = CostsBy(by)
        self._count()
        self._show()

    @work(exclusive=True)
    async def _count(self) -> None:
        self._timer = None
        period, wants_jobs = self._period, self._by is CostsBy.JOB
        try:
            if self._spending is None or not wants_jobs:
                self._spending = await self._engine.ask(lambda engine: engine.all_jobs.spending())
            if wants_jobs:
                self._jobs = await self._engine.ask(
                    lambda engine: engine.all_jobs.newest_in(period, MOST_ROWS)
                )
        except EngineError as error:
            self.notify(visible(str(error)), severity="error", markup=False)
            return
        self._show()
        self._count_at_midnight()

    def _count_at_midnight(self) -> None:
        if self._midnight is not None:
            self._midnight.stop()
        self._midnight = self.set_timer(seconds_until_tomorrow(time.time()) + 1.0, self._count)

    def _show(self) -> None:
        self._show_head()
        spending = self._spending
        if spending is None:
            return
        self.chart.show(spending.by_day)
        width = max(20, self.query_one("#costs-rows").scrollable_content_region.width)
        if self._by is CostsBy.JOB:
            title, *rows = jobs_table(self._jobs, time.time(), width)
        else:
            told = spending.by_model if self._by is CostsBy.MODEL else spending.by_label
            title, *rows = sums_table(self._by, told[self._period], width)
        self.query_one("#costs-titles", Static).update(Content(f" {title}"))
        empty = f"No job of {self._period} has cost anything."
        self.query_one("#costs-table", Static).update(Content("\n".join(rows) or empty))

    def _show_head(self) -> None:
        budget = self._settings.budget_per_day
        self.head.show(self._spending, self._period, self._balance, budget)
