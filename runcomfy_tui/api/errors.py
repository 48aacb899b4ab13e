"""What can go wrong on the wire, told apart by what it means for the job and the money."""

from __future__ import annotations

from runcomfy_tui.jobs import MAY_EXIST, NOT_YOURS, FieldProblem

WHEN_LOST = (
    f"{MAY_EXIST}, so it was not sent again. Look for it on RunComfy's website: if it is there, "
    "attach its request_id; if not, submit again."
)
"""What to do when a submit's answer was lost."""


class ApiError(Exception):
    """Any failure of a call. `str()` is a sentence for people; it never holds the token.

    `code` is the server's `error_code` as text, `http_status` the HTTP status; both are None when
    no answer came. `request_id` is one that the answer to a submit named although it cannot be
    taken for a success: shown or adopted, but never thrown away.
    """

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        http_status: int | None = None,
        request_id: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.http_status = http_status
        self.request_id = request_id


class Refused(ApiError):
    """The server understood and said no; nothing was created. 422 names the inputs at fault."""

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        http_status: int | None = None,
        request_id: str | None = None,
        problems: tuple[FieldProblem, ...] = (),
    ) -> None:
        super().__init__(message, code=code, http_status=http_status, request_id=request_id)
        self.problems = problems


class NotAuthorised(ApiError):
    """The token is missing, wrong, expired, its account inactive, or the request not the user's."""


class NoBalance(ApiError):
    """The account has no money left for this."""


class NotFound(ApiError):
    """The model or request does not exist, was deleted, or has expired."""


class RateLimited(ApiError):
    """Too many requests. `retry_after` is in seconds, None where the server gave none."""

    def __init__(
        self,
        message: str,
        *,
        retry_after: float | None = None,
        code: str | None = None,
        http_status: int | None = None,
        request_id: str | None = None,
    ) -> None:
        super().__init__(message, code=code, http_status=http_status, request_id=request_id)
        self.retry_after = retry_after


class Unreachable(ApiError):
    """No answer, or a 5xx: the network, a proxy or the server is not there just now.

    From a submit it means more: no byte of the request has left, so submitting again is safe.
    """


class UnreadableAnswer(ApiError):
    """An answer came, but it is not what the API promises (HTML, cut JSON, too large)."""


class OutcomeUnknown(ApiError):
    """A submit's answer was lost: the job may exist and may be charged. Never repeated."""


class DownloadError(ApiError):
    """A result file could not be fetched or saved; the message says what is left to do."""


class UntrustedHost(DownloadError):
    """A file lies on a host that is not RunComfy's; `host` (with port, if any) is to be asked for.

    Also raised when a trusted host redirects there. Nothing has been asked of that host yet.
    """

    def __init__(self, host: str) -> None:
        super().__init__(f"The file lies on {host}, which is not a host of RunComfy's.")
        self.host = host


def is_token_refused(error: ApiError) -> bool:
    """Whether another token is what it needs; 403001 speaks of one request, not of the token."""
    return isinstance(error, NotAuthorised) and error.code != NOT_YOURS


def is_said_gone(error: ApiError) -> bool:
    """Whether RunComfy itself says that it has no such request: gone, or never an id at all."""
    return error.code in ("404001", "400001")
