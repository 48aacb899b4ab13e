"""Fields that are written under their title, on as many lines as they need."""

from __future__ import annotations

from dataclasses import replace

from rich.text import Text
from textual import events
from textual.actions import SkipAction
from textual.geometry import Region, Size
from textual.reactive import Reactive
from textual.style import Style
from textual.widgets import TextArea
from textual.widgets.text_area import WrappedDocument

from runcomfy_tui.schema.fields import Field, FieldKind
from runcomfy_tui.text import visible
from runcomfy_tui.ui.widgets.fields.entries import Entry, Reading, TypedText
from runcomfy_tui.ui.widgets.fields.literal import one_for_one
from runcomfy_tui.ui.widgets.fields.pasting import whole_request
from runcomfy_tui.ui.widgets.fields.row import FieldRow


class Area(TextArea):
    """A `TextArea` without a box or a blinking cursor, that draws its text literally.

    Where the cursor cannot go further up or down, the arrow key is left to the form.
    """

    def __init__(self, text: str, placeholder: str = "") -> None:
        super().__init__(
            text,
            soft_wrap=True,
            tab_behavior="focus",
            highlight_cursor_line=False,
        )
        self.set_reactive(TextArea.cursor_blink, False)
        self.set_reactive(TextArea.match_cursor_bracket, False)
        self.set_reactive(TextArea.placeholder, visible(placeholder))

    # In `Widget` a change of it lays the screen out again, even if the area stays as high as it is.
    virtual_size: Reactive[Size] = Reactive(Size(0, 0), layout=False)
    _height_told: int | None = None

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """The lines of the text at this width, known before the first layout and not after it."""
        cursor = 1
        wrapped = WrappedDocument(self.document, max(1, width - cursor), self.indent_width)
        self._height_told = wrapped.height
        return wrapped.height

    def watch_virtual_size(self, size: Size) -> None:
        """More or fewer lines than the layout knows of: make room for them."""
        if self._height_told is not None and size.height != self._height_told:
            self.refresh(layout=True)

    def get_line(self, line_index: int) -> Text:
        return Text(one_for_one(self.document.get_line(line_index)), end="", no_wrap=True)

    def on_paste(self, event: events.Paste) -> None:
        """A curl command for a model is not meant for this field; anything else is its text."""
        event.stop()
        if (message := whole_request(event.text)) is not None:
            event.prevent_default()
            self.post_message(message)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """F6 and F7, by which a `TextArea` selects, are keys of the screen around it."""
        return action not in ("select_line", "select_all")

    def action_cursor_up(self, select: bool = False) -> None:
        if not select and self._row_of_cursor() == 0:
            raise SkipAction
        super().action_cursor_up(select)

    def action_cursor_down(self, select: bool = False) -> None:
        if not select and self._row_of_cursor() == self.wrapped_document.height - 1:
            raise SkipAction
        super().action_cursor_down(select)

    def _row_of_cursor(self) -> int:
        return self.wrapped_document.location_to_offset(self.cursor_location).y


class BlockRow(FieldRow):
    """A field whose value is written in an `Area` under its title."""

    inline = False

    tag = "text"
    """How an edited text is called in a draft."""

    wanted = ""
    """What may be written, told where nothing is."""

    def __init__(self, field: Field, entry: Entry | None, *, title: str = "") -> None:
        self._typed = TypedText(self.parsed_as(field), entry, self.tag)
        hint = " · ".join(filter(None, (self._typed.blank_word, self.wanted)))
        self.area = Area(self._typed.start, hint)
        self._typed.starts_as(self.area.text)
        self._last = self._typed.start
        super().__init__(field, self.area, title=title)

    def parsed_as(self, field: Field) -> Field:
        """The field as its text is to be read."""
        return field

    def read(self) -> Reading:
        return self._typed.read(self.area.text)

    @property
    def entry(self) -> Entry | None:
        return self._typed.entry(self.area.text)

    def on_text_area_changed(self, event: TextArea.Changed) -> None:
        """Tell the form, but for the text the area began with."""
        event.stop()
        text = self.area.text
        if text != self._last:
            self._last = text
            self.changed()


class PromptRow(BlockRow):
    """A prompt, lyrics, a script: many lines, counted against `maxLength` where there is one."""

    COMPONENT_CLASSES = {"field--count", "field--over"}

    @property
    def aside(self) -> str:
        """`312/1000`; empty where nothing limits the text."""
        limit = self.field.max_length
        return "" if limit is None else f"{len(self.area.text)}/{limit}"

    def aside_style(self) -> Style | str:
        over = len(self.area.text) > (self.field.max_length or 0)
        return self.get_visual_style("field--over" if over else "field--count", partial=True)

    def changed(self) -> None:
        super().changed()
        if self.field.max_length is not None:
            # The count stands at the right end of the first line; nothing else is painted again.
            room = len(self.aside) + 2
            self.refresh(Region(self.content_size.width - room, 0, room, 1))


class JsonRow(BlockRow):
    """JSON, with the place where it stops being JSON told below.

    Besides fields of kind JSON this draws any field whose value its own kind cannot show (a number
    where a text belongs, say), so that no value is lost or changed by being shown.
    """

    tag = "json"
    wanted = "JSON"

    def parsed_as(self, field: Field) -> Field:
        return replace(field, kind=FieldKind.JSON)
