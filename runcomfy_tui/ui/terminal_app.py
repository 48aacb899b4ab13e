"""What the window owes its terminal: never to wait for it, to leave it sane, to leave when told."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, TypeVar

from rich.console import COLOR_SYSTEMS, RenderableType
from textual import events
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.app import App
from textual.binding import Binding
from textual.driver import Driver
from textual.drivers.linux_driver import LinuxDriver
from textual.geometry import Size
from textual.screen import Screen

from runcomfy_tui.settings import Settings
from runcomfy_tui.surroundings import takes_mouse
from runcomfy_tui.ui.ascii import wants_ascii
from runcomfy_tui.ui.cells import Paint, ShownCells
from runcomfy_tui.ui.driver import LineDriver
from runcomfy_tui.ui.key_order import KeyOrder
from runcomfy_tui.ui.no_color import ReverseInsteadOfGround, without_color
from runcomfy_tui.ui.terminfo import erases_in_colour

if TYPE_CHECKING:
    # Whatever the first paint does not show is imported where it is first used.
    from runcomfy_tui import terminal_query
    from runcomfy_tui.drawing import Surface

Result = TypeVar("Result")

PLAIN_THEME = "ansi-dark"
"""Made of the terminal's own sixteen colours."""

LEGIBLE = {"ansi_blue": "ansi_bright_blue", "ansi_yellow": "ansi_magenta"}
"""Of those, the ones that are seen on a black ground and on a white one."""

USUAL_THEME = "textual-dark"
GREY_PANEL = "#2E3236"
"""For the usual theme: its own panel is bluish, and navy where a terminal has 256 colours."""

LOOK_SECONDS = 2.0
"""How often it is looked whether the terminal is still there."""

RESIZE_SECONDS = 0.1
"""How long resizes are gathered."""

TORN_BYTES = 1024
"""A paint this long may be read in two parts: the terminal is told to wait for its end."""

HANGUP = 128 + 1
"""The exit code when the terminal is gone, as for SIGHUP."""


class TerminalApp(App[Result]):
    """An app that goes on when its terminal stalls, and ends when that is gone or a signal says so.

    Of a paint, only the cells that differ from what the terminal shows are sent. While it does not
    read, nothing is painted; when it reads again, the screen is brought up to date. SIGTERM,
    SIGHUP and SIGINT end the program at once, with 128 and their number.
    """

    BINDINGS = [
        Binding(
            "f8",
            "switch_mouse",
            "mouse on or off",
            id="app.mouse",
            show=False,
            tooltip="Leave the mouse to the terminal, to select text with it, or take it back",
        ),
        Binding(
            "ctrl+z",
            "go_to_shell",
            "to the shell",
            id="app.suspend",
            show=False,
            tooltip="Stop for a while; fg in the shell goes on",
        ),
        Binding(
            "ctrl+l",
            "paint_anew",
            "paint anew",
            id="app.paint_anew",
            show=False,
            tooltip="Paint the whole screen, when something else has written on it",
        ),
    ]

    def __init__(self, settings: Settings) -> None:
        # Textual leaves colours out altogether only where it uses the terminal's own.
        super().__init__(ansi_color=True if "NO_COLOR" in os.environ else None)
        self._filters = without_color(self._filters)
        has_few_colours = self.console.color_system not in ("256", "truecolor")
        if "TEXTUAL_THEME" not in os.environ and (self.no_color or has_few_colours):
            self.theme = PLAIN_THEME
        if self.native_ansi_color and not self.no_color:
            self._filters.append(ReverseInsteadOfGround())
        self._wants_ascii = settings.ascii
        name = self.console.color_system
        self._shown = ShownCells(
            COLOR_SYSTEMS[name] if name else None, can_erase=erases_in_colour()
        )
        self._missed_a_paint = False
        self._keys = KeyOrder(self, self._hand_on)
        self._resizes: list[Size] | None = None
        self._settled_size: Size | None = None
        self._answers: asyncio.Future[terminal_query.Answers] | None = None
        self._patient_until = 0.0

    def get_css_variables(self) -> dict[str, str]:
        """The theme's colours; a theme of our own would take the first paint ten milliseconds."""
        variables = super().get_css_variables()
        if self.theme == USUAL_THEME:
            variables["panel"] = GREY_PANEL
        if self.theme == PLAIN_THEME:
            return {name: LEGIBLE.get(colour, colour) for name, colour in variables.items()}
        return variables

    @property
    def line(self) -> LineDriver | None:
        """The line to the terminal; None where there is none, as in tests."""
        return self._driver if isinstance(self._driver, LineDriver) else None

    @property
    def bytes_written(self) -> int:
        """Bytes that have gone to the terminal since the start."""
        return self.line.bytes_written if self.line else 0

    async def surface(self, columns: int, rows: int) -> Surface:
        """What so many cells of this terminal can show; it is asked the first time."""
        from runcomfy_tui.drawing import Graphics, Surface

        line = self.line
        if line is None:
            return Surface(columns, rows)
        answers = await self._answers_of(line)
        cell = line.cell_size or answers.cell_size
        if answers.sixel and cell and rows > 1:
            # Pixels come in sixes: the last ones may reach into the row below.
            return Surface(columns, rows - 1, Graphics.SIXEL, *cell)
        has_all_colours = self.console.color_system == "truecolor" and not self.no_color
        if answers.kitty_graphics and has_all_colours and not line.is_ascii:
            return Surface(columns, rows, Graphics.KITTY, *(cell or ()))
        return Surface(columns, rows, Graphics.HALF_BLOCKS, *(cell or ()))

    async def _answers_of(self, line: LineDriver) -> terminal_query.Answers:
        """What the terminal says within a moment; if that comes later, it counts the next time."""
        from runcomfy_tui import terminal_query

        loop = asyncio.get_running_loop()
        if self._answers is None:
            self._patient_until = loop.time() + terminal_query.SECONDS
            answers = self._answers = loop.create_future()

            def hear(said: str) -> None:
                if not answers.done():
                    answers.set_result(terminal_query.read(said.encode()))

            line.on_answers = lambda said: loop.call_soon_threadsafe(hear, said)
            line.ask()
        patience = max(0.0, self._patient_until - loop.time())
        done, _ = await asyncio.wait([self._answers], timeout=patience)
        return self._answers.result() if done else terminal_query.Answers()

    def get_driver_class(self) -> type[Driver]:
        """Textual's own, but for the one whose way out may block the window."""
        given = super().get_driver_class()
        return LineDriver if given is LinuxDriver else given

    @contextmanager
    def not_interrupted(self) -> Iterator[None]:
        """Inside, ctrl+c is for another program, which has the terminal meanwhile."""
        loop = asyncio.get_running_loop()
        loop.remove_signal_handler(signal.SIGINT)
        try:
            yield
        finally:
            loop.add_signal_handler(signal.SIGINT, self.leave, 128 + signal.SIGINT)

    def mind_terminal(self) -> None:
        """Listen to what becomes of the terminal, from the app's mounting on."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            loop.add_signal_handler(number, self.leave, 128 + number)
        line = self.line
        if line is None:
            return

        def soon(call: Callable[..., object], *arguments: Any) -> None:
            with suppress(RuntimeError):  # the loop is closed: the end has come already
                loop.call_soon_threadsafe(call, *arguments)

        line.is_ascii = self._is_in_ascii(line)
        line.on_clear = lambda: soon(self._line_is_clear) if self._missed_a_paint else None
        line.on_gone = lambda: soon(self.leave, HANGUP)
        self.set_interval(LOOK_SECONDS, line.look_for_terminal)
        line.on_taken = self._shown.forget
        self.app_resume_signal.subscribe(self, lambda _: self.screen.refresh())
        self.call_after_refresh(self._mind_resizes)

    async def on_event(self, event: events.Event) -> None:
        """Keys and pastes one after the other, whatever each of them opens.

        Whether the terminal has the keyboard changes nothing in here: with Textual's answer to it,
        each look at another window would paint, close a menu and take the cursor out of sight.
        """
        if isinstance(event, events.AppFocus | events.AppBlur):
            return
        if not isinstance(event, events.Key | events.Paste) or event.is_forwarded:
            await super().on_event(event)
        elif not self._keys.holds(event):
            await self._hand_on(event)

    async def _hand_on(self, event: events.Event) -> None:
        target = self.focused or self.screen
        await super().on_event(event)
        self._keys.follow(event, target if event.is_forwarded else self)

    def on_resize(self, event: events.Resize) -> None:
        """Textual paints when the size is another in the end than it was; a terminal that was
        smaller for a moment has lost what stood there."""
        if self._resizes is None:
            return
        if not self._resizes:
            self.set_timer(RESIZE_SECONDS, self._after_resizes)
        self._resizes.append(event.size)

    def _mind_resizes(self) -> None:
        self._resizes, self._settled_size = [], self.size
        self._catch_up_with_terminal()

    def _after_resizes(self) -> None:
        sizes, self._resizes = self._resizes, []
        if sizes and (len(sizes) > 1 or sizes[0] == self._settled_size):
            self.action_paint_anew()
        self._settled_size = self.size
        self._catch_up_with_terminal()

    def _catch_up_with_terminal(self) -> None:
        """Of two resizes in a moment the first can be heard last: its signal's handler is
        interrupted by the second one's."""
        if self.line is not None and (size := self.line.terminal_size) != self.size:
            self.post_message(events.Resize(size, size))

    def leave(self, code: int) -> None:
        """End now: all that matters is on the disk."""
        self.exit(return_code=code)

    async def action_go_to_shell(self) -> None:
        """Stop until the shell says `fg`."""
        self.action_suspend_process()

    def action_switch_mouse(self) -> None:
        """Leave the mouse to the terminal, or take it back."""
        line = self.line
        if line is None:
            return
        line.set_mouse(not line.has_mouse)
        if not line.has_mouse:
            told = "The mouse is the terminal's now, to select text. The same key takes it back."
        elif takes_mouse(None):
            told = "The mouse works in here again."
        else:
            told = "The mouse works in here, but screen keeps each escape until the next key."
        self.notify(told, markup=False)

    def write_raw(self, sequence: str) -> None:
        """Send a control sequence to the terminal, such as a copy."""
        if self._driver is not None:
            self._driver.write(sequence)

    def _is_in_ascii(self, line: LineDriver) -> bool:
        if self._wants_ascii is not None:
            return self._wants_ascii
        return wants_ascii(os.environ, line.encoding)

    def _display(self, screen: Screen[Any], renderable: RenderableType | None) -> None:
        # Noted before it is looked, or the line might come clear unheard in between.
        self._missed_a_paint = True
        if self.line is not None and self.line.is_stalled:
            return
        self._missed_a_paint = False
        if self.line is None or not isinstance(renderable, LayoutUpdate | ChopsUpdate):
            super()._display(screen, renderable)
            return
        if self.is_running and not self._closed and not self._batch_count:
            self._send_changes(self.line, renderable)
        self.post_display_hook()

    def _send_changes(self, line: LineDriver, paint: Paint) -> None:
        sequence = self._shown.bring_up_to_date(paint, self.size)
        if not sequence:
            return
        if hasattr(self.focused, "cursor_screen_offset"):
            # An input method shows beside the cursor what it is about to enter.
            x, y = self.screen.outer_size.clamp_offset(self.cursor_position)
            sequence += f"\x1b[{y + 1};{x + 1}H"
        is_long = len(sequence) > TORN_BYTES
        if is_long:
            self._begin_update()
        line.write(sequence)
        if is_long:
            self._end_update()

    def _line_is_clear(self) -> None:
        if self._missed_a_paint and self.is_running:
            self._missed_a_paint = False
            self.screen.refresh()

    def action_paint_anew(self) -> None:
        """Paint every cell: something else may have written on the screen."""
        self._shown.forget()
        self.screen.refresh()
