"""Which hosts a result may be fetched from without asking. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

TRUSTED_DOMAINS = ("runcomfy.net", "runcomfy.com")
"""Results lie on hosts inside these; RunComfy's own clients refuse every other one."""

_PORTS = {"https": 443, "http": 80}
_NAME = re.compile(r"[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*")
_IPV6 = re.compile(r"[0-9a-f:.]+")


@dataclass(frozen=True, slots=True)
class Origin:
    """Who answers for a URL: `scheme` is http or https, `host` is lower-case ASCII."""

    scheme: str
    host: str
    port: int

    def __str__(self) -> str:
        """The host as people write it, with its port when that is not the usual one."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"


def origin_of(url: str) -> Origin | None:
    """The origin of an http(s) URL, or None for a URL that two programs could read differently.

    None, then, for other schemes, user names, backslashes, spaces, control characters, halves of
    characters (lone surrogates), hosts that are not plain ASCII (dots and letters that only look
    like the real ones) or that end in a dot. Unicode in the path is fine.
    """
    if any(char <= " " or char in "\\\x7f" or "\ud800" <= char <= "\udfff" for char in url):
        return None
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return None
    if parts.scheme not in _PORTS or "@" in parts.netloc:
        return None
    if not (_IPV6 if "[" in parts.netloc else _NAME).fullmatch(host):
        return None
    return Origin(parts.scheme, host, port or _PORTS[parts.scheme])


def is_trusted(url: str, model_api_base: str) -> bool:
    """Whether a result URL lies on RunComfy's hosts, over https, or at the API's own origin."""
    origin = origin_of(url)
    if origin is None:
        return False
    if origin == origin_of(model_api_base):
        return True
    return (
        origin.scheme == "https"
        and origin.port == 443
        and origin.host.endswith(tuple(f".{domain}" for domain in TRUSTED_DOMAINS))
    )
