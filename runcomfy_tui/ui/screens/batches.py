"""The sweeps: how far each is, what became of its jobs, and whether it goes on."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from runcomfy_tui.batch import Batch, BatchState, Progress
from runcomfy_tui.engine.changes import Changes
from runcomfy_tui.engine.errors import EngineError
from runcomfy_tui.engine.thread import EngineThread
from runcomfy_tui.jobs import Status
from runcomfy_tui.text import visible
from runcomfy_tui.ui.screens.budget import Budget
from runcomfy_tui.ui.screens.bulk_actions import cancel_words
from runcomfy_tui.ui.screens.confirm import ConfirmScreen
from runcomfy_tui.ui.screens.quiet import QuietModal
from runcomfy_tui.ui.widgets.batch_words import counts, fates, state_words
from runcomfy_tui.ui.words import moment, short_model
from runcomfy_tui.words import count_of


class BatchesScreen(QuietModal[None]):
    """Lists the batches, the newest first; `asks` is for a start in the middle of one.

    `failed` hears of what the engine could not do.
    """

    BINDINGS = [
        Binding(
            "p",
            "pause_or_go_on",
            "pause or go on",
            id="sweeps.toggle",
            tooltip="Pause it, or go on",
        ),
        Binding("d", "drop", "drop the rest", id="sweeps.drop", tooltip="Never send what is left"),
        Binding(
            "c",
            "cancel",
            "cancel what queues",
            id="sweeps.cancel",
            tooltip="Cancel the jobs of it that were sent and still queue",
        ),
        Binding("escape", "leave", "back", id="sweeps.back", tooltip="Leave all as it is"),
    ]

    def __init__(
        self,
        engine: EngineThread,
        batches: Mapping[str, Progress],
        budget: Budget,
        sweep_key: str,
        *,
        failed: Callable[[EngineError], None],
        asks: bool = False,
    ) -> None:
        super().__init__()
        self._engine = engine
        self._batches = dict(batches)
        self._budget = budget
        self._sweep_key = sweep_key
        self._failed = failed
        self._asks = asks
        self._list = OptionList(markup=False, compact=True)
        self._title = Static(classes="dialog-title")
        self._said = Static(id="batches-said")
        self._told = "", ""

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog wide", id="batches"):
            yield self._title
            yield self._said
            yield self._list
            yield Static(
                Content("p pauses, goes on · d drops the rest · c cancels · escape goes back"),
                classes="dialog-hint",
            )

    def on_mount(self) -> None:
        self._tell()
        for batch_id in sorted(self._batches, reverse=True):
            self._list.add_option(self._option(batch_id))
        self._list.highlighted = 0 if self._batches else None
        self._list.focus()

    def _tell(self) -> None:
        """The question, until it is answered for each sweep that waits for a word."""
        waits = any(each.batch.state is BatchState.PAUSED for each in self._batches.values())
        asks = self._asks and waits
        said = ""
        if asks:
            said = "Nothing is sent until you say so. What was sent goes on at RunComfy."
        elif not self._batches:
            said = f"There are none yet: {self._sweep_key} makes many jobs of the form."
        told = "Not all of it was sent: go on?" if asks else "Sweeps", said
        if told != self._told:
            self._told = told
            self._title.update(Content(told[0]))
            self._said.update(Content(said))
            self._said.display = bool(said)

    def apply(self, changes: Changes) -> None:
        """Show what has changed."""
        for progress in changes.batches:
            batch_id = progress.batch.id
            is_new = batch_id not in self._batches
            self._batches[batch_id] = progress
            if not is_new:
                self._list.replace_option_prompt(batch_id, lines(progress))
        if any(each.batch.id not in self._ids() for each in changes.batches):
            current = self._current()
            self._list.clear_options()
            ids = sorted(self._batches, reverse=True)
            self._list.add_options(self._option(batch_id) for batch_id in ids)
            self._list.highlighted = ids.index(current.batch.id) if current is not None else 0
        if changes.batches:
            self._tell()

    def action_pause_or_go_on(self) -> None:
        """Pause the one under the cursor, or go on with it."""
        progress = self._current()
        if progress is None:
            return
        batch = progress.batch
        if batch.state is BatchState.RUNNING:
            self._run(self._engine.ask(lambda engine: engine.release.pause(batch.id)))
        elif batch.state is BatchState.PAUSED:
            self._run(self._go_on(batch))
        else:
            self._warn("Nothing of this sweep is left to send.")

    def action_drop(self) -> None:
        """Ask, then never send what is left of the one under the cursor."""
        progress = self._current()
        if progress is None:
            return
        batch = progress.batch
        if batch.state.is_over:
            self._warn("Nothing of this sweep is left to send.")
            return

        def answered(yes: bool | None) -> None:
            if yes:
                self._run(self._engine.ask(lambda engine: engine.release.drop(batch.id)))

        self.app.push_screen(
            ConfirmScreen(
                f"Drop {count_of(batch.left, 'job that is', 'jobs that are')} not sent?",
                f"{batch.label}\nThey cost nothing. What was sent goes on; c cancels what queues.",
                yes="drop them",
                no="keep them",
            ),
            answered,
        )

    def action_cancel(self) -> None:
        """Ask, then cancel what queues of the one under the cursor, job by job."""
        progress = self._current()
        if progress is None:
            return
        batch = progress.batch
        queued = progress.statuses.get(Status.IN_QUEUE, 0)
        if not queued:
            self._warn("None of its jobs is queued, and only queued jobs can be cancelled.")
            return
        goes_on = (
            ""
            if batch.state is not BatchState.RUNNING
            else ("\nIt is still being sent: p pauses it, d drops what is left.")
        )

        def answered(yes: bool | None) -> None:
            if yes:
                self._run(self._cancel(batch.id))

        self.app.push_screen(
            ConfirmScreen(
                f"Cancel {count_of(queued, 'job that still queues', 'jobs that still queue')}?",
                f"{batch.label}\nEach is cancelled only if it still waits; RunComfy's answer "
                f"decides.{goes_on}",
                yes="cancel them",
                no="keep them",
            ),
            answered,
        )

    def action_leave(self) -> None:
        """Close."""
        self.dismiss(None)

    async def _go_on(self, batch: Batch) -> None:
        if await self._budget.allows_rest(self.app, batch):
            await self._engine.ask(lambda engine: engine.release.resume(batch.id))

    async def _cancel(self, batch_id: str) -> None:
        tally = await self._engine.ask(lambda engine: engine.cancel_batch(batch_id))
        self.app.notify(cancel_words(tally), markup=False)
        if tally.error is not None:
            raise tally.error

    def _run(self, act: Coroutine[Any, Any, None]) -> None:
        async def run() -> None:
            try:
                await act
            except EngineError as error:
                self._failed(error)

        # Of the app: closing this screen must not cut it off in the middle.
        self.app.run_worker(run())

    def _ids(self) -> set[str | None]:
        return {option.id for option in self._list.options}

    def _current(self) -> Progress | None:
        if self._list.highlighted is None:
            return None
        return self._batches[str(self._list.get_option_at_index(self._list.highlighted).id)]

    def _option(self, batch_id: str) -> Option:
        return Option(lines(self._batches[batch_id]), id=batch_id)

    def _warn(self, words: str) -> None:
        self.app.notify(words, severity="warning", markup=False)


def lines(progress: Progress) -> Content:
    """A batch in the list: what it is, how far it is, how its jobs stand."""
    batch = progress.batch
    warns = batch.state is BatchState.PAUSED
    about = f"  {visible(short_model(batch.model_id))} · {moment(batch.created_at)}"
    parts = [
        Content.styled(visible(batch.label) or "no label", "bold")
        + Content.styled(about, "$foreground 60%"),
        Content("  ") + Content.styled(state_words(progress), "$text-warning" if warns else ""),
        Content(f"  {counts(progress)}"),
    ]
    if told := fates(progress):
        parts.append(Content.styled(f"  {told}", "$foreground 60%"))
    return Content("\n").join(parts)
