"""Sixty and more outputs that no honest server sends: names, hosts, schemes, shapes, bodies.

`HERE` and `THERE` in them stand for the server's own address and for one that is not RunComfy's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.unit.badserver import http

HERE, THERE = "{here}", "{there}"

PNG = (
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x10\x00\x00\x00\x08\x08\x02\x00\x00\x00"
    b"\x00\x00\x00\x00" + b"\x00" * 64
)
PICTURE = http(200, PNG, "image/png")


@dataclass(frozen=True)
class Hostile:
    """An output, and what the server answers to a GET of anything it names there."""

    output: Any
    answer: bytes = PICTURE


def _named(name: str) -> Hostile:
    return Hostile({"image": f"{HERE}/output/{name}"})


def _redirected(target: str) -> Hostile:
    head = f"HTTP/1.1 302 Found\r\nLocation: {target}\r\nContent-Length: 0\r\n\r\n"
    return Hostile({"image": f"{HERE}/output/a.png"}, head.encode("utf-8"))


def _deep(depth: int) -> Any:
    value: Any = f"{HERE}/output/deep.png"
    for _ in range(depth):
        value = {"images": [value]}
    return value


NAMES: Mapping[str, Hostile] = {
    name: _named(name)
    for name in (
        "..%2f..%2f..%2fescaped.png",
        "../../../../escaped.png",
        "%2e%2e%2f%2e%2e%2fescaped.png",
        "..%5c..%5cescaped.png",
        "..%252f..%252fescaped.png",
        "/etc/passwd",
        "C:%5cwindows%5csystem32%5cx.png",
        "~root%2f.ssh%2fauthorized_keys",
        "n" * 400,
        "n" * 400 + ".png",
        "x." + "e" * 400,
        "%F0%9F%9B%B6" * 150 + ".png",
        "con.png",
        "nul",
        ".bashrc",
        "-rf.png",
        "....",
        "",
        "a%00b.png",
        "%1b]0;owned%07%1b[31;45m.png",
        "%c2%9b31;45m.png",
        "%0d%0aSet-Cookie:%20x.png",
        "%e2%80%aegnp.exe",
        "$(touch%20escaped).png",
        "`touch%20escaped`.png",
        "a;touch%20escaped;.png",
        "a|b>c<d&e.png",
        "[/foo][red]markup[/red].png",
        "x.png.part",
        "x.png.json",
        "x.desktop",
        "%ff%fe%fd.png",
    )
}

HOSTS: Mapping[str, Hostile] = {
    url: Hostile({"image": url, "n": 1})
    for url in (
        f"{THERE}/a.png",
        "https://runcomfy.net.evil.example/a.png",
        "https://evilruncomfy.net/a.png",
        "https://runcomfy.net/a.png",
        "https://x.runcomfy.net@evil.example/a.png",
        "https://user:password@x.runcomfy.net/a.png",
        "https://x.runcomfy.net\\@evil.example/a.png",
        "https://x.runc\u043emfy.net/a.png",
        "https://x.runcomfy.net./a.png",
        "https://x.runcomfy.net:8443/a.png",
        "http://x.runcomfy.net/a.png",
        "https://[::1]/a.png",
        "https://[::1/a.png",
        "http://169.254.169.254/latest/meta-data",
        "http://0x7f.1/a.png",
        "http:///a.png",
    )
} | {
    f"redirect to {target}": _redirected(target)
    for target in (
        f"{THERE}/a.png",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "//evil.example/a.png",
        "http://[::1/a.png",
        "a.png",
    )
}

SCHEMES: Mapping[str, Hostile] = {
    url: Hostile({"image": url, "images": [url]})
    for url in (
        "file:///etc/passwd",
        "javascript:alert(document.cookie)",
        "data:text/html,<script>alert(1)</script>",
        "ftp://evil.example/a.png",
        "smb://evil.example/share",
        "vbscript:x",
        "//evil.example/a.png",
        "https:/evil.example",
        "https://",
        "https://evil.example/\x1b]52;c;c3RvbGVu\x07\x1b[31;45m.png",
        "https://evil.example/[/foo][red]x[/red]",
        "https://evil.example/\x9b31;45m\u202egnp",
    )
}

SHAPES: Mapping[str, Hostile] = {
    "nothing": Hostile(None),
    "a number": Hostile(10**400),
    "true": Hostile({"image": True, "video": 0.5, "images": {}}),
    "a bare string": Hostile(f"{HERE}/output/a.png"),
    "a bare list": Hostile([f"{HERE}/output/a.png", None, 3, [f"{HERE}/output/b.png"]]),
    "the same a hundred times": Hostile({"images": [f"{HERE}/output/a.png"] * 100}),
    "keys that command": Hostile({"\x1b[31;45m[/foo]": f"{HERE}/output/a.png", "": ""}),
    "deeper than anybody goes": Hostile(_deep(40)),
    "lone surrogates": Hostile({"image": f"{HERE}/output/\ud83d.png"}),
    "spaces and lines": Hostile({"image": f"{HERE}/output/a b\r\nHost: evil.example\r\n.png"}),
}

_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\n"
BODIES: Mapping[str, Hostile] = {
    name: Hostile({"image": f"{HERE}/output/a.png"}, answer)
    for name, answer in {
        "a web page": http(200, "<html>Sign in</html>", "text/html"),
        "nothing at all": http(200, b"", "image/png"),
        "less than announced": _HEAD + b"Content-Length: 5000\r\n\r\n" + PNG,
        "a petabyte": _HEAD + b"Content-Length: 1000000000000000\r\n\r\n" + PNG,
        "a length that is none": _HEAD + b"Content-Length: -1\r\n\r\n" + PNG,
        "a false encoding": _HEAD + b"Content-Encoding: br\r\nContent-Length: 3\r\n\r\nabc",
        "a broken gzip": _HEAD + b"Content-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc",
        "a name of its own": http(
            200, PNG, "image/png", Content_Disposition='attachment; filename="../../escaped.png"'
        ),
        "a program": http(200, b"\x7fELF" + b"\x00" * 60, "application/x-executable"),
        "a script": http(200, b"#!/bin/sh\ntouch escaped\n", "text/x-sh"),
        "a range nobody asked for": http(206, PNG, "image/png", Content_Range="bytes 5-9/10"),
        "cookies": http(200, PNG, "image/png", Set_Cookie="token=stolen; Path=/"),
    }.items()
}

ALL: Mapping[str, Hostile] = {
    f"{family}: {name[:60]!a}": hostile
    for family, cases in {
        "name": NAMES,
        "host": HOSTS,
        "scheme": SCHEMES,
        "shape": SHAPES,
        "body": BODIES,
    }.items()
    for name, hostile in cases.items()
}


def put_in(value: Any, here: str, there: str) -> Any:
    """An output with the two addresses in it."""
    if isinstance(value, str):
        return value.replace(HERE, here).replace(THERE, there)
    if isinstance(value, list):
        return [put_in(inner, here, there) for inner in value]
    if isinstance(value, dict):
        return {
            put_in(key, here, there): put_in(inner, here, there) for key, inner in value.items()
        }
    return value
