"""Jobs as lines of a file and back: nothing lost, and a bad line named."""

from __future__ import annotations

import csv
import io
import json
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runcomfy_tui.export_file import (
    BadLine,
    Format,
    format_of,
    job_in,
    jobs_in,
    lines_of,
    write_export,
)
from runcomfy_tui.history.merging import merged
from runcomfy_tui.jobs import Failure, FieldProblem, Job, Status

BOTH = pytest.mark.parametrize("form", list(Format))


def job(**changes: Any) -> Job:
    made = Job("0001", "a/b c", {"prompt": "x"}, Status.COMPLETED, 1_700_000_000.123456)
    return made.but(**changes)


FULL = job(
    request_id="req-1",
    submitted_at=1_700_000_001.5,
    started_at=1_700_000_002.25,
    finished_at=1_700_000_060.0,
    inputs={"prompt": 'two\nlines, "quoted"; [4]', "n": 2**70, "half": "\ud83d", "none": None},
    output={"video": "https://x/a.mp4", "images": ["https://x/b.png"]},
    cost=0.25,
    estimate=0.2,
    failure=Failure("no\nway", "400002", (FieldProblem(("loras", 0, "path"), "bad"),)),
    label="=SUM(A1)",
    note="-1, 'quoted'\nline",
    rating=4,
    batch="01ab",
    batch_item=0,
    adopted=True,
    pinned=True,
    archived=True,
)


def back(jobs: list[Job], form: Format) -> list[Job | BadLine]:
    text = b"".join(lines_of(jobs, form))
    return list(jobs_in(io.BytesIO(text), form))


@BOTH
def test_nothing_of_a_job_is_lost(form: Format) -> None:
    plain = job(id="0002", cost=0.0, inputs={})
    assert back([FULL, plain], form) == [FULL, plain]


@BOTH
def test_a_request_id_that_the_wire_takes_comes_back(form: Format) -> None:
    odd = job(request_id="r 1?x=ü")
    assert back([odd], form) == [odd]


@BOTH
@pytest.mark.parametrize("status", [each for each in Status if each is not Status.SUBMITTING])
def test_every_status_comes_back(form: Format, status: Status) -> None:
    word = "pondering" if status is Status.UNKNOWN else None
    assert back([job(status=status, server_word=word)], form) == [
        job(status=status, server_word=word)
    ]


_TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@settings(max_examples=50, deadline=None)
@given(
    label=_TEXTS,
    note=_TEXTS,
    inputs=st.dictionaries(_TEXTS, st.none() | st.integers() | _TEXTS | st.booleans(), max_size=3),
    cost=st.none() | st.floats(0, 1e6, allow_nan=False),
)
def test_any_text_survives_either_way(
    label: str, note: str, inputs: dict[str, Any], cost: float | None
) -> None:
    told = job(label=label, note=note, inputs=inputs, cost=cost)
    assert back([told], Format.JSONL) == [told]
    # CSV has no word for the carriage return alone, and none for the NUL.
    if "\r" not in label + note and "\0" not in label + note:
        assert back([told], Format.CSV) == [told]


def test_a_spreadsheet_finds_no_formula() -> None:
    texts = ["=1+1", "+1", "-1", "@x", "'=1"]
    jobs = [job(label=text, note=text, request_id=text, server_word=text) for text in texts]
    lines = b"".join(lines_of(jobs, Format.CSV))
    for row in csv.DictReader(io.StringIO(lines.decode(), newline="")):
        for cell in row.values():
            assert not cell.startswith(("=", "+", "-", "@")), cell


def test_a_submit_under_way_is_unconfirmed_elsewhere() -> None:
    [told] = back([job(status=Status.SUBMITTING)], Format.JSONL)
    assert isinstance(told, Job)
    assert told.status is Status.UNCONFIRMED


def test_what_has_not_ended_is_not_archived_elsewhere() -> None:
    live, ended = back(
        [job(status=Status.IN_QUEUE, archived=True), job(id="0002", archived=True)], Format.JSONL
    )
    assert isinstance(live, Job)
    assert isinstance(ended, Job)
    assert (live.archived, ended.archived) == (False, True)


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"status": None}, "no status"),
        ({"created_at": "soon"}, "created_at"),
        ({"created_at": None}, "no created_at"),
        ({"created_at": 5}, "created_at is no text"),
        ({"request_id": "../etc"}, "request_id"),
        ({"request_id": ".."}, "request_id"),
        ({"id": 'a"b'}, "id"),
        ({"id": "../x"}, "id"),
        ({"inputs": ["x"]}, "inputs"),
        ({"rating": 9}, "rating"),
        ({"cost": "much"}, "cost"),
        ({"cost": True}, "cost"),
        ({"label": 5}, "label"),
    ],
)
def test_a_job_that_cannot_be_one_is_refused_with_the_reason(
    change: dict[str, Any], word: str
) -> None:
    row = {"id": "0001", "status": "completed", "created_at": "2025-11-19T14:05:12Z"}
    assert job_in(row).created_at == 1763561112.0
    with pytest.raises(ValueError, match=word):
        job_in(row | change)


def test_bad_lines_are_named_by_their_numbers_and_the_others_read() -> None:
    good = b"".join(lines_of([job()], Format.JSONL))
    lines = [good, b"{", b"\n", b"[]\n", b"\xff\xfe\n", good.replace(b'"0001"', b'"0002"')]
    told = list(jobs_in(lines, Format.JSONL))
    assert [each.number for each in told if isinstance(each, BadLine)] == [2, 4, 5]
    assert [each.id for each in told if isinstance(each, Job)] == ["0001", "0002"]


def test_bad_rows_of_a_table_are_named_by_the_lines_they_begin_on() -> None:
    two_lines = b"".join(lines_of([job(note="two\nlines")], Format.CSV))
    dear = b"".join(lines_of([job(cost=1.5)], Format.CSV)).replace(b"1.5", b"dear")
    text = two_lines + b"too,few\r\n" + dear.split(b"\r\n", 1)[1]
    told = list(jobs_in(io.BytesIO(text), Format.CSV))
    assert [each.number for each in told if isinstance(each, BadLine)] == [4, 5]


def test_a_table_that_is_no_export_is_one_bad_line() -> None:
    told = list(jobs_in(io.BytesIO(b"a,b\r\n1,2\r\n3,4\r\n"), Format.CSV))
    assert told == [BadLine(1, "its first line names no columns of an export")]


def test_the_name_of_a_file_tells_its_format() -> None:
    assert format_of("jobs.CSV") is Format.CSV
    assert format_of("jobs.jsonl") is format_of("-") is Format.JSONL


def test_what_scripts_are_promised_stands_in_every_line() -> None:
    document = json.loads(next(iter(lines_of([FULL.but(inputs={})], Format.JSONL))))
    assert document["outputs"] == ["https://x/a.mp4", "https://x/b.png"]
    assert document["created_at"] == "2023-11-14T22:13:20.123456Z"


# Merging


def test_a_line_without_an_id_is_the_same_job_whenever_it_is_read() -> None:
    line = b'{"status": "completed", "created_at": "2025-11-19T14:05:12Z", "label": "%s"}'
    lines = [line % b"one", line % b"other", line % b"one"]
    one, other, again = (job for job in jobs_in(lines, Format.JSONL) if isinstance(job, Job))
    assert one == again
    assert one.id != other.id


def test_a_link_is_followed_and_a_pipe_is_written_into(tmp_path: Path) -> None:
    file, link, pipe = tmp_path / "export.jsonl", tmp_path / "link", tmp_path / "pipe"
    link.symlink_to(file)
    assert write_export(link, [job()], Format.JSONL) == 1
    assert link.is_symlink()
    os.mkfifo(pipe)
    with ThreadPoolExecutor() as pool:
        read = pool.submit(pipe.read_bytes)
        write_export(pipe, [job()], Format.JSONL)
        assert read.result() == file.read_bytes()
    assert pipe.is_fifo()


def test_a_pipe_of_the_shells_is_written_into_though_no_path_leads_to_it() -> None:
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb") as read:
        with os.fdopen(writing, "wb"):
            assert write_export(Path(f"/dev/fd/{writing}"), [job()], Format.JSONL) == 1
        assert list(jobs_in(read, Format.JSONL)) == [job()]


def test_merging_takes_what_is_lacking_and_keeps_what_is_said() -> None:
    ours = job(request_id="req-1", label="mine", rating=2)
    assert merged(ours, FULL) == FULL.but(
        id=ours.id,
        label="mine",
        rating=2,
        inputs=ours.inputs,
        failure=None,
        adopted=False,
    )


def test_an_end_is_taken_over_and_never_taken_back() -> None:
    running = job(status=Status.IN_PROGRESS, started_at=5.0)
    ended = job(status=Status.FAILED, failure=Failure("no"), finished_at=9.0)
    assert merged(running, ended) == ended.but(started_at=5.0)
    assert merged(ended, running) == ended.but(started_at=5.0)


def test_a_job_of_which_only_the_id_was_known_gets_its_inputs() -> None:
    adopted = Job("0009", None, {}, Status.COMPLETED, 5.0, request_id="req-1", adopted=True)
    both = merged(adopted, FULL.but(adopted=False))
    assert (both.id, both.model_id, both.adopted) == ("0009", FULL.model_id, False)
    assert (both.inputs, both.created_at) == (FULL.inputs, FULL.created_at)


def test_a_cost_of_nothing_is_a_cost() -> None:
    assert merged(job(cost=0.0), job(cost=1.0)).cost == 0.0
