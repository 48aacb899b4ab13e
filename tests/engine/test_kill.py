"""`kill -9` at any moment loses no request_id that the server has answered with.

The server lives in the test's own process and so outlives every kill: its list is the truth.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx
import orjson

from runcomfy_tui.jobs import Job, Status
from runcomfy_tui.sandbox.embedded import EmbeddedSandbox
from tests.engine import nursery, submitter
from tests.engine.house import House, on_disk

KILLS = 16
SUBMITS_AT_ONCE = 3
LONGEST_LIFE = 0.25
"""Seconds from a program's first word, or from its second answered submit, to its death."""

FAULTS = ("lost-submit:0.05", "error-after-submit:0.05", "cut@submit:0.03", "unavailable:0.02")


async def test_no_kill_loses_an_answered_request_or_pays_for_one_intent_twice(
    tmp_path: Path,
) -> None:
    chance = random.Random()
    folder = tmp_path / "ledger"
    told: list[str] = []
    with EmbeddedSandbox(speed=200, faults=FAULTS, balance_usd=1e6) as sandbox:
        with Programs(folder, sandbox.base_url) as programs:
            for number in range(KILLS):
                programs.begin()
                if number % 4:
                    programs.word()
                    told += [programs.word(), programs.word()]
                time.sleep(chance.uniform(0.0, LONGEST_LIFE))  # noqa: ASYNC251 - a moment at random
                told += programs.kill()
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


class Programs:
    """Programs that submit to a server, one after the other, on one folder."""

    def __init__(self, folder: Path, url: str) -> None:
        arguments = (str(folder), url, str(SUBMITS_AT_ONCE))
        self._nursery = subprocess.Popen(
            [sys.executable, "-m", nursery.__name__, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def __enter__(self) -> Programs:
        return self

    def __exit__(self, *_: object) -> None:
        self._nursery.communicate()

    def begin(self) -> None:
        """Start the next one."""
        assert self._nursery.stdin is not None
        self._nursery.stdin.write("\n")
        self._nursery.stdin.flush()
        words = {self.word(), self.word()}  # two processes tell them: in either order
        words.remove(submitter.STARTED)
        self._pid = int(words.pop())

    def kill(self) -> list[str]:
        """Kill it; the request_ids that it had told its user and nobody has read yet."""
        os.kill(self._pid, signal.SIGKILL)
        return [word for word in iter(self.word, "ended") if word != submitter.WATCHING]

    def word(self) -> str:
        """The next word told."""
        assert self._nursery.stdout is not None
        word = self._nursery.stdout.readline()
        assert word, "it ended"
        return word.strip()


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
    """The prompt of every request that the server holds, by its request_id.

    What a killed program had sent may still be worked on, so it is asked until nothing changes.
    """
    before, now = None, _listed(sandbox)
    while before != now:
        before, now = now, _listed(sandbox)
    return now


def _listed(sandbox: EmbeddedSandbox) -> dict[str, str]:
    url = sandbox.base_url.removesuffix("/v1") + "/sandbox/requests"
    told = httpx.get(url, trust_env=False, verify=False).json()["requests"]
    return {one["request_id"]: one["inputs"]["promptText"] for one in told}
