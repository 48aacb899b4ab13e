"""The sandbox's memory: the requests it has accepted, the account, and the queue they stand in.

No HTTP in here. Every answer is worked out from the time at which it is asked for, so nothing
runs between two questions, and a question costs the same among ten requests and ten thousand.
"""

from __future__ import annotations

import hashlib
import random
import secrets
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from runcomfy_tui.jobs import JsonObject, Status
from runcomfy_tui.sandbox.fate import Fate
from runcomfy_tui.sandbox.media import HUES, MediaType, media
from runcomfy_tui.sandbox.models import MICRODOLLARS, SandboxModel
from runcomfy_tui.sandbox.queue import STRANGER_SECONDS, JobQueue, Ticket

OPENING_BALANCE_USD = 64.11
WORKERS = 4
RETENTION_SECONDS = 7 * 24 * 3600.0
"""How long after its end a request is still known; after that its id has expired."""

# At speed 1; together 20 to 40 s, and nobody starts within 9 s of arriving.
_WAIT_SECONDS = (9.0, 13.0)
_RUN_SECONDS = (11.5, 26.0)
_LATE_COST_SECONDS = 6.0
_KEPT_OF_DATA_URI = 100


class NotEnoughBalance(Exception):
    """The job costs more than the account holds; nothing was created."""


@dataclass(slots=True)
class Request:
    """One accepted job. `price` is in microdollars, `cost_known_after` in seconds from its end."""

    request_id: str
    model_id: str
    inputs: JsonObject
    price: int
    fate: Fate
    cost_known_after: float
    file_names: list[str]
    ticket: Ticket


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything a book must remember to go on later as if it had never stopped."""

    now: float
    next_number: int
    balance: int
    created: int
    requests: list[Request]


class Book:
    """The accepted requests and the account.

    `speed` divides every time; `clock` gives epoch seconds; with a `seed` the same calls at the
    same times give the same request_ids and durations. `on_change` is called after each change
    that time alone would not bring about.
    """

    def __init__(
        self,
        *,
        speed: float = 1.0,
        workers: int = WORKERS,
        balance_usd: float = OPENING_BALANCE_USD,
        clock: Callable[[], float] = time.time,
        seed: int | None = None,
    ) -> None:
        self.balance = round(balance_usd * MICRODOLLARS)  # in microdollars
        self.created = 0
        self.on_change: Callable[[], None] = lambda: None
        self._speed = speed
        self._clock = clock
        self._seed = secrets.randbits(64) if seed is None else seed
        self._queue = JobQueue(workers=workers, stranger_seconds=STRANGER_SECONDS / speed)
        self._requests: dict[str, Request] = {}
        self._by_number: dict[int, Request] = {}
        self._files: dict[str, Request] = {}

    def __iter__(self) -> Iterator[Request]:
        """All requests that have not expired, oldest first."""
        self._advance()
        return iter([one for one in self._requests.values() if not self._has_expired(one)])

    def balance_now(self) -> int:
        """What is left in the account, in microdollars."""
        self._advance()
        return self.balance

    def submit(
        self, model: SandboxModel, inputs: JsonObject, fate: Fate, *, at: float | None = None
    ) -> Request:
        """Accept a job, now or at an earlier time; its price is taken from the balance at once."""
        self._advance(at)
        price = model.price(inputs)
        if price > self.balance:
            raise NotEnoughBalance
        chance = random.Random(f"{self._seed}/{self._queue.next_number}")
        wait, run = chance.uniform(*_WAIT_SECONDS), chance.uniform(*_RUN_SECONDS)
        # A slow job runs for longer, but it is no reason to queue for longer.
        wait *= min(1.0, fate.pace) / self._speed
        run *= fate.pace / self._speed
        request = Request(
            request_id=str(uuid.UUID(int=chance.getrandbits(128), version=4)),
            model_id=model.model_id,
            inputs=_without_long_data(inputs),
            price=price,
            fate=fate,
            cost_known_after=(_LATE_COST_SECONDS if fate.late_cost else model.cost_delay)
            / self._speed,
            file_names=[
                f"{chance.getrandbits(80):020x}_output.{model.output.media_type}"
                for _ in range(model.files(inputs))
            ],
            ticket=self._queue.enter(wait_seconds=wait, run_seconds=run),
        )
        self.balance -= price
        self.created += 1
        self._forget_expired()
        self._keep(request)
        self.on_change()
        return request

    def find(self, request_id: str) -> Request | None:
        """The request of that id, None when there never was one or it has expired."""
        self._advance()
        request = self._requests.get(request_id)
        return None if request is None or self._has_expired(request) else request

    def cancel(self, request: Request, *, at: float | None = None) -> bool:
        """Cancel and refund a queued job; False, and nothing done, for any other."""
        self._advance(at)
        if not self._queue.cancel(request.ticket):
            return False
        self.balance += request.price
        self.on_change()
        return True

    def state(self, request: Request) -> Status:
        """How the request stands, as of the last question asked."""
        ticket = request.ticket
        if ticket.cancelled_at is not None:
            return Status.CANCELLED
        if ticket.started_at is None:
            return Status.IN_QUEUE
        if self.finished_at(request) is None:
            return Status.IN_PROGRESS
        return Status.COMPLETED if request.fate.error is None else Status.FAILED

    def queue_position(self, request: Request) -> int | None:
        """Its place in the queue, 1 being next; None once it has left the queue."""
        return self._queue.position(request.ticket) if request.ticket.is_queued else None

    def finished_at(self, request: Request) -> float | None:
        """When it ended, in epoch seconds; None before the end."""
        ends_at = request.ticket.ends_at
        return None if ends_at is None or ends_at > self._queue.now else ends_at

    def cost(self, request: Request) -> int | None:
        """What was charged, in microdollars; None as long as that is not known."""
        finished_at = self.finished_at(request)
        if finished_at is None or self._queue.now < finished_at + request.cost_known_after:
            return None
        return request.price if self.state(request) is Status.COMPLETED else 0

    def file(self, name: str) -> tuple[MediaType, bytes] | None:
        """A result file of a job that has succeeded."""
        self._advance()
        request = self._files.get(name)
        if request is None or self.state(request) is not Status.COMPLETED:
            return None
        hue = hashlib.sha256(name.encode()).digest()[0] % HUES
        kind = MediaType(name.rpartition(".")[2])
        return kind, media(kind, hue)

    def snapshot(self) -> Snapshot:
        """All there is to remember; expired requests are not among it."""
        self._forget_expired()
        return Snapshot(
            now=max(0.0, self._queue.now),
            next_number=self._queue.next_number,
            balance=self.balance,
            created=self.created,
            requests=list(self._requests.values()),
        )

    def restore(self, snapshot: Snapshot) -> None:
        """Go on from a snapshot; what would have happened since then has happened."""
        self.balance, self.created = snapshot.balance, snapshot.created
        for request in snapshot.requests:
            self._keep(request)
        tickets = (request.ticket for request in snapshot.requests)
        self._queue.restore(tickets, now=snapshot.now, next_number=snapshot.next_number)

    def _keep(self, request: Request) -> None:
        self._requests[request.request_id] = request
        self._by_number[request.ticket.number] = request
        self._files.update(dict.fromkeys(request.file_names, request))

    def _forget_expired(self) -> None:
        """Drop expired ones from the old end: a book that runs for weeks stays small."""
        while self._requests:
            oldest = next(iter(self._requests.values()))
            if not self._has_expired(oldest):
                return
            del self._requests[oldest.request_id], self._by_number[oldest.ticket.number]
            for name in oldest.file_names:
                del self._files[name]

    def _advance(self, to: float | None = None) -> None:
        for ticket in self._queue.advance(self._clock() if to is None else to):
            request = self._by_number[ticket.number]
            if request.fate.error is not None:
                self.balance += request.price

    def _has_expired(self, request: Request) -> bool:
        ends_at = request.ticket.ends_at
        return ends_at is not None and ends_at + RETENTION_SECONDS < self._queue.now


def _without_long_data(value: Any) -> Any:
    """The same, data URIs cut short: they may be tens of megabytes, and nobody asks for them."""
    if isinstance(value, dict):
        return {name: _without_long_data(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_without_long_data(inner) for inner in value]
    if isinstance(value, str) and value.startswith("data:"):
        return value[:_KEPT_OF_DATA_URI]
    return value
