"""`runcomfy-tui check`: what the composer would say of inputs, without submitting them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from runcomfy_tui.jobs import FieldProblem, JsonObject
from runcomfy_tui.schema.judge import judge
from runcomfy_tui.schema.names import path_text
from runcomfy_tui.schema.reading import read_form


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is wrong with the inputs of one line; nothing when `problems` is empty."""

    problems: tuple[FieldProblem, ...]

    def as_json(self) -> str:
        """One line: `{"valid": …, "errors": [{"path", "message"}]}`; paths as `loras[0].scale`."""
        return json.dumps(
            {
                "valid": not self.problems,
                "errors": [
                    {"path": path_text(problem.path), "message": problem.message}
                    for problem in self.problems
                ],
            },
            ensure_ascii=False,
        )


def check_lines(input_schema: JsonObject, lines: Iterable[str]) -> Iterator[Verdict]:
    """Judge each line that is not blank as one request's inputs."""
    form = read_form(input_schema)
    for line in lines:
        if line.strip():
            inputs, unread = _read(line)
            yield Verdict((unread,) if unread else judge(form, inputs))


def _read(line: str) -> tuple[Any, FieldProblem | None]:
    try:
        return json.loads(line), None
    except (ValueError, RecursionError) as error:
        return None, FieldProblem((), f"This line is not JSON: {error}")
