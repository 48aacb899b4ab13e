"""Many requests out of a file, and complaints that name their line."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runcomfy_tui.schema.batch_files import BatchFile, read_batch_file
from runcomfy_tui.schema.judge import judge
from runcomfy_tui.schema.reading import read_form
from runcomfy_tui.schema.sweep import MOST_REQUESTS

FORM = read_form(
    {
        "type": "object",
        "required": ["prompt"],
        "properties": {
            "prompt": {"type": "string"},
            "steps": {"type": "integer"},
            "scale": {"type": "float"},
            "hd": {"type": "boolean"},
            "length": {"enum": [5, 10, "auto"]},
            "digits": {"enum": ["5", "10"]},
            "tags": {"type": "array", "items": {"type": "string"}},
            "lora": {"type": "object", "properties": {"path": {"type": "string"}}},
            "image_url": {"type": "string"},
        },
    }
)


def from_csv(text: str) -> BatchFile:
    return read_batch_file(FORM, text, is_csv=True)


def from_jsonl(text: str) -> BatchFile:
    return read_batch_file(FORM, text, is_csv=False)


def inputs(file: BatchFile) -> list[dict[str, Any]]:
    assert file.problems == ()
    return [dict(line.inputs) for line in file.lines]


def complaints(file: BatchFile) -> list[tuple[int, str]]:
    return [
        (each.number, ": ".join([*map(str, each.problem.path), each.problem.message]))
        for each in file.problems
    ]


def test_csv_cells_are_read_as_if_they_were_typed_into_the_form() -> None:
    text = (
        "prompt,steps,scale,hd,length,digits,tags,lora,image_url\r\n"
        '"a ""boat"", [x]",5,0.5,TRUE,5,5,"[""a""]","{""path"": ""p""}", https://a/b \r\n'
        "5,,,,,,,,\r\n"
        "x,1e1,2,false,auto, 10 ,,,\r\n"
    )
    assert json.dumps(inputs(from_csv(text))) == json.dumps(
        [
            {
                "prompt": 'a "boat", [x]',
                "steps": 5,
                "scale": 0.5,
                "hd": True,
                "length": 5,
                "digits": "5",
                "tags": ["a"],
                "lora": {"path": "p"},
                "image_url": "https://a/b",
            },
            {"prompt": "5"},
            {"prompt": "x", "steps": 10, "scale": 2, "hd": False, "length": "auto", "digits": "10"},
        ]
    )


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_spreadsheets_may_part_their_cells_otherwise(delimiter: str) -> None:
    text = f"\ufeffsteps{delimiter}prompt\n3{delimiter}x\n"
    assert inputs(from_csv(text)) == [{"steps": 3, "prompt": "x"}]


def test_lines_are_counted_as_an_editor_counts_them() -> None:
    text = 'prompt,steps\n\n"two\nlines",1\n , \nx,one\n'
    file = from_csv(text)
    assert [(line.number, line.inputs["prompt"]) for line in file.lines] == [(3, "two\nlines")]
    assert complaints(file) == [(6, "steps: must be a whole number")]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", (1, "the file is empty; its first line should name the fields")),
        ("prompt,stps\nx,1", (1, "no field is called stps; there are prompt, steps, scale")),
        ("prompt,prompt\nx,1", (1, "two columns are called prompt")),
        ("prompt,\nx,1", (1, "column 2 has no name")),
        ("prompt,steps\nx,1,2", (2, "3 cells are more than the 2 columns")),
        ('prompt\nx\n"y', (3, "no CSV from here on")),
        ("prompt,tags\nx,[1", (2, "tags: not JSON")),
        ("prompt,hd\nx,perhaps", (2, "hd: not JSON")),
    ],
)
def test_a_bad_csv_says_on_which_line_and_why(text: str, words: tuple[int, str]) -> None:
    [(number, message)] = complaints(from_csv(text))
    assert number == words[0]
    assert message.startswith(words[1])


def test_a_choice_that_is_not_offered_is_left_to_the_judge() -> None:
    [line] = from_csv("prompt,length\nx,7\n").lines
    [problem] = judge(FORM, line.inputs)
    assert problem.path == ("length",)


def test_without_a_schema_any_column_will_do() -> None:
    file = read_batch_file(read_form(None), "a,b\n1,x y\n,[2]\n", is_csv=True)
    assert inputs(file) == [{"a": 1, "b": "x y"}, {"b": [2]}]


def test_jsonl_is_taken_to_the_letter_and_bad_lines_are_named() -> None:
    text = '\ufeff{"prompt": "a\\nb", "seed": 18446744073709551616}\r\n\n[1]\n{"prompt": 1\n{}\n'
    file = from_jsonl(text)
    assert [(line.number, dict(line.inputs)) for line in file.lines] == [
        (1, {"prompt": "a\nb", "seed": 2**64}),
        (5, {}),
    ]
    assert [number for number, _ in complaints(file)] == [3, 4]
    assert complaints(file)[0][1] == "must be a JSON object"
    assert complaints(file)[1][1].startswith("not JSON: ")
    assert "line 1" not in complaints(file)[1][1]


def test_a_file_that_is_too_long_is_refused_at_its_first_line_too_many() -> None:
    file = from_jsonl('{"prompt": "x"}\n' * (MOST_REQUESTS + 5))
    assert len(file.lines) == MOST_REQUESTS
    assert complaints(file) == [(MOST_REQUESTS + 1, "more than 5,000 requests")]


ROWS = st.lists(
    st.fixed_dictionaries(
        {"prompt": st.text(min_size=1).filter(lambda text: text.strip())},
        optional={
            "steps": st.integers(),
            "scale": st.floats(allow_nan=False, allow_infinity=False),
            "hd": st.booleans(),
            "length": st.sampled_from([5, 10, "auto"]),
            "tags": st.lists(st.text(), max_size=3),
        },
    ),
    max_size=5,
)


@settings(deadline=None)
@given(ROWS)
def test_what_a_csv_writer_writes_comes_back_value_for_value(rows: list[dict[str, Any]]) -> None:
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    names = ["prompt", "steps", "scale", "hd", "length", "tags"]
    writer.writerow(names)
    for row in rows:
        writer.writerow([_cell(row, name) for name in names])
    read = inputs(from_csv(buffer.getvalue()))
    assert json.dumps(read, sort_keys=True) == json.dumps(rows, sort_keys=True)


@settings(deadline=None)
@given(ROWS)
def test_jsonl_comes_back_value_for_value(rows: list[dict[str, Any]]) -> None:
    text = "".join(json.dumps(row) + "\n" for row in rows)
    assert json.dumps(inputs(from_jsonl(text))) == json.dumps(rows)


@settings(deadline=None)
@given(st.text(), st.booleans())
def test_no_text_at_all_breaks_the_reading(text: str, is_csv: bool) -> None:
    file = read_batch_file(FORM, text, is_csv=is_csv)
    last = text.count("\n") + text.count("\r") + 1
    numbers = [line.number for line in file.lines] + [each.number for each in file.problems]
    assert all(1 <= number <= last for number in numbers)


def _cell(row: dict[str, Any], name: str) -> Any:
    if name not in row:
        return ""
    value = row[name]
    return value if isinstance(value, str) else json.dumps(value)
