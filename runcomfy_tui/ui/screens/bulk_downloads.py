"""Saving the files of many jobs: one question, and one word when all of them have come."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from textual.screen import Screen

from runcomfy_tui.engine.changes import DownloadPhase, DownloadState
from runcomfy_tui.engine.errors import EngineError
from runcomfy_tui.engine.thread import EngineThread
from runcomfy_tui.jobs import Job, Status
from runcomfy_tui.text import visible
from runcomfy_tui.ui.screens.bulk_actions import plan
from runcomfy_tui.ui.screens.confirm import ConfirmScreen, paragraphs
from runcomfy_tui.ui.widgets.chosen import Chosen
from runcomfy_tui.words import count_of


class BulkDownloads:
    """Starts downloads into `folder`, and listens to the engine until every one has ended.

    `done` is called when those of marked jobs have been started.
    """

    def __init__(
        self,
        screen: Screen[Any],
        engine: EngineThread,
        folder: Path,
        *,
        done: Callable[[], None],
    ) -> None:
        self._screen = screen
        self._engine = engine
        self._folder = folder
        self._done = done
        self._waited_for: set[tuple[str, str]] = set()
        self._ended: list[DownloadState] = []

    def ask(self, chosen: Chosen) -> None:
        """Ask once whether to save the files of many jobs; those of one in sight come at once."""
        planned = plan(chosen.jobs, lambda job: bool(job.outputs), _why_no_file)
        files = [(job.id, output.url) for job in planned.jobs for output in job.outputs]
        if not files:
            words = f"There is no file to save. {planned.left_out_words}"
            self._screen.notify(visible(words), severity="warning", markup=False)
            return
        if len(chosen.jobs) == 1 and not chosen.hidden:
            self._start(chosen.jobs, files)
            return

        def answered(yes: bool | None) -> None:
            if yes:
                self._start(planned.jobs, files)
                self._done()

        self._screen.app.push_screen(
            ConfirmScreen(
                f"Save {count_of(len(files), 'file')} of {count_of(len(planned.jobs), 'job')}?",
                paragraphs(
                    chosen.hidden_words(planned.jobs),
                    f"Into {self._folder}, a few at a time; no file there is overwritten.",
                    planned.left_out_words,
                ),
                yes=f"save {len(files):,}",
                no="not now",
            ),
            answered,
        )

    def take_in(self, states: Iterable[DownloadState]) -> None:
        """Hear how downloads go; tell what became of ours when the last one has ended."""
        for state in states:
            key = state.job_id, state.url
            if key in self._waited_for and not state.phase.is_under_way:
                self._waited_for.discard(key)
                self._ended.append(state)
        self._tell_outcome()

    def _tell_outcome(self) -> None:
        if self._ended and not self._waited_for:
            ended, self._ended = self._ended, []
            self._screen.notify(
                visible(outcome_words(ended, self._folder)),
                severity="information" if all(each.file for each in ended) else "warning",
                timeout=15,
                markup=False,
            )

    def _start(self, jobs: Sequence[Job], files: Sequence[tuple[str, str]]) -> None:
        # From now on: the first may have ended before it is known which of them are missing.
        self._waited_for.update(files)
        self._screen.run_worker(self._start_missing(jobs, set(files)))

    async def _start_missing(self, jobs: Sequence[Job], files: set[tuple[str, str]]) -> None:
        job_ids = [job.id for job in jobs]
        try:
            started = await self._engine.ask(
                lambda engine: engine.results.downloads.start_missing(*job_ids)
            )
        except EngineError as error:
            self._waited_for -= files
            self._screen.notify(visible(str(error)), severity="error", markup=False)
            return
        there = files - set(started)
        self._waited_for -= there
        words = [f"Saving {count_of(len(started), 'file')} into {self._folder}."] if started else []
        if there:
            words.append(f"{count_of(len(there), 'file')} saved before.")
        self._screen.notify(visible(" ".join(words)), markup=False)
        self._tell_outcome()


def _why_no_file(job: Job) -> str:
    is_completed = job.status is Status.COMPLETED
    return f"{job.status_word} without files" if is_completed else job.status_word


def outcome_words(ended: Sequence[DownloadState], folder: Path) -> str:
    """What became of downloads: how many are saved, and why the others are not."""
    saved = sum(bool(each.file) for each in ended)
    told = [f"{count_of(saved, 'file')} saved in {folder}."] if saved else []
    hosts = {each.words for each in ended if each.phase is DownloadPhase.ASKING}
    if hosts:
        count = sum(each.phase is DownloadPhase.ASKING for each in ended)
        told.append(
            f"{count_of(count, 'file lies', 'files lie')} at {', '.join(sorted(hosts))}, "
            "which is not RunComfy's: open the job, and d asks."
        )
    failed = [each for each in ended if each.phase is DownloadPhase.FAILED]
    if failed:
        told.append(f"{count_of(len(failed), 'file')} could not be saved. {failed[0].words}")
    if stopped := sum(each.phase is DownloadPhase.STOPPED for each in ended):
        told.append(f"{count_of(stopped, 'file')} stopped.")
    return " ".join(told)
