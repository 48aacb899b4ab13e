"""Where files go: a template's folders and names, whatever the values in it are."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runcomfy_tui.engine.saving import Saving
from runcomfy_tui.jobs import Job, Status, new_job
from runcomfy_tui.name_template import name_template

URLS = ["https://a.runcomfy.net/output/one.png", "https://a.runcomfy.net/output/two"]

DAY = time.strftime("%Y-%m-%d", time.localtime(1e9))
"""The day on which `job` was made, where the tests run."""


def job(**changes: object) -> Job:
    made = new_job("acme/paint-1.0/text-to-image", {"prompt": "A  paper\nboat", "seed": 7}, now=1e9)
    told = {"request_id": "req-1", "status": Status.COMPLETED, "output": URLS} | changes
    return made.but(**told)


def place(template: str, number: int = 0, **changes: object) -> str:
    folder, name = Saving(Path("/x"), name_template(template)).place(job(**changes), URLS[number])
    return str((folder / name).relative_to("/x"))


@pytest.mark.parametrize(
    ("template", "wanted"),
    [
        ("{date}/{model}/{request_id}-{n}.{ext}", f"{DAY}/paint-1.0-text-to-image/req-1-1.png"),
        ("{vendor}/{prompt}-{seed}.{ext}", "acme/A_paper_boat-7.png"),
        ("{label}/{n:03}-{name}.{ext}", "001-one.png"),
        ("{kind}-{input.seed}-{input.nothing}", "image-7"),
        ("fixed", "fixed"),
    ],
)
def test_a_template_is_filled_in(template: str, wanted: str) -> None:
    assert place(template) == wanted


def test_a_file_without_an_extension_gets_none_before_its_bytes_are_seen() -> None:
    assert place("{request_id}-{n}.{ext}", 1) == "req-1-2"


def test_a_label_is_a_folder_where_there_is_one() -> None:
    assert place("{label}/{n}.{ext}", label="Best [/of]") == "Best_[_of]/1.png"


NASTY = st.text(max_size=300) | st.sampled_from(["..", "../..", "/etc", "a/../../b", "\\..\\", "."])


@given(label=NASTY, request_id=NASTY, prompt=NASTY, model_id=NASTY)
def test_no_value_leads_out_of_the_folder(
    label: str, request_id: str, prompt: str, model_id: str
) -> None:
    made = job(label=label, request_id=request_id, inputs={"prompt": prompt}, model_id=model_id)
    template = "{label}/{model}/{vendor}{prompt}/{request_id}.{ext}"
    folder, name = Saving(Path("/x"), template).place(made, URLS[0])
    parts = folder.relative_to("/x").parts
    assert len(parts) <= 3
    for part in (*parts, name):
        assert part not in ("", ".", "..")
        assert not set(part) & set("/\\\0\x1b")
        assert not part.startswith((".", "-", "~"))
        assert len(part.encode()) <= 150


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ("", "single slashes"),
        ("/abs/{n}", "single slashes"),
        ("../{n}", "single slashes"),
        ("a//{n}", "single slashes"),
        ("{nothing}", "knows no {nothing}"),
        ("{input.}", "knows no {input.}"),
        ("{n", "cannot be read"),
        ("{}", "knows no {}"),
        ("{n!r}", "no width"),
        ("{date:10}", "no width"),
        ("{n:>99999999}", "no width"),
        ("{id.__class__}", "knows no"),
    ],
)
def test_a_template_that_cannot_be_used_says_why(template: str, words: str) -> None:
    with pytest.raises(ValueError, match=re.escape(words)):
        name_template(template)
