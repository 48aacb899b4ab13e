from __future__ import annotations

import asyncio
import html
import time

from runcomfy_tui.jobs import Status, new_job
from tests.ui.job_table_dashboard import MODEL, NOW, dashboard, finished, running
from tests.ui.until import until
from tests.waiting import LONG_ENOUGH


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


async def test_a_resized_table_leaves_columns_out_and_takes_them_in_again() -> None:
    async with dashboard(map(finished, range(30)), size=(140, 13)) as shown:
        wide = shown.lines
        few = ["status", "took", "model", "prompt"]
        await shown.pilot.resize_terminal(60, 13)
        await until(shown.pilot, lambda: shown.lines[0].split() == few)
        await shown.pilot.resize_terminal(140, 13)
        await until(shown.pilot, lambda: shown.lines == wide)


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
        await asyncio.wait_for(shown.table.repaint.wait(), timeout=LONG_ENOUGH)
        assert shown.line_of(2) != before
        assert all(region.y == 1 and region.width <= 25 for region in shown.table.repainted)


async def test_a_hundred_thousand_jobs_load_at_once_and_change_one_by_one() -> None:
    async with dashboard(map(finished, range(100_000))) as shown:
        await shown.pilot.press("end")
        assert shown.cursor_line.endswith("boat 0")
        jobs = list(map(finished, range(100_000)))
        started = time.process_time()
        shown.table.set_jobs(jobs)
        all_anew = time.process_time() - started
        started = time.process_time()
        for number in range(100):
            shown.table.update_jobs([finished(number).but(cost=3.0)])
        assert time.process_time() - started < all_anew, "a hundred changes cost less than one load"
        assert "$3.00" in shown.cursor_line
