"""One line over the jobs while a sweep is under way: how far it is, and the key that opens it."""

from __future__ import annotations

from collections.abc import Sequence

from rich.segment import Segment
from textual.geometry import Size
from textual.strip import Strip

from runcomfy_tui.batch import BatchState, Progress
from runcomfy_tui.ui.widgets.batch_words import brief
from runcomfy_tui.ui.widgets.canvas import Canvas
from runcomfy_tui.ui.words import fit


class SweepLine(Canvas):
    """Shown while there is something to tell; repaints only what differs."""

    COMPONENT_CLASSES = {"sweep-line--running", "sweep-line--paused"}

    def __init__(self, key: str) -> None:
        super().__init__()
        self._key = key
        self._batches: Sequence[Progress] = ()
        self.display = False

    def show(self, batches: Sequence[Progress]) -> None:
        """Tell of these, which are not over; the one that is being sent comes first."""
        running = [each for each in batches if each.batch.state is BatchState.RUNNING]
        self._batches = [*running, *(each for each in batches if each not in running)]
        if self.display != bool(batches):
            self.display = bool(batches)
        self.paint()

    def draw(self, size: Size, now: float) -> list[Strip]:
        if not self._batches:
            return []
        first, *others = self._batches
        is_running = first.batch.state is BatchState.RUNNING
        style = self.colour("sweep-line--running" if is_running else "sweep-line--paused")
        more = f" · {len(others)} more" if others else ""
        tail = f"{more} · {self._key} "
        text = fit(f" {brief(first)}", size.width - len(tail)) + tail
        return [Strip([Segment(fit(text, size.width), style)], size.width)]
