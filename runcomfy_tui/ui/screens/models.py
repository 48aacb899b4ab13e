"""Choosing a model: type to search, enter to take; any other model_id can be typed whole."""

from __future__ import annotations

import asyncio
import re
import time
from dataclasses import replace
from functools import partial
from urllib.parse import urlsplit

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Container, Horizontal, Vertical
from textual.content import Content
from textual.widgets import Input, Static

from runcomfy_tui.builtin_models import BUILTIN_MODELS
from runcomfy_tui.engine.errors import EngineError, UnknownJob
from runcomfy_tui.engine.models import Models, UnknownModel
from runcomfy_tui.engine.thread import EngineThread
from runcomfy_tui.jobs import ModelEntry
from runcomfy_tui.schema.paste import Paste, Reference, read_reference
from runcomfy_tui.text import visible
from runcomfy_tui.ui import words
from runcomfy_tui.ui.screens.quiet import QuietModal
from runcomfy_tui.ui.widgets.fields.pasting import RequestInput, RequestPasted, RequestReferred
from runcomfy_tui.ui.widgets.model_facts import ModelFacts
from runcomfy_tui.ui.widgets.model_list import Found, ModelList
from runcomfy_tui.ui.widgets.model_search import ModelSearch
from runcomfy_tui.words import count_of

WIDE_FROM = 110
"""Columns from which the facts stand beside the list, not below it."""

PATIENCE = 1.0
"""Seconds until a model is offered for use before its fields are known."""

SLOW = 0.2
"""Seconds that nothing is shown while the engine looks what it knows."""

_PLACEHOLDER = "search, or a model_id, a job's id, the path of a saved file"
_PLAIN = "enter again uses it with plain JSON"


class ModelScreen(QuietModal[ModelEntry | Paste | None]):
    """Dismisses with the chosen model, its input_schema included where it has one, with the
    request that was pasted or that a sidecar's path or a job's id led to, or None.
    """

    AUTO_FOCUS = "Input"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (WIDE_FROM, "-wide")]

    BINDINGS = [
        Binding("escape", "leave", "back", id="models.back", tooltip="Keep the present model"),
        Binding(
            "ctrl+f",
            "favourite",
            "favourite",
            id="models.favourite",
            tooltip="Put the model under the cursor first from now on, or no longer",
        ),
        Binding(
            "ctrl+r",
            "refresh",
            "refresh",
            id="models.refresh",
            tooltip="Read RunComfy's catalog anew",
        ),
        Binding("down", "cursor(1)", "next", id="models.next", show=False, tooltip="One down"),
        Binding("up", "cursor(-1)", "previous", id="models.prev", show=False, tooltip="One up"),
        Binding(
            "pagedown",
            "page(1)",
            "page down",
            show=False,
            id="models.page_down",
            tooltip="One page down",
        ),
        Binding(
            "pageup", "page(-1)", "page up", show=False, id="models.page_up", tooltip="One page up"
        ),
    ]

    def __init__(self, engine: EngineThread, current: str | None) -> None:
        super().__init__()
        self._engine = engine
        self._current = current
        self._models = Models(())
        self._matches = ModelSearch(())
        self._is_known = asyncio.Event()
        self._is_read = asyncio.Event()
        self._is_read.set()
        self._was_moved = False
        self._plain_offer: str | None = None
        self._search = RequestInput(placeholder=_PLACEHOLDER, compact=True)
        self._search.cursor_blink = False
        self._age = Static(id="models-age")
        self._list = ModelList()
        self._facts = ModelFacts()
        self._said = Static(classes="dialog-error")
        self._hint = Static(classes="dialog-hint")

    def compose(self) -> ComposeResult:
        # Before the first paint, or Textual would do it after and paint all of it twice.
        self.add_class("-wide" if self.app.size.width >= WIDE_FROM else "-narrow")
        with Vertical(classes="dialog", id="models"):
            with Horizontal(id="models-head"):
                yield Static(Content("Choose a model"), classes="dialog-title")
                yield self._age
            yield self._search
            with Container(id="models-panes"):
                yield self._list
                yield self._facts
            yield self._said
            yield self._hint

    def on_mount(self) -> None:
        keys = {
            active.binding.id: self.app.get_key_display(active.binding)
            for active in self.active_bindings.values()
        }
        _tell(
            self._hint,
            f"enter takes it · {keys.get('models.favourite')} favourite · "
            f"{keys.get('models.refresh')} reads the catalog anew · "
            f"{keys.get('models.back')} goes back",
        )
        # Not by `Input.Changed`, which comes after the letter was painted: the matches would then
        # have to wait for the next paint but one.
        self.watch(self._search, "value", self.search, init=False)
        self.set_timer(SLOW, self._show_built_in)
        self._begin()

    def search(self) -> None:
        """Show what matches."""
        self.workers.cancel_group(self, "choose")
        self._say("")
        self._was_moved = False
        self._show_matches()

    @on(Input.Submitted)
    def take(self) -> None:
        """Take the model under the cursor, or the model_id that was typed."""
        self._choose()

    @on(ModelList.Pressed)
    def take_clicked(self, event: ModelList.Pressed) -> None:
        """Take the model that was clicked."""
        self._choose(event.model_id)

    @on(ModelList.Highlighted)
    def tell(self, event: ModelList.Highlighted) -> None:
        """The facts follow the cursor."""
        entry = event.entry
        is_listed = entry is None or entry.model_id not in self._models.unlisted
        self._facts.show(entry, is_listed=is_listed)

    @on(RequestPasted)
    def take_pasted(self, event: RequestPasted) -> None:
        """A whole request names its model itself."""
        self.dismiss(event.paste)

    @on(RequestReferred)
    @work(exclusive=True, group="choose")
    async def take_referred(self, event: RequestReferred) -> None:
        """So does the job whose file was dropped here."""
        event.stop()
        await self._recall(event.reference)

    def action_cursor(self, step: int) -> None:
        """Move the cursor; the search keeps the focus."""
        before = self._list.model_id
        self._list.move(step)
        # Where there was nothing to move over, the cursor goes where it would have gone anyway.
        self._was_moved = self._was_moved or self._list.model_id != before

    def action_page(self, step: int) -> None:
        """Move the cursor by what fits on the screen."""
        self.action_cursor(step * max(2, self._list.page - 1))

    def action_favourite(self) -> None:
        """Make the model under the cursor a favourite, or no longer."""
        entry = self._list.entry
        if entry is None or not self._is_known.is_set():
            return
        model_id = entry.model_id
        favourites = self._models.favourites ^ {model_id}
        is_favourite = model_id in favourites
        self._engine.do(lambda engine: engine.catalog.set_favourite(model_id, is_favourite))
        self._lay_out(replace(self._models, favourites=favourites))
        # It goes to its new place at the next search: nothing moves under the cursor.
        self._list.set_favourites(favourites)

    def action_refresh(self) -> None:
        """Read the catalog anew."""
        if self._is_known.is_set() and self._is_read.is_set():
            self._is_read.clear()
            self._refresh()

    def action_leave(self) -> None:
        """Close with nothing chosen."""
        self.dismiss(None)

    def _show_built_in(self) -> None:
        """The engine is still starting: these are there in any case."""
        if not self._is_known.is_set():
            self._lay_out(Models(BUILTIN_MODELS))
            self._show_matches()

    @work
    async def _begin(self) -> None:
        try:
            models = await self._engine.ask(lambda engine: engine.catalog.known())
        except EngineError as error:
            self._say(str(error))
            models = Models(BUILTIN_MODELS)
        self._is_known.set()
        self._lay_out(models)
        self._show_matches()
        if models.is_stale(time.time()):
            self.action_refresh()

    @work
    async def _refresh(self) -> None:
        self._tell_age()
        try:
            models = await self._engine.ask(lambda engine: engine.catalog.refresh())
        except EngineError as error:
            models = replace(self._models, words=str(error))
        self._is_read.set()
        self._lay_out(models)
        self._show_matches()
        if models.words:
            only = "" if models.listed_at else " Only the built-in models are listed."
            self._say(models.words + only)

    @work(exclusive=True, group="choose")
    async def _choose(self, model_id: str | None = None) -> None:
        """Take a model, else the one under the cursor, else what was typed leads to."""
        reference = None if model_id or self._list.entry else read_reference(self._search.value)
        if reference is not None and await self._recall(reference):
            return
        model_id = model_id or await self._wanted()
        if not model_id:
            return
        unasked = self._plain_offer == model_id
        self._say("")
        patience = self.set_timer(PATIENCE, partial(self._offer, model_id, "No answer yet"))
        try:
            choice = await self._engine.ask(
                lambda engine: engine.catalog.choose(model_id, unasked=unasked)
            )
        except UnknownModel as error:
            self._offer(model_id, str(error).removesuffix("."))
            return
        except EngineError as error:
            self._say(str(error))
            return
        finally:
            patience.stop()
        if choice.words:
            self.app.notify(visible(choice.words), severity="warning", timeout=10, markup=False)
        self.dismiss(choice.entry)

    async def _recall(self, reference: Reference) -> bool:
        """Take the request of a job, or say why not; False where it can still be a model's name."""
        try:
            paste = await self._engine.ask(
                lambda engine: engine.results.recalling.recall(reference)
            )
        except EngineError as error:
            if isinstance(error, UnknownJob):
                return False
            self._say(str(error))
        else:
            self.dismiss(paste)
        return True

    async def _wanted(self) -> str:
        """What enter takes; a name that nothing matches may be in a catalog that is on its way."""
        await self._is_known.wait()
        typed = self._search.value.strip()
        if self._list.entry is None and "/" not in typed and not self._is_read.is_set():
            self._say("Reading the catalog …")
            await self._is_read.wait()
            self._say("")
        return self._list.model_id or typed

    def _offer(self, model_id: str, why: str) -> None:
        self._say(f"{why}: {_PLAIN}.")
        self._plain_offer = model_id

    def _lay_out(self, models: Models) -> None:
        self._models = models
        self._matches = ModelSearch(models.entries, models.favourites, models.recent)
        self._tell_age()

    def _show_matches(self) -> None:
        if not self._models.entries:
            return
        query = self._search.value.strip()
        entries = self._matches.find(query)
        is_id = not entries or ("/" in query and entries[0].model_id != query)
        found = Found(entries, query, query if is_id else "", self._models.favourites)
        self._list.show(found, self._list.model_id if self._was_moved else self._first(query))

    def _first(self, query: str) -> str | None:
        return None if query else self._current

    def _tell_age(self) -> None:
        if not self._is_known.is_set():
            return
        age = catalog_age(self._models, time.time())
        if not self._is_read.is_set():
            age = f"{age} · reading it anew …" if age else "reading the catalog …"
        _tell(self._age, age or "no catalog yet")

    def _say(self, said: str) -> None:
        self._plain_offer = None
        _tell(self._said, said)


def _tell(line: Static, words: str) -> None:
    """Change the words of a line whose place never changes: no layout, nothing for the same."""
    words = visible(words)
    if words != str(line.content):
        line.update(Content(words), layout=False)


def catalog_age(models: Models, now: float) -> str:
    """`catalog of 384 models, 2 h old`, and whose if another server's; empty if there is none."""
    if models.listed_at is None:
        return ""
    seconds = now - models.listed_at
    age = re.sub(r"(?<=\d)(?=[a-z])", " ", words.age(seconds))
    age = age if seconds >= words.MINUTE else "under a minute"
    where = f", of {urlsplit(models.origin).netloc}" if models.origin else ""
    count = count_of(models.total, "model")
    return f"catalog of {count}, {age} old{where}"
