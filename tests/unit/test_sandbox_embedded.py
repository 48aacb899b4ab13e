"""The sandbox inside this process, alone in its own, and over restarts."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import orjson
import pytest

from runcomfy_tui.builtin_models import BUILTIN_MODELS
from runcomfy_tui.sandbox import state
from runcomfy_tui.sandbox.embedded import EmbeddedSandbox, SandboxNotStarted
from tests.waiting import until

MODEL = BUILTIN_MODELS[0].model_id
INPUTS = {"promptImage": "https://example.com/a.png"}
IMPATIENT = httpx.Timeout(30, read=0.2)


class Clock:
    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def client() -> Iterator[httpx.Client]:
    headers = {"Authorization": "Bearer anything"}
    with httpx.Client(headers=headers, trust_env=False) as made:
        yield made


def submit(client: httpx.Client, base_url: str, **inputs: str) -> str:
    answer = client.post(f"{base_url}/models/{MODEL}", json=INPUTS | inputs)
    return str(answer.json()["request_id"])


def result(client: httpx.Client, base_url: str, request_id: str) -> httpx.Response:
    return client.get(f"{base_url}/requests/{request_id}/result?include_cost=true")


def is_gone() -> bool:
    """Whether no sandbox runs in this process; one that does not end is left running by `stop`."""
    return "sandbox" not in {thread.name for thread in threading.enumerate()}


def test_it_answers_once_started_and_is_gone_at_once_when_stopped(client: httpx.Client) -> None:
    sandbox = EmbeddedSandbox()
    base_url = sandbox.start()
    assert client.get(f"{base_url}/models").status_code == 200
    sandbox.stop()
    assert is_gone()
    with pytest.raises(httpx.ConnectError):
        client.get(f"{base_url}/models")
    sandbox.stop()


def test_a_call_that_hangs_does_not_hold_up_the_end(client: httpx.Client) -> None:
    sandbox = EmbeddedSandbox(faults=["hang"])
    base_url = sandbox.start()
    port = int(base_url.rpartition(":")[2].partition("/")[0])
    with socket.create_connection(("127.0.0.1", port)) as caller:
        caller.sendall(b"GET /v1/models HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer t\r\n\r\n")
        sandbox.stop()
        assert is_gone(), "it has not waited for the caller, who never goes"
        assert b"200" not in caller.recv(100)


def test_it_leaves_the_programs_signal_handlers_alone() -> None:
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    with EmbeddedSandbox():
        assert [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)] == before


def test_a_port_that_is_taken_is_said_in_words() -> None:
    with EmbeddedSandbox() as first:
        port = int(first.base_url.rpartition(":")[2].partition("/")[0])
        with pytest.raises(SandboxNotStarted, match=f"^Port {port} .*cannot be used"):
            EmbeddedSandbox(port=port).start()


def test_bad_arguments_are_refused_before_anything_starts() -> None:
    with pytest.raises(ValueError, match="nonsense"):
        EmbeddedSandbox(faults=["nonsense"])
    with pytest.raises(ValueError, match="speed"):
        EmbeddedSandbox(speed=0)


def test_it_remembers_jobs_balance_and_port_and_time_goes_on_while_it_is_away(
    tmp_path: Path, client: httpx.Client
) -> None:
    clock = Clock()
    file = tmp_path / "deep" / "sandbox.json"
    with EmbeddedSandbox(clock=clock, state_file=file) as first:
        base_url = first.base_url
        running = submit(client, base_url)
        clock.now += 15
        failing = submit(client, base_url, promptText="fail please")
        cancelled = submit(client, base_url)
        assert client.post(f"{base_url}/requests/{cancelled}/cancel").status_code == 202
    clock.now += 3600
    with EmbeddedSandbox(clock=clock, state_file=file) as second:
        assert second.base_url == base_url
        ended = result(client, base_url, running).json()
        assert (ended["status"], ended["cost"]) == ("succeeded", 0.25)
        assert client.get(ended["output"]["video"]).status_code == 200
        assert ended["finished_at"] < "2027-01-15T08:01"
        assert result(client, base_url, failing).json()["status"] == "failed"
        assert result(client, base_url, cancelled).json()["status"] == "cancelled"
        balance = client.get(f"{second.serverless_base_url}/balance").json()["balance_usd"]
        assert balance == pytest.approx(64.11 - 0.25)
        latest = submit(client, base_url)
        listing = client.get(base_url.removesuffix("/v1") + "/sandbox/requests").json()
        assert listing["created"] == 4
    clock.now += 3600
    with EmbeddedSandbox(clock=clock, state_file=file) as third:
        assert result(client, third.base_url, latest).json()["status"] == "succeeded"
        balance = client.get(f"{third.serverless_base_url}/balance").json()["balance_usd"]
        assert balance == pytest.approx(64.11 - 0.50), "a refund is made once"


def test_polling_writes_nothing(tmp_path: Path, client: httpx.Client) -> None:
    clock = Clock()
    file = tmp_path / "sandbox.json"
    with EmbeddedSandbox(clock=clock, state_file=file) as sandbox:
        request_id = submit(client, sandbox.base_url)
        before = file.stat()
        for _ in range(60):
            clock.now += 1
            client.get(f"{sandbox.base_url}/requests/{request_id}/status")
        assert result(client, sandbox.base_url, request_id).json()["status"] == "succeeded"
        after = file.stat()
        assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert {path.name for path in tmp_path.iterdir()} <= {"sandbox.json", "sandbox.json.lock"}


def test_another_port_is_taken_when_someone_sits_on_the_remembered_one(
    tmp_path: Path, client: httpx.Client
) -> None:
    file = tmp_path / "sandbox.json"
    with EmbeddedSandbox(state_file=file) as first:
        request_id = submit(client, first.base_url)
        taken = first.base_url
    port = int(taken.rpartition(":")[2].partition("/")[0])
    with socket.socket() as squatter:
        squatter.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        squatter.bind(("127.0.0.1", port))
        squatter.listen()
        with EmbeddedSandbox(state_file=file) as second:
            assert second.base_url != taken
            assert result(client, second.base_url, request_id).status_code == 200


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b'{"version": 9}', b'{"version": 1, "port": 1, "book": {}}']
)
def test_an_unreadable_state_file_is_set_aside(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "sandbox.json"
    file.write_bytes(content)
    assert state.load(file) is None
    assert (tmp_path / "sandbox.json.broken").read_bytes() == content
    assert not file.exists()


def test_two_programs_with_one_state_file_share_a_server_and_one_takes_over(
    tmp_path: Path, client: httpx.Client
) -> None:
    file = tmp_path / "sandbox.json"
    first = EmbeddedSandbox(state_file=file)
    second = EmbeddedSandbox(state_file=file)
    base_url = first.start()
    try:
        assert second.start() == base_url
        request_id = submit(client, second.base_url)
        first.stop()
        answer = until(lambda: answered_by(client, base_url, request_id))
        assert answer.json()["request_id"] == request_id
        assert second.base_url == base_url
    finally:
        first.stop()
        second.stop()
    assert len(orjson.loads(file.read_bytes())["book"]["requests"]) == 1


def test_preloaded_requests_are_of_every_sort_and_cost_nothing(client: httpx.Client) -> None:
    with EmbeddedSandbox(clock=Clock(), preload_count=40, seed=1) as sandbox:
        told = client.get(sandbox.base_url.removesuffix("/v1") + "/sandbox/requests").json()
        balance = client.get(f"{sandbox.serverless_base_url}/balance").json()["balance_usd"]
    assert len(told["requests"]) == 40
    assert told["created"] == 0
    states = {one["status"] for one in told["requests"]}
    assert states == {"in_queue", "in_progress", "completed", "failed", "cancelled"}
    assert balance == 64.11


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_alone_it_prints_one_line_and_ends_without_a_word(
    number: signal.Signals, client: httpx.Client
) -> None:
    with _alone("run(speed=100, faults=['hang@status'], preload=3)") as process:
        assert process.stdout is not None
        base_url = process.stdout.readline().removeprefix("listening on ").rstrip("\n")
        assert base_url.startswith("http://127.0.0.1:")
        assert base_url.endswith("/v1")
        request_id = submit(client, base_url)
        with pytest.raises(httpx.ReadTimeout):
            client.get(f"{base_url}/requests/{request_id}/status", timeout=IMPATIENT)
        process.send_signal(number)
        rest, errors = process.communicate(timeout=20)
        assert (rest, errors, process.returncode) == ("", "", 0)


def test_killed_at_any_moment_it_comes_back_with_every_job_it_has_answered(
    tmp_path: Path, client: httpx.Client
) -> None:
    file = tmp_path / "sandbox.json"
    answered: list[str] = []
    for _ in range(3):
        with _alone(f"from pathlib import Path; run(state_file=Path({str(file)!r}))") as process:
            assert process.stdout is not None
            base_url = process.stdout.readline().split()[-1]
            answered.append(submit(client, base_url, promptText="quick please"))
            killer = threading.Timer(0.05, process.kill)
            killer.start()
            # No more than the money lasts for: without it there are no more answers.
            with suppress(httpx.TransportError, KeyError):
                for _ in range(70):
                    answered.append(submit(client, base_url, promptText="quick please"))
            killer.join()
    with EmbeddedSandbox(state_file=file) as again:
        for request_id in answered:
            assert result(client, again.base_url, request_id).status_code == 200


def answered_by(client: httpx.Client, base_url: str, request_id: str) -> httpx.Response | None:
    """What the server at this address says of a request; nothing while nobody is there."""
    try:
        return result(client, base_url, request_id)
    except httpx.TransportError:
        return None


def _alone(call: str) -> subprocess.Popen[str]:
    code = f"from runcomfy_tui.sandbox.runner import run\n{call}"
    return subprocess.Popen(
        [sys.executable, "-c", code],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONUNBUFFERED": ""},
    )
