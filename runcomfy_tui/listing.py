"""`runcomfy-tui jobs`: the ledger on standard output, for people or for scripts."""

from __future__ import annotations

import csv
import io
import json
import sys
import time
from collections.abc import Iterable, Iterator
from enum import StrEnum
from pathlib import Path

import humanize
import orjson

from runcomfy_tui.export import CSV_COLUMNS, iso, job_as_csv, job_as_json
from runcomfy_tui.history.ledger import Ledger
from runcomfy_tui.jobs import Job
from runcomfy_tui.query import Query
from runcomfy_tui.text import clip, visible

COLUMNS = ("STATUS", "CREATED", "TOOK", "COST", "REQUEST_ID", "MODEL_ID")


class Form(StrEnum):
    """How jobs are printed."""

    TABLE = "table"
    JSON = "json"
    JSONL = "jsonl"
    CSV = "csv"


def print_jobs(data_dir: Path, form: Form, query: Query) -> None:
    """Print the jobs of the ledger that `query` keeps, newest first.

    Raises `LedgerError` when the ledger is not readable.
    """
    ledger = Ledger(data_dir)
    is_kept = query.test(time.time())
    try:
        kept = filter(is_kept, _all_jobs(ledger)) if query else _all_jobs(ledger)
        jobs = sorted(kept, key=lambda job: job.time_key, reverse=True)
        problems = tuple(ledger.problems)
    finally:
        ledger.close()
    for problem in problems:
        print(f"runcomfy-tui: {visible(problem)}", file=sys.stderr)  # noqa: T201 - its purpose
    if sys.stdout is None:
        return
    for raw in _printed(jobs, form, sys.stdout.encoding or "utf-8"):
        sys.stdout.buffer.write(raw)
    sys.stdout.flush()


def _printed(jobs: list[Job], form: Form, encoding: str) -> Iterable[bytes]:
    """Data is UTF-8 whatever the terminal speaks; a table is what the terminal can show of it."""
    match form:
        case Form.JSON:
            return (_as_json(jobs),)
        case Form.JSONL:
            return (_dumped(job_as_json(job), 0) + b"\n" for job in jobs)
        case Form.CSV:
            return _as_csv(jobs)
        case Form.TABLE:
            return (_as_table(jobs).encode(encoding, "replace"),)


def _all_jobs(ledger: Ledger) -> Iterator[Job]:
    # Read first, for a job that ends just now is in the ended ones by the time they are read.
    live = ledger.load_live()
    seen: set[str] = set()
    # The ended ones come first: a job that a kill left in both places has ended.
    for batch in (*ledger.load_ended(), live):
        for job in batch:
            if job.id not in seen:
                seen.add(job.id)
                yield job


def _as_json(jobs: list[Job]) -> bytes:
    return _dumped([job_as_json(job) for job in jobs], orjson.OPT_INDENT_2) + b"\n"


def _dumped(value: object, option: int) -> bytes:
    try:
        return orjson.dumps(value, option=option)
    except TypeError:
        # Values that orjson refuses (whole numbers beyond 64 bits, lone surrogates).
        return json.dumps(value, indent=2 if option else None, default=str).encode()


def _as_csv(jobs: list[Job]) -> Iterator[bytes]:
    line = io.StringIO()
    writer = csv.writer(line, lineterminator="\n")
    for row in (CSV_COLUMNS, *map(job_as_csv, jobs)):
        writer.writerow(row)
        yield line.getvalue().encode("utf-8", "replace")
        line.seek(0)
        line.truncate()


def _as_table(jobs: list[Job]) -> str:
    rows = [COLUMNS, *(_row(job) for job in jobs)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(COLUMNS))]
    return "".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        + "\n"
        for row in rows
    )


def _row(job: Job) -> tuple[str, ...]:
    took = humanize.precisedelta(job.duration, format="%.0f") if job.duration is not None else ""
    return (
        clip(visible(job.status_word), 40),
        (iso(job.created_at) or "")[:19].replace("T", " ") + "Z",
        took,
        f"${job.cost:.4g}" if job.cost is not None else "",
        visible(job.request_id or "-"),
        clip(visible(job.model_id or "-"), 80),
    )
