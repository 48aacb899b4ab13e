"""What the job table can be sorted by. Pure."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from typing import Any

from runcomfy_tui.jobs import Job, Status
from runcomfy_tui.ui import words
from runcomfy_tui.ui.widgets import job_columns

_RANKS = {
    status: rank
    for rank, status in enumerate(
        (
            Status.UNCONFIRMED,
            Status.SUBMITTING,
            Status.IN_PROGRESS,
            Status.IN_QUEUE,
            Status.UNKNOWN,
            Status.FAILED,
            Status.REJECTED,
            Status.NOT_FOUND,
            Status.CANCELLED,
            Status.COMPLETED,
        )
    )
}
_TEXT_LENGTH = 40
_BEHIND_ALL_TEXTS = "\U0010ffff"


def starts_descending(column: str) -> bool:
    """Whether sorting by a column first shows its highest values on top."""
    return column not in ("status", "model", "prompt", "label", "note", "request_id")


@cache
def sort_value(column: str, descending: bool) -> Callable[[Job], Any] | None:
    """What jobs are compared by; None for their time alone.

    A job that lacks the value stands below all others in both directions.
    """
    missing = -math.inf if descending else math.inf
    match column:
        case job_columns.STATUS.name:
            return lambda job: _RANKS[job.status]
        case job_columns.TOOK.name:
            return lambda job: _number(job.duration, missing)
        case job_columns.STATE.name:
            # The older the state, the longer it has lasted.
            return lambda job: missing if job.status.is_final else -job.state_since
        case job_columns.COST.name:
            return lambda job: _number(job.cost, missing)
        case job_columns.ESTIMATE.name:
            return lambda job: _number(job.estimate, missing)
        case job_columns.RATING.name:
            return lambda job: _number(job.rating, missing)
        case job_columns.MODEL.name:
            return _text_value(lambda job: words.short_model(job.model_id), descending)
        case job_columns.PROMPT.name:
            return _text_value(lambda job: words.prompt_of(job.inputs), descending)
        case job_columns.LABEL.name:
            return _text_value(lambda job: job.label, descending)
        case job_columns.NOTE.name:
            return _text_value(lambda job: job.note, descending)
        case job_columns.REQUEST.name:
            return _text_value(lambda job: job.request_id or "", descending)
        case _:
            return None


def _number(value: float | None, missing: float) -> float:
    """NaN can be compared with nothing."""
    return missing if value is None or math.isnan(value) else value


def _text_value(text_of: Callable[[Job], str], descending: bool) -> Callable[[Job], str]:
    missing = "" if descending else _BEHIND_ALL_TEXTS
    return lambda job: text_of(job)[:_TEXT_LENGTH].casefold() or missing
