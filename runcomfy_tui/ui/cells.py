"""What stands in every cell of the terminal: of a paint, only the cells that change are sent."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import groupby, islice
from operator import itemgetter
from typing import TypeAlias

from rich.cells import cached_cell_len, get_character_cell_size
from rich.color import ColorSystem
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.geometry import Size
from textual.strip import Strip

from runcomfy_tui.ui.pen import Ink, Inks, Pen
from runcomfy_tui.ui.pictures import ShownPictures

Cell: TypeAlias = tuple[str, Ink] | None
"""A character and how it looks; the second half of a wide one has no text. None: not known."""

Paint: TypeAlias = LayoutUpdate | ChopsUpdate
"""What Textual's compositor makes of a change."""

_JUMP = 4
"""Bytes of a small jump within a row: `ESC [ 7 C`."""

_NOWHERE, _IN_DOUBT = 0, -1
"""Instead of the column where the terminal stands: in another row; who knows."""

_WIDE_IN_DOUBT = "\U0001f000"
"""From here on, and where characters are joined, terminals differ about the width: whatever
follows is put where it belongs."""

_LONG_BLANKS = re.compile(f"( {{{_JUMP + 1},}})")


class ShownCells:
    """A copy of the terminal's screen. It must be told when somebody else writes there.

    `can_erase` says whether the terminal erases characters with the background in force (`ech` and
    `bce` of terminfo).
    """

    def __init__(self, colours: ColorSystem | None, *, can_erase: bool = False) -> None:
        self._can_erase = can_erase
        self._inks = Inks(colours)
        self._pen = Pen()
        self._size = Size(0, 0)
        self._rows: list[list[Cell]] = []
        self._pictures = ShownPictures()
        self._written: set[int] = set()
        """The numbers of the pictures of which cells were written in this paint."""

    def forget(self) -> None:
        """Nobody knows any more what the terminal shows."""
        self._pen.forget()
        self._pictures.forget()
        self._size = Size(0, 0)

    def bring_up_to_date(self, paint: Paint, size: Size) -> str:
        """The sequences that make a terminal of that size show `paint`; the cursor is moved."""
        if size != self._size:
            self._size = size
            self._rows = [[None] * size.width for _ in range(size.height)]
        sequences: list[str] = []
        self._written.clear()
        for x, y, strip in _pieces(paint):
            if y < size.height:
                self._put(x, y, self._cells(strip)[: max(0, size.width - x)], sequences)
        if sequences and (self._written or self._pictures):
            sequences.insert(0, self._pictures.told_before(self._written))
            sequences.append(self._pictures.told_after(self._written, self._picture_cells()))
        return "".join(sequences)

    def _picture_cells(self) -> dict[int, list[tuple[int, int]]]:
        cells: dict[int, list[tuple[int, int]]] = {}
        for y, row in enumerate(self._rows):
            for x, cell in enumerate(row):
                if cell is not None and cell[1].picture:
                    cells.setdefault(cell[1].picture, []).append((x, y))
        return cells

    def _cells(self, strip: Strip) -> list[Cell]:
        cells: list[Cell] = []
        for text, style, control in strip:
            if control:
                continue
            ink, blank = self._inks.of(style)
            if not text.isascii():
                cells += _wide_cells(text, ink, blank)
            elif text.isspace():
                cells += [(" ", blank)] * len(text)
            else:
                cells += [(each, blank if each == " " else ink) for each in text]
        return cells

    def _put(self, x: int, y: int, cells: list[Cell], sequences: list[str]) -> None:
        row = self._rows[y]
        shown = row[x : x + len(cells)]
        if shown == cells:
            return
        row[x : x + len(cells)] = cells
        here = _NOWHERE
        runs = list(_runs(shown, cells))
        inked = iter(_with_inks_at_hand([each for run in runs for each in cells[slice(*run)]]))
        for first, end in runs:
            at = x + first + 1
            sequences.append(f"\x1b[{y + 1};{at}H" if here == _NOWHERE else _jump(here, at))
            here = self._write(at, list(islice(inked, end - first)), sequences)

    def _write(self, at: int, cells: list[tuple[str, Ink]], sequences: list[str]) -> int:
        """Write cells from a column on; returns the one where the terminal stands then."""
        here, last = at, at + len(cells)
        for ink, group in groupby(cells, key=itemgetter(1)):
            turn = self._pen.turn(ink)
            if ink.picture:
                self._written.add(ink.picture)
            for text, width, is_doubtful in _strokes([text for text, _ in group]):
                if here != at:
                    sequences.append(_jump(here, at))
                sequences.append(turn)
                turn = ""
                here = at
                at += width
                if self._can_erase and _is_better_erased(text, ink, is_last=at == last):
                    sequences.append(f"\x1b[{width}X")
                else:
                    sequences.append(text)
                    here = _IN_DOUBT if is_doubtful and not ink.picture else at
        return here


def _pieces(paint: Paint) -> Iterator[tuple[int, int, Strip]]:
    """The parts of a paint, each with the column and the row where it begins."""
    if isinstance(paint, LayoutUpdate):
        for y, line in enumerate(paint.strips, paint.region.y):
            x = paint.region.x
            for strip in line:
                yield x, y, strip
                x += strip.cell_length
        return
    for y, left, right in paint.spans:
        for end, (x, part) in zip(paint.chop_ends[y], paint.chops[y].items(), strict=False):
            if part is not None and x <= right and end > left:
                yield x, y, part.crop(0, min(end, right) - x)


def _wide_cells(text: str, ink: Ink, blank: Ink) -> Iterable[Cell]:
    """Cells of any text. What joins characters stays with the one before it."""
    cells: list[Cell] = []
    for character in text:
        width = get_character_cell_size(character)
        if width:
            cells += [(character, blank if character == " " else ink), *[("", ink)] * (width - 1)]
        elif cells:
            at = max(at for at, cell in enumerate(cells) if cell and cell[0])
            cells[at] = f"{cells[at][0]}{character}", ink  # type: ignore[index]
    width = cached_cell_len(text)
    if len(cells) != width:  # characters that are drawn as one, such as a family or a flag
        return [(text, ink), *[("", ink)] * (width - 1)]
    return cells


def _with_inks_at_hand(cells: list[Cell]) -> list[tuple[str, Ink]]:
    """The cells, each blank with the ink of what follows where it looks the same with that."""
    inked: list[tuple[str, Ink]] = []
    following: Ink | None = None
    for text, ink in filter(None, reversed(cells)):
        if following is None or not ink.is_at_hand_after(following):
            following = ink
        inked.append((text, following))
    inked.reverse()
    return inked


def _strokes(texts: list[str]) -> Iterator[tuple[str, int, bool]]:
    """What is written in one go, on how many cells, and whether that is doubtful.

    Long blanks stand alone.
    """
    text = "".join(texts)
    if text.isascii() or all(len(each) == 1 and each < _WIDE_IN_DOUBT for each in texts):
        for part in _LONG_BLANKS.split(text):
            if part:
                yield part, len(part), False
        return
    stroke, width, is_doubtful = "", 0, False
    for each in texts:
        if each and is_doubtful:
            yield stroke, width, True
            stroke, width, is_doubtful = "", 0, False
        stroke += each
        width += 1
        is_doubtful |= len(each) > 1 or each >= _WIDE_IN_DOUBT
    yield stroke, width, is_doubtful


def _is_better_erased(text: str, ink: Ink, *, is_last: bool) -> bool:
    """Whether that costs less, with the jump behind it if anything follows."""
    cost = len(f"\x1b[{len(text)}X") * (1 if is_last else 2)
    return len(text) > cost and not text.strip(" ") and not ink.shows_on_blanks


def _jump(here: int, to: int) -> str:
    """The shortest way to a column to the right."""
    absolute, relative = f"\x1b[{to}G", f"\x1b[{to - here}C"
    return absolute if here == _IN_DOUBT else min(absolute, relative, key=len)


def _runs(shown: list[Cell], wanted: list[Cell]) -> Iterator[tuple[int, int]]:
    """From where to where cells are to be written; what is shorter than a jump is written again."""
    if shown.count(None) == len(shown):
        yield 0, len(wanted)
        return
    first = end = -1
    for at, (old, new) in enumerate(zip(shown, wanted, strict=True)):
        if old == new:
            continue
        if first < 0:
            first = at
        elif at - end > _JUMP or not _go_on(wanted[end - 1], wanted[end:at]):
            yield first, end
            first = at
        end = at + 1
        while end < len(wanted) and _is_second_half(wanted[end]):
            end += 1
    if first >= 0:
        yield first, end


def _is_second_half(cell: Cell) -> bool:
    return cell is not None and not cell[0]


def _go_on(before: Cell, cells: list[Cell]) -> bool:
    """Whether these cells cost a byte each when they are written after `before`."""
    return before is not None and all(
        cell is not None and cell[0].isascii() and cell[1].is_at_hand_after(before[1])
        for cell in cells
    )
