"""The standard streams of a command, where they are closed or nobody reads them any longer."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def open_closed_streams() -> None:
    """Let a standard stream that the caller closed (`>&-`) lead nowhere.

    Else there would be no stream to write to, and the next file to be opened would take its number.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            nowhere = Path(os.devnull).open(mode, encoding="utf-8", errors="replace")  # noqa: SIM115
            setattr(sys, name, nowhere)


def write_no_more() -> None:
    """Let nothing that is still to be written complain at exit."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
