"""`runcomfy-tui jobs`: the ledger on standard output, for people or for scripts."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import humanize
import orjson

from runcomfy_tui.export import iso, job_as_json
from runcomfy_tui.history.ledger import Ledger
from runcomfy_tui.jobs import Job
from runcomfy_tui.text import clip, visible

COLUMNS = ("STATUS", "CREATED", "TOOK", "COST", "REQUEST_ID", "MODEL_ID")


def print_jobs(data_dir: Path, *, as_json: bool) -> None:
    """Print every job of the ledger, newest first. Raises `LedgerError` when it is not readable."""
    ledger = Ledger(data_dir)
    try:
        jobs = sorted(_all_jobs(ledger), key=lambda job: job.id, reverse=True)
        problems = tuple(ledger.problems)
    finally:
        ledger.close()
    for problem in problems:
        print(f"runcomfy-tui: {visible(problem)}", file=sys.stderr)  # noqa: T201 - its purpose
    if sys.stdout is None:
        return
    # JSON is UTF-8 whatever the terminal speaks; a table is what the terminal can show of it.
    encoding = sys.stdout.encoding or "utf-8"
    raw = _as_json(jobs) if as_json else _as_table(jobs).encode(encoding, "replace")
    sys.stdout.buffer.write(raw)
    sys.stdout.flush()


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
    import json

    documents = [job_as_json(job) for job in jobs]
    try:
        return orjson.dumps(documents, option=orjson.OPT_INDENT_2) + b"\n"
    except TypeError:
        # Values that orjson refuses (whole numbers beyond 64 bits, lone surrogates).
        return json.dumps(documents, indent=2, default=str).encode() + b"\n"


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
