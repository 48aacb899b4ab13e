"""Ledgers with a past: jobs old enough that a second that passes changes nothing about them."""

from __future__ import annotations

import time
from pathlib import Path

from runcomfy_tui.history.ledger import Ledger
from runcomfy_tui.jobs import Job, Status, new_job
from tests.terminal.dashboard import MODEL

HOUR = 3600.0


def finished(number: int) -> Job:
    """A job that ended an hour ago; the higher its number the newer."""
    made = time.time() - HOUR + number
    return new_job(MODEL, {"promptText": f"A paper boat, number {number}"}, now=made).but(
        status=Status.COMPLETED,
        request_id=f"past-{number}",
        submitted_at=made,
        started_at=made + 20,
        finished_at=made + 60,
        output={"video": f"https://playgrounds-storage-public.runcomfy.net/{number}.mp4"},
        cost=0.25,
    )


def running(request_id: str) -> Job:
    """A job that has been running for a minute and a half: its age tells whole minutes."""
    made = time.time() - 90
    return new_job(MODEL, {"promptText": "A crowd in the rain"}, now=made).but(
        status=Status.IN_PROGRESS, request_id=request_id, submitted_at=made, started_at=made
    )


def write(folder: Path, *jobs: Job) -> None:
    """Make a ledger of these jobs."""
    ledger = Ledger(folder)
    ledger.put(*jobs)
    ledger.close()
