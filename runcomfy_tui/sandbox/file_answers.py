"""A file over HTTP: whole, in part, or not at all because the client has it already."""

from __future__ import annotations

import hashlib
import re

from starlette.requests import Request as HttpRequest
from starlette.responses import Response

_RANGE = re.compile(r"bytes=(\d*)-(\d*)")


def file_response(request: HttpRequest, content: bytes, content_type: str) -> Response:
    """The content, with an ETag; one byte range is honoured, If-Range and If-None-Match too.

    Several ranges at once are answered with the whole file, as RFC 9110 (14.2) allows.
    """
    tag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    headers = {"ETag": tag, "Accept-Ranges": "bytes"}
    if tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    wanted = _RANGE.fullmatch(request.headers.get("range", "").strip())
    if wanted and request.headers.get("if-range", tag) == tag:
        part = _part(wanted.group(1), wanted.group(2), len(content))
        if part is None:
            headers["Content-Range"] = f"bytes */{len(content)}"
            return Response(status_code=416, headers=headers)
        headers["Content-Range"] = f"bytes {part.start}-{part.stop - 1}/{len(content)}"
        return Response(content[part.start : part.stop], 206, headers, content_type)
    return Response(content, 200, headers, content_type)


def _part(first: str, last: str, size: int) -> range | None:
    """The bytes meant by `first-last`, either of which may be missing; None when there are none."""
    if first:
        start, stop = int(first), min(int(last) + 1 if last else size, size)
    elif last:
        start, stop = max(0, size - int(last)), size
    else:
        return None
    return range(start, stop) if start < stop else None
