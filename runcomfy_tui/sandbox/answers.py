"""What the calls answer, and the error bodies that RunComfy's clients know."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import orjson
from starlette.requests import Request as HttpRequest
from starlette.responses import Response

BAD_BODY = 400000
BAD_ID = 400001
NO_BALANCE = 400002
BAD_TOKEN = 400004
NOT_YOURS = 403001
NOT_FOUND = 404001
BAD_INPUT = 422001
TOO_MANY = 429001
BROKEN = 500001


@dataclass(frozen=True, slots=True)
class Answer:
    """A JSON body and its HTTP status."""

    payload: Any
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)

    def response(self) -> Response:
        """The same, ready to be sent."""
        return Response(
            orjson.dumps(self.payload),
            self.status,
            headers=dict(self.headers),
            media_type="application/json",
        )


def refusal(status: int, code: int, message: str, *, detail: Any = None) -> Answer:
    """An error body: `{error_code, error_message}`, and `detail` where there is one."""
    payload: dict[str, Any] = {"error_code": code, "error_message": message}
    if detail is not None:
        payload["detail"] = detail
    return Answer(payload, status)


def base_url(request: HttpRequest) -> str:
    """Where the client found this server, so that URLs in answers lead it back the same way."""
    return f"{request.url.scheme}://{request.url.netloc}"


def timestamp(seconds: float | None) -> str | None:
    """ISO 8601 in UTC with a Z, to the millisecond."""
    if seconds is None:
        return None
    moment = datetime.fromtimestamp(seconds, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
