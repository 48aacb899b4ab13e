"""What the terminal says of itself when it is asked; a mute one costs half a second."""

from __future__ import annotations

import os
import re
import select
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from runcomfy_tui.surroundings import is_remote

SECONDS: Final = 0.5

_XTVERSION = "\x1b[>0q"
_SYNCHRONIZED = "\x1b[?2026$p"
_KITTY_KEYBOARD = "\x1b[?u"
_KITTY_GRAPHICS = "\x1b_Gi=31,s=1,v=1,a=q,t=d,f=24,U=1;AAAA\x1b\\"
"""`U`: by placeholders. Kitty before 0.28 has graphics without them, and says nothing to this."""
_CELL_SIZE = "\x1b[16t"
_ATTRIBUTES = "\x1b[c"  # last: every terminal answers it, so nothing is waited for after it

_END = re.compile(rb"\x1b\[\?[0-9;]*c")


@dataclass(frozen=True, slots=True)
class Answers:
    """What the terminal told. `is_mute`: it told nothing at all in time."""

    is_mute: bool = True
    name: str = ""
    sixel: bool = False
    kitty_graphics: bool = False
    kitty_keyboard: bool = False
    synchronized: bool = False
    cell_size: tuple[int, int] | None = None
    """Width and height in pixels."""


def about_pictures(environ: Mapping[str, str] = os.environ) -> str:
    """What asks how pictures can be shown; every answer to it is among `ANSWERS`."""
    return f"{_CELL_SIZE}{_graphics(environ)}{_ATTRIBUTES}"


ANSWERS: Final = re.compile(r"\x1b\[\?[0-9;]*c|\x1b\[6;\d+;\d+t|\x1b_G[^\x1b]*\x1b\\")
BEGUN_ANSWER: Final = re.compile(r"\x1b(?:\[(?:\?[0-9;]*|6;[\d;]*)|_G[^\x1b]*\x1b?)\Z")


def is_last(answers: str) -> bool:
    """Whether nothing more is to be waited for."""
    return _END.search(answers.encode()) is not None


def _graphics(environ: Mapping[str, str]) -> str:
    """The question about kitty's graphics, but for those who take it for a title or for text."""
    is_wrapped = any(environ.get(name) for name in ("TMUX", "STY"))
    is_wrapped = is_wrapped or environ.get("TERM", "").startswith(("tmux", "screen", "linux"))
    return "" if is_wrapped or environ.get("TERM_PROGRAM") == "Apple_Terminal" else _KITTY_GRAPHICS


def ask() -> Answers | None:
    """Ask the terminal of this process; None where it has none."""
    try:
        import termios
        import tty
    except ImportError:  # no such terminals here
        return None
    try:
        is_here = os.isatty(0) and os.isatty(1)
        line = os.dup(0) if is_here else os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY)
    except OSError:
        return None
    try:
        before = termios.tcgetattr(line)
        try:
            tty.setraw(line, termios.TCSANOW)
            query = f"{_XTVERSION}{_SYNCHRONIZED}{_KITTY_KEYBOARD}{about_pictures()}"
            os.write(line, query.encode())
            return read(_heard(line))
        finally:
            with suppress(termios.error):
                termios.tcsetattr(line, termios.TCSANOW, before)
    except (OSError, termios.error):
        return None
    finally:
        os.close(line)


def read(said: bytes) -> Answers:
    """The answers in what a terminal said."""
    attributes = _END.search(said)
    codes = attributes[0][3:-1].split(b";")[1:] if attributes else []
    name = re.search(rb"\x1bP>\|([^\x1b]{1,100})\x1b\\", said)
    synchronized = re.search(rb"\x1b\[\?2026;([0-4])\$y", said)
    cell = re.search(rb"\x1b\[6;(\d{1,3});(\d{1,3})t", said)
    return Answers(
        is_mute=not said,
        name=name[1].decode("ascii", "replace") if name else "",
        sixel=b"4" in codes,
        kitty_graphics=b"\x1b_Gi=31;OK" in said,
        kitty_keyboard=re.search(rb"\x1b\[\?\d+u", said) is not None,
        synchronized=synchronized is not None and synchronized[1] in (b"1", b"2", b"3"),
        cell_size=(int(cell[2]), int(cell[1])) if cell and int(cell[1]) and int(cell[2]) else None,
    )


def _heard(line: int) -> bytes:
    said = b""
    until = time.monotonic() + SECONDS
    while not _END.search(said):
        ready, _, _ = select.select([line], [], [], max(0.0, until - time.monotonic()))
        if not ready:
            break
        said += os.read(line, 4096)
    return said


def surroundings(environ: Mapping[str, str] = os.environ) -> list[tuple[str, str]]:
    """What the environment tells of the terminal, by names for people."""
    try:
        size = os.get_terminal_size(sys.__stdout__.fileno() if sys.__stdout__ else 1)
        told_size = f"{size.columns}×{size.lines}"
    except (OSError, ValueError):
        told_size = "not a terminal"
    multiplexer = "tmux" if environ.get("TMUX") else "screen" if environ.get("STY") else "none"
    encoding = sys.stdout.encoding or "unknown"
    return [
        ("size", told_size),
        *((name, environ[name]) for name in _VARIABLES if environ.get(name)),
        ("encoding", encoding),
        ("multiplexer", multiplexer),
        ("over SSH", "yes" if is_remote(environ) else "no"),
    ]


_VARIABLES: Final = (
    *("TERM", "COLORTERM", "TERM_PROGRAM", "TERM_PROGRAM_VERSION", "LANG", "LC_ALL"),
    *("NO_COLOR", "TEXTUAL_THEME"),
)
