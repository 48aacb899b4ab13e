"""File names out of URLs: whatever the server says, a plain name that stays in its folder. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Final
from urllib.parse import unquote, urlsplit

MAX_NAME_BYTES = 150
_MAX_SUFFIX_BYTES = 16
_FALLBACK = "result"

_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\.|$)", re.IGNORECASE)
_FORBIDDEN = frozenset("<>:\"|?*%$`'&;!\\/")

_SUFFIX_OF_TYPE = {
    "image/png": ".png",
    "image/jpeg": ".jpg",
    "image/webp": ".webp",
    "image/gif": ".gif",
    "image/avif": ".avif",
    "video/mp4": ".mp4",
    "video/webm": ".webm",
    "video/quicktime": ".mov",
    "audio/mpeg": ".mp3",
    "audio/mp4": ".m4a",
    "audio/wav": ".wav",
    "audio/x-wav": ".wav",
    "audio/flac": ".flac",
    "audio/ogg": ".ogg",
    "application/json": ".json",
    "application/zip": ".zip",
    "text/plain": ".txt",
}


def safe_name(url: str, content_type: str = "") -> str:
    """A file name for what lies at `url`, with an extension from its type when it has none."""
    try:
        path = urlsplit(url).path
    except ValueError:
        path = ""
    last = re.split(r"[/\\]", unquote(path))[-1]
    return with_suffix_of(plain_name(last), content_type)


def with_suffix_of(name: str, content_type: str) -> str:
    """`name`, with the extension of a content type when it has none of its own."""
    kind = content_type.partition(";")[0].strip().lower()
    return name if has_suffix(name) else plain_name(name + _SUFFIX_OF_TYPE.get(kind, ""))


def with_suffix_of_url(name: str, url: str) -> str:
    """`name`, with the extension of a URL when it has none of its own."""
    return name if has_suffix(name) else plain_name(name + split_suffix(safe_name(url))[1])


_SUFFIXES_OF_FORMAT: Final[Mapping[str, tuple[str, ...]]] = {
    "AAC": (".aac",),
    "AIFF": (".aiff", ".aif"),
    "AMR": (".amr",),
    "AVI": (".avi",),
    "AVIF": (".avif",),
    "BMP": (".bmp",),
    "FLAC": (".flac",),
    "FLV": (".flv",),
    "GIF": (".gif",),
    "HEIC": (".heic", ".heif"),
    "HEIF": (".heif", ".heic"),
    "JPEG": (".jpg", ".jpeg", ".jpe", ".jfif"),
    "JPEG XL": (".jxl",),
    "M4A": (".m4a", ".mp4"),
    "MKV": (".mkv",),
    "MOV": (".mov",),
    "MP3": (".mp3",),
    "MP4": (".mp4", ".m4v", ".m4a"),
    "MPEG": (".mpg", ".mpeg"),
    "OGG": (".ogg", ".oga", ".ogv", ".opus"),
    "PNG": (".png", ".apng"),
    "SVG": (".svg",),
    "TIFF": (".tif", ".tiff"),
    "WAV": (".wav",),
    "WEBP": (".webp",),
    "WebM": (".webm",),
}
_OF_MEDIA: Final = frozenset(each for some in _SUFFIXES_OF_FORMAT.values() for each in some)


def with_true_suffix(name: str, media_format: str | None, content_type: str) -> str:
    """`name` with the extension of what its bytes are; `media_format` is a `MediaHeader`'s.

    An extension that says so already stays, one that says something else goes. Where the bytes
    tell nothing, the name keeps what it has or gets the one of the content type.
    """
    usual = _SUFFIXES_OF_FORMAT.get(media_format or "")
    if usual is None:
        return with_suffix_of(name, content_type)
    stem, suffix = split_suffix(name)
    if suffix.lower() in usual:
        return name
    return plain_name((stem if suffix.lower() in _OF_MEDIA else name) + usual[0])


def plain_name(text: str) -> str:
    """`text` as a file name on any system, at most 150 bytes of UTF-8, its extension kept.

    No separators, control or invisible characters, no characters that shells or Windows read in
    a way of their own, no leading dot or dash, no name that Windows reserves; never empty.
    """
    text = unicodedata.normalize(
        "NFC", text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    )
    kept = "".join(
        "_" if char in _FORBIDDEN or unicodedata.category(char)[0] in "CZ" else char
        for char in text
    )
    kept = kept.lstrip(".-~_").rstrip("._") or _FALLBACK
    if _RESERVED.match(kept):
        kept = f"_{kept}"
    stem, suffix = split_suffix(kept)
    return _cut(stem, MAX_NAME_BYTES - len(suffix.encode())).rstrip("._") + suffix


def numbered(name: str, number: int) -> str:
    """`name-1.ext` and so on; number 0 is the name itself."""
    stem, suffix = split_suffix(name)
    return f"{stem}-{number}{suffix}" if number else name


def has_suffix(name: str) -> bool:
    """Whether a name ends in something that serves as an extension."""
    return bool(split_suffix(name)[1])


def split_suffix(name: str) -> tuple[str, str]:
    """Stem and extension (with its dot, empty where there is none)."""
    stem, dot, suffix = name.rpartition(".")
    if not stem or not suffix or len(suffix.encode()) >= _MAX_SUFFIX_BYTES:
        return name, ""
    return stem, dot + suffix


def _cut(text: str, size: int) -> str:
    return text.encode()[: max(size, 1)].decode("utf-8", "ignore")
