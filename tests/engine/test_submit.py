"""A job from the form to its end, and what becomes of a submit that is not answered with a yes."""

from __future__ import annotations

import asyncio
import errno
import os
import threading
from pathlib import Path

import pytest

from runcomfy_tui.engine.changes import Link
from runcomfy_tui.engine.errors import EngineError
from runcomfy_tui.jobs import Job, MediaKind, Status
from tests.engine.house import A_WHILE, INPUTS, MODEL, House, on_disk, without_position
from tests.engine.server import OPENING_BALANCE, PRICE, Server, at
from tests.unit.badserver import BadServer, Request, as_json, http


async def test_a_job_is_seen_from_the_queue_to_its_end_and_the_ledger_agrees(
    server: Server, house: House, ledger_folder: Path
) -> None:
    job = await house.submit(promptText="[/to] the end")
    assert job.status is Status.IN_QUEUE
    assert on_disk(ledger_folder) == {job.id: job}
    assert [made["request_id"] for made in server.requests()] == [job.request_id]
    assert server.requests()[0]["inputs"] == INPUTS | {"promptText": "[/to] the end"}

    queued = await house.until(lambda: _with_position(house, job), "for a place in the queue")
    assert queued.queue_position is not None
    server.let_start()
    running = await house.until_job(job, "in_progress")
    assert running.queue_position is None
    assert running.started_at is not None
    server.let_end()
    done = await house.until_job(job, "completed")

    assert house.words_of(job) == ["in_queue", "in_progress", "completed"]
    assert done.cost == PRICE
    assert [output.kind for output in done.outputs] == [MediaKind.VIDEO]
    assert done.outputs[0].url.startswith(server.url.removesuffix("/v1"))
    assert done.duration is not None
    assert on_disk(ledger_folder) == without_position(house.jobs.values())
    await house.until(
        lambda: house.facts.balance and house.facts.balance.usd == OPENING_BALANCE - PRICE,
        "for the balance to go down",
    )
    assert house.facts.link is Link.ONLINE


async def test_the_intent_is_on_the_disk_before_the_post_arrives(ledger_folder: Path) -> None:
    seen: list[dict[str, Job]] = []

    async def handle(request: Request, writer: asyncio.StreamWriter) -> None:
        if request.method == "POST":
            seen.append(on_disk(ledger_folder))
            writer.write(as_json({"request_id": "req-1"}))
        else:
            writer.write(as_json({"request_id": "req-1", "status": "in_queue"}))

    async with BadServer(handle) as bad, House(ledger_folder, f"{bad.url}/v1") as house:
        job = await house.submit()
        assert len(bad.of("POST")) == 1
        assert on_disk(ledger_folder)[job.id].request_id == "req-1"
    [intents] = seen
    assert list(intents) == [job.id]
    intent = intents[job.id]
    assert intent.status is Status.SUBMITTING
    assert (intent.model_id, intent.inputs, intent.request_id) == (MODEL, INPUTS, None)


@pytest.mark.parametrize(
    ("fault", "created"),
    [
        ("lost-submit", 1),
        ("error-after-submit", 1),
        ("html-200@submit", 1),
        ("truncated@submit", 1),
        ("empty@submit", 1),
        ("cut@submit", 1),
        ("lost-submit-before", 0),
        ("html-502@submit", 0),
        ("unavailable@submit", 0),
        ("error-code-200@submit", 0),
        ("redirect@submit", 0),
    ],
)
async def test_a_lost_answer_leaves_an_unconfirmed_job_and_no_second_post(
    server: Server, ledger_folder: Path, fault: str, created: int
) -> None:
    # The fault strikes once: a second POST would be a second, paid job.
    server.faults(f"{fault}:1")
    async with at(server, ledger_folder) as house:
        job = await house.submit()
        assert job.status is Status.UNCONFIRMED
        assert job.failure is not None
        assert "may be charged" in job.failure.message
        other = await house.submit()
        await house.until(lambda: _with_position(house, other))
        assert server.created() == created + 1
        assert on_disk(ledger_folder)[job.id] == job


async def test_a_submit_that_is_never_answered_is_unconfirmed_when_the_engine_stops(
    server: Server, ledger_folder: Path
) -> None:
    server.faults("hang@submit")
    async with at(server, ledger_folder) as house:
        waiting = asyncio.create_task(house.submit())
        [job] = await house.until(lambda: list(house.jobs.values()), "for the intent")
        assert house.engine.submits_under_way == 1
    assert waiting.cancelled()
    assert on_disk(ledger_folder)[job.id].status is Status.UNCONFIRMED


async def test_inputs_that_the_server_refuses_come_back_with_its_words_at_the_field(
    server: Server, house: House, ledger_folder: Path
) -> None:
    job = await house.engine.submit(MODEL, {"promptText": "refuse please", "seed": -5})
    assert job.status is Status.REJECTED
    assert job.failure is not None
    assert {problem.path for problem in job.failure.problems} == {
        ("promptImage",),
        ("promptText",),
        ("seed",),
    }
    assert server.created() == 0
    assert on_disk(ledger_folder) == {job.id: job}


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("no-balance", "balance"),
        ("refused-text", "Invalid input"),
        ("rate-limit@submit", "fewer requests"),
    ],
)
async def test_a_clear_no_is_a_rejected_job_in_the_servers_words(
    server: Server, house: House, fault: str, words: str
) -> None:
    server.faults(fault)
    job = await house.submit()
    assert job.status is Status.REJECTED
    assert job.failure is not None
    assert words in job.failure.message
    assert server.created() == 0


async def test_a_model_that_nobody_knows_is_rejected(server: Server, house: House) -> None:
    job = await house.engine.submit("no/such/model", {})
    assert job.status is Status.REJECTED
    assert job.failure is not None
    assert job.failure.code == "404001"


async def test_where_nothing_listens_nothing_was_sent_and_the_words_say_so(
    server: Server, house: House
) -> None:
    server.stop()
    job = await house.submit()
    assert job.status is Status.REJECTED
    assert job.failure is not None
    assert "Nothing was sent" in job.failure.message


async def test_without_a_token_nothing_is_sent_or_written(
    server: Server, ledger_folder: Path
) -> None:
    async with at(server, ledger_folder, token=None) as house:
        await house.until(lambda: house.facts.link is Link.NO_TOKEN)
        with pytest.raises(EngineError) as refused:
            await house.submit()
        assert refused.value.is_authorisation
        assert on_disk(ledger_folder) == {}
        assert server.created() == 0


async def test_a_refused_token_is_told_and_a_good_one_makes_up_for_it(
    server: Server, ledger_folder: Path
) -> None:
    async with at(server, ledger_folder, token="expired") as house:
        job = await house.submit()
        assert job.status is Status.REJECTED
        assert house.engine.submits_under_way == 0
        await house.until(lambda: house.facts.link is Link.REFUSED)
        with pytest.raises(EngineError) as still:
            await house.engine.sign_in("wrong")
        assert still.value.is_authorisation
        assert server.requests() == []
        assert await house.engine.sign_in("good")
        await house.until(lambda: house.facts.link is Link.ONLINE)
        assert (await house.submit()).status is Status.IN_QUEUE


async def test_a_token_that_is_being_tried_is_used_for_nothing_else(
    server: Server, house: House
) -> None:
    trying = asyncio.create_task(house.engine.sign_in("wrong"))
    await asyncio.sleep(0)
    assert (await house.submit()).status is Status.IN_QUEUE
    with pytest.raises(EngineError):
        await trying
    assert (await house.submit()).status is Status.IN_QUEUE
    assert house.facts.link is not Link.REFUSED


def full(descriptor: int) -> None:
    """A full disk refuses to sync what was written."""
    raise OSError(errno.ENOSPC, "No space left on device")


async def test_a_full_disk_before_the_post_means_that_nothing_is_sent(
    server: Server, ledger_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with at(server, ledger_folder) as house:
        with monkeypatch.context() as disk:
            disk.setattr(os, "fsync", full)
            with pytest.raises(EngineError, match=r"Nothing was sent.*disk is full"):
                await house.submit()
            [trouble] = await house.until(lambda: house.facts.troubles)
            assert "disk is full" in trouble
            assert house.jobs == {}
            assert server.created() == 0
        await house.until(lambda: not house.facts.troubles, "for nothing to be amiss")
        job = await house.submit()
        await house.until(lambda: _with_position(house, job))
        assert list(on_disk(ledger_folder)) == [job.id]
        assert server.created() == 1


async def test_an_intent_that_was_given_up_does_not_get_to_the_disk_with_the_next_one(
    server: Server, house: House, ledger_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sync = os.fsync
    writing, go_on = threading.Event(), threading.Event()

    def full_once(descriptor: int) -> None:
        if not writing.is_set():
            writing.set()
            go_on.wait(A_WHILE)
            full(descriptor)
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", full_once)
    first = asyncio.create_task(house.submit())
    assert await asyncio.to_thread(writing.wait, A_WHILE)
    second = asyncio.create_task(house.submit())
    for _ in range(10):
        await asyncio.sleep(0)  # the second waits for the writer, behind the first
    go_on.set()
    with pytest.raises(EngineError, match="Nothing was sent"):
        await first
    job = await second
    assert list(on_disk(ledger_folder)) == [job.id]
    assert server.created() == 1


async def test_a_folder_that_is_gone_before_the_post_means_that_nothing_is_sent(
    server: Server, house: House, ledger_folder: Path
) -> None:
    _unmount(ledger_folder)
    with pytest.raises(EngineError, match="Nothing was sent"):
        await house.submit()
    assert server.created() == 0


async def test_what_the_server_said_while_the_disk_was_full_is_shown_and_saved_later(
    server: Server, house: House, ledger_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = await house.submit()
    with monkeypatch.context() as disk:
        disk.setattr(os, "fsync", full)
        server.let_end()
        done = await house.until_job(job, "completed")
        [trouble] = await house.until(lambda: house.facts.troubles)
        assert "disk is full" in trouble
        assert on_disk(ledger_folder)[job.id].status is not Status.COMPLETED
    await house.until(lambda: not house.facts.troubles, "for the disk to be tried again")
    assert on_disk(ledger_folder)[job.id] == done


async def test_an_answer_of_html_without_a_word_of_json_is_no_request_id(
    ledger_folder: Path,
) -> None:
    async def handle(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(http(200, "<html>Please log in</html>", "text/html"))

    async with BadServer(handle) as bad, House(ledger_folder, f"{bad.url}/v1") as house:
        job = await house.submit()
        assert job.status is Status.UNCONFIRMED
        assert job.request_id is None
        assert len(bad.of("POST")) == 1


def _with_position(house: House, job: Job) -> Job | None:
    now = house.jobs.get(job.id)
    return now if now is not None and now.queue_position is not None else None


def _unmount(folder: Path) -> None:
    folder.rename(folder.with_name("unmounted"))
    folder.write_text("a file where the folder was")
