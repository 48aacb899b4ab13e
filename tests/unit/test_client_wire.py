"""Every call is bounded in time and size, keeps its token, and reuses its connections."""

from __future__ import annotations

import asyncio
import gzip
import re
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from runcomfy_tui.api.client import Client
from runcomfy_tui.api.errors import (
    ApiError,
    NotAuthorised,
    NotFound,
    RateLimited,
    Refused,
    Unreachable,
    UnreadableAnswer,
)
from runcomfy_tui.jobs import CancelOutcome, Status
from tests.unit.badserver import (
    BadServer,
    Handler,
    Request,
    always,
    as_json,
    drip,
    http,
    overdue,
    silence,
)
from tests.unit.wire import CALLS, QUEUED, TOKEN, every_call, raised


@every_call
@pytest.mark.parametrize(
    "handler",
    [
        silence,
        drip(b"HTTP/1.1 200 OK\r\nX-Slow: "),
        drip(b"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n{"),
        drip(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n"),
        drip(b"HTTP/1.1 100 Continue\r\n\r\n"),
    ],
    ids=["silence", "headers drip", "body drips", "chunks drip", "interim answer"],
)
async def test_no_call_outlasts_its_deadline(
    call: Callable[[Client], Awaitable[Any]], handler: Handler
) -> None:
    error = await raised(overdue(handler, 5.1), call, deadline=5)
    assert isinstance(error, Unreachable | UnreadableAnswer)


async def test_waiting_for_a_free_connection_counts_against_the_deadline() -> None:
    async with BadServer(overdue(silence, 6)) as server:
        client = Client(server.url, server.url, TOKEN, connections=2, deadline=5)
        ends = await asyncio.gather(
            *(client.status(str(n)) for n in range(20)), return_exceptions=True
        )
        assert {type(end) for end in ends} == {Unreachable}
        assert len(server.requests) <= 2, "the others' time ran, too"
        server.handler = always(as_json(QUEUED))
        assert (await client.status("r")).status is Status.IN_QUEUE
        await client.aclose()


def _chunked(piece: bytes) -> Handler:
    async def handle(_request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while not writer.is_closing():
            writer.write(b"%x\r\n%s\r\n" % (len(piece), piece))
            await writer.drain()

    return handle


@pytest.mark.parametrize(
    "handler",
    [
        always(http(200, b'{"a": "' + b"x" * 3_000_000 + b'"}')),
        _chunked(b"x" * 60_000),
        always(http(200, gzip.compress(b"0" * 300_000_000), Content_Encoding="gzip")),
    ],
    ids=["long", "endless", "gzip bomb"],
)
async def test_an_answer_beyond_the_cap_is_cut_off(handler: Handler) -> None:
    error = await raised(handler, CALLS["status"], max_answer=1_000_000)
    assert isinstance(error, UnreadableAnswer)
    assert "larger than" in str(error)


async def test_gzip_is_read_and_anything_else_refused() -> None:
    packed = gzip.compress(b'{"status": "in_progress"}')
    async with BadServer(always(http(200, packed, Content_Encoding="gzip"))) as server:
        client = Client(server.url, server.url, TOKEN)
        assert (await client.status("r")).status is Status.IN_PROGRESS
        assert server.requests[0].headers["accept-encoding"] == "gzip"
        for body, encoding in ((packed[:-9], "gzip"), (b"{}", "gzip"), (b"{}", "br")):
            server.handler = always(http(200, body, Content_Encoding=encoding))
            with pytest.raises(UnreadableAnswer, match="could not be decoded"):
                await client.status("r")
        await client.aclose()


@every_call
@pytest.mark.parametrize(
    ("answer", "kind", "says"),
    [
        (http(200, "<html><h1>Sign in</h1>", "text/html"), UnreadableAnswer, "a web page"),
        (http(404, "<html>gone</html>", "text/html"), UnreadableAnswer, "HTTP 404"),
        (http(404), UnreadableAnswer, "empty"),
        (http(200), UnreadableAnswer, "empty"),
        (http(200, '{"status": "in_q'), UnreadableAnswer, "breaks off"),
        (http(200, "OK", "text/plain"), UnreadableAnswer, "no JSON"),
        (as_json("OK"), UnreadableAnswer, "JSON object"),
        (as_json({"message": "oops"}, 500), Unreachable, "oops"),
        (http(502, "<html>", "text/html"), Unreachable, "a web page"),
        (b"\x00rubbish\r\n\r\n", Unreachable, "no HTTP (illegal status line: “\\x00rubbish”)."),
        (as_json({"error_code": 404001, "error_message": "expired"}, 400), NotFound, "expired"),
        (as_json({"error_code": "400004"}, 400), NotAuthorised, "400004"),
        (as_json({"error_code": 400004, "status": "in_queue"}), NotAuthorised, "400004"),
        (as_json({"error_code": 400001, "error_message": "bad id"}), Refused, "bad id"),
    ],
)
async def test_what_is_no_good_answer_is_told_apart(
    call: Callable[[Client], Awaitable[Any]], answer: bytes, kind: type[ApiError], says: str
) -> None:
    error = await raised(always(answer), call)
    assert type(error) is kind
    assert says in str(error)
    assert not {"<", "bytearray"} & set(re.findall(r"<|\w+", str(error)))


@pytest.mark.parametrize("name", ["status", "result", "models", "categories", "balance"])
async def test_an_answer_that_says_nothing_is_unreadable(name: str) -> None:
    odd: dict[str, Any] = {"status": None, "models": {}, "categories": "x", "balance_usd": "?"}
    for value in ({}, odd):
        error = await raised(always(as_json(value)), CALLS[name])
        assert type(error) is UnreadableAnswer


@every_call
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_no_redirect_is_followed_and_the_token_goes_nowhere(
    call: Callable[[Client], Awaitable[Any]], status: int
) -> None:
    async with BadServer(always(as_json(QUEUED))) as thief:
        redirect = http(status, Location=f"{thief.url}/v1/requests/r/status")
        error = await raised(always(redirect), call)
        assert isinstance(error, UnreadableAnswer)
        assert "redirect" in str(error)
        assert not thief.connections


async def test_the_server_echoing_the_token_does_not_bring_it_on_the_screen() -> None:
    echo = {
        "error_code": TOKEN,
        "error_message": "x" * 490 + f" Bearer {TOKEN}",
        "detail": [{"loc": ["body", TOKEN], "msg": f"bad {TOKEN}"}],
    }
    for status in (200, 400, 401, 422, 429, 500):
        error = await raised(always(as_json(echo, status)), CALLS["status"])
        assert len(str(error)) < 800
    assert "rc-sec" not in str(error)
    broken = always(f"HTTP/1.1 Bearer {TOKEN}\r\n\r\n".encode(), then_close=True)
    assert "***" in str(await raised(broken, CALLS["cancel"]))


def test_the_client_does_not_show_its_token() -> None:
    client = Client("https://model-api.runcomfy.net/v1", "https://api.runcomfy.net", TOKEN)
    assert TOKEN not in repr(client)


@pytest.mark.parametrize(
    "request_id", ["", ".", "..", "a/b", "../x", "a\x00", "x\u202ey", "z" * 201]
)
async def test_what_is_no_request_id_is_refused_before_any_call(request_id: str) -> None:
    client = Client("http://127.0.0.1:1", "http://127.0.0.1:1", TOKEN)
    for call in (client.status, client.result, client.cancel):
        with pytest.raises(Refused, match="Not a request id"):
            await call(request_id)


async def test_each_call_asks_for_what_the_api_documents() -> None:
    answers = {
        "/v1/requests/r%201%3Fx/status": QUEUED,
        "/v1/requests/r/result?include_cost=true": QUEUED,
        "/v1/requests/r/cancel": {"outcome": "cancelled", "status": "completed"},
        "/v1/models/a/b%20c": {"model_id": "a/b c"},
        "/v1/models?include_schema=true&limit=500&offset=20": {
            "models": [{"model_id": "m"}],
            "total": 384,
            "offset": 20,
        },
        "/v1/models/categories": {"categories": ["video"]},
        "/prod/v2/balance": {"balance_usd": 64.11},
    }

    async def handle(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(as_json(answers[request.target], 202 if request.method == "POST" else 200))

    async with BadServer(handle) as server:
        client = Client(f"{server.url}/v1", f"{server.url}/prod/v2/", TOKEN)
        assert (await client.status("r 1?x")).queue_position == 2
        assert (await client.result("r")).status is Status.IN_QUEUE
        assert (await client.cancel("r")).outcome is CancelOutcome.CANCELLED
        assert (await client.model("a/b c")).model_id == "a/b c"
        page = await client.models(include_schema=True, limit=9999, offset=20)
        assert (page.total, page.offset, page.models[0].model_id) == (384, 20, "m")
        assert await client.categories() == ("video",)
        assert (await client.balance()).usd == 64.11
        await client.aclose()
        assert [request.target for request in server.requests] == list(answers)
        assert [request.method for request in server.requests].count("POST") == 1
        assert all(not request.body for request in server.requests)


async def test_retry_after_reaches_the_caller_and_may_be_absent() -> None:
    for headers, seconds in (({}, None), ({"Retry_After": "7"}, 7.0)):
        error = await raised(always(as_json({}, 429, **headers)), CALLS["status"])
        assert isinstance(error, RateLimited)
        assert error.retry_after == seconds


@pytest.mark.parametrize(
    ("http_status", "body", "told"),
    [
        (200, {"status": "failed", "error_code": 500001, "error_message": "boom"}, True),
        (400, {"status": "failed", "request_id": "r", "error": "boom"}, True),
        (422, {"status": "failed", "request_id": "r", "error": "boom"}, True),
        (400, {"status": "failed", "request_id": "other", "error": "boom"}, False),
        (400, {"status": "failed", "request_id": "r", "error_code": 400004}, False),
        (401, {"status": "failed", "request_id": "r", "error": "token"}, False),
        (404, {"status": "failed", "request_id": "r", "error": "gone"}, False),
        (400, {"status": "error", "request_id": "r", "error": "boom"}, False),
        (500, {"status": "failed", "request_id": "r", "error": "boom"}, False),
    ],
)
async def test_a_failed_job_is_told_from_a_failed_call(
    http_status: int, body: dict[str, Any], told: bool
) -> None:
    handler = always(as_json(body, http_status))
    if not told:
        await raised(handler, CALLS["status"])
        await raised(handler, CALLS["result"])
        return
    async with BadServer(handler) as server:
        client = Client(server.url, server.url, TOKEN)
        assert (await client.status("r")).status is Status.FAILED
        result = await client.result("r")
        await client.aclose()
        assert result.failure is not None
        assert result.failure.message == "boom"


@pytest.mark.parametrize("http_status", [200, 202, 400, 409])
async def test_not_cancellable_is_an_answer_and_no_error(http_status: int) -> None:
    body = {"outcome": "not_cancellable", "status": "in_progress", "error": "running"}
    async with BadServer(always(as_json(body, http_status))) as server:
        client = Client(server.url, server.url, TOKEN)
        assert (await client.cancel("r")).outcome is CancelOutcome.NOT_CANCELLABLE
        await client.aclose()
