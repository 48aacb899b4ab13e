"""What a schema says against inputs, by the field that it is said at."""

from __future__ import annotations

from typing import Any

from runcomfy_tui.schema.judge import judge


def said(schema: Any, inputs: Any) -> dict[tuple[str | int, ...], str]:
    problems = judge(schema, inputs)
    assert len({problem.path for problem in problems}) == len(problems)
    return {problem.path: problem.message for problem in problems}
