"""How a command ends, as the official CLI does (sysexits), and the shell's own for ctrl+c."""

from __future__ import annotations

OK = 0
USAGE = 64
DATA = 65
UNAVAILABLE = 69
TRY_LATER = 75
NOT_AUTHORISED = 77
INTERRUPTED = 130
