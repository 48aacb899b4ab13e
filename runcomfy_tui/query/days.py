"""Days as people name them: `2025-11-19`, `nov 19`, `yesterday`, `3d`, `monday`. Pure."""

from __future__ import annotations

import re
from datetime import date, timedelta

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_AGO = re.compile(r"(\d{1,4})\s*([dwm])(?:\s+ago)?")
_NUMBERS = re.compile(r"(?:(\d{4})-)?(\d{1,2})-(\d{1,2})")
_NAMED = re.compile(r"([a-z]{3,9})\.?\s+(\d{1,2})(?:,?\s+(\d{4}))?")
_NAMED_AFTER = re.compile(r"(\d{1,2})\.?\s+([a-z]{3,9})(?:,?\s+(\d{4}))?")


def day_of(text: str, today: date) -> date | None:
    """The day that `text` means, the last one that was not after `today`; None for no day."""
    text = " ".join(text.lower().split())
    if text in ("today", ""):
        return today if text else None
    if text == "yesterday":
        return today - timedelta(days=1)
    if match := _AGO.fullmatch(text):
        days = {"d": 1, "w": 7, "m": 30}[match[2]] * int(match[1])
        return today - timedelta(days=min(days, today.toordinal() - 1))
    if text[:3] in _WEEKDAYS and text.isalpha():
        return today - timedelta(days=(today.weekday() - _WEEKDAYS.index(text[:3])) % 7)
    if match := _NUMBERS.fullmatch(text):
        return _past(match[1], int(match[2]), int(match[3]), today)
    if (match := _NAMED.fullmatch(text)) and match[1][:3] in _MONTHS:
        return _past(match[3], _MONTHS.index(match[1][:3]) + 1, int(match[2]), today)
    if (match := _NAMED_AFTER.fullmatch(text)) and match[2][:3] in _MONTHS:
        return _past(match[3], _MONTHS.index(match[2][:3]) + 1, int(match[1]), today)
    return None


def _past(year: str | None, month: int, day: int, today: date) -> date | None:
    try:
        if year is not None:
            return date(int(year), month, day)
        this_year = date(today.year, month, day)
        return this_year if this_year <= today else date(today.year - 1, month, day)
    except ValueError:
        return None
