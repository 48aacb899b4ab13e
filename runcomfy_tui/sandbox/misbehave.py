"""What each fault of `faults.py` does to a call: before it is carried out, or to its answer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any, Final, TypeAlias

import orjson
from starlette.requests import Request as HttpRequest
from starlette.responses import Response, StreamingResponse

from runcomfy_tui.sandbox import answers
from runcomfy_tui.sandbox.answers import Answer, refusal
from runcomfy_tui.sandbox.droppable import drop_connection, wait_until_gone

ELSEWHERE = "/sandbox/elsewhere"
"""Where the redirect leads: this same server, by another name and so of another origin."""

SLOW_SECONDS = 3.0
_HUGE_CHUNK = b" " * 1_048_576
_HUGE_CHUNKS = 256
_PAGE: Final = (
    "<html><head><title>{title}</title></head>\r\n"
    "<body><center><h1>{title}</h1></center><hr><center>cloud</center></body></html>\r\n"
)

Before: TypeAlias = Callable[[HttpRequest], Awaitable[Response]]
After: TypeAlias = Callable[[HttpRequest, Response], Awaitable[Response]]


def _instead(answer: Answer) -> Before:
    async def effect(request: HttpRequest) -> Response:
        return answer.response()

    return effect


async def _drop(request: HttpRequest) -> Response:
    # A connection closed with bytes unread is reset rather than ended, and then it depends on
    # the moment which of the two a client sees.
    await request.body()
    await drop_connection(request)
    return Response()


async def _hang(request: HttpRequest) -> Response:
    await wait_until_gone(request)
    return Response()


async def _unavailable(request: HttpRequest) -> Response:
    return Response(status_code=503)


async def _html_502(request: HttpRequest) -> Response:
    return Response(_PAGE.format(title="502 Bad Gateway"), 502, media_type="text/html")


async def _redirect(request: HttpRequest) -> Response:
    other = "127.0.0.1" if request.url.hostname == "localhost" else "localhost"
    port = f":{request.url.port}" if request.url.port else ""
    location = f"{request.url.scheme}://{other}{port}{ELSEWHERE}"
    return Response(status_code=302, headers={"Location": location})


async def _drop_after(request: HttpRequest, answer: Response) -> Response:
    await drop_connection(request)
    return Response()


async def _error_after(request: HttpRequest, answer: Response) -> Response:
    return refusal(500, answers.BROKEN, "Something broke after the job was made").response()


async def _html_200(request: HttpRequest, answer: Response) -> Response:
    return Response(_PAGE.format(title="Just a moment…"), media_type="text/html")


async def _slow(request: HttpRequest, answer: Response) -> Response:
    await asyncio.sleep(SLOW_SECONDS)
    return answer


async def _empty(request: HttpRequest, answer: Response) -> Response:
    return Response(media_type=answer.media_type)


async def _truncated(request: HttpRequest, answer: Response) -> Response:
    return Response(_first_half(answer), answer.status_code, media_type=answer.media_type)


async def _cut(request: HttpRequest, answer: Response) -> Response:
    async def half() -> AsyncIterator[bytes]:
        yield _first_half(answer)
        await drop_connection(request)

    return StreamingResponse(half(), answer.status_code, dict(answer.headers))


def _first_half(answer: Response) -> bytes:
    return bytes(answer.body[: len(answer.body) // 2])


async def _huge(request: HttpRequest, answer: Response) -> Response:
    async def body() -> AsyncIterator[bytes]:
        for _ in range(_HUGE_CHUNKS):
            yield _HUGE_CHUNK
        yield bytes(answer.body)

    return StreamingResponse(body(), answer.status_code, media_type=answer.media_type)


_OTHER_WORDS: Final = {
    "in_queue": "pending",
    "in_progress": "processing",
    "cancelled": "canceled",
}


def _reworded(words: Mapping[str, str]) -> After:
    async def effect(request: HttpRequest, answer: Response) -> Response:
        return _with_status(answer, lambda word: words.get(word, word))

    return effect


async def _says_completed(request: HttpRequest, answer: Response) -> Response:
    return _with_status(answer, lambda word: "completed")


def _with_status(answer: Response, change: Callable[[str], str]) -> Response:
    payload: dict[str, Any] = orjson.loads(answer.body)
    if "status" not in payload:
        return answer
    return Answer(payload | {"status": change(payload["status"])}, answer.status_code).response()


BEFORE: Final[dict[str, Before]] = {
    "lost-submit-before": _drop,
    "no-balance": _instead(
        refusal(402, answers.NO_BALANCE, "Insufficient balance. Please top up your account.")
    ),
    "refused-text": _instead(
        refusal(422, answers.BAD_INPUT, "Invalid input", detail="The inputs make no sense.")
    ),
    "rate-limit": _instead(
        Answer(
            refusal(429, answers.TOO_MANY, "Too many requests").payload, 429, {"Retry-After": "2"}
        )
    ),
    "rate-limit-bare": _instead(refusal(429, answers.TOO_MANY, "Too many requests")),
    "server-error": _instead(refusal(500, answers.BROKEN, "Internal server error")),
    "unavailable": _unavailable,
    "html-502": _html_502,
    "error-code-200": _instead(refusal(200, answers.BROKEN, "An error in a friendly wrapping")),
    "token-400": _instead(refusal(400, answers.BAD_TOKEN, "Token expired or account inactive")),
    "redirect": _redirect,
    "drop": _drop,
    "hang": _hang,
    "expired": _instead(
        refusal(404, answers.NOT_FOUND, "The request was not found, was deleted or has expired")
    ),
    "bad-id": _instead(refusal(400, answers.BAD_ID, "Invalid resource id")),
    "not-yours": _instead(refusal(403, answers.NOT_YOURS, "This request is not yours")),
}
"""Answered instead of carrying the call out."""

AFTER: Final[dict[str, After]] = {
    "lost-submit": _drop_after,
    "error-after-submit": _error_after,
    "html-200": _html_200,
    "slow": _slow,
    "empty": _empty,
    "truncated": _truncated,
    "cut": _cut,
    "huge": _huge,
    "unknown-status": _reworded({"in_progress": "reticulating"}),
    "other-words": _reworded(_OTHER_WORDS),
    "cancel-says-completed": _says_completed,
}
"""Answered after the call was carried out, in place of its true answer."""
