"""What RunComfy takes for the address of a file: an https URL, or a data URI."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urlsplit

_DATA_URI: Final = re.compile(r"data:[^,\s]*,", re.IGNORECASE)
_BLANK: Final = re.compile(r"[\s\x00-\x1f\x7f]")


def url_problem(text: str) -> str | None:
    """Why `text` is no address of a file, None when it is one; whether it exists is not asked."""
    start = text[:8].lower()
    if start.startswith("data:"):
        fits = _DATA_URI.match(text) is not None
        return None if fits else "not a data URI: must look like data:image/png;base64,…"
    if start.startswith("http://"):
        return "must begin with https://, not http://"
    if not start.startswith("https://"):
        return "not a URL: must begin with https://"
    if _BLANK.search(text):
        return "not a URL: there is a blank in it"
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return "not a URL: its host or port is malformed"
    return None if host else "not a URL: no host after https://"
