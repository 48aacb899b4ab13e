"""One job in full: its files and where they are, its inputs, times, cost and the raw answer."""

from __future__ import annotations

import json
from pathlib import Path

from textual import getters, on, work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from runcomfy_tui.engine.changes import Changes
from runcomfy_tui.engine.errors import EngineError
from runcomfy_tui.engine.thread import EngineThread
from runcomfy_tui.job_json import job_as_json
from runcomfy_tui.jobs import Job, Output
from runcomfy_tui.settings import Settings
from runcomfy_tui.text import visible
from runcomfy_tui.ui import words
from runcomfy_tui.ui.screens.copying import Copyable, CopyScreen
from runcomfy_tui.ui.screens.job_actions import JobActions
from runcomfy_tui.ui.screens.opening import open_on_desktop, scp_line
from runcomfy_tui.ui.screens.quiet import QuietScreen
from runcomfy_tui.ui.screens.result_files import ResultFiles
from runcomfy_tui.ui.screens.result_picture import ResultPicture, shows_pictures
from runcomfy_tui.ui.screens.result_words import not_offered
from runcomfy_tui.ui.widgets.job_detail import JobDetail
from runcomfy_tui.ui.widgets.key_bar import KeyBar
from runcomfy_tui.ui.widgets.picture import Picture


class ResultScreen(QuietScreen[None]):
    """Shows a job as it is and as it changes; reads /result once more when it opens."""

    AUTO_FOCUS = "#outputs"

    BINDINGS = [
        Binding("escape,q", "dismiss", "back", id="result.back", tooltip="Back to the table"),
        Binding("d", "download", "download", id="result.download", tooltip="Save this file"),
        Binding(
            "D", "download_all", "all", id="result.all", show=False, tooltip="Save all its files"
        ),
        Binding("s", "stop", "stop", id="result.stop", show=False, tooltip="Stop its download"),
        Binding("o", "open", "open", id="result.open", tooltip="Open it, or show and copy its URL"),
        Binding("p", "picture", "look", id="result.picture", tooltip="Show or hide its picture"),
        Binding("y", "copy", "copy", id="result.copy", tooltip="Copy the URL, id or JSON"),
        Binding("j", "cursor(1)", "next", show=False, id="result.next", tooltip="Next file"),
        Binding("k", "cursor(-1)", "previous", show=False, id="result.prev", tooltip="File before"),
        Binding("u", "refresh", "ask again", id="result.refresh", tooltip="Read /result again"),
        Binding("w", "raw", "raw JSON", id="result.raw", tooltip="Show or hide the raw answer"),
    ]

    outputs = getters.query_one("#outputs", OptionList)
    body = getters.query_one("#result-body", Horizontal)
    detail = getters.query_one("#result-detail", JobDetail)

    def __init__(self, engine: EngineThread, settings: Settings, job: Job) -> None:
        super().__init__()
        self._engine = engine
        self._settings = settings
        self._job = job
        self._files = ResultFiles(self, engine, job, changed=self._redraw)
        self._listed = job.outputs
        self._error = ""
        self._is_new = True
        self._raw: VerticalScroll | None = None
        self._picture = ResultPicture(self, engine, is_on=shows_pictures(settings.preview))
        self._actions = JobActions(self, engine, failed=lambda error: self._say(str(error)))

    def compose(self) -> ComposeResult:
        # As it is to be shown, so that it is laid out and painted once.
        yield Static(self._title(), id="result-title")
        said = Static(id="result-said")
        said.display = False
        yield said
        outputs = OptionList(*map(self._option, self._listed), id="outputs", compact=True)
        outputs.display = bool(self._listed)
        yield outputs
        detail = JobDetail(id="result-detail")
        detail.set_reactive(JobDetail.job, self._job)
        yield Horizontal(detail, id="result-body")
        yield KeyBar()

    def take(self, job: Job) -> None:
        """Show another job, from the next time on that the screen is on top.

        To make a screen takes longer than one waits gladly: it is made once and kept.
        """
        self.workers.cancel_node(self)
        self._job, self._is_new = job, True
        self._files.take(job)
        self._listed = ()
        self._picture.forget()
        if self._raw is not None and self._raw.display:
            self._raw.display, self.detail.display = False, True
        self._error = ""
        self._show()

    def on_screen_resume(self) -> None:
        """It is on top, and not merely again after a question."""
        if self._is_new:
            self._is_new = False
            (self.outputs if self._listed else self.detail).focus()
            self.call_after_refresh(self._after_first_paint)

    def _after_first_paint(self) -> None:
        self._say(self._error)
        if self._listed:
            self.outputs.highlighted = 0
        self._look()
        self._files.recall()
        self._files.identify(self._listed)
        if self._job.request_id is not None:
            self.action_refresh()

    def apply(self, changes: Changes) -> None:
        """Take in what the engine says of this job and its downloads."""
        self._files.take_in(changes.downloads)
        for job in changes.jobs:
            if job.id == self._job.id and job != self._job:
                self._job = job
                self._show()

    @on(OptionList.OptionHighlighted)
    def look_at_highlighted(self) -> None:
        """The picture follows the cursor."""
        self._look()

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
        if (output := self._wanted()) is not None:
            self._files.save(output)

    def action_download_all(self) -> None:
        """Save all files that are not saved yet."""
        self._wanted()
        self._files.save_all(self._listed)

    def action_stop(self) -> None:
        """Stop the download of the file under the cursor."""
        if (output := self._output()) is not None:
            self._files.stop(output)

    def action_open(self) -> None:
        """On a desktop open it; else show the URL whole and copy it, and say how to fetch it."""
        output = self._wanted()
        if output is None:
            return
        file, is_medium = self._files.place(output), self._files.is_medium(output)
        if opened := open_on_desktop(output.url, file, is_medium=is_medium):
            self.notify(opened, markup=False)
            return
        things = [Copyable(f"{output.kind} URL", output.url, is_link=True)]
        if file:
            line = scp_line(Path(file), self._settings.ssh_host)
            things += [Copyable("scp line", line), Copyable("path", file)]
        self.app.push_screen(CopyScreen(things))

    def action_copy(self) -> None:
        """Copy the URL under the cursor, the request_id or the JSON."""
        output = self._output()
        self._actions.copy(self._job, output.url if output else None)

    async def action_raw(self) -> None:
        """Show or hide the raw answer."""
        if self._raw is None:
            self._raw = VerticalScroll(Static(self._json(), id="result-json"), id="result-raw")
            self._raw.display = False
            await self.body.mount(self._raw, after=self.detail)
        self.detail.display = self._raw.display
        self._raw.display = not self._raw.display
        (self._raw if self._raw.display else self.detail).focus()

    @work(exclusive=True, group="refresh")
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

    def action_picture(self) -> None:
        """Show or hide the picture of the file under the cursor."""
        if self._wanted() is not None:
            self._picture.switch()
            self._look()

    @on(Picture.Resized)
    def _resized(self) -> None:
        self._look()

    def _look(self) -> None:
        output = self._output()
        self._picture.show(self.body, self._job.id, output.url if output else None)

    def _output(self) -> Output | None:
        at = self.outputs.highlighted
        return self._listed[at] if at is not None and at < len(self._listed) else None

    def _wanted(self) -> Output | None:
        """The file under the cursor; says so where the job has none."""
        output = self._output()
        if output is None:
            said = "This job has no file." if self._job.status.is_final else "No file has come yet."
            self.notify(said, severity="warning", markup=False)
        return output

    def _say(self, error: str) -> None:
        """Tell what went wrong, if anything, and what of the result is not offered."""
        self._error = error
        said = "\n".join(filter(None, (visible(error), not_offered(self._job.output))))
        line = self.query_one("#result-said", Static)
        line.update(Content(said))
        line.display = bool(said)

    def _title(self) -> Content:
        job = self._job
        title = f"{words.shape(job.status)} {visible(job.status_word)}  {job.model_id or ''}"
        return Content(visible(title))

    def _show(self) -> None:
        job = self._job
        self.query_one("#result-title", Static).update(self._title())
        self.detail.job = job
        if self._raw is not None:
            self.query_one("#result-json", Static).update(self._json())
        outputs = job.outputs
        if outputs != self._listed:
            self._listed = outputs
            chosen = self.outputs.highlighted
            self.outputs.clear_options()
            self.outputs.add_options(map(self._option, outputs))
            self.outputs.highlighted = min(chosen or 0, len(outputs) - 1) if outputs else None
            self._files.identify(outputs)
        self._say(self._error)
        self.outputs.display = bool(outputs)
        if not outputs:
            self.detail.focus()

    def _redraw(self, url: str) -> None:
        for index, output in enumerate(self._listed):
            if output.url == url:
                self.outputs.replace_option_prompt_at_index(index, self._files.line(output))
                # It may have another number of lines now, for which the list makes no room itself.
                self.outputs.refresh(layout=True)

    def _json(self) -> Content:
        text = json.dumps(job_as_json(self._job), indent=2, ensure_ascii=False, default=str)
        return Content(visible(text, keep_newlines=True))

    def _option(self, output: Output) -> Option:
        return Option(self._files.line(output))
