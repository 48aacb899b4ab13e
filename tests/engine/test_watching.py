"""The watch over submitted jobs: odd answers, outages, refusals, ends of every kind."""

from __future__ import annotations

import asyncio
import itertools
import time
from pathlib import Path

import pytest

from runcomfy_tui.engine import missing, tracker
from runcomfy_tui.engine.changes import Link
from runcomfy_tui.history.ledger import Ledger
from runcomfy_tui.jobs import Job, Status, new_job
from runcomfy_tui.words import local_time
from tests.engine.house import A_WHILE, INPUTS, MODEL, House, on_disk
from tests.engine.server import OPENING_BALANCE, PRICE, Server, at
from tests.unit.badserver import BadServer, Request, as_json


@pytest.mark.parametrize(
    "fault",
    [
        "html-200@status:3",
        "html-502@status:3",
        "truncated@status:3",
        "cut@status:3",
        "empty@status:3",
        "drop@status:3",
        "error-code-200@status:3",
        "server-error@result:2",
        "truncated@result:2",
        "huge@result:1",
    ],
)
async def test_answers_that_make_no_sense_end_neither_the_job_nor_the_watch(
    server: Server, house: House, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tracker, "SLOWEST_INTERVAL", 0.05)
    server.faults(fault)
    job = await house.submit()
    server.let_start()
    server.let_end()
    done = await house.until_job(job, "completed")
    assert done.cost == PRICE
    assert house.words_of(job)[-1] == "completed"
    assert {"failed", "not_found", "rejected"}.isdisjoint(house.words_of(job))


async def test_a_word_never_heard_before_is_shown_as_it_came_and_watched_on(
    server: Server, house: House, ledger_folder: Path
) -> None:
    server.faults("unknown-status")
    job = await house.submit()
    server.let_start()
    odd = await house.until_job(job, "reticulating")
    assert odd.status is Status.UNKNOWN
    assert on_disk(ledger_folder)[job.id].status_word == "reticulating"
    server.let_end()
    assert (await house.until_job(job, "completed")).server_word is None


async def test_the_other_words_of_official_clients_are_understood(
    server: Server, house: House
) -> None:
    server.faults("other-words")
    first = await house.submit()
    server.let_start()
    await house.until_job(first, "in_progress")
    second = await house.submit()
    report = await house.engine.cancel(second.id)
    assert report.job.status is Status.CANCELLED
    server.let_end()
    await house.until_job(first, "completed")


@pytest.mark.parametrize(
    ("prompt", "words"), [("fail please", "could not make sense"), ("fail loudly", "[/moderation]")]
)
async def test_completed_on_status_but_failed_on_result_is_a_failure_in_the_servers_words(
    server: Server, house: House, ledger_folder: Path, prompt: str, words: str
) -> None:
    job = await house.submit(promptText=prompt)
    server.let_start()
    await house.until_job(job, "in_progress")
    server.let_end()
    failed = await house.until_job(job, "failed")
    assert failed.failure is not None
    assert words in failed.failure.message
    assert failed.outputs == ()
    assert "completed" not in house.words_of(job)
    assert on_disk(ledger_folder)[job.id] == failed
    await house.until(
        lambda: house.facts.balance and house.facts.balance.usd == OPENING_BALANCE,
        "for the money to come back",
    )


async def test_a_request_that_has_expired_is_not_found_and_asked_about_no_more(
    server: Server, ledger_folder: Path
) -> None:
    async with at(server, ledger_folder) as house:
        job = await house.submit()
    server.clock.now += 30 * 24 * 3600.0
    # A request this young may be unknown for a moment, so it has to have grown old.
    _age(ledger_folder, job, 120.0)
    async with at(server, ledger_folder) as house:
        gone = await house.until_job(job, "not_found")
        assert gone.failure is not None
        assert gone.failure.code == "404001"
        assert gone.request_id == job.request_id
        assert on_disk(ledger_folder)[job.id].status is Status.NOT_FOUND


async def test_a_request_just_submitted_may_be_unknown_for_a_moment(
    server: Server, house: House
) -> None:
    server.faults("expired@status:1")
    job = await house.submit()
    server.let_end()
    await house.until_job(job, "completed")
    assert "not_found" not in house.words_of(job)


@pytest.mark.parametrize("word", ["in_queue", "not_found"])
async def test_an_attached_id_that_is_not_known_yet_says_so_and_until_when_it_is_asked(
    ledger_folder: Path, monkeypatch: pytest.MonkeyPatch, word: str
) -> None:
    is_known = False

    async def handle(request: Request, writer: asyncio.StreamWriter) -> None:
        if is_known:
            writer.write(as_json({"status": "in_queue"}))
        else:
            writer.write(as_json({"error_code": 404001, "error_message": "gone"}, 404))

    lost = new_job(MODEL, INPUTS).but(status=Status.UNCONFIRMED)
    Ledger(ledger_folder).put(lost)
    async with BadServer(handle) as bad, House(ledger_folder, f"{bad.url}/v1") as house:
        attached = await house.engine.attach(lost.id, "req-1")
        told = await house.until(lambda: _with_failure(house, attached), "for the reason")
        assert told.status is Status.UNKNOWN
        assert told.failure is not None
        assert told.failure.code == "404001"
        until = local_time(lost.created_at + missing.GRACE)
        assert f"It is asked until {until:%H:%M:%S}" in told.failure.message
        if word == "in_queue":
            is_known = True
        else:
            monkeypatch.setattr(missing, "GRACE", 0.0)
        failure = (await house.until_job(attached, word)).failure
    assert (failure is None) is is_known
    if failure is not None:
        assert "gone" in failure.message


@pytest.mark.parametrize(("misses", "word"), [(2, "in_progress"), (3, "not_found")])
async def test_a_404_of_somebody_else_s_must_be_said_three_times(
    ledger_folder: Path, misses: int, word: str
) -> None:
    asked = itertools.count()

    async def handle(request: Request, writer: asyncio.StreamWriter) -> None:
        if not request.target.endswith("/status"):
            writer.write(as_json({"status": "in_progress"}))
        elif next(asked) < misses:
            writer.write(as_json({"message": "no Route matched with those values"}, 404))
        else:
            writer.write(as_json({"status": "in_progress"}))

    async with BadServer(handle) as bad, House(ledger_folder, f"{bad.url}/v1") as house:
        [job] = await house.engine.adopt("req-1")
        await house.until_job(job, word)
        assert ("not_found" in house.words_of(job)) is (misses == 3)
        # Whoever looks for it again, by its id or its result, has it watched again.
        if misses == 3:
            [again] = await house.engine.adopt("req-1")
            assert again.id == job.id
            assert (await house.until_job(job, "in_progress")).failure is None


async def test_a_job_that_was_not_found_is_watched_again_once_its_result_tells_of_it(
    ledger_folder: Path,
) -> None:
    is_back = False

    async def handle(request: Request, writer: asyncio.StreamWriter) -> None:
        if is_back:
            writer.write(as_json({"status": "in_queue"}))
        else:
            writer.write(as_json({"error_code": 404001, "error_message": "gone"}, 404))

    async with BadServer(handle) as bad, House(ledger_folder, f"{bad.url}/v1") as house:
        [job] = await house.engine.adopt("req-1")
        await house.until_job(job, "not_found")
        is_back = True
        assert (await house.engine.collect(job.id)).status is Status.IN_QUEUE
        assert on_disk(ledger_folder)[job.id].status is Status.IN_QUEUE


async def test_an_id_that_never_was_one_is_not_found_and_the_reason_is_told(
    ledger_folder: Path,
) -> None:
    async def handle(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(as_json({"error_code": 400001, "error_message": "Bad resource id"}, 400))

    async with BadServer(handle) as bad, House(ledger_folder, f"{bad.url}/v1") as house:
        [job] = await house.engine.adopt("req-1x")
        gone = await house.until_job(job, "not_found")
        assert gone.failure is not None
        assert (gone.failure.code, "Bad resource id" in gone.failure.message) == ("400001", True)


@pytest.mark.parametrize(
    ("code", "status"), [(403001, 403), (403001, 400), (403001, 200), (409123, 409)]
)
async def test_a_refusal_to_speak_of_a_job_is_told_at_it_once_until_the_job_is_told_of(
    ledger_folder: Path, monkeypatch: pytest.MonkeyPatch, code: int, status: int
) -> None:
    monkeypatch.setattr(tracker, "SLOWEST_INTERVAL", 0.05)
    traces = itertools.count()
    was_asked_again = asyncio.Event()
    is_ours = False

    async def handle(request: Request, writer: asyncio.StreamWriter) -> None:
        if is_ours or not request.target.endswith("/status"):
            writer.write(as_json({"status": "in_queue"}))
            return
        trace = next(traces)
        if trace == 3:
            was_asked_again.set()
        words = f"Not yours. Trace {trace}"
        writer.write(as_json({"error_code": code, "error_message": words}, status))

    async with BadServer(handle) as bad, House(ledger_folder, f"{bad.url}/v1") as house:
        [job] = await house.engine.adopt("req-1")
        told = await house.until(lambda: _with_failure(house, job), "for the reason")
        assert told.status is Status.UNKNOWN
        assert told.failure is not None
        assert "Trace 0" in told.failure.message
        assert on_disk(ledger_folder)[job.id].failure == told.failure
        async with asyncio.timeout(A_WHILE):
            await was_asked_again.wait()
        is_ours = True
        assert (await house.until_job(job, "in_queue")).failure is None
        failures = {each.failure for changes in house.told for each in changes.jobs}
        assert failures == {None, told.failure}


async def test_a_cost_that_is_known_only_later_is_fetched_later(
    server: Server, house: House, ledger_folder: Path
) -> None:
    server.faults("late-cost")
    job = await house.submit()
    server.clock.now += 13.1
    running = await house.until_job(job, "in_progress")
    done: Job | None = None
    while done is None:  # its end lies in the next seconds; the cost comes six seconds after it
        server.clock.now += 1.0
        now = await house.until(lambda: _asked_since(server, house, job))
        done = now if now.status is Status.COMPLETED else None
    assert running.cost is None
    assert done.cost is None
    server.let_end()
    paid = await house.until(lambda: _with_cost(house, job), "for the cost")
    assert paid.cost == PRICE
    assert on_disk(ledger_folder)[job.id].cost == PRICE


async def test_an_outage_is_told_with_its_beginning_and_watching_goes_on_after_it(
    server: Server, house: House
) -> None:
    jobs = [await house.submit() for _ in range(3)]
    await house.until(lambda: house.facts.link is Link.ONLINE)
    before = time.time()
    server.stop()
    await house.until(lambda: house.facts.link is Link.OFFLINE, "for the outage to be told")
    since = house.facts.since
    assert since is not None
    assert before <= since <= time.time()
    assert house.facts.words
    told = len(house.told)
    for job in jobs:
        assert house.jobs[job.id].status is Status.IN_QUEUE
    server.clock.now += 3600
    server.start()
    for job in jobs:
        assert (await house.until_job(job, "completed")).cost == PRICE
    assert house.facts.link is Link.ONLINE
    during = [each.facts for each in house.told[told:] if each.facts is not None]
    assert {facts.since for facts in during if facts.link is Link.OFFLINE} <= {since}


@pytest.mark.parametrize("how", ["401", "400"])
async def test_a_token_refused_while_watching_is_told_and_a_good_one_goes_on_at_once(
    server: Server, ledger_folder: Path, how: str
) -> None:
    async with at(server, ledger_folder) as house:
        job = await house.submit()
    server.let_end()
    token = "expired" if how == "401" else "good"
    server.faults(*(["token-400"] if how == "400" else []))
    async with at(server, ledger_folder, token=token) as house:
        await house.until(lambda: house.facts.link is Link.REFUSED, "for the refusal")
        assert house.jobs[job.id].status is Status.IN_QUEUE
        server.faults()
        assert await house.engine.sign_in("better")
        # The pause after a refusal is a minute; a new token must not have to sit it out.
        await house.until_job(job, "completed")
        assert house.facts.link is Link.ONLINE


async def test_a_request_of_somebody_else_is_no_reason_to_call_the_token_refused(
    server: Server, house: House
) -> None:
    server.faults("not-yours@status:1")
    await house.submit()
    other = await house.submit()
    server.let_end()
    await house.until_job(other, "completed")
    assert not [each for each in house.told if each.facts and each.facts.link is Link.REFUSED]


async def test_with_nothing_to_watch_the_link_and_the_balance_are_told_all_the_same(
    house: House,
) -> None:
    await house.until(lambda: house.facts.link is Link.ONLINE and house.facts.balance)
    assert house.facts.balance is not None
    assert house.facts.balance.usd == OPENING_BALANCE
    assert house.facts.pace == 0


async def test_a_poll_that_changes_nothing_writes_nothing_and_tells_nothing(
    ledger_folder: Path,
) -> None:
    polls, wanted = 0, 1_000
    many = asyncio.Event()

    async def handle(request: Request, writer: asyncio.StreamWriter) -> None:
        nonlocal polls
        if request.method == "POST":
            writer.write(as_json({"request_id": "req-1"}))
            return
        polls += request.target.endswith("/status")
        if polls == wanted:
            many.set()
        writer.write(as_json({"request_id": "req-1", "status": "in_queue", "queue_position": 3}))

    async with BadServer(handle) as bad, House(ledger_folder, f"{bad.url}/v1") as house:
        job = await house.engine.submit("a/b", INPUTS)
        await house.until(lambda: house.jobs[job.id].queue_position == 3)
        file = ledger_folder / "live.json"
        await house.until(lambda: polls > 2 and house.facts.pace and house.facts.is_loaded)
        before, told = file.stat(), len(house.told)
        wanted = polls + 6
        async with asyncio.timeout(A_WHILE):
            await many.wait()
        after = file.stat()
        house.take()
        assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
        assert [each.jobs for each in house.told[told:] if each.jobs] == []


def _with_failure(house: House, job: Job) -> Job | None:
    now = house.jobs[job.id]
    return now if now.failure is not None else None


def _with_cost(house: House, job: Job) -> Job | None:
    now = house.jobs[job.id]
    return now if now.cost is not None else None


def _asked_since(server: Server, house: House, job: Job) -> Job | None:
    """The job, once it shows what the server's clock says by now."""
    word = next(one["status"] for one in server.requests() if one["request_id"] == job.request_id)
    now = house.jobs[job.id]
    return now if now.status_word == word else None


def _age(folder: Path, job: Job, seconds: float) -> None:
    from runcomfy_tui.history.ledger import Ledger

    ledger = Ledger(folder)
    old = ledger.get(job.id)
    assert old is not None
    assert old.submitted_at is not None
    ledger.put(old.but(submitted_at=old.submitted_at - seconds))
    ledger.close()
