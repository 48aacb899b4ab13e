"""The line above the jobs: the tabs with how many jobs each keeps, the filter, the marks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter

from rich.cells import cell_len
from rich.segment import Segment
from textual import events
from textual.geometry import Size
from textual.message import Message
from textual.strip import Strip

from runcomfy_tui.text import clip, visible
from runcomfy_tui.ui import words
from runcomfy_tui.ui.widgets.canvas import Canvas

_TAB = "view-line--tab"
_GAP = 2
_LONGEST_NAME = 24
_NUMBERED = 9  # tabs that have a key of their own


@dataclass(frozen=True, slots=True)
class ShownTab:
    """A tab as the line shows it; `count` is None while nobody knows. `alarms` wants attention."""

    name: str
    count: int | None = None
    is_current: bool = False
    alarms: bool = False


@dataclass(frozen=True, slots=True)
class ViewFacts:
    """What the line tells. `filter_text` is what was typed, of which `shown` jobs are like it."""

    tabs: Sequence[ShownTab] = ()
    filter_text: str = ""
    shown: int = 0
    marked: int = 0


@dataclass(frozen=True, slots=True)
class _Place:
    at: int
    index: int
    text: str

    @property
    def end(self) -> int:
        return self.at + cell_len(self.text)


def tab_text(tab: ShownTab, index: int) -> str:
    """A tab's key, name and count: `2 running 6`."""
    name = words.steady(visible(clip(tab.name, _LONGEST_NAME)))
    parts = [str(index + 1) if index < _NUMBERED else "", name]
    return " ".join(
        part for part in (*parts, "" if tab.count is None else f"{tab.count:,}") if part
    )


def right_text(facts: ViewFacts) -> str:
    """What stands at the right end: marks, and the filter or how to type one."""
    parts = [f"{facts.marked:,} marked"] if facts.marked else []
    if facts.filter_text:
        parts.append(f"/ {visible(facts.filter_text)} · {facts.shown:,}")
    elif not facts.marked:
        parts.append("/ filter")
    return words.steady(" · ".join(parts))


def placed(tabs: Sequence[ShownTab], width: int) -> list[_Place]:
    """Where the tabs stand on `width` cells.

    When they do not all fit, the empty ones give way first, then those at the end; never the
    current one.
    """
    texts = [tab_text(tab, index) for index, tab in enumerate(tabs)]
    kept = list(range(len(tabs)))
    room = width - 1
    for tell_apart in (_is_idle, _is_not_current):
        for index in reversed(range(len(tabs))):
            if sum(cell_len(texts[each]) + _GAP for each in kept) - _GAP <= room:
                break
            if index in kept and tell_apart(tabs[index]):
                kept.remove(index)
    places: list[_Place] = []
    at = 1
    for index in kept:
        text = words.fit(texts[index], min(cell_len(texts[index]), width - at))
        places.append(_Place(at, index, text))
        at += cell_len(text) + _GAP
    return [place for place in places if place.text]


def _is_idle(tab: ShownTab) -> bool:
    return not tab.count and _is_not_current(tab)


def _is_not_current(tab: ShownTab) -> bool:
    return not tab.is_current


class ViewLine(Canvas):
    """Shows the tabs; a click on one asks for it."""

    COMPONENT_CLASSES = {
        _TAB,
        "view-line--current",
        "view-line--alarm",
        "view-line--filter",
    }

    class Chosen(Message):
        """A tab was clicked; `index` is its place among the tabs."""

        def __init__(self, index: int) -> None:
            super().__init__()
            self.index = index

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name for it
        super().__init__(id=id)
        self._facts = ViewFacts()

    def show(self, facts: ViewFacts) -> None:
        """Show these facts; the same again costs nothing."""
        if facts != self._facts:
            self._facts = facts
            self.paint()

    def draw(self, size: Size, now: float) -> list[Strip]:
        right = self._right(size.width)
        parts: list[tuple[str, str]] = []
        at = 0
        for place in placed(self._facts.tabs, size.width - cell_len(right) - _GAP):
            # The blanks before a tab look like the one before it: every other look costs bytes.
            parts.append((" " * (place.at - at), parts[-1][1] if parts else _TAB))
            parts.append((place.text, _component(self._facts.tabs[place.index])))
            at = place.end
        parts.append((" " * max(0, size.width - 1 - cell_len(right) - at), _TAB))
        is_quiet = not self._facts.filter_text and not self._facts.marked
        parts.append((f"{right} ", _TAB if is_quiet else "view-line--filter"))
        runs = groupby(parts, key=itemgetter(1))
        line = [Segment("".join(text for text, _ in run), self.colour(name)) for name, run in runs]
        return [Strip(line).adjust_cell_length(size.width, self.rich_style)]

    def on_click(self, event: events.Click) -> None:
        """Ask for the tab that stands there."""
        width = self.canvas_size.width
        for place in placed(self._facts.tabs, width - cell_len(self._right(width)) - _GAP):
            if place.at <= event.x < place.end:
                event.stop()
                self.post_message(self.Chosen(place.index))

    def _right(self, width: int) -> str:
        """What stands at the right; no more than half of the line, and only a filter if crowded."""
        text = right_text(self._facts)
        is_hint = not self._facts.filter_text and not self._facts.marked
        needed = sum(cell_len(tab_text(tab, 0)) + _GAP for tab in self._facts.tabs)
        if is_hint and needed + cell_len(text) > width:
            return ""
        return words.fit(text, min(cell_len(text), width // 2))


def _component(tab: ShownTab) -> str:
    if tab.is_current:
        return "view-line--current"
    return "view-line--alarm" if tab.alarms and tab.count else _TAB
