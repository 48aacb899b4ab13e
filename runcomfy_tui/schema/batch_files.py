"""Many requests for one model out of a file, JSONL or CSV. Pure; every complaint names its line."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from runcomfy_tui.jobs import FieldProblem, JsonObject
from runcomfy_tui.schema.entries import EntryError, parse_entry, parse_json
from runcomfy_tui.schema.equality import value_text
from runcomfy_tui.schema.fields import UNSET, Field, FieldKind, Form
from runcomfy_tui.schema.sweep import MOST_REQUESTS

_TRUTHS: Final = {"true": True, "false": False}
_DELIMITERS: Final = (",", ";", "\t")


@dataclass(frozen=True, slots=True)
class Line:
    """The inputs on a line of the file; lines count from 1, a record in quotes by its first."""

    number: int
    inputs: JsonObject


@dataclass(frozen=True, slots=True)
class LineProblem:
    """Why a line makes no request; `path` leads to the input at fault, `()` is the whole line."""

    number: int
    problem: FieldProblem


@dataclass(frozen=True, slots=True)
class BatchFile:
    """What a file holds: the requests that could be read, and what could not."""

    lines: tuple[Line, ...]
    problems: tuple[LineProblem, ...]


def read_batch_file(form: Form, text: str, *, is_csv: bool) -> BatchFile:
    """Read the requests in `text`; whether their inputs are valid, `judge` says.

    JSONL holds an object a line. CSV begins with the fields' names; an empty cell leaves its field
    out of the request, and any other is read as if it were typed into the form: lists and objects
    as JSON. Blank lines are passed over.
    """
    lines: list[Line] = []
    problems: list[LineProblem] = []
    text = text.removeprefix("\ufeff")
    for found in _from_csv(form, text) if is_csv else _from_jsonl(text):
        if isinstance(found, LineProblem):
            problems.append(found)
        elif len(lines) < MOST_REQUESTS:
            lines.append(found)
        else:
            problems.append(_wrong(found.number, f"more than {MOST_REQUESTS:,} requests"))
            break
    return BatchFile(tuple(lines), tuple(problems))


def _wrong(number: int, message: str, *path: str) -> LineProblem:
    return LineProblem(number, FieldProblem(path, message))


def _from_jsonl(text: str) -> Iterator[Line | LineProblem]:
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        value = parse_json(line)
        if isinstance(value, EntryError):
            yield _wrong(number, value.message.replace("(line 1, ", "("))
        elif not isinstance(value, dict):
            yield _wrong(number, "must be a JSON object")
        else:
            yield Line(number, value)


def _from_csv(form: Form, text: str) -> Iterator[Line | LineProblem]:
    header_line = next((line for line in text.split("\n") if line.strip()), "")
    delimiter = max(_DELIMITERS, key=header_line.count)
    records = _records(text, delimiter)
    number, header = next(records, (1, []))
    if isinstance(header, str):
        yield _wrong(number, header)
        return
    fields = {field.name: field for field in form.fields}
    columns = [name.strip() for name in header]
    bad = list(_bad_columns(columns, fields))
    if bad:
        yield from (_wrong(number, message) for message in bad)
        return
    for number, cells in records:
        yield (
            _wrong(number, cells)
            if isinstance(cells, str)
            else _row(number, columns, cells, fields)
        )


def _records(text: str, delimiter: str) -> Iterator[tuple[int, list[str] | str]]:
    """Each record that is not blank with its first line's number, or why it is none."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    while True:
        number = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            # Where the next record begins cannot be told any more.
            yield number, f"no CSV from here on: {error}"
            return
        if any(cell.strip() for cell in cells):
            yield number, cells


def _bad_columns(columns: Sequence[str], fields: dict[str, Field]) -> Iterator[str]:
    if not columns:
        yield "the file is empty; its first line should name the fields"
    for place, name in enumerate(columns, 1):
        if not name:
            yield f"column {place} has no name"
        elif name in columns[: place - 1]:
            yield f"two columns are called {name}"
        elif fields and name not in fields:
            yield f"no field is called {name}; there are {', '.join(fields)}"


def _row(
    number: int, columns: Sequence[str], cells: Sequence[str], fields: dict[str, Field]
) -> Line | LineProblem:
    if len(cells) > len(columns):
        return _wrong(number, f"{len(cells)} cells are more than the {len(columns)} columns")
    inputs: dict[str, Any] = {}
    for name, cell in zip(columns, cells, strict=False):
        value = _cell(fields.get(name), cell)
        if isinstance(value, EntryError):
            return _wrong(number, value.message, name)
        if value is not UNSET:
            inputs[name] = value
    return Line(number, inputs)


def _cell(field: Field | None, cell: str) -> Any:
    if not cell.strip():
        return UNSET
    if field is None:
        value = parse_json(cell)
        return cell if isinstance(value, EntryError) else value
    if field.kind is FieldKind.CHOICE:
        return _choice(field, cell)
    if field.kind is FieldKind.BOOLEAN and cell.strip().lower() in _TRUTHS:
        return _TRUTHS[cell.strip().lower()]  # spreadsheets write them in capitals
    return parse_entry(field, cell)


def _choice(field: Field, cell: str) -> Any:
    for told in (cell, cell.strip()):
        for choice in field.choices:
            if value_text(choice) == told:
                return choice
    return cell.strip()  # the judge names what is offered
