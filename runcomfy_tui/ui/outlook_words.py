"""How an estimate reads. Pure: the same facts give the same words."""

from __future__ import annotations

from runcomfy_tui.jobs import Job, Status
from runcomfy_tui.typical import Outlook
from runcomfy_tui.ui import words

_SOON = 15 * words.MINUTE
"""Up to so much time ahead the seconds of an estimate are told."""


def outlook_text(job: Job, outlook: Outlook | None, now: float) -> str:
    """What the past says of a job that waits or runs: what is usual, and when it may be done.

    The time told is one of the clock, so that it stands while time passes.
    """
    if outlook is None:
        return ""
    usual = outlook.usual
    if outlook.is_stalled(now):
        times = int(outlook.times_usual(now))
        longer = f"{times}× longer" if times >= 2 else "longer"
        return f"{longer} than this model's usual {words.duration(usual.median)}"
    verb = "waits" if job.status is Status.IN_QUEUE else "takes"
    told = f"usually {verb} {_span(usual.low, usual.high)}"
    if outlook.ends_at is None or outlook.leaves_at <= now:
        return told
    return f"{told}, done about {_time(outlook)} (estimate)"


def seconds_until_outlook_changes(outlook: Outlook | None, now: float) -> float:
    """How long `outlook_text` surely says the same."""
    if outlook is None:
        return words.DAY
    if outlook.is_stalled(now):
        # The next whole number of times, and the day's end for who waits that long.
        usual = max(outlook.usual.median, 1.0)
        return min(words.DAY, usual - (now - outlook.since) % usual)
    moments = [outlook.stalls_at]
    if outlook.ends_at is not None and outlook.leaves_at > now:
        moments.append(outlook.leaves_at)
    return min(moments) - now


def _span(low: float, high: float) -> str:
    first, last = words.duration(low), words.duration(high)
    return first if first == last else f"{first}–{last}"


def _time(outlook: Outlook) -> str:
    assert outlook.ends_at is not None
    at = words.moment(outlook.ends_at).partition(" ")[2]
    return at if outlook.ends_at - outlook.since <= _SOON else at[:-3]
