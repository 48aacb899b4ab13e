"""The text that tells one job from another. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from runcomfy_tui.jobs import JsonObject

_COMMONEST = ("prompt", "promptText")
_TELLING_NAMES = ("prompt", "prompttext", "text", "lyrics", "tags", "caption", "instruction")
_DEEPEST = 12


def prompt_of(inputs: JsonObject) -> str:
    """The text that best tells one job from another: its prompt, else the first text at all.

    URLs and data URIs tell nothing; a prompt inside a list of objects counts, too.
    """
    for name in _COMMONEST:
        text = inputs.get(name)
        if isinstance(text, str) and (text := text.strip()) and not _is_url(text):
            return text
    texts = [(name, text) for name, text in _texts(inputs, "") if not _is_url(text)]
    telling = [pair for name in _TELLING_NAMES for pair in texts if pair[0] == name]
    return next((text for _name, text in telling or texts if text), "")


def _texts(value: object, name: str, depth: int = 0) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield name, value.strip()
    elif depth == _DEEPEST:
        return
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _texts(inner, str(key).replace("_", "").lower(), depth + 1)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _texts(inner, name, depth + 1)


def _is_url(text: str) -> bool:
    return text[:8].lower().startswith(("http://", "https://", "data:", "file:"))
