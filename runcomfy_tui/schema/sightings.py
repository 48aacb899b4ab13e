"""What was seen of a file behind an address, and what that means for the field that it fills."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Literal

from runcomfy_tui.jobs import MediaKind
from runcomfy_tui.schema.fields import Field
from runcomfy_tui.schema.media_rules import MediaFacts, RuleState, check_rules

_BYTES_PER_MB: Final = 1_000_000
_NO_FACTS: Final = MediaFacts()

RECOMMENDED_MB: Final = {MediaKind.IMAGE: 50, MediaKind.VIDEO: 100}
"""What RunComfy's documentation recommends at most, where a schema sets no limit of its own."""

REFUSABLE: Final = "sent as a data URI, which RunComfy may refuse"


class Sight(StrEnum):
    """How a look at a file ended."""

    SEEN = "seen"
    WRONG = "wrong"
    """It is of no use to RunComfy as it is: not there, not for everyone, a web page, empty …"""
    UNSEEN = "unseen"
    """It could not be looked at from here, so nobody knows."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """What a look at a file showed.

    `kind` is None where nothing told it, FILE for a container that may hold video or sound.
    `words` say why it is wrong or was not seen, or what is odd about a file that was.
    `is_embedded` is for bytes that go along inside the request, `is_local` for those of them that
    are still to be read from this machine's disk.
    """

    sight: Sight
    facts: MediaFacts = _NO_FACTS
    format: str = ""
    kind: MediaKind | None = None
    seconds: float | None = None
    words: str = ""
    is_embedded: bool = False
    is_local: bool = False


@dataclass(frozen=True, slots=True)
class Remark:
    """Something to say about a file: an error is likely to make the job fail, a warning may not."""

    text: str
    severity: Literal["warning", "error"]


def remarks_on(field: Field, seen: Sighting) -> tuple[Remark, ...]:
    """What is to be said of a file that fills `field`, the worst first; nothing when all is well.

    Rules are the schema's `validations`; what could not be checked is never more than a warning.
    """
    if seen.sight is Sight.UNSEEN:
        return (Remark(f"not checked: {seen.words}", "warning"),)
    if seen.sight is Sight.WRONG:
        return (Remark(seen.words, "error"),)
    told = dict.fromkeys((*_of_kind(field, seen), *_of_rules(field, seen), *_of_itself(seen)))
    return tuple(sorted(told, key=lambda remark: remark.severity != "error"))


def _of_kind(field: Field, seen: Sighting) -> Iterator[Remark]:
    wanted = _NOUNS.get(field.media or MediaKind.FILE)
    if wanted is None:
        return
    found = _NOUNS.get(seen.kind or MediaKind.FILE)
    if found is None:
        if seen.kind is None:
            yield Remark(f"not known to be {wanted}", "warning")
        elif field.media is MediaKind.IMAGE:
            yield Remark(f"a file of video or sound ({seen.format}), not {wanted}", "error")
    elif seen.kind is not field.media:
        # Where sound is wanted, models that take it from a video are not unheard of.
        may_do = field.media is MediaKind.AUDIO and seen.kind is MediaKind.VIDEO
        name = f" ({seen.format})" if seen.format else ""
        yield Remark(f"{found}{name}, not {wanted}", "warning" if may_do else "error")


_NOUNS: Final = {
    MediaKind.IMAGE: "an image",
    MediaKind.VIDEO: "a video",
    MediaKind.AUDIO: "a sound",
}


def _of_rules(field: Field, seen: Sighting) -> Iterator[Remark]:
    for verdict in check_rules(field.rules, seen.facts):
        if verdict.state is RuleState.BROKEN:
            yield Remark(verdict.message, "error")
        elif verdict.state is RuleState.NOT_CHECKED:
            yield Remark(verdict.message, "warning")


def _of_itself(seen: Sighting) -> Iterator[Remark]:
    size = seen.facts.size_bytes
    most = RECOMMENDED_MB.get(seen.kind) if seen.kind else None
    if size is not None and most is not None and size > most * _BYTES_PER_MB:
        yield Remark(f"more than the {most} MB that RunComfy recommends", "warning")
    if seen.words:
        yield Remark(seen.words, "warning")
    if seen.is_embedded:
        yield Remark(REFUSABLE, "warning")
