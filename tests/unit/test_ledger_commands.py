"""`runcomfy-tui costs`, `export` and `import`, as a shell sees them."""

from __future__ import annotations

import csv
import io
import json
import stat
import time
from pathlib import Path

from runcomfy_tui.jobs import Job, Status, new_job
from tests.unit.command import complaint, fill, listed, run


def paid(number: int, **changes: object) -> Job:
    made = new_job("runwayml/gen", {"prompt": f"number {number}"}, now=time.time())
    made = made.but(status=Status.COMPLETED, request_id=f"req-{number}", cost=0.25)
    return made.but(**changes)


def at(folder: Path) -> tuple[str, str]:
    return ("--data-dir", str(folder))


def test_costs_are_told_for_people_and_for_scripts(tmp_path: Path) -> None:
    fill(tmp_path, paid(1), paid(2, label="kites"), paid(3, cost=None, model_id="a/\x1b[31mb"))
    process = run("costs", *at(tmp_path))
    assert process.returncode == 0
    text = process.stdout.decode()
    assert "\x1b" not in text
    rows = {line.split("  ")[0]: line.split() for line in text.splitlines()}
    assert rows["today"][1:] == ["$0.50", "3", "1"]
    assert rows["kites"][1:] == ["$0.25", "1"]
    document = json.loads(run("costs", "--json", *at(tmp_path)).stdout)
    assert document["total"]["today"]["usd"] == 0.5
    assert document["by_model"]["all time"]["runwayml/gen"]["jobs"] == 2
    assert len(document["by_day"]) == 31


def test_an_export_is_imported_into_another_ledger_as_it_was(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    fill(one, *(paid(number, label=f"say {number}") for number in range(30)))
    for name in ("jobs.jsonl", "jobs.csv"):
        file = tmp_path / name
        process = run("export", str(file), *at(one))
        assert (process.returncode, process.stdout) == (0, b"")
        assert b"30 jobs" in process.stderr
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        process = run("import", str(file), *at(two / name))
        assert process.stdout == b"30 new, 0 filled in, 0 known already\n"
        assert listed(two / name) == listed(one)
    process = run("import", str(tmp_path / "jobs.csv"), *at(one))
    assert process.stdout == b"0 new, 0 filled in, 30 known already\n"


def test_an_export_goes_through_a_pipe_and_a_filter(tmp_path: Path) -> None:
    fill(tmp_path, paid(1, label="kites"), paid(2))
    out = run("export", "--filter", "label:kites", *at(tmp_path)).stdout
    assert [json.loads(line)["request_id"] for line in out.splitlines()] == ["req-1"]
    out = run("export", "--format", "csv", *at(tmp_path)).stdout
    rows = list(csv.DictReader(io.StringIO(out.decode(), newline="")))
    assert {row["request_id"] for row in rows} == {"req-1", "req-2"}
    told = run("import", "-", *at(tmp_path / "other"), stdin=run("export", *at(tmp_path)).stdout)
    assert told.stdout.startswith(b"2 new")


def test_a_file_that_is_there_is_kept_unless_told_otherwise(tmp_path: Path) -> None:
    fill(tmp_path / "data", paid(1))
    file = tmp_path / "mine.jsonl"
    file.write_text("mine")
    assert "--force" in complaint(run("export", str(file), *at(tmp_path / "data")), 64)
    assert file.read_text() == "mine"
    assert run("export", "--force", str(file), *at(tmp_path / "data")).returncode == 0
    assert json.loads(file.read_text())["request_id"] == "req-1"
    assert [each.name for each in tmp_path.iterdir() if each.name.endswith(".part")] == []


def test_what_cannot_be_done_is_said(tmp_path: Path) -> None:
    data = at(tmp_path / "data")
    assert "gremlins" in complaint(run("export", "--filter", "gremlins:5", *data), 64)
    assert "cannot be read" in complaint(run("import", str(tmp_path / "none"), *data), 65)
    wall = tmp_path / "wall"
    wall.write_text("")
    assert "cannot be written" in complaint(run("export", str(wall / "x.csv"), *data), 69)


def test_bad_lines_are_named_and_the_good_ones_taken(tmp_path: Path) -> None:
    fill(tmp_path, paid(1))
    good = run("export", *at(tmp_path)).stdout
    process = run("import", "-", *at(tmp_path / "two"), stdin=b"nonsense\n" + good + b"[]\n")
    assert process.returncode == 65
    assert process.stdout == b"1 new, 0 filled in, 0 known already, 2 lines passed over\n"
    assert b"line 1 is passed over: it is no JSON" in process.stderr
    assert b"line 3 is passed over" in process.stderr
    assert len(listed(tmp_path / "two")) == 1
