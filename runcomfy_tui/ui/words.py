"""How models and states read, and how a text is laid out. Pure: the same facts, the same words.

Times, money and sizes come from `runcomfy_tui.words`, so that the commands say them alike.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from rich import get_console
from rich.cells import cell_len, set_cell_size
from rich.text import Text

from runcomfy_tui.jobs import MAY_EXIST, Job, ModelEntry, Status
from runcomfy_tui.prompts import prompt_of as prompt_of
from runcomfy_tui.text import visible
from runcomfy_tui.words import DAY as DAY
from runcomfy_tui.words import MINUTE as MINUTE
from runcomfy_tui.words import age as age
from runcomfy_tui.words import clock as clock
from runcomfy_tui.words import duration as duration
from runcomfy_tui.words import elapsed as elapsed
from runcomfy_tui.words import moment as moment
from runcomfy_tui.words import money as money
from runcomfy_tui.words import seconds_until_elapsed_changes as seconds_until_elapsed_changes
from runcomfy_tui.words import seconds_until_tomorrow as seconds_until_tomorrow
from runcomfy_tui.words import size as size

SHAPES: Mapping[Status, str] = {
    Status.SUBMITTING: "…",
    Status.UNCONFIRMED: "?",
    Status.REJECTED: "!",
    Status.IN_QUEUE: "○",
    Status.IN_PROGRESS: "◐",
    Status.COMPLETED: "●",
    Status.FAILED: "✗",
    Status.CANCELLED: "–",
    Status.NOT_FOUND: "∅",
    Status.UNKNOWN: "·",
}
"""One cell each, so that a state can be told without its colour."""

MEANINGS: Mapping[Status, str] = {
    Status.UNCONFIRMED: (
        "It may exist and may be charged. If RunComfy's website shows it, attach its request_id"
        " in the table (a); if not, submit again (r) or drop it (d)."
    ),
    Status.REJECTED: (
        "This submit came to nothing: nothing was created, nothing is charged."
        " Once its reason is gone, bring the inputs back in the table (r) and submit again."
    ),
    Status.FAILED: (
        "RunComfy took the job and could not finish it. If it was charged, the cost says so."
    ),
    Status.NOT_FOUND: (
        "RunComfy does not know this request_id: it was deleted, has expired or belongs to another"
        " account. It is asked about no more."
    ),
    Status.UNKNOWN: "A status this version does not know. The job is still polled, slowly.",
}
"""What a state that needs explaining means for the job and the money, and what to do."""

_INPUTS_KEPT: Mapping[Status, str] = {
    Status.FAILED: " In the table, r brings its inputs back.",
    Status.NOT_FOUND: " Its inputs are kept: in the table, r brings them back.",
}
_WHEN_LOST = "In the table, a attaches its request_id, r brings the inputs back, d drops it."
_NOT_HEARD_YET = "RunComfy has not said yet how this job stands; it is asked."


def meaning(job: Job) -> str | None:
    """What the job's state means and what to do, where that needs explaining."""
    if job.status is Status.UNKNOWN and job.server_word is None:
        return _NOT_HEARD_YET
    told = MEANINGS.get(job.status)
    if told is None:
        return None
    is_lost = job.status is Status.UNCONFIRMED
    if is_lost and job.failure is not None and MAY_EXIST in job.failure.message:
        return _WHEN_LOST
    return told if job.adopted else told + _INPUTS_KEPT.get(job.status, "")


def shape(status: Status) -> str:
    """The one-cell sign of a status."""
    return SHAPES[status]


def unit_price(entry: ModelEntry) -> str:
    """`$0.05/second`, a model's base price; empty where the catalog names none."""
    if entry.base_price_usd is None:
        return ""
    unit = f"/{entry.price_unit}" if entry.price_unit else ""
    return visible(f"{money(entry.base_price_usd)}{unit}")


def cost_beside_estimate(job: Job) -> str:
    """`$0.25 (est. $0.24)`; what it is likely to cost while the cost is not told."""
    if job.estimate is None:
        return money(job.cost)
    if job.cost is None:
        never_charged = job.status in (Status.REJECTED, Status.CANCELLED)
        return "" if never_charged else f"est. {money(job.estimate)}"
    return f"{money(job.cost)} (est. {money(job.estimate)})"


_TASK = re.compile(r"(?<![a-z0-9])(image|text|video|audio)-to-(image|text|video|audio)(?![a-z0-9])")


def short_model(model_id: str | None) -> str:
    """A model without its vendor, its task abbreviated: `runway-gen-4/turbo/i2v`."""
    if model_id is None:
        return ""
    _vendor, slash, rest = model_id.partition("/")
    return _TASK.sub(lambda task: f"{task[1][0]}2{task[2][0]}", rest if slash else model_id)


def queue_place(position: int | None, trend: str = "") -> str:
    """A place in the queue, with the way it moved: `#3↓`; empty when the server told none."""
    return "" if position is None else f"#{position}{trend}"


def state_sentence(job: Job, now: float) -> str:
    """Where the job stands and since when: `in_progress for 42s · queued 20s`."""
    parts = [job.status_word]
    if job.finished_at is not None:
        parts = [f"{job.status_word} {_at(job.finished_at, now)}".rstrip()]
        if job.status in (Status.COMPLETED, Status.FAILED):
            parts.append(f"took {duration(job.duration)}")
    elif job.status is Status.IN_QUEUE:
        place = queue_place(job.queue_position)
        waiting = elapsed(job.state_since, now)
        parts = [f"{job.status_word} {place}".rstrip(), f"waiting {waiting}"]
    elif not job.status.is_final:
        parts = [f"{job.status_word} for {elapsed(job.state_since, now)}"]
    if job.started_at is not None:
        parts.append(f"queued {duration(job.started_at - job.asked_at)}")
    return " · ".join(parts)


def seconds_until_sentence_changes(job: Job, now: float) -> float:
    """How long `state_sentence` surely says the same of a job that does not change."""
    if job.status.is_final:
        return seconds_until_tomorrow(now)
    return seconds_until_elapsed_changes(job.state_since, now)


def _at(then: float, now: float) -> str:
    text = clock(then, now)
    return f"at {text}" if ":" in text else f"on {text}" if text else ""


# Soft hyphens, variation selectors, skin tones and tags.
_UNSTEADY = re.compile(r"[\u00ad\u180e\ufe00-\ufe0f\U0001f3fb-\U0001f3ff\U000e0000-\U000e01ef]")


def steady(text: str) -> str:
    """`text` without what terminals disagree about, so that it is as wide as it is counted."""
    return _UNSTEADY.sub("", text)


def fit(text: str, width: int, *, right: bool = False) -> str:
    """`text` on exactly `width` cells: padded, or its end replaced by `…` when it is longer."""
    if width <= 0:
        return ""
    text = steady(text)
    missing = width - cell_len(text)
    if missing >= 0:
        return " " * missing + text if right else text + " " * missing
    return set_cell_size(text, width - 1) + "…"


def wrap(text: str, width: int) -> list[str]:
    """`text` on lines of at most `width` cells, broken between words where it can be."""
    lines = Text(steady(text)).wrap(get_console(), max(1, width), overflow="fold")
    return [line.plain.rstrip() for line in lines] or [""]
