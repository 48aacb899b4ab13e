"""What plain words look at in a job, and in a hundred thousand of them at once. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import compress, count
from operator import is_not

from runcomfy_tui.jobs import Job
from runcomfy_tui.prompts import prompt_of
from runcomfy_tui.query.fields import fold

_PARTED = "\x1f"
_FEW = 10_000
"""Of so many jobs the texts are quickly found."""


def searched_text(job: Job) -> str:
    """What plain words look at, folded and on one line."""
    prompt = prompt_of(job.inputs)
    parts = (job.id, job.request_id or "", job.status_word, job.model_id or "", prompt)
    return _PARTED.join(map(fold, (*parts, job.label, job.note)))


@dataclass(frozen=True, slots=True)
class Part:
    """Some jobs and, once they were searched, their texts in a row beside them."""

    jobs: list[Job]
    row: list[str] | None = None

    def only(self, kept: Sequence[bool], row: list[str] | None) -> Part:
        """Those for which `kept` is true; `row` are the texts of all, if they are known by now."""
        return Part(
            list(compress(self.jobs, kept)),
            None if row is None else list(compress(row, kept)),
        )


class SearchTexts:
    """What plain words look at in many jobs, made once so that a key searches and folds nothing.

    It weighs little more than the prompts do, a byte for each of UTF-8.
    """

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}
        self._row_of: list[Job] = []
        self._row: list[str] = []

    def add(self, jobs: Iterable[Job]) -> None:
        """Take in jobs that are new, or differ from what is known of them."""
        for job in jobs:
            self._texts[job.id] = bytewise(searched_text(job))

    def row(self, jobs: list[Job]) -> list[str]:
        """The texts of jobs, all of which are known, side by side.

        To come to a job's text takes longer than to search it, so those of many jobs are kept for
        the next key, which searches the same list, or one in which a few jobs have changed.
        """
        if jobs is self._row_of:
            return self._row
        texts = self._texts
        if len(jobs) == len(self._row_of):
            row = self._row.copy()
            for place in compress(count(), map(is_not, jobs, self._row_of)):
                row[place] = texts[jobs[place].id]
        else:
            row = [texts[job.id] for job in jobs]
        if len(jobs) > _FEW:
            self._row_of, self._row = jobs, row
        return row


def bytewise(text: str) -> str:
    """`text` with a character for each byte of its UTF-8.

    Python keeps such a text in a byte a character, and searches it quicker than it does bytes.
    """
    return text if text.isascii() else text.encode("utf-8", "surrogatepass").decode("latin-1")
