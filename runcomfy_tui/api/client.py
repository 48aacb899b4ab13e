"""RunComfy's Model API, one method a call. Everything it raises is an `ApiError`."""

from __future__ import annotations

import re
import time
from copy import copy
from typing import Any

from runcomfy_tui.api import reading
from runcomfy_tui.api.addresses import base_url, model_path, query, request_path
from runcomfy_tui.api.answers import CancelAnswer, ModelPage, RawAnswer, ResultAnswer, StatusAnswer
from runcomfy_tui.api.errors import (
    WHEN_LOST,
    ApiError,
    NotAuthorised,
    OutcomeUnknown,
    Refused,
    Unreachable,
    UnreadableAnswer,
)
from runcomfy_tui.api.payload import write_json
from runcomfy_tui.api.refusals import (
    DOCUMENTED_STATUS,
    error_code,
    request_id_of,
    value_of,
)
from runcomfy_tui.api.transport import Departure, Lane
from runcomfy_tui.api.values import words
from runcomfy_tui.jobs import (
    Balance,
    CancelOutcome,
    JsonObject,
    ModelEntry,
    Status,
    is_request_id,
    status_of_word,
)

_REFUSED_STATUSES = frozenset({400, 401, 402, 403, 404, 405, 413, 414, 415, 422, 429, 431})
_MAY_SPEAK_OF_A_JOB = frozenset({400, 409, 422})
_NAMED_ID = re.compile(rb'"request_id"\s*:\s*(?:"([^"\\\x00-\x1f]{1,200})"|(\d{1,40})\b)')


class Client:
    """Calls to the Model API under `model_api_base` and to the balance under `balance_base`.

    Both are URLs such as `https://model-api.runcomfy.net/v1`; the latter is None where nobody
    tells a balance. `connections` bounds the requests under way and the sockets open; a third of
    them, rounded up, is kept for submits, so that slow submits hold up no poll and slow polls
    hold up no submit (with `connections=1` there is one of each). A submit always opens a
    connection of its own: when a server closes an idle one just as the POST goes out, nobody can
    tell whether the job exists.

    Deadlines are in seconds and bound a call as a whole; `max_answer` is in bytes, decoded.
    Nothing is opened before the first call, which must come from the loop of all others.
    """

    def __init__(
        self,
        model_api_base: str,
        balance_base: str | None,
        token: str | None = None,
        *,
        connections: int = 8,
        deadline: float = 30.0,
        submit_deadline: float = 90.0,
        connect_timeout: float = 10.0,
        max_answer: int = 16 * 1024 * 1024,
    ) -> None:
        self._model_api_base = model_api_base
        self._balance_base = balance_base
        self._deadline = deadline
        self._submit_deadline = submit_deadline
        submits = max(1, -(-connections // 3))
        self._submits = Lane(
            connections=submits,
            keep_alive=False,
            connect_timeout=connect_timeout,
            max_answer=max_answer,
        )
        self._calls_at_once = max(1, connections - submits)
        self._calls = Lane(
            connections=self._calls_at_once,
            keep_alive=True,
            connect_timeout=connect_timeout,
            max_answer=max_answer,
        )
        self._token: str | None = None
        self.authorise(token)

    @property
    def model_api_base(self) -> str:
        """The base URL of all calls but the balance's."""
        return self._model_api_base

    @property
    def calls_at_once(self) -> int:
        """How many calls but submits may be under way together; more wait for each other."""
        return self._calls_at_once

    @property
    def token(self) -> str | None:
        """The token in use."""
        return self._token

    @property
    def has_token(self) -> bool:
        """Whether there is a token; without one no call is made."""
        return self._token is not None

    def authorise(self, token: str | None) -> None:
        """Use this token from now on, or none."""
        self._token = (token or "").strip() or None

    def with_token(self, token: str) -> Client:
        """A client that differs in its token alone: both share their connections."""
        other = copy(self)
        other.authorise(token)
        return other

    async def renew(self) -> None:
        """Open new connections from now on: after a sleep or on another net the old may be dead.

        Submits open one each time anyway; one that is under way is left alone.
        """
        await self._calls.renew()

    async def aclose(self) -> None:
        """Close every connection. A later call opens new ones."""
        await self._submits.aclose()
        await self._calls.aclose()

    async def submit(self, model_id: str, inputs: JsonObject) -> str:
        """`POST /models/{model_id}`: create one paid job and return its request_id.

        The POST is sent at most once. The errors tell what that means for the money:

        - `Unreachable`: no byte has left, so submitting again is safe.
        - `Refused`, `NotAuthorised`, `NoBalance`, `NotFound`, `RateLimited`: a clear no, that is
          HTTP 4xx but 408 (from a proxy's page, only where the status leaves no doubt), or
          HTTP 200 with an `error_code`; nothing was created.
        - `OutcomeUnknown`: everything else, that is a broken connection, the deadline, HTTP 408 or
          5xx, a redirect (whoever redirects may have taken the job first), an unreadable body, no
          usable request_id, or a request_id beside an `error_code` that is not documented. Where
          the remains of an answer name a request_id, the error carries it.
        """
        url = self._base() + model_path(model_id)
        content = write_json(inputs)
        departure = Departure()
        try:
            answer = await self._submits.call(
                "POST",
                url,
                token=self._bearer(),
                deadline=self._submit_deadline,
                content=content,
                departure=departure,
            )
        except (Unreachable, UnreadableAnswer) as error:
            if not departure.sent:
                raise Unreachable(f"{error} Nothing was sent.") from None
            raise _unknown(error, departure.received) from None
        return self._created(answer)

    async def status(self, request_id: str) -> StatusAnswer:
        """`GET /requests/{request_id}/status`."""
        answer = await self._get(self._base() + request_path(request_id, "status"))
        return reading.status_answer(self._state_of(answer, request_id))

    async def result(self, request_id: str) -> ResultAnswer:
        """`GET …/result` with the cost; before the end it says how the job stands."""
        path = request_path(request_id, "result")
        answer = await self._get(f"{self._base()}{path}?include_cost=true")
        return reading.result_answer(self._state_of(answer, request_id), self._token)

    async def cancel(self, request_id: str) -> CancelAnswer:
        """`POST /requests/{request_id}/cancel`, documented to answer with HTTP 202.

        Not repeated either: a lost answer leaves the next status to tell.
        """
        url = self._base() + request_path(request_id, "cancel")
        try:
            answer = await self._calls.call(
                "POST", url, token=self._bearer(), deadline=self._deadline
            )
            return reading.cancel_answer(
                value_of(answer, self._token, unless=lambda said: _is_outcome(answer, said))
            )
        except (Unreachable, UnreadableAnswer) as error:
            raise type(error)(
                f"{error} Whether the job was cancelled, its next status will tell.",
                code=error.code,
                http_status=error.http_status,
            ) from None

    async def model(self, model_id: str) -> ModelEntry:
        """`GET /models/{model_id}`: one catalog entry with its input_schema."""
        answer = await self._get(self._base() + model_path(model_id))
        return reading.model_entry(value_of(answer, self._token), model_id)

    async def models(
        self, include_schema: bool = False, limit: int = 100, offset: int = 0
    ) -> ModelPage:
        """`GET /models`: one page of the catalog; `limit` is 1 to 500."""
        asked = query(
            {
                "include_schema": "true" if include_schema else None,
                "limit": min(max(limit, 1), 500),
                "offset": max(offset, 0),
            }
        )
        answer = await self._get(self._base() + "/models" + asked)
        return reading.model_page(value_of(answer, self._token), max(offset, 0))

    async def categories(self) -> tuple[str, ...]:
        """`GET /models/categories`."""
        answer = await self._get(self._base() + "/models/categories")
        return reading.categories(value_of(answer, self._token))

    async def balance(self) -> Balance:
        """`GET /balance` of the other API: what is left in the account, in USD."""
        if self._balance_base is None:
            raise Refused("This server tells no balance.")
        answer = await self._get(_checked(self._balance_base) + "/balance")
        return reading.balance(value_of(answer, self._token), time.time())

    async def _get(self, url: str) -> RawAnswer:
        return await self._calls.call("GET", url, token=self._bearer(), deadline=self._deadline)

    def _base(self) -> str:
        return _checked(self._model_api_base)

    def _bearer(self) -> str:
        if self._token is None:
            raise NotAuthorised("There is no token yet, so nothing was sent.")
        if not (self._token.isascii() and self._token.isprintable()) or " " in self._token:
            raise NotAuthorised(
                "The token holds spaces or characters that no token has, so nothing was sent. "
                "Was something else pasted with it?"
            )
        return self._token

    def _state_of(self, answer: RawAnswer, request_id: str) -> Any:
        """The JSON of an answer that tells how a job stands.

        A failed job's own `error_code`, and an error status whose body names this very job and a
        known state, speak of the job, not of the call.
        """

        def speaks_of_the_job(payload: Any) -> bool:
            if not isinstance(payload, dict) or not isinstance(payload.get("status"), str):
                return False
            status = status_of_word(payload["status"])
            if answer.status < 300:
                return status is Status.FAILED
            return (
                answer.status in _MAY_SPEAK_OF_A_JOB
                and status is not Status.UNKNOWN
                and request_id_of(payload) == request_id
                and error_code(payload) not in DOCUMENTED_STATUS
            )

        return value_of(answer, self._token, unless=speaks_of_the_job)

    def _created(self, answer: RawAnswer) -> str:
        """The request_id of a submit's answer. Raises what `submit` promises."""
        try:
            payload = value_of(answer, self._token)
        except UnreadableAnswer as error:
            if answer.status in _REFUSED_STATUSES:
                raise Refused(f"{error} Nothing was created.", http_status=answer.status) from None
            raise _unknown(error, answer.body) from None
        except ApiError as error:
            if _is_clear_no(error):
                raise
            raise _unknown(error, answer.body) from None
        request_id = request_id_of(payload)
        if request_id is None or not is_request_id(request_id):
            lost = UnreadableAnswer(
                "RunComfy's answer holds no usable request_id.", http_status=answer.status
            )
            raise _unknown(lost, answer.body)
        return request_id


def _is_clear_no(error: ApiError) -> bool:
    """Whether an error in RunComfy's own words is sure to mean that no job was created."""
    if isinstance(error, Unreachable) or (error.http_status or 0) >= 500:
        return False
    return error.request_id is None or error.code in DOCUMENTED_STATUS


def _unknown(error: ApiError, body: bytes) -> OutcomeUnknown:
    """What a lost answer to a submit means, with the request_id that its remains may name."""
    named = error.request_id or _named_id(body)
    is_new = named is not None and named != error.request_id
    hint = f" The part that arrived names the request_id {words(named or '')}." if is_new else ""
    return OutcomeUnknown(
        f"It is not known whether the job was created. {error}{hint} {WHEN_LOST}",
        code=error.code,
        http_status=error.http_status,
        request_id=named,
    )


def _named_id(body: bytes) -> str | None:
    found = _NAMED_ID.search(body)
    if found is None:
        return None
    return (found[1] or found[2]).decode("utf-8", "replace")


def _is_outcome(answer: RawAnswer, payload: Any) -> bool:
    known = reading.cancel_outcome(payload) is not CancelOutcome.UNKNOWN
    return known and answer.status in (400, 409, 422)


def _checked(base: str) -> str:
    try:
        return base_url(base)
    except ValueError as error:
        raise Unreachable(f"{error}. Nothing was sent.") from None
