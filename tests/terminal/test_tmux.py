"""Inside a real tmux: what reaches the terminal around it, byte by byte."""

from __future__ import annotations

import base64
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.engine.server import Server
from tests.terminal.dashboard import IN_THE_FORM, IN_THE_TABLE, PROGRAM, ROOT, write_settings
from tests.terminal.pty_screen import PtyScreen

pytestmark = pytest.mark.skipif(shutil.which("tmux") is None, reason="needs tmux")

_OSC = re.compile(rb"\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)")


@contextmanager
def in_tmux(folder: Path, server: Server, *options: str) -> Iterator[PtyScreen]:
    """The terminal that shows a tmux of the test's own, in which a dashboard runs."""
    config = folder.parent / "tmux.conf"
    config.write_text("".join(f"set -g {option}\n" for option in options))
    tmux = ["tmux", "-S", str(folder.parent / "tmux"), "-f", str(config)]
    environ = {
        "PYTHONPATH": str(ROOT),
        "RUNCOMFY_TOKEN": "a-token",
        "RUNCOMFY_MODEL_API_BASE": server.url,
        "SHELL": "/bin/sh",
    }
    dashboard = [*PROGRAM, "--data-dir", str(folder)]
    try:
        with PtyScreen([*tmux, "new-session", *dashboard], environ=environ) as screen:
            wait_for_keys(screen, IN_THE_FORM)
            yield screen
    finally:
        subprocess.run([*tmux, "kill-server"], check=False, capture_output=True)


def wait_for_keys(screen: PtyScreen, keys: str) -> None:
    """Read until the dashboard's bottom line, above that of tmux, begins with these keys."""
    screen.wait_until(lambda: screen.lines[-2].startswith(keys), what=f"the keys {keys}")


def see_an_end(screen: PtyScreen, server: Server) -> bytes:
    """Submit a job and let it end; what the terminal got meanwhile."""
    before = len(screen.raw)
    screen.press("f5")
    screen.wait_for("in_queue")
    server.let_end()
    screen.wait_for("● completed")
    screen.bytes_until_quiet(quiet=1.5)
    return bytes(screen.raw[before:])


@pytest.mark.parametrize(
    ("notify", "begins"),
    [
        ("osc9", b"\x1b]9;runcomfy: completed: runway-gen-4/turbo/i2v The subject sits"),
        ("osc777", b"\x1b]777;notify;runcomfy;completed: runway-gen-4/turbo/i2v The subject sits"),
        ("osc99", b"\x1b]99;;runcomfy: completed: runway-gen-4/turbo/i2v The subject sits"),
    ],
)
def test_a_notification_comes_through_as_it_is_where_tmux_lets_it(
    folder: Path, server: Server, home: Path, notify: str, begins: bytes
) -> None:
    write_settings(home, f'notify = "{notify}"\n')
    with in_tmux(folder, server, "allow-passthrough on") as screen:
        came = see_an_end(screen, server)
        told = [each for each in _OSC.findall(came) if b"completed" in each]
        assert len(told) == 1
        assert told[0].startswith(begins)
        assert b"Ptmux" not in came
        assert _OSC.sub(b"", came).count(b"\x07") == 1, "the bell, once"


def test_where_tmux_lets_nothing_through_the_bell_is_heard_and_nothing_is_seen(
    folder: Path, server: Server
) -> None:
    with in_tmux(folder, server, "allow-passthrough off") as screen:
        came = see_an_end(screen, server)
        assert b"completed: runway" not in came
        assert "notify;" not in screen.text
        assert "tmux;" not in screen.text
        assert _OSC.sub(b"", came).count(b"\x07") == 1


def test_a_copy_reaches_the_terminal_around_tmux(folder: Path, server: Server) -> None:
    with in_tmux(folder, server, "allow-passthrough on") as screen:
        see_an_end(screen, server)
        wait_for_keys(screen, IN_THE_TABLE)
        screen.press("y")
        (request,) = server.requests()
        copy = b"\x1b]52;c;" + base64.b64encode(request["request_id"].encode())
        screen.wait_until(lambda: copy in screen.raw, what="the copy")
