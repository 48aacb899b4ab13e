"""One query after the other over the same jobs, as a filter is typed letter by letter."""

from __future__ import annotations

from runcomfy_tui.jobs import Job
from runcomfy_tui.query.language import Query, Term
from runcomfy_tui.query.texts import Part, SearchTexts


class Sieve:
    """Sifts only what the last query left, as far as the next one asks for the same and more.

    It holds on to the jobs that each term has left.
    """

    def __init__(self) -> None:
        self._whole = Part([])
        self._texts: SearchTexts | None = None
        self._steps: list[tuple[Term, Part]] = []

    def sift(self, query: Query, jobs: list[Job], now: float, texts: SearchTexts) -> list[Job]:
        """The same as `Query.sift`. Jobs that changed must come in another list."""
        if jobs is not self._whole.jobs or texts is not self._texts:
            self._whole, self._texts, self._steps = Part(jobs), texts, []
        same = 0
        for (done, _), term in zip(self._steps, query.terms, strict=False):
            if not term.is_same(done):
                break
            same += 1
        part = self._steps[same - 1][1] if same else self._whole
        terms = query.terms[same:]
        if terms and same < len(self._steps):
            done, left = self._steps[same]
            part = left if terms[0].narrows(done) else part
        del self._steps[same:]
        for term in terms:
            part = term.sift(part, now, texts)
            self._steps.append((term, part))
        return part.jobs
