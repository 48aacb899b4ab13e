"""Single values out of other people's JSON: a number, a time, a few words. Pure."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from runcomfy_tui.text import clip, visible

MAX_WORDS = 500
"""Characters of the server's own words that are kept."""

_MILLISECONDS_FROM = 1e11  # as seconds this is the year 5138, as milliseconds 1973
_MICROSECONDS_FROM = 1e14
_NANOSECONDS_FROM = 1e17


def number(value: Any) -> float | None:
    """A finite number, also when it came as a string; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        read = float(value)
    except (ValueError, OverflowError):
        return None
    return read if math.isfinite(read) else None


def whole(value: Any) -> int | None:
    """A whole number of at least 0, also when it came as a string or as `3.0`."""
    read = number(value)
    return int(read) if read is not None and read >= 0 and read.is_integer() else None


def string(value: Any) -> str:
    """`value` when it is a string, else the empty string."""
    return value if isinstance(value, str) else ""


def moment(value: Any) -> float | None:
    """A point in time as epoch seconds.

    Read are ISO 8601 (without an offset it is UTC), HTTP dates, and epoch seconds, milli-, micro-
    or nanoseconds. Times at or before the epoch are how servers write "never": None.
    """
    at = number(value)
    if at is None:
        at = _date(value.strip()) if isinstance(value, str) else None
    elif at >= _NANOSECONDS_FROM:
        at /= 1e9
    elif at >= _MICROSECONDS_FROM:
        at /= 1e6
    elif at >= _MILLISECONDS_FROM:
        at /= 1e3
    return at if at is not None and at > 0 else None


def _date(text: str) -> float | None:
    for parse in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            read = parse(text)
            return (read if read.tzinfo else read.replace(tzinfo=UTC)).timestamp()
        except (ValueError, OverflowError, TypeError, IndexError):
            continue
    return None


def words(text: str, hide: str | None = None) -> str:
    """The server's words, safe to show and to keep: bounded, drawn literally, without `hide`.

    `hide` (the token) is taken out before the text is cut, so that no part of it stays behind.
    """
    if hide:
        text = text.replace(hide, "***")
    return clip(visible(text.strip()), MAX_WORDS)
