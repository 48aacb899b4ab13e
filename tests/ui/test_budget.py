"""A submit that would pass its user's budget asks first, and says what it knows."""

from __future__ import annotations

from pathlib import Path

import pytest

from runcomfy_tui.engine.release import Limits
from runcomfy_tui.jobs import Status
from runcomfy_tui.spending import Spent
from runcomfy_tui.ui.screens.asking_text import count_question
from runcomfy_tui.ui.screens.budget import day_words, sweep_words
from tests.engine.server import Server
from tests.ui.many_host import ask_to_send, dashboard


@pytest.mark.parametrize(
    ("usd", "spent", "asks"),
    [
        (0.5, Spent(4.0), False),
        (1.0, Spent(4.0), False),
        (1.01, Spent(4.0), True),
        (0.5, Spent(2.0, estimated=2.0, planned=0.6), True),
        (None, Spent(4.9), False),
        (None, Spent(5.0), True),
        (0.0, Spent(6.0), True),
    ],
)
def test_the_day_is_asked_about_when_it_would_be_passed(
    usd: float | None, spent: Spent, asks: bool
) -> None:
    assert bool(day_words(5.0, usd, spent)) is asks


def test_a_sweep_is_asked_about_when_it_is_dear_or_nobody_knows() -> None:
    assert not sweep_words(None, 100.0)
    assert not sweep_words(5.0, 5.0)
    assert "$5.00" in " ".join(sweep_words(5.0, 5.01))
    assert "$5.00" in " ".join(sweep_words(5.0, None))


def test_all_that_is_known_is_said() -> None:
    told = " ".join(day_words(5.0, 0.5, Spent(4.0, estimated=1.0, unknown=2, planned=0.3)))
    for words in ("$4.00 spent", "$1.00 estimated", "$0.30 planned", "2 more", "$5.00"):
        assert words in told


async def test_a_submit_past_the_budget_waits_for_a_yes(server: Server, tmp_path: Path) -> None:
    async with dashboard(server, tmp_path / "data", budget_per_day=0.3) as host:
        await host.press("ctrl+n")
        await host.press("f5")
        await host.until(lambda: host.statuses == {Status.IN_QUEUE: 1}, "for the first job")
        await host.until(lambda: not host.main._under_way and host.main.table.job_count == 1)
        await host.press("ctrl+n")
        await host.press("f5")
        await host.shows("Submit it past your budget?")
        await host.shows("Your budget for a day is $0.30")
        await host.shows("This is estimated at $0.25")
        await host.press("n")
        await host.until(lambda: host.main.composer.has_focus_within, "for the form")
        assert host.statuses.total() == 1
        await host.press("f5")
        await host.shows("Submit it past your budget?")
        await host.press("y")
        await host.until(lambda: host.statuses.total() == 2, "for the second job")
        await host.until(lambda: host.statuses[Status.SUBMITTING] == 0, "for the answer")


async def test_a_sweep_past_its_budget_waits_for_a_yes(server: Server, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    async with dashboard(server, folder, budget_per_sweep=0.4, budget_per_day=0.3) as host:
        await ask_to_send(host, seeds="random 2", jobs=2)
        await host.press("y")
        await host.shows("Send them past your budget?")
        await host.shows("Your budget for a sweep is $0.40")
        await host.shows("Your budget for a day is $0.30")
        assert host.text.count("2 jobs. This is estimated at $0.50.") == 1
        assert host.text.count("is estimated at") == 1
        await host.press("n")
        await host.shows("Many jobs")
        assert host.statuses.total() == 0
        await host.press("f5")
        await host.shows("Send 2 jobs?")
        await host.press("y")
        await host.shows("Send them past your budget?")
        await host.press("y")
        await host.until(lambda: host.statuses.total() == 2, "for the jobs")


async def test_a_paused_sweep_goes_on_past_the_budget_after_a_yes(
    server: Server, tmp_path: Path
) -> None:
    limits = Limits(per_second=500, unfinished=3)
    async with dashboard(server, tmp_path / "data", limits=limits) as host:
        await ask_to_send(host, seeds="1..5", jobs=5)
        await host.press("y")
        await host.until(lambda: server.created() == 3)
    server.let_end()
    async with dashboard(server, tmp_path / "data", limits=limits, budget_per_day=1.0) as host:
        await host.shows("Not all of it was sent: go on?")
        await host.until(lambda: host.statuses == {Status.COMPLETED: 3})
        await host.press("p")
        await host.shows("Go on past your budget?")
        await host.shows("This is estimated at $0.50")
        await host.press("n")
        await host.shows("Not all of it was sent: go on?")
        assert server.created() == 3
        await host.press("p")
        await host.shows("Go on past your budget?")
        await host.press("y")
        await host.until(lambda: server.created() == 5)
        await host.until(lambda: "go on?" not in host.text)
        assert "Sweeps" in host.text


@pytest.mark.parametrize(("typed", "is_it"), [("1,200", True), ("1200", True), ("1,20", False)])
async def test_the_number_of_jobs_may_be_typed_as_it_is_shown(
    server: Server, tmp_path: Path, typed: str, is_it: bool
) -> None:
    answers: list[str | None] = []
    async with dashboard(server, tmp_path / "data") as host:
        await host.app.push_screen(count_question(1200, "They cost."), answers.append)
        await host.shows("Send 1,200 jobs?")
        await host.paste(typed)
        await host.press("enter")
        if is_it:
            await host.until(lambda: answers == [typed])
        else:
            await host.shows("That is not 1,200")
            assert not answers
