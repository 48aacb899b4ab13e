"""The rules of a schema about the file behind a URL, compared as RunComfy compares them."""

from __future__ import annotations

from typing import Any

import pytest

from runcomfy_tui.schema.fields import MediaRule
from runcomfy_tui.schema.media_rules import MediaFacts, RuleState, check_rules

KEPT, BROKEN, NOT_CHECKED = RuleState.KEPT, RuleState.BROKEN, RuleState.NOT_CHECKED


@pytest.mark.parametrize(
    ("rule", "value", "facts", "state"),
    [
        ("file_size_mb<", 16, MediaFacts(size_bytes=15_999_999), KEPT),
        ("file_size_mb<", 16, MediaFacts(size_bytes=16_000_000), BROKEN),
        ("file_size_mb<", 0.5, MediaFacts(size_bytes=499_999), KEPT),
        ("width_pixels<", 8000, MediaFacts(width=8000), BROKEN),
        ("width_pixels<", 8000, MediaFacts(width=7999), KEPT),
        ("height_pixels>", 14, MediaFacts(height=14), BROKEN),
        ("height_pixels>", 14, MediaFacts(height=15), KEPT),
        ("width/height>", 0.5, MediaFacts(width=500, height=1000), BROKEN),
        ("width/height>", 0.5, MediaFacts(width=501, height=1000), KEPT),
        ("width/height<", 2, MediaFacts(width=2000, height=1000), BROKEN),
        ("width/height <", 2, MediaFacts(width=1999, height=1000), KEPT),
        ("width/height<", 2, MediaFacts(width=1999, height=0), NOT_CHECKED),
        ("width/height<", 2, MediaFacts(size_bytes=5), NOT_CHECKED),
        ("duration_seconds<", 30, MediaFacts(width=1, height=1, size_bytes=1), NOT_CHECKED),
        ("file_size_mb=", 16, MediaFacts(size_bytes=1), NOT_CHECKED),
        ("file_size_mb<", "16", MediaFacts(size_bytes=1), NOT_CHECKED),
        ("", None, MediaFacts(size_bytes=1), NOT_CHECKED),
    ],
)
def test_rules_are_strict_and_a_megabyte_is_a_million_bytes(
    rule: str, value: Any, facts: MediaFacts, state: RuleState
) -> None:
    (verdict,) = check_rules([MediaRule(rule, value, "Schema's words.")], facts)
    assert verdict.state is state
    if state is BROKEN:
        assert verdict.message == "Schema's words."
    if state is NOT_CHECKED:
        assert verdict.message.startswith("not checked")
        assert "Schema's words." in verdict.message


def test_a_rule_without_words_gets_some() -> None:
    broken, unknown = check_rules(
        [MediaRule("file_size_mb<", 16, ""), MediaRule("fps<", 60, "")],
        MediaFacts(size_bytes=20_000_000),
    )
    assert broken.message == "must be file_size_mb< 16"
    assert unknown.message == "not checked, as this program does not know the rule: fps< 60"
