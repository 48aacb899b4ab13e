"""The past in the window: costs, days, groups, comparing, once more, pins, archive, out and in."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from runcomfy_tui.history.ledger import Ledger
from runcomfy_tui.jobs import Job, Status, new_job
from runcomfy_tui.ui.screens import costs
from tests.engine.house import on_disk
from tests.engine.server import Server
from tests.terminal.dashboard import MODEL
from tests.ui.many_host import Dashboard, dashboard

DAY = 86_400.0
INPUTS = {
    "promptText": "A paper boat",
    "promptImage": "https://example.com/boat.png",
    "ratio": "1280:720",
    "duration": 5,
    "seed": 7,
}


def past(number: int, days_ago: float = 0.0, **changes: Any) -> Job:
    """An ended job; the higher its number the newer it is among those of its day."""
    made = time.time() - days_ago * DAY - 60 + number * 0.001
    told = {**INPUTS, "promptText": f"Boat {number}", **changes.pop("inputs", {})}
    return new_job(MODEL, told, now=made).but(
        **{
            "status": Status.COMPLETED,
            "request_id": f"past-{number}",
            "finished_at": made + 30,
            "cost": 0.25,
            "output": {"video": f"https://example.runcomfy.net/{number}.mp4"},
            **changes,
        }
    )


def kept(folder: Path, *jobs: Job) -> Path:
    ledger = Ledger(folder)
    ledger.put(*jobs)
    ledger.close()
    return folder


async def ready(host: Dashboard, count: int) -> None:
    await host.until(lambda: host.main.is_loaded and host.main.table.job_count == count)
    host.main.table.focus()
    await host.pilot.pause()


def shown(host: Dashboard) -> list[str | None]:
    """The request_ids of the rows, top to bottom."""
    return [job.request_id for job in host.main.table.shown_jobs]


def cursor(host: Dashboard) -> str | None:
    """The request_id of the job under the cursor."""
    job = host.main.table.cursor_job
    return job.request_id if job else None


def stored(folder: Path) -> dict[str, Job]:
    return {job.request_id or "": job for job in on_disk(folder).values()}


async def test_costs_are_told_by_time_model_label_and_job(server: Server, tmp_path: Path) -> None:
    jobs = [past(1, label="kites"), past(2, cost=None), past(3, days_ago=60, estimate=0.2)]
    folder = kept(tmp_path / "data", *jobs)
    async with dashboard(server, folder, budget_per_day=5.0) as host:
        await ready(host, 3)
        await host.press("dollar_sign")
        await host.shows("today $0.25 of $5.00")
        await host.shows("all time $0.50")
        await host.shows("balance $")
        await host.shows("told ")
        row = next(line for line in host.text.splitlines() if MODEL in line)
        assert row.split()[1:] == ["$0.25", "100%", "2", "1"]
        await host.press("l")
        await host.shows("kites")
        await host.press("right")
        await host.press("j")
        await host.shows("+25%")
        await host.press("escape")
        await host.until(lambda: host.main.is_current)


async def test_costs_are_told_whole_at_60_columns(server: Server, tmp_path: Path) -> None:
    folder = kept(tmp_path / "data", past(1), past(2, cost=4.75))
    async with dashboard(server, folder, size=(60, 20)) as host:
        await ready(host, 2)
        await host.press("dollar_sign")
        await host.shows("all time $5.00")
        await host.shows("month $5.00")
        await host.until(
            lambda: any(each.rstrip().endswith(" today") for each in host.text.splitlines())
        )


async def test_costs_that_are_left_open_are_counted_anew_at_midnight(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(costs, "seconds_until_tomorrow", lambda now: -0.95)
    async with dashboard(server, kept(tmp_path / "ledger", past(1))) as host:
        await ready(host, 1)
        await host.press("dollar_sign")
        await host.until(lambda: "today $0.25" in host.text)
        monkeypatch.setattr(time, "time", lambda now=time.time: now() + DAY)
        await host.until(lambda: "today $0.00" in host.text)


async def test_a_pin_is_a_mark_and_a_tab_and_can_be_undone(server: Server, tmp_path: Path) -> None:
    folder = kept(tmp_path / "data", past(1), past(2))
    async with dashboard(server, folder) as host:
        await ready(host, 2)
        await host.press("p")
        await host.shows("● completed ★")
        await host.shows("6 pinned 1")
        await host.until(lambda: stored(folder)["past-2"].pinned)
        await host.until(lambda: host.main.jobs.undo._steps)
        await host.press("6")
        await host.until(lambda: host.main.table.row_count == 1)
        await host.press("1", "U")
        await host.until(lambda: not stored(folder)["past-2"].pinned)
        await host.until(lambda: "pinned" not in host.text.splitlines()[1])
        await host.until(lambda: "Undone: pin of 1 job." in host.toasts)
        await host.press("U")
        await host.until(lambda: "nothing to undo" in host.toasts)


async def test_archived_jobs_are_out_of_sight_and_come_back(server: Server, tmp_path: Path) -> None:
    live = new_job(MODEL, INPUTS).but(status=Status.UNCONFIRMED)
    folder = kept(tmp_path / "data", past(1), past(2), live)
    async with dashboard(server, folder) as host:
        await ready(host, 3)
        await host.press("A")
        await host.until(lambda: "This job has not ended" in host.toasts)
        await host.press("j", "A")
        await host.shows("Archive this job?")
        await host.press("y")
        await host.until(lambda: host.main.table.row_count == 2)
        await host.until(lambda: stored(folder)["past-2"].archived)
        await host.shows("archived 1")
        await host.press("7" if "pinned" in host.text else "6")
        await host.until(lambda: shown(host) == ["past-2"])
        await host.press("A")
        await host.until(lambda: not stored(folder)["past-2"].archived)
        await host.press("1")
        await host.until(lambda: host.main.table.row_count == 3)


async def test_where_all_jobs_are_archived_it_is_said_and_undone(
    server: Server, tmp_path: Path
) -> None:
    folder = kept(tmp_path / "data", past(1), past(2))
    async with dashboard(server, folder) as host:
        await ready(host, 2)
        await host.press("asterisk", "A", "y")
        await host.shows("All jobs are archived: the last tab shows them.")
        await host.until(lambda: host.main.jobs.undo._steps)
        await host.press("U")
        await host.until(lambda: "Undone: archiving of 2 jobs." in host.toasts)
        await host.until(lambda: host.main.table.row_count == 2)


async def test_what_was_dropped_comes_back_while_the_window_is_open(
    server: Server, tmp_path: Path
) -> None:
    folder = kept(tmp_path / "data", past(1, label="kites", note="the best"), past(2))
    before = stored(folder)
    async with dashboard(server, folder) as host:
        await ready(host, 2)
        await host.press("v", "j", "v", "d")
        await host.shows("Drop 2 jobs from the ledger?")
        await host.shows("U brings them back")
        await host.press("y")
        await host.until(lambda: "2 jobs dropped" in host.toasts)
        assert not stored(folder)
        await host.press("U")
        await host.until(lambda: len(stored(folder)) == 2)
        await host.until(lambda: host.main.table.row_count == 2)
        assert stored(folder) == before


async def test_a_label_can_be_undone_for_each_job_as_it_was(server: Server, tmp_path: Path) -> None:
    folder = kept(tmp_path / "data", past(1, label="kites"), past(2))
    async with dashboard(server, folder) as host:
        await ready(host, 2)
        await host.press("v", "j", "v", "l")
        await host.paste("boats")
        await host.press("enter")
        await host.until(lambda: {job.label for job in stored(folder).values()} == {"boats"})
        await host.until(lambda: host.main.jobs.undo._steps)
        await host.press("U")
        before = ["kites", ""]
        await host.until(lambda: [stored(folder)[f"past-{n}"].label for n in (1, 2)] == before)


async def test_a_day_and_a_group_are_gone_to(server: Server, tmp_path: Path) -> None:
    folder = kept(tmp_path / "data", past(1), past(2, 5, label="kites"), past(3, 9), past(4, 9))
    async with dashboard(server, folder) as host:
        await ready(host, 4)
        await host.press("at")
        await host.paste("soon")
        await host.press("enter")
        await host.shows("That is not a day.")
        await host.press("escape", "at")
        await host.paste("9d")
        await host.press("enter")
        await host.until(lambda: cursor(host) == "past-4")
        await host.press("at")
        await host.paste("8d")
        await host.press("enter")
        await host.until(lambda: "the one before" in host.toasts)
        assert cursor(host) == "past-4"
        await host.press("b")
        await host.shows("kites")
        await host.press("right")
        await host.shows("No job has a sweep.")
        await host.press("left")
        await host.shows("no label")
        await host.press("enter")
        await host.until(lambda: shown(host) == ["past-2"])
        await host.press("escape")
        await host.until(lambda: host.main.table.row_count == 4)


async def test_two_marked_jobs_are_compared(server: Server, tmp_path: Path) -> None:
    folder = kept(tmp_path / "data", past(1, inputs={"seed": 1}), past(2, cost=0.5))
    async with dashboard(server, folder) as host:
        await ready(host, 2)
        await host.press("equals_sign")
        await host.until(lambda: "Mark the two jobs" in host.toasts)
        await host.press("v", "j", "v", "equals_sign")
        await host.shows("Compare two jobs")
        lines = {
            line.split()[0]: line.split()[1:] for line in host.text.splitlines() if line.split()
        }
        assert lines["past-1"] == ["past-2"]
        assert lines["cost"] == ["$0.25", "$0.50"]
        assert lines["seed"] == ["1", "7"]
        assert lines["video"][0].endswith("/1.mp4")
        assert "ratio" not in lines


async def test_once_more_with_one_field_changed_fills_the_form_and_goes_there(
    server: Server, tmp_path: Path
) -> None:
    folder = kept(tmp_path / "data", past(1, inputs={"duration": 10}))
    async with dashboard(server, folder) as host:
        await ready(host, 1)
        await host.press("e")
        await host.shows("which field is to change?")
        await host.press("end", "enter")
        await host.until(lambda: host.main.composer.inputs.get("promptText") == "Boat 1")
        await host.until(lambda: host.main.composer.has_focus_within)
        await host.press("backspace", "4", "2")
        await host.until(lambda: host.main.composer.inputs.get("seed") == 42)
        assert host.main.composer.inputs["duration"] == 10
        assert server.created() == 0


async def test_the_same_with_a_new_seed_fills_the_form_and_submits_nothing(
    server: Server, tmp_path: Path
) -> None:
    folder = kept(tmp_path / "data", past(1))
    async with dashboard(server, folder) as host:
        await ready(host, 1)
        await host.press("N")
        await host.until(lambda: host.main.composer.inputs.get("promptText") == "Boat 1")
        inputs = host.main.composer.inputs
        assert inputs["seed"] != 7
        assert {**inputs, "seed": 7} == {**INPUTS, "promptText": "Boat 1"}
        await host.until(lambda: "F5 submits it" in host.toasts)
        assert server.created() == 0


async def test_jobs_go_out_to_a_file_and_come_in_from_one(server: Server, tmp_path: Path) -> None:
    folder = kept(tmp_path / "data", past(1), past(2), past(3))
    file = tmp_path / "out" / "jobs.jsonl"
    async with dashboard(server, folder) as host:
        await ready(host, 3)
        await host.press("v", "E")
        await host.shows("marked: 1")
        await host.shows("all: 3")
        await host.press("down", "down", "ctrl+u")
        await host.paste(str(file))
        await host.press("enter")
        await host.until(file.exists)
        await host.until(lambda: "3 jobs are in" in host.toasts)
        await host.press("E", "down", "down", "ctrl+u")
        await host.paste(str(file))
        await host.press("enter")
        await host.shows("Replace the file?")
        first = next(each for each in host.app._notifications if "jobs are in" in each.message)
        await host.press("y")
        told = host.app._notifications
        await host.until(lambda: first not in told and host.toasts.count("3 jobs are in") == 1)
    lines = file.read_text().splitlines()
    assert {json.loads(line)["request_id"] for line in lines} == {"past-1", "past-2", "past-3"}
    other = tmp_path / "other"
    with file.open("a") as more:
        more.write("nonsense\n")
    async with dashboard(server, other) as host:
        await host.until(lambda: host.main.is_loaded)
        # An empty dashboard goes to its form by itself.
        await host.until(lambda: host.main.composer.has_focus_within)
        await host.press("escape")
        await host.until(lambda: host.main.table.has_focus)
        await host.press("I")
        await host.paste(str(tmp_path / "none"))
        await host.press("enter")
        await host.shows("There is no such file.")
        await host.press("ctrl+u")
        await host.paste(str(file))
        await host.press("enter")
        await host.shows("1 line could not be read")
        await host.shows("line 4: it is no JSON")
        await host.press("y")
        await host.until(lambda: host.main.table.row_count == 3)
    assert stored(other).keys() == {"past-1", "past-2", "past-3"}


async def test_strings_from_outside_are_drawn_as_they_stand(server: Server, tmp_path: Path) -> None:
    evil = "[/foo] [red]x \x1b[31m\u202e"
    job = past(1, label=evil, note=evil, inputs={evil: evil}, output={"video": f"https://x/{evil}"})
    folder = kept(tmp_path / "data", job, past(2, model_id=evil), past(3, days_ago=1))
    drawn = "[/foo] [red]x ␛[31m·"
    async with dashboard(server, folder) as host:
        await ready(host, 3)
        await host.press("dollar_sign")
        await host.shows(drawn)
        await host.press("l")
        await host.until(lambda: host.text.count(drawn) == 1)
        await host.press("j")
        await host.until(lambda: drawn in host.text)
        await host.press("escape", "b")
        await host.shows(drawn)
        await host.press("enter")
        await host.until(lambda: shown(host) == ["past-1"], "for the group alone")
        await host.press("e")
        await host.shows("which field is to change?")
        await host.shows(drawn)
        await host.press("escape", "v", "escape", "j", "v", "equals_sign")
        await host.shows("Compare two jobs")
        await host.shows(drawn)
        assert "\x1b" not in host.text


async def test_a_result_without_files_says_so_where_a_key_wants_one(
    server: Server, tmp_path: Path
) -> None:
    folder = kept(tmp_path / "data", past(1, output={"text": "No files"}, request_id=None))
    async with dashboard(server, folder) as host:
        await ready(host, 1)
        await host.press("enter")
        await host.shows("w raw JSON")
        for key in ("d", "D", "o", "p"):
            await host.press(key)
            await host.until(lambda: host.toasts == "This job has no file.", f"after {key}")
            host.app.clear_notifications()
