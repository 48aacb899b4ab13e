"""What the table, the detail and the status line cost on the line, counted in a real pty."""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.terminal.pty_screen import PtyScreen

ROOT = Path(__file__).parents[2]
WHEEL_UP, WHEEL_DOWN = "\x1b[<64;10;10M", "\x1b[<65;10;10M"


@contextmanager
def table_of(count: int, *, detail: bool = False) -> Iterator[PtyScreen]:
    """A real terminal of 140×40 with that many finished jobs in the table, painted and quiet."""
    command = [sys.executable, "-m", "tests.terminal.job_table_app", str(count)]
    if detail:
        command.append("--detail")
    with PtyScreen(command, columns=140, rows=40, cwd=ROOT, environ={"TZ": "UTC"}) as screen:
        screen.wait_for(f"number {count - 1}" if count else "No jobs yet")
        screen.bytes_until_quiet()
        yield screen


def bytes_of(screen: PtyScreen, *keys: str, shows: str, in_row_with: str = "") -> int:
    """What the program writes for some keys, until they have had their effect and all is quiet."""
    before = screen.bytes_written
    screen.press(*keys)
    screen.wait_until(
        lambda: any(shows in line and in_row_with in line for line in screen.lines),
        what=f"{shows!r} beside {in_row_with!r}",
    )
    screen.bytes_until_quiet()
    return screen.bytes_written - before


def test_a_changed_status_of_a_visible_row_costs_at_most_100_bytes() -> None:
    with table_of(20) as screen:
        bytes_of(screen, "n", shows="in_queue #3")
        for shows in ("in_queue #2↓", "in_progress", "$0.25"):
            cost = bytes_of(screen, "s", shows=shows, in_row_with="Make it rain")
            assert 0 < cost <= 100


def test_finished_jobs_cost_nothing_while_nothing_happens_nor_when_they_are_told_again() -> None:
    with table_of(20, detail=True) as screen:
        assert screen.bytes_within(3) == 0
        bytes_of(screen, "n", shows="in_queue #3")
        bytes_of(screen, "home", "j", shows="▌", in_row_with="number 19")
        bytes_of(screen, "k", shows="▌", in_row_with="Make it rain")
        down = bytes_of(screen, "j", shows="▌", in_row_with="number 19")
        bytes_of(screen, "k", shows="▌", in_row_with="Make it rain")
        assert bytes_of(screen, "t", "t", "j", shows="▌", in_row_with="number 19") == down


def test_thirty_running_jobs_cost_at_most_6000_bytes_a_minute() -> None:
    with table_of(1) as screen:
        bytes_of(screen, "r", shows="number 29")
        before = screen.lines
        cost = bytes_of(screen, "m", shows="6m", in_row_with="number 0")
        changed = sum(old != new for old, new in zip(before, screen.lines, strict=True))
        assert changed == 30
        assert cost <= 6_000


def test_moving_the_cursor_costs_two_lines() -> None:
    with table_of(20) as screen:
        assert bytes_of(screen, "j", shows="▌", in_row_with="number 18") <= 700
        assert screen.line_with("number 19").startswith(" ")


def test_a_hundred_thousand_jobs_cost_no_more_than_twenty() -> None:
    with table_of(100_000) as screen:
        bytes_of(screen, "pagedown", "pagedown", shows="▌", in_row_with="number 99923")
        # A job that arrives above what one reads moves nothing, so its key needs a second to show.
        assert bytes_of(screen, "n", "k", shows="▌", in_row_with="number 99924") <= 900
        assert "Make it rain" not in screen.text
        bytes_of(screen, "home", shows="in_queue #3")
        assert bytes_of(screen, "s", shows="in_queue #2↓") <= 150


def test_a_status_line_repaints_what_changed() -> None:
    with table_of(3, detail=True) as screen:
        assert bytes_of(screen, "q", shows="2 running · 1 queued") <= 120
        bytes_of(screen, "o", shows="offline since 14:05")
        assert "offline since 14:05" in screen.lines[0]


def test_a_small_change_of_the_job_in_the_detail_is_a_small_paint() -> None:
    with table_of(3, detail=True) as screen:
        bytes_of(screen, "n", "home", shows="waiting")
        cost = bytes_of(screen, "s", shows="in_queue #2 · waiting")
        assert "#2↓" in screen.line_with("Make it rain")
        assert cost <= 300


@pytest.mark.parametrize("seed", [1, 2])
def test_what_partial_paints_leave_on_the_screen_is_what_a_full_paint_shows(seed: int) -> None:
    choose = random.Random(seed).choice
    keys = ("j", "k", "pagedown", "pageup", "end", "home", "n", "m", WHEEL_UP, WHEEL_DOWN)
    with table_of(90, detail=True) as screen:
        bytes_of(screen, "r", shows="A crowd, number 29")
        for _ in range(4):
            screen.press(*(choose(keys) for _ in range(12)))
            screen.bytes_until_quiet()
            patched = screen.cells
            whole = screen.bytes_written + 1_500
            screen.press("f")
            screen.wait_until(lambda: screen.bytes_written > whole, what="a full paint")  # noqa: B023
            screen.bytes_until_quiet()
            assert screen.cells == patched
