"""What becomes of a job: words in its text and the sandbox's faults decide.

A person who wants to see something happen writes it into any text input:

- `fail please`: the job fails; /status says `completed`, /result says `failed`, `error` is a text
- `fail loudly`: the same, with an object for `error`, full of brackets and control characters
- `refuse please`: the submit is refused with a 422 that names the input
- `slow please`, `quick please`: the job takes ten times as long, or a tenth
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

ERROR_TEXT = "The model could not make sense of the inputs. You were not charged."
ERROR_OBJECT: dict[str, Any] = {
    "code": "CONTENT_MODERATION",
    "message": "Refused by [/moderation]: \x1b[31msafety\x1b[0m [bold]filter[/] said no.",
    "retryable": False,
}

_REFUSE = "refuse please"
_SLOW_PACE, _QUICK_PACE = 10.0, 0.1


@dataclass(frozen=True, slots=True)
class Fate:
    """How a job will end. `pace` multiplies its times, `error` is None for one that succeeds.

    `hidden` failures show only on /result: /status has no word for them and says `completed`.
    """

    error: str | dict[str, Any] | None = None
    hidden: bool = True
    pace: float = 1.0
    late_cost: bool = False


def fate_of(inputs: Any, faults: frozenset[str]) -> Fate:
    """The fate that these inputs and the faults drawn for the job bring about."""
    text = "\n".join(value.lower() for _, value in _texts(inputs, ()))
    error: str | dict[str, Any] | None = None
    if "fail loudly" in text:
        error = ERROR_OBJECT
    elif "fail please" in text or faults & {"failed", "completed-but-failed"}:
        error = ERROR_TEXT
    pace = 1.0
    if "slow please" in text:
        pace = _SLOW_PACE
    elif "quick please" in text:
        pace = _QUICK_PACE
    return Fate(error, "failed" not in faults, pace, "late-cost" in faults)


def refused_inputs(inputs: Any) -> list[tuple[str | int, ...]]:
    """Where the inputs ask to be refused."""
    return [path for path, value in _texts(inputs, ()) if _REFUSE in value.lower()]


def _texts(value: Any, path: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from _texts(inner, (*path, name))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _texts(inner, (*path, index))
