"""The `validations` of a media input, held against what is known of the file behind its URL."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from runcomfy_tui.schema.equality import value_text
from runcomfy_tui.schema.fields import MediaRule

_BYTES_PER_MB: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class MediaFacts:
    """What is known of a file: bytes and pixels, None where nobody could tell."""

    size_bytes: int | None = None
    width: int | None = None
    height: int | None = None


class RuleState(StrEnum):
    """Whether a file keeps a rule."""

    KEPT = "kept"
    BROKEN = "broken"
    NOT_CHECKED = "not checked"


@dataclass(frozen=True, slots=True)
class RuleVerdict:
    """What became of one rule; `message` is for the user, empty when the rule is kept."""

    rule: MediaRule
    state: RuleState
    message: str = ""


def check_rules(rules: Iterable[MediaRule], facts: MediaFacts) -> tuple[RuleVerdict, ...]:
    """One verdict a rule. Comparisons are strict: `<` fails at equality, as RunComfy's do."""
    return tuple(_verdict(rule, facts) for rule in rules)


def _verdict(rule: MediaRule, facts: MediaFacts) -> RuleVerdict:
    word = "".join(rule.rule.split())
    measure = _MEASURES.get(word[:-1])
    if measure is None or word[-1:] not in ("<", ">") or not _is_number(rule.value):
        return RuleVerdict(rule, RuleState.NOT_CHECKED, _unknown_rule(rule))
    measured = measure.of(facts)
    if measured is None:
        return RuleVerdict(
            rule,
            RuleState.NOT_CHECKED,
            f"not checked, as the file's {measure.name} is not known: {_wording(rule)}",
        )
    kept = measured < rule.value if word.endswith("<") else measured > rule.value
    if kept:
        return RuleVerdict(rule, RuleState.KEPT)
    return RuleVerdict(rule, RuleState.BROKEN, rule.message or f"must be {_wording(rule)}")


def _unknown_rule(rule: MediaRule) -> str:
    return f"not checked, as this program does not know the rule: {_wording(rule)}"


def _wording(rule: MediaRule) -> str:
    if rule.message:
        return rule.message
    return rule.rule if rule.value is None else f"{rule.rule} {value_text(rule.value)}"


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


@dataclass(frozen=True, slots=True)
class _Measure:
    name: str
    of: Callable[[MediaFacts], float | None]


def _megabytes(facts: MediaFacts) -> float | None:
    return None if facts.size_bytes is None else facts.size_bytes / _BYTES_PER_MB


def _ratio(facts: MediaFacts) -> float | None:
    return facts.width / facts.height if facts.width and facts.height else None


_MEASURES: Final = {
    "file_size_mb": _Measure("size", _megabytes),
    "width_pixels": _Measure("width", lambda facts: facts.width),
    "height_pixels": _Measure("height", lambda facts: facts.height),
    "width/height": _Measure("shape", _ratio),
}
