"""A user leaves while something is under way."""

from __future__ import annotations

import threading
from pathlib import Path

from runcomfy_tui.jobs import Status
from tests.engine.house import on_disk
from tests.engine.server import Server
from tests.terminal.dashboard import IN_THE_TABLE, Dashboard


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


def test_the_key_for_leaving_leaves_from_a_dialog_too(folder: Path, server: Server) -> None:
    with Dashboard(folder, server, token=None) as screen:
        screen.wait_for("Welcome to runcomfy-tui")
        screen.press("ctrl+q")
        assert screen.wait_exit() == 0
    assert server.requests() == []


def test_leaving_from_a_question_is_no_yes(folder: Path, server: Server) -> None:
    with Dashboard(folder, server) as screen:
        screen.wait_for_form()
        screen.submit("in_queue")
        screen.wait_for_keys(IN_THE_TABLE)
        screen.press("c")
        screen.wait_for("Cancel this job?")
        screen.press("ctrl+q")
        assert screen.wait_exit() == 0
    assert [job.status for job in on_disk(folder).values()] == [Status.IN_QUEUE]
