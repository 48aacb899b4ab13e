"""Files of this machine, named where an address is wanted. Pure: nothing here touches the disk.

In a form such a file is the path as it was typed. In the ledger it is a `file:` URI that bears the
SHA-256 of the bytes that were sent, never the bytes.
"""

from __future__ import annotations

import os.path
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from runcomfy_tui.jobs import JsonObject

_STARTS: Final = ("/", "./", "../", "~/")
_KEPT: Final = re.compile(r"(file:///[^#\s]*)#sha256=([0-9a-f]{64})")


def is_local_file(text: str) -> bool:
    """Whether `text` names a file of this machine: `/…`, `./…`, `../…`, `~/…` or `file:…`."""
    if text.startswith("//"):
        return False
    return text.startswith(_STARTS) or text[:5].lower() == "file:"


def local_path(text: str) -> Path:
    """The absolute path that `text` names; `~` and the working folder are those of now.

    Raises `ValueError`, in words for people, for what is no path of this machine.
    """
    path = _path_of_uri(text) if text[:5].lower() == "file:" else text
    if not path or "\x00" in path:
        raise ValueError("not the path of a file")
    return Path(os.path.abspath(os.path.expanduser(path)))  # noqa: PTH100, PTH111 - may not raise


def kept_as(path: Path, sha256: str) -> str:
    """How the ledger writes down a file of which bytes with this hash were sent."""
    return f"{path.as_uri()}#sha256={sha256}"


def recalled(inputs: JsonObject) -> dict[str, Any]:
    """`inputs` as the ledger keeps them, made ready for a form: files are paths again."""
    return {name: _recalled(value) for name, value in inputs.items()}


def kept_places(inputs: JsonObject) -> tuple[tuple[str | int, ...], ...]:
    """Where in `inputs`, as the ledger keeps them, a file of this machine stands."""
    return tuple(_kept_places(inputs, ()))


def _kept_places(value: Any, path: tuple[str | int, ...]) -> Iterator[tuple[str | int, ...]]:
    if isinstance(value, str):
        if _KEPT.fullmatch(value):
            yield path
    elif isinstance(value, Mapping):
        for name, each in value.items():
            yield from _kept_places(each, (*path, name))
    elif isinstance(value, list | tuple):
        for index, each in enumerate(value):
            yield from _kept_places(each, (*path, index))


def _recalled(value: Any) -> Any:
    if isinstance(value, str):
        kept = _KEPT.fullmatch(value)
        return _path_of_uri(kept[1]) if kept else value
    if isinstance(value, Mapping):
        return recalled(value)
    return [_recalled(each) for each in value] if isinstance(value, list | tuple) else value


def _path_of_uri(uri: str) -> str:
    parts = urlsplit(uri)
    if parts.netloc not in ("", "localhost"):
        raise ValueError("a file of another machine")
    return unquote(parts.path)
