"""From the JSON of a good answer to the shapes of `answers`. Pure.

Every field that the documentation leaves open may be missing, a string for a number, or a word
never heard; only an answer that says nothing at all is `UnreadableAnswer`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from runcomfy_tui.api.answers import CancelAnswer, ModelPage, ResultAnswer, StatusAnswer
from runcomfy_tui.api.errors import UnreadableAnswer
from runcomfy_tui.api.refusals import failure_of
from runcomfy_tui.api.values import moment, number, string, whole, words
from runcomfy_tui.jobs import (
    Balance,
    CancelOutcome,
    Failure,
    JsonObject,
    ModelEntry,
    Status,
    status_of_word,
)

_CANCEL_WORDS = {
    "cancelled": CancelOutcome.CANCELLED,
    "canceled": CancelOutcome.CANCELLED,
    "not_cancellable": CancelOutcome.NOT_CANCELLABLE,
    "not_cancelable": CancelOutcome.NOT_CANCELLABLE,
}

_NAME_KEYS = ("name", "id", "slug", "category")


def status_answer(payload: Any) -> StatusAnswer:
    """The answer of /status. Raises `UnreadableAnswer` when it holds no status."""
    word = status_word(payload)
    return StatusAnswer(status_of_word(word), word, whole(payload.get("queue_position")))


def result_answer(payload: Any, hide: str | None = None) -> ResultAnswer:
    """The answer of /result, at any stage of the job. Raises `UnreadableAnswer` as above."""
    word = status_word(payload)
    status = status_of_word(word)
    cost = number(payload.get("cost"))
    return ResultAnswer(
        status=status,
        word=word,
        output=payload.get("output"),
        created_at=moment(payload.get("created_at")),
        finished_at=moment(payload.get("finished_at")),
        cost=cost if cost is not None and cost >= 0 else None,
        failure=_failure(payload, status, hide),
        model_id=string(payload.get("model_id")) or None,
        raw=payload,
    )


def _failure(payload: JsonObject, status: Status, hide: str | None) -> Failure | None:
    if status is Status.FAILED:
        return failure_of(payload, hide) or Failure("RunComfy gave no reason.")
    if status is Status.COMPLETED and payload.get("output"):
        return None
    # A `message` beside other states is chatter; these names speak of an error and nothing else.
    errors = ("error", "error_message", "error_code")
    return failure_of({name: payload[name] for name in errors if payload.get(name)}, hide)


def status_word(payload: Any) -> str:
    """The word for a job's state, as the server wrote it."""
    found = _object(payload).get("status")
    if isinstance(found, str | int) and not isinstance(found, bool) and str(found).strip():
        return words(str(found))
    raise UnreadableAnswer("RunComfy's answer does not say how the job stands.")


def cancel_answer(payload: Any) -> CancelAnswer:
    """The answer of /cancel; an outcome never heard, or none, is `UNKNOWN`."""
    answer = _object(payload)
    word = words(string(answer.get("status")))
    return CancelAnswer(cancel_outcome(answer), word)


def cancel_outcome(payload: Any) -> CancelOutcome:
    """What `outcome` says; the documentation says to trust it and not the status beside it."""
    said = payload.get("outcome") if isinstance(payload, Mapping) else None
    return _CANCEL_WORDS.get(string(said).strip().lower(), CancelOutcome.UNKNOWN)


def model_entry(payload: Any, model_id: str = "") -> ModelEntry:
    """One catalog entry; `model_id` is the one that was asked for, should the entry not say."""
    entry = _object(payload)
    read = _entry(entry, string(entry.get("model_id")) or model_id)
    if read is None:
        raise UnreadableAnswer("RunComfy's catalog entry names no model.")
    return read


def model_page(payload: Any, offset: int = 0) -> ModelPage:
    """One page of the catalog; what is no entry, or has no model_id, is left out."""
    listed = payload if isinstance(payload, list) else _object(payload).get("models")
    if not isinstance(listed, list):
        raise UnreadableAnswer("RunComfy's answer holds no list of models.")
    entries = (
        _entry(item, string(item.get("model_id"))) for item in listed if isinstance(item, Mapping)
    )
    models = tuple(entry for entry in entries if entry is not None)
    told = payload if isinstance(payload, Mapping) else {}
    total, start = whole(told.get("total")), whole(told.get("offset"))
    start = offset if start is None else start
    total = start + len(listed) if total is None else total
    return ModelPage(models, total, start, len(listed))


def categories(payload: Any) -> tuple[str, ...]:
    """The catalog's categories, each once."""
    listed = payload if isinstance(payload, list) else _object(payload).get("categories")
    if not isinstance(listed, list):
        raise UnreadableAnswer("RunComfy's answer holds no list of categories.")
    return _names(listed)


def balance(payload: Any, at: float) -> Balance:
    """What is left in the account, read at the time `at`."""
    answer = _object(payload)
    usd = number(answer.get("balance_usd"))
    if usd is None and (micro := number(answer.get("balance_microdollars"))) is not None:
        usd = micro / 1e6
    if usd is None:
        raise UnreadableAnswer("RunComfy's answer does not say what the balance is.")
    return Balance(usd, at)


def _entry(entry: JsonObject, model_id: str) -> ModelEntry | None:
    if not model_id.strip():
        return None
    schema = entry.get("input_schema")
    listed = entry.get("categories")
    return ModelEntry(
        model_id=model_id.strip(),
        display_name=string(entry.get("display_name")),
        description=string(entry.get("description")),
        kind=string(entry.get("kind")) or "model",
        categories=_names(listed if isinstance(listed, list) else string(listed).split(",")),
        base_price_usd=number(entry.get("base_price_usd")),
        price_unit=string(entry.get("price_unit")) or None,
        pricing_note=string(entry.get("pricing_note")),
        model_url=string(entry.get("model_url")),
        input_schema=schema if isinstance(schema, Mapping) else None,
    )


def _names(listed: Iterable[Any]) -> tuple[str, ...]:
    """Names out of a list of strings or of objects that carry one."""
    names: dict[str, None] = {}
    for item in listed:
        if isinstance(item, Mapping):
            item = next((item[key] for key in _NAME_KEYS if key in item), "")
        if name := string(item).strip():
            names[name] = None
    return tuple(names)


def _object(payload: Any) -> JsonObject:
    if isinstance(payload, Mapping):
        return payload
    raise UnreadableAnswer("RunComfy's answer is no JSON object.")
