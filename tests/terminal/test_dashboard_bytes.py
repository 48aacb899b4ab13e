"""What the whole dashboard costs on the line: nothing while nothing happens, little when it does.

`python -m tests.benchmarks line` measures the same for longer and tells the figures.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.engine.server import Server
from tests.terminal.dashboard import write_settings
from tests.terminal.line_costs import dashboard_at_rest, job_about_to_end

IDLE = 12.0
"""Longer than all the program's periods but two: the balance (300 s) and the minute of a clock."""

BLINKS = 2.0
"""A cursor that blinks does so twice a second."""


def test_nothing_is_written_while_nothing_happens(
    folder: Path, server: Server, tmp_path: Path
) -> None:
    with (
        dashboard_at_rest(folder, server) as in_table,
        dashboard_at_rest(tmp_path / "other", server, in_field=True) as in_field,
    ):
        # Both stand still at the same time; what the second writes meanwhile waits in its pty.
        assert in_table.bytes_within(IDLE) == 0
        assert in_field.bytes_within(0.2) == 0
        in_table.press("ctrl+p")
        in_table.wait_for("Search for commands")
        in_table.bytes_until_quiet()
        assert in_table.bytes_within(BLINKS) == 0


@pytest.mark.parametrize(("selected", "most"), [(False, 150), (True, 560)])
def test_a_status_that_changes_costs_what_changes(
    folder: Path, server: Server, home: Path, selected: bool, most: int
) -> None:
    write_settings(home, 'bell = false\nnotify = "off"\n')
    with job_about_to_end(folder, server, selected=selected) as end:
        costs = end()
        assert 0 < costs.change <= most
        assert 0 < costs.with_echo < 2 * most
