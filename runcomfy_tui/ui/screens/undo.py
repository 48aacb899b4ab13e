"""What was done to jobs in this window and can be undone: words said of them, and forgetting."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from runcomfy_tui.engine.thread import EngineThread
from runcomfy_tui.jobs import Job
from runcomfy_tui.words import count_of

MOST: Final = 50
"""Steps that are remembered; the oldest gives way."""

_AS_NOUNS: Final = {"pinned": "pin", "archived": "archiving"}

Step = Callable[[], Coroutine[Any, Any, None]]


@dataclass(frozen=True, slots=True)
class Done:
    """Something that was done: in words for people, and how to undo it."""

    words: str
    undo: Step


class Undo:
    """The steps, last one first. What is at RunComfy can never be undone, so nothing of it is."""

    def __init__(self, engine: EngineThread) -> None:
        self._engine = engine
        self._steps: list[Done] = []

    def annotated(self, jobs: Sequence[Job], said: Mapping[str, Any]) -> None:
        """`jobs`, as they were, are being given these words."""
        before: dict[tuple[tuple[str, Any], ...], list[str]] = {}
        for job in jobs:
            words = tuple((name, getattr(job, name)) for name in said)
            before.setdefault(words, []).append(job.id)

        async def undo() -> None:
            for words, job_ids in before.items():
                await self._annotate(job_ids, dict(words))

        what = " and ".join(_AS_NOUNS.get(name, name) for name in said)
        self._remember(f"{what} of {count_of(len(jobs), 'job')}", undo)

    def forgot(self, jobs: Sequence[Job]) -> None:
        """`jobs`, as they were, were taken out of the ledger."""
        kept = tuple(jobs)

        async def undo() -> None:
            await self._engine.ask(lambda engine: engine.all_jobs.restore(*kept))

        self._remember(f"drop of {count_of(len(jobs), 'job')}", undo)

    def take(self) -> Done | None:
        """The last step, which is then remembered no longer."""
        return self._steps.pop() if self._steps else None

    def put_back(self, step: Done) -> None:
        """It could not be undone: it may be tried again."""
        self._steps.append(step)

    async def _annotate(self, job_ids: Sequence[str], words: dict[str, Any]) -> None:
        await self._engine.ask(lambda engine: engine.annotate(*job_ids, **words))

    def _remember(self, words: str, undo: Step) -> None:
        self._steps.append(Done(words, undo))
        del self._steps[:-MOST]
