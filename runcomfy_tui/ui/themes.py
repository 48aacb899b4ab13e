"""The program's own colours: Textual's dark theme with bars that are grey everywhere."""

from __future__ import annotations

from dataclasses import replace

from textual.theme import BUILTIN_THEMES

PLAIN_THEME = "ansi-dark"
"""Made of the terminal's own sixteen colours."""

# Textual's own panel is a bluish grey, which a terminal of 256 colours shows as navy.
OWN_THEME = replace(BUILTIN_THEMES["textual-dark"], name="runcomfy", panel="#2E3236")
