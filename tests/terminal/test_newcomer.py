"""The newcomer's path, key by key, as the screen shows it."""

from __future__ import annotations

import json
import subprocess
import threading
from pathlib import Path

from tests.engine.server import Server
from tests.terminal.dashboard import MODEL, PROGRAM, ROOT, Dashboard, write_settings


def test_submit_watch_cancel_open_download_and_find_it_all_again(
    folder: Path, server: Server, home: Path, tmp_path: Path
) -> None:
    write_settings(home, f'download_dir = "{tmp_path / "results"}"')
    with Dashboard(folder, server) as screen:
        screen.wait_for_form()
        screen.submit("in_queue")
        screen.submit("in_queue", "in_queue")
        first, second = (request["request_id"] for request in server.requests())

        screen.press("c")
        screen.wait_for("Cancel this job?")
        screen.wait_for(second)  # the job under the cursor is the newest
        screen.press("y")
        screen.wait_for_statuses("cancelled", "in_queue")
        assert [request["status"] for request in server.requests()] == ["in_queue", "cancelled"]

        server.let_start()
        screen.wait_for_statuses("cancelled", "in_progress")
        server.let_end()
        screen.wait_for_statuses("cancelled", "completed")
        screen.wait_for("$0.25")

        screen.press("j")
        screen.wait_for_cursor(1)
        screen.press("enter")
        screen.wait_for("download")
        screen.wait_for(first)
        screen.press("d")
        screen.wait_for("saved:")
        [file] = (tmp_path / "results").rglob(f"{first}-1.mp4")
        assert file.read_bytes()[4:8] == b"ftyp"
        assert json.loads(Path(f"{file}.json").read_text())["request_id"] == first
        screen.press("escape")
        screen.wait_for_statuses("cancelled", "completed")

        assert screen.quit() == 0
        assert screen.left_behind == []

    with Dashboard(folder, server) as again:
        again.wait_for_statuses("cancelled", "completed")
        again.wait_for(second)
        again.press("j")
        again.wait_for(first)
        assert again.quit() == 0
    assert server.created() == 2


def test_the_built_in_sandbox_needs_nothing_and_remembers(folder: Path) -> None:
    with Dashboard(folder, token=None, arguments=["--sandbox"]) as screen:
        screen.wait_for("sandbox")
        screen.wait_for_form()
        screen.submit("in_queue")
        screen.press("c")
        screen.wait_for("Cancel this job?")
        screen.press("y")
        screen.wait_for_statuses("cancelled")
        screen.submit("in_queue", "cancelled")
        screen.wait_for("$63.86")  # the balance, less what one of them costs
        assert screen.quit() == 0
        assert screen.left_behind == []
    with Dashboard(folder, token=None, arguments=["--sandbox"]) as again:
        again.wait_until(lambda: again.statuses[1:] == ["cancelled"], what="both jobs")
        assert again.statuses[0] in ("in_queue", "in_progress", "completed")
        assert again.quit() == 0


def test_a_sandbox_of_its_own_runs_a_job_to_its_end(folder: Path) -> None:
    command = [*PROGRAM, "sandbox", "--speed", "20"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as sandbox:
        try:
            assert sandbox.stdout is not None
            base = sandbox.stdout.readline().removeprefix("listening on ").strip()
            with Dashboard(folder, environ={"RUNCOMFY_MODEL_API_BASE": base}) as screen:
                screen.wait_for_form()
                screen.submit("in_queue")
                screen.wait_for_statuses("completed")
                screen.press("enter")
                screen.wait_for(f"{base.removesuffix('/v1')}/files/")
                assert screen.quit() == 0
        finally:
            sandbox.terminate()
    assert sandbox.returncode == 0


def test_a_submit_asked_for_before_the_form_is_there_is_not_forgotten(
    folder: Path, server: Server
) -> None:
    with Dashboard(folder, server) as screen:
        screen.wait_until(lambda: len(screen.raw) > 1000, what="the first paint")
        screen.submit("in_queue")
        screen.wait_for(MODEL)
    assert server.created() == 1


def test_the_same_form_is_submitted_once_however_often_f5_is_pressed(
    folder: Path, server: Server, submit_may_be_answered: threading.Event
) -> None:
    with Dashboard(folder, server) as screen:
        screen.wait_for_form()
        screen.press("f5", "f5", "f5")
        screen.wait_for("being submitted already")
        submit_may_be_answered.set()
        screen.wait_for_statuses("in_queue")
        assert server.created() == 1
