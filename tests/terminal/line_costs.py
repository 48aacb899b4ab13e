"""Scenes for counting what the whole dashboard writes, for the tests and the benchmarks."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.engine.server import Server
from tests.terminal import past_jobs
from tests.terminal.dashboard import Dashboard

FINISHED = 5

SETTLING = 2.5
"""Seconds without a byte after which a start is over: it asks for the balance after two."""

PAINT = 0.4
"""Seconds without a byte after which a change has been painted."""

ECHO = 5.0
"""Seconds in which all that follows has been painted: what was lit is dark again."""


@dataclass(frozen=True)
class Costs:
    """Bytes for a change itself, and with everything that follows from it."""

    change: int
    with_echo: int


@contextmanager
def dashboard_at_rest(
    folder: Path, server: Server, *, in_field: bool = False
) -> Iterator[Dashboard]:
    """A dashboard with five finished jobs; the focus is in the table, or in the prompt."""
    past_jobs.write(folder, *map(past_jobs.finished, range(FINISHED)))
    with Dashboard(folder, server) as screen:
        screen.wait_for_statuses(*["completed"] * FINISHED)
        if in_field:
            screen.go_to_field("promptText")
            screen.send("!")
            screen.wait_for("384/1000")
        screen.wait_for("$64.11")
        screen.bytes_until_quiet(SETTLING)
        yield screen


@contextmanager
def job_about_to_end(
    folder: Path, server: Server, *, selected: bool
) -> Iterator[Callable[[], Costs]]:
    """A job that runs above five finished ones, everything at rest; the call has it end.

    `selected` says whether the cursor is on it, so that its detail is shown.
    """
    request_id = server.submit()
    server.let_start()
    past_jobs.write(
        folder, past_jobs.running(request_id), *map(past_jobs.finished, range(FINISHED))
    )
    with Dashboard(folder, server) as screen:
        screen.wait_for_statuses("in_progress", *["completed"] * FINISHED)
        screen.press("home" if selected else "end")
        screen.wait_for_cursor(0 if selected else FINISHED)
        _wait_for_room_in_the_minute(screen)
        screen.bytes_until_quiet(SETTLING)

        def end() -> Costs:
            before = screen.bytes_written
            server.let_end()
            screen.wait_for_statuses(*["completed"] * (1 + FINISHED))
            screen.bytes_until_quiet(PAINT)
            change = screen.bytes_written - before
            screen.bytes_within(ECHO)
            assert "$0.25" in screen.job_rows[0]
            return Costs(change, screen.bytes_written - before)

        yield end


def _wait_for_room_in_the_minute(screen: Dashboard) -> None:
    """Read until no minute begins soon: then the ages of all running jobs change."""
    left = 60 - time.time() % 60
    if left < 20:
        screen.bytes_within(left + 0.5)
