"""What may stand for a file: an https URL, a data URI, or a path that is sent as one."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urlsplit

from runcomfy_tui.schema.local_files import is_local_file

_DATA_URI: Final = re.compile(r"data:[^,\s]*,", re.IGNORECASE)
_BLANK: Final = re.compile(r"[\s\x00-\x1f\x7f]")


def url_problem(text: str) -> str | None:
    """Why `text` is no address of a file, None when it is one; whether it exists is not asked."""
    if is_local_file(text):
        return None
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
