"""Marked jobs: one question says what will be done and to how many; then just these are taken."""

from __future__ import annotations

from pathlib import Path

import pytest

from runcomfy_tui.engine import gate, release
from runcomfy_tui.engine.changes import DownloadPhase, DownloadState
from runcomfy_tui.jobs import Job, Status
from runcomfy_tui.ui.screens.bulk_actions import plan
from runcomfy_tui.ui.screens.bulk_downloads import outcome_words
from runcomfy_tui.ui.screens.bulk_rerun import items_by_model, likely_usd
from runcomfy_tui.ui.screens.job_actions import copyables
from tests.engine.house import INPUTS, MODEL, on_disk
from tests.engine.server import Server
from tests.terminal import past_jobs
from tests.ui.many_host import Dashboard, dashboard


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(release, "LOOK_INTERVAL", 0.05)
    monkeypatch.setattr(gate, "FIRST_THROTTLE_PAUSE", 0.05)


async def submit(host: Dashboard, *prompts: str, estimate: float | None = None) -> list[Job]:
    """Jobs that queue, as the table shows them."""
    jobs = [
        await host.engine.ask(
            lambda engine: engine.submit(
                MODEL,
                {**INPUTS, "promptText": text},  # noqa: B023
                estimate=estimate,
            )
        )
        for text in prompts
    ]
    made = {job.id: job.status for job in jobs}
    table = host.main.table
    await host.until(
        lambda: made.items() <= {job.id: job.status for job in table.jobs}.items(), "for the jobs"
    )
    host.main.show_jobs()
    await host.pilot.pause()
    return jobs


def state(host: Dashboard, job: Job) -> Status:
    return on_disk(host.folder)[job.id].status


async def test_marks_by_key_range_and_all_outlive_filters_and_go_with_u(
    server: Server, tmp_path: Path
) -> None:
    past_jobs.write(tmp_path / "data", *map(past_jobs.finished, range(30)))
    async with dashboard(server, tmp_path / "data") as host:
        await host.until(lambda: host.main.is_loaded and host.main.table.job_count == 30)
        host.main.show_jobs()
        await host.press("space", "j", "j", "j", "v")
        await host.shows("4 marked")
        await host.press("slash", *"request:past-1", "enter", "asterisk")
        # 1 and 10 to 19; none of them was marked: the four newest are 26 to 29.
        await host.shows("15 marked")
        await host.press("asterisk")
        await host.shows("4 marked")
        await host.press("escape", "u")
        await host.shows("/ filter")
        assert host.main.table.marked_count == 0


@pytest.mark.parametrize(
    ("key", "question"),
    [
        ("d", "Drop 5 jobs"),
        ("D", "Save 5 files of 5 jobs?"),
        ("r", "Send 5 jobs again?"),
        ("l", "Label 5 jobs"),
        ("n", "Note for 5 jobs"),
        ("s", "Rate 5 jobs"),
        ("A", "Archive 5 jobs?"),
    ],
)
async def test_a_question_about_marked_jobs_tells_how_many_of_them_are_not_shown(
    server: Server, tmp_path: Path, key: str, question: str
) -> None:
    past_jobs.write(tmp_path / "data", *map(past_jobs.finished, range(5)))
    async with dashboard(server, tmp_path / "data") as host:
        await host.until(lambda: host.main.is_loaded and host.main.table.job_count == 5)
        host.main.show_jobs()
        await host.press("asterisk", key)
        await host.shows(question)
        assert "not shown" not in host.text
        await host.press("escape", "slash", *"request:past-1", "enter", key)
        await host.shows(question)
        assert "4 of them are not shown" in host.text
        assert host.toasts == ""
        await host.press("escape", "slash", *"x", "enter", key)
        await host.shows(question)
        assert "None of them is shown" in host.text


@pytest.mark.parametrize(
    ("key", "question"),
    [
        ("d", "Drop the marked job (not shown) from the ledger?"),
        ("D", "Save 1 file of 1 job?"),
        ("l", "Label the marked job (not shown)"),
        ("A", "Archive the marked job (not shown)?"),
    ],
)
async def test_a_marked_job_elsewhere_is_not_called_this_job(
    server: Server, tmp_path: Path, key: str, question: str
) -> None:
    past_jobs.write(tmp_path / "data", *map(past_jobs.finished, range(3)))
    async with dashboard(server, tmp_path / "data") as host:
        await host.until(lambda: host.main.is_loaded and host.main.table.job_count == 3)
        host.main.show_jobs()
        await host.press("space", "l")
        await host.shows("Label this job")
        await host.press("escape", "j", "l")
        await host.shows("Label the marked job")
        assert "not shown" not in host.text
        await host.press("escape", "slash", *"request:past-1", "enter", key)
        await host.shows(question)


async def test_what_asks_nothing_tells_of_marked_jobs_that_are_not_shown(
    server: Server, tmp_path: Path
) -> None:
    past_jobs.write(tmp_path / "data", *map(past_jobs.finished, range(3)))
    async with dashboard(server, tmp_path / "data") as host:
        await host.until(lambda: host.main.is_loaded and host.main.table.job_count == 3)
        host.main.show_jobs()
        await host.press("space", "j", "space", "slash", *"request:past-1", "enter", "p")
        await host.until(lambda: "2 jobs are marked. 1 of them is not shown" in host.toasts)
        await host.until(lambda: host.main.table.marked_count == 0, "for the pins")
        await host.press("asterisk", "escape", "slash", *"request:past-2", "enter", "equals_sign")
        await host.until(lambda: "Marked now: 1." in host.toasts)
        await host.press("space", "E")
        await host.shows("marked: 2, 1 of them not shown")


async def test_where_a_question_is_longer_than_the_screen_its_answer_is_in_sight(
    server: Server, tmp_path: Path
) -> None:
    jobs = [past_jobs.finished(n).but(model_id=f"vendor/model-{n}") for n in range(11)]
    past_jobs.write(tmp_path / "data", *jobs)
    async with dashboard(server, tmp_path / "data", size=(60, 20)) as host:
        await host.until(lambda: host.main.is_loaded and host.main.table.job_count == 11)
        host.main.show_jobs()
        await host.press("asterisk", "r")
        await host.shows("type 11, then enter")
        await host.press("1", "7")
        await host.shows(" 17 ")
        await host.press("escape")
        await host.shows("11 marked")


async def test_cancelling_asks_once_and_takes_only_what_queues(
    server: Server, tmp_path: Path
) -> None:
    async with dashboard(server, tmp_path / "data") as host:
        running = await submit(host, "first")
        server.let_start()
        await host.until(lambda: state(host, running[0]) is Status.IN_PROGRESS)
        waiting = await submit(host, "second", "third")
        await host.press("g", "asterisk", "c")
        await host.shows("Cancel 2 jobs?")
        await host.shows("Left out: 1 is in_progress.")
        await host.press("n")
        await host.shows("3 marked")
        await host.press("c", "y")
        await host.until(lambda: "2 cancelled" in host.toasts)
        assert [state(host, job) for job in waiting] == [Status.CANCELLED] * 2
        assert state(host, running[0]) is Status.IN_PROGRESS
        assert host.main.table.marked_count == 0


async def test_marks_stay_until_every_cancel_was_answered(server: Server, tmp_path: Path) -> None:
    async with dashboard(server, tmp_path / "data") as host:
        jobs = await submit(host, "first", "second")
        server.faults("error-code-200@cancel:1")
        await host.press("g", "asterisk", "c", "y")
        await host.until(lambda: "1 cancelled" in host.toasts)
        assert "1 without an answer" in host.toasts
        assert "2 marked" in host.text
        table = host.main.table
        await host.until(lambda: Status.CANCELLED in [job.status for job in table.jobs])
        await host.press("c")
        await host.shows("Cancel 1 job?")
        await host.press("y")
        await host.until(lambda: [state(host, job) for job in jobs] == [Status.CANCELLED] * 2)


async def test_labels_notes_and_ratings_of_many_are_on_the_disk_and_in_the_row(
    server: Server, tmp_path: Path
) -> None:
    past_jobs.write(tmp_path / "data", *map(past_jobs.finished, range(3)))
    async with dashboard(server, tmp_path / "data") as host:
        await host.until(lambda: host.main.is_loaded and host.main.table.job_count == 3)
        host.main.show_jobs()
        await host.press("j", "space", "j", "space", "l")
        await host.shows("Label 2 jobs")
        await host.press(*"kites [/x]", "enter", "n")
        await host.shows("Note for 2 jobs")
        await host.press(*"for the client", "enter", "s")
        await host.shows("Rate 2 jobs")
        await host.press("4")
        await host.until(lambda: host.main.jobs.labels == ["kites [/x]"])
        await host.shows("kites [/x] · rated 4/5")
        jobs = sorted(on_disk(host.folder).values(), key=lambda job: job.id)
        told = [(job.label, job.note, job.rating) for job in jobs]
        assert told == [("kites [/x]", "for the client", 4)] * 2 + [("", "", None)]
        await host.press("slash", *"label:kites note:client rating:4", "enter")
        assert host.main.table.row_count == 2
        await host.press("u", "l", *["backspace"] * 10, "enter")
        await host.until(lambda: host.main.table.row_count == 1, "for the label to be gone")


async def test_dropping_many_says_what_goes_on_and_leaves_the_others(
    server: Server, tmp_path: Path
) -> None:
    async with dashboard(server, tmp_path / "data") as host:
        jobs = await submit(host, "first", "second", "third")
        await host.press("g", "space", "j", "space", "d")
        await host.shows("Drop 2 jobs from the ledger?")
        await host.shows("2 of them have not ended.")
        await host.press("y")
        await host.until(lambda: "2 jobs dropped" in host.toasts)
        assert set(on_disk(host.folder)) == {jobs[0].id}
        await host.until(lambda: host.main.table.job_count == 1)
        assert host.main.table.cursor_job == host.main.table.job(jobs[0].id)
        assert host.main.table.marked_count == 0


async def test_sending_many_again_asks_once_and_sends_each_once_with_its_own_inputs(
    server: Server, tmp_path: Path
) -> None:
    async with dashboard(server, tmp_path / "data") as host:
        await submit(host, "first", "second", "third")
        await host.press("g", "space", "j", "space", "r")
        await host.shows("Send 2 jobs again?")
        await host.shows(f"2 × {MODEL}")
        await host.press("n", "r", "y")
        await host.until(lambda: len(server.requests()) == 5, "for the POSTs")
        prompts = [each["inputs"]["promptText"] for each in server.requests()]
        assert prompts == ["first", "second", "third", "second", "third"]
        await host.until(lambda: host.main.table.job_count == 5)
        assert server.created() == 5


async def test_more_than_a_few_are_sent_again_only_once_their_number_is_typed(
    server: Server, tmp_path: Path
) -> None:
    async with dashboard(server, tmp_path / "data", confirm_jobs=2) as host:
        await submit(host, "first", "second", "third")
        await host.press("asterisk", "r")
        await host.shows("Send 3 jobs?")
        await host.press("y", "enter")
        await host.shows("That is not 3")
        await host.press("escape")
        assert server.created() == 3


async def test_sending_many_again_past_a_budget_waits_for_a_yes(
    server: Server, tmp_path: Path
) -> None:
    async with dashboard(server, tmp_path / "data", budget_per_sweep=0.4) as host:
        await submit(host, "first", "second", estimate=0.25)
        await host.press("asterisk", "r", "y")
        await host.shows("Send them past your budget?")
        await host.shows("2 jobs. This is estimated at $0.50.")
        await host.press("n")
        await host.until(lambda: "2 marked" in host.text, "for the marks to stay")
        assert server.created() == 2
        await host.press("r", "y")
        await host.shows("Send them past your budget?")
        await host.press("y")
        await host.until(lambda: server.created() == 4, "for the POSTs")
        await host.until(lambda: host.statuses[Status.SUBMITTING] == 0, "for the answers")
        assert [job.estimate for job in on_disk(host.folder).values()] == [0.25] * 4


async def test_a_day_that_has_reached_its_budget_is_asked_about_before_jobs_are_sent_again(
    server: Server, tmp_path: Path
) -> None:
    async with dashboard(server, tmp_path / "data", budget_per_day=0.6) as host:
        await submit(host, "first", "second", estimate=0.25)
        await host.press("asterisk", "r", "y")
        await host.shows("Your budget for a day is $0.60")
        assert server.created() == 2
        await host.press("n")


async def test_the_files_of_many_jobs_are_saved_after_one_question(
    server: Server, tmp_path: Path
) -> None:
    saved, without = tmp_path / "results", past_jobs.finished(1).but(output={"text": "No files"})
    past_jobs.write(tmp_path / "data", without)
    async with dashboard(server, tmp_path / "data", download_dir=saved) as host:
        await host.until(lambda: host.main.is_loaded and host.main.table.job_count == 1)
        jobs = await submit(host, "first", "second")
        server.let_end()
        await host.until(lambda: {state(host, job) for job in jobs} == {Status.COMPLETED})
        await host.until(lambda: sum(bool(job.outputs) for job in host.main.table.jobs) == 2)
        await submit(host, "third")
        await host.press("asterisk", "D")
        await host.shows("Save 2 files of 2 jobs?")
        await host.shows("Left out: 1 is in_queue, 1 is completed without files.")
        await host.press("y")
        await host.until(lambda: "2 files saved" in host.toasts)
        assert len([file for file in saved.rglob("*.mp4") if file.stat().st_size]) == 2
        await host.press("asterisk", "D", "y")
        await host.until(lambda: "2 files saved before." in host.toasts)
        await host.press("g", "D")
        await host.until(lambda: "There is no file to save" in host.toasts)


def test_what_became_of_downloads_is_told_in_one_sentence_each(tmp_path: Path) -> None:
    def ended(phase: DownloadPhase, **told: str) -> DownloadState:
        return DownloadState("job", "https://x.y/z", phase, **told)  # type: ignore[arg-type]

    words = outcome_words(
        [
            ended(DownloadPhase.DONE, file="/a/b.mp4"),
            ended(DownloadPhase.ASKING, words="cdn.example.com"),
            ended(DownloadPhase.FAILED, words="The disk is full."),
        ],
        tmp_path,
    )
    assert f"1 file saved in {tmp_path}." in words
    assert "1 file lies at cdn.example.com" in words
    assert "1 file could not be saved. The disk is full." in words


def test_local_files_and_models_of_reruns_are_told_apart() -> None:
    path = "file:///tmp/a%20boat.png#sha256=" + "0" * 64
    one = past_jobs.finished(1).but(inputs={"image": path, "many": [{"url": path}]})
    other = past_jobs.finished(2).but(model_id="other/model", inputs={"seed": 1})
    adopted = past_jobs.finished(3).but(model_id=None, adopted=True)
    groups = items_by_model([other, one])
    (item,) = groups[MODEL]
    assert item.inputs == {"image": "/tmp/a boat.png", "many": [{"url": "/tmp/a boat.png"}]}
    assert item.files == (("image",), ("many", 0, "url"))
    assert groups["other/model"][0].files == ()
    assert likely_usd(one.but(estimate=0.3, cost=0.2)) == 0.3
    assert likely_usd(one.but(estimate=None, cost=0.2)) == 0.2
    assert likely_usd(one.but(estimate=None, cost=0.0, status=Status.FAILED)) is None
    assert item.estimate == likely_usd(one)
    parted = plan([one, adopted], lambda job: not job.adopted)
    assert parted.left_out_words == "Left out: 1 is completed."
    parted = plan([adopted, adopted], lambda job: not job.adopted, lambda _: "from elsewhere")
    assert parted.left_out_words == "Left out: 2 are from elsewhere."


def test_the_urls_of_a_job_with_several_files_are_told_apart() -> None:
    def named(job: Job) -> list[str]:
        return [thing.name for thing in copyables(job, "https://x.y/v1")]

    one = past_jobs.finished(1)
    two = one.but(output={"images": ["https://a.b/1.png", "https://a.b/2.png"]})
    assert named(one)[:2] == ["request_id", "video URL"]
    assert named(two)[:3] == ["request_id", "image 1 URL", "image 2 URL"]
    assert named(one.but(output=None))[:2] == ["request_id", "JSON"]
