"""The URL of each call, out of a base and of names that other people chose. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from urllib.parse import quote, urlencode, urlsplit

from runcomfy_tui.api.errors import Refused
from runcomfy_tui.jobs import is_request_id
from runcomfy_tui.text import clip, is_path_segment, visible

MAX_MODEL_ID = 500


@cache
def base_url(text: str) -> str:
    """An API base without its last slash. Raises `ValueError` when it is no plain http(s) URL."""
    base = text.strip().rstrip("/")
    fault = f"{clip(visible(base), 80)!r} is not the address of an API"
    if any(char <= " " or char in "\\\x7f" for char in base):
        raise ValueError(f"{fault}: it holds spaces or control characters")
    parts = urlsplit(base)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"{fault}: it must begin with https:// and name a host")
    if "@" in parts.netloc:
        raise ValueError("The address of the API must not hold a user name or password")
    if parts.query or parts.fragment:
        raise ValueError(f"{fault}: it must not hold ? or #")
    _ = parts.port  # raises ValueError itself when it is no number
    return base


def model_path(model_id: str) -> str:
    """`/models/…`: the slashes of a model_id are kept, each segment is percent-encoded."""
    segments = model_id.split("/")
    if len(model_id) > MAX_MODEL_ID or not all(map(is_path_segment, segments)):
        raise Refused(f"Not a model id: {clip(visible(model_id), 80)!r}. Nothing was sent.")
    return "/models/" + "/".join(quote(segment, safe="") for segment in segments)


def request_path(request_id: str, call: str) -> str:
    """`/requests/{request_id}/{call}`."""
    if not is_request_id(request_id):
        raise Refused(f"Not a request id: {clip(visible(request_id), 80)!r}. Nothing was sent.")
    return f"/requests/{quote(request_id, safe='')}/{call}"


def query(parameters: Mapping[str, str | int | None]) -> str:
    """`?a=1&b=2` of the parameters that are not None, or nothing."""
    given = {name: value for name, value in parameters.items() if value is not None}
    return "?" + urlencode(given, errors="replace") if given else ""
