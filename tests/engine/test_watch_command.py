"""`runcomfy-tui watch` as a program of its own, against a real server."""

from __future__ import annotations

import asyncio
import json
import os
import pty
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from runcomfy_tui.batch import Item
from runcomfy_tui.exit_codes import OK, TRY_LATER
from runcomfy_tui.jobs import Job, Status
from tests.engine.house import INPUTS, MODEL, on_disk
from tests.engine.planning import sent_of, until_over
from tests.engine.server import PRICE, Server, at
from tests.engine.watch_process import Watch, adopted
from tests.waiting import LONG_ENOUGH, until


def configured(home: Path, text: str) -> None:
    file = home / ".config" / "runcomfy-tui" / "settings.toml"
    file.parent.mkdir(parents=True)
    file.write_text(text)


@pytest.fixture
def job(server: Server, ledger_folder: Path) -> Job:
    """A job that waits in the server's queue."""
    return adopted(ledger_folder, server.submit())[0]


def test_it_follows_a_job_to_its_end_with_hook_and_download(
    server: Server, ledger_folder: Path, job: Job, home: Path, tmp_path: Path
) -> None:
    results, hooked = tmp_path / "results", tmp_path / "hooked.json"
    configured(
        home, f'download_dir = "{results}"\nhook = ["sh", "-c", "cat > \\"$0\\"", "{hooked}"]\n'
    )
    with Watch(ledger_folder, server, "--until-done", "--download") as watch:
        assert watch.out.until("in_queue").split()[2] == job.request_id
        server.let_start()
        watch.out.until("in_progress")
        server.let_end()
        completed = watch.out.until("completed")
        saved = Path(watch.out.until("saved").split()[-1])
        assert watch.end() == 0
    assert f"${PRICE}" in completed
    assert "http://" in completed
    assert saved.parent.parent.parent == results
    assert saved.read_bytes()[4:8] == b"ftyp"
    assert json.loads(hooked.read_text())["request_id"] == job.request_id
    assert on_disk(ledger_folder)[job.id].status is Status.COMPLETED


DIES_BEFORE_IT_CLAIMS = """
import os, signal, sys
from runcomfy_tui.cli import main
from runcomfy_tui.history.collected import Collected
from runcomfy_tui.history.hook_claims import HookClaims

Collected.claim = HookClaims.claim = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
main(sys.argv[1:])
"""


def test_what_was_due_when_a_process_was_killed_is_done_by_the_next_one_once(
    server: Server, ledger_folder: Path, job: Job, home: Path, tmp_path: Path
) -> None:
    results, hooked = tmp_path / "results", tmp_path / "hooked"
    configured(
        home, f'download_dir = "{results}"\nhook = ["sh", "-c", "cat >> \\"$0\\"", "{hooked}"]\n'
    )
    server.let_end()
    with Watch(ledger_folder, server, "--download", program=("-c", DIES_BEFORE_IT_CLAIMS)) as watch:
        assert watch.end() == -signal.SIGKILL
    assert on_disk(ledger_folder)[job.id].status is Status.COMPLETED
    assert not hooked.exists()
    assert not results.exists()
    for _ in range(2):
        with Watch(ledger_folder, server, "--until-done", "--download") as watch:
            assert watch.end() == OK
        assert json.loads(hooked.read_text())["request_id"] == job.request_id
        assert len(list(results.rglob("*.mp4"))) == 1


def test_it_does_not_end_well_while_a_file_is_not_saved(
    server: Server, ledger_folder: Path, job: Job, home: Path, tmp_path: Path
) -> None:
    results = tmp_path / "results"
    configured(home, f'download_dir = "{results}"\n')
    results.write_text("no folder")
    server.let_end()
    with Watch(ledger_folder, server, "--until-done", "--download") as watch:
        assert "could not be saved" in watch.out.until("not saved")
        assert watch.end() == TRY_LATER
    results.unlink()
    with Watch(ledger_folder, server, "--until-done", "--download") as watch:
        watch.out.until("saved")
        assert watch.end() == OK
    with Watch(ledger_folder, server, "--until-done", "--download") as watch:
        assert watch.end() == OK


def test_as_json_every_line_is_an_object(server: Server, ledger_folder: Path, job: Job) -> None:
    with Watch(ledger_folder, server, "--until-done", "--json") as watch:
        watch.out.until("in_queue")
        server.let_end()
        assert watch.end() == 0
        said = [json.loads(line) for line in watch.out.close()]
        assert watch.err.close() == []
    assert {"at", "event"} <= set.intersection(*(set(each) for each in said))
    words = [each["job"]["status"] for each in said if each["event"] == "job"]
    assert words == ["in_queue", "completed"]
    assert said[-1]["job"]["cost"] == PRICE


def test_quiet_it_says_nothing_while_all_is_well(
    server: Server, ledger_folder: Path, job: Job
) -> None:
    server.let_end()
    with Watch(ledger_folder, server, "--until-done", "--quiet") as watch:
        assert watch.end() == 0
        assert watch.out.close() == watch.err.close() == []
    assert on_disk(ledger_folder)[job.id].status is Status.COMPLETED


async def test_until_done_it_waits_for_what_is_still_to_be_sent(
    server: Server, ledger_folder: Path, home: Path, job: Job
) -> None:
    configured(home, "release_unfinished = 1")
    with Watch(ledger_folder, server, "--until-done") as watch:
        watch.err.until("1 job is being watched")
        async with at(server, ledger_folder) as house:
            items = [Item(INPUTS | {"promptText": f"boat {number}"}) for number in range(3)]
            batch = await house.engine.release.plan(MODEL, "boats", items)
            for sent in range(1, len(items) + 1):
                await house.until(lambda: sent_of(house, batch) >= sent, f"for {sent} to be sent")  # noqa: B023
                server.let_end()
            assert await asyncio.to_thread(watch.end) == 0
            await until_over(house, batch)


def test_with_nothing_to_wait_for_it_is_done_at_once(server: Server, ledger_folder: Path) -> None:
    with Watch(ledger_folder, server, "--until-done") as watch:
        assert watch.end() == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize(("arguments", "code"), [((), 0), (("--until-done",), 75)])
def test_a_signal_ends_it_cleanly(
    server: Server,
    ledger_folder: Path,
    job: Job,
    number: signal.Signals,
    arguments: tuple[str, ...],
    code: int,
) -> None:
    with Watch(ledger_folder, server, *arguments) as watch:
        watch.out.until("in_queue")
        watch.signal(number)
        assert watch.end() == code
        assert "Traceback" not in "".join(watch.err.close())
    assert on_disk(ledger_folder)[job.id].status is Status.IN_QUEUE


def test_without_a_token_or_with_a_refused_one_it_says_so_and_ends(
    server: Server, ledger_folder: Path, job: Job
) -> None:
    with Watch(ledger_folder, server, token=None) as watch:
        assert watch.end() == 77
        assert "no token" in "".join(watch.err.close())
    with Watch(ledger_folder, server, "--until-done", token="expired") as watch:
        assert watch.end() == 77
        assert "the token is refused" in "".join(watch.err.close())


def test_it_outlives_its_terminal(server: Server, ledger_folder: Path, job: Job) -> None:
    terminal, its_end = pty.openpty()
    command = [sys.executable, "-m", "runcomfy_tui", "watch", "--data-dir", str(ledger_folder)]
    process = subprocess.Popen(
        command,
        stdin=its_end,
        stdout=its_end,
        stderr=its_end,
        env=os.environ | {"RUNCOMFY_MODEL_API_BASE": server.url, "RUNCOMFY_TOKEN": "a-token"},
        start_new_session=True,
        # The terminal that is lost has to be its controlling one, or no SIGHUP would come.
        preexec_fn=_take_terminal,
    )
    os.close(its_end)
    try:
        seen = b""
        while b"in_queue" not in seen:
            seen += os.read(terminal, 4096)
        os.close(terminal)
        server.let_end()
        until(lambda: on_disk(ledger_folder)[job.id].status is Status.COMPLETED)
        assert process.poll() is None
        process.send_signal(signal.SIGTERM)
        assert process.wait(LONG_ENOUGH) == 0
    finally:
        process.kill()
        process.wait()


def _take_terminal() -> None:
    import fcntl
    import termios

    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def test_beside_another_it_reads_and_takes_over_when_that_one_is_killed(
    server: Server, ledger_folder: Path, job: Job
) -> None:
    with Watch(ledger_folder, server) as first:
        first.out.until("in_queue")
        with Watch(ledger_folder, server) as second:
            assert f"process {first.process.pid} on" in second.err.until(" polls")
            (other,) = adopted(ledger_folder, server.submit())
            second.out.until(str(other.request_id))

            first.process.kill()
            second.err.until("this process polls")
            server.let_end()
            second.out.until("completed")
            second.out.until("completed")
    done = on_disk(ledger_folder)
    assert [done[each.id].status for each in (job, other)] == [Status.COMPLETED] * 2


def test_what_a_server_says_cannot_reach_the_terminal(server: Server, ledger_folder: Path) -> None:
    adopted(ledger_folder, server.submit(promptText="fail loudly"))
    server.let_end()
    with Watch(ledger_folder, server, "--until-done") as watch:
        assert watch.end() == 0
        (line,) = [line for line in watch.out.close() if "failed" in line]
    assert "[/moderation]" in line
    assert line.removesuffix("\n").isprintable()
    assert len(line.splitlines()) == 1


def test_in_the_sandbox_it_needs_a_folder_and_no_token(ledger_folder: Path) -> None:
    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "runcomfy_tui", *arguments],
            capture_output=True,
            text=True,
            timeout=LONG_ENOUGH,
            check=False,
        )

    watch = run("--sandbox", "watch", "--until-done", "--data-dir", str(ledger_folder))
    assert watch.returncode == 0, watch.stderr
    assert run("watch", "--sandbox", "--until-done").returncode == 64
    assert run("watch", "--json", "--quiet").returncode == 64
