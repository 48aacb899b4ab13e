from __future__ import annotations

import pytest

from runcomfy_tui.jobs import Status
from runcomfy_tui.ui.widgets.job_table import JobTable
from tests.ui.job_table_dashboard import dashboard, finished


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
        assert header.split() == ["status", "when▼", "took", "cost", "model", "prompt"]
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
