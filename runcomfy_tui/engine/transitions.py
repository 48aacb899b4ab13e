"""What the server's answers do to a job. Pure; times are epoch seconds of this machine."""

from __future__ import annotations

from typing import Any, Final

from runcomfy_tui.api.answers import ResultAnswer, StatusAnswer
from runcomfy_tui.api.errors import WHEN_LOST, ApiError, OutcomeUnknown, Refused
from runcomfy_tui.jobs import Failure, Job, Status, new_job
from runcomfy_tui.words import local_time

NO_REASON = "RunComfy gave no reason."
_EMPTY: Final[tuple[Any, ...]] = (None, "", [], {})

UNCONFIRMED = f"The answer to this submit was lost. {WHEN_LOST}"


def accepted(job: Job, request_id: str, now: float) -> Job:
    """The server answered the submit with a request_id: the job exists and waits its turn."""
    return job.but(
        status=Status.IN_QUEUE, request_id=request_id, submitted_at=now, server_word=None
    )


def submit_failed(job: Job, error: ApiError, now: float) -> Job:
    """The submit came to nothing that is known: unconfirmed when it may exist, else rejected."""
    problems = error.problems if isinstance(error, Refused) else ()
    failure = Failure(error.message, error.code, problems, error.request_id)
    if isinstance(error, OutcomeUnknown):
        return job.but(status=Status.UNCONFIRMED, failure=failure)
    return job.but(status=Status.REJECTED, failure=failure, finished_at=now)


def adopted(request_id: str) -> Job:
    """A request that was submitted elsewhere, before the server has said anything about it."""
    job = new_job(None, {})
    return job.but(status=Status.UNKNOWN, request_id=request_id, adopted=True)


def interrupted(job: Job) -> Job:
    """The program ended between the POST and its answer."""
    return job.but(status=Status.UNCONFIRMED, failure=Failure(UNCONFIRMED))


def heard(job: Job, answer: StatusAnswer | ResultAnswer, now: float) -> Job:
    """The job is not at its end; take in where it stands."""
    position = answer.queue_position if isinstance(answer, StatusAnswer) else job.queue_position
    is_running = answer.status is Status.IN_PROGRESS
    heard = {
        "status": answer.status,
        "server_word": answer.word if answer.status is Status.UNKNOWN else None,
        "queue_position": position if answer.status is Status.IN_QUEUE else None,
        "started_at": (job.started_at or now) if is_running else job.started_at,
        "failure": None,
    }
    # Most polls hear nothing new, and a thousand jobs are polled all day.
    is_news = any(getattr(job, name) != value for name, value in heard.items())
    return job.but(**heard) if is_news else job


def collected(job: Job, result: ResultAnswer, now: float) -> Job:
    """/result has spoken, and its word counts: a `completed` /status may prove to be a failure."""
    if not result.status.is_final:
        return heard(job, result, now)
    failure = result.failure
    if result.status is Status.FAILED and failure is None:
        failure = Failure(NO_REASON)
    created_at = job.created_at
    if job.adopted and result.created_at is not None:
        created_at = result.created_at
    return job.but(
        model_id=job.model_id or result.model_id,
        status=result.status,
        server_word=None,
        queue_position=None,
        created_at=created_at,
        finished_at=job.finished_at or _end_of(job, result, now),
        # A later answer, asked for its cost or on opening, may have lost what an earlier one held.
        output=job.output if result.output in _EMPTY and job.output else result.output,
        cost=result.cost if result.cost is not None else job.cost,
        failure=failure if result.status is not Status.COMPLETED else None,
    )


def cancelled(job: Job, now: float) -> Job:
    """The server's outcome is `cancelled`."""
    return job.but(status=Status.CANCELLED, queue_position=None, server_word=None, finished_at=now)


def vanished(job: Job, error: ApiError, now: float) -> Job:
    """The server knows this request no longer: deleted or expired."""
    return job.but(
        status=Status.NOT_FOUND,
        queue_position=None,
        finished_at=job.finished_at or now,
        failure=Failure(error.message, error.code),
    )


def not_told(job: Job, error: ApiError) -> Job:
    """The server refuses to say how the job stands; that changes nothing of how it does."""
    return job.but(failure=Failure(error.message, error.code))


def not_known_yet(job: Job, error: ApiError, until: float) -> Job:
    """The server does not know this request, which is so young that this may change."""
    words = (
        f"RunComfy does not know this request yet. It is asked until {local_time(until):%H:%M:%S}; "
        "if it still does not by then, the job is called not_found."
    )
    return job.but(failure=Failure(words, error.code))


def found_again(job: Job) -> Job:
    """The server knows this request after all, or is to be asked once more whether it does."""
    return job.but(status=Status.UNKNOWN, finished_at=None, failure=None)


def _end_of(job: Job, result: ResultAnswer, now: float) -> float:
    """The server's end on this machine's clock: the two may differ by minutes."""
    if result.finished_at is None:
        return now
    if job.adopted or result.created_at is None or job.submitted_at is None:
        return min(now, result.finished_at)
    end = job.submitted_at + (result.finished_at - result.created_at)
    return min(now, max(job.started_at or job.created_at, end))
