"""The doctor in a real terminal: it asks what that can do, and leaves it as it was."""

from __future__ import annotations

import os
from pathlib import Path

from tests.terminal.dashboard import PROGRAM, ROOT
from tests.terminal.pty_screen import PtyScreen


class AnsweringPty(PtyScreen):
    """A terminal that answers: it has sixel graphics, and a name."""

    def _draw(self, data: bytes) -> None:
        if b"\x1b[c" in data:
            os.write(self._fd, b"\x1bP>|XTerm(390)\x1b\\\x1b[?2026;2$y\x1b[?62;4;22c")
        super()._draw(data)


def test_what_the_terminal_answers_is_told_and_not_echoed(tmp_path: Path) -> None:
    command = [*PROGRAM, "doctor", "--offline", "--data-dir", str(tmp_path)]
    with AnsweringPty(command, cwd=ROOT, columns=100, rows=60) as screen:
        screen.wait_for("it calls itself XTerm(390)")
        screen.wait_for("it has: sixel, synchronized output")
        screen.wait_for("not asked, because of --offline")
        assert "62;4" not in screen.text
        screen.wait_for("size: 100×60")


def test_a_terminal_that_answers_little_is_not_waited_for_long(tmp_path: Path) -> None:
    command = [*PROGRAM, "doctor", "--offline", "--data-dir", str(tmp_path)]
    with PtyScreen(command, cwd=ROOT, columns=100, rows=60) as screen:
        screen.wait_for("it has: synchronized output")
        screen.wait_for("it does not tell of: kitty graphics, sixel, kitty keyboard")
        screen.wait_for("connection")
