"""Where several values are given to one field: ticked off a list, or typed."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Static, TextArea

from runcomfy_tui.schema.equality import index_of
from runcomfy_tui.schema.fields import Field
from runcomfy_tui.schema.sweep import choices_of
from runcomfy_tui.text import visible
from runcomfy_tui.ui.widgets.fields.block import Area
from runcomfy_tui.ui.widgets.sweep_draft import SweepDraft, hint_of, value_words
from runcomfy_tui.ui.widgets.ticks import Ticks


class ValuesEditor(Vertical):
    """Writes what is ticked and typed into a `SweepDraft`, field by field."""

    class Edited(Message):
        """The draft has changed at this field."""

        def __init__(self, field: Field) -> None:
            super().__init__()
            self.field = field

    def __init__(self, draft: SweepDraft) -> None:
        super().__init__()
        self._draft = draft
        self._field: Field | None = None
        self._title = Static(classes="values-editor--title")
        self._hint = Static(classes="values-editor--hint")
        self._error = Static(classes="values-editor--error")
        self._area = Area("", "as in the form")
        self._choices = Ticks()

    def compose(self) -> ComposeResult:
        yield self._title
        yield self._hint
        yield self._area
        yield self._choices
        yield self._error

    def show(self, field: Field) -> None:
        """Give values to this field from now on."""
        self._field = field
        choices = choices_of(field)
        self._area.display, self._choices.display = not choices, bool(choices)
        if choices:
            places = (index_of(value, choices) for value in self._draft.values(field))
            self._choices.fill(
                [value_words(choice, 200) for choice in choices],
                [place for place in places if place is not None],
            )
        elif self._area.text != self._draft.text(field):
            self._area.load_text(self._draft.text(field))
        self._title.update(Content(visible(field.name)))
        self._hint.update(Content(visible(hint_of(field))))
        self._tell()

    def focus(self, scroll_visible: bool = True) -> ValuesEditor:
        """Put the cursor where values are given."""
        (self._choices if self._choices.display else self._area).focus(scroll_visible)
        return self

    def on_text_area_changed(self, event: TextArea.Changed) -> None:
        """Take in what is typed; a text that is put there says nothing new."""
        event.stop()
        field = self._field
        if field is None or choices_of(field) or self._area.text == self._draft.text(field):
            return
        self._draft.type(field, self._area.text)
        self._tell()
        self.post_message(self.Edited(field))

    def on_ticks_changed(self, event: Ticks.Changed) -> None:
        """Take in what is ticked."""
        event.stop()
        if self._field is not None:
            self._draft.tick(self._field, event.places)
            self._tell()
            self.post_message(self.Edited(self._field))

    def _tell(self) -> None:
        words = self._draft.errors.get(self._field.name, "") if self._field is not None else ""
        self._error.update(Content(visible(words)))
