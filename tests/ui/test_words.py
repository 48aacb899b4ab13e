from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from rich.cells import cell_len

from runcomfy_tui.jobs import Failure, Status, new_job
from runcomfy_tui.text import visible
from runcomfy_tui.ui import words
from runcomfy_tui.words import count_of


@pytest.fixture(autouse=True)
def in_utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def at(year: int, month: int, day: int, hour: int = 0, minute: int = 0, second: int = 0) -> float:
    return datetime(year, month, day, hour, minute, second, tzinfo=UTC).timestamp()


def clock_times(most: int) -> st.SearchStrategy[float]:
    """Seconds as finely as a clock tells them."""
    return st.integers(0, 1000 * most).map(lambda milliseconds: milliseconds / 1000)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(-5, "0s"), (42.9, "42s"), (60, "1m"), (400, "6m"), (3 * 3600, "3h"), (2 * 86400, "2d")],
)
def test_an_age_is_one_coarse_number(seconds: float, text: str) -> None:
    assert words.age(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, ""),
        (0.2, "0s"),
        (58, "58s"),
        (59.7, "1m"),
        (72, "1m 12s"),
        (7_500, "2h 5m"),
        (86_400 * 3 + 3_600 * 4 + 5, "3d 4h"),
    ],
)
def test_a_duration_has_at_most_two_parts(seconds: float | None, text: str) -> None:
    assert words.duration(seconds) == text


@pytest.mark.parametrize(
    ("usd", "text"),
    [
        (None, ""),
        (0, "$0.00"),
        (0.25, "$0.25"),
        (0.05, "$0.05"),
        (0.004, "$0.0040"),
        (0.0375, "$0.0375"),
        (0.00001, "<$0.0001"),
        (1_234.5, "$1,234.50"),
        (-1.2, "-$1.20"),
    ],
)
def test_money_is_never_rounded_to_nothing(usd: float | None, text: str) -> None:
    assert words.money(usd) == text


def test_a_size_counts_in_thousands_as_the_limits_of_the_api_do() -> None:
    assert [words.size(count) for count in (1, 512, 2_100_000)] == ["1 B", "512 B", "2.1 MB"]


def test_a_clock_time_is_as_long_as_the_day_is_far_away() -> None:
    now = at(2025, 11, 21, 14, 30)
    assert words.clock(at(2025, 11, 21, 14, 5), now) == "14:05"
    assert words.clock(at(2025, 11, 9), now) == "Nov 9"
    assert words.clock(at(2024, 11, 19), now) == "2024-11-19"
    assert words.clock(at(2024, 11, 19), now, brief=True) == "2024-11"
    assert words.moment(at(2025, 11, 9, 1, 2, 3)) == "2025-11-09 01:02:03"


@pytest.mark.parametrize("impossible", [1e30, -1e30, float("nan"), float("inf")])
def test_a_time_that_no_calendar_has_is_no_text_and_no_crash(impossible: float) -> None:
    assert words.clock(impossible, at(2025, 11, 21)) == ""
    assert words.moment(impossible) == ""


@pytest.mark.parametrize(("zone", "hours"), [("America/New_York", 25), ("Asia/Kathmandu", 24)])
def test_a_day_ends_at_midnight_also_where_the_clock_is_turned(
    zone: str, hours: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    for begin, seconds in (((2025, 11, 21, 23, 59, 50), 10), ((2025, 11, 2), hours * 3600)):
        now = datetime(*begin).timestamp()  # noqa: DTZ001
        assert words.seconds_until_tomorrow(now) == seconds


@given(since=clock_times(2_000_000_000), passed=clock_times(300_000), step=st.floats(0, 1))
def test_an_elapsed_time_stays_as_it_is_until_it_says(
    since: float, passed: float, step: float
) -> None:
    now = since + passed
    wait = words.seconds_until_elapsed_changes(since, now)
    assume(wait > 0.001)  # less is lost in the rounding of times that are counted since 1970
    later = now + wait * step * 0.999
    assert words.elapsed(since, later) == words.elapsed(since, now)


def test_elapsed_times_older_than_a_minute_change_all_at_the_same_moment() -> None:
    minute = at(2025, 11, 21, 14, 30)
    births = [minute - 61, minute - 125.5, minute - 199.9]
    before = [words.elapsed(birth, minute + 59.9) for birth in births]
    assert before == [words.elapsed(birth, minute) for birth in births]
    assert all(words.seconds_until_elapsed_changes(birth, minute + 59) == 1 for birth in births)
    after = [words.elapsed(birth, minute + 60) for birth in births]
    assert (before, after) == (["1m", "2m", "3m"], ["2m", "3m", "4m"])


@pytest.mark.parametrize(
    ("model_id", "text"),
    [
        ("runwayml/runway-gen-4/turbo/image-to-video", "runway-gen-4/turbo/i2v"),
        ("runwayml/runway-aleph/video-to-video", "runway-aleph/v2v"),
        ("acestep-ai/ace-step-1.5/text-to-audio", "ace-step-1.5/t2a"),
        ("bytedance/seedance-2.5/reference-to-video/4k", "seedance-2.5/reference-to-video/4k"),
        ("my-own-model", "my-own-model"),
        (None, ""),
    ],
)
def test_a_model_is_told_without_its_vendor(model_id: str | None, text: str) -> None:
    assert words.short_model(model_id) == text


@pytest.mark.parametrize(
    ("inputs", "text"),
    [
        ({"ratio": "1280:720", "prompt": "rain"}, "rain"),
        ({"promptImage": "https://x.y/a.png", "promptText": "she drives"}, "she drives"),
        ({"tags": "pop", "lyrics": "[inst]", "negative_prompt": "blur"}, "[inst]"),
        ({"multi_prompt": [{"prompt": "", "index": 1}, {"prompt": "second"}]}, "second"),
        ({"image": "HTTPS://x.y/a.png", "style": "noir"}, "noir"),
        ({"image": "data:image/png;base64,AAAA"}, ""),
        ({"prompt": "", "ratio": "1280:720"}, ""),
        ({"seed": 4, "loras": [None, {"scale": 1.5}]}, ""),
    ],
)
def test_the_text_that_tells_a_job_is_its_prompt(inputs: dict[str, object], text: str) -> None:
    assert words.prompt_of(inputs) == text


def test_every_status_has_a_shape_of_its_own_in_one_cell() -> None:
    shapes = [words.shape(status) for status in Status]
    assert len(set(shapes)) == len(Status)
    assert {cell_len(shape) for shape in shapes} == {1}


def test_a_state_is_told_in_a_sentence() -> None:
    now = at(2025, 11, 21, 14, 30)
    job = new_job("m", {}, now=now - 62).but(submitted_at=now - 62)
    queued = job.but(status=Status.IN_QUEUE, queue_position=3)
    running = job.but(status=Status.IN_PROGRESS, started_at=now - 42)
    done = running.but(status=Status.COMPLETED, finished_at=now - 2)
    heard = job.but(status=Status.UNKNOWN, server_word="warming_up")
    assert words.state_sentence(queued, now) == "in_queue #3 · waiting 1m"
    assert words.state_sentence(running, now) == "in_progress for 42s · queued 20s"
    assert words.state_sentence(done, now) == "completed at 14:29 · took 40s · queued 20s"
    assert words.state_sentence(heard, now) == "warming_up for 1m"
    assert words.state_sentence(job.but(status=Status.REJECTED), now) == "rejected"


def test_a_lost_answer_is_said_to_be_possibly_charged_and_a_refusal_not() -> None:
    lost, refused = words.MEANINGS[Status.UNCONFIRMED], words.MEANINGS[Status.REJECTED]
    assert "may exist and may be charged" in lost
    assert all(key in lost for key in ("(a)", "(r)", "(d)"))
    assert "nothing was created, nothing is charged" in refused
    # It may never have left: offline, a token that no header can carry, a file too large.
    assert "RunComfy" not in refused


def test_what_a_failure_says_already_is_not_said_again() -> None:
    job = new_job("a/b", {}).but(status=Status.UNCONFIRMED)
    assert "may be charged" in str(words.meaning(job))
    told = str(words.meaning(job.but(failure=Failure("The job may exist and may be charged."))))
    assert "may be charged" not in told
    assert all(key in told for key in ("a attaches", "r brings", "d drops"))


@pytest.mark.parametrize("status", [Status.FAILED, Status.NOT_FOUND])
def test_inputs_are_offered_only_of_jobs_whose_inputs_are_known(status: Status) -> None:
    job = new_job("a/b", {}).but(status=status)
    assert " r" in str(words.meaning(job)).removeprefix(words.MEANINGS[status])
    assert words.meaning(job.but(adopted=True)) == words.MEANINGS[status]


@given(text=st.text(), width=st.integers(1, 40), right=st.booleans())
def test_a_text_is_made_to_fit_exactly(text: str, width: int, right: bool) -> None:
    assert cell_len(words.fit(visible(text), width, right=right)) == width


@given(text=st.text(max_size=200), width=st.integers(2, 40))
def test_a_wrapped_text_loses_nothing_but_blanks(text: str, width: int) -> None:
    shown = visible(text, keep_newlines=True)
    lines = words.wrap(shown, width)
    assert all(cell_len(line) <= width for line in lines)
    assert _letters("".join(lines)) == _letters(words.steady(shown))


def _letters(text: str) -> str:
    return "".join(text.split())


@pytest.mark.parametrize(
    ("count", "text"), [(0, "0 jobs"), (1, "1 job"), (2, "2 jobs"), (1200, "1,200 jobs")]
)
def test_a_count_agrees_with_its_noun(count: int, text: str) -> None:
    assert count_of(count, "job") == text
    assert count_of(count, "job has", "jobs have").startswith(text)
