"""Copying through the terminal (OSC 52), so that it works over SSH and inside tmux."""

from __future__ import annotations

import base64
import os
from collections.abc import Mapping

from runcomfy_tui.surroundings import through_multiplexer

MAX_BYTES = 74_994
"""xterm takes 100,000 base64 characters at most; others are more generous."""


def osc52(text: str, environ: Mapping[str, str] = os.environ) -> str | None:
    """The control string that puts `text` on the user's clipboard; None when it is too long.

    Inside tmux it is sent twice: plain, which tmux takes for its own buffer where `set-clipboard`
    is on, and wrapped, which reaches the outer terminal where `allow-passthrough` is on. Screen
    takes none for itself.
    """
    data = text.encode("utf-8", "replace")
    if len(data) > MAX_BYTES:
        return None
    plain = f"\x1b]52;c;{base64.b64encode(data).decode('ascii')}\x07"
    if environ.get("TMUX"):
        return plain + through_multiplexer(plain, environ)
    return through_multiplexer(plain, environ)
