"""`runcomfy-tui jobs`: what it prints, in every form, also where a ledger changes meanwhile."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from runcomfy_tui.commands.jobs import Form, print_jobs
from runcomfy_tui.history.ledger import Ledger
from runcomfy_tui.jobs import Failure, Job, Status, new_job
from runcomfy_tui.query import Query, parse
from runcomfy_tui.ui.widgets.job_views import JobViews


def listed(folder: Path, capsys: pytest.CaptureFixture[str]) -> list[tuple[str, str]]:
    print_jobs(folder, Form.JSON, Query())
    return [(each["id"], each["status"]) for each in json.loads(capsys.readouterr().out)]


@pytest.mark.parametrize("where", ["load_live", "load_ended"])
def test_a_job_that_ends_just_now_is_listed_once(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    where: str,
) -> None:
    job = new_job("a/b", {}).but(status=Status.IN_PROGRESS, request_id="req")
    Ledger(tmp_path).put(job)
    read = getattr(Ledger, where)

    def read_while_it_ends(ledger: Ledger) -> object:
        found = read(ledger)
        found = found if isinstance(found, list) else iter(list(found))
        Ledger(tmp_path).put(job.but(status=Status.COMPLETED))
        return found

    monkeypatch.setattr(Ledger, where, read_while_it_ends)
    [(job_id, status)] = listed(tmp_path, capsys)
    assert job_id == job.id
    assert status in ("in_progress", "completed")


def test_jobs_come_newest_first_whatever_their_state(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    jobs: list[Job] = []
    ledger = Ledger(tmp_path, segment_size=10)
    for number, status in enumerate([Status.COMPLETED, Status.IN_QUEUE, Status.FAILED] * 15):
        jobs.append(new_job("a/b", {}, now=1_700_000_000.0 + number).but(status=status))
        ledger.put(jobs[-1])
    taken_in_later = new_job(None, {}, now=1_800_000_000.0).but(
        status=Status.COMPLETED, adopted=True, created_at=1_700_000_020.5
    )
    ledger.put(taken_in_later)
    jobs.append(taken_in_later)
    newest_first = sorted(jobs, key=lambda job: job.created_at, reverse=True)
    assert listed(tmp_path, capsys) == [(job.id, job.status_word) for job in newest_first]


EVIL = 'x\x1b]0;owned\x07,"quoted"\r\nsecond line \x9b2J'

BOAT = new_job("runwayml/gen", {"promptText": "a paper boat"}, now=1_700_000_000.0).but(
    status=Status.COMPLETED,
    request_id="req-boat",
    started_at=1_700_000_010.0,
    finished_at=1_700_000_062.5,
    cost=0.75,
    label="=HYPERLINK(kites)",
    output={"video": "https://x.runcomfy.net/a.mp4"},
)
STORM = new_job("kling/pro", {"prompt": "a storm", "seed": 2**70}, now=1_700_000_100.0).but(
    status=Status.FAILED,
    request_id="-1+cmd",
    note="'quoted",
    failure=Failure(EVIL, "500"),
)


def printed(
    folder: Path, capsysbinary: pytest.CaptureFixture[bytes], form: Form, text: str = ""
) -> str:
    ledger = Ledger(folder)
    ledger.put(BOAT, STORM)
    ledger.close()
    print_jobs(folder, form, parse(text))
    return capsysbinary.readouterr().out.decode()


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("", ["req-boat", "-1+cmd"]),
        ("status:failed", ["-1+cmd"]),
        ("cost:>0.5 model:runway", ["req-boat"]),
        ("paper -status:failed", ["req-boat"]),
        ("age:<2d", []),
    ],
)
@pytest.mark.parametrize("form", list(Form))
def test_every_form_prints_what_the_filter_keeps(
    tmp_path: Path,
    capsysbinary: pytest.CaptureFixture[bytes],
    form: Form,
    text: str,
    kept: list[str],
) -> None:
    out = printed(tmp_path, capsysbinary, form, text)
    assert {each for each in ("req-boat", "-1+cmd") if each in out} == set(kept)
    if form is Form.JSONL:
        assert [json.loads(line)["request_id"] for line in out.splitlines()] == kept[::-1]


def test_csv_is_read_back_as_it_was_and_holds_no_formula(
    tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    out = printed(tmp_path, capsysbinary, Form.CSV)
    assert not {"\x1b", "\x07", "\x9b"} & set(out)
    storm, boat = list(csv.DictReader(io.StringIO(out, newline="")))
    assert not [
        cell for row in (storm, boat) for cell in row.values() if cell[:1] in "=+-@" and cell
    ]
    assert boat["label"].removeprefix("'") == BOAT.label
    assert storm["note"].removeprefix("'") == STORM.note
    assert storm["request_id"].removeprefix("'") == STORM.request_id
    assert (boat["cost"], storm["cost"], boat["adopted"]) == ("0.75", "", "")
    assert boat["outputs"] == "https://x.runcomfy.net/a.mp4"
    assert json.loads(storm["inputs"]) == STORM.inputs
    assert storm["error"].splitlines()[1].startswith("second line")


def test_the_table_tells_money_to_the_cent_and_time_as_the_window_does(
    tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    ledger = Ledger(tmp_path)
    ledger.put(BOAT.but(cost=100.25, finished_at=1_700_000_010.0 + 3_725))
    ledger.close()
    print_jobs(tmp_path, Form.TABLE, Query())
    [_, row] = capsysbinary.readouterr().out.decode().splitlines()
    assert "  1h 2m  $100.25  " in row


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ["plain"]),
        ("model:a", ["plain"]),
        ('"archived:"', []),
        ("archived:yes", ["old"]),
        ("model:a archived:yes,no", ["old", "plain"]),
    ],
)
def test_archived_jobs_are_out_of_sight_as_in_the_window(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, expected: list[str]
) -> None:
    plain = new_job("a/b", {}, now=1_700_000_000.0).but(status=Status.COMPLETED, label="plain")
    old = new_job("a/b", {}, now=1_700_000_001.0).but(
        status=Status.COMPLETED, label="old", archived=True
    )
    Ledger(tmp_path).put(plain, old)
    views = JobViews()
    views.replace([], [plain, old])
    views.type(text)
    keep = views.keeper(1_700_000_002.0)
    assert keep is not None
    print_jobs(tmp_path, Form.JSON, parse(text))
    printed = [each["label"] for each in json.loads(capsys.readouterr().out)]
    assert printed == [job.label for job in (old, plain) if keep(job)] == expected
