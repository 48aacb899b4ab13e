"""What every field of the form has in common: a title, an editor, and what is said about it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar, Literal, Protocol, TypeAlias

from textual.content import Content
from textual.message import Message
from textual.style import Style
from textual.widget import Widget
from textual.widgets import Static

from runcomfy_tui.schema.fields import UNSET, Field
from runcomfy_tui.text import visible
from runcomfy_tui.ui.widgets.fields.entries import Entry, Reading
from runcomfy_tui.ui.widgets.fields.unscrolled import Unscrolled

Path: TypeAlias = Sequence[str | int]
Severity: TypeAlias = Literal["ok", "warning", "error"]


class RowMaker(Protocol):
    """Makes the row for a field with an entry in it."""

    def __call__(self, field: Field, entry: Entry | None, *, title: str = "") -> FieldRow: ...


class Note(Static, Unscrolled):
    """A line under a field, drawn literally."""

    def __init__(self, text: str, classes: str) -> None:
        super().__init__(Content(visible(text, keep_newlines=True)), markup=False, classes=classes)

        self._said = text

    def say(self, text: str) -> None:
        """Show `text` instead, or nothing at all; the same words again cost nothing."""
        if text == self._said:
            return
        self._said = text
        self.display = bool(text)
        self.update(Content(visible(text, keep_newlines=True)))


class FieldRow(Unscrolled):
    """One input: its title, drawn by the row itself, its editor, and notes where there are any.

    A row is a title and an editor and no more, because a form of fifteen fields is built while
    somebody waits: notes are mounted when there is something to say. It can be read and written
    before it is mounted, so a folded form is still a whole form.
    """

    ALLOW_SELECT = False

    inline: ClassVar[bool] = True
    """Whether the editor stands beside the title, not under it."""

    class Edited(Message):
        """The field no longer holds what it held."""

        def __init__(self, row: FieldRow) -> None:
            self.row = row
            super().__init__()

    def __init__(self, field: Field, editor: Widget, *, title: str = "") -> None:
        super().__init__(editor, classes="field")
        self.field = field
        self.editor = editor
        self.marked = field.required
        """Whether a `*` says that it is required."""
        self.touched = False
        """Whether it was edited or left, so that even a missing value may be spoken of."""
        self._title = visible(title or field.title or field.name)
        self._title_width = 0
        self._on_screen = False
        self._complaints: tuple[str, ...] = ()
        self._refusals: tuple[str, ...] = ()
        self._probe: tuple[str, Severity] = ("", "ok")
        self._notes: dict[str, Note] = {}

    # -- what it holds ------------------------------------------------------------------------

    def read(self) -> Reading:
        """What the field would send now; UNSET stays out of the request."""
        raise NotImplementedError

    @property
    def entry(self) -> Entry | None:
        """What stands in the field, for a draft."""
        raise NotImplementedError

    @property
    def is_blank(self) -> bool:
        """Whether nothing stands in it, so that a missing value is no mistake yet."""
        return self.read().value in (UNSET, "")

    def rows(self) -> Iterator[FieldRow]:
        """This row and every row inside it."""
        yield self

    def locate(self, path: Path) -> tuple[FieldRow, Path]:
        """The innermost row that `path`, which starts at this field, leads to, and what is left."""
        return self, path

    # -- how it looks -------------------------------------------------------------------------

    @property
    def title(self) -> str:
        """The title as it is drawn."""
        return self._title

    @title.setter
    def title(self, title: str) -> None:
        self._title = visible(title)
        self.refresh()

    def align(self, width: int) -> None:
        """Give the title `width` columns, so that the editors of a form stand in one column."""
        self._title_width = width
        if self.inline:
            self.editor.styles.margin = (0, 0, 0, width)

    @property
    def aside(self) -> str:
        """What stands at the right end of the title line, as `312/1000`."""
        return ""

    def aside_style(self) -> Style | str:
        """How it is drawn."""
        return ""

    def render(self) -> Content:
        """The title line; whatever stands below is a child and draws itself."""
        mark = " *" if self.marked else ""
        aside = self.aside
        room = self._title_width - 1 if self.inline else self.content_size.width
        room -= len(mark) + (len(aside) + 1 if aside else 0)
        title = Content(self._title).truncate(max(1, room), ellipsis=True) + mark
        if not aside:
            return title
        gap = max(1, self.content_size.width - title.cell_length - len(aside))
        return Content.assemble(title, " " * gap, (aside, self.aside_style()))

    def focus_editor(self) -> None:
        """Put the cursor where the value is typed."""
        self.editor.focus()

    # -- what is said about it ----------------------------------------------------------------

    @property
    def complaints(self) -> tuple[str, ...]:
        """What is wrong with the field and shown, the server's words first."""
        local = self._complaints if self.touched or not self.is_blank else ()
        return (*self._refusals, *(words for words in local if words not in self._refusals))

    def complain(self, complaints: Sequence[str]) -> None:
        """Take what the judge says about this field now; shown once the field was touched."""
        self._complaints = tuple(complaints)
        self.speak()

    def refuse(self, words: str) -> None:
        """Take the server's words; they stay until the field is edited."""
        self._refusals = (*self._refusals, words)
        self.speak()

    def forgive(self) -> None:
        """Forget the server's words."""
        if self._refusals:
            self._refusals = ()
            self.speak()

    def probe(self, text: str, severity: Severity) -> None:
        """Show what was found out about the value, as `1280×720 · 2.1 MB · ok`."""
        self._probe = (text, severity)
        self.speak()

    def touch(self) -> None:
        """From now on, show what is wrong even if nothing was filled in."""
        if not self.touched:
            self.touched = True
            self.speak()

    def changed(self) -> None:
        """The value was edited: what was said about the old one no longer holds."""
        self.touched = True
        self._refusals = ()
        self._probe = ("", "ok")
        self.speak()
        self.post_message(self.Edited(self))

    def speak(self) -> None:
        """Bring the notes up to date."""
        if not self._on_screen:
            return
        complaints = self.complaints
        self.set_class(bool(complaints), "-wrong")
        self._say("-error", "\n".join(complaints))
        text, severity = self._probe
        self._say("-probe", text)
        if probe := self._notes.get("-probe"):
            probe.set_class(severity == "warning", "-warning")
            probe.set_class(severity == "error", "-error")

    def on_mount(self) -> None:
        self._on_screen = True
        self.speak()

    def _say(self, kind: str, text: str) -> None:
        note = self._notes.get(kind)
        if note is not None:
            note.say(text)
        elif text:
            note = self._notes[kind] = Note(text, f"field--note {kind}")
            self.mount(note)
