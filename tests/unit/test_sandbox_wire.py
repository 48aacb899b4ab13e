"""The sandbox's calls over real HTTP, with a clock that stands still until it is moved."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlsplit
from uuid import UUID

import httpx
import pytest

from runcomfy_tui.builtin_models import BUILTIN_MODELS
from runcomfy_tui.sandbox.catalog import sandbox_catalog
from runcomfy_tui.sandbox.embedded import EmbeddedSandbox
from runcomfy_tui.sandbox.models import SandboxModel, sample_inputs

GEN_4, ALEPH = (entry.model_id for entry in BUILTIN_MODELS)
PAINTER = "sandbox/painter-1.0/text-to-image"
COMPOSER = "sandbox/composer/text-to-audio"
CUTTER = "Sandbox-Labs/Cutter V2.5/reference to video"
IMAGE = "https://example.com/a.png"


class Clock:
    """Epoch seconds that move when told."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sandbox(clock: Clock) -> Iterator[EmbeddedSandbox]:
    with EmbeddedSandbox(clock=clock, seed=7) as running:
        yield running


@pytest.fixture
def client(sandbox: EmbeddedSandbox) -> Iterator[httpx.Client]:
    headers = {"Authorization": "Bearer anything"}
    with httpx.Client(base_url=sandbox.base_url, headers=headers, trust_env=False) as made:
        yield made


def submit(client: httpx.Client, model_id: str = GEN_4, **inputs: Any) -> str:
    """Submit, with the seeds' own example unless told otherwise; the request_id."""
    answer = client.post(f"/models/{model_id}", json=inputs or {"promptImage": IMAGE})
    assert answer.status_code == 200, answer.text
    return str(answer.json()["request_id"])


def status(client: httpx.Client, request_id: str) -> dict[str, Any]:
    answer = client.get(f"/requests/{request_id}/status")
    assert answer.status_code == 200
    return dict(answer.json())


def result(client: httpx.Client, request_id: str) -> dict[str, Any]:
    answer = client.get(f"/requests/{request_id}/result?include_cost=true")
    assert answer.status_code == 200
    return dict(answer.json())


def balance(client: httpx.Client, sandbox: EmbeddedSandbox) -> float:
    return float(client.get(f"{sandbox.serverless_base_url}/balance").json()["balance_usd"])


@pytest.mark.parametrize(
    "headers",
    [{}, {"Authorization": "Bearer"}, {"Authorization": "Basic x"}]
    + [{"Authorization": f"Bearer {token}"} for token in ("wrong", "expired", "inactive")],
)
@pytest.mark.parametrize("path", ["/v1/models", "/v1/requests/x/status", "/prod/v2/balance"])
def test_every_call_wants_a_good_token(
    sandbox: EmbeddedSandbox, headers: dict[str, str], path: str
) -> None:
    origin = sandbox.base_url.removesuffix("/v1")
    answer = httpx.get(origin + path, headers=headers, trust_env=False)
    assert answer.status_code == 401
    assert answer.json()["error_code"] == 400004
    assert answer.json()["error_message"]


def test_a_job_queues_runs_and_succeeds(client: httpx.Client, clock: Clock) -> None:
    made = client.post(f"/models/{GEN_4}", json={"promptImage": IMAGE}).json()
    request_id = made["request_id"]
    assert str(UUID(request_id)) == request_id
    here = f"{client.base_url}requests/{request_id}"
    assert made == {
        "request_id": request_id,
        "status_url": f"{here}/status",
        "result_url": f"{here}/result",
        "cancel_url": f"{here}/cancel",
    }
    positions: list[int] = []
    words: list[str] = []
    for second in range(41):
        told = status(client, request_id)
        words.append(told["status"])
        assert told["result_url"] == made["result_url"]
        assert ("queue_position" in told) == (told["status"] == "in_queue")
        positions += [told["queue_position"]] if "queue_position" in told else []
        if told["status"] != "completed":
            before_the_end = result(client, request_id)
            assert before_the_end["status"] == told["status"]
            assert "output" not in before_the_end
            assert "cost" not in before_the_end
        clock.now += 1
        assert second < 9 or len(positions) > 8, "there is time to cancel"
    assert (positions[0], positions[-1]) == (3, 1)
    assert positions == sorted(positions, reverse=True)
    assert list(dict.fromkeys(words)) == ["in_queue", "in_progress", "completed"]
    assert 20 <= words.index("completed") <= 40

    ended = result(client, request_id)
    assert ended["status"] == "succeeded"
    assert ended["model_id"] == GEN_4
    assert ended["cost"] == 0.25
    assert set(ended["output"]) == {"video"}
    iso = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
    assert iso.fullmatch(ended["created_at"])
    took = datetime.fromisoformat(ended["finished_at"]) - datetime.fromisoformat(
        ended["created_at"]
    )
    assert 20 <= took.total_seconds() <= 40
    without_cost = client.get(f"/requests/{request_id}/result").json()
    assert "cost" not in without_cost


@pytest.mark.parametrize("model", list(sandbox_catalog()), ids=lambda model: model.model_id)
def test_every_model_can_be_run_and_its_files_downloaded_without_a_token(
    clock: Clock, model: SandboxModel
) -> None:
    with (
        EmbeddedSandbox(clock=clock, balance_usd=5000) as sandbox,
        httpx.Client(headers={"Authorization": "Bearer t"}, trust_env=False) as client,
    ):
        client.base_url = httpx.URL(sandbox.base_url)
        entry = client.get(f"/models/{quote(model.model_id)}").json()
        assert entry["model_id"] == model.model_id
        inputs = sample_inputs(entry["input_schema"])
        request_id = submit(client, model.model_id, **inputs)
        clock.now += 60
        ended = result(client, request_id)
        urls = re.findall(r"http://[^\"' ,\]]+", str(ended["output"]))
        assert len(urls) == model.files(inputs)
        for url in urls:
            assert re.search(r"/files/\w+_output\.(png|mp4|wav)$", url)
            file = httpx.get(url, trust_env=False)
            assert file.status_code == 200
            assert int(file.headers["content-length"]) == len(file.content) > 1000
            assert file.headers["content-type"] == model.output.media_type.content_type
        assert ("input" in ended) == model.echoes_inputs


def test_only_queued_jobs_can_be_cancelled_and_are_refunded(
    client: httpx.Client, sandbox: EmbeddedSandbox, clock: Clock
) -> None:
    first = submit(client)
    clock.now += 15
    second = submit(client)
    assert balance(client, sandbox) == pytest.approx(64.11 - 0.50)
    for request_id, word, outcome in (
        (first, "in_progress", "not_cancellable"),
        (second, "cancelled", "cancelled"),
        (second, "cancelled", "not_cancellable"),
    ):
        answer = client.post(f"/requests/{request_id}/cancel")
        assert answer.status_code == 202
        assert answer.json() == {"request_id": request_id, "status": word, "outcome": outcome}
    assert balance(client, sandbox) == pytest.approx(64.11 - 0.25)
    ended = result(client, second)
    assert ended["status"] == status(client, second)["status"] == "cancelled"
    assert ended["cost"] == 0
    assert "output" not in ended
    clock.now += 60
    assert result(client, first)["status"] == "succeeded"


def test_those_who_queue_behind_see_later_positions(client: httpx.Client, clock: Clock) -> None:
    ids = [submit(client) for _ in range(8)]
    assert [status(client, one)["queue_position"] for one in ids] == list(range(3, 11))
    client.post(f"/requests/{ids[3]}/cancel")
    places = [status(client, one).get("queue_position") for one in ids]
    assert places == [3, 4, 5, None, 6, 7, 8, 9]


def test_bad_inputs_are_told_field_by_field(client: httpx.Client) -> None:
    answer = client.post(f"/models/{ALEPH}", json={"prompt": "x" * 1001, "ratio": "1:1"})
    assert answer.status_code == 422
    body = answer.json()
    assert isinstance(body["error_code"], int)
    assert {tuple(one["loc"]): one["type"] for one in body["detail"]} == {
        ("body", "prompt"): "string_too_long",
        ("body", "ratio"): "enum",
        ("body", "video_url"): "missing",
    }
    assert all(set(one) == {"loc", "msg", "type"} for one in body["detail"])


@pytest.mark.parametrize(
    ("body", "http_status"),
    [(b"", 400), (b'{"promptImage": ', 400), (b'{"seed": NaN}', 400), (b"[1]", 422)],
)
def test_a_body_that_is_no_json_object_is_refused(
    client: httpx.Client, body: bytes, http_status: int
) -> None:
    answer = client.post(f"/models/{GEN_4}", content=body)
    assert answer.status_code == http_status
    assert answer.json()["error_message"]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/models/nobody/nothing"),
        ("GET", "/models/nobody/nothing"),
        ("GET", "/requests/00000000-0000-4000-8000-000000000000/status"),
        ("GET", "/requests/no-uuid-at-all/result"),
        ("POST", "/requests/00000000-0000-4000-8000-000000000000/cancel"),
    ],
)
def test_what_does_not_exist_is_not_found(client: httpx.Client, method: str, path: str) -> None:
    answer = client.request(method, path, json={} if method == "POST" else None)
    assert answer.status_code == 404
    assert answer.json()["error_code"] == 404001


def test_a_request_expires_a_week_after_its_end(client: httpx.Client, clock: Clock) -> None:
    request_id = submit(client)
    clock.now += 60
    url = result(client, request_id)["output"]["video"]
    clock.now += 7 * 24 * 3600
    for answer in (
        client.get(f"/requests/{request_id}/status"),
        client.get(f"/requests/{request_id}/result"),
        client.post(f"/requests/{request_id}/cancel"),
    ):
        assert (answer.status_code, answer.json()["error_code"]) == (404, 404001)
    submit(client)
    assert client.get(url).status_code == 404


def test_what_the_account_cannot_pay_is_refused(
    client: httpx.Client, sandbox: EmbeddedSandbox
) -> None:
    answer = client.post("/models/sandbox/cathedral/text-to-image", json={"prompt": "a"})
    assert (answer.status_code, answer.json()["error_code"]) == (402, 400002)
    told = client.get(f"{sandbox.serverless_base_url}/balance").json()
    assert told == {
        "balance_usd": 64.11,
        "balance_microdollars": 64_110_000,
        "currency": "USD",
    }


def test_words_in_the_prompt_decide_what_becomes_of_a_job(
    client: httpx.Client, sandbox: EmbeddedSandbox, clock: Clock
) -> None:
    plain = submit(client, promptImage=IMAGE, promptText="Fail please")
    loud = submit(client, promptImage=IMAGE, promptText="fail loudly")
    slow = submit(client, promptImage=IMAGE, promptText="slow please")
    refused = client.post(f"/models/{COMPOSER}", json={"tags": "a", "lyrics": "refuse please"})
    assert refused.status_code == 422
    assert [one["loc"] for one in refused.json()["detail"]] == [["body", "lyrics"]]
    clock.now += 60
    for request_id, kind in ((plain, str), (loud, dict)):
        assert status(client, request_id)["status"] == "completed"
        ended = result(client, request_id)
        assert ended["status"] == "failed"
        assert isinstance(ended["error"], kind)
        assert ended["cost"] == 0
        assert "output" not in ended
    assert status(client, slow)["status"] == "in_progress"
    assert balance(client, sandbox) == pytest.approx(64.11 - 0.25)


def test_some_costs_are_known_only_a_little_later(client: httpx.Client, clock: Clock) -> None:
    request_id = submit(client, COMPOSER, tags="piano")
    while status(client, request_id)["status"] != "completed":
        clock.now += 1
    assert "cost" not in result(client, request_id)
    clock.now += 7
    assert result(client, request_id)["cost"] == pytest.approx(0.06)


def test_the_catalog_is_paged_searched_and_filtered(client: httpx.Client) -> None:
    everything = client.get("/models").json()
    assert everything["total"] == len(everything["models"]) >= 9
    assert (everything["limit"], everything["offset"]) == (50, 0)
    ids = [one["model_id"] for one in everything["models"]]
    pages = [client.get(f"/models?limit=2&offset={at}").json() for at in range(0, len(ids), 2)]
    assert [one["model_id"] for page in pages for one in page["models"]] == ids
    assert {page["total"] for page in pages} == {len(ids)}
    assert client.get("/models?offset=999").json()["models"] == []
    for bad in ("limit=0", "limit=501", "limit=x", "offset=-1"):
        assert client.get(f"/models?{bad}").status_code == 422
    found = client.get("/models", params={"search": "Turbo", "include_schema": "true"}).json()
    (entry,) = found["models"]
    assert (entry["model_id"], entry["base_price_usd"], entry["price_unit"]) == (
        GEN_4,
        0.05,
        "second",
    )
    assert entry["required_inputs"] == ["promptImage"]
    assert entry["inputs"] == list(entry["input_schema"]["properties"])
    assert all("input_schema" not in one for one in everything["models"])
    assert [one["kind"] for one in client.get("/models?kind=workflow").json()["models"]] == [
        "workflow"
    ]
    categories = client.get("/models/categories").json()["categories"]
    for category in categories:
        assert client.get("/models", params={"category": category}).json()["total"] > 0


def test_ids_may_come_escaped_or_as_they_are(client: httpx.Client) -> None:
    for path in (quote(CUTTER), quote(CUTTER, safe="")):
        assert client.get(f"/models/{path}").json()["model_id"] == CUTTER


def test_urls_lead_back_the_way_the_client_came(client: httpx.Client) -> None:
    answer = client.post(
        f"/models/{GEN_4}", json={"promptImage": IMAGE}, headers={"Host": "tunnel.example:8443"}
    )
    assert urlsplit(answer.json()["status_url"]).netloc == "tunnel.example:8443"


def test_files_can_be_had_in_parts(client: httpx.Client, clock: Clock) -> None:
    request_id = submit(client)
    early = client.get(f"/requests/{request_id}/result").json()
    assert "output" not in early
    clock.now += 60
    url = result(client, request_id)["output"]["video"]
    whole = httpx.get(url, trust_env=False)
    tag, size = whole.headers["etag"], len(whole.content)

    def got(**headers: str) -> httpx.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return httpx.get(url, headers=named, trust_env=False)

    rest = got(range="bytes=1000-", if_range=tag)
    assert (rest.status_code, rest.content) == (206, whole.content[1000:])
    assert rest.headers["content-range"] == f"bytes 1000-{size - 1}/{size}"
    assert got(range="bytes=0-99").content == whole.content[:100]
    assert got(range="bytes=-10").content == whole.content[-10:]
    assert got(range="bytes=0-9", if_range='"another"').content == whole.content
    beyond = got(range=f"bytes={size}-")
    assert (beyond.status_code, beyond.headers["content-range"]) == (416, f"bytes */{size}")
    assert got(if_none_match=tag).status_code == 304
    head = httpx.head(url, trust_env=False)
    assert (head.content, int(head.headers["content-length"])) == (b"", size)
    assert httpx.get(url.replace("_output", "x_output"), trust_env=False).status_code == 404


def test_an_unfinished_job_has_no_files_yet(
    client: httpx.Client, sandbox: EmbeddedSandbox, clock: Clock
) -> None:
    request_id = submit(client)
    ahead = Clock()
    with EmbeddedSandbox(clock=ahead, seed=7) as twin:
        client.base_url = httpx.URL(twin.base_url)
        assert submit(client) == request_id, "the same seed gives the same ids"
        ahead.now += 60
        url = httpx.URL(result(client, request_id)["output"]["video"])
        assert client.get(url).status_code == 200
    client.base_url = httpx.URL(sandbox.base_url)
    url = url.copy_with(port=client.base_url.port)
    assert client.get(url).status_code == 404
    clock.now += 60
    assert client.get(url).status_code == 200


def test_the_list_of_all_requests_tells_what_was_accepted(
    client: httpx.Client, sandbox: EmbeddedSandbox
) -> None:
    request_id = submit(client)
    large = "data:image/png;base64," + "A" * 1_000_000
    submit(client, GEN_4, promptImage=large)
    client.post(f"/models/{GEN_4}", json={})
    listing = sandbox.base_url.removesuffix("/v1") + "/sandbox/requests"
    told = httpx.get(listing, trust_env=False).json()
    assert told["created"] == 2
    assert told["requests"][0] == {
        "request_id": request_id,
        "model_id": GEN_4,
        "status": "in_queue",
        "inputs": {"promptImage": IMAGE},
    }
    assert len(told["requests"][1]["inputs"]["promptImage"]) < 200
