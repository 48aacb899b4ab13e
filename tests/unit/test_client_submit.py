"""A submit is sent once, and its outcome is never told better or worse than it is known."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from runcomfy_tui.api.client import Client
from runcomfy_tui.api.errors import (
    ApiError,
    NoBalance,
    NotAuthorised,
    NotFound,
    OutcomeUnknown,
    RateLimited,
    Refused,
    Unreachable,
)
from runcomfy_tui.api.transport import Departure
from runcomfy_tui.jobs import FieldProblem
from tests.unit.badserver import (
    BadServer,
    Handler,
    Request,
    always,
    as_json,
    drip,
    hang_up,
    http,
    overdue,
    silence,
)

TOKEN = "rc-secret-0123456789"
MODEL = "runwayml/runway-gen-4/turbo/image-to-video"
PAGE = http(502, "<html>Bad gateway</html>", "text/html")
ACCEPTED = {"request_id": "req-1", "status_url": "https://x/s", "result_url": "https://x/r"}


async def submitted(handler: Handler, **settings: Any) -> tuple[str | ApiError, list[Request]]:
    """What one submit came to, and every request that the server saw."""
    async with BadServer(handler) as server:
        client = Client(f"{server.url}/v1", server.url, TOKEN, **settings)
        try:
            return await client.submit(MODEL, {"prompt": "A paper boat"}), server.requests
        except ApiError as error:
            return error, server.requests
        finally:
            await client.aclose()


async def test_a_submit_posts_the_inputs_as_json_and_returns_the_request_id() -> None:
    got, [request] = await submitted(always(as_json(ACCEPTED)))
    assert got == "req-1"
    assert (request.method, request.target) == ("POST", f"/v1/models/{MODEL}")
    assert json.loads(request.body) == {"prompt": "A paper boat"}
    assert request.headers["authorization"] == f"Bearer {TOKEN}"
    assert request.headers["content-type"] == "application/json"
    assert request.headers["accept"] == "application/json"
    assert request.headers["user-agent"].startswith("runcomfy-tui/")


async def test_a_request_id_that_is_a_number_is_kept_as_its_digits() -> None:
    got, _ = await submitted(always(as_json({"request_id": 9007199254740993})))
    assert got == "9007199254740993"


CUT = b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n" + b'{"request_id": "req-7", "status_u'

LOST: dict[str, Handler] = {
    "the connection closes after the request": hang_up,
    "no answer ever": silence,
    "the answer drips": drip(b'HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n{"a": 1,'),
    "the headers drip": drip(b"HTTP/1.1 200 OK\r\nX-A: "),
    "the body breaks off": always(CUT, then_close=True),
    "not HTTP": always(b"220 smtp.example ESMTP\r\n\r\n", then_close=True),
    "500": always(as_json({"error_message": "oops"}, 500)),
    "500 with a documented code": always(as_json({"error_code": 400002}, 500)),
    "502 page": always(PAGE),
    "503 empty": always(http(503)),
    "408": always(as_json({"message": "timeout"}, 408)),
    "409 page": always(http(409, "<html>", "text/html")),
    "200 page": always(http(200, "<!doctype html>", "text/html")),
    "200 empty": always(http(200)),
    "204": always(b"HTTP/1.1 204 No Content\r\n\r\n"),
    "200 cut JSON": always(http(200, '{"status": "in_que')),
    "200 list": always(as_json(["req-1"])),
    "200 null": always(as_json(None)),
    "200 no request_id": always(as_json({"status": "in_queue"})),
    "200 empty request_id": always(as_json({"request_id": "  "})),
    "200 request_id true": always(as_json({"request_id": True})),
    "200 request_id unusable": always(as_json({"request_id": "../models"})),
    "200 server-side code": always(as_json({"error_code": "500001"})),
    "200 bomb": always(http(200, b"[" * 100_000)),
    "301": always(http(301, Location="https://elsewhere.example/v1")),
    "303": always(http(303, Location="/v1/requests/req-9")),
    "307": always(http(307, Location="/v1/models/again")),
    "too large": always(http(200, b" " * 300_000)),
    "wrong encoding": always(http(200, b"????", Content_Encoding="br")),
}


@pytest.mark.parametrize("handler", LOST.values(), ids=LOST)
async def test_a_lost_answer_is_an_unknown_outcome_and_nothing_is_sent_again(
    handler: Handler,
) -> None:
    got, requests = await submitted(overdue(handler, 60), submit_deadline=50, max_answer=200_000)
    assert isinstance(got, OutcomeUnknown)
    assert TOKEN not in f"{got!r} {got.__dict__}"
    assert "may exist and may be charged" in str(got)
    assert "submit again" in str(got)
    assert [request.method for request in requests] == ["POST"]


@pytest.mark.parametrize(
    ("handler", "named"),
    [
        (always(CUT, then_close=True), "req-7"),
        (always(http(200, '{"request_id": 12345, "stat')), "12345"),
        (drip(b'HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n{"request_id":"req-8",'), "req-8"),
        (always(as_json({"request_id": "req-9", "error_code": "E77"})), "req-9"),
        (always(as_json({"request_id": "a/b"})), "a/b"),
    ],
)
async def test_a_request_id_in_the_remains_of_an_answer_is_not_lost(
    handler: Handler, named: str
) -> None:
    got, _ = await submitted(overdue(handler, 60), submit_deadline=50)
    assert isinstance(got, OutcomeUnknown)
    assert got.request_id == named
    assert named in str(got)


CLEAR: dict[str, tuple[Handler, type[ApiError]]] = {
    "400": (always(as_json({"error_message": "no"}, 400)), Refused),
    "400 page": (always(http(400, "<html>", "text/html")), Refused),
    "400 code of a bad id": (always(as_json({"error_code": 400001}, 400)), Refused),
    "400 code of no balance": (always(as_json({"error_code": "400002"}, 400)), NoBalance),
    "400 code of a bad token": (always(as_json({"error_code": 400004}, 400)), NotAuthorised),
    "401": (always(as_json({"detail": "no"}, 401)), NotAuthorised),
    "401 empty": (always(http(401)), NotAuthorised),
    "402": (always(as_json({"error": "no"}, 402)), NoBalance),
    "403": (always(as_json({"error_code": 403001}, 403)), NotAuthorised),
    "403 page": (always(http(403, "<html>", "text/html")), Refused),
    "404": (always(as_json({"error_code": 404001}, 404)), NotFound),
    "409": (always(as_json({"message": "again?"}, 409)), Refused),
    "413 page": (always(http(413, "<html>", "text/html")), Refused),
    "422": (always(as_json({"detail": "no"}, 422)), Refused),
    "429": (always(as_json({"message": "slow"}, 429)), RateLimited),
    "429 page": (always(http(429, "<html>", "text/html")), RateLimited),
    "200 code": (always(as_json({"error_code": 400004})), NotAuthorised),
    "200 code unknown": (always(as_json({"error_code": "E1"})), Refused),
    "200 code like 429": (always(as_json({"error_code": 429001})), RateLimited),
    "200 code and trace": (
        always(as_json({"error_code": 400002, "request_id": "t1"})),
        NoBalance,
    ),
}


@pytest.mark.parametrize(("handler", "kind"), CLEAR.values(), ids=CLEAR)
async def test_a_clear_no_is_told_as_one(handler: Handler, kind: type[ApiError]) -> None:
    got, requests = await submitted(handler)
    assert type(got) is kind
    assert TOKEN not in f"{got!r} {got.__dict__}"
    assert len(requests) == 1


async def test_a_422_names_the_inputs_at_fault() -> None:
    body = {
        "detail": [
            {"loc": ["body", "prompt"], "msg": "Field required"},
            {"loc": ["body", "inputs", "loras", 0, "scale"], "msg": "too [big]"},
        ]
    }
    got, _ = await submitted(always(as_json(body, 422)))
    assert isinstance(got, Refused)
    assert got.problems == (
        FieldProblem(("prompt",), "Field required"),
        FieldProblem(("loras", 0, "scale"), "too [big]"),
    )
    assert "prompt: Field required" in str(got)
    assert got.http_status == 422


async def test_an_id_beside_a_documented_code_is_kept_in_the_words() -> None:
    got, _ = await submitted(CLEAR["200 code and trace"][0])
    assert isinstance(got, NoBalance)
    assert got.request_id == "t1"
    assert "t1" in str(got)


async def test_a_server_that_closes_its_idle_connections_meets_no_post_on_them() -> None:
    """A poll's connection is never used for a submit: each POST comes on a fresh one."""

    async def handle(request: Request, writer: asyncio.StreamWriter) -> None:
        first = sum(seen.connection == request.connection for seen in server.requests) == 1
        if request.method == "POST" and not first:
            writer.close()
        else:
            writer.write(as_json(ACCEPTED | {"status": "in_queue"}))

    async with BadServer(handle) as server:
        client = Client(server.url, server.url, TOKEN)
        for _ in range(5):
            await client.status("req-1")
            assert await client.submit(MODEL, {}) == "req-1"
        await client.aclose()
        assert len({post.connection for post in server.of("POST")}) == 5
        assert len({get.connection for get in server.of("GET")}) == 1


async def test_a_submit_of_which_nothing_is_reported_counts_as_sent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Should httpcore ever rename what it reports, the doubt is told, not "nothing was sent"."""

    async def deaf(_departure: Departure, _event: str, _info: object) -> None:
        pass

    monkeypatch.setattr(Departure, "trace", deaf)
    got, _ = await submitted(hang_up)
    assert isinstance(got, OutcomeUnknown)


@pytest.fixture
def full_backlog() -> Iterator[str]:
    """An address where connecting hangs: a listener that never accepts, its queue full."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(0)
    waiting = []
    for _ in range(3):
        knock = socket.socket()
        knock.setblocking(False)
        knock.connect_ex(listener.getsockname())
        waiting.append(knock)
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    for one in [*waiting, listener]:
        one.close()


@pytest.fixture
def closed_port() -> str:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{listener.getsockname()[1]}"


async def never_sent(base: str, **settings: Any) -> str:
    client = Client(base, base, TOKEN, **settings)
    with pytest.raises(Unreachable) as caught:
        await client.submit(MODEL, {"prompt": "x"})
    await client.aclose()
    assert "Nothing was sent" in str(caught.value)
    return str(caught.value)


async def test_a_refused_connection_means_that_nothing_was_sent(closed_port: str) -> None:
    assert "Connection refused" in await never_sent(closed_port)


async def test_a_connect_timeout_means_that_nothing_was_sent(full_backlog: str) -> None:
    assert "within 0.2 s" in await never_sent(full_backlog, connect_timeout=0.2)


async def test_the_deadline_while_connecting_means_that_nothing_was_sent(
    full_backlog: str,
) -> None:
    assert "within 0.2 s" in await never_sent(full_backlog, submit_deadline=0.2)


async def test_a_host_without_an_address_means_that_nothing_was_sent() -> None:
    await never_sent("http://model-api.invalid/v1", connect_timeout=5)


async def test_a_failed_tls_handshake_means_that_nothing_was_sent() -> None:
    async def accept(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 this is no TLS\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    await never_sent(f"https://127.0.0.1:{port}/v1")
    server.close()


@pytest.mark.parametrize("base", ["", "model-api.runcomfy.net/v1", "ftp://x/v1", "http://a:b@c/v1"])
async def test_a_base_that_is_no_api_means_that_nothing_was_sent(base: str) -> None:
    await never_sent(base)


async def test_a_proxy_that_refuses_the_tunnel_learns_neither_token_nor_inputs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for handler in (always(http(407, "who are you?")), hang_up):
        async with BadServer(handler) as proxy:
            monkeypatch.setenv("HTTPS_PROXY", proxy.url)
            await never_sent("https://model-api.runcomfy.net/v1")
            assert [request.method for request in proxy.requests] == ["CONNECT"]
            assert TOKEN not in str(proxy.requests)


async def test_without_a_token_nothing_is_sent() -> None:
    async with BadServer(silence) as server:
        client = Client(server.url, server.url)
        for token in (None, "", "  ", "two words", "line\nbreak", "curly“quote"):
            client.authorise(token)
            with pytest.raises(NotAuthorised, match="nothing was sent"):
                await client.submit(MODEL, {})
        assert not server.connections


@pytest.mark.parametrize(
    ("inputs", "path"),
    [
        ({"seed": float("nan")}, ("seed",)),
        ({"loras": [{"scale": float("inf")}]}, ("loras", 0, "scale")),
        ({"prompt": "half \ud83d"}, ("prompt",)),
        ({"image": b"bytes"}, ("image",)),
        ({"tags": {"a"}}, ("tags",)),
    ],
)
async def test_inputs_that_json_cannot_say_are_refused_at_the_field_before_the_post(
    inputs: dict[str, Any], path: tuple[str | int, ...]
) -> None:
    async with BadServer(silence) as server:
        client = Client(server.url, server.url, TOKEN)
        with pytest.raises(Refused, match="nothing was sent") as caught:
            await client.submit(MODEL, inputs)
        assert [problem.path for problem in caught.value.problems] == [path]
        assert not server.connections


@pytest.mark.parametrize(
    "model_id",
    [
        "",
        "/",
        "a//b",
        "../secrets",
        "a/../b",
        "a/.",
        "a/",
        "/a",
        "a/\x1b[2J",
        "a\nb",
        " ",
        "x" * 900,
    ],
)
async def test_what_is_no_model_id_is_refused_before_the_post(model_id: str) -> None:
    async with BadServer(silence) as server:
        client = Client(server.url, server.url, TOKEN)
        with pytest.raises(Refused, match="Not a model id"):
            await client.submit(model_id, {})
        assert not server.connections


@pytest.mark.parametrize(
    ("model_id", "target"),
    [
        ("Acme/Model 1.5/Text To Image", "/v1/models/Acme/Model%201.5/Text%20To%20Image"),
        ("a/b?c=d#e", "/v1/models/a/b%3Fc%3Dd%23e"),
        ("a/100%/x", "/v1/models/a/100%25/x"),
        ("a/%2e%2e/x", "/v1/models/a/%252e%252e/x"),
        ("é/模型", "/v1/models/%C3%A9/%E6%A8%A1%E5%9E%8B"),
        ("a\\b/c;d@e:f", "/v1/models/a%5Cb/c%3Bd%40e%3Af"),
    ],
)
async def test_a_model_id_arrives_whole_whatever_it_holds(model_id: str, target: str) -> None:
    async with BadServer(always(as_json(ACCEPTED))) as server:
        client = Client(f"{server.url}/v1/", server.url, TOKEN)
        await client.submit(model_id, {})
        await client.aclose()
        assert [request.target for request in server.requests] == [target]


async def test_a_cancelled_submit_stays_cancelled_and_the_client_goes_on() -> None:
    async with BadServer(silence) as server:
        client = Client(server.url, server.url, TOKEN, connections=1)
        task = asyncio.ensure_future(client.submit(MODEL, {}))
        await server.asked.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        server.handler = always(as_json(ACCEPTED))
        assert await client.submit(MODEL, {}) == "req-1"
        await client.aclose()
