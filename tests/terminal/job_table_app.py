"""The table, the detail and the status line, driven by keys, for the tests that count bytes."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

from textual.app import ComposeResult
from textual.containers import Vertical

from runcomfy_tui import paths
from runcomfy_tui.jobs import Job, Status, new_job
from runcomfy_tui.settings import Settings
from runcomfy_tui.ui.terminal_app import TerminalApp
from runcomfy_tui.ui.widgets.job_detail import JobDetail
from runcomfy_tui.ui.widgets.job_table import JobTable
from runcomfy_tui.ui.widgets.status_line import StatusFacts, StatusLine

MODEL = "runwayml/runway-gen-4/turbo/image-to-video"
NOW = 1_763_733_000.0


def finished(number: int) -> Job:
    """A job that ended long ago; the higher its number the newer."""
    made = NOW - 10_000_000 + number
    return new_job(MODEL, {"promptText": f"A paper boat, number {number}"}, now=made).but(
        status=Status.COMPLETED, started_at=made + 2, finished_at=made + 60, cost=0.25
    )


def running(number: int) -> Job:
    """A job that has been running for some minutes."""
    made = NOW - 300 - number
    return new_job(MODEL, {"promptText": f"A crowd, number {number}"}, now=made).but(
        status=Status.IN_PROGRESS, started_at=made + 7
    )


def life_of_a_job() -> Iterator[dict[str, Any]]:
    """What becomes of a queued job, step by step."""
    yield {"queue_position": 2}
    yield {"status": Status.IN_PROGRESS, "queue_position": None, "started_at": NOW - 3}
    yield {"status": Status.COMPLETED, "finished_at": NOW + 55, "cost": 0.25}


class JobTableApp(TerminalApp[None]):
    """Its clock stands still.

    `n` submits a job, `s` moves it one step on, `t` tells the same jobs again, `r` starts thirty
    jobs, `m` lets a minute pass, `o` brings trouble to the status line, `f` repaints all.
    """

    CSS_PATH = [
        paths.styles() / f"{name}.tcss" for name in ("job_table", "job_detail", "status_line")
    ]
    CSS = "JobDetail { height: 8; }"
    ENABLE_COMMAND_PALETTE = False

    def __init__(self, count: int, with_detail: bool) -> None:
        super().__init__(Settings())
        self._now = NOW
        self._with_detail = with_detail
        self._finished = [finished(number) for number in range(count)]
        self._facts = StatusFacts("sandbox", 64.11, running=1, queued=2)
        self._table = JobTable(clock=lambda: self._now)
        self._detail = JobDetail(clock=lambda: self._now)
        self._line = StatusLine(self._facts)
        self._steps = life_of_a_job()
        self._job = new_job(MODEL, {"promptText": "Make it rain"}, now=NOW - 7_200).but(
            status=Status.IN_QUEUE, queue_position=3
        )

    def compose(self) -> ComposeResult:
        if self._with_detail:
            yield self._line
        with Vertical():
            yield self._table
        if self._with_detail:
            yield self._detail

    def on_mount(self) -> None:
        self.mind_terminal()
        self._table.set_jobs(self._finished)
        self._table.focus()

    def on_job_table_highlighted(self, message: JobTable.Highlighted) -> None:
        self._detail.job = message.job

    def key_n(self) -> None:
        self._table.update_jobs([self._job])

    def key_s(self) -> None:
        self._job = self._job.but(**next(self._steps))
        self._table.update_jobs([self._job])

    def key_t(self) -> None:
        self._table.update_jobs([self._job.but(), *self._finished[-3:]])
        self._line.show(self._facts)

    def key_r(self) -> None:
        self._table.update_jobs(map(running, range(30)))

    def key_m(self) -> None:
        self._now += 60
        self._table.paint()

    def key_q(self) -> None:
        self._facts = StatusFacts("sandbox", 64.11, running=2, queued=1)
        self._line.show(self._facts)

    def key_o(self) -> None:
        self._line.show(StatusFacts("sandbox", trouble="offline since 14:05"))

    def key_f(self) -> None:
        self.action_paint_anew()


if __name__ == "__main__":
    JobTableApp(int(sys.argv[1]), with_detail="--detail" in sys.argv).run()
