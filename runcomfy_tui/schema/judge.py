"""The one judge of what is valid: the same answer for a field, for a submit and for the tests.

Underneath is jsonschema (Draft 2020-12) with RunComfy's habits added: the type `float`, and
media inputs that hold URLs. What the files behind them are, `sightings` judges.
Its `multipleOf` divides doubles and would refuse 0.3 as a multiple of 0.1; here decimals count.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, TypeAlias

from runcomfy_tui.jobs import FieldProblem
from runcomfy_tui.schema.fields import Field, FieldKind, Form
from runcomfy_tui.schema.messages import Finding, findings
from runcomfy_tui.schema.multiples import is_multiple
from runcomfy_tui.schema.reading import read_form
from runcomfy_tui.schema.sound import sound
from runcomfy_tui.schema.urls import url_problem

if TYPE_CHECKING:
    from jsonschema.protocols import Validator

Path: TypeAlias = tuple[str | int, ...]

_URL_RANK = 5


def judge(schema_or_form: Any, inputs: Any) -> tuple[FieldProblem, ...]:
    """What keeps `inputs` from being submitted: one problem a place, in the form's order.

    A schema is taken as a constant: it is read once, however often it is judged by. What in it
    makes no sense is left to the server and blocks nothing.
    """
    compiled = _compiled(_Same(_schema_of(schema_or_form)))
    plain = dict(inputs) if isinstance(inputs, Mapping) else inputs
    found = [*_by_schema(compiled.validator, plain)]
    if isinstance(plain, dict):
        found.extend(_by_media(compiled.form.fields, plain, ()))
    return _told(found, compiled.form.fields)


def _schema_of(schema_or_form: Any) -> Any:
    return schema_or_form.schema if isinstance(schema_or_form, Form) else schema_or_form


class _Same:
    """A key that is equal to another when both hold the very same object, and keeps it alive."""

    __slots__ = ("held",)

    def __init__(self, held: Any) -> None:
        self.held = held

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self.held is other.held

    def __hash__(self) -> int:
        return id(self.held)


@dataclass(frozen=True, slots=True)
class _CompiledSchema:
    """A schema ready to judge by: its form, and its validator."""

    form: Form
    validator: Validator


@lru_cache(maxsize=64)
def _compiled(key: _Same) -> _CompiledSchema:
    return _CompiledSchema(read_form(key.held), _make_validator()(sound(key.held)))


@cache
def _make_validator() -> Callable[[Any], Validator]:
    # Imported here because it costs some 30 ms, which the first paint does not have.
    from jsonschema import Draft202012Validator, ValidationError
    from jsonschema.validators import extend
    from referencing import Registry

    checker = Draft202012Validator.TYPE_CHECKER
    with_float = checker.redefine("float", lambda _, value: checker.is_type(value, "number"))

    def multiple_of(own: Validator, step: Any, value: Any, _: Any) -> Iterator[ValidationError]:
        if own.is_type(value, "number") and not is_multiple(value, step):
            yield ValidationError("")

    validator_class = extend(  # type: ignore[no-untyped-call]
        Draft202012Validator, {"multipleOf": multiple_of}, type_checker=with_float
    )
    nothing_to_fetch: Registry[Any] = Registry()
    return lambda schema: validator_class(schema, registry=nothing_to_fetch)


def _by_schema(validator: Validator, value: Any) -> Iterator[Finding]:
    try:
        errors = list(validator.iter_errors(value))
    except (RecursionError, ArithmeticError):
        yield Finding((), "nested too deeply, or a number too large, to be checked", 9)
        return
    root = validator.schema if isinstance(validator.schema, Mapping) else {}
    for error in errors:
        yield from findings(error, root)


def _by_media(fields: Iterable[Field], values: Mapping[str, Any], path: Path) -> Iterator[Finding]:
    for field in fields:
        if field.name in values:
            yield from _media_in(field, values[field.name], (*path, field.name))


def _media_in(field: Field, value: Any, path: Path) -> Iterator[Finding]:
    if field.kind is FieldKind.OBJECT and isinstance(value, dict):
        yield from _by_media(field.children, value, path)
    elif field.kind is FieldKind.LIST and field.item is not None and isinstance(value, list):
        for index, item in enumerate(value):
            yield from _media_in(field.item, item, (*path, index))
    elif field.kind is FieldKind.MEDIA:
        problem = _media_problem(field, value)
        if problem is not None:
            yield Finding(path, problem, _URL_RANK)


def _media_problem(field: Field, value: Any) -> str | None:
    if value == "" and field.schema.get("default") == "":
        return None  # the schema's own word for "none"
    if isinstance(value, str):
        return url_problem(value)
    return None if value is None and field.nullable else "must be a URL"


def _told(found: Iterable[Finding], fields: tuple[Field, ...]) -> tuple[FieldProblem, ...]:
    most_telling: dict[Path, Finding] = {}
    for finding in found:
        held = most_telling.get(finding.path)
        if held is None or finding.rank < held.rank:
            most_telling[finding.path] = finding
    ordered = sorted(most_telling.values(), key=lambda finding: _position(fields, finding.path))
    return tuple(FieldProblem(finding.path, finding.message) for finding in ordered)


def _position(fields: tuple[Field, ...], path: Path) -> tuple[int, ...]:
    """Where `path` leads in a form, as something to sort by; what it does not know comes last."""
    position: list[int] = []
    for step in path:
        if isinstance(step, int):
            position.append(step)
            continue
        at = next((i for i, field in enumerate(fields) if field.name == step), len(fields))
        position.append(at)
        field = fields[at] if at < len(fields) else None
        inner = field.item if field is not None and field.kind is FieldKind.LIST else field
        fields = inner.children if inner is not None else ()
    return tuple(position)
