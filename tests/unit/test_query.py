"""The language of filters: what it keeps, what it says of nonsense, and that it is never wrong
for being quick."""

from __future__ import annotations

import time
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runcomfy_tui.jobs import Failure, Job, Status
from runcomfy_tui.query import QueryError, SearchTexts, Sieve, parse

NOW = datetime(2025, 11, 21, 12, 0).astimezone().timestamp()
DAY = 86_400

BOAT = Job(
    "01a1fb8f540c",
    "runwayml/runway-gen-4/turbo/image-to-video",
    {"promptText": "A Paper Boat\nin the RAIN", "promptImage": "https://x.y/boat.png"},
    Status.COMPLETED,
    NOW - 3 * DAY,
    request_id="7F3a-11",
    submitted_at=NOW - 3 * DAY,
    started_at=NOW - 3 * DAY,
    finished_at=NOW - 3 * DAY + 90,
    cost=0.2497,
    label="kites 2",
    rating=4,
)
CROWD = Job(
    "01a1fb900000",
    "kling/kling-2-1/pro",
    {"prompt": "a crowd [4, 15] “quoted” ŻÓŁĆ"},
    Status.FAILED,
    NOW - 3600,
    request_id="7f3b-22",
    failure=Failure("NSFW content"),
    note="ask\u3000the  client",
)
RUNNING = Job(
    "01a1fb910000", "kling/kling-2-1/pro", {}, Status.IN_PROGRESS, NOW - 120, started_at=NOW - 100
)
WARMING = Job(
    "01a1fb920000", None, {}, Status.UNKNOWN, NOW - 60, server_word="warming", adopted=True
)
LOST = Job("01a1fb930000", "kling/kling-2-1/pro", {}, Status.UNCONFIRMED, NOW - 10, batch="b7")
JOBS = [BOAT, CROWD, RUNNING, WARMING, LOST]
NAMES = dict(
    zip([job.id for job in JOBS], ["boat", "crowd", "running", "warming", "lost"], strict=True)
)


def kept(text: str) -> str:
    test = parse(text).test(NOW)
    return " ".join(NAMES[job.id] for job in JOBS if test(job))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "boat crowd running warming lost"),
        ("   ", "boat crowd running warming lost"),
        ("paper", "boat"),
        ("PAPER boat rain", "boat"),
        ('"paper boat"', "boat"),
        ('"boat in the"', "boat"),
        ('"boat paper"', ""),
        ('"ask the client"', "crowd"),
        ('"the  client"', "crowd"),
        ('"paper boat', "boat"),
        ("7f3", "boat crowd"),
        ("1fb91", "running"),
        ("kling", "crowd running lost"),
        ("kites client", ""),
        ("client", "crowd"),
        ("x.y", ""),
        ("failed", "crowd"),
        ("warming", "warming"),
        ("[4,", "crowd"),
        ("żółć", "crowd"),
        ("“quoted”", "crowd"),
        ("-kling", "boat warming"),
        ('-"paper boat" 7f3', "crowd"),
        ("-", "boat crowd running warming lost"),
        ("in_progress", "running"),
    ],
)
def test_plain_words_look_at_what_tells_a_job(text: str, expected: str) -> None:
    assert kept(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("status:failed", "crowd"),
        ("status:failed,completed", "boat crowd"),
        ("status:succeeded", "boat"),
        ("status:active", "running warming"),
        ("-status:active", "boat crowd lost"),
        ("status:ended", "boat crowd"),
        ("status:done", "boat"),
        ("status:running", "running"),
        ("status:unconf", "lost"),
        ("STATUS:Warm", "warming"),
        ("model:runway", "boat"),
        ("model:runway,kling status:ended", "boat crowd"),
        ("model:=kling/kling-2-1/pro cost:<1", ""),
        ('model:""', "warming"),
        ("label:kites", "boat"),
        ('label:"kites 2"', "boat"),
        ("label:=kites", ""),
        ('label:"" kling', "crowd running lost"),
        ("-label:kites 7f3", "crowd"),
        ("note:client", "crowd"),
        ("error:nsfw", "crowd"),
        ("prompt:rain", "boat"),
        ("request:7f3a", "boat"),
        ("id:01a1fb9", "crowd running warming lost"),
        ("batch:b7", "lost"),
        ("cost:>0.2", "boat"),
        ("cost:>$0.25", ""),
        ("cost:0.25", "boat"),
        ("cost:0.2", ""),
        ("cost:<=.25", "boat"),
        ("-cost:>0", "crowd running warming lost"),
        ("rating:4", "boat"),
        ("rating:>4", ""),
        ("rating:4,5", "boat"),
        ("age:<2d", "crowd running warming lost"),
        ("age:>2d12h", "boat"),
        ("age:<90", "warming lost"),
        ("age:>=1h age:<1w", "boat crowd"),
        ("took:>1m", "boat running"),
        ("took:>1.5m", "running"),
        ("created:2025-11-21", "crowd running warming lost"),
        ("created:2025-11", "boat crowd running warming lost"),
        ("created:<2025-11-21", "boat"),
        ("created:>2025-11-18", "crowd running warming lost"),
        ("created:>=2025-11-18", "boat crowd running warming lost"),
        ("created:<=2024", ""),
        ("created:today", "crowd running warming lost"),
        ("created:yesterday", ""),
        ("https://x.y", ""),
        ("16:9", ""),
    ],
)
def test_fields_ask_for_one_thing(text: str, expected: str) -> None:
    assert kept(text) == expected


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("modle:runway", "There is no field 'modle'. Fields: age, archived, batch"),
        ("cost:", "cost: what? Try cost:>0.5"),
        ("cost:>", "cost:> means nothing. Try cost:>0.5"),
        ("cost:dear", "cost:>0.5"),
        ("cost:1e5", "means nothing"),
        ("age:2d", "age:<2d"),
        ("age:<2y", "means nothing"),
        ("took:>", "took:>1m"),
        ("rating:many", "rating:>=4"),
        ("created:2025-13", "created:2025-11-19"),
        ("created:99999", "means nothing"),
        ("created:2025-", "means nothing"),
        ("label:", "label:kites"),
        ("paper boat status:", "status:failed"),
    ],
)
def test_nonsense_is_told_with_an_example(text: str, words: str) -> None:
    with pytest.raises(QueryError) as told:
        parse(text)
    assert words in str(told.value)


def test_only_what_depends_on_the_time_changes_with_it() -> None:
    assert [parse(text).is_timed for text in ("age:<1h", "took:>1m", "created:today")] == [True] * 3
    assert not parse("boat status:failed cost:>1 created:2025").is_timed
    assert parse("age:<1h").test(NOW)(LOST)
    assert not parse("age:<1h").test(NOW + 3600)(LOST)


def test_two_filters_together_keep_what_both_keep_and_can_be_read_again() -> None:
    both = parse('kling label:"') & parse("status:ended,unconf")
    assert [job for job in JOBS if both.test(NOW)(job)] == [CROWD, LOST]
    again = parse(both.text)
    assert [job for job in JOBS if again.test(NOW)(job)] == [CROWD, LOST]


def test_a_filter_without_terms_is_none() -> None:
    assert not parse(" ")
    assert parse("a")


pieces = st.sampled_from(
    ["boat", "-boat", "a", "1fb", "kling", "-kling", "RAIN", '"in the"', "kites", "ż", "warm",
     "7f3", "status:active", "-status:done", "cost:>0.1", "age:<1d", "client", "\ud83d", "zzz",
     '"', "-"]
)  # fmt: skip


@given(st.lists(pieces, max_size=4), st.integers(1, 3), st.sets(st.sampled_from(range(len(JOBS)))))
def test_sifting_many_jobs_says_the_same_as_testing_each(
    words: list[str], part: int, relabelled: set[int]
) -> None:
    texts = SearchTexts()
    for at in range(0, len(JOBS) - 1, part):
        texts.add(JOBS[at : min(at + part, len(JOBS) - 1)])
    now_called = {
        job.id: job.but(label="zzz", request_id="boat") for job in (JOBS[at] for at in relabelled)
    } | {LOST.id: LOST}
    texts.add(now_called.values())
    jobs = [now_called.get(job.id, job) for job in JOBS]
    query = parse(" ".join(words))
    test = query.test(NOW)
    assert query.sift(jobs, NOW, texts) == [job for job in jobs if test(job)]


@given(st.lists(pieces, min_size=1, max_size=4), st.lists(st.integers(-5, 12), max_size=12))
def test_a_sieve_says_the_same_as_sifting_anew_whatever_was_typed_before(
    words: list[str], steps: list[int]
) -> None:
    texts = SearchTexts()
    texts.add(JOBS)
    jobs = [*JOBS]
    sieve, whole, end = Sieve(), " ".join(words), 0
    for step in (*steps, len(whole)):
        end = max(0, min(end + step, len(whole)))
        try:
            query = parse(whole[:end])
        except QueryError as error:
            query = parse(error.understood)
        assert sieve.sift(query, jobs, NOW, texts) == query.sift(jobs, NOW, texts)


def test_of_many_jobs_a_changed_one_is_found_by_its_new_text_alone() -> None:
    jobs = [BOAT.but(id=f"{number:012}") for number in range(10_500)]
    texts = SearchTexts()
    texts.add(jobs)
    assert len(parse("paper").sift(jobs, NOW, texts)) == len(jobs)
    changed = jobs[7].but(label="zzz")
    texts.add([changed])
    jobs = [*jobs[:7], changed, *jobs[8:]]
    assert parse("zzz").sift(jobs, NOW, texts) == [changed]
    assert parse("-zzz paper").sift(jobs, NOW, texts) == [*jobs[:7], *jobs[8:]]


def test_a_sieve_looks_again_at_what_time_alone_changes() -> None:
    texts, sieve, jobs = SearchTexts(), Sieve(), [*JOBS]
    texts.add(jobs)
    query = parse("age:<1d")
    assert sieve.sift(query, jobs, NOW, texts)
    assert not sieve.sift(query, jobs, NOW + 1e9, texts)


@given(st.text(max_size=60))
def test_whatever_is_typed_is_a_filter_or_a_sentence(text: str) -> None:
    try:
        query = parse(text)
    except QueryError:
        return
    test = query.test(time.time())
    assert {test(job) for job in JOBS} <= {True, False}
    assert len(parse(query.text).terms) == len(query.terms)


def test_what_stands_before_a_wrong_term_is_told_as_understood() -> None:
    with pytest.raises(QueryError) as raised:
        parse("boat status:failed cost:much age:<2d")
    assert raised.value.understood == "boat status:failed"


@pytest.mark.parametrize("text", ['a -"b c" status:failed,"d', "-cost:>0.5 age:<2d12h note:x"])
def test_a_half_typed_expression_is_understood_or_told_with_an_example(text: str) -> None:
    for end in range(len(text) + 1):
        told = "Try "
        try:
            parse(text[:end]).test(NOW)(BOAT)
        except QueryError as error:
            told = str(error)
        assert "Try " in told
