"""What the window costs on the line, told once a minute and for next to nothing."""

from __future__ import annotations

import time
from collections.abc import Callable

from rich.segment import Segment
from textual.geometry import Size
from textual.strip import Strip

from runcomfy_tui.ui import words
from runcomfy_tui.ui.widgets.canvas import Canvas, Clock

MINUTE = 60


class LineMeter(Canvas):
    """The bytes of the last whole minute of the clock, while there are jobs that may move.

    It is read when the minute is over, together with all other texts that time changes. A reading
    of hundreds of bytes is told, one of less is none: so the meter, which costs less than that,
    never sees itself, and falls silent with the rest.
    """

    COMPONENT_CLASSES = {"line-meter--text"}

    def __init__(self, *, clock: Clock = time.time) -> None:
        super().__init__(clock=clock)
        self._count: Callable[[], int] | None = None
        self._is_on = False
        self._minute: int | None = None
        self._counted: int | None = None
        self._text = ""

    def measure(self, count: Callable[[], int]) -> None:
        """Read `count`, all bytes written so far, from now on."""
        self._count = count
        self.paint()

    def switch(self, is_on: bool) -> None:
        """Tell the reading, or nothing."""
        if is_on is not self._is_on:
            self._is_on = is_on
            self._minute = None
            self.paint()

    def seconds_until_change(self, now: float) -> float | None:
        return MINUTE - now % MINUTE if self._is_on and self._count is not None else None

    def draw(self, size: Size, now: float) -> list[Strip]:
        self._read(int(now) // MINUTE)
        text = words.fit(self._text, size.width, right=True)
        return [Strip([Segment(text, self.colour("line-meter--text"))], size.width)]

    def _read(self, minute: int) -> None:
        if not self._is_on or self._count is None:
            self._text = ""
        elif self._minute is None:
            self._minute, self._counted = minute, None  # not a whole minute: it has begun
        elif minute != self._minute:
            count = self._count()
            if self._counted is not None:
                self._text = reading((count - self._counted) // max(1, minute - self._minute))
            self._minute, self._counted = minute, count


def reading(count: int) -> str:
    """Bytes a minute: `0 B/min`, `0.4 kB/min`, `17 kB/min`; never more than there were."""
    if count < 100:
        return "0 B/min"
    if count < 10_000:
        return f"{count // 100 / 10:.1f} kB/min"
    return f"{count // 1000} kB/min"
