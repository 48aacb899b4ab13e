"""Two jobs compared: only what differs, and both outputs side by side."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from runcomfy_tui.engine.changes import Changes
from runcomfy_tui.engine.thread import EngineThread
from runcomfy_tui.jobs import Job
from runcomfy_tui.settings import Settings
from runcomfy_tui.text import visible
from runcomfy_tui.ui.screens.quiet import QuietScreen
from runcomfy_tui.ui.widgets.job_comparison import Beside, comparison, lines_beside
from runcomfy_tui.ui.widgets.key_bar import KeyBar


class ComparisonScreen(QuietScreen[None]):
    """Follows both jobs as they change; asks the server for nothing."""

    AUTO_FOCUS = "#comparison"

    BINDINGS = [
        Binding("escape,q", "dismiss", "back", id="compare.back", tooltip="Back to the table"),
        Binding("1", "open(0)", "open left", id="compare.left", tooltip="Open the left job"),
        Binding("2", "open(1)", "open right", id="compare.right", tooltip="Open the right job"),
    ]

    def __init__(self, engine: EngineThread, settings: Settings, one: Job, other: Job) -> None:
        super().__init__()
        self._engine = engine
        self._settings = settings
        self._pair = [one, other]

    def compose(self) -> ComposeResult:
        yield Static(Content("Compare two jobs: what differs"), id="comparison-title")
        with VerticalScroll(id="comparison", can_focus=True):
            yield Static(id="comparison-lines")
        yield KeyBar()

    def on_mount(self) -> None:
        self._show()

    def on_resize(self) -> None:
        self.call_after_refresh(self._show)

    def apply(self, changes: Changes) -> None:
        """Take in what the engine says of these two."""
        jobs = {job.id: job for job in changes.jobs}
        pair = [jobs.get(job.id, job) for job in self._pair]
        if pair != self._pair:
            self._pair = pair
            self._show()

    def action_open(self, side: int) -> None:
        """Open one of the two."""
        from runcomfy_tui.ui.screens.result import ResultScreen

        self.app.push_screen(ResultScreen(self._engine, self._settings, self._pair[side]))

    def _show(self) -> None:
        one, other = self._pair
        width = self.query_one("#comparison").scrollable_content_region.width
        if not width:
            return
        told = comparison(one, other)
        heading = Beside("", one.request_id or "no request_id", other.request_id or "no request_id")
        lines = [_drawn(heading, width, "bold"), *(_drawn(each, width) for each in told)]
        if not told:
            lines.append(Content("They are the same, and have no output."))
        self.query_one("#comparison-lines", Static).update(Content("\n").join(lines))


def _drawn(told: Beside, width: int, style: str = "") -> Content:
    tone = "$foreground 60%" if told.is_same else style
    return Content("\n").join(
        Content.styled(visible(name), "$foreground 60%")
        + Content.styled(f"  {one}", tone)
        + Content.styled(f"  {other}", tone)
        for name, one, other in lines_beside(told, width)
    )
