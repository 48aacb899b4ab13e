"""The forms: which one stands in the composer, and that nothing typed into any of them is lost."""

from __future__ import annotations

import asyncio
import importlib
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from textual.screen import Screen
from textual.timer import Timer

from runcomfy_tui.builtin_models import BUILTIN_MODELS
from runcomfy_tui.engine.errors import EngineError
from runcomfy_tui.engine.thread import EngineThread
from runcomfy_tui.jobs import JsonObject, ModelEntry
from runcomfy_tui.schema.paste import Paste
from runcomfy_tui.ui.key_names import KeyNames
from runcomfy_tui.ui.widgets.composer import Composer

FIRST_FORM_PATIENCE = 0.4
"""Seconds that the first form waits for the drafts."""

MOST_BEFORE = 20
"""Replaced forms that can be brought back."""

DRAFT_DELAY = 0.5
"""Seconds without typing after which the draft is written down."""

_SWEEP = "sweep"


class Forms:
    """Helper of MainScreen: puts forms and their drafts into the composer, and saves drafts."""

    def __init__(
        self,
        screen: Screen[Any],
        composer: Composer,
        engine: EngineThread,
        keys: KeyNames,
        *,
        warn: Callable[[str], None],
    ) -> None:
        self._screen = screen
        self._composer = composer
        self._engine = engine
        self._keys = keys
        self._warn = warn
        self.sweep_drafts: dict[str, JsonObject] = {}
        """What was typed to make many jobs of a form, by model; kept beside its draft."""
        self._drafts: dict[str, JsonObject] = {}
        self._before: deque[tuple[ModelEntry, JsonObject]] = deque(maxlen=MOST_BEFORE)
        self._timer: Timer | None = None

    async def show_first(self) -> None:
        """The form that was in use last, as it was left; at the very first start a built-in one.

        An engine that takes its time is not waited for: the built-in form stands there meanwhile,
        and stays if somebody has begun to use it.
        """
        drafts = asyncio.ensure_future(
            self._engine.ask(lambda engine: engine.window_state.load_drafts())
        )
        # What a form is made of is read in while the engine reads the drafts.
        await asyncio.to_thread(importlib.import_module, "runcomfy_tui.ui.widgets.fields.form")
        await asyncio.wait([drafts], timeout=FIRST_FORM_PATIENCE)
        untouched: JsonObject | None = None
        if not drafts.done():
            await self._show(BUILTIN_MODELS[0])
            untouched = self._composer.draft
        try:
            book = await drafts
        except EngineError as error:
            self._warn(str(error))
            book = None
        if book is not None:
            self._drafts = {**book.inputs, **self._drafts}
            kept = {model_id: draft.get(_SWEEP) for model_id, draft in book.inputs.items()}
            known = {model_id: told for model_id, told in kept.items() if isinstance(told, dict)}
            self.sweep_drafts = {**known, **self.sweep_drafts}
        if untouched is None or self._is_still(BUILTIN_MODELS[0], untouched):
            last = book.model_id if book is not None else None
            if untouched is None or last is not None:
                await self._show(await self.entry(last) if last else BUILTIN_MODELS[0])
        elif (draft := book.inputs.get(BUILTIN_MODELS[0].model_id) if book else None) is not None:
            self._remember(BUILTIN_MODELS[0], draft)

    def _is_still(self, entry: ModelEntry, draft: JsonObject) -> bool:
        return self._composer.entry is entry and self._composer.draft == draft

    async def take(self, entry: ModelEntry) -> None:
        """Another model, with what was typed for it last."""
        self._set_aside()
        await self._show(entry)
        self.save()

    async def rerun(self, model_id: str, inputs: JsonObject) -> None:
        """A form that sends exactly `inputs`."""
        entry = await self.entry(model_id)
        self._set_aside()
        await self._composer.show_model(entry, inputs)
        self.save()

    def reveal(self, path: tuple[str | int, ...]) -> None:
        """Put the cursor into a field of the form, once that has been painted."""
        self._screen.call_after_refresh(self._composer.reveal, path)

    async def take_draft(self, draft: JsonObject) -> None:
        """Another state of the form that is shown, such as a preset."""
        self._set_aside()
        await self._composer.restore(draft)
        self.save()

    async def take_choice(self, choice: ModelEntry | Paste) -> None:
        """What somebody chose: a model, or a request that was pasted."""
        if isinstance(choice, ModelEntry):
            await self.take(choice)
        else:
            await self.fill(choice)

    async def fill(self, paste: Paste) -> None:
        """A form that sends exactly what was pasted: for its model, or else for the present one.

        A model without inputs, as in a bare link, comes with what was typed for it last.
        """
        present = self._composer.entry or BUILTIN_MODELS[0]
        is_present = paste.model_id in (None, present.model_id)
        entry = present if is_present else await self.entry(str(paste.model_id))
        if paste.lack:
            self._warn(f"The inputs of what was pasted were not taken: {paste.lack}.")
        if not paste.inputs and (paste.model_id is not None or paste.lack):
            if not is_present:
                await self.take(entry)
            return
        self._set_aside()
        await self._composer.show_model(entry, paste.inputs, as_json=self._composer.is_json)
        self.save()
        key = self._keys.bring_back
        self._screen.notify(
            f"The form sends what was pasted. {key} brings back what it held before.", markup=False
        )

    async def bring_back(self) -> bool:
        """The form as it was before another took its place; False when none did.

        Again and again it goes through all that were replaced, and comes round to the present one.
        """
        if not self._before:
            return False
        entry, draft = self._before.pop()
        self._set_aside()
        self._before.rotate()  # the one set aside goes behind all others
        self._drafts[entry.model_id] = draft
        await self._show(entry)
        self.save()
        return True

    async def entry(self, model_id: str) -> ModelEntry:
        """The model's entry; one without a schema, whose inputs are plain JSON, if none is had."""
        try:
            choice = await self._engine.ask(lambda engine: engine.catalog.choose(model_id))
        except EngineError as error:
            self._warn(str(error))
            return ModelEntry(model_id)
        if choice.words:
            self._warn(choice.words)
        return choice.entry

    def keep_sweep(self, model_id: str, told: JsonObject) -> None:
        """Something was typed to make many jobs of the form; empty once they are planned."""
        self.sweep_drafts[model_id] = told
        self.save_soon()

    def save_soon(self) -> None:
        """Something was typed: write it down when the typing pauses."""
        if self._timer is not None:
            self._timer.stop()
        self._timer = self._screen.set_timer(DRAFT_DELAY, self.save)

    def save_if_changed(self) -> None:
        """Another form comes, or the end: what was typed last must be on its way to the disk."""
        if self._timer is not None:
            self.save()

    def save(self) -> None:
        """Write down what stands in the form."""
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        entry = self._composer.entry
        if entry is None:
            return
        model_id, draft = entry.model_id, self._composer.draft
        self._drafts[model_id] = draft
        if told := self.sweep_drafts.get(model_id):
            draft[_SWEEP] = told
        self._engine.do(lambda engine: engine.window_state.save_draft(model_id, draft))

    async def _show(self, entry: ModelEntry) -> None:
        await self._composer.show_model(entry, draft=self._drafts.get(entry.model_id))

    def _set_aside(self) -> None:
        self.save_if_changed()
        if self._composer.entry is not None:
            draft = self._composer.draft
            self._remember(self._composer.entry, draft)
            self._drafts[self._composer.entry.model_id] = draft

    def _remember(self, entry: ModelEntry, draft: JsonObject) -> None:
        """Keep a form that is about to be replaced, the last of them first to come back."""
        with suppress(ValueError):
            self._before.remove((entry, draft))
        self._before.append((entry, draft))
