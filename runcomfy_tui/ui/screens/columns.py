"""Choosing the columns of the table: which, in which order, how wide."""

from __future__ import annotations

from dataclasses import dataclass, replace

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from runcomfy_tui.ui.screens.quiet import QuietModal
from runcomfy_tui.ui.widgets.job_columns import COLUMNS, MOST_CELLS, STATUS, USUAL, Chosen

_LEAST_CELLS = 3
_FIRST_WIDTH = 20  # of a column that shares what is left, when it first gets a width of its own


@dataclass(frozen=True, slots=True)
class _Line:
    name: str
    is_shown: bool
    width: int | None


def _lines(chosen: Chosen) -> list[_Line]:
    widths = dict(chosen)
    names = [
        *(name for name in widths if name in COLUMNS),
        *(n for n in COLUMNS if n not in widths),
    ]
    names.sort(key=lambda name: name != STATUS.name)
    return [_Line(name, name in widths or name == STATUS.name, widths.get(name)) for name in names]


class ColumnsScreen(QuietModal[Chosen | None]):
    """Dismisses with the columns as they were left, `()` for the usual ones, None for no change."""

    BINDINGS = [
        Binding(
            "space", "show_or_hide", "show or hide", id="columns.toggle", tooltip="Show or hide it"
        ),
        Binding(
            "K,shift+up",
            "shift(-1)",
            "forwards",
            id="columns.up",
            show=False,
            tooltip="Further left",
        ),
        Binding(
            "J,shift+down",
            "shift(1)",
            "back",
            id="columns.down",
            show=False,
            tooltip="Further right",
        ),
        Binding(
            "plus,equals_sign",
            "resize(1)",
            "wider",
            id="columns.wider",
            show=False,
            tooltip="Wider",
        ),
        Binding(
            "minus", "resize(-1)", "narrower", id="columns.narrower", show=False, tooltip="Narrower"
        ),
        Binding(
            "0", "unsize", "own width", id="columns.unsize", show=False, tooltip="Its usual width"
        ),
        Binding(
            "R", "usual", "usual columns", id="columns.usual", show=False, tooltip="As at the start"
        ),
        Binding("j", "cursor(1)", "down", id="columns.next", show=False, tooltip="One down"),
        Binding("k", "cursor(-1)", "up", id="columns.previous", show=False, tooltip="One up"),
        Binding("escape", "leave", "back", id="columns.back", tooltip="Leave them as they were"),
    ]

    def __init__(self, chosen: Chosen) -> None:
        super().__init__()
        self._lines = _lines(chosen)
        self._options = OptionList(markup=False)

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Static(Content("Columns"), classes="dialog-title")
            yield self._options
            yield Static(
                Content(
                    "space shows or hides · J and K move it · + and - resize\n"
                    "0 its own width · R all as at the start\n"
                    "enter takes them · escape goes back"
                ),
                classes="dialog-hint",
            )

    def on_mount(self) -> None:
        self._options.add_options(Option(self._text(line)) for line in self._lines)
        self._options.highlighted = 0
        self._options.focus()

    @on(OptionList.OptionSelected)
    def take(self) -> None:
        """Enter takes them."""
        chosen = tuple((line.name, line.width) for line in self._lines if line.is_shown)
        self.dismiss(() if chosen == USUAL else chosen)

    def action_show_or_hide(self) -> None:
        """Show the column, or hide it; the status is always shown."""
        line = self._lines[self._at]
        if line.name != STATUS.name:
            self._put(self._at, replace(line, is_shown=not line.is_shown))

    def action_shift(self, steps: int) -> None:
        """Move the column; the status stays the first."""
        at, to = self._at, self._at + steps
        if at > 0 and 0 < to < len(self._lines):
            one, other = self._lines[at], self._lines[to]
            self._put(at, other)
            self._put(to, one)
            self._options.highlighted = to

    def action_resize(self, cells: int) -> None:
        """Make the column wider or narrower; whoever sizes a hidden one wants to see it."""
        line = self._lines[self._at]
        width = line.width or COLUMNS[line.name].width or _FIRST_WIDTH
        width = max(_LEAST_CELLS, min(width + cells, MOST_CELLS))
        self._put(self._at, replace(line, width=width, is_shown=True))

    def action_unsize(self) -> None:
        """Give the column its usual width again."""
        self._put(self._at, replace(self._lines[self._at], width=None))

    def action_usual(self) -> None:
        """Have the columns as at the start."""
        self._lines = _lines(USUAL)
        for at, line in enumerate(self._lines):
            self._put(at, line)

    def action_cursor(self, steps: int) -> None:
        """Move from column to column."""
        self._options.highlighted = max(0, min(self._at + steps, len(self._lines) - 1))

    def action_leave(self) -> None:
        """Close with nothing changed."""
        self.dismiss(None)

    @property
    def _at(self) -> int:
        return self._options.highlighted or 0

    def _put(self, at: int, line: _Line) -> None:
        self._lines[at] = line
        self._options.replace_option_prompt_at_index(at, self._text(line))

    def _text(self, line: _Line) -> Content:
        sign = "[x] " if line.is_shown else "[ ] "
        cells = line.width or COLUMNS[line.name].width
        width = f"{cells:>3} cells" if cells else " the rest"
        return Content.assemble(
            (sign, "$text-primary" if line.is_shown else "$foreground 60%"),
            f"{line.name:<12}",
            (f"{width}  {COLUMNS[line.name].meaning}", "$foreground 60%"),
        )
