"""The language of filters, for the window's `/` and for `runcomfy-tui jobs`. Pure, no I/O."""

from runcomfy_tui.query.language import Query, QueryError, in_sight, parse
from runcomfy_tui.query.sieve import Sieve
from runcomfy_tui.query.texts import SearchTexts

__all__ = ["Query", "QueryError", "SearchTexts", "Sieve", "in_sight", "parse"]
