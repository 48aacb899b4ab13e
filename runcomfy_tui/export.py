"""A job as others read it: JSON, CSV, a curl line. Never holds a token."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from runcomfy_tui.jobs import Job
from runcomfy_tui.text import visible

CSV_COLUMNS = (
    "id",
    "request_id",
    "model_id",
    "status",
    "created_at",
    "submitted_at",
    "started_at",
    "finished_at",
    "cost",
    "label",
    "note",
    "rating",
    "error",
    "error_code",
    "batch",
    "batch_item",
    "adopted",
    "outputs",
    "inputs",
)
"""What CSV tells of a job, by the names of the JSON; lists and objects stand in it as JSON."""

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "'")


def job_as_json(
    job: Job, *, time_as: Callable[[float | None], Any] | None = None
) -> dict[str, Any]:
    """What `runcomfy-tui jobs --json` prints of a job: times in ISO 8601 (UTC), cost in USD.

    `time_as` tells the times otherwise.
    """
    told = time_as or iso
    return {
        "id": job.id,
        "request_id": job.request_id,
        "model_id": job.model_id,
        "status": job.status_word,
        "inputs": dict(job.inputs),
        "created_at": told(job.created_at),
        "submitted_at": told(job.submitted_at),
        "started_at": told(job.started_at),
        "finished_at": told(job.finished_at),
        "outputs": [output.url for output in job.outputs],
        "output": job.output,
        "cost": job.cost,
        "error": job.failure.message if job.failure else None,
        "error_code": job.failure.code if job.failure else None,
        "adopted": job.adopted,
        "label": job.label,
        "note": job.note,
        "rating": job.rating,
        "batch": job.batch,
        "batch_item": job.batch_item,
        "estimate": job.estimate,
        "pinned": job.pinned,
        "archived": job.archived,
    }


def job_as_csv(job: Job) -> list[str]:
    """A cell for each of `CSV_COLUMNS`.

    A spreadsheet runs what begins like a formula, and labels and errors come from elsewhere: an
    apostrophe before such a cell, and before one that begins with an apostrophe, keeps it a text.
    Whoever reads the cells takes a first apostrophe away and has them as they were.
    """
    told = job_as_json(job)
    return [_cell(told[name]) for name in CSV_COLUMNS]


def _cell(value: Any) -> str:
    match value:
        case None:
            return ""
        case str():
            text = visible(value, keep_newlines=True)
            return f"'{text}" if text.startswith(_FORMULA_STARTS) else text
        case bool():
            return "true" if value else "false"
        case int() | float():
            return repr(value)
        case _:
            return json.dumps(value, ensure_ascii=True, default=str)


def iso(at: float | None) -> str | None:
    """Epoch seconds as ISO 8601 in UTC, to the millisecond; None for a time that no date tells."""
    if at is None:
        return None
    try:
        moment = datetime.fromtimestamp(at, UTC)
    except (OverflowError, ValueError, OSError):
        return None
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def curl_line(job: Job, model_api_base: str) -> str:
    """The shell command that submits the same inputs; the token stays a variable."""
    url = f"{model_api_base}/models/{quote(job.model_id or '', safe='/')}"
    body = json.dumps(dict(job.inputs), ensure_ascii=False)
    try:
        body.encode()
    except UnicodeEncodeError:  # half of a surrogate pair, which only an escape can write
        body = json.dumps(dict(job.inputs))
    return (
        f"curl --request POST --url {shlex.quote(url)}"
        ' --header "Content-Type: application/json"'
        ' --header "Authorization: Bearer $RUNCOMFY_TOKEN"'
        f" --data {shlex.quote(body)}"
    )
