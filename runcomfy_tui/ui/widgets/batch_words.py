"""How far a batch is, in words. Pure."""

from __future__ import annotations

from runcomfy_tui.batch import BatchState, Progress
from runcomfy_tui.jobs import Status
from runcomfy_tui.text import visible
from runcomfy_tui.ui.words import steady
from runcomfy_tui.words import count_of

_ENDED = (Status.COMPLETED, Status.FAILED, Status.CANCELLED, Status.NOT_FOUND)


def brief(progress: Progress) -> str:
    """One line for a batch that is not over, what changes most at its left.

    `12/50 sent · 3 running · 5 queued · 1 unknown · boats`
    """
    parts = [f"{progress.sent}/{progress.batch.count} sent"]
    if progress.batch.state is BatchState.PAUSED:
        parts[0] += ", paused"
        if progress.batch.words:
            parts.append(steady(visible(progress.batch.words)))
    parts += _told(progress, ((Status.IN_PROGRESS, "running"), (Status.IN_QUEUE, "queued")))
    parts += _troubles(progress)
    return " · ".join([*parts, steady(visible(progress.batch.label)) or "sweep"])


def counts(progress: Progress) -> str:
    """What became of all its items: `50 jobs · 12 sent · 1 unknown · 2 refused · 35 left`."""
    batch = progress.batch
    left = "dropped" if batch.state is BatchState.DROPPED else "left, not sent"
    parts = [count_of(batch.count, "job"), f"{progress.sent} sent"]
    parts += _troubles(progress)
    if on_its_way := progress.statuses.get(Status.SUBMITTING, 0):
        parts.append(f"{on_its_way} on the way")
    known = progress.sent + progress.unknown + progress.refused + on_its_way
    if (gone := batch.count - batch.left - known) > 0:
        parts.append(f"{gone} no longer in the ledger")
    if batch.left:
        parts.append(f"{batch.left} {left}")
    return " · ".join(parts)


def fates(progress: Progress) -> str:
    """How the jobs that were sent stand: `3 running · 5 queued · 4 completed`."""
    told = (
        (Status.IN_PROGRESS, "running"),
        (Status.IN_QUEUE, "queued"),
        *((status, status.value) for status in _ENDED),
    )
    return " · ".join(_told(progress, told))


def state_words(progress: Progress) -> str:
    """Whether it goes on, and if not why: `paused: the balance is not enough`."""
    batch = progress.batch
    match batch.state:
        case BatchState.RUNNING:
            return "being sent"
        case BatchState.PAUSED:
            return f"paused: {visible(batch.words)}" if batch.words else "paused"
        case BatchState.DROPPED:
            return "dropped"
        case BatchState.DONE:
            return "all sent" if not progress.unfinished else "all sent, not all ended"


def _troubles(progress: Progress) -> list[str]:
    told = ((Status.UNCONFIRMED, "unknown"), (Status.REJECTED, "refused"))
    return _told(progress, told)


def _told(progress: Progress, told: tuple[tuple[Status, str], ...]) -> list[str]:
    found = ((progress.statuses.get(status, 0), word) for status, word in told)
    return [f"{count} {word}" for count, word in found if count]
