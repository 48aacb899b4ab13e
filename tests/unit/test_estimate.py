"""What a job will cost by its base price, and by what such jobs have cost before."""

from __future__ import annotations

from typing import Any

import pytest

from runcomfy_tui.builtin_models import BUILTIN_MODELS
from runcomfy_tui.engine.changes import Changes, Facts
from runcomfy_tui.engine.estimate import LAST, Estimate, Past, estimate, past_like
from runcomfy_tui.engine.recent import RECENT_SECONDS, Recent
from runcomfy_tui.jobs import Balance, Job, ModelEntry, Status, new_job
from runcomfy_tui.schema.reading import read_form

GEN_4 = next(model for model in BUILTIN_MODELS if "gen-4" in model.model_id)
GEN_4_FORM = read_form(GEN_4.input_schema)


def told(unit: str | None, inputs: dict[str, Any], price: float | None = 0.04, **properties: Any):  # type: ignore[no-untyped-def]
    entry = ModelEntry("a/b", base_price_usd=price, price_unit=unit)
    return estimate(entry, read_form({"type": "object", "properties": properties}), inputs)


NUMBER = {"type": "integer"}


def test_the_built_in_model_costs_its_price_times_its_seconds() -> None:
    assert estimate(GEN_4, GEN_4_FORM, {"duration": 10}) == Estimate(0.5, 10, "second")
    # What is left out is what the schema says it then is.
    assert estimate(GEN_4, GEN_4_FORM, {}) == Estimate(0.25, 5, "second")


@pytest.mark.parametrize(
    ("unit", "inputs", "properties", "units"),
    [
        ("second", {"duration": 8}, {"duration": NUMBER}, 8),
        ("seconds", {"duration": "8"}, {"duration": {"type": "string"}}, 8),
        ("Second", {"duration": "8s"}, {"duration": {"type": "string"}}, 8),
        ("second", {"videoDuration": 2.5}, {}, 2.5),
        ("second", {"music_length_ms": 40000}, {}, 40),
        ("minute", {"duration": 90}, {}, 1.5),
        ("second", {"num_frames": 121, "fps": 24}, {}, 121 / 24),
        ("second", {"duration": "auto"}, {}, None),
        ("second", {"duration": -1}, {}, None),
        ("second", {"duration": True}, {}, None),
        ("second", {}, {"duration": NUMBER}, None),
        ("second", {"prompt": "for 5 seconds"}, {}, None),
        ("output", {"num_images": 3}, {"num_images": NUMBER}, 3),
        ("output", {}, {"max_images": {"type": "integer", "default": 2}}, 2),
        ("output", {}, {"max_images": NUMBER}, None),
        ("output", {"prompt": "x"}, {}, 1),
        ("image", {"n": 4}, {}, 4),
        ("per image", {"n": 4}, {}, 4),
        ("request", {"n": 4}, {}, 1),
        ("megapixel", {"n": 4}, {}, None),
        (None, {"duration": 4}, {}, None),
    ],
)
def test_units_are_counted_only_where_they_are_known(
    unit: str | None, inputs: dict[str, Any], properties: dict[str, Any], units: float | None
) -> None:
    found = told(unit, inputs, **properties)
    if units is None:
        assert found is None
    else:
        assert (found.usd, found.units) == (pytest.approx(0.04 * units), pytest.approx(units))


def test_without_a_price_there_is_no_estimate() -> None:
    assert told("second", {"duration": 5}, price=None) is None
    assert told("second", {"duration": 5}, price=float("nan")) is None


def done(at: float, cost: float | None = 0.2, seconds: float = 40, **inputs: Any) -> Job:
    whole = {"promptText": "x", "promptImage": "https://a/b", "seed": 1, "duration": 5} | inputs
    job = new_job(GEN_4.model_id, whole, now=at)
    return job.but(status=Status.COMPLETED, started_at=at, finished_at=at + seconds, cost=cost)


def past(jobs: list[Job], **inputs: Any) -> Past:
    return past_like(jobs, GEN_4.model_id, GEN_4_FORM, inputs)


def test_like_this_means_the_same_settings_whatever_is_shown() -> None:
    jobs = [
        done(1, promptText="another"),
        done(2, seed=7),
        done(3, promptImage="https://c/d"),
        done(4, ratio="1280:720"),  # the default, said aloud
    ]
    assert past(jobs, duration=5).count == 4
    assert past(jobs).count == 4
    assert past(jobs, duration=10).count == 0
    assert past(jobs, duration=5, ratio="960:960").count == 0
    assert past(jobs, duration=5, extra=1).count == 0


def test_medians_of_the_last_ones_whatever_order_they_come_in() -> None:
    old = [done(at, cost=9.0, seconds=900) for at in range(50)]
    new = [done(100 + at, cost=0.1 * at, seconds=10.0 * at) for at in range(1, LAST + 1)]
    found = past(new[6:] + old + new[:6])
    assert found.count == LAST
    assert found.usd == pytest.approx(0.65)
    assert found.seconds == pytest.approx(65.0)


def test_only_what_completed_for_this_model_counts() -> None:
    jobs = [
        done(1).but(status=Status.FAILED),
        done(2).but(status=Status.IN_PROGRESS, finished_at=None),
        done(3).but(model_id="other/model"),
        done(4, cost=None),
    ]
    assert past(jobs) == Past(1, None, 40)
    assert past([]) == Past()


NOW = 1_800_000_000.0


def recent(*jobs: Job) -> Recent:
    memory = Recent()
    memory.take_in(Changes(jobs=jobs), NOW)
    return memory


def test_the_same_inputs_of_the_last_minutes_are_remembered() -> None:
    first, second = done(NOW - 300), done(NOW - 60)
    memory = recent(second, first, done(NOW - RECENT_SECONDS - 1, seed=2))
    same = memory.same(GEN_4.model_id, dict(first.inputs), NOW)
    assert same is not None
    assert same.id == second.id
    assert memory.same(GEN_4.model_id, {**first.inputs, "seed": 2}, NOW) is None
    assert memory.same("other/model", first.inputs, NOW) is None
    assert memory.same(GEN_4.model_id, first.inputs, NOW + RECENT_SECONDS) is None


@pytest.mark.parametrize("status", [Status.REJECTED, Status.CANCELLED])
def test_what_costs_nothing_may_be_said_again(status: Status) -> None:
    job = done(NOW - 5).but(status=status)
    assert recent(job).same(GEN_4.model_id, job.inputs, NOW) is None


def test_a_job_that_is_gone_or_changed_is_known_as_it_is_now() -> None:
    job = done(NOW - 5).but(status=Status.SUBMITTING)
    memory = recent(job)
    memory.take_in(Changes(jobs=(job.but(status=Status.REJECTED),)), NOW)
    assert memory.same(GEN_4.model_id, job.inputs, NOW) is None
    memory = recent(job)
    memory.take_in(Changes(gone=(job.id,)), NOW)
    assert memory.same(GEN_4.model_id, job.inputs, NOW) is None


def test_a_file_of_this_machine_is_the_same_by_its_path() -> None:
    job = done(NOW - 5, promptImage=f"file:///home/me/a%20b.png#sha256={'0' * 64}")
    as_typed = {**job.inputs, "promptImage": "/home/me/a b.png"}
    assert recent(job).same(GEN_4.model_id, as_typed, NOW) is not None


def test_money_and_history_are_told_to_whoever_listens() -> None:
    memory, heard = Recent(), []
    memory.heard = lambda: heard.append((memory.balance, memory.is_loaded))
    memory.take_in(Changes(), NOW)
    balance = Balance(0.1, NOW)
    memory.take_in(Changes(facts=Facts(balance=balance, is_loaded=True)), NOW)
    memory.take_in(Changes(), NOW)
    assert heard == [(None, False), (balance, True), (balance, True)]
