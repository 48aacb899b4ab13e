"""The user's own editor on a text of the form, in a real terminal."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.engine.server import Server
from tests.terminal.dashboard import Dashboard

PROMPT = "The subject sits in the driver's seat"
READY = "F5 submit"


@pytest.fixture
def editor(tmp_path: Path) -> Callable[[str], Path]:
    """Makes a program to be named in $EDITOR: `what` is done with the file `$1`."""

    def make(what: str) -> Path:
        program = tmp_path / "my editor"
        program.write_text(f'#!/bin/sh\necho "$1" > "{tmp_path}/seen"\n{what}\n')
        program.chmod(0o755)
        return program

    return make


@contextmanager
def at_the_prompt(folder: Path, server: Server, command: str) -> Iterator[Dashboard]:
    """The dashboard with the cursor in the prompt, the first field of the first form."""
    with Dashboard(folder, server, environ={"VISUAL": command, "EDITOR": "false"}) as screen:
        screen.wait_for_form()
        screen.wait_for(READY)
        screen.press("ctrl+n")
        screen.wait_for("at most 1000 characters")
        screen.bytes_until_quiet()
        yield screen


def test_a_text_goes_to_the_editor_and_comes_back_to_a_screen_that_is_as_it_was(
    folder: Path, server: Server, tmp_path: Path, editor: Callable[[str], Path]
) -> None:
    program = editor(
        f'stat -c %a "$1" > "{tmp_path}/mode"; cp "$1" "{tmp_path}/before"\n'
        'touch "$1~"; printf "A paper [boat]\\non a pond\\n" > "$1"\n'
        'printf "IN THE EDITOR"; read -r line'
    )
    with at_the_prompt(folder, server, f"'{program}'") as screen:
        screen.press("ctrl+o")
        screen.wait_for("IN THE EDITOR")
        assert screen.raw.rindex(b"\x1b[?1049l") > screen.raw.rindex(b"\x1b[?1049h")
        screen.bytes_until_quiet()
        screen.send("\n")
        screen.wait_for("A paper [boat]")
        screen.wait_for("on a pond")
        screen.wait_for("24/1000")
        screen.wait_gone("IN THE EDITOR")
        screen.wait_for(READY)
        assert PROMPT not in screen.text
        screen.bytes_until_quiet()
        repainted = screen.cells
        screen.resize(139, 40)
        screen.bytes_until_quiet()
        screen.resize(140, 40)
        screen.bytes_until_quiet()
        assert screen.cells == repainted
        screen.send("!")
        screen.wait_for("25/1000")
        assert screen.quit() == 0
        assert screen.left_behind == []
    seen = Path((tmp_path / "seen").read_text().strip())
    assert (tmp_path / "mode").read_text().strip() == "600"
    assert (tmp_path / "before").read_text().startswith(PROMPT)
    assert not seen.parent.exists()


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ('echo other > "$1"; exit 3', "ended with 3"),
        ('echo other > "$1"; kill -9 $$', "was ended by SIGKILL"),
        ('rm "$1"', "Nothing was changed: No such file"),
        (r'printf "\377" > "$1"', "is no UTF-8 text"),
    ],
)
def test_an_editor_that_fails_changes_nothing(
    folder: Path,
    server: Server,
    tmp_path: Path,
    editor: Callable[[str], Path],
    what: str,
    said: str,
) -> None:
    with at_the_prompt(folder, server, f"'{editor(what)}'") as screen:
        screen.press("ctrl+o")
        screen.wait_for(said)
        screen.wait_for(PROMPT)
        screen.wait_for(READY)
        assert "other" not in screen.text
    seen = Path((tmp_path / "seen").read_text().strip())
    assert not seen.parent.exists()


def test_an_editor_that_is_not_there_is_named_and_the_screen_stays(
    folder: Path, server: Server
) -> None:
    with at_the_prompt(folder, server, "no-such-editor --wait") as screen:
        screen.press("ctrl+o")
        screen.wait_for("$VISUAL names no-such-editor")
        assert b"\x1b[?1049l" not in screen.raw


def test_ctrl_c_in_the_editor_and_news_meanwhile_leave_the_window_alive(
    folder: Path, server: Server, editor: Callable[[str], Path]
) -> None:
    program = editor("printf 'IN THE EDITOR'; exec cat")
    with at_the_prompt(folder, server, f"'{program}'") as screen:
        screen.submit("in_queue")
        screen.press("ctrl+n")
        screen.bytes_until_quiet()
        screen.press("ctrl+o")
        screen.wait_for("IN THE EDITOR")
        screen.bytes_until_quiet()
        server.let_end()
        assert screen.bytes_within(3) == 0
        # What ctrl+c does in a terminal that is the session's own.
        os.killpg(screen.process.pid, signal.SIGINT)
        screen.wait_for("was ended by SIGINT")
        screen.wait_for_statuses("completed")
        assert screen.quit() == 0


def test_the_whole_request_can_be_edited_too(
    folder: Path, server: Server, editor: Callable[[str], Path]
) -> None:
    program = editor('sed -i "s/1280:720/960:960/" "$1"; mv "$1" "$1.new"; mv "$1.new" "$1"')
    with at_the_prompt(folder, server, f"'{program}'") as screen:
        screen.press("f3")
        screen.wait_for('"ratio": "1280:720"')
        screen.press("ctrl+o")
        screen.wait_for('"ratio": "960:960"')
        screen.press("f3")
        screen.wait_for("at most 1000 characters")
        assert "960:960" in screen.line_with("Aspect Ratio")
