"""Strings from outside, made safe to draw: literal, on one line, nothing that moves a cursor."""

from __future__ import annotations

import re

_UNSAFE = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]"
)


def visible(text: str, *, keep_newlines: bool = False) -> str:
    """`text` with every control character replaced by one that shows it.

    C0 controls become their Unicode pictures (␛ for escape), bidirectional overrides, zero-width
    characters and lone surrogates become `·`; line breaks and tabs become spaces, unless
    `keep_newlines`.
    """
    if keep_newlines:
        text = text.replace("\r\n", "\n").replace("\t", "    ")
        return "\n".join(_UNSAFE.sub(_picture, line) for line in text.split("\n"))
    return _UNSAFE.sub(_picture, re.sub(r"[\r\n\t]+", " ", text))


def is_path_segment(text: str) -> bool:
    """Whether `text` can be drawn as it is and stand, percent-encoded, as one segment of a path."""
    return (
        bool(text.strip()) and "/" not in text and text not in (".", "..") and visible(text) == text
    )


def _picture(match: re.Match[str]) -> str:
    code = ord(match.group())
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "\u2421"
    return "\u00b7"


def clip(text: str, length: int) -> str:
    """`text` on at most `length` characters, its end replaced by `…` when it is longer."""
    return text if len(text) <= length else text[: max(0, length - 1)] + "…"[: max(0, length)]
