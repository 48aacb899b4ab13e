"""The vocabulary: status words, ids, what a result holds."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runcomfy_tui.jobs import (
    Job,
    MediaKind,
    Output,
    Status,
    new_job,
    outputs_of,
    read_request_ids,
    status_of_word,
)

REQUEST_IDS = st.text(
    string.ascii_letters + string.digits + "_.:-", min_size=1, max_size=40
).filter(lambda text: set(text) - {"."})


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("in_queue", Status.IN_QUEUE),
        ("IN_QUEUE ", Status.IN_QUEUE),
        ("pending", Status.IN_QUEUE),
        ("processing", Status.IN_PROGRESS),
        ("succeeded", Status.COMPLETED),
        ("completed", Status.COMPLETED),
        ("canceled", Status.CANCELLED),
        ("cancelled", Status.CANCELLED),
        ("failed", Status.FAILED),
        ("reticulating", Status.UNKNOWN),
        ("", Status.UNKNOWN),
        # This program's own words say nothing when a server uses them.
        ("unconfirmed", Status.UNKNOWN),
        ("rejected", Status.UNKNOWN),
    ],
)
def test_every_word_of_the_server_has_a_status(word: str, status: Status) -> None:
    assert status_of_word(word) is status


def test_a_job_is_watched_or_final_or_waits_for_its_user() -> None:
    for status in Status:
        kinds = [status.is_final, status.is_watched]
        kinds.append(status in (Status.SUBMITTING, Status.UNCONFIRMED))
        assert kinds.count(True) == 1, status


def test_an_unknown_word_is_shown_as_the_server_wrote_it() -> None:
    job = new_job("a/b", {}).but(status=Status.UNKNOWN, server_word="Reticulating")
    assert job.status_word == "Reticulating"
    assert job.but(server_word=None).status_word == "unknown"
    assert job.but(status=Status.IN_QUEUE).status_word == "in_queue"


def test_ids_sort_by_time_and_are_never_the_same() -> None:
    early, late = new_job("a/b", {}, now=999_999_999.0), new_job("a/b", {}, now=5_000_000_000.0)
    assert early.id < late.id
    assert len({new_job("a/b", {}, now=1.0).id for _ in range(1000)}) == 1000


def test_a_job_keeps_its_inputs_when_the_form_goes_on_changing() -> None:
    form = {"prompt": "as it was"}
    job = new_job("a/b", form)
    form["prompt"] = "changed"
    assert job.inputs == {"prompt": "as it was"}


def test_a_duration_counts_from_the_start_that_was_seen_and_is_never_negative() -> None:
    job = new_job("a/b", {}, now=100.0)
    assert job.duration is None
    assert job.but(finished_at=160.0).duration == 60.0
    assert job.but(started_at=130.0, finished_at=160.0).duration == 30.0
    assert job.but(started_at=170.0, finished_at=160.0).duration == 0.0


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        ({"image": "https://x/a"}, [("https://x/a", MediaKind.IMAGE, "image")]),
        ({"video": "https://x/a.bin"}, [("https://x/a.bin", MediaKind.VIDEO, "video")]),
        (
            {"images": ["https://x/a", "https://x/b"]},
            [
                ("https://x/a", MediaKind.IMAGE, "images[0]"),
                ("https://x/b", MediaKind.IMAGE, "images[1]"),
            ],
        ),
        ("https://x/a.MP3?token=1", [("https://x/a.MP3?token=1", MediaKind.AUDIO, "")]),
        (["http://x/a.webm"], [("http://x/a.webm", MediaKind.VIDEO, "[0]")]),
        (
            {"result": {"url": "HTTPS://x/a.PNG"}, "note": "see https://x/b.png"},
            [("HTTPS://x/a.PNG", MediaKind.IMAGE, "result.url")],
        ),
        ({"url": "https://x/noname"}, [("https://x/noname", MediaKind.FILE, "url")]),
        (
            {"video": "https://x/a", "url": "https://x/a"},
            [("https://x/a", MediaKind.VIDEO, "video")],
        ),
        ({"url": "https://[broken/a.png"}, [("https://[broken/a.png", MediaKind.FILE, "url")]),
        ({"seed": 3, "video": None, "images": {}}, []),
        (None, []),
        ("ftp://x/a.png", []),
    ],
)
def test_a_results_files_are_found_wherever_the_api_puts_them(
    output: object, expected: list[tuple[str, MediaKind, str]]
) -> None:
    assert outputs_of(output) == tuple(Output(*each) for each in expected)


def test_a_job_reads_files_from_its_output_alone() -> None:
    job = Job("1", "a/b", {"image": "https://x/input.png"}, Status.COMPLETED, 0.0)
    assert job.outputs == ()


@given(st.lists(REQUEST_IDS, max_size=8), st.sampled_from([" ", "\n", ",", ";", ", ", "\r\n\t"]))
def test_request_ids_are_read_in_order_each_once(ids: list[str], between: str) -> None:
    assert read_request_ids(between.join(ids)) == tuple(dict.fromkeys(ids))


@given(REQUEST_IDS)
def test_a_url_or_quotes_around_a_request_id_do_no_harm(request_id: str) -> None:
    base = "https://model-api.runcomfy.net/v1/requests"
    for text in (
        f"{base}/{request_id}/status",
        f"{base}/{request_id}/result?include_cost=true",
        f"{base}/{request_id}",
        f'"{request_id}",',
        f"'{request_id}'",
    ):
        assert read_request_ids(text) == (request_id,)


@given(st.text())
def test_whatever_is_read_can_stand_in_a_url(text: str) -> None:
    try:
        ids = read_request_ids(text)
    except ValueError:
        return
    for request_id in ids:
        assert request_id.isascii()
        assert not set(request_id) & set("/?#%\\ \n")
        assert request_id not in (".", "..")


@pytest.mark.parametrize(
    "text", ["..", "a/b", "req 1 ; rm -rf /", "ü", "x" * 201, "https://x/requests/%2e%2e/status"]
)
def test_what_cannot_be_a_request_id_is_named(text: str) -> None:
    with pytest.raises(ValueError, match="is not a request_id"):
        read_request_ids(text)
