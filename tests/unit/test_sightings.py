"""What was seen of a file is held against the field that it fills."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from runcomfy_tui.builtin_models import BUILTIN_MODELS
from runcomfy_tui.jobs import MediaKind
from runcomfy_tui.schema.fields import Field
from runcomfy_tui.schema.media_rules import MediaFacts
from runcomfy_tui.schema.reading import read_form
from runcomfy_tui.schema.sightings import REFUSABLE, Sight, Sighting, remarks_on

IMAGE, VIDEO, AUDIO, FILE = MediaKind.IMAGE, MediaKind.VIDEO, MediaKind.AUDIO, MediaKind.FILE
GOOD = Sighting(Sight.SEEN, MediaFacts(2_100_000, 1280, 720), "PNG", IMAGE)


def field(name: str) -> Field:
    forms = [read_form(model.input_schema) for model in BUILTIN_MODELS]
    return next(each for form in forms for each in form.fields if each.name == name)


def remarks(name: str, seen: Sighting) -> list[tuple[str, str]]:
    return [(remark.severity, remark.text) for remark in remarks_on(field(name), seen)]


def of_kind(media: MediaKind) -> Field:
    return replace(field("promptImage"), media=media, rules=())


def test_a_file_that_keeps_every_rule_needs_no_word() -> None:
    assert remarks("promptImage", GOOD) == []


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        (MediaFacts(16_000_000, 1280, 720), "File size must be less than 16 MB."),
        (MediaFacts(15_999_999, 8000, 7000), "The uploaded image width and height must not"),
        (MediaFacts(1, 1000, 2000), "The aspect ratio range should be 1:2 to 2:1."),
        (MediaFacts(1, 2000, 1000), "The aspect ratio range should be 1:2 to 2:1."),
    ],
)
def test_a_broken_rule_is_told_in_the_schemas_words(facts: MediaFacts, words: str) -> None:
    [(severity, text)] = remarks("promptImage", replace(GOOD, facts=facts))
    assert severity == "error"
    assert text.startswith(words)


def test_two_rules_broken_with_one_word_are_one_remark() -> None:
    both = replace(GOOD, facts=MediaFacts(1, 9000, 9000))
    assert len(remarks("promptImage", both)) == 1


def test_what_could_not_be_checked_is_a_warning() -> None:
    nothing_known = remarks("promptImage", replace(GOOD, facts=MediaFacts()))
    assert {severity for severity, _ in nothing_known} == {"warning"}
    unseen = Sighting(Sight.UNSEEN, words="example.com could not be reached from here")
    assert remarks("promptImage", unseen) == [
        ("warning", "not checked: example.com could not be reached from here")
    ]


def test_what_is_of_no_use_is_an_error() -> None:
    assert remarks("promptImage", Sighting(Sight.WRONG, words="there is no file (HTTP 404)")) == [
        ("error", "there is no file (HTTP 404)")
    ]


@pytest.mark.parametrize(
    ("wanted", "found", "expected"),
    [
        (IMAGE, VIDEO, ("error", "a video (MP4), not an image")),
        (VIDEO, IMAGE, ("error", "an image (MP4), not a video")),
        (VIDEO, AUDIO, ("error", "a sound (MP4), not a video")),
        (AUDIO, VIDEO, ("warning", "a video (MP4), not a sound")),
        (IMAGE, FILE, ("error", "a file of video or sound (MP4), not an image")),
        (VIDEO, FILE, None),
        (AUDIO, FILE, None),
        (IMAGE, None, ("warning", "not known to be an image")),
        (FILE, VIDEO, None),
        (FILE, None, None),
        (IMAGE, IMAGE, None),
    ],
)
def test_the_kind_must_fit(
    wanted: MediaKind, found: MediaKind | None, expected: tuple[str, str] | None
) -> None:
    seen = Sighting(Sight.SEEN, MediaFacts(1), "MP4", found)
    told = [(remark.severity, remark.text) for remark in remarks_on(of_kind(wanted), seen)]
    assert told == ([] if expected is None else [expected])


@pytest.mark.parametrize(
    ("kind", "size", "is_warned"),
    [
        (IMAGE, 50_000_000, False),
        (IMAGE, 50_000_001, True),
        (VIDEO, 100_000_000, False),
        (VIDEO, 100_000_001, True),
        (AUDIO, 900_000_000, False),
    ],
)
def test_recommended_sizes_are_warnings(kind: MediaKind, size: int, is_warned: bool) -> None:
    told = remarks_on(of_kind(kind), Sighting(Sight.SEEN, MediaFacts(size), "X", kind))
    assert [remark.severity for remark in told] == ["warning"] * is_warned


def test_the_worst_comes_first_and_a_data_uri_may_be_refused() -> None:
    odd: Any = {"words": "the host calls it text/plain", "is_embedded": True}
    told = remarks("promptImage", replace(GOOD, facts=MediaFacts(90_000_000, 5, 5), **odd))
    assert told == [
        ("error", "File size must be less than 16 MB."),
        ("warning", "more than the 50 MB that RunComfy recommends"),
        ("warning", "the host calls it text/plain"),
        ("warning", REFUSABLE),
    ]
