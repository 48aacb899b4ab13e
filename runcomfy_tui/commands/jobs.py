"""`runcomfy-tui jobs`: the ledger on standard output, for people or for scripts."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator
from enum import StrEnum
from pathlib import Path

import orjson

from runcomfy_tui.exit_codes import say
from runcomfy_tui.export_file import Format, lines_of
from runcomfy_tui.history.imports import all_jobs
from runcomfy_tui.history.ledger import Ledger
from runcomfy_tui.job_json import iso, job_as_json, json_bytes
from runcomfy_tui.jobs import Job
from runcomfy_tui.query import Query, in_sight
from runcomfy_tui.text import clip, visible
from runcomfy_tui.words import duration, money

COLUMNS = ("STATUS", "CREATED", "TOOK", "COST", "REQUEST_ID", "MODEL_ID")


class Form(StrEnum):
    """How jobs are printed."""

    TABLE = "table"
    JSON = "json"
    JSONL = "jsonl"
    CSV = "csv"


def print_jobs(data_dir: Path, form: Form, query: Query) -> None:
    """Print the jobs of the ledger that `query` keeps, newest first; archived ones if it asks.

    Raises `LedgerError` when the ledger is not readable. One that is not there is not made either.
    """
    jobs, problems = _read(data_dir, query) if _may_exist(data_dir) else _nothing(data_dir)
    for problem in problems:
        say(problem)
    for raw in _printed(jobs, form, sys.stdout.encoding or "utf-8"):
        sys.stdout.buffer.write(raw)
    sys.stdout.flush()


def _read(data_dir: Path, query: Query) -> tuple[list[Job], list[str]]:
    """The jobs to print, and what is wrong with the ledger."""
    ledger = Ledger(data_dir)
    is_kept = in_sight(query).test(time.time())
    try:
        jobs = sorted(filter(is_kept, all_jobs(ledger)), key=lambda job: job.time_key, reverse=True)
        return jobs, list(ledger.problems)
    finally:
        ledger.close()


def _may_exist(data_dir: Path) -> bool:
    try:
        data_dir.stat()
    except FileNotFoundError:
        return False
    except OSError:
        pass  # to look into it says better what is wrong
    return True


def _nothing(data_dir: Path) -> tuple[list[Job], list[str]]:
    return [], [f"There is no ledger in {data_dir} yet: no job was submitted or tracked there."]


def _printed(jobs: list[Job], form: Form, encoding: str) -> Iterable[bytes]:
    """Data is UTF-8 whatever the terminal speaks; a table is what the terminal can show of it."""
    match form:
        case Form.JSON:
            return (_as_json(jobs),)
        case Form.JSONL:
            return (json_bytes(job_as_json(job)) + b"\n" for job in jobs)
        case Form.CSV:
            return _as_csv(jobs)
        case Form.TABLE:
            return (_as_table(jobs).encode(encoding, "replace"),)


def _as_json(jobs: list[Job]) -> bytes:
    return json_bytes([job_as_json(job) for job in jobs], orjson.OPT_INDENT_2) + b"\n"


def _as_csv(jobs: list[Job]) -> Iterator[bytes]:
    """The lines of an export, for a terminal may stand at the end of standard output."""
    for line in lines_of(jobs, Format.CSV):
        yield visible(line.decode(), keep_newlines=True).encode()


def _as_table(jobs: list[Job]) -> str:
    rows = [COLUMNS, *(_row(job) for job in jobs)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(COLUMNS))]
    return "".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        + "\n"
        for row in rows
    )


def _row(job: Job) -> tuple[str, ...]:
    return (
        clip(visible(job.status_word), 40),
        (iso(job.created_at) or "")[:19].replace("T", " ") + "Z",
        duration(job.duration),
        money(job.cost),
        visible(job.request_id or "-"),
        clip(visible(job.model_id or "-"), 80),
    )
