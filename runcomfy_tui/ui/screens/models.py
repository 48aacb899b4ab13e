"""Choosing a model: type to search, enter to take; any other model_id can be typed whole."""

from __future__ import annotations

from collections.abc import Sequence

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.fuzzy import FuzzySearch
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from runcomfy_tui.builtin_models import BUILTIN_MODELS
from runcomfy_tui.engine.errors import EngineError
from runcomfy_tui.engine.thread import EngineThread
from runcomfy_tui.jobs import ModelEntry
from runcomfy_tui.text import visible
from runcomfy_tui.ui.screens.quiet import QuietModal
from runcomfy_tui.ui.widgets.composer import base_price

SHOWN = 200
"""Matches listed at once; nobody scrolls further, one types another letter."""


class ModelScreen(QuietModal[ModelEntry | None]):
    """Dismisses with the chosen model, its input_schema included, or None."""

    BINDINGS = [
        Binding("escape", "leave", "back", id="models.back", tooltip="Keep the present model"),
        Binding("down", "cursor(1)", "next", id="models.next", show=False, tooltip="One down"),
        Binding("up", "cursor(-1)", "previous", id="models.prev", show=False, tooltip="One up"),
        Binding("pagedown", "cursor(10)", "ten down", show=False, id="models.page_down"),
        Binding("pageup", "cursor(-10)", "ten up", show=False, id="models.page_up"),
    ]

    def __init__(self, engine: EngineThread, current: str | None) -> None:
        super().__init__()
        self._engine = engine
        self._current = current
        self._entries: Sequence[ModelEntry] = BUILTIN_MODELS
        self._search = Input(placeholder="search, or type a model_id", compact=True)
        self._search.cursor_blink = False
        self._list = OptionList()
        self._list.can_focus = False
        self._said = Static(classes="dialog-error")

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog wide"):
            yield Static(Content("Choose a model"), classes="dialog-title")
            yield self._search
            yield self._list
            yield self._said
            yield Static(
                Content("enter takes it · prices are base prices · escape goes back"),
                classes="dialog-hint",
            )

    def on_mount(self) -> None:
        self._search.focus()
        self._show_matches("")
        self._list_models()

    @on(Input.Changed)
    def search(self, event: Input.Changed) -> None:
        """Show what matches."""
        self._say("")
        self._show_matches(event.value.strip())

    @on(Input.Submitted)
    def take(self) -> None:
        """Take the highlighted model, or the model_id that was typed."""
        if self._list.highlighted is None:
            self._choose(self._search.value.strip())
        else:
            self._choose(str(self._list.get_option_at_index(self._list.highlighted).id))

    @on(OptionList.OptionSelected)
    def take_clicked(self, event: OptionList.OptionSelected) -> None:
        """Take the model that was clicked."""
        self._choose(str(event.option.id))

    def action_cursor(self, step: int) -> None:
        """Move the highlight; the search keeps the focus."""
        if self._list.option_count:
            at = (self._list.highlighted or 0) + step
            self._list.highlighted = max(0, min(self._list.option_count - 1, at))

    def action_leave(self) -> None:
        """Close with nothing chosen."""
        self.dismiss(None)

    @work
    async def _list_models(self) -> None:
        try:
            models = await self._engine.ask(lambda engine: engine.catalog.models())
        except EngineError as error:
            self._say(str(error))
            return
        self._entries = models.entries
        if models.words:
            self._say(f"{models.words} Only the built-in models are listed.")
        self._show_matches(self._search.value.strip())

    @work(exclusive=True)
    async def _choose(self, model_id: str) -> None:
        if not model_id:
            return
        self._say("Reading its fields …")
        try:
            entry = await self._engine.ask(lambda engine: engine.catalog.model(model_id))
        except EngineError as error:
            self._say(str(error))
            return
        self.dismiss(entry)

    def _show_matches(self, query: str) -> None:
        matches = _matches(self._entries, query)[:SHOWN]
        self._list.clear_options()
        self._list.add_options(Option(_line(entry), id=entry.model_id) for entry in matches)
        ids = [entry.model_id for entry in matches]
        if query and matches:
            self._list.highlighted = 0
        elif self._current in ids:
            self._list.highlighted = ids.index(self._current)
        elif matches:
            self._list.highlighted = 0

    def _say(self, words: str) -> None:
        self._said.update(Content(visible(words)))


def _matches(entries: Sequence[ModelEntry], query: str) -> list[ModelEntry]:
    """The entries that fit `query`, best first: those that contain it, then the fuzzy ones."""
    if not query:
        return list(entries)
    lowered = query.casefold()
    containing, fuzzy = [], []
    search = FuzzySearch()
    for entry in entries:
        text = f"{entry.model_id} {entry.display_name} {' '.join(entry.categories)}"
        if lowered in text.casefold():
            containing.append(entry)
        elif (score := search.match(query, text)[0]) > 0:
            fuzzy.append((score, entry))
    fuzzy.sort(key=lambda scored: scored[0], reverse=True)
    return containing + [entry for _, entry in fuzzy]


def _line(entry: ModelEntry) -> Content:
    return Content.assemble(
        visible(entry.model_id),
        (f"  {visible(entry.display_name)}" if entry.display_name else "", "$foreground 60%"),
        (f"  {base_price(entry)}", "$foreground 60%"),
    )
