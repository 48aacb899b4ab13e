"""RunComfy's Model API over real HTTP, spoken by nobody but this machine."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

import orjson
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request as HttpRequest
from starlette.responses import Response
from starlette.routing import Route

from runcomfy_tui.jobs import CancelOutcome, Status
from runcomfy_tui.sandbox import answers
from runcomfy_tui.sandbox.answers import Answer, base_url, refusal, timestamp
from runcomfy_tui.sandbox.book import Book, NotEnoughBalance, Request
from runcomfy_tui.sandbox.catalog import Catalog
from runcomfy_tui.sandbox.checks import input_problems, problem
from runcomfy_tui.sandbox.fate import fate_of, refused_inputs
from runcomfy_tui.sandbox.faults import Call, Faults
from runcomfy_tui.sandbox.file_answers import file_response
from runcomfy_tui.sandbox.misbehave import AFTER, BEFORE, ELSEWHERE
from runcomfy_tui.sandbox.models import MICRODOLLARS, entry_on_the_wire

BAD_TOKENS = frozenset({"wrong", "expired", "inactive"})
"""Any token is good but these, which are for trying out what a bad one does."""

MAX_BODY_BYTES = 64 * 1024 * 1024
_MAX_PAGE = 500
_DEFAULT_PAGE = 50

Handler: TypeAlias = Callable[[HttpRequest], Awaitable[Answer]]
Endpoint: TypeAlias = Callable[[HttpRequest], Awaitable[Response]]


class SandboxServer:
    """The routes, over a book, a catalog and the faults that are switched on."""

    def __init__(self, book: Book, catalog: Catalog, faults: Faults) -> None:
        self._book = book
        self._catalog = catalog
        self._faults = faults
        self._leaked_tokens = 0

    def app(self) -> Starlette:
        """The ASGI application."""
        request = "/v1/requests/{request_id}"
        model = "/v1/models/{model_id:path}"
        api = [
            (request + "/status", "GET", Call.STATUS, self._status),
            (request + "/result", "GET", Call.RESULT, self._result),
            (request + "/cancel", "POST", Call.CANCEL, self._cancel),
            ("/v1/models", "GET", Call.MODELS, self._models),
            ("/v1/models/categories", "GET", Call.MODELS, self._categories),
            (model, "GET", Call.MODELS, self._model),
            (model, "POST", Call.SUBMIT, self._submit),
            ("/prod/v2/balance", "GET", Call.BALANCE, self._balance),
        ]
        return Starlette(
            routes=[
                *(
                    Route(path, self._api_call(call, handler), methods=[method])
                    for path, method, call, handler in api
                ),
                Route("/files/{name}", self._file, methods=["GET"]),
                Route("/sandbox/requests", self._all_requests, methods=["GET"]),
                Route("/sandbox/faults", self._show_or_set_faults, methods=["GET", "POST"]),
                Route(ELSEWHERE, self._elsewhere, methods=["GET", "POST"]),
            ],
            exception_handlers={HTTPException: _http_error, Exception: _crash},
        )

    def _api_call(self, call: Call, handler: Handler) -> Endpoint:
        """The handler, behind the token check and before whatever fault strikes."""

        async def endpoint(request: HttpRequest) -> Response:
            if refused := _token_refusal(request):
                return refused.response()
            fault = self._faults.draw(call)
            if fault in BEFORE:
                return await BEFORE[fault](request)
            if fault == "not-cancellable":
                answer = self._cancel_answer(request, cancelled=False).response()
            else:
                answer = (await handler(request)).response()
            return await AFTER[fault](request, answer) if fault in AFTER else answer

        return endpoint

    async def _submit(self, request: HttpRequest) -> Answer:
        model = self._catalog.get(request.path_params["model_id"])
        if model is None:
            return _model_not_found(request.path_params["model_id"])
        body = await _body(request)
        if body is None:
            return refusal(413, answers.BAD_BODY, "The request is larger than 64 MiB")
        try:
            inputs = orjson.loads(body)
        except orjson.JSONDecodeError as error:
            return refusal(400, answers.BAD_BODY, f"The body is not valid JSON: {error}")
        if problems := _problems(model.schema, inputs):
            words = f"{len(problems)} of the inputs cannot be accepted"
            return refusal(422, answers.BAD_INPUT, words, detail=problems)
        try:
            made = self._book.submit(model, inputs, fate_of(inputs, self._faults.draw_for_job()))
        except NotEnoughBalance:
            words = "Insufficient balance. Please top up your account."
            return refusal(402, answers.NO_BALANCE, words)
        urls = _request_urls(request, made)
        return Answer({"request_id": made.request_id, **urls})

    async def _status(self, request: HttpRequest) -> Answer:
        found = self._book.find(request.path_params["request_id"])
        if found is None:
            return _request_not_found()
        state = self._book.state(found)
        if state is Status.FAILED and found.fate.hidden:
            state = Status.COMPLETED
        payload: dict[str, Any] = {"request_id": found.request_id, "status": state.value}
        position = self._book.queue_position(found)
        if position is not None:
            payload["queue_position"] = position
        urls = _request_urls(request, found)
        return Answer(payload | {name: urls[name] for name in ("status_url", "result_url")})

    async def _result(self, request: HttpRequest) -> Answer:
        found = self._book.find(request.path_params["request_id"])
        if found is None:
            return _request_not_found()
        state = self._book.state(found)
        payload: dict[str, Any] = {
            "request_id": found.request_id,
            "model_id": found.model_id,
            "status": "succeeded" if state is Status.COMPLETED else state.value,
            "created_at": timestamp(found.ticket.arrived_at),
        }
        if state.is_final:
            payload["finished_at"] = timestamp(self._book.finished_at(found))
        if state is Status.FAILED:
            payload["error"] = found.fate.error
        if state is Status.COMPLETED:
            payload |= self._output(request, found)
        if request.query_params.get("include_cost", "").lower() in ("true", "1"):
            cost = self._book.cost(found)
            if cost is not None:
                payload["cost"] = cost / MICRODOLLARS
        return Answer(payload)

    def _output(self, request: HttpRequest, found: Request) -> dict[str, Any]:
        urls = [f"{base_url(request)}/files/{name}" for name in found.file_names]
        model = self._catalog.get(found.model_id)
        if model is None:
            # A remembered job of a model that a later version no longer offers.
            return {"output": urls}
        output = {"output": model.output.of(urls)}
        return output | {"input": found.inputs} if model.echoes_inputs else output

    async def _cancel(self, request: HttpRequest) -> Answer:
        found = self._book.find(request.path_params["request_id"])
        cancelled = found is not None and self._book.cancel(found)
        return self._cancel_answer(request, cancelled=cancelled)

    def _cancel_answer(self, request: HttpRequest, *, cancelled: bool) -> Answer:
        found = self._book.find(request.path_params["request_id"])
        if found is None:
            return _request_not_found()
        outcome = CancelOutcome.CANCELLED if cancelled else CancelOutcome.NOT_CANCELLABLE
        state = self._book.state(found)
        payload = {
            "request_id": found.request_id,
            "status": state.value,
            "outcome": outcome.value,
        }
        return Answer(payload, 202)

    async def _models(self, request: HttpRequest) -> Answer:
        query = request.query_params
        problems: list[dict[str, Any]] = []
        limit = _number(query.get("limit"), _DEFAULT_PAGE, 1, _MAX_PAGE, "limit", problems)
        offset = _number(query.get("offset"), 0, 0, 2**31, "offset", problems)
        if problems:
            return refusal(422, answers.BAD_INPUT, "Bad paging", detail=problems)
        found = self._catalog.find(
            search=query.get("search", ""),
            category=query.get("category", ""),
            kind=query.get("kind", ""),
        )
        with_schema = query.get("include_schema", "").lower() in ("true", "1")
        page = [
            entry_on_the_wire(model.entry, with_schema=with_schema)
            for model in found[offset : offset + limit]
        ]
        return Answer({"models": page, "total": len(found), "limit": limit, "offset": offset})

    async def _categories(self, request: HttpRequest) -> Answer:
        return Answer({"categories": self._catalog.categories()})

    async def _model(self, request: HttpRequest) -> Answer:
        model = self._catalog.get(request.path_params["model_id"])
        if model is None:
            return _model_not_found(request.path_params["model_id"])
        return Answer(entry_on_the_wire(model.entry, with_schema=True))

    async def _balance(self, request: HttpRequest) -> Answer:
        balance = self._book.balance_now()
        return Answer(
            {
                "balance_usd": balance / MICRODOLLARS,
                "balance_microdollars": balance,
                "currency": "USD",
            }
        )

    async def _file(self, request: HttpRequest) -> Response:
        """A result file, without a token: as at RunComfy, its random name is the key."""
        fault = self._faults.draw(Call.FILES)
        if fault in BEFORE:
            return await BEFORE[fault](request)
        found = self._book.file(request.path_params["name"])
        if found is None:
            return refusal(404, answers.NOT_FOUND, "There is no such file").response()
        kind, content = found
        answer = file_response(request, content, kind.content_type)
        return await AFTER[fault](request, answer) if fault in AFTER else answer

    async def _all_requests(self, request: HttpRequest) -> Response:
        """No call of RunComfy's: all that was accepted, for tests and for the curious."""
        listed = [
            {
                "request_id": one.request_id,
                "model_id": one.model_id,
                "status": self._book.state(one).value,
                "inputs": one.inputs,
            }
            for one in self._book
        ]
        payload = {
            "requests": listed,
            "created": self._book.created,
            "leaked_tokens": self._leaked_tokens,
        }
        return Answer(payload).response()

    async def _show_or_set_faults(self, request: HttpRequest) -> Response:
        """No call of RunComfy's: `{"faults": [spec, …]}` switches these on and all others off."""
        if request.method == "POST":
            try:
                specs = orjson.loads(await request.body())["faults"]
                self._faults.set(str(spec) for spec in specs)
            except (KeyError, TypeError, ValueError) as error:
                return refusal(400, answers.BAD_BODY, f"Bad faults: {error}").response()
        return Answer({"faults": self._faults.specs}).response()

    async def _elsewhere(self, request: HttpRequest) -> Response:
        if "authorization" in request.headers:
            self._leaked_tokens += 1
        return Answer({}).response()


def _token_refusal(request: HttpRequest) -> Answer | None:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not token:
        return refusal(401, answers.BAD_TOKEN, "Token missing: send Authorization: Bearer <token>")
    if token in BAD_TOKENS:
        return refusal(401, answers.BAD_TOKEN, "Token invalid or expired, or account inactive")
    return None


def _model_not_found(model_id: str) -> Answer:
    return refusal(404, answers.NOT_FOUND, f"Model not found: {model_id}")


def _request_not_found() -> Answer:
    words = "The request was not found, was deleted or has expired"
    return refusal(404, answers.NOT_FOUND, words)


def _request_urls(request: HttpRequest, made: Request) -> dict[str, str]:
    here = f"{base_url(request)}/v1/requests/{made.request_id}"
    return {f"{call}_url": f"{here}/{call}" for call in ("status", "result", "cancel")}


def _problems(schema: Any, inputs: Any) -> list[dict[str, Any]]:
    if not isinstance(inputs, dict):
        return [problem(["body"], "Input should be a valid object", "object_type")]
    refused = (
        problem(["body", *path], "Refused, because the text asks for it", "value_error")
        for path in refused_inputs(inputs)
    )
    return [*input_problems(schema, inputs), *refused]


def _number(
    text: str | None, default: int, low: int, high: int, name: str, problems: list[dict[str, Any]]
) -> int:
    if text is None:
        return default
    if not text.isdecimal() or not low <= int(text) <= high:
        words = f"Input should be an integer from {low} to {high}"
        problems.append(problem(["query", name], words, "int_parsing"))
        return default
    return int(text)


async def _body(request: HttpRequest) -> bytes | None:
    """The whole body, None when it is larger than the API takes."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            return None
    return bytes(body)


async def _http_error(request: HttpRequest, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return refusal(error.status_code, error.status_code * 1000, error.detail).response()


async def _crash(request: HttpRequest, error: Exception) -> Response:
    """A fault of the sandbox itself: said aloud in the answer, for nobody reads a log of it."""
    return refusal(500, answers.BROKEN, f"The sandbox itself broke: {error!r}").response()
