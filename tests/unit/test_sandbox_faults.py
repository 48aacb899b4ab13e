"""Each of the sandbox's faults, as a client meets it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from runcomfy_tui.builtin_models import BUILTIN_MODELS
from runcomfy_tui.sandbox import misbehave
from runcomfy_tui.sandbox.embedded import EmbeddedSandbox
from runcomfy_tui.sandbox.faults import FAULT_NAMES, JOB_FAULTS, Call, Faults, parse_fault
from runcomfy_tui.sandbox.misbehave import AFTER, BEFORE
from tests.waiting import until

MODEL = BUILTIN_MODELS[0].model_id
INPUTS = {"promptImage": "https://example.com/a.png"}
IMPATIENT = httpx.Timeout(30, read=0.2)


class Bench:
    """A sandbox with a clock that stands still, a client of it, and its faults."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0
        self.sandbox = EmbeddedSandbox(clock=lambda: self.now, seed=5)
        self.origin = self.sandbox.start().removesuffix("/v1")
        self.client = httpx.Client(
            base_url=self.sandbox.base_url,
            headers={"Authorization": "Bearer secret"},
            trust_env=False,
        )

    def close(self) -> None:
        self.client.close()
        self.sandbox.stop()

    def switch_on(self, *specs: str) -> None:
        answer = self.client.post(f"{self.origin}/sandbox/faults", json={"faults": specs})
        assert answer.json() == {"faults": list(specs)}

    def submit(self) -> httpx.Response:
        return self.client.post(f"/models/{MODEL}", json=INPUTS)

    def submitted(self) -> str:
        return str(self.submit().json()["request_id"])

    def get(self, request_id: str, call: str) -> httpx.Response:
        return self.client.get(f"/requests/{request_id}/{call}?include_cost=true")

    def cancel(self, request_id: str) -> httpx.Response:
        return self.client.post(f"/requests/{request_id}/cancel")

    def told(self) -> dict[str, Any]:
        return dict(self.client.get(f"{self.origin}/sandbox/requests").json())

    @property
    def created(self) -> int:
        return int(self.told()["created"])


def read_until_cut(client: httpx.Client, url: str) -> bytes:
    """What arrives of a body before the connection drops."""
    received = bytearray()
    with client.stream("GET", url) as answer:
        try:
            for chunk in answer.iter_raw():
                received += chunk
        except httpx.RemoteProtocolError:
            return bytes(received)
    raise AssertionError("the connection did not drop")


@pytest.fixture
def bench() -> Iterator[Bench]:
    made = Bench()
    yield made
    made.close()


def test_every_fault_that_is_named_does_something() -> None:
    done = {*BEFORE, *AFTER, *JOB_FAULTS, "not-cancellable"}
    assert set(FAULT_NAMES) == done
    assert all(FAULT_NAMES.values())


@pytest.mark.parametrize(
    ("name", "created"), [("lost-submit", 1), ("lost-submit-before", 0), ("drop", 0)]
)
def test_a_submit_whose_answer_is_lost(bench: Bench, name: str, created: int) -> None:
    bench.switch_on(name)
    with pytest.raises(httpx.RemoteProtocolError, match="without sending a response"):
        bench.submit()
    bench.switch_on()
    assert bench.created == created


def test_an_answer_that_breaks_off_in_the_middle(bench: Bench) -> None:
    bench.switch_on("cut@submit:1")
    with pytest.raises(httpx.RemoteProtocolError, match="complete message body"):
        bench.submit()
    assert bench.created == 1


@pytest.mark.parametrize(
    ("name", "http_status", "code", "created"),
    [
        ("error-after-submit", 500, 500001, 1),
        ("no-balance", 402, 400002, 0),
        ("refused-text", 422, 422001, 0),
        ("rate-limit", 429, 429001, 0),
        ("rate-limit-bare", 429, 429001, 0),
        ("server-error", 500, 500001, 0),
        ("error-code-200", 200, 500001, 0),
        ("token-400", 400, 400004, 0),
    ],
)
def test_a_submit_that_is_answered_with_an_error(
    bench: Bench, name: str, http_status: int, code: int, created: int
) -> None:
    bench.switch_on(name)
    answer = bench.submit()
    assert (answer.status_code, answer.json()["error_code"]) == (http_status, code)
    assert answer.json()["error_message"]
    assert answer.headers.get("retry-after") == ("2" if name == "rate-limit" else None)
    assert isinstance(answer.json().get("detail", ""), str)
    assert bench.created == created


@pytest.mark.parametrize(
    ("name", "http_status", "content_type", "created"),
    [
        ("html-502", 502, "text/html; charset=utf-8", 0),
        ("html-200", 200, "text/html; charset=utf-8", 1),
        ("unavailable", 503, None, 0),
        ("empty", 200, "application/json", 1),
        ("truncated", 200, "application/json", 1),
    ],
)
def test_a_submit_whose_answer_cannot_be_read(
    bench: Bench, name: str, http_status: int, content_type: str | None, created: int
) -> None:
    bench.switch_on(name)
    answer = bench.submit()
    assert (answer.status_code, answer.headers.get("content-type")) == (http_status, content_type)
    with pytest.raises(ValueError, match=r"Expecting|Unterminated"):
        answer.json()
    assert bench.created == created


@pytest.mark.parametrize(
    ("name", "http_status", "code"),
    [("expired", 404, 404001), ("bad-id", 400, 400001), ("not-yours", 403, 403001)],
)
def test_a_request_that_is_not_to_be_had(
    bench: Bench, name: str, http_status: int, code: int
) -> None:
    request_id = bench.submitted()
    bench.switch_on(name)
    for answer in (
        bench.get(request_id, "status"),
        bench.get(request_id, "result"),
        bench.cancel(request_id),
    ):
        assert (answer.status_code, answer.json()["error_code"]) == (http_status, code)
    bench.switch_on()
    assert bench.get(request_id, "status").json()["status"] == "in_queue"


def test_a_redirect_leads_to_another_origin_that_notes_who_brings_the_token(bench: Bench) -> None:
    bench.switch_on("redirect")
    answer = bench.submit()
    location = httpx.URL(answer.headers["location"])
    assert answer.status_code == 302
    assert (location.host, location.port) == ("localhost", bench.client.base_url.port)
    httpx.get(location, trust_env=False)
    assert bench.told()["leaked_tokens"] == 0
    httpx.get(location, headers={"Authorization": "Bearer secret"}, trust_env=False)
    told = bench.told()
    assert (told["leaked_tokens"], told["created"]) == (1, 0)


def test_a_call_that_is_never_answered(bench: Bench) -> None:
    bench.switch_on("hang@status")
    request_id = bench.submitted()
    with pytest.raises(httpx.ReadTimeout):
        bench.client.get(f"/requests/{request_id}/status", timeout=IMPATIENT)
    assert bench.get(request_id, "result").status_code == 200


def test_a_slow_call_is_answered_in_the_end(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.switch_on("slow@submit")
    monkeypatch.setattr(misbehave, "SLOW_SECONDS", 600)
    with pytest.raises(httpx.ReadTimeout):
        bench.client.post(f"/models/{MODEL}", json=INPUTS, timeout=IMPATIENT)
    until(lambda: bench.created == 1)
    monkeypatch.setattr(misbehave, "SLOW_SECONDS", 0.5)
    began = time.monotonic()
    assert bench.submit().status_code == 200
    assert time.monotonic() - began >= 0.5


def test_a_huge_answer_goes_on_and_on_but_is_json(bench: Bench) -> None:
    request_id = bench.submitted()
    bench.switch_on("huge")
    with bench.client.stream("GET", f"/requests/{request_id}/status") as answer:
        assert "content-length" not in answer.headers
        read = 0
        for chunk in answer.iter_raw():
            read += len(chunk)
            assert not chunk.strip()
            if read > 100_000_000:
                break
    assert read > 100_000_000


def test_words_for_the_status_that_nobody_documents(bench: Bench) -> None:
    running, queued = bench.submitted(), bench.submitted()
    bench.switch_on("other-words")
    assert bench.get(running, "status").json()["status"] == "pending"
    assert bench.cancel(queued).json()["status"] == "canceled"
    bench.now += 15
    assert bench.get(running, "result").json()["status"] == "processing"
    bench.switch_on("unknown-status")
    assert bench.get(running, "status").json()["status"] == "reticulating"
    assert bench.get(queued, "status").json()["status"] == "cancelled"
    bench.now += 60
    assert bench.get(running, "status").json()["status"] == "completed"


def test_a_cancel_that_does_nothing_and_one_that_says_something_else(bench: Bench) -> None:
    first, second = bench.submitted(), bench.submitted()
    bench.switch_on("not-cancellable")
    answer = bench.cancel(first)
    assert (answer.status_code, answer.json()["outcome"]) == (202, "not_cancellable")
    assert bench.get(first, "status").json()["status"] == "in_queue"
    bench.switch_on("cancel-says-completed")
    told = bench.cancel(second).json()
    assert (told["status"], told["outcome"]) == ("completed", "cancelled")
    assert bench.get(second, "status").json()["status"] == "cancelled"


@pytest.mark.parametrize(
    ("name", "on_status"), [("failed", "failed"), ("completed-but-failed", "completed")]
)
def test_jobs_that_fail(bench: Bench, name: str, on_status: str) -> None:
    bench.switch_on(f"{name}:1")
    failing, fine = bench.submitted(), bench.submitted()
    bench.now += 60
    assert bench.get(failing, "status").json()["status"] == on_status
    ended = bench.get(failing, "result").json()
    assert (ended["status"], ended["cost"]) == ("failed", 0)
    assert ended["error"]
    assert bench.get(fine, "result").json()["status"] == "succeeded"


def test_a_cost_that_comes_late(bench: Bench) -> None:
    bench.switch_on("late-cost")
    request_id = bench.submitted()
    while bench.get(request_id, "result").json()["status"] != "succeeded":
        bench.now += 1
    assert "cost" not in bench.get(request_id, "result").json()
    bench.now += 6
    assert bench.get(request_id, "result").json()["cost"] == 0.25


def test_a_file_is_struck_only_by_a_fault_that_names_files(bench: Bench) -> None:
    request_id = bench.submitted()
    bench.now += 60
    url = bench.get(request_id, "result").json()["output"]["video"]
    whole = bench.client.get(url).content
    bench.switch_on("server-error")
    assert bench.client.get(url).status_code == 200
    bench.switch_on("cut@files:1")
    received = read_until_cut(bench.client, url)
    assert whole.startswith(received)
    assert 0 < len(received) < len(whole)
    rest = bench.client.get(url, headers={"Range": f"bytes={len(received)}-"})
    assert (rest.status_code, received + rest.content) == (206, whole)


def test_faults_without_a_token_stay_unspent(bench: Bench) -> None:
    bench.switch_on("server-error:1")
    anonymous = httpx.get(f"{bench.sandbox.base_url}/models", trust_env=False)
    assert anonymous.status_code == 401
    assert bench.client.get("/models").status_code == 500
    assert bench.client.get("/models").status_code == 200


def test_counts_run_out_in_the_order_in_which_they_were_given() -> None:
    faults = Faults(["rate-limit:2", "server-error@status:1"])
    drawn = [faults.draw(Call.STATUS) for _ in range(4)]
    assert drawn == ["rate-limit", "rate-limit", "server-error", None]


def test_a_probability_strikes_about_that_often_and_alike_with_the_same_seed() -> None:
    def struck() -> list[bool]:
        faults = Faults(["drop:0.25"], seed=1)
        return [faults.draw(Call.BALANCE) is not None for _ in range(1000)]

    assert 200 < sum(struck()) < 300
    assert struck() == struck()


def test_a_fault_strikes_the_calls_it_can_strike() -> None:
    assert Faults(["lost-submit"]).draw(Call.STATUS) is None
    assert Faults(["drop"]).draw(Call.FILES) is None
    assert Faults(["drop@files"]).draw(Call.FILES) == "drop"
    assert Faults(["drop@files"]).draw(Call.STATUS) is None
    assert Faults(["failed"]).draw(Call.SUBMIT) is None
    assert Faults(["failed"]).draw_for_job() == {"failed"}


@pytest.mark.parametrize(
    "spec",
    ["", "nonsense", "drop:", "drop:x", "drop:-1", "drop:1.5", "drop:nan", "drop@moon",
     "lost-submit@status", "expired@files"],
)  # fmt: skip
def test_a_fault_that_makes_no_sense_is_refused_in_words(spec: str) -> None:
    with pytest.raises(ValueError, match="“"):
        parse_fault(spec)


def test_a_bad_fault_at_run_time_changes_nothing(bench: Bench) -> None:
    bench.switch_on("html-502")
    bodies: list[Any] = [{"faults": ["html-502", "nonsense"]}, {"faults": 3}, {}, []]
    for body in bodies:
        answer = bench.client.post(f"{bench.origin}/sandbox/faults", json=body)
        assert answer.status_code == 400
    assert bench.client.get(f"{bench.origin}/sandbox/faults").json() == {"faults": ["html-502"]}
