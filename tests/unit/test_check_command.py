from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from runcomfy_tui.commands import check
from runcomfy_tui.commands.check import check_lines

MODEL = "runwayml/runway-gen-4/turbo/image-to-video"
SCHEMA = {
    "type": "object",
    "properties": {
        "prompt": {"type": "string", "maxLength": 5},
        "loras": {"type": "array", "items": {"properties": {"scale": {"type": "float"}}}},
    },
    "required": ["prompt"],
}


def told(data: bytes) -> list[dict[str, Any]]:
    return [json.loads(each.as_json()) for each in check_lines(SCHEMA, io.BytesIO(data))]


def run(*arguments: str, stdin: bytes | None = None) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "runcomfy_tui", "check", *arguments],
        input=stdin,
        capture_output=True,
        check=False,
        timeout=60,
    )


def test_each_line_is_judged_and_each_error_names_its_place() -> None:
    said = told(b'{"prompt": "a"}\n{"prompt": "too long", "loras": [{"scale": "x"}]}\n{}')
    assert [each["valid"] for each in said] == [True, False, False]
    assert [each["path"] for each in said[1]["errors"]] == ["prompt", "loras[0].scale"]
    assert said[2]["errors"] == [{"path": "prompt", "message": "required"}]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (b"nonsense", "not JSON: Expecting value (column 1)"),
        (b'{"prompt": ', "not JSON: Expecting value"),
        (b'{"prompt": NaN}', "not JSON"),
        (b"[1, 2]", "must be a JSON object"),
        (b"null", "must be a JSON object"),
        (b'{"prompt": "\xff"}', "not UTF-8"),
        (b"[" * 100_000, "nested too deeply"),
    ],
)
def test_a_line_that_is_no_request_is_refused_and_the_next_one_judged(
    line: bytes, words: str
) -> None:
    first, second = told(line + b'\n{"prompt": "a"}\n')
    assert not first["valid"]
    [error] = first["errors"]
    assert error["path"] == ""
    assert words in error["message"]
    assert second["valid"]


def test_blank_lines_a_mark_at_the_start_and_windows_line_ends_are_no_requests() -> None:
    assert told(b"") == told(b"\n \r\n\n") == told(b"\xef\xbb\xbf") == []
    said = told(b'\xef\xbb\xbf{"prompt": "a"}\r\n\r\n{"prompt": "\xc3\xa9"}')
    assert [each["valid"] for each in said] == [True, True]


def test_a_line_that_is_too_long_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check, "LONGEST_LINE", 100)
    said = told(b'{"prompt": "' + b"a" * 1000 + b'"}\n{"prompt": "a"}\n' + b"b" * 101)
    assert [each["valid"] for each in said] == [False, True, False]
    assert "64 MiB" in said[0]["errors"][0]["message"]


def test_the_exit_code_tells_whether_any_was_refused(tmp_path: Path) -> None:
    lines = tmp_path / "lines.jsonl"
    lines.write_text('{"promptImage": "https://a.b/c.png", "seed": 1}\n')
    good = run(MODEL, str(lines))
    assert (good.returncode, good.stderr) == (0, b"")
    assert json.loads(good.stdout) == {"valid": True, "errors": []}
    bad = run(MODEL, "-", stdin=b'{"promptImage": "https://a.b/c.png", "duration": 7}\n')
    assert (bad.returncode, bad.stderr) == (65, b"")
    assert json.loads(bad.stdout)["errors"][0]["path"] == "duration"
    assert run(MODEL, "-", stdin=b"").returncode == 0
    missing = run(MODEL, str(tmp_path / "none.jsonl"))
    assert missing.returncode == 65
    assert missing.stderr.endswith(b"none.jsonl cannot be read: No such file or directory.\n")


def test_the_answer_to_a_line_comes_before_the_next_one_is_asked_for() -> None:
    command = [sys.executable, "-m", "runcomfy_tui", "check", MODEL, "-"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for seed, valid in ((1, True), (-1, False)):
            inputs = {"promptImage": "https://a.b/c.png", "seed": seed}
            process.stdin.write(json.dumps(inputs).encode() + b"\n")
            process.stdin.flush()
            assert json.loads(process.stdout.readline())["valid"] is valid
        process.stdin.close()
        assert process.wait(30) == 65


def test_a_reader_that_has_had_enough_is_no_error(tmp_path: Path) -> None:
    lines = tmp_path / "lines.jsonl"
    lines.write_text("{}\n" * 20_000)
    command = f"{sys.executable} -m runcomfy_tui check {MODEL} {lines}"
    process = subprocess.run(
        ["bash", "-c", f"{command} | head -1 > /dev/null; exit ${{PIPESTATUS[0]}}"],
        capture_output=True,
        check=False,
        timeout=120,
    )
    assert process.stderr == b""
    assert process.returncode == 0
