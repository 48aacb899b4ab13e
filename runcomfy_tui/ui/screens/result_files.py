"""The files of the job that a result shows: what they are, and how far they are on their way."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import TYPE_CHECKING

from textual.content import Content
from textual.screen import Screen

from runcomfy_tui.engine.changes import DownloadPhase, DownloadState
from runcomfy_tui.engine.errors import EngineError
from runcomfy_tui.engine.thread import EngineThread
from runcomfy_tui.jobs import Job, Output
from runcomfy_tui.text import visible
from runcomfy_tui.ui.screens.confirm import ConfirmScreen
from runcomfy_tui.ui.screens.result_words import file_lines

if TYPE_CHECKING:
    from runcomfy_tui.api.glance import Glance


class ResultFiles:
    """Helper of ResultScreen: finds out about the files of one job, saves them, asks where it must.

    `changed` is called with the URL of a file of which something else is known than before.
    """

    def __init__(
        self,
        screen: Screen[None],
        engine: EngineThread,
        job: Job,
        *,
        changed: Callable[[str], None],
    ) -> None:
        self._screen = screen
        self._engine = engine
        self._changed = changed
        self.take(job)

    def take(self, job: Job) -> None:
        """Be about the files of another job, of which nothing is known yet."""
        self._job_id = job.id
        self._outputs: tuple[Output, ...] = ()
        self._glances: dict[str, Glance] = {}
        self._states: dict[str, DownloadState] = {}
        self._wished = ""

    # What is known

    def line(self, output: Output) -> Content:
        """The file in words."""
        return file_lines(output, self._glances.get(output.url), self._states.get(output.url))

    def place(self, output: Output) -> str:
        """Where the file lies on the disk; nothing while it is not saved."""
        state = self._states.get(output.url)
        return state.file if state is not None and state.phase is DownloadPhase.DONE else ""

    def is_medium(self, output: Output) -> bool:
        """Whether its bytes say that it is a picture, a film or a sound."""
        glance = self._glances.get(output.url)
        return glance is not None and glance.header is not None

    def recall(self) -> None:
        """Find out how the files stand: what was saved before, what is under way."""
        self._screen.run_worker(self._recall, exclusive=True, group="recall")  # type: ignore[arg-type] # as in ResultPicture

    async def _recall(self) -> None:
        job_id = self._job_id
        try:
            states = await self._engine.ask(lambda engine: engine.results.downloads.told(job_id))
        except EngineError:
            return
        for state in states:
            self._states.setdefault(state.url, state)
            self._changed(state.url)

    def identify(self, outputs: tuple[Output, ...]) -> None:
        """Find out what these files are, as far as it is not known."""
        self._outputs = outputs
        self._screen.run_worker(self._identify, exclusive=True, group="glances")  # type: ignore[arg-type] # as in ResultPicture

    async def _identify(self) -> None:
        for output in self._outputs:
            if output.url not in self._glances:
                with suppress(EngineError):
                    self._glances[output.url] = await self._look_at(output.url)
                    self._changed(output.url)

    async def _look_at(self, url: str) -> Glance:
        job_id = self._job_id
        return await self._engine.ask(lambda engine: engine.results.downloads.look(job_id, url))

    def take_in(self, states: Iterable[DownloadState]) -> None:
        """Take in what the engine says of downloads."""
        for state in states:
            if state.job_id == self._job_id:
                self._take_in(state)

    def _take_in(self, state: DownloadState) -> None:
        self._states[state.url] = state
        self._changed(state.url)
        if state.phase is DownloadPhase.DONE:
            self._glances.pop(state.url, None)
            self.identify(self._outputs)
        if state.url == self._wished and not state.phase.is_under_way:
            # Only of the one file that was just asked for: of many, each waits for its d.
            self._wished = ""
            self._ask_for_host(state)

    # To the disk

    def save(self, output: Output) -> None:
        """Save the file; ask first whether its host may be fetched from, if it waits for that."""
        if self._is_saved(output):
            self._screen.notify("It is saved already.", markup=False)
        elif not self._ask_for_host(self._states.get(output.url)):
            self._wished = output.url
            self._start(output.url)

    def save_all(self, outputs: Iterable[Output]) -> None:
        """Save those of the files that are not saved yet."""
        for output in outputs:
            if not self._is_saved(output):
                self._start(output.url)

    def stop(self, output: Output) -> None:
        """Stop its download."""
        job_id, url = self._job_id, output.url
        self._engine.tell(lambda engine: engine.results.downloads.stop(job_id, url))

    def _is_saved(self, output: Output) -> bool:
        state = self._states.get(output.url)
        return state is not None and state.phase is DownloadPhase.DONE

    def _start(self, url: str, *, trusted_only: bool = True) -> None:
        job_id = self._job_id
        self._engine.tell(
            lambda engine: engine.results.downloads.start(job_id, url, trusted_only=trusted_only)
        )

    def _ask_for_host(self, state: DownloadState | None) -> bool:
        """Ask whether the host may be fetched from, if that is what a download waits for."""
        if state is None or state.phase is not DownloadPhase.ASKING:
            return False
        url = state.url

        def answered(yes: bool | None) -> None:
            if yes:
                self._start(url, trusted_only=False)

        self._screen.app.push_screen(
            ConfirmScreen(
                f"Download from {visible(state.words)}?",
                "This host is not RunComfy's. Your token is not sent to it.",
                yes="download",
                no="leave it",
            ),
            answered,
        )
        return True
