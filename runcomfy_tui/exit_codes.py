"""How a command ends: the codes of sysexits, as the official CLI has them, and last words."""

from __future__ import annotations

import sys

from runcomfy_tui.text import visible

OK = 0
USAGE = 64
DATA = 65
UNAVAILABLE = 69
TRY_LATER = 75
NOT_AUTHORISED = 77
INTERRUPTED = 130  # the shell's own for ctrl+c


def say(words: str) -> None:
    """Tell people something on standard error, where it disturbs no data."""
    for line in words.split("\n"):
        print(f"runcomfy-tui: {visible(line)}", file=sys.stderr)  # noqa: T201


def fail(words: str, code: int) -> int:
    """Say what went wrong; returns `code`."""
    say(words)
    return code
