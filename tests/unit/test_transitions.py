"""What the server's answers do to a job."""

from __future__ import annotations

import pytest

from runcomfy_tui.api.answers import ResultAnswer, StatusAnswer
from runcomfy_tui.api.errors import (
    ApiError,
    NoBalance,
    NotAuthorised,
    NotFound,
    OutcomeUnknown,
    RateLimited,
    Refused,
    Unreachable,
)
from runcomfy_tui.engine import transitions
from runcomfy_tui.engine.transitions import adopted
from runcomfy_tui.jobs import Failure, FieldProblem, Job, Status, new_job

INTENT = new_job("a/b", {"prompt": "x"}, now=1000.0)
QUEUED = transitions.accepted(INTENT, "req", 1001.0)


def result(status: Status, word: str = "", **fields: object) -> ResultAnswer:
    return ResultAnswer(status, word or status.value, **fields)  # type: ignore[arg-type]


def test_an_accepted_submit_is_in_the_queue_under_its_request_id() -> None:
    assert (QUEUED.status, QUEUED.request_id, QUEUED.submitted_at) == (
        Status.IN_QUEUE,
        "req",
        1001.0,
    )
    assert (QUEUED.id, QUEUED.inputs, QUEUED.created_at) == (INTENT.id, {"prompt": "x"}, 1000.0)


@pytest.mark.parametrize(
    "error",
    [
        Refused("no", problems=(FieldProblem(("prompt",), "too long"),)),
        NotAuthorised("no"),
        NoBalance("no", code="400002"),
        NotFound("no"),
        RateLimited("no"),
        Unreachable("no"),
    ],
)
def test_a_clear_no_is_rejected_and_over(error: ApiError) -> None:
    job = transitions.submit_failed(INTENT, error, 1002.0)
    assert (job.status, job.finished_at) == (Status.REJECTED, 1002.0)
    assert job.failure == Failure("no", error.code, getattr(error, "problems", ()))


def test_a_lost_answer_is_unconfirmed_and_not_over() -> None:
    job = transitions.submit_failed(INTENT, OutcomeUnknown("lost", code="500001"), 1002.0)
    assert (job.status, job.finished_at, job.request_id) == (Status.UNCONFIRMED, None, None)
    assert not job.status.is_final
    named = transitions.submit_failed(INTENT, OutcomeUnknown("lost", request_id="req-1"), 1002.0)
    assert named.request_id is None  # not for certain
    assert named.failure == Failure("lost", request_id="req-1")
    assert transitions.interrupted(INTENT).status is Status.UNCONFIRMED


def test_the_start_is_when_it_was_first_seen_running() -> None:
    queued = transitions.heard(QUEUED, StatusAnswer(Status.IN_QUEUE, "in_queue", 3), 1010.0)
    assert (queued.queue_position, queued.started_at) == (3, None)
    running = transitions.heard(queued, StatusAnswer(Status.IN_PROGRESS, "processing"), 1020.0)
    assert (running.queue_position, running.started_at) == (None, 1020.0)
    later = transitions.heard(running, StatusAnswer(Status.IN_PROGRESS, "processing"), 1030.0)
    assert later == running


def test_an_unknown_word_is_kept_as_it_came_until_a_known_one_comes() -> None:
    odd = transitions.heard(QUEUED, StatusAnswer(Status.UNKNOWN, "Reticulating"), 1010.0)
    assert odd.status_word == "Reticulating"
    again = transitions.heard(odd, StatusAnswer(Status.IN_QUEUE, "in_queue", 1), 1011.0)
    assert (again.server_word, again.status_word) == (None, "in_queue")


def test_the_end_is_told_on_this_machines_clock() -> None:
    """The server's clock may be minutes off: its duration counts, from the submit on."""
    answer = result(Status.COMPLETED, created_at=500_000.0, finished_at=500_030.0, cost=0.25)
    done = transitions.collected(QUEUED, answer, 1100.0)
    assert (done.finished_at, done.created_at, done.cost) == (1031.0, 1000.0, 0.25)
    too_late = result(Status.COMPLETED, created_at=500_000.0, finished_at=600_000.0)
    assert transitions.collected(QUEUED, too_late, 1100.0).finished_at == 1100.0
    backwards = result(Status.COMPLETED, created_at=500_000.0, finished_at=400_000.0)
    assert transitions.collected(QUEUED, backwards, 1100.0).finished_at == 1000.0
    assert transitions.collected(QUEUED, result(Status.COMPLETED), 1100.0).finished_at == 1100.0


def test_an_end_never_comes_before_the_start_that_was_seen() -> None:
    running = transitions.heard(QUEUED, StatusAnswer(Status.IN_PROGRESS, ""), 1040.0)
    answer = result(Status.COMPLETED, created_at=500_000.0, finished_at=500_030.0)
    assert transitions.collected(running, answer, 1100.0).finished_at == 1040.0


def test_an_adopted_jobs_times_and_model_are_the_servers() -> None:
    job = adopted("req")
    answer = result(Status.COMPLETED, created_at=500.0, finished_at=530.0, model_id="a/b")
    done = transitions.collected(job, answer, 1100.0)
    assert (done.created_at, done.finished_at, done.model_id) == (500.0, 530.0, "a/b")
    assert done.duration == 30.0


def test_a_failure_has_the_servers_words_or_says_that_there_are_none() -> None:
    said = Failure("Refused by moderation.", "MOD")
    failed = transitions.collected(QUEUED, result(Status.FAILED, failure=said), 1100.0)
    assert (failed.status, failed.failure) == (Status.FAILED, said)
    silent = transitions.collected(QUEUED, result(Status.FAILED), 1100.0)
    assert silent.failure == Failure(transitions.NO_REASON)


def test_a_success_carries_no_failure_even_beside_words_of_warning() -> None:
    warned = result(Status.COMPLETED, failure=Failure("seed was changed"))
    assert transitions.collected(QUEUED, warned, 1100.0).failure is None


def test_a_cost_told_later_changes_the_cost_alone() -> None:
    done = transitions.collected(QUEUED, result(Status.COMPLETED, output={"video": "u"}), 1100.0)
    paid = transitions.collected(done, result(Status.COMPLETED, cost=0.25), 9999.0)
    assert paid == done.but(cost=0.25)
    assert transitions.collected(paid, result(Status.COMPLETED), 9999.0) == paid


@pytest.mark.parametrize("lost", [None, "", [], {}])
def test_a_later_answer_without_an_output_takes_away_none_that_is_known(lost: object) -> None:
    done = transitions.collected(QUEUED, result(Status.COMPLETED, output={"video": "u"}), 1100.0)
    again = transitions.collected(done, result(Status.COMPLETED, output=lost, cost=0.25), 1200.0)
    assert (again.output, again.cost) == ({"video": "u"}, 0.25)
    fresh = transitions.collected(QUEUED, result(Status.COMPLETED, output=lost), 1100.0)
    assert fresh.output == lost


def test_a_result_before_the_end_tells_how_the_job_stands() -> None:
    answer = result(Status.IN_PROGRESS, output={"video": "half"})
    job = transitions.collected(QUEUED, answer, 1010.0)
    assert (job.status, job.output, job.finished_at) == (Status.IN_PROGRESS, None, None)


def test_what_the_server_no_longer_knows_keeps_its_id_and_its_end() -> None:
    gone = transitions.vanished(QUEUED, NotFound("expired", code="404001"), 1100.0)
    assert (gone.status, gone.request_id, gone.finished_at) == (Status.NOT_FOUND, "req", 1100.0)
    assert gone.failure == Failure("expired", "404001")


def test_a_cancelled_job_waits_for_no_turn() -> None:
    queued = transitions.heard(QUEUED, StatusAnswer(Status.IN_QUEUE, "in_queue", 3), 1010.0)
    job: Job = transitions.cancelled(queued, 1020.0)
    assert (job.status, job.queue_position, job.finished_at) == (Status.CANCELLED, None, 1020.0)
