"""How an httpx client is made here: no cookies, no netrc, no redirects, no repeats."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from functools import cache
from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpx

from runcomfy_tui import __version__
from runcomfy_tui.api.errors import Unreachable
from runcomfy_tui.api.values import words

USER_AGENT = f"runcomfy-tui/{__version__}"

KEEP_ALIVE_SECONDS = 30.0
"""How long an idle connection is kept; one that the server has closed is noticed and dropped."""

_DIRECT = ("all://localhost", "all://127.0.0.1", "all://[::1]")


@cache
def _tls() -> ssl.SSLContext:
    # 57 ms: made once for all clients, on the first call.
    return httpx.create_ssl_context()


def open_http(
    *,
    connections: int,
    keep_alive: bool,
    connect_timeout: float,
    stall_timeout: float | None,
    headers: Mapping[str, str],
) -> httpx.AsyncClient:
    """A client with its own pool of `connections`. Raises `Unreachable` for unusable settings.

    Proxies of the environment are used, except to reach this machine itself: a sandbox on
    loopback is out of a proxy's reach. The explicit empty `auth` keeps credentials of a netrc
    file or of a URL from ever taking the place of the Authorization header.
    """
    try:
        return httpx.AsyncClient(
            verify=_tls(),
            auth=httpx.Auth(),
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            headers={"User-Agent": USER_AGENT, **headers},
            follow_redirects=False,
            mounts=dict.fromkeys(_DIRECT),
            timeout=httpx.Timeout(stall_timeout, connect=connect_timeout, pool=None),
            limits=httpx.Limits(
                max_connections=connections,
                max_keepalive_connections=connections if keep_alive else 0,
                keepalive_expiry=KEEP_ALIVE_SECONDS,
            ),
        )
    except (ImportError, ValueError, OSError, httpx.InvalidURL) as error:
        raise Unreachable(
            "The proxy or certificate settings of this environment cannot be used: "
            f"{words(str(error)).rstrip('.')}."
        ) from None
