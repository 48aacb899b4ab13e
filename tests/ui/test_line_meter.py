"""The meter of the line: read once a minute, silent with the rest, and it never sees itself."""

from __future__ import annotations

from typing import Self

import pytest
from textual.app import App, ComposeResult
from textual.geometry import Region

from runcomfy_tui import paths
from runcomfy_tui.ui.widgets.line_meter import LineMeter, reading
from runcomfy_tui.ui.widgets.status_line import StatusFacts, StatusLine

OWN_COST = 99
"""Bytes that one paint of the meter may cost; the next reading must not tell them."""


class Watched(LineMeter):
    """Notes what it repaints."""

    painted: list[Region]

    def refresh(self, *regions: Region, **how: bool) -> Self:
        self.painted.extend(regions)
        return super().refresh(*regions, **how)


class MeterApp(App[None]):
    CSS_PATH = [paths.styles() / "status_line.tcss"]

    def __init__(self) -> None:
        super().__init__()
        self.now = 30.0
        self.written = 0
        Watched.painted = []
        self.meter = Watched(clock=lambda: self.now)

    def compose(self) -> ComposeResult:
        yield self.meter

    @property
    def text(self) -> str:
        return self.meter.render_line(0).text.strip()

    def minute(self, written: int = 0) -> list[Region]:
        """Let a minute pass in which so much is written; what the meter repaints then."""
        self.written += written
        self.now += 60
        self.meter.painted.clear()
        self.meter.paint()
        return list(self.meter.painted)


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 B/min"),
        (OWN_COST, "0 B/min"),
        (100, "0.1 kB/min"),
        (5_999, "5.9 kB/min"),
        (17_400, "17 kB/min"),
        (2_500_000, "2500 kB/min"),
    ],
)
def test_a_reading_is_never_more_than_there_was(count: int, text: str) -> None:
    assert reading(count) == text


async def test_it_tells_the_last_whole_minute_while_jobs_are_alive() -> None:
    app = MeterApp()
    async with app.run_test(size=(20, 1)):
        app.meter.measure(lambda: app.written)
        assert app.text == ""
        assert not app.meter.is_ticking
        app.meter.switch(True)
        assert app.meter.is_ticking
        app.minute(50_000)
        assert app.text == "", "that minute had begun already"
        app.minute(4_321)
        assert app.text == "4.3 kB/min"
        app.minute(0)
        assert app.text == "0 B/min"
        app.meter.switch(False)
        assert app.text == ""
        assert not app.meter.is_ticking


async def test_it_falls_silent_with_the_rest() -> None:
    app = MeterApp()
    async with app.run_test(size=(20, 1)):
        app.meter.measure(lambda: app.written)
        app.meter.switch(True)
        app.minute()
        assert app.minute(4_000) != []
        assert app.minute(OWN_COST) != [], "down to nothing"
        assert app.minute(OWN_COST) == [], "its own paint is no news"
        assert app.minute(0) == []


async def test_the_status_line_switches_it_with_the_jobs() -> None:
    class LineApp(App[None]):
        CSS_PATH = MeterApp.CSS_PATH

        def compose(self) -> ComposeResult:
            yield StatusLine(StatusFacts())

    app = LineApp()
    async with app.run_test(size=(100, 2)):
        line = app.query_one(StatusLine)
        line.meter.measure(lambda: 0)
        line.show(StatusFacts(queued=1))
        assert line.meter.is_ticking
        line.show(StatusFacts(unconfirmed=2))
        assert not line.meter.is_ticking
        assert line.meter.region.right == 99, "at the right end, within the padding"
