"""What can be done with many jobs at once: one question that says what, and to how many."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from textual.screen import Screen

from runcomfy_tui.engine.cancelling import CancelTally
from runcomfy_tui.engine.errors import EngineError
from runcomfy_tui.engine.thread import EngineThread
from runcomfy_tui.job_json import job_as_json
from runcomfy_tui.jobs import CancelOutcome, Job, Status
from runcomfy_tui.ui.screens.asking_text import TextScreen
from runcomfy_tui.ui.screens.confirm import ConfirmScreen, paragraphs
from runcomfy_tui.ui.screens.copying import Copyable, CopyScreen
from runcomfy_tui.ui.screens.helper import ScreenHelper
from runcomfy_tui.ui.screens.job_actions import JobActions
from runcomfy_tui.ui.screens.rating import NO_RATING, RatingScreen
from runcomfy_tui.ui.screens.undo import Undo
from runcomfy_tui.ui.widgets.chosen import Chosen
from runcomfy_tui.words import count_of

LONGEST_LABEL = 80
LONGEST_NOTE = 2000
MOST_COPIED = 1000
"""Jobs whose JSON is offered for copying: more than that is what exports are for."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Which of the chosen jobs an action takes, and how many it leaves out, by reason."""

    jobs: tuple[Job, ...]
    left_out: tuple[tuple[str, int], ...] = ()

    @property
    def left_out_words(self) -> str:
        """`Left out: 2 are completed, 1 is in_progress.`, or nothing."""
        if not self.left_out:
            return ""
        told = (count_of(count, f"is {why}", f"are {why}") for why, count in self.left_out)
        return f"Left out: {', '.join(told)}."


def status_of(job: Job) -> str:
    """Why an action that asks for another status leaves a job out."""
    return job.status_word


def plan(
    jobs: Sequence[Job],
    is_fit: Callable[[Job], bool],
    why_not: Callable[[Job], str] = status_of,
) -> Plan:
    """Part the jobs an action can take from those it cannot; of these `why_not` tells each."""
    left_out = Counter(why_not(job) for job in jobs if not is_fit(job))
    return Plan(tuple(job for job in jobs if is_fit(job)), tuple(left_out.most_common()))


class BulkActions(ScreenHelper):
    """Acts on the jobs that were chosen when the key was pressed, whatever the table does then.

    One job is `single`'s affair, where that has a better question. `done` is called when an action
    on marked jobs is over, so that their marks can go. `failed` hears what the engine could not do.
    """

    def __init__(
        self,
        screen: Screen[Any],
        engine: EngineThread,
        single: JobActions,
        undo: Undo,
        *,
        done: Callable[[], None],
        failed: Callable[[EngineError], None],
    ) -> None:
        super().__init__(screen, failed=failed)
        self._engine = engine
        self._single = single
        self._undo = undo
        self._done = done

    def cancel(self, chosen: Chosen) -> None:
        """Ask once, then cancel those that still queue."""
        if len(chosen.jobs) == 1:
            self._single.cancel(chosen.jobs[0], chosen.name)
            return
        planned = plan(chosen.jobs, lambda job: job.status is Status.IN_QUEUE)
        if not planned.jobs:
            self._warn(f"Only queued jobs can be cancelled. {planned.left_out_words}")
            return
        self._confirm(
            ConfirmScreen(
                f"Cancel {count_of(len(planned.jobs), 'job')}?",
                paragraphs(
                    chosen.hidden_words(planned.jobs),
                    "Each is cancelled only if it still waits; RunComfy's answer decides.",
                    planned.left_out_words,
                ),
                yes=f"cancel {len(planned.jobs):,}",
                no="keep them",
            ),
            lambda: self._cancel([job.id for job in planned.jobs]),
        )

    async def _cancel(self, job_ids: Sequence[str]) -> None:
        tally = await self._engine.ask(lambda engine: engine.cancel_many(*job_ids))
        self._screen.notify(cancel_words(tally), markup=False)
        if tally.error is not None:
            raise tally.error  # the marks stay: what still queues can be cancelled once more
        self._done()

    def drop(self, chosen: Chosen) -> None:
        """Ask once, then take the jobs out of the ledger."""
        jobs = chosen.jobs
        if len(jobs) == 1:
            self._single.drop(jobs[0], chosen.name)
            return
        self._confirm(
            ConfirmScreen(
                f"Drop {chosen.name} from the ledger?",
                paragraphs(chosen.hidden_words(), _meaning_of_drop(jobs)),
                yes=f"drop {len(jobs):,}",
                no="keep them",
            ),
            lambda: self._drop(jobs),
        )

    async def _drop(self, jobs: Sequence[Job]) -> None:
        job_ids = [job.id for job in jobs]
        await self._engine.ask(lambda engine: engine.forget(*job_ids))
        self._undo.forgot(jobs)
        self._screen.notify(f"{count_of(len(job_ids), 'job')} dropped.", markup=False)
        self._done()

    def copy(self, jobs: Sequence[Job]) -> None:
        """Copy the request_ids, and offer the other forms."""
        if len(jobs) == 1:
            self._single.copy(jobs[0])
        elif things := copyables_of_many(jobs):
            self._screen.app.push_screen(CopyScreen(things))

    # What the user says of jobs

    def label(self, chosen: Chosen, known: Sequence[str]) -> None:
        """Ask for a label; of the `known` ones the one that is meant is offered."""
        jobs = chosen.jobs
        self._ask(
            TextScreen(
                f"Label {chosen.name}",
                paragraphs(chosen.hidden_words(), "Leave it empty to take the label away."),
                text=_common([job.label for job in jobs]),
                longest=LONGEST_LABEL,
                known=known,
            ),
            lambda label: self._annotate(jobs, label=label),
        )

    def note(self, chosen: Chosen) -> None:
        """Ask for a note."""
        jobs = chosen.jobs
        self._ask(
            TextScreen(
                f"Note for {chosen.name}",
                paragraphs(chosen.hidden_words(), "Leave it empty to take the note away."),
                text=_common([job.note for job in jobs]),
                longest=LONGEST_NOTE,
            ),
            lambda note: self._annotate(jobs, note=note),
        )

    def rate(self, chosen: Chosen) -> None:
        """Ask for a rating."""
        jobs = chosen.jobs
        present = {job.rating for job in jobs}

        self._ask(
            RatingScreen(
                f"Rate {chosen.name}",
                chosen.hidden_words(),
                present=present.pop() if len(present) == 1 else None,
            ),
            lambda rating: self._annotate(jobs, rating=None if rating == NO_RATING else rating),
        )

    async def _annotate(self, jobs: Sequence[Job], **said: Any) -> None:
        job_ids = [job.id for job in jobs]
        await self._engine.ask(lambda engine: engine.annotate(*job_ids, **said))
        self._undo.annotated(jobs, said)


def cancel_words(tally: CancelTally) -> str:
    """`12 cancelled · 2 too late · 1 without an answer`."""
    counts = (
        (tally.outcomes.get(CancelOutcome.CANCELLED, 0), "cancelled"),
        (tally.outcomes.get(CancelOutcome.NOT_CANCELLABLE, 0), "too late"),
        (tally.outcomes.get(CancelOutcome.UNKNOWN, 0), "not clear"),
        (tally.unanswered, "without an answer"),
    )
    told = [f"{count:,} {words}" for count, words in counts if count]
    return " · ".join(told) or "nothing to cancel"


def copyables_of_many(jobs: Sequence[Job]) -> tuple[Copyable, ...]:
    """What there is to copy of several jobs, the likeliest first."""
    request_ids = [job.request_id for job in jobs if job.request_id]
    urls = [output.url for job in jobs for output in job.outputs]
    things = [
        Copyable(f"{len(texts):,} {name}", "\n".join(texts))
        for name, texts in (("request_ids", request_ids), ("output URLs", urls))
        if texts
    ]
    if len(jobs) <= MOST_COPIED:
        documents = [job_as_json(job) for job in jobs]
        text = json.dumps(documents, indent=2, ensure_ascii=False, default=str)
        things.append(Copyable(f"JSON of {count_of(len(jobs), 'job')}", text))
    return tuple(things)


def _common(texts: Sequence[str]) -> str:
    """The text that all have, to be changed; nothing when they differ."""
    return texts[0] if len(set(texts)) == 1 else ""


def _meaning_of_drop(jobs: Sequence[Job]) -> str:
    told = [
        "RunComfy has no list of requests: once their ids are forgotten, these jobs cannot be "
        "found again, here or anywhere. RunComfy is not told, and what they cost stays charged.",
        "U brings them back while this window is open; A archives them instead.",
    ]
    if going_on := sum(not job.status.is_final and job.request_id is not None for job in jobs):
        told.append(f"{count_of(going_on, 'of them has', 'of them have')} not ended.")
    if lost := sum(job.status is Status.UNCONFIRMED for job in jobs):
        told.append(f"{lost:,} of them may exist and may be charged: their answers were lost.")
    return "\n".join(told)
