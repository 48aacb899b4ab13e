"""Misbehaviour by name: which fault strikes which call, and how often.

A fault is written `NAME`, `NAME:3` (the next three times), `NAME:0.2` (every fifth time or so) and
may name the one kind of call it strikes: `server-error@status:2`.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Call(StrEnum):
    """The kinds of call that faults tell apart."""

    SUBMIT = "submit"
    STATUS = "status"
    RESULT = "result"
    CANCEL = "cancel"
    MODELS = "models"
    BALANCE = "balance"
    FILES = "files"


_API: Final = frozenset(Call) - {Call.FILES}
_REQUESTS: Final = frozenset({Call.STATUS, Call.RESULT, Call.CANCEL})
_SUBMIT: Final = frozenset({Call.SUBMIT})

_KNOWN: Final[dict[str, tuple[frozenset[Call], str]]] = {
    "lost-submit": (_SUBMIT, "the job is created, then the connection drops without an answer"),
    "lost-submit-before": (_SUBMIT, "the connection drops, and no job is created"),
    "error-after-submit": (_SUBMIT, "the job is created, then HTTP 500 is answered"),
    "no-balance": (_SUBMIT, "HTTP 402, code 400002, whatever the balance"),
    "refused-text": (_SUBMIT, "HTTP 422 whose detail is a text instead of a list"),
    "rate-limit": (_API, "HTTP 429 with Retry-After: 2"),
    "rate-limit-bare": (_API, "HTTP 429 without Retry-After"),
    "server-error": (_API, "HTTP 500 with a JSON body"),
    "unavailable": (_API, "HTTP 503 with an empty body"),
    "html-502": (_API, "HTTP 502 with a proxy's HTML page; nothing is done"),
    "html-200": (_API, "HTTP 200 with an HTML page, after the call was carried out"),
    "error-code-200": (_API, "HTTP 200 whose body holds an error_code; nothing is done"),
    "token-400": (_API, "the token is refused as HTTP 400, code 400004"),
    "redirect": (_API, "HTTP 302 to another origin, which notes whether the token came along"),
    "drop": (_API, "the connection drops without an answer; nothing is done"),
    "hang": (_API, "never answered; nothing is done"),
    "slow": (_API, "answered after three seconds"),
    "empty": (_API, "HTTP 200 with an empty body, after the call was carried out"),
    "truncated": (_API, "half of the JSON, in a complete answer, after the call was carried out"),
    "cut": (_API, "the connection drops in the middle of the answer's body"),
    "huge": (_API, "an answer of a quarter of a gigabyte, after the call was carried out"),
    "expired": (_REQUESTS, "HTTP 404, code 404001, as for an id that has expired"),
    "bad-id": (_REQUESTS, "HTTP 400, code 400001, as for an id that never was one"),
    "not-yours": (_REQUESTS, "HTTP 403, code 403001"),
    "unknown-status": (_REQUESTS, "running jobs are said to be “reticulating”"),
    "other-words": (_REQUESTS, "pending, processing and canceled for the documented words"),
    "not-cancellable": (frozenset({Call.CANCEL}), "nothing is cancelled, not even queued jobs"),
    "cancel-says-completed": (frozenset({Call.CANCEL}), "status completed beside the outcome"),
    "failed": (_SUBMIT, "new jobs will fail, and /status says so"),
    "completed-but-failed": (_SUBMIT, "new jobs will fail, but /status says completed"),
    "late-cost": (_SUBMIT, "the cost of new jobs is known only six seconds after their end"),
}

FAULT_NAMES: Final = MappingProxyType({name: told for name, (_, told) in _KNOWN.items()})
"""Every fault and what it does, in one line each."""

JOB_FAULTS: Final = frozenset({"failed", "completed-but-failed", "late-cost"})
"""Faults that strike a job rather than the call that creates it."""


@dataclass(slots=True)
class Fault:
    """A fault that is switched on. `left` is how many times it will still strike, None is ever."""

    spec: str
    name: str
    calls: frozenset[Call]
    left: int | None = None
    probability: float = 1.0


def parse_fault(spec: str) -> Fault:
    """Read `NAME[@CALL][:COUNT|:PROBABILITY]`. Raises ValueError with words for people."""
    named, colon, amount = spec.strip().partition(":")
    name, at, call = named.partition("@")
    if name not in _KNOWN:
        raise ValueError(f"no fault is called “{name}”; there are: {', '.join(_KNOWN)}")
    calls = _KNOWN[name][0]
    if at:
        if call not in set(Call):
            raise ValueError(f"no call is named “{call}”; there are: {', '.join(Call)}")
        # Files are left alone unless asked for by name; then any fault of all calls strikes them.
        allowed = calls | {Call.FILES} if calls == _API else calls
        if call not in allowed:
            raise ValueError(f"“{name}” cannot strike {call}")
        calls = frozenset({Call(call)})
    fault = Fault(spec.strip(), name, calls)
    if colon:
        try:
            if amount.isdecimal():
                fault.left = int(amount)
            else:
                fault.probability = float(amount)
        except ValueError:
            fault.probability = -1.0
        if not 0.0 <= fault.probability <= 1.0:
            raise ValueError(f"“{amount}” is neither a count (3) nor a probability (0.2)")
    return fault


class Faults:
    """The faults that are switched on, and the dice that say when one strikes."""

    def __init__(self, specs: Iterable[str] = (), *, seed: int | None = None) -> None:
        self._chance = random.Random(seed)
        self._active: list[Fault] = []
        self.set(specs)

    def set(self, specs: Iterable[str]) -> None:
        """Switch these on, all others off. Raises ValueError, changing nothing, for a bad one."""
        self._active = [parse_fault(spec) for spec in specs]

    @property
    def specs(self) -> list[str]:
        """What is switched on, as it was written."""
        return [fault.spec for fault in self._active]

    def draw(self, call: Call) -> str | None:
        """The name of the fault that strikes this call: the first that is due."""
        for fault in self._active:
            if fault.name not in JOB_FAULTS and call in fault.calls and self._strikes(fault):
                return fault.name
        return None

    def draw_for_job(self) -> frozenset[str]:
        """The faults that strike a new job."""
        return frozenset(
            fault.name
            for fault in self._active
            if fault.name in JOB_FAULTS and self._strikes(fault)
        )

    def _strikes(self, fault: Fault) -> bool:
        if fault.left == 0:
            return False
        if fault.probability < 1.0 and self._chance.random() >= fault.probability:
            return False
        if fault.left is not None:
            fault.left -= 1
        return True
