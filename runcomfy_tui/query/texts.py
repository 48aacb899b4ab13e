"""What plain words look at in a job, and in a hundred thousand of them at once. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from runcomfy_tui.jobs import Job
from runcomfy_tui.prompts import prompt_of
from runcomfy_tui.query.fields import fold

_PARTED = "\x1f"


def searched_text(job: Job) -> str:
    """What plain words look at, but for the model and the id, folded and on one line."""
    own = f"{job.request_id or ''}{_PARTED}{job.status_word}{_PARTED}{prompt_of(job.inputs)}"
    if job.label or job.note:
        own = f"{own}{_PARTED}{job.label}{_PARTED}{job.note}"
    return fold(own)


class SearchTexts:
    """What plain words look at in many jobs, made once so that a key searches and folds nothing.

    It weighs as much as the prompts do, a byte for each of UTF-8.
    """

    def __init__(self) -> None:
        self.models: set[str | None] = set()
        self._texts: dict[str, str] = {}

    def add(self, jobs: Iterable[Job]) -> None:
        """Take in jobs that are new, or differ from what is known of them."""
        for job in jobs:
            self.models.add(job.model_id)
            self._texts[job.id] = _bytewise(searched_text(job))

    def holding(self, words: Sequence[str], jobs: list[Job]) -> list[Job]:
        """Those of `jobs`, all of which are known, whose text holds these folded words.

        To come to a text takes longer than to search it: two words are looked for at once.
        """
        texts, sought = self._texts, [_bytewise(word) for word in words]
        while len(sought) > 1:
            one, other = sought.pop(), sought.pop()
            jobs = [job for job in jobs if one in (text := texts[job.id]) and other in text]
        for word in sought:
            jobs = [job for job in jobs if word in texts[job.id]]
        return jobs

    def holding_or(
        self, word: str, models: set[str | None], jobs: list[Job], *, holds: bool = True
    ) -> list[Job]:
        """The same, also by their id and by `models`; with `holds` False all the others."""
        texts, sought = self._texts, _bytewise(word)
        return [
            job
            for job in jobs
            if (sought in texts[job.id] or job.model_id in models or word in job.id) is holds
        ]


def _bytewise(text: str) -> str:
    """`text` with a character for each byte of its UTF-8.

    Python keeps such a text in a byte a character, and searches it quicker than it does bytes.
    """
    return text if text.isascii() else text.encode("utf-8", "surrogatepass").decode("latin-1")
