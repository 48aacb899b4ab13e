"""However the program ends, it ends at once, with an honest code and a sane terminal."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from tests.engine.house import on_disk
from tests.engine.server import Server
from tests.terminal.dashboard import Dashboard


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP], ids=lambda number: number.name)
def test_a_signal_ends_it_at_once_with_the_terminal_sane(
    folder: Path, server: Server, number: signal.Signals
) -> None:
    with Dashboard(folder, server) as screen:
        screen.wait_for_form()
        screen.submit("in_queue")
        screen.press("c")
        screen.wait_for("Cancel this job?")
        assert screen.left_behind != []
        told = time.monotonic()
        os.kill(screen.process.pid, number)
        assert screen.wait_exit() == 128 + number
        assert time.monotonic() - told < 5
        assert screen.left_behind == []
    (job,) = on_disk(folder).values()
    assert job.request_id == server.requests()[0]["request_id"]


def test_quitting_while_a_submit_is_under_way_waits_for_its_answer(
    folder: Path, server: Server
) -> None:
    server.faults("slow@submit")
    with Dashboard(folder, server) as screen:
        screen.wait_for_form()
        screen.submit("submitting")
        assert screen.quit() == 0
        assert "Waiting for RunComfy's answer" in screen.text
        assert screen.left_behind == []
    (job,) = on_disk(folder).values()
    assert job.request_id == server.requests()[0]["request_id"]
