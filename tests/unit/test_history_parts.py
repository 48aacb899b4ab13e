"""The pure parts of the past: days, groups, new seeds, pins and the archive in the tabs."""

from __future__ import annotations

from datetime import date
from random import Random
from typing import Any

import pytest

from runcomfy_tui.groups import GroupBy, groups_of
from runcomfy_tui.jobs import Job, Status
from runcomfy_tui.query import SearchTexts, parse
from runcomfy_tui.query.days import day_of
from runcomfy_tui.schema.new_seed import with_new_seed
from runcomfy_tui.schema.reading import read_form
from runcomfy_tui.ui.widgets.cost_chart import bars, day_marks
from runcomfy_tui.ui.widgets.cost_tables import jobs_table
from runcomfy_tui.ui.widgets.job_columns import status_text
from runcomfy_tui.ui.widgets.job_comparison import comparison, lines_beside
from runcomfy_tui.ui.widgets.job_views import ALL, ARCHIVED, PINNED, JobViews, Tab
from runcomfy_tui.ui.words import cost_beside_estimate

TODAY = date(2025, 11, 19)  # a Wednesday
NOON = 1_763_553_600.0


def job(number: int = 1, **changes: Any) -> Job:
    made = Job(f"{number:04}", "a/b", {"prompt": "x"}, Status.COMPLETED, NOON + number)
    return made.but(**changes)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("today", TODAY),
        (" Yesterday ", date(2025, 11, 18)),
        ("3d", date(2025, 11, 16)),
        ("2 w ago", date(2025, 11, 5)),
        ("wed", TODAY),
        ("thursday", date(2025, 11, 13)),
        ("2024-02-29", date(2024, 2, 29)),
        ("11-19", TODAY),
        ("11-20", date(2024, 11, 20)),
        ("nov 3", date(2025, 11, 3)),
        ("December 24", date(2024, 12, 24)),
        ("24. dec 2023", date(2023, 12, 24)),
        ("9999d", date(1998, 7, 5)),
        ("2025-02-30", None),
        ("13-01", None),
        ("soon", None),
        ("", None),
        ("wednesdayx1", None),
        ("-3d", None),
    ],
)
def test_days_as_people_name_them(text: str, day: date | None) -> None:
    assert day_of(text, TODAY) == day


def test_groups_keep_just_their_jobs_and_the_newest_comes_first() -> None:
    jobs = [
        job(1, label="kites", cost=0.5, batch="01ab"),
        job(2, label="kites  2", status=Status.FAILED, batch="01ab"),
        job(3, label="kites", model_id="c d/e"),
        job(4, model_id=None),
    ]
    for by in GroupBy:
        groups = groups_of(jobs, by)
        named = [group for group in groups if not group.name.startswith("no ")]
        assert [group.last_at for group in named] == sorted(
            (group.last_at for group in named), reverse=True
        )
        assert sum(group.jobs for group in groups) == len(jobs)
        for group in groups:
            kept = [each for each in jobs if parse(group.filter).test(NOON)(each)]
            assert len(kept) == group.jobs, (by, group)
    kites, kites_2, none = groups_of(jobs, GroupBy.LABEL)
    assert (kites.name, kites.jobs, kites.usd, kites.completed) == ("kites", 2, 0.5, 2)
    assert (kites_2.name, kites_2.failed) == ("kites  2", 1)
    assert (none.name, none.jobs, none.filter) == ("no label", 1, 'label:""')
    sweep, none = groups_of(jobs, GroupBy.SWEEP)
    assert (sweep.name, sweep.filter) == ("kites  2", "batch:01ab")
    assert (none.name, none.jobs) == ("no sweep", 2)
    assert groups_of(jobs, GroupBy.MODEL)[-1].name == "no model"
    assert groups_of([job(1), job(2)], GroupBy.LABEL) == []
    [day] = groups_of(jobs, GroupBy.DAY)
    assert day.jobs == 4


def test_a_label_with_a_quote_is_still_found() -> None:
    [group] = groups_of([job(label='the "best" ones')], GroupBy.LABEL)
    assert parse(group.filter).test(NOON)(job(label='the "best" ones'))


SEEDED = read_form(
    {
        "properties": {
            "prompt": {"type": "string"},
            "seed": {"type": "integer", "minimum": 1, "maximum": 3},
            "noiseSeed": {"type": "integer"},
            "seedling": {"type": "string"},
        }
    }
)


def test_a_new_seed_is_another_one_within_its_bounds() -> None:
    inputs = {"prompt": "x", "seed": 2, "seedling": "oak", "my_seed": 5, "speed": 7}
    seen = set()
    for number in range(30):
        told = with_new_seed(SEEDED, inputs, Random(number))
        assert told is not None
        assert told["seed"] in (1, 3)
        assert type(told["noiseSeed"]) is int
        assert told["my_seed"] != 5
        assert (told["prompt"], told["seedling"], told["speed"]) == ("x", "oak", 7)
        seen.add(told["seed"])
    assert seen == {1, 3}


def test_without_a_seed_there_is_no_new_one() -> None:
    form = read_form({"properties": {"prompt": {"type": "string"}}})
    assert with_new_seed(form, {"prompt": "x"}, Random(1)) is None
    stuck = read_form({"properties": {"seed": {"type": "integer", "minimum": 4, "maximum": 4}}})
    assert with_new_seed(stuck, {"seed": 4}, Random(1)) is None


# Tabs


def shown(views: JobViews, *jobs: Job) -> list[str]:
    keep = views.keeper(NOON)
    return [each.id for each in jobs if keep is None or keep(each)]


def test_pinned_and_archived_jobs_have_tabs_while_there_are_any() -> None:
    views = JobViews()
    plain, pinned, archived = job(1), job(2, pinned=True), job(3, archived=True)
    views.replace([], [plain])
    assert PINNED not in views.tabs
    assert ARCHIVED not in views.tabs
    views.replace([], [pinned, archived])
    assert views.tabs[-2:] == [PINNED, ARCHIVED]
    assert (views.count(ALL), views.count(PINNED), views.count(ARCHIVED)) == (2, 1, 1)
    assert shown(views, plain, pinned, archived) == ["0001", "0002"]
    views.show(PINNED)
    assert shown(views, plain, pinned, archived) == ["0002"]
    views.show(ARCHIVED)
    assert shown(views, plain, pinned, archived) == ["0003"]
    views.show(ALL)
    views.type("archived:yes")
    assert shown(views, plain, pinned, archived) == ["0003"]
    views.type("")
    views.replace([archived], [archived.but(archived=False)])
    assert ARCHIVED not in views.tabs
    assert shown(views, plain, pinned, archived.but(archived=False)) == ["0001", "0002", "0003"]


def test_own_tabs_leave_the_archive_out_unless_they_ask_for_it() -> None:
    views = JobViews()
    views.set_own([Tab("mine", 'cost:>0 -"archived:"'), Tab("old", "archived:yes")])
    jobs = [job(1, cost=1.0), job(2, cost=1.0, archived=True)]
    views.replace([], jobs)
    views.texts = SearchTexts()
    views.texts.add(jobs)
    for tab in views.own:
        views.count_anew(tab, jobs, NOON)
    assert [views.count(tab) for tab in views.own] == [1, 1]
    assert not PINNED.is_own
    assert not ARCHIVED.is_own


def test_a_pin_stands_behind_the_status() -> None:
    assert status_text(job(pinned=True)) == "● completed ★"
    assert status_text(job()) == "● completed"
    queued = job(status=Status.IN_QUEUE, queue_position=3, pinned=True)
    assert status_text(queued) == "○ in_queue #3 ★"


# Money on the screen


def test_bars_are_full_for_the_dearest_and_never_empty_for_what_cost_something() -> None:
    assert bars([0.0, 8.0, 4.0, 0.001], 2) == ["  █    ", "  █ █ ▁"]
    assert bars([], 2) == ["", ""]
    assert bars([0.0, 0.0], 1, width=2) == ["     "]


def test_the_line_below_the_bars_names_mondays_and_today() -> None:
    days = [date.fromordinal(TODAY.toordinal() - ago) for ago in reversed(range(14))]
    marks = day_marks(days, 4)
    assert len(marks) == 55, "as wide as the bars: behind the last one there is no gap"
    assert marks.rstrip().endswith("today")
    assert marks.index("Nov 10") == 4 * days.index(date(2025, 11, 10))
    assert marks[4 * days.index(date(2025, 11, 17)) :].startswith("17")


def test_an_estimate_stands_beside_the_cost() -> None:
    assert cost_beside_estimate(job(cost=0.25)) == "$0.25"
    assert cost_beside_estimate(job(cost=0.25, estimate=0.2)) == "$0.25 (est. $0.20)"
    assert cost_beside_estimate(job(estimate=0.2)) == "est. $0.20"
    assert cost_beside_estimate(job(estimate=0.2, status=Status.REJECTED)) == ""
    _header, line = jobs_table([job(cost=0.3, estimate=0.2, label="kites")], NOON, 80)
    assert line.split()[:-1] == ["b", "·", "kites", "$0.30", "$0.20", "+50%"]
    assert len(line) == 80


# Comparing


def test_only_what_differs_is_compared_and_both_outputs() -> None:
    one = job(
        1, inputs={"prompt": "x", "seed": 1, "n": 1}, cost=0.25, output={"video": "https://a"}
    )
    other = job(
        1,
        inputs={"prompt": "x", "seed": 2, "n": 1.0, "new": "[/b]"},
        cost=0.5,
        output={"video": "https://a", "image": "https://b"},
    )
    told = {each.name: (each.one, each.other, each.is_same) for each in comparison(one, other)}
    assert told == {
        "cost": ("$0.25", "$0.50", False),
        "seed": ("1", "2", False),
        "n": ("1", "1.0", False),
        "new": ("(left out)", "[/b]", False),
        "video": ("https://a", "https://a", True),
        "image": ("", "https://b", False),
    }
    assert comparison(job(), job()) == []


def test_a_long_value_is_wrapped_in_its_own_column() -> None:
    [told] = comparison(job(1, note="word " * 30), job(1, note="short\x1b[31m"))
    lines = lines_beside(told, 80)
    assert len(lines) > 3
    assert {sum(map(len, line)) for line in lines} == {sum(map(len, lines[0]))}
    assert lines[0][2].startswith("short␛[31m")
    assert [name for name, _, _ in lines[1:]] == [" " * len(lines[0][0])] * (len(lines) - 1)
