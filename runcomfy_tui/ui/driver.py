"""The driver: the line to the terminal may be slow, stall or break, and nothing waits for it."""

from __future__ import annotations

import codecs
import fcntl
import os
import select
import struct
import termios
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from textual.app import App
from textual.drivers.linux_driver import LinuxDriver
from textual.geometry import Size

from runcomfy_tui.outlet import Outlet
from runcomfy_tui.ui.answers import ListeningParser
from runcomfy_tui.ui.ascii import in_ascii

STALLED_BYTES = 1_024
"""What waits when the line is called stalled: a key shows what it did behind all that waits."""

PATIENCE_SECONDS = 0.3
"""How long an end waits for a terminal that does not read before it gives up the last paints."""

LAST_SECONDS = 1.0
"""How long an end waits for the terminal to take the last bytes."""

_CANCEL = "\x18\x1b\\\x1b[r\x1b[?2026l"
"""Ends whatever control sequence and whatever paint was cut off, and gives back the whole screen to
scroll: what follows a cut may read as anything, and this alone would stay."""

_PLAIN_BELOW = "\x1b[0m\x1b[999;1H"
"""No colours, and below all: where there is no second screen, what comes next is read there."""

LOOK_SECONDS = 0.1
"""How often it is looked whether the program leaves, while nothing is typed."""

_MOST_TYPED = 4096
"""Bytes read at once."""

_NO_MOUSE_PIXELS = "\x1b[?1016l"


class LineDriver(LinuxDriver):
    """Textual's driver, with a way out that does not hold up the window.

    Textual's own writer blocks the window's loop when thirty chunks wait for a terminal that does
    not read; nothing is sent through it. This one says that it `is_stalled`, and whoever paints
    waits with that until `on_clear` is called. That one and `on_gone` are called in another thread;
    `on_taken` is called when the terminal was somebody else's and becomes the window's again.
    `on_answers` is called, in the thread that reads, with what the terminal says to `ask`.
    """

    def __init__(
        self,
        app: App[Any],
        *,
        debug: bool = False,
        mouse: bool = True,
        size: tuple[int, int] | None = None,
    ) -> None:
        super().__init__(app, debug=debug, mouse=mouse, size=size)
        self.on_clear: Callable[[], object] = lambda: None
        self.on_gone: Callable[[], object] = lambda: None
        self.on_taken: Callable[[], object] = lambda: None
        self.on_answers: Callable[[str], object] = lambda answers: None
        self._parser = ListeningParser(lambda answers: self.on_answers(answers))
        self.is_ascii = False
        self.encoding = self._file.encoding or "utf-8" if self._file is not None else "utf-8"
        self._outlet: Outlet | None = None
        self._written_before = 0

    @property
    def bytes_written(self) -> int:
        """Bytes that have gone to the terminal since the start."""
        return self._written_before + (self._outlet.written if self._outlet else 0)

    @property
    def is_stalled(self) -> bool:
        """Whether so much waits for the terminal that nothing should be added to it."""
        return self._outlet is not None and self._outlet.pending > STALLED_BYTES

    @property
    def has_mouse(self) -> bool:
        """Whether the terminal reports the mouse, which takes its own selection away."""
        return self._mouse

    def set_mouse(self, is_on: bool) -> None:
        """Have the mouse reported, or leave it to the terminal."""
        self._mouse = True
        if is_on:
            self._enable_mouse_support()
        else:
            self._disable_mouse_support()
            self._mouse = False

    @property
    def terminal_size(self) -> Size:
        """Columns and rows that the terminal has now."""
        return Size(*self._get_terminal_size())

    @property
    def cell_size(self) -> tuple[int, int] | None:
        """Width and height of a cell in pixels, where the system knows; it may change any time."""
        try:
            told = fcntl.ioctl(self.fileno, termios.TIOCGWINSZ, bytes(8))
        except OSError:
            return None
        rows, columns, width, height = struct.unpack("HHHH", told)
        if not rows or not columns or width < columns or height < rows:
            return None
        return width // columns, height // rows

    def ask(self) -> None:
        """Ask the terminal about pictures."""
        self._parser.listen()
        from runcomfy_tui.terminal_query import about_pictures

        self.write(about_pictures())

    def look_for_terminal(self) -> None:
        """Notice that the terminal is gone even when no signal says so."""
        poll = select.poll()
        poll.register(self.fileno, 0)
        if any(events & (select.POLLHUP | select.POLLERR) for _, events in poll.poll(0)):
            self.on_gone()

    # Textual's driver

    def start_application_mode(self) -> None:
        self.on_taken()
        assert self._file is not None
        self._outlet = Outlet(
            self._file.fileno(),
            on_clear=lambda: self.on_clear(),
            on_gone=lambda: self.on_gone(),
        )
        self._outlet.start()
        super().start_application_mode()  # type: ignore[no-untyped-call]

    def write(self, data: str) -> None:
        """Send `data`; returns at once."""
        if self._outlet is None:
            return
        if self.is_ascii:
            data = in_ascii(data)
        self._outlet.write(data.encode(self.encoding, "replace"))

    def stop_application_mode(self) -> None:
        if self._outlet is not None and not self._outlet.is_clear_within(PATIENCE_SECONDS):
            self._give_up_what_waits()
        self.write(_PLAIN_BELOW + _NO_MOUSE_PIXELS)
        super().stop_application_mode()

    def close(self) -> None:
        super().close()
        outlet, self._outlet = self._outlet, None
        if outlet is not None:
            outlet.close(LAST_SECONDS)
            self._written_before += outlet.written

    def run_input_thread(self) -> None:
        """Textual's, with a parser that listens for answers."""
        parser = self._parser = ListeningParser(lambda answers: self.on_answers(answers))
        decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        try:
            while not self.exit_event.is_set():
                ready, _, _ = select.select([self.fileno], [], [], LOOK_SECONDS)
                if ready:
                    data = os.read(self.fileno, _MOST_TYPED)
                    if not data:
                        self.on_gone()
                        return
                    for message in parser.feed(typed) if (typed := decode(data)) else ():
                        self.process_message(message)
                for message in parser.tick():
                    self.process_message(message)
        except OSError:
            self.on_gone()
        finally:
            for _ in parser.feed(""):
                pass

    def _give_up_what_waits(self) -> None:
        """Make room for the last words: they are for whoever reads this terminal next."""
        assert self._outlet is not None
        self._outlet.drop()
        with suppress(termios.error):
            termios.tcflush(self.fileno, termios.TCOFLUSH)
        self.write(_CANCEL)
