"""The table as its user arranges it: filter, tabs, order, columns; and all of it remembered."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from runcomfy_tui.jobs import Failure, Job, Status, new_job
from runcomfy_tui.ui.widgets.job_columns import COLUMNS, USUAL
from tests.engine.server import Server
from tests.terminal import past_jobs
from tests.ui.many_host import Dashboard, dashboard

FAILURE = Failure("no boat [in] sight")


def ended(number: int, **changes: object) -> Job:
    made = time.time() - 7200 + number
    job = new_job(f"vendor/model-{number % 3}", {"prompt": f"boat {number}"}, now=made)
    return job.but(
        status=Status.COMPLETED,
        request_id=f"req-{number}",
        submitted_at=made,
        started_at=made + 5,
        finished_at=made + 20 + number % 7,
        cost=0.1 * (number % 5),
    ).but(**changes)


JOBS = [
    ended(number, **({"status": Status.FAILED, "failure": FAILURE} if number % 4 == 0 else {}))
    for number in range(20)
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    past_jobs.write(tmp_path / "data", *JOBS)
    return tmp_path / "data"


def shown(host: Dashboard) -> list[str]:
    """The request_ids of the rows, top to bottom."""
    table = host.main.table
    return [str(job.request_id) for job in table._order.rows(0, table.row_count)]


def cursor(host: Dashboard) -> str | None:
    """The job that the cursor is on, as long as the detail shows it too."""
    job = host.main.table.cursor_job
    assert host.main.jobs.detail.job is job
    return job.request_id if job else None


async def loaded(host: Dashboard) -> None:
    await host.until(lambda: host.main.is_loaded and host.main.table.job_count == len(JOBS))
    await host.pilot.pause()


async def test_a_filter_works_as_one_types_and_the_detail_follows(
    server: Server, folder: Path
) -> None:
    async with dashboard(server, folder) as host:
        await loaded(host)
        await host.press("slash", *"status:failed")
        assert shown(host) == ["req-16", "req-12", "req-8", "req-4", "req-0"]
        assert cursor(host) == "req-16"
        await host.shows("5 of 20 jobs")
        await host.press("space", *"cost:much")
        await host.shows("cost:much means nothing. Try cost:>0.5")
        assert len(shown(host)) == 5
        await host.press("enter")
        assert host.widget("#filter").has_focus_within  # it cannot be kept
        await host.press(*["backspace"] * 4, *">0.25")
        await host.shows("⏎ to the jobs")
        await host.press("down")
        assert shown(host) == ["req-8", "req-4"]
        await host.press("j")
        assert cursor(host) == "req-4"
        await host.press("escape")
        assert len(shown(host)) == len(JOBS)
        assert cursor(host) == "req-4"
        await host.press("slash", *"nothing-like-this")
        assert cursor(host) is None
        await host.shows("No jobs match")
        await host.press("escape")
        assert cursor(host) == "req-4"


async def test_the_cursor_stays_with_its_job_whatever_comes_goes_or_is_sorted(
    server: Server, folder: Path
) -> None:
    async with dashboard(server, folder, size=(160, 40)) as host:
        await loaded(host)
        await host.press("j", "j", "j")
        assert cursor(host) == "req-16"
        for key in [*["greater_than_sign"] * 6, "R", *["less_than_sign"] * 3, "4", "1"]:
            await host.press(key)
            assert cursor(host) == "req-16", key
        host.main.jobs.shown.take_in([ended(30), ended(31, cost=0.9)], [JOBS[19].id, JOBS[15].id])
        await host.pilot.pause()
        assert cursor(host) == "req-16"
        host.main.jobs.shown.take_in([], [JOBS[16].id])
        await host.pilot.pause()
        assert cursor(host) not in (None, "req-16")


async def test_own_tabs_order_and_columns_are_as_they_were_left(
    server: Server, folder: Path
) -> None:
    async with dashboard(server, folder, size=(160, 40)) as host:
        await loaded(host)
        await host.press("slash", *"model:model-1 -status:failed", "enter")
        kept = shown(host)
        await host.press("S", *"ones [x]", "enter")
        await host.shows("6 ones [x] 5")
        await host.shows("/ filter")
        await host.press(*["greater_than_sign"] * 2)
        by_cost = shown(host)
        assert sorted(by_cost) == sorted(kept) != by_cost
        hidden = [name for name in COLUMNS if name not in dict(USUAL)]
        to_label = len(USUAL) + hidden.index("label") - 3
        # The label is shown, the model moved before the costs, and wider.
        await host.press("C", *["j"] * 4, "K", "plus", "plus", *["j"] * to_label, "space", "enter")
        assert host.text.index("model") < host.text.index("cost▼")
        await host.shows("label")
    async with dashboard(server, folder, size=(160, 40)) as host:
        await loaded(host)
        await host.until(lambda: shown(host) == by_cost, "for the tab, in its order")
        assert host.text.index("model") < host.text.index("cost▼") < host.text.index("label")
        await host.press("T", "r", *["backspace"] * 8, *"all", "enter")
        await host.shows("is a tab of the program's own")
        await host.press(*["backspace"] * 3, *"twos", "enter", "escape")
        await host.shows("6 twos 5")
        await host.press("3", "6")
        assert shown(host) == by_cost
        await host.press("T", "d", "escape")
        await host.until(lambda: "twos" not in host.text)
        assert len(shown(host)) == len(JOBS)


async def test_a_tab_counts_what_changes(server: Server, folder: Path) -> None:
    async with dashboard(server, folder) as host:
        await loaded(host)
        await host.press("slash", *"sight", "enter")
        assert shown(host) == []  # words look at no errors, error: does
        await host.press("escape", "slash", *"error:sight", "enter", "S", *"lost", "enter")
        await host.shows("6 lost 5")
        host.main.jobs.shown.take_in([ended(40, failure=FAILURE)])
        host.main.jobs.shown.show_line()
        await host.shows("6 lost 6")
        await host.press("2")
        await host.shows("No jobs in this tab")
        assert cursor(host) is None
