"""`runcomfy-tui doctor`: it finds what is wrong, changes nothing unasked, and tells no secret."""

from __future__ import annotations

import os
import time
from pathlib import Path

import orjson
import pytest

from runcomfy_tui.history.health import examine
from runcomfy_tui.history.imports import all_jobs
from runcomfy_tui.history.ledger import Ledger
from runcomfy_tui.jobs import Job, Status, new_job
from runcomfy_tui.terminal_query import Answers, read
from tests.unit.command import fill, run

TOKEN = "a-very-secret-token"
DEAD = "http://127.0.0.1:9/v1"


def job(number: int, status: Status = Status.COMPLETED) -> Job:
    made = new_job("a/b", {"prompt": f"secret plan {number}"}, now=1_700_000_000.0 + number)
    return made.but(status=status, request_id=f"req-{number}")


def told(folder: Path, *arguments: str, **env: str) -> tuple[int, str]:
    process = run(
        *("doctor", "--data-dir", str(folder), *arguments),
        env={"RUNCOMFY_TOKEN": TOKEN, "RUNCOMFY_MODEL_API_BASE": DEAD, **env},
    )
    assert process.stderr == b""
    return process.returncode, process.stdout.decode()


def snapshot(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.suffix != ".lock"
    }


def stored(folder: Path) -> dict[str, Status]:
    ledger = Ledger(folder)
    return {job.request_id or job.id: job.status for job in all_jobs(ledger)}


def test_all_is_well_and_nothing_private_is_told(tmp_path: Path) -> None:
    home = Path(os.environ["HOME"])
    folder = home / "my-ledger"
    fill(folder, job(1), job(2, Status.IN_QUEUE))
    code, text = told(folder, "--offline")
    assert code == 0, text
    assert "1 live job, 1 ended in 1 file," in text
    assert "~/my-ledger" in text
    assert str(home) not in text
    assert TOKEN not in text
    assert "secret plan" not in text
    assert f"a token of {len(TOKEN)} characters, from $RUNCOMFY_TOKEN" in text
    assert f"model_api_base = {DEAD}  ($RUNCOMFY_MODEL_API_BASE)" in text
    assert "!!" not in text


def test_a_server_that_cannot_be_reached_and_a_missing_token_have_their_codes(
    tmp_path: Path,
) -> None:
    code, text = told(tmp_path)
    assert code == 69
    assert "could not be reached" in text
    code, text = told(tmp_path, RUNCOMFY_TOKEN="")
    assert code == 77
    assert "there is no token" in text


def test_a_login_in_an_address_and_the_words_of_a_hook_are_not_told(tmp_path: Path) -> None:
    file = Path(os.environ["HOME"]) / ".config" / "runcomfy-tui" / "settings.toml"
    file.parent.mkdir(parents=True)
    file.write_text(
        'hook = "my-hook --key hush-hush"\nbudget_per_day = 5\n[collect_labels]\n"hush" = true\n'
    )
    code, text = told(
        tmp_path, "--offline", RUNCOMFY_MODEL_API_BASE="http://user:hush-hush@127.0.0.1:9/v1"
    )
    assert code == 0, text
    assert "hush" not in text
    assert "hook = my-hook with 2 arguments  (settings.toml)" in text
    assert "budget_per_day = 5.0  (settings.toml)" in text
    assert "collect_labels = 1 entry  (settings.toml)" in text
    assert "collect_models = none  (built in)" in text
    assert "bell = true  (built in)" in text


def test_settings_that_cannot_be_read_are_told_and_the_rest_is_looked_at(tmp_path: Path) -> None:
    file = Path(os.environ["HOME"]) / ".config" / "runcomfy-tui" / "settings.toml"
    file.parent.mkdir(parents=True)
    file.write_text('gremlins = 5\nbell = "no"\n')
    fill(tmp_path, job(1))
    code, text = told(tmp_path, "--offline")
    assert code == 64
    assert "no setting is called 'gremlins'" in text
    assert "  !!  ~/.config/runcomfy-tui/settings.toml: 'bell' should be true or false." in text
    assert "1 ended in" in text


def test_each_key_that_will_not_do_what_is_wanted_is_told(tmp_path: Path) -> None:
    file = Path(os.environ["HOME"]) / ".config" / "runcomfy-tui" / "settings.toml"
    file.parent.mkdir(parents=True)
    file.write_text('[keys]\n"job.cancell" = "x"\n"job.rerun" = "ctlr+x"\n"job.label" = "f5"\n')
    code, text = told(tmp_path, "--offline")
    assert code == 64, text
    assert "  !!  [keys] Nothing is called 'job.cancell'. Is job.cancel meant?" in text
    assert "  !!  [keys] job.rerun: 'ctlr+x' is no key." in text
    assert "  !!  [keys] 'f5' is wanted by composer.submit and job.label" in text
    file.write_text('[keys]\n"job.cancel" = "x"\n')
    code, text = told(tmp_path, "--offline")
    assert code == 0, text
    assert "keys = job.cancel: x  (settings.toml)" in text


def test_a_broken_file_is_told_and_left_alone_until_it_is_to_be_mended(tmp_path: Path) -> None:
    fill(tmp_path, job(1))
    fill(tmp_path, job(2))
    segment = tmp_path / "ended" / "000001.json"
    whole = segment.read_bytes()
    segment.write_bytes(whole[:-4])
    (tmp_path / "drafts.json").write_text("{")
    before = snapshot(tmp_path)
    code, text = told(tmp_path, "--offline")
    assert code == 65
    assert "ended/000001.json cannot be read" in text
    assert "drafts.json cannot be read" in text
    assert snapshot(tmp_path) == before

    code, text = told(tmp_path, "--offline", "--repair")
    assert code == 0, text
    assert "recovered from its backup" in text
    assert not examine(tmp_path).lost_request_ids
    # The request_id that stood in the broken half alone is asked about again.
    assert stored(tmp_path).keys() == {"req-1", "req-2"}


def test_request_ids_in_files_set_aside_are_tracked_again(tmp_path: Path) -> None:
    fill(tmp_path, job(1))
    text = orjson.dumps({"documents": {"x": {"request_id": "lost-1", "status": "in_queue"}}})
    (tmp_path / "live.json.unreadable-20251119-140512").write_bytes(
        text[:-3] + b'"request_id":"req-1", "request_id": "../evil'
    )
    code, said = told(tmp_path, "--offline")
    assert code == 65
    assert "does not know: lost-1" in said
    code, said = told(tmp_path, "--offline", "--repair")
    assert code == 0, said
    assert stored(tmp_path) == {"req-1": Status.COMPLETED, "lost-1": Status.UNKNOWN}


def test_submits_of_dead_processes_become_unconfirmed(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    ledger.put(new_job("a/b", {}))
    code, text = told(tmp_path, "--offline")  # its process, this one, still runs
    assert code == 0, text
    ledger.close()
    code, text = told(tmp_path, "--offline")
    assert code == 65
    assert "1 submit whose process is gone" in text
    assert told(tmp_path, "--offline", "--repair")[0] == 0
    assert list(stored(tmp_path).values()) == [Status.UNCONFIRMED]


def test_what_killed_processes_left_is_swept_when_it_is_old(tmp_path: Path) -> None:
    fill(tmp_path, job(1))
    old, young = tmp_path / ".drafts.json.12ab.tmp", tmp_path / ".views.json.34cd.tmp"
    for file in (old, young):
        file.write_text("{")
    hours_ago = time.time() - 7200
    os.utime(old, (hours_ago, hours_ago))
    assert "1 temporary file" in told(tmp_path, "--offline")[1]
    told(tmp_path, "--offline", "--repair")
    assert (old.exists(), young.exists()) == (False, True)


def test_a_folder_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    code, text = told(tmp_path / "none", "--offline", "--repair")
    assert code == 0
    assert "the first job makes it" in text
    assert not (tmp_path / "none").exists()


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    code, text = told(tmp_path / "file" / "ledger", "--offline")
    assert code == 65
    assert "!!  the folder is not there and cannot be made" in text
    assert "the first job makes it" not in text


@pytest.mark.parametrize(
    ("said", "answers"),
    [
        (b"", Answers()),
        (b"\x1b[?62;4;22c", Answers(is_mute=False, sixel=True)),
        (b"\x1b[?64;14c", Answers(is_mute=False)),
        (
            b"\x1bP>|kitty(0.36)\x1b\\\x1b[?2026;2$y\x1b[?0u\x1b_Gi=31;OK\x1b\\\x1b[?62;c",
            Answers(
                is_mute=False,
                name="kitty(0.36)",
                kitty_graphics=True,
                kitty_keyboard=True,
                synchronized=True,
            ),
        ),
        (b"\x1b[?2026;0$y\x1b[?6c", Answers(is_mute=False)),
    ],
)
def test_what_terminals_answer_is_understood(said: bytes, answers: Answers) -> None:
    assert read(said) == answers
