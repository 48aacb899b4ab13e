"""One job in full: its files and where they are, its inputs, times, cost and the raw answer."""

from __future__ import annotations

import json
import os
import webbrowser
from collections.abc import Mapping
from typing import Any

from textual import getters, on, work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from runcomfy_tui.engine.changes import Changes, DownloadPhase, DownloadState
from runcomfy_tui.engine.errors import EngineError
from runcomfy_tui.engine.thread import EngineThread
from runcomfy_tui.export import job_as_json
from runcomfy_tui.jobs import Job, Output
from runcomfy_tui.settings import Settings
from runcomfy_tui.text import visible
from runcomfy_tui.ui import words
from runcomfy_tui.ui.screens.confirm import ConfirmScreen
from runcomfy_tui.ui.screens.copying import Copyable, CopyScreen
from runcomfy_tui.ui.screens.job_actions import JobActions
from runcomfy_tui.ui.screens.quiet import QuietScreen
from runcomfy_tui.ui.widgets.job_detail import JobDetail
from runcomfy_tui.ui.widgets.key_bar import KeyBar

BAR_CELLS = 20


class ResultScreen(QuietScreen[None]):
    """Shows a job as it is and as it changes; reads /result once more when it opens."""

    AUTO_FOCUS = "#outputs"

    BINDINGS = [
        Binding("escape,q", "dismiss", "back", id="result.back", tooltip="Back to the table"),
        Binding("d", "download", "download", id="result.download", tooltip="Save this file"),
        Binding("s", "stop", "stop", id="result.stop", show=False, tooltip="Stop its download"),
        Binding("o", "open", "open", id="result.open", tooltip="Show, copy or open its URL"),
        Binding("y", "copy", "copy", id="result.copy", tooltip="Copy the URL, id or JSON"),
        Binding("j", "cursor(1)", "next", show=False, id="result.next", tooltip="Next file"),
        Binding("k", "cursor(-1)", "previous", show=False, id="result.prev", tooltip="File before"),
        Binding("u", "refresh", "ask again", id="result.refresh", tooltip="Read /result again"),
        Binding("w", "raw", "raw JSON", id="result.raw", tooltip="Show or hide the raw answer"),
    ]

    outputs = getters.query_one("#outputs", OptionList)
    detail = getters.query_one("#result-detail", JobDetail)

    def __init__(self, engine: EngineThread, settings: Settings, job: Job) -> None:
        super().__init__()
        self._engine = engine
        self._settings = settings
        self._job = job
        self._sizes: dict[str, int] = {}
        self._downloads: dict[str, DownloadState] = {}
        self._listed: tuple[Output, ...] = ()
        self._actions = JobActions(self, engine, failed=lambda error: self._say(str(error)))

    def compose(self) -> ComposeResult:
        yield Static(id="result-title")
        yield Static(id="result-said")
        yield OptionList(id="outputs", compact=True)
        yield JobDetail(id="result-detail")
        with VerticalScroll(id="result-raw"):
            yield Static(id="result-json")
        yield KeyBar()

    def on_mount(self) -> None:
        self.query_one("#result-raw").display = False
        self._say("")
        self._show()
        if self._job.request_id is not None:
            self.action_refresh()

    def apply(self, changes: Changes) -> None:
        """Take in what the engine says of this job and its downloads."""
        for download in changes.downloads:
            if download.job_id == self._job.id:
                self._take_download(download)
        for job in changes.jobs:
            if job.id == self._job.id and job != self._job:
                self._job = job
                self._show()

    @on(OptionList.OptionSelected)
    def open_chosen(self, event: OptionList.OptionSelected) -> None:
        """Enter on a file shows its URL whole."""
        self.action_open()

    def action_cursor(self, step: int) -> None:
        """Move from file to file."""
        if self.outputs.option_count:
            at = (self.outputs.highlighted or 0) + step
            self.outputs.highlighted = max(0, min(self.outputs.option_count - 1, at))

    def action_download(self) -> None:
        """Save the file under the cursor."""
        if (output := self._output()) is not None:
            self._start_download(output.url)

    def action_stop(self) -> None:
        """Stop the download of the file under the cursor."""
        if (output := self._output()) is not None:
            job_id, url = self._job.id, output.url
            self._engine.tell(lambda engine: engine.downloads.stop(job_id, url))

    def action_open(self) -> None:
        """Show the URL whole and copy it; on a desktop open it too."""
        output = self._output()
        if output is None:
            return
        if has_desktop() and webbrowser.open(output.url):
            self.notify("Opened in the browser.", markup=False)
        else:
            # Over SSH a browser would start on the far host, where nobody sees it.
            self.app.push_screen(CopyScreen([Copyable(f"{output.kind} URL", output.url)]))

    def action_copy(self) -> None:
        """Copy the URL under the cursor, the request_id or the JSON."""
        output = self._output()
        self._actions.copy(self._job, output.url if output else None)

    def action_raw(self) -> None:
        """Show or hide the raw answer."""
        raw = self.query_one("#result-raw")
        self.detail.display = raw.display
        raw.display = not raw.display
        (raw if raw.display else self.detail).focus()

    @work(exclusive=True)
    async def action_refresh(self) -> None:
        """Read /result again: fresh URLs, and a cost that came late."""
        job_id = self._job.id
        try:
            job = await self._engine.ask(lambda engine: engine.collect(job_id))
        except EngineError as error:
            self._say(f"{error} Shown is what the ledger holds.")
            return
        self._say("")
        if job != self._job:
            self._job = job
            self._show()
        await self._measure()

    async def _measure(self) -> None:
        for output in self._listed:
            size = await self._size_of(output.url)
            if size is not None:
                self._sizes[output.url] = size
                self._redraw(output.url)

    async def _size_of(self, url: str) -> int | None:
        return await self._engine.ask(lambda engine: engine.downloads.size(url))

    def _start_download(self, url: str, *, trusted_only: bool = True) -> None:
        job_id, folder = self._job.id, self._settings.download_dir
        self._engine.tell(
            lambda engine: engine.downloads.start(job_id, url, folder, trusted_only=trusted_only)
        )

    def _take_download(self, state: DownloadState) -> None:
        self._downloads[state.url] = state
        self._redraw(state.url)
        if state.phase is DownloadPhase.ASKING:
            url = state.url

            def answered(yes: bool | None) -> None:
                if yes:
                    self._start_download(url, trusted_only=False)

            self.app.push_screen(
                ConfirmScreen(
                    f"Download from {state.words}?",
                    "This host is not RunComfy's. Your token is not sent to it.",
                    yes="download",
                    no="leave it",
                ),
                answered,
            )

    def _output(self) -> Output | None:
        at = self.outputs.highlighted
        return self._listed[at] if at is not None and at < len(self._listed) else None

    def _say(self, said: str) -> None:
        line = self.query_one("#result-said", Static)
        line.update(Content(visible(said)))
        line.display = bool(said)

    def _show(self) -> None:
        job = self._job
        title = f"{words.shape(job.status)} {visible(job.status_word)}  {job.model_id or ''}"
        self.query_one("#result-title", Static).update(Content(visible(title)))
        self.detail.job = job
        self.query_one("#result-json", Static).update(
            Content(visible(_json(job_as_json(job)), keep_newlines=True))
        )
        outputs = job.outputs
        if outputs != self._listed:
            self._listed = outputs
            chosen = self.outputs.highlighted
            self.outputs.clear_options()
            self.outputs.add_options(Option(self._line(output)) for output in outputs)
            self.outputs.highlighted = min(chosen or 0, len(outputs) - 1) if outputs else None
        self.outputs.display = bool(outputs)
        if not outputs:
            self.detail.focus()

    def _redraw(self, url: str) -> None:
        for index, output in enumerate(self._listed):
            if output.url == url:
                self.outputs.replace_option_prompt_at_index(index, self._line(output))

    def _line(self, output: Output) -> Content:
        state = self._downloads.get(output.url)
        size = self._sizes.get(output.url)
        facts = [output.kind.value, words.size(size) if size is not None else ""]
        return Content.assemble(
            (" · ".join(fact for fact in facts if fact), "bold"),
            (f"  {download_words(state)}" if state else "", "$text-primary"),
            f"\n{visible(output.url)}",
        )


def download_words(state: DownloadState) -> str:
    """How far a download is, in one line."""
    match state.phase:
        case DownloadPhase.RUNNING if state.total:
            share = min(1.0, state.received / state.total)
            full = round(share * BAR_CELLS)
            bar = "█" * full + "░" * (BAR_CELLS - full)
            return f"{bar} {share:4.0%} of {words.size(state.total)}"
        case DownloadPhase.RUNNING:
            return f"{words.size(state.received)} …"
        case DownloadPhase.DONE:
            return f"saved: {visible(state.file)}"
        case DownloadPhase.FAILED:
            return f"not saved: {visible(state.words)}"
        case DownloadPhase.STOPPED:
            return "stopped; d goes on"
        case DownloadPhase.ASKING:
            return f"waits for your yes to {visible(state.words)}"


def has_desktop(environ: Mapping[str, str] = os.environ) -> bool:
    """Whether a browser started here would be seen by the user."""
    if environ.get("SSH_CONNECTION") or environ.get("SSH_TTY"):
        return False
    return bool(environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY")) or _is_mac()


def _is_mac() -> bool:
    return os.uname().sysname == "Darwin"


def _json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False, default=str)
