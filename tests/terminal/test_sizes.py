"""Small terminals can be worked with."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.engine.server import Server
from tests.terminal import past_jobs
from tests.terminal.dashboard import IN_THE_TABLE, MODEL, Dashboard


@pytest.mark.parametrize(("columns", "rows"), [(80, 24), (60, 20)])
def test_one_can_work_on_a_small_screen(
    folder: Path, server: Server, columns: int, rows: int
) -> None:
    with Dashboard(folder, server, columns=columns, rows=rows) as screen:
        screen.wait_for_form()
        assert screen.job_rows == []  # the form has the screen to itself
        screen.press("f5")
        screen.wait_for_statuses("in_queue")
        screen.wait_until(lambda: MODEL in screen.text, what="the detail below the table")
        assert "^q quit" in screen.lines[-1]
        assert "? help" in screen.lines[-1]

        screen.press("ctrl+n")
        screen.wait_for("Prompt")
        screen.wait_for("383/1000")
        screen.go_to_table()
        screen.wait_for_statuses("in_queue")

        screen.press("c")
        screen.wait_for("Cancel this job?")
        screen.wait_for("y  cancel the job")
        screen.wait_for(server.requests()[0]["request_id"])
        screen.press("y")
        screen.wait_for_statuses("cancelled")
        screen.press("y")
        screen.wait_for("Copied: request_id")
        screen.press("escape")
        screen.wait_gone("Copied: request_id")
        screen.press("?")
        screen.wait_for("One job up")
        screen.press("escape")
        screen.wait_gone("One job up")
        screen.press("enter")
        screen.wait_for("esc back")
        assert screen.quit() == 0


def test_a_list_of_choices_leaves_room_for_what_is_said_below_it(
    folder: Path, server: Server
) -> None:
    past_jobs.write(folder, past_jobs.finished(1))
    with Dashboard(folder, server, columns=60, rows=20) as screen:
        screen.wait_for_keys(IN_THE_TABLE)
        screen.press("C")
        screen.wait_for("enter takes them")


def test_the_detail_leaves_half_of_a_very_low_screen_to_the_jobs(
    folder: Path, server: Server
) -> None:
    past_jobs.write(folder, past_jobs.finished(1), past_jobs.finished(2))
    with Dashboard(folder, server, columns=40, rows=10) as screen:
        screen.wait_for_statuses("completed", "completed")
        screen.wait_for("past-2")


@pytest.mark.parametrize(("columns", "rows"), [(80, 24), (60, 20)])
def test_every_field_of_the_first_form_is_in_sight_on_a_small_screen(
    folder: Path, columns: int, rows: int
) -> None:
    with Dashboard(folder, arguments=["--sandbox"], columns=columns, rows=rows) as screen:
        screen.wait_for_form()
        screen.wait_for("est. $0.25 for 5 s")
        for words in ("Prompt", "Image *", "Aspect Ratio", "Duration", "Seed", "F5 submit"):
            screen.wait_for(words)
        screen.press("ctrl+n")
        screen.wait_for("promptText · text · at most 1000 characters")


@pytest.mark.parametrize(("before", "after"), [((140, 40), (80, 24)), ((80, 24), (140, 40))])
def test_what_stands_below_a_dialog_takes_the_new_size_with_it(
    folder: Path, server: Server, before: tuple[int, int], after: tuple[int, int]
) -> None:
    past_jobs.write(folder, *map(past_jobs.finished, range(30)))
    with Dashboard(folder, server, columns=before[0], rows=before[1]) as screen:
        screen.wait_for_keys(IN_THE_TABLE)
        screen.wait_for("past-29")
        screen.press("l")
        screen.wait_for("Label this job")
        screen.resize(110, 30)
        screen.resize(*after)
        screen.bytes_until_quiet()
        (title,) = (row for row, line in enumerate(screen.lines) if "Label this job" in line)
        (hint,) = (row for row, line in enumerate(screen.lines) if "escape goes back" in line)
        below = [*screen.lines[: title - 2], *screen.lines[hint + 3 :]]
        screen.press("escape")
        screen.wait_gone("Label this job")
        screen.bytes_until_quiet()
        assert below == [*screen.lines[: title - 2], *screen.lines[hint + 3 :]]
        assert "^q quit" in screen.lines[after[1] - 1]
