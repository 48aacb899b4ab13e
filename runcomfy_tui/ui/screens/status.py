"""The engine's facts and the jobs, summed up for the line at the top. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from runcomfy_tui.engine.changes import Facts, Link
from runcomfy_tui.jobs import Status
from runcomfy_tui.ui import words
from runcomfy_tui.ui.widgets.status_line import StatusFacts

_NOT_ASKING = (Link.NO_TOKEN, Link.REFUSED, Link.OFFLINE)
"""How things stand while the jobs are not polled at their pace, if at all."""


def status_facts(
    facts: Facts, counts: Mapping[Status, int], where: str, now: float, token_key: str
) -> StatusFacts:
    """What the status line tells; of several troubles the one that needs the user most."""
    return StatusFacts(
        where=where,
        balance_usd=facts.balance.usd if facts.balance else None,
        running=counts.get(Status.IN_PROGRESS, 0),
        queued=counts.get(Status.IN_QUEUE, 0),
        unconfirmed=counts.get(Status.UNCONFIRMED, 0),
        pace=facts.pace if facts.is_watching and facts.link not in _NOT_ASKING else None,
        watcher="" if facts.is_watching else facts.watcher or "another window",
        trouble=_trouble(facts, now, token_key),
    )


def _trouble(facts: Facts, now: float, token_key: str) -> str | None:
    since = words.clock(facts.since, now) if facts.since is not None else ""
    match facts.link:
        case Link.NO_TOKEN:
            return f"no token: {token_key} enters one"
        case Link.REFUSED:
            return f"token refused: {token_key} enters another"
        case Link.OFFLINE:
            return f"offline since {since}, trying again"
        case Link.THROTTLED:
            return "rate limited, polling slowed"
        case _:
            pass
    return facts.troubles[0] if facts.troubles else None
