"""The mailbox between the engine and its window."""

from __future__ import annotations

import threading

from runcomfy_tui.engine.changes import (
    Changes,
    DownloadPhase,
    DownloadState,
    Facts,
    Link,
    Mailbox,
)
from runcomfy_tui.jobs import Job, Status, new_job


def job(status: Status = Status.IN_QUEUE) -> Job:
    return new_job("a/b", {}).but(status=status)


def counting() -> tuple[Mailbox, list[None]]:
    rings: list[None] = []
    return Mailbox(lambda: rings.append(None)), rings


def test_it_rings_once_until_somebody_looks() -> None:
    mailbox, rings = counting()
    for _ in range(5):
        mailbox.post([job()])
    assert len(rings) == 1
    assert len(mailbox.take().jobs) == 5
    mailbox.post(facts=Facts())
    assert len(rings) == 2


def test_nothing_posted_rings_nobody() -> None:
    mailbox, rings = counting()
    mailbox.post()
    mailbox.post([], gone=[])
    mailbox.post(iter(()))
    assert (rings, mailbox.take()) == ([], Changes())


def test_each_job_is_there_once_and_as_it_is_now() -> None:
    mailbox, _ = counting()
    first, other = job(), job()
    mailbox.post([first, other])
    mailbox.post([first.but(status=Status.IN_PROGRESS)])
    mailbox.post([first.but(status=Status.COMPLETED)])
    taken = {each.id: each.status for each in mailbox.take().jobs}
    assert taken == {first.id: Status.COMPLETED, other.id: Status.IN_QUEUE}
    assert mailbox.take() == Changes()


def test_a_job_that_is_gone_is_not_shown_and_one_that_came_back_is() -> None:
    mailbox, _ = counting()
    gone, back = job(), job()
    mailbox.post([gone], gone=[back.id])
    mailbox.post([back], gone=[gone.id])
    taken = mailbox.take()
    assert (taken.jobs, taken.gone) == ((back,), (gone.id,))


def test_the_last_facts_and_the_last_state_of_each_download_count() -> None:
    mailbox, _ = counting()
    mailbox.post(facts=Facts(link=Link.OFFLINE))
    mailbox.post(facts=Facts(link=Link.ONLINE))
    for received in (0, 10, 20):
        for url in ("u1", "u2"):
            running = DownloadState("job", url, DownloadPhase.RUNNING, received)
            mailbox.post(downloads=[running])
    taken = mailbox.take()
    assert taken.facts == Facts(link=Link.ONLINE)
    assert [(state.url, state.received) for state in taken.downloads] == [("u1", 20), ("u2", 20)]


def test_nothing_is_lost_between_a_writer_and_a_reader_in_two_threads() -> None:
    bell, seen, done = threading.Event(), dict[str, Job](), threading.Event()
    mailbox = Mailbox(bell.set)
    jobs = [job() for _ in range(2000)]

    def read() -> None:
        while not done.is_set() or bell.is_set():
            bell.wait(5)
            bell.clear()
            seen.update((each.id, each) for each in mailbox.take().jobs)

    reader = threading.Thread(target=read)
    reader.start()
    for each in jobs:
        mailbox.post([each])
    done.set()
    bell.set()
    reader.join(10)
    assert seen == {each.id: each for each in jobs}


def test_a_crowd_of_jobs_is_taken_in_parts_each_job_once_and_as_it_is_now() -> None:
    mailbox, rings = counting()
    jobs = [job() for _ in range(10)]
    mailbox.post(jobs, facts=Facts(is_loaded=True))
    first = mailbox.take(4)
    assert first.facts == Facts(is_loaded=True)
    changed = jobs[9].but(status=Status.COMPLETED)
    mailbox.post([changed], gone=[jobs[8].id])
    parts = [first, mailbox.take(4), mailbox.take(4)]
    assert [part.has_more for part in parts] == [True, True, False]
    taken = [each for part in parts for each in part.jobs]
    assert {each.id: each for each in taken} == {each.id: each for each in [*jobs[:8], changed]}
    assert len(taken) == 9
    assert len(rings) == 1
    mailbox.post([jobs[0]])
    assert len(rings) == 2
