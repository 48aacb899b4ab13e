"""A job as scripts and shells read it."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runcomfy_tui.job_json import curl_line, iso, job_as_json
from runcomfy_tui.jobs import Failure, FieldProblem, Job, Status

BASE = "https://model-api.runcomfy.net/v1"


def job(**changes: Any) -> Job:
    made = Job("0001", "a/b c/d", {"prompt": "x"}, Status.COMPLETED, 1_700_000_000.0)
    return made.but(**changes)


def shell_reads(line: str) -> list[str]:
    """The arguments that a shell hands to curl when it runs `line`."""
    script = f"curl() {{ printf '%s\\0' \"$@\"; }}\n{line}"
    process = subprocess.run(
        ["bash", "-c", script],
        env={"RUNCOMFY_TOKEN": "the-token"},
        capture_output=True,
        check=True,
        timeout=30,
    )
    assert process.stderr == b""
    return process.stdout.decode("utf-8", "surrogatepass").split("\0")[:-1]


def test_a_job_has_everything_that_scripts_are_promised() -> None:
    document = job_as_json(
        job(
            request_id="req",
            finished_at=1_700_000_001.25,
            output={"video": "https://x/a.mp4"},
            cost=0.25,
            failure=Failure("no", "400002", (FieldProblem(("a", 0), "bad"),)),
        )
    )
    assert document["created_at"] == "2023-11-14T22:13:20.000Z"
    assert document["finished_at"] == "2023-11-14T22:13:21.250Z"
    assert document["outputs"] == ["https://x/a.mp4"]
    assert (document["error"], document["error_code"]) == ("no", "400002")
    assert json.loads(json.dumps(document)) == document


@pytest.mark.parametrize("at", [1e20, -1e20, float("inf"), float("nan"), 10**400])
def test_a_time_that_no_calendar_knows_is_none(at: float) -> None:
    assert iso(at) is None


def test_the_curl_line_submits_the_same_inputs_and_leaves_the_token_to_the_shell() -> None:
    line = curl_line(job(inputs={"prompt": 'it\'s [5] "quoted" $HOME `id` \\\n'}), BASE)
    assert "the-token" not in line
    arguments = shell_reads(line)
    assert arguments[arguments.index("--url") + 1] == f"{BASE}/models/a/b%20c/d"
    assert "Authorization: Bearer the-token" in arguments
    assert json.loads(arguments[arguments.index("--data") + 1]) == {
        "prompt": 'it\'s [5] "quoted" $HOME `id` \\\n'
    }


@settings(max_examples=25, deadline=None)
@given(
    st.dictionaries(
        st.text(min_size=1),
        st.recursive(
            st.none()
            | st.booleans()
            | st.integers()
            | st.text(st.characters())
            | st.just("\ud83d"),
            lambda inner: st.lists(inner, max_size=3),
            max_leaves=5,
        ),
        max_size=4,
    )
)
def test_every_input_survives_the_shell(inputs: dict[str, Any]) -> None:
    line = curl_line(job(inputs=inputs), BASE)
    line.encode()
    arguments = shell_reads(line)
    assert json.loads(arguments[-1]) == inputs


def test_an_adopted_job_whose_model_is_not_known_makes_no_crash() -> None:
    assert shell_reads(curl_line(job(model_id=None), BASE))[3] == f"{BASE}/models/"
