"""What stands in every cell of the terminal: of a paint, only the cells that change are sent."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
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

_JUMP = 5
"""Bytes of a jump within a row: `ESC [ 4 2 G`."""

_DOUBTFUL = "\U0001f000"
"""From here on, and where characters are joined, terminals differ about the width: whatever
follows is put where it belongs."""


class ShownCells:
    """A copy of the terminal's screen. It must be told when somebody else writes there."""

    def __init__(self, colours: ColorSystem | None) -> None:
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
        is_here = False
        for first, end in _runs(shown, cells):
            at = x + first + 1
            sequences.append(f"\x1b[{at}G" if is_here else f"\x1b[{y + 1};{at}H")
            is_here = True
            before: Ink | None = None
            is_doubtful = False
            for column, (text, ink) in enumerate(filter(None, cells[first:end]), at):
                if is_doubtful and text:
                    sequences.append(f"\x1b[{column}G")
                    is_doubtful = False
                if ink is not before:
                    sequences.append(self._pen.turn(ink))
                    before = ink
                    if ink.picture:
                        self._written.add(ink.picture)
                sequences.append(text)
                if not ink.picture:
                    is_doubtful = is_doubtful or len(text) > 1 or text > _DOUBTFUL


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
    if first >= 0:
        yield first, end


def _go_on(before: Cell, cells: list[Cell]) -> bool:
    """Whether these cells cost a byte each when they are written after `before`."""
    return before is not None and all(
        cell is not None and cell[0].isascii() and cell[1].is_at_hand_after(before[1])
        for cell in cells
    )
