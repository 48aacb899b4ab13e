"""One job in full: where it stands, what went wrong and what to do, its outputs and inputs."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from rich.cells import cell_len
from rich.segment import Segment
from textual.geometry import Size
from textual.reactive import reactive
from textual.strip import Strip

from runcomfy_tui.jobs import Failure, FieldProblem, Job, Status
from runcomfy_tui.text import clip, visible
from runcomfy_tui.typical import Outlook
from runcomfy_tui.ui import words
from runcomfy_tui.ui.outlook_words import outlook_text, seconds_until_outlook_changes
from runcomfy_tui.ui.widgets.canvas import Canvas, Clock

_LONGEST_VALUE = 4_000  # characters of one input or output; the result screen has them all
_LONGEST_DATA_URI = 60
_WIDEST_LABEL = 18
_NOTHING = "No job is selected."
_NO_REQUEST_ID = "no request_id"


Outlooks = Callable[[Job], Outlook | None]


@dataclass(frozen=True, slots=True)
class Passage:
    """A text to be wrapped, after its label if it has one; `tone` names a component class."""

    text: str
    tone: str = "text"
    label: str = ""


def passages(job: Job) -> Iterator[Passage]:
    """All there is to tell of a job but its state, which time changes. Blank ones part the rest."""
    yield from _own_words(job)
    yield from _trouble(job)
    yield from _outputs(job)
    if job.inputs:
        yield Passage("")
        for name, value in job.inputs.items():
            yield Passage(_shown(value), label=name)
    yield Passage("")
    yield Passage(_times(job), "label")


def _own_words(job: Job) -> Iterator[Passage]:
    """What its user says of it."""
    if job.label or job.rating is not None or job.pinned or job.archived:
        rating = "" if job.rating is None else f"rated {job.rating}/5"
        pinned = "★ pinned" if job.pinned else ""
        archived = "archived" if job.archived else ""
        told = " · ".join(part for part in (job.label, rating, pinned, archived) if part)
        yield Passage(told, "own", "label" if job.label else "yours")
    if job.note:
        yield Passage(job.note, "own", "note")


def _trouble(job: Job) -> Iterator[Passage]:
    meaning = words.meaning(job)
    if job.failure is None and meaning is None:
        return
    yield Passage("")
    if job.failure is not None:
        yield Passage(_in_full(job.failure), "failure")
        for problem in job.failure.problems:
            yield Passage(problem.message, "failure", _path(problem))
    if meaning is not None:
        yield Passage(meaning)


def _in_full(failure: Failure) -> str:
    is_told = failure.code is None or failure.code in failure.message
    return failure.message if is_told else f"{failure.message} (code {failure.code})"


def _path(problem: FieldProblem) -> str:
    return ".".join(str(step) for step in problem.path)


def _outputs(job: Job) -> Iterator[Passage]:
    if job.output is None:
        return
    yield Passage("")
    for output in job.outputs:
        yield Passage(output.url, "link", output.key or "output")
    if not job.outputs:
        yield Passage(_shown(job.output), label="output")


def _times(job: Job) -> str:
    told = (
        ("created", job.created_at),
        ("started", job.started_at),
        ("finished", job.finished_at),
    )
    parts = [f"{name} {words.moment(at)}" for name, at in told if at is not None]
    return " · ".join([*parts, "submitted elsewhere"] if job.adopted else parts)


def _shown(value: Any) -> str:
    if not isinstance(value, str):
        return clip(json.dumps(value, ensure_ascii=False, default=str), _LONGEST_VALUE)
    if value.startswith("data:"):
        return clip(value, _LONGEST_DATA_URI)
    return clip(value, _LONGEST_VALUE) if value else '""'


_Line = tuple[tuple[str, str], ...]  # texts, each with its tone, side by side


def _lines(parts: Iterable[Passage], width: int) -> list[_Line]:
    """Passages on lines of at most `width` cells, their texts in one column after the labels."""
    told = [(visible(part.label), part) for part in parts]
    column = min(_WIDEST_LABEL, max((cell_len(label) for label, _ in told), default=0), width // 3)
    lines: list[_Line] = []
    for label, part in told:
        text = visible(part.text, keep_newlines=True)
        if not label:
            lines += [((line, part.tone),) for line in words.wrap(text, width)]
            continue
        for number, line in enumerate(words.wrap(text, width - column - 2)):
            beside = words.fit("" if number else label, column) + "  "
            lines.append(((beside, "label"), (line, part.tone)))
    return lines


class JobDetail(Canvas, can_focus=True):
    """Shows `job`; the same job again costs nothing, a small change only the lines it changes."""

    COMPONENT_CLASSES = {
        "job-detail--title",
        "job-detail--label",
        "job-detail--text",
        "job-detail--own",
        "job-detail--link",
        "job-detail--failure",
        *(f"job-detail--{status.value}" for status in Status),
    }

    job: reactive[Job | None] = reactive(None, repaint=False, init=False)
    """The job to show, None for none."""

    def __init__(
        self,
        *,
        id: str | None = None,  # noqa: A002 - Textual's name for it
        clock: Clock = time.time,
    ) -> None:
        super().__init__(id=id, clock=clock)
        self._told: tuple[Job, int, list[_Line]] | None = None
        self._outlook: Outlooks = lambda job: None
        self._confirmed: Mapping[str, float | None] = {}

    def expect(self, outlook: Outlooks) -> None:
        """Know what the past says of jobs that wait and run."""
        self._outlook = outlook

    def mark_stale(self, confirmed: Mapping[str, float | None]) -> None:
        """Know when old statuses were last confirmed (epoch seconds), by the ids of their jobs."""
        self._confirmed = confirmed
        self.paint()

    def watch_job(self, before: Job | None, job: Job | None) -> None:
        if (before and before.id) != (job and job.id):
            self.scroll_to(y=0, animate=False)
        self._measure()
        self.paint()

    def on_resize(self) -> None:
        self._measure()

    def _measure(self) -> None:
        if self.canvas_size:
            self.set_extent(len(self._all_lines(self.canvas_size.width, self._clock())))

    def seconds_until_change(self, now: float) -> float | None:
        if self.job is None:
            return None
        return min(
            words.seconds_until_sentence_changes(self.job, now),
            seconds_until_outlook_changes(self._outlook(self.job), now),
        )

    def draw(self, size: Size, now: float) -> list[Strip]:
        top = self.scroll_offset.y
        return [
            self._strip(line, size.width)
            for line in self._all_lines(size.width, now)[top : top + size.height]
        ]

    def _all_lines(self, width: int, now: float) -> list[_Line]:
        job = self.job
        if job is None:
            return [((words.fit(_NOTHING, width), "label"),)]
        if self._told is None or self._told[0] is not job or self._told[1] != width:
            self._told = (job, width, _lines(passages(job), width))
        heading = visible(job.request_id or _NO_REQUEST_ID)
        return [
            ((words.fit(heading, width), "title"),),
            ((words.fit(visible(job.model_id or "model not known"), width), "label"),),
            *(((line, job.status.value),) for line in words.wrap(self._state(job, now), width)),
            *self._told[2],
        ]

    def _state(self, job: Job, now: float) -> str:
        parts = [
            f"{words.shape(job.status)} {words.state_sentence(job, now)}",
            words.cost_beside_estimate(job),
            outlook_text(job, self._outlook(job), now),
            self._staleness(job, now),
        ]
        return visible(" · ".join(part for part in parts if part))

    def _staleness(self, job: Job, now: float) -> str:
        if job.id not in self._confirmed:
            return ""
        at = self._confirmed[job.id]
        return "not confirmed yet" if at is None else f"as of {words.clock(at, now)}"

    def _strip(self, line: _Line, width: int) -> Strip:
        segments = [Segment(text, self.colour(f"job-detail--{tone}")) for text, tone in line]
        missing = width - sum(segment.cell_length for segment in segments)
        if missing > 0:
            segments.append(Segment(" " * missing, self.rich_style))
        return Strip(segments).crop(0, width)
