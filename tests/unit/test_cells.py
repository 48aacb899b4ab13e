"""Only cells that change are sent, and the terminal shows the same as if all had been."""

from __future__ import annotations

import pyte
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.color import ColorSystem
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.geometry import Region, Size
from textual.strip import Strip

from runcomfy_tui.ui.cells import ShownCells
from tests.terminal.pty_screen import look

SIZE = Size(24, 4)

GREEN = Style.parse("#87d7af on #1c1c1c")
GREY = Style.parse("#e4e4e4 on #1c1c1c")

STYLES = [
    None,
    Style.null(),
    GREEN,
    GREY,
    Style.parse("bold #e4e4e4 on #1c1c1c"),
    Style.parse("bold #0178d4 on #1a2b3c"),
    Style.parse("dim italic red"),
    Style.parse("underline on blue"),
    Style.parse("reverse bold green"),
    Style.parse("strike"),
]

texts = st.one_of(
    st.text(st.sampled_from("ab c● 世界é│█"), min_size=1, max_size=8),
    st.integers(1, 12).map(" ".__mul__),
)
strips = st.lists(st.tuples(texts, st.sampled_from(STYLES)), min_size=1, max_size=5).map(
    lambda parts: Strip([Segment(text, style) for text, style in parts]).adjust_cell_length(
        SIZE.width
    )
)
places = st.tuples(
    st.integers(0, SIZE.height - 1), st.integers(0, SIZE.width - 1), st.integers(1, SIZE.width)
)


def layout(lines: list[Strip], y: int = 0) -> LayoutUpdate:
    return LayoutUpdate([[line] for line in lines], Region(0, y, SIZE.width, len(lines)))


class Terminal:
    """A screen that understands what is written to it."""

    def __init__(self) -> None:
        self._screen = pyte.Screen(SIZE.width, SIZE.height)
        self._stream = pyte.Stream(self._screen)

    def feed(self, sequence: str) -> None:
        self._stream.feed(sequence)

    @property
    def looks(self) -> list[list[object]]:
        """What an eye sees in every cell."""
        return [
            [look(self._screen.buffer[y][x]) for x in range(SIZE.width)] for y in range(SIZE.height)
        ]


@given(st.lists(st.tuples(strips, places), min_size=1, max_size=12), st.booleans())
def test_the_terminal_shows_what_a_whole_paint_would_show(
    paints: list[tuple[Strip, tuple[int, int, int]]], can_erase: bool
) -> None:
    console = Console(color_system="truecolor", force_terminal=True)
    whole, sparing = Terminal(), Terminal()
    shown = ShownCells(ColorSystem.TRUECOLOR, can_erase=can_erase)
    blank = layout([Strip.blank(SIZE.width, GREY)] * SIZE.height)
    whole.feed(blank.render_segments(console).replace("\n", "\r\n"))
    sparing.feed(shown.bring_up_to_date(blank, SIZE))
    for strip, (y, left, width) in paints:
        span = y, left, min(SIZE.width, left + width)
        chops: list[dict[int, Strip | None]] = [{} for _ in range(SIZE.height)]
        chops[y] = {0: strip}
        paint = ChopsUpdate(chops, [span], [[SIZE.width]] * SIZE.height)
        whole.feed(paint.render_segments(console))
        sparing.feed(shown.bring_up_to_date(paint, SIZE))
        assert sparing.looks == whole.looks
        assert shown.bring_up_to_date(paint, SIZE) == ""


def line(*parts: tuple[str, Style]) -> LayoutUpdate:
    strip = Strip([Segment(text, style) for text, style in parts])
    return layout([strip.adjust_cell_length(SIZE.width, GREY)])


@pytest.fixture
def shown() -> ShownCells:
    shown = ShownCells(ColorSystem.TRUECOLOR)
    shown.bring_up_to_date(line(("in_queue   ", GREY), ("12s  $0.25", GREY)), SIZE)
    return shown


def test_the_same_again_is_nothing(shown: ShownCells) -> None:
    same = line(("in_queue   ", GREY), ("12s  $0.25", GREY))
    assert shown.bring_up_to_date(same, SIZE) == ""
    # Colours that nothing is written with are not seen.
    same = line(("in_queue", GREY), ("   ", GREEN), ("12s  $0.25", GREY))
    assert shown.bring_up_to_date(same, SIZE) == ""


def test_a_character_costs_where_it_is_and_itself(shown: ShownCells) -> None:
    paint = line(("in_queue   ", GREY), ("13s  $0.25", GREY))
    assert shown.bring_up_to_date(paint, SIZE) == "\x1b[1;13H3"


def test_a_colour_is_told_once(shown: ShownCells) -> None:
    paint = line(("completed  ", GREEN), ("12s  $0.30", GREEN))
    assert shown.bring_up_to_date(paint, SIZE) == ("\x1b[1;1H\x1b[38;5;115mcompleted  12s  $0.30")


def test_a_colour_of_the_palette_is_told_by_its_number_and_any_other_as_it_is() -> None:
    for style, codes in (
        ("#e4e4e4 on #1c1c1c", "38;5;254;48;5;234"),
        ("#e0e0e0 on #1e1e1e", "38;5;254;48;5;234"),
        ("#8ad4a1 on #121212", "38;2;138;212;161;48;5;233"),
        ("#0178d4 on #153954", "38;2;1;120;212;48;2;21;57;84"),
        ("#00005f on #00005f", "38;2;0;0;95;48;2;0;0;95"),
    ):
        shown = ShownCells(ColorSystem.TRUECOLOR)
        told = shown.bring_up_to_date(line(("x", Style.parse(style))), SIZE)
        assert told.startswith(f"\x1b[1;1H\x1b[0;{codes}mx")


def test_long_blanks_are_erased_where_the_terminal_can() -> None:
    shown = ShownCells(ColorSystem.TRUECOLOR, can_erase=True)
    shown.bring_up_to_date(line(("1 running", GREY), ("polled by someone", GREY)), SIZE)
    gone = line((" " * 9, GREY), (" " * 13 + "ne", GREY))
    assert shown.bring_up_to_date(gone, SIZE) == "\x1b[1;1H\x1b[22X\x1b[23Gne"
    less = line((" " * 6, GREY), ("x", GREY), (" " * 15 + "ne", GREY))
    assert shown.bring_up_to_date(less, SIZE) == "\x1b[1;7Hx"
    underlined = line((" " * SIZE.width, GREY + Style(underline=True)))
    assert "X" not in shown.bring_up_to_date(underlined, SIZE)


def test_a_jump_is_worth_it_only_over_a_longer_way(shown: ShownCells) -> None:
    paint = line(("On_queue   ", GREY), ("12s  $0.2X", GREY))
    assert shown.bring_up_to_date(paint, SIZE) == "\x1b[1;1HO\x1b[21GX"
    paint = line(("In_qXeue   ", GREY), ("12s  $0.2X", GREY))
    assert shown.bring_up_to_date(paint, SIZE) == "\x1b[1;1HIn_qX"


def test_whoever_says_that_it_is_not_known_gets_all_of_it(shown: ShownCells) -> None:
    same = line(("in_queue   ", GREY), ("12s  $0.25", GREY))
    shown.forget()
    assert shown.bring_up_to_date(same, SIZE) == (
        "\x1b[1;1H\x1b[0;38;5;254;48;5;234min_queue   12s  $0.25   "
    )
    other = shown.bring_up_to_date(same, Size(SIZE.width, SIZE.height + 1))
    assert "in_queue   12s  $0.25" in other


def test_a_wide_character_moves_the_terminal_by_both_of_its_cells() -> None:
    size, wide = Size(40, 1), ShownCells(ColorSystem.TRUECOLOR)
    screen = pyte.Screen(*size)
    for text in ("0123456789 世 abcdefg klm", "0123456789 界 abcdefX klm"):
        strip = Strip([Segment(text)]).adjust_cell_length(size.width)
        paint = LayoutUpdate([[strip]], Region(0, 0, *size))
        pyte.Stream(screen).feed(wide.bring_up_to_date(paint, size))
        assert screen.display[0].rstrip() == text


def test_what_follows_an_emoji_is_put_where_it_belongs(shown: ShownCells) -> None:
    paint = line(("a 🚀 boat", GREY), ("  12s  $0.25", GREY))
    assert shown.bring_up_to_date(paint, SIZE).startswith("\x1b[1;1Ha 🚀\x1b[5G boat")


def test_a_link_is_opened_and_closed() -> None:
    shown = ShownCells(ColorSystem.TRUECOLOR)
    url = "https://example.com/a.png"
    paint = line(("a.png", GREY + Style(link=url)), (" 2 MB", GREY))
    assert f"\x1b]8;;{url}\x1b\\a.png\x1b]8;;\x1b\\ 2 MB" in shown.bring_up_to_date(paint, SIZE)


def test_without_colours_nothing_is_said_of_them() -> None:
    shown = ShownCells(None)
    sequence = shown.bring_up_to_date(line(("in_queue", GREEN)), SIZE)
    assert "38;" not in sequence
    assert "in_queue" in sequence
