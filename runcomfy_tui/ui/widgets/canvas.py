"""A widget drawn line by line that paints only what differs from what is on the screen."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from functools import cache

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.css.styles import RenderStyles
from textual.dom import DOMNode
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.scrollbar import ScrollBar
from textual.strip import Strip
from textual.timer import Timer

Clock = Callable[[], float]

_TIMER_MARGIN = 0.01  # a timer that fires a hair too early would find nothing changed


class Canvas(ScrollView, can_focus=False):
    """The base of the widgets that change while one looks at them.

    A subclass says with `draw` how its visible lines look now. `paint` compares that with what the
    terminal shows already and repaints, of the lines that differ, the part from the left edge
    (where Textual's partial updates begin) to the last difference. Nothing different: 0 bytes.
    Where time alone changes what is drawn, `seconds_until_change` says when to look again; the one
    timer for it lives only while it is needed.
    """

    ALLOW_SELECT = False

    def __init__(
        self,
        *,
        id: str | None = None,  # noqa: A002 - Textual's name for it
        clock: Clock = time.time,
    ) -> None:
        super().__init__(id=id)
        self.auto_links = False
        self._clock = clock
        self._shown: list[Strip] = []
        self._shown_size = Size(0, 0)
        self._colours: dict[str, Style] = {}
        self._thumb = (0.0, 0.0)
        self._timer: Timer | None = None
        self._timer_due = 0.0

    def draw(self, size: Size, now: float) -> list[Strip]:
        """The visible lines, top to bottom, each exactly `size.width` cells wide."""
        raise NotImplementedError

    def seconds_until_change(self, now: float) -> float | None:
        """When time alone will change what `draw` gives; None when it will not."""
        return None

    @property
    def canvas_size(self) -> Size:
        """The cells there are to draw on: without padding and scrollbar."""
        return self.scrollable_content_region.size

    @property
    def is_ticking(self) -> bool:
        """Whether a timer waits to look at the clock again."""
        return self._timer is not None

    def paint(self) -> None:
        """Bring the screen up to date at the least cost."""
        if not self.is_mounted:
            return
        if not self._shown_size or self._shown_size != self.canvas_size:
            # Not on the screen, or about to be painted in a new size: then all of it is drawn anew.
            self._shown_size = Size(0, 0)
            self.refresh()
            return
        now = self._clock()
        shown, self._shown = self._shown, self.draw(self._shown_size, now)
        for y in range(max(len(shown), len(self._shown))):
            if width := differing_width(self._line(shown, y), self._line(self._shown, y)):
                self.refresh(Region(0, y, width, 1))
        self._wait_for_change(now)

    def render_line(self, y: int) -> Strip:
        if self._shown_size != self.canvas_size:
            self._shown_size = self.canvas_size
            now = self._clock()
            self._shown = self.draw(self._shown_size, now)
            self._wait_for_change(now)
        return self._line(self._shown, y)

    def _line(self, lines: list[Strip], y: int) -> Strip:
        if y < len(lines):
            return lines[y]
        return Strip.blank(self._shown_size.width, self.rich_style)

    def colour(self, component: str) -> Style:
        """The style of a component class, remembered until the style sheets change."""
        style = self._colours.get(component)
        if style is None:
            style = self._colours[component] = self.get_component_rich_style(component)
        return style

    # Textual works out all component classes again with every focus and class that changes. Here
    # each is worked out when it is drawn with: most words of a status are on no screen.

    @classmethod
    @cache
    def _get_component_classes(cls) -> frozenset[str]:
        return frozenset()

    def get_component_styles(self, *names: str) -> RenderStyles:
        for name in names:
            if name not in self._component_styles:
                node = DOMNode(classes=name)
                node._attach(self)
                self.app.stylesheet.apply(node, animate=False)
                self._component_styles[name] = node.styles
        return super().get_component_styles(*names)

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._component_styles.clear()
        self._colours.clear()
        if self.is_mounted:
            self.call_next(self.paint)

    # Textual repaints a widget whole when it gains or loses the focus. These say the same to the
    # widgets above and paint what looks different.

    def on_focus(self, event: events.Focus) -> None:
        event.prevent_default()
        self.has_focus = True
        self.paint()
        if self.parent is not None:
            self.parent.post_message(events.DescendantFocus(self))

    def on_blur(self, event: events.Blur) -> None:
        event.prevent_default()
        self.has_focus = False
        self.paint()
        if self.parent is not None:
            self.parent.post_message(events.DescendantBlur(self))

    def set_extent(self, lines: int) -> None:
        """Say how many lines there are to scroll through, without the full repaint of a layout."""
        self.set_reactive(ScrollView.virtual_size, Size(0, lines))
        self.scroll_y = self.validate_scroll_y(self.scroll_y)
        self._update_scrollbar()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        self._update_scrollbar()
        self.paint()

    def _update_scrollbar(self) -> None:
        """Bring the scrollbar up to date; of its cells, paint those where the thumb's ends moved.

        Left to itself a scrollbar repaints whole for every line that is added.
        """
        height = self.canvas_size.height
        if not self.show_vertical_scrollbar or not height:
            return
        lines = max(height, self.virtual_size.height)
        bar = self.vertical_scrollbar
        bar.set_reactive(ScrollBar.window_size, height)
        bar.set_reactive(ScrollBar.window_virtual_size, lines)
        bar.set_reactive(ScrollBar.position, self.scroll_y)
        thumb = _thumb(height, lines, self.scroll_y)
        if thumb == self._thumb:
            return
        for old, new in zip(self._thumb, thumb, strict=True):
            first, last = sorted((int(old), int(new)))
            bar.refresh(Region(0, max(0, first - 1), bar.size.width, last - first + 3))
        self._thumb = thumb

    def _wait_for_change(self, now: float) -> None:
        delay = self.seconds_until_change(now)
        if delay is None:
            self._stop_waiting()
        elif self._timer is None or now + delay < self._timer_due:
            self._stop_waiting()
            self._timer_due = now + delay
            self._timer = self.set_timer(delay + _TIMER_MARGIN, self._look_again)

    def _look_again(self) -> None:
        self._timer = None
        self.paint()

    def _stop_waiting(self) -> None:
        if self._timer is not None:
            self._timer.stop()
            self._timer = None


def _thumb(height: int, lines: int, position: float) -> tuple[float, float]:
    """Where a scrollbar's thumb begins and ends, in eighths of a cell; nowhere when all fits."""
    if lines <= height:
        return 0.0, 0.0
    length = max(1.0, height * height / lines)
    start = (height - length) * position / (lines - height)
    return round(start * 8) / 8, round((start + length) * 8) / 8


def differing_width(old: Strip, new: Strip) -> int:
    """How many cells from the left have to be painted to turn `old` into `new`."""
    if old is new or old == new:
        return 0
    if old.cell_length != new.cell_length:
        return max(old.cell_length, new.cell_length)
    olds, news = list(old), list(new)
    while olds and news and olds[-1] == news[-1]:
        olds.pop(), news.pop()
    before, after = list(_cells(olds)), list(_cells(news))
    for x in range(len(after) - 1, -1, -1):
        if before[x] != after[x]:
            return x + 1
    return 0


def _cells(segments: Iterable[Segment]) -> Iterator[tuple[str, Style | None, int]]:
    """What stands in each cell: the character, its style, and which half of it this is."""
    for text, style, _control in segments:
        if text.isascii():
            yield from ((character, style, 0) for character in text)
            continue
        for character in text:
            for half in range(cell_len(character)):
                yield character, style, half
