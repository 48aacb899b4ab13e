"""`runcomfy-tui check`: what the composer would say of inputs, without submitting them."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final

from runcomfy_tui.jobs import FieldProblem, JsonObject
from runcomfy_tui.schema.entries import EntryError, parse_json
from runcomfy_tui.schema.judge import judge
from runcomfy_tui.schema.names import path_text
from runcomfy_tui.schema.reading import read_form

LONGEST_LINE: Final = 64 * 1024 * 1024
"""Bytes: RunComfy takes no larger request, so no line needs more memory than that."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is wrong with the inputs of one line; nothing when `problems` is empty."""

    problems: tuple[FieldProblem, ...]

    def as_json(self) -> str:
        """One line: `{"valid": …, "errors": [{"path", "message"}]}`; paths as `loras[0].scale`.

        In ASCII, which every pipe takes.
        """
        return json.dumps(
            {
                "valid": not self.problems,
                "errors": [
                    {"path": path_text(problem.path), "message": problem.message}
                    for problem in self.problems
                ],
            }
        )


def opened(name: str) -> AbstractContextManager[BinaryIO]:
    """The file of that name; `-` is stdin. Raises `OSError`."""
    if name != "-":
        return Path(name).open("rb")
    return nullcontext(sys.stdin.buffer)


def check_lines(input_schema: JsonObject, file: BinaryIO) -> Iterator[Verdict]:
    """Judge each line that is not blank as one request's inputs, as soon as it is read."""
    form = read_form(input_schema)
    is_first = True
    while line := file.readline(LONGEST_LINE + 1):
        if len(line) > LONGEST_LINE:
            _pass_over_the_rest(file)
            yield _refused("larger than 64 MiB, which RunComfy does not take")
        elif text := _text(line, is_first):
            inputs = _inputs(text) if text.strip() else None
            if isinstance(inputs, EntryError):
                yield _refused(inputs.message)
            elif inputs is not None:
                yield Verdict(judge(form, inputs))
        else:
            yield _refused("not UTF-8")
        is_first = False


def _text(line: bytes, is_first: bool) -> str:
    """The line as text, without the mark that some editors begin a file with; empty for none."""
    try:
        return line.decode("utf-8-sig" if is_first else "utf-8") or "\n"
    except UnicodeDecodeError:
        return ""


def _inputs(text: str) -> Any:
    value = parse_json(text.strip())
    if isinstance(value, EntryError):
        return EntryError(value.message.replace("(line 1, ", "("))
    return value if isinstance(value, dict) else EntryError("must be a JSON object")


def _pass_over_the_rest(file: BinaryIO) -> None:
    while (piece := file.readline(LONGEST_LINE)) and not piece.endswith(b"\n"):
        pass


def _refused(message: str) -> Verdict:
    return Verdict((FieldProblem((), message),))
