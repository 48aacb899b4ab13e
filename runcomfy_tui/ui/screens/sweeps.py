"""Many jobs at once, as the dashboard sees them: opens their screens, tells what has happened."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from runcomfy_tui.batch import BatchState, Progress
from runcomfy_tui.engine.changes import Changes
from runcomfy_tui.engine.errors import EngineError
from runcomfy_tui.engine.recent import Recent
from runcomfy_tui.engine.thread import EngineThread
from runcomfy_tui.settings import Settings
from runcomfy_tui.text import visible
from runcomfy_tui.ui.key_names import KeyNames
from runcomfy_tui.ui.screens.helper import ScreenHelper
from runcomfy_tui.ui.screens.quiet import QuietScreen
from runcomfy_tui.ui.widgets.composer import Composer
from runcomfy_tui.ui.widgets.sweep_line import SweepLine
from runcomfy_tui.ui.words import moment

if TYPE_CHECKING:
    from runcomfy_tui.history.presets import Preset
    from runcomfy_tui.ui.screens.forms import Forms
    from runcomfy_tui.ui.screens.sweep import Plan


class Sweeps(ScreenHelper):
    """Helper of MainScreen for sweeps and presets."""

    def __init__(
        self,
        screen: QuietScreen[Any],
        composer: Composer,
        forms: Forms,
        engine: EngineThread,
        settings: Settings,
        recent: Recent,
        keys: KeyNames,
        *,
        opened_at: float,
        failed: Callable[[EngineError], None],
    ) -> None:
        """`opened_at` is when this window was opened, in epoch seconds."""
        super().__init__(screen, failed=failed)
        self._composer = composer
        self._forms = forms
        self._engine = engine
        self._settings = settings
        self._keys = keys
        self._recent = recent
        self._opened_at = opened_at
        self._batches: dict[str, Progress] = {}
        self._line: SweepLine | None = None
        self._has_asked = False

    # What the engine says

    def apply(self, changes: Changes) -> None:
        """Show how far the sweeps are; at the start, ask about those that are not over."""
        if not changes.batches:
            return
        for progress in changes.batches:
            before = self._batches.get(progress.batch.id)
            self._batches[progress.batch.id] = progress
            if before is not None:
                self._tell(before, progress)
        waiting = [each for each in self._batches.values() if not each.batch.state.is_over]
        if waiting or self._line is not None:
            self._show_line(waiting)
        if not self._has_asked and any(map(self._was_stopped, waiting)):
            self._has_asked = True
            self._ask_whether_to_go_on()

    def _was_stopped(self, progress: Progress) -> bool:
        """Whether it comes from another time, and waits for a word."""
        batch = progress.batch
        return batch.state is BatchState.PAUSED and batch.created_at < self._opened_at

    def _show_line(self, waiting: list[Progress]) -> None:
        if self._line is None:
            self._line = SweepLine(self._keys.sweeps)
            self._screen.query_one("#jobs").mount(self._line, before=0)
        self._line.show(waiting)

    def _tell(self, before: Progress, now: Progress) -> None:
        if before.batch.state is now.batch.state:
            return
        name = f"“{visible(now.batch.label)}”" if now.batch.label else "The sweep"
        if now.batch.state is BatchState.PAUSED and now.batch.words:
            words = f"{name} is paused. {visible(now.batch.words)}"
            self._screen.notify(words, severity="warning", timeout=15, markup=False)
        elif now.batch.state is BatchState.DONE:
            self._screen.notify(f"{name}: nothing is left to send.", markup=False)

    def _ask_whether_to_go_on(self) -> None:
        if self._screen.is_current:
            self.show_batches(asks=True)
        else:
            key = self._keys.sweeps
            self._screen.notify(
                f"A sweep was stopped in the middle: {key} shows it.",
                severity="warning",
                timeout=30,
                markup=False,
            )

    # What the keys ask for

    def sweep(self) -> None:
        """Make many jobs of the form; what was typed for it last is still there."""
        from runcomfy_tui.schema.reading import read_form
        from runcomfy_tui.ui.screens.budget import Budget
        from runcomfy_tui.ui.screens.sweep import SweepScreen
        from runcomfy_tui.ui.screens.sweep_media import SweepFiles
        from runcomfy_tui.ui.widgets.sweep_draft import SweepDraft

        entry = self._composer.entry
        if entry is None:
            self._warn("The form is not there yet.")
            return
        if self._composer.is_hindered():
            return
        form, inputs = read_form(entry.input_schema or {}), self._composer.inputs
        draft = SweepDraft.restored(form, inputs, self._forms.sweep_drafts.get(entry.model_id))
        balance = self._recent.balance
        self._ask(
            SweepScreen(
                entry,
                draft,
                self._settings,
                SweepFiles(self._engine, self._settings),
                Budget(self._engine, self._settings),
                edited=lambda: self._forms.keep_sweep(entry.model_id, draft.to_json()),
                label=f"sweep {moment(time.time())[5:16]}",
                balance_usd=balance.usd if balance else None,
            ),
            self._send,
        )

    async def _send(self, plan: Plan) -> None:
        await self._engine.ask(
            lambda engine: engine.release.plan(plan.model_id, plan.label, plan.items)
        )
        self._forms.keep_sweep(plan.model_id, {})
        key = self._keys.sweeps
        self._screen.notify(f"They are being sent: {key} shows how far it is.", markup=False)

    def show_batches(self, *, asks: bool = False) -> None:
        """Show the sweeps."""
        from runcomfy_tui.ui.screens.batches import BatchesScreen
        from runcomfy_tui.ui.screens.budget import Budget

        self._screen.app.push_screen(
            BatchesScreen(
                self._engine,
                self._batches,
                Budget(self._engine, self._settings),
                self._keys.sweep,
                failed=self._failed,
                asks=asks,
            )
        )

    def show_presets(self) -> None:
        """Show the presets of the form's model."""
        from runcomfy_tui.ui.screens.presets import PresetsScreen

        entry = self._composer.entry
        if entry is None:
            self._warn("The form is not there yet.")
            return
        self._screen.app.push_screen(
            PresetsScreen(self._engine, entry.model_id, self._composer.draft), self._take_preset
        )

    async def _take_preset(self, preset: Preset | None) -> None:
        if preset is not None:
            await self._forms.take_draft(preset.draft)
            key = self._keys.bring_back
            self._screen.notify(f"{key} brings back what the form held.", markup=False)
