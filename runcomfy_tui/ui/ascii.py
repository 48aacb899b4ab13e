"""Shapes and borders for terminals whose font has none: one ASCII character for each."""

from __future__ import annotations

import codecs
from collections.abc import Mapping

_SAME_SHAPES = {
    "─━┄┅┈┉╌╍═╴╶╸╺╼╾": "-",
    "│┃┆┇┊┋╎╏║╵╷╹╻╽╿": "|",
    "▌▐▍▎▏▋▊▉▕": "|",
    "▀▔": "^",
    "▂▁▃▄▅▆▇": "_",
    "█▓▒░▖▗▘▙▚▛▜▝▞▟": "#",
    "●•◉⬤": "*",
    "○◦◌": "o",
    "◐◑◒◓◔◕": "@",
    "✗✘✕×╳": "x",
    "✓✔": "v",
    "∅": "0",
    "–—―‐‑−": "-",
    "·∙⋅": ".",
    "…⋮⋯": "~",
    "▶▸►→⇒❯›»": ">",
    "◀◂◄←⇐❮‹«↵⏎": "<",
    "▲▴↑⇑▵": "^",
    "▼▾↓⇓▿": "v",
    "‘’‚‛": "'",
    "“”„‟": '"',
    "★☆": "*",
    "╱": "/",
    "╲": "\\",
    "≈": "~",
    "≠": "#",
    "\u00a0\u2007\u202f": " ",
}

_CORNERS = range(0x250C, 0x2574)
_SYMBOLS_FOR_CONTROLS = range(0x2400, 0x2422)

_TABLE: dict[int, str] = {
    **dict.fromkeys(_CORNERS, "+"),
    **dict.fromkeys(_SYMBOLS_FOR_CONTROLS, "?"),
    **{ord(each): plain for same, plain in _SAME_SHAPES.items() for each in same},
}


def in_ascii(text: str) -> str:
    """`text` with every shape, border and typographic sign as ASCII, cell for cell.

    Letters of any language stay: they are the user's own.
    """
    return text if text.isascii() else text.translate(_TABLE)


def wants_ascii(environ: Mapping[str, str], encoding: str) -> bool:
    """Whether this terminal has no such shapes: the Linux console, or one that is not UTF-8."""
    try:
        is_utf8 = codecs.lookup(encoding).name == "utf-8"
    except LookupError:
        is_utf8 = False
    return not is_utf8 or environ.get("TERM", "") in ("linux", "dumb", "vt100", "vt220")
