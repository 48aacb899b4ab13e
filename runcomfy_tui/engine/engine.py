"""What happens next to a job: submit, watch, cancel, collect. Lives in one asyncio loop."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Sequence
from typing import Any

from runcomfy_tui import paths
from runcomfy_tui.api.client import Client
from runcomfy_tui.api.download import Downloader
from runcomfy_tui.api.errors import ApiError, NotAuthorised, RateLimited, Unreachable
from runcomfy_tui.api.probe import MediaProbe
from runcomfy_tui.engine import transitions
from runcomfy_tui.engine.all_jobs import AllJobs
from runcomfy_tui.engine.book import Book
from runcomfy_tui.engine.cancelling import CancelReport, CancelTally, cancel_each
from runcomfy_tui.engine.catalog import Catalog
from runcomfy_tui.engine.changes import Link, Mailbox
from runcomfy_tui.engine.errors import EngineError
from runcomfy_tui.engine.estimate import Past, past_like
from runcomfy_tui.engine.hooks import Hooks
from runcomfy_tui.engine.local_files import Attached, attach
from runcomfy_tui.engine.planned import Planned
from runcomfy_tui.engine.posting import post_once
from runcomfy_tui.engine.preflight import Preflight
from runcomfy_tui.engine.presets import Presets
from runcomfy_tui.engine.queue_positions import QueuePositions
from runcomfy_tui.engine.release import Limits, Release
from runcomfy_tui.engine.reporter import Reporter
from runcomfy_tui.engine.results import Results
from runcomfy_tui.engine.saving import Saving
from runcomfy_tui.engine.tasks import Tasks
from runcomfy_tui.engine.tracker import Pace, Tracker
from runcomfy_tui.engine.watch import Watch
from runcomfy_tui.engine.window_state import WindowState
from runcomfy_tui.history.batches import BatchStore
from runcomfy_tui.history.catalog import CatalogStore
from runcomfy_tui.history.drafts import DraftStore
from runcomfy_tui.history.errors import LedgerError
from runcomfy_tui.history.hook_claims import HookClaims
from runcomfy_tui.history.ledger import Ledger
from runcomfy_tui.history.marks import MarkStore
from runcomfy_tui.history.positions import Positions
from runcomfy_tui.history.presets import PresetStore
from runcomfy_tui.history.views import ViewStore
from runcomfy_tui.history.watch_turn import WatchTurn
from runcomfy_tui.jobs import CancelOutcome, Job, JsonObject, Status, new_job
from runcomfy_tui.schema.fields import Form
from runcomfy_tui.schema.media_entries import JsonPath

log = logging.getLogger(__name__)

SOON = 2.0
"""Seconds to wait after a 429 that names none."""


class Engine:
    """Runs the jobs of one ledger against one account. All methods belong to its own loop."""

    def __init__(
        self,
        *,
        client: Client,
        ledger: Ledger,
        turn: WatchTurn,
        downloader: Downloader,
        mailbox: Mailbox,
        pace: Pace | None = None,
        hook: Sequence[str] = (),
        is_sandbox: bool = False,
        limits: Limits | None = None,
        saving: Saving | None = None,
    ) -> None:
        """`hook` is the command to run for every job that ends.

        `saving` says where result files go, and whose are saved without being asked for.
        """
        self._client = client
        self._ledger = ledger
        self._book = Book(ledger, mailbox)
        folder, report = turn.folder, self._book.report
        self.catalog = Catalog(
            client,
            CatalogStore(folder, report=report),
            MarkStore(folder, report=report),
            used=self._last_used,
        )
        self.preflight = Preflight(MediaProbe())
        self._reporter = Reporter(mailbox, client)
        self.results = Results(
            downloader,
            mailbox,
            folder,
            self._book,
            ledger,
            saving or Saving(paths.downloads_dir()),
            self._reporter.saving,
        )
        tracker = Tracker(pace or Pace(), typical=self._book.typical.run_seconds)
        self._hooks = Hooks(
            hook,
            HookClaims(folder),
            self._book.on_disk,
            self._reporter.hook,
            is_sandbox=is_sandbox,
        )
        queue_positions = QueuePositions(self._book, Positions(folder), tracker.watched_ids)
        collector = self.results.collector
        self._watch = Watch(
            client,
            ledger,
            turn,
            self._book,
            tracker,
            self._reporter,
            self._hooks,
            queue_positions,
            collector,
        )
        self.release = Release(
            client,
            Planned(BatchStore(folder, report=report), ledger, self._book),
            self._book,
            self._watch,
            self._reporter,
            mailbox,
            limits or Limits(),
        )
        self.window_state = WindowState(
            DraftStore(folder, report=report), ViewStore(folder, report=report), self._book
        )
        self.presets = Presets(PresetStore(folder, report=report), self._book)
        self.all_jobs = AllJobs(ledger, self._book, self._watch, self.release)
        self._submits: Tasks[Job] = Tasks()

    @property
    def submits_under_way(self) -> int:
        """How many submits still wait for their answer."""
        return len(self._submits) + self.release.posts_under_way

    async def start(self) -> None:
        """Read the ledger and take up the watch. Raises `EngineError` when it cannot be read."""
        if not self._client.has_token:
            self._reporter.link(Link.NO_TOKEN)
        try:
            await self._watch.start()
        except LedgerError as error:
            raise EngineError(str(error)) from error
        await self.release.start()

    async def stop(self, grace: float = 5.0) -> None:
        """Wait up to `grace` seconds for submits under way, then stop everything and close.

        A submit that is still unanswered then is written down as unconfirmed.
        """
        await self.release.stop(grace)
        await self._submits.wait(grace)
        await self._submits.cancel()
        await self._watch.stop()
        await self._hooks.aclose(grace)
        await self.results.aclose()
        await self.preflight.aclose()
        await self.catalog.aclose()
        await self._client.aclose()
        await self._book.close()

    async def settle(self) -> bool:
        """Wait for the hooks and the files that are collected; whether all these were saved."""
        await self._hooks.finish()
        return await self.results.collector.finish()

    async def submit(
        self,
        model_id: str,
        inputs: JsonObject,
        files: Sequence[JsonPath] = (),
        *,
        estimate: float | None = None,
    ) -> Job:
        """Write down the intent, POST once, write down the answer; returns the job as it stands.

        `files` are where in `inputs` the user wants a file of this machine sent in place of its
        path; the ledger keeps the path and a hash. `estimate` in USD is kept beside the cost that
        comes. It comes back `in_queue`, `rejected` or
        `unconfirmed`. Raises `EngineError` when the intent could not be written or a file not be
        read: then nothing was sent.
        """
        self._need_token()
        task = self._submits.spawn(self._submit(model_id, inputs, files, estimate))
        # A window that goes away must not take a POST with it.
        return await asyncio.shield(task)

    async def cancel(self, job_id: str) -> CancelReport:
        """Ask the server to cancel. The job changes on the server's word alone."""
        job = self._submitted(job_id)
        assert job.request_id is not None
        try:
            answer = await self._client.cancel(job.request_id)
        except ApiError as error:
            raise self._said(error) from error
        current = self._book.get(job_id)
        if current is None:
            # Forgotten meanwhile: it must not come back.
            return CancelReport(job, answer.outcome)
        if answer.outcome is CancelOutcome.CANCELLED:
            await self._watch.save(transitions.cancelled(current, time.time()))
            self._reporter.wants_balance()
        else:
            await self._watch.look_again(current)
        return CancelReport(self._book.get(job_id) or current, answer.outcome)

    async def cancel_many(self, *job_ids: str) -> CancelTally:
        """Ask the server to cancel jobs, a few at a time; how that went."""
        return await cancel_each(self.cancel, job_ids)

    async def cancel_batch(self, batch_id: str) -> CancelTally:
        """Ask the server to cancel what still queues of a batch; how that went."""
        jobs = self._book.batches.jobs(batch_id)
        return await self.cancel_many(*(job.id for job in jobs if job.status is Status.IN_QUEUE))

    async def collect(self, job_id: str) -> Job:
        """Read /result with its cost now; returns the job as the server's word leaves it."""
        job = self._submitted(job_id)
        assert job.request_id is not None
        try:
            result = await self._client.result(job.request_id)
        except ApiError as error:
            raise self._said(error) from error
        current = self._book.get(job_id)
        if current is None:
            # Forgotten meanwhile: it must not come back.
            return job
        # Who was quicker meanwhile knows better than an answer that is no end.
        is_news = result.status.is_final or current is job
        if current.status is Status.NOT_FOUND:
            current = transitions.found_again(current)
        if result.status.is_final or (is_news and not current.status.is_final):
            await self._watch.take_news(
                current, transitions.collected(current, result, time.time())
            )
        return self._book.get(job_id) or current

    async def adopt(self, *request_ids: str) -> tuple[Job, ...]:
        """Take in requests that were submitted elsewhere; one that is known is not doubled.

        One that the server did not know any more is asked about again.
        """
        adopted: list[Job] = []
        news: list[Job] = []
        for request_id in dict.fromkeys(request_ids):
            known = await self.results.recalling.find_request(request_id)
            if known is None:
                known = transitions.adopted(request_id)
                news.append(known)
            elif known.status is Status.NOT_FOUND:
                known = transitions.found_again(known)
                news.append(known)
            adopted.append(known)
        if news:
            await self._watch.save(*news)
        return tuple(adopted)

    async def attach(self, job_id: str, request_id: str) -> Job:
        """Give an unconfirmed job the request_id that the user found on RunComfy's website."""
        job = self._known(job_id)
        if job.status is not Status.UNCONFIRMED:
            raise EngineError(
                f"This job is {job.status_word}: only an unconfirmed one needs an id."
            )
        if await self.results.recalling.find_request(request_id) is not None:
            raise EngineError("Another job in the table has this request_id already.")
        await self._watch.save(
            job.but(
                status=Status.UNKNOWN,
                request_id=request_id,
                submitted_at=job.created_at,
                failure=None,
            )
        )
        return self._known(job_id)

    async def annotate(self, *job_ids: str, **said: Any) -> None:
        """Keep what the user says of jobs: a `label`, a `note`, a `rating` (1 to 5 or None)
        and whether they are `pinned` or `archived`.
        """
        try:
            await self._book.annotate(job_ids, said)
        except LedgerError as error:
            raise EngineError(str(error)) from error

    async def forget(self, *job_ids: str) -> None:
        """Take jobs out of the ledger for good. The server is not told."""
        try:
            await self._book.forget(*job_ids)
        except LedgerError as error:
            raise EngineError(str(error)) from error
        for job_id in job_ids:
            self._watch.forget(job_id)

    def select(self, job_id: str | None) -> None:
        """The user looks at this job: its news are wanted sooner."""
        self._watch.select(job_id)

    async def step_aside(self) -> None:
        """Let another process poll: this one is about to stand still, in the shell's background."""
        await self._watch.step_aside()

    async def step_back(self) -> None:
        """Poll again, unless another process does by now."""
        await self._watch.step_back()

    async def sign_in(self, token: str) -> bool:
        """Use `token` from now on, after a harmless call that shows whether it is accepted.

        Returns False when nothing answered, so nobody knows; raises `EngineError` when it is
        refused, and keeps the old one.
        """
        try:
            # Polls and submits go on with the old one until the new one has proved good.
            await self._reporter.check_account(self._client.with_token(token))
        except NotAuthorised as error:
            raise self._said(error) from error
        except ApiError as error:
            log.warning("token not checked: %s", error)
            checked = False
        else:
            checked = True
        self._client.authorise(token)
        self._reporter.link(Link.ONLINE if checked else Link.STARTING)
        self._watch.resume()
        return checked

    async def past_like(self, model_id: str, form: Form, inputs: JsonObject) -> Past:
        """What the user's last jobs like this one cost and took."""
        jobs = tuple(self._book.jobs())
        return await asyncio.to_thread(past_like, jobs, model_id, form, inputs)

    async def model_api_base(self) -> str:
        """The base URL in force, as a curl line wants it."""
        return self._client.model_api_base

    def _last_used(self) -> dict[str, float]:
        """When which models were used for jobs, epoch seconds by model_id."""
        used: dict[str, float] = {}
        for job in self._book.jobs():
            if job.model_id is not None and job.created_at > used.get(job.model_id, 0.0):
                used[job.model_id] = job.created_at
        return used

    def _need_token(self) -> None:
        if not self._client.has_token:
            raise EngineError("There is no token yet, so nothing was sent.", is_authorisation=True)

    def _known(self, job_id: str) -> Job:
        job = self._book.get(job_id)
        if job is None:
            raise EngineError("This job is no longer in the ledger.")
        return job

    def _submitted(self, job_id: str) -> Job:
        self._need_token()
        job = self._known(job_id)
        if job.request_id is None:
            raise EngineError(f"This job is {job.status_word} and has no request_id to ask about.")
        return job

    def _said(self, error: ApiError) -> EngineError:
        return EngineError(
            error.message,
            is_authorisation=isinstance(error, NotAuthorised),
            is_outage=isinstance(error, Unreachable),
            retry_after=error.retry_after or SOON if isinstance(error, RateLimited) else None,
        )

    async def _submit(
        self,
        model_id: str,
        inputs: JsonObject,
        files: Sequence[JsonPath],
        estimate: float | None,
    ) -> Job:
        request = Attached(sent=inputs, kept=inputs)
        if files:
            request = await asyncio.to_thread(attach, inputs, files)
        job = new_job(model_id, request.kept).but(estimate=estimate)
        try:
            await self._book.write(job)
        except LedgerError as error:
            self._book.drop([job.id])
            self._reporter.unsaved(self._book.trouble)
            raise EngineError(f"Nothing was sent. {error}") from error
        posted = await post_once(self._client, self._watch, self._reporter, job, request.sent)
        await self._watch.save(posted.job)
        return posted.job
