"""What an input's name tells: words to show, a medium to fetch, a long text to write."""

from __future__ import annotations

import re
from typing import Final

from runcomfy_tui.jobs import MediaKind

_BOUNDARY: Final = re.compile(r"[_\-.\s]+|(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_SPELLING: Final = {
    "api": "API",
    "cfg": "CFG",
    "fps": "FPS",
    "id": "ID",
    "ids": "IDs",
    "lora": "LoRA",
    "loras": "LoRAs",
    "uri": "URI",
    "uris": "URIs",
    "url": "URL",
    "urls": "URLs",
}

_MEDIUM_OF_WORD: Final = {
    **dict.fromkeys(("image", "img", "photo", "picture"), MediaKind.IMAGE),
    "video": MediaKind.VIDEO,
    "audio": MediaKind.AUDIO,
}
_MEDIUM_BEHIND_URL: Final = {
    **_MEDIUM_OF_WORD,
    **dict.fromkeys(("face", "frame", "mask", "portrait", "thumbnail"), MediaKind.IMAGE),
    **dict.fromkeys(("clip", "footage", "movie"), MediaKind.VIDEO),
    **dict.fromkeys(("music", "song", "sound", "speech", "voice"), MediaKind.AUDIO),
}
_LINK_WORDS: Final = frozenset({"uri", "url", "uris", "urls"})

_LONG_TEXT_WORDS: Final = frozenset(
    {
        "caption",
        "description",
        "dialogue",
        "instruction",
        "instructions",
        "lyrics",
        "narration",
        "prompt",
        "script",
        "story",
        "text",
        "transcript",
    }
)
_SHORT_TEXT_WORDS: Final = frozenset(
    {
        "color",
        "colour",
        "font",
        "format",
        "id",
        "lang",
        "language",
        "mode",
        "model",
        "name",
        "position",
        "size",
        "strength",
        "style",
        "type",
    }
)


def words(name: str) -> list[str]:
    """The words of a snake_case, camelCase or spaced name, spelled as they came."""
    return [word for word in _BOUNDARY.split(name) if word]


def readable(name: str) -> str:
    """A title for a property that has none: `end_image_url` becomes `End image URL`."""
    spelled = [_spell(word) for word in words(name)]
    if not spelled:
        return name or "(no name)"
    first = spelled[0]
    return " ".join([first[:1].upper() + first[1:], *spelled[1:]])


def _spell(word: str) -> str:
    lowered = word.lower()
    if lowered in _SPELLING:
        return _SPELLING[lowered]
    return word if word.isupper() else lowered


def medium_of_name(name: str) -> MediaKind | None:
    """The medium that a string of this name links to: `promptImage`, `video_url`, `mask_url`.

    The last word decides, so that `image_size` and `audio_language` are not taken for links.
    """
    told = _bare_words(name)
    if not told:
        return None
    if told[-1] in _LINK_WORDS:
        return _first_medium(told, _MEDIUM_BEHIND_URL)
    return _first_medium(told[-1:], _MEDIUM_OF_WORD)


def medium_of_text(text: str) -> MediaKind | None:
    """The first medium that a title speaks of, if any."""
    return _first_medium(_bare_words(text), _MEDIUM_OF_WORD)


def path_text(path: tuple[str | int, ...]) -> str:
    """A path into a request as people write it: `loras[0].scale`."""
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return text.removeprefix(".")


def names_long_text(name: str) -> bool:
    """Whether a string of this name or title is likely to be more than a line."""
    told = _bare_words(name)
    if not told or told[-1] in _SHORT_TEXT_WORDS:
        return False
    return not _LONG_TEXT_WORDS.isdisjoint(told)


def _bare_words(name: str) -> list[str]:
    stripped = (word.lower().strip("0123456789()[]:,") for word in words(name))
    return [word for word in stripped if word]


def _first_medium(told: list[str], media: dict[str, MediaKind]) -> MediaKind | None:
    for word in told:
        kind = media.get(word) or media.get(word.removesuffix("s"))
        if kind is not None:
            return kind
    return None
