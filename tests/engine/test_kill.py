"""`kill -9` at any moment loses no request_id that the server has answered with.

The server lives in the test's own process and so outlives every kill: its list is the truth.
"""

from __future__ import annotations

import random
import subprocess
import sys
import time
from pathlib import Path

import httpx
import orjson

from runcomfy_tui.jobs import Job, Status
from runcomfy_tui.sandbox.embedded import EmbeddedSandbox
from tests.engine import submitter
from tests.engine.house import House, on_disk

KILLS = 18
LONGEST_LIFE = 0.7
"""Seconds from a program's first word to its death; its engine runs after half of that."""

FAULTS = ("lost-submit:0.05", "error-after-submit:0.05", "cut@submit:0.03", "unavailable:0.02")


async def test_no_kill_loses_an_answered_request_or_pays_for_one_intent_twice(
    tmp_path: Path,
) -> None:
    chance = random.Random()
    folder = tmp_path / "ledger"
    told: list[str] = []
    with EmbeddedSandbox(speed=200, faults=FAULTS, balance_usd=1e6) as sandbox:
        for _ in range(KILLS):
            program = start(folder, sandbox.base_url)
            told += let_live(program, chance.uniform(0.1, LONGEST_LIFE))
            check(folder, requests_at(sandbox), told)
        async with House(folder, sandbox.base_url) as house:
            await house.until(lambda: house.facts.is_loaded)
            await house.until(
                lambda: all(
                    job.status.is_final or job.status is Status.UNCONFIRMED
                    for job in house.jobs.values()
                ),
                "for every job to end",
            )
        found = check(folder, requests_at(sandbox), told)
    assert len(told) > KILLS, "too few submits for the kills to hit any"
    assert Status.SUBMITTING not in {job.status for job in found.values()}


def start(folder: Path, url: str) -> subprocess.Popen[str]:
    program = subprocess.Popen(
        [sys.executable, "-m", submitter.__name__, str(folder), url, str(submitter.AT_ONCE)],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert program.stdout is not None
    assert program.stdout.readline().strip() == "started"
    return program


def let_live(program: subprocess.Popen[str], seconds: float) -> list[str]:
    """Kill the program after that long; the request_ids that it has told its user until then."""
    try:
        program.wait(seconds)
    except subprocess.TimeoutExpired:
        program.kill()
    rest, _ = program.communicate()
    assert program.returncode == -9, "it was to run until it was killed"
    return [line for line in rest.split("\n")[:-1] if line]


def check(folder: Path, requests: dict[str, str], told: list[str]) -> dict[str, Job]:
    """The ledger against the server's list (prompt by request_id) and what users were told."""
    for file in folder.rglob("*.json"):
        orjson.loads(file.read_bytes())
    assert not list(folder.rglob("*unreadable*"))
    jobs = on_disk(folder)
    by_prompt = {str(job.inputs["promptText"]): job for job in jobs.values()}
    assert len(by_prompt) == len(jobs)
    assert set(told) <= {job.request_id for job in jobs.values()}
    assert len(set(requests.values())) == len(requests), "one intent was submitted twice"
    assert len(requests) <= len(jobs)
    for request_id, prompt in requests.items():
        job = by_prompt[prompt]
        may_lack_it = job.status in (Status.SUBMITTING, Status.UNCONFIRMED)
        assert job.request_id == request_id or (job.request_id is None and may_lack_it), job
    return jobs


def requests_at(sandbox: EmbeddedSandbox) -> dict[str, str]:
    """The prompt of every request that the server holds, by its request_id."""
    # What a killed program had just sent is still being worked on: wait until nothing is.
    deadline = time.monotonic() + 5.0
    while True:
        before, after = _listed(sandbox), _listed(sandbox)
        if before == after or time.monotonic() > deadline:
            return after


def _listed(sandbox: EmbeddedSandbox) -> dict[str, str]:
    url = sandbox.base_url.removesuffix("/v1") + "/sandbox/requests"
    told = httpx.get(url, trust_env=False).json()["requests"]
    return {one["request_id"]: one["inputs"]["promptText"] for one in told}
