"""Pictures that are more than cells: what the terminal has to be told beside them.

The cells of such a picture carry its mark, in the name of their colour, which nothing takes from
them. So whatever happens to the cells, being covered, moved or wiped, tells what becomes of the
picture.
"""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Final
from weakref import WeakKeyDictionary, WeakValueDictionary

from rich.color import Color
from rich.style import Style

if TYPE_CHECKING:
    # Hardly any start of the program shows a picture.
    from runcomfy_tui.drawing import Drawing, Run

_MARK: Final = "picture "
_BLACK: Final = "#000000"

_next_number = count(1).__next__
_numbers: WeakKeyDictionary[Drawing, int] = WeakKeyDictionary()
_drawings: WeakValueDictionary[int, Drawing] = WeakValueDictionary()


def style_of(run: Run, drawing: Drawing) -> Style:
    """How cells of a drawing look."""
    if not drawing.before and not drawing.over:
        return Style(color=run.foreground, bgcolor=run.background)
    if drawing not in _numbers:
        number = _numbers[drawing] = _next_number()
        _drawings[number] = drawing
    colour = Color.parse(run.foreground or _BLACK)._replace(name=f"{_MARK}{_numbers[drawing]}")
    return Style(color=colour, bgcolor=run.background)


def number_in(style: Style) -> int:
    """The number of the picture whose cells look like this; 0 for any other cell."""
    name = style.color.name if style.color is not None else ""
    return int(name.removeprefix(_MARK)) if name.startswith(_MARK) else 0


class ShownPictures:
    """The pictures that the terminal has been told of, by their numbers."""

    def __init__(self) -> None:
        self._known: dict[int, Drawing] = {}

    def __bool__(self) -> bool:
        return bool(self._known)

    def forget(self) -> None:
        """Nobody knows any more what the terminal has been told."""
        self._known.clear()

    def told_before(self, written: set[int]) -> str:
        """What goes ahead of cells of these pictures."""
        new = {each: _drawings[each] for each in written - self._known.keys() if each in _drawings}
        self._known |= new
        return "".join(drawing.before for drawing in new.values())

    def told_after(self, written: set[int], places: dict[int, list[tuple[int, int]]]) -> str:
        """What follows those cells, now that each picture has cells (column, row) in `places`.

        One that is partly covered is not written over its cells: that would be over the cover, too.
        """
        sequences: list[str] = []
        for number in written & self._known.keys():
            drawing, cells = self._known[number], places.get(number, [])
            if drawing.over and len(cells) == drawing.columns * len(drawing.rows):
                x, y = cells[0]
                sequences.append(f"\x1b[{y + 1};{x + 1}H{drawing.over}")
        for number in self._known.keys() - places.keys():
            sequences.append(self._known.pop(number).after)
        return "".join(sequences)
