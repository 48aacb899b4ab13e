from __future__ import annotations

import asyncio
import html
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Self

import pytest
from textual import on
from textual.app import App, ComposeResult
from textual.geometry import Region
from textual.message import Message
from textual.pilot import Pilot
from textual.widgets import Button

from runcomfy_tui import paths
from runcomfy_tui.jobs import Job, Status, new_job
from runcomfy_tui.ui.widgets.job_table import JobTable

NOW = 1_763_733_000.0
MODEL = "runwayml/runway-aleph/video-to-video"


def finished(number: int) -> Job:
    made = NOW - 86_400 + number
    return Job(
        id=f"{number:06}",
        model_id=MODEL,
        inputs={"prompt": f"boat {number}"},
        status=Status.COMPLETED,
        created_at=made,
        started_at=made,
        finished_at=made + 58,
        cost=0.25,
    )


def running(number: int, *, age: float, now: float = NOW) -> Job:
    return finished(number).but(
        status=Status.IN_PROGRESS,
        created_at=now - age,
        started_at=now - age,
        finished_at=None,
        cost=None,
    )


class WatchedTable(JobTable):
    """The table itself, with a note of what it asked to be repainted."""

    def __init__(self, now: float | None) -> None:
        self.now = now
        self.repainted: list[Region] = []
        self.repaint = asyncio.Event()
        super().__init__(clock=lambda: time.time() if self.now is None else self.now)

    def refresh(self, *regions: Region, **options: Any) -> Self:
        self.repainted += regions or [self.size.region]
        self.repaint.set()
        return super().refresh(*regions, **options)


@dataclass
class Dashboard:
    table: WatchedTable
    pilot: Pilot[None]
    messages: list[Message] = field(default_factory=list)

    @property
    def lines(self) -> list[str]:
        return [self.table.render_line(y).text.rstrip() for y in range(self.table.size.height)]

    @property
    def boats(self) -> list[int]:
        """The numbers of the jobs in view, top to bottom."""
        return [int(line.rpartition("boat ")[2]) for line in self.lines[1:] if "boat " in line]

    def line_of(self, number: int) -> str:
        return next(line for line in self.lines if line.endswith(f"boat {number}"))

    @property
    def cursor_line(self) -> str:
        (line,) = (line for line in self.lines if line.startswith("▌"))
        return line

    async def repainted_by(self, *keys: str) -> list[Region]:
        await self.pilot.pause()
        self.table.repainted.clear()
        await self.pilot.press(*keys)
        await self.pilot.pause()
        return list(self.table.repainted)

    async def told(self, kind: type[Message]) -> list[str | None]:
        """The ids of the jobs in the messages of one kind so far."""
        await self.pilot.pause()
        jobs = [message.job for message in self.messages if isinstance(message, kind)]  # type: ignore[attr-defined]
        return [job and job.id for job in jobs]


@asynccontextmanager
async def dashboard(
    jobs: Iterable[Job] = (),
    *,
    size: tuple[int, int] = (100, 13),
    now: float | None = NOW,
) -> AsyncIterator[Dashboard]:
    class TableApp(App[None]):
        CSS_PATH = [paths.styles() / "job_table.tcss"]

        def compose(self) -> ComposeResult:
            yield WatchedTable(now)
            yield Button("elsewhere")

        @on(JobTable.Highlighted)
        @on(JobTable.Opened)
        def note(self, message: Message) -> None:
            messages.append(message)

    messages: list[Message] = []
    app = TableApp()
    async with app.run_test(size=size) as pilot:
        table = app.query_one(WatchedTable)
        table.set_jobs(jobs)
        table.focus()
        await pilot.pause()
        yield Dashboard(table, pilot, messages)


async def test_an_empty_table_says_what_to_do() -> None:
    async with dashboard() as shown:
        assert any("No jobs yet. F5 submits the form." in line for line in shown.lines)
        assert shown.table.cursor_job is None
        assert not shown.table.is_ticking
        await shown.pilot.press("down", "enter", "end", "pageup")
        assert await shown.told(JobTable.Opened) == []


async def test_jobs_stand_newest_first_under_a_header_that_stays() -> None:
    async with dashboard(map(finished, range(30))) as shown:
        header = shown.lines[0]
        assert header.split() == ["status", "when", "took", "cost", "model", "prompt"]
        assert shown.boats == list(range(29, 29 - len(shown.boats), -1))
        await shown.pilot.press("end")
        assert shown.lines[0] == header
        assert shown.boats[-1] == 0
        assert shown.table.job_count == 30


@pytest.mark.parametrize(
    ("keys", "number"),
    [
        (["down"], 98),
        (["j", "j", "k"], 98),
        (["up"], 99),
        (["end"], 0),
        (["G", "up"], 1),
        (["end", "home"], 99),
        (["G", "g"], 99),
        (["pagedown", "pageup"], 99),
    ],
)
async def test_keys_move_the_cursor_and_the_row_stays_in_view(keys: list[str], number: int) -> None:
    async with dashboard(map(finished, range(100))) as shown:
        await shown.pilot.press(*keys)
        assert shown.cursor_line.endswith(f"boat {number}")
        assert shown.table.cursor_job == finished(number)


async def test_every_job_can_be_reached_by_pages() -> None:
    async with dashboard(map(finished, range(40))) as shown:
        seen = set(shown.boats)
        for _ in range(8):
            await shown.pilot.press("pagedown")
            seen |= set(shown.boats)
        assert seen == set(range(40))
        assert shown.cursor_line.endswith("boat 0")


async def test_the_cursor_stays_with_its_job_whatever_arrives_leaves_or_changes() -> None:
    async with dashboard(map(finished, range(5))) as shown:
        await shown.pilot.press("down", "down")
        shown.table.update_jobs([finished(7), finished(9)], gone=["000003"])
        assert shown.cursor_line.endswith("boat 2")
        assert shown.boats == [9, 7, 4, 2, 1, 0]
        shown.table.update_jobs([finished(2).but(cost=0.5)])
        assert "$0.50" in shown.cursor_line
        shown.table.set_jobs(map(finished, range(3)))
        assert shown.cursor_line.endswith("boat 2")


async def test_when_the_job_under_the_cursor_leaves_the_next_one_takes_its_place() -> None:
    async with dashboard(map(finished, range(5))) as shown:
        await shown.pilot.press("down")
        shown.table.update_jobs([], gone=["000003"])
        assert shown.cursor_line.endswith("boat 2")
        await shown.pilot.press("end")
        shown.table.update_jobs([], gone=["000000"])
        assert shown.cursor_line.endswith("boat 1")
        shown.table.update_jobs([], gone=["000001", "000002", "000004"])
        assert shown.table.cursor_job is None
        assert (await shown.told(JobTable.Highlighted))[-1] is None


async def test_news_come_in_at_the_top_but_do_not_move_what_one_reads_further_down() -> None:
    async with dashboard(map(finished, range(60))) as shown:
        shown.table.update_jobs([finished(60)])
        assert shown.boats[0] == 60
        await shown.pilot.press("end", "pageup", "pageup")
        before = shown.boats
        shown.table.repainted.clear()
        shown.table.update_jobs([finished(61), finished(62)], gone=["000059"])
        assert shown.boats == before
        assert shown.table.repainted == []


async def test_a_cursor_in_use_is_not_pushed_out_of_view_by_news() -> None:
    async with dashboard(map(finished, range(5))) as shown:
        shown.table.update_jobs(map(finished, range(100, 140)))
        assert shown.cursor_line.endswith("boat 4")


async def test_a_job_is_selected_by_its_id() -> None:
    async with dashboard(map(finished, range(60))) as shown:
        assert shown.table.select("000007")
        assert shown.cursor_line.endswith("boat 7")
        assert not shown.table.select("nobody")
        assert shown.cursor_line.endswith("boat 7")
        assert (await shown.told(JobTable.Highlighted))[-1] == "000007"


async def test_what_is_under_the_cursor_is_told_when_it_changes_and_only_then() -> None:
    async with dashboard(map(finished, range(3))) as shown:
        assert await shown.told(JobTable.Highlighted) == ["000002"]
        await shown.pilot.press("up")
        shown.table.update_jobs([finished(0).but(cost=1.0)])
        assert await shown.told(JobTable.Highlighted) == ["000002"]
        await shown.pilot.press("down")
        shown.table.update_jobs([finished(1).but(cost=1.0)])
        assert await shown.told(JobTable.Highlighted) == ["000002", "000001", "000001"]


async def test_enter_and_a_double_click_open_the_job() -> None:
    async with dashboard(map(finished, range(5))) as shown:
        await shown.pilot.press("down", "enter")
        await shown.pilot.click(JobTable, offset=(10, 4), times=2)
        assert await shown.told(JobTable.Opened) == ["000003", "000001"]


async def test_a_click_selects_the_row_under_it_also_when_scrolled() -> None:
    async with dashboard(map(finished, range(60))) as shown:
        await shown.pilot.click(JobTable, offset=(3, 3))
        assert shown.cursor_line.endswith("boat 57")
        shown.table.scroll_to(y=20, animate=False)
        await shown.pilot.click(JobTable, offset=(3, 1))
        assert shown.cursor_line.endswith("boat 39")
        await shown.pilot.click(JobTable, offset=(3, 0))
        assert shown.cursor_line.endswith("boat 39")
        assert await shown.told(JobTable.Opened) == []


async def test_a_click_below_the_last_row_selects_nothing() -> None:
    async with dashboard(map(finished, range(2))) as shown:
        await shown.pilot.click(JobTable, offset=(3, 6))
        assert shown.cursor_line.endswith("boat 1")


async def test_moving_the_cursor_repaints_two_lines() -> None:
    async with dashboard(map(finished, range(5))) as shown:
        repainted = await shown.repainted_by("down")
        assert sorted(region.y for region in repainted) == [1, 2]
        assert await shown.repainted_by("up", "up") == repainted


async def test_a_changed_job_repaints_the_cells_that_differ_and_an_equal_one_nothing() -> None:
    async with dashboard([*map(finished, range(5)), running(5, age=7_000)]) as shown:
        queued = running(5, age=7_000).but(
            status=Status.IN_QUEUE, queue_position=3, started_at=None
        )
        shown.table.update_jobs([queued])
        shown.table.repainted.clear()
        shown.table.update_jobs([queued.but(), finished(4), finished(2).but()])
        assert shown.table.repainted == []
        shown.table.update_jobs([queued.but(queue_position=2)])
        (region,) = shown.table.repainted
        assert tuple(region) == (0, 1, len(" ○ in_queue #2↓"), 1)


async def test_the_trend_of_a_queued_job_lasts_until_it_moves_again_or_leaves_the_queue() -> None:
    queued = running(1, age=5_000).but(status=Status.IN_QUEUE, queue_position=5, started_at=None)
    async with dashboard([queued]) as shown:
        assert "in_queue #5 " in shown.line_of(1)
        for place, text in ((4, "#4↓"), (4, "#4↓"), (6, "#6↑"), (None, "in_queue  ")):
            shown.table.update_jobs([queued.but(queue_position=place)])
            assert text in shown.line_of(1)
        shown.table.update_jobs([running(1, age=5_000)])
        shown.table.update_jobs([queued])
        assert "#5 " in shown.line_of(1)


async def test_the_cursor_looks_calmer_when_the_focus_is_elsewhere() -> None:
    async with dashboard(map(finished, range(3))) as shown:
        focused = shown.table.render_line(1)
        repainted = await shown.repainted_by("tab")
        assert [region.y for region in repainted] == [1]
        assert shown.table.render_line(1).text == focused.text
        assert shown.table.render_line(1) != focused


async def test_markup_and_control_characters_are_drawn_literally() -> None:
    hostile = finished(1).but(
        inputs={"prompt": "[/foo] [red]x[/] \x1b[31m\u202e end"},
        model_id="a/[b]/[/]",
        status=Status.UNKNOWN,
        server_word="[bold]\x07",
    )
    async with dashboard([hostile], size=(140, 8)) as shown:
        line = shown.lines[1]
        for literal in ("[/foo] [red]x[/] ␛[31m· end", "[b]/[/]", "· [bold]␇"):
            assert literal in line


async def test_every_status_is_told_by_its_word_its_shape_and_a_colour() -> None:
    jobs = [finished(number).but(status=status) for number, status in enumerate(Status)]
    async with dashboard(jobs, size=(100, 20)) as shown:
        for number, status in enumerate(Status):
            assert status.value in shown.line_of(number)
        colours = {shown.table.colour(f"job-table--{status.value}").color for status in Status}
        assert len(colours) >= 5


async def test_a_resized_table_leaves_columns_out_and_takes_them_in_again() -> None:
    async with dashboard(map(finished, range(30)), size=(140, 13)) as shown:
        wide = shown.lines
        await shown.pilot.resize_terminal(60, 13)
        await shown.pilot.pause()
        assert shown.lines[0].split() == ["status", "took", "model", "prompt"]
        await shown.pilot.resize_terminal(140, 13)
        await shown.pilot.pause()
        assert shown.lines == wide


async def test_a_hidden_table_is_true_when_it_is_shown_again() -> None:
    async with dashboard(map(finished, range(3))) as shown:
        shown.table.display = False
        await shown.pilot.pause()
        shown.table.update_jobs([finished(1).but(cost=7.0)], gone=["000000"])
        await shown.pilot.pause()
        shown.table.display = True
        await shown.pilot.pause()
        painted = html.unescape(shown.pilot.app.export_screenshot()).replace("\xa0", " ")
        assert "$7.00" in painted
        assert "boat 2" in painted
        assert "boat 0" not in painted


async def test_a_theme_change_reaches_every_row() -> None:
    async with dashboard(map(finished, range(3))) as shown:
        before = shown.table.render_line(2)
        shown.pilot.app.theme = "textual-light"
        await shown.pilot.pause()
        after = shown.table.render_line(2)
        assert after.text == before.text
        assert after != before


async def test_ended_rows_never_tick_but_at_midnight() -> None:
    async with dashboard(map(finished, range(3))) as shown:
        wait = shown.table.seconds_until_change(NOW)
        assert wait is not None
        assert wait > 60
        shown.table.repainted.clear()
        assert shown.table.now is not None
        shown.table.now += wait - 1
        shown.table.paint()
        assert shown.table.repainted == []


async def test_a_young_row_ticks_by_the_second_and_an_old_one_by_the_minute() -> None:
    async with dashboard([running(1, age=10), running(2, age=500)]) as shown:
        assert shown.table.seconds_until_change(NOW) == 1
        shown.table.update_jobs([], gone=["000001"])
        assert shown.table.seconds_until_change(NOW) == 60 - NOW % 60
        assert shown.table.is_ticking


async def test_rows_out_of_view_do_not_tick() -> None:
    jobs = [running(0, age=5), *map(finished, range(1, 60))]
    async with dashboard(jobs) as shown:
        wait = shown.table.seconds_until_change(NOW)
        assert wait is not None
        assert wait > 60
        await shown.pilot.press("end")
        assert shown.table.seconds_until_change(NOW) == 1


async def test_time_passing_repaints_only_the_text_that_changed() -> None:
    async with dashboard([running(1, age=10)], now=None) as shown:
        job = new_job(MODEL, {"prompt": "boat 2"}, now=time.time() - 20).but(
            status=Status.IN_QUEUE, queue_position=1
        )
        shown.table.set_jobs([job])
        await shown.pilot.pause()
        before = shown.line_of(2)
        shown.table.repainted.clear()
        shown.table.repaint.clear()
        await asyncio.wait_for(shown.table.repaint.wait(), timeout=10)
        assert shown.line_of(2) != before
        assert all(region.y == 1 and region.width <= 25 for region in shown.table.repainted)


async def test_a_hundred_thousand_jobs_load_at_once_and_change_one_by_one() -> None:
    async with dashboard(map(finished, range(100_000))) as shown:
        await shown.pilot.press("end")
        assert shown.cursor_line.endswith("boat 0")
        started = time.perf_counter()
        for number in range(100):
            shown.table.update_jobs([finished(number).but(cost=3.0)])
        assert time.perf_counter() - started < 2  # all of it anew would take minutes
        assert "$3.00" in shown.cursor_line
