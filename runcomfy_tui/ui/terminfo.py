"""What the terminal can do, as the system's database of terminals has it."""

from __future__ import annotations

import curses

_ERASE = b"\x1b[%p1%dX"


def erases_in_colour() -> bool:
    """Whether it erases characters with the background in force; a terminal not known does not."""
    try:
        curses.setupterm(fd=1)
    except curses.error:
        return False
    return curses.tigetflag("bce") > 0 and curses.tigetstr("ech") == _ERASE
