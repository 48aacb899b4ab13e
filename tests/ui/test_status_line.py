from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from textual.app import App, ComposeResult

from runcomfy_tui import paths
from runcomfy_tui.engine.changes import Facts, Link
from runcomfy_tui.jobs import Status
from runcomfy_tui.ui.screens.status import status_facts
from runcomfy_tui.ui.widgets.status_line import StatusFacts, StatusLine, facts_text
from tests.ui.until import until

FACTS = StatusFacts("sandbox", 64.11, running=4, queued=2, unconfirmed=1, pace=0.83)
TROUBLE = "offline since 14:05"


class LineApp(App[None]):
    CSS_PATH = [paths.styles() / "status_line.tcss"]

    def __init__(self, facts: StatusFacts = FACTS) -> None:
        super().__init__()
        self.line = StatusLine(facts)

    def compose(self) -> ComposeResult:
        yield self.line

    @property
    def text(self) -> str:
        where, facts, _meter = self.line.children
        return " ".join(part.render_line(0).text for part in (where, facts))


async def test_it_tells_where_one_is_then_the_jobs_and_at_the_right_the_account() -> None:
    app = LineApp()
    async with app.run_test(size=(140, 5)):
        assert app.text.startswith("runcomfy · sandbox   ")
        assert "4 running · 2 queued · 1 unconfirmed" in app.text
        assert app.text.endswith("polling 0.8/s · $64.11")
        assert app.line.size.height == 1


async def test_at_60_columns_the_meter_leaves_its_place_to_the_money_and_to_trouble() -> None:
    app = LineApp()
    async with app.run_test(size=(60, 5)) as pilot:
        await until(pilot, lambda: app.text.endswith("$64.11"))
        assert "4 running · 1 unconfirmed" in app.text
        app.line.show(StatusFacts("127.0.0.1:40387", trouble="no token: F9 enters one"))
        await until(pilot, lambda: "no token: F9 enters one" in app.text)
        await pilot.resize_terminal(80, 5)
        await until(pilot, lambda: app.line.meter.display)


async def test_nothing_is_said_of_what_there_is_none_of() -> None:
    app = LineApp(StatusFacts("model-api.runcomfy.net"))
    async with app.run_test(size=(140, 5)):
        assert app.text.split() == ["runcomfy", "·", "model-api.runcomfy.net"]


async def test_trouble_comes_first_and_looks_different() -> None:
    app = LineApp()
    async with app.run_test(size=(140, 5)) as pilot:
        app.line.show(StatusFacts("sandbox", running=4, trouble=f"{TROUBLE} [/x]\x1b[2J"))
        await pilot.pause()
        segments = list(app.line.children[1].render_line(0))
        assert segments[0].text == f"{TROUBLE} [/x]␛[2J"
        assert segments[1].text.strip() == "4 running"
        assert segments[0].style != segments[1].style


async def test_facts_can_be_shown_before_there_is_a_screen_and_change_on_it() -> None:
    app = LineApp()
    app.line.show(StatusFacts("early", 1.0))
    async with app.run_test(size=(100, 5)) as pilot:
        assert "early" in app.text
        app.line.show(StatusFacts("a place with a long name", 2.0))
        await pilot.pause()
        assert "a place with a long name" in app.text
        assert app.text.endswith("$2.00")


@pytest.mark.parametrize(
    ("width", "jobs", "account"),
    [
        (80, "4 running · 2 queued · 1 unconfirmed", "polling 0.8/s · $64.11"),
        (50, "4 running · 2 queued · 1 unconfirmed", "$64.11"),
        (40, "4 running · 1 unconfirmed", "$64.11"),
        (32, "4 running · 1 unconfirmed", ""),
        (30, "4 running · 1 unconfirmed", ""),
        (15, "1 unconfirmed", ""),
        (5, "", ""),
    ],
)
def test_a_narrow_line_drops_the_least_needed_first(width: int, jobs: str, account: str) -> None:
    text = facts_text(FACTS, width)
    assert (text.jobs, text.account) == (jobs, account)


def test_trouble_is_the_last_to_go() -> None:
    facts = StatusFacts("sandbox", 64.11, 4, 2, 1, 0.8, TROUBLE)
    assert facts_text(facts, 21).trouble == TROUBLE
    assert facts_text(facts, 12).trouble == "offline sin…"


@given(
    width=st.integers(1, 160),
    running=st.integers(0, 10**6),
    pace=st.one_of(st.none(), st.floats(0, 100)),
    trouble=st.one_of(st.none(), st.text(max_size=60)),
)
def test_what_is_told_always_fits(
    width: int, running: int, pace: float | None, trouble: str | None
) -> None:
    text = facts_text(StatusFacts("x", 1.0, running, 1, 0, pace, trouble), width)
    parts = [part for part in (text.trouble, text.jobs, text.account) if part]
    assert sum(map(cell_len, parts)) + 3 * len(parts[1:]) <= width


def test_a_pace_that_hardly_differs_reads_the_same() -> None:
    texts = {facts_text(StatusFacts(pace=pace), 80).account for pace in (0.75, 0.8, 0.85)}
    assert texts == {"polling 0.8/s"}
    assert facts_text(StatusFacts(pace=4.2), 80).account == "polling 4/s"
    assert facts_text(StatusFacts(pace=0.0), 80).account == ""


@pytest.mark.parametrize("link", Link)
def test_a_pace_is_told_only_while_the_jobs_are_polled_at_it(link: Link) -> None:
    facts = status_facts(
        Facts(link=link, since=1.0, pace=3.0), {Status.IN_QUEUE: 5}, "x", 2.0, "F9"
    )
    is_polling = link in (Link.STARTING, Link.ONLINE, Link.THROTTLED)
    assert ("polling 3/s" in facts_text(facts, 140).account) is is_polling
