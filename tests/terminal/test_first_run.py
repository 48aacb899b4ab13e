"""The very first start: without a token, with a wrong one, with the right one, with the sandbox."""

from __future__ import annotations

import json
import stat
from pathlib import Path

from tests.engine.server import Server
from tests.terminal.dashboard import MODEL, Dashboard

SECRET = "s3cret-token-of-mine"


def saved_token(home: Path) -> Path:
    return home / ".config" / "runcomfy-tui" / "token.json"


def test_a_token_is_asked_for_checked_and_saved_for_its_owner_alone(
    folder: Path, server: Server, home: Path
) -> None:
    with Dashboard(folder, server, token=None) as screen:
        screen.wait_for("RunComfy wants an API token")
        screen.press("enter")
        screen.wait_for("The token is empty.")

        screen.send("wrong")  # the sandbox takes any token but this one and a few like it
        screen.wait_for("•••••")
        screen.press("enter")
        screen.wait_for("Nothing was saved.")
        assert not saved_token(home).exists()

        screen.send("\x7f" * len("wrong"))
        screen.wait_gone("•")
        screen.send(f"\x1b[200~  Bearer {SECRET}\n\x1b[201~")
        screen.wait_for("•••••")
        screen.press("enter")
        screen.wait_gone("RunComfy wants an API token")
        screen.wait_for_form()
        screen.submit("in_queue")
        assert screen.quit() == 0
        assert SECRET.encode() not in screen.raw
    assert json.loads(saved_token(home).read_text())["access_token"] == SECRET
    assert stat.S_IMODE(saved_token(home).stat().st_mode) == 0o600
    logs = list((home / ".local" / "state").rglob("*.log*"))
    assert all(SECRET not in log.read_text() for log in logs)

    with Dashboard(folder, server, token=None) as again:
        again.wait_for_statuses("in_queue")
        assert "RunComfy wants an API token" not in again.text
        assert again.quit() == 0


def test_who_only_wants_to_look_gets_the_sandbox(folder: Path, home: Path) -> None:
    with Dashboard(folder, token=None) as screen:
        screen.wait_for("F6 tries the sandbox")
        screen.press("f6")
        screen.wait_for("runcomfy · sandbox")
        screen.wait_for_form()
        screen.submit("in_queue")
        assert screen.quit() == 0
        assert screen.left_behind == []
    assert not saved_token(home).exists()


def test_a_token_may_be_entered_later(folder: Path, server: Server) -> None:
    with Dashboard(folder, server, token=None) as screen:
        screen.wait_for("RunComfy wants an API token")
        screen.press("escape")
        screen.wait_gone("RunComfy wants an API token")
        screen.wait_for(MODEL)
        screen.wait_for("no token")
        screen.press("f5")
        screen.wait_for("There is no token yet, so nothing was sent.")
        assert screen.job_rows == []
        assert server.created() == 0


def test_a_token_entered_over_that_of_a_variable_is_said_to_hold_for_this_time(
    folder: Path, server: Server, home: Path
) -> None:
    with Dashboard(folder, server, token="wrong") as screen:
        screen.wait_for("token refused")
        screen.press("f9")
        screen.wait_for("enter checks and saves it")
        screen.send(SECRET)
        screen.wait_for("•••••")
        screen.press("enter")
        screen.wait_for("As long as $RUNCOMFY_TOKEN is set")
        screen.wait_gone("token refused")
        screen.submit("in_queue")
        assert screen.quit() == 0
    assert saved_token(home).exists()
