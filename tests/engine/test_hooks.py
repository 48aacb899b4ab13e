"""The user's own command: run once for every end, whatever the processes on a folder do."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from runcomfy_tui.api.client import Client
from runcomfy_tui.api.download import Downloader
from runcomfy_tui.engine import hooks
from runcomfy_tui.engine.engine import Engine
from runcomfy_tui.engine.gate import Pace
from runcomfy_tui.engine.hooks import HookNotStarted, Hooks, run_hook
from runcomfy_tui.history.hook_claims import KEPT_SECONDS, HookClaims
from runcomfy_tui.history.ledger import Ledger
from runcomfy_tui.history.watch_turn import WatchTurn
from runcomfy_tui.jobs import Job, Status, new_job
from tests.engine.house import House, Reader
from tests.engine.server import Server
from tests.waiting import until

WRITES_DOWN = """
import sys
with open(sys.argv[1], "a") as file:
    file.write(sys.stdin.read() + "\\n")
"""


class Told:
    """What the hook was given: one JSON object a line."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "told"
        self.command = (sys.executable, "-c", WRITES_DOWN, str(self.file))

    @property
    def jobs(self) -> list[dict[str, object]]:
        text = self.file.read_text() if self.file.exists() else ""
        return [json.loads(line) for line in text.splitlines()]


@pytest.fixture
def told(tmp_path: Path) -> Told:
    return Told(tmp_path)


class Hooked(House):
    """A house with a hook."""

    def __init__(self, folder: Path, server: Server, hook: Sequence[str]) -> None:
        Reader.__init__(self)
        self.engine = Engine(
            client=Client(server.url, server.serverless_url, "a-secret-token"),
            ledger=Ledger(folder),
            turn=WatchTurn(folder),
            downloader=Downloader(server.url),
            mailbox=self.mailbox,
            pace=Pace(polls_per_second=50),
            hook=hook,
        )


async def test_every_end_is_told_once_with_the_job_as_json(
    server: Server, ledger_folder: Path, told: Told
) -> None:
    async with Hooked(ledger_folder, server, told.command) as house:
        good, bad = await house.submit(), await house.submit(promptText="fail please")
        cancelled = await house.submit()
        await house.submit(promptText="refuse please")
        await house.engine.cancel(cancelled.id)
        server.let_start()
        server.let_end()
        await house.until_job(good, "completed")
        await house.until_job(bad, "failed")
        await house.engine.settle()
        await house.engine.collect(good.id)
        await house.engine.settle()
    by_id = {job["id"]: job for job in told.jobs}
    assert len(told.jobs) == len(by_id) == 3, "a submit that was refused has no end"
    assert by_id[good.id]["status"] == "completed"
    assert by_id[good.id]["cost"] == 0.25
    assert by_id[good.id]["outputs"]
    assert by_id[good.id]["sandbox"] is False
    assert by_id[bad.id]["status"] == "failed"
    assert by_id[cancelled.id]["status"] == "cancelled"


async def test_history_is_never_told(server: Server, ledger_folder: Path, told: Told) -> None:
    async with Hooked(ledger_folder, server, ()) as house:
        job = await house.submit()
        server.let_end()
        await house.until_job(job, "completed")
    async with Hooked(ledger_folder, server, told.command) as house:
        await house.until(lambda: house.facts.is_loaded)
        await house.engine.collect(job.id)
        await house.engine.settle()
    assert told.jobs == []


async def test_of_two_on_one_folder_the_one_that_polls_tells(
    server: Server, ledger_folder: Path, told: Told, tmp_path: Path
) -> None:
    others = Told(tmp_path / "other")
    others.file.parent.mkdir()
    async with (
        Hooked(ledger_folder, server, told.command) as first,
        Hooked(ledger_folder, server, others.command) as second,
    ):
        await second.until(lambda: not second.facts.is_watching)
        jobs = [await second.submit() for _ in range(3)]
        await second.engine.cancel(jobs[2].id)
        server.let_end()
        for job in jobs:
            await first.until_job(job, "completed", "cancelled")
            await second.until_job(job, "completed", "cancelled")
        await first.engine.settle()
    assert sorted(str(job["id"]) for job in told.jobs) == sorted(job.id for job in jobs)
    assert others.jobs == []


async def test_who_takes_over_tells_what_the_other_left_untold_and_nothing_twice(
    server: Server, ledger_folder: Path, told: Told
) -> None:
    first = Hooked(ledger_folder, server, ())
    await first.engine.start()
    async with Hooked(ledger_folder, server, told.command) as second:
        await second.until(lambda: not second.facts.is_watching)
        untold, claimed = await first.submit(), await first.submit()
        server.let_end()
        await second.until_job(untold, "completed")
        await second.until_job(claimed, "completed")
        assert told.jobs == []
        (ledger_folder / "hooked").mkdir()
        (ledger_folder / "hooked" / claimed.id).touch()
        await first.engine.stop()
        await second.until(lambda: second.facts.is_watching)
        await second.engine.settle()
        assert [job["id"] for job in told.jobs] == [untold.id]


async def test_notes_that_nobody_needs_any_more_are_swept(
    server: Server, ledger_folder: Path, told: Told
) -> None:
    (ledger_folder / "hooked").mkdir(parents=True)
    for name, age in (("old", KEPT_SECONDS + 60), ("young", 0.0)):
        (ledger_folder / "hooked" / name).touch()
        at = time.time() - age
        os.utime(ledger_folder / "hooked" / name, (at, at))
    async with Hooked(ledger_folder, server, told.command) as house:
        await house.until(lambda: house.facts.is_watching)
        await house.engine.settle()
    assert [path.name for path in (ledger_folder / "hooked").iterdir()] == ["young"]


async def test_a_hook_that_fails_is_told_to_the_user_until_it_works_again(
    server: Server, ledger_folder: Path, told: Told, tmp_path: Path
) -> None:
    switch = tmp_path / "switch"
    command = ("sh", "-c", f"test -e {switch} || exit 3")
    async with Hooked(ledger_folder, server, command) as house:
        first = await house.submit()
        server.let_end()
        await house.until_job(first, "completed")
        await house.until(lambda: any("ended with 3" in each for each in house.facts.troubles))
        switch.touch()
        second = await house.submit()
        server.let_end()
        await house.until_job(second, "completed")
        await house.until(lambda: not house.facts.troubles)


async def test_a_stop_waits_a_moment_and_then_ends_the_hook(
    server: Server, ledger_folder: Path, tmp_path: Path
) -> None:
    says_pid = tmp_path / "pid"
    os.mkfifo(says_pid)
    command = ("sh", "-c", f"echo $$ > {says_pid}; exec sleep 600")
    async with Hooked(ledger_folder, server, command) as house:
        job = await house.submit()
        server.let_end()
        await house.until_job(job, "completed")
        pid = int(await asyncio.to_thread(says_pid.read_text))
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_the_words_of_the_command_reach_it_as_they_are() -> None:
    script = "import sys; print(sys.argv[1:], sys.stdin.read())"
    words = ["; rm -rf /", "$(id)", "a b", "'"]
    outcome = run_hook([sys.executable, "-c", script, *words], b"{}", 60, threading.Event())
    assert outcome.code == 0
    assert outcome.output == f"{words} {{}}\n"


def test_it_gets_no_token_that_the_user_has_not_in_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MINE", "yes")
    outcome = run_hook(["env"], b"", 60, threading.Event())
    assert "MINE=yes" in outcome.output
    assert "RUNCOMFY" not in outcome.output
    assert "TOKEN" not in outcome.output


def test_it_may_leave_its_input_unread_and_its_output_to_others() -> None:
    began = time.monotonic()
    outcome = run_hook(["sh", "-c", "sleep 30 & echo out"], b"x" * 1_000_000, 20, threading.Event())
    assert outcome == hooks.Outcome(0, "out\n")
    assert time.monotonic() - began < 15


def test_it_takes_no_longer_than_it_may_and_keeps_only_its_last_words() -> None:
    outcome = run_hook(["sh", "-c", "yes no"], b"", 2.0, threading.Event())
    assert outcome.code is None
    assert 0 < len(outcome.output) <= hooks.LAST_WORDS


def test_one_that_does_not_obey_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hooks, "_SECONDS_TO_OBEY", 0.2)
    script = "trap '' TERM; while true; do sleep 0.1; done"
    assert run_hook(["sh", "-c", script], b"", 0.5, threading.Event()).code is None


def test_what_it_started_is_ended_with_it_even_what_does_not_obey(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hooks, "_SECONDS_TO_OBEY", 0.2)
    says_pid = tmp_path / "pid"
    os.mkfifo(says_pid)
    stubborn = f"trap '' TERM; echo $$ > {says_pid}; exec sleep 600"
    command = ["sh", "-c", 'sh -c "$1" & wait', "sh", stubborn]
    stop = threading.Event()
    with ThreadPoolExecutor() as pool:
        running = pool.submit(run_hook, command, b"", 600, stop)
        pid = int(says_pid.read_text())
        stop.set()
        assert running.result().code is None
    until(lambda: not _runs(pid))


def _runs(pid: int) -> bool:
    said = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True)
    return bool(said.stdout.strip()) and not said.stdout.startswith("Z")


async def test_the_user_is_told_how_long_it_could_run(ledger_folder: Path) -> None:
    troubles: list[str | None] = []

    async def on_disk(call: Callable[[], Any]) -> Any:
        return call()

    told = Hooks(("sleep", "600"), HookClaims(ledger_folder), on_disk, troubles.append, seconds=0.5)
    told.take_turn()
    job = new_job("a/b", {}).but(status=Status.IN_PROGRESS, request_id="r")
    told.saw(job, job.but(status=Status.COMPLETED))
    await told.finish()
    assert troubles == ["The hook was ended after 0.5 s: its output is in the log."]


def test_a_command_that_is_not_there_says_so() -> None:
    with pytest.raises(HookNotStarted, match="no-such-command"):
        run_hook(["no-such-command"], b"", 1, threading.Event())


def test_a_job_with_odd_characters_reaches_it_as_json(tmp_path: Path) -> None:
    from runcomfy_tui.job_json import job_as_json

    odd: Job = new_job("a/b", {"prompt": "\ud800 \x1b[31m [/foo] 日本"})
    payload = json.dumps(job_as_json(odd), default=str).encode()
    outcome = run_hook(
        [sys.executable, "-c", "import json,sys; print(ascii(json.load(sys.stdin)['inputs']))"],
        payload,
        60,
        threading.Event(),
    )
    assert outcome.output.strip() == ascii(dict(odd.inputs))
