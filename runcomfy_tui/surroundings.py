"""Where the user's terminal is: at the far end of an SSH line, around a tmux or a screen."""

from __future__ import annotations

import os
from collections.abc import Mapping

LONGEST_IN_SCREEN = 240
"""Bytes of a control string; of a longer one screen (768, once 256) shows the rest as text."""


def is_remote(environ: Mapping[str, str] = os.environ) -> bool:
    """Whether the user sits at another machine than this one."""
    return bool(environ.get("SSH_CONNECTION") or environ.get("SSH_TTY"))


def may_be_in_screen(environ: Mapping[str, str] = os.environ) -> bool:
    """Whether a control string has to be short; over SSH it may be a tmux that calls itself so."""
    return bool(environ.get("STY")) or environ.get("TERM", "").startswith("screen")


def takes_mouse(wanted: bool | None, environ: Mapping[str, str] = os.environ) -> bool:
    """Whether the mouse is the program's from the start; unless it is said, not in screen.

    While the mouse is reported, screen keeps back each escape until the next key comes.
    """
    return not environ.get("STY") if wanted is None else wanted


def through_multiplexer(sequence: str, environ: Mapping[str, str] = os.environ) -> str:
    """`sequence`, wrapped so that tmux (with `allow-passthrough on`) or screen hands it on.

    For screen it is cut into pieces, which the terminal gets as one, and is ASCII alone: at any
    other character screen ends the string, and the terminal waits for its end.
    """
    if environ.get("TMUX"):
        escaped = sequence.replace("\x1b", "\x1b\x1b")
        return f"\x1bPtmux;{escaped}\x1b\\"
    if environ.get("STY"):
        sequence = sequence.encode("ascii", "ignore").decode()
        pieces = range(0, len(sequence), LONGEST_IN_SCREEN)
        return "".join(f"\x1bP{sequence[at : at + LONGEST_IN_SCREEN]}\x1b\\" for at in pieces)
    return sequence
