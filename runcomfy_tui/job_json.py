"""A job as others read it: JSON, a curl line. Never holds a token."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import orjson

from runcomfy_tui.jobs import Job


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


def json_bytes(value: Any, option: int = 0) -> bytes:
    """`value` as JSON; `option` is orjson's, and `OPT_INDENT_2` always holds."""
    try:
        return orjson.dumps(value, option=option)
    except TypeError:
        # Values that orjson refuses (whole numbers beyond 64 bits, lone surrogates).
        indent = 2 if option & orjson.OPT_INDENT_2 else None
        return json.dumps(value, indent=indent, default=str).encode()


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
