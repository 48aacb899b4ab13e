"""What an answer means when it is not the one that was asked for. Pure.

The codes, and that HTTP 200 with a non-null `error_code` is an error, are RunComfy's; their HTTP
status is not documented, so a documented code counts before the status. The rest is read as
tolerantly as official clients do.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from runcomfy_tui.api.answers import RawAnswer
from runcomfy_tui.api.errors import (
    ApiError,
    NoBalance,
    NotAuthorised,
    NotFound,
    RateLimited,
    Refused,
    Unreachable,
    UnreadableAnswer,
)
from runcomfy_tui.api.payload import NotJson, read_json
from runcomfy_tui.api.problems import problems_of
from runcomfy_tui.api.values import moment, number, words
from runcomfy_tui.jobs import Failure, FieldProblem, JsonObject

MAX_RETRY_AFTER = 3600.0
"""Seconds: nobody is obeyed for longer than an hour."""

DOCUMENTED_STATUS = {"400001": 400, "400002": 402, "400004": 401, "403001": 403, "404001": 404}
"""What the documented codes mean, as the HTTP status that says the same."""

_WORD_KEYS = ("error_message", "message", "error", "detail", "msg", "reason", "description")

_NOT_NOW: tuple[type[ApiError], str] = (Unreachable, "RunComfy is not able to answer just now")

_KINDS: dict[int, tuple[type[ApiError], str]] = {
    401: (NotAuthorised, "RunComfy did not accept the token"),
    402: (NoBalance, "RunComfy says that the balance is not enough"),
    403: (NotAuthorised, "RunComfy does not allow this with this token"),
    404: (NotFound, "RunComfy does not know this, or not any more (deleted or expired)"),
    408: _NOT_NOW,
    429: (RateLimited, "RunComfy asks for fewer requests"),
}


def value_of(
    answer: RawAnswer,
    hide: str | None = None,
    *,
    unless: Callable[[Any], bool] | None = None,
) -> Any:
    """The JSON value of a good answer. Raises the `ApiError` that any other one means.

    `hide` (the token) is kept out of every word. `unless` may take the JSON of an answer that
    looks like an error for a good one all the same.
    """
    try:
        payload = read_json(answer.body)
    except NotJson:
        if 300 <= answer.status < 400:
            raise _redirected(answer, hide) from None
        raise _unread(answer) from None
    if answer.status < 300 and error_code(payload) is None:
        return payload
    if unless is not None and unless(payload):
        return payload
    if 300 <= answer.status < 400:
        raise _redirected(answer, hide)
    raise refusal(answer, payload, hide)


def error_code(payload: Any) -> str | None:
    """The top-level `error_code` that makes any answer an error; 0 and "" say "none"."""
    return _code(payload.get("error_code")) if isinstance(payload, Mapping) else None


def failure_of(payload: JsonObject, hide: str | None = None) -> Failure | None:
    """Why a job failed, where its result says so; None where it holds no such words and no code."""
    code = _code_anywhere(payload, hide)
    said = _said(payload, hide)
    if not said and code is None:
        return None
    return Failure(said or "RunComfy gave no reason.", code, problems_of(payload, hide))


def refusal(answer: RawAnswer, payload: Any, hide: str | None = None) -> ApiError:
    """The error that a JSON body with an error status, or with an `error_code`, stands for."""
    code = _code_anywhere(payload, hide)
    status = _meaning(answer.status, code)
    problems = problems_of(payload, hide)
    said = (
        "; ".join(map(_told, problems[:3])) if problems else _said(payload, hide)
    ) or "it gave no reason"
    # Beside an error status, a request_id is the trace of the call; at HTTP 200 it may be a job's.
    named = request_id_of(payload) if answer.status < 300 else None
    kind, what = _KINDS.get(status, (Refused, "RunComfy refused this"))
    if status >= 500:
        kind, what = _NOT_NOW
    message = _sentence(f"{what} ({f'code {code}' if code else f'HTTP {answer.status}'}): {said}")
    if named:
        message += f" It named the request_id {words(named, hide)}."
    if kind is Refused:
        return Refused(
            message, code=code, http_status=answer.status, request_id=named, problems=problems
        )
    if kind is RateLimited:
        return RateLimited(
            message,
            code=code,
            http_status=answer.status,
            request_id=named,
            retry_after=retry_after(answer.retry_after),
        )
    return kind(message, code=code, http_status=answer.status, request_id=named)


def retry_after(header: str | None, now: float | None = None) -> float | None:
    """Seconds to wait by a `Retry-After` of seconds or of an HTTP date, 0 to one hour."""
    if header is None:
        return None
    seconds = number(header)
    if seconds is None:
        at = moment(header)
        if at is None:
            return None
        seconds = at - (time.time() if now is None else now)
    return min(max(seconds, 0.0), MAX_RETRY_AFTER)


def request_id_of(payload: Any) -> str | None:
    """The `request_id` of an answer, a number read as its digits; None where there is none."""
    found = payload.get("request_id") if isinstance(payload, Mapping) else None
    if isinstance(found, int) and not isinstance(found, bool):
        return str(found)
    return found.strip() or None if isinstance(found, str) else None


def _meaning(status: int, code: str | None) -> int:
    if code in DOCUMENTED_STATUS:
        return DOCUMENTED_STATUS[code]
    if status >= 400:
        return status
    # Documented codes begin with an HTTP status; HTTP 200 with an unknown one is read the same way.
    if code and len(code) == 6 and code.isdecimal() and "400" <= code[:3] < "600":
        return int(code[:3])
    return 400


def _unread(answer: RawAnswer) -> ApiError:
    """For a body that is no JSON: it is a proxy's, so only what its status says for sure counts.

    A 404 page, say, is no word of RunComfy's that a job is gone.
    """
    status, what = answer.status, f"its answer is {_look(answer)} (HTTP {answer.status})"
    if status == 429:
        return RateLimited(
            f"{_KINDS[429][1]} (HTTP 429).",
            retry_after=retry_after(answer.retry_after),
            http_status=status,
        )
    if status >= 500 or status == 408:
        return Unreachable(f"{_NOT_NOW[1]}: {what}.", http_status=status)
    if status in (401, 402) and not _is_page(answer):
        kind, says = _KINDS[status]
        return kind(f"{says} (HTTP {status}).", http_status=status)
    return UnreadableAnswer(
        f"RunComfy's answer cannot be read: it is {_look(answer)} (HTTP {status}).",
        http_status=status,
    )


def _look(answer: RawAnswer) -> str:
    if not answer.body.strip():
        return "empty"
    if _is_page(answer):
        return "a web page, as proxies send them"
    return "JSON that breaks off" if answer.body.lstrip()[:1] in b"{[" else "no JSON"


def _is_page(answer: RawAnswer) -> bool:
    return "html" in answer.content_type.lower() or answer.body.lstrip()[:1] == b"<"


def _redirected(answer: RawAnswer, hide: str | None) -> UnreadableAnswer:
    try:
        host = urlsplit(answer.location or "").netloc.rpartition("@")[2]
    except ValueError:
        host = ""
    to = f" to {words(host, hide)}" if host else ""
    return UnreadableAnswer(
        f"The answer was a redirect{to} (HTTP {answer.status}). It was not followed, since the "
        "token goes to the API alone. Is the API's address right?",
        http_status=answer.status,
    )


def _code(value: Any, hide: str | None = None) -> str | None:
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None
    text = words(str(value), hide)
    return text if text not in ("", "0") and len(text) <= 64 else None


def _code_anywhere(payload: Any, hide: str | None) -> str | None:
    if not isinstance(payload, Mapping):
        return None
    inner = [payload.get(name) for name in ("error", "detail", "message")]
    for place in [payload, *(part for part in inner if isinstance(part, Mapping))]:
        for name in ("error_code", "code"):
            if (code := _code(place.get(name), hide)) is not None:
                return code
    return None


def _told(problem: FieldProblem) -> str:
    return f"{'.'.join(map(str, problem.path)) or 'inputs'}: {problem.message}"


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?", "…")) else f"{text}."


def _said(payload: Any, hide: str | None) -> str:
    said = _speech(payload, 0)
    # `error_message` may be no more than "Validation failed", with the reason in `detail`.
    more = _speech(payload.get("detail"), 1) if isinstance(payload, Mapping) else ""
    if more and more not in said:
        said = f"{said.removesuffix('.')}: {more}"
    return words(said, hide)


def _speech(value: Any, depth: int) -> str:
    if isinstance(value, str):
        return value
    if depth > 3:
        return ""
    if isinstance(value, list):
        return "; ".join(filter(None, (_speech(item, depth + 1) for item in value[:5])))
    if not isinstance(value, Mapping):
        return ""
    for name in _WORD_KEYS:
        if text := _speech(value.get(name), depth + 1):
            return text
    # Words under names of their own are better shown raw than not at all.
    return json.dumps(value, ensure_ascii=False)[:2000] if value and depth else ""
