"""A GET behind redirects, each of whose addresses must be admitted before it is asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from urllib.parse import urljoin

import httpx

from runcomfy_tui.api.errors import DownloadError

_MAX_REDIRECTS = 5

Admit = Callable[[str], None]
"""Raises when an address is not to be fetched from."""


async def follow(
    http: httpx.AsyncClient, url: str, headers: Mapping[str, str], admit: Admit
) -> httpx.Response:
    """The answer to a GET with its body still to be read, behind at most five redirects.

    Raises what `admit` raises, `DownloadError` for an address that leads nowhere, and httpx's own.
    """
    for _ in range(_MAX_REDIRECTS + 1):
        admit(url)
        request = http.build_request("GET", url, headers=headers)
        response = await http.send(request, stream=True)
        location = response.headers.get("Location")
        if not 300 <= response.status_code < 400 or not location:
            return response
        await response.aclose()
        try:
            url = urljoin(url, location)
        except ValueError:
            break
    raise DownloadError("The file could not be fetched: its address only leads to others.")
