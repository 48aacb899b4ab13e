"""A picture as a terminal shows it, between who draws it and who puts it on the screen. No I/O."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple

import orjson


class Graphics(StrEnum):
    """How a terminal can be made to show a picture."""

    HALF_BLOCKS = "half blocks"
    """Two pixels a cell, in its own characters and colours."""
    SIXEL = "sixel"
    """Pixels written over cells: https://vt100.net/docs/vt3xx-gp/chapter14.html"""
    KITTY = "kitty"
    """Pixels in cells, by placeholders: https://sw.kovidgoyal.net/kitty/graphics-protocol/"""


@dataclass(frozen=True, slots=True)
class Surface:
    """What there is to draw on: cells, how many pixels one of them has, and what they can show."""

    columns: int
    rows: int
    graphics: Graphics = Graphics.HALF_BLOCKS
    cell_width: int = 10
    cell_height: int = 20


class Run(NamedTuple):
    """Cells of one look; a colour is `#rrggbb`, or None for the screen's own."""

    text: str
    foreground: str | None
    background: str | None


@dataclass(frozen=True, slots=True, weakref_slot=True, eq=False)
class Drawing:
    """The cells of a picture, row by row, each row as wide as the others.

    `before` has to reach the terminal before the cells do, `over` is written over them from their
    upper left corner, and `after` lets the terminal forget what it was told.
    """

    columns: int
    rows: tuple[tuple[Run, ...], ...]
    before: str = ""
    over: str = ""
    after: str = ""


_KITTY: Final = re.compile(r"(?:\x1b_G[A-Za-z0-9+/=,;]*\x1b\\)*")
_KITTY_ID: Final = re.compile(r"\x1b_G(?:[^;\x1b]*,)?i=(\d+)[,;]")
_SIXEL: Final = re.compile(r"(?:\x1bP[0-9;]*q[!-~]*\x1b\\)?")


def drawn(said: bytes) -> Drawing:
    """The drawing that the process described. Raises ValueError for anything else.

    It has read a stranger's file: nothing of what it says is sent to a terminal but pixels.
    """
    before, _, described = said.decode().partition("\n")
    told = orjson.loads(described)
    over = told["over"]
    rows = tuple(tuple(Run(*run) for run in row) for row in told["rows"])
    if not _KITTY.fullmatch(before) or not _SIXEL.fullmatch(over):
        raise ValueError("no picture")
    if not all(run.text.isprintable() or _is_placeholder(run.text) for row in rows for run in row):
        raise ValueError("no cells")
    number = _KITTY_ID.match(before)
    after = f"\x1b_Ga=d,d=I,i={number[1]},q=2\x1b\\" if number else ""
    return Drawing(told["columns"], rows, before, over, after)


PLACEHOLDER: Final = "\U0010eeee"
"""Kitty puts a piece of a picture where this stands."""


def _is_placeholder(text: str) -> bool:
    return text.replace(PLACEHOLDER, "").isprintable()
