"""What a terminal is told beside a picture's cells, byte for byte."""

from __future__ import annotations

from rich.color import ColorSystem
from rich.segment import Segment
from rich.style import Style
from textual._compositor import LayoutUpdate
from textual.geometry import Region, Size
from textual.strip import Strip

from runcomfy_tui.drawing import Drawing, Run
from runcomfy_tui.ui.cells import ShownCells
from runcomfy_tui.ui.pictures import style_of

SIZE = Size(6, 3)
BLANKS = Run("  ", None, None)
SIXEL = "\x1bPq~~\x1b\\"
GROUND = Style(color="#ffffff", bgcolor="#000000")


def sixel() -> Drawing:
    return Drawing(2, ((BLANKS,), (BLANKS,)), over=SIXEL)


def kitty() -> Drawing:
    row = (Run("\U0010eeee\u0305\u0305\u0305" * 2, "#123456", None),)
    return Drawing(2, (row,), before="<before>", after="<after>")


def paint(cells: ShownCells, *rows: list[Segment], x: int = 0, y: int = 0) -> str:
    strips = [Strip(row) for row in rows]
    region = Region(x, y, strips[0].cell_length, len(strips))
    return cells.bring_up_to_date(LayoutUpdate([[strip] for strip in strips], region), SIZE)


def rows(drawing: Drawing) -> list[list[Segment]]:
    return [
        [Segment(run.text, GROUND + style_of(run, drawing)) for run in row] for row in drawing.rows
    ]


def text(said: str) -> list[Segment]:
    return [Segment(said, GROUND)]


def shown() -> ShownCells:
    cells = ShownCells(ColorSystem.TRUECOLOR)
    paint(cells, *[text("." * 6)] * 3)
    return cells


def test_sixel_follows_its_cells_and_is_not_sent_for_nothing() -> None:
    cells, drawing = shown(), sixel()
    said = paint(cells, *rows(drawing), x=3, y=1)
    assert said.startswith("\x1b[2;4H")
    assert said.endswith(f"\x1b[2;4H{SIXEL}")
    assert said.count(SIXEL) == 1
    assert paint(cells, *rows(drawing), x=3, y=1) == ""
    assert SIXEL not in paint(cells, text("other "))


def test_sixel_waits_until_nothing_covers_it() -> None:
    cells, drawing = shown(), sixel()
    paint(cells, *rows(drawing), x=3, y=1)
    assert SIXEL not in paint(cells, text("over"), text("over"), x=1, y=1)
    assert SIXEL not in paint(cells, [rows(drawing)[0][0]], x=3, y=1)
    assert paint(cells, *rows(drawing), x=3, y=1).endswith(f"\x1b[2;4H{SIXEL}")


def test_blanks_over_a_picture_are_written_and_blanks_of_it_are_not_jumped_over() -> None:
    cells, drawing = shown(), sixel()
    paint(cells, *rows(drawing), x=1)
    gone = paint(cells, text("      "), text("      "))
    assert gone.count(" ") >= 8
    assert SIXEL not in gone
    paint(cells, *rows(drawing), x=2)
    around = paint(cells, [*text("ab"), *rows(drawing)[0], *text("cd")])
    assert " " not in around, "a blank would wipe a piece of the picture"
    assert SIXEL not in around


def test_after_somebody_else_has_written_all_is_told_again() -> None:
    cells = shown()
    for drawing, told in ((sixel(), SIXEL), (kitty(), "<before>")):
        paint(cells, *rows(drawing))
        cells.forget()
        assert told in paint(cells, *rows(drawing))


def test_kitty_is_told_before_its_cells_once_and_when_the_last_of_them_is_gone() -> None:
    cells, drawing = shown(), kitty()
    assert paint(cells, *rows(drawing)).startswith("<before>\x1b[1;1H")
    assert "<" not in paint(cells, text("x"))
    assert paint(cells, *rows(drawing)).count("<before>") == 0
    assert paint(cells, text("xx")).endswith("<after>")
    assert paint(cells, *rows(drawing)).startswith("<before>")


def test_another_picture_takes_the_place_of_the_one_before() -> None:
    cells, first, second = shown(), kitty(), sixel()
    paint(cells, *rows(first))
    said = paint(cells, *rows(second))
    assert said.count("<after>") == 1
    assert said.count(SIXEL) == 1
