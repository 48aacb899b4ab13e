"""Jobs for ledgers, and what is told apart on the disk."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from runcomfy_tui.history.ledger import Ledger
from runcomfy_tui.jobs import Job, Status, new_job


def live_job(number: int = 0, *, status: Status = Status.IN_QUEUE) -> Job:
    """A job with a request_id; its number stands in its prompt and its request_id."""
    job = new_job("runwayml/runway-aleph/video-to-video", {"promptText": f"number {number}"})
    return job.but(request_id=f"req-{number}", status=status)


def ended_job(number: int = 0) -> Job:
    return live_job(number, status=Status.COMPLETED).but(finished_at=2e9, output={"video": "v"})


def ended_ids(ledger: Ledger) -> list[str]:
    return [job.id for batch in ledger.load_ended() for job in batch]


def numbers(jobs: Iterable[Job]) -> list[int]:
    return [int((job.request_id or "").removeprefix("req-")) for job in jobs]


def stamps(folder: Path) -> dict[str, tuple[int, int]]:
    return {
        path.name: (path.stat().st_ino, path.stat().st_mtime_ns) for path in folder.rglob("*.json*")
    }
