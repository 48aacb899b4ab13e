from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from runcomfy_tui.jobs import Job, Status, new_job
from runcomfy_tui.ui.widgets import job_columns
from tests.ui.test_words import clock_times

NOW = 1_763_733_000.0
PROMPT = "Make it rain, [4, 15] and let nobody out"
JOB = new_job("runwayml/runway-gen-4/turbo/image-to-video", {"prompt": PROMPT}, now=NOW - 100).but(
    status=Status.IN_PROGRESS, started_at=NOW - 42, cost=0.25
)


def names(width: int) -> list[str]:
    return [column.name for column in job_columns.columns_for(width)]


def line(width: int, job: Job = JOB, trend: str = "") -> str:
    columns = job_columns.columns_for(width)
    return "".join(job_columns.cell_texts(columns, job, NOW, trend=trend))


def test_the_columns_that_change_stand_left() -> None:
    assert names(140) == ["status", "when", "took", "cost", "model", "prompt"]


def test_a_narrow_table_leaves_out_the_cost_then_the_time() -> None:
    assert names(80) == names(140)
    assert names(70) == ["status", "when", "took", "model", "prompt"]
    assert names(60) == ["status", "took", "model", "prompt"]
    assert names(45) == ["status", "took", "model"]
    assert names(24) == ["status"]


def test_sixty_cells_still_tell_status_time_model_and_prompt() -> None:
    text = line(60)
    for part in ("◐ in_progress", "42s", "runway-gen-4", "Make it ra"):
        assert part in text


@given(
    width=st.integers(2, 300),
    prompt=st.text(max_size=60),
    model=st.one_of(st.none(), st.text(max_size=40)),
    word=st.text(max_size=30),
    status=st.sampled_from(list(Status)),
    position=st.one_of(st.none(), st.integers(0, 10**7)),
    cost=st.one_of(st.none(), st.floats(-10, 1e9)),
)
def test_a_row_and_its_header_are_exactly_as_wide_as_the_table_whatever_they_hold(
    width: int,
    prompt: str,
    model: str | None,
    word: str,
    status: Status,
    position: int | None,
    cost: float | None,
) -> None:
    job = Job(
        id="1",
        model_id=model,
        inputs={"prompt": prompt},
        status=status,
        created_at=NOW - 5,
        server_word=word,
        queue_position=position,
        cost=cost,
    )
    assert cell_len(line(width, job, "↓")) == width
    assert cell_len(job_columns.header_text(job_columns.columns_for(width), width)) == width


def test_a_wide_character_that_does_not_fit_is_not_cut_in_half() -> None:
    text = line(140, JOB.but(inputs={"prompt": "日本語" * 40}))
    assert cell_len(text) == 140
    assert text.rstrip().endswith("…")


def test_numbers_are_right_aligned_under_their_titles() -> None:
    columns = job_columns.columns_for(140)
    header = job_columns.header_text(columns, 140)
    short, long = line(140), line(140, JOB.but(cost=12.5, started_at=NOW - 4_000))
    for title in ("when", "took", "cost"):
        end = header.index(title) + len(title)
        assert header[end] == " "
        assert all(text[end - 1] != " " and text[end] == " " for text in (short, long))


@pytest.mark.parametrize(
    ("position", "trend", "text"),
    [
        (3, "↓", "○ in_queue #3↓"),
        (3, "", "○ in_queue #3"),
        (0, "", "○ in_queue #0"),
        (None, "", "○ in_queue"),
    ],
)
def test_a_queued_job_shows_its_place_and_where_it_moves(
    position: int | None, trend: str, text: str
) -> None:
    job = JOB.but(status=Status.IN_QUEUE, queue_position=position)
    assert job_columns.status_text(job, trend) == text


def test_an_unknown_word_is_shown_as_the_server_wrote_it_without_its_control_characters() -> None:
    job = JOB.but(status=Status.UNKNOWN, server_word="warm\x1b[2Jing")
    assert job_columns.status_text(job) == "· warm␛[2Jing"


def test_an_ended_row_shows_a_clock_time_and_a_live_one_its_age() -> None:
    ended = JOB.but(status=Status.COMPLETED, finished_at=NOW - 2)
    assert ":" in job_columns.when_text(ended, NOW)
    assert job_columns.took_text(ended, NOW) == "40s"
    assert (job_columns.when_text(JOB, NOW), job_columns.took_text(JOB, NOW)) == ("1m", "42s")
    queued = JOB.but(status=Status.IN_QUEUE, started_at=None)
    assert job_columns.took_text(queued, NOW) == ""


@given(age=clock_times(90_000), ran=clock_times(90_000), step=st.floats(0, 0.999))
def test_the_times_of_a_row_stand_as_long_as_they_say(age: float, ran: float, step: float) -> None:
    job = JOB.but(created_at=NOW - age, started_at=NOW - ran)
    columns = job_columns.columns_for(140)
    later = NOW + job_columns.seconds_until_change(columns, job, NOW) * step
    assert job_columns.when_text(job, later) == job_columns.when_text(job, NOW)
    assert job_columns.took_text(job, later) == job_columns.took_text(job, NOW)
