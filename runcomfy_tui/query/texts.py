"""What plain words look at in a job, and in a hundred thousand of them at once. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from runcomfy_tui.jobs import Job
from runcomfy_tui.prompts import prompt_of
from runcomfy_tui.query.fields import fold

_PARTED = "\x1f"
_RARE = 4  # a word that fewer than one line in so many holds


def searched_text(job: Job) -> str:
    """What plain words look at, but for the model and the id, folded and on one line."""
    own = f"{job.request_id or ''}{_PARTED}{job.status_word}{_PARTED}{prompt_of(job.inputs)}"
    if job.label or job.note:
        own = f"{own}{_PARTED}{job.label}{_PARTED}{job.note}"
    return fold(own)


class SearchTexts:
    """What plain words look at in many jobs, joined by the hundreds so that it is quickly searched.

    It weighs as much as the prompts do, a byte for each of UTF-8.
    """

    def __init__(self) -> None:
        self.models: set[str | None] = set()
        self._parts: list[tuple[list[str], str]] = []
        self._changed: dict[str, str] = {}

    def add(self, jobs: Collection[Job]) -> None:
        """Take in a few hundred jobs, each for the first time."""
        self.models.update(job.model_id for job in jobs)
        texts = [_bytewise(searched_text(job)) for job in jobs]
        self._parts.append(([job.id for job in jobs], "\n".join(texts)))

    def change(self, jobs: Iterable[Job]) -> None:
        """Take in jobs that are new, or differ from what is known of them."""
        for job in jobs:
            self.models.add(job.model_id)
            self._changed[job.id] = _bytewise(searched_text(job))

    def holding(self, *words: str) -> set[str]:
        """The ids of the jobs whose text holds all of these folded words."""
        sought = [_bytewise(word) for word in words]
        found: set[str] = set()
        for ids, joined in self._parts:
            found.update(_ids_holding(sought, ids, joined))
        found -= self._changed.keys()
        for job_id, text in self._changed.items():
            if all(word in text for word in sought):
                found.add(job_id)
        return found


def _ids_holding(words: list[str], ids: list[str], joined: str) -> Iterable[str]:
    """Those of `ids` whose line of `joined` holds all the words."""
    counts = [joined.count(word) for word in words]
    if not min(counts):
        return ()
    if len(words) == 1 and counts[0] * _RARE < len(ids):
        return (ids[line] for line in _lines_holding(words[0], joined))
    *others, last = words
    lines: Iterable[tuple[str, str]] = zip(ids, joined.split("\n"), strict=True)
    for word in others:
        lines = [line for line in lines if word in line[1]]
    return [job_id for job_id, text in lines if last in text]


def _lines_holding(word: str, joined: str) -> Iterator[int]:
    """The numbers of the lines that hold a word, without cutting the others out."""
    line = end = 0
    while (at := joined.find(word, end)) >= 0:
        line += joined.count("\n", end, at)
        yield line
        end = joined.find("\n", at)
        if end < 0:
            return


def _bytewise(text: str) -> str:
    """`text` with a character for each byte of its UTF-8.

    Python keeps such a text in a byte a character, and searches it quicker than it does bytes.
    """
    return text if text.isascii() else text.encode("utf-8", "surrogatepass").decode("latin-1")
