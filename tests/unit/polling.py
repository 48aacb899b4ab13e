"""Jobs, trackers, and a server that answers every poll at once, in the tracker's own time."""

from __future__ import annotations

from random import Random

from runcomfy_tui.engine.gate import Pace
from runcomfy_tui.engine.tracker import Tracker
from runcomfy_tui.jobs import Job, Status


def job(name: str, status: Status = Status.IN_QUEUE, **changes: object) -> Job:
    return Job(name, "a/b", {}, status, 0.0, request_id=f"req-{name}").but(**changes)


def tracker(polls_per_second: float = 1000.0, connections: int = 8) -> Tracker:
    return Tracker(Pace(polls_per_second, connections), Random(1))


class Run:
    """Plays the server in the tracker's own time: every poll is answered at once, unchanged."""

    def __init__(self, tracker: Tracker, *jobs: Job) -> None:
        self.tracker = tracker
        self.jobs = {job.id: job for job in jobs}
        self.asked: list[tuple[float, str]] = []
        for each in jobs:
            tracker.watch(each, 0.0)

    def until(self, end: float, now: float = 0.0) -> Run:
        while True:
            for job_id in self.tracker.due(now):
                self.asked.append((now, job_id))
                self.tracker.answered(self.jobs[job_id], now)
            wait = self.tracker.next_wakeup(now)
            if wait is None or now + wait > end:
                return self
            now += max(wait, 1e-4)

    def times(self, job_id: str) -> list[float]:
        return [at for at, name in self.asked if name == job_id]
