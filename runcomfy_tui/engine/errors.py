"""What the engine says when it cannot do what it was asked."""

from __future__ import annotations


class EngineError(Exception):
    """A call could not be carried out; `str()` is a sentence for people, ready to be shown.

    `is_authorisation` tells that another token is what it needs, `is_outage` that nothing
    answered and the same call may go through later, `retry_after` in how many seconds it may where
    the server asked for patience.
    """

    def __init__(
        self,
        message: str,
        *,
        is_authorisation: bool = False,
        is_outage: bool = False,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.is_authorisation = is_authorisation
        self.is_outage = is_outage
        self.retry_after = retry_after


class UnknownJob(EngineError):
    """No job of the ledger has the id that was asked for."""
