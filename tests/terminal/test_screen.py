"""Inside a real GNU screen: what reaches the terminal around it, byte by byte."""

from __future__ import annotations

import base64
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from runcomfy_tui.jobs import Status, new_job
from tests.engine.server import Server
from tests.terminal import past_jobs
from tests.terminal.dashboard import (
    IN_THE_FORM,
    IN_THE_TABLE,
    MODEL,
    PROGRAM,
    ROOT,
    write_settings,
)
from tests.terminal.pty_screen import PtyScreen

pytestmark = pytest.mark.skipif(shutil.which("screen") is None, reason="needs GNU screen")

PROMPT = "boat 一只纸船 " * 40
SIGNED = "https://playgrounds-storage-public.runcomfy.net/boat.mp4?signature=" + "z" * 1500
F8 = "\x1b[19~"

_OSC_52 = re.compile(rb"\x1b\]52;c;([A-Za-z0-9+/=]*)\x07")


@contextmanager
def in_screen(folder: Path, server: Server) -> Iterator[PtyScreen]:
    """The terminal that shows a screen of the test's own, in which a dashboard runs."""
    config, sessions = folder.parent / "screenrc", folder.parent / "screens"
    config.write_text("startup_message off\ndeflogin off\ndefutf8 on\nvbell off\n")
    sessions.mkdir(mode=0o700)
    environ = {
        "PYTHONPATH": str(ROOT),
        "RUNCOMFY_TOKEN": "a-token",
        "RUNCOMFY_MODEL_API_BASE": server.url,
        "SCREENDIR": str(sessions),
    }
    screen_of_its_own = ["screen", "-U", "-c", str(config), "-T", "screen-256color", "-S", "test"]
    dashboard = [*PROGRAM, "--data-dir", str(folder)]
    try:
        with PtyScreen([*screen_of_its_own, *dashboard], environ=environ) as screen:
            yield screen
    finally:
        subprocess.run(
            ["screen", "-S", "test", "-X", "quit"],
            env={"SCREENDIR": str(sessions), "PATH": "/usr/bin:/bin"},
            check=False,
            capture_output=True,
        )


def test_a_copy_of_any_length_reaches_the_terminal_and_nothing_of_it_is_seen(
    folder: Path, server: Server
) -> None:
    old = new_job(MODEL, {"promptText": PROMPT}, now=1.7e9).but(
        status=Status.COMPLETED, request_id="old", finished_at=1.7e9, output={"video": SIGNED}
    )
    past_jobs.write(folder, old)
    with in_screen(folder, server) as screen:
        screen.wait_for("● completed")
        screen.press("y")
        screen.wait_for("Copied: request_id")
        screen.press("y")
        screen.wait_for("Copied: video URL")
        screen.press("escape")
        screen.wait_gone("Copied:")
        screen.bytes_until_quiet()
        clips = [base64.b64decode(data).decode() for data in _OSC_52.findall(screen.raw)]
        assert clips == ["old", SIGNED]
        seen = screen.text
        screen.press("ctrl+l")
        screen.bytes_until_quiet()
        assert screen.text == seen, "nothing of it is seen"


def test_escape_is_heard_at_once_though_screen_keeps_it_back_for_a_mouse(
    folder: Path, server: Server
) -> None:
    with in_screen(folder, server) as screen:
        screen.wait_until(lambda: screen.lines[-1].startswith(IN_THE_FORM), what="the form")
        screen.press("escape")
        screen.wait_until(lambda: screen.lines[-1].startswith(IN_THE_TABLE), what="the table")
        screen.send(F8)
        screen.wait_for("screen keeps each escape")


def test_a_notification_comes_through_as_far_as_it_is_ascii(
    folder: Path, server: Server, home: Path
) -> None:
    write_settings(home, 'notify = "osc9"\n')
    request_id = server.submit(promptText=PROMPT)
    live = past_jobs.running(request_id).but(inputs={"promptText": PROMPT})
    past_jobs.write(folder, live)
    with in_screen(folder, server) as screen:
        screen.wait_for("◐ in_progress")
        server.let_end()
        screen.wait_for("● completed")
        told = b"\x1b]9;runcomfy: completed: runway-gen-4/turbo/i2v boat  boat "
        screen.wait_until(lambda: told in screen.raw, what="the notification")
        screen.bytes_until_quiet()
        assert screen.raw[screen.raw.index(told) :].partition(b"\x07")[0].isascii()
        assert b"\x1b]0;" not in screen.raw
        assert "runcomfy: completed" not in screen.text
