"""Many requests looked at before any of them costs: what is wrong, what they cost, who repeats."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from runcomfy_tui.batch import Item
from runcomfy_tui.engine.estimate import estimate
from runcomfy_tui.jobs import FieldProblem, JsonObject, ModelEntry
from runcomfy_tui.schema.fields import Form
from runcomfy_tui.schema.judge import judge
from runcomfy_tui.schema.media_entries import local_files
from runcomfy_tui.schema.names import path_text
from runcomfy_tui.schema.sweep import repeated
from runcomfy_tui.text import visible
from runcomfy_tui.ui.widgets.sweep_draft import Request
from runcomfy_tui.ui.words import money
from runcomfy_tui.words import count_of

AT_ONCE = 25
"""Requests judged before the keys are looked at again."""


@dataclass(frozen=True, slots=True)
class Complaint:
    """Why one of the requests cannot be sent."""

    origin: str
    problem: FieldProblem

    @property
    def number(self) -> int:
        """Which of the requests, or which line of the file: 3 for `line 3` and `#3`."""
        return int("".join(filter(str.isdecimal, self.origin)) or 0)

    @property
    def words(self) -> str:
        """`line 3 · duration: must be at least 1`."""
        path = path_text(self.problem.path)
        place = f"{path}: " if path else ""
        return visible(f"{self.origin} · {place}{self.problem.message}")


@dataclass(frozen=True, slots=True)
class Cost:
    """What requests will cost by their base price; `usd` is None where that cannot be told."""

    usd: float | None
    each: str = ""

    @property
    def words(self) -> str:
        """`est. $12.50 (base price × units)`."""
        if self.usd is not None:
            return f"est. {money(self.usd)} (base price × units)"
        return f"{self.each} each, units not known" if self.each else "price not known"


async def complaints_about(form: Form, requests: Sequence[Request]) -> list[Complaint]:
    """What the judge says of each request, in order; lets others work in between."""
    found: list[Complaint] = []
    for begin in range(0, len(requests), AT_ONCE):
        for request in requests[begin : begin + AT_ONCE]:
            problems = judge(form, request.inputs)
            found += [Complaint(request.origin, problem) for problem in problems]
        await asyncio.sleep(0)
    return found


def cost_of(entry: ModelEntry, form: Form, requests: Sequence[Request]) -> Cost:
    """What all of them come to."""
    unit = f"/{visible(entry.price_unit)}" if entry.price_unit else ""
    each = "" if entry.base_price_usd is None else f"base price {money(entry.base_price_usd)}{unit}"
    total = 0.0
    for request in requests:
        told = estimate(entry, form, request.inputs)
        if told is None:
            return Cost(None, each)
        total += told.usd
    return Cost(total, each)


def items_of(entry: ModelEntry, form: Form, requests: Sequence[Request]) -> list[Item]:
    """The requests as a batch keeps them, with the files of this machine that go along."""
    return [
        Item(each.inputs, _files(form, each.inputs), told.usd if told else None)
        for each in requests
        for told in [estimate(entry, form, each.inputs)]
    ]


def remarks_on(requests: Sequence[Request], items: Sequence[Item]) -> list[str]:
    """What to know of them before they are confirmed."""
    said: list[str] = []
    if again := repeated(each.inputs for each in requests):
        said.append(
            f"{count_of(again, 'job has', 'jobs have')} the same inputs as another one of them."
        )
    if with_files := sum(bool(item.files) for item in items):
        said.append(
            f"{count_of(with_files, 'job has', 'jobs have')} a file of this machine, which is sent "
            "along as a data URI: RunComfy may refuse this."
        )
    return said


def _files(form: Form, inputs: JsonObject) -> tuple[tuple[str | int, ...], ...]:
    return tuple(each.path for each in local_files(form, inputs))
