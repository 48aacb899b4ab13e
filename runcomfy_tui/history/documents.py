"""A job as a document and back. Pure; nothing here can fail on what a document holds but by name.

Documents are written as strict JSON by orjson, which knows no NaN, no integer beyond 64 bits and no
lone surrogate. Prompts and servers know them all, so a document that holds one is kept as a text
inside a document (`escaped`), where nothing of it is changed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from sys import intern
from typing import Any, TypeAlias

import orjson

from runcomfy_tui.history.interning import interned_cost, interned_inputs, with_shared_names
from runcomfy_tui.jobs import Failure, FieldProblem, Job, JsonObject, Status

Document: TypeAlias = dict[str, Any]

WRITTEN_AT = "written_at"
"""When a document was last written, epoch nanoseconds: of two with one id the younger is true."""

SESSION = "session"
"""Which running process is submitting this job; there only while it is `submitting`."""

_ESCAPED = "escaped"
_UNKEEPABLE = "unkeepable"
_DEEPEST = 250
_NUMBER = (float, int)
_RARE = frozenset(
    {
        "server_word",
        "failure",
        "adopted",
        "label",
        "note",
        "rating",
        "batch",
        "batch_item",
        "estimate",
        "pinned",
        "archived",
    }
)
"""What few documents hold; without any of them a job is read in half the time."""

_KNOWN = _RARE | {
    "model_id",
    "inputs",
    "status",
    "created_at",
    "request_id",
    "submitted_at",
    "started_at",
    "finished_at",
    "output",
    "cost",
    SESSION,
    WRITTEN_AT,
    _UNKEEPABLE,
}

_STATUS = {status.value: status for status in Status}
_OWN_WORDS = ("label", "note", "rating", "pinned", "archived")
_RATINGS = range(1, 6)


class BadDocument(Exception):
    """A document that no job can be read from; `str()` says why."""


def document_of(job: Job, *, session: str | None = None, old: Any = None) -> Document:
    """The document of `job`, ready to be written but for its `written_at`.

    What is None, False or empty text is left out; `queue_position` always is. From `old`, the
    document that this one replaces, come the fields of a newer version of this program, and the
    request_id if `job` has none: once known, it is not lost to a writer who had not heard of it.
    Nor are its user's own words: once a job is written, only `annotated` changes them.
    """
    before = fields_of(old)
    values: Document = {
        "model_id": job.model_id,
        "inputs": dict(job.inputs),
        "status": job.status.value,
        "created_at": job.created_at,
        "request_id": job.request_id or before.get("request_id"),
        "submitted_at": job.submitted_at,
        "started_at": job.started_at,
        "finished_at": job.finished_at,
        "server_word": job.server_word,
        "output": job.output,
        "cost": job.cost,
        "failure": None if job.failure is None else _failure_document(job.failure),
        "adopted": job.adopted or None,
        **(_said_in(before) if before else _said(job)),
        "batch": job.batch,
        "batch_item": job.batch_item,
        "estimate": job.estimate,
        SESSION: session if job.status is Status.SUBMITTING else None,
    }
    unknown = {name: value for name, value in before.items() if name not in _KNOWN}
    return escaped(
        unknown | {name: value for name, value in values.items() if value is not None},
        spare=("output", "inputs"),
    )


def annotated(document: Any, said: Mapping[str, Any]) -> Document:
    """`document` with other words of its user, some of those of `_OWN_WORDS`.

    Raises `BadDocument` for one that cannot be read.
    """
    before = {name: value for name, value in opened(document).items() if name != WRITTEN_AT}
    after = before | dict(said)
    return escaped(
        {name: value for name, value in after.items() if name not in _OWN_WORDS or value},
        spare=("output", "inputs"),
    )


def lacks_words(job: Job, document: Any) -> bool:
    """Whether its user has said something of `job` that stands in the document alone."""
    return _said_in(fields_of(document)) != _said(job)


def document_of_forgotten(request_id: str | None) -> Document:
    """What is kept of a job that was forgotten."""
    return {} if request_id is None else escaped({"request_id": request_id})


def job_of(job_id: str, document: Any) -> Job:
    """The job in `document`. Raises `BadDocument` when it has no status or no time of creation.

    Every other field that is missing or of the wrong type is read as absent, and a status from a
    newer version of this program as an unknown word: such a job is still listed and still polled.
    """
    fields = opened(document)
    get = fields.get
    word = get("status")
    created_at: Any = get("created_at")
    if type(word) is not str or type(created_at) not in _NUMBER:
        raise BadDocument("it has no status or no time of creation")
    status = _STATUS.get(word)
    rare = {} if _RARE.isdisjoint(fields) else _rare_fields(get)
    if status is None:
        rare["server_word"] = rare.get("server_word") or word
    # Without helpers: this is called 100,000 times while a window opens.
    return Job(
        id=job_id,
        model_id=intern(text) if type(text := get("model_id")) is str else None,
        inputs=interned_inputs(inputs) if type(inputs := get("inputs")) is dict else {},
        status=status or Status.UNKNOWN,
        created_at=created_at,
        request_id=text if type(text := get("request_id")) is str else None,
        submitted_at=at if type(at := get("submitted_at")) in _NUMBER else None,
        started_at=at if type(at := get("started_at")) in _NUMBER else None,
        finished_at=at if type(at := get("finished_at")) in _NUMBER else None,
        output=with_shared_names(output) if type(output := get("output")) is dict else output,
        cost=interned_cost(cost) if type(cost := get("cost")) in _NUMBER else None,  # type: ignore[arg-type]
        **rare,
    )


def _rare_fields(get: Callable[[str], Any]) -> dict[str, Any]:
    """What few documents hold."""
    failure, label, note, batch = map(get, ("failure", "label", "note", "batch"))
    rating, batch_item, usd = map(get, ("rating", "batch_item", "estimate"))
    return {
        "server_word": _text(get("server_word")),
        "failure": None if failure is None else _failure(failure),
        "adopted": get("adopted") is True,
        "label": intern(label) if type(label) is str else "",
        "note": note if type(note) is str else "",
        "rating": rating if type(rating) is int and rating in _RATINGS else None,
        "batch": intern(batch) if type(batch) is str else None,
        "batch_item": batch_item if type(batch_item) is int else None,
        "estimate": interned_cost(usd) if type(usd) in _NUMBER else None,
        "pinned": get("pinned") is True,
        "archived": get("archived") is True,
    }


def session_of(document: Any) -> str | None:
    """Which running process was submitting this job when it was last written."""
    return _text(fields_of(document).get(SESSION))


def request_id_of(document: Any) -> str | None:
    """The request_id in a document, without reading the rest of it."""
    return _text(fields_of(document).get("request_id"))


def written_at(document: Any) -> int:
    """When `document` was last written; 0 when it does not say."""
    at = document.get(WRITTEN_AT) if isinstance(document, dict) else None
    return at if type(at) is int else 0


def says_the_same(one: Any, other: Any) -> bool:
    """Whether two documents differ in nothing but in when they were written.

    They are compared as bytes, because Python holds 1, 1.0 and True for equal.
    """
    if not isinstance(one, dict) or not isinstance(other, dict):
        return False
    return _timeless(one) == _timeless(other)


def escaped(document: Document, *, spare: tuple[str, ...] = ()) -> Document:
    """`document`, wrapped when plain JSON would change or refuse what it holds.

    A value nested so deeply that no JSON writer takes it is given up, so that the rest is not
    lost: the fields of `spare` are dropped then, one by one, and listed under `unkeepable`.
    Raises ValueError when that does not help.
    """
    try:
        around = {"": {"": document}}  # as deep as it will lie in its file: orjson counts
        if orjson.loads(orjson.dumps(around)) == around:
            return document
    except (TypeError, ValueError, RecursionError):
        pass
    try:
        if not _is_deep(document):
            return {_ESCAPED: json.dumps(document, default=_as_plain)}
    except ValueError:  # an integer of more digits than Python is willing to write
        pass
    if not spare:
        raise ValueError("a document that no JSON can hold")
    dropped, *others = spare
    rest = {name: value for name, value in document.items() if name != dropped}
    rest[_UNKEEPABLE] = [*document.get(_UNKEEPABLE, ()), dropped]
    return escaped(rest, spare=tuple(others))


def opened(document: Any) -> Document:
    """The fields of a document as they were before `escaped`. Raises `BadDocument`."""
    if type(document) is not dict:
        raise BadDocument("it is no object")
    text = document.get(_ESCAPED)
    if type(text) is not str:
        return document
    try:
        values = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadDocument("its text cannot be read") from error
    if not isinstance(values, dict):
        raise BadDocument("its text is no object")
    return values


def fields_of(document: Any) -> Document:
    """The fields of a document as they were before `escaped`; none where it cannot be read."""
    try:
        return opened(document)
    except BadDocument:
        return {}


def _timeless(document: Document) -> bytes:
    return orjson.dumps({name: document[name] for name in document if name != WRITTEN_AT})


def _is_deep(value: Any) -> bool:
    """Whether a value nests deeper than JSON writers and readers like; found without recursion."""
    level = [value]
    for _ in range(_DEEPEST):
        level = [inner for outer in level for inner in _inside(outer)]
        if not level:
            return False
    return True


def _inside(value: Any) -> Iterable[Any]:
    if isinstance(value, Mapping):
        return value.values()
    return value if isinstance(value, list | tuple) else ()


def _as_plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} is no JSON")


def _said(job: Job) -> Document:
    return {
        "label": job.label or None,
        "note": job.note or None,
        "rating": job.rating,
        "pinned": job.pinned or None,
        "archived": job.archived or None,
    }


def _said_in(document: Document) -> Document:
    label, note, rating, pinned, archived = map(document.get, _OWN_WORDS)
    return {
        "label": (_text(label) or None),
        "note": (_text(note) or None),
        "rating": rating if type(rating) is int and rating in _RATINGS else None,
        "pinned": True if pinned is True else None,
        "archived": True if archived is True else None,
    }


def _failure_document(failure: Failure) -> JsonObject:
    document: Document = {"message": failure.message}
    if failure.code is not None:
        document["code"] = failure.code
    if failure.request_id is not None:
        document["request_id"] = failure.request_id
    if failure.problems:
        document["problems"] = [
            {"path": list(problem.path), "message": problem.message} for problem in failure.problems
        ]
    return document


def _failure(value: Any) -> Failure | None:
    if not isinstance(value, dict):
        return None
    problems = value.get("problems")
    return Failure(
        message=_text(value.get("message")) or "",
        code=_text(value.get("code")),
        problems=tuple(map(_problem, problems)) if isinstance(problems, list) else (),
        request_id=_text(value.get("request_id")),
    )


def _problem(value: Any) -> FieldProblem:
    problem = value if isinstance(value, dict) else {}
    path = problem.get("path")
    steps = path if isinstance(path, list) else []
    return FieldProblem(
        path=tuple(step for step in steps if type(step) in (str, int)),
        message=_text(problem.get("message")) or "",
    )


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None
