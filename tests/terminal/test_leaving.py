"""A user leaves while something is under way."""

from __future__ import annotations

import threading
from pathlib import Path

from tests.engine.house import on_disk
from tests.engine.server import Server
from tests.terminal.dashboard import Dashboard


def test_quitting_while_a_submit_is_under_way_waits_for_its_answer(
    folder: Path, server: Server, submit_may_be_answered: threading.Event
) -> None:
    with Dashboard(folder, server) as screen:
        screen.wait_for_form()
        screen.submit("submitting")
        screen.press("ctrl+q")
        screen.wait_for("Waiting for RunComfy's answer")
        submit_may_be_answered.set()
        assert screen.wait_exit() == 0
        assert screen.left_behind == []
    (job,) = on_disk(folder).values()
    assert job.request_id == server.requests()[0]["request_id"]
