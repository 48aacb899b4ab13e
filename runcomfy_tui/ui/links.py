"""Links that a terminal may be told of (OSC 8): http and https alone, and nothing that breaks out.

A URL comes from a server. What is drawn of it is made visible elsewhere; this is what is hidden in
the sequence itself.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from urllib.parse import quote, urlsplit

from runcomfy_tui.surroundings import LONGEST_IN_SCREEN, may_be_in_screen

LONGEST = 2_000
"""Characters; terminals leave out what is longer (VTE: 2,083)."""

_SAFE = re.compile(r"https?://[!-~]+", re.IGNORECASE)


def told_link(url: str, environ: Mapping[str, str] = os.environ) -> str | None:
    """`link_of`, but none that is too long for what lies between here and the terminal."""
    link = link_of(url)
    is_too_long = link and len(link) > LONGEST_IN_SCREEN and may_be_in_screen(environ)
    return None if is_too_long else link


def link_of(url: str) -> str | None:
    """`url` as it may stand inside an OSC 8 sequence; None for one that may not be linked at all.

    What is not printable ASCII is percent-encoded; control characters, spaces, backslashes, user
    names and other schemes make no link.
    """
    if any(char <= " " or char in '\\\x7f"<>' or "\x80" <= char <= "\x9f" for char in url):
        return None
    try:
        parts = urlsplit(url)
        host = parts.hostname
        url = quote(url, safe="!#$%&'()*+,/:;=?@[]~", errors="replace")
    except ValueError:
        return None
    if not host or not host.isascii() or "@" in parts.netloc or len(url) > LONGEST:
        return None
    return url if _SAFE.fullmatch(url) else None
