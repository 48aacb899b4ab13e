"""The pattern after which saved files are named: its fields, and what may stand in it. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable
from string import Formatter
from typing import Final

NAME_TEMPLATE: Final = "{date}/{model}/{request_id}-{n}.{ext}"
"""Folders below the download folder, and the file's name, when the settings name no other."""

NAME_FIELDS: Final = (
    "date",
    "time",
    "model",
    "vendor",
    "request_id",
    "id",
    "n",
    "ext",
    "label",
    "prompt",
    "seed",
    "kind",
    "key",
    "name",
    "batch",
)

INPUT: Final = "input."
"""`{input.duration}` stands for the input called duration."""

_WIDTH = re.compile(r"0?[1-9]?")


def name_template(text: str) -> str:
    """`text`, if it can be used. Raises `ValueError` with words that go on after a setting's name.

    Every `/` begins a folder below the download folder; none can lead out of it.
    """
    segments = text.split("/")
    if not text.strip() or any(segment in ("", ".", "..") for segment in segments):
        raise ValueError(f'should be names with single slashes between, such as "{NAME_TEMPLATE}".')
    try:
        parts = [part for segment in segments for part in Formatter().parse(segment)]
    except ValueError as error:
        raise ValueError(f"cannot be read: {error}.") from None
    for _, field, width, conversion in parts:
        if field is None:
            continue
        if field not in NAME_FIELDS and not (field.startswith(INPUT) and field != INPUT):
            known = ", ".join(NAME_FIELDS)
            raise ValueError(f"knows no {{{field}}}. There are: {known}, input.NAME.")
        if conversion or not _WIDTH.fullmatch(width or "") or (width and field != "n"):
            raise ValueError(
                f"can have no width but that of {{n}}, as in {{n:02}}: see {{{field}}}."
            )
    return text


def filled(template: str, value_of: Callable[[str], str]) -> list[str]:
    """The folders and the name that a template stands for; `value_of` tells what each field is.

    Slashes in values make no folders: what a segment becomes is one text, still to be made a name.
    """
    return [_fill(segment, value_of) for segment in template.split("/")]


def _fill(segment: str, value_of: Callable[[str], str]) -> str:
    made = []
    for literal, field, width, _ in Formatter().parse(segment):
        made.append(literal)
        if field is not None:
            value = value_of(field)
            made.append(value.zfill(int(width)) if width and value.isdecimal() else value)
    return "".join(made)
