"""A request brought back by what is left of it: a sidecar, the file beside it, or a job's id."""

from __future__ import annotations

from pathlib import Path

from runcomfy_tui.engine.book import Book
from runcomfy_tui.engine.errors import EngineError, UnknownJob
from runcomfy_tui.engine.saved_outputs import SavedOutputs
from runcomfy_tui.history.errors import LedgerError
from runcomfy_tui.history.ledger import Ledger
from runcomfy_tui.jobs import Job
from runcomfy_tui.schema.local_files import recalled
from runcomfy_tui.schema.paste import JobReference, Paste, Reference
from runcomfy_tui.schema.sidecars import lacks_inputs, request_of
from runcomfy_tui.words import INPUTS_NOT_KNOWN


class Recalling:
    """Finds what a reference speaks of, on the disk or in the ledger."""

    def __init__(self, book: Book, ledger: Ledger, saved: SavedOutputs) -> None:
        self._book = book
        self._ledger = ledger
        self._saved = saved

    async def recall(self, reference: Reference) -> Paste:
        """The request it leads to.

        Raises `EngineError` with words on why there is none, `UnknownJob` when no job is meant.
        """
        if isinstance(reference, JobReference):
            return self._paste_of(await self._job(reference.name), reference.name)
        told = await self._saved.sidecar_at(Path(reference.path))
        request = request_of(told) if told is not None else None
        if told is None or request is None:
            raise EngineError(f"There is no sidecar of a job at {reference.path}.")
        if lacks_inputs(told):
            raise EngineError(INPUTS_NOT_KNOWN)
        model_id, inputs = request
        return Paste(model_id, recalled(inputs))

    async def find_request(self, request_id: str) -> Job | None:
        """The job with this request_id, also among those that are not loaded yet.

        Raises `EngineError` when the ledger cannot be read.
        """
        known = self._book.by_request(request_id)
        if known is not None:
            return known
        try:
            return await self._book.on_disk(lambda: self._ledger.find_request(request_id))
        except LedgerError as error:
            raise EngineError(str(error)) from error

    async def _job(self, name: str) -> Job | None:
        return self._book.get(name) or await self.find_request(name)

    def _paste_of(self, job: Job | None, name: str) -> Paste:
        if job is None:
            raise UnknownJob(f"No job of the ledger is called {name}.")
        if job.rerun_model_id is None:
            raise EngineError(INPUTS_NOT_KNOWN)
        return Paste(job.rerun_model_id, recalled(job.inputs))
