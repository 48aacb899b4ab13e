"""`runcomfy-tui sandbox` as a program of its own."""

from __future__ import annotations

import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.unit.command import COMMAND, complaint, run


@contextmanager
def sandbox(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The sandbox alone, and what it says first."""
    process = subprocess.Popen(
        [*COMMAND, "sandbox", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        yield process, process.stdout.readline()
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_sandbox_says_where_it_listens_and_ends_cleanly(number: signal.Signals) -> None:
    arguments = ("--preload", "7", "--fault", "slow@status", "--fault", "failed")
    with sandbox(*arguments) as (process, said):
        assert said.startswith("listening on http://127.0.0.1:")
        assert said.endswith("/v1\n")
        base = said.split()[-1]
        told = httpx.get(base.replace("/v1", "/sandbox/requests"), trust_env=False).json()
        assert len(told["requests"]) == 7
        faults = httpx.get(base.replace("/v1", "/sandbox/faults"), trust_env=False).json()
        assert faults["faults"] == ["slow@status", "failed"]
        process.send_signal(number)
        rest, errors = process.communicate(timeout=20)
        assert (rest, errors, process.returncode) == ("", "", 0)


def test_a_sandbox_with_a_data_folder_remembers_its_jobs_and_its_address(tmp_path: Path) -> None:
    told: list[tuple[str, int]] = []
    for arguments in (("--preload", "3"), ()):
        with sandbox(*arguments, "--data-dir", str(tmp_path)) as (process, said):
            base = said.split()[-1]
            requests = base.replace("/v1", "/sandbox/requests")
            told.append((base, len(httpx.get(requests, trust_env=False).json()["requests"])))
            process.terminate()
            assert process.wait(20) == 0
    assert told == [(told[0][0], 3)] * 2


def test_the_faults_there_are_can_be_listed() -> None:
    process = run("sandbox", "--fault", "list")
    assert process.returncode == 0
    names = [line.split()[0] for line in process.stdout.decode().splitlines()]
    assert {"lost-submit", "rate-limit", "html-502", "slow", "truncated"} <= set(names)


def test_a_port_that_is_taken_is_said_so() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert f"Port {port}" in complaint(run("sandbox", "--port", str(port)), 69)
