"""The past, as the table's keys ask for it: days, groups, pins, the archive, export and import."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from textual.screen import Screen

from runcomfy_tui.engine.errors import EngineError
from runcomfy_tui.engine.thread import EngineThread
from runcomfy_tui.export_file import format_of, write_export
from runcomfy_tui.jobs import Job
from runcomfy_tui.query.days import day_of
from runcomfy_tui.settings import Settings
from runcomfy_tui.text import visible
from runcomfy_tui.ui.screens.asking_text import TextScreen
from runcomfy_tui.ui.screens.confirm import ConfirmScreen, paragraphs
from runcomfy_tui.ui.screens.export import Export, ExportScreen
from runcomfy_tui.ui.screens.groups import GroupsScreen
from runcomfy_tui.ui.screens.helper import ScreenHelper
from runcomfy_tui.ui.screens.patience import patiently
from runcomfy_tui.ui.screens.table_pane import TablePane
from runcomfy_tui.ui.screens.undo import Undo
from runcomfy_tui.ui.widgets.chosen import Chosen
from runcomfy_tui.words import count_of, local_time

MOST_BAD_LINES = 5
"""Bad lines of an import that are shown; the log has more."""


class HistoryActions(ScreenHelper):
    """Helper of JobsPane: days, pins, archive, undo, export and import."""

    def __init__(
        self,
        screen: Screen[Any],
        engine: EngineThread,
        settings: Settings,
        pane: TablePane,
        undo: Undo,
        *,
        failed: Callable[[EngineError], None],
    ) -> None:
        super().__init__(screen, failed=failed)
        self._engine = engine
        self._settings = settings
        self._pane = pane
        self._undo = undo
        self._last_export: Path | None = None

    # Finding

    def go_to_day(self) -> None:
        """Ask for a day, and put the cursor on its last job."""
        today = local_time(time.time()).date()

        def refuse(text: str) -> str | None:
            return None if day_of(text, today) else "That is not a day."

        def answered(text: str | None) -> None:
            day = day_of(text, today) if text else None
            if day is None:
                return
            job = self._pane.shown.go_to_day(day)
            if job is None:
                self._warn(f"No job that is shown was made on {day} or before.")
            elif local_time(job.created_at).date() != day:
                self._warn(f"No job that is shown was made on {day}; this is the one before.")

        self._screen.app.push_screen(
            TextScreen(
                "Go to the jobs of a day",
                "Such as 2025-11-19, 11-19, nov 19, monday, yesterday, 3d, 2w.",
                longest=40,
                refuse=refuse,
            ),
            answered,
        )

    def show_groups(self) -> None:
        """Show the groups of what is not archived, then the jobs of the one that is chosen."""

        def answered(chosen: str | None) -> None:
            if chosen:
                self._pane.shown.filter_by(chosen)

        jobs = [job for job in self._pane.table.jobs if not job.archived]
        self._screen.app.push_screen(GroupsScreen(jobs), answered)

    # Pins and the archive

    def pin(self, jobs: Sequence[Job]) -> None:
        """Pin jobs; when they all are, no longer."""
        pinned = not all(job.pinned for job in jobs)
        self._run(self._annotate(jobs, pinned=pinned))

    def archive(self, chosen: Chosen) -> None:
        """Ask, then put jobs out of sight; when they all are, bring them back."""
        jobs = chosen.jobs
        if all(job.archived for job in jobs):
            self._run(self._annotate(jobs, archived=False))
            return
        live = sum(not job.status.is_final for job in jobs)
        if live:
            of_these = count_of(live, "of these jobs has", "of these jobs have")
            those = "This job has" if len(jobs) == 1 else of_these
            self._warn(f"{those} not ended; only ended jobs can be archived.")
            return
        self._confirm(
            ConfirmScreen(
                f"Archive {chosen.name}?",
                paragraphs(
                    chosen.hidden_words(),
                    "Archived jobs stay in the ledger with all they have, and count in the costs. "
                    "Only the tab 'archived' and filters such as archived:yes show them. Nothing "
                    "is deleted here or at RunComfy; U undoes it.",
                ),
                yes="archive",
                no="leave it",
            ),
            lambda: self._annotate(jobs, archived=True),
        )

    def undo(self) -> None:
        """Undo the last step of this window."""
        step = self._undo.take()
        if step is None:
            self._warn("There is nothing to undo in this window.")
            return

        async def undo() -> None:
            try:
                await step.undo()
            except EngineError:
                self._undo.put_back(step)
                raise
            self._screen.notify(f"Undone: {step.words}.", markup=False)

        self._run(undo())

    async def _annotate(self, jobs: Sequence[Job], **said: Any) -> None:
        job_ids = [job.id for job in jobs]
        await self._engine.ask(lambda engine: engine.annotate(*job_ids, **said))
        self._undo.annotated(jobs, said)
        self._pane.table.action_unmark()

    # Out and in

    def export(self) -> None:
        """Ask which jobs and where to, and write them."""
        table = self._pane.table
        marked = table.chosen if table.marked_count else Chosen()
        hidden = f", {len(marked.hidden):,} of them not shown" if marked.hidden else ""
        choices = (
            (f"marked: {len(marked.jobs):,}{hidden}", marked.jobs),
            (f"shown: {table.row_count:,}", table.shown_jobs),
            (f"all: {table.job_count:,}", list(table.jobs)),
        )
        folder = self._last_export.parent if self._last_export else self._settings.download_dir
        suffix = self._last_export.suffix if self._last_export else ".jsonl"
        stamp = local_time(time.time()).strftime("%Y%m%d-%H%M%S")
        name = f"runcomfy-jobs-{stamp}{suffix}"
        self._screen.app.push_screen(
            ExportScreen([(what, jobs) for what, jobs in choices if jobs], folder / name),
            self._take_export,
        )

    def _take_export(self, export: Export | None) -> None:
        if export is None:
            return
        if not export.file.exists():
            self._run(self._write(export))
            return
        self._confirm(
            ConfirmScreen("Replace the file?", str(export.file), yes="replace it", no="leave it"),
            lambda: self._write(export),
        )

    async def _write(self, export: Export) -> None:
        file, jobs = export.file, export.jobs
        try:
            count = await asyncio.to_thread(write_export, file, jobs, format_of(file.name))
        except OSError as error:
            self._warn(f"{file} cannot be written: {error.strerror or error}.")
            return
        self._last_export = file
        self._screen.notify(
            visible(f"{count_of(count, 'job is', 'jobs are')} in {file}"), timeout=15, markup=False
        )

    def take_in(self) -> None:
        """Ask for a file, and merge it into the ledger."""

        def refuse(text: str) -> str | None:
            return None if Path(text).expanduser().is_file() else "There is no such file."

        self._ask(
            TextScreen(
                "Import jobs from a file",
                "An export, JSONL or CSV. A job that is here already only gets what it lacks; "
                "nothing comes twice, and nothing here is overwritten.",
                text=str(self._last_export or ""),
                longest=4096,
                refuse=refuse,
            ),
            lambda text: self._take_in(Path(text).expanduser()),
        )

    async def _take_in(self, file: Path) -> None:
        report = await patiently(
            self._screen.app,
            self._engine.ask(lambda engine: engine.all_jobs.take_in(file)),
            visible(f"{file} is being taken in; all else goes on meanwhile."),
        )
        words = f"{report.words}."
        if not report.bad:
            self._screen.notify(words, timeout=15, markup=False)
            return
        told = [f"line {bad.number}: {bad.reason}" for bad in report.bad_lines[:MOST_BAD_LINES]]
        more = report.bad - len(told)
        told += [f"and {more:,} more"] if more else []
        lines = count_of(report.bad, "line")
        self._screen.app.push_screen(
            ConfirmScreen(
                f"{lines} could not be read",
                "\n".join([words, "", *told]),
                yes="all right",
                no="back",
            )
        )
