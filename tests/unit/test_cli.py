"""The command line as a shell sees it: output, errors, exit codes."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path

import pytest

from runcomfy_tui import __version__
from runcomfy_tui.history.ledger import Ledger
from runcomfy_tui.jobs import Failure, Job, Status, new_job
from tests.unit.command import COMMAND, complaint, fill, listed, run

PROMISED = {
    "id",
    "request_id",
    "model_id",
    "status",
    "inputs",
    "created_at",
    "finished_at",
    "outputs",
    "cost",
    "error",
}
EVIL = "\x1b]0;owned\x07 \x1b[31m[/red] [bold]\r\n\x9b2J\u202e \ud800"


def job(number: int, **changes: object) -> Job:
    made = new_job("runwayml/gen", {"promptText": f"number {number}"}, now=1_700_000_000.0 + number)
    return made.but(status=Status.IN_QUEUE, request_id=f"req-{number}").but(**changes)


def test_it_tells_its_version_and_its_help() -> None:
    process = run("--version")
    assert (process.returncode, process.stdout.decode()) == (0, f"runcomfy-tui {__version__}\n")
    process = run("--help")
    assert process.returncode == 0
    for word in (b"--sandbox", b"--data-dir", b"jobs", b"track", b"RUNCOMFY_TOKEN"):
        assert word in process.stdout


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["--nonsense"], "--nonsense"),
        (["nonsense"], "nonsense"),
        (["jobs", "--jsn"], "--jsn"),
        (["jobs", "cost:much"], "Try cost:>0.5"),
        (["jobs", "colour:\x1b[31mred"], "There is no field 'colour'"),
        (["jobs", "--json", "--csv"], "not allowed with"),
        (["jobs", "--data-dir", ""], "it is empty"),
        (["sandbox", "--port", "70000"], "0 to 65535"),
        (["sandbox", "--speed", "nan"], "above 0"),
        (["sandbox", "--speed", "0"], "above 0"),
        (["sandbox", "--preload", "-5"], "from 0 to"),
        (["sandbox", "--fault", "gremlins"], "gremlins"),
        (["jobs", "--\x1b[31mred"], "␛[31mred"),
    ],
)
def test_what_it_cannot_understand_is_a_usage_error(arguments: list[str], word: str) -> None:
    text = complaint(run(*arguments), 64)
    assert word in text
    assert "\x1b" not in text


def test_the_dashboard_without_a_terminal_is_a_usage_error_with_a_hint() -> None:
    assert "runcomfy-tui jobs" in complaint(run(), 64)
    assert "runcomfy-tui jobs" in complaint(run("--sandbox"), 64)
    closed = subprocess.run(
        " ".join((*COMMAND, "<&-")), shell=True, capture_output=True, check=False
    )
    assert "needs a terminal" in complaint(closed, 64)


def test_the_words_of_a_filter_stand_before_and_behind_the_options(tmp_path: Path) -> None:
    fill(tmp_path, job(1), job(2, status=Status.FAILED), job(3, status=Status.FAILED, label="x"))
    folder = "--data-dir", str(tmp_path)
    for words in (
        ["status:failed", "--jsonl", *folder, "-label:x"],
        [*folder, "--jsonl", "prompt:number", "prompt:2"],
        ["--jsonl", *folder, "--", "-label:x", "-status:in_queue"],
    ):
        process = run("jobs", *words)
        assert process.returncode == 0, process.stderr
        (line,) = process.stdout.splitlines()
        assert json.loads(line)["request_id"] == "req-2"


def test_an_empty_ledger_is_an_empty_list(tmp_path: Path) -> None:
    assert listed(tmp_path) == []
    process = run("jobs", "--data-dir", str(tmp_path))
    assert process.returncode == 0
    assert process.stdout.splitlines() == [
        b"STATUS  CREATED  TOOK  COST  REQUEST_ID  MODEL_ID",
    ]


def test_a_folder_that_is_not_there_is_told_and_not_made(tmp_path: Path) -> None:
    process = run("jobs", "--json", "--data-dir", str(tmp_path / "mistyped"))
    assert process.returncode == 0
    assert json.loads(process.stdout) == []
    assert f"There is no ledger in {tmp_path / 'mistyped'} yet".encode() in process.stderr
    assert not (tmp_path / "mistyped").exists()


def test_jobs_are_listed_newest_first_with_everything_that_is_promised(tmp_path: Path) -> None:
    done = job(
        2,
        status=Status.COMPLETED,
        finished_at=1_700_000_062.5,
        output={"video": "https://x.runcomfy.net/a.mp4"},
        cost=0.25,
    )
    refused = job(
        3, status=Status.REJECTED, request_id=None, failure=Failure("No money.", "400002")
    )
    fill(tmp_path, job(1), refused, done)
    documents = listed(tmp_path)
    assert all(document.keys() >= PROMISED for document in documents)
    newest, middle, oldest = documents
    assert (newest["status"], newest["request_id"]) == ("rejected", None)
    assert (newest["error"], newest["error_code"]) == ("No money.", "400002")
    assert middle["id"] == done.id
    assert middle["inputs"] == {"promptText": "number 2"}
    assert middle["created_at"] == "2023-11-14T22:13:22.000Z"
    assert middle["finished_at"] == "2023-11-14T22:14:22.500Z"
    assert (middle["outputs"], middle["cost"]) == (["https://x.runcomfy.net/a.mp4"], 0.25)
    assert (oldest["status"], oldest["finished_at"], oldest["error"]) == ("in_queue", None, None)

    table = run("jobs", "--data-dir", str(tmp_path)).stdout.decode().splitlines()
    assert [line.split()[0] for line in table] == ["STATUS", "rejected", "completed", "in_queue"]
    assert re.split(r"  +", table[2]) == [
        "completed",
        "2023-11-14 22:13:22Z",
        "1m",
        "$0.25",
        "req-2",
        "runwayml/gen",
    ]


def test_strings_of_others_are_drawn_literally_in_the_table_and_kept_in_json(
    tmp_path: Path,
) -> None:
    fill(
        tmp_path,
        job(1, status=Status.UNKNOWN, server_word=EVIL, model_id=EVIL, inputs={"p": EVIL}),
    )
    process = run("jobs", "--data-dir", str(tmp_path), env={"PYTHONIOENCODING": "utf-8"})
    assert process.returncode == 0, process.stderr
    table = process.stdout.decode()
    assert table.count("\n") == 2
    assert all(char.isprintable() for char in table.replace("\n", ""))
    assert "[/red] [bold]" in table
    [document] = listed(tmp_path)
    assert (document["status"], document["inputs"]) == (EVIL, {"p": EVIL})


def test_a_terminal_that_knows_no_unicode_gets_a_table_and_json_all_the_same(
    tmp_path: Path,
) -> None:
    fill(tmp_path, job(1, model_id="模型/é", inputs={"n": 2**70, "emoji": "🛶"}))
    ascii_only = {"PYTHONIOENCODING": "ascii"}
    table = run("jobs", "--data-dir", str(tmp_path), env=ascii_only)
    assert (table.returncode, table.stderr) == (0, b"")
    assert b"??/?" in table.stdout
    raw = run("jobs", "--json", "--data-dir", str(tmp_path), env=ascii_only)
    [document] = json.loads(raw.stdout)
    assert document["model_id"] == "模型/é"
    assert document["inputs"] == {"n": 2**70, "emoji": "🛶"}


def test_a_reader_that_has_had_enough_is_no_error(tmp_path: Path) -> None:
    fill(tmp_path, *(job(number) for number in range(3000)))
    command = " ".join((*COMMAND, "jobs", "--data-dir", str(tmp_path)))
    for reader in ("head -1", "true"):
        process = subprocess.run(
            ["bash", "-c", f"{command} | {reader}; exit ${{PIPESTATUS[0]}}"],
            capture_output=True,
            check=False,
            timeout=60,
        )
        assert (process.returncode, process.stderr) == (0, b"")
    process = subprocess.run(
        ["bash", "-c", f"{' '.join(COMMAND)} --help | true; exit ${{PIPESTATUS[0]}}"],
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert (process.returncode, process.stderr) == (0, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no full device")
def test_a_full_disk_behind_stdout_is_a_sentence(tmp_path: Path) -> None:
    fill(tmp_path, job(1))
    with Path("/dev/full").open("wb") as full:
        process = subprocess.run(
            [*COMMAND, "jobs", "--data-dir", str(tmp_path)],
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
            timeout=60,
        )
    assert process.returncode == 69
    assert process.stderr == b"runcomfy-tui: No space left on device.\n"


@pytest.mark.parametrize("command", [("jobs",), ("costs",), ("track", "req-1"), ("watch",)])
def test_a_ledger_that_cannot_be_opened_is_not_available(
    tmp_path: Path, command: tuple[str, ...]
) -> None:
    (tmp_path / "file").write_bytes(b"")
    folder = str(tmp_path / "file" / "ledger")
    process = run(*command, "--data-dir", folder, env={"RUNCOMFY_TOKEN": "token"})
    assert "Could not open the ledger" in complaint(process, 69)


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (("jobs",), 0),
        (("costs",), 0),
        (("export",), 0),
        (("import", "-"), 0),
        (("track",), 64),
        (("check", "runwayml/runway-gen-4/turbo/image-to-video", "-"), 0),
        (("doctor", "--offline"), 0),
        ((), 64),
    ],
)
def test_streams_that_the_shell_closed_lead_nowhere(
    tmp_path: Path, command: tuple[str, ...], code: int
) -> None:
    fill(tmp_path, job(1))
    before = {file: file.read_bytes() for file in tmp_path.rglob("*.json")}
    data_dir = ("--data-dir", str(tmp_path))
    process = subprocess.run(
        ["sh", "-c", 'exec "$@" <&- >&-', "sh", *COMMAND, *command, *data_dir],
        stderr=subprocess.PIPE,
        env={**os.environ, "RUNCOMFY_TOKEN": "token"},
        check=False,
        timeout=60,
    )
    assert process.returncode == code, process
    assert b"Traceback" not in process.stderr
    assert {file: file.read_bytes() for file in tmp_path.rglob("*.json")} == before


def test_requests_from_elsewhere_are_tracked_once(tmp_path: Path) -> None:
    folder = str(tmp_path)
    fill(tmp_path, job(1))
    status_url = "https://model-api.runcomfy.net/v1/requests/req-2/status"
    process = run("track", "req-1", status_url, "req-3", "req-3", "--data-dir", folder)
    assert process.returncode == 0
    assert process.stdout.decode().splitlines() == [
        "req-1 is tracked already",
        "req-2 is tracked now",
        "req-3 is tracked now",
    ]
    process = run("track", "--data-dir", folder, stdin=b"req-3\nreq-4, req-5;\n")
    assert process.stdout.decode().splitlines() == [
        "req-3 is tracked already",
        "req-4 is tracked now",
        "req-5 is tracked now",
    ]
    documents = listed(tmp_path)
    assert {document["request_id"] for document in documents} == {f"req-{n}" for n in range(1, 6)}
    adopted = {document["request_id"] for document in documents if document["adopted"]}
    assert adopted == {f"req-{n}" for n in range(2, 6)}


@pytest.mark.parametrize(
    ("arguments", "stdin", "code", "word"),
    [
        (["../../etc/passwd"], b"", 65, "not a request_id"),
        (["good", "\x1b[31mevil"], b"", 65, "␛[31mevil"),
        (["x" * 201], b"", 65, "not a request_id"),
        ([], b"\xff\xfe\x00", 65, "no text"),
        ([], b" \n ,", 64, "at least one"),
    ],
)
def test_what_is_no_request_id_is_refused_and_nothing_is_written(
    tmp_path: Path, arguments: list[str], stdin: bytes, code: int, word: str
) -> None:
    strict = {"PYTHONIOENCODING": "utf-8"}
    process = run("track", *arguments, "--data-dir", str(tmp_path), stdin=stdin, env=strict)
    text = complaint(process, code)
    assert word in text
    assert "\x1b" not in text
    assert not (tmp_path / "live.json").exists()


def test_the_folder_is_named_before_or_after_the_command_or_by_the_environment(
    tmp_path: Path, home: Path
) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    by_environment = {"RUNCOMFY_TUI_DATA_DIR": str(other)}
    assert run("--data-dir", str(one), "track", "a").returncode == 0
    assert run("track", "b", "--data-dir", str(one), env=by_environment).returncode == 0
    assert run("track", "c", env=by_environment).returncode == 0
    assert run("track", "d").returncode == 0
    assert run("track", "e", "--data-dir", "~/mine").returncode == 0
    folders = {
        one: {"a", "b"},
        other: {"c"},
        home / ".local/share/runcomfy-tui": {"d"},
        home / "mine": {"e"},
    }
    for folder, request_ids in folders.items():
        found = {job.request_id for job in Ledger(folder).load_live()}
        assert found == request_ids, folder


def test_a_ledger_that_cannot_be_read_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    place = str(tmp_path / "file")
    for arguments in (["jobs"], ["track", "a"]):
        assert place in complaint(run(*arguments, "--data-dir", place), 69)


def test_what_was_set_aside_is_told_and_the_rest_is_listed(tmp_path: Path) -> None:
    fill(tmp_path, job(1, status=Status.COMPLETED), job(2))
    (tmp_path / "live.json").write_bytes(b'{"half')
    (tmp_path / "live.json.bak").unlink(missing_ok=True)
    process = run("jobs", "--json", "--data-dir", str(tmp_path))
    assert process.returncode == 0
    assert len(json.loads(process.stdout)) == 1
    assert b"set aside" in process.stderr


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("polls_per_second = 0", "between 0.1 and 100"),
        ("conections = 3", "no setting is called 'conections'"),
        ("keys = [", "cannot be read"),
    ],
)
def test_bad_settings_are_a_sentence_with_their_place(home: Path, content: str, words: str) -> None:
    file = home / ".config/runcomfy-tui/settings.toml"
    file.parent.mkdir(parents=True)
    file.write_text(content)
    text = complaint(run("jobs"), 64)
    assert words in text
    assert str(file) in text


@pytest.mark.parametrize("base", ["runcomfy", "ftp://example.com/v1", "http://", "http://x:y/v1"])
def test_a_base_that_is_no_url_is_a_sentence(base: str) -> None:
    text = complaint(run("jobs", env={"RUNCOMFY_MODEL_API_BASE": base}), 64)
    assert "RUNCOMFY_MODEL_API_BASE is no http(s) URL" in text


def test_a_token_file_that_is_broken_is_named_without_its_content(home: Path) -> None:
    from tests.terminal.pty_screen import PtyScreen

    file = home / ".config/runcomfy-tui/token.json"
    file.parent.mkdir(parents=True)
    file.write_text('{"access_token": "secret with blanks"}')
    with PtyScreen(COMMAND) as screen:
        screen.wait_for("holds no usable token")
        assert "secret" not in screen.text
        assert screen.wait_exit() == 77
