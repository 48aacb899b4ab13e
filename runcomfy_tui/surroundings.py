"""Where the user's terminal is: at the far end of an SSH line, around a tmux or a screen."""

from __future__ import annotations

import os
from collections.abc import Mapping


def is_remote(environ: Mapping[str, str] = os.environ) -> bool:
    """Whether the user sits at another machine than this one."""
    return bool(environ.get("SSH_CONNECTION") or environ.get("SSH_TTY"))


def through_multiplexer(sequence: str, environ: Mapping[str, str] = os.environ) -> str:
    """`sequence`, wrapped so that tmux (with `allow-passthrough on`) or screen hands it on."""
    if environ.get("TMUX"):
        escaped = sequence.replace("\x1b", "\x1b\x1b")
        return f"\x1bPtmux;{escaped}\x1b\\"
    if environ.get("STY"):
        return f"\x1bP{sequence}\x1b\\"
    return sequence
