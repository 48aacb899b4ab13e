"""The whole request as JSON: what the form would send, to be edited as one text."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

from textual import events
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import TextArea

from runcomfy_tui.jobs import FieldProblem
from runcomfy_tui.schema.entries import EntryError, parse_json
from runcomfy_tui.schema.fields import UNSET, Form
from runcomfy_tui.ui.widgets.fields.block import Area
from runcomfy_tui.ui.widgets.fields.drafts import exactly_alike
from runcomfy_tui.ui.widgets.fields.entries import Reading
from runcomfy_tui.ui.widgets.fields.judging import problems_of, said
from runcomfy_tui.ui.widgets.fields.pasting import RequestReferred, request_in
from runcomfy_tui.ui.widgets.fields.row import Note, Path, Severity

_MOST_WORDS = 8
_PLACE = re.compile(r"\(line (\d+), column (\d+)\)\.$")


class JsonArea(Area):
    """The text. A request that is pasted replaces it where it cannot become a part of it."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.add_class("json")

    def on_paste(self, event: events.Paste) -> None:
        """Fill model and form with a whole request, or by what leads to one; all else is text."""
        message = request_in(event.text)
        if message is None or self._would_hold(event.text):
            return
        # A path may be meant for a string that is not written to its end yet.
        if isinstance(message, RequestReferred) and not self._is_whole():
            return
        event.prevent_default()
        event.stop()
        self.post_message(message)

    def _would_hold(self, text: str) -> bool:
        """Whether the text with `text` pasted into it would be a larger JSON object."""
        before, after = self._around()
        return bool(before.strip()) and isinstance(parse_json(before + text + after), dict)

    def _is_whole(self) -> bool:
        text = "".join(self._around())
        return not text.strip() or isinstance(parse_json(text), dict)

    def _around(self) -> tuple[str, str]:
        """The text before and after what is selected."""
        start, end = sorted(self.selection)
        return self.get_text_range((0, 0), start), self.get_text_range(end, self.document.end)


class JsonView(Vertical):
    """A text with the judge's words below it; speaks the language of a `FormView`.

    `reading` is what the form holds. Entries in it that are no values stay wrong for as long as
    they stand in the text as they were typed.
    """

    class Changed(Message):
        """The text was edited."""

    def __init__(self, form: Form, reading: Reading, text: str | None = None) -> None:
        self.form = form
        self.before: dict[str, Any] = dict(reading.value)
        """The request as the form had it."""
        self._typed = [
            (problem, _value_at(self.before, problem.path)) for problem in reading.problems
        ]
        self.area = JsonArea(json_text(self.before) if text is None else text)
        self._last = self.area.text
        self._words: tuple[str, ...] = ()
        self._problems: tuple[str, ...] = ()
        self._probes: dict[tuple[str | int, ...], tuple[str, Severity]] = {}
        self._note = Note("", "json--words -error")
        self._note.display = False
        self._probe = Note("", "json--words -warning")
        self._probe.display = False
        super().__init__(self.area, self._note, self._probe)

    # -- what it holds ------------------------------------------------------------------------

    @property
    def text(self) -> str:
        """The text, be it JSON or not."""
        return self.area.text

    def read(self) -> Reading:
        """The request, and why the text is none."""
        value = parse_json(self.text) if self.text.strip() else {}
        if isinstance(value, EntryError):
            return Reading({}, (FieldProblem((), value.message),))
        if not isinstance(value, dict):
            return Reading({}, (FieldProblem((), 'must be a JSON object, as {"name": "value"}'),))
        still = (
            problem
            for problem, was in self._typed
            if exactly_alike(was, _value_at(value, problem.path))
        )
        return Reading(value, tuple(still))

    def problems(self, reading: Reading | None = None) -> tuple[FieldProblem, ...]:
        """What keeps it from being submitted."""
        return problems_of(self.form, reading or self.read())

    @property
    def hindrance(self) -> tuple[str, Path]:
        """Why no request can be made of it, and where; empty when one can."""
        why = next((each.message for each in self.read().problems if not each.path), "")
        return (f"Mend the JSON first: {why}." if why else ""), ()

    # -- what is said about it ----------------------------------------------------------------

    @property
    def wrong(self) -> int:
        """How many things are wrong with it."""
        return len(self._problems) + len(self._words)

    def show(self, problems: Iterable[FieldProblem]) -> None:
        """List the problems."""
        self._problems = tuple(said(each.path, each.message) for each in problems)
        self._list()

    def refuse(self, problems: Iterable[FieldProblem], message: str) -> None:
        """List the server's words, until the text is edited."""
        words = [message, *(said(each.path, each.message) for each in problems)]
        self._words = tuple(dict.fromkeys(filter(None, words)))
        self._list()
        self.area.focus()

    def forgive(self) -> None:
        """Forget what the server said."""
        self._words = ()
        self._list()

    def touch(self) -> None:
        """Nothing is held back here until a submit is tried."""

    def note(self, path: Path, text: str, severity: Severity) -> None:
        """List what was found out about a value, unless all is well with it."""
        self._probes[tuple(path)] = (text, severity)
        told = [
            said(path, words)
            for path, (words, severity) in self._probes.items()
            if words and severity != "ok"
        ]
        self._probe.say(_listed(told))

    def _list(self) -> None:
        before = self._note.content
        self._note.say(_listed([*self._words, *self._problems]))
        if self._note.content != before and self.is_attached:
            # The list takes its lines from the text, and the cursor may have been on one of them.
            self.call_after_refresh(self.area.scroll_cursor_visible, animate=False)

    # -- where the cursor goes ----------------------------------------------------------------

    def focus_again(self) -> None:
        """Put the cursor where it was last."""
        self.area.focus()

    def go_to(self, path: Path) -> None:
        """Put the cursor where `path` begins, or where the text stops being JSON."""
        if not path and (place := _PLACE.search(self.hindrance[0])):
            self.area.move_cursor((int(place[1]) - 1, int(place[2]) - 1))
        elif path:
            name = re.escape(json_text(str(path[0])))
            if found := re.search(rf"{name}\s*:", self.text):
                _, _, left = self.text[: found.start()].rpartition("\n")
                row = self.text.count("\n", 0, found.start())
                self.area.move_cursor((row, len(left)))
        self.area.focus()

    # -- what comes from below ----------------------------------------------------------------

    def on_text_area_changed(self, event: TextArea.Changed) -> None:
        """Tell the composer, but for the text that it began with."""
        event.stop()
        if self.text != self._last:
            self._last = self.text
            self._words = ()
            self._probes.clear()
            self._probe.say("")
            self.post_message(self.Changed())


def json_text(value: Any) -> str:
    """A value as people read JSON; what cannot be seen, or would end a line, is escaped."""
    text = json.dumps(value, ensure_ascii=False, indent=2)
    if text.isascii():
        return text
    return "".join(map(_seen, text))


def _seen(character: str) -> str:
    if character.isprintable() or character == "\n":
        return character
    return json.dumps(character)[1:-1]


def _value_at(value: Any, path: Path) -> Any:
    for step in path:
        try:
            value = value[step]
        except (KeyError, IndexError, TypeError):
            return UNSET
    return value


def _listed(words: list[str]) -> str:
    more = len(words) - _MOST_WORDS
    return "\n".join([*words[:_MOST_WORDS], *([f"… and {more} more"] if more > 0 else [])])
