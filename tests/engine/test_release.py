"""What is planned goes out at a pace, once each, and stops where going on would be wrong."""

from __future__ import annotations

import asyncio
import errno
import os
import time
from collections import Counter
from pathlib import Path

import pytest

from runcomfy_tui.batch import BatchState, Item
from runcomfy_tui.engine import release
from runcomfy_tui.engine.release import LOST_IN_A_ROW, NO_ANSWERS, REFUSED_AT_FIRST, Limits
from runcomfy_tui.history import storage
from runcomfy_tui.history.batches import LOST, BatchStore
from runcomfy_tui.jobs import CancelOutcome, Status
from tests.engine.house import INPUTS, MODEL, House, on_disk
from tests.engine.planning import FAST, plan, planned_in, prompts, sent, sent_of, until_over
from tests.engine.server import Server, at
from tests.unit.badserver import BadServer, Request, as_json, http


async def test_each_item_is_sent_once_in_order_under_one_label(
    server: Server, ledger_folder: Path
) -> None:
    async with at(server, ledger_folder, limits=FAST) as house:
        batch = await plan(house, prompts(12), "[/boats]")
        progress = await until_over(house, batch)
        jobs = on_disk(ledger_folder).values()
    assert sorted(sent(server)) == sorted(str(each["promptText"]) for each in prompts(12))
    assert {job.label for job in jobs} == {"[/boats]"}
    assert {job.batch for job in jobs} == {batch.id}
    assert {job.batch_item: job.inputs for job in jobs} == dict(enumerate(prompts(12)))
    assert (progress.sent, progress.unknown, progress.batch.left) == (12, 0, 0)
    assert planned_in(ledger_folder) == [], "its inputs are needed no longer"


async def test_no_more_jobs_than_allowed_are_unfinished_and_the_rest_follows_as_they_end(
    server: Server, ledger_folder: Path
) -> None:
    async with at(server, ledger_folder, limits=Limits(500, unfinished=3)) as house:
        batch = await plan(house, prompts(5))
        await house.until(lambda: sent_of(house, batch) == 3, "for three jobs")
        for _ in range(3):
            await house.engine.release._step()
        assert server.created() == 3
        server.let_end()
        await until_over(house, batch)
    assert server.created() == 5


async def test_posts_leave_no_faster_than_the_pace(server: Server, ledger_folder: Path) -> None:
    loop = asyncio.get_running_loop()
    async with at(server, ledger_folder, limits=Limits(20, unfinished=100)) as house:
        begun = loop.time()
        await until_over(house, await plan(house, prompts(6)))
        # The first two may go together: one missed slot is made up for.
        assert loop.time() - begun >= 4 / 20


async def test_what_is_paused_waits_and_what_is_dropped_is_never_sent(
    server: Server, ledger_folder: Path
) -> None:
    async with at(server, ledger_folder, limits=Limits(500, unfinished=2)) as house:
        one = await plan(house, prompts(4, "one"))
        await house.until(lambda: sent_of(house, one) == 2, "for two jobs")
        await house.engine.release.pause(one.id)
        server.let_end()
        two = await plan(house, prompts(3, "two"))
        await house.until(lambda: sent_of(house, two) == 2, "for the other batch to go on")
        await house.engine.release.drop(two.id)
        server.let_end()
        paused = await until_over(house, one, BatchState.PAUSED)
        assert (paused.sent, paused.batch.left, paused.batch.words) == (2, 2, "")
        await house.engine.release.resume(one.id)
        await until_over(house, one)
        dropped = await until_over(house, two, BatchState.DROPPED)
    assert (dropped.sent, dropped.batch.left) == (2, 1)
    assert Counter(text.split()[0] for text in sent(server)) == {"one": 4, "two": 2}
    store = BatchStore(ledger_folder)
    assert [each.state for each in store.load() or ()] == [BatchState.DONE, BatchState.DROPPED]


async def test_what_was_sent_and_still_queues_is_cancelled_job_by_job(
    server: Server, ledger_folder: Path
) -> None:
    async with at(server, ledger_folder, limits=FAST) as house:
        batch = await plan(house, prompts(3))
        await until_over(house, batch)
        other = await house.submit()
        tally = await house.engine.cancel_batch(batch.id)
        assert (tally.outcomes, tally.unanswered) == ({CancelOutcome.CANCELLED: 3}, 0)
        assert (await until_over(house, batch)).statuses == {Status.CANCELLED: 3}
        assert house.jobs[other.id].status is Status.IN_QUEUE


@pytest.mark.parametrize("fault", ["rate-limit-bare:3", "rate-limit-bare:0.3"])
async def test_who_is_asked_to_slow_down_sends_the_same_item_later(
    server: Server, ledger_folder: Path, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.faults(fault.replace(":", "@submit:"))
    async with at(server, ledger_folder, limits=FAST) as house:
        progress = await until_over(house, await plan(house, prompts(8)))
        assert house.engine.release._gate.rate(0.0) < FAST.per_second or ":0" in fault
    assert (progress.sent, progress.refused) == (8, 0)
    assert sorted(sent(server)) == sorted(str(each["promptText"]) for each in prompts(8))
    assert len(on_disk(ledger_folder)) == 8


async def test_retry_after_is_waited_for(ledger_folder: Path) -> None:
    loop = asyncio.get_running_loop()
    times: list[float] = []

    async def handle(request: Request, writer: asyncio.StreamWriter) -> None:
        if request.method == "GET":
            writer.write(as_json({"request_id": "r", "status": "in_queue"}))
            return
        times.append(loop.time())
        if len(times) == 1:
            writer.write(http(429, b"{}", Retry_After="1"))
        else:
            writer.write(as_json({"request_id": f"r{len(times)}"}))

    async with (
        BadServer(handle) as bad,
        House(ledger_folder, f"{bad.url}/v1", limits=FAST) as house,
    ):
        await until_over(house, await plan(house, prompts(1)))
    assert len(times) == 2
    assert times[1] - times[0] >= 1.0


async def test_a_lost_answer_is_unconfirmed_and_its_item_is_not_sent_again(
    server: Server, ledger_folder: Path
) -> None:
    server.faults("lost-submit:2", "lost-submit-before:1")
    async with at(server, ledger_folder, limits=FAST) as house:
        progress = await until_over(house, await plan(house, prompts(6)))
    assert (progress.sent, progress.unknown) == (3, 3)
    assert server.created() == 5
    assert len(set(sent(server))) == 5


async def test_when_answer_after_answer_is_lost_it_stops_and_says_so(
    server: Server, ledger_folder: Path
) -> None:
    server.faults("lost-submit")
    async with at(server, ledger_folder, limits=FAST) as house:
        batch = await plan(house, prompts(30))
        progress = await until_over(house, batch, BatchState.PAUSED)
        assert progress.batch.words == NO_ANSWERS
        assert LOST_IN_A_ROW <= progress.unknown <= LOST_IN_A_ROW + release.POSTS_AT_ONCE
        assert progress.batch.left == 30 - progress.unknown
        server.faults()
        await house.engine.release.resume(batch.id)
        progress = await until_over(house, batch)
    assert progress.sent + progress.unknown == 30 == server.created()


async def test_when_the_first_are_all_refused_it_stops_and_says_why(
    server: Server, ledger_folder: Path
) -> None:
    async with at(server, ledger_folder, limits=FAST) as house:
        batch = await plan(house, prompts(20, "refuse please"))
        progress = await until_over(house, batch, BatchState.PAUSED)
        assert progress.batch.words.startswith("The first 3 were all refused.")
        assert REFUSED_AT_FIRST <= progress.refused <= REFUSED_AT_FIRST + 1
        assert progress.batch.left == 20 - progress.refused
    assert server.created() == 0


async def test_a_few_refused_ones_among_others_stop_nothing(
    server: Server, ledger_folder: Path
) -> None:
    async with at(server, ledger_folder, limits=FAST) as house:
        inputs = [*prompts(1), *prompts(6, "refuse please"), *prompts(2, "boat after")]
        progress = await until_over(house, await plan(house, inputs))
    assert (progress.sent, progress.refused, progress.batch.left) == (3, 6, 0)


@pytest.mark.parametrize(
    ("fault", "words"), [("no-balance", "balance"), ("token-400@submit", "token")]
)
async def test_without_money_or_with_a_bad_token_all_of_it_waits(
    server: Server, ledger_folder: Path, fault: str, words: str
) -> None:
    server.faults(fault)
    async with at(server, ledger_folder, limits=FAST) as house:
        one, two = await plan(house, prompts(4)), await plan(house, prompts(4))
        for batch in (one, two):
            progress = await until_over(house, batch, BatchState.PAUSED)
            assert words in progress.batch.words
        await house.until(lambda: not house.jobs, "for every item to be planned again")
        server.faults()
        await house.engine.release.resume(one.id)
        progress = await until_over(house, one)
    assert (progress.sent, server.created()) == (4, 4)
    assert (BatchStore(ledger_folder).load() or [])[1].left == 4


async def test_without_a_net_nothing_is_lost_and_it_goes_on_by_itself(
    server: Server, ledger_folder: Path
) -> None:
    async with at(server, ledger_folder, limits=FAST) as house:
        server.stop()
        batch = await plan(house, prompts(4))
        await house.until(
            lambda: (
                any(batch.id in each.batch.id for told in house.told for each in told.batches)
                and house.facts.link == "offline"
            ),
            "for the outage",
        )
        await house.until(lambda: not house.jobs, "for the item to be planned again")
        given_back = (ledger_folder / "forgotten.json").read_bytes()
        release = house.engine.release
        for _ in range(3):
            release._gate.resume(time.monotonic())
            await release._step()
        await house.until(lambda: not release.posts_under_way, "for what is tried")
        assert (ledger_folder / "forgotten.json").read_bytes() == given_back, "none was tried"
        server.start()
        progress = await until_over(house, batch)
    assert (progress.sent, progress.unknown, progress.refused) == (4, 0, 0)
    assert server.created() == 4


async def test_nothing_is_sent_that_cannot_be_written_down_first(
    server: Server, ledger_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, is_full = storage._write_synced, True

    def refuse(path: Path, raw: bytes) -> None:
        if is_full and ".batches.json" in path.name and b'"cursor":1' in raw:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        real(path, raw)

    monkeypatch.setattr(storage, "_write_synced", refuse)
    async with at(server, ledger_folder, limits=FAST) as house:
        batch = await plan(house, prompts(2))
        [words] = await house.until(lambda: house.facts.troubles, "for the trouble")
        assert "disk is full" in words
        assert "Nothing more of what is planned is sent" in words
        assert server.created() == 0
        assert on_disk(ledger_folder) == {}
        is_full = False
        await until_over(house, batch)
        await house.until(lambda: not house.facts.troubles, "for the trouble to pass")
    assert server.created() == 2


async def test_a_plan_whose_inputs_are_lost_is_paused_and_says_so(
    server: Server, ledger_folder: Path
) -> None:
    async with at(server, ledger_folder, limits=Limits(500, unfinished=1)) as house:
        batch = await plan(house, prompts(3))
        await house.until(lambda: sent_of(house, batch) == 1, "for the first")
    [planned] = planned_in(ledger_folder)
    planned.write_bytes(b"{ half of it")
    async with at(server, ledger_folder, limits=FAST) as house:
        await until_over(house, batch, BatchState.PAUSED)
        await house.engine.release.resume(batch.id)
        await house.until(lambda: house.batches[batch.id].batch.words == LOST, "for the reason")
        assert house.batches[batch.id].batch.left == 2
    assert server.created() == 1


async def test_a_forgotten_job_is_not_planned_again(server: Server, ledger_folder: Path) -> None:
    async with at(server, ledger_folder, limits=Limits(500, unfinished=2)) as house:
        batch = await plan(house, prompts(3))
        await house.until(lambda: sent_of(house, batch) == 2, "for two jobs")
        await house.engine.forget(*list(house.jobs))
        progress = await until_over(house, batch)
    assert (progress.sent, progress.batch.left, server.created()) == (1, 0, 3)


async def test_a_file_goes_along_as_a_data_uri_and_one_that_is_gone_stops_the_rest(
    server: Server, ledger_folder: Path, tmp_path: Path
) -> None:
    file = tmp_path / "a.png"
    file.write_bytes(b"\x89PNG\r\n\x1a\n")
    items = [
        Item(INPUTS | {"promptImage": str(path)}, (("promptImage",),))
        for path in (file, tmp_path / "gone.png")
    ]
    async with at(server, ledger_folder, limits=FAST) as house:
        batch = await house.engine.release.plan(MODEL, "files", items)
        progress = await until_over(house, batch, BatchState.PAUSED)
        # The one that cannot be sent goes again, and the other is no longer as it was planned.
        await house.until(
            lambda: [each.status for each in house.jobs.values()] == [Status.IN_QUEUE],
            "for the one that was sent",
        )
        [job] = house.jobs.values()
    assert "gone.png: there is no such file" in progress.batch.words
    assert (progress.batch.left, server.created()) == (1, 1)
    assert str(server.requests()[0]["inputs"]["promptImage"]).startswith("data:image/png;base64,")
    assert job.inputs["promptImage"].startswith(f"{file.as_uri()}#sha256=")
