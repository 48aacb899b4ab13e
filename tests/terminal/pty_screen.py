"""A program in a real pty: what it shows (through pyte), and how many bytes that took."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import pyte

from tests.waiting import LONG_ENOUGH

KEYS: Mapping[str, str] = {
    "enter": "\r",
    "escape": "\x1b",
    "tab": "\t",
    "backspace": "\x7f",
    "up": "\x1b[A",
    "down": "\x1b[B",
    "right": "\x1b[C",
    "left": "\x1b[D",
    "home": "\x1b[H",
    "end": "\x1b[F",
    "pageup": "\x1b[5~",
    "pagedown": "\x1b[6~",
    "f2": "\x1bOQ",
    "f3": "\x1bOR",
    "f4": "\x1bOS",
    "f5": "\x1b[15~",
    "f6": "\x1b[17~",
    "f7": "\x1b[18~",
    "f9": "\x1b[20~",
    "f12": "\x1b[24~",
    **{f"ctrl+{letter}": chr(ord(letter) - 96) for letter in "abcdefghijklmnopqrstuvwxyz"},
}

_ASKS_FOR_SYNC = b"\x1b[?2026$p"
_SYNC_IS_KNOWN = b"\x1b[?2026;2$y"

# What a modern terminal takes in silence and pyte would draw: kitty's keyboard protocol, mode
# questions, DCS and APC strings.
_NOT_FOR_PYTE = re.compile(
    rb"\x1b\[[<>=?][0-9;:]*u|\x1b\[\??[0-9;]*\$p|\x1b\[>[0-9;]*[a-z]|\x1b[P_^][^\x1b]*\x1b\\",
)
_MODES = re.compile(rb"\x1b\[\?([0-9;]+)([hl])")
_KITTY = re.compile(rb"\x1b\[([<>])[0-9;]*u")
_ON_FROM_THE_START = frozenset({7, 25})  # lines wrap, and there is a cursor
_UNFINISHED = re.compile(rb"\x1b(?:\[[0-9;:<=>?$]*|[P_^\]][^\x1b\x07]*\x1b?)?$")


class PtyScreen:
    """Runs a command in a pty of its own and reads it without ever sleeping.

    Every wait reads the pty until something is so or a deadline passes; a deadline that passes
    raises `AssertionError` with the screen in it. `bytes_written` counts all the program wrote.
    `answers` is what this terminal says to the questions it knows, `cell` how many pixels it tells
    the system that a cell has.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        columns: int = 140,
        rows: int = 40,
        environ: Mapping[str, str] | None = None,
        cwd: str | os.PathLike[str] | None = None,
        answers: Mapping[bytes, bytes] | None = None,
        cell: tuple[int, int] = (0, 0),
    ) -> None:
        self._screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self._screen)
        self._held_back = b""
        self._answers = {_ASKS_FOR_SYNC: _SYNC_IS_KNOWN, **(answers or {})}
        self._cell = cell
        self.bytes_written = 0
        self.raw = bytearray()
        """Everything the program wrote, as it wrote it."""
        self._fd, program_end = pty.openpty()
        self._line_settings = termios.tcgetattr(self._fd)
        self._set_size(columns, rows)
        self.process = subprocess.Popen(
            list(command),
            stdin=program_end,
            stdout=program_end,
            stderr=program_end,
            cwd=cwd,
            env=_terminal_environ() if environ is None else {**_terminal_environ(), **environ},
            start_new_session=True,
        )
        self._program_end = os.ttyname(program_end)
        os.close(program_end)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    # What is on the screen

    @property
    def lines(self) -> list[str]:
        """The rows of the screen, top to bottom, each as wide as the screen."""
        return list(self._screen.display)

    @property
    def text(self) -> str:
        """The screen as one text, with the blanks at the ends of its rows cut off."""
        return "\n".join(line.rstrip() for line in self.lines)

    @property
    def cells(self) -> list[list[object]]:
        """What an eye sees in every cell, comparable with what it saw at another moment."""
        rows, columns = self._screen.lines, self._screen.columns
        return [[look(self._screen.buffer[y][x]) for x in range(columns)] for y in range(rows)]

    @property
    def reversed_text(self) -> list[str]:
        """The words in reverse video, one text for each row that has any."""
        rows, columns = self._screen.lines, range(self._screen.columns)
        cells = [[self._screen.buffer[y][x] for x in columns] for y in range(rows)]
        texts = ["".join(cell.data for cell in row if cell.reverse) for row in cells]
        return [words for text in texts if (words := text.strip(" ▾▌▁▂▃▄▅▆▇"))]

    @property
    def left_behind(self) -> list[str]:
        """How the terminal differs now from how the program found it; nothing when it is sane."""
        modes = set(_ON_FROM_THE_START)
        for numbers, change in _MODES.findall(self.raw):
            named = {int(number) for number in numbers.split(b";")}
            modes = modes | named if change == b"h" else modes - named
        left = [f"mode {mode}" for mode in sorted(modes ^ _ON_FROM_THE_START)]
        pushed = [sign == b">" for sign in _KITTY.findall(self.raw)]
        if pushed.count(True) > pushed.count(False):
            left.append("the keyboard protocol")
        if termios.tcgetattr(self._fd) != self._line_settings:
            left.append("the line settings")
        return left

    def line_with(self, text: str) -> str:
        """The first row that holds `text`."""
        for line in self.lines:
            if text in line:
                return line
        raise AssertionError(f"no row holds {text!r}:\n{self.text}")

    # Waiting

    def wait_for(self, text: str, timeout: float = LONG_ENOUGH) -> None:
        """Read until `text` is on the screen."""
        self.wait_until(lambda: text in self.text, timeout, f"{text!r} to be on the screen")

    def wait_gone(self, text: str, timeout: float = LONG_ENOUGH) -> None:
        """Read until `text` is on the screen no more."""
        self.wait_until(lambda: text not in self.text, timeout, f"{text!r} to leave the screen")

    def wait_until(
        self, is_so: Callable[[], bool], timeout: float = LONG_ENOUGH, what: str = "a condition"
    ) -> None:
        """Read until something is so."""
        deadline = time.monotonic() + timeout
        while not is_so():
            left = deadline - time.monotonic()
            if left <= 0:
                raise AssertionError(f"waited {timeout} s for {what}:\n{self.text}")
            if not self._read(left) and not is_so():
                raise AssertionError(f"the program ended before {what}:\n{self.text}")

    def bytes_until_quiet(self, quiet: float = 0.4, timeout: float = LONG_ENOUGH) -> int:
        """Read until nothing has come for `quiet` seconds; how many bytes came in all.

        A program that has work to do, but is given no processor, is not quiet.
        """
        before, deadline = self.bytes_written, time.monotonic() + timeout
        while time.monotonic() < deadline:
            seen = self.bytes_written
            if not self._read(quiet):
                return self.bytes_written - before
            if self.bytes_written == seen and not self._is_at_work():
                return self.bytes_written - before
        raise AssertionError(f"still writing after {timeout} s:\n{self.text}")

    def bytes_within(self, seconds: float) -> int:
        """Read for that long; how many bytes came."""
        before, deadline = self.bytes_written, time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            if not self._read(left):
                break
        return self.bytes_written - before

    def wait_exit(self, timeout: float = LONG_ENOUGH) -> int:
        """Read until the program has ended; its exit code."""
        deadline = time.monotonic() + timeout
        while self._read(max(0.0, deadline - time.monotonic())):
            if time.monotonic() >= deadline:
                raise AssertionError(f"still running after {timeout} s:\n{self.text}")
        return self.process.wait(max(0.1, deadline - time.monotonic()))

    # Acting

    def press(self, *keys: str) -> None:
        """Send keys by name (`enter`, `f5`, `ctrl+n`) or as the characters they are."""
        for key in keys:
            self.send(KEYS.get(key, key))

    def send(self, text: str) -> None:
        """Send text as if it had been typed."""
        data = text.encode()
        while data:
            data = data[os.write(self._fd, data) :]

    def takes_more_within(self, seconds: float) -> bool:
        """Whether the pty has room for what the program writes, or gets some in time."""
        program_end = os.open(self._program_end, os.O_WRONLY | os.O_NOCTTY)
        try:
            return bool(select.select([], [program_end], [], seconds)[1])
        finally:
            os.close(program_end)

    def resize(self, columns: int, rows: int) -> None:
        """Give the terminal another size, as a user's window does."""
        self._screen.resize(rows, columns)
        self._set_size(columns, rows)
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGWINCH)

    def close(self) -> None:
        """End the program, if it still runs, and give the pty back."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def _is_at_work(self) -> bool:
        """Whether a thread of the program runs or waits for a processor, where that is told."""
        threads = Path(f"/proc/{self.process.pid}/task").glob("*/stat")
        with suppress(OSError):  # a thread may end while it is looked at
            return any(each.read_text().rpartition(") ")[2][0] in "RD" for each in threads)
        return True

    def _set_size(self, columns: int, rows: int) -> None:
        pixels = columns * self._cell[0], rows * self._cell[1]
        fcntl.ioctl(self._fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, *pixels))

    def _read(self, timeout: float) -> bool:
        """Take in what comes within `timeout` seconds, if anything; False at the program's end."""
        ready, _, _ = select.select([self._fd], [], [], timeout)
        if not ready:
            return True
        try:
            data = os.read(self._fd, 65536)
        except OSError:  # Linux says EIO when the last program end of the pty is closed
            return False
        if not data:
            return False
        self.bytes_written += len(data)
        self.raw += data
        self._draw(data)
        return True

    def _draw(self, data: bytes) -> None:
        data = self._held_back + data
        unfinished = _UNFINISHED.search(data)
        cut = unfinished.start() if unfinished else len(data)
        data, self._held_back = data[:cut], data[cut:]
        for question, answer in self._answers.items():
            if question in data:
                os.write(self._fd, answer)
        # Where a sequence was cut off, what follows is read as its end: a terminal passes over what
        # makes no sense, pyte complains.
        with suppress(TypeError):
            self._stream.feed(_NOT_FOR_PYTE.sub(b"", data))


def _terminal_environ() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not _is_about_terminal(name)}
    return {**kept, "TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "C.UTF-8"}


def _is_about_terminal(name: str) -> bool:
    return name.startswith(("TEXTUAL", "RUNCOMFY", "TMUX", "SSH_")) or name in {
        "NO_COLOR",
        "FORCE_COLOR",
        "COLUMNS",
        "LINES",
        "TERM",
        "COLORTERM",
        "TERM_PROGRAM",
    }


def look(cell: pyte.screens.Char) -> object:
    """What an eye sees in a cell: a blank has no colour of its own, nor is it bold or slanted."""
    shape = cell.underscore, cell.reverse, cell.strikethrough
    if cell.data == " " and not any(shape):
        return " ", cell.bg
    return cell.data, cell.fg, cell.bg, cell.bold, cell.italics, shape
