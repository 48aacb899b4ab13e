"""A model's whole form: its rows, what they would send, and what is wrong with it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from rich.cells import cell_len
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.events import DescendantBlur, DescendantFocus
from textual.message import Message
from textual.scrollbar import ScrollBar
from textual.widget import Widget
from textual.widgets import Input

from runcomfy_tui.jobs import FieldProblem
from runcomfy_tui.schema.fields import Field, Form
from runcomfy_tui.schema.values import initial_value, inputs_of
from runcomfy_tui.text import visible
from runcomfy_tui.ui.widgets.fields.action import Action
from runcomfy_tui.ui.widgets.fields.drafts import Draft
from runcomfy_tui.ui.widgets.fields.entries import Reading
from runcomfy_tui.ui.widgets.fields.factory import is_inline, make_row
from runcomfy_tui.ui.widgets.fields.fold import Fold
from runcomfy_tui.ui.widgets.fields.judging import problems_of, said
from runcomfy_tui.ui.widgets.fields.line import Line
from runcomfy_tui.ui.widgets.fields.others import OTHERS_PATH, OthersRow
from runcomfy_tui.ui.widgets.fields.row import FieldRow, Note, Path, Severity
from runcomfy_tui.ui.widgets.fields.unscrolled import Track, Unscrolled

_FOLDS_ABOVE = 8
_NARROWEST_TITLE, _WIDEST_TITLE = 12, 22


class FormView(VerticalScroll, Unscrolled, can_focus=False):
    """The rows of a form in the order of its schema; optional ones are folded away when many.

    It scrolls, but its scrollbar is always there, so nothing is laid out anew for it.
    """

    BINDINGS = [
        Binding(
            "up",
            "step(-1)",
            "Previous field",
            show=False,
            id="form.previous",
            tooltip="Go to the field above",
        ),
        Binding(
            "down",
            "step(1)",
            "Next field",
            show=False,
            id="form.next",
            tooltip="Go to the field below",
        ),
    ]

    class Changed(Message):
        """Something in the form was edited."""

    class Entered(Message):
        """The cursor came to a field."""

        def __init__(self, row: FieldRow) -> None:
            self.row = row
            super().__init__()

    def __init__(self, form: Form, draft: Draft) -> None:
        self.form = form
        self.fields = {
            field.name: make_row(field, draft.fields.get(field.name)) for field in form.fields
        }
        self.others = (
            OthersRow(draft.others, alone=not form.fields)
            if draft.others is not None or not form.fields
            else None
        )
        self.tried = False
        """Whether a submit was tried, so that what is missing in the whole may be spoken of."""
        self._words: tuple[str, ...] = ()
        self._note: Note | None = None
        self._last: Widget | None = None
        rows = list(self.fields.values())
        folded = _foldable(rows)
        self._fold = Fold(folded, opened=any(map(_was_filled_in, folded))) if folded else None
        super().__init__(
            *(row for row in rows if row not in folded),
            *(widget for widget in (self._fold, self.others) if widget is not None),
        )
        self._align()

    # -- what it holds ------------------------------------------------------------------------

    def rows(self) -> Iterator[FieldRow]:
        """Every row, however deep and however folded."""
        for row in self.fields.values():
            yield from row.rows()
        if self.others is not None:
            yield self.others

    def read(self) -> Reading:
        """The request, and the entries that are no values."""
        values: dict[str, Any] = {}
        problems: list[FieldProblem] = []
        for name, row in self.fields.items():
            reading = row.read()
            values[name] = reading.value
            problems.extend(reading.under(name))
        extras, misfits = self.others.extras(self.fields) if self.others else ({}, ())
        return Reading(inputs_of(self.form, values, extras), (*problems, *misfits))

    @property
    def draft(self) -> Draft:
        """Everything that stands in the form, even what is no value."""
        entries = {name: row.entry for name, row in self.fields.items()}
        return Draft(
            {name: entry for name, entry in entries.items() if entry is not None},
            None if self.others is None else self.others.entry,
        )

    def problems(self, reading: Reading | None = None) -> tuple[FieldProblem, ...]:
        """What keeps the form from being submitted, in the form's order."""
        return problems_of(self.form, reading or self.read())

    @property
    def hindrance(self) -> tuple[str, Path]:
        """Why its request cannot be told as a whole, and where; empty when it can."""
        _, misfits = self.others.extras(self.fields) if self.others else ({}, ())
        if not misfits:
            return "", ()
        return f"Mend the other inputs first: {misfits[0].message}.", OTHERS_PATH

    # -- what is said about it ----------------------------------------------------------------

    def locate(self, path: Path) -> tuple[FieldRow | None, Path]:
        """The innermost row that `path` leads to, None where there is none, and what is left."""
        if path and (row := self.fields.get(str(path[0]))):
            return row.locate(path[1:])
        if path and self.others is not None:
            return self.others, () if tuple(path) == OTHERS_PATH else path
        return None, path

    def show(self, problems: Iterable[FieldProblem]) -> None:
        """Put each problem at its field, and what concerns the whole above the form."""
        words: defaultdict[FieldRow | None, list[str]] = defaultdict(list)
        for problem in problems:
            row, rest = self.locate(problem.path)
            words[row].append(said(rest, problem.message))
        for row in self.rows():
            row.complain(words[row])
        self._say(*self._words, *(words[None] if self.tried else ()))

    def refuse(self, problems: Iterable[FieldProblem], message: str) -> None:
        """Put the server's words at the fields they speak of, and the rest above the form."""
        self.forgive()
        words = [message] if message else []
        first: FieldRow | None = None
        for problem in problems:
            row, rest = self.locate(problem.path)
            if row is None:
                words.append(said(rest, problem.message))
            else:
                row.refuse(said(rest, problem.message))
                first = first or row
        self._words = tuple(dict.fromkeys(words))
        self._say(*self._words)
        self.reveal(first)

    def forgive(self) -> None:
        """Forget what the server said."""
        self._words = ()
        self._say()
        for row in self.rows():
            row.forgive()

    @property
    def wrong(self) -> int:
        """How many fields say that something is wrong with them."""
        return sum(1 for row in self.rows() if row.complaints)

    def touch(self) -> None:
        """A submit was tried: from now on every field says what is wrong with it."""
        self.tried = True
        for row in self.rows():
            row.touch()

    def note(self, path: Path, text: str, severity: Severity) -> None:
        """Show what was found out about the value at `path`."""
        row, _ = self.locate(path)
        if row is not None:
            row.probe(text, severity)

    def reveal(self, row: FieldRow | None) -> None:
        """Put the cursor into `row`, out of its fold if need be; None is the top of the form."""
        if row is None:
            self.scroll_home(animate=False)
        elif self._fold is not None and any(row in each.rows() for each in self._fold.rows):
            self.call_next(self._unfold_and_focus, row)
        else:
            row.focus_editor()

    def go_to(self, path: Path) -> None:
        """Put the cursor into the field at `path`."""
        self.reveal(self.locate(path)[0])

    async def _unfold_and_focus(self, row: FieldRow) -> None:
        assert self._fold is not None
        await self._fold.open()
        row.focus_editor()

    def _say(self, *words: str) -> None:
        text = "\n".join(words)
        if self._note is not None:
            self._note.say(text)
        elif text and self.is_attached:
            self._note = Note(text, "form--words")
            self.mount(self._note, before=0)

    @property
    def vertical_scrollbar(self) -> ScrollBar:
        """The scrollbar (made when it is first asked for), which has nothing laid out anew."""
        if self._vertical_scrollbar is None:
            track = Track(vertical=True, name="vertical", thickness=self.scrollbar_size_vertical)
            track.display = False
            self._vertical_scrollbar = track
            self.app._start_widget(self, track)
        return self._vertical_scrollbar

    # -- how it looks -------------------------------------------------------------------------

    def _align(self) -> None:
        longest = max(_title_widths(self.form.fields), default=0)
        width = min(max(longest, _NARROWEST_TITLE), _WIDEST_TITLE)
        for row in (*self.fields.values(), *([self.others] if self.others else [])):
            row.align(width)

    def focus_again(self) -> None:
        """Put the cursor where it was last, at first into the first field; one that is here stays.

        It may just have gone on, which `_last` hears of later.
        """
        chain = self._chain()
        if chain and self.screen.focused not in chain:
            (self._last if self._last in chain else chain[0]).focus()

    def action_step(self, step: int) -> None:
        """Go to the field above or below; at either end, nowhere."""
        chain, focused = self._chain(), self.screen.focused
        if focused in chain:
            at = chain.index(focused) + step
            if 0 <= at < len(chain):
                chain[at].focus()

    def _chain(self) -> list[Widget]:
        return [widget for widget in self.screen.focus_chain if self in widget.ancestors]

    # -- what comes from below ----------------------------------------------------------------

    def on_field_row_edited(self, event: FieldRow.Edited) -> None:
        """Something was edited: what the server said of the whole no longer holds."""
        event.stop()
        self._words = ()
        self.post_message(self.Changed())

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """`enter` goes on to the next field, past what only handles the items of a list."""
        event.stop()
        chain = self._chain()
        after = chain[chain.index(event.input) + 1 :] if event.input in chain else []
        for widget in after:
            if not (isinstance(widget, Action) and widget.is_passed):
                widget.focus()
                return

    def on_line_pasted(self, event: Line.Pasted) -> None:
        """Lines pasted into a field of one line become one, and nothing of them is lost."""
        event.stop()
        start, end = event.line.selection
        event.line.replace(" ".join(event.lines), start, end)

    def on_descendant_focus(self, event: DescendantFocus) -> None:
        """Tell which field the cursor came to, and have all of it in sight, notes and all."""
        self._last = event.widget
        row = next(_rows_around(event.widget), None)
        if row is not None:
            # A field that was unfolded or added just now has no place on the screen yet.
            self.call_after_refresh(row.scroll_visible, animate=False)
            self.post_message(self.Entered(row))

    def on_descendant_blur(self, event: DescendantBlur) -> None:
        """A field that was left may say that it is still empty; a list once all of it was left."""
        focused = self.screen.focused
        still_in = set(_rows_around(focused)) if focused is not None else set()
        for row in _rows_around(event.widget):
            if row not in still_in:
                row.touch()


def _rows_around(widget: Widget) -> Iterator[FieldRow]:
    """The rows that `widget` stands in, the innermost first."""
    return (node for node in widget.ancestors_with_self if isinstance(node, FieldRow))


def _title_widths(fields: Iterable[Field], indent: int = 0) -> Iterator[int]:
    """What each title needs that stands beside its editor, also in items that are not there yet."""
    for field in fields:
        if is_inline(field):
            yield cell_len(visible(field.title)) + 3 + indent
        if field.item is not None:
            yield from _title_widths(field.item.children, indent + 4)
        else:
            yield from _title_widths(field.children, indent + 2)


def _foldable(rows: list[FieldRow]) -> list[FieldRow]:
    optional = [row for row in rows if not row.field.required]
    return optional if len(rows) > _FOLDS_ABOVE and len(optional) < len(rows) else []


def _was_filled_in(row: FieldRow) -> bool:
    return bool(row.read().value != initial_value(row.field))
