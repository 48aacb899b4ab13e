"""Jobs as lines of a file, JSONL or CSV, and back: what one ledger gives and another takes in.

An export holds all that the ledger knows but its own stamps; it never holds a token. Reading is
strict about what a job lives by (its ids, its status, its times) and says which line is wrong.
"""

from __future__ import annotations

import csv
import hashlib
import json
import os
import secrets
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from io import StringIO
from math import isfinite
from pathlib import Path
from typing import Any, Final, TypeAlias

import orjson

from runcomfy_tui.job_json import job_as_json, json_bytes
from runcomfy_tui.jobs import Failure, FieldProblem, Job, Status, is_request_id, new_job

LONGEST_LINE: Final = 64 * 1024 * 1024
"""Bytes: the API takes no longer request, so a longer line is no job."""


class Format(StrEnum):
    """How an export is written."""

    JSONL = "jsonl"
    CSV = "csv"


def format_of(name: str) -> Format:
    """The format that a file's name stands for; JSONL for any other than CSV."""
    return Format.CSV if name.lower().endswith(".csv") else Format.JSONL


# Writing

CSV_COLUMNS: Final = (
    *("id", "request_id", "model_id", "status", "server_word"),
    *("created_at", "submitted_at", "started_at", "finished_at", "seconds", "cost", "estimate"),
    *("label", "note", "rating", "pinned", "archived", "batch", "batch_item", "adopted"),
    *("error", "error_code", "outputs", "inputs", "output", "error_problems"),
)
_AS_JSON: Final = ("inputs", "output", "error_problems")
_FREE_TEXT: Final = (
    *("request_id", "model_id", "status", "server_word", "outputs"),
    *("label", "note", "error", "error_code"),
)
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "'")
"""What makes a cell a formula for a spreadsheet; and the sign that keeps it from being one."""


def document_of(job: Job) -> dict[str, Any]:
    """All that an export tells of a job: what scripts are promised, and what only ledgers need."""
    document = job_as_json(job, time_as=_moment)
    document["server_word"] = job.server_word
    document["error_problems"] = (
        [[list(each.path), each.message] for each in job.failure.problems] if job.failure else []
    )
    return document


def lines_of(jobs: Iterable[Job], form: Format) -> Iterator[bytes]:
    """The lines of an export, the header included, one job after the other."""
    if form is Format.JSONL:
        for job in jobs:
            yield json_bytes(document_of(job), orjson.OPT_UTC_Z) + b"\n"
        return
    row = StringIO(newline="")
    writer = csv.writer(row, lineterminator="\r\n")
    writer.writerow(CSV_COLUMNS)
    for job in jobs:
        writer.writerow(_cells(job))
        yield _taken(row)
    yield _taken(row)


def write_export(file: Path, jobs: Iterable[Job], form: Format) -> int:
    """Write an export whole or not at all, readable by its owner alone; how many jobs it holds.

    What a link leads to is written, not the link; what is no file, such as a pipe, is written into.
    Raises `OSError`.
    """
    count = 0

    def counted() -> Iterator[Job]:
        nonlocal count
        for job in jobs:
            count += 1
            yield job

    if file.exists() and not file.is_file():
        with file.open("wb") as out:
            out.writelines(lines_of(counted(), form))
        return count
    file = file.resolve()  # only now: a shell's `/dev/fd/63` leads to what no path names
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_name(f".{file.name}.{secrets.token_hex(4)}.part")
    try:
        with open(part, "xb", opener=_private) as out:
            out.writelines(lines_of(counted(), form))
            out.flush()
            os.fsync(out.fileno())
        part.replace(file)
    except BaseException:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        raise
    return count


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _taken(row: StringIO) -> bytes:
    text = row.getvalue()
    row.seek(0)
    row.truncate()
    return text.encode("utf-8", "replace")


def _cells(job: Job) -> list[Any]:
    document = document_of(job)
    document["seconds"] = None if job.duration is None else round(job.duration, 3)
    for name in ("created_at", "submitted_at", "started_at", "finished_at"):
        moment = document[name]
        document[name] = moment and moment.isoformat(timespec="microseconds")
    document["outputs"] = " ".join(document["outputs"])
    for name in _AS_JSON:
        document[name] = json_bytes(document[name]).decode() if document[name] else ""
    for name in ("pinned", "archived", "adopted"):
        document[name] = "yes" if document[name] else ""
    for name in _FREE_TEXT:
        text = document[name]
        if isinstance(text, str) and text.startswith(_FORMULA):
            document[name] = f"'{text}"
    return [document[name] for name in CSV_COLUMNS]


def _moment(at: float | None) -> datetime | None:
    """To the microsecond, so that nothing of it is lost on the way back."""
    if at is None:
        return None
    try:
        return datetime.fromtimestamp(at, UTC)
    except (OverflowError, ValueError, OSError):
        return None


# Reading


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that no job can be read from, by its number from 1, and why."""

    number: int
    reason: str


def jobs_in(lines: Iterable[bytes], form: Format) -> Iterator[Job | BadLine]:
    """The jobs of an export, in order; a line that holds none is told and passed over."""
    rows = _json_rows(lines) if form is Format.JSONL else _csv_rows(lines)
    for number, row in rows:
        if isinstance(row, str):
            yield BadLine(number, row)
            continue
        try:
            yield job_in(row)
        except ValueError as error:
            yield BadLine(number, str(error))


_Row: TypeAlias = Mapping[str, Any] | str


def _json_rows(lines: Iterable[bytes]) -> Iterator[tuple[int, _Row]]:
    for number, line in enumerate(lines, start=1):
        line = line.strip().removeprefix(b"\xef\xbb\xbf")
        if not line:
            continue
        if len(line) > LONGEST_LINE:
            yield number, "it is too long for a job"
            continue
        try:
            row = _read_json(line)
        except (ValueError, RecursionError):
            yield number, "it is no JSON"
            continue
        yield number, row if isinstance(row, dict) else "it is no JSON object"


def _read_json(text: bytes | str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return json.loads(text)  # lone surrogates, and numbers that orjson refuses


def _csv_rows(lines: Iterable[bytes]) -> Iterator[tuple[int, _Row]]:
    csv.field_size_limit(LONGEST_LINE)
    reader = csv.reader(line.decode("utf-8-sig", "replace") for line in lines)
    header: list[str] | None = None
    begin = 1
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield reader.line_num, f"it is no CSV: {error}"
            continue
        number, begin = begin, reader.line_num + 1
        if not cells:
            continue
        if header is None:
            header = cells
            if "status" not in header or "created_at" not in header:
                yield number, "its first line names no columns of an export"
                return
            continue
        if len(cells) != len(header):
            yield number, f"it has {len(cells)} cells, and the header {len(header)}"
            continue
        yield number, _row_of(dict(zip(header, cells, strict=True)))


def _row_of(cells: dict[str, str]) -> _Row:
    row: dict[str, Any] = {}
    for name, text in cells.items():
        if name in _FREE_TEXT and text.startswith("'") and text[1:].startswith(_FORMULA):
            text = text[1:]
        if not text:
            row[name] = None
        elif name in _AS_JSON:
            try:
                row[name] = _read_json(text)
            except (ValueError, RecursionError):
                return f"its {name} is no JSON"
        elif name in ("cost", "estimate"):
            row[name] = _number_in(text)
        elif name in ("rating", "batch_item"):
            row[name] = int(text) if text.isascii() and text.isdecimal() else text
        elif name in ("pinned", "archived", "adopted"):
            row[name] = text.lower() in ("yes", "true", "1")
        else:
            row[name] = text
    return row


def _number_in(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text


def job_in(row: Mapping[str, Any]) -> Job:
    """The job in one object of an export. Raises `ValueError`, which says what is wrong with it.

    A submit that was still under way when it was exported is `unconfirmed`: whoever waited for its
    answer is not here.
    """
    word, created_at = row.get("status"), _time(row, "created_at")
    if not isinstance(word, str) or not word:
        raise ValueError("it has no status")
    if created_at is None:
        raise ValueError("it has no created_at")
    status = next((each for each in Status if each.value == word), Status.UNKNOWN)
    request_id = _text(row, "request_id")
    if request_id is not None and not is_request_id(request_id):
        raise ValueError("its request_id cannot be one")
    job_id = _text(row, "id")
    if job_id is None:
        job_id = _id_of(row, created_at)
    if not (job_id.isascii() and job_id.isalnum() and len(job_id) <= 64):
        raise ValueError("its id cannot be one")
    inputs, rating = row.get("inputs") or {}, row.get("rating")
    if not isinstance(inputs, dict):
        raise ValueError("its inputs are no object")
    if rating is not None and (type(rating) is not int or rating not in range(1, 6)):
        raise ValueError("its rating is none from 1 to 5")
    item = row.get("batch_item")
    return Job(
        id=job_id,
        model_id=_text(row, "model_id"),
        inputs=inputs,
        status=Status.UNCONFIRMED if status is Status.SUBMITTING else status,
        created_at=created_at,
        request_id=request_id,
        submitted_at=_time(row, "submitted_at"),
        started_at=_time(row, "started_at"),
        finished_at=_time(row, "finished_at"),
        server_word=_text(row, "server_word") or (word if status is Status.UNKNOWN else None),
        output=row.get("output"),
        cost=_usd(row, "cost"),
        failure=_failure(row),
        adopted=row.get("adopted") is True,
        label=_text(row, "label") or "",
        note=_text(row, "note") or "",
        rating=rating,
        batch=_text(row, "batch"),
        batch_item=item if type(item) is int else None,
        estimate=_usd(row, "estimate"),
        pinned=row.get("pinned") is True,
        # What has not ended is never out of sight: it may still cost.
        archived=row.get("archived") is True and status.is_final,
    )


def _id_of(row: Mapping[str, Any], created_at: float) -> str:
    """An id for a line that has none: the same one whenever the line is read."""
    told = json.dumps(row, sort_keys=True, default=str).encode("utf-8", "replace")
    made = new_job(None, {}, now=created_at).id
    end = hashlib.blake2b(told, digest_size=5).hexdigest()
    return made[: -len(end)] + end


def _failure(row: Mapping[str, Any]) -> Failure | None:
    message, code = _text(row, "error"), _text(row, "error_code")
    problems = row.get("error_problems") or []
    if message is None and code is None and not problems:
        return None
    read: list[FieldProblem] = []
    for each in problems if isinstance(problems, list) else ():
        match each:
            case [list(path), str(said)]:
                read.append(FieldProblem(tuple(p for p in path if type(p) in (str, int)), said))
    return Failure(message or "", code, tuple(read))


def _text(row: Mapping[str, Any], name: str) -> str | None:
    value = row.get(name)
    if value is not None and not isinstance(value, str):
        raise ValueError(f"its {name} is no text")
    return value or None


def _usd(row: Mapping[str, Any], name: str) -> float | None:
    value = row.get(name)
    if value is None:
        return None
    if type(value) not in (int, float) or not isfinite(value):
        raise ValueError(f"its {name} is no amount")
    return value  # type: ignore[no-any-return]


def _time(row: Mapping[str, Any], name: str) -> float | None:
    text = _text(row, name)
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError, OSError):
        raise ValueError(f"its {name} is no time such as 2025-11-19T14:05:12Z") from None
