"""What goes over the line: nothing while nothing happens, little when a status changes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.benchmarks.figures import Family, Figure
from tests.benchmarks.surroundings import away_from_home
from tests.engine.server import Server
from tests.terminal.dashboard import write_settings
from tests.terminal.line_costs import Costs, dashboard_at_rest, job_about_to_end

IDLE_SECONDS = 30.0


def measure(folder: Path) -> Iterator[Figure]:
    """Five finished jobs at rest; then one that ends, beside the cursor and under it."""
    in_table, in_field = idle_bytes(folder / "idle")
    note = f"in {IDLE_SECONDS:.0f} s with five finished jobs"
    yield Figure("idle_bytes", in_table, "bytes", 0, note)
    yield Figure("idle_bytes_in_field", in_field, "bytes", 0, f"{note}, a text field focused")
    beside, under = (ending_job(folder / str(selected), selected) for selected in (False, True))
    note = "whole dashboard, 140 columns"
    yield Figure("change_bytes", beside.change, "bytes", 300, note)
    yield Figure("change_bytes_thin", beside.change, "bytes", 150, f"{note}, the thin line's goal")
    yield Figure(
        "change_bytes_with_echo",
        beside.with_echo,
        "bytes",
        600,
        f"{note}, until what was lit is dark again",
    )
    yield Figure("change_bytes_selected", under.change, "bytes", 1_100, f"{note}, detail included")


@contextmanager
def serving(folder: Path) -> Iterator[Server]:
    """A sandbox whose clock stands still, in a folder made for it."""
    folder.mkdir()
    server = Server(folder)
    try:
        yield server
    finally:
        server.stop()


def idle_bytes(folder: Path) -> tuple[int, int]:
    """What is written with the focus in the table, and in a field, side by side."""
    with (
        serving(folder) as server,
        dashboard_at_rest(folder / "table", server) as in_table,
        dashboard_at_rest(folder / "field", server, in_field=True) as in_field,
    ):
        # What the second writes meanwhile waits in its pty.
        return in_table.bytes_within(IDLE_SECONDS), in_field.bytes_within(0.2)


def ending_job(folder: Path, selected: bool) -> Costs:
    """What a job's end costs when nothing rings for it."""
    with away_from_home() as home, serving(folder) as server:
        write_settings(home, 'bell = false\nnotify = "off"\n')
        with job_about_to_end(folder / "ledger", server, selected=selected) as end:
            return end()


FAMILY = Family(
    "line",
    (
        "idle_bytes",
        "idle_bytes_in_field",
        "change_bytes",
        "change_bytes_thin",
        "change_bytes_with_echo",
        "change_bytes_selected",
    ),
    measure,
)
