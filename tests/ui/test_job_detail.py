from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Self

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.app import App, ComposeResult
from textual.geometry import Region
from textual.pilot import Pilot

from runcomfy_tui import paths
from runcomfy_tui.jobs import Failure, FieldProblem, Job, Status
from runcomfy_tui.ui.widgets.job_detail import JobDetail, passages
from tests.ui.until import until

NOW = 1_763_733_000.0
PROMPT = "The subject sits in the driver's seat of a parked car [4, 15] in the forest."
RUNNING = Job(
    id="1",
    model_id="runwayml/runway-gen-4/turbo/image-to-video",
    inputs={"promptText": PROMPT, "promptImage": "https://x.y/a.png", "duration": 5},
    status=Status.IN_PROGRESS,
    created_at=NOW - 62,
    submitted_at=NOW - 62,
    started_at=NOW - 42,
    request_id="req_7f3a",
)
DONE = RUNNING.but(
    status=Status.COMPLETED,
    finished_at=NOW - 2,
    cost=0.25,
    output={"video": "https://cdn.runcomfy.net/output/a_output.mp4", "images": ["https://b/1.png"]},
)


class WatchedDetail(JobDetail):
    """The widget itself, with a note of what it asked to be repainted."""

    def __init__(self) -> None:
        self.now = NOW
        self.repainted: list[Region] = []
        super().__init__(clock=lambda: self.now)

    def refresh(self, *regions: Region, **options: Any) -> Self:
        self.repainted += regions or [self.size.region]
        return super().refresh(*regions, **options)

    @property
    def text(self) -> str:
        lines = [self.render_line(y).text.rstrip() for y in range(self.size.height)]
        return "\n".join(lines).rstrip()


@asynccontextmanager
async def detail(
    job: Job | None, size: tuple[int, int] = (90, 24)
) -> AsyncIterator[tuple[WatchedDetail, Pilot[None]]]:
    class DetailApp(App[None]):
        CSS_PATH = [paths.styles() / "job_detail.tcss"]

        def compose(self) -> ComposeResult:
            yield WatchedDetail()

    app = DetailApp()
    async with app.run_test(size=size) as pilot:
        shown = app.query_one(WatchedDetail)
        shown.styles.height = "1fr"
        shown.job = job
        await pilot.pause()
        yield shown, pilot


async def test_without_a_job_it_says_so() -> None:
    async with detail(None) as (shown, _):
        assert shown.text == "No job is selected."
        assert not shown.is_ticking


async def test_a_job_is_told_in_full() -> None:
    async with detail(DONE) as (shown, _):
        text = " ".join(shown.text.split())
        for part in (
            "req_7f3a runwayml/runway-gen-4/turbo/image-to-video ● completed at ",
            "took 40s · queued 20s · $0.25",
            "video https://cdn.runcomfy.net/output/a_output.mp4",
            "images[0] https://b/1.png",
            f"promptText {PROMPT[:60]}",
            "promptImage https://x.y/a.png",
            "duration 5",
        ):
            assert part in text, part


@pytest.mark.parametrize(
    ("status", "parts"),
    [
        (Status.UNCONFIRMED, ["may exist and may be charged", "(a)", "(r)", "(d)"]),
        (Status.REJECTED, ["nothing was created, nothing is charged"]),
        (Status.FAILED, ["could not finish it"]),
        (Status.NOT_FOUND, ["does not know this request_id"]),
    ],
)
async def test_what_went_wrong_is_said_with_the_servers_words_and_what_to_do(
    status: Status, parts: list[str]
) -> None:
    failure = Failure(
        "It was [bold]refused[/bold]",
        code="422",
        problems=(FieldProblem(("loras", 0, "path"), "must not be empty"),),
    )
    job = RUNNING.but(status=status, failure=failure)
    async with detail(job) as (shown, _):
        text = " ".join(shown.text.split())
        said = ["It was [bold]refused[/bold] (code 422)", "loras.0.path must not be empty"]
        for part in [*said, *parts]:
            assert part in text, part


async def test_a_code_that_the_words_name_already_is_not_named_again() -> None:
    failure = Failure("RunComfy does not know this (code 404001): it has expired.", code="404001")
    async with detail(RUNNING.but(status=Status.NOT_FOUND, failure=failure)) as (shown, _):
        assert shown.text.count("404001") == 1


async def test_a_job_nobody_has_asked_about_yet_is_told_from_an_unknown_word() -> None:
    for word, said in ((None, "it is asked"), ("warming", "does not know")):
        async with detail(RUNNING.but(status=Status.UNKNOWN, server_word=word)) as (shown, _):
            assert said in " ".join(shown.text.split())


async def test_a_long_text_is_wrapped_and_can_be_scrolled_to_its_end() -> None:
    words = [f"word{number}" for number in range(200)]
    job = RUNNING.but(inputs={"prompt": " ".join(words) + "\nsecond [/line]"})
    async with detail(job, (60, 10)) as (shown, pilot):
        shown.focus()
        assert "second [/line]" not in shown.text
        await pilot.press("end")
        assert "word199" in shown.text
        assert "second [/line]" in shown.text
        shown.job = DONE.but(id="2")
        assert shown.text.startswith("req_7f3a")


async def test_a_wrapped_url_or_wide_text_is_as_wide_as_the_widget_at_most() -> None:
    job = RUNNING.but(inputs={"image": "https://x.y/" + "a" * 300, "text": "日本語" * 60})
    async with detail(job, (50, 30)) as (shown, _):
        width = shown.canvas_size.width
        lines = [shown.render_line(y) for y in range(shown.size.height)]
        assert {line.cell_length for line in lines} == {width}
        assert shown.text.count("日") == 60


async def test_control_characters_are_shown_not_sent() -> None:
    job = RUNNING.but(inputs={"pro\x1bmpt": "a\x1b[2Jb"}, request_id="r\x07", model_id="m\x9b")
    async with detail(job) as (shown, _):
        assert not any(
            ord(char) < 32 or 127 <= ord(char) < 160 for char in shown.text if char != "\n"
        )
        assert "a␛[2Jb" in shown.text


async def test_an_equal_job_repaints_nothing_and_a_new_state_only_its_line() -> None:
    async with detail(RUNNING) as (shown, _):
        shown.repainted.clear()
        shown.job = RUNNING.but()
        assert shown.repainted == []
        shown.job = RUNNING.but(started_at=NOW - 40)
        (region, *times) = shown.repainted
        assert (region.y, region.height) == (2, 1)
        assert region.width < 45
        assert len(times) == 1  # the line that tells when it started


async def test_time_passing_repaints_the_sentence_alone() -> None:
    async with detail(RUNNING) as (shown, _):
        assert shown.is_ticking
        shown.repainted.clear()
        shown.now += 1
        shown.paint()
        (region,) = shown.repainted
        assert tuple(region) == (0, 2, len("◐ in_progress for 43"), 1)


async def test_a_narrower_window_wraps_anew() -> None:
    async with detail(RUNNING, (100, 24)) as (shown, pilot):
        assert PROMPT in shown.text
        await pilot.resize_terminal(50, 24)
        await until(pilot, lambda: PROMPT not in shown.text)
        assert all(word in shown.text for word in PROMPT.split())


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)


@given(inputs=st.dictionaries(st.text(max_size=9), _json, max_size=4), output=_json)
def test_whatever_a_job_holds_can_be_told(inputs: dict[str, Any], output: Any) -> None:
    told = list(passages(RUNNING.but(inputs=inputs, output=output)))
    labels = {part.label for part in told}
    assert labels >= set(inputs)
    assert "created" in told[-1].text
