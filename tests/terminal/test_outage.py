"""No network: one line says so, nothing crashes, nothing is lost, and it goes on by itself."""

from __future__ import annotations

from pathlib import Path

from tests.engine.server import Server
from tests.terminal.dashboard import Dashboard


def test_an_outage_is_one_line_and_is_over_when_the_server_is_back(
    folder: Path, server: Server
) -> None:
    with Dashboard(folder, server) as screen:
        screen.wait_for_form()
        screen.submit("in_queue")
        server.stop()
        screen.wait_for("offline since")
        assert screen.statuses == ["in_queue"]
        assert "offline since" in screen.lines[0]
        server.start()
        server.let_end()
        screen.wait_gone("offline since")
        screen.wait_for_statuses("completed")
        assert screen.quit() == 0


def test_starting_without_a_server_is_no_reason_to_crash(folder: Path, server: Server) -> None:
    server.stop()
    with Dashboard(folder, server) as screen:
        screen.wait_for_form()
        screen.press("f5")
        screen.wait_for_statuses("rejected")
        screen.wait_for("offline since")
        screen.wait_for("Nothing was sent.")
        screen.press("enter")
        screen.wait_for("esc back")
        assert screen.quit() == 0
        assert screen.left_behind == []
