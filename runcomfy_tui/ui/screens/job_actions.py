"""What can be done with one job, from whichever screen shows it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from textual.screen import Screen

from runcomfy_tui.engine.errors import EngineError
from runcomfy_tui.engine.thread import EngineThread
from runcomfy_tui.job_json import curl_line, job_as_json
from runcomfy_tui.jobs import CancelOutcome, Job, Status, is_request_id, read_request_ids
from runcomfy_tui.ui.screens.asking_text import request_ids_question
from runcomfy_tui.ui.screens.confirm import ConfirmScreen
from runcomfy_tui.ui.screens.copying import Copyable, CopyScreen
from runcomfy_tui.ui.screens.helper import ScreenHelper
from runcomfy_tui.ui.screens.undo import Undo


class JobActions(ScreenHelper):
    """Asks the user where it must, then the engine, and says what came of it.

    A job is taken when its key is pressed: what the table does while a question is open changes
    nothing. `failed` hears of what the engine could not do.
    """

    def __init__(
        self,
        screen: Screen[Any],
        engine: EngineThread,
        undo: Undo | None = None,
        *,
        failed: Callable[[EngineError], None],
    ) -> None:
        super().__init__(screen, failed=failed)
        self._engine = engine
        self._undo = undo or Undo(engine)

    def cancel(self, job: Job, name: str = "this job") -> None:
        """Ask, then cancel a job that still queues; `name` is what the question calls it."""
        if job.status is not Status.IN_QUEUE:
            it = f"{name[0].upper()}{name[1:]}"
            self._warn(f"{it} is {job.status_word}: only a queued one can be cancelled.")
            return
        self._confirm(
            ConfirmScreen(
                f"Cancel {name}?",
                f"{job.model_id or 'model not known'}\n{job.request_id}\n"
                "It is cancelled only if it still waits; RunComfy's answer decides.",
                yes="cancel the job",
                no="keep it",
            ),
            lambda: self._cancel(job.id),
        )

    async def _cancel(self, job_id: str) -> None:
        report = await self._engine.ask(lambda engine: engine.cancel(job_id))
        match report.outcome:
            case CancelOutcome.CANCELLED:
                self._screen.notify("The job is cancelled.", markup=False)
            case CancelOutcome.NOT_CANCELLABLE:
                self._warn("Too late: RunComfy says that it can no longer be cancelled.")
            case CancelOutcome.UNKNOWN:
                self._warn("RunComfy's answer is not clear; the row shows what it says next.")

    def copy(self, job: Job, first_url: str | None = None) -> None:
        """Copy the job's request_id, or `first_url`, and offer its other forms."""

        async def open_with_base() -> None:
            base = await self._engine.ask(lambda engine: engine.model_api_base())
            self._screen.app.push_screen(CopyScreen(copyables(job, base, first_url)))

        self._run(open_with_base())

    def drop(self, job: Job, name: str = "this job") -> None:
        """Ask, then take the job out of the ledger; `name` is what the question calls it."""

        async def forget() -> None:
            await self._engine.ask(lambda engine: engine.forget(job.id))
            self._undo.forgot([job])

        self._confirm(
            ConfirmScreen(
                f"Drop {name} from the ledger?", _meaning_of_drop(job), yes="drop it", no="keep it"
            ),
            forget,
        )

    def attach(self, job: Job) -> None:
        """Give an unconfirmed job the request_id that the user found on RunComfy's website."""
        if job.status is not Status.UNCONFIRMED:
            self._warn("Only an unconfirmed job needs a request_id.")
            return

        async def attach(request_id: str) -> None:
            await self._engine.ask(lambda engine: engine.attach(job.id, request_id))

        named = (job.failure.request_id if job.failure is not None else None) or ""
        offered = named if is_request_id(named) else ""
        self._ask(
            request_ids_question(
                "Attach a request_id",
                "The broken answer names this request_id. Check it on RunComfy's website."
                if offered
                else "If RunComfy's website lists this job, paste its request_id here.",
                many=False,
                offered=offered,
            ),
            lambda text: attach(text if text == offered else read_request_ids(text)[0]),
        )

    def track(self, adopted: Callable[[Job], None]) -> None:
        """Ask for request_ids from elsewhere and take them in; `adopted` gets the first job."""

        async def adopt(text: str) -> None:
            request_ids = read_request_ids(text)
            jobs = await self._engine.ask(lambda engine: engine.adopt(*request_ids))
            adopted(jobs[0])

        self._ask(
            request_ids_question(
                "Track jobs from elsewhere",
                "Paste one or more request_ids (or their URLs); they are kept and watched here.",
                many=True,
            ),
            adopt,
        )


def copyables(job: Job, model_api_base: str, first_url: str | None = None) -> tuple[Copyable, ...]:
    """What there is to copy of a job, the likeliest first."""
    outputs = job.outputs
    urls = [
        # Of several the number is the one in the names of their files.
        Copyable(f"{each.kind} {n} URL" if len(outputs) > 1 else f"{each.kind} URL", each.url, True)
        for n, each in enumerate(outputs, 1)
    ]
    urls.sort(key=lambda thing: thing.text != first_url)
    ids = [Copyable("request_id", job.request_id)] if job.request_id else []
    things = [*urls, *ids] if first_url else [*ids, *urls]
    things.append(
        Copyable("JSON", json.dumps(job_as_json(job), indent=2, ensure_ascii=False, default=str))
    )
    if job.rerun_model_id is not None:
        things.append(Copyable("curl line", curl_line(job, model_api_base)))
    return tuple(things)


def _meaning_of_drop(job: Job) -> str:
    if job.request_id is None:
        return (
            "It has no request_id. If it exists at RunComfy, it goes on there.\n"
            "U brings it back while this window is open; A archives it instead."
        )
    return (
        f"{job.request_id}\nRunComfy has no list of requests: once this id is forgotten, the job "
        "cannot be found again, here or anywhere. RunComfy is not told, and what it costs stays "
        "charged.\nU brings it back while this window is open; A archives it instead."
    )
