"""What a schema node says about the file behind a URL: its medium and its rules."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final

from runcomfy_tui.jobs import JsonObject, MediaKind
from runcomfy_tui.schema.fields import Field, MediaRule
from runcomfy_tui.schema.names import medium_of_name, medium_of_text

_FORMAT: Final = re.compile(r"(image|video|audio|file|media)_ur[il](s?)", re.IGNORECASE)
_PLAIN_LINK_FORMATS: Final = frozenset({"uri", "url", "iri", "uri-reference"})
_KIND_OF_FORMAT: Final = {
    "image": MediaKind.IMAGE,
    "video": MediaKind.VIDEO,
    "audio": MediaKind.AUDIO,
}


def is_plural(format_word: Any) -> bool:
    """Whether a `format` speaks of several files, as `image_uris` does."""
    match = _FORMAT.fullmatch(format_word) if isinstance(format_word, str) else None
    return match is not None and bool(match[2])


def medium_of(told: JsonObject, field: Field) -> MediaKind | None:
    """The medium of a text input that holds a URL; None when it is no such input.

    `format` decides, then `validations`, then the name, for RunComfy's schemas have inputs with
    neither (`video_url`).
    """
    format_word = told.get("format")
    if not isinstance(format_word, str):
        format_word = "uri"
    match = _FORMAT.fullmatch(format_word)
    if match is not None:
        named = _KIND_OF_FORMAT.get(match[1].lower())
        return named or _named_medium(field) or MediaKind.FILE
    if isinstance(told.get("validations"), list):
        return _named_medium(field) or _measured_medium(media_rules(told)) or MediaKind.FILE
    return medium_of_name(field.name) if format_word in _PLAIN_LINK_FORMATS else None


def _named_medium(field: Field) -> MediaKind | None:
    by_name = medium_of_name(field.name) or medium_of_text(field.name)
    return by_name or medium_of_text(field.title)


def _measured_medium(rules: tuple[MediaRule, ...]) -> MediaKind | None:
    return MediaKind.IMAGE if any("width" in rule.rule for rule in rules) else None


def media_rules(told: JsonObject) -> tuple[MediaRule, ...]:
    """The `validations` of a node; an entry of an unheard-of shape is a rule nobody knows."""
    listed = told.get("validations")
    return tuple(_rule(entry) for entry in listed) if isinstance(listed, list) else ()


def _rule(entry: Any) -> MediaRule:
    rule = entry.get("validation_rule") if isinstance(entry, Mapping) else None
    if not isinstance(rule, str):
        return MediaRule(json.dumps(entry, ensure_ascii=False, default=str), None, "")
    error = entry.get("validation_error")
    return MediaRule(rule, entry.get("validation_value"), error if isinstance(error, str) else "")
