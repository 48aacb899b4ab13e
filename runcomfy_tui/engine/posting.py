"""One POST for one intent that is on the disk already, never repeated."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass

from runcomfy_tui.api.client import Client
from runcomfy_tui.api.errors import ApiError, is_token_refused
from runcomfy_tui.engine import transitions
from runcomfy_tui.engine.changes import Link
from runcomfy_tui.engine.reporter import Reporter
from runcomfy_tui.engine.watch import Watch
from runcomfy_tui.jobs import Job, JsonObject

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Posted:
    """The job as its answer leaves it, not saved yet, and what went wrong, if anything."""

    job: Job
    error: ApiError | None = None


async def post_once(
    client: Client, watch: Watch, reporter: Reporter, job: Job, sent: JsonObject | None = None
) -> Posted:
    """Send `job` once. Cut off in the middle it is saved as unconfirmed.

    `sent` are the inputs where the ledger keeps others: a path in place of a file's bytes.
    """
    assert job.model_id is not None
    try:
        request_id = await client.submit(job.model_id, job.inputs if sent is None else sent)
    except ApiError as error:
        log.warning("submit of %s: %s", job.model_id, error)
        if is_token_refused(error):
            reporter.link(Link.REFUSED, error.message)
        return Posted(transitions.submit_failed(job, error, time.time()), error)
    except BaseException:
        await watch.save(transitions.interrupted(job))
        raise
    reporter.wants_balance()
    return Posted(transitions.accepted(job, request_id, time.time()))
