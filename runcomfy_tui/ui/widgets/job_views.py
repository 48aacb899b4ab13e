"""The tabs of the job table: filters with names, how many jobs each keeps, what is typed. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from runcomfy_tui.jobs import Job, Status
from runcomfy_tui.query import Query, QueryError, SearchTexts, Sieve, in_sight, parse


@dataclass(frozen=True, slots=True)
class Tab:
    """A filter with a name. `statuses` are what a built-in one keeps; its user's own has none."""

    name: str
    text: str
    statuses: frozenset[Status] = frozenset()

    @property
    def is_own(self) -> bool:
        """Whether the user made it."""
        return not self.statuses and self not in (PINNED, ARCHIVED)


def _built_in(name: str, *statuses: Status) -> Tab:
    words = ",".join(status.value for status in statuses)
    return Tab(name, f"status:{words}", frozenset(statuses))


ALL = Tab("all", "", frozenset(Status))
BUILT_IN = (
    ALL,
    _built_in("running", Status.IN_PROGRESS, Status.IN_QUEUE, Status.SUBMITTING, Status.UNKNOWN),
    _built_in("done", Status.COMPLETED),
    _built_in("failed", Status.FAILED, Status.REJECTED, Status.NOT_FOUND),
    _built_in("unconfirmed", Status.UNCONFIRMED),
)


PINNED = Tab("pinned", "pinned:yes")
ARCHIVED = Tab("archived", "archived:yes")
"""Two that are there while there is such a job, behind all others."""

_NO_TEXTS = SearchTexts()


class JobViews:
    """Which tab is shown, what is typed on top of it, and how many jobs every tab keeps.

    Archived jobs are in their own tab alone, or where a filter asks for them.
    A tab's own words are searched for in `texts`, which must know all jobs by then.
    """

    def __init__(self) -> None:
        self.by_status: Counter[Status] = Counter()
        self.texts: SearchTexts | None = None
        self.typed = Query()
        self._own: list[Tab] = []
        self._pinned = 0
        self._archived = 0
        self._current = ALL
        self._counts: dict[str, int] = {}
        self._tests: dict[str, Callable[[Job], bool]] = {}
        self._sieve = Sieve()

    @property
    def tabs(self) -> Sequence[Tab]:
        """All tabs: the built-in ones, the user's own, what is pinned, what is archived."""
        special = [tab for tab in (PINNED, ARCHIVED) if self.count(tab) or tab == self._current]
        return [*BUILT_IN, *self._own, *special]

    @property
    def own(self) -> Sequence[Tab]:
        """The user's own tabs."""
        return self._own

    @property
    def current(self) -> Tab:
        """The tab that is shown."""
        return self._current

    def count(self, tab: Tab) -> int | None:
        """How many jobs a tab keeps; None while that is not known."""
        if tab == PINNED:
            return self._pinned
        if tab == ARCHIVED:
            return self._archived
        if tab.is_own:
            return self._counts.get(tab.name)
        return sum(self.by_status[status] for status in tab.statuses)

    # Choosing

    def show(self, tab: Tab) -> None:
        """Show this tab."""
        self._current = tab

    def show_name(self, name: str) -> None:
        """Show the tab of that name, or all jobs when there is none."""
        self._current = next((tab for tab in self.tabs if tab.name == name), ALL)

    def step(self, steps: int) -> Tab:
        """The tab that stands so many places further, round and round."""
        tabs = self.tabs
        at = tabs.index(self._current) if self._current in tabs else 0
        return tabs[(at + steps) % len(tabs)]

    def type(self, text: str) -> None:
        """Filter by what is typed. Raises `QueryError`, and then filters as before."""
        self.typed = parse(text)

    @property
    def present_text(self) -> str:
        """The filter in force, as it would be saved."""
        return " ".join(part for part in (self._current.text, self.typed.text) if part)

    def set_own(self, tabs: Iterable[Tab]) -> None:
        """Have these own tabs and no others."""
        before, self._own = self._own, list(tabs)
        for tab in before:
            if tab not in self._own:
                self._counts.pop(tab.name, None)
                self._tests.pop(tab.name, None)
        if self._current.is_own and self._current not in self._own:
            self.show_name(self._current.name)

    # What is kept

    @property
    def query(self) -> Query:
        """The tab and what is typed, together; less the archived jobs where there are any."""
        query = query_of(self._current) & self.typed
        return in_sight(query) if self._archived else query

    def keeper(self, now: float) -> Callable[[Job], bool] | None:
        """Says of one job whether it is shown; None when all are."""
        query = self.query
        return query.test(now) if query else None

    def sifter(self, now: float) -> Callable[[list[Job]], list[Job]] | None:
        """Says the same of many jobs at once."""
        query, texts = self.query, self.texts
        if query.has_words and texts is None:
            return None
        if not query:
            self._sieve = Sieve()  # what it holds is not needed any more
        sieve, known = self._sieve, texts or _NO_TEXTS
        return lambda jobs: sieve.sift(query, jobs, now, known)

    # Counting

    def replace(self, before: Sequence[Job], after: Sequence[Job]) -> None:
        """Jobs came, changed or went: as they were, and as they are now."""
        self.by_status.subtract([job.status for job in before if not job.archived])
        self.by_status.update([job.status for job in after if not job.archived])
        for job in before:
            self._note(job, -1)
        for job in after:
            self._note(job, 1)
        for name, test in self._tests.items():
            self._counts[name] += sum(map(test, after)) - sum(map(test, before))

    @property
    def hides_archived(self) -> bool:
        """Whether there is any archived job, for the other tabs to leave out."""
        return self._archived > 0

    def _note(self, job: Job, by: int) -> None:
        self._pinned += by if job.pinned and not job.archived else 0
        self._archived += by if job.archived else 0

    def uncounted(self, *, timed_too: bool = False) -> list[Tab]:
        """The own tabs whose count is not known, or may be outdated by time."""
        return [
            tab
            for tab in self._own
            if tab.name not in self._counts or (timed_too and query_of(tab).is_timed)
        ]

    def count_anew(self, tab: Tab, jobs: list[Job], now: float) -> None:
        """Count an own tab over all jobs; from then on its count follows what changes."""
        query = in_sight(query_of(tab))
        if self.texts is None and query.has_words:
            return
        self._counts[tab.name] = len(query.sift(jobs, now, self.texts or _NO_TEXTS))
        self._tests[tab.name] = query.test(now)


def query_of(tab: Tab) -> Query:
    """What a tab keeps; all, when its text was written by a version that knew more."""
    try:
        return parse(tab.text)
    except QueryError:
        return Query()
