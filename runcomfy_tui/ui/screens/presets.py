"""Forms under names: save the one that stands there, bring one back, rename, delete."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from runcomfy_tui.engine.errors import EngineError
from runcomfy_tui.engine.presets import PresetNameTaken
from runcomfy_tui.engine.thread import EngineThread
from runcomfy_tui.jobs import JsonObject
from runcomfy_tui.text import visible
from runcomfy_tui.ui.screens.asking_text import TextScreen
from runcomfy_tui.ui.screens.confirm import ConfirmScreen
from runcomfy_tui.ui.screens.quiet import QuietModal

if TYPE_CHECKING:
    from runcomfy_tui.history.presets import Preset

LONGEST_NAME = 80


class PresetsScreen(QuietModal["Preset"]):
    """The presets of one model; dismisses with the one to bring back, or None.

    `draft` is what stands in the form now.
    """

    BINDINGS = [
        Binding("s", "save", "save this form", id="presets.save", tooltip="Save it under a name"),
        Binding("r", "rename", "rename", id="presets.rename", tooltip="Give it another name"),
        Binding("d", "delete", "delete", id="presets.delete", tooltip="Keep it no longer"),
        Binding("escape", "leave", "back", id="presets.back", tooltip="Leave the form as it is"),
    ]

    def __init__(self, engine: EngineThread, model_id: str, draft: JsonObject) -> None:
        super().__init__()
        self._engine = engine
        self._model_id = model_id
        self._draft = draft
        self._presets: list[Preset] = []
        self._list = OptionList(markup=False, compact=True)
        self._said = Static(classes="dialog-error")

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog", id="presets"):
            yield Static(Content(f"Presets · {visible(self._model_id)}"), classes="dialog-title")
            yield self._list
            yield self._said
            yield Static(
                Content("enter uses it · s saves · r renames · d deletes · escape goes back"),
                classes="dialog-hint",
            )

    async def on_mount(self) -> None:
        self._list.focus()
        await self._refresh()

    @on(OptionList.OptionSelected)
    def take(self, event: OptionList.OptionSelected) -> None:
        """Close with the preset that was chosen."""
        event.stop()
        self.dismiss(self._presets[event.option_index])

    def action_save(self) -> None:
        """Ask for a name, and save what stands in the form under it."""

        def named(name: str | None) -> None:
            if name is not None:
                self._do(lambda: self._save(name, replacing=False), name)

        current = self._current()
        self._ask_for_name("Save this form as", current.name if current else "", named)

    def action_rename(self) -> None:
        """Ask for another name for the preset under the cursor."""
        preset = self._current()
        if preset is None:
            return

        async def rename(name: str) -> None:
            await self._engine.ask(lambda engine: engine.presets.rename(preset.id, name))

        def named(name: str | None) -> None:
            if name is not None:
                self._do(lambda: rename(name), name)

        self._ask_for_name("Rename it to", preset.name, named)

    def action_delete(self) -> None:
        """Ask, then delete the preset under the cursor."""
        preset = self._current()
        if preset is None:
            return

        async def delete() -> None:
            await self._engine.ask(lambda engine: engine.presets.delete(preset.id))

        def answered(yes: bool | None) -> None:
            if yes:
                self._do(delete)

        self.app.push_screen(
            ConfirmScreen(f"Delete “{preset.name}”?", yes="delete it", no="keep it"), answered
        )

    def action_leave(self) -> None:
        """Close with nothing."""
        self.dismiss(None)

    async def _save(self, name: str, *, replacing: bool) -> None:
        try:
            await self._engine.ask(
                lambda engine: engine.presets.save(
                    self._model_id, name, self._draft, replacing=replacing
                )
            )
        except PresetNameTaken as error:
            self._ask_to_replace(name, str(error))

    def _ask_for_name(self, title: str, name: str, named: Callable[[str | None], None]) -> None:
        def answered(text: str | None) -> None:
            named(None if text is None else " ".join(text.split()))

        self.app.push_screen(
            TextScreen(
                title,
                text=name,
                placeholder="name",
                longest=LONGEST_NAME,
                refuse=lambda text: None if text else "Type a name first.",
            ),
            answered,
        )

    def _ask_to_replace(self, name: str, words: str) -> None:
        def answered(yes: bool | None) -> None:
            if yes:
                self._do(lambda: self._save(name, replacing=True), name)

        self.app.push_screen(
            ConfirmScreen("Replace it?", words, yes="replace it", no="keep it"), answered
        )

    def _do(self, act: Callable[[], Awaitable[None]], name: str | None = None) -> None:
        async def run() -> None:
            self._say("")
            try:
                await act()
            except EngineError as error:
                self._say(str(error))
            else:
                await self._refresh(name)

        self.run_worker(run())

    async def _refresh(self, name: str | None = None) -> None:
        """Show what is there now, the cursor on the preset called `name`."""
        try:
            self._presets = await self._engine.ask(
                lambda engine: engine.presets.of_model(self._model_id)
            )
        except EngineError as error:
            self._say(str(error))
            return
        self._list.clear_options()
        self._list.add_options(Option(Content(visible(each.name))) for each in self._presets)
        names = [each.name.casefold() for each in self._presets]
        wanted = (name or "").casefold()
        if names:
            self._list.highlighted = names.index(wanted) if wanted in names else 0
        else:
            self._say("None yet: s saves this form under a name.")

    def _current(self) -> Preset | None:
        at = self._list.highlighted
        return None if at is None else self._presets[at]

    def _say(self, words: str) -> None:
        self._said.update(Content(visible(words)))
