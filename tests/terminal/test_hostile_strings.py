"""Strings from outside are drawn to the letter; nothing in them ever commands the terminal."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest

from runcomfy_tui.history.ledger import Ledger
from runcomfy_tui.jobs import Failure, Status, new_job
from tests.terminal.dashboard import IN_THE_FORM, IN_THE_TABLE, MODEL, Dashboard
from tests.terminal.hostile_server import ALL, REQUEST_ID, HostileServer

ESCAPE_SEQUENCE = re.compile(
    r"\x1b(?:\[[0-9;:<=>?]*[ -/]*[@-~]|[\]P][^\x07\x1b]*(?:\x07|\x1b\\)|[()][A-Z0-9]|[=>78])"
)
LINK = re.compile(r"\x1b\]8;;(?:https?://[!-~]+)?\x1b\\")
SHOWN = "[/foo] [red]markup[/red] ␛[31;45mred"


def assert_nothing_got_through(screen: Dashboard, *, bells: int = 0) -> None:
    """Of all that was written no control sequence, and no control character, is the poison's."""
    written = bytes(screen.raw).decode()
    sequences = set(ESCAPE_SEQUENCE.findall(written))
    # A link's own address may hold what reads like one; there it is text, and percent-encoded.
    sequences = {each for each in sequences if not LINK.fullmatch(each)}
    assert not {sequence for sequence in sequences if "31;45m" in sequence}
    assert not {sequence for sequence in sequences if sequence.startswith(("\x1b]52", "\x1b]0"))}
    rest = ESCAPE_SEQUENCE.sub("", written)
    assert rest.count("\x07") <= bells, "the end of a job may ring"
    controls = {char for char in rest if unicodedata.category(char) in ("Cc", "Cf")}
    assert controls <= {"\r", "\n", "\x07"}


@pytest.fixture
def hostile() -> Iterator[HostileServer]:
    with HostileServer() as server:
        yield server


def test_a_hostile_ledger_is_drawn_literally(folder: Path) -> None:
    ledger = Ledger(folder)
    made = new_job("a/b", {"promptText": ALL, ALL: {ALL: [ALL]}})
    ledger.put(
        made.but(status=Status.FAILED, failure=Failure(ALL, ALL), request_id="r", finished_at=9e8)
    )
    ledger.close()
    with Dashboard(folder, environ={"RUNCOMFY_MODEL_API_BASE": "http://127.0.0.1:9/v1"}) as screen:
        screen.wait_for_statuses("failed")
        screen.wait_for(SHOWN)
        assert SHOWN[:20] in screen.job_rows[0]
        screen.press("r")
        screen.wait_for("F4 brings back")
        screen.wait_for_keys(IN_THE_FORM)
        screen.press("escape")
        screen.wait_for_keys(IN_THE_TABLE)
        screen.press("enter")
        screen.wait_for("esc back")
        screen.press("w")
        screen.wait_for('"request_id": "r"')
        screen.wait_for(r"\u001b[31;45m")
        assert screen.quit() == 0
        assert_nothing_got_through(screen)
        assert screen.left_behind == []


def test_a_hostile_server_is_drawn_literally(folder: Path, hostile: HostileServer) -> None:
    with Dashboard(folder, environ={"RUNCOMFY_MODEL_API_BASE": hostile.url}) as screen:
        screen.wait_for_form()
        screen.press("f5")
        screen.wait_until(lambda: SHOWN[:6] in "".join(screen.job_rows), what="its status word")
        hostile.ends = True
        screen.press("enter")
        screen.wait_for("files.example")
        screen.wait_for(SHOWN)
        screen.wait_for(REQUEST_ID)
        screen.press("escape")
        screen.wait_for_statuses("completed")

        screen.press("f5")
        screen.wait_for("at the field: [/foo]")
        screen.press("f2")
        screen.wait_for("evil/model")
        screen.send("evil")
        screen.wait_gone(f"{MODEL}  ")
        screen.press("enter")
        screen.wait_for("title [/foo]")
        assert screen.quit() == 0
        assert_nothing_got_through(screen, bells=1)
        assert screen.left_behind == []
